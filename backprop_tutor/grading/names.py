"""Whose a submission is, and to which exercise: names from outside the file and from within it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final
from zlib import crc32

from backprop_tutor.course.variants import student_of
from backprop_tutor.grading.faults import NotHandedIn
from backprop_tutor.grading.layout import Place
from backprop_tutor.text import visible

_LONGEST_NAME: Final = 200


def named_in(place: Place, only: str | None, data: Any, notes: list[str]) -> Place:
    """What an unreadable submission still says about whose it is, where its place (and `only`, the one exercise) does
    not say it."""
    said = data if isinstance(data, dict) else {}
    named, answered = (said[key] if isinstance(said.get(key), str) else None for key in ("student", "exercise"))
    student, exercise = place.student or named, place.exercise or only or answered
    with suppress(NotHandedIn):
        student = whose(place.student, named, "student", notes)
    with suppress(NotHandedIn):
        exercise = whose(place.exercise or only, answered, "exercise", notes)
    return place._replace(student=student, exercise=exercise)


def whose(outside: str | None, inside: str | None, what: str, notes: list[str]) -> str | None:
    """A name from outside the file, else from inside; where both speak and differ, the outside counts and the row says
    so."""
    if (
        outside is None
        and inside is not None
        and inside.isalnum()
        and inside.isascii()
        and len(inside) <= _LONGEST_NAME
    ):
        return inside  # as nearly every name is
    if inside is not None:
        inside = clean(student_of(inside)) or None
    if outside is None:
        outside = inside
    elif what == "student":
        outside = student_of(outside) or None
    if inside is not None and outside is not None and outside != inside:
        notes.append(f"The file names the {what} {visible(inside)[:60]}; {visible(outside)[:60]} counts.")
    if outside is not None and len(outside) > _LONGEST_NAME:
        raise NotHandedIn(f"the {what} is no name: it has more than {_LONGEST_NAME} characters.")
    return outside


def clean(text: str | None) -> str | None:
    """A name as it can be kept, cut where it is none."""
    if text is None or (text.isascii() and len(text) <= _LONGEST_NAME):
        return text
    return text[: 2 * _LONGEST_NAME].encode("utf-8", "backslashreplace").decode()


def key_of(student: str | None, exercise: str | None) -> int | None:
    """Whose submission it is, as one number: equal for two of the same student and exercise, and seldom for others."""
    if student is None or exercise is None:
        return None
    return crc32(f"{student}\0{exercise}".encode("utf-8", "backslashreplace"))
