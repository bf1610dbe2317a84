"""A seed for each student: the same exercise, student and salt give the same numbers, on every machine and in every
version.

    seed = 1 + SHA-256("seed:EXERCISE:STUDENT:SALT") mod 999,999,999

The text is UTF-8 in Unicode's form NFC, STUDENT without blanks around it, the hash one big-endian number. Golden values
are
tested, so it never changes.
"""

from __future__ import annotations

from typing import Final
from unicodedata import normalize

from backprop_tutor.course.variants import pick

MOST_SEEDS: Final = 999_999_999
"""How many seeds there are: from 1 to this number, so that one can be typed."""


def student_of(text: str) -> str:
    """A student's name or number as it is compared: without blanks around it, in the form NFC."""
    text = text.strip()
    return text if text.isascii() else normalize("NFC", text)


def seed_of(exercise: str, student: str, salt: str = "") -> int:
    """The seed of a student's own variant of an exercise in a course with this salt."""
    return 1 + pick(f"seed:{exercise}:{student_of(student)}:{salt}", MOST_SEEDS)
