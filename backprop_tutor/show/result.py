"""The result of a check: the circuit with each answer marked, then what is to be said about them, then the score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import Solution
from backprop_tutor.show.pictures import drawn, result_picture
from backprop_tutor.show.words import Look, heading
from backprop_tutor.text import visible
from backprop_tutor.tutor.marking.verdicts import Outcome, Result, Verdict


def result_screen(exercise: Exercise, solution: Solution, result: Result, look: Look) -> RenderableType:
    """Everything about one submission. `solution` is of the graph that the answers are about."""
    parts: list[RenderableType] = [heading(visible(exercise.title), look.width)]
    if result.student:
        seed = "" if result.seed is None else f", seed {result.seed}"
        parts.append(Text(f"student {visible(result.student)}{seed}"))
    parts.append(drawn(result_picture(solution, result.verdicts), look))
    for stage in dict.fromkeys(verdict.stage for verdict in result.verdicts):
        parts += _remarks(stage, [verdict for verdict in result.verdicts if verdict.stage == stage])
    return Group(*parts, Text(f"{result.score:g} of {result.max_score:g}", style="bold"))


def _remarks(stage: str, verdicts: Sequence[Verdict]) -> Iterator[Text]:
    """How many of a stage's answers were right; then what was not simply right, each with its message."""
    yield Text(f"\n{stage}: {_in_short(verdicts)}", style="bold")
    for verdict in verdicts:
        if verdict.outcome not in (Outcome.RIGHT, Outcome.MISSING):
            text = Text(f"  {verdict.outcome.sign} {visible(verdict.target)}: ", verdict.outcome.style)
            yield Text.assemble(text, verdict.message.replace("\n", "\n    "))
    missing = [visible(verdict.target) for verdict in verdicts if verdict.outcome is Outcome.MISSING]
    if missing:
        yield Text(f"  {Outcome.MISSING.sign} not answered: {', '.join(missing)}", Outcome.MISSING.style)


def _in_short(verdicts: Sequence[Verdict]) -> str:
    """How many of a stage's questions were right, and how many carried through; what was given is not counted."""
    asked = [verdict for verdict in verdicts if verdict.scored]
    outcomes = [verdict.outcome for verdict in asked or verdicts]
    through = outcomes.count(Outcome.FOLLOW_THROUGH)
    carried = f", {through} carried through" if through else ""
    remark = "" if asked else " (not scored: the exercise does not ask for it)"
    return f"{outcomes.count(Outcome.RIGHT)} of {len(outcomes)} right{carried}{remark}"
