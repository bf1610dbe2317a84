"""The stage `graph`: the student draws the complete computational graph, line by line. While it is typed it is a draft,
which knows its lines so far, what is wrong with a line, and which gates are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.compile import gates_by_line, read_graph, read_lines, written
from backprop_tutor.engine.formatting import gate_line
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.language import UnusedInput
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import Fault, Faults
from backprop_tutor.text import counted, excerpt, half_width, listed
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
        about = "your graph, indented, one gate per line; use its names"
        return [f"{self.word}: |               # {about}"]


STAGES = (_DrawnGraph(),)


class Draft:
    """A student's graph while it is typed, one gate per line. Lines are kept by the name they assign; a later one
    replaces an earlier one."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self.inputs = inputs
        self.lines: dict[str, str] = {}
        self.changed: list[str] = []
        """The names of the lines that were typed last."""
        self._before: list[dict[str, str]] = []

    @property
    def text(self) -> str:
        """The lines so far, in the order they were first typed."""
        return "\n".join(self.lines.values())

    @property
    def graph(self) -> Graph | None:
        """The graph so far; None before the first line."""
        return read_graph(self.text, self.inputs, whole=False) if self.lines else None

    @property
    def lacks(self) -> str:
        """What is still needed: every input must be used, and every gate lead to the last line. Empty if nothing is."""
        try:
            read_graph(self.text, self.inputs)
        except Faults:
            graph = self.graph
            unused = [name for name in self.inputs if graph is None or not graph.branches_from[name]]
            whole = "Every input is used. The last line is the output, and every gate must lead to it."
            return f"Not used yet: {', '.join(unused)}." if unused else whole
        return ""

    def add(self, text: str) -> str:
        """Adds the valid lines (separated by `;` or line ends) and returns what is wrong with the others, if any."""
        text, before = half_width(text), self.lines
        reading = read_lines(text)
        said = [_in_words(text, fault) for fault in reading.faults]
        for line in reading.lines:
            piece = text[line.at[0] : line.span[1]]
            trial = {**self.lines, line.name: piece}
            wrong = self._wrong_with(line.name, "\n".join(trial.values()))
            if wrong:
                said.append(wrong)
            else:
                self._before.append(self.lines)
                self.lines = trial
        self.changed = [name for name, line in self.lines.items() if before.get(name) != line]
        return "\n".join(said)

    def _wrong_with(self, name: str, text: str) -> str:
        try:
            graph = read_graph(text, self.inputs, whole=False)
        except Faults as error:
            found = [fault for fault in error.faults if not isinstance(fault, UnusedInput)]
            return "\n".join(_in_words(error.text, fault) for fault in found)
        lines = read_lines(text).lines
        kinds = next(gates for line, gates in zip(lines, gates_by_line(graph, lines), strict=True) if line.name == name)
        if len(kinds) > 1:
            return f"{name} = ... contains {len(kinds)} gates, {', '.join(kinds)}. Give each gate a line of its own."
        return ""

    def undo(self) -> None:
        """Removes the line that was typed last; if it replaced another, that one returns."""
        if self._before:
            self.lines = self._before.pop()

    def confirmed(self, wanted: Graph) -> str:
        """The comment on the lines that were typed last: which of them are gates of the `wanted` circuit."""
        from backprop_tutor.tutor.marking.own_graph import gates_found  # the first prompt shows the draft without marks

        graph = self.graph
        assert graph is not None
        found = gates_found(wanted, graph)
        right = [name for name in self.changed if name in found]
        said = "is right" if len(right) == 1 else "are right"
        return f"{listed(gate_line(name, graph.node(name).written) for name in right)} {said}." if right else "Noted."


def _in_words(text: str, fault: Fault) -> str:
    # A line is shown, not counted: whoever draws at a prompt types one at a time, and may replace it.
    return f"{fault}\n{excerpt(text, fault.span)}"
