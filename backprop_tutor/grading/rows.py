"""The result of a submission: its row in every report, and what was wrong in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii as in_quotes
from math import isfinite
from typing import Any, Final

from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.verdicts import Outcome

_FIRST: Final = '[{"stage": '
_LAST: Final = "}]"
_LONGEST: Final = 2_000  # characters of a verdict that is remembered; nearly all are shorter
"""How the verdicts in a row begin and end. Between two of them stands `}, {"stage": `, which no text in JSON can
contain, since quotes in it have backslashes before them."""


BEST: Final = "--best marks the best."
"""What can be done about several files of which none is known to be the newest."""


class Row(NamedTuple):
    """One submission to one exercise; `max_score` is 0 where that is unknown, `readable` whether it could be marked.

    `letters` are the verdicts of the exercise's questions in their order, `slips` what was wrong (`slips_of` reads it),
    `words` the verdicts as JSON where the report shows them, `source` where it stands. `late` is what the system says,
    `unordered` whether nothing says how new it is, `other_seed` whether it names a seed that is not its student's own,
    `folder` where the system expects feedback for it; `other_exercise` whether it says that it answers another one.
    """

    student: str | None = None
    exercise: str | None = None
    attempt: str | None = None
    seed: int | None = None
    score: float = 0.0
    max_score: float = 0.0
    readable: bool = False
    letters: str = ""
    slips: str = ""
    note: str = ""
    source: str = ""
    words: str | None = None
    late: bool = False
    unordered: bool = False
    other_seed: bool = False
    folder: str = ""
    other_exercise: bool = False


class Slip(NamedTuple):
    """One wrong answer: where, at which gate of which kind, the mistakes that it matches, likeliest first, and what was
    written."""

    stage: str
    target: str
    gate: str
    kind: str
    mistakes: Sequence[str]
    answer: str = ""


def refused_as_several(row: Row, files: str) -> Row:
    """The row of a student who handed in several files if nothing says which is the newest: none is marked."""
    why = f"{files}: it is unclear which is the newest, so none was marked. {BEST}"
    letters = Outcome.MISSING.letter * len(row.letters)
    return row._replace(score=0.0, readable=False, letters=letters, slips="", words=None, note=why)


def slips_of(row: Row) -> Iterator[Slip]:
    """What was wrong in a submission."""
    return map(Slip._make, json.loads(row.slips) if row.slips else ())


def question_name(stage: str, target: str) -> str:
    """A question's name for people: its stage and its name; the graph stage has only one question."""
    return stage if stage == target else f"{stage} {target}"


def in_json(value: Any) -> str:
    """A value exactly as json.dumps writes it, but faster: reports are full of these."""
    return _IN_JSON.get(type(value), json.dumps)(value)


_IN_JSON: Final[dict[type, Callable[[Any], str]]] = {
    str: in_quotes, type(None): lambda _: "null", bool: lambda value: "true" if value else "false", int: repr,
    float: lambda value: repr(value) if isfinite(value) else json.dumps(value),
}  # fmt: skip


def as_json(row: Row) -> str:
    """A row as a line of JSON."""
    parts = ", ".join([f'"{key}": {in_json(value)}' for key, value in _head(row).items()])
    return f'{{{parts}, "verdicts": {row.words or "[]"}}}'


def _head(row: Row) -> dict[str, Any]:
    late = {"late": True} if row.late else {}
    return {
        "format": "backprop-tutor/grade@1", "student": row.student, "exercise": row.exercise, "attempt": row.attempt,
        "seed": row.seed, "score": row.score, "max_score": row.max_score, "readable": bool(row.readable),
        "source": row.source, **late, "note": row.note,
    }  # fmt: skip


def verdicts_of(row: Row) -> list[dict[str, Any]]:
    """The verdict on each answer of a row, as JSON gives it."""
    return list(_verdicts(row.words or "[]"))


def as_dict(row: Row) -> dict[str, Any]:
    """A row as the object that its line of JSON holds, in plain values."""
    return {**_head(row), "verdicts": list(map(_copied, _verdicts(row.words or "[]")))}


def _verdicts(words: str) -> Iterator[dict[str, Any]]:
    """The verdicts in a row, each read once for a whole class, since many are the same."""
    inside = words[len(_FIRST) : -len(_LAST)]
    pieces = inside.split(f"{_LAST[0]}, {_FIRST[1:]}") if inside else ()
    return (_verdict(piece) if len(piece) <= _LONGEST else _verdict.__wrapped__(piece) for piece in pieces)


@lru_cache(maxsize=4_096)
def _verdict(inside: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(f"{_FIRST[1:]}{inside}{_LAST[0]}")
    return found


def _copied(verdict: dict[str, Any]) -> dict[str, Any]:
    # copies, so that changing one row changes no other
    own = verdict.copy()
    own["diagnoses"] = verdict["diagnoses"].copy()
    return own
