"""Whatever is wrong with the arguments or the files, there is one clear message on standard error, exit status 2, no
traceback."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from backprop_tutor.drawing.formats import FORMATS
from tests.cli.running import COMMAND, Terminal, in_a_process, tutor
from tests.full import times

ARGUMENTS: list[tuple[list[str], str]] = [
    (["practice", "rleu"], "there is no exercise rleu. Did you mean relu?"),
    (["explain", "sigmiod"], "Did you mean sigmoid or sigmoid-gate?"),
    (["practice", "./nope.yaml"], "nope.yaml: there is no such file"),
    (["practice", "--at", "x=1"], "--at needs --graph"),
    (["practice", "relu", "--graph", "f = x*y"], "not both"),
    (["explain"], "give EXERCISE"),
    (
        ["explain", "--graph", "f = log(x)", "--at", "x=-1"],
        "f = log(x) has no finite value at x = -1. It needs x above 0.",
    ),
    (
        ["explain", "--graph", "f = sine(x)", "--at", "x=1"],
        "sine is not a gate. Did you mean sin?\n  f = sine(x)\n      ^^^^",
    ),
    (["explain", "--graph", "f = x*y", "--at", "x=1"], "y is not an input and not an earlier line"),
    (["explain", "--graph", "f = x*x", "--at", "x"], "--at"),
    (["explain", "--graph", "f = x*x", "--at", "x=1e999"], "too large a number"),
    (["explain", "--graph", "", "--at", "x=1"], "the graph is empty"),
    (["explain", "relu", "--format", "jsn"], "--format must be one of terminal, json, not jsn. Did you mean json?"),
    (["explain", "relu", "--view", "cirquit"], "--view must be one of"),
    (["explain", "relu", "--seed", "x"], "--seed must be a whole number, not x.\nSee `backprop-tutor explain --help`"),
    (["grade", ".", "--jobs", "1.5"], "--jobs must be a whole number, not 1.5."),
    (["grade", ".", "--jobs", "0"], "--jobs must be from 1 to 256, not 0."),
    (["review", "--questions", "0"], "--questions must be 1 or more, not 0."),
    (["patterns", "adn"], "adn is not a gate. Did you mean add?"),
    (["patterns", "s"], "s is not a gate. Did you mean "),
    (["list", "--level", "9"], "--level must be from 1 to 5, not 9."),
    (["new", "a", "b", "c"], "Too many arguments: b c."),
    (["draw", "--graph", "q = x*y; 2; f = q % 2"], "column 10: write each line as name = expression"),
    (["check", "relu"], "give ANSWERS"),
    (["check", "missing.yaml"], "missing.yaml: there is no such file"),
    (["check", "missing.json"], "missing.json: there is no such file"),
    (["check", "/nowhere/missing.json"], "missing.json: there is no such file"),
    (["check", "rleu"], "there is no exercise rleu. Did you mean relu?"),
    (["check", ""], 'there is no exercise "".'),
    (["check", "relu", "/nowhere"], "/nowhere: there is no such file"),
    (["check", "relu", "/"], "/"),
    (["practice", "--sed", "3"], "See `backprop-tutor practice --help`"),
    (["progress", "export"], "See `backprop-tutor progress export --help`"),
    (["frobnicate"], "See `backprop-tutor --help`"),
    (["practice", "--graph", "f = x*y"], "have no number yet: x, y. Give each of them one, as in --at x=2."),
    (["practice", "relu", "--only", ""], "--only names nothing."),
    (["frobnicate"], "No such command 'frobnicate'"),
    (["practice", "relu", "--frobnicate"], "No such option: --frobnicate"),
]
FILES = {
    "a list": ("- 1\n- 2\n", "an exercise file has the keys title, graph and inputs, each followed by a colon"),
    "nothing": ("", "the file is empty, but an exercise file has the keys title, graph and inputs."),
    "a missing key": ("title: T\ngraph: f = x*2\n", "inputs"),
    "a key too many": ("title: T\ngraph: f = x*2\ninputs: {x: 1}\ninput: {x: 1}\n", "inputs"),
    "a key twice": ("title: T\ntitle: U\ngraph: f = x*2\ninputs: {x: 1}\n", "title"),
    "a fault in the graph": ("title: T\ngraph: |\n  q = x*2\n  f = sine(q)\ninputs: {x: 1}\n", "line 4, column 7"),
    "an input without a number": ("title: T\ngraph: f = x*y\ninputs: {x: 1}\n", "y is not an input"),
    "text for a number": ("title: T\ngraph: f = x*2\ninputs: {x: one}\n", "x"),
    "no YAML": ("title: [T\n", "line"),
    "a kink's neighbour out of its domain": ("title: T\ngraph: f = log(x)\ninputs: {x: -1}\n", "log(x)"),
}


def holds_one_message(status: int, out: str, err: str) -> None:
    assert status == 2
    assert out == ""
    assert err.startswith("backprop-tutor: ")
    assert "Traceback" not in err
    assert "this should not happen" not in err


@pytest.mark.parametrize(("arguments", "message"), ARGUMENTS)
def test_bad_arguments_are_told(arguments: list[str], message: str) -> None:
    ran = tutor(*arguments)
    holds_one_message(ran.status, ran.out, ran.err)
    assert message in ran.err


def test_without_arguments_the_help_is_shown_as_it_is() -> None:
    alone = tutor()
    assert (alone.status, alone.out, alone.err.strip()) == (2, "", tutor("--help").out.strip())


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("command", ["practice", "explain"])
def test_bad_files_are_told(tmp_path: Path, command: str, what: str) -> None:
    text, message = FILES[what]
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    ran = tutor(command, str(path))
    holds_one_message(ran.status, ran.out, ran.err)
    assert message in ran.err


@pytest.mark.parametrize("data", [b"\xff\xfe\x00t", b"title: \x00", b"\x89PNG\r\n\x1a\n" + bytes(range(256))])
def test_files_that_are_no_text_are_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(data)
    ran = tutor("explain", str(path))
    holds_one_message(ran.status, ran.out, ran.err)


def test_what_is_shown_of_a_text_is_never_raw(tmp_path: Path) -> None:
    ran = tutor("explain", "--graph", "f = \x1b[31mx", "--at", "x=1")
    assert "\x1b" not in ran.err
    assert "\x1b" not in tutor("practice", "\x1b[2Jrelu").err


def test_nothing_to_read_and_nothing_to_write_are_no_tracebacks() -> None:
    assert in_a_process("explain", "relu", "--all", PYTHONIOENCODING="ascii").status == 0
    assert "Traceback" not in in_a_process("explain", "relu", "--all", PYTHONIOENCODING="cp1252").err


@pytest.mark.parametrize(
    "arguments", ["list", "draw relu", "practice relu", "schema", "explain simple", "patterns"][: times(3, 6)]
)
def test_a_closed_standard_output_is_told_in_one_line(arguments: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{COMMAND} {arguments} >&-"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"standard output is closed" in done.stderr


CLOSED = ["list", "practice relu --no-record", "check relu -", "explain simple", "progress reset"]


@pytest.mark.parametrize("arguments", CLOSED[: times(3, 5)])
def test_a_closed_standard_input_is_an_empty_one(arguments: str) -> None:
    closed, empty = (
        subprocess.run(["/bin/sh", "-c", f"{COMMAND} {arguments} {stdin}"], capture_output=True, check=False)
        for stdin in ("<&-", "</dev/null")
    )
    assert (closed.returncode, closed.stdout, closed.stderr) == (empty.returncode, empty.stdout, empty.stderr)
    assert b"should not happen" not in closed.stderr


@pytest.mark.parametrize("arguments", [["practice", "simple"], ["new", "mine"]])
@pytest.mark.parametrize("encoding", ["ascii", "utf-8:strict"])
def test_bytes_that_are_no_text_cannot_be_read_at_any_prompt(
    arguments: list[str], encoding: str, tmp_path: Path
) -> None:
    terminal = Terminal(
        *arguments[:-1],
        str(tmp_path / "mine.yaml") if "new" in arguments else arguments[-1],
        env={"PYTHONIOENCODING": encoding},
    )
    terminal.child.expect_exact("> ")
    os.write(terminal.child.child_fd, b"\xff\xfe\r")
    terminal.child.expect_exact("> ")
    assert "cannot be part of a formula" in terminal.shown
    assert "should not happen" not in terminal.shown
    terminal.child.close(force=True)


@pytest.mark.parametrize(
    "arguments",
    [["train", "xor", "--epochs", "1", "--csv"], ["schema", "-o"], ["draw", "relu", "-o"], ["explain", "relu", "-o"]],
)
def test_no_file_of_another_kind_is_written_over(arguments: list[str], tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("title: mine\n")
    ran = tutor(*arguments, str(path))
    holds_one_message(ran.status, ran.out, ran.err)
    assert re.search("ends? in", ran.err)
    assert path.read_text() == "title: mine\n"


@pytest.mark.parametrize("command", ["draw", "explain"])
@pytest.mark.parametrize("view", ["circuit", "tape", "tree"])
def test_a_text_file_is_drawn_in_the_view_that_is_asked_for_and_no_other_file_pretends_to(
    command: str, view: str, tmp_path: Path
) -> None:
    shown = tutor("draw", "simple", "--view", view, "--plain").out
    assert tutor(command, "simple", "--view", view, "--plain", "-o", str(tmp_path / "a.txt")).status == 0
    written = (tmp_path / "a.txt").read_text()
    assert written == shown if command == "draw" else shown in written
    for suffix in set(FORMATS) - {".txt"}:
        ran = tutor(command, "simple", "--view", view, "-o", str(tmp_path / f"a{suffix}"))
        holds_one_message(ran.status, ran.out, ran.err)
        assert f"--view {view}" in ran.err
        assert not (tmp_path / f"a{suffix}").exists()


@pytest.mark.parametrize("text", [["--format", "json"], ["--graph-text"]])
def test_a_picture_and_a_text_are_not_asked_for_at_once(text: list[str], tmp_path: Path) -> None:
    ran = tutor("explain", "simple", "-o", str(tmp_path / "a.txt"), *text)
    holds_one_message(ran.status, ran.out, ran.err)
    assert text[0] in ran.err


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (["practice", "relu"], "x² = 2*x\n", '"x\\xb2" cannot be a name'),
        (["practice", "simple"], "x×\n", 'is missing after "\\xd7"'),
        (["practice", "simple"], "x½\n", 'missing between x and "\\xbd"'),
        (["check", "relu", "-"], 'backward: {"x²": 1}', '"x\\xb2" is not a question of this stage'),
    ],
)
def test_in_ascii_what_was_typed_is_blamed_as_it_was_typed(arguments: list[str], typed: str, said: str) -> None:
    out = " ".join(tutor(*arguments, "--plain", stdin=typed).out.split())
    assert said in out
    assert "x^2" not in out
