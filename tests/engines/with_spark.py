"""A class on Spark: `python with_spark.py CLASS.jsonl FOLDER PARTITIONS SNIPPET` writes one file a partition.

Then it runs a snippet, which the page for teachers shows, and prints the `scores` that this makes.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from pyspark import SparkConf, SparkContext

from backprop_tutor import grade_lines

# For a run of seconds: Java's long-term optimisations would take longer than that.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def main(source: str, folder: str, partitions: int, snippet: str) -> None:
    """Grades on two workers, each a process of its own."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = SparkConf().setMaster("local[2]").set("spark.ui.enabled", "false")
    settings.set("spark.driver.extraJavaOptions", JAVA).set("spark.driver.bindAddress", "127.0.0.1")
    with SparkContext(conf=settings.set("spark.driver.host", "127.0.0.1")) as spark:
        lines = spark.parallelize(Path(source).read_bytes().splitlines(), partitions)
        lines.mapPartitions(grade_lines).map(json.dumps).saveAsTextFile(folder)
        shown: dict[str, Any] = {"__name__": "__main__"}
        exec(Path(snippet).read_text(encoding="utf-8"), shown)  # noqa: S102  our own text
        print(json.dumps(shown["scores"]))  # noqa: T201  the test reads it


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
