"""A random circuit on demand: readable numbers, and mistakes that can be told apart; the same for a seed on every
machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from backprop_tutor.authoring.apart import MINOR, alike, is_idle_rule
from backprop_tutor.authoring.collisions import RIGHT
from backprop_tutor.authoring.making import UPSTREAMS, Made, is_short, made
from backprop_tutor.authoring.picks import Picks
from backprop_tutor.authoring.recipe import BadRecipe, Recipe, checked
from backprop_tutor.course.exercise import Choice, Exercise
from backprop_tutor.course.variants import why_unusable
from backprop_tutor.engine.compile import read_graph, written
from backprop_tutor.engine.graph import Graph, GraphBuilder
from backprop_tutor.engine.passes import Solution

ID: Final = "random"
"""The id of every random circuit."""
_ATTEMPTS: Final = 1500
_WITH_EVERY_KIND: Final = 1000
_UPSTREAMS_TRIED: Final = 4
_MOST_READABLE: Final = 250
"""So many circuits that read well are looked at for mistakes that cannot be told apart, then it is given up."""
_LEAST, _MOST = 0.05, 300.0
_INPUTS: Final = tuple("xyzwuv")
_GATES: Final = tuple("abcdghjkmnpqrst")  # e is a number, f the output, l and o look like digits


def generate(recipe: Recipe, seed: int) -> Exercise:
    """The circuit of a recipe and a seed. Raises BadRecipe where there is none, or none was found."""
    checked(recipe)
    for exercise in islice(_readable(recipe, seed), _MOST_READABLE):
        if _tells_apart(exercise):
            return exercise
    raise BadRecipe(_why_none(recipe))


def _readable(recipe: Recipe, seed: int) -> Iterator[Exercise]:
    """The circuits that come of a seed and read well, one try after another."""
    for attempt in range(_ATTEMPTS):
        picks = Picks(f"{ID}:{seed}:{attempt}")
        found = made(recipe, picks, every_kind=attempt < _WITH_EVERY_KIND)
        if found is not None:
            exercise = _exercise(found, recipe, seed)
            for upstream in picks.some_of(UPSTREAMS, _UPSTREAMS_TRIED):
                tried = replace(exercise, upstream=upstream)
                if _reads_well(tried.solution) and why_unusable(tried) is None:
                    yield tried


def _exercise(found: Made, recipe: Recipe, seed: int) -> Exercise:
    """What was made, with names: x, y, z, w for the inputs, a, b, c, d for the gates, f for the output."""
    inputs = [row for row in found.rows if row.gate == ""]
    names = _INPUTS if len(inputs) <= len(_INPUTS) else [f"x{number}" for number in range(1, len(inputs) + 1)]
    input_names, gate_names = iter(names), iter(_GATES)
    builder = GraphBuilder()
    values: dict[str, float] = {}
    for node, row in enumerate(found.rows):
        if row.gate == "":
            name = next(input_names)
            builder.input(name)
            values[name] = row.value
        else:
            name = "f" if node == len(found.rows) - 1 else next(gate_names)
            builder.gate(row.gate, *row.sources, constant=row.constant, name=name)
    text = written(builder.build())
    graph = read_graph(text, values, reserved=["L"])
    return Exercise(
        id=ID, title=title_of(graph), graph_text=text, graph=graph, choices={name: Choice(value) for name,
        value in values.items()},
        values=values, seed=seed, source=recipe.command(seed),
        tags=tuple(dict.fromkeys(gate.name for gate in graph.gates if gate is not None)),
    )  # fmt: skip


def title_of(graph: Graph) -> str:
    """What a random circuit is called."""
    gates, forks = len(graph.gate_names), len(graph.forks)
    title = "A circuit of one gate" if gates == 1 else f"A circuit of {gates} gates"
    return title if not forks else f"{title} with a fork" if forks == 1 else f"{title} with {forks} forks"


def _reads_well(solution: Solution) -> bool:
    """Whether every gradient is easy to write, and none stops at a gate, so that there is always something to
    multiply."""
    graph = solution.graph
    short = all(gate is None or is_short(gate) for gate in graph.gates)
    for node, gate in enumerate(graph.gates):
        numbers = [solution.gradients[node], *(solution.gradients[node] * slope for slope in solution.locals[node])]
        if gate is not None and numbers[0] == 0:
            return False
        for number in filter(None, numbers):
            if not _LEAST <= abs(number) <= _MOST or (short and round(number, 3) != number):
                return False
    forks = [
        (solution.gradient(fork), *(solution.flow(branch).downstream for branch in graph.branches_from[fork]))
        for fork in graph.forks
    ]
    return all(abs(number) >= _LEAST for numbers in forks for number in numbers)


def _tells_apart(exercise: Exercise) -> bool:
    """Whether no mistake leads to the right number, and no two to one (but for those that are near something all the
    time)."""
    met = any(pair.one == RIGHT or not MINOR & {pair.one, pair.other} for pair in alike(exercise))
    return not met and not is_idle_rule(exercise)


def _why_none(recipe: Recipe) -> str:
    smallest, largest = recipe.size
    size = f"{smallest}" if smallest == largest else f"{smallest} to {largest}"
    forks = "" if not recipe.forks else " and one fork" if recipe.forks == 1 else f" and {recipe.forks} forks"
    return (
        f"no readable circuit of {size} gates{forks} was found of {', '.join(recipe.gates)}: the numbers become too "
        f"large, too small or "
        "too long to write, or mistakes cannot be told apart. Take fewer gates (--size), or more kinds (--gates)."
    )
