"""How answers may be written, with their faults; and whatever else may be typed.

The full form (`BACKPROP_TUTOR_FULL=1`) reads 100,000 hostile answers; each may take 50 ms of processor time."""

from __future__ import annotations

import math
import random
import time
import unicodedata
from collections.abc import Iterator

import pytest

from backprop_tutor.course.catalogue import ad_hoc, find
from backprop_tutor.course.variants import variant
from backprop_tutor.errors import Fault, Faults, TutorError
from backprop_tutor.text import visible
from backprop_tutor.tutor.marking import answers
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.expressions import read_answer
from backprop_tutor.tutor.marking.submission import read_submission, submission_of
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.questions import by_name
from backprop_tutor.tutor.stages import stage_questions
from tests.full import times
from tests.tutor.classroom import check, of, one

NAMES = {"w0": 0.2, "z": -4.0, "f": 0.73, "x": 2.0}
READABLE = {
    "-4": -4, "−4": -4, "- 4": -4, "+4": 4, "0.5": 0.5, ".5": 0.5, "1/2": 0.5, "5e-3": 0.005, "0.20*-3": -0.6,
    "e^-1": 0.36787944117144233,
    "exp(-1)": 0.36787944117144233, "sqrt(2)/2": 0.7071067811865476, "w0": 0.2, "z*1": -4, "(1-f)*f": 0.1971, " 3 ": 3,
    "2^3^2": 512,
    "-2^2": -4, "max(1, 2)": 2, "5.": 5, "1E3": 1000, "-6/5": -1.2, "sigmoid(0)": 0.5, "pi": 3.141592653589793,
    "((1))": 1, "--1": 1,
}  # fmt: skip
UNREADABLE = (
    "nan", "inf", "-inf", "", "   ", "1,555", "2 3", "1_000", "١٢", "1e400", "9**9**9**9", "0x10", "1.2.3", "w9",
    "x.real", "'1'",
    "__import__('os')", "lambda: 1", "1 if 1 else 2", "[1]", "1;2", "1\n2", "(", ")", "(1", "1)", "exp", "sine(1)",
    "1/0",
    "log(-1)", "sqrt(-1)", "(-2)**0.5", "\x00", "\x1b[31m1", "[bold]1[/bold]", "True", "None", "1j", "5%", "1≈",
    "0.5g", "**2", "e^",
    "max(1)", "exp(1, 2)", "½½", "²", "∞", "(" * 100_000, "-" * 200_000 + "1", "9" * 400, "1" + "+1" * 60_000,
    "exp(" * 5_000 + "1" + ")" * 5_000 + "x",
)  # fmt: skip


@pytest.mark.parametrize(("text", "value"), READABLE.items())
def test_what_the_contract_lists_is_read(text: str, value: float) -> None:
    assert read_answer(text, NAMES).value == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", UNREADABLE)
def test_the_rest_is_unreadable_and_the_caret_stands_at_the_students_own_characters(text: str) -> None:
    with pytest.raises(Fault) as caught:
        read_answer(text, NAMES)
    start, end = caught.value.span
    assert 0 <= start <= end <= max(len(text), 1)
    assert str(caught.value)


@pytest.mark.parametrize("text", UNREADABLE)
def test_an_unreadable_answer_is_told_and_scores_nothing(text: str) -> None:
    simple = of("simple")
    verdict = next(verdict for verdict in check(simple, backward={"q": text}).verdicts if verdict.target == "q")
    assert verdict.outcome is Outcome.UNREADABLE
    assert verdict.message
    assert all(character.isprintable() or character == "\n" for character in verdict.message)
    assert len(verdict.message) < 1_000


def test_in_forward_only_inputs_may_be_named() -> None:
    simple = of("simple", "forward", "backward")
    assert one(simple, "forward", "q", "x + y").outcome is Outcome.RIGHT
    assert one(simple, "forward", "f", "q*z").outcome is Outcome.UNREADABLE
    assert one(simple, "backward", "z", "q").outcome is Outcome.RIGHT


def test_names_stand_for_the_students_own_values() -> None:
    simple = of("simple", "forward", "backward")
    result = check(simple, forward={"q": "4"}, backward={"z": "q"})
    assert [verdict.outcome for verdict in result.verdicts if verdict.target == "z"] == [Outcome.FOLLOW_THROUGH]


