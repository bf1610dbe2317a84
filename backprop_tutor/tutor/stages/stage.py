"""Defines a kind of question: the protocol that every stage implements, one question of a stage, and how a gate is
written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.fields import NamedTuple

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.answers import Answer
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.carried import Carried
    from backprop_tutor.tutor.mistakes.places import Spot

Label = tuple[Literal["value", "gradient"], str]
"""A number on a picture of the circuit: a node's value, or the gradient of a branch, a fork or the output."""


_ROOM: Final = 9
"""Columns for an answer before the comment, in a file to fill in."""


class Question(NamedTuple):
    """One question: `target` is its name, `symbol` writes it (∂L/∂w0), `names` are all the names under which it may be
    answered.

    `node` is the gate, the fork, the input or the neuron's output, `branch` the branch asked about; `label` the number
    in the picture that an answer fills in; `is_sum` says that it asks for the sum at a fork; `rank` orders the
    questions when one word covers several stages.
    """

    kind: Stage
    target: str
    symbol: str
    node: str
    names: tuple[str, ...]
    branch: Branch | None = None
    label: Label | None = None
    is_sum: bool = False
    rank: int = 0

    @property
    def stage(self) -> str:
        """The word for the stage in exercises and results."""
        return self.kind.word

    @property
    def gate(self) -> str:
        """The gate that it is about; at a fork, the node."""
        return self.branch.gate if self.branch is not None else self.node

    @property
    def own_names(self) -> tuple[str, ...]:
        """The names that mean it and no question of another stage: those under which it may be answered, but not the
        node's where a branch is asked about alone."""
        return (self.target,) if self.kind.is_by_branch else self.names

    @property
    def source(self) -> str:
        """The node that it is about; for a branch, the node where it begins."""
        return self.branch.source if self.branch is not None else self.node


def is_asked(question: Question, exercise: Exercise) -> bool:
    """Whether an exercise asks this question of one of its stages about its own graph, according to its keys `given`
    and `ask`."""
    if question.source in exercise.given and question.kind.is_by_node:
        return False
    return not exercise.ask or not question.kind.is_by_node or not set(exercise.ask).isdisjoint(question.names)


def points_of(question: Question, exercise: Exercise) -> float:
    """What a question is worth in an exercise: set for one of its own names, else for its stage, else 1."""
    points = exercise.points
    return next((points[name] for name in (*question.own_names, question.stage) if name in points), 1.0)


class Explained(NamedTuple):
    """The explanations of a question, each giving away more. `needed` says in symbols what is required, if nothing is
    known about a wrong answer; then the `hints`, rung by rung; the last rung, `worked` out in one line and computed on
    demand; and what a `right` answer teaches, with the numbers.
    """

    needed: str
    hints: tuple[str, ...]
    worked: Callable[[], str]
    right: str

    @property
    def rungs(self) -> int:
        """How many hints there are, including the one that works the answer out."""
        return len(self.hints) + 1

    def rung(self, number: int) -> str:
        """The hint with this number, counted from 0."""
        return self.hints[number] if number < len(self.hints) else f"{self.worked()}."


