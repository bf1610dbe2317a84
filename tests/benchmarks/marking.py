"""Reading and marking an answer, against SymPy's parse-and-compare as other checkers do it; and `check` as a whole
process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import sympy
from sympy.parsing.sympy_parser import parse_expr

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.stages import questions
from tests.benchmarks.timing import Measure, compared

COMMAND = str(Path(sys.executable).parent / "backprop-tutor")
ANSWERS = b"backward: {f: 1, x: 1, b: 1, w0: 1, x0: 0.2, w1: 1.2, x1: -0.7}\n"
TIMES = 200


def measures() -> Iterator[Measure]:
    """A right number, a wrong one with its diagnosis, and a whole `check`."""
    exercise = variant(find("sigmoid"), None)
    attempt = Attempt(AnswerKey(exercise))
    (question,) = [question for question in questions(exercise) if question.target == "w0"]

    def right() -> None:
        for _ in range(TIMES):
            answer = attempt.read(question, "-0.1966")
            assert attempt.judge(question, answer).outcome is Outcome.RIGHT

    def wrong() -> None:
        for _ in range(TIMES):
            answer = attempt.read(question, "0.1966")
            assert attempt.judge(question, answer).outcome is Outcome.WRONG
            assert attempt.diagnose(question, answer)

    def parsed(text: str) -> None:
        expected = sympy.Float(attempt.key.number(question))
        for _ in range(TIMES):
            assert abs(sympy.N(parse_expr(text) - expected)) < 1

    yield compared("one right number, read and marked / parse_expr", right, lambda: parsed("-0.1966"), ">= 100")
    yield compared("one wrong number, read, marked and diagnosed / parse_expr", wrong, lambda: parsed("0.1966"), ">= 5")
    yield compared(
        "check relu --format json / explain relu --format json", check_for_machines, explain, "<= 1.2", rounds=15
    )
    yield compared("check relu with its drawing / explain relu --format json", check, explain, "<= 1.4", rounds=15)


def check() -> None:
    """`check relu` of ten answers."""
    subprocess.run([COMMAND, "check", "relu", "-"], input=ANSWERS, stdout=subprocess.DEVNULL, check=False)


def check_for_machines() -> None:
    """`check relu --format json` of the same answers, as an autograder calls it."""
    subprocess.run(
        [COMMAND, "check", "relu", "-", "--format", "json"], input=ANSWERS, stdout=subprocess.DEVNULL, check=False
    )


def explain() -> None:
    """`explain relu --format json`."""
    subprocess.run([COMMAND, "explain", "relu", "--format", "json"], stdout=subprocess.DEVNULL, check=True)
