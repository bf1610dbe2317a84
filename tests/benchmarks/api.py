"""The API in a warm process: an answer marked, a class marked against `grade`, and what an import costs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import backprop_tutor as bt
from tests.benchmarks.grading import graded, lines
from tests.benchmarks.timing import Measure

TIMES = 100
ANSWERS = {"backward": {"w1": -1.2}}
EVERYTHING = {
    "forward": {"g1": 0.2, "g2": -0.84, "g3": -0.64, "x": 0.16, "f": 0.16},
    "backward": {"x": 1, "g3": 1, "b": 1, "g1": 1, "g2": 1, "w1": -1.2, "x1": 0.7, "w0": 1, "x0": 0.2},
}


def measures() -> Iterator[Measure]:
    """Loading and marking, rows against `grade --format jsonl` on one process, and the import."""

    def marked(answers: dict[str, dict[str, float]]) -> None:
        for _ in range(TIMES):
            bt.load("relu").mark(answers)

    for name, answers in (("one answer", ANSWERS), ("fourteen answers", EVERYTHING)):
        seconds = min(spent(lambda answers=answers: marked(answers)) for _ in range(15))  # type: ignore[misc]
        yield Measure(f'bt.load("relu").mark of {name}, in ms', seconds / TIMES * 1e3, "<= 1")
    for kind, count in (("right", 10_000), ("mistakes", 2_000)):
        everyone = [line.encode() for line in lines(count, kind)]
        data = b"\n".join(everyone)

        def rows(everyone: list[bytes] = everyone) -> None:
            for _ in bt.grade_lines(everyone):
                pass

        def parts(everyone: list[bytes] = everyone) -> None:
            half = len(everyone) // 2
            for part in (everyone[:half], everyone[half:]):
                list(bt.grade_lines(part))

        def whole(data: bytes = data) -> None:
            graded(data, name="jsonl")

        rounds = [[spent(work) for work in (rows, parts, whole)] for _ in range(5)]
        alone, in_parts, by_grade = (min(column) for column in zip(*rounds, strict=True))
        detail = f"{alone:.2f} and {in_parts:.2f} s of this process against {by_grade:.2f}"
        yield Measure(f"grade_lines / grade, all {kind}", alone / by_grade, "<= 1.1", detail)
        # A list of a class is half a million objects, which Python's garbage collector has to traverse.
        yield Measure(f"grade_lines, held as two lists / grade, all {kind}", in_parts / by_grade, "<= 1.3")
    yield Measure("import backprop_tutor, in ms", min(imported() for _ in range(5)), "<= 10")


def spent(work: Callable[[], object]) -> float:
    """The seconds of this process alone, whatever else a shared machine is doing."""
    start = time.process_time()
    work()
    return time.process_time() - start


def imported() -> float:
    """What `import backprop_tutor` takes, in ms, as Python itself measures it."""
    command = [sys.executable, "-X", "importtime", "-c", "import backprop_tutor"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stderr.splitlines()[-1].split("|")[1]) / 1e3