class Stage(ABC):
    """A kind of question. If a stage leaves out a method, building the table of stages fails: there is no default rule
    for what is right."""

    name: ClassVar[str]
    """The stage's own name."""
    word: ClassVar[str]
    """Its word in exercises, submissions and results; several stages may share one."""
    title: ClassVar[str] = ""
    """What it trains, as `progress` names it; its word if it has no title."""
    carries: ClassVar[bool] = False
    """Whether later answers may follow from these."""
    picture: ClassVar[Literal["circuit", "neurons", "lines"]] = "circuit"
    """What is drawn with its questions: the circuit, tables of neurons and weights, or the student's own lines."""
    shows_gradients: ClassVar[bool] = False
    """Whether its questions are drawn with the gradients found so far."""
    shows_upstream: ClassVar[bool] = False
    """Whether an answer depends on what arrives from downstream."""
    is_of_gate: ClassVar[bool] = False
    """Whether it asks about one gate alone, which then is said with it."""
    asks_shape: ClassVar[bool] = False
    """Whether the shape of an array is asked, which then must not be shown."""
    asks_formula: ClassVar[bool] = False
    """Whether it asks for a formula in matrices, which is then compared at other arrays too."""
    is_by_node: ClassVar[bool] = True
    """Whether it asks about a graph's nodes and branches, the student's own if they drew one; neurons and weights have
    the exercise's names."""
    is_by_branch: ClassVar[bool] = False
    """Whether it asks about branches alone, so that a node's name means the question of another stage."""
    is_number: ClassVar[bool] = True
    """Whether every right answer is a number."""
    takes_formulas: ClassVar[bool] = False
    """Whether an answer is a formula in node names, so that a wrong one is a different function."""
    says_value: ClassVar[bool] = True
    """Whether the value of a wrong answer in names is mentioned."""
    has_symbols: ClassVar[bool] = False
    """Whether later answers may use the symbols of its questions; values go by the names of their nodes."""
    can_be_wrong_at_gates: ClassVar[bool] = False
    """Whether a right answer is evidence against mistakes that would have given another number."""
    is_step: ClassVar[bool] = False
    """Whether an answer is judged by its difference from an old number."""
    easy_seconds: ClassVar[float] = 20.0
    """How many seconds a right answer may take to count as easy."""

    @abstractmethod
    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:
        """All its questions about a graph, in the order of a lesson."""

    def beside(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        """Questions that may be answered although the answer is given."""
        return []

    def spellings(self, question: Question) -> list[str]:
        """Other names that a student may use for a question in an answer file."""
        return [question.symbol]

    def gives(self, question: Question, key: AnswerKey) -> Sequence[str]:  # noqa: ARG002
        """The symbols of gradients that are given with a question."""
        return ()

    @abstractmethod
    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The question as a sentence."""

    def shape_in_prompt(self, question: Question, graph: Graph) -> str:  # noqa: ARG002
        """The shape of an answer as the prompt gives it; empty for a number, and if the question asks for the shape."""
        return ""

    def goes_on(self, text: str, question: Question, graph: Graph) -> bool:  # noqa: ARG002
        """Whether an answer continues on another line."""
        return False

    @abstractmethod
    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:
        """The names that an answer may use, with their numbers; and a description of such a name."""

    @abstractmethod
    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        """The exact answer; for a formula, its value here or at another point."""

    def measured(self, question: Question, key: AnswerKey) -> float:
        """The number that an answer is judged by: its own value or, for a new weight, the step."""
        return key.number(question)

    def accepts(self, question: Question, answer: Answer, number: float, key: AnswerKey, carried: bool = False) -> bool:  # noqa: ARG002
        """Whether an answer is right for such a number; for a `carried` one, small numbers do not count as 0."""
        return key.accepts(answer, number, carried)

    def given(self, question: Question, answer: Answer, key: AnswerKey) -> float:  # noqa: ARG002
        """The number by which a typed answer is judged."""
        return answer.value

    def found_from(self, question: Question, key: AnswerKey) -> Sequence[float]:  # noqa: ARG002
        """The numbers that the exact one is found from."""
        return ()

    @abstractmethod
    def by_hand(self, question: Question, key: AnswerKey) -> Iterable[float | None]:
        """The same number with every step rounded; None or 0 if rounding left a gate's domain."""

    def is_formula(self, answer: Answer) -> bool:
        """Whether an answer is marked as a formula, not as a number."""
        return self.takes_formulas and (answer.has_names or not self.is_number)

    @abstractmethod
    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether nothing can come back at the student's own forward values although something arrives."""

    @abstractmethod
    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        """The numbers that follow from the student's own earlier answers."""

    def numbers_that_follow(self, question: Question, attempt: Attempt) -> Iterable[float] | None:  # noqa: ARG002
        """Only these numbers, if that is faster; None if it is not."""
        return None

    @abstractmethod
    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """The answers, by stage and name, that this one is computed from directly."""

    @abstractmethod
    def spot(self, question: Question, key: AnswerKey) -> Spot:
        """The place of an answer: the quantities around it that a wrong answer may use instead."""

    @abstractmethod
    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        """The explanations of a question, before and after it is answered."""

    def worked_out(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The right answer, step by step, in one line."""
        return self.explain(question, exercise, solution).worked()

    def size(self, question: Question, answer: Answer, key: AnswerKey) -> str:
        """What can be said about a number that matches no mistake; never a guess."""
        right = key.number(question)
        if answer.value == 0:
            return self.not_empty
        if right == 0:
            return "The number is wrong."
        has_sign = (right > 0) == (answer.value > 0)
        return "The sign is right, but the size is not." if has_sign else "Neither sign nor size is right."

    not_empty: ClassVar[str] = "The gradient is not 0 here."
    """What to say about a wrong 0."""

    def model_answer(self, question: Question, key: AnswerKey) -> str | None:
        """The right answer as it could be handed in; None if it is too long to be read."""
        return repr(key.number(question))

    def template(self, questions: Sequence[Question], key_of: Callable[[str], str], graph: Graph) -> list[str]:
        """The lines of an answers file for its questions, each with its gate as a comment."""
        rows = [(f"  {key_of(question.target)}:", gate_beside(question, graph)) for question in questions]
        width = max((len(row) for row, _ in rows), default=0) + _ROOM
        return [f"{self.word}:", *(f"{row:<{width}}# {gate}" if gate else row for row, gate in rows)]


def gate_beside(question: Question, graph: Graph) -> str:
    """The gate that a question of a circuit is about, as it is written; empty if there is none."""
    if question.is_sum:
        return "the sum over its branches"
    name = question.gate if question.kind.is_by_node else ""
    written = graph.node(name).written.replace("**", "^") if name in graph.gate_names else ""
    return f"{name} = {written}" if written and question.branch is not None else written


def unasked(*_: Any, **__: Any) -> Any:
    """Stands in for the methods that marking never calls."""
    raise NotImplementedError


class OfCircuit(Stage):
    """A stage about the nodes and branches of a graph."""

    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:  # noqa: ARG002
        """Every node, with the student's own value if they gave one."""
        return attempt.carried.own_names(), "a node of this graph"

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """The sources of a question's branches: local gradients, and the values that these are found from."""
        graph = attempt.key.graph
        branches = [question.branch] if question.branch is not None else graph.branches_from[question.node]
        yield from (("local", branch.name) for branch in branches)
        yield from (("forward", name) for branch in branches for name in graph.read_by(branch))
