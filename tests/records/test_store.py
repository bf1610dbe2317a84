"""The record: what is appended is there, in order, from two sittings at once; and whatever is wrong with the file is told."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backprop_tutor.records.entries import Entry, Sitting
from backprop_tutor.records.migrations import APPLICATION, MIGRATIONS, VERSION
from backprop_tutor.records.store import migrate, open_store
from backprop_tutor.records.summary import current
from backprop_tutor.records.troubles import RecordTrouble
from tests.cli.running import tutor

SITTING = Sitting(1, "practice", "relu", "", None, "{}", "{}", "0.1.0")


def entry(typed: str, remaining: int = 1) -> Entry:
    return Entry(1, "answer", "backward", "w0", "backward mul", typed, "right", "", 0, 0, 1.5, remaining)


def test_what_is_appended_is_there_in_order(tmp_path: Path) -> None:
    store = open_store(tmp_path / "new" / "r.sqlite3", create=True)
    number = store.append(None, SITTING, [entry("1"), entry("2")])
    assert store.append(number, SITTING, [entry("ünïcødé \x1b 3")]) == number
    assert [one.typed for one in store.entries(number)] == ["1", "2", "ünïcødé \x1b 3"]
    assert store.entries(number)[0] == entry("1")
    assert store.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    store.close()


def test_the_log_is_append_only_and_holds_nothing_that_can_be_derived(tmp_path: Path) -> None:
    store = open_store(tmp_path / "r.sqlite3", create=True)
    number = store.append(None, SITTING, [entry("1")])
    kept = current(store)
    store.connection.execute("DELETE FROM summary")
    assert current(store) == kept
    store.append(number, SITTING, [entry("2")])
    assert [logged.entry.typed for logged in store.log()] == ["1", "2"]
    store.close()


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_a_record_of_every_version_is_brought_to_this_one(tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.sqlite3"
    connection = sqlite3.connect(path, isolation_level=None)
    for step in MIGRATIONS[:version]:
        for statement in step:
            connection.execute(statement)
    if version:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    store = open_store(path, create=True)
    assert store.connection.execute("PRAGMA user_version").fetchone()[0] == VERSION
    store.append(None, SITTING, [entry("1")])
    migrate(store)  # once more does nothing
    assert len(list(store.log())) == 1
    store.close()


_WRITER = """
import sys
from pathlib import Path
from backprop_tutor.records.store import open_store
from tests.records.test_store import SITTING, entry
store, number = open_store(Path(sys.argv[1]), create=True), None
for count in range(500):
    number = store.append(number, SITTING, [entry(str(count))])
"""


def test_two_sittings_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    root = str(Path(__file__).parent.parent.parent)
    command = [sys.executable, "-c", _WRITER, str(path)]
    running = [subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": root}) for _ in range(2)]
    assert [one.wait() for one in running] == [0, 0]
    store = open_store(path)
    logged = list(store.log())
    assert len(logged) == 1000
    for sitting in {one.sitting for one in logged}:
        assert [one.typed for one in store.entries(sitting)] == [str(count) for count in range(500)]
    store.close()


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


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "corrupt": (_corrupt, "is damaged"),
    "no database": (_no_database, "is damaged"),
    "newer": (_newer, "newer version"),
    "foreign": (_foreign, "no record of backprop-tutor"),
    "a folder": (_a_folder, "cannot be written"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_record_is_told_in_one_line_and_the_session_goes_on(home: Path, how: str) -> None:
    spoil, message = BROKEN[how]
    path = home / "record.sqlite3"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    ran = tutor("practice", "simple", stdin="1\n1\nz\nq\n-4\n3\n-4\n-4\n")
    assert ran.status == 0
    assert "8 of 8" in ran.out
    assert ran.err.count("\n") == 1
    assert message in ran.err
    assert before is None or path.read_bytes() == before, "nothing is ever deleted or changed"


def test_a_locked_record_is_told_and_the_session_goes_on(home: Path) -> None:
    _healthy(home / "record.sqlite3")
    other = sqlite3.connect(home / "record.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    ran = tutor("practice", "simple", stdin="1\n1\nz\nq\n-4\n3\n-4\n-4\n")
    other.execute("ROLLBACK")
    other.close()
    assert ran.status == 0
    assert "is locked by another program" in ran.err
    assert ran.err.count("\n") == 1


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    store = open_store(path, create=True)
    store.append(None, SITTING, [entry("1")])
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(RecordTrouble, match="the disk is full"):
        store.append(None, SITTING, [entry("x" * 100_000)])
    store.close()
    assert shutil.disk_usage(tmp_path).free > 0


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_folder_is_told(home: Path) -> None:
    home.mkdir()
    home.chmod(0o500)
    ran = tutor("practice", "simple", stdin="1\n")
    home.chmod(0o700)
    assert "cannot be written" in ran.err


def test_a_read_only_record_is_told(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    _healthy(path)
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("DELETE FROM entry")
    connection.close()
    from backprop_tutor.records.troubles import trouble_of

    assert trouble_of(caught.value, path).kind == "read-only"
