"""Asking about some names only: those questions in the lesson's order, with everything before them given; large graphs
are folded around them."""

from __future__ import annotations

import pytest

from backprop_tutor.authoring.exercise_files import network_of, network_text
from backprop_tutor.course.catalogue import find, paths
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.drawing.tape import neighbourhood
from backprop_tutor.show.pictures import ASKED, session_picture
from backprop_tutor.tutor.questions import NotAsked, is_about, names_of
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import questions
from tests.cli.running import Terminal, tutor

LARGE = network_text(network_of("3-4-2"), "A network").replace("[delta, update]", "[backward]")


@pytest.mark.parametrize("id_", sorted(paths()))
def test_every_question_is_asked_alone_under_each_of_its_names(id_: str) -> None:
    exercise = variant(find(id_), None)
    for question in questions(exercise):
        for name in question.names:
            session = Session(exercise, only=names_of(exercise, name))
            assert question in session.questions
            assert [q for q in questions(exercise) if is_about(q, frozenset([name]))] == session.questions
            before = session.lesson[: session.lesson.index(session.questions[0])]
            assert list(session.given()) == before


def test_what_lies_before_is_shown_and_what_lies_behind_is_not() -> None:
    exercise = variant(read_exercise(LARGE, "large"), None)
    session = Session(
        exercise, only=names_of(exercise, "w4_8,w48") if "w4_8" in exercise.graph.index else names_of(exercise, "w48")
    )
    picture = session_picture(session)
    (asked,) = [name for name, text in picture.gradients.items() if text == ASKED]
    assert asked.startswith("w48->")
    gate = session.questions[0].branch
    assert gate is not None
    assert picture.gradients[exercise.graph.branches_from[gate.gate][0].name] not in ("", "·", ASKED)
    assert picture.gradients[exercise.graph.branches_from["w14"][0].name] == "·"


def test_unknown_names_are_told() -> None:
    exercise = variant(find("xor"), None)
    with pytest.raises(NotAsked, match=r"w53 is not a node.*Did you mean w\d"):
        names_of(exercise, "w35,w53")
    with pytest.raises(NotAsked, match="nothing is asked about X3: this exercise asks for"):
        names_of(exercise, "X3")
    assert tutor("practice", "xor", "--only", "w53").status == 2
    assert tutor("practice", "xor", "--only", ",").status == 2


def test_some_weights_of_xor_are_practised_through_a_pipe() -> None:
    ran = tutor("practice", "xor", "--only", "w35,w45", stdin="-1.2067\n1.0888\n")
    assert ran.status == 0
    assert "All done: 2 of 2, " in ran.out


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("plain", [False, True])
def test_a_large_graph_is_folded_around_the_question_and_shown_whole_on_request(
    tmp_path, columns: int, plain: bool
) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "large.yaml"
    path.write_text(LARGE)
    terminal = Terminal(
        "practice", str(path), "--only", "w48", "--no-record", *["--plain"] * plain, columns=columns, rows=24
    )
    terminal.type("show  all", "quit")
    assert terminal.end() == 1
    folded, whole = terminal.shown.split("w48 >" if "w48 >" in terminal.shown else "> ")[:2]
    assert "folded: " in folded
    assert "`show all` draws everything." in folded
    assert "folded" not in whole
    assert len(whole.splitlines()) > 60
    tape = folded[folded.index("wire") :]
    assert len(tape.splitlines()) < 25
    exercise = read_exercise(LARGE, "large")
    count = sum(int(line.split(" folded:")[0].split("(")[-1]) for line in tape.splitlines() if " folded:" in line)
    branch = exercise.graph.branches_from["w48"][0].name
    assert count + len(neighbourhood(exercise.graph, [branch], 15)) == len(exercise.graph)
    assert max(map(len, tape.splitlines())) <= columns
