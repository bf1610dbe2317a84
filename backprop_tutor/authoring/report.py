"""What is found out about one exercise file, in plain values that may travel from one process to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from backprop_tutor.errors import Fault, excerpt, place, visible

MOST_FINDINGS: Final = 100
"""How many faults of one file are told."""


class Finding(NamedTuple):
    """One thing that is wrong or doubtful: where (both counted from 1), in words, and the line with a caret under
    it."""

    line: int
    column: int
    message: str
    excerpt: str = ""


class Seeds(NamedTuple):
    """How many of so many seeds are usable at the first draw."""

    usable: int
    of: int


class Collision(NamedTuple):
    """Mistakes that give one number at one question, by chance of the numbers; `right` if it is the right one."""

    question: str
    number: float
    mistakes: tuple[str, ...]
    right: bool


class Frequent(NamedTuple):
    """A question at which a mistake gives the right number in `seeds` of `of` variants."""

    question: str
    mistakes: tuple[str, ...]
    seeds: int
    of: int


class Report(NamedTuple):
    """Everything about one file. What could not be found out is None or empty; `proved` is how many sets of numbers
    were."""

    file: str
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    gates: int | None = None
    questions: int | None = None
    proved: int = 0
    seeds: Seeds | None = None
    collisions: tuple[Collision, ...] = ()
    frequent: tuple[Frequent, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The report as the contract writes it, with what else is known."""
        return {
            "file": self.file, "errors": _places(self.errors), "warnings": _places(self.warnings),
            "gates": self.gates, "questions": self.questions, "proved": self.proved,
            "seeds": self.seeds and self.seeds._asdict(),
            "collisions": [collision._asdict() for collision in self.collisions],
            "frequent": [frequent._asdict() for frequent in self.frequent],
        }  # fmt: skip

    def fails(self, strict: bool) -> bool:
        """Whether the file is not to be used."""
        return bool(self.errors or (strict and self.warnings))


def _places(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [{"line": finding.line, "column": finding.column, "message": finding.message} for finding in findings]


def findings_in(text: str, faults: Sequence[Fault]) -> tuple[Finding, ...]:
    """Faults of a text as findings, in the order in which they stand there; where there are too many, the first of
    them."""
    found = [_finding(text, fault) for fault in sorted(faults, key=lambda fault: fault.span)[:MOST_FINDINGS]]
    left = len(faults) - len(found)
    if left:
        found.append(found[-1]._replace(message=f"{left} more faults follow. Mend these first.", excerpt=""))
    return tuple(found)


def _finding(text: str, fault: Fault) -> Finding:
    line, column = place(text, fault.span[0])
    return Finding(line, column, str(fault), excerpt(text, fault.span, ""))


def whole_file(why: str) -> Finding:
    """What is wrong with a file as a whole."""
    return Finding(1, 1, visible(why[:1].upper() + why[1:]))
