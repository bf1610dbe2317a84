"""The tutor asks how a wrong number came about, and comments on the working part by part.

The full form (`BACKPROP_TUTOR_FULL=1`) types every row at every question of the course."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from math import isclose, prod

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.records.recorder import Recorder
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.edits import Edits
from backprop_tutor.tutor.mistakes.mistake import BRANCH, DELTA, FORK, UPDATE
from backprop_tutor.tutor.mistakes.places import AtBranch, AtFork, AtNeuron, Place
from backprop_tutor.tutor.mistakes.workings import comment, told
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import stage_questions
from backprop_tutor.tutor.stages.stage import Question
from tests.full import times
from tests.networks import random_nets
from tests.shipped import numbers
from tests.tutor.classroom import of, shipped, with_graph

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?")


def typed(number: float) -> str:
    """A number with four digits, as a student has it."""
    return f"{number:.4g}" if 1e-3 <= abs(number) < 1e6 or not number else f"{number:.6f}"


Terms = list[tuple[float, ...]]
"""A sum of products."""


def right_terms(place: Place) -> Terms:
    """The right derivation of a gradient, a sum at a fork, a delta or a new weight, as it is typed."""
    if isinstance(place, AtFork):
        return [(flow,) for flow in place.flows]
    if isinstance(place, AtBranch):
        return [(place.u, place.l)]
    assert isinstance(place, AtNeuron)
    if place.is_weight:
        return [(place.old,), (place.rate, place.carries, place.d)]
    return [(place.d,)] if place.cancels else [(place.a, place.s)]


def wrong_terms(edits: Edits) -> Iterator[Terms]:
    """What each row has instead; for a fork, each term with its sign flipped, and another number for each."""
    if edits.kind == FORK:
        right = right_terms(edits.place)
        for at, (flow,) in enumerate(right):
            for wrong in (-flow, 1.37 * flow + 0.3):
                yield [*right[:at], (wrong,), *right[at + 1 :]]
        return
    for outcome, is_right in zip(edits.outcomes, edits.is_right, strict=True):
        if isinstance(outcome, tuple | list) and not is_right:
            terms = outcome if isinstance(outcome, list) else [outcome]
            yield [term if isinstance(term, tuple) else (term,) for term in terms]


def written(terms: Terms) -> str:
    """Terms as a student types them."""
    texts = ["*".join(map(typed, term)) for term in terms]
    return "+".join(texts).replace("+-", "-")


def off(terms: Terms, right: Terms) -> list[str] | None:
    """The factors that replace a single right factor, as they are typed; None if more is wrong, or nothing that
    shows."""
    if [len(term) for term in terms[:-1]] != [len(term) for term in right[:-1]] or len(terms) != len(right):
        return None
    mine, missing = ([typed(abs(one)) for term in some for one in term] for some in (terms, right))
    if len(right) > 1 and len(right[-1]) == 1:  # at a fork each term has a sign of its own
        mine, missing = ([typed(one) for (one,) in some] for some in (terms, right))
    mine = [one for one in mine if one != "1"]  # which belongs to whatever it stands beside
    for one in list(mine):
        if one in missing:
            mine.remove(one)
            missing.remove(one)
    shows = len(missing) == 1 and mine and "0" not in (*mine, *missing)
    return mine if shows and not isclose(prod(map(float, mine)), float(missing[0])) else None


def workings() -> Iterator[tuple[AnswerKey, Question, Terms, list[str]]]:
    """Every row at every question, typed as it is worked out, with the factors of it that are wrong."""
    networks = [net.exercise() for net in random_nets(times(1, 6), separated=True, width=3, seed=2000)]
    course = shipped(("backward",))[times(3, 0) :: times(7, 1)]
    course += [exercise for exercise in map(find, sorted(numbers())) if exercise.update is not None][:: times(4, 1)]
    for exercise in (*course, *networks):
        key = AnswerKey(variant(exercise, None))
        for question in (asked for stage in key.exercise.stages for asked in key.asked(stage) if asked.kind.is_number):
            edits = key.edits.of(question)
            if edits.kind in (BRANCH, FORK, DELTA, UPDATE):
                right = right_terms(edits.place)
                for terms in wrong_terms(edits):
                    wrong = off(terms, right)
                    if wrong is not None:
                        yield key, question, terms, wrong


def test_the_wrong_factor_is_called_wrong_and_the_right_number_is_never_said() -> None:
    asked, called = Counter[str](), Counter[str]()
    for key, question, terms, wrong in workings():
        edits, attempt = key.edits.of(question), Attempt(key, is_guided=True)
        given = attempt.read(question, typed(sum(map(prod, terms))))
        if attempt.judge(question, given).outcome is not Outcome.WRONG:
            continue
        text = written(terms)
        answer = attempt.read(question, text)
        said = told(edits, question, attempt, answer, given).message
        asked[edits.kind] += 1
        factors = " × ".join(rf"-?{re.escape(factor)}" for factor in wrong)
        is_called = re.search(rf"(?<!\S ×) ?(?<![\w.]){factors}(?: × -?1)* (is not|does not|has the wrong sign)", said)
        called[edits.kind] += bool(is_called or f"the sign of {wrong[0]} is not" in said)
        mine = {abs(float(one)) for one in _NUMBER.findall(text)}
        both = f"{said} {comment(edits, question, attempt, answer)}"  # asked for, or typed as the answer
        others = {abs(float(one)) for one in _NUMBER.findall(both)} - mine
        assert not any(isclose(one, abs(edits.place.right), rel_tol=0.005) for one in others), (text, both)
        assert said.count("\n") < 3
    assert set(asked) == {BRANCH, FORK, DELTA, UPDATE}
    for kind, count in asked.items():
        assert count > 20
        assert called[kind] >= 0.95 * count, (kind, called[kind], count)


@pytest.mark.parametrize(
    ("exercise", "stage", "target", "given", "working", "said"),
    [
        ("forks", "backward", "x", "7", "-12+3", ["-12 is what x->q brings back", "3 is what x->m brings back"]),
        ("forks", "backward", "x", "0.77", "-12+3+9", ["the sign of 9 is not"]),
        ("forks", "backward", "x", "0.77", "-12+3-5", ["-5 is not what x->f brings back"]),
        ("forks", "backward", "x", "0.77", "-12+3-9", ["That working is right, but it does not come to 0.77"]),
        (
            "sigmoid",
            "backward",
            "g7",
            "0.31",
            "1*0.31",
            ["1 is the upstream gradient", "0.31 is not the local gradient"],
        ),
        ("sigmoid", "backward", "g7", "0.31", "1*0.53", ["the sign of 1 × 0.53 is not"]),
        ("sigmoid", "backward", "g7", "0.31", "f*1.5", ["1.5 is not"]),
        ("xor", "update", "w24", "0.77", "0.5-0.1*0.2", ["0.5 is not the old weight", "0.1 is the rate α"]),
        ("xor", "update", "w24", "0.77", "1-0.0015", ["That working is right, but it does not come to 0.77."]),
        ("xor", "update", "w24", "0.77", "1-0.03", ["1 is the old weight", "-0.03 is not the step"]),
        ("two-outputs", "update", "w34", "0.77", "1.4+0.1*0.57*-0.15", ["0.1 is not the rate α.", "-0.15 is δ4"]),
        (
            "two-outputs",
            "delta",
            "y3.delta",
            "0.77",
            "1.4*-0.1477*0.245-0.9*0.1369*0.245",
            ["That working is right, but it does not come to 0.77."],
        ),
        ("xor", "delta", "y5.delta", "0.77", "-0.51*0.9", ["-0.51 is what arrives", "0.9 is not the slope of y5"]),
    ],
)
def test_a_working_is_told_part_by_part(
    exercise: str, stage: str, target: str, given: str, working: str, said: list[str]
) -> None:
    exercise_ = of(exercise, stage)
    key = AnswerKey(exercise_)
    question = next(one for one in stage_questions(stage, exercise_, exercise_.graph) if one.target == target)
    attempt = Attempt(key, is_guided=True)
    found = told(
        key.edits.of(question), question, attempt, attempt.read(question, working), attempt.read(question, given)
    )
    for part in said:
        assert part in found.message, found.message


def asking(exercise: str = "sigmoid", target: str = "g7") -> Session:
    """A session that asks back, at one of its questions."""
    session = Session(of(exercise))
    session.asks_back = True
    session.give_until(target)
    return session


def test_it_asks_about_a_plain_number_that_nothing_explains_once_a_question() -> None:
    session = asking()
    asks = session.answer("0.31").asks
    assert asks == ("How did you get 0.31? Type it as upstream × local, or press Enter to go on.", "∂L/∂f × ∂f/∂g7")
    tries = session.tries_left
    reply = session.explained("1*0.31")
    assert "1 is the upstream gradient" in reply.message
    assert not reply.closes
    assert session.tries_left == tries
    assert session.answer("0.44").asks is None


@pytest.mark.parametrize("answer", ["0.53", "1*0.31", "f", "abc"])
def test_it_does_not_ask_where_the_mistake_is_known_or_a_working_was_typed(answer: str) -> None:
    assert asking().answer(answer).asks is None


def test_who_declined_is_not_asked_at_once_again() -> None:
    session = asking("sigmoid", "g7")
    assert session.answer("0.31").asks
    assert session.explained("").message == ""
    session.skip()
    assert session.answer("0.31").asks is None  # the next question
    session.skip()
    assert session.answer("0.31").asks
    recorder = Recorder(None, print)
    recorder.start(session, "practice")
    session.explained("")
    following = asking()
    recorder.start(following, "practice")
    assert following.answer("0.31").asks is None


@pytest.mark.parametrize(
    ("working", "said"),
    [
        ("-0.53", "That working is right, but it does not come to -0.90."),
        (
            "upstream*1.7",
            "Right so far: upstream is the upstream gradient ∂L/∂g7.\n1.7 is not the local gradient ∂g7/∂g6",
        ),
    ],
)
def test_numbers_are_compared_to_their_digits_and_symbols_shown_as_they_were_typed(working: str, said: str) -> None:
    session = asking("sigmoid", "g6")  # where the upstream gradient is negative
    assert session.answer("-0.90").asks
    assert session.explained(working).message.startswith(said)


def test_a_working_that_cannot_be_read_is_said_to_be_so() -> None:
    session = asking()
    session.answer("0.31")
    assert session.explained("1*(0.31").outcome is Outcome.UNREADABLE


@pytest.mark.parametrize("again", ["1", "-1", "-2.5", "1.0"])
def test_a_bare_number_is_no_working_but_no_trouble_either(again: str) -> None:
    session = Session(next(exercise for exercise in shipped(("backward",)) if exercise.id == "add-gate"))
    session.asks_back = True
    for _ in range(3):
        session.answer("1")
    said = session.explained(again)
    assert said.message
    assert not said.closes


def test_a_number_that_is_another_quantity_is_called_that_once_it_is_known() -> None:
    key = AnswerKey(of("two-outputs", "delta"))
    error, question = (one for one in key.asked("delta") if one.target in ("y5.error", "y3.delta"))
    attempt = Attempt(key, is_guided=True)
    e5 = typed(key.number(error))
    given, working = (attempt.read(question, text) for text in ("0.714", f"-1.4*{e5}"))
    said = told(key.edits.of(question), question, attempt, working, given).message
    assert said.endswith(f"{e5} is not the slope of y3.")  # what it is would answer another question
    attempt.shown = {(error.stage, error.target)}
    said = told(key.edits.of(question), question, attempt, working, given).message
    assert said.endswith(f"{e5} is not the slope of y3: it is the value of e5.")


LOSS = with_graph("s = w*x; y = sigmoid(s); q = y - t; p = q^2; g = s*0.3; f = p + g", {"w": 0.7, "x": 1.3, "t": 0.2})


@pytest.mark.parametrize(
    ("target", "working", "ids", "said"),
    [
        ("q", "2*0.51*2", (), "That working is right, but it does not come to 0.77."),
        ("q", "2*0.51", ("power-forgot-factor",), "0.51 is not the local gradient ∂p/∂q: it is the value of q."),
        ("q", "1.03", ("forgot-upstream",), "1.03 is the local gradient ∂p/∂q.\nYou stopped at the local gradient."),
        ("q", "2*0.5*0.7", ("wrong-factor",), "0.5 × 0.7 is not the local gradient ∂p/∂q."),
        ("s", "0.42+0.3", ("wrong-factor",), "0.3 is not what s->g brings back: it is ∂g/∂s."),
    ],
)
def test_a_right_working_is_no_mistake_and_no_comment_contradicts_itself(
    target: str, working: str, ids: tuple[str, ...], said: str
) -> None:
    session = Session(LOSS._replace(upstream=2.0))  # so that 2 may be the upstream gradient or the exponent
    session.asks_back = True
    session.give_until(target)
    assert session.answer("0.77").asks
    reply = session.explained(working)
    assert reply.diagnoses[:1] == ids
    assert "forgot-upstream" not in reply.diagnoses[1:]
    assert reply.message.endswith(said) or reply.message.startswith(said)
