"""A whole submission marked: every verdict, with what follows from the student's own answers, and the score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from backprop_tutor.course.exercise import STAGES, Exercise
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import Fault, nearest, visible
from backprop_tutor.tutor.answers import Answer
from backprop_tutor.tutor.carrying import STAGES as CARRIED
from backprop_tutor.tutor.carrying import Carrying
from backprop_tutor.tutor.drawn import Drawn, read_drawn
from backprop_tutor.tutor.feedback import follow_through_message, graph_message, unreadable_message, wrong_message
from backprop_tutor.tutor.marking import Marker
from backprop_tutor.tutor.questions import (
    GRAPH_TARGET,
    OF_NETWORKS,
    ByName,
    Question,
    by_name,
    spelled,
    stage_questions,
)
from backprop_tutor.tutor.submission import NotOneAnswer, Submission
from backprop_tutor.tutor.verdicts import Outcome, Result, Verdict

MARKING_ORDER = tuple(stage for stage in STAGES if stage != "graph")
"""Stages as one follows from another, whatever order the exercise asks them in."""

_MOST_NEAREST = (
    50  # for so many names that are no questions the nearest one is looked up: thousands of them are no slips
)


class _Marked(NamedTuple):
    question: Question
    name: str
    text: str
    outcome: Outcome
    answer: Answer | None = None
    message: str = ""


class Checker:
    """Marks submissions for an exercise at its numbers; what it computes serves every student with these numbers."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.marker = Marker(exercise)
        self.asked = {stage: stage_questions(stage, exercise, exercise.graph) for stage in STAGES}
        self.max_score = sum(len(self.asked[stage]) for stage in exercise.stages)
        self._last: Drawn | None = None

    def check(self, submission: Submission, words: bool = True) -> Result:
        """Every verdict and the score, without messages where no `words` are wanted.

        A graph of the student's own gives the questions their names.
        """
        drawn = self._drawn(submission.graph)
        if drawn is None or drawn.solution is None:
            marking = _Marking(self.marker, self.asked, submission, words=words)
        else:
            graph = drawn.solution.graph
            asked = {stage: stage_questions(stage, self.exercise, graph) for stage in STAGES}
            marking = _Marking(Marker(self.exercise, drawn.solution), asked, submission, drawn.idle, words)
        return self._result(submission, drawn, marking)

    def solution_for(self, submission: Submission) -> Solution:
        """Both passes of the graph that a submission's answers are about: the student's own, where it can be used."""
        drawn = self._drawn(submission.graph)
        return drawn.solution if drawn and drawn.solution else self.marker.solution

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
        for stage in [*self.exercise.stages, *(stage for stage in STAGES if stage not in self.exercise.stages)]:
            scored = stage in self.exercise.stages
            if stage == "graph":
                found = [_graph_verdict(drawn, scored)] if drawn or scored else []
                points = float(bool(found) and found[0].outcome.counts)
            else:
                found = list(marking.verdicts(stage, scored))
                points = marking.points(stage, len(self.asked[stage]))
            verdicts += found
            score += points if scored else 0.0
        score = round(score, 9)
        return Result(self.exercise.id, submission.student, self.exercise.seed, score, float(self.max_score), verdicts)


def _graph_verdict(drawn: Drawn | None, scored: bool) -> Verdict:
    if drawn is None:
        return Verdict("graph", GRAPH_TARGET, None, Outcome.MISSING)
    outcome = Outcome.RIGHT if drawn.is_right else Outcome.WRONG if drawn.is_readable else Outcome.UNREADABLE
    return Verdict("graph", GRAPH_TARGET, drawn.text, outcome, message=graph_message(drawn), scored=scored)


