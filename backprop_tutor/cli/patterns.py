"""`patterns`: what each gate does to a gradient."""

from __future__ import annotations

from backprop_tutor.cli.options import BadArguments, GateName, Plain, View
from backprop_tutor.cli.screen import Screen
from backprop_tutor.show.lesson import PATTERNS, pattern
from backprop_tutor.text import nearest, visible


def patterns(gate: GateName = None, view: View = "auto", plain: Plain = False) -> None:
    """Shows the pattern of one gate, or of all."""
    if gate is not None and gate not in PATTERNS:
        raise BadArguments(
            f"{visible(gate)} is not a gate.{nearest(gate, PATTERNS)} `backprop-tutor patterns` shows them all."
        )
    screen = Screen(plain, view=view)
    screen.show(*(pattern(name, screen.look) for name in (PATTERNS if gate is None else [gate])))
