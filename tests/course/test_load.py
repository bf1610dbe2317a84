"""A file becomes an exercise, or every fault is reported by line and column; nothing is read as something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop_tutor.course import schema, yaml_text
from backprop_tutor.course.load import load, read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.course.yaml_text import read_yaml
from backprop_tutor.engine.language import MOST_FAULTS
from backprop_tutor.errors import Faults, TutorError
from backprop_tutor.files import Unreadable, decoded
from backprop_tutor.text import place
from tests.documents import Document

GOOD = "title: T\ngraph: |\n  q = x + y\n  f = q*z\ninputs: {x: 1, y: 2, z: 3}\n"
LINE = "title: T\ngraph: L = (w*x + b - t)^2\ninputs: {w: 1, b: 0, x: 1, t: 2}\ndata:\n  - {x: 1, t: 2}\n"
FAULTS: dict[str, tuple[str, int, int, str]] = {
    "an unknown key": (GOOD + "titel: U\n", 6, 1, "Did you mean title?"),
    "a stage that is none": (GOOD + "stages: [backwards]\n", 6, 10, "Did you mean backward?"),
    "a stage twice": (GOOD + "stages: [local, local]\n", 6, 17, "is listed twice"),
    "a hint for nothing": (GOOD + "hints: {x->qq: look}\n", 6, 9, "Did you mean x->q?"),
    "an output that is not there": (GOOD + "output: g\n", 6, 9, "g"),
    "an input without use": (GOOD.replace("z: 3", "z: 3, w: 4"), 5, 28, "w"),
    "an unknown gate, at its line": (GOOD.replace("q*z", "sine(q)*z"), 4, 7, "Did you mean sin?"),
    "a name that is no input": (GOOD.replace("q*z", "q*v"), 4, 9, "v is not an input"),
    "an input that is assigned": (GOOD.replace("q = x", "z = x"), 3, 3, "z"),
    "a range that goes down": (GOOD.replace("x: 1,", "x: {from: 2, to: 1},"), 5, 27, "must go up"),
    "a range of too many": (GOOD.replace("x: 1,", "x: {from: 0, to: 1, step: 1e-9},"), 5, 27, "at most 100,000"),
    "an input with a bad name": (GOOD.replace("x: 1,", "x: 1, 2x: 3,"), 5, 16, "2x"),
    "a level too high": (GOOD + "level: 9\n", 6, 8, "at most 5"),
    "a loss that is no name": (GOOD + "loss: a b\n", 6, 7, "a b"),
    "a row that lacks a name": (LINE + "  - {x: 1}\n", 6, 5, "no t: every row must name the same inputs"),
    "a row with another name": (LINE + "  - {x: 1, tt: 2}\n", 6, 12, "tt is not an input of this graph. Did you"),
    "a row of what is trained": (
        LINE + "  - {x: 1, t: 2, w: 3}\nupdate: {rate: 1, nodes: [w]}\n", 6, 18, "w is trained, so rows cannot give it",
    ),
    "a row with a text": (LINE + "  - {x: one, t: 2}\n", 6, 9, "data.x must be a number"),
    "rows of every input": (LINE.replace("t: 2}", "t: 2, w: 1, b: 1}"), 5, 3, "none is left to train"),
    "no row": (GOOD + "data: []\n", 6, 7, "data must not be empty"),
    "an end at no loss": (GOOD + "until: {loss: 0}\n", 6, 15, "more than 0"),
    "an end at once": (GOOD + "until: {epochs: 0}\n", 6, 17, "at least 1"),
    "an end with a slip": (GOOD + "until: {los: 0.1}\n", 6, 9, "Did you mean loss?"),
    "an end in a number": (GOOD + "until: 0.001\n", 6, 8, "until must be a mapping such as {loss: 0.001}"),
    "lines that are not indented": (
        GOOD.replace("  q", "q").replace("  f", "f"), 3, 1, "Write graph: | and two spaces before each line below it.",
    ),
    "lines below a key alone": (
        GOOD.replace("  q", "q").replace("  f", "f").replace(" |", ""), 3, 1, "Write graph: | and two spaces before",
    ),
    "a line further left": (GOOD.replace("  f", " f"), 4, 2, "Indent all of them equally."),
    "lines that are folded": (GOOD.replace("|", ">"), 2, 8, "YAML joins these lines into one. Write graph: | and"),
    "lines that are folded without a sign": (GOOD.replace(" |", ""), 3, 3, "Write graph: | and"),
    "a list of lines": (
        GOOD.replace(" |", "").replace("  q", "  - q").replace("  f", "  - f"), 3, 3, "not a list. Write graph: |",
    ),
    "lines in brackets": (
        "title: T\ngraph: [q = x + y, f = q*z]\ninputs: {x: 1, y: 2, z: 3}\n", 2, 8, "not a list. Write graph: |",
    ),
    "no blank after a colon": (GOOD.replace("x: 1", "x:1"), 5, 10, "write x: 1, with a blank after the colon."),
    "no blank after a colon, a line each": (
        GOOD.replace("{x: 1, y: 2, z: 3}", "\n  x:1\n  y: 2\n  z: 3"), 6, 3, "write x: 1, with a blank after",
    ),
    "a decimal comma": (GOOD.replace("y: 2", "y: -0,5"), 5, 22, "write y: -0.5, with a decimal point."),
    "a square of a superscript": (GOOD.replace("q*z", "q²*z"), 4, 8, "write q^2*z instead."),
    "a network in few words": ("title: T\nnetwork: {layers: [2, 1]}\ninputs: {x1: 1}\n", 2, 1, "network is not a key"),
}  # fmt: skip


def faults_of(text: str) -> Faults:
    with pytest.raises(Faults) as caught:
        read_exercise(text, "mine")
    return caught.value


@pytest.mark.parametrize("what", FAULTS)
def test_each_fault_is_told_at_its_place(what: str) -> None:
    text, line, column, words = FAULTS[what]
    error = faults_of(text)
    assert any(place(error.text, fault.span[0]) == (line, column) and words in str(fault) for fault in error.faults), (
        str(error)
    )


def test_every_fault_of_a_file_is_told_at_once() -> None:
    text = "titel: T\ngraph: |\n  q = sine(x)\n  f = q*v\ninputs: {x: one}\nlevel: 9\nstages: [nothing]\n"
    lines = [place(text, fault.span[0])[0] for fault in faults_of(text).faults]
    assert {1, 3, 4, 5, 6, 7} <= set(lines)
    assert lines == sorted(lines)


def test_keys_have_the_values_that_the_authors_page_says_they_have() -> None:
    exercise = read_exercise(Document("exercises/README.md").files["every-key.yaml"], "every-key")
    assert (exercise.graph.output_name, exercise.upstream, exercise.loss, exercise.level) == ("E", 0.5, "J", 4)
    assert exercise.stages == ("graph", "forward", "local", "backward", "symbolic")
    assert exercise.tolerance == 0.01
    assert set(exercise.hints) == {"w", "w->y"}
    assert tuple(exercise.choices["w"].options) == (0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4)
    assert not exercise.choices["t"].options
    assert dict(variant(exercise, None).values) == {"w": 1.5, "x": -2, "t": -4}


def test_what_is_left_out_is_as_the_page_says() -> None:
    exercise = read_exercise(GOOD, "mine")
    assert (exercise.upstream, exercise.loss, exercise.stages, exercise.tolerance, exercise.level) == (
        1,
        "L",
        ("backward",),
        0.02,
        None,
    )


def test_a_file_of_faults_is_read_once_and_reports_a_hundred(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(
        yaml_text, "_in_scalar", lambda text, span: made.append(text[slice(*span)]) or list(range(span[0], span[1] + 1))
    )
    lines = "; ".join(f"y{number} = sine(x)" for number in range(90))
    hints = ", ".join(f"h{number}: look" for number in range(5000))
    found = faults_of(f"title: T\ngraph: '{lines}'\ninputs: {{x: 1}}\nhints: {{{hints}}}\n").faults
    assert made == [f"'{lines}'"]
    assert len(found) == 90
    found = faults_of(f"title: T\ngraph: f = 2*x\ninputs: {{x: 1}}\nhints: {{{hints}}}\n").faults
    assert len(found) == MOST_FAULTS
    assert str(found[-1]) == "more faults may follow. Fix these first."


def test_a_thousand_misspelt_names_are_compared_with_a_bounded_number_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = 0

    def nearest_names(name: str, known: Sequence[str]) -> list[str]:
        nonlocal compared
        compared += len(known)
        return [known[0]]

    monkeypatch.setattr(schema, "nearest_names", nearest_names)
    lines = "; ".join(f"y{number} = {'x' if number == 0 else f'y{number - 1}'}*x" for number in range(1000))
    hints = ", ".join(f"z{number}: look" for number in range(1000))
    found = faults_of(f"title: T\ngraph: '{lines}'\ninputs: {{x: 1}}\nhints: {{{hints}}}\n").faults
    assert str(found[0]) == "z0 is not a node or a branch of this graph. Did you mean x?"
    assert 0 < compared <= schema.MOST_COMPARED
    assert len(found) == MOST_FAULTS


@given(st.text("0159+-.eE_ x", max_size=8) | st.floats().map(repr) | st.integers().map(str))
def test_numbers_are_those_of_yaml(text: str) -> None:
    """Against the expressions of YAML 1.2's core schema."""
    text = text.strip()
    whole = re.fullmatch(r"[-+]?[0-9]+", text)
    decimal = re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text)
    try:
        value = read_yaml(f"a: {text}").value["a"]
    except Faults:  # a - of its own, for instance
        value = None
    if whole or decimal:
        assert value == (int(text) if whole else float(text))
        assert isinstance(value, int if whole else float)
    else:
        assert not isinstance(value, (int, float))


