"""Every gate of arrays, once: its rules as text in the student's own language, the wrong ones beside them; and every
gate of one number, lifted entry by entry.

In a rule `a` and `b` (or `x`) are the gate's inputs, `out` is its value, `up` the upstream gradient, `c` its constant.
What flows back is one `pull` a slot: an entry's gradient comes from every entry of the output that it meets, so there
is no local gradient to multiply by, except where a gate works entry by entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Final, cast

from backprop_tutor.engine import arrays
from backprop_tutor.engine.array_functions import KNOWN, Function, stretched_shape, whole_axis
from backprop_tutor.engine.array_language import Operand, lifted_value, shape_of, value_of
from backprop_tutor.engine.arrays import Matrix, Misfit
from backprop_tutor.engine.gate import COMMON, EVERY, RARE, RESIDUE, USUAL, VALUE, Gate, Wrong, exact, substituted
from backprop_tutor.engine.graph import Shape
from backprop_tutor.fields import NamedTuple


class Inputs(NamedTuple):
    """What a gate computes with: its inputs by slot, its constant and, in the backward pass, its value `out` and the
    upstream gradient `up`."""

    arrays: Sequence[Matrix]
    constant: float
    out: Matrix
    up: Matrix


class ArrayGate(Gate):
    """One kind of gate of arrays: a Gate whose rules are in the student's language, and whose `locals` are pulls.

    `meets` says in words what one entry of each input is used for, `domain` where the gate can be evaluated, `shaped`
    what shape its value has. `example` is a tiny circuit: the gate as written there, and the arrays of its inputs.
    `labels` is the slot in which the entries of each example add up to 1. If `tied` is true of its inputs and its
    constant, the gate has no gradient.
    """

    meets: tuple[str, ...] = ()
    shaped: str = ""
    example: tuple[str, tuple[Matrix, ...]] = ("", ())
    labels: int | None = None
    tied: Callable[..., bool] = lambda *_: False

    @property
    def commutes(self) -> bool:
        """Always false: in no gate of arrays may the inputs change places."""
        return False

    @property
    def pulls(self) -> tuple[str, ...]:
        """What flows back into each slot, as a formula."""
        return self.locals

    def value(self, inputs: Sequence[Matrix], constant: float = 0.0) -> Matrix:
        """The forward pass. Raises Misfit, and ArithmeticError or ValueError outside the domain."""
        return value_of(self.forward, self.words(inputs, constant))

    def shape(self, shapes: Sequence[Shape], constant: float = 0.0) -> Shape:
        """The shape of its value. Raises Misfit."""
        return shape_of(self.forward, {**dict(zip(self.slots, shapes, strict=True)), "c": constant})

    @cached_property
    def as_function(self) -> Function:
        """The gate as a formula calls it, unless a function of the language has its name."""
        arity = self.arity
        return Function(
            lambda *given: self.value(given[:arity], *given[arity:]),
            lambda *given: self.shape(given[:arity], *given[arity:]),
            arity=arity, numbers=(int(self.has_constant),), each=lambda *shapes: max(map(max, shapes)),
        )  # fmt: skip

    def pulled(self, at: Inputs) -> list[Matrix]:
        """What flows back into each slot, in that slot's shape."""
        words = {**self.words(at.arrays, at.constant), "out": at.out, "up": at.up, "size": _size(at, 0)}
        return [
            arrays.stretched(value_of(pull, words), arrays.shape_of(source))
            for pull, source in zip(self.pulls, at.arrays, strict=True)
        ]

    def words(self, inputs: Sequence[Matrix], constant: float) -> dict[str, Operand]:
        """The values of the words in its rules; `along` is the axis along which one example lies."""
        axis = constant if self.has_constant else None
        return {
            **dict(zip(self.slots, inputs, strict=True)), "c": constant,
            "along": float(whole_axis(arrays.shape_of(inputs[0]), axis if self.has_axis else None)),
        }  # fmt: skip

    @cached_property
    def has_axis(self) -> bool:
        """Whether its constant is an axis."""
        return "axis=c" in self.notation

    @cached_property
    def along_axis(self) -> ArrayGate:
        """The gate with an axis as its constant."""
        written = f"{self.name}(x, axis=c)"
        return self._replace(forward=written, notation=written)

    @cached_property
    def goes_along(self) -> bool:
        """Whether, unless told otherwise, it goes along the axis of one example."""
        return "along" in " ".join(self.locals)

    def symbol(self, constant: float | None = None) -> str:
        """The gate in a drawing: `@`, `T`, `sum`, `sum 0` along axis 0."""
        return self.notation[2:] if self.notation.startswith("x.") else super().symbol(constant)


