"""What one question exercises, and which skill a diagnosed mistake speaks against."""

from __future__ import annotations

from collections.abc import Sequence

from backprop_tutor.engine.gates import GATES
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.mistakes.diagnosis import mistakes_in, predictions
from backprop_tutor.tutor.mistakes.table import FORK, GATE, MISTAKES, STAGE, UPSTREAM
from backprop_tutor.tutor.stages.stage import Question


def skill_of(mistake: str) -> str | None:
    """The skill that a mistake speaks against: the gate's asked about, the stage (GATE, STAGE), UPSTREAM or FORK.

    None for a slip of writing, and for an id that no mistake has (any more).
    """
    return MISTAKES[mistake].skill if mistake in MISTAKES else None


def kind_of(skill: str) -> str:
    """What sort of skill it is: GATE, STAGE, UPSTREAM or FORK."""
    if skill in (UPSTREAM, FORK):
        return skill
    return GATE if skill in GATES else STAGE


def told_apart(question: Question, key: AnswerKey) -> list[str]:
    """The mistakes that lead to another number than the right one here, so that a right answer speaks against them."""
    if not question.kind.can_be_wrong_at_gates:
        return []
    case = Attempt(key).cases(question)[0]
    return [mistake.id for mistake in mistakes_in(case) if mistake.skill is not None and predictions(mistake, case)]


def exercised(question: Question, key: AnswerKey) -> tuple[str, ...]:
    """The skills that a question needs: its stage; the gate's rule, the upstream gradient, the fork.

    A gate whose own mistakes all give the right number here (a mul gate of equal inputs) is not exercised,
    nor is multiplying where one factor is 1.
    """
    if question.branch is None:
        return (question.stage, FORK) if question.is_sum else (question.stage,)
    gate = key.graph.gates[key.graph.index[question.branch.gate]]
    assert gate is not None
    apart = told_apart(question, key)
    own = [mistake.id for mistake in MISTAKES.values() if mistake.group == GATE and gate.name in (mistake.gates or ())]
    found = [question.stage]
    if not own or any(id_ in apart for id_ in own):
        found.append(gate.name)
    if "forgot-local" in apart and "forgot-upstream" in apart:
        found.append(UPSTREAM)
    return tuple(found)


def failed(diagnoses: Sequence[str], skills: Sequence[str]) -> list[tuple[str, ...]]:
    """The skills that a wrong answer speaks against, as alternatives: of each tuple one failed.

    `diagnoses` are those of the verdict, likeliest first, `skills` what the question exercises. Where nothing was
    diagnosed, it was one of those; where one composition matches, both of its mistakes were made; what is likeliest
    a slip of writing speaks against none.
    """
    if not diagnoses:
        return [tuple(skills)] if skills else []
    if len(diagnoses) == 1:
        return [(skill,) for skill in _named(diagnoses, skills)]
    is_slip = "+" not in diagnoses[0] and skill_of(diagnoses[0]) is None
    alternatives = () if is_slip else _named(diagnoses, skills)
    return [alternatives] if alternatives else []


def _named(diagnoses: Sequence[str], skills: Sequence[str]) -> tuple[str, ...]:
    """The skills, each once, that these readings speak against at a question that exercises `skills`."""
    named = [skill_of(mistake) for reading in diagnoses for mistake in reading.split("+")]
    own = {kind_of(skill): skill for skill in reversed(skills)}  # of a gate or a stage the question's, if it has one
    found = [skill if skill in (UPSTREAM, FORK) else own.get(skill or "") for skill in named]
    return tuple(dict.fromkeys(skill for skill in found if skill))
