"""Runs commands as a user would: in this process for speed, in a process of its own, or at a pseudo-terminal."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pexpect

from backprop_tutor.cli.main import run

COMMAND = str(Path(sys.executable).parent / "backprop-tutor")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit status, standard output and standard error."""

    status: int
    out: str
    err: str


class _Stream(io.TextIOWrapper):
    """Standard output or error of a command that runs in this process."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    @property
    def written(self) -> str:
        self.seek(0)
        return self.read()


def tutor(*arguments: str, stdin: str | bytes = "", env: Mapping[str, str] | None = None) -> Ran:
    """Runs `backprop-tutor` with these arguments in this process, 80 columns wide."""
    out, err = _Stream(), _Stream()
    given = stdin if isinstance(stdin, bytes) else stdin.encode()
    environment = {"COLUMNS": "80", "LINES": "40", **(env or {})}
    with (
        patch.dict(os.environ, environment),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8")),
    ):
        for name in ("NO_COLOR", "TERM"):
            if name not in environment:
                os.environ.pop(name, None)
        with redirect_stdout(out), redirect_stderr(err):
            try:
                run(arguments)
            except SystemExit as end:
                return Ran(int(end.code or 0), out.written, err.written)
    raise AssertionError("run() always exits")


def in_a_process(*arguments: str, stdin: str = "", **env: str) -> Ran:
    """Runs `python -m backprop_tutor` with these arguments."""
    command = [sys.executable, "-m", "backprop_tutor", *arguments]
    done = subprocess.run(
        command,
        input=stdin.encode(),
        capture_output=True,
        env={**os.environ, "COLUMNS": "80", **env},
        check=False,
        timeout=60,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


class Terminal:
    """The command at a pseudo-terminal, and everything that it has shown."""

    def __init__(self, *arguments: str, columns: int = 80, env: Mapping[str, str] | None = None) -> None:
        environment = {
            name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")
        }
        self.log = io.StringIO()
        self.child = pexpect.spawn(
            sys.executable, ["-m", "backprop_tutor", *arguments], dimensions=(60, columns), encoding="utf-8",
            timeout=30,
            codec_errors="replace",  # Ctrl-C makes the terminal drop what waits, in the middle of a character too
            env={**environment, "TERM": "xterm-256color", **(env or {})},
        )  # fmt: skip
        self.child.delaybeforesend = None
        self.child.logfile_read = self.log

    def type(self, *lines: str, prompt: str = "> ") -> None:
        """Waits for a prompt before each line."""
        for line in lines:
            self.child.expect_exact(prompt)
            self.child.sendline(line)

    def press(self, key: str, prompt: str = "> ") -> None:
        """Ctrl and a letter at the next prompt."""
        self.child.expect_exact(prompt)
        self.child.sendcontrol(key)

    def end(self) -> int:
        """Waits for the end; the exit status."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus)

    @property
    def shown(self) -> str:
        """The text so far, without escapes and without blanks at the ends of lines."""
        text = _ESCAPES.sub("", self.log.getvalue()).replace("\r\n", "\n").replace("\r", "")
        return "\n".join(line.rstrip() for line in text.split("\n"))
