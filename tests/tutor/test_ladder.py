"""The ladder, at every question of every exercise: replies to wrong answers are short, true and give nothing away; the
hints climb."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from rich.console import Console

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.show.words import reply_text
from backprop_tutor.tutor.feedback import Ladder
from backprop_tutor.tutor.marking.answers import read_plain
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.session import Reply, Session
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.stages.stage import Question
from tests.cli.running import tutor
from tests.equations import untrue
from tests.full import FULL, times
from tests.shipped import OF_ARRAYS, numbers

TRIES = times(3, 200)
_NUMBER = re.compile(r"(?<![\w.^/*×·²³])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w²³]|\.\d| ?[×*/^·(])")
_UNFIT = re.compile(r"Expected:|[{}]|None|nan| if .* else |\*\*|stays wrong|  ")
_RUNG = re.compile(r"[hH]int (\d+) of (\d+): ")
_SCREEN = Console(width=80)


def at(exercise_id: str) -> Iterator[tuple[Session, Question]]:
    """A fresh session at each question of an exercise except the drawing, with everything before it shown."""
    exercise = variant(find(exercise_id), None)
    key = Session(exercise).key
    for position, question in enumerate(Session(exercise).questions):
        if question.kind.picture == "lines":
            continue
        session = Session(exercise, retries=TRIES)
        session.__dict__["key"] = key  # what is right is found only once
        session.position = position
        for before in session.progress[:position]:
            before.outcome = Outcome.MISSING
        yield session, question


def wrong_answers(session: Session, question: Question) -> Iterator[str]:
    """Three answers that are not right, or in the full form many: what mistakes lead to, other numbers, formulas."""
    key, attempt = session.key, session.attempt()
    right = key.number(question)
    mistakes = [number for number in key.edits.of(question).numbers if number is not None]
    some = mistakes if FULL else mistakes[session.position % 3 :: 1 + len(mistakes) // 3]
    numbers = (*some, 0.0, right + 1.37, 2 * right + 1, right / 2 - 3, 41.5, -0.17)
    texts = list(dict.fromkeys(f"{number + 0.0:.5g}" for number in numbers))
    upstream = getattr(key.edits.of(question).place, "u", None)
    texts[:0] = [] if upstream is None else [f"{upstream:.3g}*0.37"]  # half right
    if not question.kind.is_number:
        names = session.solution.graph.names
        texts = [*(f"{name}^2" for name in names), *(f"-3*{name}" for name in names), "1", "x", *texts]
    found = 0
    seen: set[float] = set()
    for text in dict.fromkeys(texts):
        try:
            answer = attempt.read(question, text)
        except Exception:  # noqa: BLE001, S112  a name that this circuit has not
            continue
        if question.kind.is_number and answer.value in seen:
            continue
        seen.add(answer.value)
        if found < TRIES and not attempt.judge(question, answer).outcome.counts:
            found += 1
            yield text


def open_answers(session: Session) -> list[tuple[Question, float]]:
    """The questions that are still open, with what is right."""
    asked = [one for one in session.questions[session.position :] if one.kind.is_number]
    return [(one, session.key.number(one)) for one in asked]


def gives_away(reply: Reply, typed: set[float], session: Session) -> list[str]:
    """The numbers in a reply that would answer a question that is still open. 0 and 1 may be said about anything; what
    was typed and the constants of the circuit are on the screen."""
    graph, update = session.solution.graph, session.exercise.update
    seen = typed | {abs(graph.constant(node) or 0) for node in range(len(graph))} | {update.rate if update else 1}
    said = [number for number in _NUMBER.findall(_RUNG.sub("", reply.message)) if abs(float(number)) not in seen]
    return [
        number
        for number in said
        for one, exact in open_answers(session)
        if (answer := read_plain(number)) is not None
        and abs(answer.value) not in (0, 1)
        and one.kind.accepts(one, answer, exact, session.key)
    ]


@pytest.mark.parametrize("id_", sorted(numbers()))
def test_what_is_said_of_wrong_answers_is_short_true_and_gives_nothing_away(id_: str) -> None:
    for session, question in at(id_):
        seen: list[int] = []
        for number, text in enumerate(wrong_answers(session, question)):
            reply = session.answer(text)
            assert session.answer(text).message == "You have tried that already."
            if reply.outcome is None:
                assert "both branches" in reply.message or "whole gradient" in reply.message
                continue
            assert (reply.outcome, reply.closes) == (Outcome.WRONG, False)
            assert session.current.tries <= number + 1
            shown = reply_text(reply, session.tries_left)
            assert len(shown.wrap(_SCREEN, 80)) <= 3, shown.plain
            assert len(re.findall(r"\bdid you\b", reply.message, re.IGNORECASE)) <= 2, reply.message
            assert not _UNFIT.search(reply.message), reply.message
            typed = set(map(float, re.findall(r"[\d.]+(?:e-?\d+)?", text))) if question.kind.is_number else set()
            assert gives_away(reply, typed, session) == [], reply
            assert untrue(reply.message) == []
            seen += [int(rung) for rung, _ in _RUNG.findall(reply.message)]
        rungs = 0
        while "last hint" not in (hint := session.hint().message):
            number, rungs = map(int, _RUNG.match(hint).groups())  # type: ignore[union-attr]
            seen.append(number)
            assert untrue(hint) == []
            if question.kind.name == "symbolic" and number == rungs - 1 and not FULL:
                break  # the last one takes SymPy
        assert seen == list(range(1, len(seen) + 1))
        assert len(seen) >= rungs - 1 >= 2


@pytest.mark.parametrize("id_", sorted(numbers()))
def test_a_right_answer_teaches_with_true_numbers_in_one_line(id_: str) -> None:
    for session, question in at(id_):
        text = question.kind.model_answer(question, session.key)
        reply = session.answer(text) if text is not None else None
        if reply is not None:
            said = reply_text(reply).plain
            assert said.startswith("Right: ")
            assert re.search(r"\d", said), said
            assert "\n" not in said
            assert untrue(said) == []


def test_an_answer_that_is_right_by_rounding_is_told_so() -> None:
    session = Session(variant(find("sigmoid"), None))
    for _ in range(8):
        session.skip()
    assert session.answer("-0.40").head == "Right (-0.40 from rounded values; -0.39 exactly):"


def test_a_hint_of_the_author_is_about_the_gradient_where_one_is_asked_for() -> None:
    own = find("swish-neuron").hints["z"]
    for stages in (("forward", "backward"), ("forward",)):
        exercise = variant(find("swish-neuron"), None)._replace(stages=stages)
        with_own = {one.stage for one in questions(exercise) if own in Ladder(exercise, exercise.solution, one).own}
        assert with_own == {stages[-1]}


def test_a_first_reason_leaves_the_formula_to_the_hints() -> None:
    session = Session(variant(find("sigmoid"), None))
    assert session.answer("-0.731").message == "You forgot to square g7."
    assert session.answer("-0.534*2").outcome is Outcome.WRONG
    again = Session(variant(find("sigmoid"), None))
    again.answer("17.3")
    assert again.answer("-0.731").message == "You forgot to square g7. The derivative of 1/x is -1/x²."


def test_both_branches_together_cost_no_try() -> None:
    session = Session(variant(find("square"), None))
    reply = session.answer("2*x")
    assert (reply.outcome, session.current.tries) == (None, 0)
    assert reply.message == "2*x = 6.00. You gave both branches together. Only one input of f = x × x counts here."


def test_a_finished_graph_that_is_wrong_names_the_wrong_line_and_right_lines_are_confirmed() -> None:
    session = Session(variant(find("relu"), None))
    said = [session.answer(line).message for line in ("a = w0*x1", "q = w1*x0", "s = a+q", "x = s+b", "f = max(0,x)")]
    assert said[0] == "Noted. Not used yet: w1, x0, b."
    assert "a = w0 × x1 is wrong" in said[-1]
    assert session.current.tries == 0
    assert session.answer("a = w0*x0").message == "a = w0 × x0 is right. Not used yet: x1."
    assert session.answer("q = w1*x1").closes


@pytest.mark.parametrize("id_", OF_ARRAYS)
def test_no_hint_about_an_array_but_the_last_writes_it_out(id_: str) -> None:
    exercise = variant(find(id_), None)
    solution = exercise.solution
    asked = [question for question in questions(exercise) if question.label is not None and exercise.has_numbers]
    for question in asked:
        explained = question.kind.explain(question, exercise, solution)
        whole = explained.worked().rpartition(" = ")[2].rpartition(": ")[2]
        if whole.startswith("["):
            assert [hint for hint in explained.hints if hint.rstrip(".").endswith(f"= {whole}")] == []


def test_a_hint_and_a_lesson_say_how_a_smaller_gradient_fills_an_array() -> None:
    exercise = variant(find("mean-loss"), None)
    first = next(one for one in questions(exercise) if one.stage == "backward")
    explained = first.kind.explain(first, exercise, exercise.solution)
    assert explained.hints[2] == "∂L/∂s = dL/3 for each of the 3 entries."
    assert "∂L/∂s = dL/3   (3x1, for each of the 3 entries)" in tutor("explain", "mean-loss", "--all").out
