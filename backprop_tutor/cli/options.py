"""The arguments that several commands take, each described once."""

from __future__ import annotations

from typing import Annotated

import typer


def _exercise_ids(incomplete: str) -> list[str]:
    from backprop_tutor.course.catalogue import paths

    return [id_ for id_ in paths() if id_.startswith(incomplete)]


def _gate_names(incomplete: str) -> list[str]:
    from backprop_tutor.engine.gates import GATES

    return [name for name in (*GATES, "fork") if name.startswith(incomplete)]


def _known_format(given: str) -> str:
    from backprop_tutor.cli.chosen import one_of

    return one_of("--format", given, ("terminal", "json"))


def _known_view(given: str) -> str:
    if given == "auto":
        return given  # as nearly always: nothing need be imported for it
    from backprop_tutor.cli.chosen import one_of
    from backprop_tutor.drawing.terminal import VIEWS

    return one_of("--view", given, VIEWS)


_EXERCISE_HELP = "An id from `list`, or a path to a YAML file such as ./mine.yaml."
ExerciseName = Annotated[
    str | None,
    typer.Argument(metavar="EXERCISE", help=_EXERCISE_HELP, autocompletion=_exercise_ids, show_default=False),
]
GateName = Annotated[
    str | None,
    typer.Argument(metavar="GATE", help="One gate, or `fork`.", autocompletion=_gate_names, show_default=False),
]
GraphText = Annotated[
    str | None,
    typer.Option(
        "--graph",
        metavar="TEXT",
        help="A circuit of your own, 'f = (x + y)*z', instead of EXERCISE.",
        show_default=False,
    ),
]
At = Annotated[
    list[str] | None,
    typer.Option(
        "--at", metavar="NAME=NUMBER", help="The number of an input of --graph; once for each.", show_default=False
    ),
]
Plain = Annotated[bool, typer.Option("--plain", help="ASCII, no colour, nothing that moves.")]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="N", help="Other numbers: the variant of this seed.", show_default=False)
]
Student = Annotated[
    str | None,
    typer.Option("--student", metavar="ID", help="The numbers of this student's own variant.", show_default=False),
]
Salt = Annotated[
    str | None,
    typer.Option(
        "--salt", metavar="TEXT", help="The course's word that students' numbers depend on.", show_default=False
    ),
]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="terminal or json.", callback=_known_format)]
View = Annotated[str, typer.Option("--view", metavar="VIEW", help="auto, circuit, tape or tree.", callback=_known_view)]
Output = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help="Write a file; its suffix chooses the format.", show_default=False
    ),
]
Restart = Annotated[bool, typer.Option("--restart", help="Begin anew, where a session was left unfinished.")]
Only = Annotated[
    str | None,
    typer.Option(
        "--only", metavar="NAMES", help="Ask only about these nodes, branches or neurons: w35,w45.", show_default=False
    ),
]
NoRecord = Annotated[bool, typer.Option("--no-record", help="Remember nothing of this session, for shared machines.")]
Folders = Annotated[
    list[str] | None,
    typer.Option(
        "--exercises",
        metavar="DIR",
        help="A folder of exercises, beside the usual ones; several times.",
        show_default=False,
    ),
]
