"""Training: forward pass, backward pass and update, row after row, epoch after epoch.

`step` is the lesson. `Trainer` does the same as straight-line code, and by `step` where a number leaves its range, so
that the gate is named. That code is the passes' operations in their order, on locals, for speed. It is compiled from
the gate table's rules, node numbers and constants alone: no text of an author gets in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property
from itertools import product
from math import inf, isfinite, nan
from typing import Final, cast

from backprop_tutor.engine.gate import Gate, substituted, words_of_rules
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import OutOfDomain, backward, forward
from backprop_tutor.errors import TutorError
from backprop_tutor.fields import NamedTuple

Epoch = Callable[[Sequence[float], Sequence[Sequence[float]], float], tuple[list[float], float, float]]
"""Numbers of the kept inputs, the rows, the rate → their numbers after the epoch, the sum of the losses, and a sum that
is finite only if every value of every row was."""


class Diverged(TutorError):
    """A number that left its range: in which `epoch` and `row` (both from 1), and what happened there."""

    def __init__(self, epoch: int, row: int, what: str) -> None:
        super().__init__(epoch, row, what)
        self.epoch, self.row, self.what = epoch, row, what

    def __str__(self) -> str:
        where = f"epoch {self.epoch:,}, at row {self.row}"
        return f"training diverged in {where}: {self.what} Try a smaller rate."


class Task(NamedTuple):
    """What is trained: a graph with dL/d(output), the names of the inputs that a row gives, and those of the trained
    ones."""

    graph: Graph
    given: tuple[str, ...]
    trained: tuple[str, ...]
    rows: Sequence[Mapping[str, float]]
    rate: float
    upstream: float = 1.0


def step(task: Task, numbers: dict[str, float], row: Mapping[str, float]) -> float:
    """Updates the numbers once, in place, and returns the loss before that. Raises OutOfDomain."""
    numbers.update(row)
    graph = task.graph
    values = forward(graph, numbers)
    gradient, _ = backward(graph, values, task.upstream)
    for name in task.trained:
        numbers[name] -= task.rate * gradient[graph.index[name]]  # downhill: against the gradient
    return values[graph.output]


class Trainer:
    """A graph in training, after `epochs` epochs. Memory does not grow with them."""

    def __init__(self, task: Task, start: Mapping[str, float]) -> None:
        self.task, self.epochs, self.has_moved = task, 0, True
        self._kept = [name for name in task.graph.input_names if name not in task.given]
        self._numbers = [float(start[name]) for name in self._kept]
        self._rows = [tuple(float(row[name]) for name in task.given) for row in task.rows]

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers of the inputs that no row gives."""
        return dict(zip(self._kept, self._numbers, strict=True))

    @cached_property
    def _epoch(self) -> Epoch:
        graph, task = self.task.graph, self.task
        given, trained = ([graph.index[name] for name in names] for names in (task.given, task.trained))
        return straight_line(graph, given, trained, task.upstream)

    def epoch(self) -> float:
        """Goes through the rows once, with one update per row, and returns the sum of their losses, each before its
        update. Raises Diverged. If interrupted, it leaves the numbers as they were after the last whole epoch."""
        try:
            numbers, total, check = self._epoch(self._numbers, self._rows, self.task.rate)
            if not (isfinite(total) and isfinite(check) and all(map(isfinite, numbers))):
                raise OverflowError
        except (ArithmeticError, ValueError, TypeError):
            numbers, total = self._by_steps()
        self.has_moved = numbers != self._numbers
        self._numbers = numbers
        self.epochs += 1
        return total

    def _by_steps(self) -> tuple[list[float], float]:
        numbers, total = self.numbers, 0.0
        for number, row in enumerate(self.task.rows, 1):
            try:
                total += step(self.task, numbers, row)
            except OutOfDomain as error:
                raise Diverged(self.epochs + 1, number, str(error)) from None
            for name in self.task.trained:
                if not isfinite(numbers[name]):
                    raise Diverged(self.epochs + 1, number, f"the new {name} is not finite.")
        return [numbers[name] for name in self._kept], total


def straight_line(graph: Graph, given: Sequence[int], trained: Sequence[int], upstream: float) -> Epoch:
    """The function of one epoch. `given` are the inputs that a row gives, `trained` those that are updated, as
    nodes."""
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
    return cast("Epoch", space["epoch"])


def _unpacked(nodes: Sequence[int]) -> str:
    return f"({''.join(f'n{node}, ' for node in nodes)})"


def _row(graph: Graph, trained: Sequence[int], upstream: float) -> Iterator[str]:
    """One row: forward pass, backward pass to the nodes through which a trained input is reached, update. `n3` is the
    value of node 3, `d3` its gradient."""
    gates: list[tuple[int, list[tuple[int, str]]]] = []
    hidden: set[int] = set()
    wanted = set(trained)
    for node, (gate, sources, constant) in enumerate(graph.rows):
        if gate is None:
            continue
        words = {slot: f"n{source}" for slot, source in zip(gate.slots, sources, strict=True)}
        words |= {"c": repr(float(constant)), "out": f"n{node}"}
        yield f"n{node} = {substituted(gate.forward, words)}"
        rules = [substituted(rule, words) for rule in gate.locals]
        gates.append((node, list(zip(sources, rules, strict=True))))
        if _hides_infinity(gate):
            hidden.update(sources)
        if not wanted.isdisjoint(sources):
            wanted.add(node)
    yield f"total += n{graph.output}"
    if hidden:
        yield f"check += {' + '.join(f'n{node}' for node in sorted(hidden))}"
    yield f"d{graph.output} = {upstream!r}"
    begun = {graph.output}
    for node, branches in reversed(gates):
        for source, local in branches:
            if node in begun and source in wanted:
                downstream = {"1": f"d{node}", "-1": f"-d{node}"}.get(local, f"d{node}*({local})")
                yield f"d{source} {'+=' if source in begun else '='} {downstream}"
                begun.add(source)
    yield from (f"n{leaf} -= rate*d{leaf}" for leaf in trained)


_CONSTANTS: Final = (-1.5, 0.0, 2.0)  # none, and of either sign


@cache
def _hides_infinity(gate: Gate) -> bool:
    """Whether the value can be finite although an input is not, as exp(-inf) is 0. Then the input itself is checked."""
    for slot, number, constant in product(range(gate.arity), (inf, -inf, nan), _CONSTANTS):
        operands = [0.7] * gate.arity  # in the domain of every gate
        operands[slot] = number
        with suppress(ArithmeticError, ValueError, TypeError):  # an exception is noticed, so nothing is hidden
            if isfinite(gate.compute(operands, range(gate.arity), constant)):
                return True
    return False


def squares(graph: Graph) -> float | None:
    """The factor by which the loss becomes the sum of squared errors: 2 for ½ Σ e²; None if it is not such a sum."""
    factor, waiting = 1.0, [graph.output]
    gate, sources, constant = graph.rows[graph.output]
    if gate is not None and gate.name == "scale" and constant > 0:
        factor, waiting = 1 / constant, [*sources]
    for term in waiting:
        gate, sources, constant = graph.rows[term]
        name = gate.name if gate is not None else ""
        if name == "add":
            waiting += sources
        elif (name, constant) != ("power", 2) and not (name == "mul" and sources[0] == sources[1]):
            return None
    return factor
