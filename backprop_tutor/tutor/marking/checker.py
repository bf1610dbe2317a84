"""A whole submission marked: every verdict, with what follows from the student's own answers, and the score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import Fault
from backprop_tutor.text import nearest, visible
from backprop_tutor.tutor import feedback
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.credit import Marked, credited
from backprop_tutor.tutor.marking.own_graph import Drawn, Twins, Worth, read_drawn, worth_of
from backprop_tutor.tutor.marking.submission import NotOneAnswer, Submission
from backprop_tutor.tutor.marking.verdicts import Outcome, Result, Verdict
from backprop_tutor.tutor.mistakes.readings import ids_of
from backprop_tutor.tutor.questions import ByName, by_name, spelled
from backprop_tutor.tutor.stages import WORDS, beside, is_drawn
from backprop_tutor.tutor.stages.stage import Question

_MOST_DRAWN: Final = 8
"""So many graphs of students' own are remembered: much the same ones are drawn again and again."""
_MOST_NEAREST: Final = 50
"""For so many names that are no questions the nearest one is looked up: thousands of them are no slips."""


_SAYINGS: Final = {
    Outcome.WRONG: feedback.copied_message,
    Outcome.MOOT: feedback.moot_message,
    Outcome.FOLLOW_THROUGH: feedback.follow_through_message,
}
"""What is said of an answer that comes of an earlier one."""


class Sheet:
    """The questions of one word about a circuit, with those that may be answered beside them, by name; and what they
    are worth: a point each, if nothing else is said."""

    def __init__(self, word: str, key: AnswerKey, worth: Worth | None = None) -> None:
        self.asked = key.asked(word)
        self.questions = [*beside(word, key.exercise, key.graph), *self.asked]
        self.known = by_name(self.questions)
        self.worth = worth or worth_of(self.asked)


class Checker:
    """Marks submissions for an exercise at its numbers; what it computes serves every student with these numbers."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.key = AnswerKey(exercise)
        self.sheets = {word: Sheet(word, self.key) for word in WORDS}
        self._order = [*exercise.stages, *(word for word in WORDS if word not in exercise.stages)]
        self.max_score = sum(len(self.sheets[word].asked) for word in exercise.stages)
        self._drawn = lru_cache(maxsize=_MOST_DRAWN)(partial(read_drawn, exercise))
        self._about = lru_cache(maxsize=_MOST_DRAWN)(self._questions_about)

    def check(self, submission: Submission, words: bool = True) -> Result:
        """Every verdict and the score, without messages where no `words` are wanted.

        A right graph of the student's own gives the questions their names.
        """
        drawn = self._drawn(submission.graph) if submission.graph is not None else None
        key, sheets = (self.key, self.sheets) if drawn is None or drawn.solution is None else self._about(drawn.text)
        marking = _Marking(key, sheets, submission, words)
        verdicts: list[Verdict] = []
        score = 0.0
        for word in self._order:
            scored = word in self.exercise.stages
            if is_drawn(word):
                found = [_graph_verdict(word, drawn, scored)] if drawn or scored else []
                points = float(bool(found) and found[0].outcome.counts)
            else:
                found = list(marking.verdicts(word, scored))
                points = marking.points(word)
            verdicts += found
            score += points if scored else 0.0
        score = round(score, 9)
        return Result(self.exercise.id, submission.student, self.exercise.seed, score, float(self.max_score), verdicts)

    def _questions_about(self, text: str) -> tuple[AnswerKey, dict[str, Sheet]]:
        """What is right about a student's own graph, and the questions about it, worth what the exercise's are."""
        drawn = self._drawn(text)
        key = AnswerKey(self.exercise, drawn.solution)
        known = {word: by_name(sheet.asked) for word, sheet in self.sheets.items()}
        twins = Twins(self.exercise.graph, key.graph, known)
        return key, {
            word: Sheet(word, key, twins.worth(ours.asked, key.asked(word), drawn.idle))
            for word, ours in self.sheets.items()
        }

    def solution_for(self, submission: Submission) -> Solution:
        """Both passes of the graph that a submission's answers are about: the student's own, where it can be used."""
        drawn = self._drawn(submission.graph) if submission.graph is not None else None
        return drawn.solution if drawn and drawn.solution else self.key.solution


def _graph_verdict(word: str, drawn: Drawn | None, scored: bool) -> Verdict:
    if drawn is None:
        return Verdict(word, word, None, Outcome.MISSING)
    outcome = Outcome.RIGHT if drawn.is_right else Outcome.WRONG if drawn.is_readable else Outcome.UNREADABLE
    others = "" if outcome.counts else "\nThe other answers are marked about the exercise's graph."
    return Verdict(word, word, drawn.text, outcome, message=f"{drawn.message}{others}", scored=scored)


def _typed(known: ByName[Question], answers: Mapping[str, str | None]) -> dict[int, list[tuple[str, str]]]:
    """The answers to each question with the names under which they stand, in the order of the question's own."""
    typed: dict[int, list[tuple[str, str]]] = {}
    for name, text in answers.items():
        question = known.find(name) if text is not None else None
        if question is not None and text is not None:
            mine = typed.setdefault(id(question), [])
            mine.append((name, text))
            if len(mine) > 1:
                order = [spelled(own) for own in question.names]
                mine.sort(key=lambda one: order.index(spelled(one[0])) if spelled(one[0]) in order else 0)
    return typed


