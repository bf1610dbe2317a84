"""A whole submission marked: every verdict, with what follows from the student's own answers, and the score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import Fault
from backprop_tutor.text import nearest, visible
from backprop_tutor.tutor.feedback import (
    copied_message,
    follow_through_message,
    moot_message,
    unreadable_message,
    wrong_message,
)
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.own_graph import Drawn, read_drawn
from backprop_tutor.tutor.marking.submission import NotOneAnswer, Submission
from backprop_tutor.tutor.marking.twins import Twins, Worth, worth_of
from backprop_tutor.tutor.marking.verdicts import Outcome, Result, Verdict
from backprop_tutor.tutor.stages import WORDS, beside, is_drawn, stage_questions
from backprop_tutor.tutor.stages.spelling import ByName, by_name, spelled
from backprop_tutor.tutor.stages.stage import Question

_TELLING: Final = 6
"""In an exercise of fewer questions, one slip and its consequences look like one number written everywhere."""
_FEW: Final = 3
"""So few answers of a stage are not called one number written everywhere."""
_COPIES_EACH: Final = 3
"""So many copies of a wrong number are believed for each answer that shows more, where most answers hold."""
_MOST_NEAREST: Final = 50
"""For so many names that are no questions the nearest one is looked up: thousands of them are no slips."""


class _Marked(NamedTuple):
    question: Question
    name: str
    text: str
    outcome: Outcome
    answer: Answer | None = None
    message: str = ""
    copied: float | None = None
    is_near: bool = False

    @property
    def is_telling(self) -> bool:
        """Whether it shows a rule at work: a number that is right, or worked out from a wrong one, roughly at least."""
        if self.outcome is Outcome.FOLLOW_THROUGH:
            return self.copied is None and not self.question.is_sum
        return self.value != 0 and (self.outcome is Outcome.RIGHT or self.is_near)

    @property
    def value(self) -> float:
        """The answer's number; 0 where it could not be read."""
        return self.answer.value if self.answer is not None else 0.0


