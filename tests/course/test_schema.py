"""The table of keys says everything about a key: an independent validator agrees, and a new row is a new key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from backprop_tutor.authoring.exercise_files import new_text
from backprop_tutor.course.catalogue import built_in, entries
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.keys import KEYS, json_schema
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.schema import BOUNDS, Key, Reading, read_keys, word
from backprop_tutor.course.values import STAGES
from backprop_tutor.course.yaml_text import read_yaml
from backprop_tutor.errors import Faults
from backprop_tutor.tutor.stages import stages_of
from tests.documents import Document

SHIPPED = built_in() / "exercise.schema.json"
FILES = {id_: entry.path for id_, entry in entries()[0].items() if entry.origin == "built in"}
MARK = "# yaml-language-server: $schema="
VALIDATOR = Draft202012Validator(json_schema())
PAGE = Document("exercises/README.md")
WHOLE = read_yaml(PAGE.files["every-key.yaml"]).value
"""An exercise with every key of a circuit."""


def plain(path: Path) -> Any:
    """A YAML file as another reader reads it."""
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def fits(value: dict[str, Any]) -> bool:
    """Whether the table finds no fault in a file with this value."""
    reading = Reading(read_yaml(json.dumps(value)))
    read_keys(KEYS, reading.source.value, (), reading)
    return reading.faults == []


def key_table() -> str:
    """The table of keys for authors, in Markdown; a key of a key is written with a point, `until.rate`."""
    head = ["| key | holds | if left out | what it is for |", "|---|---|---|---|"]
    return "\n".join([*head, *dict.fromkeys(_rows(json_schema(), ""))]) + "\n"


def _rows(schema: Mapping[str, Any], above: str) -> Iterator[str]:
    """A row for each key of a schema, and for those within it."""
    for name, key in schema.get("properties", {}).items():
        held = next(iter(key["anyOf"])) if {"type": "null"} in key.get("anyOf", ()) else key
        default = key.get("default", "")
        shown = f"[{', '.join(default)}]" if isinstance(default, list) else str(default)
        otherwise = "required" if name in schema.get("required", ()) else shown and f"`{shown}`"
        yield f"| `{above}{name}` | {_holds(held)} | {otherwise} | {key['description']} |"
        yield from _rows(held, f"{above}{name}.")
        named = held.get("additionalProperties") or {}
        for kind in named.get("oneOf", [named]):
            yield from _rows(kind, f"{above}{name}.NAME.")


def _holds(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("oneOf") or schema.get("anyOf")
    if kinds:
        return " or ".join(dict.fromkeys(map(_holds, kinds)))
    if "enum" in schema:
        return f"one of {', '.join(f'`{word}`' for word in schema['enum'])}"
    nouns = {"string": "a text", "number": "a number", "integer": "a whole number", "array": "a list"}
    bounds = [f"{words} {schema[bound]:g}" for bound, (words, _) in BOUNDS.items() if bound in schema]
    return ", ".join([nouns.get(schema["type"], "a mapping"), *bounds])


def test_the_shipped_schema_is_the_tables() -> None:
    again = "write it anew: backprop-tutor schema -o exercises/exercise.schema.json"
    assert json.loads(SHIPPED.read_text(encoding="utf-8")) == json_schema(), again


def test_the_authors_page_has_the_table_as_it_is() -> None:
    assert key_table() in PAGE.text, f"put this into exercises/README.md:\n\n{key_table()}"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("id_", sorted(FILES))
def test_each_shipped_exercise_names_the_schema_and_fits_it(id_: str) -> None:
    first = FILES[id_].read_text(encoding="utf-8").split("\n", 1)[0]
    assert first.startswith(MARK)
    assert (FILES[id_].parent / first.removeprefix(MARK)).resolve() == SHIPPED.resolve()
    assert list(VALIDATOR.iter_errors(plain(FILES[id_]))) == []


def described(schema: Any) -> bool:
    """Whether each property has a description, at any depth."""
    if isinstance(schema, list):
        return all(map(described, schema))
    if not isinstance(schema, dict):
        return True
    own = all(entry.get("description") for entry in schema.get("properties", {}).values())
    return own and all(map(described, schema.values()))


def test_every_key_is_described() -> None:
    assert described(json_schema())


def test_the_authors_page_shows_every_key_at_work() -> None:
    shown = [read_yaml(text).value for text in PAGE.files.values()]
    assert {key for value in shown for key in value} == {key.name for key in KEYS}
    assert all(VALIDATOR.is_valid(value) for value in shown)


NOT_FIT: dict[str, tuple[str, Any]] = {
    "a title that is a number": ("title", 3), "a title that is empty": ("title", " "), "no text for a graph": ("graph",
    ["f = x"]),
    "inputs in a list": ("inputs", [1, 2]), "an input that is a text": ("inputs", {"x": "two"}),
    "a range without its end": ("inputs", {"x": {"from": 1}}),
    "a range that stands still": ("inputs", {"x": {"from": 1, "to": 2, "step": 0}}),
    "a choice of nothing": ("inputs", {"x": {"choose": []}}),
    "a word too many in a range": ("inputs", {"x": {"from": 1, "to": 2, "by": 1}}),
    "an array of nothing": ("inputs", {"x": []}), "an array with a text": ("inputs", {"x": [[1, "a"]]}),
    "numbers and rows": ("inputs", {"x": [1, [2]]}), "a range for a shape that is none": ("inputs", {"x": {"shape": "2",
    "from": 1, "to": 2}}), "a shape of letters alone": ("inputs", {"x": "N"}), "rows of nothing": ("upstream", [[]]),
    "an upstream that is a text": ("upstream", "1.0 "), "a stage that is none": ("stages", ["backwards"]),
    "no stage": ("stages", []), "a stage twice": ("stages", ["local", "local"]),
    "a level of 6": ("level", 6), "a level of 0": ("level", 0), "a half level": ("level", 2.5),
    "tags in a text": ("tags", "a, b"),
    "hints in a list": ("hints", ["look"]), "a tolerance that is a number": ("tolerance", 0.02),
    "a tolerance of 1": ("tolerance", {"relative": 1}), "a key that is none": ("titel", "x"),
    "a network in few words": ("network", {"layers": [2, 2, 1]}), "an end that is empty": ("until", None),
}  # fmt: skip
FIT: dict[str, tuple[str, Any]] = {
    "a whole number for an input": ("inputs", {"x": 2}), "a range with its own number": ("inputs", {"x": {"value": 1,
    "from": 1, "to": 2}}),
    "a choice": ("inputs", {"x": {"choose": [1, 2.5]}}),
    "an own number that is left open": ("inputs", {"x": {"value": None, "choose": [1]}}),
    "an array": ("inputs", {"x": [[1, 2], [3, 4.5]]}), "a column": ("inputs", {"x": [1, 2]}),
    "a shape": ("inputs", {"x": "N x D"}), "an array that is drawn": ("inputs", {"x": {"shape": "2x3", "from": 1, "to":
    2}}), "an array of choices": ("inputs", {"x": {"shape": "(2, 3)", "value": [[1, 2, 3], [4, 5, 6]], "choose": [1]}}),
    "an upstream array": ("upstream", [[1, 2]]),
    "no hint": ("hints", {}), "a tolerance left out": ("tolerance", None), "level 5": ("level", 5),
}  # fmt: skip


@pytest.mark.parametrize("what", [*NOT_FIT, *FIT])
def test_the_validator_and_the_table_agree(what: str) -> None:
    key, value = {**NOT_FIT, **FIT}[what]
    changed = {**WHOLE, key: value}
    assert fits(changed) is (what in FIT)
    assert VALIDATOR.is_valid(changed) is (what in FIT)


WORDS = st.sampled_from(["value", "from", "to", "step", "choose", "relative", "rate", "nodes", "loss", "epochs", "x"])
SCALARS = st.sampled_from([None, True, -1, 0, 0.5, 1, 2, 6, "", "a", "local", "delta"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=8
)


@given(st.sampled_from([key.name for key in KEYS]), VALUES)
def test_the_validator_and_the_table_agree_on_anything(key: str, value: Any) -> None:
    changed = {**WHOLE, key: value}
    assert VALIDATOR.is_valid(changed) is fits(changed)


@pytest.mark.parametrize("key", ["title", "graph", "inputs"])
def test_what_is_required_is_missed_by_both(key: str) -> None:
    rest = {name: value for name, value in WHOLE.items() if name != key}
    assert not VALIDATOR.is_valid(rest)
    assert not fits(rest)


def test_the_stages_that_a_file_may_name_are_those_that_there_are() -> None:
    assert [*STAGES] == [word for word in STAGES if all(stage.word == word for stage in stages_of(word))]


def test_each_key_has_a_field_of_its_own_or_says_that_it_has_none() -> None:
    held = [key.field or key.name for key in KEYS if key.field is not None]
    assert set(held) <= set(Exercise._fields)
    assert len(set(held)) == len(held)


@pytest.fixture
def season() -> Iterator[None]:
    """One more row in the table."""
    KEYS.append(Key("season", word("spring", "autumn"), "When the course is given.", "spring", sample="autumn"))
    yield
    KEYS.pop()


@pytest.mark.usefixtures("season")
def test_a_new_key_is_one_row() -> None:
    text = "title: T\ngraph: f = x*y\ninputs: {x: 2, y: 3}\n"
    assert read_exercise(text, "mine").more == {"season": "spring"}
    assert read_exercise(f"{text}season: autumn\n", "mine").more == {"season": "autumn"}
    with pytest.raises(Faults) as told:
        read_exercise(f"{text}season: autum\n", "mine")
    expected = "line 4, column 9: season must be spring or autumn. Did you mean autumn?\n"
    assert str(told.value).startswith(expected)
    with pytest.raises(Faults, match="Did you mean season"):
        read_exercise(f"{text}saeson: autumn\n", "mine")
    validator = Draft202012Validator(json_schema())
    assert validator.is_valid({**WHOLE, "season": "autumn"})
    assert not validator.is_valid({**WHOLE, "season": "winter"})
    assert "| `season` | one of `spring`, `autumn` | `spring` | When the course is given. |\n" in key_table()
    begun = new_text("T", "f = x*y", {"x": 2, "y": 3})
    assert "#season: autumn  # When the course is given.\n" in begun
