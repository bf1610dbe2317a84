"""Mistakes that people made in public, rebuilt with other numbers: what the tutor names, and what it finds by asking.

Each has the thread that it is from.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, tanh
from typing import NamedTuple

import pytest

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.mistakes.readings import ids_of
from backprop_tutor.tutor.mistakes.workings import told
from backprop_tutor.tutor.network import Signals
from backprop_tutor.tutor.stages import stage_questions
from tests.tutor.classroom import of, with_graph


class Real(NamedTuple):
    """Somebody's mistake: its thread, the question, the number that it gives, the id that the number reveals (none if
    it reveals nothing), and a working with the id that this reveals."""

    source: str
    exercise: Exercise
    target: str
    given: float | Callable[[Signals], float]
    named: str = ""
    working: str = ""
    found: str = ""
    stage: str = "backward"
    at_once: bool = False  # with nothing answered or shown before


def circuit(lines: str, **inputs: float) -> Exercise:
    """A circuit with numbers."""
    return with_graph(lines, inputs)


def sigmoid(x: float) -> float:
    """The logistic function."""
    return 1 / (1 + exp(-x))


QUOTIENT = circuit("q = a/b; f = q*k", a=2.4, b=1.6, k=-3.2)
TANH = circuit("s = w*x; t = tanh(s); f = t*k", w=0.7, x=1.3, k=2.9)
SIGMOID = circuit("s = w*x; y = sigmoid(s); f = y*k", w=0.7, x=1.3, k=2.9)
TWICE = circuit("p = x*y; q = x*z; f = p + q", x=1.9, y=2.7, z=-0.8)
DEEP = circuit("a = i*w; h = sigmoid(a); p = h*v; g = sigmoid(p); q = g*u; f = sigmoid(q)", i=1.2, w=0.6, v=0.7, u=0.8)
CUBE = circuit("s = x^3; f = s*k", x=1.7, k=2.3)
LOG = circuit("g = log(x); f = g*k", x=3.1, k=-2.7)
RELU = circuit("s = w*x; r = relu(s); f = r*k", w=0.7, x=1.3, k=2.9)
H = sigmoid(0.72)
G = sigmoid(0.7 * H)
F = sigmoid(0.8 * G)
XOR = of("xor", "delta", "update")
FAST = XOR._replace(update=XOR.update._replace(rate=3.0) if XOR.update else None)
T, Y, S = tanh(0.91), sigmoid(0.91), 0.91
REAL = [
    Real("karpathy/nn-zero-to-hero#52", circuit("e = exp(x); f = e*k", x=1.7, k=-2.3), "x", -3.91, "exp-gave-input"),
    Real("AayushSameerShah/Neural-Net-Zero-to-Hero-with-Andrej#1", circuit("d = a - b; f = d*k", a=2.2, b=0.9, k=-3.7),
         "b", -3.7, "sub-lost-minus"),
    Real("KhawajaAbaid/micrograd_c#1", circuit("p = x*y; d = z - p; f = d^2", x=1.4, y=0.6, z=3.1), "p", 2 * 2.26,
         "sub-lost-minus"),
    Real("apache/singa#484, the numerator", QUOTIENT, "a", -3.2 / 2.4, "", "-3.2/2.4", "wrong-factor"),
    Real("apache/singa#484, the denominator", QUOTIENT, "b", -3.2 * 1.6, "value-for-local"),
    Real("tobegit3hub/miniflow#3", circuit("p = 3*x; r = x + 2; q = p/r", x=1.9), "x", 3, "quotient-of-derivatives"),
    Real("rasmusbergpalm/DeepLearnToolbox#165", SIGMOID, "s", 2.9 * sigmoid(Y) * (1 - sigmoid(Y)), "sigmoid-twice"),
    Real("PacktPublishing/Neural-Network-Projects-with-Python#4", SIGMOID, "s", 2.9 * S * (1 - S), "sigmoid-of-input"),
    Real("nicodjimenez/lstm#41", TANH, "s", 2.9 * (1 + T * T), "tanh-one-plus"),
    Real("scutan90/DeepLearning-500-questions#544", TANH, "s", -2.9 * T * T, "", "-2.9*0.52", "wrong-factor"),
    Real("davidrmiller/neural2d#40", TANH, "s", 2.9 * (1 - tanh(T) ** 2), "tanh-twice"),
    Real("shiffman/Neural-Network-p5#22", TANH, "s", 2.9 * T * (1 - T), "sigmoid-rule-at-tanh"),
    Real("Open-Deep-ML/DML-OpenProblem#205",
         circuit("m = b*c; d = a + m; r = relu(d); f = r*k", a=2.3, b=-3.1, c=9.7, k=1.7), "d", 1.7,
         "relu-passed-negative"),
    Real("haydnv/tinychain#160", circuit("s = x^2; f = s*k", x=1.7, k=2.3), "x", 2.3 * 2 * 2 * 1.7, "", "2.3*6.8",
         "wrong-factor"),
    Real("a forum: is my back propagation math correct?", DEEP, "w", H * (1 - H) * G * (1 - G) * F * (1 - F) * 1.2,
         "all-weights-left-out", at_once=True),
    Real("the micrograd lecture, = for +=", TWICE, "x", -0.8, "one-branch-only"),
    Real("karpathy/micrograd#102", TWICE, "x", 3.8, "counted-again"),
    Real("joelgrus/data-science-from-scratch#31", FAST, "y3.delta", lambda s: s.derivative("y3") * s.renewed("y3"),
         "used-new-weight", stage="delta"),
    Real("CanKorkut/Backpropagation-for-XOR-Using-Python", XOR, "y3.delta",
         lambda s: s.derivative("y3") * s.entering("y5")["y3"] * s.error("y5"), "error-for-delta", stage="delta"),
    Real("Bot-Academy/NeuralNetworkFromScratch#3", XOR, "y5.delta", lambda s: s.error("y5"),
         "forgot-activation-derivative", stage="delta"),
    Real("dennybritz/nn-from-scratch#3", XOR, "y3.delta",
         lambda s: s.arriving("y3") * s.derivative("y4"), "another-slope", stage="delta"),
    Real("Open-Deep-ML/DML-OpenProblem#54", circuit("e = y - t; s = e^2; f = s*h", y=1.9, t=0.6, h=0.5), "e", 0.65,
         "power-forgot-factor"),
    # From here on in the order in which a search gave them, leaving out nothing that is about numbers and gates.
    Real("haifengl/smile#528", RELU, "s", 1, "forgot-upstream"),
    Real("eduardoleao052/js-pytorch#42", CUBE, "x", 2.3 * 2 * 1.7, "", "2.3*3.4", "wrong-factor"),
    Real("cool-japan/scirs#103", LOG, "x", -2.7, "forgot-local"),
    Real("davidbarber/AutoDiff#4", LOG, "x", -2.7 / log(3.1), "", "-2.7*0.8839", "wrong-factor"),
    Real("jiexunsee/Neural-Network-with-Python#1", XOR, "y5.delta", lambda s: s.error("y5"),
         "forgot-activation-derivative", stage="delta"),
    Real("kim-marcel/basic_neural_network#7", FAST, "y3.delta",
         lambda s: s.renewed("y3") / s.delta("y5") * s.error("y5"), "", "-1.4*-0.5097", "wrong-factor", stage="delta"),
    Real("CodingTrain/Toy-Neural-Network-JS#72", FAST, "y4.delta", lambda s: s.derivative("y4") * s.renewed("y4"),
         "used-new-weight", stage="delta"),
    Real("BoltzmannEntropy/interviews.ai#15", SIGMOID, "s", 2.9 * S * (1 - S), "sigmoid-of-input"),
    Real("yizt/numpy_neural_network#3", SIGMOID, "s", sigmoid(1 - sigmoid(2.9))),
    Real("yizt/numpy_neural_network#6", TANH, "s", 1 - tanh(2.9) ** 2),
    Real("NervanaSystems/neon#169", circuit("p = x*x; f = p*k", x=1.7, k=2.3), "x", 2.3 * 1.7, "one-branch-only"),
    Real("benoitfragit/libBrain#78", SIGMOID, "s", 2.9 * sigmoid(Y) * (1 - sigmoid(Y)), "sigmoid-twice"),
    Real("torch/torch7#232", SIGMOID, "s", Y * Y * (1 - Y), "value-for-upstream"),
    Real("dvgodoy/PyTorchStepByStep#21", circuit("e = y - p; f = e^2", y=2.7, p=0.8), "p", 2 * 1.9, "sub-lost-minus"),
    Real("autodiff/autodiff#74", circuit("e = exp(p); f = e*k", p=1.3, k=-2.2), "p", -2.2 * 1.3 * exp(1.3),
         "exp-times-input"),
    Real("gy910210/neural-network-from-scratch#2", TANH, "s", 2.9 * (1 + T * T), "tanh-one-plus"),
    Real("accord-net/framework#577", XOR, "y4.delta",
         lambda s: s.derivative("y4") * s.entering("y5")["y4"] * s.error("y5"), "error-for-delta", stage="delta"),
    Real("udacity/deep-learning-v2-pytorch#388", circuit("p = x^2; q = z^2; s = p + q; f = s*k", x=1.7, z=-0.9, k=0.5),
         "x", 0.85, "power-forgot-factor"),
]  # fmt: skip


def readings_of(real: Real) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids that the tutor names for the number, and those that it finds by asking."""
    key = AnswerKey(real.exercise)
    asked = stage_questions(real.stage, real.exercise, real.exercise.graph)
    question = next(one for one in asked if one.target == real.target)
    attempt = Attempt(key, is_guided=not real.at_once)
    given = real.given(key.signals) if callable(real.given) else real.given
    answer = attempt.read(question, f"{given:.4g}")
    assert not attempt.judge(question, answer).outcome.counts
    named = ids_of(attempt.diagnose(question, answer)[:1])
    if not real.working:
        return named, ()
    found = told(key.edits.of(question), question, attempt, attempt.read(question, real.working), answer)
    assert " is not " in found.message
    return named, found.ids


@pytest.mark.parametrize("real", REAL, ids=lambda real: real.source)
def test_a_mistake_of_somebody_is_named_or_found_by_asking(real: Real) -> None:
    named, found = readings_of(real)
    assert not named if not real.named else real.named in named
    assert not real.found or real.found in found


def test_most_are_named_by_the_number_and_nearly_all_others_by_asking() -> None:
    assert sum(bool(real.named) for real in REAL) >= 32
    assert sum(bool(real.named or real.found) for real in REAL) >= 38
    assert len({real.source for real in REAL}) == len(REAL) == 40
