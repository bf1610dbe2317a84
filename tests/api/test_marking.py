"""Marks from Python are those of `check`: exactly for texts, and for numbers with the precision of float32 and
float64."""

from __future__ import annotations

import copy
import json
import math
import pickle
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy
import pytest
from ruamel.yaml import YAML

import backprop_tutor as bt
from backprop_tutor.course.catalogue import built_in
from tests.cli.running import tutor
from tests.full import times
from tests.shipped import numbers

SHIPPED = sorted(numbers())
KINK = "title: No node but the author's\ngraph: |\n  nan = x*inf\n  f = nan*true\ninputs: {x: 2, inf: 3, true: 5}"


class Tensor:
    """A number as PyTorch and JAX represent it: a shape, and `item` for one element."""

    def __init__(self, value: float, shape: tuple[int, ...] = ()) -> None:
        self.value, self.shape = value, shape

    def item(self) -> float:
        if math.prod(self.shape) != 1:
            raise RuntimeError("a Tensor with several elements cannot be converted to Scalar")
        return self.value


def key(exercise: bt.Exercise) -> dict[str, Any]:
    """The right numbers of an exercise by stage and name; the graph as text."""
    right: dict[str, Any] = {}
    for verdict in exercise.mark({}).to_dict()["verdicts"]:
        if verdict["expected"] is not None and verdict["stage"] != "symbolic":  # which asks for formulas
            right.setdefault(verdict["stage"], {})[verdict["target"]] = verdict["expected"]
    return right


def each(answers: dict[str, Any], change: Any) -> dict[str, Any]:
    """The same answers with every number changed."""
    return {name: each(one, change) if isinstance(one, dict) else change(one) for name, one in answers.items()}


def outcomes(mark: bt.Mark) -> set[str]:
    return {verdict.outcome for verdict in mark.verdicts if verdict.stage not in ("graph", "symbolic")}


@pytest.mark.parametrize("id_", Random(3).sample(SHIPPED, times(8, len(SHIPPED))))
def test_the_right_numbers_of_any_library_are_right(id_: str) -> None:
    exercise = bt.load(id_)
    right = key(exercise)
    for kind in (float, numpy.float64, numpy.float32, lambda number: numpy.array([[number]], "f"), Tensor):
        assert outcomes(exercise.mark(each(right, kind))) == {"right"}, kind
    float32 = each(right, lambda number: Tensor(float(numpy.float32(number)), (1,)))
    assert outcomes(exercise.mark(float32)) == {"right"}
    noise = Random(id_)
    computed = each(right, lambda number: number * (1 + noise.uniform(-9e-7, 9e-7)))
    assert outcomes(exercise.mark(computed)) == {"right"}


def test_a_float_that_is_off_by_more_is_wrong() -> None:
    for answer in (-1.2 * (1 + 2e-6), numpy.float32(-1.20001), -1.2002):
        (verdict,) = [one for one in bt.load("relu").mark({"w1": answer}).verdicts if one.question == "w1"]
        assert verdict.outcome == "wrong"
    assert bt.load("relu").mark({"w1": "-1.2000000476837158"}).score == 0  # nobody would write that
    assert bt.load("relu").mark({"w1": numpy.float32(-1.2)}).score == 1


def test_what_float32_leaves_of_a_sum_that_is_nothing_is_nothing() -> None:
    exercise = bt.load("title: Nothing is left\ngraph: f = a*w + b*w + c*w\ninputs: {a: 0.1, b: 0.6, c: -0.7, w: 7}")
    left = numpy.float32(0.1) + numpy.float32(0.6) - numpy.float32(0.7)
    assert left != 0
    assert exercise.mark({"w": left}).score == 1
    assert exercise.mark({"w": str(left)}).score == 0
    assert exercise.mark({"w": 1e-3}).score == 0


