"""What stops a grading, and what is wrong with one submission alone."""

from __future__ import annotations

from backprop_tutor.errors import TutorError


class CannotGrade(TutorError):
    """Nothing can be done: arguments that do not fit, a report that cannot be written, a journal of another run."""


class NotHandedIn(TutorError):
    """One submission that cannot be marked; the others are."""