class _Marking:
    """The marking of one submission: first every outcome, since later ones follow from earlier ones; then the words."""

    def __init__(self, key: AnswerKey, sheets: Mapping[str, Sheet], submission: Submission, words: bool = True) -> None:
        self.key, self.attempt = key, Attempt(key)
        self.sheets = sheets
        self.words = words
        self.answers = submission.answers
        self.naming: dict[str, Attempt] = {}
        self.marked = {word: self._mark(word) for word in WORDS if self.answers.get(word)}
        scored = {word: ones for word, ones in self.marked.items() if word in key.exercise.stages}
        questions = sum(len(sheets[word].asked) for word in key.exercise.stages)
        scoring = {word: sheets[word].worth.scored for word in scored}
        self.marked |= credited(scored, scoring, questions, key.scale.tolerance)

    def _mark(self, word: str) -> list[Marked]:
        marked: list[Marked] = []
        sheet, is_asked = self.sheets[word], word in self.key.exercise.stages
        typed = _typed(sheet.known, self.answers[word])
        for question in sheet.questions:
            mine = [self._one(question, name, text) for name, text in typed.get(id(question), ())]
            marked += mine
            carried = next((one for one in mine if one.answer is not None), None)
            if carried is None or carried.answer is None:
                continue
            if not is_asked:  # nothing follows from it, but it says why a later answer of its stage is wrong
                self.naming.setdefault(word, Attempt(self.key)).record(question, carried.answer, carried.outcome)
            # Nothing is gained without knowledge: what is wrong and costs nothing carries nothing.
            elif carried.outcome is Outcome.RIGHT or question.target in sheet.worth.scored:
                self.attempt.record(question, carried.answer, carried.outcome, carried.copied is not None)
        return marked

    def _one(self, question: Question, name: str, text: str) -> Marked:
        if isinstance(text, NotOneAnswer):
            message = "one answer belongs here, not a list or a mapping."
            return Marked(question, name, "", Outcome.UNREADABLE, message=message)
        try:
            answer = self.attempt.read(question, text)
        except Fault as fault:
            message = feedback.unreadable_message(text, fault) if self.words else ""
            return Marked(question, name, text, Outcome.UNREADABLE, message=message)
        judged = self.attempt.judge(question, answer)
        return Marked(question, name, text, judged.outcome, answer, copied=judged.copied, is_near=judged.is_near)

    def verdicts(self, word: str, scored: bool) -> Iterator[Verdict]:
        """The verdicts of a word: what was answered, what is missing, and the names that are no questions."""
        by_question: dict[int, list[Marked]] = {}
        for one in self.marked.get(word, ()):
            by_question.setdefault(id(one.question), []).append(one)
        sheet = self.sheets[word]
        asked = set(map(id, sheet.asked))
        for question in sheet.questions:
            counted = scored and question.target in sheet.worth.scored
            mine = by_question.get(id(question), ())
            for one in mine:
                yield self._verdict(one, counted)
            if scored and not mine and id(question) in asked:
                expected, label = self.key.number(question), question.label
                yield Verdict(word, question.target, None, Outcome.MISSING, expected, scored=counted, label=label)
        told = 0
        for name, text in (self.answers.get(word) or {}).items():
            if text is not None and sheet.known.find(name) is None:
                told += 1
                near = nearest(name, sheet.known) if told <= _MOST_NEAREST else ""
                message = f"{visible(name)[:60]} is no question of this stage.{near}"
                yield Verdict(word, name, str(text), Outcome.UNREADABLE, None, message=message, scored=False)

    def _verdict(self, one: Marked, scored: bool) -> Verdict:
        question, answer, outcome = one.question, one.answer, one.outcome
        ids: tuple[str, ...] = ()
        message = one.message
        if outcome is Outcome.WRONG and one.copied is None and answer is not None:
            attempt = self.naming.get(question.stage, self.attempt)
            readings = attempt.diagnose(question, answer)
            ids = ids_of(readings)
            message = feedback.wrong_message(attempt, question, answer, readings) if self.words else ""
        elif outcome in _SAYINGS and self.words:
            message = _SAYINGS[outcome](self.attempt, question)
        expected, label = self.key.number(question), question.label
        return Verdict(
            question.stage, one.name, one.text, outcome, expected, ids, message, scored, label, question.target
        )  # fmt: skip

    def points(self, word: str) -> float:
        """What the answers of a word score, in the exercise's questions."""
        counted: dict[str, bool] = {}
        for one in self.marked.get(word, ()):
            target = one.question.target
            counted[target] = counted.get(target, True) and one.outcome.counts
        return self.sheets[word].worth.points(counted) if counted else 0.0
