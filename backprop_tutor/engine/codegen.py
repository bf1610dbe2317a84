"""The epoch of a graph as one straight-line function, for speed: the passes' operations in their order, on locals.

It is compiled from the gate table's rules, node numbers and constants alone: no text of an author gets in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import product
from math import inf, isfinite, nan
from typing import NamedTuple, cast

from backprop_tutor.engine.gates import Gate, substituted, words_of_rules
from backprop_tutor.engine.graph import Graph

Epoch = Callable[[Sequence[float], Sequence[Sequence[float]], float], tuple[list[float], float, float]]
"""Numbers of the kept inputs, the rows, the rate → their numbers after the epoch, the sum of the losses, and a sum that
is finite only if every value of every row was."""


class _Line(NamedTuple):
    """A gate with its node, the nodes that enter it, and what the words in its rules stand for: `n3` is node 3."""

    node: int
    gate: Gate
    sources: tuple[int, ...]
    words: dict[str, str]


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
    """One row: forward pass, backward pass to the nodes through which a trained input is reached, update."""
    lines: list[_Line] = []
    hidden: set[int] = set()
    wanted = set(trained)
    for node, (gate, sources, constant) in enumerate(graph.rows):
        if gate is None:
            continue
        words = {slot: f"n{source}" for slot, source in zip(gate.slots, sources, strict=True)}
        lines.append(_Line(node, gate, sources, {**words, "c": repr(float(constant)), "out": f"n{node}"}))
        if _hides_infinity(gate):
            hidden.update(sources)
        if not wanted.isdisjoint(sources):
            wanted.add(node)
    yield from (f"n{line.node} = {substituted(line.gate.forward, line.words)}" for line in lines)
    yield f"total += n{graph.output}"
    if hidden:
        yield f"check += {' + '.join(f'n{node}' for node in sorted(hidden))}"
    yield f"d{graph.output} = {upstream!r}"
    begun = {graph.output}
    for node, gate, sources, words in reversed(lines):
        for source, rule in zip(sources, gate.locals, strict=True):
            if node in begun and source in wanted:
                yield f"d{source} {'+=' if source in begun else '='} {_downstream(f'd{node}', rule, words)}"
                begun.add(source)
    yield from (f"n{leaf} -= rate*d{leaf}" for leaf in trained)


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


def _downstream(upstream: str, rule: str, words: dict[str, str]) -> str:
    """upstream * local, where that is not upstream itself or its negative."""
    plain = {"1": upstream, "-1": f"-{upstream}"}
    return plain.get(rule) or f"{upstream}*({substituted(rule, words)})"
