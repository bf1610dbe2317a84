"""The table of stages: every kind of question, in the order in which a lesson asks.

A new one is a file here, called as its word, and the word in `course.exercise.STAGES`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from backprop_tutor.course.exercise import STAGES as WORDS
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.graph import Graph
from backprop_tutor.tutor.stages.backward import BACKWARD
from backprop_tutor.tutor.stages.delta import DELTA, ERROR
from backprop_tutor.tutor.stages.stage import Question, Stage
from backprop_tutor.tutor.stages.update import UPDATE

STAGES: Final[dict[str, Stage]] = {
    stage.name: stage for word in WORDS for stage in import_module(f"{__name__}.{word}").STAGES
}
"""Every stage by its own name. A stage without one of its methods cannot be made, so that this fails at import."""

__all__ = ["BACKWARD", "DELTA", "ERROR", "STAGES", "UPDATE", "WORDS"]


def stages_of(word: str) -> list[Stage]:
    """The stages that an exercise asks for by a word."""
    return [stage for stage in STAGES.values() if stage.word == word]


def is_drawn(word: str) -> bool:
    """Whether a word asks for a graph, which is answered in lines of text."""
    return any(stage.picture == "lines" for stage in stages_of(word))


def stage_questions(word: str, exercise: Exercise, graph: Graph) -> list[Question]:
    """Everything that an exercise asks about a graph by one word."""
    asked = [question for stage in stages_of(word) for question in stage.questions(exercise, graph)]
    return sorted(asked, key=lambda question: question.rank)


def questions(exercise: Exercise, graph: Graph | None = None) -> list[Question]:
    """Every question of an exercise's stages, in the order of a lesson; about another graph where one is given."""
    graph = graph or exercise.graph
    return [question for word in exercise.stages for question in stage_questions(word, exercise, graph)]


def beside(word: str, exercise: Exercise, graph: Graph) -> list[Question]:
    """What may be answered beside the questions of a word although it is given."""
    return [question for stage in stages_of(word) for question in stage.beside(exercise, graph)]
