"""`patterns`: what each gate does to a gradient."""

from __future__ import annotations

from backprop_tutor.cli.options import GateName, Plain, View


def patterns(gate: GateName = None, view: View = "auto", plain: Plain = False) -> None:
    """Show the patterns of backward flow.

    Add distributes, max routes, mul switches, a fork adds; and every other gate.
    """
    from backprop_tutor.cli.chosen import BadArguments
    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.show.patterns import every_pattern, names, pattern
    from backprop_tutor.text import nearest, visible

    screen = Screen(plain)
    if gate is None:
        for renderable in every_pattern(screen.width, view, screen.plain):
            screen.show(renderable)
    elif gate in names():
        screen.show(pattern(gate, screen.width, view, screen.plain))
    else:
        raise BadArguments(
            f"{visible(gate)} is not a gate.{nearest(gate, names())} `backprop-tutor patterns` shows them all."
        )