_TABLE = (
    ArrayGate(
        "matmul", "a @ b", ("up @ b.T", "a.T @ up"), "a @ b",
        "matrix product: multiplies the upstream gradient by the transpose of the other input, from the same side",
        wrong=(Wrong("transposed", "right.T", COMMON), Wrong("forgot-transpose", "up @ b", COMMON, 0),
            Wrong("forgot-transpose", "b @ up", USUAL, 0), Wrong("forgot-transpose", "a @ up", COMMON, 1),
            Wrong("forgot-transpose", "up @ a", USUAL, 1), Wrong("entrywise-product", "up * b", USUAL, 0),
            Wrong("entrywise-product", "up * b.T", RARE, 0), Wrong("entrywise-product", "up * a", USUAL, 1),
            Wrong("entrywise-product", "up * a.T", RARE, 1), Wrong("entrywise-product", "a * b", COMMON, VALUE),
            Wrong("transposed", "b @ a", COMMON, VALUE), Wrong("forgot-transpose", "a.T @ b", USUAL, VALUE),
            Wrong("forgot-transpose", "a @ b.T", USUAL, VALUE), Wrong("entrywise-product", "a * b.T", USUAL, VALUE)),
        meets=("each entry of {a} multiplies one row of {b}", "each entry of {b} multiplies one column of {a}"),
        shaped="A product has the rows of the left array and the columns of the right one.",
        example=("a @ b", ([[1.0, 2.0, 3.0], [0.5, -1.0, 4.0]], [[2.0], [-1.0], [0.5]])),
    ),
    ArrayGate(
        "transpose", "x.T", ("up.T",), "x.T", "transposes the upstream gradient back",
        wrong=(Wrong("transposed", "up", COMMON),), meets=("each entry only moves to another place",),
        shaped="Rows and columns change places.", example=("x.T", ([[1.0, 2.0, 3.0]],)),
    ),
    ArrayGate(
        "sum", "sum(x)", ("up",), "sum(x)",
        "distributor: gives every entry of a sum the upstream gradient of that sum, unchanged",
        wrong=(Wrong("split-at-add", "up/size", USUAL), Wrong("sum-times-input", "up*x", USUAL),
            Wrong("mean-forgotten", "mean(x)", RARE, VALUE)),
        meets=("each entry goes into one sum",),
        shaped="The sum of all entries is one number, 1x1; axis=0 leaves one row, axis=1 one column.",
        example=("sum(x, axis=0)", ([[1.0, 2.0], [3.0, -4.0]],)),
    ),
    ArrayGate(
        "mean", "mean(x)", ("up/size",), "mean(x)",
        "distributor of equal shares: gives every entry the upstream gradient divided by the number of entries",
        wrong=(Wrong("mean-forgotten", "up", COMMON), Wrong("mean-times-input", "up*x/size", USUAL),
            Wrong("mean-forgotten", "sum(x)", COMMON, VALUE)),
        meets=("each entry goes into one mean",),
        shaped="The mean of all entries is one number, 1x1; axis=0 leaves one row, axis=1 one column.",
        example=("mean(x)", ([[1.0, 2.0], [3.0, -4.0]],)),
    ),
    ArrayGate(
        "softmax", "softmax(x)", ("out*(up - sum(up*out, axis=along))",), "softmax(x)",
        "gives each score p × (upstream - sum of upstream × p): every output depends on every score of its example",
        wrong=(Wrong("softmax-diagonal", "up*out*(1 - out)", COMMON),
            Wrong("softmax-of-scores", "x*(up - sum(up*x, axis=along))", RARE)),
        meets=("each score affects every probability of its own example",),
        shaped="A softmax has the shape of its scores.", example=("softmax(x)", ([[1.0, 2.0, 0.5]],)),
    ),
    ArrayGate(
        "cross_entropy", "cross_entropy(a, b)", ("up*(softmax(a) - b)", "-up*log(softmax(a))"), "cross_entropy(a, b)",
        "gives the scores the probabilities minus the labels, times the upstream gradient",
        "labels in b that add up to 1 for each example, and scores in a less than 700 apart",
        wrong=(Wrong("gave-probability", "up*softmax(a)", COMMON, 0),
            Wrong("label-only", "up*(softmax(a) - b)*b", COMMON, 0),
            Wrong("labels-minus-probabilities", "up*(b - softmax(a))", USUAL, 0),
            Wrong("lost-minus", "-right", COMMON, VALUE)),
        meets=("each score affects the loss of its own example", "each label affects the loss of its own example"),
        shaped="Each row of scores has one loss; a column of scores has one loss in all.",
        example=("cross_entropy(a, b)", ([[1.0, 2.0, 0.5]], [[0.0, 1.0, 0.0]])), labels=1,
    ),
    ArrayGate(
        "conv", "conv(a, b)", ("conv(pad(up, b), flip(b))", "conv(a, up)"), "conv(a, b)",
        "gives the kernel the sum over all places where it was used, and the input what each place sends back",
        wrong=(Wrong("kernel-not-turned", "conv(pad(up, b), b)", COMMON, 0),
            Wrong("kernel-not-turned", "flip(right)", USUAL, 1), Wrong("transposed", "right.T", USUAL),
            Wrong("kernel-not-turned", "conv(a, flip(b))", COMMON, VALUE)),
        meets=("each entry of {a} is used at every place where the kernel covers it",
            "each entry of {b} multiplies one entry of {a} at every place: a fork"),
        shaped="The kernel fits in rows - kernel rows + 1 places from top to bottom, and likewise across the columns.",
        example=("conv(a, b)", ([[1.0, 2.0, -3.0, 0.5]], [[2.0, -1.0]])),
    ),
    ArrayGate(
        "maxpool", "maxpool(x, c)", ("spread(up, c)*peaks(x, c)",), "maxpool(x, c)",
        "router: gives the largest entry of each block the whole upstream gradient, the others 0",
        wrong=(Wrong("pool-to-all", "spread(up, c)", COMMON), Wrong("pool-to-all", "spread(up, c)/c^2", USUAL)),
        meets=("only the largest entry of each block comes through",), shaped="Each block becomes one entry.",
        example=("maxpool(x, 2)", ([[1.0, 2.0, -3.0, 0.5], [4.0, 0.0, 1.0, -1.0]],)), tied=arrays.has_tie,
    ),
)  # fmt: skip

