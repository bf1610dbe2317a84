"""Every course system that reads question banks: each target is one file here and one row of this table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from backprop_tutor.fields import NamedTuple
from backprop_tutor.publishing.banks import canvas, moodle, qti
from backprop_tutor.publishing.banks.bank import Bank


class Target(NamedTuple):
    """A course system: its name for people, what its files end in and begin with, the writer (which may raise
    CannotPublish), and whether it supports multiple choice."""

    words: str
    suffix: str
    begins: bytes
    write: Callable[[Sequence[Bank]], bytes]
    has_choices: bool = False


TARGETS: Final[dict[str, Target]] = {
    "moodle": Target("Moodle XML", ".xml", moodle.BEGINS, moodle.write),
    "canvas": Target("QTI 1.2 as Canvas reads it", ".zip", canvas.BEGINS, canvas.write, has_choices=True),
    "qti": Target("QTI 2.1", ".zip", qti.BEGINS, qti.write),
}
"""Every target by its name."""
