"""The house as the import contracts see it: they look into packages, and pass a folder over that is none."""

from __future__ import annotations

from pathlib import Path

import backprop_tutor


def test_every_folder_with_code_is_a_package() -> None:
    root = Path(backprop_tutor.__file__).parent
    folders = {path.parent for path in root.rglob("*.py")}
    assert len(folders) > 10
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []
