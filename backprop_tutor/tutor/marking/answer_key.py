"""The right answers for one circuit at its numbers: everything in marking that does not depend on the student, computed
once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, Self

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import Solution, solve
from backprop_tutor.tutor.marking.acceptance import HALF_A_UNIT, ZERO, Scale, formula_agrees, is_right, points_beside
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.carried import Readings
from backprop_tutor.tutor.marking.hand_rounding import HANDS, Rounded, rounded_passes
from backprop_tutor.tutor.mistakes.readings import EditsOfKey
from backprop_tutor.tutor.network import NetworkWords, Signals, signals_of
from backprop_tutor.tutor.questions import ByName, by_name
from backprop_tutor.tutor.stages import answerable, stage_questions, words_of

if TYPE_CHECKING:
    from backprop_tutor.tutor.stages.stage import Question

_MOST_ANSWERS: Final = 20_000
"""How many answers are remembered as right or wrong: a class writes the same numbers again and again."""


_SLACK: Final = 1e-8
"""A little wider than what counts as equal."""


class AnswerKey:
    """The answer key for an exercise's numbers, or for a student's own graph at these numbers; it serves every
    student."""

    def __init__(self, exercise: Exercise, solution: Solution | None = None) -> None:
        self.exercise = exercise
        self.solution = solution or exercise.solution
        self.graph = self.solution.graph
        self.scale = Scale(ZERO * self.solution.largest, exercise.tolerance)
        self.carried_scale = Scale(0.0, exercise.tolerance)
        self.rate = exercise.update.rate if exercise.update else 1.0
        self._asked: dict[str, list[Question]] = {}
        self._measured: dict[str, list[tuple[Question, float]]] = {}
        self._named: dict[str, ByName[Question]] = {}
        self._numbers: dict[tuple[str, str], float] = {}
        self._spans: dict[tuple[str, str], tuple[float, float]] = {}
        self._is_accepted = lru_cache(_MOST_ANSWERS)(self._accepts_any)
        self._accepted: dict[tuple[str, str], tuple[Sequence[float], list[float]]] = {}

    def at(self, exercise: Exercise) -> Self:
        """The key for other numbers of the exercise, which has the same questions."""
        key = type(self)(exercise)
        key._asked, key._named = self._asked, self._named
        return key

    @cached_property
    def rounded(self) -> list[Rounded]:
        """Both passes as people write them down on paper."""
        return [rounded_passes(self.solution, hand) for hand in HANDS]

    @cached_property
    def readings(self) -> Readings:
        """The local gradients that a student may use."""
        return Readings(self.solution)

    @cached_property
    def edits(self) -> EditsOfKey:
        """The results of mistakes, question by question."""
        return EditsOfKey(self)

    @cached_property
    def of_output(self) -> Solution:
        """Both passes with 1 as the output's own gradient, so that every gradient is ∂f/∂node, as formulas are asked
        for."""
        if self.solution.upstream == 1:
            return self.solution
        return solve(self.graph, list(self.input_values.values()), 1.0)

    @cached_property
    def points(self) -> list[Solution]:
        """The points at which formulas are compared."""
        return points_beside(self.of_output)

    @cached_property
    def input_values(self) -> dict[str, float]:
        """The inputs' numbers by name."""
        return {name: self.solution.value(name) for name in self.graph.input_names}

    @cached_property
    def signals(self) -> Signals:
        """Errors and deltas: of the student's own graph if it has the exercise's neurons, else of the exercise's."""
        return signals_of(self.exercise, self.solution)

    @cached_property
    def rounded_of_neurons(self) -> list[Rounded]:
        """The passes by hand for the graph that has the neurons."""
        if self.signals.solution is self.solution:
            return self.rounded
        return [rounded_passes(self.signals.solution, hand) for hand in HANDS]

    @cached_property
    def network_words(self) -> NetworkWords:
        """Formulas and phrases about the neurons."""
        return NetworkWords(self.exercise, self.solution)

    def asked(self, word: str) -> list[Question]:
        """All questions that the exercise asks about this circuit under one word."""
        if word not in self._asked:
            self._asked[word] = stage_questions(word, self.exercise, self.graph)
        return self._asked[word]

    def answerable(self, word: str) -> list[Question]:
        """All questions about this circuit that may be answered under one word, asked or not."""
        return answerable(word, self.exercise, self.graph, self.asked(word))

    def named(self, word: str) -> ByName[Question]:
        """The possible questions about this circuit under one word, by each of their names."""
        if word not in self._named:
            self._named[word] = by_name(self.answerable(word))
        return self._named[word]

    def number(self, question: Question) -> float:
        """The exact number that answers a question (for a formula, its value)."""
        place = (question.kind.name, question.target)
        if place not in self._numbers:
            self._numbers[place] = question.kind.expected(question, self)
        return self._numbers[place]

    def near(self, number: float, room: float) -> list[Question]:
        """The questions that the exercise may ask, but for formulas, whose exact number is at most this far from a
        number."""
        numbers, questions = self._sorted
        return questions[bisect_left(numbers, number - room) : bisect_right(numbers, number + room)]

    @cached_property
    def _sorted(self) -> tuple[list[float], list[Question]]:
        asked = [one for word in words_of(self.exercise) for one in self.asked(word) if one.kind.is_number]
        asked.sort(key=self.number)
        return [self.number(one) for one in asked], asked

    def expected(self, question: Question) -> Any:
        """The answer to a question as results show it: the exact number; for arrays rows, a shape or a formula."""
        return self.number(question)

    def more(self, question: Question, entries: Sequence[Sequence[bool]]) -> Mapping[str, Any]:  # noqa: ARG002
        """What results add to a verdict: for arrays the shape, and which entries are right."""
        return {}

    def measured(self, word: str) -> list[tuple[Question, float]]:
        """The questions of a word, each with the number that an answer is judged against."""
        if word not in self._measured:
            self._measured[word] = [(one, one.kind.measured(one, self)) for one in self.asked(word)]
        return self._measured[word]

    def accepts(self, answer: Answer, number: float, carried: bool = False) -> bool:
        """Whether an answer gives a number: the exact one, or one `carried` over from a student's earlier answer."""
        return is_right(answer, number, self.carried_scale if carried else self.scale)

    def is_right(self, question: Question, answer: Answer) -> bool:
        """Whether an answer is right regardless of the other answers: exactly, rounded, or as rounding by hand gives
        it."""
        kind = question.kind
        if kind.is_formula(answer):
            return formula_agrees(answer, self.points, lambda point: kind.expected(question, self, point))
        given, span = kind.given(question, answer, self), self._spans.get((kind.name, question.target))
        if span is None:
            exact = kind.measured(question, self)
            if given == exact and kind.accepts(question, answer, exact, self):
                return True  # without working anything out by hand
            span = self._span(question)
        low, high = span
        room = HALF_A_UNIT * answer.unit + answer.precision * (self.solution.largest + abs(answer.value))
        if not low - room <= given <= high + room:
            return False  # too far off by any rule, as most wrong answers are
        return self._is_accepted(question, answer)

    def _span(self, question: Question) -> tuple[float, float]:
        """The smallest and the largest right number, with a margin for what counts as equal."""
        numbers = [question.kind.measured(question, self), *self._otherwise(question)[1]]
        size = max(map(abs, numbers))
        margin = (self.scale.tolerance + _SLACK) * size + 2 * self.scale.zero + _SLACK * abs(self.number(question))
        span = min(numbers) - margin, max(numbers) + margin
        self._spans[question.kind.name, question.target] = span
        return span

    def _accepts_any(self, question: Question, answer: Answer) -> bool:
        """Tries the exact number first: most right answers need no working by hand."""
        kind, exact = question.kind, question.kind.measured(question, self)
        if kind.accepts(question, answer, exact, self):
            return True
        factors, by_hand = self._otherwise(question)
        if kind.is_by_node and is_right(answer, exact, self.scale, factors):
            return True
        return any(kind.accepts(question, answer, number, self) for number in by_hand)

    def _otherwise(self, question: Question) -> tuple[Sequence[float], list[float]]:
        """The numbers that the exact one is found from, and the other right ones: those from rounding by hand."""
        kind, place = question.kind, (question.kind.name, question.target)
        if place not in self._accepted:
            by_hand = filter(None, kind.by_hand(question, self))
            self._accepted[place] = kind.found_from(question, self), list(dict.fromkeys(by_hand))
        return self._accepted[place]


def key_of(exercise: Exercise, solution: Solution | None = None) -> AnswerKey:
    """The answer key for an exercise of numbers or of arrays."""
    if not exercise.is_array:
        return AnswerKey(exercise, solution)
    from backprop_tutor.tutor.marking.array_key import ArrayKey  # exercises of numbers load no code for arrays

    return ArrayKey(exercise, solution)
