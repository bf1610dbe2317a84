"""What a report needs of a result, without its words: a letter for each question, the score, and what slipped."""

from __future__ import annotations

from typing import Final, NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.graph import Graph
from backprop_tutor.grading.attempts import Slip
from backprop_tutor.tutor.marking.twins import Twins
from backprop_tutor.tutor.marking.verdicts import Outcome, Result
from backprop_tutor.tutor.stages import WORDS, stage_questions
from backprop_tutor.tutor.stages.spelling import ByName, by_name
from backprop_tutor.tutor.stages.stage import Question

OWN_GRAPH: Final = "(own graph)"
"""Stands for a gate of a student's own graph that the exercise's does not have."""
_WORST_FIRST: Final = "UW0FRM-"


class Marks(NamedTuple):
    """The score, the letters of the exercise's questions in their order, the slips, and what is said of names that are
    no questions."""

    score: float
    letters: str
    slips: tuple[Slip, ...]
    strangers: tuple[str, ...] = ()


class Asked:
    """The questions of an exercise, in the order of a report's columns; they are the same at whatever numbers."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        asked = {stage: stage_questions(stage, exercise, exercise.graph) for stage in WORDS}
        self.questions = [question for stage in exercise.stages for question in asked[stage]]
        self.position = {(question.stage, question.target): number for number, question in enumerate(self.questions)}
        self.known = {stage: by_name(of_stage, exercise.loss) for stage, of_stage in asked.items()}
        self.none_answered = "M" * len(self.questions)
        self.max_score = float(len(self.questions))

    def about(self, graph: Graph) -> dict[str, ByName[Question]]:
        """The questions about a graph, the exercise's or the student's own, by stage and by every name."""
        if graph is self.exercise.graph:
            return self.known
        own = self.exercise
        return {stage: by_name(stage_questions(stage, own, graph), own.loss) for stage in self.known}

    def marks(self, result: Result, graph: Graph) -> Marks:
        """The marks of a result about a graph; where it is the student's own, each question is the exercise's of the
        same gate."""
        twins = None if graph is self.exercise.graph else Twins(self.exercise.graph, graph, self.known)
        asked = self.about(graph)
        letters = list(self.none_answered) if twins is None else ["-"] * len(self.questions)
        slips: list[Slip] = []
        strangers: list[str] = []
        for verdict in result.verdicts:
            question = asked[verdict.stage].find(verdict.target)
            if question is None:
                if verdict.outcome is Outcome.UNREADABLE:
                    strangers.append(f"{verdict.stage}: {verdict.message}")
                continue
            ours = question if twins is None else twins.ours(question)
            at = None if ours is None else self.position.get((ours.stage, ours.target))
            if at is not None:
                letters[at] = min(letters[at], verdict.outcome.letter, key=_WORST_FIRST.index)
            if verdict.outcome is Outcome.WRONG and verdict.expected is not None:
                at_gates = graph if question.kind.is_by_node else self.exercise.graph
                slips.append(slip_of(question, verdict.target, verdict.diagnoses, at_gates, ours))
        return Marks(result.score, "".join(letters), tuple(slips), tuple(strangers))


def slip_of(question: Question, target: str, diagnoses: tuple[str, ...], graph: Graph, ours: Question | None) -> Slip:
    """A wrong answer as a slip: its gate by the exercise's name, where the exercise has that gate."""
    gate = graph.node(question.gate).gate
    kind = "fork" if question.is_sum else gate.name if gate is not None else "input"
    return Slip(question.stage, target, OWN_GRAPH if ours is None else ours.gate, kind, diagnoses)
