"""Exercises of arrays on paper and in quizzes: a box for each entry, and each entry is accepted where marking accepts
it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from backprop_tutor.course.catalogue import catalogue, find
from backprop_tutor.engine.arrays import entries, shape_of
from backprop_tutor.publishing.banks import TARGETS
from backprop_tutor.publishing.banks.bank import bank_of
from backprop_tutor.publishing.copies import Copy, copies_of, given, right_of
from backprop_tutor.publishing.gaps import Gap, gaps_of, plain, shares, tolerance_of
from backprop_tutor.tutor.marking.answer_key import key_of
from backprop_tutor.tutor.marking.array_answers import of_program
from backprop_tutor.tutor.marking.array_key import ArrayKey
from backprop_tutor.tutor.marking.attempt import attempt_on
from tests.cli.running import tutor
from tests.full import times

ARRAYS = [exercise.id for exercise in catalogue() if exercise.is_array]
MARKED = ("attention", "conv-2d", "two-layer-net", "batch-bias", "entrywise")
JUST = 0.999


def copies(name: str) -> list[Copy]:
    return list(copies_of(find(name), range(1, times(2, 12))))


def sheet_of(folder: Path, *names: str) -> tuple[list[str], dict[str, str]]:
    (folder / "roster.csv").write_text("sid,name\n65010001,Jane\n", encoding="utf-8")
    out, key = str(folder / "sheets.html"), str(folder / "key.csv")
    whose = ("--roster", str(folder / "roster.csv"), "--salt", "s")
    ran = tutor("sheets", *names, *whose, "--key", key, "-o", out)
    assert ran.status == 0, ran.err
    with Path(key).open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    return Path(out).read_text(encoding="utf-8").split("<section ")[1:], row


def test_a_sheet_has_a_box_for_each_entry_and_its_key_is_right(tmp_path: Path) -> None:
    sheets, key = sheet_of(tmp_path, *ARRAYS)
    assert len(sheets) == len(ARRAYS)
    for name, sheet in zip(ARRAYS, sheets, strict=True):
        seed = int(key[f"{name} seed"])
        (copy,) = copies_of(find(name), [seed])
        rights = [(one, right_of(one, copy.exercise)) for one in copy.asked]
        boxes = sum(len(list(entries(right))) if isinstance(right, list) else 1 for _, right in rights)
        assert sheet.count('<span class="box">') == boxes, name
        assert not re.search(r"<text[^>]*>-?[0-9.]+</text>", sheet), name  # the picture has shapes, and no number
        assert all(line in sheet for line in given(copy.exercise).split("\n"))
        for one, right in rights:
            written = key[f"{name} {one.stage} {one.target}"].lstrip("'")
            if isinstance(right, list):
                found = [[float(entry) for entry in row.split()] for row in written.strip("[]").split(";")]
                assert shape_of(found) == shape_of(right)
                assert list(entries(found)) == pytest.approx(list(entries(right)), rel=1e-4, abs=1e-9)


def test_shapes_are_asked_where_no_box_shows_them(tmp_path: Path) -> None:
    (sheet,), _ = sheet_of(tmp_path, "attention")
    assert "<p>Not asked here: shapes.</p>" in sheet
    assert "shape of" not in sheet
    (copy,) = copies_of(find("attention"), [1], ask="shape")
    assert [one.stage for one in copy.asked] == ["shape"] * 3


def with_entry(right: list[list[float]], gap: Gap, number: float) -> list[list[float]]:
    row, column = gap.place or (1, 1)
    found = [[*line] for line in right]
    found[row - 1][column - 1] = number
    return found


@pytest.mark.parametrize("name", MARKED)
def test_each_entry_is_taken_as_marking_takes_it_and_known_wrong_ones_are_wrong(name: str) -> None:
    replies = beside_large = 0
    for copy in copies(name):
        key = key_of(copy.exercise)
        assert isinstance(key, ArrayKey)
        attempt = attempt_on(key)
        for gap in gaps_of(copy):
            right = right_of(gap.question, copy.exercise)
            assert isinstance(right, list)
            exact = right[(gap.place or (1, 1))[0] - 1][(gap.place or (1, 1))[1] - 1]
            for form in (".2f", ".3f", ".2g", ".3g", ".6g"):
                rows = [[f"{entry:{form}}" for entry in row] for row in right]
                text = f"[{'; '.join(' '.join(row) for row in rows)}]"
                if key.is_right(gap.question, attempt.read(gap.question, text)):
                    number = float(f"{exact:{form}}")
                    assert any(abs(number - one.number) <= one.tolerance + 1e-9 for one in gap.right), (gap.name, text)
            first = gap.right[0]
            if first.tolerance > tolerance_of(
                first.number, copy.exercise.tolerance
            ):  # as far off as next to the largest
                for number in (first.number - JUST * first.tolerance, first.number + JUST * first.tolerance):
                    assert key.is_right(gap.question, of_program(with_entry(right, gap, number), "", 1e-9))
                beside_large += 1
            for wrong in gap.wrong:
                assert not key.is_right(gap.question, of_program(with_entry(right, gap, wrong.number), "", 1e-9))
                assert wrong.said.startswith(("Did you ", "Further on"))
                replies += 1
    assert replies > 10
    assert beside_large > 0


@pytest.mark.parametrize("target", TARGETS)
def test_entries_stand_in_rows_and_share_the_points_of_their_array(target: str) -> None:
    bank = bank_of(copies_of(find("conv-2d"), [1]))
    (item,) = bank.items
    shares = [sum(gap.points for gap in item.gaps if gap.question == one) for one in item.copy.asked]
    assert shares == pytest.approx([1.0] * len(shares))
    assert "backward X[3,1]" in [gap.name for gap in item.gaps]
    written = TARGETS[target].write([bank])
    if target == "moodle":
        (table,) = re.findall(r"∂L/∂X: <table><tbody>(.*?)</tbody></table>", written.decode())
        rows = re.findall("<tr>(.*?)</tr>", table)
        numbers = [re.findall(r"NUMERICAL:=([^:]*):", row) for row in rows]
        right = next(right_of(gap.question, item.copy.exercise) for gap in item.gaps if gap.name == "backward X[3,1]")
        assert isinstance(right, list)
        assert numbers == [[plain(entry) for entry in row] for row in right]


def test_one_exercise_that_has_nothing_to_mark_stops_no_other(tmp_path: Path) -> None:
    out = str(tmp_path / "bank.xml")
    ran = tutor("export", "layer-by-letters", "batch-bias", "simple", "--to", "moodle", "-o", out)
    assert ran.status == 0, ran.err
    assert "layer-by-letters has no question that a course system can mark, so it is left out." in ran.err
    assert "batch-bias: formula is left out, because a course system cannot mark it. Shapes are left out, " in ran.err
    assert Path(out).read_text(encoding="utf-8").count('<question type="cloze">') == 2
    ran = tutor("export", "layer-by-letters", "--to", "moodle", "-o", out)
    assert ran.status == 2


def test_entries_are_worth_together_what_their_array_is_worth() -> None:
    (copy,) = copies_of(find("conv-2d"), [1])
    gaps = gaps_of(copy, mistakes=False)
    assert sum(shares(gaps)) == pytest.approx(len(copy.asked))
    assert {f"{one:g}" for one in shares(gaps)} == {"0.25", "0.11", "0.12", "1"}
