"""Compiles a text of the graph language to a Graph, reporting every fault at once; writes it back; splits formulas into
lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, count
from typing import Final
from unicodedata import normalize

from backprop_tutor.engine import language
from backprop_tutor.engine.evaluate import Operand, apply, folded, function_of, made, unknown_name
from backprop_tutor.engine.gate import CONSTANTS
from backprop_tutor.engine.gates import GATES, gate_called
from backprop_tutor.engine.graph import Graph, GraphBuilder, Shape
from backprop_tutor.engine.language import MOST_BYTES, MOST_FAULTS, Step, cut, is_name, parse, tokens
from backprop_tutor.errors import Fault, Faults
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import Span, nearest, place

MOST_GATES: Final = 10_000
"""The most gates a text may have (a graph built in code has no such limit)."""
_LOSS: Final = "L"
_LETTERS: Final = "qrstuvhkmnp"
_OUTPUTS: Final = ("f", "y", "out")
# Patterns are compiled when a text is first read: the exercises of the index are not.
_PIECE: Final = r"(?:[^\n;#]++|#[^\n]*+)++"
_COMMENT: Final = r"#[^\n]*"
_ASSIGNS: Final = r"[^\s=]+[ \t]*="
_OF_ARRAYS: Final = r"@|\.T\b"
_CALL: Final = r"\b(\w+)\("
_BLANKS: Final = " \t\r"
_GOES_ON: Final = frozenset("+-*/^),@\u2212\u00d7\u00b7\u00f7")
_AXIS: Final = r"\b(?:axis|dim)[ \t]*="


class Line(NamedTuple):
    """One line `name = expression`: its name, the name's place, and the expression's postfix steps."""

    name: str
    at: Span
    steps: list[Step]
    span: Span


class Reading:
    """The result of reading a text: its lines and its faults."""

    def __init__(self, text: str, *faults: Fault) -> None:
        self.text = text
        self.lines: list[Line] = []
        self.faults = [*faults]
        self.unread: set[str] = set()  # the names of lines that cannot be read: later lines may use them

    def note(self, fault: Fault) -> None:
        """Records a fault. At the last one that is reported it also records, and raises, MoreFaults."""
        self.faults.append(fault)
        if len(self.faults) == MOST_FAULTS:
            more = language.MoreFaults(fault.span)
            self.faults.append(more)
            raise more


def read_lines(text: str, of_arrays: bool = False) -> Reading:
    """The lines of a text, parsed in the language of numbers or of arrays; every line that cannot be parsed is a
    fault."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        limit = f"{MOST_BYTES:,} bytes"
        return Reading(text, language.TooLong((0, 1), size=f"{size:,} bytes", limit=limit, advice=""))
    reading = Reading(text)
    with suppress(language.MoreFaults):
        for start, end in _line_spans(text):
            try:
                reading.lines.append(_line(text, start, end, of_arrays))
            except Fault as fault:
                reading.unread.add(normalize("NFC", text[start:end].partition("=")[0].strip()))
                reading.note(fault)
    return reading


def _line_spans(text: str) -> list[Span]:
    """The places of lines: a line continues while a parenthesis is open, and if the next one begins with an
    operator."""
    found: list[Span] = []
    is_open = 0
    for match in re.finditer(_PIECE, text):
        code = match[0].partition("#")[0].strip(_BLANKS)
        if not code:
            continue
        if found and (is_open > 0 or code[0] in _GOES_ON) and not re.match(_ASSIGNS, code):
            found[-1] = (found[-1][0], match.end())
        else:
            found.append(match.span())
            is_open = 0
        is_open += code.count("(") - code.count(")")
    return found


