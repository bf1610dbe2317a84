"""A class with planted mistakes: its scores, its summary, and every format of its report."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Literal
from unittest.mock import patch

import pytest
from junitparser import JUnitXml
from pydantic import BaseModel, ConfigDict

from backprop_tutor.course.variants import MOST_SEEDS, seed_of
from backprop_tutor.grading import collecting
from backprop_tutor.grading.reports import FORMATS
from backprop_tutor.tutor.mistakes.table import mistake_name
from tests.cli.running import tutor
from tests.full import times
from tests.grading.a_class import PLANTED, QUESTIONS, WRITTEN, planted


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_class_with_planted_mistakes_gets_exact_scores_and_a_summary_that_counts_them(tmp_path: Path) -> None:
    made = planted(times(400, 2_000))
    (tmp_path / "class.jsonl").write_text(made.lines)
    report = tmp_path / "grades.csv"
    ran = tutor(
        "grade", str(tmp_path / "class.jsonl"), "-o", str(report), "--summary", "--jobs", "1", env={"COLUMNS": "120"}
    )
    assert ran.status == 0, ran.err
    rows = table(report.read_text())
    assert {row["student"]: float(row["score"]) for row in rows} == made.scores
    assert {row["max"] for row in rows} == {str(QUESTIONS)}
    page = (tmp_path / "grades.html").read_text()
    found: Counter[tuple[str, str]] = Counter()
    row = r"<tr><td>([^<]*)</td><td>relu: (\w+) [^<]*</td><td>(\w+) = ([^<]*) [^<]*</td>" + 2 * r"<td[^>]*>(\d+)</td>"
    answers = {(mistake_name(mistake), gate): text for (_, mistake, gate), text in PLANTED.items()}
    for mistake, gate, _, answer, count, students in re.findall(row, page):
        assert count == students  # everyone made one
        assert answer == answers[mistake, gate] or mistake == "multiplied by the input itself"
        found[mistake, gate] += int(count)
    unknown = re.findall(r"<tr><td>relu: backward (\w+)</td><td>w1 = 37.31 [^<]*</td><td[^>]*>(\d+)</td>", page)
    assert unknown == [("w1", str(made.times["no known mistake", "g2"]))]
    planned = {(mistake_name(mistake), gate): count for (mistake, gate), count in made.times.items()}
    known = {key: count for key, count in planned.items() if key[0] != "no known mistake"}
    assert found == known
    assert "<td>no known mistake" not in page
    assert all(mistake in " ".join(ran.out.split()) for mistake, _ in known)
    assert "http" not in page.replace("http-equiv", "")


def test_the_summary_counts_no_junk_and_names_who_handed_in_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.yaml").write_text("student: a\nexercise: simple\nbackward: {z: 3, q: -4}\n")
    (tmp_path / "in" / "scan.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "in" / "c.yaml").write_text("student: c\nexercise: simplex\n")
    (tmp_path / "roster.csv").write_text("sid,name\na,Ann\nb,Bea <b>\nc,Cy\n")
    ran = tutor(
        "grade",
        str(tmp_path / "in"),
        "--roster",
        str(tmp_path / "roster.csv"),
        "-o",
        str(tmp_path / "g.csv"),
        "--summary",
    )
    assert "25% of the points on average, 0 with full marks. 2 could not be marked." in " ".join(ran.out.split())
    # A path is as long as the folder of the test, and may be broken anywhere.
    assert re.search(r"Couldnotbemarked─+.*scan.jpgisaJPEGpicture.*Cy:.*simplex", "".join(ran.out.split()))
    assert "<h2>Could not be marked (2)</h2>" in (tmp_path / "g.html").read_text()
    assert "1: Bea <b>." in ran.out
    assert "<li>Bea &lt;b&gt;</li>" in (tmp_path / "g.html").read_text()


def test_the_report_is_the_same_on_one_process_or_several_and_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = times(1 << 14, 1 << 17)
    monkeypatch.setattr(collecting, "_BLOCK", block)
    lines = planted(times(600, 4_000)).lines
    assert len(lines) > 3 * block  # enough pieces of work for other processes to take part
    (tmp_path / "class.jsonl").write_text(lines)
    texts = set()
    for number, jobs in enumerate(("1", "3", "3")):
        report = tmp_path / f"{number}.csv"
        assert tutor("grade", str(tmp_path / "class.jsonl"), "-o", str(report), "--jobs", jobs).status == 0
        texts.add(report.read_bytes())
    assert len(texts) == 1


@pytest.mark.parametrize("name", WRITTEN)
def test_every_format_has_every_submission(tmp_path: Path, name: str) -> None:
    is_of_one = FORMATS[name].of_one_student
    lines = planted(1).lines + ("" if is_of_one else planted(3, 2).lines + "nonsense\n")
    ran = tutor("grade", "-", "--format", name, stdin=lines)
    assert ran.status == (0 if is_of_one else 1)
    assert "65010000" in ran.out or is_of_one
    assert ("left out" in ran.err and "line 5 is not JSON" in ran.err) if name == "students" else not ran.err


def test_junit_is_read_back(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert tutor("grade", "-", "-o", str(report), stdin=planted(5).lines + "\x00<&\n").status == 1
    suites = list(JUnitXml.fromfile(str(report)))
    assert len(suites) == 6
    scores = planted(5).scores
    for suite, (student, score) in zip(suites, scores.items(), strict=False):
        assert suite.name == f"{student} relu"
        assert suite.tests - suite.failures == score
        assert len(list(suite)) == suite.tests == QUESTIONS
    assert suites[-1].errors == 1


Visibility = Literal["hidden", "after_due_date", "after_published", "visible"]


class GradescopeTest(BaseModel):
    """A test in a results.json, as Gradescope's documentation describes it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    score: float
    max_score: float
    status: Literal["passed", "failed"]
    name: str
    name_format: str = "text"
    number: str = ""
    output: str = ""
    output_format: Literal["text", "html", "simple_format", "md", "ansi"] = "text"
    tags: list[str] = []
    visibility: Visibility = "visible"


