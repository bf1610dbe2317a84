"""A tutor and exercise checker for backpropagation on computational graphs.

>>> import backprop_tutor as bt
>>> bt.load("relu").mark({"backward": {"w1": -1.2}}).score
1.0

Each name is loaded when it is first used, so importing the package costs nothing.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False  # as in typing, which takes longer to import than all of this
if TYPE_CHECKING:
    from backprop_tutor.api import (
        Drawing,
        Exercise,
        Mark,
        Question,
        TutorError,
        Verdict,
        grade_lines,
        load,
        seed_for,
        trace,
    )

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


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"{__name__}.api"), name)
    globals()[name] = found  # from now on it is found without calling this
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