def _line(text: str, start: int, end: int, of_arrays: bool) -> Line:
    code = re.sub(_COMMENT, lambda comment: " " * len(comment[0]), text[start:end])
    at = code.find("=")
    first, last = start + len(code) - len(code.lstrip(_BLANKS)), start + len(code.rstrip(_BLANKS))
    if at < 0:
        raise language.NotALine((first, last), advice=" Nothing is assigned here.")
    equals = start + at
    if first == equals:
        raise language.NotALine((equals, equals + 1), advice=" The name is missing.")
    name = code[:at].strip(_BLANKS)
    span = (first, first + len(name))
    if not is_name(name):
        raise language.BadName(span, name=cut(name))
    second = code.find("=", at + 1)
    if of_arrays and second >= 0:
        second = re.sub(_AXIS, lambda axis: " " * len(axis[0]), code).find("=", at + 1)
    if second >= 0:
        raise language.NotALine((start + second, start + second + 1), advice=" One = is enough.")
    steps = _expression(text, equals + 1, end, (equals, equals + 1), of_arrays)
    rest = code[at + 1 :].strip(_BLANKS + "\n")
    begins = equals + 1 + code[at + 1 :].find(rest)
    return Line(normalize("NFC", name), span, steps, (begins, begins + len(rest)) if rest else (equals, equals + 1))


def _expression(text: str, start: int, end: int, whole: Span, of_arrays: bool = False) -> list[Step]:
    """The steps of an expression. Raises a Fault; for an expression that people would understand, it says what to write
    instead."""
    try:
        steps = parse(tokens(text, start, end, of_arrays), whole)
        if any(step.text == "pow" and step.kind == "call" for step in steps):
            function_of(next(step for step in steps if step.text == "pow"))
        return steps
    except Fault as fault:
        if of_arrays:
            raise
        # Imported only for a fault: the graphs of the course have none, and the first prompt would wait for it.
        from backprop_tutor.engine.formulas import mended

        raise mended(text, start, end, fault) from None


def read_graph(
    text: str,
    inputs: Iterable[str],
    output: str | None = None,
    reserved: Collection[str] = (),
    whole: bool = True,
    shapes: Mapping[str, Shape] | None = None,
) -> Graph:
    """The graph of a text over these inputs; its last line is the output unless another is named. `reserved` are
    further names that no unnamed gate may get. A graph that is not `whole`, because it is still being written, may
    leave inputs and gates unused. With the `shapes` of the inputs it is a graph of arrays. Raises Faults, with every
    fault of the text."""
    reading = read_lines(text, of_arrays=shapes is not None)
    graph = None
    if reading.lines:
        with suppress(language.MoreFaults):
            graph = _Maker(reading, list(inputs), reserved, shapes).make(output, whole)
    elif not reading.faults:
        reading.faults.append(language.EmptyGraph((0, len(text))))
    if reading.faults or graph is None:
        raise Faults(text, reading.faults, "graph")
    return graph


def written(graph: Graph) -> str:
    """The graph as text, one gate per line; `read_graph` reads it back."""
    return "\n".join(f"{node.name} = {node.written}" for node in graph.nodes if node.gate is not None)


def gates_by_line(graph: Graph, lines: Sequence[Line]) -> list[list[str]]:
    """The kinds of the gates that each line of the graph's own text makes, in evaluation order."""
    found: list[list[str]] = [[] for _ in lines]
    starts = [line.span[0] for line in lines]
    for gate, span in zip(graph.gates, graph.spans, strict=True):
        if gate is not None and span is not None:
            found[bisect_right(starts, span[0]) - 1].append(gate.name)
    return found


def speaks_of_arrays(text: str) -> bool:
    """Whether a text has an operator or a function that only arrays have."""
    if re.search(_OF_ARRAYS, text):
        return True
    calls = [name for name in re.findall(_CALL, text) if gate_called(name) is None]
    if not calls:
        return False
    from backprop_tutor.engine.array_gates import ARRAY_GATES  # loaded for what no gate of one number is called

    return any(name in ARRAY_GATES for name in calls)


def is_formula(text: str) -> bool:
    """Whether a text is a single expression, not lines `name = expression`."""
    return bool(text.strip()) and not any(mark in text.strip() for mark in "=;\n")


