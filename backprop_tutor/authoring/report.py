"""The findings about one exercise file, with their places: plain values that can travel between processes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.yaml_text import Source
from backprop_tutor.engine.language import MOST_FAULTS
from backprop_tutor.errors import Fault
from backprop_tutor.fields import Fields, NamedTuple
from backprop_tutor.text import Span, excerpt, place, visible
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.stages.stage import Question


class Finding(NamedTuple):
    """One fault or doubt: its place (line and column counted from 1), in words, and the line with a caret."""

    line: int
    column: int
    message: str
    excerpt: str = ""


class Seeds(NamedTuple):
    """How many of the seeds tried are usable at the first draw."""

    usable: int
    of: int


class Variety(NamedTuple):
    """What a class of students gets: how many different variants; in how many students' variants an input's gradient is
    0, and in how many a gate lets nothing back."""

    students: int
    different: int
    vanishing: int
    dead: int


class Collision(NamedTuple):
    """Mistakes that happen to give the same number at one question; `right` if it is the right one.

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
    """Everything about one file, None or empty if not examined; `proved` counts sets of numbers; `other` says what a
    file is if it is not an exercise."""

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
        """The report as the contract writes it, with additional facts."""
        counted = {"seeds": self.seeds, "variety": self.variety}
        written = self._asdict() | {key: one and one._asdict() for key, one in counted.items()}
        for kind in ("errors", "warnings", "collisions", "frequent"):
            found = [one._asdict().items() for one in written[kind]]
            written[kind] = [{key: value for key, value in one if key not in ("excerpt", "at")} for one in found]
        return written


def findings_in(text: str, faults: Sequence[Fault]) -> tuple[Finding, ...]:
    """Faults of a text as findings, in the order of their places; only the first ones if there are too many."""
    first = sorted(faults, key=lambda fault: fault.span)[:MOST_FAULTS]
    found = [Finding(*place(text, one.span[0]), str(one), excerpt(text, one.span, "")) for one in first]
    left = len(faults) - len(found)
    if left:
        found.append(found[-1]._replace(message=f"{left} more faults follow. Fix these first.", excerpt=""))
    return tuple(found)


def of_whole_file(file: object, why: str, is_error: bool = True) -> Report:
    """The report on a file or folder that is wrong or doubtful as a whole."""
    found = (Finding(1, 1, visible(why[:1].upper() + why[1:])),)
    return Report(str(file), errors=found) if is_error else Report(str(file), warnings=found)


class Remark(Fault):
    """One thing that is doubtful, in words."""


class Places(Fields):
    """The file of an exercise, as it was read."""

    source: Source
    exercise: Exercise

    @cached_property
    def asked(self) -> list[Question]:
        """Every question of the exercise."""
        return questions(self.exercise)

    def node(self, name: str) -> Span:
        """The place that defines a node: a gate's operation in the graph's text, an input's key."""
        graph = self.exercise.graph
        span = graph.spans[graph.index[name]]
        if span is not None:
            return self.source.span_in(("graph",), span)
        return self.source.keys.get(("inputs", name)) or self.key("graph")

    def part(self, name: str) -> Span:
        """The place of a node or of a branch's gate, or else of the graph."""
        graph = self.exercise.graph
        if name in graph.branch_named:
            return self.node(graph.branch_named[name].gate)
        return self.node(name) if name in graph.index else self.key("graph")

    def key(self, *path: str) -> Span:
        """The place of a key; the file's first key if it does not have this one."""
        return self.source.keys.get(path, (0, 1))
