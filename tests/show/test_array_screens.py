"""Screens of arrays at 80 columns, in Unicode and in ASCII; what is written to files; and what exercises of numbers
never load."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.drawing.formats import FORMATS
from backprop_tutor.drawing.picture import UNKNOWN
from backprop_tutor.engine.array_gates import ARRAY_GATES
from backprop_tutor.engine.array_passes import value_formula
from backprop_tutor.engine.arrays import entries, grid
from backprop_tutor.engine.formatting import evenly
from backprop_tutor.show.array_pictures import result_array_picture, session_array_picture
from backprop_tutor.show.arrays import tiny
from backprop_tutor.show.lesson import with_pattern
from backprop_tutor.show.pictures import result_screen
from backprop_tutor.show.practice import session_drawing
from backprop_tutor.show.words import Look
from backprop_tutor.text import columns
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import Submission
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import questions
from tests import goldens, shipped
from tests.cli.running import tutor
from tests.course.test_array_exercises import LETTERS
from tests.full import times

NUMBER = re.compile(r"\d+\.\d+")
PRODUCT = [
    "--graph", "q = W @ x; f = sum(q^2)", "--at", "W=[0.1 0.5; -0.3 0.8]", "--at", "x=[0.2; 0.4]",
]  # fmt: skip
NET = """\
title: One softmax layer, a batch of two
graph: |
  Z1 = X @ W1 + b1
  H = relu(Z1)
  Z2 = H @ W2 + b2
  l = cross_entropy(Z2, Y)
  L = mean(l)
inputs:
  X: [[1, -2], [0.5, 1.5]]
  W1: {shape: 2x3, value: [[0.2, -0.5, 0.3], [0.4, 0.1, -0.6]], from: -1, to: 1, step: 0.1}
  b1: [[0.1, 0.2, -0.1]]
  W2: [[0.7, -0.2], [-0.4, 0.5], [0.3, 0.9]]
  b2: [[0.15, -0.25]]
  Y: [[1, 0], [0, 1]]