class GradescopeResults(BaseModel):
    """A results.json, as Gradescope's documentation describes it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    score: float
    execution_time: float | None = None
    output: str = ""
    visibility: Visibility = "visible"
    stdout_visibility: Visibility = "visible"
    extra_data: dict[str, object] = {}
    tests: list[GradescopeTest]


def test_gradescopes_reports_fit_its_model(tmp_path: Path) -> None:
    made = planted(6)
    folder = tmp_path / "results"
    graph = {
        "exercise": "relu",
        "student": "own",
        "graph": "a = w0*x0\nc = w1*x1\nd = a + c\nx = d + b\nf = relu(x)",
        "forward": {"a": 0.2},
    }
    stdin = made.lines + json.dumps(graph) + '\n{"student": "broken", "exercise": "relu", "backward": 3}\nnonsense\n'
    ran = tutor(
        "grade", "-", "--format", "gradescope", "-o", str(folder), "--visibility", "after_published", stdin=stdin
    )
    assert ran.status == 1, ran.err
    files = sorted(folder.iterdir())
    assert len(files) == 9
    for path in files:
        results = GradescopeResults.model_validate_json(path.read_bytes())
        assert results.visibility == "after_published"
        assert results.score == made.scores.get(path.stem, 2.0 if path.stem == "own" else 0.0)
        assert sum(test.score for test in results.tests) == pytest.approx(results.score)
    assert tutor("grade", "-", "--format", "gradescope", stdin=made.lines).status == 2


def test_prairielearn_gets_points_on_every_test_and_no_attempt_is_lost_on_what_cannot_be_read() -> None:
    one = '{"student": "a", "exercise": "simple", "backward": {"z": 3, "q": 4}}\n'
    found = json.loads(tutor("grade", "-", "--format", "prairielearn", stdin=one).out)
    assert (found["gradable"], found["score"]) == (True, 1 / 8)
    assert sum(test["points"] for test in found["tests"]) == 1
    assert sum(test["max_points"] for test in found["tests"]) == 8
    assert all({"name", "points", "max_points", "output"} == set(test) for test in found["tests"])
    ran = tutor("grade", "-", "--format", "prairielearn", stdin='{"exercise": "simple", "backward": 3}\n')
    found = json.loads(ran.out)
    assert (ran.status, found["gradable"], len(found["format_errors"])) == (1, False, 1)


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.of_one_student])
def test_an_empty_upload_has_a_result_too(name: str, tmp_path: Path) -> None:
    (tmp_path / "upload").mkdir()
    report = tmp_path / "results.json"
    ran = tutor("grade", str(tmp_path / "upload"), "--exercise", "relu", "--format", name, "-o", str(report))
    assert ran.status == 1
    assert "Nothing was handed in." in report.read_text()
    assert tutor("grade", str(tmp_path / "upload"), "--exercise", "relu").status == 2


def test_formulas_are_defused_and_numbers_are_numbers() -> None:
    stdin = "".join(json.dumps({"student": f"{sign}cmd()", "exercise": "relu"}) + "\n" for sign in "=+-@")
    rows = table(tutor("grade", "-", stdin=stdin + "[]\n").out)
    assert [row["student"] for row in rows] == ["'=cmd()", "'+cmd()", "'-cmd()", "'@cmd()", ""]
    assert all(float(row["score"] or 0) == 0 and float(row["max"]) >= 0 for row in rows)


def test_several_exercises_share_one_table() -> None:
    stdin = (
        '[{"exercise": "relu", "student": "1", "backward": {"w0": 1}}, {"exercise": "simple", "student": "1", '
        '"backward": {"z": 3}}]\n'
    )
    relu, simple = table(tutor("grade", "-", stdin=stdin).out)
    assert (relu["relu/backward/w0"], relu["simple/backward/z"]) == ("right", "")
    assert (simple["relu/backward/w0"], simple["simple/backward/z"]) == ("", "right")
    assert list(relu)[:5] == ["student", "exercise", "seed", "score", "max"]
    assert list(relu)[-3:] == ["mistakes", "unrecognised", "note"]


def test_a_graph_of_ones_own_fills_the_columns_of_the_same_gates() -> None:
    graph = "mine = w1*x1\nother = w0*x0\ns = other + mine\nt = s + b\nout = relu(t)"
    answers = {"exercise": "relu", "student": "1", "graph": graph, "forward": {"other": "0.2", "mine": "0.84"}}
    (row,) = table(tutor("grade", "-", stdin=json.dumps(answers)).out)
    assert (row["relu/graph/graph"], row["relu/forward/g1"], row["relu/forward/g2"]) == ("right", "right", "wrong")
    assert row["mistakes"] == "forward mine: sign-flipped"


def test_a_students_seed_never_changes() -> None:
    assert seed_of("relu", "65010001", "ml-2026") == 334_191_951
    digest = hashlib.sha256(b"seed:relu:65010001:ml-2026").digest()
    assert seed_of("relu", "65010001", "ml-2026") == 1 + int.from_bytes(digest, "big") % 999_999_999
    assert seed_of("relu", " 65010001 ", "ml-2026") == 334_191_951
    assert seed_of("simple", "Jos\u00e9") == seed_of("simple", "Jose\u0301") == 254_697_541
    assert len({seed_of("relu", str(number), "") for number in range(1_000)}) == 1_000
    assert all(0 < seed_of("relu", str(number), "s") <= MOST_SEEDS < 10**18 for number in range(100))


def test_what_a_student_practises_is_what_is_marked() -> None:
    whose = ("--student", "65010001", "--salt", "ml-2026")
    worked = json.loads(tutor("explain", "relu", *whose, "--format", "json").out)
    seed = worked["seed"]
    assert f"(seed {seed})" in " ".join(tutor("practice", "relu", *whose).out.split())
    answers = {name: node["gradient"] for name, node in worked["nodes"].items()}
    line = json.dumps({"exercise": "relu", "student": "65010001", "seed": 3, "backward": answers})
    (row,) = table(tutor("grade", "-", "--seed-from", "student", "--salt", "ml-2026", stdin=line).out)
    assert (row["score"], row["seed"]) == ("9", str(seed))
    assert "seed 3" in row["note"]
    assert tutor("check", "relu", "-", *whose, stdin=line).status == 2
    assert tutor("explain", "relu", "--salt", "x").status == 2
    assert tutor("explain", "relu", "--seed", "1", "--student", "x").status == 2


def test_the_best_and_the_newest_of_several(tmp_path: Path) -> None:
    for attempt, w0 in (("2", 5), ("9", 1), ("10", 7)):
        folder = tmp_path / "in" / "65" / attempt
        folder.mkdir(parents=True)
        (folder / "relu.yaml").write_text(f"backward: {{w0: {w0}, x: {w0}}}")
    common = ("grade", str(tmp_path / "in"), "--layout", "{student}/{attempt}/{exercise}.yaml")
    scores = {how: [row["score"] for row in table(tutor(*common, *how).out)] for how in ((), ("--best",), ("--last",))}
    assert scores == {(): ["1"], ("--best",): ["2"], ("--last",): ["1"]}
    assert "Attempt 10. The newest of 3." in tutor(*common).out
    assert tutor(*common, "--last", "--best").status == 2


def test_nobody_hands_in_under_anothers_name(tmp_path: Path) -> None:
    (tmp_path / "65").mkdir()
    (tmp_path / "65" / "relu.yaml").write_text("student: '66'\nexercise: forks\nbackward: {w0: 1}")
    (row,) = table(tutor("grade", str(tmp_path), "--layout", "{student}/{exercise}.yaml").out)
    assert (row["student"], row["exercise"], row["score"]) == ("65", "relu", "1")
    assert "names the student 66" in row["note"]
    assert "names the exercise forks" in row["note"]


def test_an_exercise_whose_own_numbers_cannot_be_used_has_its_columns_all_the_same(tmp_path: Path) -> None:
    """Its seeds are fine: its rows stand in no other exercise's columns, and the summary knows its questions."""
    (tmp_path / "logarithm.yaml").write_text(
        "title: A logarithm\ngraph: f = log(x)\ninputs:\n  x: {value: -1, from: 1, to: 5}\n"
    )
    answers = [
        {"exercise": "relu", "student": "a", "backward": {"w0": "-1"}},
        {"exercise": "logarithm", "student": "b", "seed": 3, "backward": {"x": "9"}},
        {"exercise": "logarithm", "student": "c", "seed": 10**40},
    ]
    lines = "\n".join(map(json.dumps, answers))
    report, common = tmp_path / "grades.csv", ("--exercises", str(tmp_path), "--jobs", "1")
    ran = tutor("grade", "-", "-o", str(report), *common, "--summary", stdin=lines)
    assert ran.status == 1
    assert "should not happen" not in ran.err
    assert re.search(r"logarithm.{,40}backward x", (tmp_path / "grades.html").read_text(), re.DOTALL)
    _, known, refused = table(report.read_text())
    assert {key: known[key] for key in known if "/" in key and known[key]} == {"logarithm/backward/x": "wrong"}
    assert (refused["score"], refused["max"]) == ("", "1")


def test_a_fault_of_ours_still_says_whose_submission_it_was() -> None:
    line = json.dumps({"exercise": "relu", "student": "65", "backward": {"w0": "1"}})
    with patch("backprop_tutor.grading.marks.Examiner.marks", side_effect=RuntimeError("broken")):
        ran = tutor("grade", "-", "--jobs", "1", stdin=line)
    (row,) = table(ran.out)
    assert ran.status == 1
    assert (row["student"], row["exercise"], row["max"]) == ("65", "relu", str(QUESTIONS))
    assert "RuntimeError: broken" in row["note"]


@pytest.mark.parametrize("text", ["sine(2)", "20 + 3 +", "(1 + 2", "no_such_name"])
def test_markdown_keeps_no_carets_from_messages_that_point(text: str) -> None:
    line = json.dumps({"exercise": "relu", "student": "1", "backward": {"w0": text}})
    assert "^" in tutor("check", "relu", "-", stdin=line).out
    assert "^" not in tutor("grade", "-", "--format", "markdown", stdin=line).out
