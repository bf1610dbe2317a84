"""A log of 1,000,000 answers: the first prompt, `progress`, one more answer; and how soon review finds a planted
mistake."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from backprop_tutor.records.sittings import Entry, Sitting, database
from backprop_tutor.records.store import open_store
from backprop_tutor.records.summary import current
from tests.benchmarks.startup import first_prompt, libraries_at_a_terminal
from tests.benchmarks.timing import Measure, best, compared, seconds
from tests.records.students import PLANTED, Pupil, Student, Tutor
from tests.records.test_mastery import skills_of

COMMAND = str(Path(sys.executable).parent / "backprop-tutor")
ANSWERS = 1_000_000
START = 1_767_225_600_000


def measures() -> Iterator[Measure]:
    """Times with the long log, then questions until a planted mistake is the weakest skill."""
    _fill()
    yield compared(
        "first prompt after 1,000,000 answers / the libraries",
        first_prompt,
        libraries_at_a_terminal,
        "<= 1.3",
        rounds=15,
    )
    first = seconds(_progress)  # sums the log up once
    (again,) = best(_progress, rounds=5)
    yield Measure(
        "progress on 1,000,000 answers, s", again, "<= 1", f"the first, which sums up what is new: {first:.1f} s"
    )
    store = open_store(database())
    (one,) = best(lambda: store.append(1, SITTING, [_entry(0)]), rounds=200)
    store.close()
    yield Measure("one answer's record, ms", one * 1e3, "<= 5")
    yield _questions()


SITTING = Sitting(START, "practice", "simple", "", None, "{}", "{}", "0.1.0")


def _entry(number: int) -> Entry:
    right = number % 7 != 0
    return Entry(
        START + number * 20_000, "answer", "backward", "q", "backward mul upstream", "-4",
        "right" if right else "wrong",
        "" if right else "swapped-inputs", 0, 0, 15.0, 3,
    )  # fmt: skip


def _fill() -> None:
    """The long log, in sittings of 100 answers, summed up as sessions do at their end."""
    store = open_store(database(), create=True)
    for start in range(0, ANSWERS, 100):
        store.append(None, SITTING, [_entry(number) for number in range(start, start + 100)])
    store.connection.execute("DELETE FROM summary")
    current(store, ANSWERS - 2_000)
    store.close()


def _progress() -> None:
    subprocess.run([COMMAND, "progress"], stdout=subprocess.DEVNULL, env=os.environ, check=True)


def _questions() -> Measure:
    """Questions until the planted mistake's skill is the weakest, by review and through the course in order."""
    chosen = in_order = 0
    start = time.perf_counter()
    for number, mistake in enumerate(PLANTED):
        chosen += _until_found(Pupil(Student(mistake, number)), mistake, by_review=True)
        in_order += _until_found(Pupil(Student(mistake, number)), mistake, by_review=False)
    each = (
        f"{chosen / len(PLANTED):.1f} questions each by review, {in_order / len(PLANTED):.1f} in order, "
        f"{time.perf_counter() - start:.0f} s"
    )
    return Measure("questions until the mistake is found, review / in order", chosen / in_order, "<= 1", each)


def _until_found(pupil: Pupil, mistake: str, by_review: bool, most: int = 400) -> int:
    tutor = Tutor()
    questions = tutor.by_reviews(pupil) if by_review else tutor.in_order(pupil)
    for asked in questions:
        weak = pupil.summary.weak()
        if (weak and weak[0] in skills_of(mistake)) or asked >= most:
            return asked
    return most
