"""Every fault of a file is reported at its place; sound files are verified; a wrong engine is caught; hostile files are
survived."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from random import Random

import pytest

from backprop_tutor.authoring.proofs import doubts
from backprop_tutor.authoring.report import Report
from backprop_tutor.authoring.validate import files, report_on, reports
from backprop_tutor.course.catalogue import find, paths
from backprop_tutor.course.values import STAGES
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.passes import Solution, solve
from backprop_tutor.text import columns
from tests.authoring.faulty import FAULTY
from tests.benchmarks.validating import KINDS as BENCHED
from tests.benchmarks.validating import exercise_text
from tests.cli.running import tutor
from tests.full import times
from tests.strategies import random_circuit


def report(folder: Path, text: str) -> Report:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return report_on(path)


def one_gate(kind: str) -> str:
    """An exercise with this kind of gate after a product."""
    gate = GATES[kind]
    call = gate.written(["q", "y"][: gate.arity], 2.0 if gate.has_constant else None)
    return f"title: T\ngraph: |\n  q = x*y\n  f = {call}\ninputs: {{x: 0.7, y: 0.4}}\n"


@pytest.mark.parametrize("what", FAULTY)
def test_each_fault_is_told_at_its_place(tmp_path: Path, what: str) -> None:
    faulty = FAULTY[what]
    found = report(tmp_path, faulty.text)
    told = {
        (finding.line, finding.column): finding
        for finding in getattr(found, faulty.kind)
        if faulty.message in finding.message
    }
    assert (faulty.line, faulty.column) in told, found
    line, caret = told[faulty.line, faulty.column].excerpt.split("\n")
    assert line == faulty.text.split("\n")[faulty.line - 1].replace("\t", " ")
    assert caret.index("^") == faulty.column - 1
    assert faulty.kind == "errors" or not found.errors


@pytest.mark.parametrize("names", range(1, 30))
@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_carets_are_seen_at_every_width(tmp_path: Path, names: int, width: int) -> None:
    inputs = ", ".join(f"x{number}: {'1' if number < names else 'é漢z'}" for number in range(1, names + 1))
    text = f"title: T\ngraph: f = {' + '.join(f'x{number}' for number in range(1, names + 1))}\ninputs: {{{inputs}}}\n"
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    ran = tutor("validate", str(tmp_path / "mine.yaml"), env={"COLUMNS": str(width)})
    line, carets = ran.out.split("\n\n")[0].split("\n")[-2:]
    assert columns(line) <= width
    before = carets[: carets.index("^")]
    start = next(number for number in range(len(line)) if columns(line[:number]) == len(before))
    assert line[start:].startswith("é漢z")


def test_several_faults_are_told_at_once(tmp_path: Path) -> None:
    text = "titel: T\ngraph: |\n  q = sine(x)\n  f = q*z\ninputs: {x: one}\nstages: [backwards]\nlevel: 9\n"
    assert {finding.line for finding in report(tmp_path, text).errors} == {1, 3, 4, 5, 6, 7}


@pytest.mark.parametrize("exercise", sorted(paths()))
def test_every_shipped_exercise_is_sound(exercise: str) -> None:
    found = report_on(paths()[exercise])
    assert (found.errors, found.warnings) == ((), ())
    if any(isinstance(size, str) for shape in find(exercise).graph.shapes for size in shape):
        # Letters stand for any size: nothing is drawn, and there is one solution.
        assert (found.proved, found.seeds) == (1, None)
        return
    assert found.proved == 5
    assert found.seeds is not None
    assert found.seeds.usable >= 50
    assert found.variety is not None
    assert found.variety.different >= 100


@pytest.mark.parametrize("stage", STAGES)
def test_our_own_solution_gets_full_marks_in_every_stage(tmp_path: Path, stage: str) -> None:
    if stage in ("delta", "update"):
        pytest.skip("asks for keys of its own")
    for kind in GATES:
        found = report(tmp_path, one_gate(kind) + f"upstream: 0.5\nstages: [{stage}]\n")
        assert (found.errors, found.proved) == ((), 1), kind


@pytest.mark.parametrize("kind", sorted(GATES))
def test_a_gate_that_differentiates_wrongly_is_caught(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = GATES[kind]
    right = gate.differentiate
    monkeypatch.setitem(
        gate.__dict__,
        "differentiate",
        lambda v, i, c, out: tuple(1.001 * slope + 1e-4 for slope in right(v, i, c, out)),
    )
    found = report(tmp_path, one_gate(kind))
    assert any("finite differences give" in error.message for error in found.errors)
    assert found.proved == 0


def test_a_fork_that_does_not_add_is_caught() -> None:
    circuit = next(c for c in (random_circuit(Random(seed), 8, separated=True) for seed in range(50)) if c.graph.forks)
    true = solve(circuit.graph, circuit.at)
    fork = circuit.graph.index[circuit.graph.forks[0]]
    gradients = [2 * slope + 0.1 if node == fork else slope for node, slope in enumerate(true.gradients)]
    wrong = Solution(true.graph, true.upstream, true.values, gradients, true.locals)
    assert [doubt.node for doubt in doubts(wrong)] == [circuit.graph.forks[0]]


def test_right_gradients_are_never_doubted() -> None:
    for seed in range(times(20, 5_000)):
        circuit = random_circuit(Random(seed), 1 + seed % 15, separated=True)
        assert list(doubts(solve(circuit.graph, circuit.at, 0.7))) == [], seed


LONG = times(5_000, 10_000)
HOSTILE: dict[str, bytes] = {
    "billion laughs": b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(9)),
    "an object": b"title: !!python/object/apply:os.system ['echo']\ngraph: f = x*2\ninputs: {x: 1}\n",
    "100 MB": b"title: " + b"x" * 100_000_000,
    "deep nesting": b"[" * 100_000,
    "deep parentheses": b"title: T\ninputs: {x: 1}\ngraph: f = " + b"(" * 9 * LONG,
    "NUL": b"title: \0",
    "UTF-16": "title: T\ngraph: f = x*2\n".encode("utf-16"),
    "no text": bytes(range(256)) * 50,
    "nothing": b"",
    "a tower": b"title: T\ninputs: {x: 1}\ngraph: f = x + 9**9**9**9\n",
    "many unknown names": b"title: T\ngraph: |\n" + b"".join(b"  a%d = zz%d+1\n" % (n, n) for n in range(LONG // 2))
    + b"inputs: {" + b", ".join(b"zy%d: 1" % n for n in range(LONG // 10)) + b"}\n",
    "many lines that are none": b"title: T\ninputs: {x: 1}\ngraph: |\n" + b"  a\n" * 4 * LONG,
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_told_in_bounded_time(tmp_path: Path, what: str) -> None:
    path = tmp_path / "evil.yaml"
    path.write_bytes(HOSTILE[what])
    found = report_on(path)
    assert 0 < len(found.errors) <= 102
    assert not any("should not happen" in error.message for error in found.errors)


def test_ranges_of_many_numbers_cost_nothing(tmp_path: Path) -> None:
    names = [f"x{n}" for n in range(20)]
    lines = "".join(f"  {name}: {{from: 1, to: 99999}}\n" for name in names)
    assert report(tmp_path, f"title: T\ngraph: f = {'+'.join(names)}\ninputs:\n{lines}").gates == 19


def test_what_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backprop_tutor.authoring.validate.LONGEST", 0.05)
    monkeypatch.setattr("backprop_tutor.authoring.validate.read_file", lambda path: all(True for _ in count()))
    assert "took more than 0.05 seconds" in report(tmp_path, "").errors[0].message


def test_a_fifo_a_loop_and_a_folder_are_told(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    os.mkfifo(tmp_path / "fifo.yaml")
    (tmp_path / "folder.yaml").mkdir()
    assert all(len(report_on(path).errors) == 1 for path in tmp_path.iterdir())


ENTROPY = """title: T
graph: |
  p = sigmoid(w*x + b)
  L = -(y*log(p) + (1 - y)*log(1 - p))
