"""Random circuits are what was asked for, are readable, tell mistakes apart, and are the same for a seed everywhere.

The full form (`BACKPROP_TUTOR_FULL=1`) tries 2,000 recipes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from backprop_tutor.authoring.circuits import FIRST_GATES, LATER_GATES, Asked, BadRecipe, Recipe, generate, most_forks
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import why_unusable
from backprop_tutor.engine.gates import GATES
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.questions import by_name
from tests.full import times
from tests.tutor.classroom import check, checker_of, one
from tests.tutor.paper import worked
from tests.tutor.wrong import asked, predicted

KINDS = sorted(GATES)
NEAR_SOMETHING = {"added-upstream", "stale-upstream", "decimal-slip"}
"""Mistakes whose numbers may be near another's."""
OWN = {
    "mul": "swapped-inputs", "add": "split-at-add", "sub": "split-at-add", "exp": "exp-power-rule",
    "reciprocal": "reciprocal-missing-minus",
    "power": "power-kept-exponent", "sigmoid": "sigmoid-value", "tanh": "tanh-not-squared", "log": "log-value",
    "relu": "relu-times-input",
}  # fmt: skip
"""A mistake that can be made at each branch into such a gate."""

seeds = st.integers(-(10**6), 10**9)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Recipes for which there may be a circuit."""
    gates = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=5, unique=True))
    smallest = draw(st.integers(1, 8))
    largest = draw(st.integers(smallest, 9))
    return Recipe(tuple(gates), (smallest, largest), draw(st.integers(0, min(2, most_forks(tuple(gates), largest)))))


def holds(exercise: Exercise, recipe: Recipe) -> None:
    """Checks that the circuit has what was asked for."""
    graph = exercise.graph
    kinds = {gate.name for gate in graph.gates if gate is not None}
    assert kinds <= set(recipe.gates)
    assert recipe.size[0] <= len(graph.gate_names) <= recipe.size[1]
    assert len(graph.forks) == recipe.forks
    assert all(len(graph.branches_from[fork]) == 2 for fork in graph.forks)


def reads_well(exercise: Exercise) -> None:
    """Checks that given numbers are short, that what is asked is short or of a readable size, and that nothing sits on
    a kink or vanishes."""
    assert why_unusable(exercise) is None
    assert abs(exercise.upstream) != 1
    for number in (*exercise.values.values(), exercise.upstream):
        assert len(f"{abs(number):g}".replace(".", "")) <= 2
        assert number == round(number, 1) != 0
    paper = worked(exercise)
    for number in (*paper.values.values(), *paper.carried.values(), *paper.gradients.values()):
        assert number == 0 or 0.05 <= abs(number) <= 300
    assert all(paper.gradients[name] != 0 for name in exercise.graph.gate_names)


def tells_apart(exercise: Exercise) -> None:
    """Checks that no mistake is right, and that each is marked wrong and named, or another one that leads to its
    number as it is written."""
    key = checker_of(exercise).key
    known = by_name(key.asked("backward"))
    for at in asked(exercise):
        mistakes = {id_ for id_, _ in predicted(at)}
        if at.kind in OWN and at.right:
            assert OWN[at.kind] in mistakes
        if not at.carried and at.local:
            assert "forgot-upstream" in mistakes
            assert at.local in (1, -1) or "forgot-local" in mistakes
        edits = key.edits.of(known[at.name])
        for id_, number in predicted(at):
            if id_ not in NEAR_SOMETHING:
                verdict = one(exercise, "backward", at.name, repr(number))
                assert verdict.outcome is Outcome.WRONG, (exercise.graph_text, exercise.values, at, id_)
                half_a_unit = 0.5 * 10.0 ** -len(repr(number).partition(".")[2]) + 1e-9 * abs(number)  # of -2.0: 0.05
                same = {edits.rows[entry.row].id for entry in edits.near(number, half_a_unit)}
                assert {id_, *same}.intersection(verdict.diagnoses), (exercise.graph_text, exercise.values, at, id_)


@settings(
    max_examples=times(12, 2000),
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(recipes(), seeds)
@example(Recipe(), 1)
@example(Recipe(FIRST_GATES, (3, 8), 1), 3)
@example(Recipe(FIRST_GATES + LATER_GATES, (8, 8), 2), 7)
@example(Recipe(("min", "mul", "sqrt", "power", "abs"), (6, 6), 1), 0)
@example(Recipe(("div", "exp", "cos", "shift", "abs"), (2, 2)), -494085)  # 1.0 would be 1.05 rounded
def test_every_circuit_is_what_was_asked_for_and_teaches(recipe: Recipe, seed: int) -> None:
    try:
        exercise = generate(recipe, seed)
    except BadRecipe:
        assume(False)
        raise
    holds(exercise, recipe)
    reads_well(exercise)
    tells_apart(exercise)
    paper = worked(exercise)
    result = check(exercise, backward={name: repr(number) for name, number in paper.answers(exercise).items()})
    assert result.score == result.max_score


@pytest.mark.parametrize("solved", range(19))
def test_whoever_names_nothing_always_gets_a_circuit(solved: int) -> None:
    recipe = Asked().recipe(solved)
    for seed in range(times(2, 200)):
        exercise = generate(recipe, seed)
        holds(exercise, recipe)
        if len(recipe.gates) <= recipe.size[0]:
            assert {gate.name for gate in exercise.graph.gates if gate is not None} == set(recipe.gates)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_gate_makes_a_circuit(kind: str) -> None:
    for recipe in (Recipe((kind,), (1, 2)), Recipe((kind, "mul", "add"), (4, 5), 1)):
        for seed in range(times(3, 50)):
            holds(generate(recipe, seed), recipe)


GOLDEN = {
    (1, Recipe()): "a = x1 + x2; b = x3 + x4; c = x5 * x6; d = max(x7, a); g = d + b; h = max(c, x8); f = h * g; "
    "x1 = 1.5, x2 = -2, x3 = -4, x4 = -5, x5 = 3, x6 = 0.5, x7 = -2.5, x8 = -2; 5",
    (3, Asked().recipe(0)): "a = x + y; b = max(z, w); f = b * a; x = 2, y = -1.5, z = -3, w = 5; 4",
    (
        65010001,
        Recipe(("sigmoid", "mul", "add"), (4, 4), 1),
    ): "a = x + y; b = sigmoid(z); c = z * b; f = c * a; x = 0.5, y = -5, z = -2; 2.5",
}


def told(exercise: Exercise) -> str:
    numbers = ", ".join(f"{name} = {value:g}" for name, value in exercise.values.items())
    return "; ".join([*exercise.graph_text.split("\n"), numbers, f"{exercise.upstream:g}"])


@pytest.mark.parametrize(("seed", "recipe"), GOLDEN)
def test_a_seed_gives_one_circuit_on_every_machine(seed: int, recipe: Recipe) -> None:
    assert told(generate(recipe, seed)) == GOLDEN[seed, recipe]


def test_other_seeds_give_other_circuits() -> None:
    made = {told(generate(Recipe(), seed)) for seed in range(40)}
    assert len(made) == 40


@pytest.mark.parametrize(
    "recipe",
    [Recipe(("exp",), (8, 8)), Recipe(("max",), (3, 3), 2), Recipe(("power",), (4, 4)), Recipe(("sigmoid",), (6, 6))][
        : times(2, 4)
    ],
)
def test_where_there_is_no_readable_circuit_it_says_why(recipe: Recipe) -> None:
    with pytest.raises(BadRecipe) as caught:
        generate(recipe, 1)
    message = str(caught.value)
    assert f"{recipe.size[0]} gates" in message
    assert recipe.gates[0] in message
    assert "--size" in message


def names(texts: Sequence[str]) -> list[str]:
    return [text.split(" = ")[0] for text in texts]


def test_names_follow_the_alphabet_and_the_output_is_f() -> None:
    for seed in range(20):
        lines = names(generate(Recipe(size=(6, 9)), seed).graph_text.split("\n"))
        assert lines == [*"abcdghjk"[: len(lines) - 1], "f"]
