"""Worksheets: one page per student, which gives nothing away, and a key that is right."""

from __future__ import annotations

import base64
import csv
import re
import subprocess
from pathlib import Path

import pytest
from selenium.webdriver.common.print_page_options import PrintOptions

from backprop_tutor.course.catalogue import catalogue, find
from backprop_tutor.course.variants import seed_of, variant
from backprop_tutor.drawing.picture import BLANK
from backprop_tutor.engine.formatting import shown
from backprop_tutor.publishing.banks import TARGETS
from backprop_tutor.publishing.banks.bank import bank_of
from backprop_tutor.publishing.copies import copies_of
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import Submission
from backprop_tutor.tutor.stages import questions
from tests.cli.running import tutor
from tests.drawing.browser import chromium, opened
from tests.full import FULL, times

ACROSS = 269 / 25.4 * 96  # pixels between the margins of an A4 page in landscape
SALT = "ml-2026"
PEOPLE = [("65010001", "Doe, Jane"), ("65010002", "สมชาย ใจดี"), ("65010003", "<b>Bobby & Sons</b>"), ("=1+1", "Ünal")]


AUTHORED = """title: T
graph: |
  z = w*x + b
  f = sigmoid(z)
  L = (y - f)**2
inputs: {x: 2, w: 0.5, b: -0.3, y: 0.7}
given: [x, y]
ask: [w, b, z]
points: {backward: 2, w: 5}
stages: [forward, backward]
"""


def roster(folder: Path, people: list[tuple[str, str]] = PEOPLE) -> str:
    path = folder / "roster.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("sid", "name"), *people])
    return str(path)


def made(folder: Path, *arguments: str, key: str = "key.csv") -> str:
    out, key = str(folder / "sheets.html"), str(folder / key)
    ran = tutor("sheets", *arguments, "--roster", roster(folder), "--salt", SALT, "--key", key, "-o", out)
    assert ran.status == 0, ran.err
    return Path(out).read_text(encoding="utf-8")


def test_no_sheet_holds_a_number_that_it_asks_for(tmp_path: Path) -> None:
    page = made(tmp_path, "relu", "xor", "batch-norm")
    sheets = page.split("<section ")[1:]
    assert len(sheets) == 3 * len(PEOPLE)
    for exercise in ("relu", "xor", "batch-norm"):
        mine = [sheet for sheet in sheets if f"{exercise} · seed" in sheet]
        assert len(mine) == len(PEOPLE)
        # The questions and their wording are the same for everybody, so they reveal nobody's numbers.
        assert len({"".join(re.findall(r"<li>.*</li>", sheet)) for sheet in mine}) == 1
        for sheet, (number, _) in zip(mine, PEOPLE, strict=True):
            solution = variant(find(exercise), seed_of(exercise, number, SALT)).solution
            graph = solution.graph
            hidden = graph.gates_beyond("y5") if exercise == "xor" else graph.gate_names
            told = [shown(solution.value(name)) for name in graph.names if name not in hidden]
            numbers = re.findall(r"<text[^>]*>(-?[0-9][0-9.e-]*)</text>", sheet)
            assert sorted(numbers) == sorted([*told, shown(solution.upstream)])
            assert sheet.count(f">{BLANK}</text>") >= len(hidden)


def test_names_are_text_and_styles_and_ids_are_the_pages_own(tmp_path: Path) -> None:
    page = made(tmp_path, "relu")
    assert "&lt;b&gt;Bobby &amp; Sons&lt;/b&gt;" in page
    assert "<b>Bobby" not in page
    assert page.count("<style>") == 1
    assert not re.search(r"prefers-color-scheme|<svg[^>]* (class|id)=", page)


