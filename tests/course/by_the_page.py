"""Computes variants from the description in exercises/README.md alone: the oracle for seeds."""

from __future__ import annotations

import math
from fractions import Fraction
from hashlib import sha256
from typing import Any
from unicodedata import normalize

from ruamel.yaml import YAML

from backprop_tutor.course.exercise import Exercise
from tests.textbook import TEXTBOOK
from tests.tutor.paper import Paper, worked


def options_of(text: str) -> dict[str, list[float]]:
    """The options of each input of a file (one option for an input that is a number)."""
    found: dict[str, list[float]] = {}
    for name, given in _as_written(text)["inputs"].items():
        if not isinstance(given, dict):
            found[name] = [float(given)]
        elif "choose" in given:
            found[name] = [float(number) for number in given["choose"]]
        else:
            start, end, step = (Fraction(given.get(key, "1")) for key in ("from", "to", "step"))
            found[name] = [float(start + number * step) for number in range(math.floor((end - start) / step) + 1)]
    return found


def has_options(text: str) -> set[str]:
    """The inputs that have a range or a list."""
    return {name for name, given in _as_written(text)["inputs"].items() if isinstance(given, dict)}


def _as_written(text: str) -> Any:
    """The file with its numbers as the digits that stand there."""
    reader = YAML(typ="base", pure=True)
    return reader.load(text)


def numbers_of(exercise: Exercise, text: str, seed: int) -> tuple[int, dict[str, float]]:
    """The draw that is taken, and its numbers."""
    options, drawn = options_of(text), has_options(text)
    for draw in range(1000):
        numbers = {}
        for name, choices in options.items():
            key = normalize("NFC", f"{exercise.id}:{seed}:{draw}:{name}").encode("utf-8")
            index = int(sha256(key).hexdigest(), 16) % len(choices) if name in drawn else 0
            numbers[name] = choices[index]
        if not drawn or (is_usable(exercise, numbers) and meets(exercise, numbers, _as_written(text).get("where", ()))):
            return draw, numbers
    raise AssertionError("none of 1,000 draws is usable")


def is_usable(exercise: Exercise, numbers: dict[str, float]) -> bool:
    try:
        paper = worked(exercise._replace(values=numbers))
    except (ArithmeticError, ValueError, TypeError):
        return False
    every = [*paper.values.values(), *paper.gradients.values(), *paper.carried.values()]
    if any(isinstance(number, complex) or not math.isfinite(number) for number in (*every, *paper.local.values())):
        return False
    zero = 1e-12 * max(map(abs, every))
    if _on_a_kink(exercise, paper, zero) or all(
        abs(paper.gradients[name]) <= zero for name in exercise.graph.input_names
    ):
        return False
    graph = exercise.graph
    asked = [paper.values[name] for name in graph.gate_names]
    asked += [paper.gradients[name] for name in graph.names if name != graph.output_name]
    return all(abs(number) <= zero or 0.001 <= abs(number) < 100_000 for number in (*asked, *paper.carried.values()))


def meets(exercise: Exercise, numbers: dict[str, float], conditions: list[str]) -> bool:
    """Whether the conditions hold; in them the sign has a space on either side."""
    paper = worked(exercise._replace(values=numbers))
    zero = 1e-12 * max(map(abs, [*paper.values.values(), *paper.gradients.values(), *paper.carried.values()]))
    for condition in conditions:
        left, sign, right = condition.split()
        first, second = (paper.values[side] if side in paper.values else float(side) for side in (left, right))
        is_equal = abs(first - second) <= zero
        smaller, larger = not is_equal and first < second, not is_equal and first > second
        found = {"<": smaller, ">": larger, "==": is_equal, "!=": not is_equal, "<=": not larger, ">=": not smaller}
        if not found[sign]:
            return False
    return True


def _on_a_kink(exercise: Exercise, paper: Paper, zero: float) -> bool:
    for name in exercise.graph.gate_names:
        node = exercise.graph.node(name)
        assert node.gate is not None
        if (
            TEXTBOOK[node.gate.name].distance_to_kink([paper.values[source] for source in node.inputs], node.constant)
            <= zero
        ):
            return True
    return False
