"""How long a class waits for its papers, in seconds of processor time: 30 copies of the slowest exercises for each
course system, and 300 worksheets with their key."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, suppress
from functools import partial
from pathlib import Path

from backprop_tutor.cli.main import run
from backprop_tutor.course.catalogue import find
from backprop_tutor.publishing.banks import TARGETS
from backprop_tutor.publishing.banks.bank import bank_of
from backprop_tutor.publishing.copies import copies_of
from tests.benchmarks.timing import Measure

SLOWEST = ("xor", "batch-norm-column")
COPIES, STUDENTS = 30, 300


def measures() -> Iterator[Measure]:
    """Each target, then the worksheets."""
    for target in TARGETS:
        spent = max(processor(partial(copied, name, target)) for name in SLOWEST)
        yield Measure(f"{COPIES} copies of {' or '.join(SLOWEST)} for {target}, s", spent, "<= 5")
    yield Measure(f"{STUDENTS} worksheets with their key, s", processor(worksheets), "<= 10")


def processor(work: Callable[[], object]) -> float:
    """Seconds of processor time that one call takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def copied(name: str, target: str) -> None:
    """An exercise's copies, written for one system."""
    TARGETS[target].write([bank_of(copies_of(find(name), range(1, COPIES + 1)))])


def worksheets() -> None:
    """`sheets` for a class."""
    with tempfile.TemporaryDirectory() as folder, redirect_stderr(io.StringIO()), suppress(SystemExit):
        place = Path(folder)
        (place / "roster.csv").write_text("sid,name\n" + "".join(f"{n},Student {n}\n" for n in range(STUDENTS)))
        names = ("--roster", "roster.csv"), ("--key", "key.csv"), ("-o", "sheets.html")
        run(["sheets", "relu", "--salt", "s", *(part for one, name in names for part in (one, str(place / name)))])
