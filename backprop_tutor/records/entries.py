"""What the log holds: a sitting (one exercise at one set of numbers), and the entries typed in it."""

from __future__ import annotations

from typing import Final, NamedTuple

ASKS_AGAIN: Final = "practice"
"""The mode of a sitting that is offered again while it is unfinished."""
REST: Final = "part"
"""The mode of a sitting that does not hold everything, and is never offered again."""
MARKED: Final = ("right", "follow-through", "wrong")
"""The verdicts of an answer that was a try."""
TRIED: Final = (*MARKED, "missing")
"""The verdicts after which another answer is no first try: marked, or given up, so that the solution was shown."""
_LAST: Final = 253_000_000_000_000  # milliseconds since 1970, in the year 9987: the calendar ends soon after


class Sitting(NamedTuple):
    """One exercise at one set of numbers; `circuit` and `numbers` are JSON, `started` milliseconds since 1970."""

    started: int
    mode: str
    exercise: str
    path: str
    seed: str | None
    circuit: str
    numbers: str
    version: str


class Entry(NamedTuple):
    """One thing typed: which `move`, at which question, and what came of it.

    `at` is in milliseconds since 1970, `seconds` how long it took; `tries` and `hints` count what the
    question had seen before in this sitting (the solution is a try), `remaining` the questions open after it.
    `version` is the tutor's, where it is another than the sitting was begun with.
    """

    at: int
    move: str
    stage: str
    target: str
    skills: str
    typed: str = ""
    verdict: str | None = None
    diagnoses: str = ""
    tries: int = 0
    hints: int = 0
    seconds: float | None = None
    remaining: int = 0
    version: str | None = None

    @property
    def is_tried(self) -> bool:
        """Whether an answer after this one is no first try."""
        return self.verdict in TRIED or self.move == "skip"


class Logged(NamedTuple):
    """An entry as it is read back, with its number and its sitting."""

    id: int
    sitting: int
    mode: str
    exercise: str
    entry: Entry

    @property
    def is_whole(self) -> bool:
        """Whether every field is what a session writes; SQLite keeps whatever it is given."""
        at, *words, verdict, diagnoses, tries, hints, seconds, remaining, version = self.entry
        return (
            {*map(type, (self.mode, self.exercise, *words, verdict or "", diagnoses, version or ""))} == {str}
            and {*map(type, (at, tries, hints, remaining))} == {int}
            and 0 <= at < _LAST
            and hints >= 0
            and (seconds is None or isinstance(seconds, (int, float)))
        )


class Kept(NamedTuple):
    """A sitting as it is read back, with its number, and how many questions it has open."""

    id: int
    sitting: Sitting
    remaining: int