def hostile(count: int) -> Iterator[str]:
    """Deep nesting, huge powers, long digits, dunder names, every Unicode class, control characters, markup,
    escapes."""
    rng = random.Random(2024)
    classes: dict[str, list[str]] = {}
    for code in range(0, 0x20000, 7):
        classes.setdefault(unicodedata.category(chr(code)), []).append(chr(code))
    pieces = [
        "(", ")", "**", "^", "9", "1e308", "-", "+", "*", "/", ".", ",", "e", "exp(", "log(", "max(", "w0", "x",
        "__class__", "__import__",
        "os", "'", '"', "[bold]", "[/]", "\x1b[2J", "\x07", "\r", "\n", "\u202e", "_", "0x", "nan", "inf", " ", "\t",
        ";", "=", ":", "{",
        "}", "\\", "%s", "lambda",
    ]  # fmt: skip
    for _ in range(count):
        kind = rng.randrange(5)
        if kind == 0:
            yield rng.choice(pieces) * rng.choice([1, 50, 3_000, 90_000])
        elif kind == 1:
            yield "9" + "**9" * rng.randrange(1, 2_000)
        elif kind == 2:
            yield "".join(rng.choice(classes[rng.choice(sorted(classes))]) for _ in range(rng.randrange(1, 30)))
        elif kind == 3:
            depth = rng.choice([3, 300, 20_000])
            yield rng.choice(["(", "exp(", "-(", "1+("]) * depth + "1" + ")" * rng.choice([depth, depth - 1])
        else:
            yield "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 60)))


def test_hostile_answers_neither_crash_nor_hang_nor_show_anything_raw() -> None:
    relu = of("relu")
    checker, slowest, where = Checker(relu), 0.0, ""
    for text in hostile(times(3_000, 100_000)):
        spent = math.inf
        for _ in range(3):  # the best of three, since other work on the machine must not count
            if spent > 0.05:
                start = time.process_time()
                result = checker.check(submission_of({"backward": {"w0": text}}))
                spent = min(spent, time.process_time() - start)
        if spent > slowest:
            slowest, where = spent, text[:60]
        for verdict in result.verdicts:
            assert all(character.isprintable() or character == "\n" for character in verdict.message), repr(
                verdict.message
            )
    assert slowest < 0.05, (slowest, where)
    assert visible("\x1b[2J\u202e").isprintable()


@pytest.mark.parametrize(("text", "answers"), [
    ("backward: {q: -4,0, z: 3}", {"q": "-4,0", "z": "3"}), ("backward: {z: 3, q: 1,25}", {"z": "3", "q": "1,25"}),
    ("backward: {q: 1,2,3, z: }", {"q": "1,2,3", "z": None}), ("backward: {0, q: 3}", {"0": "", "q": "3"}),
    ("backward: {q: , 5, z: 3}", {"q": None, "5": "", "z": "3"}), ("backward: {q: 1, z: }", {"q": "1", "z": None}),
])  # fmt: skip
def test_a_decimal_comma_that_yaml_takes_for_the_next_key_is_part_of_the_answer(
    text: str, answers: dict[str, str | None]
) -> None:
    assert read_submission(text).answers["backward"] == answers
    delta = "delta: {y5: {" + text.partition("{")[2] + "}"
    assert read_submission(delta).answers["delta"] == {f"y5.{name}": answer for name, answer in answers.items()}


def test_a_decimal_comma_that_yaml_takes_for_the_next_key_is_read() -> None:
    simple = of("simple")
    result = Checker(simple).check(read_submission("backward: {q: -4,0, z: 3}"))
    verdict = next(verdict for verdict in result.verdicts if verdict.target == "q")
    assert (verdict.outcome, verdict.answer) == (Outcome.RIGHT, "-4,0")
    with pytest.raises(Faults, match="Write decimals with a point"):
        read_submission("backward: {q: -4,0, z: 3,0}")


@pytest.mark.parametrize(("text", "stage", "answers"), [
    ("backward: {w1:-1.2, x0:0.2}", "backward", {"w1": "-1.2", "x0": "0.2"}),
    ("backward:{w1:-1.2 , x0: 0.2}", "backward", {"w1": "-1.2", "x0": "0.2"}),
    ("backward:\n  w1:-1.2\n  x0:0.2\n", "backward", {"w1": "-1.2", "x0": "0.2"}),
    ("student:7\nbackward:\n  w1: 3 # a slip\n  x0:0.2", "backward", {"w1": "3", "x0": "0.2"}),
    ("backward:\n  w1: - 1.2\n  x0: - 3  # minus\n", "backward", {"w1": "- 1.2", "x0": "- 3"}),
    ("backward: {w1: - 1.2, x0: |x|,\n  q: *3}", "backward", {"w1": "- 1.2", "x0": "|x|", "q": "*3"}),
    ("local:\n  \"x->q\":- y\n  y->q: ~\n  w: |x|\n", "local", {"x->q": "- y", "y->q": None, "w": "|x|"}),
    ("graph: |\n  a = x*y  # w: 3\nbackward:\n  w1: - 3\n", "backward", {"w1": "- 3"}),
    ("{exercise:relu, backward:{w1:-1}}", "backward", {"w1": "-1"}),
    ("delta: {y5:{error:-0.5, delta:-0.1}}", "delta", {"y5.error": "-0.5", "y5.delta": "-0.1"}),
    ("delta:\n  y5:\n    error:-0.5\n    delta: - 0.1\n", "delta", {"y5.error": "-0.5", "y5.delta": "- 0.1"}),
])  # fmt: skip
def test_an_answer_that_yaml_refuses_or_runs_together_is_read_as_it_is_meant(
    text: str, stage: str, answers: dict[str, str | None]
) -> None:
    submission = read_submission(text)
    assert submission.answers == {stage: answers}
    assert not submission.remarks


