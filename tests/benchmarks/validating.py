"""`validate` of a folder of 1,000 exercises of ten gates, each input with a range: how long, and whether memory grows
with it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from backprop_tutor.course.variants import all_vanish
from backprop_tutor.engine.passes import solve
from tests.benchmarks.timing import Measure
from tests.strategies import Circuit, random_circuit

FILES, GATES = 1_000, 10
KINDS = ("add", "mul", "sub", "max", "scale", "shift", "sigmoid", "tanh", "exp", "relu")
_RUN = """
import json, resource, sys
from backprop_tutor.authoring.validate import files, reports
from pathlib import Path
if __name__ == "__main__":
    count = proved = wrong = 0
    for report in reports(files([Path(sys.argv[1])]), 2):
        count, proved, wrong = count + 1, proved + report.proved, wrong + bool(report.errors)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(one.ru_utime + one.ru_stime for one in used)
    print(json.dumps([count, proved, wrong, max(one.ru_maxrss for one in used), seconds]))
"""


def measures() -> Iterator[Measure]:
    """Seconds for all files on two cores, and the peak memory of the largest process compared with that for a tenth of
    them."""
    with tempfile.TemporaryDirectory() as place:
        few, many = (folder_of(count, Path(place, str(count))) for count in (FILES // 10, FILES))
        seconds, (count, proved, wrong, peak, busy) = min(_checked(many) for _ in range(3))
        assert count == FILES
        _, (_, _, _, peak_of_few, _) = _checked(few)
    yield Measure(
        f"validate {FILES:,} files of {GATES} gates on two cores, seconds", seconds, "<= 15",
        f"{busy:.1f} s of processor time, {proved:,} sets of numbers proved, {wrong} files of no use",
    )  # fmt: skip
    detail = f"{peak / 1024:.0f} MB against {peak_of_few / 1024:.0f} MB"
    yield Measure(f"peak memory for {FILES:,} files / for {FILES // 10}", peak / peak_of_few, "<= 1.1", detail)


def folder_of(count: int, folder: Path) -> Path:
    """A folder of this many exercises about seeded random circuits."""
    folder.mkdir()
    seed = 0
    for number in range(count):
        circuit = None
        while circuit is None or len(circuit.graph.gate_names) != GATES or all_vanish(solve(circuit.graph, circuit.at)):
            circuit = random_circuit(Random(seed), GATES, KINDS, separated=True)
            seed += 1
        (folder / f"circuit-{number:04}.yaml").write_text(exercise_text(circuit, number), encoding="utf-8")
    return folder


def exercise_text(circuit: Circuit, number: int) -> str:
    """One exercise, with a range around each of its numbers."""
    lines = [f"title: Circuit {number}", "graph: |", *(f"  {line}" for line in circuit.text.splitlines()), "inputs:"]
    lines += [
        f"  {name}: {{value: {at}, from: {at - 1:.2f}, to: {at + 1:.2f}, step: 0.25}}"
        for name, at in circuit.at.items()
    ]
    return "\n".join([*lines, "stages: [forward, backward]"]) + "\n"


def _checked(folder: Path) -> tuple[float, list[float]]:
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _RUN, str(folder)], capture_output=True, text=True, check=True)
    return time.perf_counter() - start, json.loads(done.stdout)
