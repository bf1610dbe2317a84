"""Arrays: a small net solved, one array marked and diagnosed, the first prompt; and beside NumPy by hand and autograd,
with their imports and without."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.array_passes import solve_arrays
from backprop_tutor.engine.arrays import Matrix, entries
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
from backprop_tutor.engine.arrays import Matrix, entries
at = {at!r}
graph = read_graph({text!r}, at, shapes={{name: (len(rows), len(rows[0])) for name, rows in at.items()}})
print(solve_arrays(graph, at).slope("W1"))
"""
_NET = """
import {numpy} as np
at = {{name: np.array(rows) for name, rows in {at!r}.items()}}
"""
_BY_HAND = """
def gradient(W1):
    Z = at["X"] @ W1 + at["b1"]; H = np.maximum(Z, 0); S = H @ at["W2"] + at["b2"]
    P = np.exp(S - S.max(1, keepdims=True)); P /= P.sum(1, keepdims=True)
    dS = (P - at["Y"]) / len(P); dH = dS @ at["W2"].T; dZ = dH * (Z > 0)
    return at["X"].T @ dZ
"""
_BY_AUTOGRAD = """
from autograd import grad
def loss(W1):
    Z = at["X"] @ W1 + at["b1"]; H = np.maximum(Z, 0); S = H @ at["W2"] + at["b2"]
    S = S - np.max(S, axis=1, keepdims=True)
    return -np.sum(at["Y"] * (S - np.log(np.sum(np.exp(S), axis=1, keepdims=True)))) / len(S)
gradient = grad(loss)
"""
_PRINTED = """
print(gradient(at["W1"]))
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
    hand = _NET.format(numpy="numpy", at=at) + _BY_HAND
    auto = _NET.format(numpy="autograd.numpy", at=at) + _BY_AUTOGRAD
    for name, script in (("NumPy by hand", hand), ("autograd", auto)):
        yield _beside(name, script, solved, solve_arrays(exercise.graph, at).slope("W1"))
    ours = _process(_OURS.format(at=at, text=text))
    for name, script, bound in (("NumPy by hand", hand, ">= 1"), ("NumPy and autograd", auto, ">= 3")):
        theirs = _process(script + _PRINTED)
        detail = f"{ours * 1e3:.1f} ms against {theirs * 1e3:.1f} ms"
        yield Measure(f"the same net by {name} / ours, whole processes", theirs / ours, bound, detail)


def _beside(name: str, script: str, ours: float, slope: Matrix) -> Measure:
    """For the record: the same gradient, and how long it takes once everything is imported."""
    names: dict[str, Any] = {}
    exec(script, names)  # noqa: S102  our own text
    found = names["gradient"](names["at"]["W1"]).tolist()
    assert all(abs(x - y) < 1e-9 for x, y in zip(entries(found), entries(slope), strict=True))
    theirs = _cpu(lambda: names["gradient"](names["at"]["W1"]), 60)
    detail = f"{ours * 1e3:.2f} ms (every gradient) against {theirs * 1e3:.2f} ms (dW1 alone)"
    return Measure(f"the same net by {name} / ours, imports aside", theirs / ours, ">= 0", detail)


def _cpu(work: Callable[[], object], rounds: int) -> float:
    best = 9.0
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def _marking() -> float:
    """Average seconds per wrong array: planted transposes, random ones, and right ones, in turn."""
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
    """The processor time of a process, user and system, to the microsecond."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile() as out:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
