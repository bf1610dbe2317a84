"""Reports on exercise files, on a screen and as a workflow's commands; and the message about a new file."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from backprop_tutor.authoring.exercise_files import SCHEMA_FILE
from backprop_tutor.authoring.report import Finding, Report
from backprop_tutor.engine.formatting import shown
from backprop_tutor.show.words import Indented
from backprop_tutor.text import columns, counted, excerpt, listed, shortened, visible

_STYLES: Final = {"error": "wrong", "warning": "warning", "": "right"}
_SIGNS: Final = {"error": "✗", "warning": "!", "": "✓"}
_MOST_TOLD: Final = 12
_NEXT: Final = {
    "explain": "look at the circuit", "practice": "try it as your students will", "validate": "check it after each "
    "change",
}  # fmt: skip


def report_screen(report: Report, width: int, alone: bool) -> Iterator[RenderableType]:
    """One file: its line, its errors and warnings; which mistakes coincide, in full if it is the only file."""
    yield _line(report, width)
    yield from finding_lines(report, width)
    met = [collision.question for collision in report.collisions if collision.right]
    if alone:
        yield from _of_class(report)
        yield from _met(report)
    elif met and not report.warnings:  # a warning has already said more
        hidden = f"at these numbers a mistake happens to give the right answer to {listed(met)}"
        yield Indented(Text(hidden, "quiet"), 4)


def finding_lines(report: Report, width: int) -> Iterator[RenderableType]:
    """The errors, then the warnings, each with its line of the file."""
    for kind, finding in _findings(report):
        if not finding.excerpt:
            yield Indented(Text.assemble((kind, _STYLES[kind]), f": {finding.message}"))
            continue
        where = f", line {finding.line}, column {finding.column}: "
        yield Indented(Text.assemble((kind, _STYLES[kind]), where, visible(finding.message)))
        line, carets = _narrowed(finding.excerpt, width - 6).split("\n")
        for text, style in ((line, ""), (carets, _STYLES[kind])):
            yield Text(f"      {text}", style=style, no_wrap=True, overflow="crop")


def _findings(report: Report) -> list[tuple[str, Finding]]:
    return [("error", finding) for finding in report.errors] + [("warning", finding) for finding in report.warnings]


def _line(report: Report, width: int) -> Text:
    kind = next((kind for kind, _ in _findings(report)), "")
    facts = []
    if report.gates is not None:
        facts = [counted(report.gates, "gate"), counted(report.questions or 0, "question")]
    if report.variety is not None:
        facts.append(counted(report.variety.different, "variant"))
    said = "  ".join(f"{fact:>12}" for fact in facts)
    room = max(12, width - 2 - len(said) - 2)
    name = shortened(visible(report.file), room, keep_end=True)
    text = Text.assemble((f"{_SIGNS[kind]} ", _STYLES[kind]), (name, "bold"), no_wrap=True, overflow="crop")
    return text.append(f"{' ' * (room - columns(name))}  {said}", "quiet") if said else text


def _narrowed(found: str, room: int) -> str:
    """A line with its carets in so many columns: the part of it around the carets."""
    line, carets = found.split("\n")
    if max(columns(line), len(carets)) <= room:
        return found
    start = next(number for number in range(len(line) + 1) if columns(line[:number]) >= carets.index("^"))
    return excerpt(line, (start, start + carets.count("^")), "", room)


def _of_class(report: Report) -> Iterator[RenderableType]:
    if report.variety is not None:
        students, different, vanishing, dead = report.variety
        said = f"{students} students get {counted(different, 'different variant')}."
        for number, what in ((vanishing, "the gradient of an input vanishes"), (dead, "a path is dead")):
            said += f" In {number} of the {students} {what}." if number else ""
        yield Indented(Text(said))


def _met(report: Report) -> Iterator[RenderableType]:
    if report.collisions:
        yield Text("  Mistakes that happen to be indistinguishable at these numbers:", style="bold")
    for collision in report.collisions[:_MOST_TOLD]:
        gives = "gives" if len(collision.mistakes) == 1 else "give"
        also = "the right answer, " if collision.right else ""
        text = Text(f"{collision.question}: ").append(listed(collision.mistakes), "warning")
        yield Indented(text.append(f" {gives} {also}{shown(collision.number)}", ""), 4)
    if len(report.collisions) > _MOST_TOLD:
        yield Text(f"    and {len(report.collisions) - _MOST_TOLD} more (--format json lists them)", style="quiet")
    if report.frequent:
        asked = listed(f"{frequent.question} in {frequent.seeds}" for frequent in report.frequent[:_MOST_TOLD])
        of = report.frequent[0].of
        yield Indented(Text(f"At {of} seeds tried, the gate's own mistake gives the right answer to {asked}."))


def closing(tally: Mapping[str, int], failed: bool) -> RenderableType:
    """The totals: files, errors, warnings, and the sets of numbers at which exercises were verified."""
    sums = [counted(tally[what], what.removesuffix("s")) for what in ("files", "errors", "warnings")]
    text = Text.assemble("\n", (f"{', '.join(sums)}. ", "wrong" if failed else "right"))
    sets = f"At {counted(tally['proved'], 'set')} of numbers the gradients equal finite differences"
    return text.append(f"{sets}, and the exercise's own solution gets full marks." if tally["proved"] else "")


def workflow_commands(report: Report) -> Iterator[str]:
    """`::error file=…,line=…,col=…::message`, one line for each error and each warning."""
    file = _data(visible(report.file)).replace(":", "%3A").replace(",", "%2C")
    for kind, finding in _findings(report):
        yield f"::{kind} file={file},line={finding.line},col={finding.column}::{_data(finding.message)}"


def _data(text: str) -> str:
    """A message with escapes; `%` comes first, since the others turn into it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def begun_screen(path: Path, with_schema: bool, report: Report, width: int) -> Iterator[RenderableType]:
    """What was written and what to do next; `with_schema` if the schema's file is new too."""
    text = Text(f"Wrote {path}.", style="right")
    if with_schema:
        text.append(f" {SCHEMA_FILE} beside it tells your editor the keys.", "not bold default")
    yield Indented(text, 0)
    yield from finding_lines(report, width)
    shown = shlex.quote(str(path) if path.is_absolute() else f"./{path}")
    longest = max(map(len, _NEXT))
    for command, purpose in _NEXT.items():
        line = Text(f"  backprop-tutor {command} {shown}", style="bold", no_wrap=True, overflow="ignore")
        yield line.append(" " * (longest - len(command) + 2) + purpose, "not bold dim")
