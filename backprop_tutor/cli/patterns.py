"""`patterns`: what each gate does to a gradient."""

from __future__ import annotations

from typing import Annotated

from backprop_tutor.cli.options import BadArguments, Plain, View, argument
from backprop_tutor.cli.screen import Screen
from backprop_tutor.engine.gates import GATES
from backprop_tutor.show.lesson import often_wrong, pattern, with_pattern
from backprop_tutor.text import nearest, visible

Gate = Annotated[str | None, argument("GATE", "A gate such as mul, or fork. Default: all of them.", with_pattern)]


def patterns(gate: Gate = None, view: View = "auto", plain: Plain = False) -> None:
    """Shows the pattern of one gate, with what is often done wrong there, or of all."""
    if gate is not None and gate not in GATES and gate not in (known := with_pattern()):
        raise BadArguments(
            f"{visible(gate)} is not a gate.{nearest(gate, known)} `backprop-tutor patterns` shows them all."
        )
    screen = Screen(plain, view=view)
    if gate is None:
        screen.show(*(pattern(name, screen.look) for name in with_pattern()))
    else:
        screen.show(pattern(gate, screen.look), often_wrong(gate))
