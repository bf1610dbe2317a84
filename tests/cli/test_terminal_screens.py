"""Golden screens of 80 columns and 24 rows: everything that a question needs is on the screen with it."""

from __future__ import annotations

import re

import pytest

from tests import goldens
from tests.cli.screens import COLUMNS, MOMENTS, ROWS, Moment, screen, taken

_COLOURS = re.compile(r"\x1b\[[\d;]*m")
PLAIN = ("wrong", "fork", "delta", "large")  # in ASCII too


def text_of(moment: Moment, *options: str) -> str:
    return "\n".join(line.rstrip() for line in screen(_COLOURS.sub("", taken(moment, *options)))).rstrip() + "\n"


@pytest.mark.parametrize(("name", "plain"), [*((name, False) for name in MOMENTS), *((name, True) for name in PLAIN)])
def test_a_question_and_what_it_needs_are_on_one_screen(name: str, plain: bool) -> None:
    text = text_of(MOMENTS[name], *["--plain"] * plain)
    lines = text.splitlines()
    assert len(lines) <= ROWS
    assert all(len(line) <= COLUMNS for line in lines)
    assert text.isascii() or not plain
    if not MOMENTS[name].ends and name != "graph-shown":
        assert re.search(r"^── (Question|Backward)" if not plain else "^-- Question", text, re.MULTILINE)
    goldens.matches(f"terminal/{name}{'-plain' * plain}.txt", text)


def test_every_step_of_a_lesson_keeps_its_title_and_its_gate_on_the_screen() -> None:
    for exercise, steps in (("xor", range(2, 18, 5)), ("forks", range(1, 4))):
        for step in steps:
            lines = text_of(Moment(["explain", exercise], ("",) * (step + 1))).splitlines()
            assert lines[0].startswith("── Backward pass, step ")
            gate = next(line for line in lines if re.match(r"\w+ = ", line)).split(" = ")[0]
            assert any(re.search(rf"^ = .* {gate} = |\[[^]]+\]─{gate}─", line) for line in lines), lines
