"""The kit in a folder as Gradescope arranges it: whatever is handed in, there is a results.json."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import seed_of, variant
from backprop_tutor.engine.compile import written
from backprop_tutor.grading import autograder
from backprop_tutor.publishing.kit import requirements, wheel_file
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.stages import questions
from tests.cli.running import tutor
from tests.full import FULL
from tests.grading.exports import zipped

SALT, JANE, JO = "ml-2026", "65010001", "65010002"
ROSTER = f"sid,name,email\n{JANE},Jane,Jane@uni.edu\n{JO},Jo,jo@uni.edu\n65010003,Ann,\n"
MOST = len(questions(find("relu")))


def answers_of(student: str, exercise: str = "relu", wrong: str = "") -> str:
    """Every answer right except for one gradient, in a file without a name."""
    made = variant(find(exercise), seed_of(exercise, student, SALT))
    key, lines = AnswerKey(made), []
    for stage in dict.fromkeys(one.stage for one in questions(made)):
        lines.append(f"{stage}:" + (" |" if stage == "graph" else ""))
        asked = [one for one in questions(made) if one.stage == stage]
        if stage == "graph":
            lines += [f"  {line}" for line in written(made.graph).splitlines()]
            continue
        lines += [f'  "{one.target}": {9 if one.target == wrong else key.number(one)!r}' for one in asked]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit of two exercises, as it is uploaded, unpacked where Gradescope unpacks it."""
    folder = tmp_path_factory.mktemp("kit")
    (folder / "roster.csv").write_text(ROSTER)
    own = ("--seed-from", "student", "--salt", SALT, "--roster", str(folder / "roster.csv"))
    ran = tutor("kit", "relu", *own, "-o", str(folder / "kit.zip"))
    assert ran.status == 0, ran.err
    assert "1 student without an e-mail address cannot be marked: Ann." in ran.err
    again = tutor("kit", "relu", *own, "-o", str(folder / "again.zip"))
    assert again.status == 0
    assert (folder / "again.zip").read_bytes() == (folder / "kit.zip").read_bytes()
    return folder


@pytest.fixture
def root(kit: Path, tmp_path: Path) -> Path:
    """The folder /autograder of one submission."""
    unpacked(kit / "kit.zip", tmp_path / "source")
    (tmp_path / "submission").mkdir()
    whose(tmp_path, "jane@uni.edu")
    return tmp_path


def unpacked(kit: Path, source: Path) -> None:
    with zipfile.ZipFile(kit) as archive:
        archive.extractall(source)
        for about in archive.infolist():
            (source / about.filename).chmod(about.external_attr >> 16 & 0o777)


def whose(root: Path, *emails: str) -> None:
    users = [{"email": email, "id": number, "name": email.partition("@")[0]} for number, email in enumerate(emails)]
    metadata = {"id": 7, "created_at": "2026-10-01T12:00:00.000000-07:00", "users": users}
    (root / "submission_metadata.json").write_text(json.dumps(metadata))


def results(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
    assert sum(test["max_score"] for test in found["tests"]) == pytest.approx(MOST if found["tests"] else 0)
    assert found["score"] == pytest.approx(sum(test["score"] for test in found["tests"]))
    assert found["stdout_visibility"] == "hidden"
    return found


def marked(root: Path, files: dict[str, str | bytes]) -> dict[str, Any]:
    for name, data in files.items():
        path = root / "submission" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    autograder.grade(root)
    return results(root)


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200)
WORD = b"PK\x03\x04" + bytes(26) + b"word/document.xml" + bytes(100)


def test_answers_are_marked_question_by_question_and_what_lies_beside_them_is_named(root: Path) -> None:
    files: dict[str, str | bytes] = {
        "answers.yaml": answers_of(JANE, wrong="w0"), "photo.jpg": JPEG, "notes.txt": "I worked with Bob."
    }  # fmt: skip
    found = marked(root, files)
    assert found["score"] == MOST - 1
    (wrong,) = [test for test in found["tests"] if test["status"] == "failed"]
    assert (wrong["name"], wrong["max_score"]) == ("relu: backward w0", 1)
    assert "photo.jpg" in found["output"]
    assert "notes.txt" in found["output"]
    assert f"Marked with the numbers of {JANE}." in found["output"]


