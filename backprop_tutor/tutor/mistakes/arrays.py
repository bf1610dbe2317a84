"""The mistakes with arrays, one row each: what the student did, what holds instead, the skill that failed. Wrong rules
of array gates are in `engine.array_gates`; `array_edits` computes their results."""

from __future__ import annotations

from typing import Final

from backprop_tutor.tutor.mistakes.mistake import GATE, STAGE, Mistake

_ROWS: Final = (
    Mistake("transposed", GATE, "[transposed|transpose] it: rows and columns have changed places",
        "{symbol} has the shape of {source}, {shape}, and its rows are those of {source}"),
    Mistake("forgot-transpose", GATE, "[left|leave] out a transpose",
        "Multiply the upstream gradient by the transpose of the other input, from the same side"),
    Mistake("entrywise-product", GATE, "[multiplied|multiply] entry by entry",
        "* works entry by entry; @ is the matrix product"),
    Mistake("not-summed", GATE, "[kept|keep] the gradients from the uses of {source} separate",
        "{source} is used more than once: a fork, so what comes back is added up to {shape}"),
    Mistake("wrong-axis", GATE, "[added|add] up along the wrong axis",
        "{source} is {shape}: add up along the other axis"),
    Mistake("averaged-batch", GATE, "[took|take] the mean where the gradients add",
        "Every use of {source} contributes its whole gradient; only a mean gate divides"),
    Mistake("mean-forgotten", GATE, "[left|leave] out the division by the number of entries",
        "{gate} = {written} gives every entry an equal share of its upstream gradient"),
    Mistake("sum-times-input", GATE, "[multiplied|multiply] by {source}",
        "A sum passes its upstream gradient on to every entry unchanged"),
    Mistake("mean-times-input", GATE, "[multiplied|multiply] by {source}",
        "A mean passes an equal share of its upstream gradient on to every entry"),
    Mistake("softmax-diagonal", GATE, "[used|use] only p × (1 - p)",
        "Each probability depends on every score of its example, not only on its own"),
    Mistake("softmax-of-scores", GATE, "[used|use] the scores in place of the probabilities",
        "The rule of softmax is written in its outputs"),
    Mistake("gave-probability", GATE, "[left|leave] out the labels",
        "The gradient of the scores is the probabilities minus the labels"),
    Mistake("label-only", GATE, "[kept|keep] only the entries of the right labels",
        "Every score gets its probability minus its label; where the label is 0, the probability remains"),
    Mistake("labels-minus-probabilities", GATE, "[took|take] labels minus probabilities",
        "It is the other way round: probabilities minus labels"),
    Mistake("mask-from-gradient", GATE, "[looked|look] at the sign of the gradient",
        "A ReLU lets the gradient through where its input is positive, whatever the gradient's sign"),
    Mistake("pool-to-all", GATE, "[gave|give] every entry of a block the gradient",
        "A max-pool routes it only to the largest entry of the block"),
    Mistake("kernel-not-turned", GATE, "[used|use] the kernel the wrong way round",
        "The forward pass uses the kernel as it is; the backward pass uses it rotated by 180°"),
    Mistake("wrong-shape", STAGE, "[gave|give] the wrong shape", "{symbol} has the shape of {source}, {shape}"),
)  # fmt: skip
OF_ARRAYS: Final = {row.id: row for row in _ROWS}
"""These by id, in addition to the mistakes with numbers, which are made with arrays too."""
