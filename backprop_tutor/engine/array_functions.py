"""Every function of arrays, once: its value, its shape, and the circuit of gates of one number behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import reduce
from typing import Final, Protocol

from backprop_tutor.engine import arrays
from backprop_tutor.engine.arrays import Matrix, Misfit, Size
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.graph import GraphBuilder, Shape
from backprop_tutor.fields import NamedTuple

Nodes = list[list[int]]
"""The node of each entry of an array, row by row."""


class Function(NamedTuple):
    """A function of arrays: its value, its shape (which raises Misfit), the circuit behind it (None if none is ever
    shown), how many arrays it takes, and how many `numbers` may follow them (an axis, the size of a block). `each`
    gives, from the arrays' shapes, how many multiplications one entry of the value takes."""

    value: Callable[..., Matrix]
    shape: Callable[..., Shape]
    circuit: Callable[..., Nodes] | None = None
    arity: int = 1
    numbers: Collection[int] = (0,)
    each: Callable[..., int] = lambda *_: 1


def _axis(axis: float | None) -> int | None:
    if axis is None:
        return None
    if axis not in (0, 1, -1, -2):
        raise Misfit(f"the axis must be 0 (down the columns) or 1 (along the rows), not {axis:g}.")
    return int(axis) % 2


def whole_axis(shape: Shape, axis: float | None = None) -> int:
    """The axis along which softmax adds up: that of a single column as a whole, otherwise each row."""
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
    """The shape of two arrays combined entry by entry. Raises Misfit."""
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
    """The shape of the losses: one for each row of scores, or one for a single column. Raises Misfit."""
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


def _outer(a: Matrix, b: Matrix) -> Matrix:
    return [[x * y for y in arrays.entries(b)] for x in arrays.entries(a)]


def _dot_shape(a: Shape, b: Shape) -> Shape:
    if a[1] == b[0]:  # as in NumPy, if arrays have two dimensions
        return product_shape(a, b)
    one, other = _outer_shape(a, b)
    if one != other:
        raise Misfit(f"{arrays.written_shape(a)} and {arrays.written_shape(b)} are vectors of different lengths.")
    return 1, 1


def _dot(a: Matrix, b: Matrix) -> Matrix:
    if len(a[0]) == len(b):
        return arrays.product(a, b)
    return [[arrays.added([x * y for x, y in zip(arrays.entries(a), arrays.entries(b), strict=True)])]]


def _vectors(*shapes: Shape) -> None:
    for shape in shapes:
        if 1 not in shape:
            raise Misfit(
                f"outer and dot take vectors, not {arrays.written_shape(shape)}. Use @ for the matrix product."
            )


def cross_entropy(scores: Matrix, labels: Matrix) -> Matrix:
    """-log of the softmax at the label, for each row, or for a single column as a whole."""
    axis = whole_axis(arrays.shape_of(scores))
    logs = arrays.mapped(lambda p: GATES["log"].function(p), arrays.softmax(scores, axis))
    terms = arrays.combined(lambda label, log: -label * log if label else 0.0, labels, logs)
    return arrays.summed(terms, axis)


def sum_of(builder: GraphBuilder, terms: Sequence[int]) -> int:
    """The node of a sum."""
    return reduce(lambda one, other: builder.gate("add", one, other), terms)


def _product(builder: GraphBuilder, a: Nodes, b: Nodes) -> Nodes:
    columns = _turned(builder, b)
    return [
        [sum_of(builder, [builder.gate("mul", x, y) for x, y in zip(row, column, strict=True)]) for column in columns]
        for row in a
    ]


def _turned(_: object, nodes: Nodes) -> Nodes:
    return [list(column) for column in zip(*nodes, strict=True)]


def _summed(builder: GraphBuilder, nodes: Nodes, axis: float | None = None) -> Nodes:
    if axis is None:
        return [[sum_of(builder, [node for row in nodes for node in row])]]
    lines = nodes if axis == 1 else _turned(builder, nodes)
    sums = [[sum_of(builder, line)] for line in lines]
    return sums if axis == 1 else _turned(builder, sums)


def _averaged(builder: GraphBuilder, nodes: Nodes, axis: float | None = None) -> Nodes:
    sums = _summed(builder, nodes, axis)
    number = len(nodes) * len(nodes[0]) // (len(sums) * len(sums[0]))
    return [[builder.gate("scale", one, constant=1 / number) for one in row] for row in sums]


