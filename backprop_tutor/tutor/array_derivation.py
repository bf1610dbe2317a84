"""How arrays are worked out, in words and in numbers: shapes, values, what flows back, and why; and the
worked solution in steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.array_gates import ArrayGate, is_entrywise
from backprop_tutor.engine.array_language import Operand, value_of
from backprop_tutor.engine.array_passes import ArraySolution, formula_shape, in_words, is_named, pull_of
from backprop_tutor.engine.arrays import Matrix, combined, difference, mapped, written_shape
from backprop_tutor.engine.gate import Gate
from backprop_tutor.engine.graph import Branch, Graph, Node
from backprop_tutor.engine.passes import Solution
from backprop_tutor.text import counted
from backprop_tutor.tutor.derivation import Line, Step, a_or_an, forks_completed, kind_of
from backprop_tutor.tutor.stages.stage import Label


def arrays_of(solution: Solution) -> ArraySolution:
    """The same solution, typed as one of arrays."""
    assert isinstance(solution, ArraySolution)
    return solution


def called(gate: Gate) -> str:
    """A gate and what it does with the gradient: `a sum gate, a distributor: it gives every entry ...`."""
    kind = kind_of(gate)
    return f"{kind}, {a_or_an(gate.role)}: it {gate.does}" if gate.role else f"{kind}: it {gate.does}"


def named_nodes(graph: Graph) -> list[str]:
    """The inputs and the named gates, in topological order."""
    return [name for name in graph.names if is_named(graph, name)]


def named_gates(graph: Graph) -> list[str]:
    """The named gates, in topological order."""
    return [name for name in graph.gate_names if is_named(graph, name)]


def meets(graph: Graph, branch: Branch) -> str:
    """What one entry of a branch's source is used for at its gate; empty if the gate works entry by entry."""
    node = graph.node(branch.gate)
    if not isinstance(node.gate, ArrayGate):
        source, out = graph.shape(branch.source), graph.shape(branch.gate)
        if source == out:
            return ""
        axis = "row" if source[0] != out[0] else "column"
        both = source[0] != out[0] and source[1] != out[1]
        what = (
            f"{branch.source} is one number, used by every entry"
            if both
            else f"{branch.source} is one {axis}, used by every {axis}"
        )
        return f"{what}: a fork, so the gradients add"
    names = dict(zip(node.gate.slots, node.inputs, strict=True))
    if node.gate.name == "matmul":
        other, line, size = (names["b"], "row", 1) if branch.slot == 0 else (names["a"], "column", 0)
        if graph.shape(other)[size] == 1:
            return f"each entry of {branch.source} multiplies one entry of {other}: nothing to add up"
        return f"each entry of {branch.source} multiplies one {line} of {other}: add up along it"
    return node.gate.meets[branch.slot].format(**names, **({"a": names["x"]} if "x" in names else {}))


def shape_rule(graph: Graph, name: str) -> str:
    """What shape a gate gives, in a sentence."""
    gate = graph.node(name).gate
    if isinstance(gate, ArrayGate):
        return gate.shaped or f"{gate.notation} has the shape of {gate.forward}."
    return "A gate that works entry by entry keeps the shape; a size of 1 is stretched to match the other."


def shapes_into(graph: Graph, name: str) -> str:
    """The shapes that enter a gate: `W is 2x3, x is 3x1`."""
    return ", ".join(
        f"{source} is {written_shape(graph.shape(source))}" for source in dict.fromkeys(graph.node(name).inputs)
    )


def shape_steps(graph: Graph, name: str) -> list[str]:
    """The shapes of a gate and of the unnamed gates inside it: `q = W @ x: 2x3 @ 3x1 is 2x1`."""
    steps: list[str] = []
    waiting = [name]
    while waiting:
        one = waiting.pop()
        node = graph.node(one)
        assert node.gate is not None
        shapes = [written_shape(graph.shape(source)) for source in node.inputs]
        # A power of a shape is nothing that people write.
        found = (
            f"{shapes[0]} entry by entry"
            if len(shapes) == 1 and is_entrywise(node.gate)
            else f"{node.gate.written(shapes, node.constant)} is {written_shape(graph.shape(one))}"
        )
        steps.insert(0, f"{one} = {node.written.replace('**', '^')}: {found}")
        waiting += [source for source in node.inputs if not is_named(graph, source)]
    return steps