def test_archives_and_tables_are_read_in_a_kit_too(tmp_path: Path) -> None:
    assert tutor("kit", "relu", "simple", "-o", str(tmp_path / "two.zip")).status == 0
    relu, simple = "backward: {x: 1}\n", "q;-4\nz;3\n"
    uploads: list[dict[str, str | bytes]] = [
        {"relu.yaml": relu, "rest.zip": zipped({"hw/simple.csv": simple.encode(), "scan.jpg": JPEG})},
        {"all.zip": zipped({"relu.yaml": relu.encode(), "simple.csv": b"x"}), "simple.csv": simple, "scan.jpg": JPEG},
    ]
    for number, files in enumerate(uploads):
        root = tmp_path / str(number)
        unpacked(tmp_path / "two.zip", root / "source")
        (root / "submission").mkdir()
        for name, data in files.items():
            (root / "submission" / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        autograder.grade(root)
        found = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
        assert [test["name"] for test in found["tests"] if test["score"]] == [
            "relu: backward x", "simple: backward q", "simple: backward z",
        ]  # fmt: skip


@pytest.mark.parametrize(
    "files", [{}, {"photo.jpg": JPEG}, {"answers.yaml": "a: ["}, {"essay.docx": WORD}, {"a.txt": ""}]
)
def test_where_nothing_can_be_read_everything_is_0_and_what_was_expected_is_said(
    files: dict[str, str | bytes], root: Path
) -> None:
    found = marked(root, files)
    assert (found["score"], len(found["tests"])) == (0, MOST)
    assert "No answers to relu were found. Hand in a text file such as relu.yaml." in found["output"]
    assert all(name in found["output"] for name in files)


def test_a_student_reads_of_no_option_and_no_note_ends_in_a_blank(root: Path) -> None:
    (root / "source" / "kit.yaml").write_text(
        (root / "source" / "kit.yaml").read_text().replace('["relu"]', '["relu", "simple"]')
    )
    uploads: list[dict[str, str | bytes]] = [
        {"a.yaml": "backward: {x: 1}\n"}, {"a.yaml": "exercise: no\nbackward: {x: 1}\n"}, {"photo.jpg": JPEG}, {},
        {"a.yaml": "exercise: relu\nforward: {g1: 1}\n", "a (1).yaml": "exercise: relu\nforward: {g1: 2}\n"},
    ]  # fmt: skip
    for number, files in enumerate(uploads):
        shutil.rmtree(root / "submission")
        (root / "submission").mkdir()
        for name, data in files.items():
            (root / "submission" / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        for email in ("jane@uni.edu", "stranger@uni.edu"):
            whose(root, email)
            autograder.grade(root)
            said = json.loads((root / "results" / "results.json").read_text())["output"]
            assert "--" not in said, number
            assert all(line == line.strip() for line in said.split("\n")), number


def test_of_several_files_of_answers_none_is_marked(root: Path) -> None:
    found = marked(root, {"answers.yaml": answers_of(JANE), "answers (1).yaml": answers_of(JANE, wrong="x")})
    assert (found["score"], len(found["tests"])) == (0, MOST)
    assert "answers (1).yaml and answers.yaml: it is unclear which is the newest" in found["output"]
    assert found["output"].endswith("so none was marked. Hand in one.")


def archived(**members: str | bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return data.getvalue()


@pytest.mark.parametrize("inside", [{"photo_jpg": JPEG}, {"relu_yaml": "a: ["}, {}])
def test_a_zip_that_holds_no_answers_beside_a_file_that_does_is_named_alone(
    inside: dict[str, str | bytes], root: Path
) -> None:
    found = marked(root, {"answers.yaml": answers_of(JANE, wrong="w0"), "work.zip": archived(**inside)})
    assert found["score"] == MOST - 1


def test_answers_in_a_zip_are_marked_and_beside_others_none_is(root: Path) -> None:
    found = marked(root, {"work.zip": archived(relu_yaml=answers_of(JANE), photo_jpg=JPEG)})
    assert found["score"] == MOST
    found = marked(root, {"answers.yaml": answers_of(JANE, wrong="x")})
    assert (found["score"], len(found["tests"])) == (0, MOST)
    assert found["output"].endswith("Hand in one.")


def test_who_is_on_no_roster_gets_0_and_is_told_and_the_first_who_is_decides_for_a_group(root: Path) -> None:
    whose(root, "stranger@uni.edu")
    found = marked(root, {"answers.yaml": answers_of(JANE)})
    assert (found["score"], len(found["tests"])) == (0, MOST)
    assert "stranger@uni.edu is not on the course roster" in found["output"]
    whose(root, "stranger@uni.edu", "JO@uni.edu ", "jane@uni.edu")
    found = marked(root, {"answers.yaml": answers_of(JO)})
    assert found["score"] == MOST
    assert f"Marked with the numbers of {JO} (JO@uni.edu); another member's numbers count" in found["output"]


def test_a_file_that_names_another_student_or_seed_is_marked_with_the_own_numbers(root: Path) -> None:
    found = marked(root, {"answers.yaml": f'student: "{JO}"\nseed: 7\n{answers_of(JANE)}'})
    assert found["score"] == MOST
    assert f"The file names the student {JO}, but {JANE} was used." in found["output"]
    assert "The file gives the seed 7," in found["output"]


def test_without_numbers_of_their_own_all_have_the_authors_and_points_are_scaled(kit: Path, tmp_path: Path) -> None:
    ran = tutor(
        "kit", "relu", "simple", "--points", "10", "--visibility", "after_due_date", "-o", str(tmp_path / "k.zip")
    )
    assert ran.status == 0
    unpacked(tmp_path / "k.zip", tmp_path / "source")
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / "simple.yaml").write_text("backward: {q: -4, z: 3, x: -4, y: -4}\n")
    (tmp_path / "submission" / "one.yaml").write_text("exercise: ReLU\nbackward: {x: 1}\n")
    autograder.grade(tmp_path)
    found = json.loads((tmp_path / "results" / "results.json").read_text())
    most = MOST + len(questions(find("simple")))
    assert sum(test["max_score"] for test in found["tests"]) == pytest.approx(10, abs=1e-3)
    assert found["score"] == pytest.approx(5 * 10 / most, abs=1e-3)
    assert {test["visibility"] for test in found["tests"]} == {"after_due_date"}


def test_a_courses_file_makes_the_same_kit(kit: Path, tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_text(f"exercises: [relu]\nsalt: {SALT}\nroster: {kit / 'roster.csv'}\n")
    ran = tutor("kit", "--course", str(tmp_path / "course.yaml"), "-o", str(tmp_path / "kit.zip"))
    assert ran.status == 0, ran.err
    assert (tmp_path / "kit.zip").read_bytes() == (kit / "kit.zip").read_bytes()


def run(root: Path) -> subprocess.CompletedProcess[str]:
    environment = {"BACKPROP_TUTOR_KIT_ROOT": str(root), "PATH": "/usr/bin:/bin", "HOME": str(root)}
    script = str(root / "source" / "run_autograder")
    return subprocess.run([script], env=environment, cwd=root, capture_output=True, text=True, check=False)


def installed(root: Path) -> None:
    """The environment that setup.sh makes; in the bounded form, the same wheel with the packages of this
    environment."""
    if FULL:
        environment = {"BACKPROP_TUTOR_KIT_ROOT": str(root), "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(root)}
        subprocess.run([str(root / "source" / "setup.sh")], env=environment, check=True)
        return
    (wheel,) = (root / "source").glob("*.whl")
    site, python = root / "site", root / "source" / "venv" / "bin" / "python"
    unpacked(wheel, site)
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nPYTHONPATH={site} exec {sys.executable} -P "$@"\n')
    python.chmod(0o755)


def test_the_scripts_run_where_gradescope_puts_them_and_a_result_is_there_whatever_happens(root: Path) -> None:
    done = run(root)  # nothing is installed, as in a broken image
    found = results(root)
    assert (found["score"], found["tests"]) == (0, [])
    assert "The autograder failed." in found["output"]
    assert "No results: see above." in done.stdout
    installed(root)
    (root / "submission" / "answers.yaml").write_text(answers_of(JANE))
    done = run(root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert results(root)["score"] == MOST
    (root / "source" / "kit.yaml").write_text("exercises: [nowhere]\n")
    done = run(root)
    assert done.returncode == 0
    assert results(root)["tests"] == []


def test_what_is_ended_for_its_time_has_the_result_that_was_there_first(root: Path) -> None:
    python = root / "source" / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    python.chmod(0o755)
    environment = {"BACKPROP_TUTOR_KIT_ROOT": str(root), "PATH": "/usr/bin:/bin"}
    script = [str(root / "source" / "run_autograder")]
    with subprocess.Popen(script, env=environment, cwd=root, start_new_session=True) as running:
        first, until = root / "results" / "results.json", time.monotonic() + 20
        while (not first.is_file() or not first.read_text()) and time.monotonic() < until:
            time.sleep(0.01)
        os.killpg(running.pid, signal.SIGKILL)
    found = results(root)
    assert (found["score"], found["tests"]) == (0, [])
    assert "The autograder failed. This is not your fault" in found["output"]


def test_the_wheel_holds_this_program_and_its_record_is_true(tmp_path: Path) -> None:
    name, data = wheel_file()
    path = tmp_path / name
    path.write_bytes(data)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        record = next(one for one in names if one.endswith("/RECORD"))
        lines = [line.rsplit(",", 2) for line in archive.read(record).decode().splitlines()]
        assert {line[0].strip('"') for line in lines} == set(names)
        for file, digest, size in lines:
            if file != record:
                held = archive.read(file.strip('"'))
                hashed = base64.urlsafe_b64encode(hashlib.sha256(held).digest()).rstrip(b"=").decode()
                assert (digest, size) == (f"sha256={hashed}", str(len(held)))
        about = Parser().parsestr(archive.read(record.replace("RECORD", "METADATA")).decode())
        assert about["Name"] == "backprop-tutor"
        assert [one for one in names if one.startswith("backprop_tutor/exercises/") and one.endswith("/relu.yaml")]
        assert not [one for one in names if "__pycache__" in one]


def test_what_it_needs_is_pinned() -> None:
    names = {line.partition("==")[0] for line in requirements()}
    assert {"typer", "rich", "sympy", "platformdirs", "fsrs", "plotille"} <= names
    assert not {"pytest", "resvg-py", "backprop-tutor"} & names


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_the_scripts_are_bash(kit: Path, tmp_path: Path) -> None:
    unpacked(kit / "kit.zip", tmp_path)
    for name in ("setup.sh", "run_autograder"):
        assert (tmp_path / name).stat().st_mode & 0o111
        subprocess.run(["bash", "-n", str(tmp_path / name)], check=True)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["relu", "-o", "kit.tar"], "ends in .zip"),
        (["relu", "-o", "kit.zip", "--salt", "s"], "--salt and --roster need --seed-from student"),
        (["nowhere", "-o", "kit.zip"], "there is no exercise nowhere"),
    ],
)
def test_what_makes_no_kit_is_said(
    arguments: list[str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = tutor("kit", *arguments)
    assert (ran.status, list(tmp_path.iterdir())) == (2, [])
    assert what in " ".join(ran.err.split())
