"""Marking one answer to one question: rightness first, then what follows from the student's own answers.

`checking` marks a whole submission.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import Solution, solve
from backprop_tutor.errors import Fault
from backprop_tutor.tutor.answers import Answer, read_answer, read_plain
from backprop_tutor.tutor.carrying import Carried, Carrying
from backprop_tutor.tutor.formulas import close, formula_agrees, points_beside
from backprop_tutor.tutor.mistakes.cases import Case, cases_of
from backprop_tutor.tutor.mistakes.diagnosis import diagnose
from backprop_tutor.tutor.questions import OF_NETWORKS, Question, stage_questions
from backprop_tutor.tutor.rightness import ZERO, Scale, is_right
from backprop_tutor.tutor.rounding import HANDS, Rounded, rounded_passes
from backprop_tutor.tutor.verdicts import Outcome

if TYPE_CHECKING:
    from backprop_tutor.tutor.network_marking import NetworkMarker


_POINTS_OF_A_MISTAKE: Final = 5
"""At so many points a formula must be a mistake's: fewer might agree by chance, more only take time."""


class Judgement(NamedTuple):
    """What an answer is; `is_copy` where it follows only as a wrong number handed on as it is, but for its sign."""

    outcome: Outcome
    is_copy: bool = False


class Marker:
    """Marks answers about one circuit at its numbers; what it computes serves every student with these numbers."""

    def __init__(self, exercise: Exercise, solution: Solution | None = None) -> None:
        self.exercise = exercise
        self.solution = solution or exercise.solution
        self.graph = self.solution.graph
        self.scale = Scale(ZERO * self.solution.largest, exercise.tolerance)
        self._followed = Scale(0.0, exercise.tolerance)
        self._exact: dict[tuple[str, str], float] = {}
        self._factors: dict[tuple[str, str], tuple[float, ...]] = {}

    @cached_property
    def rounded(self) -> list[Rounded]:
        """Both passes as everybody writes them down on paper."""
        return [rounded_passes(self.solution, hand) for hand in HANDS]

    @cached_property
    def of_output(self) -> Solution:
        """Both passes with the output's own gradient 1, so that every gradient is ∂f/∂node, as a formula is asked
        for."""
        if self.solution.upstream == 1:
            return self.solution
        return solve(self.graph, list(self.input_values.values()), 1.0)

    @cached_property
    def points(self) -> list[Solution]:
        """Where formulas are compared."""
        return points_beside(self.of_output)

    @cached_property
    def input_values(self) -> dict[str, float]:
        """The inputs' numbers, by name."""
        return {name: self.solution.value(name) for name in self.graph.input_names}

    @cached_property
    def network(self) -> NetworkMarker:
        """Marks the stages delta and update."""
        from backprop_tutor.tutor.network_marking import NetworkMarker

        return NetworkMarker(self.exercise, self.solution)

    def expected(self, question: Question, solution: Solution | None = None) -> float:
        """The exact number that answers a question (of a formula: its value), here or at another point."""
        if question.stage in OF_NETWORKS:
            return self.network.expected(question)
        if question.stage == "symbolic":
            return (solution or self.of_output).gradient(question.node)
        solution = solution or self.solution
        if question.stage == "forward":
            return solution.value(question.node)
        if question.branch is not None:
            flow = solution.flow(question.branch)
            return flow.local if question.stage == "local" else flow.downstream
        return solution.gradient(question.node)

    def read(self, question: Question, text: str, carrying: Carrying) -> Answer:
        """The answer in a text, its names standing for the student's own values where they gave any. Raises a Fault."""
        plain = read_plain(text)
        if plain is not None:
            return plain
        if question.stage == "forward":
            return read_answer(text, self.input_values, "an input of this graph")
        names = carrying.own_names()
        if question.stage in OF_NETWORKS and self.network.signals.solution is not self.solution:
            names |= self.network.names  # asked by the exercise's names, whatever the student's graph calls them
        if question.asks_error:  # a line of the graph may be the error itself
            known = {name: names[name] for name in self.network.given if name in names}
            return read_answer(text, known, "an input or a neuron's output")
        return read_answer(text, names)

    def outcome(self, question: Question, answer: Answer, carrying: Carrying) -> Outcome:
        """Whether an answer is right, follows from the student's own answers, or is wrong."""
        return self.judge(question, answer, carrying).outcome

    def judge(self, question: Question, answer: Answer, carrying: Carrying) -> Judgement:
        """What an answer is beside the student's other answers."""
        if question.stage == "symbolic" or (question.stage == "local" and answer.has_names):
            return Judgement(self._formula_outcome(question, answer))
        if question.stage in OF_NETWORKS:
            return self._judge_of_network(question, answer, carrying)
        if self.is_right_by_itself(question, answer):
            return Judgement(Outcome.RIGHT)
        if answer.value == 0:
            return self._judge_empty(question, carrying)
        follows = False
        for carried in self._candidates(question, carrying):
            if is_right(answer, carried.value, self._followed):
                if not carried.slipped and not follows:
                    return Judgement(Outcome.RIGHT)
                if answer.has_names or not self._is_copy(answer.value, carried):
                    return Judgement(Outcome.FOLLOW_THROUGH)
                follows = True
        return Judgement(Outcome.FOLLOW_THROUGH, is_copy=True) if follows else Judgement(Outcome.WRONG)

    def _judge_empty(self, question: Question, carrying: Carrying) -> Judgement:
        """What a 0 is where the number is not 0: it follows through a gate that is flat at the student's own values.

        What comes of such a 0 further on is moot: it shows nothing.
        """
        empty = [carried for carried in self._candidates(question, carrying) if carried.value == 0]
        if empty and self._is_flat(question, carrying):
            return Judgement(Outcome.FOLLOW_THROUGH, is_copy=all(self._is_copy(0.0, carried) for carried in empty))
        return Judgement(Outcome.MOOT if any(carried.is_dead for carried in empty) else Outcome.WRONG)

    def _is_copy(self, value: float, carried: Carried) -> bool:
        """Whether an answer is one of the wrong numbers behind it, but for its sign."""
        size = abs(value)
        return any(abs(size - wrong) <= self.scale.tolerance * wrong for wrong in carried.wrong)

    def _judge_of_network(self, question: Question, answer: Answer, carrying: Carrying) -> Judgement:
        if self.network.is_right(question, answer, self.scale):
            return Judgement(Outcome.RIGHT)
        carried = self.network.follows(question, answer, carrying, self._followed)
        if carried is None:
            return Judgement(Outcome.WRONG)
        return Judgement(Outcome.FOLLOW_THROUGH if carried.slipped else Outcome.RIGHT)

    def is_right_by_itself(self, question: Question, answer: Answer) -> bool:
        """Whether a number is right whatever else was answered: the exact one as written, or as rounded at every
        step."""
        key = (question.stage, question.target)
        exact = self._exact.get(key)
        if exact is None:
            exact = self._exact[key] = self.expected(question)
        factors = self._factors.get(key)
        if factors is None:
            factors = self._factors[key] = self._found_from(question)
        return is_right(answer, exact, self.scale, factors) or self._is_right_on_paper(question, answer)

    def _found_from(self, question: Question) -> tuple[float, ...]:
        """What a question's number is found from: a gate's inputs, upstream and local gradient, branches."""
        solution, graph = self.solution, self.graph
        if question.branch is not None:
            flow = solution.flow(question.branch)
            near = [solution.value(name) for name in (*graph.node(flow.branch.gate).inputs, flow.branch.gate)]
            return (flow.upstream, flow.local) if question.stage == "backward" else tuple(near)
        if question.stage == "forward":
            return tuple(solution.value(name) for name in graph.node(question.node).inputs)
        return tuple(solution.flow(branch).downstream for branch in graph.branches_from[question.node])

    def _formula_outcome(self, question: Question, answer: Answer) -> Outcome:
        if answer.steps:
            agrees = formula_agrees(answer.steps, self.points, lambda point: self.expected(question, point))
        else:
            agrees = all(close(answer.value, self.expected(question, point), point) for point in self.points)
        return Outcome.RIGHT if agrees else Outcome.WRONG

    def _is_right_on_paper(self, question: Question, answer: Answer) -> bool:
        """Whether an answer is what comes of rounding every step to two decimals."""
        numbers = (_rounded_number(rounded, question) for rounded in self.rounded)
        return any(number is not None and number != 0 and is_right(answer, number, self.scale) for number in numbers)

    def _candidates(self, question: Question, carrying: Carrying) -> Iterator[Carried]:
        if question.stage == "forward":
            yield from carrying.values_of(question.node)
        elif question.stage == "local" and question.branch is not None:
            yield from carrying.rule_locals_of(question.branch)
        elif question.branch is not None:
            yield from carrying.products_of(question.branch)
        else:
            yield from carrying.sums_of(question.node)

    def _is_flat(self, question: Question, carrying: Carrying) -> bool:
        """Whether a question's gate is flat at the student's own forward values, and something arrives there."""
        if question.stage == "forward":
            return all(carrying.own_local(branch) == 0 for branch in self.graph.branches_into(question.node))
        if question.branch is None or carrying.own_local(question.branch) != 0:
            return False
        return question.stage == "local" or any(
            upstream.value for upstream in carrying.upstreams_of(question.branch.gate)
        )

    def diagnose(
        self, question: Question, answer: Answer, carrying: Carrying, before: Collection[str] = ()
    ) -> tuple[str, ...]:
        """The mistakes that a wrong answer matches; a formula's must match at every point."""
        if answer.has_names and question.stage in ("local", "symbolic"):
            return self._diagnose_formula(question, answer, before)
        return diagnose(answer, self.cases(question, carrying), self.scale, before)

    def cases(self, question: Question, carrying: Carrying) -> list[Case]:
        """The numbers behind a question, as a wrong answer may have used them."""
        if question.stage in OF_NETWORKS:
            return self.network.cases(question, carrying, self.scale.zero)
        return cases_of(question, self.expected(question), carrying, self.scale)

    def right_elsewhere(self, question: Question, answer: Answer) -> Question | None:
        """Another question of the same stage for which an answer would be right, if there is exactly one."""
        if question.stage == "graph" or answer.value == 0:
            return None
        asked = stage_questions(question.stage, self.exercise, self.graph)
        others = [other for other in asked if other.target != question.target and self._is_exact(other, answer)]
        return others[0] if len(others) == 1 and answer.value not in (1, -1) else None

    def _is_exact(self, question: Question, answer: Answer) -> bool:
        expected = self.expected(question)
        if question.stage in OF_NETWORKS:
            return self.network.agrees(question, answer, expected, self.scale)
        return is_right(answer, expected, self.scale)

    def _diagnose_formula(self, question: Question, answer: Answer, before: Collection[str]) -> tuple[str, ...]:
        found: list[tuple[str, ...]] = []
        for point in [self.of_output, *self.points]:
            marker, carrying = Marker(self.exercise, point), Carrying(point)
            if 0 < abs(marker.expected(question)) <= marker.scale.zero:
                continue  # where the numbers explode, every other one counts as 0
            try:
                there = read_answer(answer.text, carrying.own_names())
            except Fault:
                continue
            found.append(diagnose(there, marker.cases(question, carrying), marker.scale, before))
            if len(found) == _POINTS_OF_A_MISTAKE:
                break
        return tuple(id_ for id_ in found[0] if all(id_ in ids for ids in found)) if found else ()


def _rounded_number(rounded: Rounded, question: Question) -> float | None:
    if question.stage == "forward":
        return rounded.value(question.node)
    if question.branch is not None:
        return rounded.local(question.branch) if question.stage == "local" else rounded.carried(question.branch)
    return rounded.gradient(question.node)