inputs:
  w: {value: 0.5, from: -1, to: 1, step: 0.1}
  x: {value: -1.5, from: -2, to: 2, step: 0.1}
  b: {value: 0.3, from: -1, to: 1, step: 0.1}
  y: {value: %d, choose: [0, 1]}
"""


@pytest.mark.parametrize("label", [0, 1])
def test_a_label_of_0_or_1_is_no_fault_of_the_numbers(tmp_path: Path, label: int) -> None:
    text = ENTROPY % label
    assert report(tmp_path, text).warnings
    (tmp_path / "mine.yaml").write_text(f"{text}given: [x, y]\nstages: [forward, backward]\n", encoding="utf-8")
    assert tutor("validate", str(tmp_path / "mine.yaml"), "--strict").status == 0


def test_what_is_accepted_is_warned_of_no_more(tmp_path: Path) -> None:
    text = "title: T\ngraph: f = x*y\ninputs: {x: 2, y: 2}\nupstream: 3\n"
    found = report(tmp_path, text)
    assert "swapped-inputs" in found.warnings[0].message
    ids = {id_ for one in found.collisions for id_ in one.mistakes}
    accepting = report(tmp_path, f"{text}accept: [{', '.join(sorted(ids))}]\n")
    assert (accepting.errors, accepting.warnings, accepting.collisions) == ((), (), ())


def test_what_a_class_gets_is_counted(tmp_path: Path) -> None:
    inputs = "{x: {from: 2, to: 31}, y: {choose: [3, -4]}}"
    found = report(tmp_path, f"title: T\ngraph: |\n  q = relu(y)\n  f = x*q + x\ninputs: {inputs}\n")
    assert found.variety is not None
    students, different, vanishing, dead = found.variety
    assert students == 300
    assert 50 < different <= 60
    assert 120 < dead == vanishing < 180
    (warning,) = [one.message for one in found.warnings if "flows back" in one.message]
    assert f"through q for {dead} of 300 students, who have less to do. A condition in where, such as y > 0," in warning
    ran = tutor("validate", str(tmp_path / "mine.yaml"))
    assert f"300 students get {different} different variants. In {vanishing} of the 300 the gradient" in ran.out


@pytest.mark.parametrize("seed", range(times(6, 200)))
def test_quick_looks_find_what_slow_ones_do(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers of a class computed at once, and mistakes recognised by equal numbers."""
    circuit = random_circuit(Random(seed), 8, BENCHED if seed % 2 else list(GATES))
    (tmp_path / "mine.yaml").write_text(exercise_text(circuit, seed), encoding="utf-8")
    quick = report_on(tmp_path / "mine.yaml")
    monkeypatch.setattr("backprop_tutor.authoring.doubts._seen_at_once", lambda *_: {})
    monkeypatch.setattr("backprop_tutor.authoring.doubts._Search.exactly", lambda *_: None)
    assert report_on(tmp_path / "mine.yaml") == quick


