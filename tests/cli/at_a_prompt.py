"""Runs commands at a terminal in this process, with prepared input, so that what is read and loaded can be counted."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest

from backprop_tutor.cli.main import run


class _Typing(io.StringIO):
    def isatty(self) -> bool:
        return True


def typed(monkeypatch: pytest.MonkeyPatch, arguments: list[str], *lines: str) -> str:
    """What a command shows to somebody who types these lines and then ends the input."""
    waiting: Iterator[str] = iter(lines)

    def line(prompt: str = "") -> str:
        sys.stdout.write(prompt)
        try:
            return next(waiting)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr(sys, "stdin", _Typing())
    monkeypatch.setattr("builtins.input", line)
    shown = io.StringIO()
    with redirect_stdout(shown), pytest.raises(SystemExit):
        run(arguments)
    return shown.getvalue()
