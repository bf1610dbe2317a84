"""The arguments that several commands take, each described once, and the exercise that they name."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from typing import Annotated, Any

import typer

from backprop_tutor.cli.screen import complain
from backprop_tutor.course.catalogue import Clash, ad_hoc, entries, find, in_order, paths
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import has_ranges, seed_of, variant
from backprop_tutor.drawing.picture import VIEWS
from backprop_tutor.engine.compile import inputs_of
from backprop_tutor.errors import TutorError
from backprop_tutor.fields import Fields
from backprop_tutor.text import nearest, visible


class BadArguments(TutorError):
    """Arguments that do not go together."""


def one_of(option: str, given: str, known: Collection[str]) -> str:
    """An option's word, which must be one of the known ones. Raises BadArguments."""
    if given not in known:
        raise BadArguments(f"{option} must be one of {', '.join(known)}, not {visible(given)}.{nearest(given, known)}")
    return given


def ending_in(suffix: str, option: str, path: str) -> str:
    """A path with this suffix, so that no file of another kind is overwritten. Raises BadArguments."""
    if not path.lower().endswith(suffix):
        raise BadArguments(f"{option} needs a file name that ends in {suffix}, not {visible(path)}.")
    return path


def argument(metavar: str, help_: str, complete: Callable[[], Collection[str]] = tuple) -> Any:
    """An argument without a default, completed in a shell from the names of `complete`."""

    def completed(incomplete: str) -> list[str]:
        return [name for name in complete() if name.startswith(incomplete)]

    return typer.Argument(metavar=metavar, help=help_, autocompletion=completed, show_default=False)


def option(*names_metavar_help: str, **more: Any) -> Any:
    """An option with a value and without a default: its names, its metavar, its help."""
    *names, metavar, help_ = names_metavar_help
    return typer.Option(*names, metavar=metavar, help=help_, show_default=False, **more)


def word(name: str, metavar: str, help_: str, known: Collection[str]) -> Any:
    """An option that takes one of the known words."""
    return typer.Option(name, metavar=metavar, help=help_, callback=lambda given: one_of(name, given, known))


ExerciseName = Annotated[
    str | None, argument("EXERCISE", "An id or a number from `list`, or a path such as ./mine.yaml.", paths)
]
GraphText = Annotated[str | None, option("--graph", "TEXT", "A circuit to use instead of EXERCISE: 'f = (x + y)*z'.")]
At = Annotated[list[str] | None, option("--at", "NAME=NUMBER", "The value of an input of --graph; repeat for each.")]
Plain = Annotated[bool, typer.Option("--plain", help="Plain ASCII, without colour or animation.")]
Seed = Annotated[int | None, option("--seed", "N", "Use the numbers of this seed.")]
Student = Annotated[str | None, option("--student", "ID", "Use this student's own numbers.")]
Salt = Annotated[str | None, option("--salt", "TEXT", "Course secret mixed into every student's seed.")]
Format = Annotated[str, word("--format", "FORMAT", "terminal or json.", ("terminal", "json"))]
View = Annotated[str, word("--view", "VIEW", "How to draw it: auto, circuit, tape or tree.", VIEWS)]
Output = Annotated[str | None, option("-o", "--output", "FILE", "Write to FILE; its suffix chooses the format.")]
NoRecord = Annotated[bool, typer.Option("--no-record", help="Don't record this session (for shared machines).")]
Folders = Annotated[list[str] | None, option("--exercises", "DIR", "Another folder of exercises; may be repeated.")]


class Wanted(Fields):
    """The exercise that a command's arguments ask for: EXERCISE or `--graph` with `--at`, a seed or a student, more
    folders."""

    name: str | None = None
    graph: str | None = None
    at: Sequence[str] | None = None
    seed: int | None = None
    folders: Sequence[str] | None = None
    student: str | None = None
    salt: str | None = None

    @cached_property
    def exercise(self) -> Exercise:
        """The exercise without numbers yet, read once; reports if two files share its id. Raises TutorError."""
        if self.graph is not None:
            if self.name is not None:
                raise BadArguments("give EXERCISE or --graph, not both.")
            if not self.at:
                check_numbers(self.graph, ())
            return ad_hoc(self.graph, self.at or ())
        if self.at:
            raise BadArguments("--at needs --graph; an exercise has its own numbers.")
        if self.name is None:
            raise BadArguments("give EXERCISE (`backprop-tutor list` shows them), or --graph with --at.")
        clashes: list[Clash] = []
        exercise = find(self.name, self.folders or (), clashes)
        report(clashes)
        return exercise

    @property
    def own_seed(self) -> int | None:
        """The seed asked for, by number or by student. Raises a TutorError."""
        if self.student is None:
            if self.salt is not None:
                raise BadArguments("--salt needs --student: together they determine the numbers.")
            return self.seed
        if self.seed is not None:
            raise BadArguments("--student determines the seed: leave out --seed.")
        if not self.student.strip():
            raise BadArguments("--student is empty: give the name or number used for handing in.")
        return seed_of(self.exercise.id, self.student, self.salt or "")

    def say_whose(self) -> None:
        """Says on standard error whose numbers are shown, if they are a student's own."""
        if self.student is not None:
            seed = f"seed {self.own_seed}" if has_ranges(self.exercise) else "the same for everybody"
            complain(f"The numbers of {visible(self.student)}: {seed}.")

    def chosen(self) -> Exercise:
        """The exercise at its numbers. Raises a TutorError."""
        return self.at_seed(self.own_seed)

    def at_seed(self, seed: int | None) -> Exercise:
        """The exercise at the numbers of this seed. Raises a TutorError."""
        exercise = variant(self.exercise, seed)
        _ = exercise.solution  # numbers outside a gate's domain are reported now
        return exercise


def check_numbers(graph: str, given: Collection[str]) -> None:
    """Checks that the inputs in a graph's text have numbers. Raises BadArguments, Faults."""
    missing = [name for name in inputs_of(graph) if name not in given]
    if missing:
        raise BadArguments(
            f"some inputs of the graph have no number yet: {', '.join(missing)}. Give each of them one, as in --at "
            f"{missing[0]}=2."
        )


def report(troubles: Iterable[object]) -> None:
    """Reports what is wrong with some exercises; the others stay usable."""
    for trouble in troubles:
        complain(f"backprop-tutor: {trouble}")


def shelf(folders: Sequence[str]) -> tuple[list[Exercise], dict[str, str]]:
    """The exercises that can be read, from easy to hard, and each id's folder; other files are reported."""
    found, clashes = entries(folders)
    broken: list[TutorError] = []
    exercises = in_order(found.values(), broken)
    report((*clashes, *broken))
    return exercises, {id_: entry.origin for id_, entry in found.items()}
