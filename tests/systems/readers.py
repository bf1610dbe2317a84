"""Readers that a test needs: if one is missing the test is skipped, unless it must be there."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest


def need(system: str, what: str, is_there: bool) -> None:
    """Skips a test, saying what is missing; fails it if BACKPROP_TUTOR_SYSTEMS names the system, as in CI."""
    if not is_there:
        if system in os.environ.get("BACKPROP_TUTOR_SYSTEMS", "").split():
            pytest.fail(f"{what} is missing, and {system} was promised")
        pytest.skip(f"{what} is missing: tests/systems.sh brings it")


def reader(system: str, name: str) -> ModuleType:
    """A module of a reader's."""
    try:
        return importlib.import_module(name)
    except ImportError:
        need(system, name.partition(".")[0], is_there=False)
        raise
