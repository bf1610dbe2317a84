"""Many files on every core: their reports in the order of the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from backprop_tutor import processes
from backprop_tutor.authoring.report import Report
from backprop_tutor.authoring.validate import report_on

FEW: Final = 12
"""Up to so many files are checked here: starting other processes would take longer."""
_MOST_CORES: Final = 8


def reports(files: Iterable[Path | Report], cores: int | None = None) -> Iterator[Report]:
    """The report of each file, in their order; what is a report already is passed on. Raises ProcessEnded."""
    count = min(_MOST_CORES, cores or processes.cores())
    return (report for _, report in processes.in_order(_checker, files, count, FEW))


def _checker() -> Callable[[Path | Report], Report]:
    return _checked


def _checked(item: Path | Report) -> Report:
    return item if isinstance(item, Report) else report_on(item)
