"""The mistakes with arrays, one row each: what the student did, what holds instead, the skill that failed; and their
results at a question: each edit of the derivation, with the array it gives. Wrong rules of array gates are in
`engine.array_gates`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from backprop_tutor.engine import arrays
from backprop_tutor.engine.array_gates import (
    Inputs,
    gate_value,
    gathered,
    is_entrywise,
    local_arrays,
    pulled,
    wrong_pulls,
)
from backprop_tutor.engine.array_language import Operand, value_of
from backprop_tutor.engine.array_passes import ArraySolution, inputs_of, is_named
from backprop_tutor.engine.arrays import Matrix, Misfit, shape_of
from backprop_tutor.engine.gate import COMMON, RARE, USUAL, VALUE, Gate, Wrongly
from backprop_tutor.engine.graph import Branch
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.marking.acceptance import EXACT
from backprop_tutor.tutor.mistakes.mistake import GATE, STAGE, Mistake

if TYPE_CHECKING:
    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.tutor.stages.stage import Question

_ROWS: Final = (
    Mistake("transposed", GATE, "[transposed|transpose] it: rows and columns have changed places",
        "{symbol} has the shape of {source}, {shape}, and its rows are those of {source}"),
    Mistake("forgot-transpose", GATE, "[left|leave] out a transpose",
        "Multiply the upstream gradient by the transpose of the other input, from the same side"),
    Mistake("entrywise-product", GATE, "[multiplied|multiply] entry by entry",
        "* works entry by entry; @ is the matrix product"),
    Mistake("not-summed", GATE, "[kept|keep] the gradients from the uses of {source} separate",
        "{source} is used more than once: a fork, so what comes back is added up to {shape}"),
    Mistake("wrong-axis", GATE, "[added|add] up along the wrong axis",
        "{source} is {shape}: add up along the other axis"),
    Mistake("averaged-batch", GATE, "[took|take] the mean where the gradients add",
        "Every use of {source} contributes its whole gradient; only a mean gate divides"),
    Mistake("mean-forgotten", GATE, "[left|leave] out the division by the number of entries",
        "{gate} = {written} gives every entry an equal share of its upstream gradient"),
    Mistake("sum-times-input", GATE, "[multiplied|multiply] by {source}",
        "A sum passes its upstream gradient on to every entry unchanged"),
    Mistake("mean-times-input", GATE, "[multiplied|multiply] by {source}",
        "A mean passes an equal share of its upstream gradient on to every entry"),
    Mistake("softmax-diagonal", GATE, "[used|use] only p × (1 - p)",
        "Each probability depends on every score of its example, not only on its own"),
    Mistake("softmax-of-scores", GATE, "[used|use] the scores in place of the probabilities",
        "The rule of softmax is written in its outputs"),
    Mistake("gave-probability", GATE, "[left|leave] out the labels",
        "The gradient of the scores is the probabilities minus the labels"),
    Mistake("label-only", GATE, "[kept|keep] only the entries of the right labels",
        "Every score gets its probability minus its label; where the label is 0, the probability remains"),
    Mistake("labels-minus-probabilities", GATE, "[took|take] labels minus probabilities",
        "It is the other way round: probabilities minus labels"),
    Mistake("mask-from-gradient", GATE, "[looked|look] at the sign of the gradient",
        "A ReLU lets the gradient through where its input is positive, whatever the gradient's sign"),
    Mistake("pool-to-all", GATE, "[gave|give] every entry of a block the gradient",
        "A max-pool routes it only to the largest entry of the block"),
    Mistake("kernel-not-turned", GATE, "[used|use] the kernel the wrong way round",
        "The forward pass uses the kernel as it is; the backward pass uses it rotated by 180°"),
    Mistake("wrong-shape", STAGE, "[gave|give] the wrong shape", "{symbol} has the shape of {source}, {shape}"),
)  # fmt: skip
OF_ARRAYS: Final = {row.id: row for row in _ROWS}
"""These by id, in addition to the mistakes with numbers, which are made with arrays too."""


_TENS: Final = (10.0, 0.1, 100.0, 0.01)
_MOST_FURTHER: Final = 12
"""How many gates further on are searched for mistakes, nearest first."""


class Edit(NamedTuple):
    """One edit and the array that it gives: how often it occurs among a thousand wrong answers; whether it is specific
    to a gate or a fork; the branch where it is made (None: at the node)."""

    id: str
    often: float
    array: Matrix
    is_own: bool = False
    branch: Branch | None = None
    member: str = ""


def edits_of(question: Question, exercise: Exercise, solution: ArraySolution, right: Matrix) -> list[Edit]:
    """Every edit of a question's derivation that gives a wrong array at these numbers."""
    of = getattr(question.kind, "asks_for", "")
    if of == "a value":
        found = list(_of_value(solution, question.node, right))
    elif of == "a local gradient" and question.branch is not None:
        found = list(_of_local(solution, question.branch, right))
    elif of == "a new weight":
        rate = exercise.update.rate if exercise.update is not None else 1.0
        found = list(_of_update(solution, question.node, rate))
    elif of != "a gradient":
        found = list(_everywhere(right))
    elif question.is_sum or question.branch is None:
        found = list(_of_sum(solution, question.node, right))
    else:
        found = list(_of_branch(solution, question.branch, right))
    return [edit for edit in found if arrays.is_finite(edit.array) and not is_same(edit.array, right)]


