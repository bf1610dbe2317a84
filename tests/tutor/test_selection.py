"""What `given` and `ask` leave out is never asked for, and follow-through passes through it; if answered, it is marked
but worth nothing."""

from __future__ import annotations

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.grading.marks import Columns, Examiner
from backprop_tutor.show.drawings import DRAWINGS
from backprop_tutor.show.pictures import session_picture
from backprop_tutor.tutor.marking.submission import submission_of
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.questions import template
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import questions
from tests.tutor.classroom import a_class, check
from tests.tutor.paper import worked

TEXT = """title: A squared error
graph: |
  h = w*x + b
  f = max(0, h)
  E = (f - t)^2
inputs: {w: 2, x: 1.5, b: -0.5, t: 4}
"""


def made(more: str) -> Exercise:
    return variant(read_exercise(TEXT + more, "mine"), None)


def asked(exercise: Exercise) -> list[tuple[str, str]]:
    return [(question.stage, question.target) for question in questions(exercise)]


def test_gradients_of_what_is_given_are_asked_in_no_stage() -> None:
    exercise = made("given: [x, t]\nstages: [forward, local, backward, symbolic]\n")
    assert [name for stage, name in asked(exercise) if stage == "local"] == ["w->g1", "g1->h", "b->h", "h->f", "f->g2",
                                                                             "g2->E"]  # fmt: skip
    assert [name for stage, name in asked(exercise) if stage == "backward"] == ["g2", "f", "h", "g1", "b", "w"]
    assert [name for stage, name in asked(exercise) if stage == "symbolic"] == ["w", "b"]
    assert [name for stage, name in asked(exercise) if stage == "forward"] == ["g1", "h", "f", "g2", "E"]


def test_what_is_named_alone_is_asked_by_either_of_its_names() -> None:
    exercise = made("ask: [E, w->g1, b]\nstages: [forward, local, backward, symbolic]\n")
    assert asked(exercise) == [
        ("forward", "E"), ("local", "w->g1"), ("local", "b->h"), ("backward", "b"), ("backward", "w"),
        ("symbolic", "b"),
    ]  # fmt: skip


def test_stages_of_networks_and_the_students_graph_are_asked_in_any_case() -> None:
    more = "ask: [w]\nstages: [graph, backward, update]\nupdate: {rate: 0.1, nodes: [b]}\n"
    assert asked(made(more)) == [("graph", "graph"), ("backward", "w"), ("update", "b")]


def test_the_file_to_fill_in_and_the_report_have_what_is_asked_alone() -> None:
    exercise = made("given: [x, t]\nask: [w, b]\n")
    assert [line.split(":")[0].strip() for line in template(exercise).split("backward:\n")[1].splitlines()] == [
        "b",
        "w",
    ]
    assert [question.target for question in Columns(exercise).questions] == ["b", "w"]
    examiner = Examiner(exercise)
    for answers, score in (({"b": "-3", "w": "-4.5"}, 2), ({"b": "-3", "w": "-4.5", "h": "-3"}, 2), ({"h": "-3"}, 0)):
        marks, words = examiner.marks(submission_of({"backward": answers}), words=True)
        assert marks.score == score
        assert (words or "").count('"scored": false') == ("h" in answers)


def test_an_answer_that_is_not_asked_is_marked_and_is_worth_nothing() -> None:
    exercise = made("ask: [w]\n")
    result = check(exercise, backward={"h": "-3", "f": "5", "w": "-4.5"})
    outcomes = {verdict.target: (verdict.outcome, verdict.scored) for verdict in result.verdicts}
    assert outcomes == {"f": (Outcome.WRONG, False), "h": (Outcome.RIGHT, False), "w": (Outcome.RIGHT, True)}
    assert (result.score, result.max_score, result.is_full) == (1, 1, False)


def test_nothing_follows_from_a_wrong_answer_that_costs_nothing() -> None:
    answers = {"h": "7", "w": "10.5"}  # 7 times x
    assert check(made(""), backward=answers).score == 1
    assert check(made("ask: [w, b]\n"), backward=answers).score == 0


