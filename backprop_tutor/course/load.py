"""A file in, an Exercise out, or every fault of the file by line and column.

The table of keys checks each value; this file checks what involves several of them, such as a hint and its node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from backprop_tutor.course.exercise import Exercise, Neurons
from backprop_tutor.course.keys import KEYS
from backprop_tutor.course.schema import BROKEN, Reading, read_keys
from backprop_tutor.course.values import STAGE_WORDS, STAGES, ArrayInput, Choice, StageWord, Update
from backprop_tutor.course.yaml_text import Source, plain, read_yaml
from backprop_tutor.engine.compile import read_graph, read_lines
from backprop_tutor.engine.graph import Graph, Shape
from backprop_tutor.engine.language import BadName, UnknownOutput, UnusedInput, is_name
from backprop_tutor.errors import Fault, Faults
from backprop_tutor.files import read_file
from backprop_tutor.text import Span, listed, place

_FIELDS: Final = frozenset(Exercise._fields)
_MOST_LACKED: Final = 6
"""How many missing names of a row are listed."""


def load(path: Path) -> Exercise:
    """The exercise in a file, without numbers yet. Raises Unreadable, and Faults with every fault of the file."""
    return read_exercise(read_file(path), path.stem, str(path))


def read_exercise(text: str, id_: str, path: str = "") -> Exercise:
    """The exercise of a YAML text. Raises Faults with every fault of the text."""
    return exercise_of(read_yaml(text, path), id_, path)


def exercise_of(source: Source, id_: str, path: str = "") -> Exercise:
    """The exercise of a YAML text that has been read. Raises Faults with every fault of the text."""
    if not isinstance(source.value, dict):
        such = "an exercise file has the keys title, graph and inputs"
        what = f"the file is empty, but {such}." if source.value is None else f"{such}, each followed by a colon."
        fault = Fault((0, 1), what=what)
        raise Faults(source.text, [*source.faults, fault], path)
    reading = Reading(source)
    checked = _Checked(reading, read_keys(KEYS, source.value, (), reading))
    graph = checked.graph()
    if reading.faults or graph is None:
        raise Faults(source.text, reading.reported(), path)
    held = {key.field or key.name: checked.values[key.name] for key in KEYS if key.field is not None}
    more = {name: held.pop(name) for name in list(held) if name not in _FIELDS}
    if graph.shapes:
        held["choices"] = checked.entry_choices()
        if isinstance(held["upstream"], list):
            held["upstream_array"], held["upstream"] = held["upstream"], Exercise.upstream
    return Exercise(id=id_, graph=graph, path=path, more=more, **held)


def _is_of_array(written: object) -> bool:
    """Whether an input that cannot be read was meant to be an array: then its circuit is one of arrays too."""
    return isinstance(written, list) or (isinstance(written, dict) and "shape" in written)


def _letters(shapes: Mapping[str, Shape] | None) -> list[str]:
    return list(dict.fromkeys(size for shape in (shapes or {}).values() for size in shape if isinstance(size, str)))


def _written(shape: Shape) -> str:
    return f"{shape[0]}x{shape[1]}"


class _Checked:
    """The values of one file, some of which may be BROKEN, and the faults in how they fit together."""

    def __init__(self, reading: Reading, values: dict[str, Any]) -> None:
        self.reading, self.source, self.values = reading, reading.source, values

    def graph(self) -> Graph | None:
        """The graph, after checking everything that refers to it; None if it has faults of its own."""
        self._check_entries()
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
            self._check_arrays(graph)
            self._check_given(graph)
            self._check_ask(graph)
            self._check_points(graph)
        return graph

    def _given(self, key: str, otherwise: Any = ()) -> Any:
        value = self.values[key]
        return otherwise if value is BROKEN or value is None else value

    def _stages(self) -> list[tuple[int, StageWord]]:
        """The stages that are known, each with its number in the list."""
        return [(number, STAGE_WORDS[name]) for number, name in enumerate(self._given("stages")) if name is not BROKEN]

    def _graph(self, text: str, inputs: Mapping[str, Any]) -> Graph | None:
        if text is BROKEN:
            return None
        if self.source.folds(("graph",)):
            self._wrong(
                self.source.place(("graph",)), "YAML joins these lines into one. Write graph: | and the lines below it."
            )
            return None
        faults: Sequence[Fault]
        try:
            if inputs is not BROKEN and not (self._is_array and BROKEN in inputs.values()):
                shapes = self._shapes(inputs)
                return read_graph(
                    text,
                    inputs,
                    self._given("output", None),
                    [self._given("loss", "L"), *_letters(shapes)],
                    shapes=shapes,
                )
            # Every name would be unknown or without a shape, so only broken arithmetic is reported.
            faults = read_lines(text, self._is_array).faults
        except Faults as error:
            faults = error.faults
        self.reading.faults += [self._placed(fault, text) for fault in faults]
        return None

    def _check_entries(self) -> None:
        """Checks that the rows of every array have the same length, and that they fit its shape."""
        inputs = self._given("inputs", {})
        written = self.source.value.get("inputs")
        self._is_array = any(
            isinstance(one, ArrayInput) or (one is BROKEN and _is_of_array(written[name]))
            for name, one in inputs.items()
        )
        for name, one in inputs.items():
            if isinstance(one, ArrayInput):
                try:
                    inputs[name] = one.checked()
                except ValueError as error:
                    self._wrong(self.source.place(("inputs", name)), f"{name}: {str(error).removesuffix('.')}.")
                    inputs[name] = BROKEN
        upstream = self.values["upstream"]
        if isinstance(upstream, list):
            try:
                self.values["upstream"] = ArrayInput(None, upstream).checked().rows
            except ValueError as error:
                self._wrong(self.source.place(("upstream",)), f"upstream: {error}")
                self.values["upstream"] = BROKEN

    def _shapes(self, inputs: Mapping[str, Any]) -> dict[str, Shape] | None:
        """The shape of each input of an exercise of arrays; None for an exercise of numbers."""
        if not self._is_array:
            return None
        return {name: one.shape if isinstance(one, ArrayInput) else (1, 1) for name, one in inputs.items()}

    def entry_choices(self) -> dict[str, Choice]:
        """The possible values of the entries of all arrays, by name."""
        found: dict[str, Choice] = {}
        for name, one in self.values["inputs"].items():
            found |= one.choices(name) if isinstance(one, ArrayInput) else {name: one}
        return found

    def _check_arrays(self, graph: Graph) -> None:
        """Checks what an exercise of arrays cannot contain, and what only it can."""
        for number, stage in self._stages():
            if not (stage.of_arrays if graph.shapes else stage.of_numbers):
                of = "numbers" if graph.shapes else "arrays"
                self._wrong(
                    self.source.place(("stages", number)), f"the stage {stage.name} is only for circuits of {of}."
                )
        upstream = self.values["upstream"]
        if not graph.shapes:
            if isinstance(upstream, list):
                self._wrong(self.source.place(("upstream",)), "upstream must be a number, because the output is one.")
            return
        shape = graph.shapes[graph.output]
        if isinstance(upstream, list) and (len(upstream), len(upstream[0])) != shape:
            given = f"{len(upstream)}x{len(upstream[0])}"
            self._wrong(self.source.place(("upstream",)), f"upstream is {given}, but the output is {_written(shape)}.")
        for key in ("neurons", "data", "where"):
            if self.values.get(key):
                self._wrong(self.source.place((key,)), f"{key} is for exercises of numbers.")
        self._check_letters(graph)

    def _check_letters(self, graph: Graph) -> None:
        inputs: Mapping[str, Any] = self.values["inputs"]
        without = [name for name, one in inputs.items() if isinstance(one, ArrayInput) and not one.choices(name)]
        for name in inputs if without else ():
            if name not in without:
                at, such = self.source.place(("inputs", name)), f"{without[0]} has none"
                self._wrong(at, f"{name} has numbers, but {such}. Give all of them numbers, or only shapes.")
        for letter in _letters(dict(zip(graph.names, graph.shapes, strict=True))):
            if letter in graph.index:
                at = self.source.place(("inputs", letter) if letter in inputs else ("graph",))
                self._wrong(at, f"{letter} is a node, so it cannot also be a size. Use another letter.")
        if without and not all(stage.in_letters for _, stage in self._stages()):
            possible = listed(name for name, stage in STAGE_WORDS.items() if stage.in_letters)
            at = self.source.place(("stages",))
            self._wrong(at, f"without numbers, only the stages {possible} can be asked.")

    def _placed(self, fault: Fault, text: str) -> Fault:
        if "line" in fault.data:  # of the graph's text, up to here
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
                self._wrong(at, f"{condition} says nothing about this exercise. Name a node on one side.")
            for name in names:
                if name not in graph.index:
                    suggestion = self.reading.did_you_mean(name, list(graph.index))
                    self._wrong(at, f"{name} is neither a node of this graph nor a number.{suggestion}")

    def _check_given(self, graph: Graph) -> None:
        for number, name in enumerate(self._given("given")):
            at = self.source.place(("given", number))
            if name in graph.index and name not in graph.input_names:
                self._wrong(at, f"{name} is a gate's output, but only inputs can be given.")
            elif name not in graph.index:
                self._unknown(at, name, graph.input_names)

    def _check_ask(self, graph: Graph) -> None:
        for number, name in enumerate(self._given("ask")):
            at, branch = self.source.place(("ask", number)), graph.branch_named.get(name)
            if branch is None and name not in graph.index:
                self._unknown(at, name, [*graph.index, *graph.branch_named])
            elif (branch.source if branch else name) in self._given("given"):
                self._wrong(at, f"{name} is asked for here, but given says that it is not. Keep one of the two.")

    def _check_points(self, graph: Graph) -> None:
        stages = [stage.name for _, stage in self._stages()]
        parts = [part for stage in STAGE_WORDS.values() for part in stage.parts]
        named = {f"{y}.{part}" for y in self._given("neurons", {}) for part in parts}
        known = [*graph.index, *graph.branch_named, *named, *stages]
        for name in self._given("points"):
            at = self.source.keys["points", name]
            if name in STAGES and name not in stages and name not in graph.index:
                self._wrong(at, f"the stage {name} is not asked for. List it in stages too.")
            elif name not in known:
                suggestion = self.reading.did_you_mean(name, known)
                self._wrong(at, f"{name} is neither a stage nor a question of this exercise.{suggestion}")

    def _check_neurons(self, graph: Graph) -> None:
        with_errors = any(stage.needs[0] == "neurons" for _, stage in self._stages())
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
                self._wrong(at, f"{name} is a gate's output, but a step changes inputs: weights and thresholds.")
            elif name in seen:
                self._wrong(at, f"{name} is listed twice. Name it once.")
            seen.add(name)

    def _check_needs(self) -> None:
        for number, stage in self._stages():
            key, such = stage.needs
            if key and not self.values[key]:
                at = self.source.place(("stages", number))
                self._wrong(at, f"the stage {stage.name} needs the key {key}: {key}: {such}.")

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
                    self._wrong(at, f"{name} is trained, so rows cannot give it. Put its first number in inputs.")
                elif name not in wanted:
                    suggestion = self.reading.did_you_mean(name, wanted or graph.input_names)
                    self._wrong(at, f"{name} is not an input of this graph.{suggestion}")
            missing = [name for name in wanted if name not in row]
            if missing or not row:
                lacked = f" no {listed(missing, most=_MOST_LACKED)}: every row must name the same inputs."
                self._wrong(self.source.place(("data", number)), f"this row gives{lacked if missing else ' nothing.'}")
        if rows and len(wanted) == len(graph.input_names):
            self._wrong(self.source.place(("data",)), "the rows give every input, so none is left to train.")
