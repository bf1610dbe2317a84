"""Pictures of a session: what has been found stays on the wires."""

from __future__ import annotations

import re

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.drawing.picture import GLYPHS, SIGNS, UNKNOWN
from backprop_tutor.drawing.solution import gradient_text
from backprop_tutor.drawing.terminal import terminal_drawing
from backprop_tutor.show.pictures import session_picture
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.session import Session

SIMPLE = variant(find("simple"), None)


def at_the_end_of(session: Session, stage: str) -> Session:
    """The session with every question of a stage, and of the stages before it, answered."""
    for question in [question for question in session.questions if question.stage == stage]:
        session.give_until(question.target)
        session.skip()
    return session


@pytest.mark.parametrize("later", ["symbolic", "forward", "local"])
def test_gradients_that_were_found_stay_in_the_stages_after(later: str) -> None:
    session = at_the_end_of(Session(SIMPLE._replace(stages=("backward", later))), "backward")
    assert session.question is not None
    assert session.question.stage == later
    gradients = session_picture(session).gradients
    assert gradients["x->q"] == gradient_text(session.solution, "x->q")
    assert UNKNOWN not in gradients.values()


@pytest.mark.parametrize("first", ["symbolic", "forward"])
def test_a_stage_before_any_gradient_shows_none(first: str) -> None:
    assert not session_picture(Session(SIMPLE._replace(stages=(first, "backward")))).gradients


def test_each_outcome_is_told_apart_and_has_a_mark_for_drawings() -> None:
    assert len({outcome.letter for outcome in Outcome}) == len(Outcome)
    assert len({(outcome.sign, outcome.style) for outcome in Outcome}) == len(Outcome)
    assert len({outcome.head for outcome in Outcome}) == len(Outcome)
    for outcome in Outcome:
        assert (SIGNS[outcome.mark][1] == "not answered") is (outcome is Outcome.MISSING)
        assert Outcome(outcome.value) is outcome


_LIGHT = {ord(glyph): GLYPHS[tuple(map(bool, ways))] for ways, glyph in GLYPHS.items()} | str.maketrans("[]=!", "()-|")
_NUMBERS = re.compile(r"\(\?\)(?: +via \w+)?|(?<!\w)-?\d+\.\d+(?:e-\d+)?|·|(?<= )\.(?=[ |+]|$)|^ [->] |grad|value")


def skeleton(drawing: str) -> str:
    """What is left of a drawing without its numbers, its heavy wires and its sums."""
    lines = [
        _NUMBERS.sub(lambda found: " " * len(found[0]), line).rstrip() for line in drawing.translate(_LIGHT).split("\n")
    ]
    return "\n".join(line for line in lines if line and ": " not in line)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("exercise", ["sigmoid", "relu", "staged", "xor"])
def test_nothing_moves_when_a_number_comes_in(exercise: str, plain: bool) -> None:
    asked = variant(find(exercise), None)._replace(stages=("forward", "backward", "symbolic"))
    for view in ("circuit", "tape"):
        session, seen = Session(asked), set()
        while session.question is not None:
            seen.add(skeleton(str(terminal_drawing(session_picture(session), 80, view, plain))))
            for _ in session.questions[session.position :][: max(3, len(session.questions) // 5)]:
                session._close(Outcome.MISSING, "")
        assert len(seen) == 1, "\n\n".join(seen)
