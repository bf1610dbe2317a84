"""A class whose marks are known before it is marked: right answers, and mistakes planted one by one."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import NamedTuple

from backprop_tutor.grading.reports import FORMATS

RIGHT = {
    "f": "1",
    "x": "1",
    "g3": "1",
    "b": "1",
    "g1": "1",
    "g2": "1",
    "w1": "-1.2",
    "x1": "0.7",
    "w0": "1.0",
    "x0": "0.2",
}
PLANTED = {
    ("w1", "swapped-inputs", "g2"): "0.7", ("x1", "swapped-inputs", "g2"): "-1.2", ("x0", "sign-flipped", "g1"): "-0.2",
    ("b", "split-at-add", "x"): "0.5", ("g3", "sign-flipped", "x"): "-1", ("x0", "decimal-slip", "g1"): "0.02",
    ("w1", "no known mistake", "g2"): "37.31",
}  # fmt: skip
"""Wrong answers that are one mistake alone at relu's own numbers, by question, mistake and gate; what follows is
answered alike."""
WRITTEN = [name for name, form in FORMATS.items() if not form.fills]
"""The formats of reports that are written, not filled in."""
QUESTIONS = 15
"""What relu asks: its graph, five values, nine gradients."""


class Class(NamedTuple):
    """JSON Lines of a class, every student's score, and how often, and by whom, each mistake was made at each gate."""

    lines: str
    scores: dict[str, float]
    times: Counter[tuple[str, str]]


def planted(count: int, seed: int = 1) -> Class:
    """A class of this size, in which each student answers the gradients of relu; some make one of the mistakes."""
    rng = Random(seed)
    lines, scores, times = [], {}, Counter[tuple[str, str]]()
    for number in range(count):
        student = f"{65010000 + number}"
        answers = dict(RIGHT)
        if rng.random() < 0.6:
            (target, mistake, gate), text = rng.choice(list(PLANTED.items()))
            answers[target] = text
            times[mistake, gate] += 1
        wrong = sum(answers[name] != RIGHT[name] for name in RIGHT)
        for name in rng.sample(["g1", "g2", "x0"], rng.randrange(3)):
            if answers[name] == RIGHT[name]:
                del answers[name]
        scores[student] = float(len(answers) - 1 - wrong)  # the output's own gradient is given, not asked
        lines.append(json.dumps({"exercise": "relu", "student": student, "backward": answers}))
    return Class("\n".join(lines) + "\n", scores, times)