ARRAY_GATES: Final = cast("dict[str, ArrayGate]", KNOWN)
"""Every gate of arrays by its name."""
ARRAY_GATES.update((gate.name, gate) for gate in _TABLE)
STRETCHED: Final = (
    Wrong("not-summed", "up*l", COMMON), Wrong("wrong-axis", "sum(up*l, axis=other)", USUAL),
    Wrong("averaged-batch", "right/n", USUAL),
)  # fmt: skip
"""Wrong rules where an input was stretched: `l` is the local gradient in the output's shape, `other` the axis along
which nothing was stretched, `n` how often each entry was used."""
LIFTED_WRONG: Final = {"relu": (Wrong("mask-from-gradient", "up*(up > 0)", USUAL),)}
"""Wrong rules that a gate of numbers has only when it works on arrays."""


def _size(at: Inputs, slot: int) -> float:
    """How many entries of an input go into one entry of the output: what a mean divides by."""
    source, out = arrays.shape_of(at.arrays[slot]), arrays.shape_of(at.out)
    return source[0] * source[1] / (out[0] * out[1])


def is_entrywise(gate: Gate) -> bool:
    """Whether a gate works entry by entry, so that it has local gradients."""
    return not isinstance(gate, ArrayGate)


def gate_shape(gate: Gate, shapes: Sequence[Shape], constant: float = 0.0) -> Shape:
    """The shape of a gate's value. Raises Misfit."""
    if isinstance(gate, ArrayGate):
        return gate.shape(shapes, constant)
    return shapes[0] if len(shapes) == 1 else stretched_shape(*shapes)