def is_same(one: Matrix, other: Matrix) -> bool:
    """Whether two arrays differ only by how they were computed."""
    if shape_of(one) != shape_of(other):
        return False
    room = EXACT * max(arrays.largest(one), arrays.largest(other))
    return all(abs(x - y) <= room for x, y in zip(arrays.entries(one), arrays.entries(other), strict=True))


def _scaled(array: Matrix, factor: float) -> Matrix:
    return arrays.mapped(lambda entry: factor * entry + 0.0, array)


def _everywhere(right: Matrix, branch: Branch | None = None) -> Iterator[Edit]:
    """Mistakes possible with any array: flipped sign, rows and columns exchanged, misplaced decimal point."""
    yield Edit("sign-flipped", COMMON, _scaled(right, -1.0), branch=branch)
    if shape_of(right) != (1, 1):
        yield Edit("transposed", USUAL, arrays.transposed(right), branch=branch)
    for factor in _TENS:
        yield Edit("decimal-slip", RARE / len(_TENS), _scaled(right, factor), branch=branch)


def _at_gate(gate: Gate, slot: int, at: Inputs, right: Matrix) -> Iterator[tuple[str, float, Matrix]]:
    """The wrong rules of a gate at one slot: its own for a gate of arrays; for a gate of numbers, those of its row,
    entry by entry."""
    for wrong, array in wrong_pulls(gate, slot, at, right):
        yield wrong.id, wrong.often, array
    if not is_entrywise(gate):
        return
    shape = shape_of(at.out)
    wide = [arrays.stretched(array, shape) for array in at.arrays]
    local = local_arrays(gate, at)[slot]
    for wrong, rule in gate.wrongly(slot):
        found = _by_entry(rule, wide, at, local)
        if found is not None:
            product = arrays.combined(lambda x, y: x * y + 0.0, at.up, found)
            yield wrong.id, wrong.often, gathered(product, shape_of(at.arrays[slot]))


def _by_entry(rule: Wrongly, wide: list[Matrix], at: Inputs, local: Matrix | None) -> Matrix | None:
    slots = range(len(wide))
    rows, columns = shape_of(wide[0])
    try:
        return [
            [
                float(
                    rule(
                        [one[row][column] for one in wide],
                        slots,
                        at.constant,
                        at.out[row][column],
                        local[row][column] if local is not None else 0.0,
                    )
                )
                for column in range(columns)
            ]
            for row in range(rows)
        ]
    except (ArithmeticError, ValueError, TypeError):
        return None


def _of_branch(solution: ArraySolution, branch: Branch, right: Matrix) -> Iterator[Edit]:
    """Mistakes in what a branch carries: at its own gate, in its two factors, and further on."""
    graph = solution.graph
    at = solution.at(branch.gate)
    gate = graph.node(branch.gate).gate
    assert gate is not None
    source = at.arrays[branch.slot]
    for id_, often, array in _at_gate(gate, branch.slot, at, right):
        yield Edit(id_, often, array, True, branch)
    yield from _everywhere(right, branch)
    yield Edit("forgot-local", COMMON, at.up, branch=branch)
    ones = at._replace(up=arrays.filled(shape_of(at.out), 1.0))
    yield Edit("forgot-upstream", COMMON, pulled(gate, ones)[branch.slot], branch=branch)
    yield Edit("gave-value", USUAL, source, branch=branch)
    yield Edit("gave-output", USUAL, at.out, branch=branch)
    if len(graph.branches_from[branch.source]) > 1:
        yield Edit("gave-total", USUAL, solution.slope(branch.source), branch=branch)
    yield from _further(solution, branch)


