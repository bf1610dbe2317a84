"""What follows from a student's own numbers in the stages delta and update: the errors, deltas and steps that they may
go on with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice, product
from math import fsum, isfinite

from backprop_tutor.engine.passes import OutOfDomain, backward
from backprop_tutor.tutor.marking.acceptance import both_ways
from backprop_tutor.tutor.marking.carried import Carried, Readings, carried_from
from backprop_tutor.tutor.marking.follow_through import MOST_SUMS, FollowThrough
from backprop_tutor.tutor.network import Signals


class NetworkFollowThrough:
    """One student's errors, deltas and steps, from their answers in `carried`, or the true numbers if they gave
    none."""

    def __init__(self, signals: Signals, carried: FollowThrough) -> None:
        self.signals, self.neurons, self.solution = signals, signals.neurons, signals.solution
        self.answers = carried.delta
        self.passes = carried if carried.solution is signals.solution else FollowThrough(Readings(signals.solution))
        self.gradients = carried
        self._deltas: dict[str, Carried] = {}

    def errors_of(self, y: str) -> Iterator[Carried]:
        """yd - y (or y - yd), with the student's own y or the true one, rounded to two decimals or not."""
        desired, own, sign = self.signals.desired(y), self.passes.own(y), self.signals.sign
        for value, slipped in ((own.value, own.slipped), (self.solution.value(y), False)):
            for shown in (value, *both_ways(value)):
                exact = sign * (shown - desired)
                for error in (exact, *both_ways(exact)):
                    yield Carried(error, slipped)

    def deltas_of(self, y: str) -> Iterator[Carried]:
        """∂y/∂X times what arrives, from the student's own numbers; or -∂L/∂X (or ∂L/∂X) from their own gradients and
        forward values."""
        sign = self.signals.sign
        yield from self._from_own_passes(self.neurons.named[y])
        if self.gradients is self.passes:
            gradients = self.passes.sums_of(self.neurons.named[y])
            yield from (gradient._replace(value=sign * gradient.value) for gradient in gradients)
        slopes = list(self._derivatives(y))
        for arriving in self._arriving(y):
            for slope in slopes:
                yield carried_from(arriving.value * slope.value, arriving, slope)
        # An output neuron's delta is its error times a number, which is 1 if the loss cancels the derivative.
        error = 0.0 if self.neurons.fed[y] else self.signals.error(y)
        for own in self._errors(y) if error else ():
            yield carried_from(own.value * (self.signals.delta(y) / error), own)

    def _errors(self, y: str) -> Iterable[Carried]:
        answer = self.answers.get(f"{y}.error")
        return [answer] if answer is not None else self.errors_of(y)

    def _arriving(self, y: str) -> Iterator[Carried]:
        factor = 1.0 if self.neurons.fed[y] else self.signals.factor(y) or 1.0
        for one in self._sums(y) if self.neurons.fed[y] else self._errors(y):
            sum_ = one._replace(value=factor * one.value)
            yield sum_
            yield from (sum_._replace(value=shown) for shown in both_ways(sum_.value) if shown)

    def _sums(self, y: str) -> Iterator[Carried]:
        """Σ w δ over the neurons that this one feeds, with the student's own deltas where they gave any."""
        true, own = self.solution.locals, self._own_locals
        deltas = {pull.to: self._delta(pull.to) for pull in self.neurons.fed[y]}
        for locals_, slipped in ((true, False), (own, self._slipped))[: 1 if own == true else 2]:
            terms = [self.signals.entering(to, locals_)[y] * delta.value for to, delta in deltas.items()]
            yield carried_from(fsum(terms), *deltas.values(), Carried(0.0, slipped))

    def _delta(self, y: str) -> Carried:
        """The student's own delta; one that was not answered breaks no chain from a wrong error or delta behind it."""
        if y not in self._deltas:
            self._deltas[y] = self.answers.get(f"{y}.delta") or self._delta_behind(y)
        return self._deltas[y]

    def _delta_behind(self, y: str) -> Carried:
        fed, true = [pull.to for pull in self.neurons.fed[y]], self.signals.delta(y)
        own, error = self.answers.get(f"{y}.error"), 0.0 if fed else self.signals.error(y)
        if error and own is not None and own.slipped:
            return carried_from(own.value * (true / error), own)
        deltas = [self._delta(to) for to in fed]
        if not any(delta.slipped for delta in deltas):
            return Carried(true)
        terms = [self.signals.entering(to)[y] * delta.value for to, delta in zip(fed, deltas, strict=True)]
        return carried_from(self.signals.derivative(y) * fsum(terms), *deltas)

    def behind(self, y: str) -> Iterator[str]:
        """The errors and deltas that a delta is found from, those behind one that was not answered too."""
        waiting = [y]
        for one in waiting:
            yield f"{one}.delta"
            if f"{one}.delta" not in self.answers:
                yield f"{one}.error"
                waiting += [pull.to for pull in self.neurons.fed[one] if pull.to not in waiting]

    def _derivatives(self, y: str) -> Iterator[Carried]:
        """∂y/∂X at the true and at the student's own forward values, exact or rounded if only one gate lies between."""
        way = self.neurons.activations[y]
        yield Carried(self.signals.derivative(y))
        yield Carried(self.signals.derivative(y, self._own_locals), self._slipped)
        if len(way.gates) == 1:
            (branch,) = self.solution.graph.branches_into(y)
            yield from self.passes.locals_of(branch)

    def own_derivative(self, y: str) -> float:
        """∂y/∂X at the student's own forward values."""
        return self.signals.derivative(y, self._own_locals)

    @cached_property
    def _slipped(self) -> bool:
        return any(answer.slipped for answer in (*self.passes.forward.values(), *self.passes.local.values()))

    @cached_property
    def _own_locals(self) -> list[tuple[float, ...]]:
        graph = self.solution.graph
        if not self.passes.forward:
            return self.solution.locals
        return [tuple(self.passes.own_local(branch) for branch in graph.branches_into(name)) for name in graph.names]

    def _from_own_passes(self, x: str) -> Iterator[Carried]:
        """The delta of a backward pass at the student's own forward values."""
        if not self.passes.forward:
            return
        graph = self.solution.graph
        values = [self.passes.own(name).value for name in graph.names]
        try:
            gradients, _ = backward(graph, values, self.solution.upstream)
        except OutOfDomain:
            return
        yield Carried(self.signals.sign * gradients[graph.index[x]], self._slipped)

    def steps_of(self, name: str, rate: float) -> Iterator[Carried]:
        """The steps of an input: from the student's own gradient of it, from their own deltas, from their gradients
        before it."""
        graph = self.gradients.graph
        own = self.gradients.backward.get(name)
        gradients = [own] if own is not None else []
        gradients += self.gradients.sums_of(name) if name in graph.index else []
        found = [gradient._replace(value=-gradient.value) for gradient in gradients]
        for downhill in (*found, *self._downhill(name)):
            wrong = tuple(rate * size for size in downhill.wrong)
            for size in (downhill.value, *both_ways(downhill.value)):
                for step in (rate * size, *both_ways(rate * size)):
                    if isfinite(step):
                        yield Carried(step, downhill.slipped, wrong, downhill.is_dead)

    def _downhill(self, name: str) -> Iterator[Carried]:
        """-∂L/∂w as Σ ± y_j δ_k over the neurons that an input enters, with the student's own deltas and forward
        values."""
        into = self.signals.parameters.get(name, [])
        if not any(f"{y}.delta" in self.answers or self._delta(y).slipped for y in into):
            return
        terms: list[list[Carried]] = []
        for y in into:
            delta = self._delta(y)
            entering = [
                Carried(self.signals.entering(y)[name]),
                Carried(self.signals.entering(y, self._own_locals)[name], self._slipped),
            ]
            entering += [one._replace(value=shown) for one in entering for shown in both_ways(one.value)]
            terms.append([carried_from(one.value * delta.value, one, delta) for one in dict.fromkeys(entering)])
        for parts in islice(product(*terms), MOST_SUMS):
            yield carried_from(-self.signals.sign * fsum(part.value for part in parts), *parts)

    def is_idle(self, name: str) -> bool:
        """Whether nothing that an input carries reaches a neuron at the student's own forward values, so that its step
        may be 0."""
        into = self.signals.parameters.get(name, [])
        return bool(into) and all(self.signals.entering(y, self._own_locals)[name] == 0 for y in into)