def test_an_answer_that_stands_there_twice_is_told_and_what_is_no_yaml_stays_none() -> None:
    assert read_submission("backward: {w1:1, w1: 2}").answers["backward"] == {"w1:1": "", "w1": "2"}
    with pytest.raises(Faults, match="Indent with spaces"):
        read_submission("backward:\n\tw1: 3")
    with pytest.raises(Faults, match="line 1, column 16"):
        read_submission("backward: {w1: - 3, x: [2, 3")


def test_a_long_file_that_is_no_yaml_is_refused_at_once() -> None:
    for text in ("{" + " " * 300_000 + "- x", "{" + ", - x" * 60_000):
        with pytest.raises(TutorError):
            read_submission(text)


@pytest.mark.parametrize("text", ["\0", "", "[1]", "\x1b"])
def test_only_a_list_or_a_mapping_is_called_one(text: str) -> None:
    relu = Checker(of("relu"))
    for given, is_list in ((text, False), ([text], True), ({"w0": text}, True)):
        (verdict,) = [v for v in relu.check(submission_of({"backward": {"w0": given}})).verdicts if v.target == "w0"]
        assert verdict.outcome is Outcome.UNREADABLE
        assert ("not a list or a mapping" in verdict.message) == is_list


SPELLINGS = [
    ("relu", "backward", "{source} -> {gate}"), ("relu", "backward", "{source}→{gate}"),
    ("relu", "backward", "{source} → {gate}"), ("relu", "backward", "{source}=>{gate}"),
    ("relu", "local", "{source}→{gate}"), ("relu", "local", "∂{gate}/∂{source}"),
    ("relu", "local", "d{gate}/d{source}"),
]  # fmt: skip


@pytest.mark.parametrize(("id_", "stage", "pattern"), SPELLINGS)
def test_a_branch_is_found_however_its_name_is_spelled(id_: str, stage: str, pattern: str) -> None:
    exercise = variant(find(id_), None)
    checker = Checker(exercise)
    for question in checker.sheets[stage].asked:
        if question.branch is not None:
            name = pattern.format(source=question.branch.source, gate=question.branch.gate)
            answer = repr(checker.key.number(question))
            (found,) = [v for v in checker.check(submission_of({stage: {name: answer}})).verdicts if v.target == name]
            assert (found.outcome, found.asked) == (Outcome.RIGHT, question.target)


@pytest.mark.parametrize(("id_", "stage", "names"), [
    ("relu", "backward", {"∂L/∂w1": "w1", "dL/dw1": "w1", "dw1": "w1",
                          "∂L / ∂w_1": "w1", r"\partial L/\partial w_{1}": "w1"}),
    ("xor", "delta", {"e5": "y5.error", "δ5": "y5.delta", "delta5": "y5.delta", "δ_3": "y3.delta"}),
    ("xor", "update", {"new w35": "w35"}), ("simple", "symbolic", {"∂f/∂x": "x", "df/dx": "x"}),
    ("simple", "forward", {" q ": "q"}),
])  # fmt: skip
def test_a_gradient_is_found_by_its_symbol(id_: str, stage: str, names: dict[str, str]) -> None:
    exercise = variant(find(id_), None)
    asked = by_name(stage_questions(stage, exercise, exercise.graph))
    for name, target in names.items():
        found = asked.find(name)
        assert found is not None, name
        assert found.target == target
    for stranger in ("∂J/∂w1", "dL/dnothing", "w99", "", "→"):
        assert asked.find(stranger) is None


def test_a_node_of_that_name_comes_before_the_symbol_and_what_is_ambiguous_is_nobody() -> None:
    exercise = ad_hoc("dx = x*x; x_1 = dx + y; f = x_1*x1", ["x=2", "y=1", "x1=3"])
    asked = by_name(stage_questions("backward", exercise, exercise.graph))
    assert asked.find("dx") == asked["dx"]
    assert asked.find("∂L/∂x") == asked["x"]
    assert asked.find("∂L/∂x1") is None  # x1, or x_1 without its bar
    local = by_name(stage_questions("local", exercise, exercise.graph))
    assert local.find("∂dx/∂x") is None
    assert local.find("x → dx#2") == local["x->dx#2"]


@pytest.mark.parametrize("text", ["9" * 300_000 + "x", " " * 300_000 + "x", " " * 150_000 + "-" + " " * 150_000 + "x"])
def test_a_long_number_that_is_none_is_read_once(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read back and forth, it would take hours."""
    monkeypatch.setattr(answers, "MOST_CHARACTERS", len(text))
    assert answers.read_plain(text) is None
