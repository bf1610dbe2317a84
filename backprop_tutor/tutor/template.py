"""An answers file to fill in: every question of an exercise by name, in YAML."""

from __future__ import annotations

import json

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.tutor.stages import stage_questions, stage_template


def template(exercise: Exercise, student: str = "") -> str:
    """The file; each answer is left empty, which counts as not answered."""
    lines = [
        f"exercise: {_key(exercise.id)}",
        f"{f'student: {json.dumps(student, ensure_ascii=False)}':<23}# optional, any text",
    ]
    seed = (
        "# seed: 7             # optional: the variant that was answered"
        if exercise.seed is None
        else f"seed: {exercise.seed}"
    )
    lines.append(seed)
    for stage in exercise.stages:
        lines += stage_template(stage, stage_questions(stage, exercise, exercise.graph), _key)
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    """A name as a YAML key; in quotes unless it is a plain word."""
    bare = name.replace("_", "").replace("-", "").isalnum() and name.isascii() and not _is_special(name)
    return name if bare else json.dumps(name, ensure_ascii=False)


def _is_special(name: str) -> bool:
    return (
        name.lower() in ("null", "true", "false", "y", "n", "yes", "no", "on", "off")
        or name[0].isdigit()
        or name[0] == "-"
    )
