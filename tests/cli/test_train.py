"""`train`: its screens, its file, its ends: reached, enough, still, diverged, interrupted."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from backprop_tutor.authoring.exercise_files import network_of, network_text
from tests import goldens
from tests.cli.running import Terminal, tutor
from tests.full import times

XOR = """title: XOR on a 2-2-1 network
graph: |
  X3 = w13*x1 + w23*x2 - t3
  y3 = sigmoid(X3)
  X4 = w14*x1 + w24*x2 - t4
  y4 = sigmoid(X4)
  X5 = w35*y3 + w45*y4 - t5
  y5 = sigmoid(X5)
  e5 = yd5 - y5
  L = 0.5*e5**2
neurons: {y3: X3, y4: X4, y5: X5}
inputs: {x1: 1, x2: 1, w13: 0.5, w14: 0.9, w23: 0.4, w24: 1.0, w35: -1.2, w45: 1.1, t3: 0.8, t4: -0.1, t5: 0.3, yd5: 0}
data: [{x1: 1, x2: 1, yd5: 0}, {x1: 0, x2: 1, yd5: 1}, {x1: 1, x2: 0, yd5: 1}, {x1: 0, x2: 0, yd5: 0}]
until: {loss: 0.001, rate: 2}
"""
LINE = """title: A line
graph: |
  y = w*x + b
  L = (yd - y)^2
