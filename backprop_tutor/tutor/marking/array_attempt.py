"""One student's answers to one exercise of arrays: each is read and judged, with what follows from the earlier ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from backprop_tutor.engine import arrays
from backprop_tutor.engine.array_gates import gate_value, is_entrywise, local_arrays, pulled
from backprop_tutor.engine.array_language import Operand
from backprop_tutor.engine.array_passes import ArraySolution, inputs_of, is_named
from backprop_tutor.engine.arrays import Matrix, shape_of
from backprop_tutor.engine.graph import Shape
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import Span
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.array_answers import array_of, read_array_answer, read_shape_answer
from backprop_tutor.tutor.marking.array_key import ArrayKey
from backprop_tutor.tutor.marking.attempt import Attempt, Judgement
from backprop_tutor.tutor.marking.expressions import NotKnownYet, SymbolsAt
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.array_readings import diagnose_array
from backprop_tutor.tutor.mistakes.matching import Reading
from backprop_tutor.tutor.stages.backward import BACKWARD
from backprop_tutor.tutor.stages.stage import Question

if TYPE_CHECKING:
    from backprop_tutor.tutor.mistakes.workings import Told


class Given(NamedTuple):
    """An array that a student gave: whether it was wrong, and whether it is all 0 because a gate is flat at their own
    values."""

    array: Matrix
    slipped: bool = False
    is_dead: bool = False


class Follows(NamedTuple):
    """An array that follows from the student's own ones; `is_flat` says that a gate lets nothing through."""

    array: Matrix
    slipped: bool
    is_flat: bool = False


class ArrayFollowThrough:
    """One student's answers to one circuit of arrays so far, and what follows from them."""

    def __init__(self, key: ArrayKey) -> None:
        self.key, self.graph, self.solution = key, key.graph, key.solution
        self.answers: dict[str, dict[str, Given]] = defaultdict(dict)

    @property
    def slipped(self) -> list[str]:
        """The student's wrong answers so far."""
        return [name for answers in self.answers.values() for name, given in answers.items() if given.slipped]

    def record(self, stage: str, name: str, answer: Answer, outcome: Outcome, is_copy: bool = False) -> None:
        """Records an array of the right shape; nothing can follow from others."""
        array = array_of(answer)
        is_dead = outcome.is_consistent and not is_copy and not arrays.largest(array)
        self.answers[stage][name] = Given(array, outcome is not Outcome.RIGHT, is_dead)

    def used(self, stage: str, with_slips: bool = True) -> dict[str, Given]:
        """The answers to a stage: all of them, or only the right ones."""
        return {name: one for name, one in self.answers[stage].items() if with_slips or not one.slipped}

    def own_values(self, with_slips: bool = True) -> list[Matrix]:
        """The forward pass at the student's own values; the true one if theirs leave a gate's domain."""
        own = self.used("forward", with_slips)
        if not own:
            return self.solution.arrays
        values: list[Matrix] = []
        for node, (gate, sources, constant) in enumerate(self.graph.rows):
            given, value = own.get(self.graph.names[node]), self.solution.arrays[node]
            if given is not None:
                value = given.array
            elif gate is not None and any(values[source] is not self.solution.arrays[source] for source in sources):
                try:
                    value = gate_value(gate, [values[source] for source in sources], constant)
                except (ArithmeticError, ValueError, TypeError):
                    value = self.solution.arrays[node]
            values.append(value)
        return values

    def own_pass(self, values: list[Matrix], but: Question | None = None, with_slips: bool = True) -> ArraySolution:
        """The backward pass at these values with the student's own gradients where they gave any, except for one
        question. A missing answer does not break the chain."""
        graph, given = self.graph, self.used("backward", with_slips)
        local = self.used("local", with_slips)
        skipped = but.target if but is not None else ""
        slopes = [arrays.filled(shape_of(value)) for value in values]
        carried: list[list[Matrix]] = [[] for _ in values]
        terms: list[list[Matrix]] = [[] for _ in values]
        terms[graph.output] = [self.solution.slopes[graph.output]]
        for node in range(graph.output, -1, -1):
            name = graph.names[node]
            own = given.get(name) if name != skipped else None
            if own is not None:
                slopes[node] = own.array
            elif terms[node]:
                slopes[node] = arrays.sum_of(terms[node])
            gate, sources, _ = graph.rows[node]
            if gate is None:
                continue
            carried[node] = self._carried(node, values, slopes, local)
            for slot, source in enumerate(sources):
                branch = graph.branches_into(name)[slot].name
                mine = given.get(branch) if branch != skipped else None
                terms[source].append(carried[node][slot] if mine is None else mine.array)
        return ArraySolution(graph, self.solution.upstream, [], [], [], values, slopes, carried)

    def _carried(
        self, node: int, values: list[Matrix], slopes: list[Matrix], local: Mapping[str, Given]
    ) -> list[Matrix]:
        gate = self.graph.gates[node]
        assert gate is not None
        at = inputs_of(self.graph, node, values, slopes)
        try:
            found = pulled(gate, at)
        except (ArithmeticError, ValueError, TypeError):
            found = pulled(gate, at._replace(arrays=[self.solution.arrays[one] for one in self.graph.inputs[node]]))
        for slot, branch in enumerate(self.graph.branches_into(self.graph.names[node])):
            mine = local.get(branch.name)
            if mine is not None and shape_of(at.arrays[slot]) == shape_of(mine.array):
                found[slot] = arrays.combined(lambda x, y: x * y + 0.0, at.up, mine.array)
        return found


