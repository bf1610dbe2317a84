"""Asking back about a wrong array, which arrays it was made of: the reply goes factor by factor, without naming a right
one."""

from __future__ import annotations

import re
from random import Random

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.session import Reply, Session
from tests.full import times
from tests.tutor.test_array_marking import exercises


def at(exercise: str, target: str) -> Session:
    """A session that asks back, at a question about a gradient."""
    session = Session(variant(find(exercise), None))
    session.asks_back = True
    asked = ((one.kind.word, one.target) for one in session.questions)
    session.position = list(asked).index(("backward", target))
    for done in session.progress[: session.position]:
        done.outcome = Outcome.MISSING
    return session


def told(exercise: str, target: str, wrong: str, working: str) -> Reply:
    session = at(exercise, target)
    assert session.answer(wrong).asks is not None
    tries = session.tries_left
    reply = session.explained(working)
    assert session.tries_left == tries
    assert not reply.closes
    assert session.answer("[0.7 0.7; 0.7 0.7]").asks is None  # once per question
    return reply


W, X, Q = (
    ("matrix-vector", "W", "[0.3 0.7; 0.9 0.15]"),
    ("entrywise", "x", "[0.3 0.7 0.9]"),
    ("matrix-vector", "q", "[5; 7]"),
)
TAPS, PIXELS = ("conv-2d", "K", "[7 8; 10 11]"), ("conv-2d", "X", "[7 8 9; 10 11 12; 13 14 15]")
TIME = ("unrolled-net", "W", "[5 7; 3 2]")
CASES = [
    (W, "dq @ x.T", "That product is right, but it does not give your answer.", ""),
    (W, "x @ dq.T", "Both arrays are right, but this gives the transpose of what is asked for.", "transposed"),
    (W, "dq @ x", "Both arrays are right. The rows and columns of x are the wrong way round.", "forgot-transpose"),
    (W, "x.T @ dq", "Both arrays are right. Their order is not", "wrong-factor"),
    (W, "dq*x.T", "Both arrays are right. * works entry by entry; @ adds up products.", "entrywise-product"),
    (W, "dq @ W", "dq is right. W does not belong there: the gradient of W is asked for.", "wrong-factor"),
    (W, "q @ x.T", "q does not belong there: it is the value of q. x.T is right.", "power-forgot-factor"),
    (W, "dq", "dq is right. Another array is missing.", "forgot-local"),
    (W, "2*dq @ x.T", "Both arrays are right. The factor 2 does not belong there.", "wrong-factor"),
    (W, "np.outer(dq, x)", "That product is right", ""),
    (W, "[0.44 0.52] @ [0.2 0.4]", "That product is right", ""),
    (W, "[0.1 0.5; -0.3 0.8] @ x.T", "-0.3 0.8] does not belong there: it is the value of W.", "wrong-factor"),
    (Q, "df*q", "df is the upstream gradient. q is not the local gradient", "power-forgot-factor"),
    (Q, "2*q*df", "That product is right", ""),
    (X, "dq*x", "dq is the upstream gradient. x is not the local gradient", "swapped-inputs"),
    (X, "-dq*y", "-dq is the upstream gradient, except for its sign. y is the local gradient.", "sign-flipped"),
    (X, "dq @ y", "Both arrays are right. @ adds up products; * works entry by entry.", "wrong-factor"),
    (X, "y", "Missing: the upstream gradient. y is the local gradient.", "forgot-upstream"),
    (TAPS, "conv(X, dq)", "That convolution is right", ""),
    (TAPS, "conv(dq, X)", "Both arrays are right. Their order is not: conv(x, k) takes the larger array first",
     "wrong-factor"),
    (TAPS, "conv(X, flip(dq))", "Both arrays are right. flip(dq) should be rotated by 180°.", "kernel-not-turned"),
    (TAPS, "2*conv(X, dq)", "Both arrays are right. The factor 2 does not belong there.", "wrong-factor"),
    (PIXELS, "conv(pad(dq, K), flip(K))", "That convolution is right", ""),
    (PIXELS, "conv(pad(dq, K), K)", "Both arrays are right. K should be rotated by 180°.", "kernel-not-turned"),
    (PIXELS, "conv(dq, flip(K))", "dq is the upstream gradient, but it needs zeros around it: pad(dq, ...)",
     "wrong-factor"),
    (PIXELS, "conv(pad(q, K), flip(K))", "flip(K) is right.", "relu-times-input@h"),
    (TIME, "da1 @ h0.T + da2 @ h1.T", "That sum is right", ""),
    (TIME, "da1 @ h0.T - da2 @ h1.T", "-da2 @ h1.T has the wrong sign.", "turned-in-the-sum"),
    (TIME, "da2 @ h1.T", "da2 @ h1.T is what one branch carries back. W has 2 branches.", "one-branch-only"),
    (TIME, "da1 @ h1.T + da2 @ h1.T", "No branch carries back da1 @ h1.T.", "wrong-factor"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "working", "said", "id_"), CASES)
