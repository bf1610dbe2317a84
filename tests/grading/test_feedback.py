"""Pages for students: in the folders of their course system, at three levels, two of which give no answer away."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import pytest

from tests.cli.running import tutor
from tests.grading import exports
from tests.grading.exports import people, zipped
from tests.grading.test_exports import placed

PEOPLE = people()[:12]
WRONG = "exercise: relu\nbackward: {w1: 0.7, w0: 1.0, x: '<b>', b: 1}\nforward: {g1: 0.2}\n"


def pages(folder: Path, layout: str, entries: dict[str, bytes], *more: str) -> dict[str, str]:
    archive, out = placed(folder, f"{layout.replace('/', '-')}.zip", zipped(entries)), folder / "pages"
    ran = tutor(
        "grade", archive, "--layout", layout, "-o", str(folder / "g.csv"), "--feedback-folder", str(out), "--exercise",
        "relu", *more
    )  # fmt: skip
    assert ran.status in (0, 1), ran.err
    return {str(path.relative_to(out)): path.read_text() for path in sorted(out.rglob("*")) if path.is_file()}


LAYOUTS = {
    "canvas": (exports.canvas, lambda name: f"{Path(name).stem}.html"),
    "moodle": (exports.moodle, lambda name: f"{name.partition('/')[0]}/feedback.html"),
    "gradescope": (exports.gradescope, lambda name: f"{name.split('/')[1]}/feedback.html"),
    "nbgrader": (exports.nbgrader, lambda name: f"{'/'.join(name.split('/')[1:3])}/feedback.html"),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_everybody_has_one_page_where_the_system_expects_it(tmp_path: Path, layout: str) -> None:
    make, name_of = LAYOUTS[layout]
    known = [one for one in PEOPLE if one.form in ("yaml", "yml", "json", "beside", "jpeg")]
    entries = make(known)
    places = {name_of(name) for name in entries if not name.endswith((".yml.meta", "metadata.yml"))}
    found = pages(tmp_path, layout, entries)
    assert len(found) == len(known)
    assert set(found) <= places
    assert all("Feedback for" in text and "</html>" in text for text in found.values())


def test_levels_and_styles(tmp_path: Path) -> None:
    entries = {"somchai_1_2_a.yaml": WRONG.encode()}
    for style in ("html", "md"):
        texts = {}
        for level in ("verdicts", "reasons", "worked"):
            more = ("--feedback-level", level, "--feedback-format", style, "--force")
            texts[level] = pages(tmp_path, "canvas", entries, *more)[f"somchai_1_2_a.{style}"]
            assert "3 of 15" in texts[level]
            assert "wrong" in texts[level]
            assert "<b>" not in texts[level]
        assert "You multiplied by w1 itself" not in texts["verdicts"]
        assert style == "html" or "**unreadable**: " in texts["reasons"]
        for level in ("verdicts", "reasons"):
            assert "-1.2" not in texts[level].replace("\\", ""), "the right answer of w1"
        assert "You multiplied by w1 itself" in texts["reasons"]
        worked = texts["worked"].replace("\\", "").replace("\N{MINUS SIGN}", "-")
        assert "1.00 × (-1.20) = -1.20" in worked
        assert "0.70 × (-1.20) = -0.84" in worked


def test_a_list_where_one_number_belongs_is_marked_in_the_circuit_and_leaves_no_gap(tmp_path: Path) -> None:
    answers = tmp_path / "ann.yaml"
    answers.write_text("exercise: logistic-loss\nbackward: {g1: [1, 2], l: 3}\n")
    circuit, _, remarks = tutor("check", str(answers)).out.partition("✗ wrong")
    assert circuit.count("✗") == 2  # one for l
    assert "✗ g1: one answer belongs here" in remarks
    answers.write_text("exercise: simple\nlocal: {q->f: 4}\nbackward: {q: 4, x: 4}\n")
    report = tutor("grade", str(answers), "--format", "markdown").out
    assert "- **backward x** 4: carried through. Right method" in report
    answers.write_text("exercise: logistic-loss\nbackward: {g1: [1, 2], l: 3}\n")
    report = tutor("grade", str(answers), "--format", "markdown").out
    assert "- **backward g1** unreadable: one answer belongs here" in report
    assert "- **backward l** 3: wrong." in report


def test_pages_are_at_the_students_own_numbers(tmp_path: Path) -> None:
    entries = {f"x_{number}_1_a.yaml": b"exercise: relu\nbackward: {w1: 37.5}" for number in (10, 11)}
    found = pages(tmp_path, "canvas", entries, "--seed-from", "student", "--salt", "s", "--feedback-level", "worked")
    for number in ("10", "11"):
        worked = json.loads(tutor("explain", "relu", "--student", number, "--salt", "s", "--format", "json").out)
        assert f"= {worked['nodes']['w1']['gradient']:.2f}<" in found[f"x_{number}_1_a.html"]


def test_a_group_has_a_page_each_and_a_folder_is_refilled_and_nothing_else_lost(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    lines = "".join(json.dumps({"student": name, "exercise": "relu"}) + "\n" for name in ("สมชายใจดี", "a/b"))
    arguments = ("grade", "-", "-o", str(tmp_path / "g.csv"), "--feedback-folder", str(folder))
    for _ in range(2):
        assert tutor(*arguments, stdin=lines).status == 0
        names = sorted(path.name.partition(".")[0] for path in folder.iterdir())
        assert names == ["a_b", "สมชายใจดี"]
    (folder / "mine.txt").write_text("mine")
    assert tutor(*arguments, stdin=lines).status == 2
    assert tutor(*arguments, "--force", stdin=lines).status == 0
    assert (folder / "mine.txt").exists()
    assert tutor("grade", "-", "--format", "junit", "--feedback-folder", str(folder), stdin=lines).status == 2


def test_a_page_says_what_questions_are_worth_where_that_differs_and_gives_nobody_a_0_for_a_picture(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.yaml").write_text(
        "title: Mine\ngraph: f = x*y\ninputs: {x: 2, y: 3}\nstages: [local, backward]\npoints: {x: 3, local: 0.5}\n"
    )
    entries = {"a_1_1_mine.yaml": b"backward: {x: 3, y: 5}\n", "b_2_2_scan.jpg": b"\xff\xd8\xff"}
    for style in ("html", "md"):
        more = ("--exercises", str(tmp_path), "--feedback-format", style, "--exercise", "mine", "--force")
        found = pages(tmp_path, "canvas", entries, *more)
        text = unescape(found[f"a_1_1_mine.{style}"].replace("\\", ""))
        assert all(said in text for said in ("backward x, 3 points", "backward y, 1 point", "x->f, 0.5 points"))
        assert "3 of 5" in text
        assert "not marked" in found[f"b_2_2_scan.{style}"]
        assert "0 of 5" not in found[f"b_2_2_scan.{style}"]