class _Marking:
    """The marking of one submission: first every outcome, since later ones follow from earlier ones; then the words."""

    def __init__(
        self,
        marker: Marker,
        asked: Mapping[str, list[Question]],
        submission: Submission,
        idle: frozenset[str] = frozenset(),
        words: bool = True,
    ) -> None:
        self.marker = marker
        self.carrying = Carrying(marker.solution)
        self.asked = asked
        self.idle, self.words = idle, words
        self.answers = submission.answers
        self.known: dict[str, ByName[Question]] = {}
        self.marked: dict[str, list[_Marked]] = {stage: self._mark(stage) for stage in MARKING_ORDER}

    def _mark(self, stage: str) -> list[_Marked]:
        answers = self.answers.get(stage, {})
        marked: list[_Marked] = []
        if not answers:
            return marked
        asked = self._questions(stage)
        self.known[stage] = by_name(asked, self.marker.exercise.loss)
        typed = self._typed(stage, answers)
        for question in asked:
            mine = [self._one(question, name, text) for name, text in typed.get(id(question), ())]
            carried = next((one for one in mine if one.answer is not None), None)
            if carried is not None and carried.answer is not None and stage in CARRIED:
                right = carried.outcome is Outcome.RIGHT
                self.carrying.record(stage, question.target, carried.answer.value, right)
            marked += mine
        return marked

    def _typed(self, stage: str, answers: Mapping[str, str | None]) -> dict[int, list[tuple[str, str]]]:
        """The answers to each question with the names under which they stand, in the order of the question's own."""
        typed: dict[int, list[tuple[str, str]]] = {}
        for name, text in answers.items():
            question = self.known[stage].find(name) if text is not None else None
            if question is not None and text is not None:
                mine = typed.setdefault(id(question), [])
                mine.append((name, text))
                if len(mine) > 1:
                    order = [spelled(own) for own in question.names]
                    mine.sort(key=lambda one: order.index(spelled(one[0])) if spelled(one[0]) in order else 0)
        return typed

    def _questions(self, stage: str) -> list[Question]:
        """The questions of a stage, and what may be answered beside them: the output's own gradient."""
        output = self.marker.graph.output_name
        given = [Question("backward", output, output, None, (output,))] if stage == "backward" else []
        return given + self.asked[stage]

    def _one(self, question: Question, name: str, text: str) -> _Marked:
        if isinstance(text, NotOneAnswer):
            message = "one answer belongs here, not a list or a mapping."
            return _Marked(question, name, "", Outcome.UNREADABLE, message=message)
        try:
            answer = self.marker.read(question, text, self.carrying)
        except Fault as fault:
            return _Marked(question, name, text, Outcome.UNREADABLE, message=unreadable_message(text, fault))
        return _Marked(question, name, text, self.marker.outcome(question, answer, self.carrying), answer)

    def verdicts(self, stage: str, scored: bool) -> Iterator[Verdict]:
        """The verdicts of a stage: what was answered, what is missing, and the names that are no questions."""
        by_question: dict[int, list[_Marked]] = {}
        for one in self.marked[stage]:
            by_question.setdefault(id(one.question), []).append(one)
        asked = {id(question) for question in self.asked[stage]}
        for one in self.marked[stage]:
            if id(one.question) not in asked:
                yield self._verdict(one, scored=False)
        for question in self.asked[stage]:
            counted = scored and not self._is_idle(question)
            for one in by_question.get(id(question), []):
                yield self._verdict(one, counted)
            if scored and id(question) not in by_question:
                yield Verdict(
                    stage, question.target, None, Outcome.MISSING, self.marker.expected(question), scored=counted
                )
        yield from self._strangers(stage)

    def _verdict(self, one: _Marked, scored: bool) -> Verdict:
        question, answer, outcome = one.question, one.answer, one.outcome
        expected = self.marker.expected(question)
        verdict = Verdict(
            question.stage,
            one.name,
            one.text,
            outcome,
            expected,
            message=one.message,
            scored=scored,
            asked=question.target,
        )
        if outcome is Outcome.WRONG and answer is not None:
            ids = self.marker.diagnose(question, answer, self.carrying)
            message = wrong_message(self.marker, question, answer, ids, self.carrying) if self.words else ""
            return verdict._replace(diagnoses=ids, message=message)
        if outcome is Outcome.FOLLOW_THROUGH and self.words:
            return verdict._replace(message=follow_through_message(self.marker, question, self.carrying))
        return verdict

    def _strangers(self, stage: str) -> Iterator[Verdict]:
        known, told = self.known.get(stage), 0
        for name, text in self.answers.get(stage, {}).items():
            if known is not None and text is not None and known.find(name) is None:
                told += 1
                message = (
                    f"{visible(name)[:60]} is no question of this "
                    f"stage.{nearest(name, known) if told <= _MOST_NEAREST else ''}"
                )
                yield Verdict(stage, name, str(text), Outcome.UNREADABLE, None, message=message, scored=False)

    def points(self, stage: str, of: int) -> float:
        """How many of the exercise's questions of a stage score: as many as of the student's own graph, in
        proportion."""
        scoring = [question for question in self.asked[stage] if not self._is_idle(question)]
        counted: dict[int, bool] = {}
        for one in self.marked[stage]:
            counted[id(one.question)] = counted.get(id(one.question), True) and one.outcome.counts
        right = sum(counted.get(id(question), False) for question in scoring)
        return float(right) if len(scoring) == of else right * of / len(scoring) if scoring else 0.0

    def _is_idle(self, question: Question) -> bool:
        """Whether a question is about a gate that does nothing: answered or not, it scores nothing."""
        if question.stage in OF_NETWORKS:
            return False
        gate = question.branch.gate if question.branch is not None else question.node
        return gate in self.idle
