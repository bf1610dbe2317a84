"""The index of the built-in exercises: it agrees with their files, and is never used for a changed one."""

from __future__ import annotations

from pathlib import Path

import pytest

from backprop_tutor.course.catalogue import (
    INDEX,
    about,
    built_in,
    catalogue,
    exercise_files,
    find,
    index_of,
    kept,
    outlines,
)
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import load
from backprop_tutor.course.yaml_text import read_file
from tests.goldens import matches

FILES = {path.stem: path for path in exercise_files(built_in())}


def test_the_shipped_index_is_of_the_shipped_exercises() -> None:
    matches(INDEX, index_of(map(read_file, FILES.values())), built_in())


@pytest.mark.parametrize("id_", sorted(FILES))
def test_an_exercise_is_the_same_by_the_index_and_from_its_file(id_: str) -> None:
    text = read_file(FILES[id_])
    assert outlines()[FILES[id_]] == about(load(FILES[id_]))
    assert kept(text, built_in()) is not None
    indexed, parsed = find(id_), load(FILES[id_])
    assert indexed.graph.names == parsed.graph.names
    for field in Exercise._fields:
        if field != "graph":
            assert getattr(indexed, field) == getattr(parsed, field), field


def test_outlines_stand_in_the_order_of_the_course() -> None:
    assert [path.stem for path in outlines()] == [exercise.id for exercise in catalogue()]


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    text = read_file(FILES["relu"])
    (tmp_path / INDEX).write_text(index_of([text]), encoding="utf-8")
    assert kept(text, tmp_path) is not None
    assert kept(text.replace("0.2", "0.3", 1), tmp_path) is None


@pytest.mark.parametrize("index", ["", "[", "{}"])
def test_without_a_whole_index_the_file_is_read(index: str, tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text(index, encoding="utf-8")
    assert kept(read_file(FILES["relu"]), tmp_path) is None
