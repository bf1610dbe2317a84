"""What a row says about a submission: whose it is, what it was marked against, what was not marked and why."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from backprop_tutor.course.variants import seed_of
from tests.cli.running import tutor
from tests.grading.a_class import WRITTEN
from tests.grading.test_hostile import table


def test_a_list_without_end_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "many.json").write_text("[" + "1," * 200_000 + '{"exercise": "relu"}]')
    (tmp_path / "line.jsonl").write_text("[" + ",".join(['{"exercise": "relu", "student": "a"}'] * 1_001) + "]\n")
    rows = table(tutor("grade", str(tmp_path), "--jobs", "1").out)
    assert len(rows) == 2 * 1_001
    assert sum("were not marked" in row["note"] for row in rows) == 2


def test_notes_fit_a_cell(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({**{f"k{number}": 1 for number in range(20_000)}, "exercise": "relu"}))
    rows = list(csv.DictReader(io.StringIO(tutor("grade", str(tmp_path), "--jobs", "1").out)))
    assert 1_000 < len(rows[0]["note"]) < 3_000


@pytest.mark.parametrize("name", WRITTEN)
def test_names_that_are_no_questions_are_told(name: str) -> None:
    wrong = {"W0": "1", "x9": "1", "w0->g9": "1", "Q": "1", "R": "1"}
    out = tutor(
        "grade", "-", "--format", name, stdin=json.dumps({"student": "65", "exercise": "relu", "backward": wrong})
    ).out
    assert "W0 is not a question of this stage. Did you mean w0?" in out.replace("\\\\", "").replace("\\", "")
    assert "2 more names" in out


def test_a_seed_that_is_none_costs_nothing_where_the_students_own_counts() -> None:
    line = json.dumps({"exercise": "relu", "student": "a", "seed": 3.5, "backward": {"x": "1"}})
    (row,) = table(tutor("grade", "-", "--seed-from", "student", "--force", stdin=line).out)
    assert (row["max"], row["seed"]) == ("15", str(seed_of("relu", "a", "")))
    assert "gives the seed 3.5, but the student's own was used" in row["note"]


def test_a_refused_row_is_of_what_all_are_marked_against_and_says_what_differs(tmp_path: Path) -> None:
    line = json.dumps({"student": "a", "exercise": "relu", "seed": "x", "backward": {"x": "1"}})
    (row,) = table(tutor("grade", "-", "--exercise", "simple", stdin=line).out)
    assert (row["exercise"], row["max"]) == ("simple", "8")
    assert "names the exercise relu, but simple was used" in row["note"]
    (tmp_path / "simple").mkdir()
    (tmp_path / "simple" / "bob.yaml").write_text("exercise: relu\nstudent: eve\nbackward: 7\n")
    (row,) = table(tutor("grade", str(tmp_path), "--layout", "{exercise}/{student}.yaml").out)
    assert (row["student"], row["exercise"], row["max"]) == ("bob", "simple", "8")
    assert "names the student eve, but bob was used" in row["note"]
    assert "names the exercise relu, but simple was used" in row["note"]


def test_an_exercise_that_can_never_be_asked_is_told_before_anything_is_marked(tmp_path: Path) -> None:
    exercise = tmp_path / "never.yaml"
    exercise.write_text("title: Never\ngraph: f = log(w*x)\ninputs: {w: -2, x: 3}\n")
    ran = tutor("grade", "-", "-o", str(tmp_path / "g.csv"), "--exercise", str(exercise), stdin='{"student": "a"}')
    assert (ran.status, ran.err.count("\n")) == (2, 1)
    assert "no finite value" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["never.yaml"]


@pytest.mark.parametrize(
    ("given", "pattern", "fits"),
    [
        ("class", "{student}/{exercise}.yaml", True), (".", "class/{student}/{exercise}.yaml", True),
        ("class/*/relu.yaml", "{student}/{exercise}.yaml", True), ("class/*/relu.yaml",
        "class/{student}/{exercise}.yaml", True),
        ("class/*/relu.yaml", "{exercise}.yaml", True), (".", "{student}/{exercise}.yaml", True),
        ("class/*", "class/{student}/{exercise}.yaml", False),
    ],
)  # fmt: skip
def test_a_layout_is_about_the_path_inside_a_folder_or_the_end_of_a_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, pattern: str, fits: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    for student in ("s1", "s2"):
        (tmp_path / "class" / student / "deep").mkdir(parents=True)
        (tmp_path / "class" / student / "relu.yaml").write_text("backward: {x: 1}\n")
    (tmp_path / "class" / "s1" / "deep" / "forks.yaml").write_text("backward: {x: 1}\n")
    arguments = [str(path) for path in sorted(Path().glob(given))] if "*" in given else [given]
    rows = table(tutor("grade", *arguments, "--layout", pattern).out)
    readable = [(row["student"], row["exercise"]) for row in rows if row["max"] == "15"]
    students = ("s1", "s2") if "{student}" in pattern else ("", "")
    assert readable == ([(student, "relu") for student in students] if fits else [])
    assert all("does not fit --layout" in row["note"] for row in rows if row["max"] != "15")
    assert "deep" not in {row["student"] for row in rows}, "nobody hands in under another's name"


def test_a_name_in_a_file_never_counts_where_its_path_has_one(tmp_path: Path) -> None:
    (tmp_path / ("c" * 210)).mkdir()
    (tmp_path / ("c" * 210) / "simple.yaml").write_text("student: S1\nbackward: {x: -4}\n")
    (row,) = table(tutor("grade", str(tmp_path), "--layout", "{student}/{exercise}.yaml").out)
    assert row["student"].startswith("ccc")


def test_copies_without_a_name_do_not_add_up(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text("exercise: relu\nbackward: {x: 1}\n")
    assert json.loads(tutor("grade", str(tmp_path), "--format", "gradescope").out)["score"] == 1


def test_a_blank_in_a_name_that_is_answered_wrongly_spoils_no_report() -> None:
    line = json.dumps({"exercise": "relu", "student": "a", "backward": {"w0\t": "7.77"}})
    (row,) = table(tutor("grade", "-", stdin=line).out)
    assert (row["relu/backward/w0"], row["mistakes"]) == ("wrong", "")
    assert row["unrecognised"].startswith("backward w0  = ")


def test_what_a_line_that_is_too_long_begins_with_is_not_marked_and_the_next_line_is() -> None:
    blanks = f"{' ' * 1_000_001}nonsense"
    ran = tutor("grade", "-", stdin=f'{blanks}\n{{"exercise": "relu", "student": "a"}}\n')
    refused, read = table(ran.out)
    assert refused["note"] == "standard input, line 1 is longer than 1,000,000 bytes."
    assert (read["student"], ran.status) == ("a", 1)
