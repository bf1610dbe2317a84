"""The house: every folder is a package, so that the import contracts see it; some things are done in only one place,
and some names are known only there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import backprop_tutor
from backprop_tutor.drawing.formats import FORMATS as PICTURES
from backprop_tutor.grading.reports import FORMATS as REPORTS
from backprop_tutor.publishing.banks import TARGETS

ROOT = Path(backprop_tutor.__file__).parent
IN_ONE_PLACE = {
    "a walk through folders": (r"os\.walk\(", {"files.py"}),
    "a bar of progress": (r"rich\.progress", {"cli/screen.py"}),
    "other processes": (r"get_context|ProcessPool|import subprocess", {"processes.py"}),
    "a file is replaced": (r"os\.link\(|os\.replace\(|NamedTemporaryFile|mkstemp", {"files.py"}),
    "a text is written": (r"\.write_text\(", set[str]()),
    "the record is written": (
        r"record\.sqlite3|\.begin_sitting\(|Store\(",
        {"records/store.py", "records/sittings.py"},
    ),
    "an answer is typed": (r"(?:return|=) input\(", {"cli/screen.py"}),
    "a word typed at a prompt": (r"\bCommand\(", {"tutor/commands.py"}),
    "a graph is written": (r"^def written\(graph", {"engine/compile.py"}),
    "an exercise is written": (r"^def file_text\(", {"authoring/exercise_files.py"}),
    "SymPy": (r"(?:import|from) sympy", {"engine/symbolic.py"}),
}
"""What is done in one place, how to recognise it, and where it is done."""


@cache
def texts() -> dict[str, str]:
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sorted(ROOT.rglob("*.py"))}


def test_every_folder_with_code_is_a_package() -> None:
    folders = {path.parent for path in ROOT.rglob("*.py")}
    assert len(folders) > 10
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("what", IN_ONE_PLACE)
def test_it_is_done_in_one_place(what: str) -> None:
    sign, places = IN_ONE_PLACE[what]
    assert {path for path, text in texts().items() if re.search(sign, text, re.MULTILINE)} == places


def test_no_format_is_known_by_name_outside_its_row() -> None:
    """Commands that print JSON or a screen have a word for each."""
    names = {*REPORTS, *PICTURES, *TARGETS} - {"json"}
    known = []
    for path, text in texts().items():
        for node in ast.walk(ast.parse(text)) if any(f'"{name}"' in text for name in names) else ():
            parts = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            for part in parts:
                literals = part.elts if isinstance(part, ast.Tuple | ast.List | ast.Set) else [part]
                known += [path for one in literals if isinstance(one, ast.Constant) and one.value in names]
    assert known == []
