"""A stage is one file and one word in a list; nothing else knows the stages by name."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import backprop_tutor
from backprop_tutor.course.catalogue import find
from backprop_tutor.course.values import STAGE_WORDS
from backprop_tutor.course.values import STAGES as WORDS
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.stages import questions, stage_questions, stages_of
from backprop_tutor.tutor.stages.stage import OfCircuit, Stage
from tests.shipped import numbers

PACKAGE = Path(backprop_tutor.__file__).parent
STAGES = [stage for word in WORDS for stage in stages_of(word)]
NAMES = {*STAGE_WORDS, *(stage.name for stage in STAGES)} - {"shape"}  # which is a key of arrays' inputs too

SENSITIVITY = '''"""The stage `sensitivity`: by how much the output changes when an input grows by one percent."""

from __future__ import annotations

from backprop_tutor.tutor.stages.stage import Explained, OfCircuit, Question


class Sensitivity(OfCircuit):
    """x * dL/dx / 100 of each input."""

    name = word = "sensitivity"

    def questions(self, exercise, graph):
        return [Question(self, name, f"1 % of {name}", name, (name,)) for name in graph.input_names]

    def ask(self, question, exercise, solution):
        return f"How much does {exercise.loss} change when {question.node} grows by 1 %?"

    def expected(self, question, key, at=None):
        solution = at or key.solution
        return solution.value(question.node) * solution.gradient(question.node) / 100

    def by_hand(self, question, key):
        return ()

    def is_flat(self, question, attempt):
        return False

    def follows(self, question, attempt):
        return iter(())

    def sources(self, question, attempt):
        return iter(())

    def spot(self, question, key):
        return key.edits.number_spot(question)

    def explain(self, question, exercise, solution):
        value, gradient = solution.value(question.node), solution.gradient(question.node)
        return Explained(
            needed="Take the gradient first.",
            hints=("a gradient says how much the output changes for each unit of the input.",),
            worked=lambda: f"{question.symbol} = 0.01 * {value} * {gradient} = {value * gradient / 100}",
            right="a percent of the input times its gradient.",
        )


STAGES = (Sensitivity(),)
'''
EXERCISE = """title: How much a percent matters
graph: f = x*y
inputs: {x: 2, y: -3}
upstream: 50
stages: [sensitivity]
"""


TOTALS = '''"""The stage `totals` of arrays: what the entries of a gradient add up to."""

from __future__ import annotations

from backprop_tutor.engine.arrays import entries
from backprop_tutor.tutor.array_derivation import arrays_of, named_gates
from backprop_tutor.tutor.stages.arrays import ArrayStage
from backprop_tutor.tutor.stages.stage import Explained, Question


class Totals(ArrayStage):
    """The sum of each gradient."""

    name = word = "totals"
    asks_for = "a total"
    shapes_first = True

    def questions(self, exercise, graph):
        return [Question(self, name, f"total of d{name}", name, (name,)) for name in named_gates(graph)]

    def shape(self, question, graph):
        return (1, 1)

    def ask(self, question, exercise, solution):
        return f"What do the entries of d{question.node} add up to?"

    def right(self, question, exercise, solution):
        return [[sum(entries(solution.slope(question.node)))]]

    def explain(self, question, exercise, solution):
        total = self.right(question, exercise, arrays_of(solution))[0][0]
        return Explained(
            needed="Add up.", hints=("the gradient comes first.",), worked=lambda: f"it is {total:g}", right="added up."
        )


STAGES = (Totals(),)
'''
ARRAYS = """title: Totals
graph: |
  q = W @ x
  f = sum(q^2)
