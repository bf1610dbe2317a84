"""A sitting is one exercise at one set of numbers: its row in the log, what was typed in it, and how to continue it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, get_type_hints

from backprop_tutor import __version__
from backprop_tutor.course.catalogue import built_in, find, home
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.values import Choice
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.errors import TutorError
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import visible

ASKS_AGAIN: Final = "practice"  # the mode of a sitting that is offered again while it is unfinished
DONE, BEGUN = "done", "begun"  # how far a student is with an exercise
REST: Final = "part"  # the mode of a sitting that does not contain every question, and is never offered again
MARKED: Final = ("right", "follow-through", "wrong")  # the verdicts of an answer that counts as a try
TRIED: Final = (*MARKED, "missing")  # after these, another answer is no first try: marked, or given up for the solution
_LAST: Final = 247_000_000_000_000  # milliseconds, in the year 9797: a century later is still within the calendar


class Sitting(NamedTuple):
    """One exercise at one set of numbers; `started` in milliseconds since 1970. `mode` is practice, part (only some of
    the questions), piped or review; `path` is the exercise's file, empty for a catalogued exercise or a circuit without
    a file; `seed` is None for the author's own numbers. `circuit` (graph, output, upstream, loss, stages, neurons,
    update) and `numbers` (of the inputs) are JSON, `version` is the tutor's."""

    started: int
    mode: str
    exercise: str
    path: str
    seed: str | None
    circuit: str
    numbers: str
    version: str


class Entry(NamedTuple):
    """One thing typed: which `move` (answer, how, hint, skip, leave, back, undo), at which question, and its result.
    `at` is in milliseconds since 1970, `seconds` from the prompt to the answer (None if nobody waited). `skills` and
    `diagnoses` (likeliest first) are separated by spaces; `verdict` is None if nothing was marked. `tries` and `hints`
    count what the question had seen before in this sitting (the solution counts as a try), `remaining` the questions
    open afterwards. `version` is the tutor's, if it differs from the sitting's."""

    at: int
    move: str
    stage: str
    target: str
    skills: str
    typed: str = ""
    verdict: str | None = None
    diagnoses: str = ""
    tries: int = 0
    hints: int = 0
    seconds: float | None = None
    remaining: int = 0
    version: str | None = None


class Logged(NamedTuple):
    """An entry as it is read back, with its number and its sitting's mode and exercise (or file)."""

    id: int
    mode: str
    exercise: str
    entry: Entry


@cache
def _kinds() -> dict[type, tuple[Any, ...]]:
    """The types of the fields of rows, which are not needed before the first prompt."""
    return {row: tuple(get_type_hints(row).values()) for row in (Sitting, Entry)}


def is_whole(row: Sitting | Entry) -> bool:
    """Whether every field is of the kind that a session writes, since SQLite stores whatever it is given."""
    if not all(isinstance(value, kind) for value, kind in zip(row, _kinds()[type(row)], strict=True)):
        return False
    return row[0] <= _LAST and all(value >= 0 for value in row if isinstance(value, int))


class Paused(NamedTuple):
    """An unfinished sitting: its number, how many questions are open, and its exercise."""

    number: int
    sitting: Sitting
    left: int
    exercise: Exercise


class Proposal(NamedTuple):
    """What to practise next: an exercise (an id or a path), the reason, and its name for people; `paused` if only that
    sitting has it. Without a name it is only a remark."""

    exercise: str
    sentence: str
    name: str = ""
    paused: Paused | None = None


class Standings(NamedTuple):
    """What the record says about exercises, by `name_in_record`: those that are done, and those that are only begun."""

    done: frozenset[str] = frozenset()
    begun: frozenset[str] = frozenset()

    def of(self, exercise: Exercise) -> str:
        """DONE, BEGUN or empty."""
        name = name_in_record(exercise)
        return DONE if name in self.done else BEGUN if name in self.begun else ""

    def next(self, path: Sequence[Exercise], after: Exercise | None = None) -> Exercise | None:
        """The next exercise of a path that is not done: after this one, or the last one done; otherwise from the
        start."""
        is_passed = [self.of(one) == DONE if after is None else one.id == after.id for one in path]
        start = max((place for place, passed in enumerate(is_passed, 1) if passed), default=0)
        others = (one for one in (*path[start:], *path[:start]) if after is None or one.id != after.id)
        return next((one for one in others if self.of(one) != DONE), None)


def on_the_path(exercise: Exercise) -> Proposal:
    """The proposal of an exercise because it comes next."""
    return Proposal(exercise.id, f"Next on the path: {visible(exercise.id)}.", visible(exercise.id))


