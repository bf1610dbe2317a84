"""A student's graph while it is being typed: one gate a line, as far as they like at a time."""

from __future__ import annotations

from collections.abc import Sequence

from backprop_tutor.engine.compile import gates_by_line, read_graph
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.language import UnusedInput, read_lines
from backprop_tutor.errors import Faults, described


class Draft:
    """The lines so far, by the name that each assigns; typing a name again replaces its line."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self.inputs = inputs
        self.lines: dict[str, str] = {}
        self._before: list[dict[str, str]] = []

    @property
    def text(self) -> str:
        """The lines so far, in the order in which they were first typed."""
        return "\n".join(self.lines.values())

    @property
    def graph(self) -> Graph | None:
        """What stands so far, as a graph; None before the first line."""
        return read_graph(self.text, self.inputs, whole=False) if self.lines else None

    @property
    def is_complete(self) -> bool:
        """Whether every input is used and all gates lead to the last line."""
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
        """Takes lines (separated by `;` or line ends); returns what is wrong with them, or nothing. A wrong line is
        left out."""
        reading = read_lines(text)
        said = [described(text, fault) for fault in reading.faults]
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
            return "\n".join(described(error.text, fault) for fault in found)
        lines = read_lines(text).lines
        kinds = next(gates for line, gates in zip(lines, gates_by_line(graph, lines), strict=True) if line.name == name)
        if len(kinds) > 1:
            return f"{name} = ... holds {len(kinds)} gates, {', '.join(kinds)}. Give each gate a line of its own."
        return ""

    def undo(self) -> None:
        """Takes back the line that was typed last; where it replaced another, that one is there again."""
        if self._before:
            self.lines = self._before.pop()
