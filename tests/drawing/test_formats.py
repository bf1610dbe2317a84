"""Every format of the table: written by its suffix, read by the program that it is for."""

from __future__ import annotations

import builtins
import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.drawing.formats import FORMATS, Format, write_picture
from backprop_tutor.drawing.formats.diagrams import dot, mermaid
from backprop_tutor.drawing.formats.page import Drawable
from backprop_tutor.drawing.formats.svg import NoPicture, png
from backprop_tutor.drawing.picture import Picture, Unroutable
from backprop_tutor.drawing.solution import complete_picture
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.passes import solve
from backprop_tutor.files import NotWritten
from backprop_tutor.show.drawings import DRAWINGS
from backprop_tutor.text import listed
from backprop_tutor.tutor.lesson import backward_steps
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.stages.delta import ERROR
from tests.cli.running import Ran, tutor
from tests.full import times
from tests.shipped import OF_ARRAYS, numbers
from tests.strategies import random_circuit

SOLUTION = variant(find("forks"), None).solution


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("option", [[], ["--forward"], ["--blank"]])
def test_draw_writes_every_format(tmp_path: Path, suffix: str, option: list[str]) -> None:
    path = tmp_path / f"circuit{suffix}"
    ran = tutor("draw", "relu", "-o", str(path), *option)
    assert (ran.status, ran.out, ran.err) == (0, "", f"Wrote {path}.\n")
    assert path.stat().st_size > 300
    assert path.read_bytes().startswith(FORMATS[suffix].begins)
    assert path.read_bytes() == written(FORMATS[suffix], drawable_of_relu(option))


def written(row: Format, what: Drawable) -> bytes:
    data = row.writer(what)
    return data.encode() if isinstance(data, str) else data


def test_the_help_of_draw_names_every_format() -> None:
    words = " ".join(tutor("draw", "--help").out.split())
    assert all(f"{suffix} ({row.words})" in words for suffix, row in FORMATS.items())


def drawable_of_relu(option: list[str]) -> Drawable:
    return DRAWINGS["".join(option).removeprefix("--") or "key"](variant(find("relu"), None))


def names_of_gates(what: Drawable) -> str:
    return f"GATES {what.title}: {' '.join(what.picture.graph.gate_names)}"


def test_a_format_that_is_not_in_the_table_takes_one_row(tmp_path: Path) -> None:
    path = tmp_path / "circuit.gates"
    assert tutor("draw", "relu", "-o", str(path)).status == 2
    row = Format("the names of the gates", b"GATES ", names_of_gates, has_views=True)
    with patch.dict(FORMATS, {".gates": row}):
        assert tutor("draw", "relu", "-o", str(path), "--view", "tape") == Ran(0, "", f"Wrote {path}.\n")
        assert ".txt or .gates" in tutor("draw", "relu", "-o", str(tmp_path / "a.gif")).err
        assert "a .txt or .gates file" in tutor("draw", "relu", "-o", "a.svg", "--view", "tape").err
    relu = variant(find("relu"), None)
    assert path.read_text() == f"GATES {relu.title}: {' '.join(relu.graph.gate_names)}"
    assert path.read_bytes().startswith(row.begins)


def test_a_circuit_that_cannot_be_routed_is_drawn_in_the_formats_that_need_no_layout(tmp_path: Path) -> None:
    with patch("backprop_tutor.drawing.layout.runs_between", side_effect=Unroutable):
        for suffix, row in FORMATS.items():
            ran = tutor("draw", "relu", "-o", str(tmp_path / f"circuit{suffix}"))
            assert ran.status == (0 if row.holds_any else 2)
            assert row.holds_any or "A .dot, .mmd or .txt file can show it." in ran.err


def test_forward_shows_no_gradient_and_blank_leaves_room_for_them() -> None:
    assert "-1.20" in tutor("draw", "relu").out
    assert tutor("draw", "relu", "--forward").out.count("1.00") == 1
    assert tutor("draw", "relu", "--blank").out.count("____") == 9 + 5  # it asks for forward values too
    assert tutor("draw", "relu", "--blank", "--plain").out.isascii()
    assert tutor("draw", "relu", "--blank", "--forward").status == 2


