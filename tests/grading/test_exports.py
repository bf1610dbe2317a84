"""Exports of course systems: the owner of each file is known beforehand, and nobody gets somebody else's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Ran, tutor
from tests.grading import exports
from tests.grading.exports import IS, Person, people, zipped

PEOPLE = people()


def graded(*arguments: str) -> tuple[Ran, list[dict[str, Any]]]:
    ran = tutor("grade", *arguments, "--format", "json", "--jobs", "1")
    return ran, json.loads(ran.out)["submissions"] if ran.out else []


def hold(rows: list[dict[str, Any]], by: Callable[[Person], str], people: list[Person]) -> None:
    """Checks that everybody who handed in has one row, with the right score, and nobody else has one."""
    known = {by(one): one for one in people if one.form != "nothing"}
    assert sorted(row["student"] for row in rows) == sorted(known)
    for row in rows:
        one = known[row["student"]]
        assert (row["readable"], row["score"]) == (one.score is not None, one.score or 0.0), (one, row["note"])
        assert IS.get(one.form, "") in row["note"]
        assert ("Not marked: notes.txt and scan.jpg." in row["note"]) == (one.form == "beside")
        assert row["exercise"] == ("relu" if one.score is not None else None)


def placed(folder: Path, name: str, data: str | bytes) -> str:
    place = folder / name
    place.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return str(place)


def unpacked(folder: Path, entries: dict[str, bytes]) -> str:
    for name, data in entries.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return str(folder)


@pytest.mark.parametrize("utf8", [True, False])
def test_canvas_with_its_gradebook(tmp_path: Path, utf8: bool) -> None:
    archive = placed(tmp_path, "submissions.zip", zipped(exports.canvas(PEOPLE), utf8))
    roster = placed(tmp_path, "grades.csv", exports.canvas_grades(PEOPLE))
    ran, rows = graded(archive, "--layout", "canvas", "--roster", roster)
    assert ran.status == 1  # some of it cannot be read
    hold(rows, lambda one: one.number, PEOPLE)
    assert {row["student"] for row in rows if row.get("late")} == {
        one.number for one in PEOPLE if one.late and one.form != "nothing"
    }


def test_canvas_without_its_gradebook_files_nobody_under_another(tmp_path: Path) -> None:
    ran, rows = graded(unpacked(tmp_path / "in", exports.canvas(PEOPLE)), "--layout", "canvas")
    assert ran.status == 1
    named = [row for row in rows if row["student"] is not None]
    refused = [row for row in rows if row["student"] is None]
    unclear = [one for one in PEOPLE if one.form == "upper" or one in PEOPLE[7:9]]  # a file called x_10000_1_…
    hold(named, lambda one: one.canvas_id, [one for one in PEOPLE if one not in unclear])
    assert len(refused) == len(unclear)
    assert all("its name may belong to" in row["note"] and "--roster" in row["note"] for row in refused)
    assert any("10007 or 10000" in row["note"] or "10000 or 10007" in row["note"] for row in refused)


@pytest.mark.parametrize(("flat", "old"), [(False, False), (False, True), (True, False)])
def test_moodle_with_its_worksheet(tmp_path: Path, flat: bool, old: bool) -> None:
    archive = placed(tmp_path, "hw.zip", zipped(exports.moodle(PEOPLE, flat=flat, old=old)))
    roster = placed(tmp_path, "worksheet.csv", exports.moodle_grades(PEOPLE))
    _, rows = graded(archive, "--layout", "moodle", "--roster", roster)
    hold(rows, lambda one: one.number, PEOPLE)
    _, rows = graded(archive, "--layout", "moodle")
    hold(rows, lambda one: one.participant, PEOPLE)


def test_gradescope_and_groups(tmp_path: Path) -> None:
    archive = placed(tmp_path, "export.zip", zipped(exports.gradescope(PEOPLE)))
    roster = placed(tmp_path, "roster.csv", exports.roster(PEOPLE))
    _, rows = graded(archive, "--layout", "gradescope", "--roster", roster)
    # Students who work together share what the first of them handed in.
    hold(rows, lambda one: one.number, [
        one._replace(form=PEOPLE[place - 1].form, right=PEOPLE[place - 1].right) if place % 10 == 6 else one
        for place, one in enumerate(PEOPLE)
    ])  # fmt: skip
    del (entries := exports.gradescope(PEOPLE))["assignment_4_export/submission_metadata.yml"]
    ran, _ = graded(placed(tmp_path, "b.zip", zipped(entries)), "--layout", "gradescope")
    assert (ran.status, "submission_metadata.yml" in ran.err) == (2, True)


@pytest.mark.parametrize("at_root", [True, False])
def test_nbgrader(tmp_path: Path, at_root: bool) -> None:
    folder = unpacked(tmp_path / "course", exports.nbgrader(PEOPLE))
    ran, rows = graded(f"{folder}/submitted" if at_root else folder, "--layout", "nbgrader")
    hold(rows, lambda one: one.login, PEOPLE)
    assert ("everything is in submitted/" in ran.err) != at_root
    roster = placed(tmp_path, "roster.csv", exports.roster(PEOPLE))
    _, rows = graded(f"{folder}/submitted", "--layout", "nbgrader", "--roster", roster, "--student-column", "sid")
    hold(rows, lambda one: one.number, PEOPLE)


def test_repositories_and_what_else_is_in_them(tmp_path: Path) -> None:
    """Ten repositories: ten rows, and the forty other files in one line."""
    entries = {}
    for one in PEOPLE[:10]:
        repository = f"hw1-{one.login}"
        entries |= {f"{repository}/{name}": b"x" for name in ("README.md", "a.py", "tests/b.py", "LICENSE")}
        entries[f"{repository}/work/relu.yaml"] = exports.files(one._replace(form="yaml"))["relu.yaml"]
    ran, rows = graded(unpacked(tmp_path, entries), "--layout", "hw1-{student}/**/{exercise}.yaml")
    assert [(row["student"], row["score"]) for row in rows] == [(one.login, one.right) for one in PEOPLE[:10]]
    assert ran.status == 0
    assert ran.err.count("\n") == 1
    assert "40 files do not fit --layout" in ran.err


def test_one_id_with_two_names_is_refused(tmp_path: Path) -> None:
    data = exports.files(PEOPLE[0])["relu.yaml"]
    entries = {"smithann_10000_1_a.yaml": data, "evil_10000_2_b.yaml": data, "ok_10001_3_c.yaml": data}
    ran, rows = graded(unpacked(tmp_path, entries), "--layout", "canvas")
    assert ran.status == 1
    assert [row["student"] for row in rows] == [None, None, "10001"]
    assert all("evil and smithann" in row["note"] for row in rows[:2])


@pytest.mark.parametrize(
    ("layout", "names", "score"),
    [
        ("{student}/*", ("answers.yaml", "answers (1).yaml"), 0),
        ("{student}/*", ("answers-9.yaml", "answers-10.yaml"), 0),
        ("{student}/{attempt}.yaml", ("answers.yaml", "answers (1).yaml"), 2),
        ("{student}/{attempt}.yaml", ("answers-9.yaml", "answers-10.yaml"), 2),
        ("{student}/{time}.yaml", ("2026-01-02.yaml", "2026-01-10.yaml"), 2),
        ("{student}/{time}.yaml", ("02-01-2026.yaml", "10-01-2026.yaml"), 0),
    ],
)  # fmt: skip
def test_the_newest_counts_and_the_alphabet_never_says_which_that_is(
    tmp_path: Path, layout: str, names: tuple[str, str], score: int
) -> None:
    older, newer = ("exercise: relu\nbackward: {x: 1}\n", "exercise: relu\nbackward: {x: 1, b: 1}\n")
    for texts, expected in (((older, newer), score), ((newer, older), score - 1 if score else 0)):
        folder = unpacked(
            tmp_path / "in", {f"ann/{name}": text.encode() for name, text in zip(names, texts, strict=True)}
        )
        for how in ((), ("--last",)):
            ran, (row,) = graded(folder, "--layout", layout, *how)
            assert (row["score"], ran.status) == (expected, 0 if score else 1)
            assert score or (all(name in row["note"] for name in names) and "none was marked" in row["note"])
        _, (row,) = graded(folder, "--layout", layout, "--best")
        assert row["score"] == 2
        # Without a layout the files say whose they are, and the last of them is not newer.
        for name in names:
            place = tmp_path / "in" / "ann" / name
            place.write_text(f"student: ann\n{place.read_text()}")
        ran, (row,) = graded(folder, "--last")
        assert (row["score"], ran.status) == (0, 1)


def test_files_that_are_refused_together_are_named_so_that_they_can_be_told_apart(tmp_path: Path) -> None:
    first, second = b"exercise: relu\nbackward: {x: 1}\n", b"exercise: relu\nbackward: {x: 2}\n"
    entries = {"who_1_2_hw.zip": zipped({"a/relu.yaml": first, "b/relu.yaml": second})}
    _, (row,) = graded(unpacked(tmp_path / "in", entries), "--layout", "canvas")
    assert all(name in row["note"] for name in ("hw.zip/a/relu.yaml", "hw.zip/b/relu.yaml"))


def test_hostile_archives_are_read_in_memory_and_say_what_is_wrong(tmp_path: Path) -> None:
    import stat
    import zipfile

    good = exports.files(PEOPLE[0])["relu.yaml"]
    bomb = zipped({f"{number}/a.yaml": bytes(3_000_000) for number in range(3)})
    link = zipfile.ZipInfo("f_6_6_link.yaml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    entries: list[tuple[str | zipfile.ZipInfo, bytes]] = [
        ("a_1_1_x.yaml", good), ("../b_2_2_x.yaml", good), ("/c_3_3_x.yaml", good), ("d_4_4_x.zip", bomb),
        ("e_5_5_x.zip", zipped({"in.zip": zipped({"a.yaml": good})})), (link, b"/etc/passwd"),
        ("g_7_7_x.zip", b"PK\3\4 broken"), ("__MACOSX/._a_1_1_x.yaml", b"x"), ("h_8_8_x.yaml", bytes(2_000_000)),
    ]  # fmt: skip
    path = tmp_path / "s.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    ran, rows = graded(str(path), "--layout", "canvas", "--exercise", "relu")
    notes = {row["student"]: row["note"] for row in rows}
    assert {row["student"] for row in rows if row["readable"]} == {"1"}
    for student, words in {
        "4": "is larger than", "5": "without an answer file", "6": "is a link", "7": "archive", "8": "is",
    }.items():  # fmt: skip
        assert words in notes[student], notes[student]
    assert "b_2_2_x.yaml" in ran.err
    assert "should not happen" not in ran.out
    assert "root:" not in ran.out
    placed(tmp_path, "broken.zip", b"no archive")
    assert tutor("grade", str(tmp_path / "broken.zip")).status == 2


def test_an_upload_with_a_picture_and_notes_is_one_exercise(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, exports.files(PEOPLE[9]))
    ran = tutor("grade", folder, "--exercise", "relu", "--format", "gradescope")
    results = json.loads(ran.out)
    assert ran.status == 0
    assert sum(test["max_score"] for test in results["tests"]) == 15
    assert results["score"] == PEOPLE[9].right
    assert "Not marked: notes.txt and scan.jpg." in results["output"]


@pytest.mark.parametrize("layout", ["canvas", "moodle", "gradescope", "nbgrader", "{student}/**"])
def test_archives_and_tables_are_read_beside_other_files(tmp_path: Path, layout: str) -> None:
    """What answers an exercise is found wherever it lies: a file's own name says which, in an archive too."""
    relu, simple, table = b"backward: {x: 1}\n", b"backward: {q: -4, z: 3}\n", b"question,answer\nq,-4\nz,3\n"
    uploads: dict[str, tuple[dict[str, bytes], tuple[float, float]]] = {
        "beside": ({"relu.yaml": relu, "rest.zip": zipped({"hw/simple.yaml": simple})}, (1, 2)),
        "both": (
            {"all.ZIP": zipped({"relu.yaml": relu, "a/simple.yaml": simple}), "scan.jpg": b"\xff\xd8\xff"},
            (1, 2),
        ),
        "table": ({"relu.yaml": relu, "simple.csv": table}, (1, 2)),
        "zipped table": ({"all.zip": zipped({"simple.csv": table, "scan.png": b"\x89PNG"})}, (0, 2)),
        "data": ({"relu.yaml": relu, "simple.yaml": simple, "simple.csv": b"q,1\nz,1\n", "data.csv": table}, (1, 2)),
        "sheet": ({"relu.yaml": relu, "cover.txt": b"Student: Ann\nExercise: relu\n", "simple.csv": table}, (1, 2)),
    }
    listing, entries = "---\n", {}
    for number, (name, (handed_in, _)) in enumerate(uploads.items(), 1):
        listing += f"submission_{number}:\n  :submitters:\n  - :name: {name}\n    :sid: '{number}'\n"
        for place, (file, data) in enumerate(handed_in.items()):
            inside = {
                "canvas": f"who_{number}_{10 * number + place}_{file}", "gradescope": f"submission_{number}/{file}",
                "moodle": f"Who_{number}_assignsubmission_file/{file}", "nbgrader": f"{number}/hw1/{file}",
            }.get(layout, f"{number}/in/{file}")  # fmt: skip
            entries[inside] = data
    if layout == "gradescope":
        entries["submission_metadata.yml"] = listing.encode()
    asked = ("--exercise", "relu", "--exercise", "simple")
    ran, rows = graded(placed(tmp_path, "s.zip", zipped(entries)), "--layout", layout, *asked)
    assert ran.status == 0, ran.out
    scores = {(row["student"], row["exercise"]): row["score"] for row in rows}
    for number, (_, expected) in enumerate(uploads.values(), 1):
        found = tuple(scores.get((str(number), exercise), 0) for exercise in ("relu", "simple"))
        assert found == expected, number
    _, rows = graded(placed(tmp_path, "s.zip", zipped(entries)), "--layout", layout, *asked, "--answers", "*.yaml")
    assert not any(row["student"] == "4" and row["readable"] for row in rows)  # tables are not called so
