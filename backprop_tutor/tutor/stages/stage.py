"""What a kind of question is: the one protocol that every stage fulfils, a question of it, and the words of a gate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import Solution

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.answers import Answer
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.follow_through import Carried
    from backprop_tutor.tutor.mistakes.places import Spot

Label = tuple[Literal["value", "gradient"], str]
"""A number on a picture of the circuit: a node's value, or the gradient of a branch, a fork or the output."""


_ROOM: Final = 9
"""Columns in a file to fill in, in which an answer finds room before the comment."""


class Question(NamedTuple):
    """One thing asked: `target` is its name, `symbol` says it (∂L/∂w0), `names` are all under which it may be answered.

    `node` is the gate, the fork, the input or the neuron's output, `branch` the branch asked about; `label` the number
    on the picture that an answer fills in; `is_sum` says that the sum at a fork is asked; `rank` orders questions of
    several stages that one word asks for.
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
        """The word by which exercises and results name the stage."""
        return self.kind.word

    @property
    def gate(self) -> str:
        """The gate that it is about; at a fork, the node."""
        return self.branch.gate if self.branch is not None else self.node

    @property
    def source(self) -> str:
        """The node that it is about; of a branch, where it begins."""
        return self.branch.source if self.branch is not None else self.node


def is_asked(question: Question, exercise: Exercise) -> bool:
    """Whether an exercise asks a question of one of its stages about its own graph, by its keys `given` and `ask`."""
    if question.source in exercise.given and question.kind.is_by_node:
        return False
    return not exercise.ask or not question.kind.is_by_node or not set(exercise.ask).isdisjoint(question.names)


def points_of(question: Question, exercise: Exercise) -> float:
    """What a question of an exercise is worth: by one of its names, else by its stage, else 1."""
    points = exercise.points
    return next((points[name] for name in (*question.names, question.stage) if name in points), 1.0)


class Explained(NamedTuple):
    """What is said of a question, each more than the one before.

    What is `needed`, in symbols, where nothing is known of a wrong answer; the `hints`, rung by rung; the last rung,
    `worked` out in one line, which is found when it is wanted; and what a `right` answer teaches, with the numbers.
    """

    needed: str
    hints: tuple[str, ...]
    worked: Callable[[], str]
    right: str

    @property
    def rungs(self) -> int:
        """How many hints there are, with the one that works it out."""
        return len(self.hints) + 1

    def rung(self, number: int) -> str:
        """A hint, counted from 0."""
        return self.hints[number] if number < len(self.hints) else f"{self.worked()}."


class Stage(ABC):
    """A kind of question. What a stage does not define fails when the table of stages is made: there is no default
    rule for what is right."""

    name: ClassVar[str]
    """The stage's own name."""
    word: ClassVar[str]
    """The word for it in exercises, submissions and results; several stages may have one."""
    title: ClassVar[str] = ""
    """What it trains, as `progress` names it; where it has none, its word."""
    carries: ClassVar[bool] = False
    """Whether later answers may follow from these."""
    picture: ClassVar[Literal["circuit", "neurons", "lines"]] = "circuit"
    """What is drawn beside its questions: the circuit, tables of neurons and weights, or the student's own lines."""
    shows_gradients: ClassVar[bool] = False
    """Whether the gradients found so far are drawn while it is asked."""
    shows_upstream: ClassVar[bool] = False
    """Whether an answer is found from what arrives from further downstream."""
    is_by_node: ClassVar[bool] = True
    """Whether it asks about a graph's nodes and branches, the student's own where they drew one; neurons and weights
    have the exercise's names."""
    is_number: ClassVar[bool] = True
    """Whether every right answer is a number."""
    takes_formulas: ClassVar[bool] = False
    """Whether a formula in node names is an answer, so that another one is another function."""
    says_value: ClassVar[bool] = True
    """Whether the value of a wrong answer in names is said."""
    has_symbols: ClassVar[bool] = False
    """Whether the symbols of its questions are names in later answers; values go by the names of their nodes."""
    can_be_wrong_at_gates: ClassVar[bool] = False
    """Whether a right answer speaks against mistakes that would have led elsewhere."""
    is_step: ClassVar[bool] = False
    """Whether an answer is judged by how far it is from an old number."""
    easy_seconds: ClassVar[float] = 20.0
    """Within how many seconds a right answer counts as an easy one."""

    @abstractmethod
    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:
        """Everything that it asks about a graph, in the order of a lesson."""

    def beside(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        """What may be answered although it is given."""
        return []

    def spellings(self, question: Question) -> list[str]:
        """What else a student may call a question in a file of answers."""
        return [question.symbol]

    def gives(self, question: Question, key: AnswerKey) -> Sequence[str]:  # noqa: ARG002
        """The symbols of gradients that are given with a question."""
        return ()

    @abstractmethod
    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The question as a sentence."""

    def shape_in_prompt(self, question: Question, graph: Graph) -> str:  # noqa: ARG002
        """The shape of an answer as the prompt says it; empty of a number, and where the shape is what is asked."""
        return ""

    def goes_on(self, text: str, question: Question, graph: Graph) -> bool:  # noqa: ARG002
        """Whether an answer so far goes on in a further line."""
        return False

    @abstractmethod
    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:
        """What an answer may name, with its numbers; and in words what such a name is."""

    @abstractmethod
    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        """The exact answer; of a formula, its value here or at another point."""

    def measured(self, question: Question, key: AnswerKey) -> float:
        """The number by which an answer is judged: itself, of a new weight the step."""
        return key.number(question)

    def accepts(self, question: Question, answer: Answer, number: float, key: AnswerKey, carried: bool = False) -> bool:  # noqa: ARG002
        """Whether an answer is right for a number that was measured; for one `carried`, nothing small counts as 0."""
        return key.accepts(answer, number, carried)

    def given(self, question: Question, answer: Answer, key: AnswerKey) -> float:  # noqa: ARG002
        """An answer's number by which it is judged."""
        return answer.value

    def found_from(self, question: Question, key: AnswerKey) -> Sequence[float]:  # noqa: ARG002
        """The numbers that the exact one is found from."""
        return ()

    @abstractmethod
    def by_hand(self, question: Question, key: AnswerKey) -> Iterable[float | None]:
        """What is measured where every step was rounded; None or 0 where rounding left a gate's domain."""

    def is_formula(self, answer: Answer) -> bool:
        """Whether an answer is marked as a formula, not as a number."""
        return self.takes_formulas and (answer.has_names or not self.is_number)

    def is_empty(self, question: Question, answer: Answer, key: AnswerKey) -> bool:
        """Whether an answer says that nothing comes back."""
        return self.given(question, answer, key) == 0

    @abstractmethod
    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether nothing can come back by the student's own forward values, although something arrives."""

    @abstractmethod
    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        """What may be measured from the student's own earlier answers."""

    def numbers_that_follow(self, question: Question, attempt: Attempt) -> Iterable[float] | None:  # noqa: ARG002
        """The numbers alone of what follows, where they are found faster; None where not."""
        return None

    @abstractmethod
    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """The answers, by stage and name, from which this one is found directly."""

    @abstractmethod
    def spot(self, question: Question, key: AnswerKey) -> Spot:
        """The place of an answer: what is around it that a wrong one may take instead."""

    @abstractmethod
    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:
        """What is said of a question once it was answered, and before."""

    def worked_out(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The right answer, step by step, in one line."""
        return self.explain(question, exercise, solution).worked()

    def size(self, question: Question, answer: Answer, key: AnswerKey) -> str:
        """What can be said of a number that matches no mistake. Never a guess."""
        right = self.expected(question, key)
        if answer.value == 0:
            return self.not_empty
        if right == 0:
            return "That is not right."
        has_sign = (right > 0) == (answer.value > 0)
        return "The sign is right, the size is not." if has_sign else "Neither sign nor size is right."

    not_empty: ClassVar[str] = "The gradient is not 0 here."
    """What is said of a 0 that is wrong."""

    def model_answer(self, question: Question, key: AnswerKey) -> str | None:
        """The right answer as one could hand it in; None where it is too long to be read."""
        return repr(key.number(question))

    def template(self, questions: Sequence[Question], key_of: Callable[[str], str], graph: Graph) -> list[str]:
        """The lines of an answers file in which its questions are answered, each with its gate beside it."""
        rows = [(f"  {key_of(question.target)}:", gate_beside(question, graph)) for question in questions]
        width = max((len(row) for row, _ in rows), default=0) + _ROOM
        return [f"{self.word}:", *(f"{row:<{width}}# {gate}" if gate else row for row, gate in rows)]


def gate_beside(question: Question, graph: Graph) -> str:
    """The gate that a question of a circuit is about, as it is written; empty where it is about none."""
    if question.is_sum:
        return "the sum over its branches"
    name = question.gate if question.kind.is_by_node else ""
    written = graph.node(name).written if name in graph.gate_names else ""
    return f"{name} = {written}" if written and question.branch is not None else written


def unasked(*_: Any, **__: Any) -> Any:
    """Stands for the methods that marking never asks of a stage."""
    raise NotImplementedError


def _sign(value: float) -> str:
    return "negative" if value < 0 else "positive" if value > 0 else "0"


class OfCircuit(Stage):
    """A stage about the nodes and branches of a graph."""

    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:  # noqa: ARG002
        """Every node, by the student's own value where they gave one."""
        return attempt.carried.own_names(), "a node of this graph"

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """What the branches of a question come from: upstream, local gradient, and the values at the gates."""
        graph = attempt.key.graph
        branches = [question.branch] if question.branch is not None else graph.branches_from[question.node]
        yield from (("local", branch.name) for branch in branches)
        gates = [branch.gate for branch in branches]
        yield from (("forward", name) for gate in gates for name in (*graph.node(gate).inputs, gate))
