"""The notebook runs from top to bottom, warns of nothing, and shows what is stored in it.

`BACKPROP_TUTOR_GOLDEN=renew pytest tests/exercises/test_notebook.py` stores what it shows now.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from backprop_tutor.course.catalogue import built_in

NOTEBOOK = built_in() / "relu.ipynb"
SHOWN = ("text/plain", "text/html", "image/svg+xml")


def outputs(notebook: Any) -> Iterator[list[tuple[str, str]]]:
    """What each cell shows: the kind and the text of each output."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield [shown for output in cell.outputs for shown in _shown(output)]


def _shown(output: Any) -> Iterator[tuple[str, str]]:
    if output.output_type == "stream":
        yield output.name, output.text
    elif output.output_type == "error":
        yield "error", output.evalue
    else:
        yield from ((kind, output.data[kind]) for kind in SHOWN if kind in output.data)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook, executed as a student does, in an empty folder."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    about = deepcopy(notebook.metadata)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with pytest.MonkeyPatch.context() as patch:
        for name in ("BACKPROP_TUTOR_HOME", "IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(folder / name.lower()))
        patch.setenv("PYTHONWARNINGS", "error:::backprop_tutor")
        client = NotebookClient(
            notebook, timeout=60, resources={"metadata": {"path": str(folder)}}, record_timing=False
        )
        client.execute()
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ()) if "data" in output):
        output.data["text/plain"] = re.sub(" at 0x[0-9a-f]+", "", output.data["text/plain"])
    assert (folder / "relu.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    if os.environ.get("BACKPROP_TUTOR_GOLDEN") == "renew":
        notebook.metadata = about  # not of this Python, but of any
        nbformat.write(notebook, NOTEBOOK)
    return notebook


def test_it_shows_what_is_stored_in_it(executed: Any) -> None:
    stored = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(stored)
    assert list(outputs(executed)) == list(outputs(stored))


def test_it_shows_marks_drawings_and_the_lesson(executed: Any) -> None:
    shown = [each for cell in outputs(executed) for each in cell]
    kinds = [kind for kind, _ in shown]
    assert not {"error", "stderr"} & set(kinds)
    assert kinds.count("image/svg+xml") == 3
    marks = [text for kind, text in shown if kind == "text/html" and "<table" in text]
    assert [part in text for part, text in zip(("5 of 15", "12 of 15", "15 of 15"), marks, strict=True)] == [True] * 3
    assert any("iframe" in text for _, text in shown)
    assert shown[-1] == ("text/plain", "10.0")


def test_nobody_else_is_in_it() -> None:
    text = Path(NOTEBOOK).read_text(encoding="utf-8")
    assert "/home/" not in text
    assert "/tmp/" not in text  # noqa: S108  it is looked for, not written to
