"""Where exercises come from: the folders of the catalogue, nearest first, and the files in a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

SUFFIXES: Final = (".yaml", ".yml")
"""What an exercise file's name ends in."""
FOLDERS_VARIABLE: Final = "BACKPROP_TUTOR_EXERCISES"
"""The environment variable that names folders of exercises, separated as in PATH."""
HOME_VARIABLE: Final = "BACKPROP_TUTOR_HOME"
"""The environment variable that names the user's data folder."""


class Folder(NamedTuple):
    """A folder of exercises, and where it was named: `--exercises`, the variable, `your own` or `built in`."""

    path: Path
    origin: str


def folders(named: Sequence[str] = ()) -> list[Folder]:
    """The folders of the catalogue, nearest first: those named now, in the environment, the user's own, the built-in
    one."""
    in_environment = os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep)
    found = [Folder(Path(name), "--exercises") for name in named]
    found += [Folder(Path(name), FOLDERS_VARIABLE) for name in in_environment if name]
    return [*found, Folder(home() / "exercises", "your own"), Folder(built_in(), "built in")]


def home() -> Path:
    """The user's data folder; it need not exist."""
    named = os.environ.get(HOME_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("backprop-tutor", appauthor=False)


def built_in() -> Path:
    """The folder of the exercises that come with the package: inside it in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "exercises"
    return inside if inside.is_dir() else package.parent / "exercises"


def exercise_files(folder: Path) -> Iterator[Path]:
    """The exercise files in a folder and the folders in it, in the order of their names, one at a time."""
    for place, _, names in walk(folder):
        yield from (place / name for name in names if name.endswith(SUFFIXES))


def walk(
    folder: Path, unreadable: Callable[[OSError], None] | None = None
) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Every folder in a folder, itself first: where it is, the names of its folders, the names of its files, in order.

    Folders that links lead to are left out (so no loop is endless), and so are hidden ones. What cannot be
    listed is handed to `unreadable`.
    """
    for place, inside, names in os.walk(folder, onerror=unreadable):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        yield Path(place), inside, sorted(names)


def as_typed(path: str) -> str:
    """A file as one names it from here."""
    try:
        return f"./{Path(path).relative_to(Path.cwd())}"
    except (ValueError, OSError):  # it lies elsewhere; or here is nowhere any more
        return path