SOUND = "title: T\ngraph: f = x*y\ninputs: {x: 2, y: -3}\nupstream: 4\n"


def test_a_folder_may_hold_other_yaml(tmp_path: Path) -> None:
    others = {
        "answers.yaml": "graph: f = x*y\nbackward: {x: 1}\n",
        "ci.yml": "on: [push]\njobs: {}\n---\nmore: 1\n",
        "list.yml": "- 1\n- 2\n",
    }
    broken = {"broken.yaml": "title: T\n  graph: f\n", "mine.yaml": SOUND}
    for name, text in {**others, **broken}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    ran = tutor("validate", str(tmp_path), env={"COLUMNS": "200"})
    assert ran.status == 1
    assert "2 files, 1 error" in ran.out
    (said,) = ran.err.split("skipped: ")[1:]
    assert "answers.yaml (answers)" in said
    assert "ci.yml (not an exercise)" in said
    assert "broken" not in said
    (tmp_path / "broken.yaml").unlink()
    assert tutor("validate", str(tmp_path), "--strict", "--format", "json").status == 0
    assert tutor("validate", str(tmp_path / "list.yml")).status == 1
    assert "This file contains answers, not an exercise." in report_on(tmp_path / "answers.yaml").errors[0].message


def test_two_exercises_of_one_id_are_told(tmp_path: Path) -> None:
    (tmp_path / "week").mkdir()
    for name in ("mine.yaml", "week/mine.yaml", "relu.yaml"):
        (tmp_path / name).write_text(SOUND, encoding="utf-8")
    found = {Path(one.file).relative_to(tmp_path).as_posix(): one.warnings for one in reports(files([tmp_path]))}
    assert found["mine.yaml"] == ()
    assert "mine is also the id of" in found["week/mine.yaml"][0].message
    assert "relu is also the id of a built-in exercise" in found["relu.yaml"][0].message
    ran = tutor("validate", *(str(tmp_path / path) for path in ("mine.yaml", "./mine.yaml", "week/../mine.yaml")))
    assert (ran.status, "is also the id of" in ran.out, "Rename" in ran.out) == (0, False, False)
    assert ran.out.count("mine.yaml ") == 2  # by its two paths


TRAINED = """title: T
graph: |
  X3 = w13*x1 - t3
  y3 = sigmoid(X3)
  e3 = yd3 - y3
  L = {loss}
inputs: {{w13: 0.6, x1: 1.3, t3: 0.2, yd3: 1}}
neurons: {{y3: X3}}
update: {{rate: {rate}, nodes: [w13, t3]}}
stages: [delta, update]
"""


@pytest.mark.parametrize(
    ("loss", "rate", "warned"),
    [("0.5*e3**2", 0.5, True), ("0.5*e3**2", 0.2, False), ("e3**2", 2, True), ("e3**2", 0.5, False)],
)
def test_a_rate_that_makes_two_mistakes_one_new_weight_is_warned_of(
    tmp_path: Path, loss: str, rate: float, warned: bool
) -> None:
    found = report(tmp_path, TRAINED.format(loss=loss, rate=rate))
    told = [warning for warning in found.warnings if "the same new weight" in warning.message]
    assert bool(told) is warned
    for warning in told:
        assert "forgot-rate and factor-of-two give the same new weight (w13 and t3)" in warning.message
        assert (warning.line, warning.column) == (9, 10)
