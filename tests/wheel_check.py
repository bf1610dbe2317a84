"""The package as a student gets it: built, installed into a new environment outside the checkout, and practised to the
end.

`python tests/wheel_check.py` builds the sdist and, out of it, the wheel; runs the README's own line in a copy of the
checkout, with `practice relu` at a pseudo-terminal; and holds the wheel to what that line has installed, byte for byte.
`.ci/run` calls it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pexpect

CHECKOUT = Path(__file__).parent.parent
GRAPH = ["a = w0*x0", "c = w1*x1", "d = a + c", "x = d + b", "f = relu(x)"]
FORWARD = ["0.2", "-0.84", "-0.64", "0.16", "0.16"]
ANSWER_OF = {"x": "1", "d": "1", "b": "1", "a": "1", "c": "1", "w0": "1", "x0": "0.2", "w1": "-1.2", "x1": "0.7"}


def main() -> None:
    """Builds, installs, practises; raises if anything is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        # Without a named target, the wheel is built from the sdist, so both are tested.
        subprocess.run(
            [sys.executable, "-m", "build", "-q", "--no-isolation", "--outdir", str(place), str(CHECKOUT)], check=True
        )
        (wheel,) = place.glob("*.whl")
        copy = copied(place / "copy")
        practise_to_the_end(f"bash -c '{readme_line()}'", copy)
        say("README: its line was run and practice relu was done to its end")
        (installed,) = copy.glob(".venv/lib/python*/site-packages")
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                # RECORD says how it was installed, which is the installer's business.
                if not name.endswith("/RECORD") and archive.read(name) != (installed / name).read_bytes():
                    raise SystemExit(f"{wheel.name} holds another {name} than the README's line installs")
            say(f"{wheel.name}: {len(archive.namelist())} files, those that were installed")
        subprocess.run([copy / ".venv/bin/backprop-tutor", "draw", "relu", "-o", place / "relu.html"], check=True)


def copied(folder: Path) -> Path:
    """A copy of the checkout without anything that does not belong to it."""
    ignored = shutil.ignore_patterns(
        ".git", ".venv", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis", "dist", "build"
    )
    return Path(shutil.copytree(CHECKOUT, folder, ignore=ignored))


def readme_line() -> str:
    """The README's one line that sets everything up and starts practising."""
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^\$ (python3 -m venv .* practice relu)$", text, re.MULTILINE)
    return str(line)


def practise_to_the_end(command: str, folder: Path) -> None:
    """Types the right answers of `relu` at a pseudo-terminal."""
    home = str(folder / "home")
    child = pexpect.spawn(
        command, cwd=str(folder), dimensions=(50, 80), encoding="utf-8", timeout=300, env=environment(home)
    )
    for line in (*GRAPH, *FORWARD):
        child.expect_exact("> ")
        child.sendline(line)
    while child.expect([r"∂L/∂\w+\S* > ", "or q: "]) == 0:  # until the next exercise is offered
        asked = re.findall(r"∂L/∂(\w+)\S* > ", child.after)[-1]
        child.sendline(ANSWER_OF[asked])
    child.sendline("q")
    child.expect(pexpect.EOF)
    child.close()
    if child.exitstatus != 0:
        raise SystemExit(f"{command} ended with {child.exitstatus}:\n{child.before}")


def environment(home: str) -> dict[str, str]:
    """The environment with a terminal's name in it, and a record of its own."""
    import os

    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "PYTHONPATH", "VIRTUAL_ENV")}
    return {**kept, "TERM": "xterm-256color", "BACKPROP_TUTOR_HOME": home}


def say(text: str) -> None:
    """Prints one line about a result."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
