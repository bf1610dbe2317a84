"""Golden texts: screens and messages as they are meant to look.

`BACKPROP_TUTOR_GOLDEN=renew pytest` writes them anew; read the difference before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"
RENEWS = os.environ.get("BACKPROP_TUTOR_GOLDEN") == "renew"


def matches(name: str, text: str, folder: Path = FOLDER) -> None:
    """Compares a text with the golden file of this name, or with one that is made and kept elsewhere."""
    path = folder / name
    if RENEWS:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.exists(), f"there is no {path}: renew the golden texts"
    assert text == path.read_text(encoding="utf-8")
