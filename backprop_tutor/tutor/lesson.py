"""The worked solution as steps in plain text, one gate per step, forward and then backward; for screens and pages
alike."""

from __future__ import annotations

from collections.abc import Iterator

from backprop_tutor.engine.formatting import gate_line, shown
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.derivation import Line, Step, carried, forks_completed, local_of, sum_through, value_of
from backprop_tutor.tutor.stages.stage import Label


def forward_steps(solution: Solution) -> list[Step]:
    """Every gate, starting at the inputs: `g1 = w0 × x0 = 2.00 × (-1.00) = -2.00`."""
    if solution.graph.shapes:
        # Loaded only for arrays, here and below.
        from backprop_tutor.tutor import array_derivation

        return array_derivation.forward_steps(array_derivation.arrays_of(solution))
    steps = []
    for name in solution.graph.gate_names:
        formula, worked = gate_line(name, solution.graph.node(name).written), value_of(solution, name)
        said = Line(f"{formula} = {worked.left} = ", worked.right)
        into = tuple(branch.name for branch in solution.graph.branches_into(name))
        steps.append(Step("Forward", name, formula, "", (said,), (("value", name),), into))
    return steps


def backward_steps(solution: Solution, loss: str) -> list[Step]:
    """Every gate, starting at the output: what comes in, what each branch carries on, the forks that it completes, and
    what is often done wrong there."""
    if solution.graph.shapes:
        from backprop_tutor.tutor import array_derivation

        return array_derivation.backward_steps(array_derivation.arrays_of(solution), loss)
    # Loaded only for a backward pass: pictures without one need none of it.
    from backprop_tutor.tutor.mistakes.words import often_said, slips_at_gate

    steps, kinds = [], set[str]()
    for name in reversed(solution.graph.gate_names):
        node, into = solution.graph.node(name), tuple(branch.name for branch in solution.graph.branches_into(name))
        assert node.gate is not None
        forks = forks_completed(solution.graph, name)
        lines = [Line(f"upstream ∂{loss}/∂{name} = {shown(solution.gradient(name))}"), *_flows(solution, name)]
        lines += [Line(f"forks add: ∂{loss}/∂{fork} = {sum_through(solution, fork)}") for fork in forks]
        # Once for each kind of gate, and only the likeliest.
        often = "" if node.gate.name in kinds else often_said(slips_at_gate([solution], name)[:1])
        kinds.update([node.gate.name] if often else [])
        found = [name, *into, *forks] if name == solution.graph.output_name else [*into, *forks]
        shows: tuple[Label, ...] = tuple(("gradient", label) for label in found)
        formula = gate_line(name, node.written)
        steps.append(Step("Backward", name, formula, node.gate.summary, tuple(lines), shows, into, often))
    return steps


def _flows(solution: Solution, gate: str) -> Iterator[Line]:
    """The local gradient of each branch, and under it the product that it carries on."""
    for branch in solution.graph.branches_into(gate):
        yield Line(f"{branch.name}: local {local_of(solution, branch).whole}")
        product = carried(solution, branch)
        yield Line(f"upstream × local = {product.left} = ", product.right, under=True)
