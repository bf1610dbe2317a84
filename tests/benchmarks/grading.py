"""A class through `grade`, against reading and writing the same lines as JSON, and against SymPy's parse-and-compare of
the answers.

`BACKPROP_TUTOR_FULL=1` runs the million too.
"""

from __future__ import annotations

import gc
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import sympy
from sympy import simplify
from sympy.parsing.sympy_parser import implicit_multiplication_application, parse_expr, standard_transformations

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import seed_of, variant
from backprop_tutor.grading.grader import Settings
from backprop_tutor.grading.reports import FORMATS
from backprop_tutor.grading.run import Task, grade
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.checker import Checker
from tests.benchmarks.diagnosis import wrong_numbers
from tests.benchmarks.timing import Measure, best, compared
from tests.full import FULL
from tests.grading.a_class import WRITTEN
from tests.grading.exports import canvas_grades, in_canvas, people, zipped

_TRANSFORMATIONS = (*standard_transformations, implicit_multiplication_application)
_SCRIPT = """
import sys
from pathlib import Path
from backprop_tutor.cli.main import run
try:
    run(sys.argv[1:])
finally:
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(int(peak.split()[1]) // 1024, file=sys.stderr)
"""


def lines(count: int, kind: str) -> Iterator[str]:
    """Submissions of ten answers each to questions of relu drawn at random: `right`, by `mistakes`, or any
    `numbers`."""
    checker = Checker(variant(find("relu"), None))
    attempt, rng = Attempt(checker.key), Random(7)
    asked = [question for stage in ("forward", "backward") for question in checker.sheets[stage].asked]
    exact = {question: round(checker.key.number(question), 9) for question in asked}
    wrong: dict[object, list[float]] = {}
    for question in asked:
        wrong[question] = [round(number, 4) for number in wrong_numbers(attempt.key, question)]
    for number in range(count):
        answers: dict[str, dict[str, object]] = {"forward": {}, "backward": {}}
        for question in rng.sample(asked, 10):
            chosen = {"right": [exact[question]], "mistakes": wrong[question]}.get(kind) or [
                round(rng.uniform(-4, 4), 2)
            ]
            answers[question.stage][question.target] = rng.choice(chosen)
        yield json.dumps({"exercise": "relu", "student": f"{65010000 + number}", **answers})


def graded(data: bytes, jobs: int = 1, name: str = "csv") -> None:
    """The lines through `grade` into a file, or into a folder for a format about one student."""
    with tempfile.TemporaryDirectory() as folder:
        graded_into(folder, data, jobs, name)


def graded_into(folder: str, data: bytes, jobs: int = 1, name: str = "csv") -> None:
    """The same, into a folder that is there."""
    form = FORMATS[name]
    report = Path(tempfile.mkdtemp(dir=folder)) / f"grades{'' if form.of_one_student else form.suffix}"
    task = Task(("-",), Settings(words=form.words), name, report, jobs=jobs)
    grade(task, io.BytesIO(data), io.StringIO(), wants_summary=False, told=lambda _unit, _rows: None)


def through_json(data: bytes) -> None:
    """The bound: the lines read and written."""
    for line in data.split(b"\n"):
        json.dumps(json.loads(line))


def measures() -> Iterator[Measure]:
    """Right and wrong classes against the bound and against SymPy; two processes against one; memory."""
    everyone = "\n".join(lines(20_000, "right")).encode()
    yield compared(
        "grade, all right / json.loads + dumps",
        lambda: graded(everyone),
        lambda: through_json(everyone),
        "<= 5",
        5,
    )
    yield from every_format()
    many = "\n".join(lines(40_000, "mistakes")).encode()
    one, two = best(lambda: graded(many), lambda: graded(many, jobs=2), rounds=2)
    yield Measure("grade, two processes / one, all wrong", one / two, ">= 1.7", f"{one:.2f} s against {two:.2f} s")
    few, right = everyone.split(b"\n")[:200], expected()
    known = {question: parse_expr(text) for question, text in right.items()}
    ours, theirs, barely = best(
        lambda: graded(everyone), lambda: parsed(few, right), lambda: barely_parsed(few, known), rounds=4
    )
    each = f"{ours / 20_000 * 1e3:.4f} ms a submission"
    yield Measure(
        "SymPy, both texts parsed and simplified / grade, all right",
        100 * theirs / ours,
        ">= 100",
        f"{theirs / 0.2:.2f} against {each}",
    )
    yield Measure(
        "SymPy, the least that it can do / grade, all right",
        100 * barely / ours,
        ">= 100",
        f"{barely / 0.2:.2f} against {each}",
    )
    yield from from_an_archive()
    yield from memory()