def test_a_working_is_told_factor_by_factor(question: tuple[str, str, str], working: str, said: str, id_: str) -> None:
    reply = told(*question, working)
    assert said in reply.message, reply.message
    assert reply.diagnoses[:1] == ((id_,) if id_ else ())


@pytest.mark.parametrize("working", ["dW @ x", "dq @ (x", "dx*2", "@", "dq @", "[1 2", "nan*x", "*", "q^2 +"])
def test_a_working_that_cannot_be_read_costs_nothing_either(working: str) -> None:
    assert told(*W, working).outcome is Outcome.UNREADABLE


@pytest.mark.parametrize("wrong", ["[0.088 0.104; 0.176 0.208]", "dq @ W", "dq*x"])
def test_it_does_not_ask_where_the_mistake_is_known_or_a_formula_was_typed(wrong: str) -> None:
    assert at("matrix-vector", "W").answer(wrong).asks is None


def test_no_array_that_was_not_typed_is_given_away() -> None:
    rng, heard = Random(3), 0
    for exercise in exercises(rng, times(6, 100)):
        names = [name for name in exercise.graph.names if exercise.graph.node(name).gate is None]
        session = Session(exercise)
        session.asks_back = True
        for place, question in enumerate(session.questions):
            session.position = place
            session.progress[place].outcome = None
            rows, columns = (int(size) for size in exercise.graph.shape(question.source))
            typed = "; ".join(" ".join(f"{rng.uniform(5, 9):.3f}" for _ in range(columns)) for _ in range(rows))
            asks = session.answer(f"[{typed}]").asks
            session.position = place
            if asks is None:
                continue
            working = " @ ".join(rng.choices(names, k=2))
            said = session.explained(working)
            if said.outcome is Outcome.UNREADABLE:
                continue
            heard += 1
            written = exercise.graph.node(question.branch.gate).written if question.branch else ""
            about = said.message.replace(f"it does not enter {written}", "")
            named = set(re.findall(r"[A-Z]\d+", about)) - set(re.findall(r"[A-Z]\d+", working))
            assert named <= {question.node}, (working, said.message)
    assert heard > 5


def test_another_array_with_the_same_largest_entry_and_another_shape_are_not_the_same_answer() -> None:
    session = at("matrix-vector", "W")
    said = [session.answer(text).message for text in ("[0.3 0.7; 0.9 0.1]", "[0.5 0.7; 0.9 0.1]", "[0.5 0.7; 0.9 0.1]")]
    assert ["tried that already" in one for one in said] == [False, False, True]
    session = Session(variant(find("matrix-vector"), None))
    assert "tried that" not in session.answer("5x1").message + session.answer("6x1").message


def test_what_is_needed_stands_below_the_grid_of_entries() -> None:
    session = Session(variant(find("conv-2d"), None))
    asked = [(one.kind.word, one.target) for one in session.questions]
    session.position = asked.index(("forward", "h"))
    lines = session.answer("[1 0; 0 0]").message.split("\n")
    assert lines[0] == "2 of 4 entries are right."
    assert [line.split() for line in lines[1:3]] == [["1", "✗", "0", "✗"], ["0", "✓", "0", "✓"]]
    assert lines[3].startswith("h is 2x2. A gate that works entry by entry")
