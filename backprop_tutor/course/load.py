"""A file in, an Exercise out, or every fault of the file by line and column.

The table of keys checks each value; here stands what takes several of them, such as a hint and its node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from backprop_tutor.course.exercise import KEYS, NEEDS, Exercise, Update
from backprop_tutor.course.neurons import Neurons
from backprop_tutor.course.schema import BROKEN, Reading, read_keys
from backprop_tutor.course.yaml_text import Source, plain, read_file, read_yaml
from backprop_tutor.engine.compile import read_graph, read_lines
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.language import BadName, UnknownOutput, UnusedInput, is_name
from backprop_tutor.errors import Fault, Faults
from backprop_tutor.text import Span, listed, place

_FIELDS: Final = frozenset(field.name for field in fields(Exercise))
_MOST_LACKED: Final = 6
"""How many names a row is told to lack: more are counted."""


def load(path: Path) -> Exercise:
    """The exercise of a file, at no numbers yet. Raises Unreadable, and Faults with every fault of the file."""
    return read_exercise(read_file(path), path.stem, str(path))


def read_exercise(text: str, id_: str, path: str = "") -> Exercise:
    """The exercise of a YAML text. Raises Faults with every fault of the text."""
    return exercise_of(read_yaml(text, path), id_, path)


def exercise_of(source: Source, id_: str, path: str = "") -> Exercise:
    """The exercise of a YAML text that has been read. Raises Faults with every fault of the text."""
    if not isinstance(source.value, dict):
        fault = Fault((0, 1), what="an exercise file is a mapping: title: ..., graph: ..., inputs: ...")
        raise Faults(source.text, [*source.faults, fault], path)
    reading = Reading(source)
    checked = _Checked(reading, read_keys(KEYS, source.value, (), reading))
    graph = checked.graph()
    if reading.faults or graph is None:
        raise Faults(source.text, reading.reported(), path)
    held = {key.field or key.name: checked.values[key.name] for key in KEYS if key.field is not None}
    more = {name: held.pop(name) for name in list(held) if name not in _FIELDS}
    return Exercise(id=id_, graph=graph, path=path, more=more, **held)


class _Checked:
    """The values of one file, of which some may be BROKEN, and what is wrong with them together."""

    def __init__(self, reading: Reading, values: dict[str, Any]) -> None:
        self.reading, self.source, self.values = reading, reading.source, values

    def graph(self) -> Graph | None:
        """The graph, when all that refers to it has been checked; None where it has faults of its own."""
        named = [(self._given("loss", "L"), self.source.place(("loss",)))]
        named += [(name, self.source.keys["inputs", name]) for name in self._given("inputs")]
        self.reading.faults += [BadName(span, name=name) for name, span in named if not is_name(name)]
        graph = self._graph(self.values["graph"], self.values["inputs"])
        if graph is not None:
            self._check_hints(graph)
            self._check_needs()
            self._check_neurons(graph)
            self._check_update(graph)
            self._check_rows(graph)
            self._check_conditions(graph)
            self._check_given(graph)
            self._check_ask(graph)
        return graph

    def _given(self, key: str, otherwise: Any = ()) -> Any:
        value = self.values[key]
        return otherwise if value is BROKEN or value is None else value

    def _graph(self, text: str, inputs: Mapping[str, Any]) -> Graph | None:
        if text is BROKEN:
            return None
        if self.source.folds(("graph",)):
            self._wrong(
                self.source.place(("graph",)), "here YAML joins the lines. Write graph: | and the lines below it."
            )
            return None
        faults: Sequence[Fault]
        try:
            if inputs is not BROKEN:
                return read_graph(text, inputs, self._given("output", None), [self._given("loss", "L")])
            faults = read_lines(text).faults  # every name would be unknown: only what is no arithmetic is reported
        except Faults as error:
            faults = error.faults
        self.reading.faults += [self._placed(fault, text) for fault in faults]
        return None

    def _placed(self, fault: Fault, text: str) -> Fault:
        if "line" in fault.data:  # of the graph's text, until here
            start = sum(len(line) + 1 for line in text.split("\n")[: int(str(fault.line)) - 1])
            fault.data["line"] = place(self.source.text, self.source.offset_in(("graph",), start))[0]
        if isinstance(fault, UnusedInput):
            fault.span = self.source.keys["inputs", str(fault.name)]
        elif isinstance(fault, UnknownOutput):
            fault.span = self.source.place(("output",))
        else:
            fault.span = self.source.span_in(("graph",), fault.span)
        return fault

    def _unknown(self, span: Span, name: str, known: Sequence[str]) -> None:
        suggestion = self.reading.did_you_mean(name, known)
        self._wrong(span, f"{name} is not a node or a branch of this graph.{suggestion}")

    def _wrong(self, span: Span, what: str) -> None:
        self.reading.faults.append(Fault(span, what=what))

    def _check_hints(self, graph: Graph) -> None:
        for target in self._given("hints"):
            if target not in graph.index and target not in graph.branch_named:
                self._unknown(self.source.keys["hints", target], target, [*graph.index, *graph.branch_named])

    def _check_conditions(self, graph: Graph) -> None:
        found = [(number, one) for number, one in enumerate(self._given("where")) if one is not BROKEN]
        for number, condition in found:
            at = self.source.place(("where", number))
            names = [side for side in (condition.left, condition.right) if type(plain(side)) not in (int, float)]
            if not names:
                self._wrong(at, f"{condition} says nothing about this exercise: name a node on one side.")
            for name in names:
                if name not in graph.index:
                    suggestion = self.reading.did_you_mean(name, list(graph.index))
                    self._wrong(at, f"{name} is neither a node of this graph nor a number.{suggestion}")

    def _check_given(self, graph: Graph) -> None:
        for number, name in enumerate(self._given("given")):
            at = self.source.place(("given", number))
            if name in graph.index and name not in graph.input_names:
                self._wrong(at, f"{name} is a gate's output. Only inputs are given.")
            elif name not in graph.index:
                self._unknown(at, name, graph.input_names)

    def _check_ask(self, graph: Graph) -> None:
        for number, name in enumerate(self._given("ask")):
            at, branch = self.source.place(("ask", number)), graph.branch_named.get(name)
            if branch is None and name not in graph.index:
                self._unknown(at, name, [*graph.index, *graph.branch_named])
            elif (branch.source if branch else name) in self._given("given"):
                self._wrong(at, f"{name} is asked here, and given says that it is not. Keep one of them.")

    def _check_neurons(self, graph: Graph) -> None:
        with_errors = any(NEEDS[stage][0] == "neurons" for stage in self._given("stages") if stage in NEEDS)
        named = {y: x for y, x in self._given("neurons", {}).items() if x is not BROKEN}
        known = list(graph.index)
        for y, x in named.items():
            for name, span in ((y, self.source.keys["neurons", y]), (x, self.source.place(("neurons", y)))):
                if name not in graph.index:
                    self._unknown(span, name, known)
        if graph.index.keys() >= {*named, *named.values()}:
            for y, what in Neurons(graph, named).faults(with_errors):
                self._wrong(self.source.keys["neurons", y], what)

    def _check_update(self, graph: Graph) -> None:
        update: Update | None = self._given("update", None)
        seen: set[str] = set()
        for number, name in enumerate(update.nodes if update else ()):
            at = self.source.place(("update", "nodes", number))
            if name not in graph.index:
                self._unknown(at, name, graph.input_names)
            elif name not in graph.input_names:
                self._wrong(at, f"{name} is a gate's output. A step changes inputs: weights and thresholds.")
            elif name in seen:
                self._wrong(at, f"{name} stands twice here. Each input is changed once.")
            seen.add(name)

    def _check_needs(self) -> None:
        for number, stage in enumerate(self._given("stages")):
            key, such = NEEDS.get(stage, ("", ""))
            if key and not self.values[key]:
                at = self.source.place(("stages", number))
                self._wrong(at, f"the stage {stage} needs the key {key}: {key}: {such}.")

    def _check_rows(self, graph: Graph) -> None:
        rows = [(number, row) for number, row in enumerate(self._given("data")) if row is not BROKEN]
        update: Update | None = self._given("update", None)
        trained = update.nodes if update else ()
        named = {name for _, row in rows for name in row}
        wanted = [name for name in graph.input_names if name in named]
        for number, row in rows:
            for name in row:
                at = self.source.keys["data", number, name]
                if name in trained:
                    self._wrong(at, f"{name} is trained, so no row gives it. Its first number stands in inputs.")
                elif name not in wanted:
                    suggestion = self.reading.did_you_mean(name, wanted or graph.input_names)
                    self._wrong(at, f"{name} is not an input of this graph.{suggestion}")
            missing = [name for name in wanted if name not in row]
            if missing or not row:
                lacked = f" no {listed(missing, most=_MOST_LACKED)}: every row names the same inputs."
                self._wrong(self.source.place(("data", number)), f"this row gives{lacked if missing else ' nothing.'}")
        if rows and len(wanted) == len(graph.input_names):
            self._wrong(self.source.place(("data",)), "the rows give every input: none is left to be trained.")
