"""The index of the built-in exercises: it agrees with their files, and is never used for a changed one."""

from __future__ import annotations

from pathlib import Path

import pytest

from backprop_tutor.course.catalogue import built_in, catalogue, exercise_files, find, outlines
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.index import INDEX, about, index_of, kept, kept_about
from backprop_tutor.course.load import load
from backprop_tutor.files import read_file
from tests.goldens import matches

FILES = {path.stem: path for path in exercise_files(built_in())}


def test_the_shipped_index_is_of_the_shipped_exercises() -> None:
    matches(INDEX, index_of((read_file(path), load(path)) for path in FILES.values()), built_in())


@pytest.mark.parametrize("id_", sorted(FILES))
def test_an_exercise_is_the_same_by_the_index_and_from_its_file(id_: str) -> None:
    text = read_file(FILES[id_])
    assert outlines()[FILES[id_]] == kept_about(text, built_in()) == about(load(FILES[id_]))
    assert kept(text, built_in(), id_, "") is not None
    indexed, parsed = find(id_), load(FILES[id_])
    for field in Exercise._fields:
        ours, theirs = getattr(indexed, field), getattr(parsed, field)
        if field != "graph":
            assert ours == theirs, field
            assert type(ours) is type(theirs), field
        for its in ("rows", "leaves", "steps", "labels", "output", "spans", "reserved") if field == "graph" else ():
            assert getattr(ours, its) == getattr(theirs, its), its
    assert [*indexed.graph.shapes] == [*parsed.graph.shapes]


def test_outlines_stand_in_the_order_of_the_course() -> None:
    assert [path.stem for path in outlines()] == [exercise.id for exercise in catalogue()]


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    text, exercise = read_file(FILES["relu"]), load(FILES["relu"])
    (tmp_path / INDEX).write_text(index_of([(text, exercise)]), encoding="utf-8")
    assert kept(text, tmp_path, "relu", "") is not None
    assert kept(text.replace("0.2", "0.3", 1), tmp_path, "relu", "") is None


@pytest.mark.parametrize("index", ["", "[", "{}", "a\tb", "\t\t\t\n\n"])
def test_without_a_whole_index_the_file_is_read(index: str, tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text(index, encoding="utf-8")
    assert kept(read_file(FILES["relu"]), tmp_path, "relu", "") is None
