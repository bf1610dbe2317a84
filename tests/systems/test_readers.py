"""Question banks as others read them: every gap, answer, score and reply is what was meant."""

from __future__ import annotations

import html
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.publishing.banks import TARGETS
from backprop_tutor.publishing.banks.bank import Bank, bank_of
from backprop_tutor.publishing.copies import copies_of
from backprop_tutor.publishing.gaps import Accepted, plain
from tests.systems.readers import reader

EXERCISES = ("relu", "sigmoid", "xor", "attention", "batch-bias")


def bank(name: str) -> Bank:
    return bank_of(copies_of(find(name), [1, 2]))


@pytest.mark.parametrize("name", EXERCISES)
def test_moodles_gaps_are_read_back(name: str, tmp_path: Path) -> None:
    parser = reader("moodle", "moodle_xml_parser.parser")
    made = bank(name)
    path = tmp_path / "bank.xml"
    path.write_bytes(TARGETS["moodle"].write([made]))
    questions = parser.parse_file(str(path))["cloze"]
    assert [question.name for question in questions] == [item.title for item in made.items]
    for question, item in zip(questions, made.items, strict=True):
        assert len(question.gaps) == len(item.gaps)
        assert (
            len({round(found.sub_grade / gap.points, 6) for found, gap in zip(question.gaps, item.gaps, strict=True)})
            == 1
        )
        for found, gap in zip(question.gaps, item.gaps, strict=True):
            assert found.sub_type == "NUMERICAL"
            assert [(one.answer, one.score, said(one.feedback)) for one in found.options] == [
                (f"{plain(one.number)}:{plain(one.tolerance)}", 0 if one.said else 100, one.said)
                for one in (*gap.right, *gap.wrong)
            ]


def said(feedback: str | None) -> str:
    """A reply without the escapes of a gap, as Moodle takes them out."""
    return html.unescape(re.sub(r"\\([\\}~#\"])", r"\1", feedback or ""))


def test_canvas_gets_the_response_tree_that_text2qti_writes(tmp_path: Path) -> None:
    quiz, qti = reader("canvas", "text2qti.quiz"), reader("canvas", "text2qti.qti")
    config = reader("canvas", "text2qti.config").Config()
    item = bank("relu").items[0]
    gap = item.gaps[0]._replace(wrong=[])
    numbers = [Accepted(2.41, 0.005), Accepted(-1.2, 0.005), Accepted(0.3932, 0.0079), Accepted(7.0, 0.5)]
    text = "".join(
        f"{place}.  Question {place}?\n=   {plain(one.number)} +- {plain(one.tolerance)}\n\n"
        for place, one in enumerate(numbers, 1)
    )
    qti.QTI(quiz.Quiz(text, config=config)).save(str(tmp_path / "theirs.zip"))
    ours = Bank([item._replace(gaps=[gap._replace(right=[one]) for one in numbers])])
    (tmp_path / "ours.zip").write_bytes(TARGETS["canvas"].write([ours]))
    trees = [list(processing(tmp_path / name)) for name in ("theirs.zip", "ours.zip")]
    assert len(trees[0]) == len(numbers)
    assert trees[0] == trees[1]


def processing(path: Path) -> Any:
    """The response processing of every item, as nested tuples with the numbers as numbers."""
    with zipfile.ZipFile(path) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".xml") and "/" in one and "meta" not in one]
        root = ET.fromstring(archive.read(name))  # noqa: S314  our own, and a tool's that we chose
    return (tree(one) for one in root.iter() if one.tag.endswith("}resprocessing"))


def tree(element: ET.Element) -> tuple[Any, ...]:
    text = (element.text or "").strip()
    value: object = float(text) if re.fullmatch(r"-?[0-9.]+", text) else text
    return (element.tag.partition("}")[2], value, sorted(element.items()), [tree(one) for one in element])