def test_rows_and_their_end_are_read() -> None:
    exercise = read_exercise(LINE + "  - {x: 2, t: 4}\nuntil: {loss: 0.001, rate: 2, epochs: 500}\n", "mine")
    assert exercise.data == ({"x": 1.0, "t": 2.0}, {"x": 2.0, "t": 4.0})
    assert exercise.until == (0.001, 500, 2.0)


@pytest.mark.parametrize("written", [
    GOOD.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode("utf-16"),
    b"\xfe\xff" + GOOD.encode("utf-16-be"),
])  # fmt: skip
def test_files_of_other_systems_are_read(written: bytes) -> None:
    assert read_exercise(decoded(written, "mine"), "mine").graph.gate_names == ["q", "f"]


@pytest.mark.parametrize("written", [b"\xff\xfet", b"title: \xff\n", b"x" * 1_000_001])
def test_what_is_no_text_is_refused(written: bytes) -> None:
    with pytest.raises(Unreadable):
        decoded(written, "mine")


@given(st.text(max_size=200))
def test_any_text_is_an_exercise_or_is_told(text: str) -> None:
    with pytest.raises(TutorError):
        read_exercise(text, "mine")


@given(st.sampled_from(GOOD.split("\n")[:5]), st.text("{}[]:,|>&*!-#'\" \t\n0x", max_size=30))
def test_a_good_file_with_a_broken_line_is_an_exercise_or_is_told(line: str, mess: str) -> None:
    for error in faults_in(GOOD.replace(line, mess, 1)):
        assert all(0 <= fault.span[0] <= len(error.text) for fault in error.faults)
        assert str(error)


def faults_in(text: str) -> list[Faults]:
    """The faults reported for a text; none if it is an exercise."""
    try:
        read_exercise(text, "mine")
    except Faults as error:
        return [error]
    return []


def test_a_path_that_is_none_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.yaml"):
        with pytest.raises(Unreadable):
            load(path)
