"""A file in, an Exercise out, or every fault of the file by line and column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backprop_tutor.course.exercise import Choice, Exercise, Update
from backprop_tutor.course.faults import (
    BadNeuron,
    BadRange,
    BadUpdate,
    NoMapping,
    StageTwice,
    StageWithout,
    UnknownTarget,
)
from backprop_tutor.course.network import Network, graph_text, neurons
from backprop_tutor.course.training_keys import input_faults, network_in, row_faults, until_of
from backprop_tutor.course.variants import options
from backprop_tutor.course.yaml_text import Source, read_file, read_yaml
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.graph import Graph
from backprop_tutor.engine.language import BadName, UnknownOutput, UnusedInput, is_name, read_lines
from backprop_tutor.errors import Fault, Faults, nearest, place


def load(path: Path, trusted: bool = False) -> Exercise:
    """The exercise of a file, at no numbers yet. A trusted one (the tests have checked it) skips the model.

    Raises Unreadable, and Faults with every fault of the file.
    """
    return read_exercise(read_file(path), path.stem, str(path), trusted)


def read_exercise(text: str, id_: str, path: str = "", trusted: bool = False) -> Exercise:
    """The exercise of a YAML text. Raises Faults with every fault of the text."""
    return exercise_of(read_yaml(text, path), id_, path, trusted)


def exercise_of(source: Source, id_: str, path: str = "", trusted: bool = False) -> Exercise:
    """The exercise of a YAML text that has been read. Raises Faults with every fault of the text."""
    if not isinstance(source.value, dict):
        raise Faults(source.text, [*source.faults, NoMapping((0, 1))], path)
    reading = _Reading(source, trusted)
    exercise = reading.exercise(id_, path)
    if exercise is None:
        raise Faults(source.text, reading.faults, path)
    return exercise


class _Reading:
    """The parts of one file that fit the model, read on in spite of those that do not, so that every fault is found at
    once."""

    def __init__(self, source: Source, trusted: bool) -> None:
        self.source = source
        self.faults = list(source.faults)
        self.data: Mapping[str, Any] = source.value
        self.broken: set[tuple[str | int, ...]] = set()
        if not trusted:
            from backprop_tutor.course.model_faults import WrongKey, model_faults

            found = model_faults(source)
            self.faults += found
            # A key too many in a network says nothing against the others.
            broken = [
                fault.path
                for fault in found
                if not (isinstance(fault, WrongKey) and len(fault.path) > 1 and fault.path[0] == "network")
            ]
            self.broken = {path[:2] if path[0] == "inputs" else path[:1] for path in broken}
            self.data = {key: value for key, value in source.value.items() if (key,) not in self.broken}

    def exercise(self, id_: str, path: str) -> Exercise | None:
        """The exercise; None where there is a fault."""
        data = self.data
        choices = {name: self._choice(name, given) for name, given in data.get("inputs", {}).items()}
        network = self._network(choices)
        text = graph_text(network) if network else self.data.get("graph")
        graph = self._graph(choices, text)
        named: Mapping[str, str] = data.get("neurons") or (neurons(network) if network else {})
        rows = self._rows(graph, network)
        stages = tuple(data.get("stages", ("backward",)))
        self._check_words()
        if graph is not None:
            self._check_hints(graph)
            self._check_neurons(graph, named)
            self._check_update(graph)
        if self.faults or graph is None or text is None:
            return None
        return Exercise(
            id=id_, title=data["title"], graph_text=text, graph=graph, choices=choices,
            upstream=float(data.get("upstream", 1.0)), loss=data.get("loss", "L"), stages=stages,
            statement=data.get("statement", ""), source=data.get("source", ""), level=data.get("level"),
            tags=tuple(data.get("tags", ())), hints=data.get("hints", {}),
            tolerance=(data.get("tolerance") or {}).get("relative", 0.02), path=path,
            neurons=named, update=self._update(), network=network, data=rows, until=until_of(data.get("until")),
        )  # fmt: skip

    def _network(self, inputs: Mapping[str, Choice]) -> Network | None:
        """The network that stands for the graph; None without one, or with a fault."""
        if "network" not in self.data:
            return None
        network, faults = network_in(self.source, self.data["network"])
        if network is not None and "inputs" in self.data:
            faults += input_faults(self.source, network, inputs)
        self.faults += faults
        return None if faults else network

    def _rows(self, graph: Graph | None, network: Network | None) -> tuple[Mapping[str, float], ...]:
        rows = [{name: float(value) for name, value in row.items()} for row in self.data.get("data", ())]
        if graph is not None:
            updated = (self.data.get("update") or {}).get("nodes", ())
            self.faults += row_faults(self.source, rows, graph, network, updated)
        return tuple(rows)

    def _graph(self, inputs: Mapping[str, Choice], text: str | None) -> Graph | None:
        if text is None:
            return None
        if "inputs" not in self.data:  # without them every name would be unknown: only what is no arithmetic is told
            self.faults += [self._placed(fault) for fault in read_lines(text).faults]
            return None
        try:
            return read_graph(text, inputs, self.data.get("output"), [self.data.get("loss", "L")])
        except Faults as error:
            self.faults += [self._placed(fault) for fault in error.faults]
            return None

    def _placed(self, fault: Fault) -> Fault:
        """A fault of the graph text at its place in the file."""
        if isinstance(fault, UnusedInput):
            fault.span = self.source.keys["inputs", str(fault.name)]
        elif isinstance(fault, UnknownOutput):
            fault.span = self.source.place(("output",))
        else:
            fault.span = in_graph(self.source, fault.span)
        if "line" in fault.data:  # of the graph's text, until here
            lines = self.data["graph"].split("\n")
            start = sum(len(line) + 1 for line in lines[: int(str(fault.line)) - 1])
            fault.data["line"] = place(self.source.text, self.source.offset_in(("graph",))(start))[0]
        return fault

    def _check_words(self) -> None:
        loss = self.data.get("loss", "L")
        if not is_name(loss):
            self.faults.append(BadName(self.source.place(("loss",)), name=loss))
        stages = [self.source.written[path] for path in self.source.written if path[0] == "stages" and len(path) == 2]
        for number, stage in enumerate(stages):
            if stage in stages[:number]:
                self.faults.append(StageTwice(self.source.place(("stages", number)), stage=stage))

    def _check_hints(self, graph: Graph) -> None:
        for target in self.data.get("hints", {}):
            if target not in graph.index and target not in graph.branch_named:
                suggestion = nearest(target, [*graph.index, *graph.branch_named])
                self.faults.append(UnknownTarget(self.source.keys["hints", target], name=target, suggestion=suggestion))

    def _update(self) -> Update | None:
        given = self.data.get("update")
        return Update(float(given["rate"]), tuple(given["nodes"])) if given else None

    def _check_neurons(self, graph: Graph, known: Mapping[str, str]) -> None:
        named: Mapping[str, str] = self.data.get("neurons", {})
        stages = self.data.get("stages", ())
        if "delta" in stages and not known and ("neurons",) not in self.broken:
            self._without("delta", "neurons", "neurons: {y5: X5}")
        unknown = False
        for y, x in named.items():
            for name, span in ((y, self.source.keys["neurons", y]), (x, self.source.place(("neurons", y)))):
                if name not in graph.index:
                    unknown = True
                    self.faults.append(UnknownTarget(span, name=name, suggestion=nearest(name, graph.index)))
        if named and not unknown:
            from backprop_tutor.course.neurons import Neurons

            for y, what in Neurons(graph, named).faults("delta" in stages):
                self.faults.append(BadNeuron(self.source.keys["neurons", y], what=what))

    def _check_update(self, graph: Graph) -> None:
        given = self.data.get("update")
        if "update" in self.data.get("stages", ()) and not given and ("update",) not in self.broken:
            self._without("update", "update", "update: {rate: 0.1, nodes: [w35]}")
        nodes: list[str] = given["nodes"] if given else []
        for number, name in enumerate(nodes):
            at = self.source.place(("update", "nodes", number))
            if name not in graph.index:
                self.faults.append(UnknownTarget(at, name=name, suggestion=nearest(name, graph.input_names)))
            elif name not in graph.input_names:
                self.faults.append(
                    BadUpdate(at, what=f"{name} is a gate's output. A step changes inputs: weights and thresholds.")
                )
            elif name in nodes[:number]:
                self.faults.append(BadUpdate(at, what=f"{name} stands twice here. Each input is changed once."))

    def _without(self, stage: str, key: str, such: str) -> None:
        at = next((p for p, text in self.source.written.items() if p[0] == "stages" and text == stage), ("stages",))
        self.faults.append(StageWithout(self.source.place(at), stage=stage, key=key, such=such))

    def _choice(self, name: str, given: Any) -> Choice:
        path = ("inputs", name)
        if not is_name(name):
            self.faults.append(BadName(self.source.keys[path], name=name))
        if path in self.broken:
            return Choice(None)
        if not isinstance(given, dict):
            return Choice(float(given))
        value = float(given["value"]) if given.get("value") is not None else None
        if "choose" in given:
            return Choice(value, tuple(float(option) for option in given["choose"]))
        try:
            return Choice(
                value, options(*(self.source.written.get((*path, key), "1") for key in ("from", "to", "step")))
            )
        except ValueError as error:
            self.faults.append(BadRange(self.source.place((*path, "to")), name=name, what=f"{error}."))
            return Choice(value)


def in_graph(source: Source, span: tuple[int, int]) -> tuple[int, int]:
    """A span of the graph text as a span of the file."""
    in_file = source.offset_in(("graph",))
    start = in_file(span[0])
    return start, max(start + 1, in_file(span[1] - 1) + 1)
