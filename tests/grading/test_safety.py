"""What would mark a whole class with the wrong numbers is reported before anything is written; a course file says
things once."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from random import Random

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import seed_of, variant
from backprop_tutor.tutor.marking.answer_key import key_of
from backprop_tutor.tutor.stages import questions
from tests.cli.running import tutor
from tests.grading import exports
from tests.grading.exports import people, zipped
from tests.grading.test_exports import placed
from tests.grading.test_gradebooks import GRADES, MARKED

SALT = "ml-2026"


def lines(count: int, salt: str = SALT) -> str:
    """Submissions that name the seed with which they were practised."""
    return "".join(
        json.dumps({"student": f"s{number}", "exercise": "relu", "seed": seed_of("relu", f"s{number}", salt)}) + "\n"
        for number in range(count)
    )


def test_a_salt_that_is_mistyped_is_said_before_anything_is_written(tmp_path: Path) -> None:
    report = tmp_path / "g.csv"
    arguments = ("grade", "-", "-o", str(report), "--seed-from", "student", "--salt")
    assert tutor(*arguments, SALT, stdin=lines(9)).status == 0
    report.unlink()
    ran = tutor(*arguments, "ML-2026", stdin=lines(9))
    assert (ran.status, report.exists()) == (2, False)
    assert "9 of 9 submissions name a seed other" in ran.err
    assert tutor(*arguments, "ML-2026", "--force", stdin=lines(9)).status == 0
    some = lines(6) + lines(9, "other").split("\n", 6)[-1]  # three of nine
    assert tutor(*arguments, SALT, stdin=some).status == 0


def worked_out(count: int, salt: str | None, skill: float = 0.8) -> str:
    """Submissions that name no seed, with right answers and a few wrong ones; without a salt, at the author's
    numbers."""
    rng, found = Random(1), []
    for number in range(count):
        made = variant(find("simple"), None if salt is None else seed_of("simple", f"s{number}", salt))
        key, answers = key_of(made), {"exercise": "simple", "student": f"s{number}"}
        for one in questions(made):
            right = f"{key.number(one):g}"
            answers.setdefault(one.stage, {})[one.target] = right if rng.random() < skill else "17"
        found.append(json.dumps(answers) + "\n")
    return "".join(found)


@pytest.mark.parametrize(
    ("count", "practised", "typed", "hint"),
    [
        (9, SALT, "ML-2026", "Their answers fit the salt ml-2026."), (4, SALT, "ml-2062", ""),
        (9, "", SALT, "Their answers fit no salt at all."), (9, None, SALT, "fit the exercises' own numbers"),
    ],
)  # fmt: skip
def test_a_salt_that_is_mistyped_shows_in_the_answers_of_files_that_name_no_seed(
    count: int, practised: str | None, typed: str, hint: str, tmp_path: Path
) -> None:
    report, stdin = tmp_path / "g.csv", worked_out(count, practised)
    arguments = ("grade", "-", "-o", str(report), "--seed-from", "student", "--salt")
    ran = tutor(*arguments, typed, stdin=stdin)
    assert (ran.status, report.exists()) == (2, False)
    assert "are right with this salt, and " in ran.err
    assert hint in ran.err
    assert tutor(*arguments, typed, "--force", stdin=stdin).status == 0
    if practised:
        assert tutor(*arguments, practised, stdin=stdin).status == 0
        assert tutor(*arguments, practised, stdin=worked_out(count, practised, 0.5)).status == 0
    fixed = "title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: 3}\n"  # nobody has numbers of their own
    (tmp_path / "mine.yaml").write_text(fixed)
    wrong = "".join(f'{{"student": "s{one}", "exercise": "mine", "backward": {{"x": 7}}}}\n' for one in range(20))
    assert tutor(*arguments, typed, "--exercises", str(tmp_path), stdin=wrong).status == 0


def typed_in(count: int, formulas: float, skill: float) -> str:
    """Submissions to `simple` at the numbers of the salt: some answers are formulas, some submissions are all wrong."""
    rng, found = Random(2), []
    for number in range(count):
        made = variant(find("simple"), seed_of("simple", f"s{number}", SALT))
        key, answers = key_of(made), {"exercise": "simple", "student": f"s{number}"}
        for one in questions(made):
            as_formula, is_right = rng.random() < formulas, rng.random() < skill
            right = f"{key.number(one):g}" if not as_formula else "q" if one.target in ("z", "z->f") else "z"
            wrong = "17*z" if as_formula else "17"
            answers.setdefault(one.stage, {})[one.target] = right if is_right else wrong
        found.append(json.dumps(answers) + "\n")
    return "".join(found)


@pytest.mark.parametrize(("count", "formulas", "skill"), [(32, 1, 0.7), (32, 0.9, 0.3), (3, 0, 0.35), (3, 1, 0)])
def test_no_honest_class_is_stopped_that_is_small_or_writes_formulas(count: int, formulas: float, skill: float) -> None:
    ran = tutor("grade", "-", "--seed-from", "student", "--salt", SALT, stdin=typed_in(count, formulas, skill))
    assert (ran.status, ran.err) == (0, "")


def test_a_salt_that_is_left_out_is_said(tmp_path: Path) -> None:
    for given in ((), ("--salt", "")):
        ran = tutor("grade", "-", "--seed-from", "student", *given, stdin=lines(2))
        assert (ran.status, ran.out) == (2, "")
        assert "--salt" in ran.err
    assert tutor("grade", "-", "--seed-from", "student", "--force", stdin=lines(2, "")).status == 0


def test_a_course_says_once_what_all_of_its_homework_needs(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: {value: 3, from: 1, to: 9}}\n")
    placed(tmp_path, "grades.csv", exports.canvas_grades(people()))
    course = placed(tmp_path, "course.yaml", "exercises: relu\npoints: 20\nlayout: canvas\nroster: grades.csv\n")
    archive = placed(tmp_path, "s.zip", zipped(exports.canvas(MARKED)))
    out = tmp_path / "filled.csv"
    ran = tutor("grade", "--course", course, archive, "-o", str(out))
    assert ran.status == 0, ran.err
    assert {row[2]: row[5] for row in list(csv.reader(io.StringIO(out.read_text("utf-8"))))[3:-1] if row[5]} == GRADES
    placed(tmp_path, "course.yaml", "salt: 0123\nexercises: [mine, relu]\n")  # beside its exercises
    answers = [{"student": "a", "exercise": name, "seed": seed_of(name, "a", "0123")} for name in ("mine", "relu")]
    ran = tutor("grade", "-", "--course", course, stdin="\n".join(map(json.dumps, answers)))
    assert ran.status == 0, ran.out
    typed = ("--course", course, "--seed-from", "student", "--salt")
    assert "not the salt of the course file" in tutor("grade", "-", *typed, "124", stdin="{}").err
    assert tutor("grade", "-", *typed, "0123", stdin="\n".join(map(json.dumps, answers))).status == 0
    ran = tutor("grade", "-", "--course", course, stdin='{"student": "a", "exercise": "simple"}\n')
    assert "simple is not one of the exercises being marked: mine, relu" in ran.out


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("slat: x\n", "Did you mean salt?"), ("points: many\n", "points must be a number"),
        ("exercises: {a: 1}\n", "a single text"),
        ("relu\n", "keys and values"), ("salt: [a]\n", "salt must be a single text"),
    ],
)  # fmt: skip
def test_faults_of_a_course_file_are_said_with_their_place(tmp_path: Path, text: str, why: str) -> None:
    ran = tutor("grade", "-", "--course", placed(tmp_path, "course.yaml", text), stdin=lines(1))
    assert (ran.status, ran.out) == (2, "")
    assert why in ran.err
    assert "line 1, column " in ran.err


def test_exercise_twice_means_two_exercises_and_a_files_own_name_may_say_which(tmp_path: Path) -> None:
    for name, text in (
        ("ReLU.yaml", "backward: {x: 1}\n"),
        ("simple.yaml", "backward: {z: 3}\n"),
        ("c.yaml", "exercise: xor\nbackward: {x: 1}\n"),
    ):
        (tmp_path / "ann").mkdir(exist_ok=True)
        (tmp_path / "ann" / name).write_text(text)
    both = ("--exercise", "relu", "--exercise", "simple")
    ran = tutor("grade", str(tmp_path), "--layout", "{student}/*", *both, "--format", "json")
    rows = json.loads(ran.out)["submissions"]
    assert {(row["exercise"], row["score"]) for row in rows if row["readable"]} == {("relu", 1), ("simple", 1)}
    assert ran.status == 1
    assert "xor is not one of the exercises" in ran.out


def test_a_students_own_numbers_come_with_the_students_name(tmp_path: Path) -> None:
    own = ("--student", "65010001", "--salt", SALT)
    seed = seed_of("simple", "65010001", SALT)
    for command in (("explain", "simple", "--all"), ("draw", "simple"), ("explain", "simple", "--graph-text")):
        said = f"The numbers of 65010001: seed {seed}." in tutor(*command, *own).err
        assert said == ("--graph-text" not in command)
    assert json.loads(tutor("explain", "simple", *own, "--format", "json").out)["student"] == "65010001"
    answers = placed(tmp_path, "a.yaml", "backward: {z: 3}\n")
    found = json.loads(tutor("check", "simple", answers, *own, "--format", "json").out)
    assert (found["student"], found["seed"]) == ("65010001", seed)
    other = placed(tmp_path, "b.yaml", "student: 65010002\nbackward: {z: 3}\n")
    ran = tutor("check", "simple", other, *own)
    assert (ran.status, "65010001 and the answers' student 65010002 differ" in ran.err) == (2, True)


def test_what_a_run_reads_beside_submissions_is_none_and_no_table_either(tmp_path: Path) -> None:
    class_list = placed(tmp_path, "roster.csv", "x,sid\n1,65010001\n")  # x is a question too
    placed(tmp_path, "grades.csv", "Jane,3\nJim,4\n")
    placed(tmp_path, "65010001.yaml", "backward: {q: -4, z: 3, x: -4, y: -4}\n")
    course = placed(tmp_path, "course.yaml", "exercises: simple\n")
    ran = tutor("grade", str(tmp_path), "--course", course, "--roster", class_list, "--format", "json")
    found = {Path(row["source"]).name: row for row in json.loads(ran.out)["submissions"]}
    assert (ran.status, sorted(found)) == (1, ["65010001.yaml", "grades.csv"])
    assert "is a table, and none of its names is a question" in found["grades.csv"]["note"]
