"""The student's own graph: what is right in it, what is wrong and where, and what the other stages then ask about."""

from __future__ import annotations

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.own_graph import most_gates, read_drawn
from backprop_tutor.tutor.marking.submission import submission_of
from backprop_tutor.tutor.marking.verdicts import Outcome

RELU = variant(find("relu"), None)
RIGHT = {
    "the exercise's own": "g1 = w0*x0\ng2 = w1*x1\ng3 = g1 + g2\nx = g3 + b\nf = relu(x)",
    "other names": "p = w0*x0\nq = w1*x1\nr = p + q\ns = r + b\nout = max(0, s)",
    "commuted operands": "p = x0*w0\nq = x1*w1\nr = q + p\ns = b + r\nout = max(s, 0)",
    "another order of additions": "p = w0*x0\nq = w1*x1\nr = b + q\ns = p + r\nout = relu(s)",
    "lines in another order": "q = w1*x1\nr = q + b\np = w0*x0\ns = p + r\nout = relu(s)",
}
WRONG = {
    "two gates in one line": (
        "p = w0*x0 + b\nq = w1*x1\ns = p + q\nf = relu(s)",
        ["line 1", "contains 2 gates, mul, add"],
    ),
    "the wrong input": ("p = w0*x1\nq = w1*x0\nr = p + q\ns = r + b\nf = relu(s)", ["w0 × x0 is needed"]),
    "an input left out": ("p = w0*x0\nq = w1*x1\nr = p + q\nf = relu(r)", ["b is never used"]),
    "no relu": ("p = w0*x0\nq = w1*x1\nr = p + q\nf = r + b", ["relu"]),
    "right on one side of the kink only": (
        "p = w0*x0\nq = w1*x1\nr = p + q\ns = r + b\nf = leaky_relu(s)",
        ["relu(s)"],
    ),
    "an alias": ("p = w0*x0\nk = p\nq = w1*x1\nr = k + q\ns = r + b\nf = relu(s)", ["only another name"]),
    "a gate that leads nowhere": (
        "p = w0*x0\nq = w1*x1\nd = p*q\nr = p + q\ns = r + b\nf = relu(s)",
        ["d leads nowhere"],
    ),
    "no line": ("nonsense", ["name = expression"]),
    "an unknown gate": ("p = w0*x0\nq = w1*x1\nr = p + q\ns = r + b\nf = rely(s)", ["Did you mean relu?"]),
}


@pytest.mark.parametrize("what", RIGHT)
def test_every_way_to_draw_the_circuit_is_right(what: str) -> None:
    drawn = read_drawn(RELU, RIGHT[what])
    assert (drawn.is_right, drawn.message) == (True, "")


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_graph_is_told_where_it_is_wrong(what: str) -> None:
    text, messages = WRONG[what]
    drawn = read_drawn(RELU, text)
    assert not drawn.is_right
    for message in messages:
        assert message in drawn.message


def test_the_other_stages_ask_about_the_students_own_graph() -> None:
    answers = {
        "graph": RIGHT["another order of additions"],
        "forward": {"r": "-0.04"},
        "backward": {"r": "1", "p": "1", "x0": "0.2"},
    }
    result = Checker(RELU).check(submission_of(answers))
    outcomes = {
        (verdict.stage, verdict.target): verdict.outcome for verdict in result.verdicts if verdict.answer is not None
    }
    assert set(outcomes.values()) == {Outcome.RIGHT}
    assert (result.score, result.max_score) == (1 + 1 + 3, 15)


def test_the_gates_of_a_finer_graph_that_the_exercise_has_not_are_worth_nothing() -> None:
    finer = "p = w0*x0\nq = w1*x1\nr = p + q\ns = r + b\nn = -s\nm = min(0, n)\nf = -m"
    result = Checker(RELU).check(submission_of({"graph": finer, "forward": dict.fromkeys("pq", "9") | {"r": "-0.64"}}))
    assert result.score == 1 + 1


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_graph_is_never_marked_on(what: str) -> None:
    text, _ = WRONG[what]
    result = Checker(RELU).check(submission_of({"graph": text, "backward": {"r": "1", "g3": "1"}}))
    verdicts = {verdict.target: verdict for verdict in result.verdicts if verdict.answer}
    assert (verdicts["r"].outcome, verdicts["g3"].outcome) == (Outcome.UNREADABLE, Outcome.RIGHT)
    assert "marked against the exercise's graph" in verdicts["graph"].message


def test_padding_earns_nothing() -> None:
    right = RIGHT["the exercise's own"]
    for by in (2, 4, 100):
        lines = [f"p{number} = {f'p{number - 1}' if number > 1 else 'f'} + 1" for number in range(1, by)]
        padded = "\n".join([right, *lines, f"out = {'f' if by == 1 else f'p{by - 1}'} - {by - 1}"])
        answers = {"graph": padded, "backward": {f"p{number}": "1" for number in range(1, by)}}
        result = Checker(RELU).check(submission_of(answers))
        fits = 5 + by <= most_gates(RELU.graph)
        assert (result.score, result.max_score) == (float(fits), 15), by
        assert ("5 gates are enough" in result.verdicts[0].message) == (not fits)


@pytest.mark.parametrize(
    ("id_", "graph", "names"),
    [
        (
            "sigmoid",
            "a = w0*x0\nb = w1*x1\nc = a + b\nd = c + w2\np = d + 1\nq = p + 1\nr = q - 2\nf = sigmoid(r)",
            "rqpdcab",
        ),
        ("simple", "a = x*z\nb = y*z\nc = a + b\nd = c + 1\nf = d - 1", "dcab"),
    ],
)
def test_padding_within_another_right_graph_earns_nothing(id_: str, graph: str, names: str) -> None:
    result = Checker(variant(find(id_), None)).check(
        submission_of({"graph": graph, "backward": dict.fromkeys(names, "7")})
    )
    assert result.score == 0


def test_a_graph_of_ten_thousand_lines_is_refused_unread() -> None:
    text = "\n".join(f"g{number} = w0*x0" for number in range(9_900))
    drawn = read_drawn(RELU, text)
    assert (drawn.is_right, "9,900 lines" in drawn.message) == (False, True)


@pytest.mark.parametrize(
    "corner",
    [
        "f = y*1.001",
        "k = s - 1.5\nm = relu(k)\nf = y + m",
        "k = s - 0.1\nm = relu(k)\nl = 0.101 - s\nn = relu(l)\nj = m*n\nf = y + j",
    ],
)
def test_a_graph_that_differs_in_a_corner_of_the_inputs_alone_is_wrong(corner: str) -> None:
    text = f"p = w0*x0\nq = w1*x1\nr = p + q\ns = r + b\ny = relu(s)\n{corner}"
    assert not read_drawn(RELU, text).is_right


def test_a_graph_that_cannot_be_used_leaves_the_exercises_own() -> None:
    result = Checker(RELU).check(submission_of({"graph": "nonsense", "backward": {"g3": "1"}}))
    outcomes = {verdict.target: verdict.outcome for verdict in result.verdicts if verdict.answer is not None}
    assert outcomes == {"graph": Outcome.UNREADABLE, "g3": Outcome.RIGHT}
