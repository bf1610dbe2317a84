"""The bytes of a file are read in any encoding and form that is unambiguous; otherwise the file is called what it
is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.grading.contents import NotHandedIn, answers_in, kind_of, typed_text
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import BadSubmission, read_submission
from backprop_tutor.tutor.stages import is_drawn, questions
from tests.cli.running import tutor
from tests.grading.exports import zipped

TEXT = "exercise: relu\nbackward: {x: 1, w0: “0,2”}\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, ends: str) -> None:
    data, remark = answers_in(TEXT.replace("\n", ends).encode(encoding), "a.yaml")
    assert data == {"exercise": "relu", "backward": {"x": "1", "w0": "0,2"}}
    assert ("Windows-1252" in remark) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7", "a PDF file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), "a PNG picture"), (b"\xff\xd8\xff\xe1", "a JPEG picture"),
        (zipped({"word/document.xml": b""}), "a Word file"), (zipped({"xl/workbook.xml": b""}), "an Excel file"),
        (zipped({"a.txt": b""}), "a ZIP archive"), (b"\xd0\xcf\x11\xe0", "an old Word or Excel file"),
        (TEXT.encode("utf-16-le"), "UTF-16 without a byte-order mark"), (gzip.compress(b"", mtime=0), "a gzip archive"),
        (b"\0\0\0\x18ftypheic", "a HEIC picture"), (b'{"cells": [], "nbformat": 4}', "a Jupyter notebook"),
        (b" \n", "is empty"), (b"x: \x81\x82\x83", "is not UTF-8"), (b"x" * 1_000_001, "is larger than"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_called_what_it_is(data: bytes, words: str) -> None:
    with pytest.raises(NotHandedIn, match=words):
        answers_in(data, "answers.yaml")
    assert kind_of(TEXT.encode()) == ""


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff\xe1", zipped({"word/document.xml": b""}), TEXT.encode("utf-16-le"), b" \n", b"x: \x81\x82\x83",
        TEXT.encode("cp1252"), TEXT.encode("utf-16"), b"x,1\nw0,1\n", b"dL/dx = 1\n", b"backward: {x: 1\n: : :\n",
    ],
)  # fmt: skip
def test_one_file_is_read_alike_when_it_is_checked_and_when_it_is_graded(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_bytes(data)
    checked = tutor("check", "relu", str(path), "--format", "json")
    graded = json.loads(tutor("grade", str(path), "--exercise", "relu", "--format", "json").out)["submissions"][0]
    if checked.status == 2:
        why = graded["note"].removeprefix(str(path)).split(": this is")[0].removeprefix(", ")
        assert (graded["readable"], why[:40] in " ".join(checked.err.split())) == (False, True), (checked.err, why)
    else:
        result = json.loads(checked.out)
        assert (result["score"], result["max_score"]) == (graded["score"], graded["max_score"])
        assert ("Windows-1252" in checked.err) == ("Windows-1252" in graded["note"]) == (data == TEXT.encode("cp1252"))


def test_what_was_typed_into_a_system_is_read_line_by_line() -> None:
    head = "<head><title>T</title><style>p {}</style></head>"
    html = f"{head}<p>exercise:&nbsp;relu</p>\n<!-- x -->backward:<br/>\n  x: 1<br>"
    assert typed_text(html) == "exercise: relu\nbackward:\n  x: 1"
    assert answers_in(html.encode(), "onlinetext.html")[0] == {"exercise": "relu", "backward": {"x": "1"}}
    assert typed_text("<" * 50_000 + "<!--" * 50_000).startswith("<<")  # and at once


@pytest.mark.parametrize(
    "text",
    [
        "exercise = forks\nx = -18\ny = 9", "# mine\nexercise: forks\n[backward]\nx=-18\ny=9\n", "x,-18\ny,9\n",
        "name;answer\nx;-18\ny;9,0\n", "backward:\n  x = -18\n  y = 9\n", "dL/dx\t-18\n∂L/∂y\t9\n",
        "{“exercise”: “forks”, “backward”: {“x”: -18, “y”: “9”}}", "“x” = -18\ny = “9”\n",
        "Exercise: forks\nBackward:\n  x: -18\n  y: 9\n", '{"EXERCISE": "forks", "Backward ": {"x": -18, "y": 9}}',
    ],
)  # fmt: skip
def test_answers_without_yaml(text: str) -> None:
    assert Checker(variant(find("forks"), None)).check(read_submission(text)).score == 2


@pytest.mark.parametrize("id_", ["simple", "relu", "forks", "xor", "output-neuron"])
def test_a_name_without_a_stage_means_the_stage_in_which_it_is_a_questions_own(id_: str) -> None:
    """A node's name is that of its gradient (or value), a branch's that of a local gradient too."""
    exercise = variant(find(id_), None)
    checker, asked = Checker(exercise), [one for one in questions(exercise) if not is_drawn(one.stage)]
    for question in asked:
        for name in question.own_names:
            stages = list(dict.fromkeys(one.stage for one in asked if name in one.own_names))
            submission = read_submission(f"{name} = 1\n")
            if len(stages) == 1:
                assert list(checker.placed(submission).answers) == stages
                continue
            with pytest.raises(BadSubmission, match=" or ".join(f"{stage}:" for stage in stages[-2:])):
                checker.placed(submission)
    if id_ == "simple":
        assert checker.check(read_submission("q = -4\nz = 3\n")).score == 2


def test_where_two_stages_may_be_meant_nothing_is_guessed() -> None:
    relu = Checker(variant(find("relu"), None))
    with pytest.raises(BadSubmission, match="x is a question of the stages forward and backward"):
        relu.check(read_submission("x = 1\n"))
    assert relu.check(read_submission("w0 = 1.0\ndL/dx = 1\n")).score == 2
    assert relu.check(read_submission("f = 0.16\n")).score == 1  # its gradient is given, so its value is meant
    for text in ("x,1,5\n", "x = 1\nhello\n", "x = 1\nx = 2\n", "hello"):
        with pytest.raises(BadSubmission, match="answers must be a mapping"):
            read_submission(text)
