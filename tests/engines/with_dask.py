"""A class on Dask distributed: `python with_dask.py CLASS.jsonl FOLDER PARTITIONS SNIPPET` writes one file a partition.

Then it runs a snippet, which the page for teachers shows, and prints the `scores` that this makes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import dask.bag
from dask.distributed import Client, LocalCluster

from backprop_tutor import grade_lines


def main(source: str, folder: str, partitions: int, snippet: str) -> None:
    """Grades on two workers, each a process of its own."""
    lines = Path(source).read_bytes().splitlines()
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        # A list, since Dask sends what a partition becomes from process to process, and a generator stays in its own.
        rows = dask.bag.from_sequence(lines, npartitions=partitions).map_partitions(
            lambda part: list(grade_lines(part))
        )
        rows.map(json.dumps).to_textfiles(f"{folder}/*.jsonl")
        shown: dict[str, Any] = {"__name__": "__main__"}
        exec(Path(snippet).read_text(encoding="utf-8"), shown)  # noqa: S102  our own text
        print(json.dumps(shown["scores"]))  # noqa: T201  the test reads it


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
