"""The catalogue for a command: its exercises from easy to hard; clashes and broken files are told, and stop nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backprop_tutor.cli.screen import complain

if TYPE_CHECKING:
    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.errors import TutorError


def shelf(folders: Sequence[str]) -> tuple[list[Exercise], dict[str, str]]:
    """Every exercise of the catalogue that can be read, and where each comes from, by id. Raises Unreadable for no
    folder."""
    from backprop_tutor.course.catalogue import catalogue, entries

    found, clashes = entries(folders)
    broken: list[TutorError] = []
    exercises = catalogue(folders, broken)
    for trouble in (*clashes, *broken):
        complain(f"backprop-tutor: {trouble}")
    return exercises, {id_: entry.folder.origin for id_, entry in found.items()}


def tell_clashes(name: str, folders: Sequence[str]) -> None:
    """Says where an id that is asked for belongs to two files."""
    from backprop_tutor.course.catalogue import entries

    for clash in entries(folders)[1]:
        if clash.used.id == name:
            complain(f"backprop-tutor: {clash}")


def tell_all_clashes(folders: Sequence[str]) -> None:
    """Says which ids belong to two files. Raises Unreadable for no folder."""
    from backprop_tutor.course.catalogue import entries

    for clash in entries(folders)[1]:
        complain(f"backprop-tutor: {clash}")
