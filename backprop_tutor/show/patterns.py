"""The patterns of backward flow: each gate with a tiny circuit and its sentence, from the gate table alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from backprop_tutor.engine.formatting import shown, signed, with_number
from backprop_tutor.engine.gates import GATES, Gate
from backprop_tutor.engine.graph import GraphBuilder
from backprop_tutor.engine.passes import Solution, solve
from backprop_tutor.show.picture import drawn
from backprop_tutor.show.pictures import complete_picture
from backprop_tutor.show.words import heading

UPSTREAM: Final = 2.0
FORK: Final = "fork"
_OPERANDS: Final = (3.0, -4.0)
_POSITIVE: Final = 0.5
_CONSTANT: Final = 3.0
_FORK_SENTENCE: Final = (
    "distributes forward and adds backward: the gradient of a fork is the sum of what its branches carry back"
)


def pattern(name: str, width: int, view: str, plain: bool) -> RenderableType:
    """One gate, or the fork: its sentence, a circuit with numbers, and how each branch comes about."""
    if name == FORK:
        solution = _fork()
        terms = " + ".join(signed(solution.flow(branch).downstream) for branch in solution.graph.branches_from["x"])
        lines = [f"∂L/∂x = {terms} = {shown(solution.gradient('x'))}"]
        sentence = _FORK_SENTENCE
    else:
        solution = tiny(GATES[name])
        lines = [_worked(solution, slot) for slot in range(GATES[name].arity)]
        sentence = GATES[name].pattern
    head = Text.assemble((name, "bold"), f"  {sentence}")
    return Group(
        heading(name, width),
        head,
        drawn(complete_picture(solution), width, view, plain),
        Text("\n".join(lines)),
        Text(),
    )


def names() -> list[str]:
    """Everything that has a pattern: the lecture's four first, then every other gate of the table."""
    first = ["add", "max", "mul", FORK]
    return first + [name for name in GATES if name not in first]


def tiny(gate: Gate) -> Solution:
    """The gate alone, at numbers of its domain."""
    builder = GraphBuilder()
    inputs = [builder.input(name) for name in ("x", "y")[: gate.arity]]
    node = builder.gate(gate.name, *inputs, constant=_CONSTANT if gate.has_constant else None, name="f")
    values = _OPERANDS if gate.arity == 2 else (_POSITIVE,)
    return solve(builder.build(node), values, UPSTREAM)


def _fork() -> Solution:
    builder = GraphBuilder()
    x, y = builder.input("x"), builder.input("y")
    product = builder.gate("mul", x, y, name="p")
    return solve(builder.build(builder.gate("add", product, x, name="f")), _OPERANDS, UPSTREAM)


def _worked(solution: Solution, slot: int) -> str:
    graph = solution.graph
    branch = graph.branches_into("f")[slot]
    flow, node = solution.flow(branch), graph.node("f")
    assert node.gate is not None
    local = with_number(node.gate.local_formula(slot, node.inputs, "f", node.constant), flow.local)
    product = f"{shown(flow.upstream)} * {signed(flow.local)} = {shown(flow.downstream)}"
    return f"∂L/∂{branch.source} = upstream × local = {product}, since ∂f/∂{branch.source} = {local}"


def every_pattern(width: int, view: str, plain: bool) -> Iterator[RenderableType]:
    """All of them, one after another."""
    return (pattern(name, width, view, plain) for name in names())
