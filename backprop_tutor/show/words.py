"""Sentences of the tutor as Rich text: never markup, long lines wrapped by the terminal's width."""

from __future__ import annotations

from rich.text import Text

from backprop_tutor.tutor.session import Reply
from backprop_tutor.tutor.verdicts import Outcome

STYLES = {
    Outcome.RIGHT: "bold green", Outcome.FOLLOW_THROUGH: "bold cyan", Outcome.WRONG: "bold magenta",
    Outcome.UNREADABLE: "bold yellow", Outcome.MISSING: "dim",
}  # fmt: skip
HEADS = {
    Outcome.RIGHT: "Right.", Outcome.FOLLOW_THROUGH: "Right method.", Outcome.WRONG: "Not yet.",
    Outcome.UNREADABLE: "Cannot be read:", Outcome.MISSING: "Skipped.",
}  # fmt: skip


def heading(text: str, width: int) -> Text:
    """A line across the screen with a text in it."""
    return Text(f"── {text} ".ljust(max(len(text) + 5, width), "─")[:width], style="bold", no_wrap=True, overflow="crop")


def sentence(text: str, style: str = "") -> Text:
    """A text that wraps at words."""
    return Text(text, style=style)


def reply_text(reply: Reply, tries_left: int | None = None) -> Text:
    """A reply: its verdict first, then why; and how many tries are left."""
    text = Text()
    outcome = reply.outcome
    if outcome is not None:
        head = "It stays wrong." if outcome is Outcome.WRONG and reply.closes else HEADS[outcome]
        text.append(head, STYLES[outcome])
        text.append(" ")
    text.append(reply.message)
    if tries_left is not None and outcome is Outcome.WRONG and not reply.closes:
        text.append(f"\n{tries_left} more {'try' if tries_left == 1 else 'tries'}; `hint` helps.", "dim")
    return text