def pattern_forward(graph: Graph, name: str) -> str:
    """What a gate does forward, in a sentence."""
    gate = graph.node(name).gate
    if gate is not None and gate.name == "matmul":
        return "Each entry is a row of the left array times a column of the right one, added up."
    return shape_rule(graph, name)


def value_steps(solution: ArraySolution, name: str) -> Iterator[str]:
    """How a value is found, one step per unnamed gate on the way: `q = W @ x = [...] @ [...] = [...]`."""
    graph = solution.graph
    node = graph.node(name)
    assert node.gate is not None
    for source in dict.fromkeys(node.inputs):
        if not is_named(graph, source):
            yield from value_steps(solution, source)
    filled = node.gate.written([in_words(solution.array(source)) for source in node.inputs], node.constant)
    yield f"{name} = {node.written} = {filled} = {in_words(solution.array(name))}".replace("**", "^")


def named_from(graph: Graph, gate: str) -> str:
    """A gate, or the next named one after it along its single branch."""
    while not is_named(graph, gate) and len(graph.branches_from[gate]) == 1:
        gate = graph.branches_from[gate][0].gate
    return gate


def line_of(exercise: Exercise, name: str, otherwise: str) -> str:
    """The right-hand side of a node's line in the author's text."""
    for line in exercise.graph_text.replace(";", "\n").splitlines():
        left, equals, right = line.partition("=")
        if equals and left.strip() == name:
            return right.partition("#")[0].strip()
    return otherwise


def filled_pull(solution: ArraySolution, branch: Branch) -> str:
    """A pull with the numbers in place: `[0.44; 0.52] @ [0.20 0.40]`."""
    graph = solution.graph
    node = graph.node(branch.gate)
    words = {name: in_words(solution.array(name)) for name in {*node.inputs, node.name}}
    text = pull_of(graph, branch)
    turned = {
        f"{name}.T": in_words([list(column) for column in zip(*solution.array(name), strict=True)]) for name in words
    }
    words[f"d{node.name}"] = in_words(solution.slope(node.name))
    return substituted_names(text, {**turned, **words})


def result_of(solution: ArraySolution, branch: Branch) -> tuple[str, str]:
    """How a pull ends, after its formula: with the numbers in place, and with what they are for the source.

    A formula of fewer entries than its source has is handed to each of them: `1.00 for each of the 4 entries: [...]`.
    """
    graph = solution.graph
    filled, right, text = filled_pull(solution, branch), solution.downstream(branch), pull_of(graph, branch)
    each = spread(graph, text, branch.source)
    if not each:
        return ("" if filled == in_words(right) else f"{filled} = "), in_words(right)
    words: dict[str, Operand] = {name: solution.array(name) for name in graph.names}
    one = in_words(value_of(text, words | {f"d{name}": solution.slope(name) for name in graph.names}))
    return f"{'' if filled == one else f'{filled} = '}{one}{each}: ", in_words(right)


def spread(graph: Graph, formula: str, node: str) -> str:
    """` for each of the 4 entries` where a formula has fewer entries than the node whose gradient it is."""
    found = formula_shape(graph, formula)
    if found == graph.shape(node):
        return ""
    noun = "entry" if found == (1, 1) else "row" if found[0] == 1 else "column"
    rows, columns = graph.shape(node)
    if isinstance(rows, str) or isinstance(columns, str):
        return f" for each {noun}"
    many = {"entry": rows * columns, "row": rows, "column": columns}[noun]
    return f" for each of the {counted(many, noun, 'entries' if noun == 'entry' else '')}"


def substituted_names(text: str, words: Mapping[str, str]) -> str:
    """A formula with its names replaced; `W.T` counts as a name different from `W`."""

    def word(match: re.Match[str]) -> str:
        return words.get(match[0]) or (words.get(match[1], match[1]) + match[0][len(match[1]) :])

    return re.sub(r"([^\W\d]\w*)(?:\.T)?", word, text)


def new_array(solution: ArraySolution, name: str, rate: float) -> Matrix:
    """An input after one step: old - rate * gradient."""
    return combined(difference, solution.array(name), mapped(lambda slope: rate * slope, solution.slope(name)))


