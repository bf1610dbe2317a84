"""`practice --random`: one circuit after another at a terminal, a single one from a pipe; resumed, saved, refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backprop_tutor.authoring.circuits import Asked, Recipe, generate
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.tutor.stages import questions
from tests.cli.running import Terminal, tutor
from tests.tutor.paper import worked


def answers(exercise: Exercise) -> list[str]:
    """The right answers, question by question, worked out on paper."""
    paper = worked(exercise)
    numbers = {**paper.gradients, **paper.carried}
    return [repr(numbers[question.target]) for question in questions(exercise)]


def solve(terminal: Terminal, exercise: Exercise) -> None:
    terminal.type(*answers(exercise))


def test_each_one_solved_makes_the_next_one_harder() -> None:
    terminal = Terminal("practice", "--random", "--seed", "40", "--no-record")
    for number in range(3):
        solve(terminal, generate(Asked().recipe(number), 40 + number))
        terminal.type("" if number < 2 else "no", prompt="[Y/n] ")
    assert terminal.end() == 0
    shown = terminal.shown
    assert re.findall(r"── A circuit of (\d) gates ─", shown) == ["3", "4", "5"]
    assert "The same circuit again: backprop-tutor practice --random --seed 42 --size 5" in shown


def test_one_that_was_not_solved_is_followed_by_one_as_hard() -> None:
    terminal = Terminal("practice", "--random", "--seed", "40", "--no-record")
    first = generate(Asked().recipe(0), 40)
    terminal.type("skip", *answers(first)[1:])
    terminal.type("", prompt="[Y/n] ")
    solve(terminal, generate(Asked().recipe(0), 41))
    terminal.type("no", prompt="[Y/n] ")
    assert terminal.end() == 1
    assert re.findall(r"── A circuit of (\d) gates ─", terminal.shown) == ["3", "3"]


@pytest.mark.parametrize("how", ["quit", "c", "d"])
def test_leaving_ends_it_all(how: str) -> None:
    terminal = Terminal("practice", "--random", "--seed", "40")
    if how == "quit":
        terminal.type("quit")
    else:
        terminal.press(how)
    assert terminal.end() == (130 if how == "c" else 1)
    assert "Another one" not in terminal.shown


@pytest.mark.parametrize("again", [["--seed", "40"], [], ["--seed", "40", "--size", "3", "--forks", "0"]])
def test_an_unfinished_circuit_goes_on_where_it_was_left(again: list[str]) -> None:
    exercise = generate(Asked().recipe(0), 40)
    first, *rest = answers(exercise)
    left = Terminal("practice", "--random", "--seed", "40")
    left.type(first, "quit")
    left.end()
    terminal = Terminal("practice", "--random", *again)
    terminal.type("", prompt="[Y/n] ")
    terminal.type(*rest)
    terminal.type("no", prompt="[Y/n] ")
    assert terminal.end() == 0
    assert 'You left "A circuit of 3 gates" on' in terminal.shown
    assert f"{len(rest) + 1} of {len(rest) + 1}, " in terminal.shown


@pytest.mark.parametrize("how", [["--restart"], ["--seed", "41"], ["--no-record"]])
def test_it_begins_anew_where_that_is_wanted(how: list[str]) -> None:
    left = Terminal("practice", "--random", "--seed", "40")
    left.type(answers(generate(Asked().recipe(0), 40))[0], "quit")
    left.end()
    terminal = Terminal("practice", "--random", *how)
    terminal.type("quit")
    terminal.end()
    assert "You left" not in terminal.shown


def test_a_pipe_is_asked_one_circuit() -> None:
    exercise = generate(Recipe(("mul", "sigmoid"), (4, 4), 1), 3)
    lines = answers(exercise)
    arguments = [
        "practice",
        "--random",
        "--seed",
        "3",
        "--gates",
        "mul,sigmoid",
        "--size",
        "4",
        "--forks",
        "1",
        "--plain",
    ]
    ran = tutor(*arguments, stdin="\n".join(lines) + "\n")
    assert (ran.status, ran.err) == (0, "")
    assert f"{len(lines)} of {len(lines)}, " in ran.out
    assert ran.out.isascii()
    assert tutor(*arguments, stdin="nonsense\n").status == 1


def test_without_a_seed_one_is_drawn_and_shown() -> None:
    found = {match[1] for _ in range(4) if (match := re.search(r"--seed (\d+)", tutor("practice", "--random").out))}
    assert len(found) > 1


def test_a_circuit_is_saved_and_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    exercise = generate(Asked().recipe(0), 5)
    ran = tutor("practice", "--random", "--seed", "5", "--save", str(file), stdin="\n".join(answers(exercise)))
    assert ran.status == 0
    assert f"Saved as {file}" in ran.err
    assert tutor("practice", str(file), stdin="\n".join(answers(exercise))).status == 0
    before = file.read_text()
    again = tutor("practice", "--random", "--save", str(file))
    assert (again.status, again.out) == (2, "")
    assert "already exists" in again.err
    assert file.read_text() == before


REFUSED = [
    (["--random", "--gates", "sgmoid"], "Did you mean sigmoid?"), (["--random", "--size", "8..3"], "3..8, not 8..3"),
    (["--random", "--size", "0"], "from 1 to"),
    (["--random", "--forks", "x"], "--forks must be a whole number, not x."), (["--random", "relu"], "only one of"),
    (["--random", "--graph", "f = x*y"], "only one of"),
    (["--random", "--gates", "exp", "--size", "8..8"], "no readable circuit of 8 gates"),
    (["--random", "--forks", "2", "--size", "2"], "room for 1 forks"), (["--random", "--save", "mine.txt"],
    "end in .yaml"),
    (["relu", "--gates", "add"], "--gates needs --random"), (["relu", "--size", "3"], "--size needs --random"),
    (["relu", "--forks", "1"], "--forks needs --random"), (["relu", "--save", "x.yaml"],
    "--save needs --random"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_be_is_told(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = tutor("practice", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
    assert list(tmp_path.glob("*.yaml")) == []


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    for forks in ("0", "2"):
        ran = tutor(
            "practice", "--random", "--seed", "7", "--size", "8", "--forks", forks, env={"COLUMNS": str(columns)}
        )
        assert max(map(len, ran.out.splitlines())) <= columns
