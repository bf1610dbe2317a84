"""The table of stages: every kind of question, in the order in which a lesson asks.

A new one is a file here, called as its word, and its row in `course.keys.STAGE_WORDS`. A file is loaded when its word
is first asked for: the first prompt waits for one of them, not for all.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.values import ARRAY_STAGES as ARRAY_WORDS
from backprop_tutor.course.values import STAGES as WORDS
from backprop_tutor.engine.graph import Graph
from backprop_tutor.tutor.stages.stage import Question, Stage, is_asked

EVERY_WORD: Final = tuple(dict.fromkeys((*WORDS, *ARRAY_WORDS)))
"""The words of all stages, of numbers and of arrays."""

__all__ = ["WORDS"]


def words_of(exercise: Exercise) -> tuple[str, ...]:
    """The words that an exercise of numbers or of arrays may ask for, in the order of a lesson."""
    return ARRAY_WORDS if exercise.is_array else WORDS


@cache
def stages_of(word: str) -> tuple[Stage, ...]:
    """The stages that an exercise of numbers asks for by a word (for a word that only arrays have, theirs). A stage
    without one of its methods cannot be created: importing its file fails."""
    if word not in WORDS:
        return _of_arrays(word)
    stages: tuple[Stage, ...] = import_module(f"{__name__}.{word}").STAGES
    return stages


def stages_in(exercise: Exercise, word: str) -> tuple[Stage, ...]:
    """The stages that this exercise asks for by a word, of numbers or of arrays."""
    return _of_arrays(word) if exercise.is_array else stages_of(word)


def _of_arrays(word: str) -> tuple[Stage, ...]:
    from backprop_tutor.tutor.stages.arrays import ARRAY_STAGES  # exercises of numbers load no code for arrays

    found: tuple[Stage, ...] = tuple(stage for stage in ARRAY_STAGES if stage.word == word)
    return found if found or word not in ARRAY_WORDS else import_module(f"{__name__}.{word}").STAGES


def is_drawn(word: str) -> bool:
    """Whether a word asks for a graph, which is answered in lines of text."""
    return any(stage.picture == "lines" for stage in stages_of(word))


def _possible(word: str, exercise: Exercise, graph: Graph) -> list[Question]:
    found = [question for stage in stages_in(exercise, word) for question in stage.questions(exercise, graph)]
    return sorted(found, key=lambda question: question.rank)


def stage_questions(word: str, exercise: Exercise, graph: Graph) -> list[Question]:
    """All questions that an exercise asks about a graph under one word."""
    found = _possible(word, exercise, graph)
    if not exercise.given and not exercise.ask:
        return found
    if graph is exercise.graph:
        return [question for question in found if is_asked(question, exercise)]
    from backprop_tutor.tutor.marking.own_graph import asked_about_own  # the first prompt does without marking

    return asked_about_own(found, _possible(word, exercise, exercise.graph), exercise, graph)


def answerable(word: str, exercise: Exercise, graph: Graph, asked: list[Question]) -> list[Question]:
    """All questions about a graph that may be answered under one word, `asked` or not; given ones come first."""
    given = [question for stage in stages_in(exercise, word) for question in stage.beside(exercise, graph)]
    return [*given, *(_possible(word, exercise, graph) if exercise.given or exercise.ask else asked)]


def questions(exercise: Exercise, graph: Graph | None = None) -> list[Question]:
    """Every question of an exercise's stages, in the order of a lesson; about another graph if one is given."""
    graph = graph or exercise.graph
    return [question for word in exercise.stages for question in stage_questions(word, exercise, graph)]


def asks_about(exercise: Exercise, graph: Graph) -> list[Question]:
    """Everything the stages of an exercise could ask about: its questions, and what the student passes unasked."""
    return [question for word in exercise.stages for question in _possible(word, exercise, graph)]
