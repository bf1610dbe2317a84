"""A gate of arrays is one row of a table: a new row works everywhere at once."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import backprop_tutor
from backprop_tutor.authoring.validate import report_on
from backprop_tutor.course.load import load
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.array_gates import ARRAY_GATES, ArrayGate
from backprop_tutor.engine.array_language import value_of
from backprop_tutor.engine.arrays import shape_of
from backprop_tutor.engine.compile import speaks_of_arrays
from backprop_tutor.engine.gate import COMMON, USUAL, VALUE, Wrong
from backprop_tutor.engine.gates import GATES
from backprop_tutor.tutor.array_derivation import arrays_of
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import submission_of
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.stages.arrays import typed
from tests.cli.running import tutor
from tests.engine.test_arrays import check_differences, check_pulls, check_unfolded, circuit

ROWS = (
    ArrayGate(
        "gram", "x.T @ x", ("x @ (up + up.T)",), "gram(x)", "multiplies x by the upstream gradient and its transpose",
        wrong=(Wrong("forgot-transpose", "x @ up", COMMON), Wrong("entrywise-product", "x * x", USUAL, VALUE)),
        meets=("each entry of {a} meets its whole row",),
    ),
    ArrayGate(
        "ridge", "c*sum(x^2)", ("2*c*x*up",), "ridge(x, c)", "multiplies by twice its constant times the input",
        wrong=(Wrong("mean-forgotten", "up", COMMON),), meets=("each entry meets the one sum",),
    ),
    ArrayGate(
        "project", "a @ (a.T @ b)", ("up @ (a.T @ b).T + b @ (up.T @ a)", "a @ (a.T @ up)"), "project(a, b)",
        "gives b what it is itself for the upstream gradient",
        wrong=(Wrong("forgot-transpose", "a @ (a.T @ b)", COMMON, 1),),
        meets=("each entry of {a} meets all of {b}", "each entry of {b} meets all of {a}"),
    ),
)  # fmt: skip
EACH = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
X, Y = [[0.6, -1.2], [1.5, 0.4], [-0.7, 0.9]], [[1.1], [-0.4], [0.8]]


@pytest.fixture(autouse=True)
def _in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in ROWS:
        monkeypatch.setitem(ARRAY_GATES, row.name, row)


def call(row: ArrayGate) -> str:
    return row.written(["X", "Y"][: row.arity], 0.5 if row.has_constant else None)


def exercise(folder: Path, row: ArrayGate) -> str:
    inputs = f"X: {X}"
    inputs += f", Y: {Y}" if row.arity == 2 else ""
    path = folder / "mine.yaml"
    graph = f"title: T\ngraph: |\n  q = {call(row)}\n  f = sum(q^2)\ninputs: {{{inputs}}}\n"
    path.write_text(f"{graph}stages: [shape, forward, backward]\nupstream: 0.3\n", encoding="utf-8")
    return str(path)


@EACH
def test_it_is_read_computed_and_differentiated_and_has_a_circuit_behind_it(row: ArrayGate) -> None:
    one = circuit(f"q = {call(row)}; f = sum(q^3)", **{"X": X, "Y": Y} if row.arity == 2 else {"X": X})
    check_differences(one)
    check_unfolded(one)
    check_pulls(one.solve())
    assert one.graph.node("q").gate is row
    assert speaks_of_arrays(one.text.split(";")[0])
    assert shape_of(one.solve().array("q")) == one.graph.shape("q")


@EACH
def test_it_is_explained_validated_and_drawn(row: ArrayGate, tmp_path: Path) -> None:
    path = exercise(tmp_path, row)
    found = report_on(Path(path))
    assert not found.errors  # finite differences agree, and its own solution gets full marks in every stage
    assert found.proved
    for options in ([], ["--open", "q"], ["--all"]):
        explained = tutor("explain", path, *options)
        assert (explained.status, explained.err) == (0, "")
        assert row.name in explained.out
    picture = tmp_path / "mine.svg"
    assert tutor("draw", path, "-o", str(picture)).status == 0
    assert row.name in "".join(ElementTree.parse(picture).getroot().itertext())  # noqa: S314  our own text
    assert row.does.casefold() in " ".join(tutor("patterns", row.name).out.split()).casefold()


@EACH
def test_it_is_practised_and_marked_and_its_wrong_rules_are_found(row: ArrayGate, tmp_path: Path) -> None:
    path = exercise(tmp_path, row)
    practised = tutor("practice", path, stdin="hint\nhint\nhint\nhint\n1\n1\n1\n")
    assert practised.status == 1
    assert "should not happen" not in practised.out + practised.err
    checker = Checker(variant(load(Path(path)), None))
    solution = arrays_of(checker.key.solution)
    where = ("X", "Y")[row.arity - 1]
    wrong = next(one for one in row.wrong if one.slot != VALUE)
    names = dict(zip(row.slots, (X, Y), strict=False))
    given = {"up": solution.slope("q"), "right": solution.slope(where), "c": 0.5, **names}
    answers = {"backward": {where: typed(value_of(wrong.rule, given))}}
    (verdict,) = [one for one in checker.check(submission_of(answers)).verdicts if one.target == where]
    assert verdict.outcome is Outcome.WRONG
    assert wrong.id in verdict.diagnoses


def test_a_formula_that_a_student_types_may_call_it(tmp_path: Path) -> None:
    checker = Checker(variant(load(Path(exercise(tmp_path, ROWS[0]))), None))
    marks = checker.check(submission_of({"forward": {"q": "gram(X)"}, "backward": {"X": "2*X @ dq"}})).verdicts
    assert [one.outcome for one in marks if one.answer is not None] == [Outcome.RIGHT, Outcome.RIGHT]


def test_no_second_list_names_the_gates() -> None:
    """Any other table with four or more of them holds words that a student may write, or an author's."""
    names, found = {*GATES, *ARRAY_GATES}, set()
    root = Path(backprop_tutor.__file__).parent
    quoted = re.compile(rf'"(?:{"|".join(names)})"')
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if len(quoted.findall(text)) > 3 else ():
            parts = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
            if sum(isinstance(part, ast.Constant) and part.value in names for part in parts) > 3:
                found.add(path.relative_to(root).as_posix())
    assert found == {
        "engine/array_functions.py",  # what formulas may call, of which the gates of arrays are made
        "engine/array_notation.py",  # how NumPy writes some of it
        "engine/gates.py",  # what to write instead of other words
        "authoring/circuits.py",  # in which order random circuits get harder
    }
