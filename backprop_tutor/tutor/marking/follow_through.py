"""What follows from a student's own answers: the values, upstreams and local gradients that they went on with. A
student who rounds, or slipped once, is marked on what they had.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice, product

from backprop_tutor.engine.graph import Branch
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.carried import Carried, Readings, added, carried_from, computed, own_slope, product_of
from backprop_tutor.tutor.marking.verdicts import Outcome

_SMALLEST, _LARGEST = 1e-15, 1e15  # beyond them no student's number lies, and products of a few leave no float
MOST_SUMS = 64
"""How many ways to add up what may come back are tried."""
_CARRYING = ("forward", "local", "backward", "delta")


class FollowThrough:
    """One student's answers to one circuit so far, and what follows from them.

    Record a stage before asking what follows from it: forward values, local gradients, then gradients in
    reverse topological order, then errors and deltas from the output layer back.
    """

    def __init__(self, readings: Readings) -> None:
        self.readings, self.solution, self.graph = readings, readings.solution, readings.graph
        self.answers: dict[str, dict[str, Carried]] = defaultdict(dict)
        self.is_empty = True
        self.forward, self.local, self.backward, self.delta = (self.answers[stage] for stage in _CARRYING)
        self._wrong_locals: set[str] = set()
        self._has_slipped_values = False
        # Results are cached until a later answer changes them: own values up to a node, and what comes back down to
        # one.
        self._true = readings.values
        self._own = self._true.copy()
        self._own_end = len(self.graph)
        self._values: dict[int, list[Carried]] = {}
        self._upstreams: list[list[Carried]] = [[] for _ in self._true]
        self._is_reached = [False] * len(self.graph)
        self._upstreams_begin = len(self.graph)
        self._locals: dict[tuple[int, int], list[Carried]] = {}
        self._own_slopes: dict[tuple[int, int], list[float]] = {}

    def record(
        self, stage: str, name: str, answer: Answer, outcome: Outcome = Outcome.RIGHT, is_copy: bool = False
    ) -> None:
        """Records a readable answer; one that is not finite, huge or tiny carries nothing."""
        value = answer.value
        size = abs(value)
        if value and not _SMALLEST <= size <= _LARGEST:
            return
        self.is_empty = False
        if outcome is Outcome.RIGHT:
            carried = Carried(value)
        elif value == 0 and outcome.is_consistent and not is_copy:
            carried = Carried(value, True, (), True)
        else:
            carried = Carried._make((value, True, (size,), False))
        answers, index = self.answers[stage], self.graph.index
        answers[name] = carried
        # A gradient changes only what lies before it in the graph, a value only what lies after it: what was found of
        # the rest is kept.
        if answers is self.backward:
            node = index[name if name in index else name.partition("->")[0]]
            if node >= self._upstreams_begin:
                self._upstreams_begin = node + 1
            return
        if self._own_slopes:
            self._locals.clear()
            self._own_slopes.clear()
        if answers is self.local and outcome is Outcome.WRONG:
            self._wrong_locals.add(name)
        self._has_slipped_values |= answers is self.forward and carried.slipped
        if name in index:
            node = index[name]
            if node < self._own_end:
                self._own_end = node
            for one in [one for one in self._values if one > node] if self._values else ():
                del self._values[one]  # everything that leads to a node comes before it

    def own(self, name: str) -> Carried:
        """A node's value in the student's own forward pass, and whether a wrong answer is behind it."""
        return self._own_at(self.graph.index[name])

    def own_names(self) -> dict[str, float]:
        """What each node's name stands for in the student's formulas: their own value if they gave one."""
        names = dict(zip(self.graph.names, self.solution.values, strict=True))
        return names | {name: answer.value for name, answer in self.forward.items()}

    def _own_at(self, node: int) -> Carried:
        """The forward pass at the student's own values; the true one if theirs leave a gate's domain."""
        own, true = self._own, self._true
        if node < self._own_end:
            return own[node]
        graph, forward = self.graph, self.forward
        for at in range(self._own_end, node + 1):
            sources = graph.inputs[at]
            if not sources:
                continue
            answer = forward.get(graph.names[at])
            if answer is None:
                answer, near = true[at], [own[source] for source in sources]
                if near != self.readings.inputs[at]:
                    value = computed(graph, at, [one.value for one in near])
                    answer = answer if value is None else carried_from(value, *near)
            own[at] = answer
        self._own_end = node + 1
        return own[node]

    def own_values(self, name: str) -> tuple[float, tuple[float, ...]]:
        """A gate's value, and those of its inputs, in the student's own forward pass."""
        node = self.graph.index[name]
        out = self._own_at(node).value
        return out, tuple([self._own[source].value for source in self.graph.inputs[node]])

    def _near(self, node: int) -> list[Carried]:
        own = self._own
        return [self._own_at(node), *[own[source] for source in self.graph.inputs[node]]]

    def values_of(self, name: str) -> list[Carried]:
        """What a gate's forward value may be, given the student's own: computed through every gate, or only from their
        answers."""
        node = self.graph.index[name]
        if node not in self._values:
            self._values[node] = list(self._values_at(node))
        return self._values[node]

    def _values_at(self, node: int) -> Iterator[Carried]:
        sources = self.graph.inputs[node]
        self._own_at(node - 1)
        through = [self._own[source] for source in sources]
        if through == self.readings.inputs[node]:
            yield self._true[node]
            return
        answered = [self.forward.get(self.graph.names[source]) or self._true[source] for source in sources]
        for operands in (through, answered) if answered != through else (through,):
            value = computed(self.graph, node, [operand.value for operand in operands])
            if value is not None:
                yield carried_from(value, *operands)

    def own_local(self, branch: Branch) -> float:
        """The local gradient at the student's own forward values, exactly; the true one if theirs leave the domain."""
        node = self.graph.index[branch.gate]
        if self.forward and self.readings.varies[node]:
            slopes = self._own_slopes_of(node, branch.slot)
            if slopes:
                return slopes[0]
        return float(self.solution.locals[node][branch.slot])

    def locals_of(self, branch: Branch) -> list[Carried]:
        """The local gradients a student may have used: their answer, else the gate's rule."""
        answer = self.local.get(branch.name) if self.local else None
        return [answer] if answer is not None else self.rule_locals_of(branch)

    def rule_locals_of(self, branch: Branch) -> list[Carried]:
        """The gate's own rule for a branch at true or own values, rounded or not."""
        place = node, slot = self.graph.index[branch.gate], branch.slot
        true = self.readings.true(node, slot)
        if not self.forward:
            return true
        if place not in self._locals:
            own = self._own_slopes_of(node, slot)
            near = self._near(node) if own else ()
            self._locals[place] = list(dict.fromkeys([*true, *[own_slope(slope, own[0], near) for slope in own]]))
        return self._locals[place]

    def _own_slopes_of(self, node: int, slot: int) -> list[float]:
        """The gate's own rule for a slot at the student's own numbers; nothing if these are the true ones."""
        place = node, slot
        slopes = self._own_slopes.get(place)
        if slopes is None:
            near, slopes = self._near(node), []
            if near != self.readings.near[node]:
                out, *operands = [one.value for one in near]
                slopes = self.readings.slopes(node, slot, tuple(operands), out)
            self._own_slopes[place] = slopes
        return slopes

    def slipped_of(self, names: Iterable[tuple[str, str]]) -> list[str]:
        """Which of these answers, by stage and name, the student gave and got wrong; behind a value that was not
        answered, those that it is found from."""
        waiting = list(dict.fromkeys(names))
        for stage, name in waiting:
            if self.answers[stage] is self.forward and name not in self.forward and name in self.graph.index:
                behind = [(stage, one) for one in self.graph.node(name).inputs]
                waiting += [one for one in behind if one not in waiting]
        found = ((name, self.answers[stage].get(name)) for stage, name in waiting)
        return list(dict.fromkeys(name for name, answer in found if answer is not None and answer.slipped))

    def upstreams_of(self, gate: str) -> list[Carried]:
        """The upstream gradients a student may have used at a gate: their answer for its node, else its branches', else
        the true one."""
        target = self.graph.index[gate]
        if target >= self._upstreams_begin:
            return self._upstreams[target]
        for node in range(self._upstreams_begin - 1, target - 1, -1):  # consumers first, so that no recursion is needed
            self._upstreams[node] = self._upstream(node)
            self._upstreams_begin = node
        return self._upstreams[target]

    def _upstream(self, node: int) -> list[Carried]:
        name, leaving, given = self.graph.names[node], self.readings.leaving[node], self.backward
        answer = given.get(name)
        if answer is not None:
            return [answer]
        # A question that was not asked or answered does not break the chain: a slip further downstream passes through
        # it.
        is_reached = is_given = False
        for branch in leaving:
            is_reached = is_reached or self._carries_a_slip(*branch)
            is_given = is_given or branch[0] in given
        self._is_reached[node] = is_reached
        if is_reached or is_given:
            return self.sums_of(name)
        true = self.readings.gradients[node]
        own = self._at_own_values(node) if self._has_slipped_values and leaving else true
        return [true, own] if own.slipped else [true]

    def _at_own_values(self, node: int) -> Carried:
        """What comes back to a node at the student's own values of the gates further downstream, exactly."""
        products = []
        for _, _, gate, slot in self.readings.leaving[node]:
            upstream, slopes = self._upstreams[gate][-1], self._own_slopes_of(gate, slot)  # the last is at own values
            true = float(self.solution.locals[gate][slot])
            differs = bool(slopes) and slopes[0] != true
            slope = own_slope(slopes[0], slopes[0], self._near(gate)) if differs else Carried(true)
            products.append(product_of(upstream, slope))
        return added(products)

    def _carries_a_slip(self, branch: str, gate: str, node: int, _: int) -> bool:
        """Whether a wrong gradient, given or derived, comes back along a branch."""
        answer = self.backward.get(branch) or self.backward.get(gate)
        slipped = answer.slipped if answer is not None else self._is_reached[node]
        if slipped or not self.local:
            return slipped
        local = self.local.get(branch)
        return local is not None and local.slipped

    def sums_of(self, name: str) -> list[Carried]:
        """What all of a fork's branches may add up to: the student's own answers, else upstream * local."""
        terms = []
        leaving = self.readings.leaving[self.graph.index[name]]
        for branch, (called, *_) in zip(self.graph.branches_from[name], leaving, strict=True):
            answer = self.backward.get(called)
            terms.append([answer] if answer is not None else self.products_of(branch))
        if len(terms) == 1 and len(terms[0]) == 1:
            return [added(terms[0])]
        # Forks add: every branch contributes. Each may have been found in several ways: so many combinations are tried.
        return list(dict.fromkeys(map(added, islice(product(*terms), MOST_SUMS))))

    def product_values(self, branch: Branch) -> list[float]:
        """The bare numbers of `products_of`, and perhaps some more."""
        node, slot = self.graph.index[branch.gate], branch.slot
        answer = self.local.get(branch.name) if self.local else None
        if answer is not None:
            slopes = [answer.value]
        else:
            slopes = true = self.readings.true_slopes(node, slot)
            if self.forward and self.readings.varies[node]:
                own = self._own_slopes_of(node, slot)
                slopes = true if own is true else true + own
        upstreams = self.upstreams_of(branch.gate)
        if len(upstreams) == 1:
            upstream = upstreams[0].value
            return [upstream * slope for slope in slopes]
        return [upstream.value * slope for upstream in upstreams for slope in slopes]

    def products_of(self, branch: Branch) -> list[Carried]:
        """What a branch may carry: each upstream times each local gradient that a student may have used."""
        upstreams, slopes = self.upstreams_of(branch.gate), self.locals_of(branch)
        if len(upstreams) == len(slopes) == 1 and not self._wrong_locals:
            return [product_of(upstreams[0], slopes[0])]
        pairs: Iterable[tuple[Carried, Carried]] = product(upstreams, slopes)
        if self._wrong_locals and branch.name in self._wrong_locals:
            # A product with 0, 1 or -1 needs no multiplication, so it shows nothing.
            pairs = ((u, slope) for u, slope in pairs if abs(u.value) not in (0, 1) and abs(slope.value) not in (0, 1))
        found = dict.fromkeys(product_of(u, slope) for u, slope in pairs)
        # Without a slip first: an answer that right numbers explain too is right, not carried through.
        return sorted(found, key=lambda product: product.slipped)[:MOST_SUMS]
