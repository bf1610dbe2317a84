"""Names in an exercise file that only the tutor can check: those of questions and of mistakes, and the file's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from backprop_tutor.authoring.report import Finding, Places, Remark, Report
from backprop_tutor.course.catalogue import built_in, exercise_files
from backprop_tutor.text import nearest, visible
from backprop_tutor.tutor.marking.submission import KEYS
from backprop_tutor.tutor.mistakes.table import MISTAKES
from backprop_tutor.tutor.stages import questions


def strangers(places: Places) -> Iterator[Remark]:
    """Names in a file that no question has, and ids that no mistake has."""
    exercise = places.exercise
    asked = questions(exercise)
    called = {name for question in asked for name in question.names}
    worth = {name for question in asked for name in question.own_names}
    named = [(name, called, places.source.place(("ask", number))) for number, name in enumerate(exercise.ask)]
    named += [(name, worth, places.key("points", name)) for name in exercise.points if name not in exercise.stages]
    for name, known, at in named:
        if name not in known:
            why = f"the stages {', '.join(exercise.stages)} ask nothing about {name}.{nearest(name, known)}"
            yield Remark(at, what=why)
    mistakes = [*MISTAKES, *(array_mistakes() if exercise.is_array else ())]
    for number, id_ in enumerate(exercise.accept):
        if id_ not in mistakes:
            what = f"{id_} is not the id of a mistake that numbers may hide.{nearest(id_, mistakes)}"
            yield Remark(places.source.place(("accept", number)), what=what)
    for question in asked:
        twice = [name for name in question.own_names if name in exercise.points]
        if len(twice) > 1 and not any(twice[1] in other.own_names for other in asked if other != question):
            yield Remark(
                places.key("points", twice[1]), what=f"{' and '.join(twice)} are the same question. Name it once."
            )


def array_mistakes() -> list[str]:
    """The ids of mistakes with arrays, loaded only for files with arrays."""
    from backprop_tutor.tutor.mistakes.arrays import ROWS

    return [row.id for row in ROWS]


OTHER: Final = "no exercise"
ANSWERS: Final = "answers"
"""What a YAML file that is not an exercise may be."""
_CIRCUIT: Final = "graph"  # a key of exercises, and of answers
_OF_EXERCISES: Final = r"^(title|graph|inputs)\s*:"


def is_meant_for_exercise(text: str) -> bool:
    """Whether a text that is not valid YAML has a key of an exercise."""
    return re.search(_OF_EXERCISES, text, re.MULTILINE) is not None


def other_kind(value: Any) -> str | None:
    """What a YAML file is if its value is not an exercise; None for an exercise, even with faults."""
    keys = set(value) if isinstance(value, dict) else set()
    if keys & {"title", "inputs"} or keys == {_CIRCUIT}:
        return None
    if keys and keys <= KEYS.keys():
        return ANSWERS
    return None if _CIRCUIT in keys else OTHER


def clashing(reports: Iterable[Report]) -> Iterator[Report]:
    """The reports, with a warning for each exercise whose id another file also has, here or among the built-in
    exercises."""
    ours, seen = {path.stem: path for path in exercise_files(built_in())}, dict[str, str]()
    for report in reports:
        path = Path(report.file)
        if report.gates is None:
            yield report
            continue
        name, found = visible(path.stem), []
        if path.stem in seen and not path.samefile(seen[path.stem]):
            found.append(f"{name} is also the id of {visible(seen[path.stem])}. Rename one of the files.")
        if not found and path.stem in ours and not path.resolve().is_relative_to(built_in()):
            found.append(f"{name} is also the id of a built-in exercise, which this one hides. Rename the file.")
        seen.setdefault(path.stem, report.file)
        yield report._replace(warnings=(*report.warnings, *(Finding(1, 1, what) for what in found)))