def database() -> Path:
    """The file of this user's record; it need not exist."""
    return home() / "record.sqlite3"


def is_there(path: Path) -> bool:
    """Whether a record's file exists; a path that cannot even be checked has none."""
    try:
        return path.exists()
    except OSError:
        return False


def local(seconds: float) -> datetime:
    """A moment, in seconds since 1970, by the local clock. Without an offset from UTC: some time zones have one that
    datetime cannot represent (`TZ=XXX-24`)."""
    return datetime.fromtimestamp(seconds)


def moment(milliseconds: int) -> datetime:
    """The moment of an entry of the log."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def place_of(exercise: Exercise) -> str:
    """The absolute path of an exercise's file; empty for one that comes with the package, or has no file."""
    if not exercise.path:
        return ""
    path = Path(exercise.path).absolute()
    return "" if path.is_relative_to(built_in()) else str(path)


def name_in_record(exercise: Exercise) -> str:
    """The name by which the record knows an exercise: its id, or its file's path if it is the user's own."""
    return place_of(exercise) or exercise.id


def circuit_of(exercise: Exercise) -> str:
    """What is asked about, as JSON: exercises for which this is equal have the same right answers."""
    circuit: dict[str, Any] = {
        "graph": exercise.graph_text, "output": exercise.graph.output_name, "upstream": exercise.upstream,
        "loss": exercise.loss, "stages": list(exercise.stages),
    }  # fmt: skip
    if exercise.neurons:
        circuit["neurons"] = dict(exercise.neurons)
        circuit |= {"delta": exercise.delta} if exercise.sign > 0 else {}
    if exercise.update is not None:
        circuit["update"] = {"rate": exercise.update.rate, "nodes": list(exercise.update.nodes)}
    for key in ("given", "ask"):
        if names := getattr(exercise, key):
            circuit[key] = list(names)
    return _as_json(circuit)


def numbers_of(values: Mapping[str, float]) -> str:
    """The inputs' numbers as JSON, in the inputs' order."""
    return _as_json(dict(values))


def _as_json(value: object) -> str:
    import json  # not before something is stored or resumed: the first prompt would wait for it

    return json.dumps(value)


def sitting_of(exercise: Exercise, mode: str, started: int) -> Sitting:
    """The row of the log for a new sitting with an exercise at its numbers."""
    seed = None if exercise.seed is None else str(exercise.seed)
    circuit, numbers = circuit_of(exercise), numbers_of(exercise.values)
    return Sitting(started, mode, exercise.id, place_of(exercise), seed, circuit, numbers, __version__)


def unfinished(found: Iterable[tuple[int, Sitting, int]], exercise: Exercise | None = None) -> Paused | None:
    """The first sitting (number, row, open questions) that can be continued: of this exercise, or (None) of the one
    that it names. Of several with one circuit at the same numbers the first stands for all."""
    seen: set[tuple[str, ...]] = set()
    for number, sitting, left in found:
        key = (sitting.exercise, sitting.path, sitting.circuit, sitting.numbers)
        again = _again(sitting, exercise) if left and key not in seen else None
        if again is not None:
            return Paused(number, sitting, left, again)
        seen.add(key)
    return None


def _again(sitting: Sitting, exercise: Exercise | None) -> Exercise | None:
    """The exercise at a sitting's numbers; None if its circuit or its ranges have changed since."""
    with suppress(TutorError, ValueError, KeyError, TypeError):  # a damaged row may contain anything
        exercise = exercise or _found(sitting)
        seed = None if sitting.seed is None else int(sitting.seed)
        again = exercise if exercise.values else variant(exercise, seed)  # an ad-hoc circuit has its numbers
        if (circuit_of(again), numbers_of(again.values)) == (sitting.circuit, sitting.numbers):
            return again
    return None


def _found(sitting: Sitting) -> Exercise:
    """The exercise of a sitting, from its file, or from the log if it has none."""
    try:
        return find(sitting.path or sitting.exercise)
    except TutorError:
        if sitting.path:
            raise
    import json  # as above

    circuit: dict[str, Any] = json.loads(sitting.circuit)
    values: dict[str, float] = json.loads(sitting.numbers)
    text = str(circuit["graph"])
    return Exercise(
        id=sitting.exercise, title=text.strip(), graph_text=text,
        graph=read_graph(text, values, circuit["output"], [circuit["loss"]]),
        choices={name: Choice(value) for name, value in values.items()}, values=values,
        seed=None if sitting.seed is None else int(sitting.seed), upstream=float(circuit["upstream"]),
        loss=circuit["loss"], stages=tuple(circuit["stages"]),
    )  # fmt: skip
