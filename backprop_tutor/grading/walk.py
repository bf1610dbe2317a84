"""What lies under an argument, entry by entry, in the order of names: to be marked, or refused with a reason. Nothing
is opened."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from backprop_tutor.grading.items import Refused, shown_path

FILE_SUFFIXES: Final = (".yaml", ".yml", ".json")
"""What a file of answers ends in; every other file of a folder gets a row too."""
LINES_SUFFIXES: Final = (".jsonl", ".ndjson")
"""What a file of one submission a line ends in."""
NO_FILE: Final = "is no regular file. Lines from a pipe are read as -, standard input."
_LEFT_BEHIND: Final = frozenset((
    ".DS_Store", ".Spotlight-V100", ".Trashes", ".fseventsd", ".directory", ".git", ".gitignore", ".gitattributes",
    ".gitkeep", ".hg",
    ".svn", ".idea", ".vscode", ".ipynb_checkpoints", "__MACOSX", "Thumbs.db", "desktop.ini",
))  # fmt: skip
"""What systems, editors and version control put beside files."""


class Found(NamedTuple):
    """An entry: its path, how messages name it, and `inside`, what a layout is about.

    That is its path inside the folder that was given; of a file that was given itself all of its path, from `/`.
    """

    path: str
    shown: str
    inside: str

    @property
    def is_lines(self) -> bool:
        """Whether it holds one submission a line."""
        return self.path.lower().endswith(LINES_SUFFIXES)


def found(argument: str, own: Collection[str]) -> Iterator[Found | Refused]:
    """The entries of a file or a folder that is named; `own`, files that this run writes itself, are passed over in
    folders."""
    if Path(argument).is_dir():
        yield from _folder(argument, own)
        return
    real, whole = os.path.realpath(argument), f"/{shown_path(argument.replace(os.sep, '/')).lstrip('/')}"
    if os.path.lexists(real):
        yield Found(real, shown_path(argument), whole)
    else:  # a pipe by its number
        yield Refused(shown_path(argument), whole, NO_FILE)


def real_names(paths: Collection[Path]) -> frozenset[str]:
    """Paths without links, as `found` takes them."""
    return frozenset(os.path.realpath(path) for path in paths)


def _folder(root: str, own: Collection[str]) -> Iterator[Found | Refused]:
    """Every entry of a folder and the folders in it, in the order of their names, but for those that systems and
    editors leave behind."""
    refused: list[Refused] = []

    def unreadable(error: OSError) -> None:
        name = str(error.filename)
        refused.append(Refused(shown_path(name), _inside(root, name), reason(error)))

    for path, inside, names in os.walk(root, onerror=unreadable):
        yield from refused
        refused.clear()
        visible_ones = (
            name for name in inside if not _is_left_behind(name) and os.path.realpath(Path(path, name)) not in own
        )
        inside[:] = sorted(visible_ones, key=os.fsencode)
        links = [name for name in inside if Path(path, name).is_symlink()]
        for name in sorted((name for name in names if not _is_left_behind(name)), key=os.fsencode):
            full = str(Path(path, name))
            if os.path.realpath(full) not in own or Path(full).is_symlink():
                yield Found(full, shown_path(full), _inside(root, full))
        for name in inside:
            full = str(Path(path, name))
            if name in links:
                yield Refused(shown_path(full), _inside(root, full), "is a link, and links are not followed.")
            elif name.lower().endswith((*FILE_SUFFIXES, *LINES_SUFFIXES)):
                yield Refused(shown_path(full), _inside(root, full), "is a folder, not a file.")
    yield from refused


def _is_left_behind(name: str) -> bool:
    """Whether no person has made this file or folder; another hidden one may be handed in."""
    return name in _LEFT_BEHIND or name.startswith("._")  # what macOS keeps beside a file


def _inside(root: str, path: str) -> str:
    return shown_path(os.path.relpath(path, root).replace(os.sep, "/"))


def reason(error: OSError) -> str:
    """Why an entry cannot be read, in words."""
    return f"cannot be read: {(error.strerror or 'unknown error').lower()}."
