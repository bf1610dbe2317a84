"""`patterns`: what each gate does to a gradient."""

from __future__ import annotations

from typing import Annotated, Final

from backprop_tutor.cli.options import BadArguments, Plain, View, argument
from backprop_tutor.cli.screen import Screen
from backprop_tutor.engine.gates import gate_called
from backprop_tutor.show.lesson import often_wrong, pattern, with_pattern
from backprop_tutor.text import beginning, listed, nearest, visible

Gate = Annotated[str | None, argument("GATE", "A gate such as mul, or fork. Default: all of them.", with_pattern)]

_MOST_NEAR: Final = 4  # names at a glance


def patterns(gate: Gate = None, view: View = "auto", plain: Plain = False) -> None:
    """Shows the pattern of one gate, with what is often done wrong there, or of all."""
    name = None if gate is None else _meant(gate)
    screen = Screen(plain, view=view)
    if name is None:
        screen.show(*(pattern(one, screen.look) for one in with_pattern()))
    else:
        screen.show(pattern(name, screen.look), often_wrong(name))


def _meant(gate: str) -> str:
    """The gate that is called so, in any case, or whose name begins so. Raises BadArguments."""
    called = gate_called(gate.casefold())
    if called is not None:
        return called.name
    known = with_pattern()
    begun = beginning(gate, known)
    if gate in known or len(begun) == 1:
        return gate if gate in known else begun[0]
    near = f" Did you mean {listed(begun, 'or', _MOST_NEAR)}?" if begun else nearest(gate, known)
    raise BadArguments(f"{visible(gate)} is not a gate.{near} `backprop-tutor patterns` shows them all.")
