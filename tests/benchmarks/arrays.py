"""Arrays: a small net solved, one array marked and diagnosed, the first prompt, and a whole process beside one that
imports NumPy (and autograd, where it is installed) and does the same."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.array_passes import solve_arrays
from backprop_tutor.tutor.marking.answer_key import key_of
from backprop_tutor.tutor.marking.attempt import attempt_on
from backprop_tutor.tutor.stages import stage_questions
from tests.benchmarks.timing import Measure

_SQUARE = """\
title: A product of 3x3
graph: "Q = A @ B; f = sum(Q*C)"
inputs:
  A: [[1, 2, -0.5], [0.3, -1, 2], [1.5, 0.7, -2]]
  B: [[0.5, -1, 2], [1, 0.3, -0.7], [2, 1.2, 0.4]]
  C: [[1, -2, 0.5], [0.7, 1.1, -1], [0.2, -0.3, 1.6]]
"""
_OURS = """
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.array_passes import solve_arrays
at = {at!r}
graph = read_graph({text!r}, at, shapes={{name: (len(rows), len(rows[0])) for name, rows in at.items()}})
print(solve_arrays(graph, at).slope("W1"))
"""
_NUMPY = """
import numpy as np
{more}
at = {{name: np.array(rows) for name, rows in {at!r}.items()}}
Z = at["X"] @ at["W1"] + at["b1"]; H = np.maximum(Z, 0); S = H @ at["W2"] + at["b2"]
P = np.exp(S - S.max(1, keepdims=True)); P /= P.sum(1, keepdims=True)
dS = (P - at["Y"]) / len(P); dH = dS @ at["W2"].T; dZ = dH * (Z > 0)
print(at["X"].T @ dZ)
"""


def measures() -> Iterator[Measure]:
    """Solving, marking, the first prompt, whole processes."""
    exercise = variant(find("two-layer-net"), None)
    solved = _cpu(lambda: solve_arrays(exercise.graph, exercise.arrays), 60)
    yield Measure("a 2-3-2 softmax net, a batch of two, solved: ms", solved * 1e3, "<= 2", "processor time")
    yield Measure(
        "one 3x3 array read, marked and diagnosed: ms", _marking() * 1e3, "<= 5", "processor time, on average"
    )
    prompts = [_first_prompt("matrix-vector"), _first_prompt("relu")]
    detail = f"{prompts[0] * 1e3:.1f} ms against {prompts[1] * 1e3:.1f} ms"
    yield Measure("first prompt of an exercise of arrays / of relu", prompts[0] / prompts[1], "<= 1.2", detail)
    at = exercise.arrays
    text = exercise.graph_text
    ours = _process(_OURS.format(at=at, text=text))
    numpy = _process(_NUMPY.format(at=at, more=""))
    detail = f"{ours * 1e3:.1f} ms against {numpy * 1e3:.1f} ms"
    yield Measure("the same net by hand in NumPy / ours, whole processes", numpy / ours, ">= 1", detail)
    if importlib.util.find_spec("autograd") is not None:
        both = _process(_NUMPY.format(at=at, more="import autograd.numpy, autograd"))
        detail = f"{ours * 1e3:.1f} ms against {both * 1e3:.1f} ms"
        yield Measure("with NumPy and autograd / ours, whole processes", both / ours, ">= 3", detail)


def _cpu(work: Callable[[], object], rounds: int) -> float:
    best = 9.0
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def _marking() -> float:
    """Seconds a wrong array on average: planted transposes, random ones, and right ones, by turns."""
    exercise = variant(read_exercise(_SQUARE, "square"), None)
    key = key_of(exercise)
    attempt = attempt_on(key)
    (question,) = [one for one in stage_questions("backward", exercise, exercise.graph) if one.target == "A"]
    rng = Random(5)
    texts = [
        "[" + "; ".join(" ".join(f"{rng.uniform(-4, 4):.2f}" for _ in range(3)) for _ in range(3)) + "]"
        for _ in range(40)
    ]

    def work() -> None:
        for text in texts:
            answer = attempt.read(question, text)
            attempt.judge(question, answer)
            attempt.diagnose(question, answer)

    return _cpu(work, 5) / len(texts)


def _process(script: str) -> float:
    return min(_spent([sys.executable, "-c", script]) for _ in range(7))


def _first_prompt(exercise: str) -> float:
    """Processor seconds up to the first question, of a session that is given nothing to answer with."""
    command = [str(Path(sys.executable).parent / "backprop-tutor"), "practice", exercise, "--no-record"]
    return min(_spent(command) for _ in range(9))


def _spent(command: list[str]) -> float:
    """The processor time of a process, user and system."""
    before = os.times()
    with tempfile.TemporaryFile() as out:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
