"""What operators and calls do with matrices: evaluates formulas such as `dq @ x.T` to their value or their shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from backprop_tutor.engine import arrays, language
from backprop_tutor.engine.array_functions import (
    FUNCTIONS,
    KNOWN,
    OPERATIONS,
    Function,
    function_called,
    stretched_shape,
)
from backprop_tutor.engine.arrays import Matrix, Misfit
from backprop_tutor.engine.evaluate import apply, folded, function_of, unknown_name
from backprop_tutor.engine.gate import CONSTANTS, Gate
from backprop_tutor.engine.graph import Shape
from backprop_tutor.engine.language import Step, cut, parse, tokens
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import Span, nearest

Operand = Matrix | float
"""On the stack: an array, or a bare number, which multiplies next to `@`."""


_MOST_WORK: Final = 150_000
"""The most multiplications and additions of one formula: the largest product of an exercise has 17,000."""


class ShapesDoNotFit(Fault):
    """Two shapes at an operator or a gate that accepts neither, and what would fit."""

    says = "{what}"


ALSO: Final = {"average": "mean", "conv2d": "conv", "conv1d": "conv", "max_pool": "maxpool", "max_pool2d": "maxpool",
    "logsumexp": "log(sum(exp(x)))", "mm": "a @ b", "norm": "sqrt(sum(x^2))",
    "relu_": "relu", "CrossEntropyLoss": "cross_entropy", "einsum": "a @ b", "mse": "mean((a - b)^2)"}  # fmt: skip
"""What to write for other words."""


@cache
def compiled(formula: str) -> list[Step]:
    """The postfix steps of one of our own formulas."""
    return parse(tokens(formula, of_arrays=True), (0, len(formula)))


def value_of(formula: str, names: Mapping[str, Operand]) -> Matrix:
    """The value of one of our own formulas at arrays. Raises Misfit, ArithmeticError, ValueError."""
    return as_array(folded(compiled(formula), lambda step, operands: _value(step, operands, names)))


def as_array(operand: Operand) -> Matrix:
    """An array; a bare number becomes 1 × 1."""
    return operand if isinstance(operand, list) else [[operand]]


def _value(step: Step, operands: Sequence[Operand], names: Mapping[str, Operand]) -> Operand:
    if step.kind == "name":
        found = names.get(step.text, CONSTANTS.get(step.text))
        if found is None:
            raise KeyError(step.text)
        return found
    return value(step, operands)


def value(step: Step, operands: Sequence[Operand]) -> Operand:
    """What a step makes of arrays and bare numbers. Raises Misfit for shapes, ArithmeticError and ValueError outside a
    gate's domain, and a Fault for anything that is not a gate."""
    call = _call(step, operands)
    if call is not None:
        return call.function.value(*map(as_array, call.given), *call.numbers)
    text = "*" if step.text == "@" else step.text
    numbers = [operand for operand in operands if isinstance(operand, float)]
    if len(numbers) == len(operands) and text not in _MASKS:
        return apply(step._replace(text=text), numbers)
    if step.kind == "call":
        return lifted_value(function_of(step), [as_array(operand) for operand in operands])
    if text == "neg":
        return arrays.mapped(lambda entry: -entry + 0.0, as_array(operands[0]))
    return arrays.combined(_ENTRYWISE[text], *map(as_array, operands))


class _Call(NamedTuple):
    """A function of arrays, the arrays that it takes, and the numbers after them."""

    function: Function
    given: Sequence[Any]
    numbers: Sequence[float]


def _call(step: Step, operands: Sequence[Any]) -> _Call | None:
    """The call of a function that a step stands for, with arrays or their shapes. Raises a Fault for a wrong call."""
    text = step.text
    if text in _ENTRYWISE:
        return None
    function = OPERATIONS.get(text) or (function_called(text) if step.kind == "call" else None)
    if function is None or (text == "@" and (isinstance(operands[0], float) or isinstance(operands[1], float))):
        return None  # a bare number next to @ is a factor
    given, more = operands[: function.arity], operands[function.arity :]
    if len(given) < function.arity or len(more) not in function.numbers or (more and not isinstance(more[0], float)):
        raise wrong_call(step, function)
    return _Call(function, given, more)


def shape_of(formula: str, names: Mapping[str, Shape | float]) -> Shape:
    """The shape of one of our own formulas if its names have these shapes. Raises Misfit."""

    def result(step: Step, operands: list[Shape | float]) -> Shape | float:
        if step.kind == "name":
            return names[step.text] if step.text in names else CONSTANTS[step.text]
        numbers = [operand for operand in operands if isinstance(operand, float)]
        if len(numbers) == len(operands) and _call(step, operands) is None:
            return apply(step, numbers)
        return _shape(step, operands)

    found = folded(compiled(formula), result)
    return (1, 1) if isinstance(found, float) else found


