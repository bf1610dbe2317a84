"""Names in an exercise file that the tutor alone can check: those of questions."""

from __future__ import annotations

from collections.abc import Iterator

from backprop_tutor.authoring.report import Places, Remark
from backprop_tutor.text import nearest
from backprop_tutor.tutor.stages import questions


def strangers(places: Places) -> Iterator[Remark]:
    """Names of nodes and branches in a file that are no question's."""
    exercise = places.exercise
    known = {name for question in questions(exercise) for name in question.names}
    named = [(name, places.source.place(("ask", number))) for number, name in enumerate(exercise.ask)]
    named += [(name, places.key("points", name)) for name in exercise.points if name not in exercise.stages]
    for name, at in named:
        if name not in known:
            why = f"the stages {', '.join(exercise.stages)} ask nothing about {name}.{nearest(name, known)}"
            yield Remark(at, what=why)
    for question in questions(exercise):
        twice = [name for name in question.names if name in exercise.points]
        if len(twice) > 1:
            yield Remark(places.key("points", twice[1]), what=f"{' and '.join(twice)} are one question. Name it once.")