@pytest.mark.parametrize("exercise", ["xor", "xor-relu", "cross-entropy"])
def test_a_blank_gives_no_error_away_that_is_asked_for(exercise: str) -> None:
    chosen = variant(find(exercise), None)
    values = DRAWINGS["blank"](chosen).picture.values
    for out in {question.node for question in questions(chosen) if question.kind is ERROR}:
        assert {values[name] for name in chosen.graph.gates_beyond(out)} == {"____"}
    assert "-0.51" not in tutor("check", exercise, "--template").out
    assert "-0.51" not in tutor("draw", exercise, "--blank").out


@pytest.mark.parametrize("exercise", ["linear-layer", "batch-bias"])
def test_a_blank_shows_no_array_whose_shape_is_asked_for(exercise: str) -> None:
    assert re.search(r"^Z = .*  ____ +____ ", tutor("draw", exercise, "--blank").out, re.MULTILINE)


@pytest.mark.parametrize("name", ["circuit.gif", "circuit", "circuit.htm"])
def test_an_unknown_suffix_is_told(tmp_path: Path, name: str) -> None:
    ran = tutor("draw", "relu", "-o", str(tmp_path / name))
    assert ran.status == 2
    assert f"must end in {listed(FORMATS, 'or')}" in ran.err


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    ran = tutor("draw", "relu", "-o", str(tmp_path / "none" / "a.svg"))
    assert ran.status == 2
    assert "cannot be written" in ran.err
    with pytest.raises(NotWritten):
        write_picture(str(tmp_path / "none" / "a.dot"), Drawable(complete_picture(SOLUTION), "T"))


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz")
@pytest.mark.parametrize("exercise", sorted(numbers()))
def test_graphviz_draws_the_dot(exercise: str) -> None:
    solution = variant(find(exercise), None).solution
    text = dot(complete_picture(solution), 'A "title" \\ <b> & more')
    drawn = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True)
    assert drawn.stderr == ""
    for name in solution.graph.names:
        assert name in drawn.stdout


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz")
def test_graphviz_has_every_branch() -> None:
    for seed in range(15):
        circuit = random_circuit(Random(seed), 8)
        text = dot(complete_picture(solve(circuit.graph, circuit.at)))
        plain = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True).stdout
        edges = sorted(
            (line.split()[1], line.split()[2])
            for line in plain.splitlines()
            if line.startswith("edge") and "->" not in line.split()[2]
        )
        assert [edge for edge in edges if '"' not in edge[1]] == sorted(
            (branch.source, branch.gate) for branch in circuit.graph.branches
        )


def test_mermaid_has_every_node_and_branch_and_no_markup() -> None:
    for seed in range(30):
        circuit = random_circuit(Random(seed), 8)
        graph = circuit.graph
        lines = mermaid(complete_picture(solve(graph, circuit.at)), 'A "title" <script>').splitlines()
        assert lines[lines.index("flowchart LR") - 2] == 'title: "A \\"title\\" <script>"'
        arrows = [line.split() for line in lines if "-->" in line and " out[" not in line]
        found = sorted((arrow[0], arrow[-1]) for arrow in arrows)
        assert found == sorted(
            (f"n{graph.index[branch.source]}", f"n{graph.index[branch.gate]}") for branch in graph.branches
        )
        body = (
            "\n".join(lines[lines.index("flowchart LR") :]).replace("<br/>", "").replace("-->", "").replace("==>", "")
        )
        assert "<" not in body
        assert body.count('"') % 2 == 0


_PARSER = """
import { readFileSync } from "node:fs";
const { JSDOM } = await import("jsdom");
const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const mermaid = (await import("mermaid")).default;
await mermaid.parse(readFileSync(0, "utf8"));
"""


def mermaid_folder() -> str | None:
    """A folder from which Node finds mermaid and jsdom (`MERMAID_HOME`, or this one); None where there is none."""
    folder = os.environ.get("MERMAID_HOME", ".")
    found = shutil.which("node") and all(
        (Path(folder) / "node_modules" / name).is_dir() for name in ("mermaid", "jsdom")
    )
    return folder if found else None