def inputs_of(text: str) -> list[str]:
    """The names in a graph or a formula that are not assigned by one of its lines: its inputs, in the order in which
    they are read. Raises Faults for anything that is not arithmetic."""
    of_arrays = speaks_of_arrays(text)
    if is_formula(text):
        try:
            steps, assigned = _expression(text, 0, len(text), (0, len(text)), of_arrays), set()
        except Fault as fault:
            raise Faults(text, [fault], "graph") from None
    else:
        reading = read_lines(text, of_arrays)
        if reading.faults:
            raise Faults(text, reading.faults, "graph")
        if not reading.lines:
            read_graph(text, ())  # says that the text is empty
        steps = [step for line in reading.lines for step in line.steps]
        assigned = {line.name for line in reading.lines}
    names = sorted((step for step in steps if step.kind == "name"), key=lambda step: step.span)
    return list(dict.fromkeys(step.text for step in names if step.text not in assigned and step.text not in CONSTANTS))


def as_lines(text: str) -> str:
    """The lines of a text; a formula becomes lines of one gate each, every gate with a name of its own. Raises Faults.
    The output is then f, if that name is free, and the steps before it are q, r, s, and so on."""
    if not is_formula(text):
        return text
    inputs, line = inputs_of(text), on_one_line(text)
    try:
        graph = read_graph(line, inputs, reserved=[_LOSS])
    except Faults as error:
        for fault in error.faults:  # of the line, up to here
            start, end = (at - len(line) + len(text) for at in fault.span)
            fault.span = (max(0, start), max(1, end))
        raise Faults(text, error.faults, "graph") from None
    free = _but(inputs, (f"{letter}{number or ''}" for number in count() for letter in _LETTERS), graph.output_name)
    pairs = zip(graph.labels, graph.gates, strict=True)
    labels = [label or (None if gate is None else next(free)) for label, gate in pairs]
    return written(Graph(graph.rows, labels, graph.output))


def on_one_line(formula: str) -> str:
    """A formula as one line, its output named."""
    return f"{output_name(inputs_of(formula))} = {formula}"


def output_name(taken: Iterable[str], *wished: str) -> str:
    """A name for an output that is not taken: the first free one of those wished for, else f."""
    return next(_but(taken, chain(wished, _OUTPUTS, map("f{}".format, count(1)))))


def _but(inputs: Iterable[str], names: Iterable[str], output: str = "") -> Iterator[str]:
    taken = {*inputs, *CONSTANTS, *GATES, _LOSS, output}
    return (name for name in names if name not in taken)


