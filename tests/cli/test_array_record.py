"""The record of arrays, and a class that answered them: `progress`, `review`, `check` and `grade`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.marking.answer_key import key_of
from backprop_tutor.tutor.stages import questions
from tests.cli.recorded import log_of, progress_now
from tests.cli.running import tutor
from tests.full import times
from tests.shipped import OF_ARRAYS

ANSWERS = ("2x1", "1x1", "[0.22 0.26]", "0.116", "2*q", "[0.088 0.104; 0.176 0.208]", "W.T @ dq")


def answers_of(id_: str) -> dict[str, dict[str, str]]:
    """The right answer, as text, to every question of an exercise."""
    exercise = variant(find(id_), None)
    key, found = key_of(exercise), {}
    for question in questions(exercise):
        found.setdefault(question.stage, {})[question.target] = question.kind.model_answer(question, key)
    return found


def test_answers_about_arrays_are_remembered_by_skill_and_come_back_in_a_review(home: Path) -> None:
    done = tutor("practice", "matrix-vector", stdin="\n".join(ANSWERS) + "\n")
    assert "6 of 7" in done.out
    assert [row["verdict"] for row in log_of(home)] == [*["right"] * 5, "wrong", "right"]
    found = progress_now()
    assert {one["skill"] for one in found["skills"]} >= {"matmul", "shape"}
    assert found["mistakes"] == {"transposed": 1}
    screen = tutor("progress").out
    assert "matmul" in screen
    tutor("practice", "matrix-vector", "--seed", "3", stdin="[1 2]\n" * 7)
    found = progress_now()
    asked = tutor("review", "--questions", "6", stdin="[1 2]\n" * 6)
    assert len([line for line in asked.out.splitlines() if line.startswith("── Review, question")]) > 2
    met = {one["skill"] for one in found["skills"]}
    reviewed = [row for row in log_of(home) if row["mode"] == "review"]
    assert all(met.issuperset(str(row["skills"]).split()) for row in reviewed)
    assert {row["exercise"] for row in reviewed} & set(OF_ARRAYS)


@pytest.mark.parametrize("id_", OF_ARRAYS[:: times(4, 1)])
def test_right_answers_to_every_question_are_full_marks_and_none_are_none(id_: str, tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({"exercise": id_, **answers_of(id_)}))
    found = json.loads(tutor("check", str(file), "--format", "json").out)
    assert found["score"] == found["max_score"] > 0
    assert {one["verdict"] for one in found["verdicts"]} == {"right"}
    file.write_text(json.dumps({"exercise": id_}))
    assert json.loads(tutor("check", str(file), "--format", "json").out)["score"] == 0


def test_a_class_on_arrays_is_graded_summed_up_and_reported(tmp_path: Path) -> None:
    handed_in = tmp_path / "class"
    handed_in.mkdir()
    right = answers_of("matrix-vector")
    wrong = {**right, "backward": {**right["backward"], "W": "[0.088 0.104; 0.176 0.208]"}}
    for number, answers in (("65010001", right), ("65010002", wrong), ("65010003", {"backward": {"W": "[1 2; 3"}})):
        (handed_in / f"{number}.json").write_text(json.dumps({"student": number, **answers}))
    for name in ("grades.csv", "grades.jsonl", "grades.json", "grades.md", "grades.xml"):
        done = tutor("grade", str(handed_in), "--exercise", "matrix-vector", "-o", str(tmp_path / name))
        assert done.status in (0, 1), done
        assert (tmp_path / name).stat().st_size > 0
    rows = [json.loads(line) for line in (tmp_path / "grades.jsonl").read_text().splitlines()]
    assert {row["student"]: row["score"] for row in rows} == {"65010001": 7.0, "65010002": 6.0, "65010003": 0.0}
    assert "transposed" in (tmp_path / "grades.csv").read_text() + (tmp_path / "grades.jsonl").read_text()