inputs: {W: [[1, 2], [3, -1]], x: [2, 0.5]}
stages: [totals]
"""
_RUN = """
import sys
from backprop_tutor.cli.main import run
for line in sys.argv[1:]:
    try:
        run(line.split())
    except SystemExit as end:
        print(f"ended with {end.code}", flush=True)
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with two more files, and two more words in their list."""
    root = tmp_path_factory.mktemp("house")
    shutil.copytree(PACKAGE, root / "backprop_tutor", ignore=shutil.ignore_patterns("__pycache__"))
    exercises = PACKAGE / "exercises" if (PACKAGE / "exercises").is_dir() else PACKAGE.parent / "exercises"
    shutil.copytree(exercises, root / "exercises")
    (root / "backprop_tutor/tutor/stages/sensitivity.py").write_text(SENSITIVITY, encoding="utf-8")
    keys = root / "backprop_tutor/course/values.py"
    text = keys.read_text(encoding="utf-8")
    row = '        StageWord("symbolic", of_numbers=True),\n'
    assert text.count(row) == 1
    of_arrays = '        StageWord("totals", of_arrays=True),\n'
    keys.write_text(text.replace(row, row + row.replace("symbolic", "sensitivity") + of_arrays), encoding="utf-8")
    (root / "backprop_tutor/tutor/stages/totals.py").write_text(TOTALS, encoding="utf-8")
    (root / "arrays.yaml").write_text(ARRAYS, encoding="utf-8")
    (root / "mine.yaml").write_text(EXERCISE, encoding="utf-8")
    return root


def ran(house: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "backprop_tutor", *arguments]
    return subprocess.run(command, cwd=house, input=typed, text=True, capture_output=True, check=False)


def test_a_new_stage_is_practised(house: Path) -> None:
    done = ran(house, "practice", "./mine.yaml", "--no-record", typed="-3\n-3.00\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 % of x: Right: a percent of the input times its gradient." in done.stdout
    wrong = ran(house, "practice", "./mine.yaml", "--no-record", typed="3\n-150\n")
    assert "1 % of x: Not right." in wrong.stdout  # the gradient is no answer to it
    assert "= 0.01 * 2.0 * -150.0 = -3.0" in wrong.stdout
    assert "1 % of y: Not right." in wrong.stdout


def test_a_new_stage_is_checked(house: Path) -> None:
    done = ran(house, "check", "./mine.yaml", "-", "--format", "json", typed="sensitivity: {x: 3, y: -3}\n")
    result = json.loads(done.stdout)
    assert (result["score"], result["max_score"]) == (1, 2)
    assert [(one["stage"], one["target"], one["verdict"]) for one in result["verdicts"]] == [
        ("sensitivity", "x", "wrong"),
        ("sensitivity", "y", "right"),
    ]


def test_a_new_stage_has_a_template_that_gets_full_marks(house: Path) -> None:
    template = ran(house, "check", "./mine.yaml", "--template").stdout
    assert 'sensitivity:\n  x:\n  "y":\n' in template
    filled = template.replace("  x:\n", "  x: -3\n").replace('  "y":\n', "  y: -3\n")
    assert ran(house, "check", "./mine.yaml", "-", typed=filled).stdout.endswith("2 of 2\n")


def test_a_new_stage_gives_its_hints(house: Path) -> None:
    hints = (
        "from backprop_tutor.course.catalogue import find\n"
        "from backprop_tutor.course.variants import variant\n"
        "from backprop_tutor.tutor.session import Session\n"
        "session = Session(variant(find('./mine.yaml'), None))\n"
        "print(session.hint().message, session.hint().message, session.hint().message, sep='|')\n"
    )
    done = subprocess.run([sys.executable, "-c", hints], cwd=house, text=True, capture_output=True, check=True)
    first, second, third = done.stdout.split("|")
    assert (first[:23], "= -3.0" in second, "last hint" in third) == ("hint 1 of 2: a gradient", True, True)


def test_a_new_stage_is_validated_and_graded(house: Path) -> None:
    done = ran(house, "validate", "./mine.yaml", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["files"][0]["errors"]) == (0, [])
    typed = '{"student": "1", "sensitivity": {"x": "-3", "y": "9"}}\n'
    graded = ran(house, "grade", "-", "--exercise", "./mine.yaml", "--format", "csv", typed=typed)
    assert graded.stdout.splitlines()[1].startswith("1,mine,,1,2,right,wrong")


def test_a_new_stage_of_arrays_is_practised_checked_and_validated(house: Path) -> None:
    (house / "totals.yaml").write_text("totals: {q: 17, f: 2}\n", encoding="utf-8")
    lines = ["check ./arrays.yaml totals.yaml", "check ./arrays.yaml --template", "validate ./arrays.yaml"]
    command = [sys.executable, "-c", _RUN, *lines, "practice ./arrays.yaml --no-record"]
    done = subprocess.run(command, cwd=house, input="2\n1\n", text=True, capture_output=True, check=False)
    assert done.stderr == ""
    assert [line for line in done.stdout.split("\n") if line.startswith("ended")] == [
        f"ended with {code}" for code in (1, 0, 0, 1)
    ]
    for said in ("1 of 2", "totals:\n  q:", "total of df: Right: added up.", "total of dq: Not right."):
        assert said in done.stdout, said


def test_a_stage_without_one_of_its_methods_cannot_be_made() -> None:
    for method in sorted(Stage.__abstractmethods__):
        for stage in STAGES:
            lacking = type("Lacking", (type(stage),), {})
            setattr(lacking, method, getattr(Stage, method))
            lacking = type("Lacking", (lacking,), {method: getattr(Stage, method)})
            with pytest.raises(TypeError, match=method):
                lacking()
    assert OfCircuit.__abstractmethods__ < Stage.__abstractmethods__


def _compared(node: ast.AST) -> list[str]:
    """The stages that a piece of code compares something with, or uses as keys of a table."""
    parts: list[ast.expr] = []
    if isinstance(node, ast.Compare):
        parts = [node.left, *node.comparators]
    elif isinstance(node, ast.MatchValue):
        parts = [node.value]
    found = []
    for part in parts:
        literals = part.elts if isinstance(part, ast.Tuple | ast.List | ast.Set) else [part]
        values = {one.value for one in literals if isinstance(one, ast.Constant)}
        found += values & NAMES if values <= NAMES | {""} else []  # beside other words it is a key of YAML
    if isinstance(node, ast.Dict):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant) and key.value in NAMES]
        found += keys if len(keys) > 2 else []
    return found


def test_nothing_outside_of_the_stages_knows_one_by_name() -> None:
    known = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "stages" not in path.parts and any(f'"{name}"' in text for name in NAMES):
            for node in ast.walk(ast.parse(text)):
                known += [
                    f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)} {name}" for name in _compared(node)
                ]
    assert known == []


def test_every_word_of_an_exercise_is_a_stage_or_two() -> None:
    assert [word for word in WORDS if not stages_of(word)] == []
    assert {stage.word for stage in STAGES} == set(WORDS)


@pytest.mark.parametrize("id_", sorted(numbers()))
def test_every_stage_of_every_exercise_keeps_the_protocol(id_: str) -> None:
    exercise = variant(find(id_), None)
    key = AnswerKey(exercise)
    asked = [question for word in WORDS for question in stage_questions(word, exercise, exercise.graph)]
    assert {question.kind.word for question in questions(exercise)} == set(exercise.stages)
    for question in asked:
        kind = question.kind
        assert question.target in question.names
        assert question.symbol
        assert kind.ask(question, exercise, exercise.solution).endswith(("?", ".", "…"))
        if kind.name == "symbolic" and question.stage not in exercise.stages:
            continue  # SymPy takes its time
        explained = kind.explain(question, exercise, exercise.solution)
        texts = [
            explained.right,
            explained.needed,
            kind.worked_out(question, exercise, exercise.solution),
            *explained.hints,
        ]
        assert all(texts)
        assert len(texts) >= 5, "a ladder has at least two rungs"
        model = kind.model_answer(question, key)
        if kind.is_number and model is not None:
            attempt = Attempt(key)
            assert attempt.judge(question, attempt.read(question, model)).outcome is Outcome.RIGHT
            assert key.edits.of(question).place.right == pytest.approx(key.number(question))
