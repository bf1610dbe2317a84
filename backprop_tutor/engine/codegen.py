"""The epoch of a graph as one straight-line function, for speed: the same operations in the same order as the passes,
on local variables.

It is compiled from the rules of the gate table, node numbers and constants alone: no name and no text of an author gets
in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import product
from math import inf, isfinite, nan
from typing import cast

from backprop_tutor.engine.gates import Gate, substituted, words_of_rules
from backprop_tutor.engine.graph import Graph, Step

Epoch = Callable[[Sequence[float], Sequence[Sequence[float]], float], tuple[list[float], float, float]]
"""Numbers of the kept inputs, the rows, the rate → their numbers after the epoch, the sum of the losses, and a sum that
is finite only if every value of every row was."""


def straight_line(graph: Graph, given: Sequence[int], trained: Sequence[int], upstream: float) -> Epoch:
    """The epoch's function. `given` are the inputs that a row gives, `trained` those that are updated, as nodes."""
    kept = [leaf for leaf in graph.leaves if leaf not in set(given)]
    lines = [
        f"    {_unpacked(kept)} = numbers",
        "    total = check = 0.0",
        f"    for {_unpacked(given)} in rows:",
        *(f"        {line}" for line in _row(graph, trained, upstream)),
        f"    return [{', '.join(f'n{leaf}' for leaf in kept)}], total, check",
    ]
    words = words_of_rules("\n".join(lines))
    head = ", ".join(["numbers", "rows", "rate", *(f"{name}={name}" for name in sorted(words))])  # locals are fast
    space: dict[str, object] = {"__builtins__": {}, **words}
    exec("\n".join([f"def epoch({head}):", *lines]), space)  # noqa: S102  rules of our own table and numbers, nothing else
    return cast(Epoch, space["epoch"])


def _unpacked(nodes: Sequence[int]) -> str:
    return f"({''.join(f'n{node}, ' for node in nodes)})"


def _row(graph: Graph, trained: Sequence[int], upstream: float) -> Iterator[str]:
    """One row: forward pass, backward pass, update."""
    for node, _, _, sources, constant in graph.steps:
        gate = _gate(graph, node)
        yield f"n{node} = {substituted(gate.forward, _words(gate, sources, constant))}"
    yield f"total += n{graph.output}"
    hidden = {
        source for node, _, _, sources, _ in graph.steps for source in sources if _hides_infinity(_gate(graph, node))
    }
    if hidden:
        yield f"check += {' + '.join(f'n{node}' for node in sorted(hidden))}"
    yield from _backward(graph, _leading_from(graph, trained), upstream)
    for leaf in trained:
        yield f"n{leaf} -= rate*d{leaf}"


@cache
def _hides_infinity(gate: Gate) -> bool:
    """Whether the value can be finite where an input is not, as exp(-inf) is 0. Then the input itself is looked at."""
    for slot, number, constant in product(range(gate.arity), (inf, -inf, nan), (-1.5, 0.0, 2.0)):
        operands = [0.7] * gate.arity
        operands[slot] = number
        with suppress(ArithmeticError, ValueError, TypeError):  # what raises is noticed, so it is not hidden
            if isfinite(gate.compute(operands, range(gate.arity), constant)):
                return True
    return False


def _backward(graph: Graph, wanted: Collection[int], upstream: float) -> Iterator[str]:
    """The backward pass, to the nodes through which a trained input is reached."""
    yield f"d{graph.output} = {upstream!r}"
    begun = {graph.output}
    for node, _, _, sources, constant in reversed(graph.steps):
        if node not in begun:
            continue
        gate = _gate(graph, node)
        words = {**_words(gate, sources, constant), "out": f"n{node}"}
        for source, rule in zip(sources, gate.locals, strict=True):
            if source in wanted:
                sign = "+=" if source in begun else "="
                yield f"d{source} {sign} {_downstream(f'd{node}', rule, words)}"
                begun.add(source)


def _downstream(upstream: str, rule: str, words: dict[str, str]) -> str:
    """upstream * local, where that is not upstream itself or its negative."""
    plain = {"1": upstream, "-1": f"-{upstream}"}
    return plain.get(rule) or f"{upstream}*({substituted(rule, words)})"


def _gate(graph: Graph, node: int) -> Gate:
    gate = graph.gates[node]
    assert gate is not None
    return gate


def _words(gate: Gate, sources: Sequence[int], constant: float) -> dict[str, str]:
    words = {slot: f"n{source}" for slot, source in zip(gate.slots, sources, strict=True)}
    return {**words, "c": repr(float(constant))}


def _leading_from(graph: Graph, trained: Sequence[int]) -> set[int]:
    """The trained inputs, and every gate that depends on one."""
    found = set(trained)
    steps: Sequence[Step] = graph.steps
    for node, _, _, sources, _ in steps:
        if not found.isdisjoint(sources):
            found.add(node)
    return found
