"""A student's graph while it is typed, one gate per line: what stands so far, what is wrong with a line, which gates
are right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backprop_tutor.engine.compile import gates_by_line, read_graph, read_lines
from backprop_tutor.engine.formatting import gate_line
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.language import UnusedInput
from backprop_tutor.errors import Fault, Faults
from backprop_tutor.text import excerpt, half_width, listed


class Draft:
    """A student's graph while it is typed, one gate per line. Lines are kept by the name they assign; a later one
    replaces an earlier one."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self.inputs = inputs
        self.lines: dict[str, str] = {}
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
    def is_complete(self) -> bool:
        """Whether every input is used and every gate leads to the last line."""
        try:
            read_graph(self.text, self.inputs)
        except Faults:
            return False
        return True

    @property
    def unused(self) -> list[str]:
        """The inputs that no line uses yet."""
        graph = self.graph
        return [name for name in self.inputs if graph is None or not graph.branches_from[name]]

    def add(self, text: str) -> str:
        """Adds the valid lines (separated by `;` or line ends) and returns what is wrong with the others, if any."""
        text = half_width(text)
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

    def confirmed(self, wanted: Graph, names: Iterable[str]) -> str:
        """The comment on lines that were just typed: which of them are gates of the `wanted` circuit."""
        from backprop_tutor.tutor.marking.own_graph import gates_found  # the first prompt shows the draft without marks

        graph = self.graph
        assert graph is not None
        found = gates_found(wanted, graph)
        right = [name for name in names if name in found]
        said = "is right" if len(right) == 1 else "are right"
        return f"{listed(gate_line(name, graph.node(name).written) for name in right)} {said}." if right else "Noted."


def _in_words(text: str, fault: Fault) -> str:
    # A line is shown, not counted: whoever draws at a prompt types one at a time, and may replace it.
    return f"{fault}\n{excerpt(text, fault.span)}"
