"""Uses every name of the API as a course would: `mypy --strict` reads this file, and a test runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import backprop_tutor as bt


def homework(student: str, folder: Path) -> float:
    """The points of one student, out of ten; writes their handout into a folder."""
    exercise: bt.Exercise = bt.load("relu", student=student, salt="ml-2026", folders=[folder])
    handout: bt.Drawing = exercise.draw("blank")
    handout.save(folder / f"{student}.svg")
    assert handout.svg.startswith("<svg ")
    assert handout.text.startswith(" ")
    about: tuple[str, str, str, int | None] = (exercise.id, exercise.title, exercise.statement, exercise.seed)
    assert about == ("relu", "ReLU neuron", exercise.statement, bt.seed_for("relu", student, "ml-2026"))
    numbers: dict[str, float] = exercise.inputs | exercise.values | exercise.gradients
    assert numbers.keys() == exercise.gradients.keys()
    answers: dict[str, object] = {"graph": exercise.graph, "backward": exercise.gradients}
    answers["forward"] = {name: value for name, value in exercise.values.items() if name not in exercise.inputs}
    mark: bt.Mark = exercise.mark(answers)
    assert mark.is_right
    assert mark
    verdicts: tuple[bt.Verdict, ...] = mark.verdicts
    assert {verdict.outcome for verdict in verdicts} == {"right"}
    first: bt.Verdict = verdicts[0]
    texts: tuple[str, str, str | None, str, tuple[str, ...]] = (
        first.stage, first.question, first.answer, first.message, first.mistakes
    )  # fmt: skip
    assert texts[:3] == ("graph", "graph", exercise.graph)
    assert mark.to_dict()["score"] == mark.score == mark.max_score
    return mark.of(10)


def hints(exercise: bt.Exercise) -> Iterator[tuple[str, list[str]]]:
    """The questions of an exercise, each with its hints."""
    for question in exercise.questions:
        one: bt.Question = question
        verdict: bt.Verdict = one.mark("nonsense" if one.name in exercise.inputs else None)
        assert verdict.outcome in ("unreadable", "missing")
        yield f"{one.stage} {one.name}: {one.text}", one.hints()


def downstream(exercise: bt.Exercise) -> dict[str, float]:
    """What each branch carries back."""
    return {name: flow.upstream * flow.local for name, flow in exercise.branches.items()}


def scores(lines: list[str | bytes]) -> dict[str, float]:
    """The score of each student of a class."""
    rows: Iterator[dict[str, Any]] = bt.grade_lines(lines, exercise="relu", seed_from_student=True, salt="ml-2026")
    return {row["student"]: row["score"] for row in rows}


def slope(x: float) -> float:
    """The gradient of an ordinary Python function."""

    def square(x: float) -> float:
        return x * x

    traced: bt.Exercise = bt.trace(square, x=x)
    return float(traced.gradients["x"])


def is_there(id_: str) -> bool:
    """Whether there is an exercise with this id."""
    try:
        return bt.load(id_).variant(seed=7).template() != ""
    except bt.TutorError:
        return False
