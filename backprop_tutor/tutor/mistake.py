"""What a mistake is: the numbers behind one question, a function of them that predicts the wrong number, and its
sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Signal(NamedTuple):
    """The numbers of one neuron's delta, and of the new weight that follows from it where one is asked.

    `slope` is dy/dX of the neuron, `arriving` what it is multiplied by (the error, or the sum of `terms`, each a
    weight times a delta), `renewed` that sum with the new weights. `factor` is what the loss has beside the
    error, 1 for half its square; 0 where it is no square; with cross-entropy and sigmoid the loss `cancels` the slope.
    Of an update: `old` is the weight, `rate` the learning rate,
    `carries` what the weight multiplies (-1 of a threshold; 1 where the delta stands for the whole -dL/dw).
    """

    delta: float
    slope: float
    arriving: float
    terms: tuple[float, ...] = ()
    renewed: float | None = None
    factor: float = 0.0
    old: float = 0.0
    rate: float = 0.0
    carries: float = 1.0
    is_threshold: bool = False
    cancels: bool = False

    @property
    def step(self) -> float:
        """What the new weight is more than the old one."""
        return self.rate * self.carries * self.delta


class Case(NamedTuple):
    """The numbers of one question, as the student had them before the answer.

    `stage` is forward, local, backward, error, delta or update; `gate` the kind of the gate whose slot is asked about
    (empty at a
    fork), `operands` its inputs' values, `out` its own, `constant` its number. `value` is the value of
    the node asked about, `flows` what a fork's branches carry, `further` the upstreams of the gates further
    downstream, `shares` how much of the upstream the student gave to the gate's other branch, `right` the
    number that is right, `zero` how large a number still counts as 0, `signal` the neuron behind a delta or a new
    weight.
    """

    stage: str
    right: float
    value: float = 0.0
    gate: str = ""
    slot: int = 0
    operands: tuple[float, ...] = ()
    out: float = 0.0
    constant: float = 0.0
    upstream: float = 1.0
    local: float = 1.0
    flows: tuple[float, ...] = ()
    further: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    zero: float = 0.0
    signal: Signal | None = None

    @property
    def x(self) -> float:
        """The value at the slot asked about."""
        return self.operands[self.slot]

    @property
    def is_branch(self) -> bool:
        """Whether the question is what one branch carries back."""
        return self.stage == "backward" and not self.flows


Predict = Callable[[Case], Iterable[float]]


class Mistake(NamedTuple):
    """One mistake: `group` is gate, fork, update, chain or writing.

    `gates` are the kinds of gate it belongs to; of the update, the stages in which it can be made.
    """

    id: str
    group: str
    gates: tuple[str, ...]
    predict: Predict
    sentence: str


def entering(table: dict[str, Mistake], group: str, *gates: str) -> Callable[[Predict], Predict]:
    """Puts a function into a table of mistakes: its name is the mistake's id, its docstring the sentence."""

    def entered(predict: Predict) -> Predict:
        name = predict.__name__.replace("_", "-")
        table[name] = Mistake(name, group, gates, predict, " ".join((predict.__doc__ or "").split()))
        return predict

    return entered