def _further(solution: ArraySolution, branch: Branch) -> Iterator[Edit]:
    """The wrong rules of gates further on, with everything after them right; an unnamed gate belongs to the same
    step."""
    graph = solution.graph
    for name in graph.gates_beyond(branch.gate)[:_MOST_FURTHER]:
        gate = graph.node(name).gate
        assert gate is not None
        at = solution.at(name)
        for slot, into in enumerate(graph.branches_into(name)):
            wrongs = [*_at_gate(gate, slot, at, solution.downstream(into)), *_factors(slot, at)]
            for id_, often, array in wrongs:
                found = _with_another(solution, into, array, branch)
                if found is not None:
                    said = id_ if not is_named(graph, name) else f"{id_}@{name}"
                    yield Edit(said, often / 4, found, False, into)
    for name in (branch.gate, *graph.gates_beyond(branch.gate)):
        branches = graph.branches_from[name]
        if len(branches) > 1:
            for kept in branches:
                found = _with_slope(solution, name, solution.downstream(kept), branch)
                if found is not None:
                    yield Edit(f"one-branch-only@{name}", USUAL / 2, found, False, kept)


def _factors(slot: int, at: Inputs) -> Iterator[tuple[str, float, Matrix]]:
    """A whole factor left out at a gate further on."""
    if shape_of(at.up) == shape_of(at.arrays[slot]):
        yield "forgot-local", USUAL, at.up


def _with_another(solution: ArraySolution, into: Branch, array: Matrix, wanted: Branch) -> Matrix | None:
    """What a branch carries if another one, further on, carries this; None if the shapes don't fit."""
    if shape_of(array) != shape_of(solution.array(into.source)):
        return None
    return _swept(solution, {into.name: array}, {}, wanted)


def _with_slope(solution: ArraySolution, name: str, array: Matrix, wanted: Branch) -> Matrix | None:
    if shape_of(array) != shape_of(solution.array(name)):
        return None
    return _swept(solution, {}, {name: array}, wanted)


def _swept(
    solution: ArraySolution, branches: dict[str, Matrix], nodes: dict[str, Matrix], wanted: Branch
) -> Matrix | None:
    """The backward pass from the output to a branch with some arrays replaced."""
    graph = solution.graph
    slopes = list(solution.slopes)
    carried = list(solution.pulled)
    changed: set[int] = set()
    last = graph.index[wanted.gate]
    for name, array in nodes.items():
        slopes[graph.index[name]] = array
        changed.add(graph.index[name])
    replaced = {graph.index[name.partition("->")[0]] for name in branches}
    for node in range(graph.output, last - 1, -1):
        name = graph.names[node]
        if name not in nodes and (
            node in replaced or any(graph.index[b.gate] in changed for b in graph.branches_from[name])
        ):
            terms = [
                branches.get(one.name, carried[graph.index[one.gate]][one.slot]) for one in graph.branches_from[name]
            ]
            if terms:
                slopes[node] = arrays.sum_of(terms)
                changed.add(node)
        gate = graph.gates[node]
        if node in changed and gate is not None:
            try:
                carried[node] = pulled(gate, inputs_of(graph, node, solution.arrays, slopes))
            except (ArithmeticError, ValueError, TypeError):
                return None
    return carried[last][wanted.slot] if last in changed else None


def _of_sum(solution: ArraySolution, name: str, right: Matrix) -> Iterator[Edit]:
    """Mistakes in the sum at a fork."""
    branches = solution.graph.branches_from[name]
    flows = [solution.downstream(branch) for branch in branches]
    for branch, flow in zip(branches, flows, strict=True):
        yield Edit("one-branch-only", COMMON / len(flows), flow, True, branch)
    if len(flows) > 2:
        for left_out in range(len(flows)):
            some = [flow for place, flow in enumerate(flows) if place != left_out]
            yield Edit("one-branch-only", COMMON / len(flows), arrays.sum_of(some), True)
    if len(flows) > 1:
        yield Edit("averaged-branches", USUAL, _scaled(right, 1 / len(flows)), True)
        product = flows[0]
        for flow in flows[1:]:
            product = arrays.combined(lambda x, y: x * y + 0.0, product, flow)
        yield Edit("multiplied-branches", USUAL, product, True)
        for at in range(len(flows)):
            turned = [_scaled(flow, -1.0) if place == at else flow for place, flow in enumerate(flows)]
            yield Edit("turned-in-the-sum", USUAL / len(flows), arrays.sum_of(turned), True)
        sizes = [arrays.mapped(abs, flow) for flow in flows]
        yield Edit("sizes-added", RARE, arrays.sum_of(sizes), True)
    yield from _everywhere(right)
    yield Edit("gave-value", USUAL, solution.array(name))


