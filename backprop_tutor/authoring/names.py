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
    for number, name in enumerate(exercise.ask):
        if name not in known:
            why = f"the stages {', '.join(exercise.stages)} ask nothing about {name}.{nearest(name, known)}"
            yield Remark(places.source.place(("ask", number)), what=why)
