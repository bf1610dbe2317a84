"""Questions by the names under which they may be answered, however these are spelled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar
from unicodedata import normalize

from backprop_tutor.tutor.stages.stage import Question

T = TypeVar("T")


class ByName(dict[str, T]):
    """What there is for each question of one word, by every name under which it may be answered.

    `find` takes other spellings too: `x1 → g2` for x1->g2, `∂L/∂w1` and `dL/dw1` for w1, `δ5` for y5.delta.
    """

    def __init__(self, items: Iterable[tuple[Question, T]], loss: str = "L") -> None:
        self._items, self._loss = list(items), loss
        super().__init__((name, item) for question, item in self._items for name in question.names)
        self._spelled: dict[str, T] | None = None

    def find(self, name: str) -> T | None:
        """What there is for the question of this name, however it is spelled; None where no one question is meant."""
        found = self.get(name)
        if found is not None:
            return found
        if self._spelled is None:  # seldom wanted: nearly every answer has the name that the template gives it
            self._spelled = self._spellings()
        return self._spelled.get(spelled(name))

    def _spellings(self) -> dict[str, T]:
        meant: dict[str, dict[int, T]] = {}
        for question, item in self._items:
            for name in (*question.names, *question.kind.spellings(question, self._loss)):
                meant.setdefault(spelled(name), {})[id(item)] = item
        return {name: item for name, items in meant.items() if len(items) == 1 for item in items.values()}


_ARROW = re.compile(r"[-–—−=]*(?:>|[→⟶➔➙➜➝⇒])")
_SIGNS: Final = str.maketrans({"∂": "d", "δ": "delta", **dict.fromkeys("_{}$ \t\xa0", "")})


def spelled(name: str) -> str:
    """A name without what is written in several ways: arrows, signs, subscripts, blanks."""
    return _ARROW.sub("->", normalize("NFKC", name.replace("\\partial", "d")).translate(_SIGNS))


def by_name(asked: Sequence[Question], loss: str = "L") -> ByName[Question]:
    """The questions of one word by every name under which they may be answered."""
    return ByName(((question, question) for question in asked), loss)
