"""Golden screens at width 80: what each command shows, in Unicode and in ASCII."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backprop_tutor.show import words
from backprop_tutor.show.words import STYLES
from tests import goldens
from tests.cli.running import Terminal, tutor
from tests.full import times

ANSWERS = (
    "backward: {f: 1, x: 1, b: 1, w0: 1, x0: 0.2, w1: 1.2, x1: -0.7}\nforward: {g1: 0.2, g2: -0.84, g3: 0.64, "
    "x: 1.44, f: 1.44}\n"
)
NETWORK_ANSWERS = """
delta: {y5: {error: 0.5097, delta: 0.1274}, y3: {delta: -0.0381}, y4: {delta: 0.0147, error: 1}}
update: {w13: 0.4962, w14: 0.8985, w35: -1.1933, w45: -0.0112, t3: 0.7962, t5: 0.43, w99: 1}
"""
SCREENS: dict[str, tuple[list[str], str, int]] = {
    "practice-simple": (["practice", "simple"], "1\n1\nz\nq\n2 3\n3\n-4\n-4\n", 1),
    "practice-forks": (["practice", "forks"], "3\n-3\n", 1),
    "practice-relu": (["practice", "relu"], "a = w0*x0; c = w1*x1; d = a + c; x = d + b; f = relu(x)\n0.2\n", 1),
    "explain-relu": (["explain", "relu", "--all"], "", 0),
    "explain-sigmoid": (["explain", "sigmoid", "--all"], "", 0),
    "explain-forks": (["explain", "forks", "--all"], "", 0),
    "explain-simple-json": (["explain", "simple", "--format", "json"], "", 0),
    "patterns": (["patterns"], "", 0),
    "check-relu": (["check", "relu", "-"], ANSWERS, 1),
    "check-relu-json": (["check", "relu", "-", "--format", "json"], ANSWERS, 1),
    "template-relu": (["check", "relu", "--template"], "", 0),
    "practice-xor": (["practice", "xor"], "-0.5097\n-0.5097\n0.1529\n-0.0147\n0.4962\n0.8985\n", 1),
    "explain-xor": (["explain", "xor", "--all"], "", 0),
    "explain-cross-entropy": (["explain", "cross-entropy", "--all"], "", 0),
    "check-xor": (["check", "xor", "-"], NETWORK_ANSWERS, 1),
    "template-xor": (["check", "xor", "--template"], "", 0),
    "help": (["--help"], "", 0),
}


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("plain", [False, True])
def test_screens_look_as_they_should(name: str, plain: bool) -> None:
    arguments, stdin, status = SCREENS[name]
    if plain and (name == "help" or "json" in name or "template" in name or "template" in name):
        pytest.skip("the same text")
    ran = tutor(*arguments, *["--plain"] * plain, stdin=stdin)
    assert (ran.status, ran.err) == (status, "")
    assert all(len(line) <= 80 for line in ran.out.splitlines()) or "json" in name or "template" in name
    assert ran.out.isascii() or not plain
    goldens.matches(f"screens/{name}{'-plain' * plain}.txt", ran.out)


def test_a_plain_terminal_gets_the_plain_screen_by_itself() -> None:
    dumb = tutor("explain", "relu", "--all", env={"TERM": "dumb"})
    assert dumb.out == tutor("explain", "relu", "--all", "--plain").out


def test_no_color_takes_away_colour_alone() -> None:
    shown = {}
    for value in ("", "1"):
        terminal = Terminal("explain", "relu", "--all", env={"NO_COLOR": value})
        assert terminal.end() == 0
        shown[value] = terminal
    assert shown["1"].shown == shown[""].shown
    codes = {value: set(re.findall(r"\x1b\[([\d;]*)m", terminal.log.getvalue())) for value, terminal in shown.items()}
    assert codes["1"] == {"1", "0"}  # bold, and back
    assert codes["1"] < codes[""]


def test_colours_have_names_and_one_table() -> None:
    """What is green on one screen means nothing else on another."""
    room = Path(words.__file__).parent
    for path in (*room.glob("*.py"), *(room.parent / "cli").glob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        found = [line for line in lines if re.search(r'"[^"]*\b(green|red|yellow|cyan|magenta|blue)\b[^" ]*"', line)]
        assert not found or path.name == "words.py", found
    colours = [style for style in STYLES.values() if "color" in style]
    assert len(colours) == len(set(colours))


@pytest.mark.parametrize("columns", [40, 100, 60, 140][: times(2, 4)])
@pytest.mark.parametrize(
    "name", ["practice-relu", "explain-sigmoid", "check-relu", "patterns", "practice-xor", "explain-xor", "check-xor"]
)
def test_no_line_is_wider_than_the_terminal(name: str, columns: int) -> None:
    arguments, stdin, _ = SCREENS[name]
    ran = tutor(*arguments, stdin=stdin, env={"COLUMNS": str(columns)})
    assert max(map(len, ran.out.splitlines())) <= columns
