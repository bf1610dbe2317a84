"""Asking about some nodes, branches and neurons only: which questions those are, and names that no question has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.errors import TutorError
from backprop_tutor.text import nearest, visible
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.stages.stage import Question


class NotAsked(TutorError):
    """A name about which an exercise asks nothing; `known` are those about which it does, `stages` what it asks."""

    def __init__(self, name: str, known: Collection[str], in_graph: bool, stages: Sequence[str]) -> None:
        super().__init__(name, known, in_graph, stages)
        self.name, self.known, self.in_graph, self.stages = name, known, in_graph, stages

    def __str__(self) -> str:
        name = visible(self.name)
        if not name.strip(" ,"):
            return f"--only names nothing.{self._suggestion}"
        if self.in_graph:
            return f"nothing is asked about {name}: this exercise asks for {', '.join(self.stages)}.{self._suggestion}"
        return f"{name} is not a node, a branch or a neuron that is asked about.{self._suggestion}"

    @property
    def _suggestion(self) -> str:
        few = f" It asks about {', '.join(self.known)}." if len(self.known) <= 12 else ""
        return nearest(self.name, self.known) or few


def is_about(question: Question, names: frozenset[str]) -> bool:
    """Whether a question is about one of these: it has the name, or its node or its branch's source has."""
    return not names.isdisjoint(_subjects(question))


def _subjects(question: Question) -> Iterator[str]:
    yield from question.names
    yield question.branch.source if question.branch is not None else question.node


def names_of(exercise: Exercise, text: str) -> frozenset[str]:
    """The names in a text such as `w35,w45`. Raises NotAsked for the first about which nothing is asked."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = dict.fromkeys(subject for question in questions(exercise) for subject in _subjects(question))
    for name in names or [text]:
        if name not in known:
            in_graph = name in exercise.graph.index or name in exercise.graph.branch_named
            raise NotAsked(name, known, in_graph, exercise.stages)
    return frozenset(names)