def test_the_key_is_that_of_each_students_own_numbers(tmp_path: Path) -> None:
    made(tmp_path, "relu", "softplus-neuron")
    with (tmp_path / "key.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == [name for _, name in PEOPLE]
    assert [row["student"] for row in rows] == [*(number for number, _ in PEOPLE[:3]), "'=1+1"]
    for row, (number, _) in zip(rows, PEOPLE, strict=True):
        for id_ in ("relu", "softplus-neuron"):
            exercise = variant(find(id_), seed_of(id_, number, SALT))
            key = AnswerKey(exercise)
            assert row[f"{id_} seed"] == str(exercise.seed)
            for question in questions(exercise):
                if question.kind.is_number:
                    told = float(row[f"{id_} {question.stage} {question.target}"])
                    assert told == pytest.approx(key.number(question), rel=1e-4)
        formulas = {name: row[f"softplus-neuron symbolic {name}"].lstrip("'") for name in ("w", "x", "b")}
        neuron = variant(find("softplus-neuron"), seed_of("softplus-neuron", number, SALT))
        marked = Checker(neuron).check(Submission({"symbolic": formulas})).verdicts
        assert [one.outcome for one in marked if one.answer is not None] == ["right"] * 3
        assert max(map(len, formulas.values())) < 30  # as people write them, not as the chain rule builds them up


def test_a_sheet_asks_what_its_author_asks_and_says_what_it_is_worth(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(AUTHORED, encoding="utf-8")
    page = made(tmp_path, str(tmp_path / "mine.yaml"))
    sheet = page.split("</section>")[0]
    asked = re.findall("<li><span>(.*?)</span>", sheet)
    assert asked == ["z = g1 + b (1 point)", "∂L/∂z (2 points)", "∂L/∂b (2 points)", "∂L/∂w (5 points)"]
    # A blank for each gate's value, and for each gradient except the given one and those of given inputs.
    assert sheet.count(f">{BLANK}</text>") == 5 + 6
    written = tutor("check", str(tmp_path / "mine.yaml"), "--template").out
    assert "# points for each: backward 2 and w 5; all others 1" in written
    (copy,) = copies_of(find(str(tmp_path / "mine.yaml")), [None])
    bank = TARGETS["moodle"].write([bank_of([copy])]).decode()
    assert re.findall(r"\((\d) points?\): \{(\d):NUMERICAL", bank) == [("1", "1"), ("2", "2"), ("2", "2"), ("5", "5")]


def test_a_drawing_is_asked_alone_or_not_at_all(tmp_path: Path) -> None:
    out = ("--roster", roster(tmp_path), "--salt", SALT, "-o", str(tmp_path / "a.html"))
    ran = tutor("sheets", "relu", *out)
    assert "relu: graph is left out, because the sheet shows the circuit." in ran.err
    (sheet, *_) = (tmp_path / "a.html").read_text(encoding="utf-8").split("</section>")
    assert "<p>Not asked here: drawing circuits.</p>" in sheet
    assert not re.search("(?i)draw the", sheet)
    assert tutor("sheets", "relu", "--ask", "graph", *out).status == 0
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<svg" not in page
    assert page.count('class="drawing"') == len(PEOPLE)


def test_a_courses_file_says_the_same_once(tmp_path: Path) -> None:
    page = made(tmp_path, "relu")
    (tmp_path / "course.yaml").write_text(f"exercises: [relu]\nsalt: {SALT}\nroster: roster.csv\n")
    again = tmp_path / "again.html"
    assert tutor("sheets", "--course", str(tmp_path / "course.yaml"), "-o", str(again)).status == 0
    assert again.read_text(encoding="utf-8") == page


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    people = ("--roster", roster(tmp_path))
    for arguments, what in (
        (("sheets", "relu", *people, "-o", "a.pdf"), "-o needs a file name that ends in .html"),
        (
            ("sheets", "relu", *people, "-o", "a.html", "--key", "k.pdf"),
            "--key needs a file name that ends in .html or .csv",
        ),
        (("sheets", "relu", "--roster", "nowhere.csv", "-o", "a.html"), "nowhere.csv cannot be read"),
        (("sheets", "relu", "-o", "a.html"), "give --roster"),
        (("sheets", *people, "-o", "a.html"), "give EXERCISE"),
        (("sheets", "relu", *people, "-o", "a.html", "--ask", "w9"), "w9 is not"),
    ):
        ran = tutor(*arguments)
        assert ran.status == 2
        assert what in " ".join(ran.err.split())
    assert "without --salt" in tutor("sheets", "relu", *people, "-o", str(tmp_path / "a.html")).err


def test_as_many_pages_are_printed_as_there_are_students_and_the_key_fits_beside_them(tmp_path: Path) -> None:
    course = [exercise.id for exercise in catalogue()]
    out, one = tmp_path / "course.html", roster(tmp_path, PEOPLE[:1])
    assert tutor("sheets", *course, "--roster", one, "--salt", SALT, "-o", str(out)).status == 0
    several = ("relu", "batch-norm", "two-layer-net", "softplus-neuron")
    made(tmp_path, *several, key="key.html")
    with chromium() as chrome:
        for paper in ((21.59, 27.94), (21.0, 29.7))[: times(1, 2)]:  # Letter, on which less fits, and A4
            options = PrintOptions()
            options.page_width, options.page_height = paper
            opened(chrome, out)
            assert pages(base64.b64decode(chrome.print_page(options))) == len(course)
        opened(chrome, tmp_path / "sheets.html")
        assert pages(base64.b64decode(chrome.print_page(options))) == len(several) * len(PEOPLE)
        opened(chrome, tmp_path / "key.html")
        chrome.execute_script("document.body.style.width = '1px'")  # each as narrow as it can be
        wide = "return [...document.querySelectorAll('table')].map(one => one.offsetWidth)"
        assert max(chrome.execute_script(wide)) < ACROSS


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_three_hundred_sheets_print_on_as_many_pages(tmp_path: Path) -> None:
    students = times(20, 300)
    people = [(f"6501{number:04}", f"Student {number}") for number in range(students)]
    whose, out, key = roster(tmp_path, people), tmp_path / "a.html", tmp_path / "key.csv"
    ran = tutor("sheets", "relu", "--roster", whose, "--salt", SALT, "--key", str(key), "-o", str(out))
    assert ran.status == 0
    sheets = out.read_text(encoding="utf-8").split("<section ")[1:]
    with key.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for sheet, row, (number, name) in zip(sheets, rows, people, strict=True):
        exercise = variant(find("relu"), seed_of("relu", number, SALT))
        assert all(text in sheet for text in (number, name, f"relu · seed {exercise.seed}"))
        answers: dict[str, dict[str, str]] = {}
        for question in (one for one in questions(exercise) if one.kind.is_number):
            found = row[f"{question.stage} {question.target}"]
            answers.setdefault(question.stage, {})[question.target] = found
        verdicts = Checker(exercise).check(Submission(answers)).verdicts
        assert {one.outcome for one in verdicts if one.answer is not None} == {"right"}
        shown_numbers = re.findall(r"<text[^>]*>(-?[0-9][0-9.e-]*)</text>", sheet)
        given = [exercise.solution.value(name) for name in exercise.graph.input_names]
        assert sorted(shown_numbers) == sorted(map(shown, [*given, exercise.upstream]))
    if FULL:
        to_pdf = [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--no-pdf-header-footer",
            f"--print-to-pdf={tmp_path}/a.pdf",
        ]
        subprocess.run([*to_pdf, out.as_uri()], check=True, capture_output=True)
        assert pages((tmp_path / "a.pdf").read_bytes()) == students
