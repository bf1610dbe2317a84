"""How each number of a circuit is derived, in letters and in numbers: a gate's value, its local gradient, what a branch
carries, the sum at a fork; and the steps that a lesson makes of them."""

from __future__ import annotations

from typing import Final

from backprop_tutor.engine.formatting import Equation, equation, filled_in, formula, product, total, with_number
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import listed
from backprop_tutor.tutor.stages.stage import Label

_MOST_SIDES: Final = 3
"""If more gates than these have kinks, their sides are not spelled out."""


class Line(NamedTuple):
    """One line of a step: a text, the number it comes to, and whether it is indented `under` the previous line."""

    text: str
    result: str = ""
    under: bool = False


class Step(NamedTuple):
    """One gate in one of the passes: its formula and pattern, the lines about it, the numbers found, the branches into
    it, and what is often done wrong there (empty: nothing is said)."""

    way: str
    gate: str
    formula: str
    pattern: str
    lines: tuple[Line, ...]
    shows: tuple[Label, ...]
    branches: tuple[str, ...]
    often: str = ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The lines, each joined with those under it, and what is often done wrong."""
        said = "".join(("; " if line.under else "\n") + line.text + line.result for line in self.lines)
        return (*said.split("\n")[1:], *filter(None, [self.often]))


class Local(NamedTuple):
    """The local gradient of a branch at these numbers: `symbol` = `letters` = `numbers`.

    `rule` is the same in the graph language; `where` says on which side of its kinks the gate is, and is empty if it
    has none.
    """

    symbol: str
    rule: str
    numbers: Equation
    value: float
    where: str

    @property
    def letters(self) -> str:
        """The rule as people write it: `-1/g7²`."""
        return formula(self.rule)

    @property
    def whole(self) -> str:
        """`∂f/∂g7 = -1/g7² = -0.53`, `∂f/∂x = 1.00, where x > 0`."""
        return f"{self.symbol} = {with_number(self.letters, self.value)}{self.where}"

    @property
    def in_letters(self) -> str:
        """The same without its number."""
        return f"{self.symbol} = {self.letters}{self.where}"


def gate_at(graph: Graph, name: str) -> Gate:
    """The gate of a node, which must have one."""
    gate = graph.node(name).gate
    assert gate is not None
    return gate


def rule_of(solution: Solution, branch: Branch) -> str:
    """The local gradient of a branch in the graph language, on this side of every kink."""
    node = solution.graph.node(branch.gate)
    at = [solution.value(source) for source in node.inputs]
    return gate_at(solution.graph, branch.gate).local_formula(branch.slot, node.inputs, node.name, node.constant, at)


def local_of(solution: Solution, branch: Branch) -> Local:
    """The local gradient of a branch."""
    node, flow = solution.graph.node(branch.gate), solution.flow(branch)
    side = gate_at(solution.graph, branch.gate).side(
        branch.slot, node.inputs, [solution.value(source) for source in node.inputs], node.constant
    )
    return Local(
        f"∂{branch.gate}/∂{branch.source}", rule_of(solution, branch),
        equation(*_in_slots(solution, branch), flow.local), flow.local, f", where {side}" if side else "",
    )  # fmt: skip


def sides_beyond(solution: Solution, name: str) -> str:
    """On which side of their kinks the gates are that a node leads to: `, where x > 0`; for many gates, only that a
    side is assumed."""
    graph = solution.graph
    found: dict[str, None] = {}
    for gate in sorted(graph.gates_beyond(name), key=graph.index.__getitem__):
        at = [solution.value(source) for source in graph.node(gate).inputs]
        sides = gate_at(graph, gate).side(0, graph.node(gate).inputs, at, graph.node(gate).constant)
        found |= dict.fromkeys([sides] if sides else [])
    if len(found) > _MOST_SIDES:
        return ", on this side of every kink"
    return f", where {listed(found)}" if found else ""


def derivative(graph: Graph, branch: Branch) -> str:
    """The general derivative of a kind of gate: `the derivative of a × b with respect to a is b`."""
    gate, constant = gate_at(graph, branch.gate), graph.node(branch.gate).constant
    written = formula(gate.written(gate.slots, constant), times=" × ", folds=False)
    towards = f" with respect to {gate.slots[branch.slot]}" if gate.arity > 1 else ""
    pieces = gate.pieces(branch.slot, constant)
    cases = [f"{formula(rule)} where {where}" if where else formula(rule) for rule, where in pieces[:-1]]
    last = formula(pieces[-1][0])
    said = listed([*cases, f"{last} elsewhere"]) if cases else last
    of_output = ", where y is its output" if "out" in gate.locals_read else ""
    return f"the derivative of {written}{towards} is {said}{of_output}"


def _in_slots(solution: Solution, branch: Branch) -> tuple[str, dict[str, float]]:
    """The local gradient in the names that the gate's own rules use, and the numbers for these names."""
    node, gate = solution.graph.node(branch.gate), gate_at(solution.graph, branch.gate)
    at = [solution.value(source) for source in node.inputs]
    rule = gate.local_formula(branch.slot, gate.slots, "out", node.constant, at)
    return rule, dict(zip(gate.slots, at, strict=True)) | {"out": solution.value(node.name)}


def in_place(solution: Solution, branch: Branch) -> str:
    """What a branch carries, with the numbers in place but not worked out: `1.00 × (-1/1.37²)`."""
    rule, numbers = _in_slots(solution, branch)
    flow = solution.flow(branch)
    return equation(f"up * ({rule})", numbers | {"up": flow.upstream}, flow.downstream).left


def carried(solution: Solution, branch: Branch) -> Equation:
    """What a branch carries: `1.00 × (-0.53) = -0.53`."""
    flow = solution.flow(branch)
    return product(flow.upstream, flow.local, result=flow.downstream)


def value_of(solution: Solution, name: str) -> Equation:
    """A gate's value: `2.00 × (-1.00) = -2.00`."""
    node = solution.graph.node(name)
    values = [solution.value(source) for source in node.inputs]
    return filled_in(gate_at(solution.graph, name), values, node.constant, solution.value(name))


def sum_of(solution: Solution, name: str) -> Equation:
    """The sum at a fork: `-12.00 + 3.00 + (-9.00) = -18.00`."""
    flows = [solution.flow(branch).downstream for branch in solution.graph.branches_from[name]]
    return total(flows, solution.gradient(name))


def sum_through(solution: Solution, name: str) -> str:
    """The sum at a fork and the gates that its terms come from: `-12.00 + 3.00 = -9.00, through g1 and g2`."""
    gates = listed(branch.gate for branch in solution.graph.branches_from[name])
    return f"{sum_of(solution, name)}, through {gates}"


def forks_completed(graph: Graph, gate: str) -> list[str]:
    """The forks that are complete after this gate in the backward pass."""
    sources, leaving = dict.fromkeys(branch.source for branch in graph.branches_into(gate)), graph.branches_from
    return [name for name in sources if len(leaving[name]) > 1 and leaving[name][0].gate == gate]


def kind_of(gate: Gate) -> str:
    """A gate as a sentence calls it: `a mul gate`, `an exp gate`, `a leaky relu gate`, `a 1/x gate`."""
    is_written = not gate.is_function and gate.arity == 1 and not gate.has_constant
    return f"{a_or_an(gate.notation if is_written else gate.name.replace('_', ' '))} gate"


def a_or_an(noun: str) -> str:
    """A noun with its article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
