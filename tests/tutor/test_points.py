"""Scores, reports and summaries add up what the questions are worth, for the student's own graph too."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from rich.console import Console

import backprop_tutor as bt
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.grading.marks import Columns, Examiner
from backprop_tutor.grading.reports import gradescope
from backprop_tutor.show.practice import ending
from backprop_tutor.show.words import Look
from backprop_tutor.tutor.marking.submission import submission_of
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.stages.stage import points_of
from tests.cli.running import tutor
from tests.tutor.classroom import check, of, shipped
from tests.tutor.paper import worked

TEXT = """title: Three additions
graph: f = (a + b) + c
inputs: {a: 2, b: 3, c: 5}
upstream: 4
stages: [graph, forward, backward]
points: {graph: 3, backward: 0.5, g1: 2, "c->f": 4}
"""
OURS = "g1 = a + b\nf = g1 + c"
ANOTHER = "q = b + c\nf = a + q"


def made() -> Exercise:
    return variant(read_exercise(TEXT, "mine"), None)


def test_a_questions_own_points_win_over_its_stages() -> None:
    found = zip(questions(made()), Columns(made()).points, strict=True)
    assert [(one.stage, one.target, points) for one, points in found] == [
        ("graph", "graph", 3), ("forward", "g1", 2), ("forward", "f", 1),
        ("backward", "g1", 2), ("backward", "c", 4), ("backward", "a", 0.5), ("backward", "b", 0.5),
    ]  # fmt: skip
    assert Columns(made()).max_score == check(made()).max_score == 13


def test_a_nodes_points_are_its_gradients_and_not_a_local_gradients() -> None:
    text = TEXT.replace("[graph, forward, backward]", "[local, backward]").split("points")[0]
    for points, worth in (
        ("{a: 3}", {"local a->g1": 1, "backward a": 3}),
        ('{"a->g1": 3}', {"local a->g1": 3, "backward a": 3}),
        ('{a: 3, "a->g1": 2, local: 5}', {"local a->g1": 2, "backward a": 3, "local b->g1": 5, "backward b": 1}),
    ):
        exercise = variant(read_exercise(f"{text}points: {points}\n", "mine"), None)
        found = {f"{one.stage} {one.target}": points_of(one, exercise) for one in questions(exercise)}
        assert found | worth == found, points


@pytest.mark.parametrize(
    ("answers", "score"),
    [
        ({"forward": {"g1": "5"}}, 2),
        ({"forward": {"g1": "6"}, "backward": {"c->f": "4", "a": "4"}}, 4.5),
        ({"graph": OURS, "forward": {"g1": "5", "f": "10"}, "backward": {"g1": "4", "c": "4", "a": "4", "b": "4"}}, 13),
        ({"graph": OURS.replace("g1", "s"), "forward": {"s": "5"}, "backward": {"s": "4"}}, 7),
        # Nobody's twins share what the exercise's own g1 and c are worth in their stage.
        ({"graph": ANOTHER, "forward": {"q": "8", "f": "10"}}, 6),
        ({"graph": ANOTHER, "backward": {"q": "4", "c": "4", "a": "4", "b": "1"}}, 3 + 7 * 3 / 4),
    ],
)
def test_the_points_of_what_is_right_are_the_score_everywhere(answers: dict[str, object], score: float) -> None:
    exercise, submission = made(), submission_of(answers)
    assert check(exercise, **answers).score == score  # type: ignore[arg-type]
    marks, tests = Examiner(exercise, gradescope.tests).marks(submission, words=True)
    assert marks.score == score
    found = json.loads(f"[{tests}]")
    assert sum(test["max_score"] for test in found) == pytest.approx(13)
    assert sum(test["score"] for test in found) == pytest.approx(score)


def test_points_change_no_verdict_and_add_up() -> None:
    rng = Random(5)
    for exercise in shipped():
        paper = worked(exercise).answers(exercise)
        points = {name: rng.choice([0.1, 0.7, 1, 3]) for name in paper}
        weighted = exercise._replace(points=points)
        text = {name: repr(number if rng.random() < 0.7 else number + 1.5) for name, number in paper.items()}
        plain, result = check(exercise, backward=text), check(weighted, backward=text)
        assert [verdict.outcome for verdict in plain.verdicts] == [verdict.outcome for verdict in result.verdicts]
        counted = sum(verdict.points for verdict in result.verdicts if verdict.scored and verdict.outcome.counts)
        assert result.score == pytest.approx(counted)
        assert result.max_score == pytest.approx(sum(verdict.points for verdict in result.verdicts if verdict.scored))
        assert result.max_score == Columns(weighted).max_score
        submission = submission_of({"backward": {name: repr(number) for name, number in paper.items()}})
        assert Examiner(weighted).marks(submission, words=False)[0].score == result.max_score


@pytest.mark.parametrize("graph", ["g1 = a + b; f = g1 + c", "s = a + b; f = s + c", "q = b + c; f = a + q"])
def test_practice_adds_them_up(graph: str) -> None:
    session = Session(made())
    for line in graph.split("; "):
        session.answer(line)
    while (question := session.question) is not None:
        session.answer(str(session.solution.value(question.node)) if question.stage == "forward" else "4")
    score = session.score()
    assert (score.points, score.most) == (13, 13)
    console = Console(width=80)
    with console.capture() as screen:
        console.print(ending(session, Look(80)))
    assert "13 of 13 points." in screen.get()
    plain = Session(of("simple"))
    assert plain.score().most == len(plain.questions)


@pytest.mark.parametrize("differ", [True, False])
def test_check_says_what_each_is_worth_where_they_differ(differ: bool, tmp_path: Path) -> None:
    text = TEXT if differ else f"{TEXT.split('points')[0]}points: {{forward: 2, backward: 2}}\n"
    (tmp_path / "mine.yaml").write_text(text.replace("graph, ", "").replace("graph: 3, ", ""), encoding="utf-8")
    (tmp_path / "answers.yaml").write_text("forward: {f: 11}\nbackward: {g1: 4, c: 3}\n", encoding="utf-8")
    shown = tutor("check", str(tmp_path / "mine.yaml"), str(tmp_path / "answers.yaml")).out
    for text in (
        "forward: 0 of 2 right, 0 of 3 points", "f (1 point): ", "not answered: g1 (2 points)",
        "backward: 1 of 4 right, 2 of 7 points", "c (4 points): ", "a (0.5 points), b (0.5 points)",
    ):  # fmt: skip
        assert (text in shown) is differ, text
    assert ("2 of 10 points" if differ else "2 of 12 points") in shown


def test_the_api_knows_them() -> None:
    exercise = bt.load(TEXT)
    assert [question.points for question in exercise.questions] == [3, 2, 1, 2, 4, 0.5, 0.5]
    mark = exercise.mark({"c": 4, "g1": 1})
    assert (mark.score, mark.max_score, mark.of(26)) == (4, 13, 8)
