"""Whatever goes wrong while a file is written, the old file is whole, and nothing half written remains."""

from __future__ import annotations

import os
import resource
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backprop_tutor.cli.main import COMMANDS, loaded
from backprop_tutor.files import AlreadyThere, NotWritten, replace, replaced, write_inside, write_new
from tests.cli.running import tutor
from tests.grading.a_class import planted

ONE = '{"student": "z", "exercise": "relu", "backward": {"x": 1}}\n'
CLASS = str(Path(__file__).parent / "publishing" / "roster.csv")
ELSEWHERE = "{0.parent.parent}/sheets.html"
WRITING: dict[str, tuple[tuple[str, ...], str]] = {
    "draw --output": (("draw", "relu", "-o", "{}"), "picture.svg"),
    "draw --output, page": (("draw", "relu", "-o", "{}"), "page.html"),
    "explain --output": (("explain", "relu", "-o", "{}"), "lesson.html"),
    "grade --output": (("grade", "-", "-o", "{}"), "grades.csv"),
    "grade --output, folder": (("grade", "-", "--format", "gradescope", "-o", "{}"), "folder"),
    "grade --page": (("grade", "-", "--page", "{}", "--format", "csv"), "grades.html"),
    "sheets --output": (("sheets", "relu", "--roster", CLASS, "--salt", "s", "-o", "{}"), "sheets.html"),
    "sheets --key": (("sheets", "relu", "--roster", CLASS, "--salt", "s", "--key", "{}", "-o", ELSEWHERE), "key.csv"),
    "export --output": (("export", "relu", "--to", "moodle", "-o", "{}"), "relu.xml"),
    "kit --output": (("kit", "relu", "-o", "{}"), "kit.zip"),
    "check --output": (("check", "relu", "--template", "-o", "{}"), "answers.yaml"),
    "train --csv": (("train", "xor", "--epochs", "30", "--csv", "{}"), "loss.csv"),
    "schema --output": (("schema", "-o", "{}"), "schema.json"),
    "practice --save": (("practice", "--random", "--save", "{}"), "mine.yaml"),
    "new name": (("new", "{}", "--graph", "f = x*y", "--at", "x=2", "--at", "y=3"), "mine.yaml"),
    "export file": (("progress", "export", "{}"), "answers.csv"),
}
"""Every way in which a command writes a file: its arguments, and the file's name."""
_WORDS = {"output", "page", "csv", "save", "file", "key"}
"""What a parameter that names a file to be written is called; `new` calls it a name."""
_ENOUGH = 100
"""Bytes for which there is room: fewer than any of these files has."""


@contextmanager
def full_disk(room: int = _ENOUGH) -> Iterator[None]:
    """No file grows beyond so many bytes: the system refuses, as it does where a disk is full.

    Python would not notice that the code it compiles is cut off there, so it keeps none meanwhile.
    """
    before, kept = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = kept


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_command_that_writes_a_file_is_tried() -> None:
    called = [loaded(name) for name in COMMANDS]
    found = {
        f"{command.name} --{one.name}" if one.param_type_name == "option" else f"{command.name} {one.name}"
        for group in called for command in [group, *getattr(group, "commands", {}).values()]
        for one in command.params if one.name in _WORDS or (command.name, one.name) == ("new", "name")
    }  # fmt: skip
    assert found == {name.partition(",")[0] for name in WRITING}


@pytest.mark.parametrize("name", WRITING)
def test_a_full_disk_is_told_and_leaves_what_was_there(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKPROP_TUTOR_HOME", str(tmp_path / "home"))
    room = _ENOUGH
    if name == "export file":
        for seed in range(40):
            tutor("practice", "relu", "--seed", str(seed), stdin="5\n" * 60)
        room = 40_000  # as much as SQLite needs to read at all
    arguments, file = WRITING[name]
    (tmp_path / "out").mkdir()
    place = tmp_path / "out" / file
    old = {}
    is_new = name in ("new name", "practice --save", "check --output")
    if not is_new:
        assert tutor(*(one.format(place) for one in arguments), stdin=ONE).status == 0
        old = everything(tmp_path / "out")
        assert old
    with full_disk(room):
        ran = tutor(*(one.format(place) for one in arguments), stdin=ONE.replace("z", "y"))
    assert ran.status == 2, ran
    assert "cannot be written: file too large." in ran.err
    assert everything(tmp_path / "out") == old
    assert len(list((tmp_path / "out").iterdir())) == (0 if is_new else 1)


def test_what_a_class_has_answered_needs_room_too_and_that_is_told(tmp_path: Path) -> None:
    with full_disk():
        ran = tutor("grade", "-", "--format", "jsonl", "-o", str(tmp_path / "g.jsonl"), stdin=planted(1_500).lines)
    assert ran.status == 2
    assert "in a temporary file" in ran.err
    assert not list(tmp_path.iterdir())


def test_a_new_file_never_takes_the_place_of_one_that_is_there(tmp_path: Path) -> None:
    place, dangling = tmp_path / "mine", tmp_path / "link"
    place.write_text("mine")
    dangling.symlink_to(tmp_path / "nowhere")
    for there in (place, dangling):
        with pytest.raises(AlreadyThere, match="already exists"):
            write_new(there, "another")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "mine"]
    assert place.read_text() == "mine"


def test_a_file_system_without_hard_links_has_new_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuses)
    write_new(tmp_path / "mine", "first")
    with pytest.raises(AlreadyThere):
        write_new(tmp_path / "mine", "second")
    assert everything(tmp_path) == {"mine": b"first"}


def test_a_replaced_file_keeps_its_rights_and_a_new_one_has_the_usual_ones(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    replace(tmp_path / "new", b"new")
    write_inside(str(tmp_path / "one"), b"\r\n" * 100_000)
    write_inside(str(tmp_path / "one"), b"one\n")
    assert (tmp_path / "one").read_bytes() == b"one\n"
    for name in ("new", "one"):
        assert (tmp_path / name).stat().st_mode == plain.stat().st_mode
    plain.chmod(0o640)
    (tmp_path / "link").symlink_to(plain)
    replace(tmp_path / "link", b"old")
    assert (tmp_path / "link").is_symlink()
    assert stat.S_IMODE(plain.stat().st_mode) == 0o640
    assert plain.read_bytes() == b"old"


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.svg"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    replace(pipe, b"picture")
    assert os.read(reader, 100) == b"picture"
    os.close(reader)
    assert pipe.is_fifo()
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BrokenPipeError(), NotWritten("another", "full")])
def test_what_happens_elsewhere_while_a_file_is_written_is_not_its_fault(error: BaseException, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")

    def interrupted() -> None:
        with replaced(tmp_path / "a") as stream:
            stream.write("new")
            raise error

    with pytest.raises(type(error)) as caught:
        interrupted()
    assert caught.value is error
    assert everything(tmp_path) == {"a": b"old"}


@pytest.mark.parametrize("place", ["", ".", "no/such/folder", "x" * 300, "a/b", "nul\0"])
def test_a_place_that_cannot_be_is_told_in_words(place: str, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    for write in (lambda path: replace(path, b""), lambda path: write_new(path, "")):
        with pytest.raises(NotWritten, match=r"cannot be written: [a-z ]+\.$|already exists"):
            write(f"{tmp_path}/{place}")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
