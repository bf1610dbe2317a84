"""What a notebook shows: legible in light and dark, one line if there is no picture, and nothing from a student can
run."""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest

import backprop_tutor as bt
from backprop_tutor.api.results import _COLOURS
from backprop_tutor.drawing.formats import FORMATS
from backprop_tutor.drawing.picture import BLANK, Unroutable
from backprop_tutor.tutor.marking.verdicts import Outcome

ATTACK = "<script>alert(1)</script><b style='color:red'>&amp;\x1b[2J\u202e"
PAPERS = ("#ffffff", "#111111", "#0d1117", "#1e1e1e")  # JupyterLab light and dark, GitHub dark, VS Code dark
WORDS = {"b", "caption", "code", "pre", "span", "table", "tbody", "td", "th", "thead", "tr"}


class Seen(HTMLParser):
    """The elements of a page, which of them are open, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= {"style", "scope"}
        self.elements.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def brightness(colour: str) -> float:
    """The relative luminance of a colour: www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_marks_are_a_table_of_text_and_of_nothing_else() -> None:
    answers = {"graph": f"g1 = {ATTACK}", "backward": {ATTACK: 1, "w1": ATTACK, "x": 1, "x1": [1], "w0": "1" * 3_000}}
    mark = bt.load("relu").mark(answers)
    seen = Seen(mark._repr_html_())
    assert seen.elements <= WORDS
    assert seen.open == []
    assert "<script>" in seen.text
    assert "ReLU neuron: 1 of 15" in seen.text
    assert not {"\x1b", "\u202e"} & set(seen.text)
    for verdict in mark.verdicts:
        if verdict.outcome in ("right", "wrong", "unreadable"):
            assert f"{verdict.outcome}" in seen.text
    assert "5 not answered" in seen.text
    assert len(seen.text) < 6_000


def test_every_outcome_has_a_sign_that_is_seen_on_light_and_on_dark() -> None:
    assert set(_COLOURS) >= {outcome.mark for outcome in Outcome}
    for colour in _COLOURS.values():
        for paper in PAPERS:
            light, dark = sorted((brightness(colour), brightness(paper)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 3, (colour, paper)  # WCAG's requirement for signs next to words
    html = bt.load("relu").mark({"w1": 1, "x": 1})._repr_html_()
    assert "background:#" not in html  # and everything else has the colours of the page
    assert set(re.findall(r"color:([^;\"]+)", html)) <= {*_COLOURS.values(), "inherit"}


def test_one_of_html_and_svg_is_shown() -> None:
    exercise = bt.load("relu")
    mark = exercise.mark({})
    for thing in (exercise, exercise.draw(), mark, mark.verdicts[0], exercise.questions[0]):
        assert not (hasattr(thing, "_repr_svg_") and hasattr(thing, "_repr_html_"))


def test_a_representation_is_one_line() -> None:
    text = f'title: "a\\nb {"long " * 50}"\ngraph: f = x*y\ninputs: {{x: 2, y: 3}}\nstages: [graph, local, backward]'
    for exercise in (bt.load("relu", seed=7), bt.load(text)):
        mark = exercise.mark({"backward": {"a\nb" * 30: 1}})
        for thing in (exercise, exercise.draw(), mark, *mark.verdicts, *exercise.questions):
            assert re.fullmatch(r"<[A-Z].{3,250}>", repr(thing))


def test_an_exercise_does_not_show_its_answers() -> None:
    exercise = bt.load("relu")
    shown = exercise._repr_svg_() or ""
    labels = re.findall(r'<text class="(value|gradient)[^"]*" data-\w+="([^"]*)"[^>]*>([^<]*)<', shown)
    for kind, name, text in labels:
        is_given = name in exercise.inputs if kind == "value" else name == "f"
        assert (text == BLANK) is not is_given, (kind, name, text)
    assert BLANK not in exercise.draw("key").svg
    assert exercise.draw("forward").svg.count('class="gradient"') == 0
    assert "-12.00" in bt.load("simple").draw("blank").text  # whose values are not asked


def test_a_picture_keeps_its_style_to_itself() -> None:
    svg = bt.load("relu").draw().svg
    (root,) = [ElementTree.fromstring(svg)]  # noqa: S314  our own text
    (style,) = re.findall(r"<style>(.*?)</style>", svg, re.DOTALL)
    rules = re.findall(r"([^{}]+)\{[^{}]*\}", style.replace("@media (prefers-color-scheme:dark){", ""))
    assert len(rules) > 20
    assert all(one.startswith(f".{root.get('class')} ") for rule in rules for one in rule.split(","))


@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if suffix != ".png"])
def test_it_is_saved_in_every_format(suffix: str, tmp_path: Path) -> None:
    for kind in ("key", "blank", "forward"):
        path = tmp_path / f"{kind}{suffix}"
        bt.load("relu").draw(kind).save(path)
        assert path.read_bytes().startswith(FORMATS[suffix].begins)
    values = ("-0.84", "-0.64")
    blank = (tmp_path / f"blank{suffix}").read_text(encoding="utf-8")
    assert not [value for value in values if value in blank]
    with pytest.raises(bt.TutorError):
        bt.load("relu").draw().save(tmp_path / "relu.xls")
    with pytest.raises(ValueError, match="key, blank or forward"):
        bt.load("relu").draw("all")  # type: ignore[arg-type]


def test_a_circuit_that_cannot_be_drawn_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def tangled(_: object) -> str:
        raise Unroutable

    monkeypatch.setitem(FORMATS, ".svg", FORMATS[".svg"]._replace(writer=tangled))
    exercise = bt.load("relu")
    assert exercise._repr_svg_() is None
    assert exercise.draw()._repr_svg_() is None
    with pytest.raises(bt.TutorError, match="tangled"):
        exercise.draw().svg  # noqa: B018
    assert exercise.draw().text.startswith(" ")


def test_nothing_is_printed_and_nothing_is_warned(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "twice"
    folder.mkdir()
    for name in ("relu.yaml", "broken.yaml"):  # an id that exists already, and a file with faults
        (folder / name).write_text("title: x\ngraph: f = x*y\ninputs: {x: 1, y: 2}" * (name == "relu.yaml"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exercise = bt.load("relu", folders=[folder])
        assert exercise.title == "x"
        exercise.mark({"x": "nonsense"})._repr_html_()
        exercise.draw("key").save(tmp_path / "x.svg")
        list(bt.grade_lines(["nonsense"], folders=[folder]))
    assert tuple(capfd.readouterr()) == ("", "")