given: [X, Y]
stages: [shape, forward, backward]
"""


@pytest.fixture
def net(tmp_path: Path) -> str:
    file = tmp_path / "net.yaml"
    file.write_text(NET)
    return str(file)


SCREENS = {
    "product-lesson": ["explain", *PRODUCT, "--all"], "product-lesson-plain": ["explain", *PRODUCT, "--all", "--plain"],
    "product-opened": ["explain", *PRODUCT, "--open", "q"], "conv": ["patterns", "conv"],
    "conv-plain": ["patterns", "conv", "--plain"], "net": ["draw", "NET"],
    "net-blank": ["draw", "NET", "--blank", "--plain"],
}  # fmt: skip


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_of_arrays_is_as_it_is_meant_to_look(name: str, net: str) -> None:
    done = tutor(*(net if word == "NET" else word for word in SCREENS[name]))
    assert (done.status, done.err) == (0, "")
    assert max(map(columns, done.out.split("\n"))) <= 80
    assert "plain" not in name or done.out.isascii()
    goldens.matches(f"screens/arrays/{name}.txt", done.out)


def test_long_lines_of_the_forward_pass_hang() -> None:
    whole = tutor("explain", "softmax-loss", "--all").out
    part = whole.partition("\nForward pass\n")[2].partition("\n\nBackward pass")[0]
    assert len(part.splitlines()) > 8
    assert all(line.startswith("  ") and len(line) <= 80 for line in part.splitlines())


@pytest.mark.parametrize("suffix", FORMATS)
def test_arrays_are_drawn_in_every_format(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"product{suffix}"
    assert tutor("draw", *PRODUCT, "-o", str(file)).status == 0
    data = file.read_bytes()
    assert data.startswith(FORMATS[suffix].begins)
    if suffix != ".png":
        assert "2x2" in data.decode()
        assert "0.104" in data.decode()


def test_letters_show_shapes_and_formulas_and_no_numbers(tmp_path: Path) -> None:
    file = tmp_path / "layer.yaml"
    file.write_text(LETTERS)
    screen = tutor("explain", str(file), "--all").out
    assert "X->g1: dX = dg1 @ W.T" in screen
    assert "N x C @ C x D is N x D, the shape of X" in screen
    assert "∂L/∂b = sum(dZ, axis=0)   (1 x C)" in screen
    assert "[" not in screen
    found = json.loads(tutor("explain", str(file), "--format", "json").out)
    assert found["nodes"]["Z"] == {"kind": "gate", "gate": "add", "inputs": ["g1", "b"], "shape": ["N", "C"]}


def test_the_solution_as_json_is_the_contracts() -> None:
    found = json.loads(tutor("explain", *PRODUCT, "--format", "json").out)
    assert found["nodes"]["q"]["shape"] == [2, 1]
    assert found["nodes"]["q"]["value"] == [[pytest.approx(0.22)], [pytest.approx(0.26)]]
    branch = found["branches"]["W->q"]
    assert (branch["pull"], branch["upstream"]) == ("dq @ x.T", [[pytest.approx(0.44)], [pytest.approx(0.52)]])
    assert "local" not in branch
    assert found["branches"]["q->g1"]["local"] == [[pytest.approx(0.44)], [pytest.approx(0.52)]]


def test_every_gate_of_arrays_has_a_pattern_with_a_tiny_circuit() -> None:
    assert set(ARRAY_GATES) < set(with_pattern())
    for name, gate in ARRAY_GATES.items():
        solution = tiny(name)
        assert {node.gate.name for node in solution.graph.nodes if node.gate} == {name}
        screen = " ".join(tutor("patterns", name).out.split())
        assert gate.pattern[1:].split(":")[0] in screen


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["relu", "--open", "x"], "--open is for arrays"),
        ([*PRODUCT, "--open", "qq"], "qq is not a gate of this circuit"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_said(arguments: list[str], said: str) -> None:
    done = tutor("explain", *arguments)
    assert done.status == 2
    assert said in done.err


def test_numbers_load_nothing_of_arrays() -> None:
    script = (
        "import sys\nfrom backprop_tutor.cli.main import run\n"
        "for words in (['explain', 'relu', '--all'], ['draw', 'relu'], ['practice', 'relu', '--no-record'],"
        " ['check', 'relu', '--template'], ['validate', '{relu}']):\n"
        "    try:\n        run(words)\n    except SystemExit:\n        pass\n"
        "print([name for name in sys.modules if name.startswith('backprop_tutor') and 'array' in name])"
    )
    relu = Path(__file__).parent.parent.parent / "exercises/3-neurons/relu.yaml"
    done = subprocess.run(
        [sys.executable, "-c", script.replace("{relu}", str(relu))],
        capture_output=True,
        text=True,
        input="",
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("id_", shipped.OF_ARRAYS[:: times(4, 1)])
def test_the_arrays_that_a_question_needs_are_on_one_screen_with_it(id_: str) -> None:
    session, look = Session(variant(find(id_), None), 3), Look(80, rows=24 - 9)
    while session.question is not None:
        question = session.question
        console = Console(width=80)
        lines = console.render_lines(session_drawing(session, look), pad=False)
        text = "\n".join("".join(segment.text for segment in line) for line in lines)
        assert len(lines) <= 24 - 9 + 1 or "folded:" in text
        assert len(lines) <= 24 - 2  # its sentence and its prompt
        assert "[?]" in text or question.label is None
        session.skip()


@pytest.mark.parametrize("id_", shipped.OF_ARRAYS)
def test_a_marked_empty_answer_shows_no_right_number_and_no_right_shape(id_: str) -> None:
    exercise = variant(find(id_), None)
    checker, nothing = Checker(exercise), Submission({})
    result, solution = checker.check(nothing), checker.solution_for(nothing)
    console = Console(width=120)
    with console.capture() as captured:
        console.print(result_screen(exercise, solution, result, Look(120)))
    graph = exercise.graph
    given = [value_formula(graph, name, whole=True) for name in graph.gate_names]
    for array in exercise.arrays.values() if exercise.has_numbers else ():
        given += [*grid(array, evenly(entries(array))), *grid(array, "{:.2f}".format)]
    assert set(NUMBER.findall(captured.get().partition("\n")[2])) <= set(NUMBER.findall(" ".join(given)))
    shapes = result_array_picture(exercise, solution, result.verdicts, False).values
    asked = [one.node for one in questions(exercise) if one.kind.asks_shape]
    assert {shapes[name] for name in asked} <= {UNKNOWN}


def test_marked_answers_about_arrays_are_shown_as_typed_with_their_signs(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(
        "exercise: matrix-vector\nshape: {q: 2x2, f: 1x1}\nforward: {q: [[0.22], [0.3]], f: hm(}\n"
        "backward:\n  q: [[0.44, 0.52]]\n  W: q @ x.T\n"
    )
    for plain in ((), ("--plain",)):
        screen = tutor("check", str(file), *plain).out
        goldens.matches(f"screens/arrays/marked{'-plain' * bool(plain)}.txt", screen)
        assert not {"0.26", "0.12", "0.09", "0.64"} & set(NUMBER.findall(screen))
        assert (screen.count("the shape of q"), screen.count("ranspose it")) == (1, 1)
    narrow = tutor("check", str(file), env={"COLUMNS": "40"}).out
    assert "gradient of q: 0.44, 0.52 ✗" in narrow


def test_a_question_about_a_shape_is_not_answered_by_a_value_that_is_given() -> None:
    session = Session(variant(find("linear-layer"), None), 3)
    assert session.question is not None
    assert session.question.symbol == "shape of Z"
    assert [line.split(" = ")[0] for line in session_array_picture(session).lines] == ["X", "W"]
    session.skip()
    assert session_array_picture(session).lines[2].startswith("Z = X @ W = [-0.90 -0.35; 1.26 -0.70]")
