"""A circuit that is saved is an exercise: the same circuit at the same numbers; and nothing is ever overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from backprop_tutor.authoring.generate import generate
from backprop_tutor.authoring.recipe import Asked
from backprop_tutor.authoring.saving import NotSaved, save
from backprop_tutor.course.load import load
from backprop_tutor.course.schema import json_schema
from backprop_tutor.course.variants import variant
from backprop_tutor.files import AlreadyThere, NotWritten

VALIDATOR = Draft202012Validator(json_schema())


@pytest.mark.parametrize("solved", range(0, 19, 2))
def test_what_is_saved_is_read_back(solved: int, tmp_path: Path) -> None:
    exercise = generate(Asked().recipe(solved), solved)
    path = tmp_path / "mine.yaml"
    save(exercise, str(path))
    again = variant(load(path), None)
    for part in ("values", "upstream", "stages", "tags", "source"):
        assert getattr(again, part) == getattr(exercise, part)
    assert again.solution.gradients == exercise.solution.gradients
    assert again.graph.names == exercise.graph.names
    assert VALIDATOR.is_valid(YAML(typ="safe", pure=True).load(path.read_text()))


@pytest.mark.parametrize("name", ["mine.txt", "mine", "there.yaml", "nowhere/mine.yaml"])
def test_where_it_cannot_be_saved_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "there.yaml").write_text("mine")
    with pytest.raises((NotSaved, AlreadyThere)):
        save(generate(Asked().recipe(0), 1), str(tmp_path / name))
    assert (tmp_path / "there.yaml").read_text() == "mine"


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "long").mkdir()
    with pytest.raises(NotWritten, match="cannot be written"):
        save(generate(Asked().recipe(0), 1), str(tmp_path / "long" / f"{'x' * 300}.yaml"))