def test_a_slip_goes_on_through_what_is_not_asked() -> None:
    """Somebody slips at one node and works on; of what comes after it only the inputs are asked."""
    tried = 0
    for exercise in a_class(20, 300):
        graph, paper = exercise.graph, worked(exercise)
        single = [name for name in graph.gate_names if len(graph.branches_from[name]) == 1]
        if not single:
            continue
        node = single[0]
        slipped, gradients = 1.7 * paper.gradients[node] + 0.3, dict.fromkeys(graph.names, 0.0)
        gradients[graph.output_name] = exercise.upstream
        for name in reversed(graph.gate_names):
            gradients[name] = slipped if name == node else gradients[name]
            for branch in graph.branches_into(name):
                gradients[branch.source] += gradients[name] * paper.local[branch.name]
        room = {
            name: 0.05 * abs(paper.gradients[name]) + 1e-9 for name in graph.input_names
        }  # floats leave bits of a 0
        after = [name for name in room if gradients[name] and abs(gradients[name] - paper.gradients[name]) > room[name]]
        if not after:
            continue
        tried += 1
        alone = exercise._replace(ask=(node, *graph.input_names))
        result = check(alone, backward={name: repr(gradients[name]) for name in (node, *graph.input_names)})
        found = {verdict.target: verdict for verdict in result.verdicts}
        assert found[node].outcome is Outcome.WRONG
        for name in after:
            said = found[name]
            assert said.outcome is Outcome.FOLLOW_THROUGH or "only passes on" in said.message, (exercise.id, said)
    assert tried > 15


def test_a_picture_shows_neither_what_is_asked_nor_what_is_found_on_the_way() -> None:
    exercise = made("given: [x, t]\nask: [E, w]\nstages: [forward, backward]\n")
    picture = DRAWINGS["blank"](exercise).picture
    assert {name for name in exercise.graph.names if name not in picture.values} == {"g1", "h", "f", "g2"}
    assert picture.values["E"] == "____"
    assert picture.gradients == {"w->g1": "____", "E": "1.00"}
    session = Session(exercise)
    assert {name for name, text in session_picture(session).values.items() if text == "·"} == {"g1", "h", "f", "g2"}
    session.answer("2.25")
    picture = session_picture(session)
    assert picture.values["h"] == "2.50"
    assert {text for name, text in picture.gradients.items() if name != "E"} == {"·", "[?]"}


def test_a_question_gives_no_gradient_that_is_not_asked() -> None:
    session = Session(made("ask: [w, b]\n"))
    assert session.question is not None
    said = session.question.kind.ask(session.question, session.exercise, session.solution)
    assert said == "What is ∂L/∂b, through h = g1 + b?"
    assert "not known yet" in session.answer("dh").message
    assert session.answer("-3").closes


def test_of_a_students_graph_the_twins_of_what_is_asked_are_asked() -> None:
    exercise = made("ask: [h, w]\nstages: [graph, backward]\n")
    graph = "p = w*x\ns = p + b\nf = relu(s)\nd = f - t\nE = d^2"
    result = check(exercise, graph=graph, backward={"s": "-3", "w": "-4.5"})
    assert [verdict.target for verdict in result.verdicts if verdict.scored] == ["graph", "s", "w"]
    assert (result.score, result.max_score) == (3, 3)


def test_a_twin_that_is_missing_is_made_up_for_by_what_is_nobodys_twin() -> None:
    text = "title: T\ngraph: f = (a + b) + c\ninputs: {a: 2, b: 3, c: 5}\nupstream: 4\n"
    exercise = variant(read_exercise(f"{text}ask: [g1, c]\nstages: [graph, backward]\n", "mine"), None)
    result = check(exercise, graph="q = b + c\nf = a + q", backward=dict.fromkeys(["q", "a", "b", "c"], "4"))
    assert (result.score, result.max_score) == (3, 3)
    assert {verdict.target for verdict in result.verdicts if verdict.scored} == {"graph", "a", "b", "c", "q"}
