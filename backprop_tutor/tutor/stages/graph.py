"""The stage `graph`: the student draws the complete computational graph, line by line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.compile import written
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.text import counted
from backprop_tutor.tutor.stages.stage import Explained, Question, Stage, unasked

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey


class _DrawnGraph(Stage):
    """A single question; its answer is a text of several lines, marked by `marking.own_graph`."""

    name = word = "graph"
    title = "drawing circuits"
    picture = "lines"
    is_number = False
    is_by_node = False
    easy_seconds = 90.0
    names = expected = by_hand = is_flat = follows = sources = spot = unasked

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        return [Question(self, self.name, graph.output_name, graph.output_name, (self.name,))]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        return (
            "Draw the complete circuit: type one gate per line, as in a = w0*x0. `show` draws what you have, `skip` "
            "shows the exercise's circuit."
        )

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:  # noqa: ARG002
        """How to begin, how many gates there are, then the lines one by one."""
        lines = [f"  {line}" for line in written(exercise.graph).split("\n")]
        kinds = [gate.name for gate in exercise.graph.gates if gate is not None]
        counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
        parts = [f"it can begin like this:\n{chr(10).join(lines[:number])}" for number in range(1, len(lines))]
        return Explained(
            needed="Type a line again to change it.",
            hints=(
                "begin with the innermost operation: one gate per line, with a new name on the left, as in a = w0*x0.",
                f"the circuit has {counted(len(kinds), 'gate')}: {counts}.",
                *parts,
            ),
            worked=lambda: "the whole circuit:\n" + "\n".join(lines),
            right="this is the complete circuit.",
        )

    def model_answer(self, question: Question, key: AnswerKey) -> str | None:  # noqa: ARG002
        return written(key.exercise.graph)

    def template(
        self,
        questions: Sequence[Question],  # noqa: ARG002
        key_of: Callable[[str], str],  # noqa: ARG002
        graph: Graph,  # noqa: ARG002
    ) -> list[str]:
        """Where the lines of the student's own graph go."""
        about = "your own graph below, indented, one gate per line; the answers then use its names"
        return [f"{self.word}: |               # {about}"]


STAGES = (_DrawnGraph(),)
