"""The same lesson, on the screen and on the page."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from backprop_tutor.course.catalogue import ad_hoc, paths
from backprop_tutor.tutor.lesson import backward_steps
from tests.cli.running import tutor
from tests.equations import untrue


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("exercise", sorted(paths())[::5])
def test_the_page_says_what_the_screen_says(exercise: str, tmp_path: Path) -> None:
    screen = squeezed(tutor("explain", exercise, "--all", env={"COLUMNS": "300"}).out)
    assert tutor("explain", exercise, "-o", str(tmp_path / "page.html")).status == 0
    table = (tmp_path / "page.html").read_text(encoding="utf-8").partition("<tbody>")[2].partition("</tbody>")[0]
    said = [unescape(part) for part in re.findall("<p.*?>(.*?)</p>", table)]
    assert said
    for part in (part for text in said for part in text.split("; ")):
        assert squeezed(part) in screen


def test_what_is_given_has_no_formula(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "title: T\ngraph: |\n  z = w*x\n  L = (z - y)**2\ninputs: {w: 2, x: 3, y: 5}\ngiven: [x, y]\n"
    )
    _, formulas = tutor("explain", str(tmp_path / "mine.yaml"), "--all").out.split("As formulas")
    assert "∂L/∂w" in formulas
    assert not {"∂L/∂x", "∂L/∂y"} & {*formulas.split()}


@pytest.mark.parametrize(("exercise", "said"), [("hinge", "∂E/∂x = w1 - w0, where m > 0"), ("gaussian", "= -x·f")])
def test_a_formula_is_one_for_people_and_its_number_times_the_upstream_gradient_is_the_gradient(
    exercise: str, said: str
) -> None:
    formulas = tutor("explain", exercise, "--all", env={"COLUMNS": "200"}).out.partition("As formulas")[2]
    assert said in formulas
    assert " × " in formulas
    assert untrue(formulas) == []


def test_a_lesson_says_once_for_each_kind_of_gate_what_is_often_done_wrong_there() -> None:
    relu = ad_hoc("p = x*x; q = relu(p); r = q*y; s = r*z; f = relu(s)", ["x=2", "y=3", "z=-1"]).solution
    often = {
        step.gate: [line for line in step.paragraphs if line.startswith("Students")]
        for step in backward_steps(relu, "L")
    }
    assert often == {
        "f": ["Students often let the whole gradient through f."],
        "s": ["Students often multiply by r itself for ∂s/∂r."],
        "r": [], "q": [], "p": [],  # x*x would be right, and the rest is said
    }  # fmt: skip
    assert "Students often count" in tutor("patterns", "fork").out