class _Maker:
    """Turns parsed lines into a graph, one gate per operation, recording faults and continuing after each."""

    def __init__(
        self, reading: Reading, inputs: list[str], reserved: Collection[str], shapes: Mapping[str, Shape] | None
    ) -> None:
        self.reading = reading
        self.builder = GraphBuilder()
        self.array_gate: Callable[[Step, Sequence[Operand], Span], int | None] | None = None
        if shapes is not None:
            # The one place where a graph of arrays begins: exercises of numbers load no code for it.
            from backprop_tutor.engine.array_passes import ArrayBuilder

            self.builder = builder = ArrayBuilder(shapes)
            self.array_gate = builder.array_gate
        self.nodes: dict[str, int | None] = dict.fromkeys(reading.unread)
        self.nodes |= {name: self.builder.input(name) for name in inputs}
        self.inputs = inputs
        self.assigned: dict[str, Line] = {}
        for line in reading.lines:
            self.assigned.setdefault(line.name, line)
        mentioned = {step.text for line in reading.lines for step in line.steps if step.kind == "name"}
        self.reserved = {*mentioned, *self.assigned, *inputs, *reserved}

    def make(self, output: str | None, whole: bool) -> Graph | None:
        last = self.reading.lines[-1]
        for line in self.reading.lines:
            self._assign(line)
            if len(self.builder.labels) - len(self.inputs) > MOST_GATES:
                limit, advice = f"{MOST_GATES:,} gates", " Build it in code instead."
                self.reading.note(language.TooLong(line.at, size=f"more than {limit}", limit=limit, advice=advice))
                return None
        if output is not None and output not in self.assigned and output not in self.nodes:
            self.reading.note(language.UnknownOutput(last.at, name=output, suggestion=nearest(output, self.assigned)))
        if self.reading.faults:
            return None
        graph = self.builder.build(self.nodes[output or last.name], self.reserved)
        if whole:
            self._check_reach(graph)
        return graph

    def _assign(self, line: Line) -> None:
        earlier = self.assigned[line.name]
        if line.name in self.inputs:
            self.reading.note(language.AssignedInput(line.at, name=line.name))
            return
        if earlier is not line:
            number, _ = place(self.reading.text, earlier.at[0])
            self.reading.note(language.AssignedTwice(line.at, name=line.name, line=number))
            return
        result = self._compute(line)
        self.nodes[line.name] = None
        if isinstance(result, float):
            self.reading.note(language.ConstantLine(line.span, name=line.name))
        elif result is not None and self.builder.labels[result]:
            self.reading.note(language.Alias(line.span, name=line.name, source=line.steps[0].text))
        elif result is not None:
            self.builder.labels[result] = line.name
            self.nodes[line.name] = result

    def _compute(self, line: Line) -> Operand | None:
        def result(step: Step, taken: list[tuple[Operand | None, Span]]) -> tuple[Operand | None, Span]:
            spans = [step.span, *(span for _, span in taken)]
            whole = (min(start for start, _ in spans), max(end for _, end in spans))
            try:
                return self._step(step, [operand for operand, _ in taken], whole, line), whole
            except Fault as fault:
                self.reading.note(fault)
                return None, whole

        return folded(line.steps, result)[0]

    def _step(self, step: Step, operands: list[Operand | None], whole: Span, line: Line) -> Operand | None:
        if step.kind == "number":
            return apply(step, [])
        if step.kind == "name":
            return self._named(step, line)
        known = [operand for operand in operands if operand is not None]
        if self.array_gate is not None:
            if len(known) < len(operands):
                return None  # what follows from a fault is not another fault
            node = self.array_gate(step, known, whole)
            if node is not None:
                return node
        if step.kind == "call":
            step = step._replace(text=function_of(step).name)  # raises what is wrong with the call
        return made(self.builder, step, known, whole) if len(known) == len(operands) else None

    def _named(self, step: Step, line: Line) -> Operand | None:
        name = step.text
        if name in self.nodes:
            return self.nodes[name]
        if name in self.assigned:
            path = self._cycle(name, line.name)
            if path:
                shown = path if len(path) <= 8 else [*path[:4], "...", *path[-3:]]  # both ends of a long path
                raise language.Cycle(step.span, name=line.name, path=" needs ".join(shown))
            number, _ = place(self.reading.text, self.assigned[name].at[0])
            raise language.UseBeforeAssignment(step.span, name=name, line=number)
        if name in CONSTANTS:
            return CONSTANTS[name]
        raise unknown_name(step, "not an input and not an earlier line", [*self.inputs, *self.assigned])

    def _cycle(self, name: str, target: str) -> list[str]:
        """The path from `target` through `name` and the names of the lines back to `target`; empty if there is none."""
        came_from: dict[str, str] = {name: target}
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current == target:
                path = [target]
                while current != name:
                    current = came_from[current]
                    path.append(current)
                return [target, *reversed(path)]
            for step in self.assigned[current].steps:
                if step.kind == "name" and step.text in self.assigned and step.text not in came_from:
                    came_from[step.text] = current
                    waiting.append(step.text)
        return []

    def _check_reach(self, graph: Graph) -> None:
        reached = {graph.output}
        for node in range(graph.output, -1, -1):
            if node in reached:
                reached.update(graph.inputs[node])
        end = (len(self.reading.text), len(self.reading.text))
        for node in sorted({*range(len(graph))} - reached):
            name = graph.names[node]
            if graph.gates[node] is None:
                self.reading.note(language.UnusedInput(end, name=name, suggestion=""))
            else:
                self.reading.note(language.DeadGate(graph.spans[node] or end, name=name, output=graph.output_name))
