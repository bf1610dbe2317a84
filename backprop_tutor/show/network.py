"""A network's training step: errors, deltas, new weights and the convention in a lesson; two tables in practice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import zip_longest
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.text import Text

from backprop_tutor.course.exercise import Exercise, Pull
from backprop_tutor.course.values import Update
from backprop_tutor.drawing.network import Circle, Wire, network_drawing
from backprop_tutor.drawing.picture import ASKED, UNKNOWN
from backprop_tutor.engine.formatting import fine
from backprop_tutor.show.pictures import as_text
from backprop_tutor.show.words import Indented, Look, text_in_ascii
from backprop_tutor.text import ascii_text, visible
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.network import Formula, NetworkWords, descent, symbol_of
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages.delta import DELTA, ERROR
from backprop_tutor.tutor.stages.stage import Stage
from backprop_tutor.tutor.stages.update import UPDATE

_STYLES: Final[dict[Stage, str]] = {DELTA: "gradient", UPDATE: "value"}
Cell = Callable[[float, Stage, str], Text]
"""A stage's number for a neuron or a weight, if it is known."""


def network_lesson(exercise: Exercise) -> Iterator[RenderableType]:
    """Errors and deltas from the output layer back, then the new weights, then which way is down."""
    words, update = NetworkWords(exercise, exercise.solution), exercise.update
    if exercise.neurons and None not in words.neurons.desired.values():
        yield Text("\nError signals, from the output layer back", style="bold")
        yield Indented(Text("\n").join(_delta_lines(words)))
    if update:
        yield Text(f"\nNew weights, one step with the learning rate α = {update.rate:g}", style="bold")
        yield Indented(Text("\n").join(_worked(words.update(name)) for name in update.nodes))
        yield Text("\nA convention to get right" if exercise.neurons else "\nWhich way is down", style="bold")
        yield Indented(Text("\n".join(_convention(words, update))))


def _delta_lines(words: NetworkWords) -> Iterator[Text]:
    for y, net in ((y, words.neurons.named[y]) for y in words.neurons.order):
        is_output, rule = not words.neurons.fed[y], words.derivative(y).whole
        if is_output:
            yield _worked(words.error(y))
        yield _worked(words.delta(y))
        if is_output and words.signals.is_error(y):
            yield Text(f"  the derivative of this loss cancels {rule}: the delta is the error")
        else:
            yield Text(f"  with {rule}")
        gradient = (fine(words.signals.solution.gradient(net)), "gradient")
        which = "the same" if words.is_gradient else "its negative"
        yield Text.assemble(
            f"  on the graph: ∂{words.loss}/∂{net} = ", gradient, f", and {symbol_of('δ', y)} is {which}"
        )


def _worked(formula: Formula) -> Text:
    numbers = f"{formula.numbers} = " if formula.numbers != formula.value else ""
    return Text(f"{formula.symbol} = {formula.letters} = {numbers}").append(formula.value, "bold")


def _convention(words: NetworkWords, update: Update) -> Iterator[str]:
    """The exercise's formulas beside the graph's gradient, and the actual effect of a step in either direction on the
    loss."""
    loss, output = words.loss, words.solution.graph.output_name
    name = next((name for name in update.nodes if words.into(name) and not words.signals.is_threshold(name)), None)
    if name is not None:
        yield f"{words.convention(name)}. That gradient is {fine(words.solution.gradient(name))}."
        added, other = ("subtracted", "adding") if words.is_gradient else ("added", "subtracting")
        yield f"So Δw = α·y·δ is {added} here; {other} it would go uphill. Δw = α·∂{loss}/∂w is always subtracted."
    found = descent(words.solution, update.nodes, update.rate)
    if found is None:
        yield "Every gradient is 0 here: no step changes anything."
        return
    here, *after = found.texts
    yield f"A forward pass after each step, with α = {found.rate:.3g}:"
    for way, then in zip(words.ways, after, strict=True):
        yield f"  every w {way}:  {output} {'falls' if float(then) < float(here) else 'rises'} from {here} to {then}"
    if words.solution.upstream < 0:
        yield f"∂{loss}/∂{output} is negative, so {loss} falls as {output} rises."


def session_tables(session: Session, whole: bool = False) -> RenderableType:
    """The neurons and the weights with what is known so far: only those that are asked about, unless `whole`."""
    words, question = NetworkWords(session.exercise, session.solution), session.question
    near = None if whole or not session.only else _near(session, words)
    cell = _cells(session, words)
    tables: list[RenderableType] = []
    if session.exercise.neurons:
        is_back = question is not None and question.kind is not UPDATE
        tables.append(_neuron_table(words, cell, near, feeds=is_back))
    if session.exercise.update and (question is None or question.kind is UPDATE):
        tables += [Text()] * bool(tables)
        tables.append(_weight_table(words, session.exercise.update, cell, near))
    return Group(*tables)