inputs: {w: 1, b: 0, x: 1, yd: 2}
data: [{x: 1, yd: 2}, {x: 2, yd: 4}, {x: 3, yd: 6}]
neurons: {y: y}
"""


@pytest.fixture
def xor(tmp_path: Path) -> str:
    return written(tmp_path, XOR)


def written(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("plain", [False, True])
def test_xor_is_learned_and_looks_as_it_should(xor: str, plain: bool) -> None:
    ran = tutor("train", xor, *["--plain"] * plain)
    assert (ran.status, ran.err) == (0, "")
    assert f"w13 = 0.5000 - 2 {'*' if plain else '×'} (-0.0381) = 0.5762" in ran.out
    assert "Epoch 2,825: " in ran.out
    assert ran.out.isascii() or not plain
    goldens.matches(f"screens/train{'-plain' * plain}.txt", ran.out)


def test_the_first_step_at_the_textbooks_rate_gives_the_textbooks_numbers(xor: str) -> None:
    shown = tutor("train", xor, "--rate", "0.1", "--epochs", "1").out
    for ending in (
        "y3 = sigmoid(X3) = 0.5250",
        "y4 = sigmoid(X4) = 0.8808",
        "y5 = sigmoid(X5) = 0.5097",
        "yd5 - y5 = -0.5097",
    ):
        assert ending in shown
    new = {
        "w13": "0.5038",
        "w14": "0.8985",
        "w23": "0.4038",
        "w24": "0.9985",
        "w35": "-1.2067",
        "w45": "1.0888",
        "t3": "0.7962",
    }
    for name, number in {**new, "t4": "-0.0985", "t5": "0.3127"}.items():
        assert any(
            line.strip().startswith(f"{name} = ") and line.endswith(f" = {number}") for line in shown.splitlines()
        ), name


def test_the_textbooks_xor_takes_the_textbooks_epochs_and_the_exercises_own_rate_fewer() -> None:
    assert "Epoch 56,351: Σe² = 0.00099998, below 0.001. Done." in tutor("train", "xor", "--rate", "0.1").out
    own = tutor("train", "xor").out
    assert "Epoch 2,825: Σe² = 0.0009997, below 0.001. Done." in own
    assert "with the learning rate 2 (not 0.1 as in its single step)" in " ".join(own.split())


@pytest.mark.parametrize("columns", [40, 140, 60, 100][: times(2, 4)])
@pytest.mark.parametrize("plain", [False, True])
def test_no_line_of_training_is_wider_than_the_terminal(tmp_path: Path, columns: int, plain: bool) -> None:
    wide = (
        network_text(network_of("6-3-12"), "A network")
        + "data:\n"
        + f"  - {{{', '.join(f'x{n}: 1' for n in range(1, 7))}, "
    )
    wide += ", ".join(f"yd{n}: 0" for n in range(10, 22)) + "}\n"
    for text in (XOR, wide):
        ran = tutor(
            "train", written(tmp_path, text), "--epochs", "30", *["--plain"] * plain, env={"COLUMNS": str(columns)}
        )
        assert ran.status == 0
        assert max(map(len, ran.out.splitlines())) <= columns


def test_a_plain_terminal_gets_plain_training(xor: str) -> None:
    assert tutor("train", xor, env={"TERM": "dumb"}).out == tutor("train", xor, "--plain").out


def test_the_loss_of_each_epoch_is_written(xor: str, tmp_path: Path) -> None:
    ran = tutor("train", xor, "--csv", str(tmp_path / "loss.csv"))
    assert ran.status == 0
    with (tmp_path / "loss.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["epoch"]) for row in rows] == list(range(1, 2826))
    losses = [float(row["loss"]) for row in rows]
    assert losses[-1] < 0.001 <= min(losses[:-1])


def test_it_stops_after_so_many_epochs_and_says_that_it_is_not_there(xor: str) -> None:
    ran = tutor("train", xor, "--epochs", "7")
    assert ran.status == 0
    assert "That was 7 epochs, and it is still not below 0.001." in " ".join(ran.out.split())
    assert "Epoch 7: " in ran.out


def test_what_stands_still_ends(tmp_path: Path) -> None:
    dead = "title: Dead\ngraph: L = 0.5*(yd - relu(w*x))^2\ninputs: {w: -1, x: 1, yd: 1}\ndata: [{x: 1, yd: 1}]\n"
    ran = tutor("train", written(tmp_path, dead))
    assert ran.status == 0
    assert "Epoch 1: Σe² = 1. Nothing changes any more" in ran.out


def test_what_grows_beyond_all_numbers_is_told_with_gate_and_epoch(tmp_path: Path) -> None:
    ran = tutor("train", written(tmp_path, LINE), "--rate", "3")
    assert ran.status == 1
    assert "training diverged in epoch 38, at row 1: L = g2^2 has no finite value" in ran.err
    assert "Try a smaller rate" in ran.err
    assert not any(word in ran.out + ran.err for word in ("inf", "nan", "Traceback"))


def test_the_last_table_has_each_row_beside_what_is_desired(tmp_path: Path) -> None:
    shown = tutor("train", written(tmp_path, LINE + "until: {loss: 1e-9, rate: 0.05}\n")).out
    table = shown.split("Outputs now\n")[1].splitlines()
    assert table[0].split() == ["x", "yd", "y"]
    assert [line.split() for line in table[1:4]] == [["1", "2", "2.0000"], ["2", "4", "4.0000"], ["3", "6", "6.0000"]]


def test_an_exercise_without_rows_is_trained_on_its_own_numbers(tmp_path: Path) -> None:
    alone = (
        LINE.replace("data: [{x: 1, yd: 2}, {x: 2, yd: 4}, {x: 3, yd: 6}]\n", "") + "update: {rate: 0.1, nodes: [w]}\n"
    )
    ran = tutor("train", written(tmp_path, alone), "--epochs", "3")
    assert ran.status == 0
    assert "Training on its own numbers" in ran.out
    assert "\n  b = " not in ran.out


def test_start_numbers_are_drawn_by_seed(tmp_path: Path) -> None:
    path = written(tmp_path, network_text(network_of("2-2-1"), "A network") + XOR[XOR.index("data:") :])
    seven, eight = (tutor("train", path, "--seed", seed, "--epochs", "1").out for seed in ("7", "8"))
    assert "seed 7" in seven
    assert seven.replace("seed 7", "seed 8") != eight
    assert tutor("train", path, "--seed", "7", "--epochs", "1").out == seven


def test_at_a_terminal_a_bar_moves_and_ctrl_c_ends_with_what_was_reached(tmp_path: Path) -> None:
    endless = written(tmp_path, XOR.replace("loss: 0.001", "loss: 1e-9, epochs: 100000000"))
    terminal = Terminal("train", endless)
    terminal.child.expect_exact("epoch 1")
    terminal.child.sendcontrol("c")
    assert terminal.end() == 130
    closing = terminal.shown.split("Interrupted. Epoch ")[1]
    assert "Outputs now" in closing
    assert "w13 = " in closing
    assert "Traceback" not in terminal.shown


BAD = [
    (["--rate", "0"], "--rate must be a number above 0"),
    (["--rate", "nan"], "--rate must be a number above 0"),
    (["--rate", "fast"], "--rate must be a number, not fast."),
    (["--epochs", "0"], "--epochs must be 1 or more"),
    (["--csv", "/nowhere/loss.csv"], "/nowhere/loss.csv cannot be written: no such file or directory"),
    (["--csv", "/"], "ends in .csv, not /"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_arguments_of_training_are_told(xor: str, arguments: list[str], message: str) -> None:
    ran = tutor("train", xor, *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err


def test_an_exercise_that_cannot_be_trained_is_told() -> None:
    ran = tutor("train", "relu")
    assert (ran.status, ran.out) == (2, "")
    assert "relu has no rows to train on. List them in its file as data: [{x1: 1, yd5: 0}, ...]" in ran.err