def _softmax(builder: GraphBuilder, nodes: Nodes, axis: float | None = None) -> Nodes:
    along = whole_axis((len(nodes), len(nodes[0])), axis)
    found: Nodes = []
    for line in nodes if along == 1 else _turned(builder, nodes):
        powers = [builder.gate("exp", node) for node in line]
        whole = sum_of(builder, powers)
        found.append([builder.gate("div", power, whole) for power in powers])
    return found if along == 1 else _turned(builder, found)


def _losses(builder: GraphBuilder, scores: Nodes, labels: Nodes) -> Nodes:
    along = whole_axis((len(scores), len(scores[0])))
    terms = [
        [builder.gate("mul", label, builder.gate("log", p)) for label, p in zip(*rows, strict=True)]
        for rows in zip(labels, _softmax(builder, scores, along), strict=True)
    ]
    return [[builder.gate("scale", one, constant=-1.0) for one in row] for row in _summed(builder, terms, along)]


def _correlated(builder: GraphBuilder, array: Nodes, kernel: Nodes) -> Nodes:
    high, wide = len(kernel), len(kernel[0])
    places = [(row, column) for row in range(high) for column in range(wide)]
    return [
        [
            sum_of(builder, [builder.gate("mul", array[top + r][left + c], kernel[r][c]) for r, c in places])
            for left in range(len(array[0]) - wide + 1)
        ]
        for top in range(len(array) - high + 1)
    ]


def _pooled(builder: GraphBuilder, array: Nodes, size: float) -> Nodes:
    width = int(size)
    places = [(row, column) for row in range(width) for column in range(width)]
    return [
        [
            reduce(lambda one, other: builder.gate("max", one, other), [array[top + r][left + c] for r, c in places])
            for left in range(0, len(array[0]), width)
        ]
        for top in range(0, len(array), width)
    ]


FUNCTIONS: Final[dict[str, Function]] = {
    "sum": Function(lambda x, axis=None: arrays.summed(x, _axis(axis)), reduced, _summed, numbers=(0, 1)),
    "mean": Function(lambda x, axis=None: arrays.averaged(x, _axis(axis)), reduced, _averaged, numbers=(0, 1)),
    "softmax": Function(
        lambda x, axis=None: arrays.softmax(x, whole_axis(arrays.shape_of(x), axis)), _same, _softmax, numbers=(0, 1)
    ),
    "cross_entropy": Function(cross_entropy, losses_shape, _losses, 2),
    "conv": Function(arrays.correlated, kernel_shape, _correlated, 2, each=lambda _, kernel: arrays.count(kernel)),
    "maxpool": Function(arrays.pooled, pooled_shape, _pooled, numbers=(1,)),
    "outer": Function(_outer, _outer_shape, arity=2),
    "dot": Function(_dot, _dot_shape, arity=2, each=lambda a, _: a[1]),
    "matmul": Function(arrays.product, product_shape, _product, 2, each=lambda a, _: a[1]),
    "transpose": Function(arrays.transposed, lambda shape: (shape[1], shape[0]), _turned),
    "flip": Function(arrays.flipped, _same),
    "pad": Function(arrays.padded, _padded_shape, arity=2),
    "spread": Function(arrays.spread, _spread_shape, numbers=(1,)),
    "peaks": Function(arrays.peaks, _same, numbers=(1,)),
}  # fmt: skip
"""What a formula of arrays may call besides the gates of numbers, which work entry by entry, and the gates of arrays,
which may be composed of these. The last four are what the gradients of `conv` and `maxpool` are written in."""
OPERATIONS: Final = {"@": FUNCTIONS["matmul"], "T": FUNCTIONS["transpose"]}
"""The functions that are written as operators."""


class Callee(Protocol):
    """A gate of arrays as a formula calls it."""

    @property
    def as_function(self) -> Function:
        """Its value and its shape."""


KNOWN: Final[dict[str, Callee]] = {}
"""The gates of arrays by name: `engine.array_gates` fills it with its table."""


def function_called(name: str) -> Function | None:
    """The function of arrays that a formula calls by this name."""
    return FUNCTIONS.get(name) or (KNOWN[name].as_function if name in KNOWN else None)
