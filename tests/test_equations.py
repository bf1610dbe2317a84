"""Every equation on a screen, on a page and in a report is true of the numbers that it shows, to the last digit of its
result."""

from __future__ import annotations

import json
import re
from html import unescape
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.drawing.picture import Labels
from backprop_tutor.engine.formatting import equation, product, total
from backprop_tutor.engine.gates import GATES
from backprop_tutor.show.drawings import DRAWINGS
from backprop_tutor.show.lesson import backward_steps, closing, forward_steps, pattern, with_pattern
from backprop_tutor.show.network import network_lesson
from backprop_tutor.show.training import first_step
from backprop_tutor.show.words import Look
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.training import Training
from tests.cli.running import tutor
from tests.equations import equations, untrue
from tests.full import FULL, times
from tests.shipped import numbers

NUMBERS = (
    st.floats(min_value=-1e6, max_value=1e6)
    .map(lambda number: float(f"{number:.6g}") + 0.0)
    .filter(lambda number: number == 0 or abs(number) > 1e-12)
)


def on_a_wide_screen(*parts: object) -> str:
    console = Console(width=1000, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as capture:
        console.print(*parts, sep="\n")
    return capture.get()


@pytest.mark.parametrize("id_", sorted(numbers()))
def test_every_equation_of_a_lesson_and_of_its_page_is_true(id_: str) -> None:
    checked = 0
    for seed in range(times(2, 20)):
        exercise = variant(find(id_), seed or None)
        steps = [*forward_steps(exercise.solution), *backward_steps(exercise.solution, exercise.loss)]
        texts = [paragraph for step in steps for paragraph in step.paragraphs]
        key = DRAWINGS["key"](exercise)
        texts += [paragraph for step in key.steps for paragraph in step.lines]
        texts += [re.sub(r" \(via [^)]+\)", "", line) for line in Labels(key.picture).sums_in_words()]
        if exercise.neurons or exercise.update:
            texts += on_a_wide_screen(*network_lesson(exercise)).splitlines()
        if exercise.data:
            texts += on_a_wide_screen(first_step(Training(exercise), 1000)).splitlines()
        if FULL and seed == 0:
            texts += on_a_wide_screen(*closing(exercise)).splitlines()
        for text in texts:
            assert untrue(text) == [], text
            checked += len(list(equations(text)))
    assert checked >= 2 * len(GATES) // 10


@pytest.mark.parametrize("style", ["md", "html"])
def test_every_equation_of_a_report_and_of_a_page_of_feedback_is_true(style: str, tmp_path: Path) -> None:
    ids = sorted(numbers())[style == "html" :: times(3, 1)]
    wrong = [*zip(ids, cycle(("0.3", "{}*1.37"))), *zip(ids if FULL else (), cycle(("{}*1.37", "0.3")))]
    lines = [json.dumps(answers_of(find(id_), answer)) for id_, answer in wrong]
    arguments = ("-o", str(tmp_path / "g.csv"), "--feedback-folder", str(tmp_path / "pages"))
    more = ("--feedback-level", "worked", "--feedback-format", style)
    assert tutor("grade", "-", *arguments, *more, stdin="\n".join(lines)).status == 0
    pages = [path.read_text(encoding="utf-8") for path in tmp_path.rglob(f"*.{style}")]
    assert len(pages) == len(lines)
    if style == "md":
        pages.append(tutor("grade", "-", "--format", "markdown", stdin="\n".join(lines)).out)
    read = [unescape(re.sub(r"<[^>]*>", "\n", page) if style == "html" else page) for page in pages]
    texts = [line for page in read for line in re.sub(r"\\([^\w\s])", r"\1", page).splitlines()]
    assert [(untrue(line), line) for line in texts if untrue(line)] == []
    assert sum(len(list(equations(line))) for line in texts) >= 4 * len(lines)


def answers_of(exercise: Exercise, wrong: str) -> dict[str, object]:
    """The same wrong answer everywhere, which may have the place of an input's name."""
    sheet: dict[str, object] = {}
    for question in questions(exercise):
        if question.kind.picture != "lines":
            name, _, part = question.target.rpartition(".")
            answer = wrong.format(exercise.graph.input_names[0])
            of = sheet.setdefault(question.stage, {})
            assert isinstance(of, dict)
            (of.setdefault(name, {}) if name else of)[part] = answer
    return {"exercise": exercise.id, "student": f"{exercise.id} {len(wrong)}", **sheet}


def test_every_equation_of_the_patterns_is_true() -> None:
    text = on_a_wide_screen(*(pattern(name, Look(80)) for name in with_pattern()))
    assert [untrue(line) for line in text.splitlines() if untrue(line)] == []
    assert sum(len(list(equations(line))) for line in text.splitlines()) >= len(GATES)


@given(st.lists(NUMBERS, min_size=2, max_size=5))
def test_products_and_sums_of_any_numbers_are_true(numbers: list[float]) -> None:
    assert untrue(str(total(numbers, sum(numbers)))) == []
    assert untrue(str(product(*numbers[:3]))) == []


def test_an_equation_takes_no_more_digits_than_it_needs() -> None:
    assert str(product(0.5, -2.0)) == "0.50 × (-2.00) = -1.00"
    assert str(product(0.1966, 2.0)) == "0.197 × 2.00 = 0.39"
    assert str(product(-4.0, 0.2143)) == "-4.00 × 0.214 = -0.86"
    assert str(total([-0.015328, 0.014788], -0.00054)) == "-0.01533 + 0.01479 = -0.00054"
    assert str(equation("1/x**2", {"x": 1.3679}, 0.53444)) == "1/1.37² = 0.53"


def test_the_equations_of_a_text_are_found() -> None:
    found = list(
        equations("∂L/∂x = upstream × local = 1.00 × (-0.53) = -0.53, and -1/g7² = -0.53; y = exp(-1.00) = 0.37.")
    )
    assert found == [("1.00 × (-0.53)", "-0.53"), ("exp(-1.00)", "0.37")]
    assert untrue("f = 0.20 * 2.00 = 0.39") == ["0.20 * 2.00 = 0.39"]
    assert untrue("-4.00 * 0.21 = -0.86 and -0.015 + 0.015 = -0.00054") != []