class ArrayAttempt(Attempt):
    """The answers so far to an exercise of arrays."""

    key: ArrayKey

    def __init__(self, key: ArrayKey, is_guided: bool = False) -> None:
        self.key, self.is_guided = key, is_guided
        self.given = ArrayFollowThrough(key)
        self.shown: Collection[tuple[str, str]] = ()
        self.hinted = ""

    def read(self, question: Question, text: str) -> Answer:
        """The answer in a text. Raises a Fault."""
        if isinstance(self.key.right(question), tuple):
            return read_shape_answer(text, in_letters=not self.key.exercise.has_numbers)
        return read_array_answer(text, NamesAt(question, self))

    def judge(self, question: Question, answer: Answer, is_right: bool | None = None) -> Judgement:
        """Whether an answer is right, follows from the student's own answers, or is wrong."""
        key, right = self.key, self.key.right(question)
        if key.is_right(question, answer) if is_right is None else is_right:
            return Judgement(Outcome.RIGHT, entries=_all_right(answer) if isinstance(right, list) else ())
        if not isinstance(right, list) or answer.shape != shape_of(right):
            return Judgement(Outcome.WRONG)
        entries = key.marked_right(question, answer)
        if not arrays.largest(array_of(answer)):
            return self._judge_empty(question)._replace(entries=entries)
        for follows in self.follows(question):
            if not key.fits(answer, follows.array, is_carried=True, old=key.old(question)):
                continue
            if not follows.slipped:
                return Judgement(Outcome.RIGHT, entries=_all_right(answer))
            return Judgement(Outcome.FOLLOW_THROUGH, self._copied_size(answer), entries=_all_right(answer))
        return Judgement(Outcome.WRONG, entries=entries)

    def _judge_empty(self, question: Question) -> Judgement:
        """The outcome of all zeros where the gradient is not all 0: they follow through a gate that is flat at the
        student's own values; what such zeros lead to is moot, since it shows nothing."""
        empty = [follows for follows in self.follows(question) if not arrays.largest(follows.array)]
        if any(follows.is_flat for follows in empty):
            return Judgement(Outcome.FOLLOW_THROUGH)
        is_dead = any(given.is_dead for answers in self.given.answers.values() for given in answers.values())
        return Judgement(Outcome.MOOT if empty and is_dead else Outcome.WRONG)

    def _copied_size(self, answer: Answer) -> float | None:
        """The largest entry of the wrong array that an answer copies, up to sign or order; None if it copies none."""
        mine = sorted(abs(entry) for entry in arrays.entries(array_of(answer)))
        for answers in self.given.answers.values():
            for given in answers.values():
                other = sorted(abs(entry) for entry in arrays.entries(given.array))
                room = self.key.scale.tolerance * max(other, default=0.0)
                is_alike = len(mine) == len(other) and all(abs(x - y) <= room for x, y in zip(mine, other, strict=True))
                if given.slipped and is_alike:
                    return abs(answer.value)
        return None

    def follows(self, question: Question) -> Iterator[Follows]:
        """What an answer may be, given the student's own earlier ones: at the true values, and at their own."""
        true = self.key.solution.arrays
        others = {name: one for answers in self.given.answers.values() for name, one in answers.items()}
        slips = any(one.slipped for name, one in others.items() if name != question.target)
        for with_slips in (False, True) if slips else (False,):
            own = self.given.own_values(with_slips)
            for values in (true, own) if own is not true else (true,):
                passed = self.given.own_pass(values, question, with_slips)
                try:
                    array = self.key.right(question, passed)
                except (ArithmeticError, ValueError, TypeError):
                    continue  # the student's own numbers lie outside a gate's domain
                assert isinstance(array, list)
                yield Follows(array, with_slips, self._is_flat(question, passed))

    def _is_flat(self, question: Question, passed: ArraySolution) -> bool:
        """Whether the gate lets nothing through at these values although something arrives."""
        gate = passed.graph.node(question.gate).gate if question.branch is not None else None
        if gate is None or question.branch is None or not is_entrywise(gate):
            return False
        at = passed.at(question.gate)
        try:
            return bool(arrays.largest(at.up)) and not arrays.largest(local_arrays(gate, at)[question.branch.slot])
        except (ArithmeticError, ValueError, TypeError):
            return False  # the student's own numbers lie outside the gate's domain

    def record(self, question: Question, answer: Answer, outcome: Outcome, is_copy: bool = False) -> None:
        """Records an answer for later ones to follow from, if its stage carries."""
        right = self.key.right(question)
        if question.kind.carries and isinstance(right, list) and answer.shape == shape_of(right):
            self.given.record(question.stage, question.target, answer, outcome, is_copy)

    def diagnose(self, question: Question, answer: Answer, before: Collection[str] = ()) -> list[Reading]:
        """What a wrong answer comes from: at most two readings, likeliest first."""
        return diagnose_array(self, question, answer, before)

    def asks_how(self, question: Question, answer: Answer) -> tuple[str, str] | None:
        """What the tutor asks about an unexplained array of numbers, and the prompt for it."""
        from backprop_tutor.tutor.mistakes.array_workings import asked

        return asked(question, self) if answer.entries and not answer.steps else None

    def told_how(self, question: Question, text: str, given: Answer) -> Told:  # noqa: ARG002
        """What is right and what is wrong about the arrays that a wrong one was made of. Raises a Fault."""
        from backprop_tutor.tutor.mistakes.array_workings import told

        return told(question, self, NamesAt(question, self), text)

    def right_elsewhere(self, question: Question, answer: Answer) -> Question | None:
        """Another question of the same stage for which an answer would be right, if there is exactly one."""
        others = [
            one
            for one in self.key.asked(question.stage)
            if one.target != question.target and answer.entries and self.key.is_right(one, answer)
        ]
        return others[0] if len(others) == 1 else None


