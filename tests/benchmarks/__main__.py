"""`python -m tests.benchmarks [SUBJECT…]`: every figure that the project promises, with its bound."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import tempfile
from pathlib import Path

SUBJECTS = sorted(
    module.name
    for module in pkgutil.iter_modules([str(Path(__file__).parent)])
    if module.name not in ("__main__", "timing")
)


def main(names: list[str]) -> int:
    """Prints each measure of the named subjects (by default, all); returns 1 if a bound does not hold."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    os.environ["BACKPROP_TUTOR_HOME"] = tempfile.mkdtemp()  # nobody's own record
    kept = True
    for name in names or SUBJECTS:
        module = importlib.import_module(f"tests.benchmarks.{name}")
        for measure in module.measures():
            kept &= measure.holds
            word = "ok " if measure.holds else "OUT"
            print(f"{word} {measure.name:<58} {measure.ratio:8.2f}  ({measure.bound})  {measure.detail}", flush=True)  # noqa: T201
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