def every_format() -> Iterator[Measure]:
    """Submissions of ten wrong answers each that one core marks in a second, into every format. Nothing is removed in
    between: for a minute, a file system without a journal looks at each removed file whenever it creates one."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("mistakes", "numbers"):
            data = "\n".join(lines(2_000, kind)).encode()
            for name in WRITTEN:
                seconds = min(_seconds_of(folder, data, name) for _ in range(3))
                title = f"grade, all wrong ({kind}) as {name}, a second"
                yield Measure(title, 2_000 / seconds, ">= 1000", f"{seconds:.2f} s")


def _seconds_of(folder: str, data: bytes, name: str) -> float:
    """The processor time of `grade`."""
    gc.collect()
    start = time.process_time()
    graded_into(folder, data, name=name)
    return time.process_time() - start


def expected() -> dict[tuple[str, str], str]:
    """What is right for each question of relu, as text."""
    checker = Checker(variant(find("relu"), None))
    asked = [question for stage in ("forward", "backward") for question in checker.sheets[stage].asked]
    return {(question.stage, question.target): repr(round(checker.key.number(question), 9)) for question in asked}


def parsed(some: list[bytes], right: dict[tuple[str, str], str]) -> None:
    """Answers parsed as by checkers that compare two texts with SymPy: both parsed, with implicit multiplication
    (students write 2x), and right if `simplify(a - b) == 0`."""
    for target, text, expected in _texts(some, right):
        difference = parse_expr(text, transformations=_TRANSFORMATIONS) - parse_expr(
            expected, transformations=_TRANSFORMATIONS
        )
        assert simplify(difference) == 0, target


def barely_parsed(some: list[bytes], right: dict[tuple[str, str], sympy.Expr]) -> None:
    """The same with the least work possible in SymPy: the right answers are parsed beforehand, no implicit
    multiplication, `.equals()`."""
    for target, text, expected in _texts(some, right):
        assert parse_expr(text).equals(expected), target


def _texts(some: list[bytes], right: Mapping[tuple[str, str], Any]) -> Iterator[tuple[str, str, Any]]:
    for line in some:
        data = json.loads(line, parse_float=str, parse_int=str)
        for stage in ("forward", "backward"):
            yield from ((target, text, right[stage, target]) for target, text in data[stage].items())


def from_an_archive() -> Iterator[Measure]:
    """300 students, each with numbers of their own, and three exercises: from Canvas's archive to its gradebook."""
    students = [one._replace(number=f"{66_000_000 + number}", canvas_id=f"{20_000 + number}", last=f"Student{number}")
                for number in range(300) for one in people()[number % 60 : number % 60 + 1]]  # fmt: skip
    entries: dict[str, bytes] = {}
    for place, id_ in enumerate(("relu", "simple", "sigmoid")):
        exercise = find(id_)
        for student in students:
            own = variant(exercise, seed_of(id_, student.number, "ml"))
            rng = Random(student.number + id_)
            answers = {
                node: f"{own.solution.gradient(node) * rng.choice((1, 1, 1, -1)):.4g}" for node in own.graph.names
            }
            text = json.dumps({"exercise": id_, "backward": answers})
            entries[f"{in_canvas(student)}_{student.canvas_id}_{place + 1}_{id_}.json"] = text.encode()
    with tempfile.TemporaryDirectory() as folder:
        write = Path(folder)
        (write / "s.zip").write_bytes(zipped(entries))
        (write / "grades.csv").write_text(canvas_grades(students), encoding="utf-8", newline="")
        command = [
            sys.executable,
            "-m",
            "backprop_tutor",
            "grade",
            "s.zip",
            "--layout",
            "canvas",
            "--roster",
            "grades.csv",
        ]
        command += ["--seed-from", "student", "--salt", "ml", "-o", "filled.csv", "--jobs", "2"]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        spent = time.perf_counter() - start
        assert "300 grades filled in" in done.stderr, done.stderr
    yield Measure("grade, 300 students x 3 exercises, zip to gradebook, s", spent, "<= 20", f"{spent:.1f} s")


def memory() -> Iterator[Measure]:
    """Peak memory of the parent process with 1,000 submissions, and with a million (50,000 in the bounded form)."""
    peaks, spent, most = [], 0.0, 1_000_000 if FULL else 50_000
    for count in (1_000, most):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "class.jsonl"
            with source.open("w") as stream:
                stream.writelines(f"{line}\n" for line in lines(count, "right"))
            start = time.perf_counter()
            command = [sys.executable, "-c", _SCRIPT, "grade", str(source), "-o", f"{folder}/grades.csv", "--jobs", "1"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            spent = time.perf_counter() - start
            peaks.append(int(done.stderr.split()[-1]))
    detail = f"{peaks[0]} MB against {peaks[1]} MB for {most:,} in {spent:.1f} s"
    yield Measure("grade, peak memory of many / of 1,000", peaks[1] / peaks[0], "<= 1.1", detail)
