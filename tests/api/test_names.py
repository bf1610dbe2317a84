"""The public names: ten, loaded on first use, typed, explained with examples, and light."""

from __future__ import annotations

import doctest
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import FunctionType

import pytest
from mypy import api as mypy

import backprop_tutor as bt
from tests.api import every_name
from tests.documents import ROOT

NAMES = ["Drawing", "Exercise", "Mark", "Question", "TutorError", "Verdict", "grade_lines", "load", "seed_for", "trace"]
MODULES = ["backprop_tutor", *(f"backprop_tutor.api{name}" for name in ("", ".exercises", ".results"))]
_EVERYTHING = """
import sys
before = set(sys.modules)
import backprop_tutor as bt
exercise = bt.load("relu", student="a", salt="b")
mark = exercise.mark({"graph": exercise.graph, "backward": {"w1": 0.5, "x1": "w1", "w0": "(", "b": None}})
bt.load("xor").mark({"delta": {"y5": {"error": 3}}, "update": {"w35": 1}})
print(mark._repr_html_(), mark.to_dict(), exercise.draw("key").text, exercise._repr_svg_(), exercise.template())
print([(one.text, one.mark(3), one.hints()) for one in exercise.questions])
exercise.draw("blank").save(sys.argv[1])
rows = list(bt.grade_lines([b'{"backward": {"w1": "1"}}', "nonsense", b"\\xff"], exercise="relu"))
assert len(rows) == 3
assert bt.trace(lambda x: max(0, x), x=2).graph == "f = relu(x)"
for name in sorted(set(sys.modules) - before):
    print("IMPORTED", name, getattr(sys.modules[name], "__file__", None))
"""
_TOO_MUCH = (
    "sqlite3", "multiprocessing", "concurrent.futures", "subprocess", "asyncio", "socket", "ssl", "ctypes", "curses",
    "readline", "termios", "tty", "typer", "click", "rich.console", "pydantic", "numpy", "sympy", "IPython",
)  # fmt: skip


def python(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def public(name: str) -> Iterator[object]:
    """A public object, and its public attributes."""
    thing = getattr(bt, name)
    yield thing
    if inspect.isclass(thing) and name != "TutorError":
        kinds = FunctionType | property | cached_property
        yield from (own for attribute, own in vars(thing).items() if attribute[0] != "_" and isinstance(own, kinds))


def test_they_are_ten() -> None:
    assert bt.__all__ == NAMES
    assert set(bt.__all__) <= set(dir(bt))
    assert all(getattr(bt, name).__name__ == name for name in NAMES)
    everything: dict[str, object] = {}
    exec("from backprop_tutor import *", everything)  # noqa: S102  as somebody at a prompt writes
    assert set(bt.__all__) <= set(everything)
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        bt.lode  # noqa: B018


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_is(name: str) -> None:
    assert all(thing.__doc__ for thing in public(name))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_print_what_they_show(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, raise_on_error=False).failed == 0


def test_every_name_has_an_example() -> None:
    for name in NAMES:
        if name != "TutorError":
            assert ">>> " in (getattr(bt, name).__doc__ or ""), name


def test_to_import_it_costs_nothing() -> None:
    script = "import sys; before = set(sys.modules); import backprop_tutor; print(set(sys.modules) - before)"
    assert python("-c", script) == "{'backprop_tutor'}\n"
    line = python("-X", "importtime", "-c", "import backprop_tutor").splitlines()[-1]
    assert line.split()[-1] == "backprop_tutor"
    assert int(line.split("|")[1]) < 10_000  # microseconds


def test_it_needs_nothing_that_a_browser_lacks(tmp_path: Path) -> None:
    printed = python("-W", "error", "-c", _EVERYTHING, str(tmp_path / "relu.html"))
    imported = [line.split(" ", 2)[1:] for line in printed.splitlines() if line.startswith("IMPORTED")]
    names = {name for name, _ in imported}
    assert "backprop_tutor.grading.grader" in names
    assert names & {*_TOO_MUCH, "backprop_tutor.processes", "backprop_tutor.grading.attempts"} == set()
    assert not [name for name in names if name.startswith(("backprop_tutor.cli", "backprop_tutor.records"))]
    assert not [name for name, file in imported if "site-packages" in file and not file.endswith(".py")]


def test_types_are_checked_strictly() -> None:
    # With the settings and the cache of the package's own check.
    out, err, status = mypy.run(["--config-file", str(ROOT / "pyproject.toml"), every_name.__file__])
    assert status == 0, out + err


def test_what_is_typed_runs(tmp_path: Path) -> None:
    assert every_name.homework("65010001", tmp_path) == 10
    assert (tmp_path / "65010001.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert all(hints for _, hints in every_name.hints(bt.load("relu")))
    assert every_name.downstream(bt.load("simple"))["q->f"] == -4
    assert every_name.scores([b'{"student": "a", "backward": {"x": 1}}'])["a"] in (0, 1)
    assert every_name.slope(3.0) == 6.0
    assert (every_name.is_there("relu"), every_name.is_there("rleu")) == (True, False)