_PRODUCT: Final = re.compile(r"up\.T|(up|[abx])(\.T)? @ (up|[abx])(\.T)?")
"""A pull that is a product, or an array turned."""


def forward_steps(solution: ArraySolution) -> list[Step]:
    """Every gate, starting at the inputs: its shape, and its numbers if there are any."""
    graph, steps = solution.graph, []
    for name in graph.gate_names:
        node = graph.node(name)
        assert node.gate is not None
        formula = f"{name} = {node.written.replace('**', '^')}"
        sizes = _filled(node, [written_shape(graph.shape(source)) for source in node.inputs])
        lines = [Line(f"{formula}: {sizes} is ", written_shape(graph.shape(name)))]
        if not solution.is_sample:
            filled = _filled(node, [in_words(solution.array(source)) for source in node.inputs])
            lines.append(Line(f"{name} = {filled} = ", in_words(solution.array(name)), under=True))
        into = tuple(branch.name for branch in graph.branches_into(name))
        steps.append(Step("Forward", name, formula, "", tuple(lines), (("value", name),), into))
    return steps


def backward_steps(solution: ArraySolution, loss: str) -> list[Step]:
    """Every gate, starting at the output: what comes in, each branch's pull, and the forks that it completes."""
    graph, steps = solution.graph, []
    for name in reversed(graph.gate_names):
        node, branches = graph.node(name), graph.branches_into(name)
        assert node.gate is not None
        shape = written_shape(graph.shape(name))
        arrives = "" if solution.is_sample else f" = {in_words(solution.slope(name))}"
        lines = [Line(f"upstream d{name} = ∂{loss}/∂{name}{arrives}, {shape}")]
        lines += [line for branch in branches for line in _pull(solution, branch)]
        forks = forks_completed(graph, name)
        lines += [_sum(solution, fork, loss) for fork in forks]
        into = tuple(branch.name for branch in branches)
        found = [name, *into, *forks] if name == graph.output_name else [*into, *forks]
        shows: tuple[Label, ...] = tuple(("gradient", label) for label in found)
        formula = f"{name} = {node.written.replace('**', '^')}"
        steps.append(Step("Backward", name, formula, node.gate.summary, tuple(lines), shows, into))
    return steps


def _filled(node: Node, operands: list[str]) -> str:
    assert node.gate is not None
    return node.gate.written(operands, node.constant).replace("**", "^")


def _pull(solution: ArraySolution, branch: Branch) -> Iterator[Line]:
    """A branch's formula, its numbers, the reason, and the sizes that allow no other order."""
    graph, source = solution.graph, branch.source
    forked = len(graph.branches_from[source]) > 1
    symbol = f"{branch.name}: d{source}{' here' if forked else ''}"
    formula = f"{symbol} = {pull_of(graph, branch)}"
    if solution.is_sample:
        yield Line(formula)
    else:
        filled, result = result_of(solution, branch)
        yield Line(f"{formula} = {filled}", result)
    why = [meets(graph, branch), _sizes(graph, branch)]
    for words in filter(None, why):
        yield Line(words, under=True)


def _sizes(graph: Graph, branch: Branch) -> str:
    """The dimension check of a product: `2x1 @ 1x2 is 2x2, the shape of W`."""
    node = graph.node(branch.gate)
    if not isinstance(node.gate, ArrayGate) or not _PRODUCT.fullmatch(rule := node.gate.pulls[branch.slot]):
        return ""
    names = dict(zip(node.gate.slots, node.inputs, strict=True))
    parts = []
    for word in rule.split(" @ "):
        name = branch.gate if word.startswith("up") else names[word.removesuffix(".T")]
        shape = graph.shape(name)
        parts.append(written_shape((shape[1], shape[0]) if word.endswith(".T") else shape))
    return f"{' @ '.join(parts)} is {written_shape(graph.shape(branch.source))}, the shape of {branch.source}"


def _sum(solution: ArraySolution, fork: str, loss: str) -> Line:
    branches = solution.graph.branches_from[fork]
    if solution.is_sample:
        return Line(f"forks add: d{fork} is the sum over {', '.join(branch.name for branch in branches)}")
    terms = " + ".join(in_words(solution.downstream(branch)) for branch in branches)
    return Line(f"forks add: ∂{loss}/∂{fork} = {terms} = ", in_words(solution.slope(fork)))
