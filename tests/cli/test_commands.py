"""Every command of the table: its help, its output for machines, and completion."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from backprop_tutor import __version__
from backprop_tutor.cli.main import COMMANDS, loaded
from backprop_tutor.course.catalogue import find, paths
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.compile import written
from backprop_tutor.engine.gates import GATES
from backprop_tutor.grading.reports import FORMATS
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.submission import read_submission
from backprop_tutor.tutor.stages import questions
from tests.cli.running import Terminal, in_a_process, tutor
from tests.full import times
from tests.shipped import numbers


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_explains_itself(command: str, option: str) -> None:
    ran = tutor(command, option)
    assert (ran.status, ran.err) == (0, "")
    assert f"backprop-tutor {command}" in ran.out
    assert ran.out.isascii()  # Typer prints it as it is, whatever the encoding of the terminal


HELPS = [
    (),
    *([name] for name in COMMANDS),
    *([name, sub] for name in COMMANDS for sub in getattr(loaded(name), "commands", ())),
]


def test_every_help_is_the_same_without_docstrings() -> None:
    script = f"from tests.cli.running import tutor; print([tutor(*words, '--help').out for words in {HELPS!r}])"
    done = subprocess.run([sys.executable, "-OO", "-c", script], capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) == [tutor(*words, "--help").out for words in HELPS]


def test_the_help_of_grade_names_every_format() -> None:
    words = " ".join(tutor("grade", "--help").out.split())
    for name, form in FORMATS.items():
        assert name in words.partition("--format FORMAT")[2].partition("--")[0]
        assert form.suffix in words.partition("--output REPORT")[2].partition("--")[0]


def test_the_version_is_the_packages() -> None:
    assert tutor("--version").out == f"backprop-tutor {__version__}\n"
    assert in_a_process("--version").out == tutor("--version").out


@pytest.mark.parametrize("gate", [*GATES, "fork"])
def test_patterns_of_each_gate(gate: str) -> None:
    ran = tutor("patterns", gate)
    assert ran.status == 0
    assert gate in ran.out
    sentence = "distributes forward" if gate == "fork" else GATES[gate].pattern
    assert " ".join(sentence.split()[:4]).lower() in " ".join(ran.out.split()).lower()
    assert re.search(r"\nStudents often \w+ [^{}|]+\.\n", ran.out)  # the slips in the gate's own row


@pytest.mark.parametrize(
    ("typed", "gate"), [("ReLU", "relu"), ("sig", "sigmoid"), ("ln", "log"), ("Leak", "leaky_relu"), ("CONV", "conv")]
)
def test_a_gate_is_found_by_any_name_and_by_its_beginning(typed: str, gate: str) -> None:
    assert tutor("patterns", typed).out.startswith(f"── {gate} ─")


def test_patterns_shows_every_gate() -> None:
    shown = tutor("patterns").out
    assert all(gate in shown for gate in (*GATES, "fork"))


def test_list_for_machines_is_as_promised() -> None:
    data, shown = json.loads(tutor("list", "--format", "json").out), tutor("list", "--all", env={"COLUMNS": "200"}).out
    assert data["format"] == "backprop-tutor/catalogue@1"
    assert {entry["id"] for entry in data["exercises"]} == set(paths())
    for entry in data["exercises"]:
        assert {"id", "title", "path", "gates", "questions", "source"} <= set(entry)
        assert entry["title"] in shown


def test_explain_for_machines_is_as_promised() -> None:
    data = json.loads(tutor("explain", "simple", "--format", "json").out)
    assert data == {
        "format": "backprop-tutor/solution@1", "exercise": "simple", "seed": None, "output": "f", "upstream": 1.0,
        "nodes": {
            "x": {"kind": "input", "value": -2.0, "gradient": -4.0}, "y": {"kind": "input", "value": 5.0,
            "gradient": -4.0},
            "z": {"kind": "input", "value": -4.0, "gradient": 3.0},
            "q": {"kind": "gate", "gate": "add", "inputs": ["x", "y"], "value": 3.0, "gradient": -4.0},
            "f": {"kind": "gate", "gate": "mul", "inputs": ["q", "z"], "value": -12.0, "gradient": 1.0},
        },
        "branches": {
            "x->q": {"gate": "q", "upstream": -4.0, "local": 1.0, "downstream": -4.0},
            "y->q": {"gate": "q", "upstream": -4.0, "local": 1.0, "downstream": -4.0},
            "q->f": {"gate": "f", "upstream": 1.0, "local": -4.0, "downstream": -4.0},
            "z->f": {"gate": "f", "upstream": 1.0, "local": 3.0, "downstream": 3.0},
        },
    }  # fmt: skip
    assert json.loads(tutor("explain", "sigmoid", "--format", "json").out)["nodes"]["g5"]["constant"] == -1.0


@pytest.mark.parametrize("exercise", sorted(numbers())[:: times(3, 1)])
def test_every_exercise_is_explained_practised_and_checked(exercise: str) -> None:
    """Its lesson names the gradient of every input that is not given; its own answers are right one by one, and in a
    filled-in template."""
    made = variant(find(exercise), None)
    lesson = tutor("explain", exercise, "--all").out
    wanted = "{name}" if made.neurons else "∂{loss}/∂{name}"  # of a network the lesson says errors and new weights
    asked = [name for name in made.graph.input_names if name not in made.given]
    assert all(wanted.format(loss=made.loss, name=name) in lesson for name in asked)
    asked, key = [one for one in questions(made) if one.kind.picture != "lines"], AnswerKey(made)
    answers = {(one.stage, one.target): str(one.kind.model_answer(one, key)) for one in asked}
    is_drawn = "graph" in made.stages  # which takes several lines, so that from a pipe it is left open
    typed = "\n" * is_drawn + "".join(f"{answer}\n" for answer in answers.values())
    practised = tutor("practice", exercise, stdin=typed)
    assert practised.status == is_drawn
    assert practised.out.count(": Right: ") == len(answers)
    yaml = YAML()
    text = tutor("check", exercise, "--template").out
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith("exercise: " if is_drawn else "#")  # the circuit, unless the student draws it
    sheet = yaml.load(text)
    for (stage, target), answer in answers.items():
        name, _, part = target.rpartition(".")
        (sheet[stage][name] if name else sheet[stage])[part] = answer
    if is_drawn:
        sheet["graph"] = written(made.graph)
    filled = io.StringIO()
    yaml.dump(sheet, filled)
    checked = json.loads(tutor("check", exercise, "-", "--format", "json", stdin=filled.getvalue()).out)
    assert checked["score"] == checked["max_score"] == len(answers) + is_drawn


def test_what_is_left_unanswered_is_not_right() -> None:
    assert tutor("practice", "xor").status == 1
    assert tutor("check", "xor", "-", stdin=tutor("check", "xor", "--template").out).status == 1


def test_a_circuit_of_ones_own_stands_wherever_an_exercise_does() -> None:
    own = ["--graph", "q = x + y; f = q*z", "--at", "x=-2", "--at", "y=5", "--at", "z=-4"]
    assert json.loads(tutor("explain", *own, "--format", "json").out)["nodes"]["x"]["gradient"] == -4.0
    assert tutor("practice", *own, stdin="-4\n3\n-4\n-4\n").status == 0
    assert tutor("check", *own, "-", stdin="backward: {q: -4, z: 3, x: -4, y: -4}").status == 0


@pytest.mark.parametrize("exercise", sorted(numbers()))
def test_the_graphs_text_is_written_out(exercise: str) -> None:
    ran = tutor("explain", exercise, "--graph-text")
    assert (ran.status, ran.out) == (0, find(exercise).graph_text.rstrip("\n") + "\n")


def test_shells_complete_exercises_and_gates() -> None:
    def completed(*words: str) -> str:
        line = " ".join(["backprop-tutor", *words])
        return in_a_process(_BACKPROP_TUTOR_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words))).out

    assert {"relu"} <= set(completed("practice", "re").split())
    assert {"mul"} <= set(completed("patterns", "mu").split())


def test_explain_writes_the_whole_lesson_into_a_text_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = tutor("explain", "simple", "--all").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert tutor("explain", "simple", "-o", str(tmp_path / "lesson.txt")).status == 0
    written = (tmp_path / "lesson.txt").read_text(encoding="utf-8")
    assert "Backward pass, one gate at a time" in written
    assert "upstream × local = 1.00 × (-4.00) = -4.00" in written
    assert shown.splitlines()[-1] == written.splitlines()[-1]
    assert "\x1b" not in written


def test_explain_steps_at_a_terminal() -> None:
    terminal = Terminal("explain", "simple")
    terminal.type("", "", "back", "", "", prompt="q: quit ")
    assert terminal.end() == 0
    shown = terminal.shown
    assert shown.count("Backward pass, step 1 of 2") == 2
    assert "As formulas" in shown


def test_explain_stops_when_told() -> None:
    terminal = Terminal("explain", "simple")
    terminal.type("quit", prompt="q: quit ")
    assert terminal.end() == 0
    stopped = Terminal("explain", "simple")
    stopped.press("c", prompt="q: quit ")
    assert stopped.end() == 130


OF_WORDS = [
    (command, option)
    for command in COMMANDS
    for option in ("--view", "--format")
    if any(option in parameter.opts for parameter in loaded(command).params)
]


@pytest.mark.parametrize(("command", "option"), OF_WORDS)
def test_an_option_of_words_takes_no_others(command: str, option: str) -> None:
    arguments = {"grade": ["-"], "check": ["relu", "-"], "practice": ["relu"], "draw": ["relu"], "explain": ["relu"]}
    ran = tutor(command, *arguments.get(command, []), option, "no-such-word", stdin="{}")
    assert (ran.status, ran.out) == (2, "")
    assert "no-such-word" in ran.err


def test_answers_that_name_their_exercise_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text("exercise: relu\nbackward: {f: 1, x: 1, w0: 7}\n")
    alone, both = tutor("check", str(path), "--plain"), tutor("check", "relu", str(path), "--plain")
    assert (alone.status, alone.out) == (1, both.out)
    assert tutor("check", "-", "--plain", stdin=path.read_text()).out == both.out
    path.write_text("backward: {f: 1}\n")
    assert "does not name its exercise" in tutor("check", str(path)).err
    path.write_text("title: T\ngraph: f = x*2\ninputs: {x: 1}\n")
    assert "give ANSWERS" in tutor("check", str(path)).err


@pytest.mark.parametrize("student", ["12", 'a "b"', "no", "ä: ö"])
def test_a_template_names_its_student(student: str) -> None:
    text = tutor("check", "relu", "--template", "--student", student).out
    assert read_submission(text).student == student


def test_what_is_written_is_said_and_an_answer_file_is_never_written_over(tmp_path: Path) -> None:
    for words in (["draw", "simple"], ["explain", "simple"], ["check", "simple", "--template"], ["schema"]):
        path = tmp_path / f"{words[0]}.{ {'schema': 'json', 'check': 'yaml'}.get(words[0], 'txt') }"
        ran = tutor(*words, "-o", str(path))
        assert (ran.status, ran.out, ran.err) == (0, "", f"Wrote {path}.\n")
        assert path.read_text()
    again = tutor("check", "simple", "--template", "-o", str(tmp_path / "check.yaml"))
    assert again.status == 2
    assert tutor("check", "simple", str(tmp_path / "check.yaml"), "-o", str(tmp_path / "x")).status == 2


def test_a_template_that_powershell_redirected_gets_full_marks_when_it_is_filled_in(tmp_path: Path) -> None:
    made = variant(find("relu"), None)
    key = AnswerKey(made)
    answers = (one.kind.model_answer(one, key) for one in questions(made)[1:])
    text = re.sub(
        r"^  \S+:", lambda row: f"{row[0]} {next(answers)}", tutor("check", "relu", "--template").out, flags=re.M
    )
    text = re.sub(r"(?<=graph: \|).*", "\n" + "".join(f"  {line}\n" for line in written(made.graph).split("\n")), text)
    path = tmp_path / "answers.yaml"
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-16"))
    ran = tutor("check", "relu", str(path))
    assert (ran.status, ran.out.splitlines()[-1]) == (0, "15 of 15")
