"""What the first prompt may not cost: SymPy, NumPy and the like are never imported on the way to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from backprop_tutor.cli.main import COMMANDS

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


def _at_the_first_prompt(waits: str, heavy: tuple[str, ...], exercise: str, home: Path) -> str:
    """What of all this is imported when the first prompt has been shown, and something has been waited for."""
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
