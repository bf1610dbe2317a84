"""Thirty functions as students write them, with numbers at which they are smooth, and each as a formula for SymPy."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from math import cos, exp, tanh
from typing import NamedTuple

import numpy as np


class Example(NamedTuple):
    """A function, numbers for its inputs, and what it computes in SymPy's words."""

    f: Callable[..., float]
    at: dict[str, float]
    formula: str


def simple(x: float, y: float, z: float) -> float:
    q = x + y
    return q * z


def neuron(w0: float, x0: float, w1: float, x1: float, b: float) -> float:
    z = w0 * x0 + w1 * x1 + b
    return max(0, z)


def logistic(t: float) -> float:
    return 1 / (1 + math.exp(-t))


def network(x: float, v: float, w: float, d: float) -> float:
    h = logistic(v * x)
    y = logistic(w * h)
    return 0.5 * (y - d) ** 2


def horner(x: float, a: float) -> float:
    total = 0
    for coefficient in (2, -3, a):
        total = total * x + coefficient
    return total


def in_place(x: float, y: float) -> float:
    x *= y
    x += 2
    x -= y / 3
    x /= 4
    x **= 2
    return x


def recurrent(w: float, x: float) -> float:
    h = 0.5
    for _ in range(3):
        h = tanh(w * h + x)
    return h


def nested(x: float, y: float) -> float:
    def square(t: float) -> float:
        return t * t

    return square(x) + square(y)


def power(x: float, n: int) -> float:
    return 1 if n == 0 else x * power(x, n - 1)


def imported(x: float) -> float:
    import math as m
    from math import sin

    return m.log(x) * sin(x)


def scaled(x: float, factor: float = 2.5, act: Callable[[float], float] = math.tanh) -> float:
    return act(factor * x)


def maker(slope: float) -> Callable[[float], float]:
    return lambda x: slope * math.sqrt(x)


@functools.cache
def kept(x: float) -> float:
    return math.exp(-x)


class Unit:
    """A callable object of the student's own."""

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def __call__(self, x: float) -> float:
        return math.tanh(self.weight * x)

    def squared(self, x: float) -> float:
        return math.pow(self.weight * x, 2)


ACTIVATIONS = {"tanh": math.tanh, "logistic": logistic}


def from_a_table(x: float) -> float:
    return ACTIVATIONS["tanh"](ACTIVATIONS["logistic"](x))


def hinge(s: float, y: float) -> float:
    return max(0, 1 - y * s)


def softmax(a: float, b: float, c: float) -> float:
    exps = [math.exp(each) for each in (a, b, c)]
    return exps[0] / sum(exps)


EXAMPLES = {
    "simple": Example(simple, {"x": -2, "y": 5, "z": -4}, "(x + y)*z"),
    "neuron": Example(
        neuron, {"w0": 0.2, "x0": 1.0, "w1": 0.7, "x1": -1.2, "b": 0.8}, "Max(0, w0*x0 + w1*x1 + b)"
    ),
    "helpers called twice": Example(
        network, {"x": 0.6, "v": -1.1, "w": 0.9, "d": 1},
        "(1/(1 + exp(-w/(1 + exp(-v*x)))) - d)**2/2",
    ),
    "a loop over constants": Example(horner, {"x": 1.5, "a": 0.25}, "(2*x - 3)*x + a"),
    "assignments in place": Example(in_place, {"x": 1.5, "y": -2.5}, "((x*y + 2 - y/3)/4)**2"),
    "a recurrence": Example(recurrent, {"w": 0.7, "x": -0.2}, "tanh(w*tanh(w*tanh(w*0.5 + x) + x) + x)"),
    "a function inside": Example(nested, {"x": 0.3, "y": -1.7}, "x**2 + y**2"),
    "recursion": Example(lambda x: power(x, 4), {"x": 1.3}, "x**4"),
    "imports inside": Example(imported, {"x": 1.7}, "log(x)*sin(x)"),
    "defaults are constants": Example(scaled, {"x": 0.3}, "tanh(2.5*x)"),
    "a default that is given": Example(scaled, {"x": 0.3, "factor": -1.1}, "tanh(factor*x)"),
    "a closure": Example(maker(3), {"x": 2.2}, "3*sqrt(x)"),
    "a cached helper": Example(lambda x: kept(x) + 1 / kept(x), {"x": 0.4}, "exp(-x) + exp(x)"),
    "an object that is called": Example(Unit(0.8), {"x": 0.9}, "tanh(0.8*x)"),
    "a method": Example(Unit(0.8).squared, {"x": 0.9}, "(0.8*x)**2"),
    "a part of a function": Example(functools.partial(simple, z=-4), {"x": 1, "y": 2}, "-4*(x + y)"),
    "functions in a table": Example(from_a_table, {"x": -0.6}, "tanh(1/(1 + exp(-x)))"),
    "names from math": Example(lambda x: exp(-x) * cos(x), {"x": 0.9}, "exp(-x)*cos(x)"),
    "constants on either side": Example(
        lambda x: 2 + x - (3 - x) * 4 / (5 / x) - 6 * x / 7, {"x": 1.9}, "2 + x - (3 - x)*4*x/5 - 6*x/7"
    ),
    "signs": Example(lambda x, y: -x - -y + +x * -2, {"x": 1.1, "y": 0.4}, "-x + y - 2*x"),
    "powers": Example(lambda x: x**3 - x**-2 + x**0.5 + pow(x, 2), {"x": 1.4}, "x**3 - x**-2 + sqrt(x) + x**2"),
    "powers of e": Example(lambda x: math.e**x - math.e ** (-x), {"x": 0.7}, "exp(x) - exp(-x)"),
    "max, min and abs": Example(
        lambda x, y: max(x, y, 0.5) * min([x, 3 * y]) + abs(y), {"x": 1.2, "y": -0.7},
        "Max(x, y, 0.5)*Min(x, 3*y) + Abs(y)",
    ),
    "the hinge": Example(hinge, {"s": 0.3, "y": -1}, "Max(0, 1 - y*s)"),
    "softmax": Example(softmax, {"a": 0.2, "b": -1, "c": 0.7}, "exp(a)/(exp(a) + exp(b) + exp(c))"),
    "sums and products of lists": Example(
        lambda x, y: sum([x, y, 3]) * math.prod([x, y, 2]), {"x": 1.1, "y": -0.3}, "(x + y + 3)*x*y*2"
    ),
    "math's own words": Example(
        lambda x, y: math.pow(x, 2) + math.fabs(y) + math.fsum([x, y]), {"x": 1.6, "y": -0.9}, "x**2 + Abs(y) + x + y"
    ),
    "NumPy": Example(
        lambda x, y: np.exp(x) * np.float64(0.1) + np.maximum(0, y) - np.negative(x) / np.sqrt(y) + np.logaddexp(0, x),
        {"x": 0.8, "y": 1.9}, "exp(x)/10 + Max(0, y) + x/sqrt(y) + log(1 + exp(x))",
    ),
    "NumPy's constants first": Example(
        lambda x: np.float64(3) / x + np.array(2.0) * x, {"x": 1.4}, "3/x + 2*x"
    ),
    "Greek names": Example(lambda α, β1: α * math.sin(β1), {"α": 0.7, "β1": 2.1}, "α*sin(β1)"),
}  # fmt: skip
