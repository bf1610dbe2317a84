"""Whose a submission is, and to which exercise: by a layout over its path, by options, by what the file says."""

from __future__ import annotations

import re
from bisect import bisect_right
from contextlib import suppress
from typing import Any, Final, NamedTuple

from backprop_tutor.course.variants import student_of
from backprop_tutor.grading.collecting import CannotGrade, NotHandedIn
from backprop_tutor.text import nearest, visible

_FIELDS: Final = ("student", "exercise", "attempt")
"""What a layout may name; `*` stands for any text within one part of the path."""
_NAMED: Final = ", ".join(f"{{{name}}}" for name in _FIELDS)
_WILD: Final = re.compile(r"(\{[^{}]*\}|\*)")
_LONGEST_NAME: Final = 200


class Place(NamedTuple):
    """What is known of a submission before it is opened; None where only the submission itself can say it."""

    student: str | None = None
    exercise: str | None = None
    attempt: str | None = None


class Layout:
    """A pattern such as `{student}/{exercise}.yaml`. Raises CannotGrade for one that names something else, or one thing
    twice."""

    def __init__(self, pattern: str) -> None:
        pattern = pattern.removeprefix("./").replace("\\", "/")
        fields = [piece[1:-1] for piece in _WILD.findall(pattern) if piece != "*"]
        for number, name in enumerate(fields):
            if name not in _FIELDS:
                raise CannotGrade(f"--layout knows {_NAMED}, not {{{visible(name)}}}.{nearest(name, _FIELDS)}")
            if name in fields[:number]:
                raise CannotGrade(f"--layout names {{{name}}} twice. Once is enough; * stands for any other text.")
        if set("{}") & set(_WILD.sub("", pattern)):
            raise CannotGrade("--layout has a brace without its other half.")
        if not fields:
            raise CannotGrade(f"--layout names at least one of {_NAMED}, such as '{{student}}/{{exercise}}.yaml'.")
        self._parts = [_WILD.split(part) for part in pattern.split("/")]

    def place(self, path: str) -> Place:
        """What a path says, with `/` between its parts: one inside a folder that was given, or, from `/`, that of a
        file that was.

        Of a file that was given itself the last parts count, as many as the pattern has: they are the teacher's words,
        so nobody hands in under another's name. Raises NotHandedIn where it does not fit.
        """
        is_given = path.startswith("/")
        parts = path.split("/")[-len(self._parts) if is_given else 0 :]
        fits = list(map(_fit, self._parts, parts))
        if len(parts) != len(self._parts) or None in fits:
            where = "" if is_given else ", which is about paths inside the folder that was given"
            raise NotHandedIn(f"{visible('/'.join(parts))} does not fit --layout{where}.")
        return Place(**{name: text for found in fits if found for name, text in found.items()})


def _fit(pieces: list[str], text: str) -> dict[str, str] | None:
    """What the fields among the pieces of a part stand for, each as short as can be (`*` as long), from the left; None
    where none fit.

    It looks from the end where the pieces that are left can begin, so the time is that of pieces times characters:
    nothing is ever tried twice.
    """
    beginnings = [[len(text)]]  # in rising order; of the pieces after the last, of the last, and so on
    for piece in reversed(pieces):
        after = beginnings[-1]
        if _WILD.fullmatch(piece):  # a field stands for one character at least
            beginnings.append(list(range(after[-1] + (piece == "*"))) if after else [])
        else:
            before = (at - len(piece) for at in after)
            beginnings.append([at for at in before if at >= 0 and text.startswith(piece, at)])
    if beginnings[-1][:1] != [0]:
        return None
    found, at = {}, 0
    for piece, after in zip(pieces, beginnings[-2::-1], strict=True):
        start = at
        if not _WILD.fullmatch(piece):
            at += len(piece)
        elif piece == "*":
            at = after[-1]
        else:
            at = after[bisect_right(after, start)]
            found[piece[1:-1]] = text[start:at]
    return found


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
    so. Raises NotHandedIn for one that is too long."""
    is_plain = inside is not None and inside.isalnum() and inside.isascii() and len(inside) <= _LONGEST_NAME
    if outside is None and is_plain:  # as nearly every name is
        return inside
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
