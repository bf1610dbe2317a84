"""The table of stages: every kind of question, in the order in which a lesson asks.

A new one is a file here, called as its word, and the word in `course.exercise.STAGES`. A file is loaded when its word
is first asked for: the first prompt waits for one of them, not for all.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from backprop_tutor.course.exercise import STAGES as WORDS
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.graph import Graph
from backprop_tutor.tutor.stages.stage import Question, Stage, is_asked

__all__ = ["WORDS"]


@cache
def stages_of(word: str) -> tuple[Stage, ...]:
    """The stages that an exercise asks for by a word. One without one of its methods cannot be made: its file fails."""
    stages: tuple[Stage, ...] = import_module(f"{__name__}.{word}").STAGES
    return stages


def is_drawn(word: str) -> bool:
    """Whether a word asks for a graph, which is answered in lines of text."""
    return any(stage.picture == "lines" for stage in stages_of(word))


def _possible(word: str, exercise: Exercise, graph: Graph) -> list[Question]:
    found = [question for stage in stages_of(word) for question in stage.questions(exercise, graph)]
    return sorted(found, key=lambda question: question.rank)


def stage_questions(word: str, exercise: Exercise, graph: Graph) -> list[Question]:
    """Everything that an exercise asks about a graph by one word."""
    found = _possible(word, exercise, graph)
    if not exercise.given and not exercise.ask:
        return found
    if graph is exercise.graph:
        return [question for question in found if is_asked(question, exercise)]
    from backprop_tutor.tutor.marking.own_graph import asked_about_own  # the first prompt needs no marking

    return asked_about_own(found, _possible(word, exercise, exercise.graph), exercise, graph)


def answerable(word: str, exercise: Exercise, graph: Graph, asked: list[Question]) -> list[Question]:
    """Everything about a graph that may be answered by one word, `asked` or not; what is given comes first."""
    given = [question for stage in stages_of(word) for question in stage.beside(exercise, graph)]
    return [*given, *(_possible(word, exercise, graph) if exercise.given or exercise.ask else asked)]


def questions(exercise: Exercise, graph: Graph | None = None) -> list[Question]:
    """Every question of an exercise's stages, in the order of a lesson; about another graph where one is given."""
    graph = graph or exercise.graph
    return [question for word in exercise.stages for question in stage_questions(word, exercise, graph)]


def asks_about(exercise: Exercise, graph: Graph) -> list[Question]:
    """What the stages of an exercise could ask about: the questions, and what the student goes through unasked."""
    return [question for word in exercise.stages for question in _possible(word, exercise, graph)]
