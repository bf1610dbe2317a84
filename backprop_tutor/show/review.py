"""What a review says before its questions, and after them."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text

from backprop_tutor.records.sittings import local
from backprop_tutor.records.skills import AHEAD
from backprop_tutor.text import counted


def on_the_way(coming: int, most: int) -> str:
    """How many questions a review is about to ask."""
    due = f"Due for review: {counted(coming, 'question')}"
    return f"{due}, with new numbers." if coming <= most else f"{due}. This session asks {most} of them."


def come_back(right: int, asked: int, due: datetime | None, now: datetime) -> Text:
    """How a review went, and when to come back."""
    if due is None:
        return Text(
            "There is nothing to review yet: a review repeats what you have practised. Start with `backprop-tutor "
            "practice`."
        )
    soon = due <= now + AHEAD
    nothing = "Nothing was answered." if soon else "Nothing is due."
    text = Text(f"{right} of {asked} right. " if asked else f"{nothing} ")
    if soon:
        return text.append("More is due now: continue with `backprop-tutor review`.")
    minutes = max(1, round((due - now).total_seconds() / 60))
    hours, days = round(minutes / 60), round(minutes / 1440)
    when = f"in {days} days" if days > 1 else f"in {hours} hours" if hours > 1 else f"in {counted(minutes, 'minute')}"
    then = local(due.timestamp())
    day = "%d %B" if then.year == local(now.timestamp()).year else "%d %B %Y"
    return text.append(f"Come back {when}, on {then:{day} at %H:%M}.")