def test_a_new_weight_is_marked_by_its_step_in_float32_too() -> None:
    text = "title: A step\ngraph: f = w*x\ninputs: {w: 0.5, x: 3}\nstages: [update]\nupdate: {rate: %s, nodes: [w]}"
    exercise = bt.load(text % "1e-5")
    assert exercise.mark({"update": {"w": numpy.float32(0.5 - 3e-5)}}).is_right
    assert not exercise.mark({"update": {"w": numpy.float32(0.5)}})
    tiny = bt.load(text % "1e-8")  # a step that float32 cannot represent
    assert not tiny.mark({"update": {"w": numpy.float32(0.5)}})
    assert not tiny.mark({"update": {"w": 0.5}})
    assert tiny.mark({"update": {"w": 0.5 - 3e-8}})


@pytest.mark.parametrize(
    ("answer", "text", "outcome"),
    [
        (-1.2, "-1.2", "right"), ("-1.20", "-1.20", "right"), (Decimal("-1.20"), "-1.20", "right"),
        (Fraction(-6, 5), "-6/5", "right"), (numpy.float32(-1.2), "-1.2", "right"), ("x1", "x1", "right"),
        (numpy.array(-1.2), "-1.2", "right"), (Tensor(-1.2, (1, 1)), "-1.2", "right"), (-1.2 - 2e-16, "-1.2", "right"),
        (None, None, "missing"), (-1, "-1", "wrong"), (-1.0, "-1", "wrong"), (numpy.int64(2), "2", "wrong"),
        (-0.0, "0", "wrong"), (1e300, "1e+300", "wrong"), (math.nan, "nan", "unreadable"),
        (-math.inf, "-inf", "unreadable"), (numpy.float32("nan"), "nan", "unreadable"), (True, "true", "unreadable"),
        (numpy.bool_(False), "false", "unreadable"), (10**5000, "1.000e+5000", "unreadable"), ("", "", "unreadable"),
        (numpy.longdouble(-1.2), "-1.2", "right"), (numpy.str_("-1.2"), "-1.2", "right"),
        ([-1.2], "", "unreadable"), ({"a": 1}, "", "unreadable"), ((), "", "unreadable"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_an_answer_may_be(answer: object, text: str | None, outcome: str) -> None:
    question = next(one for one in bt.load("relu").questions if one.name == "w1")
    verdict = question.mark(answer)
    assert (verdict.answer, verdict.outcome) == (text, outcome)


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (numpy.zeros((2, 3)), r"has the shape \(2, 3\)"), (numpy.array([]), r"has the shape \(0,\)"),
        (Tensor(1, (4,)), r"has the shape \(4,\)"), (1j, "of the type complex"), (object(), "of the type object"),
        ({1.0}, "of the type set"), (numpy.complex64(1), "of the type complex"), (len, "of the type builtin"),
    ],
)  # fmt: skip
def test_what_it_may_not_be_is_a_type_error_that_says_where(answer: object, what: str) -> None:
    with pytest.raises(TypeError, match=rf"answers\['backward'\]\['w1'\] .*{what}"):
        bt.load("relu").mark({"backward": {"x": 1, "w1": answer}})


@pytest.mark.parametrize("answer", [[1, 2], (1, 2), [[1]], [1], {"a": 1}])
def test_a_list_where_a_number_belongs_is_unreadable_as_in_a_file(answer: object) -> None:
    mark = bt.load("relu").mark({"backward": {"x": 1, "w1": answer}})
    outcomes = {one.question: one.outcome for one in mark.verdicts if one.stage == "backward"}
    assert (outcomes["x"], outcomes["w1"]) == ("right", "unreadable")


def test_nothing_that_is_no_number_is_a_node_of_that_name() -> None:
    exercise = bt.load(KINK)
    mark = exercise.mark({"x": math.nan, "inf": math.inf, "true": True, "nan": "true"})
    assert {one.question: one.outcome for one in mark.verdicts} == {
        "nan": "right", "true": "unreadable", "x": "unreadable", "inf": "unreadable"
    }  # fmt: skip


def test_texts_are_marked_as_check_marks_them() -> None:
    rng = Random(5)
    written = ["1", "-1.2", "0.7", "w1", "x0*1", "-x1", "0.20", "(1+", "nan", "-6/5", "1,234", "0", "½", None]
    for id_ in ("relu", "forks", "xor"):
        exercise = bt.load(id_)
        questions = [one for one in exercise.questions if one.stage in ("forward", "local", "backward")]
        for _ in range(times(3, 40)):
            answers: dict[str, dict[str, object]] = {}
            for question in rng.sample(questions, min(10, len(questions))):
                answers.setdefault(question.stage, {})[question.name] = rng.choice(written)
            ran = tutor("check", id_, "-", "--format", "json", stdin=json.dumps(answers))
            assert exercise.mark(answers).to_dict() == json.loads(ran.out)


def test_numbers_are_marked_as_check_marks_them_in_json() -> None:
    rng = Random(6)
    for id_ in ("relu", "sigmoid"):
        exercise = bt.load(id_)
        names = [one.name for one in exercise.questions if one.stage == "backward"]
        for _ in range(times(4, 40)):
            answers = {"backward": {name: rng.choice([0.2, -0.53, 1, 0.39, -2, 0.1966]) for name in names}}
            ran = tutor("check", id_, "-", "--format", "json", stdin=json.dumps(answers))
            assert exercise.mark(answers).to_dict() == json.loads(ran.out)


def test_names_alone_are_gradients() -> None:
    exercise = bt.load("relu")
    assert exercise.mark({"w1": -1.2}).to_dict() == exercise.mark({"backward": {"w1": -1.2}}).to_dict()
    assert exercise.mark({}).to_dict()["score"] == 0
    own = bt.load("title: Names\ngraph: f = seed*graph\ninputs: {seed: 2, graph: 3}")
    assert own.mark({"seed": 3, "graph": 2}).is_right


def test_a_file_s_own_keys_are_read() -> None:
    exercise = bt.load("relu", seed=7)
    whole = {"exercise": "relu", "student": 65010001, "seed": 7, "backward": {"x": 1}}
    assert exercise.mark(whole).to_dict()["student"] == "65010001"
    assert exercise.mark(exercise.template()).score == 0
    filled = exercise.template().replace("  x:", f"  x: {exercise.gradients['x']}")
    assert exercise.mark(filled).score == 1


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        ({"backwards": {"x": 1}}, "backwards is not the name of a stage.* Did you mean backward?"),
        ({"backward": 3}, "a mapping"),
        ({"x": 1, "forward": {}}, "x is not the name of a stage"), ({"seed": 7, "backward": {}}, r"variant\(seed=7\)"),
        ({"exercise": "xor", "backward": {}}, "for xor, not for relu"), ("backward: [", "line 1"),
    ],
)  # fmt: skip
def test_what_is_no_set_of_answers_is_an_error(answers: Any, what: str) -> None:
    with pytest.raises(bt.TutorError, match=what):
        bt.load("relu").mark(answers)


