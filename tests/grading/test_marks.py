"""A class is marked as the Checker marks each student, whatever was answered; right answers do not need it."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
from operator import neg
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.engine import arrays
from backprop_tutor.engine.compile import written
from backprop_tutor.engine.formatting import shown
from backprop_tutor.grading.marks import Examiner
from backprop_tutor.grading.reports import FORMATS
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import Submission, json_answers, submission_of
from backprop_tutor.tutor.marking.verdicts import Outcome
from tests.benchmarks.diagnosis import wrong_numbers
from tests.cli.running import tutor
from tests.full import times
from tests.shipped import OF_ARRAYS, numbers
from tests.tutor.classroom import a_class

STRANGE = ("", "0", "-0", "0.00", "1", "nan", "1/2", "w0", "1e300", "9**9**9", "-1e-200", "\0", "2", "-1")


def answers(examiner: Examiner, rng: Random) -> Submission:
    """Answers to some questions: right, rounded, from a mistake, any number, or nonsense; rarely under an unknown
    name."""
    if examiner.exercise.is_array:
        return answers_of_arrays(examiner, rng)
    attempt = Attempt(examiner.checker.key)
    given: dict[str, dict[str, str | None]] = {}
    how = rng.choice(["right", "mistakes", "numbers", "all"])
    stages = [stage for stage in ("forward", "backward", "local") if rng.random() < (0.15 if stage == "local" else 0.8)]
    for stage in stages:
        for question in examiner.checker.sheets[stage].asked:
            if rng.random() < 0.3:
                continue
            exact = attempt.key.number(question)
            wrong = wrong_numbers(attempt.key, question) or [exact + 1]
            kind = (
                rng.choice([how, how, how, "right"])
                if how != "all"
                else rng.choice(["right", "mistakes", "numbers", "strange"])
            )
            number = {"right": exact, "mistakes": rng.choice(wrong)}.get(kind, rng.uniform(-4, 4))
            written = rng.choice([shown(number), repr(number), f"{number:.2f}", f"{number:.1f}", f"{number:.3g}"])
            text = rng.choice(STRANGE) if kind == "strange" else written
            name = rng.choice(question.names)
            if rng.random() < 0.05:
                name = rng.choice([name.replace("->", " → "), question.symbol])
            given.setdefault(stage, {})[name] = None if rng.random() < 0.02 else text
    if rng.random() < 0.05:
        given.setdefault("backward", {})["stranger"] = "1"
    if rng.random() < 0.2:
        given.setdefault("backward", {})[examiner.exercise.graph.output_name] = rng.choice(["1", "2", "0.5"])
    return Submission(given)


def answers_of_arrays(examiner: Examiner, rng: Random) -> Submission:
    """Answers to some questions: right, with two decimals, transposed, with the other sign, or nonsense."""
    given: dict[str, dict[str, str | None]] = {}
    for word, sheet in examiner.checker.sheets.items():
        for question in sheet.asked:
            right = examiner.checker.key.number(question)
            text = question.kind.model_answer(question, examiner.checker.key)
            if isinstance(right, list) and right and isinstance(right[0], list):
                changed = [right, right, arrays.transposed(right), arrays.mapped(neg, right)]
                text = arrays.written(rng.choice(changed), rng.choice([repr, "{:.2f}".format]))
            if rng.random() < 0.7:
                given.setdefault(word, {})[rng.choice(question.names)] = rng.choice([text] * 9 + list(STRANGE))
    return Submission(given)


def same_marks(exercise: Exercise, rng: Random, count: int) -> None:
    examiner = Examiner(exercise)
    for _ in range(count):
        submission = answers(examiner, rng)
        result = examiner.checker.check(submission)
        wanted = examiner.columns.marks(result, examiner.checker.solution_for(submission).graph)
        assert examiner.marks(submission, words=False) == (wanted, None), submission
        marks, words = examiner.marks(submission, words=True)
        assert marks == wanted, submission
        said = [verdict.as_json() | {"scored": verdict.scored} for verdict in result.verdicts]
        assert [{key: one[key] for key in one if key != "question"} for one in json.loads(words or "")] == said


@pytest.mark.parametrize("exercise", [*sorted(numbers()), *OF_ARRAYS[:: times(4, 1)]])
def test_the_marks_and_words_of_every_exercise_are_the_checkers(exercise: str) -> None:
    same_marks(variant(find(exercise), None), Random(5), times(3, 5_000))
    same_marks(variant(find(exercise), 77), Random(6), times(1, 5_000))


def test_the_marks_and_words_of_random_circuits_are_the_checkers() -> None:
    for number, exercise in enumerate(a_class(6, 1_000, ("forward", "backward"))):
        same_marks(exercise, Random(number), times(5, 100))


@pytest.mark.parametrize("words", [False, True])
def test_right_answers_are_marked_without_the_checker(words: bool) -> None:
    examiner = Examiner(variant(find("relu"), None))
    right = {"backward": {"dL/dw0": "1.0", "f": "1"}, "forward": {"g1": "0.2"}, "local": {"w0->g1": "1"}}
    examiner.marks(submission_of({}), words)
    wanted = examiner.checker.check(submission_of(right))
    with patch.object(Checker, "check", side_effect=AssertionError):
        marks, said = examiner.marks(submission_of(right), words)
        with pytest.raises(AssertionError):
            examiner.marks(submission_of({"backward": {"w0": "2"}}), words)
    assert marks.score == wanted.score == 2
    assert said is None if not words else len(json.loads(said or "")) == len(wanted.verdicts) == 17


def test_answers_to_a_stage_that_the_exercise_cannot_have_leave_the_rest_marked() -> None:
    marks, _ = Examiner(variant(find("relu"), None)).marks(
        submission_of({"shape": {"w0": "2x2"}, "backward": {"w0": "1"}}), words=True
    )
    assert marks.score == 1
    assert marks.strangers == ("shape: this exercise is about numbers: it has no stage shape.",)


def test_what_follows_from_a_dead_relu_is_moot_in_every_report(tmp_path: Path) -> None:
    slipped = {"g1": "-2", "g2": "-0.84", "g3": "-2.84", "x": "-2.04", "f": "0"}
    answers = {"forward": slipped, "backward": {"x": "0", "b": "0", "g3": "0", "w0": "0"}}
    line = json.dumps({"exercise": "relu", "student": "65", **answers})
    ran = tutor("grade", "-", "-o", str(tmp_path / "grades.csv"), "--summary", stdin=line)
    assert ran.status == 0, ran.err
    (row,) = csv.DictReader(io.StringIO((tmp_path / "grades.csv").read_text()))
    found = {name: row[f"relu/backward/{name}"] for name in answers["backward"]}
    assert found == {"x": "follow-through", "b": "moot", "g3": "moot", "w0": "moot"}
    assert (row["score"], row["mistakes"], row["unrecognised"]) == ("5", "", "forward g1 = -2")
    page = (tmp_path / "grades.html").read_text()
    heads = re.findall(r'<th scope="col" class="number">([^<]*)</th>', page)[-7:]
    assert heads == ["scored", *[one.words for one in Outcome]]
    assert not re.search(r"thead[^{]*\{[^}]*nowrap", page)  # else the last of them leave a small screen
    cells = re.search(r"relu: backward b</th>(.*)</tr>", page)
    assert cells is not None
    assert re.findall(r">([^<]+)</td>", cells[1]) == ["0%", "0", "0", "1", "0", "0", "0"]
    for name in ("jsonl", "gradescope", "junit", "markdown"):
        assert (
            tutor("grade", "-", "--format", name, stdin=line).out.count("It shows nothing, so it is not counted") == 3
        )


def test_without_words_a_result_is_the_same_but_for_its_messages() -> None:
    rng = Random(3)
    examiner = Examiner(variant(find("relu"), None))
    for _ in range(times(40, 2_000)):
        submission = answers(examiner, rng)
        full, bare = (examiner.checker.check(submission, words) for words in (True, False))
        assert [verdict._replace(message="") for verdict in full.verdicts] == [
            verdict._replace(message="") for verdict in bare.verdicts
        ]
        assert (full.score, full.max_score) == (bare.score, bare.max_score)


def as_lines(exercise: Exercise, rng: Random, count: int) -> list[dict[str, object]]:
    """A class's submissions to an exercise, with own graphs in which every gate has another name, each by a student of
    their own."""
    examiner = Examiner(exercise)
    names = {name: f"my{place}" for place, name in enumerate(exercise.graph.gate_names)}
    found: list[dict[str, object]] = []
    for number in range(count):
        data: dict[str, object] = {"exercise": exercise.id, "student": f"s{number}", **answers(examiner, rng).answers}
        if rng.random() < 0.5:
            data["graph"] = re.sub(r"[^\W\d]\w*", lambda match: names.get(match[0], match[0]), written(exercise.graph))
        for stage in [stage for stage in ("delta", "update") if stage in exercise.stages]:
            asked = rng.sample(examiner.checker.sheets[stage].asked, 2)
            data[stage] = {
                question.target: rng.choice(["-0.5", "1", repr(examiner.checker.key.number(question))])
                for question in asked
            }
        found.append(data)
    return found


@pytest.mark.parametrize(
    "exercise", ["relu", "forks", "patterns", "xor", "output-neuron", "two-outputs", "cross-entropy", "xor-relu"]
)
def test_every_report_gives_the_checkers_score_and_its_tests_add_up_to_it(exercise: str) -> None:
    made = variant(find(exercise), None)
    checker, data = Checker(made), as_lines(made, Random(7), times(6, 500))
    scores = {one["student"]: checker.check(submission_of(json_answers(json.dumps(one)))).score for one in data}
    lines = "\n".join(map(json.dumps, data))
    rows = [
        json.loads(line)
        for line in tutor("grade", "-", "--format", "jsonl", "--jobs", "1", stdin=lines).out.splitlines()
    ]
    assert {row["student"]: row["score"] for row in rows} == scores
    assert all(row["readable"] for row in rows)
    for one in data[:: times(3, 1)]:
        found = json.loads(tutor("grade", "-", "--format", "gradescope", "--jobs", "1", stdin=json.dumps(one)).out)
        assert sum(test["score"] for test in found["tests"]) == pytest.approx(found["score"], abs=1e-6)
        assert len({test["name"] for test in found["tests"]}) == len(found["tests"])


@pytest.mark.parametrize("format_", ["jsonl", "gradescope", "junit"])
def test_what_is_written_at_length_is_not_remembered(format_: str) -> None:
    examiner = Examiner(variant(find("simple"), None), FORMATS[format_].keep)

    def marked(blanks: int) -> None:
        long = Submission({"backward": {f"q{' ' * blanks}": "-4", f"r{' ' * blanks}": "1", "x": f"{' ' * blanks}5"}})
        _, words = examiner.marks(long, words=True)
        assert words is not None

    marked(200_000)
    tracemalloc.start()
    for more in range(20):
        marked(200_001 + more)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2_000_000  # they were 12 million characters


def test_a_long_number_is_not_kept_with_its_causes() -> None:
    checker = Checker(variant(find("simple"), None))

    def marked(number: int) -> None:
        verdicts = checker.check(Submission({"backward": {"q": f"0.{number:0900}"}})).verdicts
        assert [one.outcome for one in verdicts if one.answer] == [Outcome.WRONG]

    marked(1)
    tracemalloc.start()
    for number in range(2, 202):
        marked(number)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 100_000  # they were 180,000 characters
