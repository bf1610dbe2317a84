"""The built-in exercises, separated by subject: numbers or arrays."""

from __future__ import annotations

from pathlib import Path

from backprop_tutor.course.catalogue import entries, paths
from backprop_tutor.course.load import load

_FILES = {id_: entry.path for id_, entry in entries()[0].items() if entry.origin == "built in"}
OF_ARRAYS = sorted(id_ for id_, path in _FILES.items() if path.parent.name == "6-arrays" and load(path).is_array)
"""The exercises of arrays, by id."""


def numbers() -> dict[str, Path]:
    """The file of every exercise of numbers in the catalogue, by id."""
    return {id_: path for id_, path in paths().items() if id_ not in OF_ARRAYS}
