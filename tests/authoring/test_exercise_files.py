"""Files from `new` and `--save` are valid and say what was meant; a formula in steps equals the formula; nothing is
ever overwritten."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings

from backprop_tutor.authoring.circuits import Asked, generate
from backprop_tutor.authoring.exercise_files import (
    CannotWrite,
    file_of,
    new_text,
    save,
    schema_text,
    title_of,
)
from backprop_tutor.authoring.validate import report_on
from backprop_tutor.course.catalogue import ad_hoc
from backprop_tutor.course.keys import KEYS
from backprop_tutor.course.load import load, read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.course.yaml_text import read_yaml
from backprop_tutor.engine.compile import as_lines, inputs_of, read_graph
from backprop_tutor.engine.passes import solve
from backprop_tutor.files import AlreadyThere, NotWritten, write_new
from tests.full import times
from tests.strategies import Circuit, circuits

BEGUN = ('A "first": # one', "q = x + y; f = q*z", {"x": -2.0, "y": 5.0, "z": -4.25})
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


def test_the_schema_is_one_and_has_every_key() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert set(schema()["properties"]) == {key.name for key in KEYS}


@cache
def validator() -> jsonschema.Draft202012Validator:
    """A validator for the schema, which is itself valid: see above."""
    return jsonschema.Draft202012Validator(schema())


def test_a_new_file_is_valid_and_so_is_each_line_behind_a_hash(tmp_path: Path) -> None:
    text = new_text(*BEGUN)
    lines = text.splitlines()
    optional = [number for number, line in enumerate(lines) if line.startswith("#") and line[1:2].isalpha()]
    assert len(optional) >= 9
    for chosen in (None, *optional):
        used = "\n".join(line[1:] if number == chosen else line for number, line in enumerate(lines)) + "\n"
        exercise = read_exercise(used, "mine")
        assert (exercise.title, dict(exercise.choices["z"]._asdict())["value"]) == (BEGUN[0], -4.25)
        validator().validate(read_yaml(used).value)
        (tmp_path / "mine.yaml").write_text(used)
        assert report_on(tmp_path / "mine.yaml").errors == ()
    assert all(key.name in text for key in KEYS)
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


@settings(max_examples=times(20, 160))
@given(circuits(most=12))
def test_the_inputs_of_a_graph_are_the_names_that_no_line_assigns(circuit: Circuit) -> None:
    assert sorted(inputs_of(circuit.text)) == sorted(circuit.graph.input_names)


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert file_of(str(tmp_path / "mine")) == path
    path.write_text("mine")
    with pytest.raises(AlreadyThere, match="already exists"):
        file_of(str(tmp_path / "mine"))
    with pytest.raises(AlreadyThere, match="already exists"):
        write_new(path, "another")  # it came after the look
    dangling = tmp_path / "link.yaml"
    dangling.symlink_to(tmp_path / "nowhere")
    with pytest.raises(AlreadyThere, match="already exists"):
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
    validator().validate(read_yaml(path.read_text()).value)


@pytest.mark.parametrize("name", ["mine.txt", "mine", "there.yaml", "nowhere/mine.yaml"])
def test_where_it_cannot_be_saved_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "there.yaml").write_text("mine")
    with pytest.raises((CannotWrite, AlreadyThere)):
        save(generate(Asked().recipe(0), 1), str(tmp_path / name))
    assert (tmp_path / "there.yaml").read_text() == "mine"


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "long").mkdir()
    with pytest.raises(NotWritten, match="cannot be written"):
        save(generate(Asked().recipe(0), 1), str(tmp_path / "long" / f"{'x' * 300}.yaml"))


@pytest.mark.parametrize("number", [1 / 3, 0.1 + 0.2, 1e-7, -5e-324, 1.7976931348623157e308, 1e22, 2.0**53 + 2, 0.0])
def test_a_number_is_saved_to_its_last_digit(number: float, tmp_path: Path) -> None:
    exercise = ad_hoc("f = x + y", ["x=1", "y=2"])._replace(values={"x": number, "y": 2.0}, upstream=number)
    save(exercise, str(tmp_path / "mine.yaml"))
    again = variant(load(tmp_path / "mine.yaml"), None)
    assert (again.values["x"], again.upstream) == (number, number)
