"""The stage `graph`: the student draws the complete computational graph, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.compile import written
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.stages.stage import Label, Question, Stage

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.follow_through import Carried
    from backprop_tutor.tutor.marking.hand_rounding import Rounded
    from backprop_tutor.tutor.mistakes.cases import Case


class DrawnGraph(Stage):
    """One question; its answer is a text of several lines, which `marking.own_graph` marks."""

    name = word = "graph"
    picture = "lines"
    is_number = False
    is_by_node = False
    easy_seconds = 90.0

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        """The one question."""
        return [Question(self, self.name, graph.output_name, None, (self.name,))]

    def symbol(self, question: Question, loss: str = "L") -> str:  # noqa: ARG002
        """The output's name."""
        return question.node

    def prompt(self, question: Question, exercise: Exercise) -> str:  # noqa: ARG002
        """A prompt for a line."""
        return "> "

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        """What is to be typed."""
        return (
            "Draw the complete computational graph: type it, one gate a line, as in a = w0*x0. "
            "An empty line shows the exercise's graph; `show` draws what stands so far."
        )

    def label(self, question: Question) -> Label | None:  # noqa: ARG002
        """None: the graph is the picture."""
        return None

    def hints(self, question: Question, exercise: Exercise, solution: Solution) -> Iterator[str]:
        """How to begin, how many gates there are, then line after line."""
        lines = written(exercise.graph).split("\n")
        kinds = [gate.name for gate in exercise.graph.gates if gate is not None]
        counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
        yield "Begin with the innermost operation: one gate a line, a new name on the left, as in a = w0*x0."
        yield f"It has {len(kinds)} gates: {counts}."
        for number in range(1, len(lines)):
            yield "It can begin like this:\n" + "\n".join(f"  {line}" for line in lines[:number])
        yield self.worked_out(question, exercise, solution)

    def worked_out(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        """The whole graph."""
        return "The whole graph:\n" + "\n".join(f"  {line}" for line in written(exercise.graph).split("\n"))

    def model_answer(self, question: Question, key: AnswerKey) -> str | None:  # noqa: ARG002
        """The exercise's own graph, one gate a line."""
        return written(key.exercise.graph)

    def template(self, questions: Sequence[Question], key_of: Callable[[str], str]) -> list[str]:  # noqa: ARG002
        """Where lines of one's own may be put."""
        about = "your own graph, one gate a line; its names are then the names below"
        return [f"# {self.word}: |             # {about}", "#   a = ..."]

    def names(self, question: Question, attempt: Attempt) -> tuple[Mapping[str, float], str]:
        """A graph names what it likes."""
        raise NotImplementedError

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        """A graph is no number."""
        raise NotImplementedError

    def by_hand(self, question: Question, rounded: Rounded, key: AnswerKey) -> float | None:  # noqa: ARG002
        """None: nothing is rounded."""
        return None

    def is_flat(self, question: Question, attempt: Attempt) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:  # noqa: ARG002
        """From nothing."""
        return iter(())

    def sources(self, question: Question, attempt: Attempt) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        """Nothing."""
        return iter(())

    def cases(self, question: Question, attempt: Attempt) -> Iterable[Case]:  # noqa: ARG002
        """None: what is wrong with a graph is said line by line."""
        return ()

    def right(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        """That the graph is complete."""
        return "That is the complete computational graph."

    def here(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        """What can be done."""
        return "Type a line again to change it."

    def words(self, question: Question, case: Case, key: AnswerKey) -> dict[str, str]:  # noqa: ARG002
        """Nothing: no mistake has a sentence about a graph."""
        return {}


GRAPH = DrawnGraph()
STAGES = (GRAPH,)
