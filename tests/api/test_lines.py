"""`grade_lines` gives the rows of `grade - --format jsonl`, byte for byte, whatever the lines are."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

import backprop_tutor as bt
from tests.cli.running import tutor
from tests.full import times
from tests.grading.a_class import planted
from tests.grading.test_hostile import READABLE, TEXTS
from tests.tutor.test_reading_answers import UNREADABLE

HOSTILE = [text.replace(b"\n", b" ") for text in (*TEXTS.values(), *READABLE.values())]
"""Everything hostile that a file may contain, on one line."""
STRANGE = [
    "null", "3", '"x"', "[]", "{}", '{"a": NaN}', "\ufeff{}", "{\x00}",
    '{"student": "}, {\\"stage\\": \\"", "forward": 3}',
    *(json.dumps({"student": f"}}, {{\"stage\": {number}", "exercise": "relu", "backward": {"w1": text, text: "1"}})
      for number, text in enumerate(UNREADABLE)),
    json.dumps([{"student": "x", "exercise": "relu", "backward": {"x": 1}}, {"student": "y", "exercise": "simple"}]),
]  # fmt: skip
PLAIN = {dict, list, str, int, float, bool, type(None)}


def in_bytes(rows: Iterator[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def types_of(value: object) -> set[type]:
    inside = [*value.values(), *value] if isinstance(value, dict) else value if isinstance(value, list) else []
    return {type(value)}.union(*map(types_of, inside))


@pytest.mark.parametrize("arguments", [{}, {"exercise": "relu"}, {"seed_from_student": True, "salt": "ml"}])
def test_they_are_the_rows_of_grade(arguments: dict[str, Any]) -> None:
    options = ["--exercise", "relu"] if "exercise" in arguments else []
    # These answers belong to the exercise's own numbers, which `grade` notices and `grade_lines` leaves to its caller.
    options += ["--seed-from", "student", "--salt", "ml", "--force"] if "salt" in arguments else []
    lines = planted(times(12, 2_000)).lines.encode().splitlines()
    lines += HOSTILE if not arguments else [line.encode() for line in STRANGE]
    lines[7:7] = [b"", b"  \r", b"\t"]
    ran = tutor("grade", "-", "--format", "jsonl", *options, stdin=b"\n".join(lines) + b"\n")
    assert ran.status == 1
    rows = list(bt.grade_lines(lines, **arguments))
    # Only `grade` notes that a student appears in several lines; here nobody does.
    assert in_bytes(iter(rows)) == ran.out
    assert types_of(rows) <= PLAIN


def test_texts_are_read_as_bytes_are() -> None:
    lines = [*planted(10).lines.splitlines(keepends=True), *STRANGE, '{"student": "é ส"}', '{"student": "\ud800"}']
    found = list(bt.grade_lines(lines, exercise="relu"))
    assert found[:-1] == list(bt.grade_lines([line.encode() for line in lines[:-1]], exercise="relu"))
    assert found[-1]["note"].endswith("is not UTF-8 (byte 14).")


def test_what_is_no_line_costs_a_row_and_nothing_raises() -> None:
    things: list[Any] = [None, 3, {"backward": {"x": 1}}, ["a"], object(), bytearray(b"{}")]
    rows = list(bt.grade_lines([*things, '{"student": "a", "backward": {"x": 1}}'], exercise="relu"))
    assert len(rows) == len(things) + 1
    assert {row["readable"] for row in rows[:-1]} == {False}
    assert rows[0]["note"] == "standard input, line 1 is not a line of text, but of type NoneType."
    assert (rows[-1]["student"], rows[-1]["score"], rows[-1]["source"]) == ("a", 1.0, "standard input, line 7")


def test_noise_gives_rows() -> None:
    rng = Random(11)
    right = planted(1).lines.strip().encode()
    for _ in range(times(60, 5_000)):
        data = bytearray(right)
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        rows = list(bt.grade_lines([bytes(data).replace(b"\n", b" ")]))
        assert types_of(rows) <= PLAIN
        assert len(rows) <= 1


def test_an_endless_stream_is_read_line_by_line() -> None:
    taken: list[int] = []

    def forever() -> Iterator[str]:
        for number in range(10**9):
            taken.append(number)
            yield json.dumps({"student": str(number), "backward": {"w1": -1.2}})

    rows = list(islice(bt.grade_lines(forever(), exercise="relu"), 5))
    assert [row["student"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert taken == [0, 1, 2, 3, 4]


def test_nobody_who_changes_a_row_changes_another() -> None:
    line = '{"student": "a", "backward": {"w1": "0.7", "x": "1"}}'
    rows = bt.grade_lines([line, line, line], exercise="relu")
    first, second = next(rows), next(rows)
    wrong = next(one for one in first["verdicts"] if one["verdict"] == "wrong")
    wrong["diagnoses"].append("mine")
    wrong["message"] = first["verdicts"][0]["target"] = "mine"
    assert next(rows)["verdicts"] == second["verdicts"]
    assert "mine" not in json.dumps(second)


def test_a_part_of_a_class_is_marked_as_in_the_whole() -> None:
    lines = planted(30).lines.splitlines()
    whole = list(bt.grade_lines(lines))
    parts = [row for start in (0, 10, 20) for row in bt.grade_lines(lines[start : start + 10])]
    for row in (*whole, *parts):
        del row["source"]  # the number of the line, in its part
    assert parts == whole


def test_the_exercise_may_be_a_file_or_its_text(tmp_path: Path) -> None:
    text = "title: Mine\ngraph: f = x/y\ninputs: {x: 3, y: 2}\n"
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    line = '{"student": "a", "backward": {"x": 0.5}}'
    for arguments in ({"exercise": text}, {"exercise": tmp_path / "mine.yaml"}, {"exercise": "mine"}):
        (row,) = bt.grade_lines([line], **arguments, folders=[tmp_path])
        assert (row["score"], row["max_score"]) == (1, 2)
    (row,) = bt.grade_lines(['{"exercise": "mine", "backward": {"x": 0.5}}'], folders=tmp_path)
    assert row["exercise"] == "mine"
    (row,) = bt.grade_lines(['{"exercise": "title: x\\ngraph: f = x", "backward": {"x": 0.5}}'])
    assert not row["readable"]  # what is handed in is not an exercise


def test_what_cannot_be_used_is_told_at_the_call(tmp_path: Path) -> None:
    for arguments in ({"exercise": "rleu"}, {"folders": [tmp_path / "none"]}, {"exercise": "title: x\ngraph: f = ("}):
        with pytest.raises(bt.TutorError):
            bt.grade_lines([], **arguments)
    with pytest.raises(ValueError, match="seed_from_student"):
        bt.grade_lines([], salt="ml")
    for text in ("{}", b"{}"):
        with pytest.raises(TypeError, match="splitlines"):
            bt.grade_lines(text)  # type: ignore[arg-type]


def test_it_can_be_sent_to_a_worker() -> None:
    assert pickle.loads(pickle.dumps(bt.grade_lines)) is bt.grade_lines  # noqa: S301  our own
    rows = list(bt.grade_lines(planted(3).lines.splitlines()))
    assert pickle.loads(pickle.dumps(rows)) == rows  # noqa: S301
