"""Choices that look random and are the same on every machine: each is a hash of its seed and its number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from backprop_tutor.course.variants import pick

T = TypeVar("T")


class Picks:
    """A sequence of choices; `key` is what they come of."""

    def __init__(self, key: str) -> None:
        self._key, self._number = key, 0

    def below(self, count: int) -> int:
        """A number from 0 to count - 1."""
        self._number += 1
        return pick(f"{self._key}:{self._number}", count)

    def one_of(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[self.below(len(options))]

    def some_of(self, options: Sequence[T], most: int) -> list[T]:
        """Some of them, in any order, each at most once."""
        left = list(options)
        return [left.pop(self.below(len(left))) for _ in range(min(most, len(left)))]
