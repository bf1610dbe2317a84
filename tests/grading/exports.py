"""Made-up exports of course systems: sixty people, what each handed in and in what form, and what it is worth.

The shapes are those of `courses.md`, read from the systems' own sources; nothing here uses the code that reads them.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

RIGHT = {"x": "1", "g3": "1", "b": "1", "g1": "1", "g2": "1", "w1": "-1.2", "x1": "0.7", "w0": "1.0", "x0": "0.2"}
"""Right gradients of relu; each is worth one point."""
LAST = ["Smith", "Garcia", "O'Brien", "Müller", "Sæter", "Nguyen", "王", "ใจดี", "Иванов", "Ó_Súilleabháin"]
FIRST = ["Ann", "Jane", "สมชาย", "José", "小明", "Zoë"]
ZERO = (2020, 1, 1, 0, 0, 0)


class Person(NamedTuple):
    """A student: names, ids in every system, what was handed in (`form`), and how many answers are right."""

    last: str
    first: str
    canvas_id: str
    number: str
    login: str
    participant: str
    form: str
    right: int
    late: bool

    @property
    def sortable(self) -> str:
        return f"{self.last}, {self.first}"

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def score(self) -> float | None:
        """What it is worth; None if it cannot be marked."""
        return None if self.form in UNREADABLE else float(self.right)


READABLE = (
    "yaml",
    "yml",
    "json",
    "textual",
    "equations",
    "utf16",
    "cp1252",
    "curled",
    "upper",
    "beside",
    "nested",
    "typed",
)
UNREADABLE = ("jpeg", "docx", "broken", "archive", "utf16-bare")
FORMS = (*READABLE, "nothing", *UNREADABLE)
IS = {"jpeg": "a JPEG picture", "docx": "a Word file", "broken": "line 2", "archive": "a 7z archive",
      "utf16-bare": "UTF-16 without a byte-order mark"}  # fmt: skip


def people() -> list[Person]:
    """Sixty people, of whom two are called Ann Smith, and some have names that look like others'."""
    found = []
    for number in range(60):
        last, first = LAST[number % 10], FIRST[number // 10]
        if number in (10, 20):
            last, first = "Smith", "Ann"
        if number == 7:
            first, last = f"jane_{10_000}", "x"
        if number == 8:
            first, last = "evil_10001 _70000 _a", "y"
        found.append(Person(
            last, first, f"{10_000 + number}", f"{65010000 + number}", f"u{number:02}", f"{300 + number}",
            FORMS[number % len(FORMS)], 1 + number % len(RIGHT), number % 7 == 3,
        ))  # fmt: skip
    return found


def files(person: Person, exercise: str = "relu") -> dict[str, bytes]:
    """What a student handed in, under the names that they chose."""
    chosen = dict(list(RIGHT.items())[: person.right])
    lines = "".join(f"  {name}: {value}\n" for name, value in chosen.items())
    text = f"exercise: {exercise}\nbackward:\n{lines}"
    flat = ", ".join(f"{name}: {value}" for name, value in chosen.items())
    picture, word = b"\xff\xd8\xff\xe0" + bytes(2_000), zipped({"[Content_Types].xml": b"", "word/document.xml": b"x"})
    return {
        "yaml": {f"{exercise}.yaml": text.encode()},
        "yml": {"answers.yml": text.replace("\n", "\r\n").encode()},
        "json": {"my answers.json": json.dumps({"exercise": exercise, "backward": chosen}).encode()},
        "textual": {"answers.yaml.txt": text.encode("utf-8-sig")},
        "equations": {"a.txt": f"exercise = {exercise}\nbackward\n{lines}".replace(":", " =").encode()},
        "utf16": {"answers.yaml": text.encode("utf-16")},
        "cp1252": {"answers.yaml": f"# für Zoë\n{text}".encode("cp1252")},
        "curled": {"answers.yaml": f"exercise: “{exercise}”\nbackward: {{{flat}}}\n".encode()},
        "upper": {f"x_{10_000}_1_Antworten.YAML": text.replace(exercise, exercise.title()).encode()},
        "beside": {"answers.yaml": text.encode(), "scan.jpg": picture, "notes.txt": b"thanks: I did it alone."},
        "nested": {"all.zip": zipped({"hw/answers.yaml": text.encode(), "hw/scan.jpg": picture})},
        "typed": {"": f"<p>exercise: {exercise}</p><p>backward: {{{flat}}}<br></p>".encode()},
        "nothing": {},
        "jpeg": {"scan.jpg": picture},
        "docx": {"answers.docx": word},
        "broken": {"answers.yaml": b"backward: {x: 1\n: : :\n"},
        "archive": {"answers.7z": b"7z\xbc\xaf" + bytes(90)},
        "utf16-bare": {"answers.yaml": text.encode("utf-16-le")},
    }[person.form]


def zipped(entries: dict[str, bytes], utf8: bool = True) -> bytes:
    """A ZIP archive; without `utf8` its names are UTF-8 bytes that are not flagged as such, as older programs write
    them."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name, ZERO), data)
    data = stream.getvalue()
    if utf8:
        return data
    # Bit 11 of the flags, in every local header and in every entry of the list of contents.
    out = bytearray(data)
    for begins, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        for found in re.finditer(re.escape(begins), data):
            out[found.start() + at + 1] &= ~0x08
    return bytes(out)


def in_canvas(person: Person) -> str:
    """A name as it begins Canvas's files: Unicode letters, marks, digits and _."""
    name = re.sub(r"_(\d+)_", r"\1", person.sortable).lower()
    return "".join(c for c in name if c == "_" or unicodedata.category(c)[0] in "LMN")


def canvas(everybody: list[Person], exercise: str = "relu") -> dict[str, bytes]:
    """submissions.zip of Canvas: one flat folder."""
    entries = {}
    for number, person in enumerate(everybody):
        late = ["LATE"] if person.late else []
        for place, (name, data) in enumerate(files(person, exercise).items()):
            parts = [in_canvas(person), *late, person.canvas_id]
            parts += [f"{70_000 + 10 * number + place}", name.replace(":", "_")] if name else ["text.html"]
            entries["_".join(parts)] = data
    return entries


def canvas_grades(
    everybody: list[Person], grades: dict[str, str] | None = None, points: str = "20.00", **dialect: Any
) -> str:
    """The gradebook of Canvas, with grades by number."""
    heads = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Homework 1 (4711)", "Current Score"]
    rows = [
        heads,
        ["", "", "", "", "", "Manual Posting", ""],
        ["    Points Possible", "", "", "", "", points, "(read only)"],
    ]
    rows += [[one.sortable, one.canvas_id, one.number, one.login, "S1", (grades or {}).get(one.number, ""), "0.00"]
             for one in everybody]  # fmt: skip
    rows.append(["Student, Test", "99999", "", "", "S1", "", ""])
    return _csv(rows, **dialect)


def moodle(everybody: list[Person], exercise: str = "relu", flat: bool = False, old: bool = False) -> dict[str, bytes]:
    """The submissions of a Moodle assignment, in folders or flat."""
    entries = {}
    for person in everybody:
        for name, data in files(person, exercise).items():
            kind, shown = ("file", name) if name else ("onlinetext", "onlinetext.html")
            head = f"{person.full.replace('_', ' ')}_{person.participant}_assignsubmission_{kind}"
            page = b"<!DOCTYPE html><html><head><title>x</title></head><body>" + data + b"</body></html>"
            between = "_" if flat else "_/" if old else "/"
            entries[f"{head}{between}{shown}"] = data if name else page
    return entries


def moodle_grades(
    everybody: list[Person],
    grades: dict[str, str] | None = None,
    points: str = "20.00",
    locked: str = "",
    **dialect: Any,
) -> str:
    """Moodle's grading worksheet, with grades by number."""
    rows = [["Identifier", "Full name", "ID number", "Email address", "Status", "Grade", "Maximum grade",
             "Grade can be changed", "Last modified (submission)", "Online text", "Last modified (grade)",
             "Feedback comments"]]  # fmt: skip
    for one in everybody:
        who = [f"Participant {one.participant}", one.full.replace("_", " "), one.number, f"{one.login}@example.org"]
        changeable = "No" if one.number == locked else "Yes"
        grade = (grades or {}).get(one.number, "")
        rows += [[*who, "Submitted", grade, points, changeable, "-", "a line\nand another, with a comma", "-", ""]]
    return _csv(rows, **dialect)


def gradescope(everybody: list[Person], exercise: str = "relu") -> dict[str, bytes]:
    """Gradescope's export; everybody whose number ends in 5 handed in together with the one after."""
    entries, listing = {}, "---\n"
    for number, person in enumerate(everybody):
        if person.form == "nothing" or (number % 10 == 6):
            continue
        together = [person, everybody[number + 1]] if number % 10 == 5 else [person]
        listing += f"submission_{900 + number}:\n  :submitters:\n"
        for one in together:
            sid = "" if number == 1 else f"'{one.number}'"
            listing += f'  - :name: "{one.full}"\n    :sid: {sid}\n    :email: {one.login}@example.org\n'
        listing += f"  :created_at: 2026-11-{1 + number % 20:02} 10:00:00.000000000 Z\n  :score: 0.0\n"
        listing += "  :history: !ruby/object:Gradescope::History\n    id: 4\n"
        for name, data in files(person, exercise).items():
            entries[f"assignment_4_export/submission_{900 + number}/{name or 'answers.txt'}"] = (
                data if name else _plain(data)
            )
    return {"assignment_4_export/submission_metadata.yml": listing.encode(), **entries}


def nbgrader(everybody: list[Person], exercise: str = "relu") -> dict[str, bytes]:
    """The folder `submitted` of nbgrader."""
    entries = {}
    for person in everybody:
        folder = f"submitted/{person.login}/hw1"
        for name, data in files(person, exercise).items():
            entries[f"{folder}/{name or 'answers.txt'}"] = data if name else _plain(data)
            entries[f"{folder}/timestamp.txt"] = b"2026-02-02 14:58:23.948203 America/Los_Angeles\n"
    return entries


def _plain(data: bytes) -> bytes:
    """What was typed, in a system without text boxes."""
    return re.sub(rb"</p>|<br>", b"\n", data).replace(b"<p>", b"")


def roster(everybody: list[Person]) -> str:
    """A course's own list."""
    return _csv(
        [
            ["name", "email", "sid", "login"],
            *([one.full, f"{one.login}@example.org", one.number, one.login] for one in everybody),
        ]
    )


def _csv(rows: list[list[str]], **dialect: Any) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, **{"lineterminator": "\r\n", **dialect}).writerows(rows)
    return stream.getvalue()


def write_exports(folder: Path) -> None:
    """Writes the exports with which the page for teachers begins: one for each system, of a class in which everything
    can be read."""
    known = [one for one in people() if one.form in READABLE][:8]
    tables = {"gradebook.csv": canvas_grades(known), "worksheet.csv": moodle_grades(known)}
    archives = {"submissions.zip": canvas(known), "moodle.zip": moodle(known), "gradescope.zip": gradescope(known)}
    as_yaml = {one.login: files(one._replace(form="yaml"))["relu.yaml"] for one in known}
    for name, data in {
        **{name: table.encode() for name, table in tables.items()},
        **{name: zipped(entries) for name, entries in archives.items()}, **nbgrader(known),
        **{f"repos/hw1-{login}/work/relu.yaml": data for login, data in as_yaml.items()},
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
