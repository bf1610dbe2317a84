"""What operators and calls make of matrices: formulas such as `dq @ x.T` in, their value or their shape out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from backprop_tutor.engine import arrays, language
from backprop_tutor.engine.arrays import Matrix, Misfit, Size
from backprop_tutor.engine.evaluate import apply, folded, function_of, unknown_name
from backprop_tutor.engine.gate import CONSTANTS, Gate
from backprop_tutor.engine.gates import GATES, OPERATORS
from backprop_tutor.engine.graph import Shape
from backprop_tutor.engine.language import Step, cut, parse, tokens
from backprop_tutor.errors import Fault
from backprop_tutor.text import Span, nearest

Operand = Matrix | float
"""On the stack: an array, or a bare number, which beside `@` multiplies."""


_MOST_WORK: Final = 150_000
"""So many multiplications and additions one formula takes at most: the largest product of an exercise has 17,000."""


class ShapesDoNotFit(Fault):
    """Two shapes at an operator or a gate that takes neither; what would fit."""

    says = "{what}"


class Function(NamedTuple):
    """A function of arrays: its value, its shape (which raises Misfit), how many arrays it takes, and whether a number
    follows them (an axis, the size of a block), None where it must."""

    value: Callable[..., Matrix]
    shape: Callable[..., Shape]
    arity: int = 1
    number: bool | None = False


def _axis(axis: float | None) -> int | None:
    """The axis that is meant. Raises Misfit."""
    if axis is None:
        return None
    if axis not in (0, 1, -1, -2):
        raise Misfit(f"the axis must be 0 (down the rows) or 1 (along them), not {axis:g}.")
    return int(axis) % 2


def whole_axis(shape: Shape, axis: float | None = None) -> int:
    """The axis along which softmax adds up: of a column as a whole, else in each row."""
    found = _axis(axis)
    return (0 if shape[1] == 1 else 1) if found is None else found


def reduced(shape: Shape, axis: float | None = None) -> Shape:
    """The shape of a sum."""
    found = _axis(axis)
    return (1, 1) if found is None else (1, shape[1]) if found == 0 else (shape[0], 1)


def product_shape(a: Shape, b: Shape) -> Shape:
    """The shape of a product. Raises Misfit, with what would fit."""
    if a[1] == b[0]:
        return a[0], b[1]
    raise Misfit(arrays.no_product(a, b))


def stretched_shape(a: Shape, b: Shape) -> Shape:
    """The shape of two that meet entry by entry. Raises Misfit."""
    shape = arrays.stretched_shape(a, b)
    if shape is None:
        raise Misfit(arrays.no_stretch(a, b))
    return shape


def kernel_shape(a: Shape, b: Shape) -> Shape:
    """The shape of a convolution without padding. Raises Misfit."""
    sizes: list[Size] = []
    for one, other in zip(a, b, strict=True):
        if isinstance(one, str) or isinstance(other, str):
            if other != 1:
                raise Misfit(f"a kernel of {arrays.written_shape(b)} needs sizes in numbers, not letters.")
            sizes.append(one)
        elif other > one:
            raise Misfit(f"a kernel of {arrays.written_shape(b)} does not fit into {arrays.written_shape(a)}.")
        else:
            sizes.append(one - other + 1)
    return sizes[0], sizes[1]


def pooled_shape(shape: Shape, size: float) -> Shape:
    """The shape after pooling. Raises Misfit."""
    arrays.check_pool(shape, size)
    rows, columns = (int(one) // int(size) for one in shape)
    return rows, columns


def losses_shape(a: Shape, b: Shape) -> Shape:
    """A loss for each row of scores (of a column as a whole, one). Raises Misfit."""
    if a != b:
        scores, labels = arrays.written_shape(a), arrays.written_shape(b)
        raise Misfit(f"scores and labels must have the same shape, not {scores} and {labels}.")
    return reduced(a, whole_axis(a))


def _padded_shape(a: Shape, b: Shape) -> Shape:
    sizes = [one + 2 * (other - 1) for one, other in zip(a, b, strict=True) if isinstance(one, int) and other != ""
             and isinstance(other, int)]  # fmt: skip
    if len(sizes) < 2:
        raise Misfit("padding an array needs sizes in numbers, not letters.")
    return sizes[0], sizes[1]


def _spread_shape(shape: Shape, size: float) -> Shape:
    if any(isinstance(one, str) for one in shape):
        raise Misfit("blocks need sizes in numbers, not letters.")
    arrays.check_block(size)
    rows, columns = (int(one) * int(size) for one in shape)
    return rows, columns


def _same(shape: Shape, *_: object) -> Shape:
    return shape


def _outer_shape(a: Shape, b: Shape) -> Shape:
    _vectors(a, b)
    return (a[0] if a[1] == 1 else a[1]), (b[0] if b[1] == 1 else b[1])


def _dot_shape(a: Shape, b: Shape) -> Shape:
    if a[1] == b[0]:  # as NumPy has it, where arrays have two dimensions
        return product_shape(a, b)
    one, other = _outer_shape(a, b)
    if one != other:
        raise Misfit(f"{arrays.written_shape(a)} and {arrays.written_shape(b)} are vectors of different lengths.")
    return 1, 1


def _dot(a: Matrix, b: Matrix) -> Matrix:
    if len(a[0]) == len(b):
        return arrays.product(a, b)
    return [[arrays.added([x * y for x, y in zip(_flat(a), _flat(b), strict=True)])]]


def _vectors(*shapes: Shape) -> None:
    for shape in shapes:
        if 1 not in shape:
            raise Misfit(
                f"outer and dot take vectors, not {arrays.written_shape(shape)}. Use @ for the matrix product."
            )


def _flat(array: Matrix) -> list[float]:
    return arrays.entries(array)


def cross_entropy(scores: Matrix, labels: Matrix) -> Matrix:
    """-log of the softmax at the label, for each row (of a column as a whole)."""
    axis = whole_axis(arrays.shape_of(scores))
    logs = arrays.mapped(lambda p: GATES["log"].function(p), arrays.softmax(scores, axis))
    terms = arrays.combined(lambda label, log: -label * log if label else 0.0, labels, logs)
    return arrays.summed(terms, axis)


FUNCTIONS: Final[dict[str, Function]] = {
    "sum": Function(lambda x, axis=None: arrays.summed(x, _axis(axis)), reduced, number=True),
    "mean": Function(lambda x, axis=None: arrays.averaged(x, _axis(axis)), reduced, number=True),
    "softmax": Function(
        lambda x, axis=None: arrays.softmax(x, whole_axis(arrays.shape_of(x), axis)), _same, number=True
    ),
    "cross_entropy": Function(cross_entropy, losses_shape, 2),
    "conv": Function(arrays.correlated, kernel_shape, 2),
    "maxpool": Function(arrays.pooled, pooled_shape, number=None),
    "outer": Function(lambda a, b: [[x * y for y in _flat(b)] for x in _flat(a)], _outer_shape, 2),
    "dot": Function(lambda a, b: _dot(a, b), _dot_shape, 2),
    "matmul": Function(arrays.product, product_shape, 2),
    "transpose": Function(arrays.transposed, lambda shape: (shape[1], shape[0])),
    "flip": Function(arrays.flipped, _same),
    "pad": Function(arrays.padded, _padded_shape, 2),
    "spread": Function(arrays.spread, _spread_shape, number=None),
    "peaks": Function(arrays.peaks, _same, number=None),
}  # fmt: skip
"""What a formula of arrays may call beside the gates of one number, which work entry by entry. The last four are what
the gradients of `conv` and `maxpool` are written in."""
ALSO: Final = {"average": "mean", "conv2d": "conv", "conv1d": "conv", "max_pool": "maxpool", "max_pool2d": "maxpool",
    "logsumexp": "log(sum(exp(x)))", "mm": "a @ b", "norm": "sqrt(sum(x^2))",
    "relu_": "relu", "CrossEntropyLoss": "cross_entropy", "einsum": "a @ b", "mse": "mean((a - b)^2)"}  # fmt: skip
"""What to write for other words."""


@cache
def compiled(formula: str) -> list[Step]:
    """The postfix steps of a formula of ours."""
    return parse(tokens(formula, of_arrays=True), (0, len(formula)))


def value_of(formula: str, names: Mapping[str, Operand]) -> Matrix:
    """The value of a formula of ours at arrays. Raises Misfit, ArithmeticError, ValueError."""
    return as_array(folded(compiled(formula), lambda step, operands: _value(step, operands, names)))


def as_array(operand: Operand) -> Matrix:
    """An array; of a bare number 1 × 1."""
    return operand if isinstance(operand, list) else [[operand]]


def _value(step: Step, operands: Sequence[Operand], names: Mapping[str, Operand]) -> Operand:
    if step.kind == "name":
        found = names.get(step.text, CONSTANTS.get(step.text))
        if found is None:
            raise KeyError(step.text)
        return found
    return value(step, operands)


def value(step: Step, operands: Sequence[Operand]) -> Operand:
    """What a step makes of arrays and bare numbers.

    Raises Misfit for shapes, ArithmeticError and ValueError outside of a gate's domain, a Fault for what is no gate.
    """
    text = step.text
    numbers = [operand for operand in operands if isinstance(operand, float)]
    if len(numbers) == len(operands) and text not in _OF_ARRAYS:
        return apply(step, numbers)
    if step.kind == "call" and text in FUNCTIONS:
        return called(step, operands)
    if text == "@":
        if numbers:  # a bare number is a factor
            return _entrywise("*", operands)
        return arrays.product(*map(as_array, operands))
    if text == "T":
        return arrays.transposed(as_array(operands[0]))
    if step.kind == "call":
        return lifted_value(function_of(step), [as_array(operand) for operand in operands])
    if text == "neg":
        return arrays.mapped(lambda entry: -entry + 0.0, as_array(operands[0]))
    return _entrywise(text, operands)


_MASKS: Final = {">": lambda x, y: float(x > y), "<": lambda x, y: float(x < y)}
_ENTRYWISE: Final[dict[str, Callable[[float, float], float]]] = {
    "+": arrays.total, "-": arrays.difference, "*": lambda x, y: x * y, "/": lambda x, y: x / y,
    "^": lambda x, y: x**y, **_MASKS,
}  # fmt: skip


_OF_ARRAYS: Final = frozenset((*_MASKS, "@", "T", *FUNCTIONS))


def _entrywise(text: str, operands: Sequence[Operand]) -> Matrix:
    a, b = map(as_array, operands)
    return arrays.combined(_ENTRYWISE[text], a, b)


def lifted_value(gate: Gate, operands: Sequence[Matrix], constant: float = 0.0) -> Matrix:
    """A gate of numbers, entry by entry."""
    compute = gate.compute
    if len(operands) == 1:
        return [[compute((entry,), (0,), constant) for entry in row] for row in operands[0]]
    if gate.is_sum:
        return arrays.combined(arrays.difference if "-" in gate.forward else arrays.total, *operands)
    return arrays.combined(lambda x, y: compute((x, y), (0, 1), constant), *operands)


def called(step: Step, operands: Sequence[Operand]) -> Matrix:
    """The value of a function of arrays. Raises Misfit and Fault."""
    function = FUNCTIONS[step.text]
    given, numbers = split_call(step, function, operands, lambda operand: isinstance(operand, float))
    return function.value(*map(as_array, given), *numbers)


def split_call(
    step: Step, function: Function, operands: Sequence[Operand], is_number: Callable[[Operand], bool]
) -> tuple[Sequence[Operand], list[float]]:
    """The arrays of a call, and the number that follows them, if any. Raises WrongArity."""
    given, more = operands[: function.arity], operands[function.arity :]
    numbers = [operand for operand in more if isinstance(operand, float) and is_number(operand)]
    allowed = {False: (0,), True: (0, 1), None: (1,)}[function.number]
    if len(given) < function.arity or len(more) != len(numbers) or len(numbers) not in allowed:
        raise wrong_call(step)
    return given, numbers


def wrong_call(step: Step) -> Fault:
    """A call with too little or too much."""
    written = {"softmax": "softmax(z)", "conv": "conv(x, k)", "maxpool": "maxpool(x, 2)", "outer": "outer(a, b)",
               "dot": "dot(a, b)", "cross_entropy": "cross_entropy(z, y)", "spread": "spread(x, 2)",
               "peaks": "peaks(x, 2)", "flip": "flip(k)", "pad": "pad(x, k)"}  # fmt: skip
    text = written.get(step.text, f"{step.text}(x), {step.text}(x, axis=0) or {step.text}(x, axis=1)")
    return language.NotLikeThis(step.span, fix=text)


def gate_in(step: Step) -> Gate | None:
    """The gate of one number that a call names; None where a function of arrays has the name. Raises a Fault."""
    if step.text in FUNCTIONS:
        return None
    if step.text in ALSO:
        raise language.UnknownGate(step.span, name=cut(step.text), suggestion=f" Write {ALSO[step.text]}.")
    try:
        return function_of(step)
    except language.UnknownGate as fault:
        near = nearest(step.text, list(FUNCTIONS))
        raise (language.UnknownGate(step.span, name=cut(step.text), suggestion=near) if near else fault) from None


def evaluate(steps: Sequence[Step], names: Mapping[str, Operand], known: str = "a node of this graph") -> Operand:
    """The value of postfix steps at these arrays, as a student typed them; `known` says what a name must be.

    Raises the Fault of the first step that has no value: ShapesDoNotFit, where shapes do not go together, with what
    would fit; NotArithmetic before an array that is too large is made.
    """
    work = 0

    def result(step: Step, taken: list[tuple[Operand, Step, Span]]) -> tuple[Operand, Step, Span]:
        spans = [step.span, *(span for _, _, span in taken)]
        whole = (min(start for start, _ in spans), max(end for _, end in spans))
        operands = [operand for operand, _, _ in taken]
        if step.kind == "name" and step.text not in names and step.text not in CONSTANTS:
            raise unknown_name(step, f"not {known}", names)
        if step.kind == "call":
            gate_in(step)
        try:
            nonlocal work
            work += _work_of(step, operands, whole)
            if work > _MOST_WORK:
                raise language.NotArithmetic(whole, what=f"this takes more than {_MOST_WORK:,} multiplications.")
            return _value(step, operands, names), step, whole
        except Misfit as misfit:
            written = [cut(one.text) if one.kind == "name" else "(...)" for _, one, _ in taken]
            shapes = [arrays.shape_of(as_array(operand)) for operand in operands]
            raise ShapesDoNotFit(whole, what=f"{misfit}{advice(step.text, written, shapes)}") from None
        except (ArithmeticError, ValueError, TypeError):
            raise language.UndefinedConstant(whole, written="this", why="an entry has no finite value") from None

    return folded(steps, result)[0]


def _work_of(step: Step, operands: Sequence[Operand], span: Span) -> int:
    """How many multiplications a step takes. Raises Misfit; NotArithmetic for a value that is too large."""
    shapes = [arrays.shape_of(operand) for operand in operands if isinstance(operand, list)]
    is_of_arrays = step.kind == "call" and step.text in FUNCTIONS
    if not shapes and not is_of_arrays:
        return 1
    shape: Shape = shapes[0] if shapes else (1, 1)
    each = 1
    if is_of_arrays:
        given, numbers = split_call(step, FUNCTIONS[step.text], operands, lambda operand: isinstance(operand, float))
        shapes = [arrays.shape_of(as_array(operand)) for operand in given]
        shape = FUNCTIONS[step.text].shape(*shapes, *numbers)
        each = arrays.count(shapes[1]) if step.text == "conv" else 1
    elif len(shapes) > 1:
        shape = product_shape(*shapes) if step.text == "@" else stretched_shape(*shapes)
    if arrays.count(shape) > arrays.MOST_ENTRIES:
        what = f"this is {arrays.written_shape(shape)}, but an array may have at most {arrays.MOST_ENTRIES:,} entries."
        raise language.NotArithmetic(span, what=what)
    if step.text in ("@", "matmul", "dot") and len(shapes) > 1:
        each = arrays.count((shapes[0][1], 1))
    return arrays.count(shape) * each + sum(map(arrays.count, shapes))


def advice(operator: str, names: Sequence[str], shapes: Sequence[Shape]) -> str:
    """What of two arrays would fit where they do not: ` W.T @ x would fit.`; nothing where nothing does."""
    if len(names) != 2:
        return ""
    fits = [written for written, shape in products(names, shapes) if shape is not None]
    if operator == "@":
        found = fits[:2]
    else:
        a, b = shapes
        turned = arrays.stretched_shape(a, (b[1], b[0])) if operator in _ENTRYWISE else None
        found = [f"{names[0]} {operator} {names[1]}.T"] if turned is not None else []
        found += fits[:1] if operator == "*" else []
    return f" {' or '.join(found)} would fit." if found else ""


def products(names: Sequence[str], shapes: Sequence[Shape]) -> list[tuple[str, Shape | None]]:
    """The eight products of two arrays, either way round and each transposed or not, with their shapes; None where they
    do not fit. The fewest changes first."""
    found = []
    for first, second in ((0, 1), (1, 0)):
        for turned in ((False, False), (True, False), (False, True), (True, True)):
            sides = []
            for place, is_turned in zip((first, second), turned, strict=True):
                shape, name = shapes[place], names[place]
                sides.append((f"{name}.T", (shape[1], shape[0])) if is_turned else (name, shape))
            (left, a), (right, b) = sides
            found.append((f"{left} @ {right}", (a[0], b[1]) if a[1] == b[0] else None))
    return found


OPERATIONS: Final = {**OPERATORS, "@": "matmul"}
"""The gate of each operator between two nodes."""
