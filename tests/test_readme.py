"""The documents are true: their screens, their commands and what they print."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import backprop_tutor as bt
from backprop_tutor.cli.main import loaded
from backprop_tutor.course.catalogue import catalogue
from backprop_tutor.publishing.kit import wheel_file
from tests import goldens
from tests.cli.running import tutor
from tests.documents import EXISTING, ROOT, Document
from tests.grading.exports import write_exports
from tests.recording import animated

README = Document("README.md")
TEACHERS = Document("exercises/teachers.md")
PICTURES = Path(__file__).parent / "pictures"
SESSION = ["0.53", "hint", "-1/1.37^2", "-0.53"]
DOCUMENTS = [README, Document("exercises/README.md"), TEACHERS]
SCRIPT = "# autograder.py\n"
PYTHON = [
    block for document in DOCUMENTS for kind, block in document.blocks if kind == "python" and SCRIPT not in block
]
ENGINES = ("dask", "pyspark")  # which are tested with a class, if they are installed
COMMANDS = [(document, command) for document in DOCUMENTS for command in document.commands]


def test_its_pictures_are_what_the_program_shows(tmp_path: Path) -> None:
    goldens.matches("session.svg", animated("practice sigmoid", SESSION, "A session of backprop-tutor"), PICTURES)
    assert tutor("draw", "relu", "-o", str(tmp_path / "relu.svg")).status == 0
    goldens.matches("relu.svg", (tmp_path / "relu.svg").read_text(encoding="utf-8"), PICTURES)
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README.text)
    assert {ROOT / name for name in shown} == set(PICTURES.iterdir())


def test_it_is_a_page_whose_links_and_commands_lead_somewhere() -> None:
    assert len(README.text.splitlines()) < 150
    for name in re.findall(r"(?<!!)\[[^]]+\]\((?!https:)([^)]+)\)", README.text):
        assert (ROOT / name).exists(), name
    rows = re.findall(r"^\| (`.*?) \|", README.text, re.MULTILINE)
    for words in re.findall(r"`([a-z][^`]*)`", " ".join(rows)):
        name, *options = words.split()
        taken = {option for parameter in loaded(name).params for option in parameter.opts}
        assert taken.issuperset(option for option in options if option.startswith("--"))


def test_its_table_is_the_course() -> None:
    """Renewed as golden texts are."""
    exercises = groupby(catalogue(), key=lambda exercise: exercise.level)
    rows = [f"| {level} | {', '.join(exercise.id for exercise in group)} |\n" for level, group in exercises]
    path, head = ROOT / README.name, "| level | exercises |\n|---|---|\n"
    before, _, after = path.read_text(encoding="utf-8").partition(head)
    table, _, rest = after.partition("\n\n")
    if goldens.RENEWS:
        path.write_text(f"{before}{head}{''.join(rows)}\n{rest}", encoding="utf-8")
    else:
        assert f"{table}\n" == "".join(rows)


def test_its_two_setup_commands_are_single_lines() -> None:
    setup = [block.removeprefix("$ ").strip() for block in README.console if "python3 -m venv" in block]
    assert all(command.startswith("python3 -m venv .venv && .venv/bin/pip install -q ") for command in setup)
    assert [command.rsplit("/", 1)[1] for command in setup] == ["backprop-tutor practice relu", "pytest -n auto"]


@pytest.mark.parametrize(("document", "command"), COMMANDS, ids=lambda value: str(value))
def test_its_commands_run_and_print_what_it_shows(
    document: Document, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command.split()[1] in EXISTING
    folder = tmp_path / "here"
    folder.mkdir()
    document.write_files(folder)
    if document is TEACHERS:
        write_exports(folder)
    monkeypatch.chdir(folder)
    document.hold_to(command)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_nothing_in_a_console_block_goes_unrun(document: Document) -> None:
    every = [line[2:] for block in document.console for line in block.splitlines() if line.startswith("$ ")]
    assert [command for command in every if not command.startswith("python3 -m venv")] == document.commands


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: " ".join(block.split())[:60])
def test_its_python_runs(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = compile(block, "a document", "exec")
    if not any(engine in block for engine in ENGINES):
        exec(code, {})  # noqa: S102  our own text


def test_the_page_for_teachers_has_every_name() -> None:
    rows = dict(re.findall(r"^\| `(\w+)[^|]*\| (.*) \|$", TEACHERS.text, re.MULTILINE))
    assert set(rows) == set(bt.__all__)
    for name in bt.__all__:
        thing = getattr(bt, name)
        if inspect.isclass(thing) and not issubclass(thing, Exception):
            own = {attribute for attribute in dir(thing) if not attribute.startswith("_")}
            assert set(re.findall(r"`\.(\w+)", rows[name])) == own
        elif inspect.isfunction(thing):
            shown = re.findall(rf"^\| `{name}\(([^`]*)\)`", TEACHERS.text, re.MULTILINE)[0]
            assert re.findall(r"\w+", shown) == list(inspect.signature(thing).parameters)


def test_in_nbgrader_nothing_right_is_an_error_and_not_a_0() -> None:
    """Its `determine_grade`: an error is 0, a number above 0 is partial credit, everything else is full marks."""
    (block,) = [block for block in PYTHON if "mark.of(10)" in block]
    answers = '{"backward": {"q": -4, "z": 3}}'
    assert answers in block
    exec(block, {})  # noqa: S102  our own text
    for nothing in ("{}", '{"backward": {"q": 3}}'):
        with pytest.raises(AssertionError, match="0 of 8"):
            exec(block.replace(answers, nothing), {})  # noqa: S102


def test_the_workflow_marks_what_was_pushed(tmp_path: Path) -> None:
    """Every step of ours, in a shell as GitHub starts one, after the one that installs the program."""
    (text,) = [block for kind, block in TEACHERS.blocks if kind == "yaml" and "workflows" in block.split("\n")[0]]
    steps = YAML(typ="safe").load(text)["jobs"]["check"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands.pop(0) == f"pip install ./.github/{wheel_file()[0]}"
    TEACHERS.write_files(tmp_path)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    environment = {"PATH": path, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "HOME": str(tmp_path)}

    def run() -> list[int]:
        return [
            subprocess.run(["bash", "-e", "-c", one], cwd=tmp_path, env=environment, check=False).returncode
            for one in commands
        ]

    assert run() == [0, 0]
    assert "| simple | 8 | 8 |" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    answers = tmp_path / "answers.yaml"
    answers.write_text(answers.read_text().replace("q: -4", "q: 4"))
    assert run() == [0, 1]


def test_classroom_50_gets_a_result_in_its_form_whatever_is_handed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its `schemas/result-v1.schema.json`, but for `owner` and `assignment_type`, which its runner writes."""
    (script,) = [block for kind, block in TEACHERS.blocks if kind == "python" and SCRIPT in block]
    named = {"classroom": "CLASSROOM", "assignment": "ASSIGNMENT", "submission": "SUBMISSION_TAG"}
    named |= {"commit": "COMMIT_URL", "release": "RELEASE_URL", "review": "REVIEW_URL"}
    for name in named.values():
        monkeypatch.setenv(name, f"the {name}")
    monkeypatch.chdir(tmp_path)
    right = bt.load("relu").template() + "  w0: 1\n"  # a key twice: unreadable
    uploads = {None: 0, "backward: {x: 1, w0: 1, x0: 0.2}": 2, "photo": 0, right: 0}
    for text, score in uploads.items():
        if text is not None:
            (tmp_path / "relu.yaml").write_text(text)
        exec(compile(script, "autograder.py", "exec"), {"__file__": str(tmp_path / "autograder.py")})  # noqa: S102
        result = json.loads((tmp_path / "result.json").read_text())
        assert result.pop("schema") == "classroom50/result/v1"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result.pop("datetime"))
        assert {key: result.pop(key) for key in named} == {key: f"the {name}" for key, name in named.items()}
        (test,) = result.pop("tests")
        assert (test.pop("test-name"), test.pop("passed")) == ("ReLU neuron", False)
        assert result == test == {"score": score, "max-score": 10}
        assert (tmp_path / "release-body.md").read_text().startswith(f"{score} of 10 points\n")