def gate_value(gate: Gate, inputs: Sequence[Matrix], constant: float = 0.0) -> Matrix:
    """A gate's value. Raises ArithmeticError, ValueError, TypeError outside its domain."""
    if isinstance(gate, ArrayGate):
        if gate.labels is not None:
            _check_labels(inputs[gate.labels])
        return gate.value(inputs, constant)
    return lifted_value(gate, inputs, constant)


def _check_labels(labels: Matrix) -> None:
    """Checks that the labels of each example add up to 1: otherwise p - y is not the gradient."""
    for (whole,) in arrays.summed(labels if whole_axis(arrays.shape_of(labels)) else arrays.transposed(labels), 1):
        if abs(whole - 1) > RESIDUE * 1000:  # what rounding leaves, added up over a row
            raise ValueError("labels")


def local_arrays(gate: Gate, at: Inputs) -> list[Matrix]:
    """The local gradients of a gate that works entry by entry: one array per slot, in the shape of the gate's value."""
    shape = arrays.shape_of(at.out)
    wide = [arrays.stretched(array, shape) for array in at.arrays]
    found: list[Matrix] = [[] for _ in wide]
    slots = range(len(wide))
    differentiate, constant = gate.differentiate, at.constant
    for values, outs in zip(zip(*wide, strict=True), at.out, strict=True):
        slopes = [
            differentiate(v, slots, constant, out) for v, out in zip(zip(*values, strict=True), outs, strict=True)
        ]
        for slot, rows in enumerate(found):
            rows.append([float(slope[slot]) for slope in slopes])
    return found


def pulled(gate: Gate, at: Inputs) -> list[Matrix]:
    """What flows back into each slot of a gate, in that slot's shape: `up * local`, added up where it was stretched."""
    if isinstance(gate, ArrayGate):
        return gate.pulled(at)
    return [
        gathered(arrays.combined(_times, at.up, local), arrays.shape_of(source))
        for local, source in zip(local_arrays(gate, at), at.arrays, strict=True)
    ]


def _times(x: float, y: float) -> float:
    return x * y + 0.0  # never -0.0


def gathered(array: Matrix, shape: tuple[int, int]) -> Matrix:
    """An array added up to the shape from which it was stretched. A stretched entry is a fork: its branches add."""
    if shape[0] < len(array):
        array = arrays.summed(array, 0)
    if shape[1] < len(array[0]):
        array = arrays.summed(array, 1)
    return array


