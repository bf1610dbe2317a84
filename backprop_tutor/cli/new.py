"""`new`: an exercise file ready to edit, from a graph and numbers, or from what is asked at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from backprop_tutor.cli.options import At, Plain

if TYPE_CHECKING:
    from pathlib import Path

    from backprop_tutor.authoring.scaffold import Begun
    from backprop_tutor.cli.screen import Screen

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The new file, mine or mine.yaml; its stem is the exercise's id.")
]
Graph = Annotated[
    str | None,
    typer.Option(
        "--graph",
        metavar="TEXT",
        help="Its circuit, 'q = x + y; f = q*z', or a formula, '(x + y)*z'.",
        show_default=False,
    ),
]
Network = Annotated[
    str | None,
    typer.Option(
        "--network",
        metavar="LAYERS",
        help="A network instead, such as 2-2-1, its graph written out.",
        show_default=False,
    ),
]


def new(name: Name, graph: Graph = None, at: At = None, network: Network = None, plain: Plain = False) -> None:
    """Begin an exercise file of your own.

    At a terminal it asks for what is missing. A formula becomes named steps. No file is ever overwritten.
    """
    from backprop_tutor.authoring.scaffold import exercise_text, file_of, title_of
    from backprop_tutor.cli.screen import Screen

    path, screen = file_of(name), Screen(plain)
    if network is not None:
        from backprop_tutor.authoring.networks import network_text
        from backprop_tutor.cli.chosen import BadArguments
        from backprop_tutor.course.network import network_of

        if graph is not None or at:
            raise BadArguments("--network brings its own graph and inputs: leave --graph and --at out.")
        _write(screen, path, partial(network_text, network_of(network), title_of(path)))
        return
    if sys.stdin.isatty():
        from backprop_tutor.cli.asking import asked_for

        try:
            begun = asked_for(screen, title_of(path), graph, at or ())
        except EOFError:
            screen.show("\nNothing is written.")
            raise typer.Exit(1) from None
    else:
        begun = _given(title_of(path), graph, at or ())
    _write(screen, path, partial(exercise_text, begun))


def _given(title: str, graph: str | None, at: Sequence[str]) -> Begun:
    """What the options give, where nobody can be asked. Raises a TutorError for what is missing."""
    from backprop_tutor.authoring.scaffold import Begun
    from backprop_tutor.authoring.steps import as_lines, inputs_of
    from backprop_tutor.cli.chosen import BadArguments, check_numbers
    from backprop_tutor.course.catalogue import ad_hoc, numbers_at

    if graph is None:
        raise BadArguments("give --graph, and --at NAME=NUMBER for each of its inputs. At a terminal it asks for them.")
    values = numbers_at(at)
    check_numbers(graph, values)
    lines = as_lines(graph)
    _ = ad_hoc(lines, at).solution  # numbers outside of a gate's domain are told now
    return Begun(title, lines, {name: values[name] for name in inputs_of(lines)})


def _write(screen: Screen, path: Path, text: Callable[[str], str]) -> None:
    """Writes the file (its text names the schema), and the schema beside it where there is none; says what to do
    next."""
    from backprop_tutor.authoring.scaffold import SCHEMA_FILE, schema_beside, schema_text
    from backprop_tutor.authoring.validate import report_on
    from backprop_tutor.files import NotWritten, write_new
    from backprop_tutor.show.beginning import begun_screen

    schema = schema_beside(path)
    write_new(path, text(schema or SCHEMA_FILE))
    with_schema = False
    if schema is None:
        try:
            write_new(path.parent / SCHEMA_FILE, schema_text())
            with_schema = True
        except NotWritten as error:  # the exercise does without
            screen.show(str(error))
    screen.show(begun_screen(path, with_schema, report_on(path), screen.width))
