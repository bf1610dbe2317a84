"""A network's training step: in a lesson errors, deltas, new weights and the convention; in practice two tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.drawing.picture import ASKED, UNKNOWN
from backprop_tutor.engine.formatting import fine
from backprop_tutor.engine.passes import Solution
from backprop_tutor.show.words import Indented
from backprop_tutor.text import visible
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.network import NetworkWords, descent, symbol_of
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import DELTA, ERROR, UPDATE


def network_lesson(exercise: Exercise, solution: Solution) -> Iterator[RenderableType]:
    """Errors and deltas from the output layer back, then the new weights, then which way is down."""
    words = NetworkWords(exercise, solution)
    if exercise.neurons and None not in words.neurons.desired.values():
        yield Text("\nError signals, from the output layer back", style="bold")
        yield Indented(_deltas(words))
    if exercise.update:
        yield Text(f"\nNew weights, one step with the learning rate α = {exercise.update.rate:g}", style="bold")
        yield Indented(_updates(words))
        yield Text("\nA convention to get right" if exercise.neurons else "\nWhich way is down", style="bold")
        yield Indented(_convention(words))


def _deltas(words: NetworkWords) -> Text:
    text, neurons = Text(), words.neurons
    for y in neurons.order:
        if not neurons.fed[y]:
            _worked(text, words.error(y))
        _worked(text, words.delta(y))
        if not neurons.fed[y] and words.signals.is_error(y):
            text.append(f"  the derivative of this loss cancels {words.derivative(y).whole}: the delta is the error\n")
        else:
            text.append(f"  with {words.derivative(y).whole}\n")
        gradient = words.signals.solution.gradient(neurons.named[y])
        text.append(f"  on the graph: ∂{words.loss}/∂{neurons.named[y]} = ")
        text.append(fine(gradient), "red")
        text.append(f", and {symbol_of('δ', y)} is its negative\n")
    text.rstrip()
    return text


def _worked(text: Text, formula: tuple[str, str, str, str]) -> None:
    symbol, letters, numbers, value = formula
    text.append(f"{symbol} = {letters} = ")
    text.append(f"{numbers} = " if numbers != value else "")
    text.append(f"{value}\n", "bold")


def _updates(words: NetworkWords) -> Text:
    text = Text()
    for name in words.exercise.update.nodes if words.exercise.update else ():
        _worked(text, words.update(name))
    text.rstrip()
    return text


def _convention(words: NetworkWords) -> Text:
    """The lecture's formulas beside the graph's gradient, and what a step either way really does to the loss."""
    exercise, loss, output = words.exercise, words.loss, words.solution.graph.output_name
    assert exercise.update is not None
    text = Text()
    name = next(
        (name for name in exercise.update.nodes if words.into(name) and not words.signals.is_threshold(name)), None
    )
    if name is not None:
        down = words.downhill(name)
        gradient = f"∂{loss}/∂{name}"
        text.append("The lecture writes w(p+1) = w(p) - Δw, with Δw = α*y*δ and e = yd - y.\n")
        text.append(f"On the graph {gradient} = -{down.letters} = {fine(words.solution.gradient(name))}. ")
        text.append(f"So descent, {name} - α*{gradient}, is {name} + α*{down.letters}. ")
        text.append(f"The lecture's minus is right when Δw stands for α*∂{loss}/∂w; with Δw = α*y*δ it would climb.\n")
    found = descent(words.solution, exercise.update.nodes, exercise.update.rate)
    if found is None:
        return text.append("Every gradient is 0 here: no step changes anything.")
    here, down_, up = found.texts
    rate = f"α = {found.rate:.3g}"
    plus, minus = ("+ α*y*δ", "- α*y*δ") if exercise.neurons else (f"- α*∂{loss}/∂w", f"+ α*∂{loss}/∂w")
    text.append(f"A forward pass after each step, with {rate}:\n")
    for way, after in ((plus, down_), (minus, up)):
        moves = "falls" if float(after) < float(here) else "rises"
        text.append(f"  every w {way}:  {output} {moves} from {here} to {after}\n")
    if words.solution.upstream < 0:
        text.append(f"∂{loss}/∂{output} is negative, so {loss} falls as {output} rises.\n")
    text.rstrip()
    return text


def session_tables(session: Session, whole: bool = False) -> RenderableType:
    """The neurons and the weights with what is known so far: those that are asked about, unless `whole`."""
    given = session.given()
    done = [question for question, one in session.closed() if one.outcome is not Outcome.UNREADABLE]
    known = {(question.kind.name, question.node) for question in (*done, *given)}
    open_ = session.question
    asked = (open_.kind.name, open_.node) if open_ is not None else None
    words = NetworkWords(session.exercise, session.solution)
    all_asked = {question.kind.name for question in session.lesson}
    tables: list[RenderableType] = []
    near = _near(session, words) if session.only and not whole else None
    if session.exercise.neurons:
        tables.append(_neuron_table(words, known, asked, DELTA.name in all_asked, near))
    if session.exercise.update and (open_ is None or open_.kind is UPDATE):
        tables += [Text()] * bool(tables)
        tables.append(_weight_table(words, known, asked, near))
    return Group(*tables)


def _near(session: Session, words: NetworkWords) -> frozenset[str]:
    """The weights and neurons that are asked about, and the neurons that these enter."""
    neurons = words.neurons
    asked = {question.node for question in session.questions}
    fed = {pull.to for y in asked & set(neurons.named) for pull in neurons.fed[y]}
    return frozenset(asked | fed | {into for name in asked if name not in neurons.named and (into := words.into(name))})


Named = tuple[str, str]
"""A stage and a neuron or a weight."""


def _cell(text: str, name: Named, known: set[Named], asked: Named | None, given: bool) -> Text:
    if given or name in known:
        return Text(text)
    return Text(ASKED, "bold yellow") if name == asked else Text(UNKNOWN, "dim")


def _table(*left: str, right: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=True, header_style="bold", show_edge=False)
    for head in (*left, *right):
        table.add_column(head, justify="right" if head in right else "left", no_wrap=True)
    return table


def _neuron_table(
    words: NetworkWords, known: set[Named], asked: Named | None, asks: bool, near: frozenset[str] | None = None
) -> Table:
    """One row a neuron, from the output layer back: X, y, what it should be, e and δ as far as they are known."""
    solution, neurons = words.signals.solution, words.neurons
    table = _table("neuron", right=("X", "y", "yd", "e", "δ"))
    for y in neurons.order:
        if near is not None and y not in near:
            continue
        is_output = not neurons.fed[y] and neurons.desired.get(y) is not None
        table.add_row(
            Text(visible(y)), Text(fine(solution.value(neurons.named[y])), "green"), Text(fine(solution.value(y)),
            "green"),
            Text(fine(words.signals.desired(y)) if is_output else ""),
            _cell(fine(words.signals.error(y)), (ERROR.name, y), known, asked,
            not asks) if is_output else Text(),
            _cell(fine(words.signals.delta(y)), (DELTA.name, y), known, asked, not asks),
        )  # fmt: skip
    return table


def _weight_table(
    words: NetworkWords, known: set[Named], asked: Named | None, near: frozenset[str] | None = None
) -> Table:
    """One row a weight: what it multiplies, the neuron that it enters, its number now and after the step."""
    table = _table("weight", "times", "into", right=("now", "new"))
    solution, update = words.solution, words.exercise.update
    for name in update.nodes if update else ():
        if near is not None and name not in near:
            continue
        into = words.into(name)
        factor = words.neurons.factor(name, into) if into else None
        times = "-1" if into and words.signals.is_threshold(name) else ""
        times = f"{factor} = {fine(words.signals.solution.value(factor))}" if factor else times
        new = fine(solution.value(name) - words.rate * solution.gradient(name))
        entered = words.neurons.named[into] if into else ""
        cell = _cell(new, (UPDATE.name, name), known, asked, given=False)
        table.add_row(
            Text(visible(name)), Text(visible(times)), Text(visible(entered)), Text(fine(solution.value(name))), cell
        )
    return table
