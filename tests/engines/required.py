"""Engines that a test needs: if one is missing the test is skipped, unless it must be there."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest


def need(engine: str, what: str, is_there: bool) -> None:
    """Skips a test, saying what is missing; fails it if BACKPROP_TUTOR_ENGINES names the engine, as in CI."""
    if not is_there:
        if engine in os.environ.get("BACKPROP_TUTOR_ENGINES", "").split():
            pytest.fail(f"{what} is missing, and {engine} was promised")
        pytest.skip(f"{what} is missing: tests/engines.sh brings it")


def is_installed(package: str) -> bool:
    return find_spec(package) is not None