def test_what_is_no_mapping_is_a_type_error() -> None:
    for answers in (None, [], 3, b"x: 1"):
        with pytest.raises(TypeError, match="mapping"):
            bt.load("relu").mark(answers)  # type: ignore[arg-type]


def test_a_mark_is_true_where_all_is_right() -> None:
    exercise = bt.load("relu")
    right = {**key(exercise), "graph": exercise.graph}
    mark = exercise.mark(right)
    assert (mark.score, mark.max_score, mark.of(10), mark.of(7.5)) == (15, 15, 10, 7.5)
    assert mark
    assert not exercise.mark({**right, "local": {"w0->g1": 5}})  # asked or not, it is wrong
    assert not exercise.mark({})
    assert exercise.mark({}).of(10) == 0
    nothing = bt.load("title: Nothing\ngraph: f = 2*x\ninputs: {x: 1}\nstages: [graph]").mark({})
    assert (nothing.max_score, nothing.of(10)) == (1, 0)


def test_follow_through_and_its_words_are_there() -> None:
    mark = bt.load("sigmoid").mark({"backward": {"g7": 0.53, "g6": 0.53}})
    assert {one.question: one.outcome for one in mark.verdicts if one.answer} == {"g7": "wrong", "g6": "follow-through"}
    (wrong,) = [one for one in mark.verdicts if one.outcome == "wrong"]
    assert set(wrong.mistakes) & {"reciprocal-missing-minus", "sign-flipped"}
    assert wrong.message


