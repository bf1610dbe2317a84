"""Question banks as the systems read them: every gap with its answers, every picture where it is referred to."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from backprop_tutor.course.catalogue import find, read_catalogued
from backprop_tutor.drawing.picture import BLANK
from backprop_tutor.publishing.banks import TARGETS, Target
from backprop_tutor.publishing.banks.bank import Bank, bank_of
from backprop_tutor.publishing.copies import CannotPublish, copies_of
from backprop_tutor.publishing.gaps import LOST, plain
from tests.cli.running import tutor

HOSTILE = """
title: "A ]]> & <b>bold</b> {1:NUMERICAL:=1} ~ # title"
statement: "Statement with ]]> } ~ # \\\\ and \\"quotes\\""
graph: f = x*y
inputs: {x: 2, y: -3}
stages: [forward, backward]
"""


def bank(name: str, seeds: range = range(1, 3), **more: object) -> Bank:
    exercise = read_catalogued(name, "hostile") if "\n" in name else find(name)
    return bank_of(copies_of(exercise, seeds), **more)  # type: ignore[arg-type]


def read(data: bytes) -> tuple[zipfile.ZipFile, dict[str, ET.Element]]:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive, {name: xml(archive.read(name)) for name in archive.namelist() if name.endswith(".xml")}


def xml(data: bytes) -> ET.Element:
    return ET.fromstring(data)  # noqa: S314  our own


def local(tag: str) -> str:
    return tag.partition("}")[2] or tag


def test_a_target_more_is_one_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def write(banks: Sequence[Bank]) -> bytes:
        return f"cards {[item.title for one in banks for item in one.items]}".encode()

    monkeypatch.setitem(TARGETS, "cards", Target("cards to learn from", ".cards", b"cards ", write))
    made = tmp_path / "relu.cards"
    assert tutor("export", "relu", "--to", "cards", "-o", str(made)).status == 0
    assert made.read_text().startswith("cards ['ReLU neuron")
    assert ".cards" in tutor("export", "relu", "--to", "cards", "-o", "relu.zip").err
    assert "--choices is for --to canvas" in tutor("export", "relu", "--to", "cards", "-o", "x.cards", "--choices").err


@pytest.mark.parametrize("target", TARGETS)
def test_a_bank_begins_as_its_target_says_is_the_same_each_time_and_says_what_is_lost(target: str) -> None:
    made = [TARGETS[target].write([bank("relu"), bank("constants")]) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].startswith(TARGETS[target].begins)
    if target == "moodle":
        assert LOST in made[0].decode().split("\n")[1]
    else:
        archive, _ = read(made[0])
        items = [name for name in archive.namelist() if "/" in name and name.endswith(".xml") and "meta" not in name]
        assert items
        assert all(LOST in archive.read(name).decode().split("\n")[1] for name in items)
        assert {about.compress_type for about in archive.infolist()} == {zipfile.ZIP_DEFLATED}


def test_moodle_reads_every_gap_its_pictures_and_its_category() -> None:
    made = bank("relu")
    root = xml(TARGETS["moodle"].write([made]))
    category, *found = root.findall("question")
    assert category.findtext("category/text") == "$course$/top/backprop-tutor/relu"
    for question, item in zip(found, made.items, strict=True):
        text = question.findtext("questiontext/text") or ""
        gaps = re.findall(r"\{1:NUMERICAL:((?:\\.|[^}])*)\}", text)
        assert len(gaps) == len(item.gaps)
        for written, gap in zip(gaps, item.gaps, strict=True):
            answers = re.split(r"(?<!\\)~", written)
            assert answers[: len(gap.right)] == [
                f"{'%100%' if place else '='}{plain(one.number)}:{plain(one.tolerance)}"
                for place, one in enumerate(gap.right)
            ]
            for answer, one in zip(answers[len(gap.right) :], gap.wrong, strict=True):
                number, _, said = answer.partition("#")
                assert number == f"%0%{plain(one.number)}:{plain(one.tolerance)}"
                assert re.sub(r"\\(.)", r"\1", said) == one.said
        (file,) = question.findall("questiontext/file")
        assert f"@@PLUGINFILE@@/{file.get('name')}" in text
        assert BLANK in base64.b64decode(file.text or "").decode()
        assert question.findtext("idnumber") == item.copy.key
        assert gap.working in (question.findtext("generalfeedback/text") or "")


def test_one_number_alone_is_a_numerical_question_and_no_points_are_lost_on_whole_weights() -> None:
    (item,) = bank_of(copies_of(find("relu"), [1], ask="b")).items
    root = xml(TARGETS["moodle"].write([Bank([item])]))
    question = root.findall("question")[1]
    assert question.get("type") == "numerical"
    answers = question.findall("answer")
    assert [answer.get("fraction") for answer in answers] == ["100"] + ["0"] * len(item.gaps[0].wrong)
    assert answers[1].findtext("feedback/text") == f"<p>{item.gaps[0].wrong[0].said}</p>"
    both = [*item.gaps, item.gaps[0]._replace(points=0.5)]
    text = TARGETS["moodle"].write([Bank([item._replace(gaps=both)])]).decode()
    assert re.findall(r"\{(\d+):NUMERICAL", text) == ["2", "1"]


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_that_an_author_writes_breaks_out(target: str) -> None:
    made = TARGETS[target].write([bank(HOSTILE, range(1, 2))])
    if target == "moodle":
        (question,) = xml(made).findall("question")[1:]
        text = question.findtext("questiontext/text") or ""
        assert "Statement with ]]&gt; } ~ # \\ and &quot;quotes&quot;" in text
        assert "{1:NUMERICAL:=1}" in (question.findtext("name/text") or "")
    else:
        _, documents = read(made)
        words = "".join(text for root in documents.values() for text in root.itertext())
        assert "]]>" in words.replace("&gt;", ">")


def test_canvas_takes_one_copy_of_each_question_and_every_answer_in_it_is_right() -> None:
    made = bank("relu", range(1, 4))
    archive, documents = read(TARGETS["canvas"].write([made]))
    (name,) = [name for name in documents if name.count("/") == 1 and "meta" not in name]
    groups = [one for one in documents[name].iter() if local(one.tag) == "section"][1:]
    assert len(groups) == len(made.items[0].gaps)
    for place, group in enumerate(groups):
        items = [one for one in group if local(one.tag) == "item"]
        assert len(items) == len(made.items)
        for item, element in zip(made.items, items, strict=True):
            bounds = [
                {local(one.tag): one.text for one in condition.iter() if local(one.tag).startswith("var")}
                for condition in element.iter()
                if local(condition.tag) == "respcondition" and condition.get("continue") == "No"
            ]
            assert bounds == [
                {"varequal": plain(one.number), "vargte": plain(one.least), "varlte": plain(one.most)}
                for one in item.gaps[place].right
            ]
            said = "".join(element.itertext())
            assert f"%24IMS-CC-FILEBASE%24/images/{item.copy.key}.svg" in said
            assert all(one.said.replace("&", "&amp;") in said for one in item.gaps[place].wrong)
    manifest = "".join(archive.read("imsmanifest.xml").decode())
    for file in archive.namelist():
        assert file in manifest or file == "imsmanifest.xml"
    assert documents[name.replace(name.split("/")[1], "assessment_meta.xml")].findtext("{*}title") == "ReLU neuron"


def test_canvas_may_offer_known_wrong_numbers_as_choices() -> None:
    made = bank("relu", range(1, 2))._replace(choices=True)
    _, documents = read(TARGETS["canvas"].write([made]))
    (name,) = [name for name in documents if name.count("/") == 1 and "meta" not in name]
    items = [one for one in documents[name].iter() if local(one.tag) == "item"]
    for element, gap in zip(items, made.items[0].gaps, strict=True):
        labels = [one for one in element.iter() if local(one.tag) == "response_label"]
        assert len(labels) == 1 + len(gap.wrong)
        texts = {one.get("ident"): "".join(one.itertext()) for one in labels}
        right = [one for one in element.iter() if local(one.tag) == "respcondition"][-1]
        (chosen,) = [one.text for one in right.iter() if local(one.tag) == "varequal"]
        assert texts[chosen] == f"<p>{gap.right[0].number:.4g}</p>"


def test_canvas_gets_no_number_that_it_makes_0_and_no_students_own() -> None:
    small = "title: t\ngraph: f = x*y\ninputs: {x: 0.00005, y: 1}"
    with pytest.raises(CannotPublish, match="which Canvas rounds to 0"):
        TARGETS["canvas"].write([bank_of(copies_of(read_catalogued(small, "small"), [None]))])


@pytest.mark.parametrize("picture", ["svg", "png"])
def test_a_package_holds_every_file_that_it_names(picture: str) -> None:
    archive, documents = read(
        TARGETS["qti"].write([bank("constants", range(1, 2), picture=picture), bank("square", picture=picture)])
    )
    named = {one.get("href") for one in documents["imsmanifest.xml"].iter() if local(one.tag) == "file"}
    assert named == {name for name in archive.namelist() if name != "imsmanifest.xml"}
    for name, root in documents.items():
        for image in (one for one in root.iter() if local(one.tag) == "img"):
            assert f"items/{image.get('src')}" in named, name
    kinds = {archive.read(name)[:4] for name in named if "images" in str(name)}
    assert kinds == {b"<svg" if picture == "svg" else b"\x89PNG"}


def test_the_command_writes_what_is_asked_for(tmp_path: Path) -> None:
    ran = tutor("export", "relu", "--to", "moodle", "--seeds", "1..30", "-o", str(tmp_path / "relu.xml"))
    assert ran.status == 0
    assert "relu: graph is left out, because a course system cannot mark it." in ran.err
    assert "30 copies with 420 questions" in ran.err
    assert len(xml((tmp_path / "relu.xml").read_bytes())) == 31
    assert "has no ranges" not in ran.err
    (tmp_path / "own.yaml").write_text("title: T\ngraph: f = x*y\ninputs: {x: 2, y: 3}\n")
    alike = tutor(
        "export", str(tmp_path / "own.yaml"), "--to", "moodle", "--seeds", "1..3", "-o", str(tmp_path / "own.xml")
    )
    assert "own has no ranges, so its numbers are the same in every copy." in alike.err


def test_a_bank_may_hold_each_students_own(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("sid,name\n65010001,Jane\n65010002,Jo\n")
    whose = ("--roster", str(tmp_path / "roster.csv"), "--salt", "ml-2026")
    assert tutor("export", "relu", "--to", "moodle", *whose, "-o", str(tmp_path / "a.xml")).status == 0
    root = xml((tmp_path / "a.xml").read_bytes())
    assert [one.findtext("idnumber") for one in root][1:] == ["relu-65010001", "relu-65010002"]
    own = tutor("explain", "relu", "--student", "65010001", "--salt", "ml-2026", "--format", "json").out
    assert f'"gradient": {re.search(r"∂L/∂w0: {1:NUMERICAL:=([^:]*)", ET.tostring(root[1], "unicode"))[1]}' in own  # type: ignore[index]
    ran = tutor("export", "relu", "--to", "canvas", *whose, "-o", str(tmp_path / "a.zip"))
    assert ran.status == 2
    assert "students cannot get their own" in ran.err


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--to", "moodel", "-o", "a.xml"], "Did you mean moodle?"),
        (["--to", "moodle", "-o", "a.zip"], "ends in .xml"),
        (["--to", "qti", "-o", "a.zip", "--choices"], "--choices is for --to canvas"),
        (["--to", "moodle", "-o", "a.xml", "--seeds", "3..1"], "--seeds takes numbers"),
        (["--to", "moodle", "-o", "a.xml", "--salt", "s"], "--salt needs --roster"),
        (["--to", "moodle", "-o", "a.xml", "--ask", "graph"], "relu has no question that a course system can mark"),
        (["--to", "moodle", "-o", "a.xml", "--picture", "gif"], "--picture must be one of svg, png"),
    ],
)
def test_what_cannot_be_exported_is_said(
    arguments: list[str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = tutor("export", "relu", *arguments)
    assert (ran.status, list(tmp_path.iterdir())) == (2, [])
    assert what in " ".join(ran.err.split())
