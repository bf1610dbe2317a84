"""`kill -9` at random moments: every answer that was acknowledged on the screen is in the record, and the session
continues there.

The full form (`BACKPROP_TUTOR_FULL=1`) kills 200 sessions."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from random import Random

import pexpect

from backprop_tutor.records.store import open_store
from tests.cli.running import Terminal
from tests.full import times

ANSWERS = ["1", "1", "z", "q", "-4", "3", "-4", "-4"]


def killed(rng: Random, home: Path) -> int:
    """Answers as fast as the tutor asks, kills it while it works on an answer, and returns how many had been
    acknowledged."""
    terminal = Terminal("practice", "simple", "--restart", env={"BACKPROP_TUTOR_HOME": str(home)})
    for answer in ANSWERS[: rng.randint(1, len(ANSWERS))]:
        terminal.child.expect_exact("> ")
        terminal.child.sendline(answer)
    time.sleep(rng.uniform(0, 0.02))  # before, while and after the last one is marked and written down
    terminal.child.kill(signal.SIGKILL)
    terminal.child.expect(pexpect.EOF)
    terminal.child.close(force=True)
    return terminal.shown.count("Right: ")


def test_what_was_acknowledged_survives_kill_9(home: Path) -> None:
    rng = Random(9)
    total = 0
    for number in range(times(4, 200)):
        folder = home / str(number)
        acknowledged = killed(rng, folder)
        total += acknowledged
        path = folder / "record.sqlite3"
        if not path.exists():
            assert acknowledged == 0
            continue
        store = open_store(path)
        recorded = [logged.entry for logged in store.log() if logged.entry.verdict == "right"]
        store.close()
        assert len(recorded) >= acknowledged
        assert [entry.typed for entry in recorded] == ANSWERS[: len(recorded)]
        if 0 < len(recorded) < len(ANSWERS):
            again = Terminal("practice", "simple", env={"BACKPROP_TUTOR_HOME": str(folder)})
            again.type("", prompt="[Y/n] ")
            again.type("quit")
            again.end()
            assert f"Question {len(recorded) + 1} of 8" in again.shown
    assert total