def session_circles(session: Session, look: Look) -> RenderableType | None:
    """The network as circles, with outputs and δ as far as they are known; None if it has no neurons or does not
    fit."""
    if not session.exercise.neurons:
        return None
    words = NetworkWords(session.exercise, session.solution)
    cell = _cells(session, words)
    for label in (lambda name, number: f"{name} = {number}", lambda name, _: name, lambda *_: ""):
        grid = network_drawing(_layers(session, words, cell, label), look.width, look.plain)
        if grid is not None:
            return as_text(grid, look)
    return None


def _layers(session: Session, words: NetworkWords, cell: Cell, label: Callable[[str, str], str]) -> list[list[Circle]]:
    """The inputs and the neurons, layer by layer, with the wires into each."""
    question = session.question
    node, is_update = (question.node, question.kind is UPDATE) if question else ("", False)
    depth: dict[str, int] = {}
    wires: dict[str, list[Wire]] = {}
    for y in reversed(words.neurons.order):
        found = list(_wires(words, y, label, node if is_update else ""))
        for wire, is_circle in found:
            if is_circle:
                depth.setdefault(wire.source, 0)
        depth[y] = 1 + max((depth[wire.source] for wire, is_circle in found if is_circle), default=0)
        wires[y] = [wire for wire, _ in found]
    layers: list[list[Circle]] = [[] for _ in range(1 + max(depth.values()))]
    solution = words.signals.solution
    for name, layer in sorted(depth.items(), key=lambda one: solution.graph.index[one[0]]):
        below = cell(words.signals.delta(name), DELTA, name) if layer else Text()
        above = (fine(solution.value(name)), "value")
        shown = (below.plain.strip(), str(below.spans[0].style if below.spans else below.style))
        layers[layer].append(Circle(name, above, shown, wires.get(name, ()), name == node and not is_update))
    return [layer for layer in layers if layer]


def _wires(words: NetworkWords, y: str, label: Callable[[str, str], str], asked: str) -> Iterator[tuple[Wire, bool]]:
    """What enters a neuron, thresholds last, and whether it comes from another circle."""
    neurons, solution = words.neurons, words.signals.solution
    entering = words.signals.entering(y)
    outputs, weights = set(neurons.named), set(words.exercise.update.nodes if words.exercise.update else ())
    alone: list[Wire] = []
    done: set[str] = set()
    for name in entering:
        weight = neurons.factor(name, y)
        if name in done:
            continue
        if weight is None and name in outputs:
            yield Wire(name, label(f"∂{neurons.named[y]}/∂{name}", fine(entering[name]))), True
        elif weight is None:
            number = f"{solution.value(name):.6g}"
            alone.append(Wire(f"{entering[name]:g}", label(name, number), name == asked))
        else:
            name, weight = (weight, name) if name in weights or weight in outputs else (name, weight)
            yield Wire(name, label(weight, f"{solution.value(weight):.6g}"), weight == asked), True
            done |= {name, weight}
    yield from ((wire, False) for wire in alone)


def _cells(session: Session, words: NetworkWords) -> Cell:
    """How a number of this session is shown: itself once it is known, before that as wide as it will be."""
    question = session.question
    done = [question for question, one in session.closed() if one.outcome is not Outcome.UNREADABLE]
    known = {(question.kind, question.node) for question in (*done, *session.given())}
    if all(asked.kind is not DELTA for asked in session.lesson):
        known |= {(kind, name) for kind in (ERROR, DELTA) for name in words.neurons.order}

    def cell(number: float, kind: Stage, name: str) -> Text:
        text = fine(number)
        if (kind, name) in known:
            return Text(text, _STYLES.get(kind, ""))
        is_asked = question is not None and (question.kind, question.node) == (kind, name)
        sign, style = (ASKED, "asked") if is_asked else (UNKNOWN, "quiet")
        # As wide as its number will be, so that nothing moves when it is filled in.
        return Text(" " * (len(text) - len(sign))).append(sign, style)

    return cell


def _near(session: Session, words: NetworkWords) -> set[str]:
    """The weights and neurons that are asked about, and the neurons that these weights enter."""
    neurons = words.neurons
    asked = {question.node for question in session.questions}
    fed = {pull.to for y in asked & set(neurons.named) for pull in neurons.fed[y]}
    return asked | fed | {into for name in asked if name not in neurons.named and (into := words.into(name))}


