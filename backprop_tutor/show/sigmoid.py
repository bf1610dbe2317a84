"""The lecture's remark on its sigmoid circuit: four gates are one, σ' = (1 - σ)σ, and the same gradient comes out."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import shown, signed
from backprop_tutor.engine.passes import Solution
from backprop_tutor.show.words import Indented

DERIVATION = (
    "exp(-x)/(1 + exp(-x))**2",
    "((1 + exp(-x) - 1)/(1 + exp(-x))) * (1/(1 + exp(-x)))",
    "(1 - 1/(1 + exp(-x))) * (1/(1 + exp(-x)))",
    "(1 - sigmoid(x)) * sigmoid(x)",
)
"""dσ/dx from the reciprocal and chain rules to (1 - σ)σ, each step equal to the one before, in the graph language."""


def sigmoid_lesson(exercise: Exercise, solution: Solution, tail: Sequence[str]) -> Indented:
    """Derives σ' step by step, then finds the gradient at the input of the four gates in one step."""
    graph, loss = solution.graph, exercise.loss
    (entering,) = graph.node(tail[0]).inputs
    output = tail[-1]
    sigma = solution.value(output)
    flow = solution.flow(graph.branches_into(tail[0])[0])
    text = Text(
        f"{', '.join(tail)} compute sigmoid(x) = 1/(1 + e^-x) at x = {entering} = {shown(solution.value(entering))}. "
        f"Its derivative:\n"
    )
    for number, step in enumerate(DERIVATION):
        head = " " * 11 if number else "sigmoid'(x)"
        text.append(f"  {head} = {step}\n")
    local = f"(1 - {shown(sigma)}) * {shown(sigma)} = {shown(sigma * (1 - sigma))}"
    text.append(f"So one sigmoid gate with the value {shown(sigma)} has the local gradient {local}, ")
    text.append(f"and ∂{loss}/∂{entering} = {shown(solution.gradient(output))} * {signed(sigma * (1 - sigma))} = ")
    text.append(shown(solution.gradient(output) * sigma * (1 - sigma)), "red")
    text.append(f", as found through the four gates: {shown(flow.downstream)}.")
    return Indented(text)
