"""The questions that a review may ask next, each source at numbers that were never asked; the one that is worth most is
chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.errors import TutorError
from backprop_tutor.records.review import Item, choose, due_now, items, wanted
from backprop_tutor.records.summary import Summary

Source = Callable[[], Iterable[Exercise]]
"""Gives an exercise, or a generated circuit, at fresh numbers."""


class Pool:
    """Questions by where they come from. One that was asked is renewed with all of its source."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources: dict[str, Source] = {}
        self._found: dict[str, list[Item]] = {}
        self._last: Item | None = None
        self._tested: Counter[str] = Counter()
        self._left: set[str] = set()
        for name, source in sources.items():
            self.add(name, source)

    def add(self, name: str, source: Source) -> None:
        """Takes another source in."""
        self._sources[name] = source
        self._renew(name)

    def _renew(self, name: str) -> None:
        try:
            self._found[name] = [item for exercise in self._sources[name]() for item in items(exercise)]
        except TutorError:  # an exercise of the student's own that nobody can solve
            self._found[name] = []

    @property
    def items(self) -> list[Item]:
        """Every question, source by source."""
        return [item for found in self._found.values() for item in found]

    @property
    def skills(self) -> list[str]:
        """Every skill that some question exercises."""
        return list(dict.fromkeys(skill for item in self.items for skill in item.skills))

    def has_due(self, summary: Summary, at: datetime) -> bool:
        """Whether something is due that some question exercises."""
        return bool(due_now(summary, self.skills, at))

    def next(self, summary: Summary, at: datetime, new: bool = True) -> Item | None:
        """The question to ask now, for what is due, or else (if `new`) for what was never asked; None where nothing is
        wanted."""
        skills = [skill for skill in self.skills if skill not in self._left]
        return choose(self.items, wanted(summary, skills, at, new), self._last, self._tested)

    def leave(self, item: Item) -> None:
        """Asks no more for what a question is about: the student goes on without it."""
        self._left.add(item.gate)

    def asked(self, item: Item) -> None:
        """Notes that a question was asked: the next one is about something else, with other numbers."""
        self._last = item
        self._tested.update(item.apart)
        self._renew(next(name for name, found in self._found.items() if any(one is item for one in found)))
