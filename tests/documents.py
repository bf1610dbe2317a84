"""A document whose blocks must agree with the program: its `$` commands run, and print what it shows."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from backprop_tutor.cli.main import COMMANDS
from tests import goldens
from tests.cli.running import tutor

ROOT = Path(__file__).parent.parent
EXISTING = frozenset(COMMANDS)
"""The commands that there are."""


@dataclass(frozen=True)
class Document:
    """A Markdown file, named by its path in the checkout; what its commands print is renewed as golden texts are."""

    name: str

    def __str__(self) -> str:
        return self.name

    @cached_property
    def text(self) -> str:
        return (ROOT / self.name).read_text(encoding="utf-8")

    @cached_property
    def blocks(self) -> list[tuple[str, str]]:
        """Every block: its kind and its text."""
        return re.findall(r"```(\w+)\n(.*?)```", self.text, re.DOTALL)

    @cached_property
    def console(self) -> list[str]:
        return [block for kind, block in self.blocks if kind == "console"]

    @cached_property
    def commands(self) -> list[str]:
        """Every command of ours that it shows."""
        return [
            command
            for block in self.console
            for command in re.findall(r"^\$ (backprop-tutor .*)$", block, re.MULTILINE)
        ]

    @cached_property
    def files(self) -> dict[str, str]:
        """The files that it shows: blocks of YAML that begin with `# name.yaml`, and the class's list, class.csv."""
        named = {
            match[1]: block
            for kind, block in self.blocks
            if kind == "yaml" and (match := re.match(r"# (\S+\.yaml)\n", block))
        }
        tables = [block for kind, block in self.blocks if kind == "csv"]
        return named | ({"class.csv": tables[0]} if tables else {})

    def write_files(self, folder: Path) -> None:
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")

    def hold_to(self, command: str) -> None:
        """Runs a command in a folder with its files; it must end as expected, and print what is shown below it."""
        arguments = shlex.split(command)[1:]
        ran = tutor(*arguments)
        assert ran.status == (1 if arguments[0] in ("check", "practice") else 0), ran.err
        block = next(block for block in self.console if f"$ {command}\n" in block)
        shown = block.split(f"$ {command}\n")[1].split("$ ")[0]
        if goldens.RENEWS and shown.strip():
            path, found = ROOT / self.name, f"$ {command}\n{shown}"
            path.write_text(
                path.read_text(encoding="utf-8").replace(found, f"$ {command}\n{ran.out}"), encoding="utf-8"
            )
            return
        assert shown.rstrip("\n") in ("", ran.out.rstrip("\n"))
