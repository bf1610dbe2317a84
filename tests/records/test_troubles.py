"""Whatever is wrong with the record is reported in one line, the session continues, and nothing is ever deleted."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.records.recorder import Recorder
from backprop_tutor.records.sittings import Entry, Sitting, sitting_of
from backprop_tutor.records.store import VERSION, RecordTrouble, open_store
from tests.cli.running import tutor
from tests.full import times
from tests.records.test_store import SITTING, entry

ANSWERS = "1\n1\nz\nq\n-4\n3\n-4\n-4\n"


def _healthy(path: Path) -> None:
    store = open_store(path, create=True)
    store.append(None, SITTING, [entry("1")])
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


def _corrupt(path: Path) -> None:
    _healthy(path)
    data = bytearray(path.read_bytes())
    data[100:3000] = b"\xff" * 2900
    path.write_bytes(data)


def _no_database(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"this is no database at all" * 100)


def _newer(path: Path) -> None:
    _healthy(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()


def _foreign(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mail (text)")
    connection.commit()
    connection.close()


def _a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def _damaged_name(path: Path) -> None:
    """One byte of an index's name in the schema is no UTF-8: even SQLite's own message cannot be read."""
    _healthy(path)
    data = bytearray(path.read_bytes())
    data[data.index(b"entry_of_sitting") + 2] = 0xFF
    path.write_bytes(data)


def _without_a_table(path: Path) -> None:
    _healthy(path)
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE entry")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


_RESET = "`backprop-tutor progress reset` sets it aside"
BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "corrupt": (_corrupt, _RESET),
    "a damaged name": (_damaged_name, "Your answers are not being recorded"),
    "without a table": (_without_a_table, "no such table"),
    "no database": (_no_database, _RESET),
    "of another version": (_newer, "not a record of this version"),
    "foreign": (_foreign, "not a record of this version"),
    "a folder": (_a_folder, "unable to open"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_record_is_reported_in_one_line_and_the_session_goes_on(home: Path, how: str) -> None:
    spoil, message = BROKEN[how]
    path = home / "record.sqlite3"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    ran = tutor("practice", "simple", stdin=ANSWERS)
    assert ran.status == 0
    assert "8 of 8" in ran.out
    assert ran.err.count("\n") == 1
    assert message in ran.err
    assert "Your answers are not being recorded" in ran.err
    assert before is None or path.read_bytes() == before, "nothing is ever deleted or changed"
    ran = tutor("progress")
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_whichever_byte_is_damaged_no_command_breaks(home: Path) -> None:
    """The log is read, or it is told in one line that it cannot be; and a session goes on either way."""
    path = home / "record.sqlite3"
    rng = Random(8)
    tutor("practice", "simple", stdin="1\n1\n9\n")
    tutor("progress")
    whole = path.read_bytes()
    for _ in range(times(8, 1_000)):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 1, 4])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data)
        for arguments in (["progress"], ["practice", "simple"], ["review", "--questions", "1"]):
            ran = tutor(*arguments, stdin=ANSWERS)
            assert "should not happen" not in ran.err, (arguments, ran.err)
            assert ran.err.count("\n") <= 1
            assert ran.status in ((0, 2) if arguments[0] == "progress" else (0, 1))


@pytest.mark.parametrize("command", [["practice", "simple"], ["review", "--questions", "2"]])
def test_a_locked_record_is_reported_once_and_the_session_goes_on(home: Path, command: list[str]) -> None:
    path = home / "record.sqlite3"
    _healthy(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = DELETE")
    other.execute("BEGIN EXCLUSIVE")
    ran = tutor(*command, stdin=ANSWERS)
    other.execute("ROLLBACK")
    other.close()
    assert ran.err == f"Your answers are not being recorded: {path}: database is locked.\n"
    assert "8 of 8" in ran.out or command[0] == "review"


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    store = open_store(tmp_path / "r.sqlite3", create=True)
    number = store.append(None, SITTING, [entry("1")])
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(RecordTrouble, match="full"):
        store.append(number, SITTING, [entry("x" * 100_000)])
    assert [logged.entry for logged in store.log()] == [entry("1")]
    store.close()


_NOT_ALL_POWERFUL = [
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
]
"""The superuser may write everywhere, unless that right is dropped first."""


def told(home: Path, *command: str) -> str:
    """Practises `simple` to its end in a process behind another command, and returns its standard error."""
    ran = subprocess.run(
        [*command, sys.executable, "-m", "backprop_tutor", "practice", "simple"], input=ANSWERS, text=True,
        capture_output=True,
        env={**os.environ, "BACKPROP_TUTOR_HOME": str(home)}, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "8 of 8" in ran.stdout
    return ran.stderr


@pytest.fixture
def read_only() -> Iterator[Callable[[Path], list[str]]]:
    """Removes the right to write to a folder and its contents, and returns the command that runs without that right."""
    spoiled: list[Path] = []

    def take(folder: Path) -> list[str]:
        for path in (*folder.iterdir(), folder):
            path.chmod(0o500 if path.is_dir() else 0o400)
            spoiled.append(path)
        return _NOT_ALL_POWERFUL if os.geteuid() == 0 else []

    if sys.platform == "win32" or (os.geteuid() == 0 and not shutil.which("setpriv")):
        pytest.skip("nothing here takes the right to write away")
    yield take
    for path in spoiled[::-1]:
        path.chmod(0o700)


def test_a_folder_that_cannot_be_written_is_reported(home: Path, read_only: Callable[[Path], list[str]]) -> None:
    home.mkdir()
    said = told(home, *read_only(home))
    assert "unable to open" in said
    assert said.count("\n") == 1


def test_a_record_that_cannot_be_written_is_reported(home: Path, read_only: Callable[[Path], list[str]]) -> None:
    _healthy(home / "record.sqlite3")
    said = told(home, *read_only(home))
    assert "Your answers are not being recorded" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("command", ["progress", "review", "practice"])
@pytest.mark.parametrize("place", ["x" * 5000, "a file/home", "\udcff"])
def test_a_place_that_cannot_be_is_no_traceback(tmp_path: Path, command: str, place: str) -> None:
    (tmp_path / "a file").write_text("in the way")
    arguments = [command, "simple"] if command == "practice" else [command]
    ran = tutor(*arguments, stdin=ANSWERS, env={"BACKPROP_TUTOR_HOME": str(tmp_path / place)})
    assert ran.status in (0, 1)
    assert "should not happen" not in ran.err


_PRACTISED: dict[str, bytes] = {}
"""The record of a first session, as it is written once a process."""


def _practised(home: Path) -> Path:
    if not _PRACTISED:
        tutor("practice", "simple", stdin="1\n1\n9\n")
        tutor("progress")
        _PRACTISED.update({path.name: path.read_bytes() for path in home.iterdir()})
    home.mkdir(exist_ok=True)
    for name, written in _PRACTISED.items():
        (home / name).write_bytes(written)
    return home / "record.sqlite3"


def _changed(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE summary SET state = '{'", "UPDATE summary SET state = replace(state, '1', '0')",
        "UPDATE summary SET upto = upto - 1", "UPDATE summary SET rules = 'older'", "DELETE FROM summary",
    ],
)  # fmt: skip
def test_a_sum_that_is_not_what_was_written_is_made_anew_from_the_log(home: Path, change: str) -> None:
    path = _practised(home)
    before = tutor("progress").out
    _changed(path, change)
    ran = tutor("progress")
    assert (ran.status, ran.out, ran.err) == (0, before, "")


@pytest.mark.parametrize("column", [*Entry._fields, "sitting"])
@pytest.mark.parametrize("value", [b"\xff", -(2**62), 1e300])
def test_an_entry_that_nobody_wrote_is_left_out_or_harmless(home: Path, column: str, value: object) -> None:
    path = _practised(home)
    _changed(path, "DELETE FROM summary")
    _changed(path, f"UPDATE entry SET {column} = ? WHERE id = 1", value)  # noqa: S608  our own column names
    ran = tutor("progress")
    assert (ran.status, ran.err) == (0, "")
    assert "simple" in ran.out


@pytest.mark.parametrize("column", Sitting._fields)
@pytest.mark.parametrize("value", [b"\xff", -(2**62), 1e300])
def test_a_sitting_that_nobody_wrote_is_not_offered_again(home: Path, column: str, value: object) -> None:
    path = home / "record.sqlite3"
    store = open_store(path, create=True)
    store.append(None, sitting_of(variant(find("simple"), None), "practice", 1), [entry("1")])
    store.close()
    _changed(path, f"UPDATE sitting SET {column} = ?", value)  # noqa: S608  our own column names
    said: list[str] = []
    recorder = Recorder(path, said.append)
    for paused in (recorder.unfinished(find("simple")), recorder.unfinished("simple")):
        assert paused is None or column == "version"
    assert isinstance(recorder.proposals([find("simple")]), list)
    recorder.close()
    assert said == []


def test_where_a_part_of_the_log_is_damaged_an_earlier_export_stays_whole(home: Path, tmp_path: Path) -> None:
    path, export = _practised(home), tmp_path / "keep.csv"
    for _ in range(60):
        tutor("practice", "simple", stdin="9\n" * 9)
    assert tutor("progress", "export", str(export)).status == 0
    whole = export.read_bytes()
    _changed(path, "DELETE FROM summary")
    _changed(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    ran = tutor("practice", "simple", stdin=ANSWERS)
    assert "8 of 8" in ran.out
    assert ran.err.count("\n") <= 1
    ran = tutor("progress", "export", str(export))
    assert (ran.status, export.read_bytes()) == (2, whole)
    assert "malformed" in ran.err
    assert [file.name for file in tmp_path.glob("keep*")] == ["keep.csv"]