def _shape(step: Step, operands: Sequence[Shape | float]) -> Shape:
    call = _call(step, operands)
    if call is not None:
        return call.function.shape(*((1, 1) if isinstance(one, float) else one for one in call.given), *call.numbers)
    shapes = [one for one in operands if isinstance(one, tuple)]
    return stretched_shape(*shapes) if len(shapes) == 2 else shapes[0]


_MASKS: Final = {">": lambda x, y: float(x > y), "<": lambda x, y: float(x < y)}
_ENTRYWISE: Final[dict[str, Callable[[float, float], float]]] = {
    "+": arrays.total, "-": arrays.difference, "*": lambda x, y: x * y, "/": lambda x, y: x / y,
    "^": lambda x, y: x**y, **_MASKS,
}  # fmt: skip


def lifted_value(gate: Gate, operands: Sequence[Matrix], constant: float = 0.0) -> Matrix:
    """The value of a gate of numbers, entry by entry."""
    compute = gate.compute
    if len(operands) == 1:
        return [[compute((entry,), (0,), constant) for entry in row] for row in operands[0]]
    if gate.is_sum:
        return arrays.combined(arrays.difference if "-" in gate.forward else arrays.total, *operands)
    return arrays.combined(lambda x, y: compute((x, y), (0, 1), constant), *operands)


def wrong_call(step: Step, function: Function) -> Fault:
    """A call with too few or too many arguments."""
    name, slots = step.text, "a, b" if function.arity == 2 else "x"
    text = f"{name}({slots})" if 0 in function.numbers else f"{name}({slots}, 2)"
    return language.NotLikeThis(
        step.span, fix=f"{text}, {name}(x, axis=0) or {name}(x, axis=1)" if len(function.numbers) > 1 else text
    )


def gate_in(step: Step) -> Gate | None:
    """The gate of numbers that a call names; None if a function of arrays has the name. Raises a Fault."""
    if function_called(step.text) is not None:
        return None
    if step.text in ALSO:
        raise language.UnknownGate(step.span, name=cut(step.text), suggestion=f" Write {ALSO[step.text]}.")
    try:
        return function_of(step)
    except language.UnknownGate as fault:
        near = nearest(step.text, [*FUNCTIONS, *KNOWN])
        raise (language.UnknownGate(step.span, name=cut(step.text), suggestion=near) if near else fault) from None


def evaluate(steps: Sequence[Step], names: Mapping[str, Operand], known: str = "a node of this graph") -> Operand:
    """The value of postfix steps at these arrays, as a student typed them; `known` says what a name must be. Raises the
    Fault of the first step without a value: ShapesDoNotFit, with what would fit, if shapes do not go together;
    NotArithmetic before an array is made that is too large."""
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
            written = [cut(one.text).replace("∂", "d") if one.kind == "name" else "(...)" for _, one, _ in taken]
            shapes = [arrays.shape_of(as_array(operand)) for operand in operands]
            raise ShapesDoNotFit(whole, what=f"{misfit}{advice(step.text, written, shapes)}") from None
        except (ArithmeticError, ValueError, TypeError):
            raise language.UndefinedConstant(whole, written="this", why="an entry has no finite value") from None

    return folded(steps, result)[0]


def _work_of(step: Step, operands: Sequence[Operand], span: Span) -> int:
    """The number of multiplications that a step takes. Raises Misfit; NotArithmetic for a value that is too large."""
    sized = [arrays.shape_of(operand) if isinstance(operand, list) else operand for operand in operands]
    shapes, call = [one for one in sized if isinstance(one, tuple)], _call(step, sized)
    if not shapes and call is None:
        return 1
    shape = _shape(step, sized)
    if arrays.count(shape) > arrays.MOST_ENTRIES:
        what = f"this is {arrays.written_shape(shape)}, but an array may have at most {arrays.MOST_ENTRIES:,} entries."
        raise language.NotArithmetic(span, what=what)
    each = call.function.each(*((1, 1) if isinstance(one, float) else one for one in call.given)) if call else 1
    return arrays.count(shape) * each + sum(map(arrays.count, shapes))


def advice(operator: str, names: Sequence[str], shapes: Sequence[Shape]) -> str:
    """What would fit, for two arrays that do not: ` W.T @ x would fit.`; empty if nothing would."""
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
    """The eight products of two arrays, in either order and each transposed or not, with their shapes; None where they
    do not fit. Those with the fewest changes come first."""
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
