"""A process that has imported the program, and forks one that runs it for each order.

A test at a pseudo-terminal then waits for what the program does, not for Python's start and the reading of the course.
What is about that start (what it imports, its encoding, its signals at the very beginning) starts a Python of its own.
"""

from __future__ import annotations

import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module

import backprop_tutor
from backprop_tutor.cli.main import COMMANDS, loaded
from backprop_tutor.course.catalogue import catalogue
from tests.reading import each_text_once

STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
_MOST_BYTES = 1 << 17  # of an order: the arguments and the environment
_TOO_HEAVY = ("__main__", "engine.symbolic")  # SymPy is left to those that need it


def order(arguments: Sequence[str], env: Mapping[str, str], at_a_terminal: bool) -> bytes:
    """What this process is asked to do, besides the three streams and a socket on which it answers."""
    return json.dumps([list(arguments), dict(env), str(os.getcwd()), at_a_terminal]).encode()  # noqa: PTH109  as it is


def serve(link: socket.socket) -> Sequence[str] | None:
    """Forks a process for each order. Returns the order's arguments in that process; None once nobody orders any
    more."""
    while True:
        text, handles, _, _ = socket.recv_fds(link, _MOST_BYTES, len(STREAMS) + 1)
        if not text:
            return None
        with suppress(ChildProcessError):  # keepers that have ended
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if os.fork() == 0:
            link.close()
            return _kept(text, handles[:-1], socket.socket(fileno=handles[-1]))
        for handle in handles:
            os.close(handle)


def _kept(text: bytes, handles: Sequence[int], answer: socket.socket) -> Sequence[str]:
    """Forks the program itself, reports its process id and, in the end, its status; returns only in the program."""
    program = os.fork()
    if program == 0:
        answer.close()
        return _begun(text, handles)
    for handle in handles:
        os.close(handle)
    answer.sendall(program.to_bytes(4))
    _, status = os.waitpid(program, 0)
    answer.sendall(status.to_bytes(4))
    os._exit(0)


def _begun(text: bytes, handles: Sequence[int]) -> Sequence[str]:
    """Makes this process look like one that was started with these streams, in this folder and environment."""
    arguments, env, folder, at_a_terminal = json.loads(text)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which tests in the background are born deaf to
    if at_a_terminal:
        os.login_tty(os.dup(handles[0]))
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(folder)
    for number, (name, mode) in enumerate(STREAMS):
        old = getattr(sys, name)
        buffering = 1 if name == "stderr" else -1  # as in Python: errors line by line, the rest so at a terminal
        stream = open(number, mode, buffering, old.encoding, old.errors, newline="\n", closefd=False)  # noqa: SIM115  it stays open
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    return list(arguments)


def _import_everything() -> None:
    for module in pkgutil.walk_packages(backprop_tutor.__path__, "backprop_tutor."):
        if not module.name.endswith(_TOO_HEAVY):
            import_module(module.name)
    for name in COMMANDS:
        loaded(name)
    each_text_once()
    catalogue()


if __name__ == "__main__":
    _import_everything()
    wanted = serve(socket.socket(fileno=int(sys.argv[1])))
    if wanted is not None:
        sys.argv[1:] = wanted
        runpy.run_module("backprop_tutor", run_name="__main__", alter_sys=True)
