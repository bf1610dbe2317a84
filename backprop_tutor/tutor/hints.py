"""The ladder of hints for a question: the pattern in words, the formula, the numbers not multiplied out, the answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.compile import written
from backprop_tutor.engine.formatting import shown, signed, with_number
from backprop_tutor.engine.passes import Solution
from backprop_tutor.tutor.feedback import formula_of, worked_operands, worked_out
from backprop_tutor.tutor.questions import Question, asked_for


def ladder(exercise: Exercise, solution: Solution, question: Question) -> Iterator[str]:
    """The hints for a question, one at a time, from a word to the answer; the author's own come first."""
    names = dict.fromkeys([question.target, *question.names, question.node])
    yield from (exercise.hints[name] for name in names if name in exercise.hints)
    yield from _RUNGS[question.stage](exercise, solution, question)


def hint(exercise: Exercise, solution: Solution, question: Question, number: int) -> str | None:
    """The hint of this number, from 0; None when there are no more."""
    return next(islice(ladder(exercise, solution, question), number, None), None)


def _forward(exercise: Exercise, solution: Solution, question: Question) -> Iterator[str]:
    node = solution.graph.node(question.node)
    yield f"{question.node} is the value of its gate: {question.node} = {node.written}."
    yield f"{question.node} = {worked_operands(solution, question.node)}, with the numbers filled in."
    yield f"{worked_out(exercise, solution, question)}."


def _local(exercise: Exercise, solution: Solution, question: Question) -> Iterator[str]:
    assert question.branch is not None
    node, source = solution.graph.node(question.node), question.branch.source
    assert node.gate is not None
    yield (
        f"The local gradient looks at one gate alone: how does {node.name} = {node.written} change when only "
        f"{source} moves?"
    )
    yield f"{node.gate.name} in the backward pass: {node.gate.pattern}."
    yield f"∂{node.name}/∂{source} = {formula_of(solution, solution.flow(question.branch))}."
    yield f"{worked_out(exercise, solution, question)}."


def _backward(exercise: Exercise, solution: Solution, question: Question) -> Iterator[str]:
    asked = asked_for(question, exercise.loss)
    if question.branch is None:
        branches = solution.graph.branches_from[question.node]
        flows = [solution.flow(branch).downstream for branch in branches]
        yield "At a fork the gradients add: every branch contributes what it carries back."
        yield f"{asked} is the sum over {', '.join(branch.name for branch in branches)}."
        yield f"{asked} = {' + '.join(signed(flow) for flow in flows)}, not added up."
    else:
        flow, gate = solution.flow(question.branch), solution.graph.node(question.branch.gate)
        assert gate.gate is not None
        yield f"{gate.name} = {gate.written} is a gate of the kind {gate.gate.name}, {gate.gate.pattern}."
        yield (
            f"The local gradient is ∂{gate.name}/∂{question.branch.source} = "
            f"{with_number(formula_of(solution, flow), flow.local)}."
        )
        yield f"{asked} = upstream × local = {shown(flow.upstream)} * {signed(flow.local)}, not multiplied out."
    yield f"{worked_out(exercise, solution, question)}."


def _symbolic(exercise: Exercise, solution: Solution, question: Question) -> Iterator[str]:
    graph = solution.graph
    yield (
        f"Follow each way from {question.node} to {graph.output_name}: multiply the local gradients along it, then "
        f"add the ways."
    )
    steps = [
        f"∂{b.gate}/∂{b.source} = {formula_of(solution, solution.flow(b))}" for b in graph.branches_from[question.node]
    ]
    yield f"It begins with {' and '.join(steps)}."
    yield f"{worked_out(exercise, solution, question)}."


def _graph(exercise: Exercise, _solution: Solution, _question: Question) -> Iterator[str]:
    lines = written(exercise.graph).split("\n")
    kinds = [gate.name for gate in exercise.graph.gates if gate is not None]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    yield "Begin with the innermost operation: one gate a line, a new name on the left, as in a = w0*x0."
    yield f"It has {len(kinds)} gates: {counts}."
    for number in range(1, len(lines)):
        yield "It can begin like this:\n" + "\n".join(f"  {line}" for line in lines[:number])
    yield "The whole graph:\n" + "\n".join(f"  {line}" for line in lines)


def _delta(exercise: Exercise, solution: Solution, question: Question) -> Iterator[str]:
    from backprop_tutor.tutor.network_words import NetworkWords

    words = NetworkWords(exercise, solution)
    y, formula = question.node, words.of(question)
    net = words.neurons.named[y]
    if question.asks_error:
        yield f"The error signal of an output neuron is what it should be, less what it is: {formula.letters}."
    elif not words.neurons.fed[y]:
        yield f"{formula.symbol} is -∂{exercise.loss}/∂{net}: how fast the loss falls as the net input {net} grows."
    else:
        fed = " and ".join(pull.to for pull in words.neurons.fed[y])
        yield (
            f"Nobody says what {y} should be. Its error comes back from the neurons that it feeds, {fed}, through "
            f"the weights between."
        )
    if not question.asks_error:
        yield f"{formula.symbol} = {formula.letters}, with {words.derivative(y).whole}."
    yield f"{formula.symbol} = {formula.numbers}, not worked out."
    yield f"{formula.whole}."


def _update(exercise: Exercise, solution: Solution, question: Question) -> Iterator[str]:
    from backprop_tutor.tutor.network_words import NetworkWords

    words = NetworkWords(exercise, solution)
    formula = words.update(question.node)
    yield (
        f"A step goes downhill: {question.node} - α*∂{exercise.loss}/∂{question.node}, with the learning rate α = "
        f"{words.rate:g}."
    )
    yield f"{words.convention(question.node)}. {words.falls_and_rises()}".rstrip()
    yield f"{formula.symbol} = {formula.letters} = {formula.numbers}, not worked out."
    yield f"{formula.whole}."


_RUNGS = {
    "graph": _graph, "forward": _forward, "local": _local, "backward": _backward, "symbolic": _symbolic,
    "delta": _delta, "update": _update,
}  # fmt: skip
