"""The first prompt must not import SymPy, NumPy and the like."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pexpect
import pytest
from rich.console import Console, ConsoleOptions
from rich.text import Text

from backprop_tutor.cli import screen as terminal
from backprop_tutor.cli.main import COMMANDS
from backprop_tutor.cli.screen import Screen

HEAVY = ("sympy", "numpy", "pydantic", "rich.markdown", "asyncio", "fsrs")
_SCRIPT = """
import sys
from backprop_tutor.cli.main import run
try:
    run(sys.argv[1:])
except SystemExit:
    pass
print("IMPORTED", *[name for name in {heavy!r} if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (["--help"], ""),
        (["practice", "relu"], ""),
        (["practice", "sigmoid", "--no-record"], "-0.53\n1\n"),
        (["patterns", "mul"], ""),
    ],
)
def test_heavy_libraries_stay_out(arguments: list[str], stdin: str) -> None:
    command = [sys.executable, "-c", _SCRIPT.format(heavy=HEAVY), *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "IMPORTED"


def test_checking_numbers_needs_no_sympy() -> None:
    command = [sys.executable, "-c", _SCRIPT.format(heavy=("sympy", "numpy")), "check", "relu", "-"]
    done = subprocess.run(
        command,
        input="backward: {w0: 5}\nlocal: {w0: x0}\nsymbolic: {w0: x0*1}",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "IMPORTED"


@pytest.mark.parametrize(
    ("arguments", "loaded"), [(["--help"], []), (["lisst"], []), (["patterns", "mul"], ["patterns"])]
)
def test_a_command_is_loaded_when_it_is_called(arguments: list[str], loaded: list[str]) -> None:
    files = tuple(f"backprop_tutor.cli.{name}" for name in COMMANDS)
    script = _SCRIPT.format(heavy=files) + "import gc; assert gc.isenabled()"
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split()[1:] == [f"backprop_tutor.cli.{name}" for name in loaded]


def test_the_first_prompt_without_a_record_waits_for_nothing_that_reads_one(tmp_path: Path) -> None:
    records = tuple(f"backprop_tutor.records.{name}" for name in ("review", "skills", "store", "summary"))
    heavy = ("sqlite3", *records, "backprop_tutor.tutor.marking.attempt")
    assert _at_the_first_prompt("", heavy, "relu", tmp_path) == "IMPORTED"


def test_what_answers_need_is_loaded_while_the_first_question_is_read(tmp_path: Path) -> None:
    heavy = ("sympy", "sqlite3", "backprop_tutor.tutor.marking.attempt", "backprop_tutor.tutor.feedback")
    waits = f"[time.sleep(0.05) for _ in range(400) if not set({heavy!r}) <= set(sys.modules)]"
    assert _at_the_first_prompt(waits, heavy, "softplus-neuron", tmp_path) == " ".join(("IMPORTED", *heavy))


def test_whoever_waits_for_sympy_is_told_so_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "_PATIENCE", 0.01)
    shown, loaded = io.StringIO(), Event()
    screen, loading = Screen(stream=shown), Thread(target=loaded.wait)
    loading.start()
    with terminal.said_if_late(screen, loading):
        pass
    time.sleep(0.05)
    assert shown.getvalue() == ""
    with terminal.said_if_late(screen, loading):
        time.sleep(0.1)
    assert shown.getvalue() == "One moment: SymPy is loading.\n"
    loaded.set()
    loading.join()
    with terminal.said_if_late(screen, loading):
        time.sleep(0.05)
    assert shown.getvalue().count("SymPy") == 1


def test_what_fails_in_the_background_is_left_to_whoever_needs_it(capfd: pytest.CaptureFixture[str]) -> None:
    terminal.preload("engine.no_such_module", lambda: 1 / 0).join()
    assert capfd.readouterr().err == ""


def test_a_picture_is_rendered_once_a_turn() -> None:
    rendered = []

    class Seen:
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
            rendered.append(1)
            yield Text("(*)")

    screen = Screen(stream=io.StringIO())
    screen.picture(Seen())
    screen.picture(Seen())
    assert len(rendered) == 2


def _at_the_first_prompt(waits: str, heavy: tuple[str, ...], exercise: str, home: Path) -> str:
    """Which of these modules are imported once the first prompt has been shown and something has been waited for."""
    script = f"""
import builtins, os, sys, time
def prompted(_):
    {waits}
    print("IMPORTED", *[name for name in {heavy!r} if name in sys.modules], flush=True)
    os._exit(0)
builtins.input = prompted
{_SCRIPT.format(heavy=())}"""
    child = pexpect.spawn(
        sys.executable, ["-c", script, "practice", exercise], encoding="utf-8", timeout=30,
        env={**os.environ, "BACKPROP_TUTOR_HOME": str(home)},
    )  # fmt: skip
    child.expect(pexpect.EOF)
    return str(child.before.splitlines()[-1])
