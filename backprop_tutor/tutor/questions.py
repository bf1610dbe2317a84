"""The questions of an exercise by name, in any spelling; those about a few names only; a file to fill in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Final, TypeVar
from unicodedata import normalize

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.errors import TutorError
from backprop_tutor.text import listed, nearest, quoted
from backprop_tutor.tutor.stages import questions, stage_questions, stages_in
from backprop_tutor.tutor.stages.stage import Question

T = TypeVar("T")
_FEW: Final = 12  # up to this many names are listed when none is similar
_ARROW: Final = r"(?<![-–—−=])[-–—−=]*+(?:>|[→⟶➔➙➜➝⇒])"  # no backtracking: linear in the length of the name
_SIGNS: Final = str.maketrans({"∂": "d", "δ": "delta", **dict.fromkeys("_{}$ \t\xa0", "")})


class ByName(dict[str, T]):
    """One entry for each question of a word, by every name under which it may be answered. `find` takes other spellings
    too: `x1 → g2` for x1->g2, `∂L/∂w1` and `dL/dw1` for w1, `δ5` for y5.delta.
    """

    def __init__(self, items: Iterable[tuple[Question, T]]) -> None:
        self._items = list(items)
        super().__init__((name, item) for question, item in self._items for name in question.names)

    def find(self, name: str) -> T | None:
        """The entry for the question with this name, in any spelling; None if the name is unknown or ambiguous."""
        found = self.get(name)
        return found if found is not None else self._spelled.get(spelled(name))

    @cached_property
    def _spelled(self) -> dict[str, T]:
        """Computed on demand: nearly every answer has the name that the template gives it."""
        meant: dict[str, dict[int, T]] = {}
        for question, item in self._items:
            for name in (*question.names, *question.kind.spellings(question)):
                meant.setdefault(spelled(name), {})[id(item)] = item
        return {name: item for name, items in meant.items() if len(items) == 1 for item in items.values()}


def spelled(name: str) -> str:
    """A name without the parts that people write in several ways: arrows, signs, subscripts, blanks."""
    return re.sub(_ARROW, "->", normalize("NFKC", name.replace("\\partial", "d")).translate(_SIGNS))


def by_name(asked: Iterable[Question]) -> ByName[Question]:
    """The questions of one word by every name under which they may be answered."""
    return ByName((question, question) for question in asked)


class NotAsked(TutorError):
    """A name that no question of the exercise is about."""

    def __init__(self, name: str, known: Collection[str], exercise: Exercise) -> None:
        few = f" It asks about {', '.join(known)}." if len(known) <= _FEW else ""
        graph, shown = exercise.graph, quoted(name)
        why = f"{shown} is not a node, a branch or a neuron that is asked about."
        if not shown.strip(" ,"):
            why = "--only names nothing."
        elif name in graph.index or name in graph.branch_named:
            why = f"nothing is asked about {shown}: this exercise asks for {', '.join(exercise.stages)}."
        super().__init__(why + (nearest(name, known) or few))


def is_about(question: Question, names: frozenset[str]) -> bool:
    """Whether a question is about one of these names: its own name, its node or its branch's source is among them."""
    return not names.isdisjoint(_subjects(question))


def _subjects(question: Question) -> tuple[str, ...]:
    return (*question.names, question.source)


def names_of(exercise: Exercise, text: str) -> frozenset[str]:
    """The names in a text such as `w35,w45`. Raises NotAsked for the first one that no question is about."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = dict.fromkeys(subject for question in questions(exercise) for subject in _subjects(question))
    for name in names or [text]:
        if name not in known:
            raise NotAsked(name, known, exercise)
    return frozenset(names)


def template(exercise: Exercise, student: str = "") -> str:
    """An answers file to fill in, in YAML: every question by name; an entry left empty counts as not answered."""
    seed = f"seed: {exercise.seed}"
    lines = [
        f"exercise: {_key(exercise.id)}",
        f"{f'student: {_quoted(student)}':<23}# optional, any text",
        seed if exercise.seed is not None else "# seed: 7             # optional: the variant that was answered",
    ]
    if exercise.points:
        worth = listed(f"{name} {points:g}" for name, points in exercise.points.items())
        lines.append(f"# points for each: {worth}; all others 1")
    for word in exercise.stages:
        lines += stages_in(exercise, word)[-1].template(
            stage_questions(word, exercise, exercise.graph), _key, exercise.graph
        )
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    """A name as a YAML key, quoted unless it is a plain word."""
    is_word = name.replace("_", "").replace("-", "").isalnum() and name.isascii() and name[0] not in "-0123456789"
    is_bare = is_word and name.lower() not in ("null", "true", "false", "y", "n", "yes", "no", "on", "off")
    return name if is_bare else _quoted(name)


def _quoted(text: str) -> str:
    import json  # the first prompt would wait for it

    return json.dumps(text, ensure_ascii=False)
