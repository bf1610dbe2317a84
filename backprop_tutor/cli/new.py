"""`new`: an exercise file ready to edit, from a graph and numbers, or from what is asked at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from backprop_tutor.cli.options import At, Plain

if TYPE_CHECKING:
    from pathlib import Path

    from backprop_tutor.authoring.scaffold import Begun
    from backprop_tutor.cli.screen import Screen

Name = Annotated[str, typer.Argument(metavar="NAME", help="The new file, mine or mine.yaml; its stem is the exercise's id.")]
Graph = Annotated[
    str | None,
    typer.Option("--graph", metavar="TEXT", help="Its circuit, 'q = x + y; f = q*z', or a formula, '(x + y)*z'.", show_default=False),
]


def new(name: Name, graph: Graph = None, at: At = None, plain: Plain = False) -> None:
    """Begin an exercise file of your own.

    At a terminal it asks for what is missing. A formula becomes named steps. No file is ever overwritten.
    """
    from backprop_tutor.authoring.scaffold import file_of, title_of
    from backprop_tutor.cli.screen import Screen

    path, screen = file_of(name), Screen(plain)
    if sys.stdin.isatty():
        from backprop_tutor.cli.asking import asked_for

        try:
            begun = asked_for(screen, title_of(path), graph, at or ())
        except EOFError:
            screen.show("\nNothing is written.")
            raise typer.Exit(1) from None
    else:
        begun = _given(title_of(path), graph, at or ())
    _write(screen, path, begun)


def _given(title: str, graph: str | None, at: Sequence[str]) -> Begun:
    """What the options give, where nobody can be asked. Raises a TutorError for what is missing."""
    from backprop_tutor.authoring.scaffold import Begun
    from backprop_tutor.authoring.steps import as_lines, inputs_of
    from backprop_tutor.cli.chosen import BadArguments
    from backprop_tutor.course.catalogue import ad_hoc, numbers_at

    if graph is None:
        raise BadArguments("give --graph, and --at NAME=NUMBER for each of its inputs. At a terminal it asks for them.")
    values = numbers_at(at)
    missing = [name for name in inputs_of(graph) if name not in values]
    if missing:
        raise BadArguments(f"the graph's inputs have no number yet: {', '.join(missing)}. Give each one, as in --at {missing[0]}=2.")
    lines = as_lines(graph)
    _ = ad_hoc(lines, at).solution  # numbers outside of a gate's domain are told now
    return Begun(title, lines, {name: values[name] for name in inputs_of(lines)})


def _write(screen: Screen, path: Path, begun: Begun) -> None:
    """Writes the file, and the schema beside it where there is none; says what to do next."""
    from backprop_tutor.authoring.scaffold import SCHEMA_FILE, CannotWrite, exercise_text, schema_beside, schema_text, write_new
    from backprop_tutor.authoring.validate import report_on
    from backprop_tutor.show.beginning import begun_screen

    schema = schema_beside(path)
    write_new(path, exercise_text(begun, schema or SCHEMA_FILE))
    with_schema = False
    if schema is None:
        try:
            write_new(path.parent / SCHEMA_FILE, schema_text())
            with_schema = True
        except CannotWrite as error:  # the exercise does without
            screen.show(str(error))
    screen.show(begun_screen(path, with_schema, report_on(path)))
