"""The result of a check: the circuit with each answer marked, then what is to be said about them, then the score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import Solution
from backprop_tutor.show.pictures import drawn, result_picture
from backprop_tutor.show.words import heading
from backprop_tutor.text import visible
from backprop_tutor.tutor.marking.verdicts import Outcome, Result, Verdict


def result_screen(
    exercise: Exercise, solution: Solution, result: Result, width: int, view: str, plain: bool
) -> RenderableType:
    """Everything about one submission. `solution` is of the graph that the answers are about."""
    parts: list[RenderableType] = [heading(visible(exercise.title), width)]
    if result.student:
        seed = "" if result.seed is None else f", seed {result.seed}"
        parts.append(Text(f"student {visible(result.student)}{seed}"))
    parts.append(drawn(result_picture(solution, result.verdicts), width, view, plain))
    parts += _remarks(result.verdicts)
    parts.append(Text(f"{result.score:g} of {result.max_score:g}", style="bold"))
    return Group(*parts)


def _remarks(verdicts: Sequence[Verdict]) -> Iterator[Text]:
    """Stage by stage: what was not simply right, each with its message; and how many were."""
    for stage in dict.fromkeys(verdict.stage for verdict in verdicts):
        mine = [verdict for verdict in verdicts if verdict.stage == stage]
        yield Text(f"\n{stage}: {_in_short(mine)}", style="bold")
        for verdict in mine:
            if verdict.outcome not in (Outcome.RIGHT, Outcome.MISSING):
                text = Text(f"  {verdict.outcome.sign} {visible(verdict.target)}: ", verdict.outcome.style)
                yield Text.assemble(text, verdict.message.replace("\n", "\n    "))
        missing = [visible(verdict.target) for verdict in mine if verdict.outcome is Outcome.MISSING]
        if missing:
            sign, style = Outcome.MISSING.sign, Outcome.MISSING.style
            yield Text(f"  {sign} not answered: {', '.join(missing)}", style=style)


def _in_short(verdicts: Sequence[Verdict]) -> str:
    """How many of a stage's questions were right, and how many carried through; what was given is not counted."""
    asked = [verdict for verdict in verdicts if verdict.scored]
    counted = asked or verdicts
    right, through = (
        sum(verdict.outcome is outcome for verdict in counted) for outcome in (Outcome.RIGHT, Outcome.FOLLOW_THROUGH)
    )
    text = f"{right} of {len(counted)} right" + (f", {through} carried through" if through else "")
    return text if asked else f"{text} (not scored: the exercise does not ask for it)"
