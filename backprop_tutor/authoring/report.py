"""What is found out about one exercise file, and where in it: plain values, which may travel between processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.yaml_text import Source
from backprop_tutor.engine.language import MOST_FAULTS
from backprop_tutor.errors import Fault
from backprop_tutor.text import Span, excerpt, place, visible


class Finding(NamedTuple):
    """One thing that is wrong or doubtful: where (both counted from 1), in words, and the line with a caret."""

    line: int
    column: int
    message: str
    excerpt: str = ""


class Seeds(NamedTuple):
    """How many of so many seeds are usable at the first draw."""

    usable: int
    of: int


class Variety(NamedTuple):
    """What so many students get: how many different variants; in how many students' the gradient of an input vanishes,
    and in how many a gate lets nothing back."""

    students: int
    different: int
    vanishing: int
    dead: int


class Collision(NamedTuple):
    """Mistakes that give one number at one question, by chance of the numbers; `right` if it is the right one.

    `at` is the gate whose slot is asked about, or the fork.
    """

    question: str
    number: float
    mistakes: tuple[str, ...]
    right: bool
    at: str


class Frequent(NamedTuple):
    """A question at which a mistake gives the right number at `seeds` of `of` seeds."""

    question: str
    mistakes: tuple[str, ...]
    seeds: int
    of: int
    at: str


class Report(NamedTuple):
    """Everything about one file: None or empty where it was not found out; `proved` counts sets of numbers;
    `other` says what a file is that is no exercise."""

    file: str
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    gates: int | None = None
    questions: int | None = None
    proved: int = 0
    seeds: Seeds | None = None
    variety: Variety | None = None
    collisions: tuple[Collision, ...] = ()
    frequent: tuple[Frequent, ...] = ()
    other: str = ""

    def as_json(self) -> dict[str, Any]:
        """The report as the contract writes it, with what else is known."""
        counted = {"seeds": self.seeds, "variety": self.variety}
        written = self._asdict() | {key: one and one._asdict() for key, one in counted.items()}
        for kind in ("errors", "warnings", "collisions", "frequent"):
            found = [one._asdict().items() for one in written[kind]]
            written[kind] = [{key: value for key, value in one if key not in ("excerpt", "at")} for one in found]
        return written


def findings_in(text: str, faults: Sequence[Fault]) -> tuple[Finding, ...]:
    """Faults of a text as findings, in the order in which they stand there; of too many, the first ones."""
    first = sorted(faults, key=lambda fault: fault.span)[:MOST_FAULTS]
    found = [Finding(*place(text, one.span[0]), str(one), excerpt(text, one.span, "")) for one in first]
    left = len(faults) - len(found)
    if left:
        found.append(found[-1]._replace(message=f"{left} more faults follow. Mend these first.", excerpt=""))
    return tuple(found)


def of_whole_file(file: object, why: str, is_error: bool = True) -> Report:
    """The report of a file, or folder, that is wrong or doubtful as a whole."""
    found = (Finding(1, 1, visible(why[:1].upper() + why[1:])),)
    return Report(str(file), errors=found) if is_error else Report(str(file), warnings=found)


class Remark(Fault):
    """One thing that is doubtful, in words."""


class Places(NamedTuple):
    """The file of an exercise, as it was read."""

    source: Source
    exercise: Exercise

    def node(self, name: str) -> Span:
        """Where a node comes from: a gate's operation in the graph's text, an input's key."""
        graph = self.exercise.graph
        span = graph.spans[graph.index[name]]
        if span is not None:
            return self.source.span_in(("graph",), span)
        return self.source.keys.get(("inputs", name)) or self.key("graph")

    def part(self, name: str) -> Span:
        """Where a node or the gate of a branch, or else the graph, stands."""
        graph = self.exercise.graph
        if name in graph.branch_named:
            return self.node(graph.branch_named[name].gate)
        return self.node(name) if name in graph.index else self.key("graph")

    def key(self, *path: str) -> Span:
        """Where a key stands; the first key of the file for one that it does not have."""
        return self.source.keys.get(path, (0, 1))