def _of_local(solution: ArraySolution, branch: Branch, right: Matrix) -> Iterator[Edit]:
    """Mistakes in a local gradient, entry by entry."""
    gate, at = solution.graph.node(branch.gate).gate, solution.at(branch.gate)
    assert gate is not None
    wide = [arrays.stretched(array, shape_of(at.out)) for array in at.arrays]
    for wrong, rule in gate.wrongly(branch.slot):
        found = _by_entry(rule, wide, at, right)
        if found is not None:
            yield Edit(wrong.id, wrong.often, found, True, branch)
    yield from _everywhere(right, branch)
    yield Edit("gave-value", USUAL, wide[branch.slot], branch=branch)
    yield Edit("gave-output", USUAL, at.out, branch=branch)
    yield Edit("gave-downstream", USUAL, solution.downstream(branch), branch=branch)
    yield Edit("gave-upstream", USUAL, at.up, branch=branch)


def _of_value(solution: ArraySolution, name: str, right: Matrix) -> Iterator[Edit]:
    """Mistakes in a forward value: another operation, at this gate or at an unnamed one before it."""
    graph = solution.graph
    for one in _gates_of(solution, name):
        node = graph.index[one]
        gate, sources, constant = graph.rows[node]
        assert gate is not None
        operands = [solution.arrays[source] for source in sources]
        words: dict[str, Operand] = {**dict(zip(gate.slots, operands, strict=True)), "right": solution.arrays[node]}
        wrongs: list[tuple[str, float, Matrix]] = []
        of_arrays = [] if is_entrywise(gate) else [wrong for wrong in gate.wrong if wrong.slot == VALUE]
        for id_, rule, how_often, _ in of_arrays:
            try:
                wrongs.append((id_, how_often, value_of(rule, words)))
            except (Misfit, ArithmeticError, ValueError, TypeError):
                continue
        if is_entrywise(gate):
            wide = [arrays.stretched(array, shape_of(solution.arrays[node])) for array in operands]
            at = Inputs(operands, constant, solution.arrays[node], solution.slopes[node])
            for wrong, wrongly in gate.wrongly(VALUE):
                found = _by_entry(wrongly, wide, at, None)
                if found is not None:
                    wrongs.append((wrong.id, wrong.often, found))
        for id_, often, array in wrongs:
            value = array if one == name else _value_with(solution, one, array, name)
            if value is not None:
                yield Edit(id_, often, value, True)
    yield from _everywhere(right)
    yield Edit("gave-gradient-for-value", RARE, solution.slope(name))


def _gates_of(solution: ArraySolution, name: str) -> list[str]:
    """A gate and the unnamed gates inside it."""
    graph, found, waiting = solution.graph, [], [name]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += [
            source for source in graph.node(one).inputs if graph.node(source).gate and not is_named(graph, source)
        ]
    return found


def _value_with(solution: ArraySolution, changed: str, array: Matrix, wanted: str) -> Matrix | None:
    """A gate's value if an earlier one has another value."""
    graph, values = solution.graph, list(solution.arrays)
    values[graph.index[changed]] = array
    for node in range(graph.index[changed] + 1, graph.index[wanted] + 1):
        gate, sources, constant = graph.rows[node]
        if gate is not None and any(values[source] is not solution.arrays[source] for source in sources):
            try:
                values[node] = gate_value(gate, [values[source] for source in sources], constant)
            except (ArithmeticError, ValueError, TypeError):
                return None
    return values[graph.index[wanted]]


def _of_update(solution: ArraySolution, name: str, rate: float) -> Iterator[Edit]:
    """Mistakes in a new weight."""
    old, slope = solution.array(name), solution.slope(name)

    def moved(by: float) -> Matrix:
        return arrays.combined(lambda x, y: x + by * y, old, slope)

    yield Edit("ascended", COMMON, moved(rate))
    yield Edit("forgot-rate", COMMON, moved(-1.0))
    yield Edit("gave-step", USUAL, _scaled(slope, -rate))
    yield Edit("gave-step", USUAL / 2, _scaled(slope, rate))
    yield Edit("gave-gradient", USUAL, slope)
    yield Edit("gave-value", USUAL, old)
    yield Edit("rate-twice", RARE, moved(-rate * rate))
    yield Edit("transposed", RARE, arrays.transposed(moved(-rate)))
