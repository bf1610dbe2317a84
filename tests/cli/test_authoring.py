"""`validate`, `new` and `schema` as an instructor uses them: formats, exit statuses, folders, the terminal."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest

from backprop_tutor.authoring.validate import FEW_FILES, files, reports
from backprop_tutor.cli.screen import Screen
from backprop_tutor.course.catalogue import built_in
from tests.cli.at_a_prompt import typed
from tests.cli.running import Terminal, in_a_process, tutor
from tests.full import times

GOOD = "title: T\ngraph: f = x*y\ninputs: {x: 2, y: 3}\n"
DOUBTFUL = "title: T\ngraph: f = x*y\ninputs: {x: 2, y: 2}\n"
BAD = "title: T\ngraph: f = x*y\ninputs: {x: 2, y: 3}\noutput: 'a, b:\\x25'\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "course"
    place.mkdir()
    for name, text in (("a", GOOD), ("b", DOUBTFUL), ("c", BAD)):
        (place / f"{name}.yaml").write_text(text)
    return place


def test_the_exit_status_says_whether_all_is_well(folder: Path) -> None:
    assert tutor("validate", "course/a.yaml").status == 0
    assert tutor("validate", "course/b.yaml").status == 0
    assert tutor("validate", "course/b.yaml", "--strict").status == 1
    assert tutor("validate", "course/c.yaml").status == 1
    assert tutor("validate", "course").status == 1
    assert tutor("validate", "course/a.yaml", "nowhere").status == 1
    (folder / "empty").mkdir()
    for arguments in (["nowhere"], [], ["course/empty"], ["course", "--format", "xml"]):
        ran = tutor("validate", *arguments)
        assert (ran.status, ran.out) == (2, "")
        assert ran.err.startswith("backprop-tutor: ")


def test_the_json_is_as_promised(folder: Path) -> None:
    data = json.loads(tutor("validate", "course", "--format", "json").out)
    assert data["format"] == "backprop-tutor/validation@1"
    assert [entry["file"] for entry in data["files"]] == [f"course/{name}.yaml" for name in "abc"]
    assert [(len(entry["errors"]), len(entry["warnings"])) for entry in data["files"]] == [(0, 0), (0, 1), (1, 0)]
    assert all(
        set(found) == {"line", "column", "message"}
        for entry in data["files"]
        for found in (*entry["errors"], *entry["warnings"])
    )
    met = data["files"][1]["collisions"]
    assert any(one["right"] and "swapped-inputs" in one["mistakes"] for one in met)


def test_annotations_are_escaped_as_workflows_read_them(folder: Path) -> None:
    odd = folder / "50%, a:b.yaml"
    odd.write_text(BAD.replace("\\x25", "%"))
    lines = tutor("validate", str(odd), "--format", "github").out.splitlines()
    assert len(lines) == 1
    assert re.fullmatch(
        r"::error file=[^:,]*50%25%2C a%3Ab\.yaml,line=4,col=9::the output a, b:.*%25 is not .*", lines[0]
    ), lines


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("plain", [[], ["--plain"]])
def test_screens_fit(folder: Path, columns: int, plain: list[str]) -> None:
    shipped = sorted(built_in().glob("*-*/*.yaml"))[: times(3, 100)]  # three say what the whole course says
    for paths in (["course"], ["course/b.yaml"], map(str, shipped)):
        out = tutor("validate", *paths, *plain, env={"COLUMNS": str(columns)}).out
        assert max(map(len, out.splitlines())) <= columns
        assert out.isascii() or not plain


def test_what_cannot_be_read_has_its_row_and_stops_nothing(folder: Path) -> None:
    (folder / "d.yaml").mkdir()
    (folder / "e.yaml").symlink_to(folder / "e.yaml")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "f.yaml")
    (folder / "g.yaml").write_bytes(b"\xff\xfe\0")
    Path(os.fsdecode(os.fsencode(folder) + b"/h\xff.yaml")).write_text(GOOD)
    (folder / "z.yaml").write_text(GOOD)
    ran = tutor("validate", "course", "--format", "json")
    found = {Path(entry["file"]).name: entry for entry in json.loads(ran.out)["files"]}
    assert len(found) == 9
    assert {name[0] for name, entry in found.items() if entry["errors"]} == set("cefg")
    assert found["d.yaml"]["warnings"]
    assert not found["z.yaml"]["errors"]
    assert "course/h" in tutor("validate", "course", "--plain").out


def test_a_folder_that_cannot_be_read_has_its_row(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "closed").mkdir()
    listed = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    ran = tutor("validate", "course")
    assert "course/closed" in ran.out
    assert "permission denied" in ran.out
    assert "course/c.yaml" in ran.out


def test_many_files_come_in_their_order_from_several_processes(folder: Path) -> None:
    for number in range(3 * FEW_FILES):
        (folder / f"m{number:02}.yaml").write_text(BAD if number % 5 == 0 else GOOD)
    alone, together = (list(reports(files([folder]), cores)) for cores in (1, 2))
    assert len(alone) == 3 * FEW_FILES + 3
    assert together == alone


def test_a_folder_shows_how_far_it_is_at_a_terminal_and_nowhere_else(folder: Path) -> None:
    for number in range(3 * FEW_FILES):
        (folder / f"m{number:02}.yaml").write_text(GOOD)
    terminal = Terminal("validate", str(folder))
    assert terminal.end() == 1
    assert re.search(r"validate \d+/39 ━+", terminal.shown)
    assert "━" not in in_a_process("validate", str(folder)).out
    quiet = Terminal("validate", str(folder), "--plain")
    assert quiet.end() == 1
    assert "/39" not in quiet.shown
    assert quiet.shown.isascii()


def test_while_it_looks_for_files_at_a_terminal_it_names_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    @contextmanager
    def bar(screen: Screen, total: float | None) -> Iterator[Callable[..., None]]:
        yield lambda done, words, total=None: said.append(words)

    monkeypatch.setattr(Screen, "moves", True)
    monkeypatch.setattr(Screen, "bar", bar)
    (folder / "inside").mkdir()
    assert tutor("validate", "course").status == 1
    assert said == [
        "looking in course",
        "looking in course/inside",
        *(f"validate {n}/3" for n in range(4)),
    ]


def test_ctrl_c_ends_it_without_a_traceback(folder: Path) -> None:
    for number in range(400):
        (folder / f"m{number:03}.yaml").write_text((built_in() / "3-neurons" / "relu.yaml").read_text())
    terminal = Terminal("validate", str(folder))
    terminal.child.expect_exact("m001.yaml")
    terminal.child.sendcontrol("c")
    assert terminal.end() == 130
    assert "Traceback" not in terminal.shown


def test_new_writes_a_file_that_every_command_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = tutor("new", "mine", "--graph", "(x + y)*z", "--at", "x=-2", "--at", "y=5", "--at", "z=-4")
    assert (ran.status, ran.err) == (0, "")
    for command in ("practice", "explain", "validate"):
        assert f"backprop-tutor {command} ./mine.yaml" in ran.out
    assert tutor("validate", "mine.yaml", "--strict").status == 0
    assert tutor("explain", "./mine.yaml", "--all").status == 0
    assert tutor("practice", "./mine.yaml", stdin="-4\n3\n-4\n-4\n").status == 0
    assert json.loads((tmp_path / "exercise.schema.json").read_text())["title"] == "backprop-tutor exercise"
    again = tutor("new", "mine", "--graph", "x*y", "--at", "x=1", "--at", "y=2")
    assert again.status == 2
    assert "already exists" in again.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --graph"),
        (["--graph", "x*y"], "no number yet: x, y"),
        (["--graph", "x*y", "--at", "x=1", "--at", "y=2", "--at", "z=3"], "the input z is not used"),
        (["--graph", "log(x)*y", "--at", "x=-1", "--at", "y=2"], "It needs x above 0"),
        (["--graph", "f = sine(x)", "--at", "x=1"], "Did you mean sin?"),
        (["--graph", " ", "--at", "x=1"], "the graph is empty"),
    ],
)
def test_new_says_what_is_missing_or_wrong(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = tutor("new", "mine", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
    assert not list(tmp_path.glob("*.yaml"))


def test_new_asks_at_a_terminal_for_what_is_missing(tmp_path: Path) -> None:
    terminal = Terminal("new", str(tmp_path / "mine"))
    terminal.type("1/(1 + e^(-w*x)", "log(w*x)", prompt="graph> ")
    terminal.child.expect_exact("(n keeps the formula on one line) ")
    terminal.child.sendline("")
    terminal.type("-2", prompt="w = ")
    terminal.type("one", "1 2", "1", prompt="x = ")
    terminal.type("2", prompt="w = ")
    terminal.type("1.5", prompt="x = ")
    assert terminal.end() == 0
    assert "unmatched (" in terminal.shown
    assert "x: line 1, column 3: an operator is missing" in terminal.shown
    assert "--at" not in terminal.shown
    assert "It needs q above 0" in terminal.shown
    assert "  q = w * x\n  f = log(q)\n" in (tmp_path / "mine.yaml").read_text()


def test_new_takes_lines_until_an_empty_one_and_may_be_left(tmp_path: Path) -> None:
    terminal = Terminal("new", str(tmp_path / "mine"))
    terminal.type("q = x*y", "x", "f = q + x", "", prompt="graph> ")
    terminal.type("2", prompt="x = ")
    terminal.type("3", prompt="y = ")
    assert terminal.end() == 0
    assert "line 2, column 1: write each line as" in " ".join(terminal.shown.split())
    assert "is not an input" not in terminal.shown
    assert "  q = x*y\n  f = q + x\n" in (tmp_path / "mine.yaml").read_text()
    for key, status in (("d", 1), ("c", 130)):
        left = Terminal("new", str(tmp_path / "other"))
        left.press(key, prompt="graph> ")
        assert left.end() == status
        assert not (tmp_path / "other.yaml").exists()


def test_new_says_how_an_array_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("h = W @ x", "f = sum(h^2)", "", "[1 2 0; 3 4 1]", "1 2 3", "[1; 2; 3]")
    shown = typed(monkeypatch, ["new", str(tmp_path / "mine")], *lines)
    assert shown.count("or an array, row by row: [1 2; 3 4].") == 1
    assert "x: [[1], [2], [3]]" in (tmp_path / "mine.yaml").read_text()


def test_schema_is_printed_and_written(tmp_path: Path) -> None:
    printed = tutor("schema").out
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))
    assert tutor("schema", "-o", str(tmp_path / "s.json")).status == 0
    assert (tmp_path / "s.json").read_text() == printed
    assert tutor("schema", "-o", str(tmp_path)).status == 2


@pytest.mark.parametrize("layers", ["2-2-1", "3-2", "4-9-3"][: times(2, 3)])
def test_new_writes_a_network_out_that_every_command_takes(
    layers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tutor("new", "net", "--network", layers).status == 0
    text = (tmp_path / "net.yaml").read_text(encoding="utf-8")
    assert tutor("validate", "net.yaml").status == 0
    assert tutor("check", "./net.yaml", "--template").status == 0
    with_rows = "\n".join(
        line.removeprefix("#") if line.startswith(("#data", "#  -", "#until")) else line for line in text.split("\n")
    )
    (tmp_path / "rows.yaml").write_text(with_rows, encoding="utf-8")
    assert tutor("train", "./rows.yaml", "--epochs", "3").status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["2-x"], "2-2-1, not 2-x"), (["2"], "two layers"), (["2-2-1", "--graph", "x*y"], "its own graph")],
)
def test_new_says_what_is_no_network(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = tutor("new", "net", "--network", *arguments)
    assert ran.status == 2
    assert message in ran.err
    assert not list(tmp_path.iterdir())
