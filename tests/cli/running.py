"""Runs commands as a user would: in this process for speed, in a separate process, or at a pseudo-terminal."""

from __future__ import annotations

import atexit
import io
import os
import pty
import re
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import sleep
from typing import Final
from unittest.mock import patch

import pexpect
from ptyprocess import PtyProcess

from backprop_tutor.cli import main
from tests.cli.starter import order

# A command and its options are built from its file once per process, not for each of a thousand calls.
main.loaded = cache(main.loaded)
COMMAND = str(Path(sys.executable).parent / "backprop-tutor")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


@dataclass(frozen=True)
class Ran:
    """What a command left behind: its exit status, standard output and standard error."""

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
                main.run(arguments)
            except SystemExit as end:
                return Ran(int(end.code or 0), out.written, err.written)
    raise AssertionError("run() always exits")


@cache
def _starter() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """The socket to the process that forks programs: it is started once, and ends with this connection."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    root = str(Path(__file__).parent.parent.parent)
    command = [sys.executable, "-m", "tests.cli.starter", str(theirs.fileno())]
    process = subprocess.Popen(command, cwd=root, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
    theirs.close()

    @atexit.register
    def end() -> None:
        ours.close()
        process.wait()

    return ours, process


class _Program:
    """A running `backprop-tutor` that the starter has forked: its process id, and how it ends."""

    def __init__(
        self, arguments: Sequence[str], env: Mapping[str, str], streams: Sequence[int], at_a_terminal: bool = False
    ) -> None:
        self.told, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(_starter()[0], [order(arguments, env, at_a_terminal)], [*streams, theirs.fileno()])
        self.pid = self._number()

    def ended(self, seconds: float | None = None) -> int | None:
        """Its status, as os.waitpid reports it; None if it still runs after this many seconds."""
        if not select.select([self.told], [], [], seconds)[0]:
            return None
        with self.told:
            return self._number()

    def _number(self) -> int:
        found = self.told.recv(4, socket.MSG_WAITALL)
        assert len(found) == 4, "the starter of programs has broken down"
        return int.from_bytes(found)


class _AtATerminal(PtyProcess):
    """A program at a pseudo-terminal, as pexpect expects it; it is not a child of this process, so the starter is asked
    for its end."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str], size: tuple[int, int]) -> None:
        ours, theirs = pty.openpty()
        try:
            self.program = _Program(arguments, env, [theirs] * 3, at_a_terminal=True)
        finally:
            os.close(theirs)
        super().__init__(self.program.pid, ours)
        self.setwinsize(*size)

    def isalive(self) -> bool:
        return not self._has_ended(0)

    def wait(self) -> int | None:
        self._has_ended(None)
        return self.exitstatus

    def close(self, force: bool = True) -> None:
        super().close(force)
        self.program.told.close()

    def _has_ended(self, seconds: float | None) -> bool:
        if not self.terminated and (status := self.program.ended(seconds)) is not None:
            self.status, self.terminated = status, True
            if os.WIFSIGNALED(status):
                self.signalstatus = os.WTERMSIG(status)
            else:
                self.exitstatus = os.WEXITSTATUS(status)
        return self.terminated


def _python_reads(env: Mapping[str, str]) -> bool:
    """Whether Python itself reads one of these variables when it starts, as it does its encoding."""
    return any(name.startswith(("PYTHON", "LC_", "LANG")) for name in env)


def in_a_process(*arguments: str, stdin: str = "", stdout: int | None = None, **env: str) -> Ran:
    """Runs `python -m backprop_tutor` with these arguments; its output goes to `stdout`, if one is given."""
    environment = {**os.environ, "COLUMNS": "80", **env}
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        streams = [given.fileno(), out.fileno() if stdout is None else stdout, err.fileno()]
        if _python_reads(env):
            command = [sys.executable, "-m", "backprop_tutor", *arguments]
            ended = subprocess.run(command, env=environment, check=False, timeout=60, **_named(streams)).returncode
        else:
            status = _Program(arguments, environment, streams).ended(60)
            assert status is not None, "it has not ended after a minute"
            ended = os.waitstatus_to_exitcode(status)
        for stream in (out, err):
            stream.seek(0)
        return Ran(ended, out.read().decode(), err.read().decode())


def _named(streams: Sequence[int]) -> dict[str, int]:
    return dict(zip(("stdin", "stdout", "stderr"), streams, strict=True))


_READING: Final = 0.1  # seconds: Python loses a Ctrl-C that comes after the prompt is written and before it reads


class Terminal:
    """The command at a pseudo-terminal, and everything that it has shown."""

    def __init__(
        self, *arguments: str, columns: int = 80, rows: int = 60, env: Mapping[str, str] | None = None
    ) -> None:
        environment = {
            name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")
        }
        environment |= {"TERM": "xterm-256color", **(env or {})}
        self.log = io.StringIO()
        size = (rows, columns)
        # On Ctrl-C the terminal drops what is waiting, even in the middle of a character: hence codec_errors.
        settings = {"encoding": "utf-8", "timeout": 30, "codec_errors": "replace"}
        if _python_reads(env or {}):
            command = ["-m", "backprop_tutor", *arguments]
            self.child = pexpect.spawn(sys.executable, command, dimensions=size, env=environment, **settings)
        else:
            self.child = pexpect.spawn(None, **settings)
            program = self.child.ptyproc = _AtATerminal(arguments, environment, size)
            self.child.pid, self.child.child_fd = program.pid, program.fd
            self.child.terminated = self.child.closed = False
        self.child.delaybeforesend = None
        self.child.logfile_read = self.log

    def type(self, *lines: str, prompt: str = "> ") -> None:
        """Waits for a prompt before each line."""
        for line in lines:
            self.child.expect_exact(prompt)
            self.child.sendline(line)

    def press(self, key: str, prompt: str = "> ") -> None:
        """Presses Ctrl and a letter at the next prompt."""
        self.child.expect_exact(prompt)
        sleep(_READING)
        self.child.sendcontrol(key)

    def end(self) -> int:
        """Waits for the end, leaving if a next exercise is offered, and returns the exit status."""
        if self.child.expect_exact(["or q: ", pexpect.EOF]) == 0:
            self.child.sendline("q")
            self.child.expect(pexpect.EOF)
        self.child.wait()
        self.child.ptyproc.delayafterclose = 0  # it has ended: there is nothing left to wait for
        self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus)

    @property
    def shown(self) -> str:
        """The text so far, without escapes and without blanks at the ends of lines."""
        text = _ESCAPES.sub("", self.log.getvalue()).replace("\r\n", "\n").replace("\r", "")
        return "\n".join(line.rstrip() for line in text.split("\n"))
