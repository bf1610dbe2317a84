"""Every test has a record of its own: nobody's home is written to."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's record."""
    folder = tmp_path / "home"
    monkeypatch.setenv("BACKPROP_TUTOR_HOME", str(folder))
    return folder