def _all_right(answer: Answer) -> tuple[tuple[bool, ...], ...]:
    return tuple((True,) * len(row) for row in answer.entries)


class NamesAt:
    """What an answer to a question about an array may name."""

    def __init__(self, question: Question, attempt: ArrayAttempt) -> None:
        self.question, self.attempt, self.key = question, attempt, attempt.key
        self._symbols = SymbolsAt(question, attempt)

    @property
    def asked(self) -> str:
        """The symbol of the answer."""
        return self.question.symbol

    @property
    def shape(self) -> Shape:
        """The shape of the answer."""
        right = self.key.right(self.question)
        return shape_of(right if isinstance(right, list) else self.key.solution.slope(self.question.source))

    @property
    def values(self) -> Mapping[str, Operand]:
        """The nodes' arrays, or the student's own if they gave any; sizes; the learning rate."""
        graph, own = self.key.graph, self.attempt.given.own_values()
        found: dict[str, Operand] = dict(zip(graph.names, own, strict=True))
        named = {name: array for name, array in found.items() if is_named(graph, name)}
        return {**self.key.sizes, **named}

    def gradient(self, name: str, span: Span) -> tuple[str, Matrix] | None:
        """The symbol and the array of a known gradient. Raises NotKnownYet."""
        node = self._node_of(name)
        if node is None:
            return None
        given = self.attempt.given.answers["backward"].get(node)
        target = self.question.target if self.question.stage == BACKWARD.word else ""  # others ask for no gradient
        if given is not None and node != target:
            return f"∂{node}", given.array
        if isinstance(self.key.right(self.question), str):
            if node == self.question.node:
                raise NotKnownYet(span, symbol=name, why="what you are asked for")
            return f"∂{node}", self.key.solution.slope(node)
        is_output = node == self.key.graph.output_name
        is_shown = (BACKWARD.word, node) in self.attempt.shown or f"{name} = " in self.attempt.hinted
        if node == target:
            raise NotKnownYet(span, symbol=name, why="what you are asked for")
        if is_output or is_shown or node in self._arriving:
            return f"∂{node}", self.key.solution.slope(node)
        raise NotKnownYet(span, symbol=name, why="not known yet")

    @property
    def _arriving(self) -> set[str]:
        """What the question itself says: the gradient that arrives."""
        branch = self.question.branch
        return {branch.gate} if branch is not None else set()

    def _node_of(self, name: str) -> str | None:
        graph, branch = self.key.graph, self.question.branch
        if name in ("up", "upstream") and branch is not None:
            return branch.gate
        loss = self.key.exercise.loss
        for head in (f"∂{loss}/∂", f"d{loss}/d", "∂", "d"):
            rest = name.removeprefix(head)
            if rest != name and rest in graph.index:
                return rest
        return None

    def is_symbol(self, name: str) -> bool:
        """Whether a text such as `dL/dq` is a symbol here."""
        return self._node_of(name) is not None

    def is_asked(self, text: str) -> bool:
        """Whether a text before an equals sign names the answer."""
        return self._symbols.is_asked(text)

    def asks_elsewhere(self, text: str) -> bool:
        """Whether such a text names the answer to another question."""
        return self._symbols.asks_elsewhere(text)
