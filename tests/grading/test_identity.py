"""Whose a file is by its path: a pattern finds every reading that a regular expression could, and none is guessed."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_tutor.course.roster import canvas_name
from backprop_tutor.grading.layouts import CannotGrade, Place, layout_named, when
from tests.full import times

PIECES = st.sampled_from(["a", "b", "ab", ".", "/", "*", "a/", "{exercise}", "{attempt}", "**/"])
PARTS = {"*": "[^/]*", "**/": "(?:.*/)?", "**": ".*"}


def owners(pattern: str, path: str) -> set[tuple[str, str | None]]:
    """Whose a path may be: all ways to split it into student and exercise that fit the rest of the pattern."""
    pieces = re.split(r"(\{\w+\}|\*\*/|\*\*|\*)", pattern.removeprefix("./"))
    found = set()
    texts = {path[start:end] for start in range(len(path)) for end in range(start + 1, len(path) + 1)}
    texts = {text for text in texts if "/" not in text}
    for student, exercise in product(texts, texts if "{exercise}" in pattern else [None]):
        known = {"{student}": re.escape(student), "{exercise}": re.escape(exercise or ""), "{attempt}": "[^/]+"}
        worded = "".join({**known, **PARTS}.get(piece, re.escape(piece)) for piece in pieces)
        if re.fullmatch(worded, path, re.DOTALL):
            found.add((student, exercise))
    return found


@settings(max_examples=times(60, 600))
@given(st.lists(PIECES, max_size=4), st.data())
def test_every_reading_is_found_and_no_other(pieces: list[str], data: st.DataObject) -> None:
    pieces = list(dict.fromkeys(pieces))  # a field is named once
    pieces.insert(data.draw(st.integers(0, len(pieces))), "{student}")
    pattern = "".join(pieces)
    path = data.draw(st.text("ab./\n", min_size=1, max_size=8))
    found = {place.owner for place in layout_named(pattern).readings(path)}
    assert found == owners(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("{student}/{exercise}.yaml", "65/relu.yaml", {("65", "relu")}), ("{student}_{exercise}.yaml", "a_b_c.yaml",
        {("a", "b_c"), ("a_b", "c")}),
        ("{student:digits}*", "123abc", {("123", None)}), ("x{student:digits}_*", "x12_3_4", {("12", None)}),
        ("**/{student}/*.yaml", "c/d/ann/a.yaml", {("ann", None)}), ("**/{student}/*.yaml", "ann/a.yaml",
        {("ann", None)}),
        ("*_{student}_attempt_{time}_*", "p_1_ann_attempt_2016-01-30-15-00-00_a.txt", {("1_ann", None), ("ann", None)}),
        ("re:(?P<student>[a-z]+)/.*", "ann/b.yaml", {("ann", None)}), ("re:(?P<student>[a-z]+)", "ann/b.yaml", set()),
    ],
)  # fmt: skip
def test_patterns(pattern: str, path: str, found: set[tuple[str, str | None]]) -> None:
    assert {place.owner for place in layout_named(pattern).places(path)} == found


@pytest.mark.parametrize(
    "pattern", ["re:(", "re:abc", "re:(?P<who>a)", "canvass", "{student", "{student}{student}", "x"]
)
def test_what_is_no_layout_is_refused(pattern: str) -> None:
    with pytest.raises(CannotGrade, match="--layout"):
        layout_named(pattern)


def test_a_name_made_to_have_many_readings_is_read_at_once() -> None:
    layout = layout_named("{student}*a*a*a*a*a*{exercise}")
    assert len(layout.readings("a" * 250)) > 1
    assert layout.readings("a" * 250 + "/") == []
    assert len(layout_named("{student}_{exercise}").readings("_".join("a" * 120))) > 1


HOSTILE = {
    "evilmax_10666_70666_x_10000_1_answers.yaml": {"10666", "10000"},
    "jane_10000_10666_70666_answers.yaml": {"10000", "10666"},
    "evil_10000_70000_a_10666_70666_answers.yaml": {"10000", "10666"},
    "doejane_10000_70000_text.html": {"10000", "70000"},
    "smithann_١٢_٣_a.yaml": set(),
    "smithann_LATE_12_3_a.yaml": {"12"},
    "anon_a1B2c_77_answers.yaml": {"anon_a1B2c"},
    "สมชายใจดี_12_3_คำตอบ.yaml": {"12"},
}  # fmt: skip
"""File names of Canvas, among them those that were made to look like another's; whose they may be."""


@pytest.mark.parametrize("path", HOSTILE)
def test_a_name_of_canvas_is_read_in_every_way(path: str) -> None:
    places = layout_named("canvas").places(path)
    assert {place.student for place in places} == HOSTILE[path]
    assert all(place.late == ("_LATE_" in path) for place in places)


def test_of_moodle_the_root_alone_counts() -> None:
    moodle = layout_named("moodle")
    inside = "A B_20001_assignsubmission_file_/C D_20002_assignsubmission_file_/a.yaml"
    assert [place.student for place in moodle.places(inside)] == ["20001"]
    for path in ("A B_20001_assignsubmission_file/a.yaml", "A B_20001_assignsubmission_file_a.yaml"):
        assert [place.student for place in moodle.places(path)] == ["20001"]
    (typed,) = moodle.places("A B_20001_assignsubmission_onlinetext/onlinetext.html")
    assert typed.typed
    assert moodle.places(f"x/{inside}") == []


def test_names_are_compared_as_canvas_writes_them() -> None:
    assert canvas_name("Doe, Jane") == "doejane"
    assert canvas_name("O'Brien-Sæter, Zoë 2") == "obriensæterzoë2"
    assert canvas_name("jane_10000") == "jane_10000"
    assert canvas_name("a_1_b") == "a1b"
    assert canvas_name("สมชาย ใจดี") == "สมชายใจดี"


def test_moments_sort_as_they_came_and_a_day_before_the_year_is_none() -> None:
    moments = ["2016-01-30-15-00-00", "2016-01-30 15:00:01", "2016-01-30T15:00:02Z", "2016-02-01", "20160202101112"]
    assert sorted(moments, key=lambda text: when(text) or "") == moments
    assert when("30-01-2016") is None
    assert when("yesterday") is None
    later, earlier = when("2015-02-02 14:58:23.948203 America/Los_Angeles"), when("2015-02-02 14:58:24 UTC")
    assert later is not None
    assert earlier is not None
    assert later > earlier


def test_attempts_are_in_the_order_in_which_people_count() -> None:
    names = ["answers", "answers (1)", "answers-9", "answers-10"]
    layout = layout_named("{student}/{attempt}.yaml")
    orders = [layout.places(f"ann/{name}.yaml")[0].order for name in names]
    assert orders == sorted(orders, key=str)
    assert layout.places("ann/x.yaml")[0] == Place("ann", None, "x", order="x", folder="ann", file="x.yaml")
