"""Every test has its own record, so nobody's home is written to; and no property has a deadline."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.full import FULL, times
from tests.reading import each_text_once

# The tests start the program hundreds of times: compiling it anew each time would take twice as long.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long an example takes says more about the machine than about the law; and what is tried in the bounded form
# depends on nothing but the law, so that a run that fails has a change to blame.
settings.register_profile("no clock", deadline=None, max_examples=times(40, 400), derandomize=not FULL)
settings.load_profile("no clock")

each_text_once()

_TURN = Path(__file__).open()  # noqa: SIM115  held until everything is collected
_WORKER = os.environ.get("PYTEST_XDIST_WORKER")
if _WORKER == "gw0" and not (Path(__file__).parent / "tutor" / "__pycache__").exists():
    fcntl.flock(_TURN, fcntl.LOCK_EX)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, None, object]:
    """Before anything is compiled, the first worker collects alone, and the others find what it has compiled."""
    if _WORKER not in (None, "gw0"):
        fcntl.flock(_TURN, fcntl.LOCK_SH)
    try:
        return (yield)
    finally:
        fcntl.flock(_TURN, fcntl.LOCK_UN)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's record."""
    folder = tmp_path / "home"
    monkeypatch.setenv("BACKPROP_TUTOR_HOME", str(folder))
    return folder
