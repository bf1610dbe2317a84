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
from backprop_tutor.tutor.feedback import (
    follow_through_message,
    graph_message,
    moot_message,
    unreadable_message,
    wrong_message,
)
from backprop_tutor.tutor.marking import Marker
from backprop_tutor.tutor.questions import GRAPH_TARGET, Question, by_name, stage_questions
from backprop_tutor.tutor.submission import NOT_ONE_ANSWER, Submission
from backprop_tutor.tutor.twins import Twins, Worth, worth_of
from backprop_tutor.tutor.verdicts import Outcome, Result, Verdict

MARKING_ORDER = tuple(stage for stage in STAGES if stage != "graph")
"""Stages as one follows from another, whatever order the exercise asks them in."""

# In an exercise of fewer questions, one slip and its consequences look like one number written everywhere.
_TELLING = 6
_COPIES_EACH = 3  # so many copies of a wrong number are believed for each answer that shows more
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
    is_copy: bool = False

    @property
    def size(self) -> float:
        """How large the answer is, without its sign; 0 where it could not be read."""
        return abs(self.answer.value) if self.answer is not None else 0.0


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

        A right graph of the student's own gives the questions their names.
        """
        drawn = self._drawn(submission.graph)
        if drawn is None or drawn.solution is None:
            worth = {stage: worth_of(asked) for stage, asked in self.asked.items()}
            marking = _Marking(self.marker, self.asked, worth, submission, words)
        else:
            graph = drawn.solution.graph
            asked = {stage: stage_questions(stage, self.exercise, graph) for stage in STAGES}
            twins = Twins(self.exercise.graph, graph, {stage: by_name(ours) for stage, ours in self.asked.items()})
            worth = {stage: twins.worth(self.asked[stage], asked[stage], drawn.idle) for stage in STAGES}
            marking = _Marking(Marker(self.exercise, drawn.solution), asked, worth, submission, words)
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
                points = marking.points(stage)
            verdicts += found
            score += points if scored else 0.0
        score = round(score, 9)
        return Result(self.exercise.id, submission.student, self.exercise.seed, score, float(self.max_score), verdicts)


def _graph_verdict(drawn: Drawn | None, scored: bool) -> Verdict:
    if drawn is None:
        return Verdict("graph", GRAPH_TARGET, None, Outcome.MISSING)
    outcome = Outcome.RIGHT if drawn.is_right else Outcome.WRONG if drawn.is_readable else Outcome.UNREADABLE
    message = graph_message(drawn)
    if not outcome.counts:
        message = f"{message}\nThe other answers are marked about the exercise's graph."
    return Verdict("graph", GRAPH_TARGET, drawn.text, outcome, message=message, scored=scored)


class _Marking:
    """The marking of one submission: first every outcome, since later ones follow from earlier ones; then the words."""

    def __init__(
        self,
        marker: Marker,
        asked: Mapping[str, list[Question]],
        worth: Mapping[str, Worth],
        submission: Submission,
        words: bool = True,
    ) -> None:
        self.marker = marker
        self.carrying = Carrying(marker.solution)
        self.asked, self.worth = asked, worth
        self.words = words
        self.answers = submission.answers
        self.marked: dict[str, list[_Marked]] = {stage: self._mark(stage) for stage in MARKING_ORDER}

    def _mark(self, stage: str) -> list[_Marked]:
        answers = self.answers.get(stage, {})
        marked: list[_Marked] = []
        if not answers:
            return marked
        is_asked = stage in self.marker.exercise.stages
        for question in self._questions(stage):
            mine = [
                self._one(question, name, answers[name] or "")
                for name in question.names
                if answers.get(name) is not None
            ]
            carried = next((one for one in mine if one.answer is not None), None)
            marked += mine
            if carried is None or carried.answer is None or not is_asked or stage not in CARRIED:
                continue
            # Nothing is gained without knowledge: what is wrong and costs nothing carries nothing.
            if carried.outcome is Outcome.RIGHT or self.worth[stage].is_scored(question):
                self.carrying.record(stage, question.target, carried.answer, carried.outcome, carried.is_copy)
        return self._without_mere_copies(marked) if is_asked else marked

    def _without_mere_copies(self, marked: list[_Marked]) -> list[_Marked]:
        """The marked answers of a stage, with wrong numbers that are only handed on counted where others show more.

        One number written everywhere is handed on rightly by every add gate. Whoever knows the method and slipped once
        has other numbers right as well, or works them out from the wrong one.
        """
        if sum(map(len, (self.asked[stage] for stage in self.marker.exercise.stages))) < _TELLING:
            return marked
        copies = [one for one in marked if one.is_copy]
        shown = [one for one in marked if one.outcome.counts and not one.is_copy and one.size]
        near = self.marker.scale.tolerance

        def is_mere(copy: _Marked) -> bool:
            alike = [other for other in copies if abs(other.size - copy.size) <= near * copy.size]
            telling = [
                one
                for one in shown
                if one.outcome is Outcome.FOLLOW_THROUGH or abs(one.size - copy.size) > near * copy.size
            ]
            return len(alike) > _COPIES_EACH * len(telling)

        mere = {id(copy) for copy in copies if is_mere(copy)}
        return [one._replace(outcome=Outcome.WRONG, is_copy=False) if id(one) in mere else one for one in marked]

    def _questions(self, stage: str) -> list[Question]:
        """The questions of a stage, and what may be answered beside them: the output's own gradient."""
        output = self.marker.graph.output_name
        given = [Question("backward", output, output, None, (output,))] if stage == "backward" else []
        return given + self.asked[stage]

    def _one(self, question: Question, name: str, text: str) -> _Marked:
        if text == NOT_ONE_ANSWER:
            message = "one answer belongs here, not a list or a mapping."
            return _Marked(question, name, "", Outcome.UNREADABLE, message=message)
        try:
            answer = self.marker.read(question, text, self.carrying)
        except Fault as fault:
            return _Marked(question, name, text, Outcome.UNREADABLE, message=unreadable_message(text, fault))
        judged = self.marker.judge(question, answer, self.carrying)
        return _Marked(question, name, text, judged.outcome, answer, is_copy=judged.is_copy)

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
            counted = scored and self.worth[stage].is_scored(question)
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
        verdict = Verdict(question.stage, one.name, one.text, outcome, expected, message=one.message, scored=scored)
        if outcome is Outcome.WRONG and answer is not None:
            ids = self.marker.diagnose(question, answer, self.carrying)
            message = wrong_message(self.marker, question, answer, ids, self.carrying) if self.words else ""
            return verdict._replace(diagnoses=ids, message=message)
        if outcome is Outcome.MOOT and self.words:
            return verdict._replace(message=moot_message(question, self.carrying))
        if outcome is Outcome.FOLLOW_THROUGH and self.words:
            return verdict._replace(message=follow_through_message(self.marker, question, self.carrying))
        return verdict

    def _strangers(self, stage: str) -> Iterator[Verdict]:
        known, told = by_name(self._questions(stage)), 0
        for name, text in self.answers.get(stage, {}).items():
            if name not in known and text is not None:
                told += 1
                message = (
                    f"{visible(name)[:60]} is no question of this "
                    f"stage.{nearest(name, known) if told <= _MOST_NEAREST else ''}"
                )
                text = "" if text == NOT_ONE_ANSWER else text
                yield Verdict(stage, name, text, Outcome.UNREADABLE, None, message=message, scored=False)

    def points(self, stage: str) -> float:
        """What the answers of a stage score, in the exercise's questions."""
        counted: dict[str, bool] = {}
        for one in self.marked[stage]:
            target = one.question.target
            counted[target] = counted.get(target, True) and one.outcome.counts
        return self.worth[stage].points(counted)
