"""The JSON Schema says what the model says; each shipped exercise names it, and an independent validator finds it
fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from backprop_tutor.course.catalogue import entries
from backprop_tutor.course.folders import built_in
from backprop_tutor.course.model_faults import model_faults
from backprop_tutor.course.schema import Choose, ExerciseFile, Range, Tolerance, json_schema
from backprop_tutor.course.yaml_text import read_yaml
from tests.documents import Document

SHIPPED = built_in() / "exercise.schema.json"
FILES = {id_: entry.path for id_, entry in entries()[0].items() if entry.is_built_in}
MARK = "# yaml-language-server: $schema="
VALIDATOR = Draft202012Validator(json_schema())
WHOLE = read_yaml(Document("exercises/README.md").files["every-key.yaml"]).value
"""An exercise with every key of a circuit."""


def plain(path: Path) -> Any:
    """A YAML file as another reader takes it."""
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def test_the_shipped_schema_is_the_models() -> None:
    again = "write it anew: backprop-tutor schema -o exercises/exercise.schema.json"
    assert json.loads(SHIPPED.read_text(encoding="utf-8")) == json_schema(), again


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("id_", sorted(FILES))
def test_each_shipped_exercise_names_the_schema_and_fits_it(id_: str) -> None:
    first = FILES[id_].read_text(encoding="utf-8").split("\n", 1)[0]
    assert first.startswith(MARK)
    assert (FILES[id_].parent / first.removeprefix(MARK)).resolve() == SHIPPED.resolve()
    assert list(VALIDATOR.iter_errors(plain(FILES[id_]))) == []


@pytest.mark.parametrize("model", [ExerciseFile, Range, Choose, Tolerance])
def test_every_key_is_described(model: type[ExerciseFile]) -> None:
    assert all(field.description for field in model.model_fields.values())


def test_the_authors_page_has_every_key() -> None:
    shown = [read_yaml(text).value for text in Document("exercises/README.md").files.values()]
    assert {key for value in shown for key in value} == set(ExerciseFile.model_fields)
    assert all(VALIDATOR.is_valid(value) for value in shown)


NOT_FIT: dict[str, tuple[str, Any]] = {
    "a title that is a number": ("title", 3), "a title that is empty": ("title", " "), "no text for a graph": ("graph",
    ["f = x"]),
    "inputs in a list": ("inputs", [1, 2]), "an input that is a text": ("inputs", {"x": "two"}),
    "a range without its end": ("inputs", {"x": {"from": 1}}),
    "a range that stands still": ("inputs", {"x": {"from": 1, "to": 2, "step": 0}}),
    "a choice of nothing": ("inputs", {"x": {"choose": []}}),
    "a word too many in a range": ("inputs", {"x": {"from": 1, "to": 2, "by": 1}}),
    "an upstream that is a text": ("upstream", "1.0 "), "a stage that is none": ("stages", ["backwards"]),
    "no stage": ("stages", []),
    "a level of 6": ("level", 6), "a level of 0": ("level", 0), "a half level": ("level", 2.5),
    "tags in a text": ("tags", "a, b"),
    "hints in a list": ("hints", ["look"]), "a tolerance that is a number": ("tolerance", 0.02),
    "a tolerance of 1": ("tolerance", {"relative": 1}), "a key that is none": ("titel", "x"),
}  # fmt: skip
FIT: dict[str, tuple[str, Any]] = {
    "a whole number for an input": ("inputs", {"x": 2}), "a range with its own number": ("inputs", {"x": {"value": 1,
    "from": 1, "to": 2}}),
    "a choice": ("inputs", {"x": {"choose": [1, 2.5]}}),
    "an own number that is left open": ("inputs", {"x": {"value": None, "choose": [1]}}),
    "no hint": ("hints", {}), "a tolerance left out": ("tolerance", None), "level 5": ("level", 5),
}  # fmt: skip


@pytest.mark.parametrize("what", [*NOT_FIT, *FIT])
def test_the_validator_and_the_model_agree(what: str) -> None:
    key, value = {**NOT_FIT, **FIT}[what]
    changed = {**WHOLE, key: value}
    fits = model_faults(read_yaml(json.dumps(changed))) == []
    assert fits is (what in FIT)
    assert VALIDATOR.is_valid(changed) is fits


@pytest.mark.parametrize("key", ["title", "graph", "inputs"])
def test_what_is_required_is_missed_by_both(key: str) -> None:
    rest = {name: value for name, value in WHOLE.items() if name != key}
    assert not VALIDATOR.is_valid(rest)
    assert model_faults(read_yaml(json.dumps(rest)))
