"""What a kind of question is: the one protocol that every stage fulfils, and a question of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import shown
from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import Solution

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.answers import Answer
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.follow_through import Carried
    from backprop_tutor.tutor.marking.hand_rounding import Rounded
    from backprop_tutor.tutor.mistakes.cases import Case

Label = tuple[Literal["value", "gradient"], str]
"""A number on a picture of the circuit: a node's value, or the gradient of a branch, a fork or the output."""


class Question(NamedTuple):
    """One thing asked: `target` is its name, `names` all under which it may be answered.

    `branch` is the branch asked about; `node` the gate, the fork, the input or the neuron's output; `is_sum` says that
    the sum at a fork is asked; `rank` orders questions of several stages that one word asks for; `output` is what a
    formula differentiates.
    """

    kind: Stage
    target: str
    node: str
    branch: Branch | None = None
    names: tuple[str, ...] = ()
    is_sum: bool = False
    rank: int = 0
    output: str = ""

    @property
    def stage(self) -> str:
        """The word by which exercises and results name the stage."""
        return self.kind.word

    @property
    def gate(self) -> str:
        """The gate that it is about; at a fork, the node."""
        return self.branch.gate if self.branch is not None else self.node


class Stage(ABC):
    """A kind of question. What a stage does not define fails when the table of stages is made: there is no default
    rule for what is right."""

    name: ClassVar[str]
    """The stage's own name."""
    word: ClassVar[str]
    """The word for it in exercises, submissions and results; several stages may have one."""
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
    can_be_wrong_at_gates: ClassVar[bool] = False
    """Whether a right answer speaks against mistakes that would have led elsewhere."""
    easy_seconds: ClassVar[float] = 20.0
    """Within how many seconds a right answer counts as an easy one."""

    @abstractmethod
    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:
        """Everything that it asks about a graph, in the order of a lesson."""

    def beside(self, graph: Graph) -> list[Question]:  # noqa: ARG002
        """What may be answered although it is given."""
        return []

    @abstractmethod
    def symbol(self, question: Question, loss: str = "L") -> str:
        """What is asked, in symbols: ∂L/∂w0."""

    def spellings(self, question: Question, loss: str) -> list[str]:
        """What else a student may call a question in a file of answers."""
        return [self.symbol(question, loss)]

    @abstractmethod
    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The question as a sentence."""

    def prompt(self, question: Question, exercise: Exercise) -> str:
        """What stands before the cursor."""
        return f"{self.symbol(question, exercise.loss)} > "

    @abstractmethod
    def label(self, question: Question) -> Label | None:
        """The number on the picture that an answer fills in."""

    @abstractmethod
    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:
        """What an answer may name, with its numbers; and in words what such a name is."""

    @abstractmethod
    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        """The exact answer; of a formula, its value here or at another point."""

    def measured(self, question: Question, key: AnswerKey) -> float:
        """The number by which an answer is judged: itself, of a new weight the step."""
        return key.number(question)

    def accepts(
        self,
        question: Question,  # noqa: ARG002
        answer: Answer,
        number: float,
        key: AnswerKey,
        carried: bool = False,
    ) -> bool:
        """Whether an answer is right for a number that was measured; for one `carried`, nothing small counts as 0."""
        return key.accepts(answer, number, carried)

    def given(self, question: Question, answer: Answer, key: AnswerKey) -> float:  # noqa: ARG002
        """An answer's number by which it is judged."""
        return answer.value

    def found_from(self, question: Question, key: AnswerKey) -> Sequence[float]:  # noqa: ARG002
        """The numbers that the exact one is found from."""
        return ()

    @abstractmethod
    def by_hand(self, question: Question, rounded: Rounded, key: AnswerKey) -> float | None:
        """What is measured where every step was rounded; None where rounding left a gate's domain."""

    def rounded(self, key: AnswerKey) -> Iterable[Rounded]:
        """The passes as they are written down by hand, of the graph that it asks about."""
        return key.rounded

    def is_formula(self, answer: Answer) -> bool:  # noqa: ARG002
        """Whether an answer is marked as a formula, not as a number."""
        return False

    def is_empty(self, question: Question, answer: Answer, key: AnswerKey) -> bool:  # noqa: ARG002
        """Whether an answer says that nothing comes back."""
        return answer.value == 0

    @abstractmethod
    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether nothing can come back by the student's own forward values, although something arrives."""

    @abstractmethod
    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        """What may be measured from the student's own earlier answers."""

    @abstractmethod
    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:
        """The answers, by stage and name, from which this one is found directly."""

    @abstractmethod
    def cases(self, question: Question, attempt: Attempt) -> Iterable[Case]:
        """The numbers behind a question, as a wrong answer may have used them: the true ones first."""

    @abstractmethod
    def right(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """What a right answer confirms."""

    @abstractmethod
    def here(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """What is known where a wrong answer was given, not worked out."""

    @abstractmethod
    def worked_out(self, question: Question, exercise: Exercise, solution: Solution) -> str:
        """The right answer, step by step, in one line."""

    @abstractmethod
    def hints(self, question: Question, exercise: Exercise, solution: Solution) -> Iterator[str]:
        """The ladder from a word to the answer."""

    @abstractmethod
    def words(self, question: Question, case: Case, key: AnswerKey) -> dict[str, str]:
        """What a mistake's sentence may speak of."""

    def size(self, question: Question, answer: Answer, key: AnswerKey) -> str:
        """What can be said of a number that matches no mistake. Never a guess."""
        right = self.expected(question, key)
        if right == 0 or answer.value == 0:
            return self.not_empty if answer.value == 0 else "It is not that."
        return "The sign is right, the size is not." if (right > 0) == (answer.value > 0) else NEITHER

    not_empty: ClassVar[str] = "The gradient is not 0 here."
    """What is said of a 0 that is wrong."""

    def model_answer(self, question: Question, key: AnswerKey) -> str | None:
        """The right answer as one could hand it in; None where it is too long to be read."""
        return repr(key.number(question))

    def template(self, questions: Sequence[Question], key_of: Callable[[str], str]) -> list[str]:
        """The lines of an answers file in which its questions are answered."""
        return [f"{self.word}:", *(f"  {key_of(question.target)}:" for question in questions)]


def numbers_in_words(question: Question, case: Case) -> dict[str, str]:
    """The numbers of a case, by the names under which a mistake's sentence may speak of them."""
    return {
        "source": question.node, "node": question.node, "value": shown(case.value), "upstream": shown(case.upstream),
        "local": shown(case.local), "out": shown(case.out), "gate": case.gate, "rule": "", "terms": "",
        "branches": str(len(case.flows)), "signs": f"It is {sign(case.right)} here",
        "enough": "Two decimals or two significant digits are enough",
    }  # fmt: skip


def sign(value: float) -> str:
    """A number's sign as a word."""
    return "negative" if value < 0 else "positive" if value > 0 else "0"


NEITHER = "Neither sign nor size is right."
