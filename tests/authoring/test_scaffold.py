"""What `new` writes is a valid file from its first line to its last, and a formula in steps is the formula."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings

from backprop_tutor.authoring.scaffold import (
    Begun,
    CannotWrite,
    exercise_text,
    file_of,
    schema_text,
    title_of,
)
from backprop_tutor.authoring.steps import as_lines, inputs_of
from backprop_tutor.authoring.validate import report_on
from backprop_tutor.course.catalogue import paths
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.schema import ExerciseFile
from backprop_tutor.course.yaml_text import read_yaml
from backprop_tutor.engine.passes import solve
from backprop_tutor.engine.reading import read_graph
from backprop_tutor.files import AlreadyThere, write_new
from tests.strategies import Circuit, circuits

BEGUN = Begun('A "first": # one', "q = x + y; f = q*z", {"x": -2.0, "y": 5.0, "z": -4.25})
FORMULAS = [
    "(x + y)*z",
    "1/(1+e^(-(w*x+b)))",
    "max(0, w*x)",
    "f*q + r",
    "-log(sigmoid(y*(w*x)))",
    "2*x^3 - x/4",
    "e*pi*x",
    "(w*x - t)^2",
]


def schema() -> dict[str, object]:
    return json.loads(schema_text())  # type: ignore[no-any-return]


def test_the_schema_is_one_and_describes_every_key() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert set(schema()["properties"]) == {field.alias or name for name, field in ExerciseFile.model_fields.items()}
    definitions = schema()["$defs"]
    for part in (schema(), *definitions.values()):
        for key, entry in part.get("properties", {}).items():
            named = definitions[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else {}
            assert entry.get("description") or named.get("description"), key


@pytest.mark.parametrize("exercise", sorted(paths()))
def test_every_exercise_fits_the_schema(exercise: str) -> None:
    jsonschema.validate(read_yaml(paths()[exercise].read_text(encoding="utf-8")).value, schema())


def test_a_new_file_is_valid_and_so_is_each_line_behind_a_hash(tmp_path: Path) -> None:
    text = exercise_text(BEGUN)
    lines = text.splitlines()
    optional = [number for number, line in enumerate(lines) if line.startswith("#") and line[1:2].isalpha()]
    assert len(optional) >= 9
    for chosen in (None, *optional):
        used = "\n".join(line[1:] if number == chosen else line for number, line in enumerate(lines)) + "\n"
        exercise = read_exercise(used, "mine")
        assert (exercise.title, dict(exercise.choices["z"]._asdict())["value"]) == (BEGUN.title, -4.25)
        jsonschema.validate(read_yaml(used).value, schema())
        (tmp_path / "mine.yaml").write_text(used)
        assert report_on(tmp_path / "mine.yaml").errors == ()
    assert all(name in text for name in ExerciseFile.model_fields)
    assert lines[0] == "# yaml-language-server: $schema=exercise.schema.json"


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_in_steps_is_the_formula_one_named_gate_a_line(formula: str) -> None:
    names = inputs_of(formula)
    at = {name: 0.3 + 0.2 * number for number, name in enumerate(names)}
    lines = as_lines(formula)
    steps, whole = read_graph(lines, names), read_graph(f"out = {formula}", names)
    assert solve(steps, at).values[steps.output] == solve(whole, at).values[whole.output]
    assert len(steps.gate_names) == len(lines.splitlines()) == len(whole.gate_names)
    assert all(label is not None for label in steps.labels)


@settings(max_examples=40, deadline=None)
@given(circuits(most=12))
def test_the_inputs_of_a_graph_are_the_names_that_no_line_assigns(circuit: Circuit) -> None:
    assert sorted(inputs_of(circuit.text)) == sorted(circuit.graph.input_names)


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert file_of(str(tmp_path / "mine")) == path
    path.write_text("mine")
    with pytest.raises(AlreadyThere, match="there already"):
        file_of(str(tmp_path / "mine"))
    with pytest.raises(AlreadyThere, match="there already"):
        write_new(path, "another")  # it came after the look
    dangling = tmp_path / "link.yaml"
    dangling.symlink_to(tmp_path / "nowhere")
    with pytest.raises(AlreadyThere, match="there already"):
        write_new(dangling, "another")
    assert path.read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", ["", " ", "a/", "no-such-folder/mine", "\x1b[31m", ".", ".hidden"])
def test_what_is_no_file_name_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotWrite):
        file_of(name)


def test_a_title_is_made_of_the_name() -> None:
    assert title_of(Path("week1/my-first_neuron.yaml")) == "My first neuron"
