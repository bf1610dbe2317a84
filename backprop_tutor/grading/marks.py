"""What a report needs of a result, without its words: a letter for each question, the score, and what slipped."""

from __future__ import annotations

from typing import Final, NamedTuple

from backprop_tutor.course.exercise import STAGES, Exercise
from backprop_tutor.engine.graph import Graph
from backprop_tutor.grading.attempts import LETTERS, Slip
from backprop_tutor.grading.twins import Twins
from backprop_tutor.tutor.questions import OF_NETWORKS, Question, by_name, stage_questions
from backprop_tutor.tutor.verdicts import Outcome, Result

OWN_GRAPH: Final = "(own graph)"
"""Stands for a gate of a student's own graph that the exercise's does not have."""
_WORST_FIRST: Final = "UWFRM-"


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
        asked = {stage: stage_questions(stage, exercise, exercise.graph) for stage in STAGES}
        self.questions = [question for stage in exercise.stages for question in asked[stage]]
        self.position = {(question.stage, question.target): number for number, question in enumerate(self.questions)}
        self.known = {stage: by_name(of_stage) for stage, of_stage in asked.items()}
        self.none_answered = "M" * len(self.questions)
        self.max_score = float(len(self.questions))

    def about(self, graph: Graph) -> dict[str, dict[str, Question]]:
        """The questions about a graph, the exercise's or the student's own, by stage and by every name."""
        if graph is self.exercise.graph:
            return self.known
        return {stage: by_name(stage_questions(stage, self.exercise, graph)) for stage in self.known}

    def marks(self, result: Result, graph: Graph) -> Marks:
        """The marks of a result about a graph; where it is the student's own, each question is the exercise's of the
        same gate."""
        twins = None if graph is self.exercise.graph else Twins(self.exercise.graph, graph, self.known)
        asked = self.about(graph)
        letters = list(self.none_answered) if twins is None else ["-"] * len(self.questions)
        slips: list[Slip] = []
        strangers: list[str] = []
        for verdict in result.verdicts:
            question = asked[verdict.stage].get(verdict.target)
            if question is None:
                if verdict.outcome is Outcome.UNREADABLE:
                    strangers.append(f"{verdict.stage}: {verdict.message}")
                continue
            of_neurons = (
                question.stage in OF_NETWORKS
            )  # which have the exercise's names, whatever the student's graph has
            ours = question if twins is None or of_neurons else twins.ours(question)
            at = None if ours is None else self.position.get((ours.stage, ours.target))
            if at is not None:
                letters[at] = min(letters[at], LETTERS[verdict.outcome], key=_WORST_FIRST.index)
            if verdict.outcome is Outcome.WRONG and verdict.stage != "graph":
                at_gates = self.exercise.graph if of_neurons else graph
                slips.append(slip_of(question, verdict.target, verdict.diagnoses, at_gates, ours))
        return Marks(result.score, "".join(letters), tuple(slips), tuple(strangers))


def slip_of(question: Question, target: str, diagnoses: tuple[str, ...], graph: Graph, ours: Question | None) -> Slip:
    """A wrong answer as a slip: its gate by the exercise's name, where the exercise has that gate."""
    gate = graph.node(gate_of(question)).gate
    kind = "fork" if question.is_fork_sum else gate.name if gate is not None else "input"
    return Slip(question.stage, target, OWN_GRAPH if ours is None else gate_of(ours), kind, diagnoses)


def gate_of(question: Question) -> str:
    """The gate that a question is about; at a fork, the node."""
    return question.branch.gate if question.branch is not None else question.node
