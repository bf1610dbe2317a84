"""What is said about an answered error, delta or new weight, in the terms of this neuron and these numbers."""

from __future__ import annotations

from backprop_tutor.engine.formatting import fine
from backprop_tutor.tutor.mistake import Case
from backprop_tutor.tutor.network_words import NetworkWords
from backprop_tutor.tutor.questions import Question


def words_of_case(words: NetworkWords, question: Question, case: Case) -> dict[str, str]:
    """What the sentence of a mistake about an error, a delta or a new weight may speak of."""
    found = {"enough": "Four decimals show what a step changes" if question.stage == "update" else "", "signs": ""}
    if question.asks_error:
        return found | {"signs": f"It is {words.error(question.node).letters}, the desired output first"}
    signal = case.signal
    neuron = question.node if question.stage == "delta" else words.into(question.node)
    assert signal is not None
    if neuron is not None:
        formula = words.delta(neuron)
        symbol = formula.symbol
        found |= {
            "neuron": neuron, "delta": symbol, "rule": formula.unworked, "derivative": words.derivative(neuron).whole,
            "terms": words.terms(neuron).unworked if words.neurons.fed[neuron] else "",
            "square": _square(signal.factor),
            "signs": f"{symbol} is -∂{words.loss}/∂{words.neurons.named[neuron]}, with e = yd - y",
        }  # fmt: skip
    if question.stage == "update":
        way = words.falls_and_rises()
        found |= {
            "old": fine(signal.old), "step": words.step(question.node), "rate": f"{signal.rate:g}",
            "given": fine(signal.step),
            "convention": words.convention(question.node) + (f". {way[:-1]}" if way else ""),
        }  # fmt: skip
    return found


def _square(factor: float) -> str:
    if abs(factor - 2) < 1e-6:
        return (
            "you leave out the 2 that comes down from the square: the loss is the square of the error, not half of it"
        )
    return (
        "you keep a factor of 2: the loss is half the square of the error, and the 2 that comes down from the "
        "square cancels the ½"
    )


def network_right(words: NetworkWords, question: Question) -> str:
    """What a right error, delta or new weight confirms."""
    formula = words.of(question)
    if question.stage == "update":
        step = f"{formula.symbol} = {formula.letters}"
        return (
            f"{step}."
            if words.into(question.node) is None
            else f"{step}, which is {question.node} - α*∂{words.loss}/∂{question.node}."
        )
    if question.asks_error:
        return f"{formula.symbol} = {formula.letters}."
    return (
        f"{formula.symbol} = {formula.letters}, and on the graph it is "
        f"-∂{words.loss}/∂{words.neurons.named[question.node]}."
    )


def network_here(words: NetworkWords, question: Question) -> str:
    """What is known where a wrong error, delta or new weight was given, not worked out."""
    formula = words.of(question)
    rate = f", with α = {words.rate:g}" if question.stage == "update" else ""
    return f"It is {formula.letters}{rate}."


def network_size(words: NetworkWords, question: Question, given: float, right: float) -> str:
    """What can be said of a number that matches no mistake: of a new weight, which way it goes."""
    if question.stage == "update":
        old = words.solution.value(question.node)
        if right == old:
            return "Its gradient is 0 here, so it stays as it is."
        if given == old:
            return "That is the old weight. Its gradient is not 0, so it moves."
        return (
            "The direction is right, the size of the step is not."
            if (given > old) == (right > old)
            else "It moves the wrong way."
        )
    what = "error" if question.asks_error else "delta"
    if right == 0 or given == 0:
        return f"The {what} is not 0 here." if given == 0 else "It is not that."
    return "The sign is right, the size is not." if (right > 0) == (given > 0) else "Neither sign nor size is right."
