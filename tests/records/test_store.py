"""The record: what is appended is there, in order, even from two sittings at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.records.recorder import Recorder
from backprop_tutor.records.sittings import Entry, Sitting
from backprop_tutor.records.store import open_store
from backprop_tutor.records.summary import current
from backprop_tutor.tutor.session import Session
from tests.cli.recorded import left
from tests.cli.running import Terminal, in_a_process

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


@pytest.mark.parametrize("zone", ["XXX-24", "XXX+24", "no/where", "Pacific/Kiritimati"])
def test_times_are_shown_in_every_time_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the offset from UTC is a whole day, which datetime cannot hold."""
    monkeypatch.setenv("TZ", zone)
    in_a_process("practice", "add-gate", stdin="1\n")
    ran = in_a_process("review")
    assert "Come back in" in ran.out
    assert ran.err == ""
    assert "1 of 1 right on the first try" in in_a_process("progress").out
    left("1")
    offer = Terminal("practice", "simple")
    offer.type("quit", prompt="[Y/n] ")
    assert "You left " in " ".join(offer.shown.split())
    assert in_a_process("progress", "reset", "--yes").status == 0


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
    for sitting in (1, 2):
        assert [one.typed for one in store.entries(sitting)] == [str(count) for count in range(500)]
    store.close()


class Watch:
    """A clock that a test sets."""

    now = 1_767_225_600.0

    def __call__(self) -> float:
        return self.now


def test_the_time_of_an_answer_runs_from_the_question_to_what_is_marked(tmp_path: Path) -> None:
    """Through hints and typing errors; each further try has a time of its own."""
    watch = Watch()
    recorder = Recorder(tmp_path / "r.sqlite3", print, watch, watch)
    session = Session(variant(find("simple"), None))
    recorder.start(session, "practice")
    recorder.asked()
    for typed, passes in (("hint", 3), ("1_0", 20), ("5", 30), ("1", 4)):
        watch.now += passes
        recorder.move("hint" if typed == "hint" else "answer", typed)
    recorder.close()
    store = open_store(tmp_path / "r.sqlite3")
    assert [(logged.entry.verdict, logged.entry.seconds) for logged in store.log()] == [
        (None, 3), ("unreadable", 23), ("wrong", 53), ("right", 4),
    ]  # fmt: skip
    store.close()