def wrong_pulls(gate: Gate, slot: int, at: Inputs, right: Matrix) -> list[tuple[Wrong, Matrix]]:
    """What each wrong rule of a gate of arrays gives instead of a slot's `right` pull, if it can be computed."""
    source = at.arrays[slot]
    words: dict[str, Operand] = {"out": at.out, "up": at.up, "right": right, "c": at.constant}
    if isinstance(gate, ArrayGate):
        words |= gate.words(at.arrays, at.constant) | {"size": _size(at, slot)}
        rules = [wrong for wrong in gate.wrong if wrong.slot in (slot, EVERY)]
    else:
        shape, out = arrays.shape_of(source), arrays.shape_of(at.out)
        words |= {"l": local_arrays(gate, at)[slot], "x": source, "n": float(out[0] * out[1] // (shape[0] * shape[1]))}
        words["other"] = 1.0 if shape[0] < out[0] else 0.0
        rules = [*LIFTED_WRONG.get(gate.name, ()), *(STRETCHED if shape != out else ())]
    found = []
    for wrong in rules:
        try:
            found.append((wrong, value_of(wrong.rule, words)))
        except (Misfit, ArithmeticError, ValueError):
            continue  # this mistake cannot be made with these shapes
    return found


def pull_formula(
    gate: Gate, slot: int, names: Mapping[str, str], shapes: Sequence[Shape], out: Shape, constant: float | None
) -> str:
    """What flows back into a slot, as a formula in the student's language: `dq @ x.T`, `sum(dZ, axis=0)`. `names`
    replace the words of its rules for the gate's inputs, and `up` and `out`."""
    rule = gate.locals[slot]
    if isinstance(gate, ArrayGate):
        axis = constant if gate.has_axis else None
        words = {"along": f"{whole_axis(shapes[0], axis)}", "size": _how_many(shapes[slot], axis)}
        return substituted(rule, {**words, **names, "c": f"{constant or 0:g}"})
    text = _times_local(_with_constant(rule, constant), names)
    for axis in (0, 1):
        if shapes[slot][axis] != out[axis]:
            text = f"sum({text}, axis={axis})"
    return text


def _with_constant(rule: str, constant: float | None) -> str:
    """A rule with its constant inserted, and a power lowered by one worked out: `2*x` for `c*x**(c - 1)`."""
    if constant is None:
        return rule
    less = constant - 1
    rule = rule.replace("x**(c - 1)", "x" if less == 1 else f"x^{exact(less)}" if less > 0 else f"x^({exact(less)})")
    return substituted(rule, {"c": exact(constant)})


def _how_many(shape: Shape, axis: float | None) -> str:
    """The number of entries that a mean is over: `6`, `N`, `(N*C)`."""
    sizes = [size for at, size in enumerate(shape) if (axis is None or int(axis) % 2 == at) and size != 1] or [1]
    if all(isinstance(size, int) for size in sizes):
        return str(arrays.count((sizes[0], sizes[-1] if len(sizes) > 1 else 1)))
    return str(sizes[0]) if len(sizes) == 1 else f"({sizes[0]}*{sizes[1]})"


def _times_local(rule: str, words: Mapping[str, str]) -> str:
    """up times a local gradient, as people write it: masks for cases, no factor 1."""
    up = words["up"]
    parts = []
    for value, mask in _cases(rule):
        if value in ("0", "0.0"):
            continue
        local = substituted(value, dict(words)).replace("**", "^")
        sign = "-" if local.startswith("-") and not re.search(r"[+-]", local[1:]) else ""
        local = local.removeprefix(sign)
        over = local[2:] if local.startswith("1/") else ""
        text = f"{up}/{_factor(over)}" if over else up if local == "1" else f"{up}*{_factor(local)}"
        parts.append(sign + text + (f"*({substituted(mask, dict(words))})" if mask else ""))
    return " + ".join(parts).replace("+ -", "- ") or f"0*{up}"


def _cases(rule: str) -> list[tuple[str, str]]:
    """The pieces of a rule, each with the mask of where it holds; a piece that holds only at a tie is left out."""
    found, mask = [], ""
    while " if " in rule:
        value, _, rest = rule.partition(" if ")
        mask, _, rule = rest.partition(" else ")
        if "==" not in mask:
            found.append((value, mask))
    turned = mask if "==" in mask else mask.translate({ord(">"): "<", ord("<"): ">"})
    if "==" not in mask and rule != "0":
        found.append((rule, turned))
    return found


def _factor(text: str) -> str:
    """A formula as a factor: in parentheses if it is a sum or begins with a sign."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character in "+-/" and (at == 0 or character != "-" or text[at - 1] not in "eE"):
            return f"({text})"
    return text