class _Rows:
    """A table; where the screen is too narrow for it, a line a row: `y3: X 0.1000, y 0.5250, δ [?]`."""

    def __init__(self, *left: str, right: Sequence[str], more: Sequence[str] = ()) -> None:
        self._heads, self._right = [*left, *(head for head in right if head not in left), *more], right
        self._rows: list[list[Text]] = []

    def add(self, *row: Text) -> None:
        self._rows.append(list(row))

    def in_ascii(self) -> RenderableType:
        """The same in ASCII, with columns as wide as that takes."""
        copy = _Rows(*map(ascii_text, self._heads), right=[*map(ascii_text, self._right)])
        copy._rows = [[text_in_ascii(cell) for cell in row] for row in self._rows]
        return copy

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        # Not Rich's table, which takes 20 ms: more than all else that a turn at a prompt does.
        rows = [[Text(head, "bold") for head in self._heads], *self._rows]
        lines_of = ((line for cell in column for line in cell.split("\n")) for column in zip(*rows, strict=True))
        widths = [max(line.cell_len for line in lines) for lines in lines_of]
        if sum(widths) + 2 * len(widths) > options.max_width:
            yield Indented(Text("\n").join(map(self._in_words, self._rows)), 1)
            return
        for row in rows:
            for line in zip_longest(*(cell.split("\n") for cell in row), fillvalue=Text()):
                cells = zip(line, widths, self._heads, strict=True)
                text = Text("  ").join(self._aligned(*cell) for cell in cells)
                text.rstrip()
                yield Text(" ", no_wrap=True, overflow="ignore").append_text(text)

    def _aligned(self, text: Text, width: int, head: str) -> Text:
        blanks = " " * (width - text.cell_len)
        return Text.assemble(blanks, text) if head in self._right else Text.assemble(text, blanks)

    def _in_words(self, row: Sequence[Text]) -> Text:
        """A row in words; several lines of a cell in one."""
        first, *others = row
        cells = [
            Text(f"{head} ").append_text(Text(", ").join(cell.split("\n")))
            for head, cell in zip(self._heads[1:], others, strict=True)
            if cell.plain.strip()
        ]
        for cell in cells:
            cell.plain = " ".join(cell.plain.split())
        return Text.assemble(first, ": ").append_text(Text(", ").join(cells))


def _neuron_table(words: NetworkWords, cell: Cell, near: Collection[str] | None, feeds: bool) -> _Rows:
    """One row per neuron, from the output layer back: X, y, the desired output, e and δ as far as they are known;
    optionally which neurons it feeds through which weights."""
    solution, neurons, signals = words.signals.solution, words.neurons, words.signals
    table = _Rows("neuron", right=("X", "y", "yd", "e", "δ"), more=["feeds"] * feeds)
    for y in neurons.order:
        if near is None or y in near:
            numbers = [Text(fine(solution.value(name)), "value") for name in (neurons.named[y], y)]
            desired, error = Text(), Text()
            if not neurons.fed[y] and neurons.desired.get(y) is not None:
                desired, error = Text(fine(signals.desired(y)), "value"), cell(signals.error(y), ERROR, y)
            row = [Text(visible(y)), *numbers, desired, error, cell(signals.delta(y), DELTA, y)]
            fed = [f"{pull.to} by {_weight(words, y, pull)}" for pull in neurons.fed[y]] if feeds else []
            table.add(*row, *([Text("\n".join(map(visible, fed)))] if feeds else []))
    return table


def _weight(words: NetworkWords, y: str, pull: Pull) -> str:
    """`w35 = -1.2000`, or only the slope if no single weight lies between."""
    number = fine(words.signals.entering(pull.to)[y])
    return f"∂{words.neurons.named[pull.to]}/∂{y} = {number}" if pull.weight is None else f"{pull.weight} = {number}"


def _weight_table(words: NetworkWords, update: Update, cell: Cell, near: Collection[str] | None) -> _Rows:
    """One row per weight: what it multiplies, the neuron that it enters, its value now and after the step."""
    table = _Rows("weight", "times", "into", right=("now", "new"))
    for name in update.nodes:
        if near is None or name in near:
            into, now = words.into(name), words.solution.value(name)
            factor = words.neurons.factor(name, into) if into else None
            times = "-1" if into and words.signals.is_threshold(name) else ""
            times = f"{factor} = {fine(words.signals.solution.value(factor))}" if factor else times
            entered = words.neurons.named[into] if into else ""
            new = cell(now - words.rate * words.solution.gradient(name), UPDATE, name)
            table.add(*(Text(visible(text)) for text in (name, times, entered)), Text(fine(now), "value"), new)
    return table
