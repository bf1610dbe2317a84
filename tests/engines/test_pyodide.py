"""The API in a browser's Python: no compiled package, and the same marks as here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.engines.required import need

CHECKOUT = Path(__file__).parents[2]
FOLDER = CHECKOUT / "build" / "engines"
LESSON = Path(__file__).with_name("a_lesson.py")
MARK = """
import json, sys
from importlib import metadata
import backprop_tutor as bt
mark = bt.load("relu").mark({"backward": {"w1": -1.2}})
print(json.dumps({
    "platform": sys.platform, "score": mark.score, "verdict": [one.outcome for one in mark.verdicts if one.answer],
    "packages": [one.name for one in metadata.distributions()],
    "compiled": [name for name, module in sys.modules.items() if str(getattr(module, "__file__", "")).endswith(".so")],
}))
"""


def test_a_browsers_python_marks_and_draws_as_this_one_does_without_a_compiled_package(tmp_path: Path) -> None:
    need("pyodide", "node", shutil.which("node") is not None)
    need("pyodide", "pyodide (npm)", (FOLDER / "node_modules" / "pyodide").is_dir() and (FOLDER / "wheels").is_dir())
    program = tmp_path / "program.py"
    program.write_text(MARK + LESSON.read_text(encoding="utf-8"), encoding="utf-8")
    there = run("node", LESSON.with_name("in_pyodide.mjs"), FOLDER, CHECKOUT, program)

    said = json.loads(there[0])
    assert (said["platform"], said["score"], said["verdict"]) == ("emscripten", 1.0, ["right"])
    assert said["compiled"] == []
    needed = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert {re.split(r"[^\w.-]", each)[0] for each in needed} <= set(said["packages"])  # each as a pure wheel

    assert there[1:] == run(sys.executable, LESSON)
    assert len(there) > 20


def run(*command: str | Path) -> list[str]:
    """The lines that a command prints; it must not warn."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        list(map(str, command)), capture_output=True, encoding="utf-8", check=False, timeout=300, env=environment
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
    return done.stdout.splitlines()
