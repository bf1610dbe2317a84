"""The tutor from Python, for notebooks, autograders and clusters; it prints nothing and warns of nothing.

Every exercise is computed, marked and drawn by the rooms that the commands use. Nothing here needs a terminal, a store,
another process or a compiled package, so that a browser can run it.
"""

from backprop_tutor.api.exercises import Exercise, Question, load, seed_for, trace
from backprop_tutor.api.lines import grade_lines
from backprop_tutor.api.results import Drawing, Mark, Verdict
from backprop_tutor.errors import TutorError

__all__ = [
    "Drawing",
    "Exercise",
    "Mark",
    "Question",
    "TutorError",
    "Verdict",
    "grade_lines",
    "load",
    "seed_for",
    "trace",
]
