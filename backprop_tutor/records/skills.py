"""Skills: which ones a question exercises, which ones a mistake counts against, how well each is known, and when it is
due.

How well is Bayesian knowledge tracing: Corbett and Anderson, "Knowledge tracing: modeling the acquisition of procedural
knowledge" (1994). If a wrong answer may come from one of several skills, Bayes' rule distributes the blame: a right
answer needs them all (a noisy "and"), so a skill that is surely known is not blamed for one that is not.

When is the FSRS schedule, as the `fsrs` package computes it, with its random fuzz off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any, Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.gate import USUAL, VALUE
from backprop_tutor.engine.gates import GATES
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.mistakes.mistake import FORK, GATE, STAGE, UPSTREAM
from backprop_tutor.tutor.mistakes.table import MISTAKES
from backprop_tutor.tutor.stages import EVERY_WORD, WORDS, stages_of
from backprop_tutor.tutor.stages.stage import Question, Stage

if TYPE_CHECKING:
    from fsrs import Scheduler


def skill_of(mistake: str) -> str | None:
    """The skill that a mistake counts against: that of the gate or the stage asked about (GATE, STAGE), UPSTREAM or
    FORK. For a mistake at a later gate (`ID@GATE`) it is the skill of the kind of gate that has this wrong rule, if
    there is only one such kind. None for a slip of writing, and for an id that no mistake has (any more)."""
    id_, _, at = mistake.partition("@")
    skill = MISTAKES[id_].skill if id_ in MISTAKES else _skill_of_arrays(id_)
    if at and skill == GATE:
        kinds = [gate.name for gate in GATES.values() if any(wrong.id == id_ for wrong in gate.wrong)]
        return kinds[0] if len(kinds) == 1 else None
    return skill


def _skill_of_arrays(id_: str) -> str | None:
    from backprop_tutor.tutor.mistakes.array_edits import OF_ARRAYS  # not needed for numbers

    return OF_ARRAYS[id_].skill if id_ in OF_ARRAYS else None


def name_of(skill: str) -> str:
    """A skill's name for people: `mul gates`, `adding at forks`; a word that is in no table (any more) stays as it
    is."""
    titles = {UPSTREAM: "upstream × local", FORK: "adding at forks"}
    titles |= {stage.word: stage.title for stage in stages_of(skill) if stage.title}
    return f"{skill} gates" if skill in GATES else titles.get(skill, skill)


def in_order(exercises: Iterable[Exercise]) -> list[str]:
    """Every skill in the order of a course: stages, then gates in the order in which its exercises introduce them."""
    exercises = list(exercises)
    met = (gate.name for exercise in exercises for gate in exercise.graph.gates if gate is not None)
    asked = {*WORDS, *(word for exercise in exercises for word in exercise.stages)}
    return [*(word for word in EVERY_WORD if word in asked), UPSTREAM, FORK, *dict.fromkeys((*met, *GATES))]


def told_apart(question: Question, key: AnswerKey) -> list[str]:
    """The mistakes that lead to a number other than the right one here, so that a right answer is evidence against
    them."""
    if not question.kind.can_be_wrong_at_gates or key.graph.shapes:  # not known for arrays
        return []
    edits = key.edits.of(question)
    wrong = (row.id for row, is_right in zip(edits.rows, edits.is_right, strict=True) if not is_right)
    return [id_ for id_ in dict.fromkeys(wrong) if MISTAKES[id_].skill is not None]


def exercised(question: Question, key: AnswerKey) -> tuple[str, ...]:
    """The skills that a question needs: its stage, the gate's rule, the upstream gradient, the fork. A gate whose own
    mistakes all give the right number here (a mul gate with equal inputs) is not exercised, and neither is multiplying
    if one factor is 1."""
    if question.branch is None:
        return (question.stage, FORK) if question.is_sum else (question.stage,)
    gate = key.graph.gates[key.graph.index[question.branch.gate]]
    assert gate is not None
    if key.graph.shapes:
        return question.stage, gate.name
    apart = told_apart(question, key)
    own = [wrong.id for wrong in gate.wrong if wrong.slot != VALUE and wrong.often >= USUAL]
    found = [question.stage]
    if not own or any(id_ in apart for id_ in own):
        found.append(gate.name)
    if "forgot-local" in apart and "forgot-upstream" in apart:
        found.append(UPSTREAM)
    return tuple(found)


_MOST_BLAMED: Final = 2
"""How many ids of a verdict count against a student: the likeliest, and one more that is the same or close."""


def failed(diagnoses: Sequence[str], skills: Sequence[str]) -> list[tuple[str, ...]]:
    """The skills that a wrong answer counts against, as alternatives: in each tuple, one of them failed. `diagnoses`
    are those of the verdict, likeliest first, `skills` what the question exercises. If nothing was diagnosed, one of
    these failed; if one composition matches, both of its mistakes were made; if a slip of writing is likeliest, nothing
    is counted."""
    if not diagnoses:
        return [tuple(skills)] if skills else []
    if len(diagnoses) == 1:
        return [(skill,) for skill in _named(diagnoses, skills)]
    is_slip = "+" not in diagnoses[0] and skill_of(diagnoses[0]) is None
    alternatives = () if is_slip else _named(diagnoses[:_MOST_BLAMED], skills)
    return [alternatives] if alternatives else []


def _named(diagnoses: Sequence[str], skills: Sequence[str]) -> tuple[str, ...]:
    """The skills, each once, that these readings count against, at a question that exercises `skills`."""
    named = [skill_of(mistake) for reading in diagnoses for mistake in reading.split("+")]
    # A mistake of a gate or a stage counts against the question's own skill, if it has one.
    own = {STAGE if skill in EVERY_WORD else GATE: skill for skill in reversed(skills) if skill not in (UPSTREAM, FORK)}
    found = [own.get(skill or "") if skill in (GATE, STAGE, None) else skill for skill in named]
    return tuple(dict.fromkeys(skill for skill in found if skill))


# The model's four probabilities, the same for every skill. Answers are numbers, so few are guessed.
KNOWN: Final = 0.30  # a skill is known before anything was asked
LEARNED: Final = 0.10  # it is learned at a question
GUESSED: Final = 0.10  # the answer is right though the skill is unknown
SLIPS: Final = 0.08  # the answer is wrong though the skill is known
HINTED: Final = 0.5
"""Each hint leaves this share of what still had to be known, and this share of what is learned by finding the answer
alone."""


def after_right(mastery: float, hints: int = 0) -> float:
    """The probability that a skill is known after a right answer on the first try, with this many hints."""
    alone: float = HINTED**hints
    guessed = 1 - (1 - GUESSED) * alone
    right = mastery * (1 - SLIPS) + (1 - mastery) * guessed
    return _learned(mastery * (1 - SLIPS) / right, LEARNED * alone)


def _chances(masteries: Mapping[str, float]) -> dict[str, float]:
    """How likely each skill is to do its part in a right answer."""
    return {skill: mastery * (1 - SLIPS) + (1 - mastery) * GUESSED for skill, mastery in masteries.items()}


def blamed(masteries: Mapping[str, float]) -> dict[str, float]:
    """The probability that each of these skills failed, given a wrong answer that one of them must have caused."""
    chances = _chances(masteries)
    wrong = 1 - prod(chances.values())
    return {skill: (1 - chance) / wrong for skill, chance in chances.items()}


def after_wrong(masteries: Mapping[str, float]) -> dict[str, float]:
    """The probability that each of these skills is known after a wrong answer that one of them must have caused."""
    chances = _chances(masteries)
    wrong = 1 - prod(chances.values())
    found = {}
    for skill, mastery in masteries.items():
        # Bayes' rule: if this skill was known, then it slipped, or one of the others failed.
        if_known = 1 - (1 - SLIPS) * prod(chance for other, chance in chances.items() if other != skill)
        found[skill] = _learned(mastery * if_known / wrong, LEARNED)
    return found


def _learned(mastery: float, learned: float) -> float:
    return mastery + (1 - mastery) * learned


AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4  # FSRS's ratings, in its own numbers

STEP: Final = timedelta(minutes=10)  # how soon a skill comes back after a wrong answer
AHEAD: Final = timedelta(minutes=20)
"""What is due within this time may be asked now: nobody comes back for one question."""
MASSED: Final = timedelta(days=1)
"""Another right answer within this time, before the skill is due, is part of the same practice and counts once."""

Card = dict[str, Any]  # the state of one skill in the schedule, as `fsrs.Card.to_dict` writes it


@cache
def _scheduler() -> Scheduler:
    from fsrs import Scheduler

    return Scheduler(learning_steps=(STEP,), relearning_steps=(STEP,), enable_fuzzing=False)


def rating_of(right: bool, hints: int, seconds: float | None, stage: str) -> int:
    """The rating of an answer on the first try: Again, Hard with hints, Easy if it took little time, else Good."""
    if not right:
        return AGAIN
    if hints:
        return HARD
    # A log may name stages that no longer exist.
    easy = max((one.easy_seconds for one in stages_of(stage)), default=Stage.easy_seconds)
    return EASY if seconds is not None and seconds <= easy else GOOD


def reviewed(card: Card | None, rating: int, at: datetime) -> Card:
    """A skill's card after an answer: unchanged if that is not a review of its own, new if the clock was set back."""
    if card is not None and at < datetime.fromisoformat(card["last_review"]):
        card = None
    if card is not None and not _is_review(card, rating, at):
        return card
    from fsrs import Card as FsrsCard
    from fsrs import Rating

    before = FsrsCard(card_id=0, due=at) if card is None else FsrsCard.from_dict(card)  # type: ignore[arg-type]
    after, _ = _scheduler().review_card(before, Rating(rating), at)
    return dict(after.to_dict())


def _is_review(card: Card, rating: int, at: datetime) -> bool:
    # Ten right answers in a row are one review, and so are three wrong ones. A wrong one after right ones always
    # counts.
    last = datetime.fromisoformat(card["last_review"])
    settled = card["step"] is None
    return at >= due(card) or at - last >= MASSED or (rating == AGAIN) == settled


def due(card: Card) -> datetime:
    """When a skill is due."""
    return datetime.fromisoformat(card["due"])