@pytest.mark.skipif(
    mermaid_folder() is None, reason="no Mermaid: npm install mermaid jsdom, and set MERMAID_HOME to that folder"
)
@pytest.mark.parametrize("exercise", sorted(numbers()))
def test_mermaids_own_parser_reads_it(exercise: str, tmp_path: Path) -> None:
    folder = Path(mermaid_folder() or ".").resolve()
    (tmp_path / "node_modules").symlink_to(folder / "node_modules")
    (tmp_path / "parse.mjs").write_text(_PARSER)
    text = mermaid(complete_picture(variant(find(exercise), None).solution), 'A "title": <b> & more')
    subprocess.run(["node", "parse.mjs"], input=text, cwd=tmp_path, text=True, check=True)


def ink(data: bytes) -> int:
    """How many bytes a PNG's content has beyond an empty one: labels make it larger."""
    assert data.startswith(b"\x89PNG")
    return len(data)


@pytest.mark.parametrize("suffix", [".svg", ".html", ".dot", ".mmd", ".txt", ""])
def test_a_blank_handout_shows_no_value_that_the_exercise_asks_for(tmp_path: Path, suffix: str) -> None:
    path, chosen = tmp_path / f"handout{suffix}", variant(find("sigmoid"), 3)
    source = tmp_path / "mine.yaml"
    numbers = ", ".join(f"{name}: {value}" for name, value in chosen.values.items())
    source.write_text(
        f"title: T\ngraph: {chosen.graph_text.strip()}\ninputs: {{{numbers}}}\nstages: [forward, backward]\n"
    )
    ran = tutor("draw", str(source), "--blank", *(["-o", str(path)] if suffix else []))
    text = path.read_text(encoding="utf-8") if suffix else ran.out
    given = {shown(value) for value in chosen.values.values()}
    asked = {shown(chosen.solution.value(name)) for name in chosen.graph.gate_names} - given
    assert len(asked) > 3
    assert not [number for number in asked if re.search(rf"(?<![\d.-]){re.escape(number)}(?![\d.])", text)]


def test_a_png_has_its_labels() -> None:
    whole = png(complete_picture(SOLUTION), "Title")
    bare = png(Picture(SOLUTION.graph), "")
    assert ink(whole) > ink(bare) + 3_000


def test_a_label_that_the_font_lacks_is_told_and_never_blank() -> None:
    with pytest.raises(NoPicture, match="no glyph for U\\+6F22"):
        png(complete_picture(SOLUTION), "\u6f22")


@pytest.mark.parametrize("module", ["resvg_py", "fontTools.ttLib"])
def test_without_the_extra_it_says_how_to_install_it(module: str) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: object) -> object:
        if name == module:
            raise ImportError(f"No module named {name!r}", name=name)
        return real(name, *rest)  # type: ignore[arg-type]

    with (
        patch.object(builtins, "__import__", missing),
        pytest.raises(NoPicture, match=r"pip install resvg-py fonttools"),
    ):
        png(complete_picture(SOLUTION))


@pytest.mark.parametrize("exercise", [*sorted(numbers()), *OF_ARRAYS[:: times(4, 1)]])
@pytest.mark.parametrize("option", ["--forward", "--blank"])
def test_the_page_of_a_handout_holds_no_gradient_that_its_picture_leaves_out(
    tmp_path: Path, exercise: str, option: str
) -> None:
    page = tmp_path / "handout.html"
    assert tutor("draw", exercise, option, "-o", str(page)).status == 0
    chosen = variant(find(exercise), None)
    text, solution = page.read_text(encoding="utf-8"), chosen.solution
    told = [unescape(said) for said in re.findall(r"<td>(.*?)</td>", text)]
    for step in backward_steps(solution, chosen.loss):
        assert f"{step.way}: {step.formula}" not in told
        assert not any(line in said for line in step.paragraphs for said in told)
    shows = [
        label
        for step in json.loads(text.partition('id="steps">')[2].partition("</script>")[0])
        for label in step["shows"]
    ]
    is_asked = option == "--blank" and (chosen.is_array or {"forward", "delta"} & {*chosen.stages})
    assert shows == ([] if is_asked else [["value", name] for name in solution.graph.gate_names])
    labels = {unescape(name): label for name, label in re.findall(r'data-gradient="(.*?)".*?>(.*?)</text>', text)}
    labels.pop(solution.graph.output_name, None)
    if chosen.is_array:  # whose gradients stand in a table, not at its wires
        assert not labels
        return
    has_blanks = option == "--blank" and "backward" in chosen.stages
    assert set(labels.values()) == ({"____"} if has_blanks else set())