class Checker:
    """Marks submissions for an exercise at its numbers; what it computes serves every student with these numbers."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.key = AnswerKey(exercise)
        self.asked = {word: stage_questions(word, exercise, exercise.graph) for word in WORDS}
        self.worth = {word: worth_of(asked) for word, asked in self.asked.items()}
        self._order = [*exercise.stages, *(word for word in WORDS if word not in exercise.stages)]
        self.max_score = sum(len(self.asked[word]) for word in exercise.stages)
        self._last: Drawn | None = None

    def check(self, submission: Submission, words: bool = True) -> Result:
        """Every verdict and the score, without messages where no `words` are wanted.

        A right graph of the student's own gives the questions their names.
        """
        drawn = self._drawn(submission.graph)
        if drawn is None or drawn.solution is None:
            marking = _Marking(self.key, self.asked, self.worth, submission, words)
        else:
            graph = drawn.solution.graph
            asked = {word: stage_questions(word, self.exercise, graph) for word in WORDS}
            twins = Twins(
                self.exercise.graph,
                graph,
                {word: by_name(ours, self.exercise.loss) for word, ours in self.asked.items()},
            )
            worth = {word: twins.worth(self.asked[word], asked[word], drawn.idle) for word in WORDS}
            marking = _Marking(AnswerKey(self.exercise, drawn.solution), asked, worth, submission, words)
        return self._result(submission, drawn, marking)

    def solution_for(self, submission: Submission) -> Solution:
        """Both passes of the graph that a submission's answers are about: the student's own, where it can be used."""
        drawn = self._drawn(submission.graph)
        return drawn.solution if drawn and drawn.solution else self.key.solution

    def _drawn(self, text: str | None) -> Drawn | None:
        """What a student drew; the last graph is remembered."""
        if text is None:
            return None
        if self._last is None or self._last.text != text:
            self._last = read_drawn(self.exercise, text)
        return self._last

    def _result(self, submission: Submission, drawn: Drawn | None, marking: _Marking) -> Result:
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


def _graph_verdict(word: str, drawn: Drawn | None, scored: bool) -> Verdict:
    if drawn is None:
        return Verdict(word, word, None, Outcome.MISSING)
    outcome = Outcome.RIGHT if drawn.is_right else Outcome.WRONG if drawn.is_readable else Outcome.UNREADABLE
    message = drawn.message
    if not outcome.counts:
        message = f"{message}\nThe other answers are marked about the exercise's graph."
    return Verdict(word, word, drawn.text, outcome, message=message, scored=scored)


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


def _most_hold(marked: Sequence[_Marked]) -> bool:
    return 2 * sum(one.outcome.is_consistent for one in marked) >= len(marked)


def _refused(one: _Marked) -> _Marked:
    return one._replace(outcome=Outcome.WRONG)


class _Marking:
    """The marking of one submission: first every outcome, since later ones follow from earlier ones; then the words."""

    def __init__(
        self,
        key: AnswerKey,
        asked: Mapping[str, list[Question]],
        worth: Mapping[str, Worth],
        submission: Submission,
        words: bool = True,
    ) -> None:
        self.key, self.attempt = key, Attempt(key)
        self.asked, self.worth = asked, worth
        self.words = words
        self.answers = submission.answers
        self.known: dict[str, ByName[Question]] = {}
        self.naming: dict[str, Attempt] = {}
        self.marked = {word: self._mark(word) for word in WORDS if self.answers.get(word)}
        credited = [word for word in self.marked if word in self.key.exercise.stages]
        self.worthy = {word: self._worthy(word) for word in credited}
        self.marked |= {word: self._credited(word, self.marked[word]) for word in credited}

    def _mark(self, word: str) -> list[_Marked]:
        answers = self.answers[word]
        marked: list[_Marked] = []
        is_asked = word in self.key.exercise.stages
        questions = self._questions(word)
        known = self.known[word] = by_name(questions, self.key.exercise.loss)
        typed = _typed(known, answers)
        for question in questions:
            mine = [self._one(question, name, text) for name, text in typed.get(id(question), ())]
            marked += mine
            carried = next((one for one in mine if one.answer is not None), None)
            if carried is None or carried.answer is None:
                continue
            if not is_asked:  # nothing follows from it, but it says why a later answer of its stage is wrong
                self.naming.setdefault(word, Attempt(self.key)).record(question, carried.answer, carried.outcome)
                continue
            # Nothing is gained without knowledge: what is wrong and costs nothing carries nothing.
            if carried.outcome is Outcome.RIGHT or question.target in self.worth[word].scored:
                self.attempt.record(question, carried.answer, carried.outcome, carried.copied is not None)
        return marked

    def _worthy(self, word: str) -> list[_Marked]:
        """The answers that can score: the padding of one's own graph shows nothing."""
        return [one for one in self.marked[word] if one.question.target in self.worth[word].scored]

    def _credited(self, word: str, marked: list[_Marked]) -> list[_Marked]:
        """The marked answers of a word, where what follows from a wrong one counts only if it shows knowledge.

        Whoever knows the method and slipped once has other numbers right as well, or most of what they wrote holds. Who
        answers only a few questions has not written one number, or a row of numbers, everywhere.
        """
        questions = sum(len(self.asked[other]) for other in self.key.exercise.stages)
        answered = len({one.question.target for one in marked})
        if questions < _TELLING or answered < _FEW or 2 * answered <= len(self.worth[word].scored):
            return marked
        of_all = [one for worthy in self.worthy.values() for one in worthy]
        is_any_right = any(one.outcome is Outcome.RIGHT and one.value for one in of_all)
        if not is_any_right and not _most_hold(of_all):  # a row of numbers has by chance a product in it
            return [_refused(one) if one.outcome is Outcome.FOLLOW_THROUGH else one for one in marked]
        later = [one for other in list(self.worthy)[list(self.worthy).index(word) :] for one in self.worthy[other]]
        return self._without_mere_copies(marked, self.worthy[word], later)

    def _without_mere_copies(self, marked: list[_Marked], worth: list[_Marked], later: list[_Marked]) -> list[_Marked]:
        """The marked answers of a word, with wrong numbers that are only handed on counted where others show more.

        One number written everywhere is handed on rightly by every add gate.
        """
        copies = [one for one in marked if one.copied is not None]
        near = self.key.scale.tolerance
        most_hold = _most_hold(worth) and _most_hold(later)
        # Where most holds, a 0 among other numbers shows knowledge too, and so does what is right in a later stage.
        evidence = [one for one in later if one.is_telling or one.outcome is Outcome.RIGHT]
        shown = evidence if most_hold else [one for one in worth if one.is_telling]

        def is_mere(copy: _Marked) -> bool:
            size = copy.copied or 0.0
            alike = [other for other in copies if abs((other.copied or 0.0) - size) <= near * size]
            telling = [
                one
                for one in shown
                if one.outcome is not Outcome.RIGHT or abs(one.value - copy.value) > near * abs(copy.value)
            ]
            if most_hold:
                return len(alike) > _COPIES_EACH * len(telling)
            return len(copies) > len(telling)  # among many wrong answers one may look telling by chance

        mere = {id(copy) for copy in copies if is_mere(copy)}
        return [_refused(one) if id(one) in mere else one for one in marked]

    def _questions(self, word: str) -> list[Question]:
        """The questions of a word, and what may be answered beside them."""
        return [*beside(word, self.key.graph), *self.asked[word]]

    def _one(self, question: Question, name: str, text: str) -> _Marked:
        if isinstance(text, NotOneAnswer):
            message = "one answer belongs here, not a list or a mapping."
            return _Marked(question, name, "", Outcome.UNREADABLE, message=message)
        try:
            answer = self.attempt.read(question, text)
        except Fault as fault:
            message = unreadable_message(text, fault) if self.words else ""
            return _Marked(question, name, text, Outcome.UNREADABLE, message=message)
        judged = self.attempt.judge(question, answer)
        return _Marked(question, name, text, judged.outcome, answer, copied=judged.copied, is_near=judged.is_near)

    def verdicts(self, word: str, scored: bool) -> Iterator[Verdict]:
        """The verdicts of a word: what was answered, what is missing, and the names that are no questions."""
        marked = self.marked.get(word, [])
        by_question: dict[int, list[_Marked]] = {}
        for one in marked:
            by_question.setdefault(id(one.question), []).append(one)
        asked = {id(question) for question in self.asked[word]}
        for one in marked:
            if id(one.question) not in asked:
                yield self._verdict(one, scored=False)
        for question in self.asked[word]:
            counted = scored and question.target in self.worth[word].scored
            for one in by_question.get(id(question), []):
                yield self._verdict(one, counted)
            if scored and id(question) not in by_question:
                expected, label = self.key.number(question), question.kind.label(question)
                yield Verdict(word, question.target, None, Outcome.MISSING, expected, scored=counted, label=label)
        yield from self._strangers(word)

    def _verdict(self, one: _Marked, scored: bool) -> Verdict:
        question, answer, outcome = one.question, one.answer, one.outcome
        expected = self.key.number(question)
        label, asked = question.kind.label(question), question.target
        verdict = Verdict(question.stage, one.name, one.text, outcome, expected, (), one.message, scored, label, asked)
        if outcome is Outcome.WRONG and one.copied is not None:
            return verdict._replace(message=copied_message(self.attempt, question) if self.words else "")
        if outcome is Outcome.WRONG and answer is not None:
            attempt = self.naming.get(question.stage, self.attempt)
            ids = attempt.diagnose(question, answer)
            message = wrong_message(attempt, question, answer, ids) if self.words else ""
            return verdict._replace(diagnoses=ids, message=message)
        if outcome is Outcome.MOOT and self.words:
            return verdict._replace(message=moot_message(self.attempt, question))
        if outcome is Outcome.FOLLOW_THROUGH and self.words:
            return verdict._replace(message=follow_through_message(self.attempt, question))
        return verdict

    def _strangers(self, word: str) -> Iterator[Verdict]:
        answers = self.answers.get(word)
        if not answers:
            return
        known, told = self.known[word], 0
        for name, text in answers.items():
            if text is not None and known.find(name) is None:
                told += 1
                near = nearest(name, known) if told <= _MOST_NEAREST else ""
                message = f"{visible(name)[:60]} is no question of this stage.{near}"
                yield Verdict(word, name, str(text), Outcome.UNREADABLE, None, message=message, scored=False)

    def points(self, word: str) -> float:
        """What the answers of a word score, in the exercise's questions."""
        counted: dict[str, bool] = {}
        for one in self.marked.get(word, ()):
            target = one.question.target
            counted[target] = counted.get(target, True) and one.outcome.counts
        return self.worth[word].points(counted) if counted else 0.0
