"""A class on a cluster: Dask's and Spark's partitions are, byte for byte, what one process writes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path

import pytest

from backprop_tutor import grade_lines
from tests.documents import Document
from tests.engines.required import is_installed, need
from tests.full import times

TEACHERS = Document("exercises/teachers.md")
STUDENTS = times(4_000, 20_000)
STRANGE = STUDENTS // 10 - 1  # now and then a line that is not an answer at all; each kind with a student comes up once
PARTITIONS = 8
OLDEST_JAVA = 17  # of PySpark 4
WRONG = {"x": "4", "y": "3", "z": "-12", "q": "1.00"}
HOSTILE = [
    b"nonsense", b"[]", b"{", b"\xff\xfe", b"null", b'{"exercise": "none"}', b"[" * 5_000, b'{"student": "nobody"}',
    b'{"exercise": "simple", "student": "\\ud800", "backward": {"x": "\\udfff"}}',
    b'{"exercise": "simple", "backward": {"x": 1, "x": 2}}',
]  # fmt: skip


def lines() -> Iterator[bytes]:
    """A line for each student: right answers, sometimes one that is wrong, and now and then something that is not an
    answer."""
    for number in range(STUDENTS):
        if number % STRANGE == 7:
            yield HOSTILE[number // STRANGE % len(HOSTILE)]
            continue
        answers = {"x": "-4", "y": "-4.0", "z": 3, "q": -4}
        if number % 40 == 0:
            wrong = list(WRONG)[number // 40 % len(WRONG)]
            answers[wrong] = WRONG[wrong]
        yield json.dumps({"exercise": "simple", "student": f"{65010000 + number}", "backward": answers}).encode()


FEW = [list(islice(lines(), start, start + 30)) for start in (0, 30, 60)]  # of which all is UTF-8
SCORES = sorted(row["score"] for row in grade_lines(line for few in FEW for line in few))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("class") / "class.jsonl"
    path.write_bytes(b"\n".join(lines()) + b"\n")
    return path


@pytest.fixture(scope="module")
def in_one_process(source: Path) -> bytes:
    """What `grade - --format jsonl` writes of the whole class."""
    command = [sys.executable, "-m", "backprop_tutor", "grade", "-", "--format", "jsonl", "--jobs", "1"]
    with source.open("rb") as stream:
        done = subprocess.run(command, stdin=stream, capture_output=True, check=False, timeout=120)
    assert done.returncode == 1, done.stderr  # some lines could not be read
    assert done.stdout.count(b"\n") == STUDENTS
    return done.stdout


def on(engine: str, source: Path, place: Path) -> tuple[bytes, list[float]]:
    """The results for a class on an engine: the files of its partitions, one after the other; and the scores of the few
    in `class/`, as the page for teachers shows them."""
    (snippet,) = [block for kind, block in TEACHERS.blocks if kind == "python" and engine in block]
    (place / "snippet.py").write_text(snippet, encoding="utf-8")
    (place / "class").mkdir()
    for number, few in enumerate(FEW):
        (place / "class" / f"{number}.jsonl").write_bytes(b"\n".join(few) + b"\n")
    folder = place / "rows"
    script = Path(__file__).with_name(f"with_{engine}.py")
    command = [sys.executable, str(script), str(source), str(folder), str(PARTITIONS), "snippet.py"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=300, cwd=place)
    assert done.returncode == 0, done.stderr[-4000:]
    files = sorted(path for path in folder.iterdir() if re.fullmatch(r"(part-)?\d+(\.jsonl)?", path.name))
    assert len(files) == PARTITIONS
    parts = [path.read_bytes().splitlines() for path in files]
    before = accumulate(map(len, parts), initial=0)
    rows = (renumbered(line, start) for part, start in zip(parts, before, strict=False) for line in part)
    return b"".join(rows), json.loads(done.stdout)


def renumbered(line: bytes, before: int) -> bytes:
    """A row with the number of its line in the whole class, of which this many come before its partition."""
    return re.sub(rb"(?<=standard input, line )\d+", lambda number: b"%d" % (int(number[0]) + before), line) + b"\n"


@pytest.fixture(scope="module")
def dask() -> None:
    need("dask", "dask[distributed]", is_installed("dask") and is_installed("distributed"))


@pytest.fixture(scope="module")
def spark() -> None:
    need("spark", "pyspark", is_installed("pyspark"))
    need("spark", f"Java {OLDEST_JAVA} or later", java() >= OLDEST_JAVA)


def test_dask_with_two_workers_is_one_process(dask: None, source: Path, in_one_process: bytes, tmp_path: Path) -> None:
    rows, scores = on("dask", source, tmp_path)
    assert rows == in_one_process
    assert sorted(scores) == SCORES


def test_spark_with_two_workers_is_one_process(
    spark: None, source: Path, in_one_process: bytes, tmp_path: Path
) -> None:
    rows, scores = on("spark", source, tmp_path)
    assert rows == in_one_process
    assert sorted(scores) == SCORES


def java() -> int:
    """The version of the Java installed here; 0 if there is none."""
    if shutil.which("java") is None:
        return 0
    said = subprocess.run(["java", "-version"], capture_output=True, encoding="utf-8", check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0