def test_every_question_is_marked_by_itself() -> None:
    exercise = bt.load("xor")
    assert len(exercise.questions) == exercise.mark({}).max_score
    for question in exercise.questions:
        assert question.mark(None).outcome == "missing"
        assert question.text
    (error,) = [one for one in exercise.questions if one.name == "y5.error"]
    assert error.mark(-0.5097).outcome == "right"
    drawing = bt.load("relu").questions[0]
    assert drawing.mark(bt.load("relu").graph).outcome == "right"
    with pytest.raises(bt.TutorError, match="graph must be a text"):
        drawing.mark(["g1 = w0*x0"])


def test_an_exercise_is_found_by_what_one_has(tmp_path: Path) -> None:
    path = built_in() / "3-neurons" / "relu.yaml"
    text = path.read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    found = [bt.load("relu"), bt.load(path), bt.load(str(path)), bt.load("mine", folders=[tmp_path]), bt.load(text)]
    assert [one.id for one in found] == ["relu", "relu", "relu", "mine", "circuit"]
    assert {one.graph for one in found} == {bt.load("relu").graph}
    (tmp_path / "mine.yaml").write_text(text.replace("ReLU neuron", "Another"), encoding="utf-8")
    assert bt.load("mine", folders=[tmp_path]).title == "Another"  # what was read before no longer exists
    for wrong in ("rleu", "./none.yaml", "title: x\ngraph: f = y"):
        with pytest.raises(bt.TutorError):
            bt.load(wrong)
    with pytest.raises(bt.TutorError, match="no such folder"):
        bt.load("relu", folders=[tmp_path / "none"])


def test_numbers_are_chosen_once() -> None:
    seed = bt.seed_for("relu", 65010001, "ml-2026")
    assert seed == 334191951
    mine = bt.load("relu", student="65010001", salt="ml-2026")
    assert mine.seed == bt.load("relu").variant(student=65010001, salt="ml-2026").seed == seed
    assert mine.inputs == bt.load("relu", seed=seed).inputs == bt.load("relu", seed=numpy.int64(seed)).inputs
    assert mine.variant().inputs == bt.load("relu").inputs
    json.dumps(bt.load("relu", seed=numpy.int64(7)).mark({}).to_dict())
    for wrong in ({"seed": 1, "student": "a"}, {"salt": "a"}, {"student": "  "}):
        with pytest.raises(ValueError, match=r"seed|salt|student"):
            bt.load("relu", **wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        bt.load("relu", seed=1.5)  # type: ignore[arg-type]


def test_exercises_and_marks_travel() -> None:
    exercise = bt.load("relu", seed=7)
    for again in (pickle.loads(pickle.dumps(exercise)), copy.deepcopy(exercise)):  # noqa: S301  our own
        assert (again.id, again.inputs, again.graph) == (exercise.id, exercise.inputs, exercise.graph)
        assert again.mark({"x": 1}).to_dict() == exercise.mark({"x": 1}).to_dict()
    mark = exercise.mark({"x": 1})
    assert pickle.loads(pickle.dumps(mark)).to_dict() == mark.to_dict()  # noqa: S301


def test_what_is_handed_out_is_a_copy() -> None:
    exercise = bt.load("relu")
    for own in (exercise.inputs, exercise.values, exercise.gradients, exercise.branches):
        own.clear()
    exercise.mark({}).to_dict()["verdicts"].clear()
    assert exercise.mark({"w1": exercise.branches["w1->g2"].downstream}).score == 1


def test_a_template_at_a_students_own_numbers_says_whose_it_is_and_grade_believes_it() -> None:
    own = bt.load("simple").variant(student="65010001", salt="ml-2026")
    text = pickle.loads(pickle.dumps(own)).template()  # noqa: S301  our own
    assert 'student: "65010001"' in text
    assert 'student: ""' in bt.load("simple", seed=own.seed).template()
    line = json.dumps(YAML(typ="safe").load(text))
    (row,) = bt.grade_lines([line], seed_from_student=True, salt="ml-2026")
    assert (row["student"], row["seed"], row["note"]) == ("65010001", own.seed, "")
