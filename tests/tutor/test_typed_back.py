"""What the tutor prints can be typed: every formula of every question, hint and reply of every exercise is read back as
the number that it stands for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.gates import GATES
from backprop_tutor.tutor.feedback import Ladder
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.expressions import NotKnownYet
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import stage_questions
from backprop_tutor.tutor.stages.stage import Question
from tests.shipped import numbers

_PIECE = re.compile(r"∂\w+/∂\w+|\d+(?:\.\d+)?(?:e[-+]\d+)?|[^\W\d]\w*|\*\*|[-−+*/^×·()²³,]|\s+|.")
_SIGNS = set("-−+*/^×·()²³,") | {"**"}
_FUNCTIONS: dict[str, Any] = {name: gate.function for name, gate in GATES.items() if gate.is_function}
_WORDS = ("upstream", "local", "α")


def symbols_of(exercise: Exercise, session: Session, question: Question) -> dict[str, float]:
    """What every symbol and name that may be printed at a question stands for, found without the reader of answers."""
    solution, key = session.solution, session.key
    numbers = dict(zip(solution.graph.names, solution.values, strict=True))
    numbers |= dict(zip(key.signals.solution.graph.names, key.signals.solution.values, strict=True))
    for name in solution.graph.names:
        numbers[f"∂{exercise.loss}/∂{name}"] = solution.gradient(name)
    for branch in solution.graph.branches:
        numbers[f"∂{branch.gate}/∂{branch.source}"] = solution.flow(branch).local
    for word in ("delta",) if exercise.neurons else ():
        for asked in stage_questions(word, exercise, solution.graph):
            numbers.setdefault(asked.symbol, key.number(asked))
    numbers["α"] = key.rate
    if question.branch is not None:
        flow = solution.flow(question.branch)
        numbers |= {"upstream": flow.upstream, "local": flow.local}
    return numbers


def formulas(text: str, known: set[str]) -> Iterator[str]:
    """The formulas in a text: the longest runs of names that are known, numbers and signs that read as one."""
    run = ""
    for piece in [*_PIECE.findall(text), "\n"]:
        if piece in known or piece in _FUNCTIONS or piece in _SIGNS or piece[0].isdigit() or (piece.isspace() and run):
            run += piece
        else:
            formula = _trimmed(run)
            alone = re.sub(r"∂\w+/∂\w+", "s", formula)  # a symbol by itself is no formula
            if re.search(r"[*/^×·²³(]|\w\s*[-+−]", alone) and re.search(r"\w", formula):
                yield formula
            run = ""


def _trimmed(run: str) -> str:
    """Without signs at its ends that belong to the sentence."""
    run = run.strip().strip(",").rstrip("-−+*/^×·( ").lstrip("+*/^×·) ")
    while run.count("(") != run.count(")"):
        if run.count("(") > run.count(")"):
            run = run.partition("(")[2] if not run.endswith("(") else run[:-1]
        else:
            run = run[::-1].partition(")")[2][::-1]
        run = run.strip().rstrip("-−+*/^×·( ")
    return run


def python(formula: str, numbers: dict[str, float]) -> float:
    """What Python makes of a formula, with a number in place of every symbol."""
    text = re.sub(
        r"∂\w+/∂\w+|[^\W\d]\w*", lambda one: f"({numbers[one[0]]!r})" if one[0] in numbers else one[0], formula
    )
    for sign, written in {"×": "*", "·": "*", "−": "-", "^": "**", "²": "**2", "³": "**3"}.items():
        text = text.replace(sign, written)
    return float(eval(text, {"__builtins__": {}}, {"e": math.e, "pi": math.pi, **_FUNCTIONS}))  # noqa: S307  our own text


def value_or_fault(attempt: Attempt, question: Question, formula: str) -> float | str:
    """What an answer is read as; the message if a name is unknown."""
    try:
        return attempt.read(question, formula).value
    except NotKnownYet as fault:
        return str(fault)


def printed(session: Session, question: Question, attempt: Attempt, rungs: list[str]) -> Iterator[str]:
    """Everything that is said about a question."""
    exercise, solution = session.exercise, session.solution
    explained = question.kind.explain(question, exercise, solution)
    yield question.kind.ask(question, exercise, solution)
    yield explained.right
    yield explained.needed
    yield from rungs
    if question.kind.is_number:
        right = session.key.number(question)
        for wrong in (-right, right * 2 + 1, right + 1, 0.0, right * 10):
            answer = attempt.read(question, repr(wrong))
            from backprop_tutor.tutor.feedback import wrong_message

            yield wrong_message(attempt, question, answer, attempt.diagnose(question, answer))


@pytest.mark.parametrize("id_", sorted(numbers()))
def test_every_formula_that_is_printed_is_read_back(id_: str) -> None:
    exercise = variant(find(id_), None)
    session = Session(exercise)
    tried = 0
    for position, question in enumerate(session.questions):
        if question.kind.picture == "lines":
            continue
        session.position = position
        attempt = session.attempt()
        attempt.shown = {(asked.stage, asked.target) for asked in session.questions[:position]}
        rungs = list(Ladder(exercise, session.solution, question))
        attempt.hinted = "\n".join(rungs)
        numbers = symbols_of(exercise, session, question)
        for text in printed(session, question, attempt, rungs):
            for formula in formulas(text, {*numbers, *_WORDS}):
                tried += 1
                read = value_or_fault(attempt, question, formula)
                if isinstance(read, str):
                    asks_values = question.kind.name in ("forward", "error")  # whose nodes are all asked
                    is_asked = f"{question.symbol} is what you are asked for."
                    says = "not an input. Write its value" if asks_values else is_asked
                    symbol = read.removesuffix(" is not known yet.")
                    is_new = symbol != read and f"{symbol} = " not in attempt.hinted  # printed without its number
                    is_of_several = read.endswith("is asked for along more than one branch.")  # as of x*x
                    assert is_new or is_of_several or says in read, formula
                else:
                    assert read == pytest.approx(python(formula, numbers), rel=1e-9, abs=1e-12), formula
    assert tried or all(question.kind.picture == "lines" for question in session.questions)
