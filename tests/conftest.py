"""Every test has its own record, so nobody's home is written to; and no property has a deadline."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.full import times
from tests.reading import each_text_once

# The tests start the program hundreds of times: compiling it anew each time would take twice as long.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long an example takes says more about the machine than about the law.
settings.register_profile("no clock", deadline=None, max_examples=times(40, 400))
settings.load_profile("no clock")

each_text_once()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's record."""
    folder = tmp_path / "home"
    monkeypatch.setenv("BACKPROP_TUTOR_HOME", str(folder))
    return folder
