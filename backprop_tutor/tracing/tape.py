"""Values that record what happens to them, each operation as a gate of the circuit; a function is the gate that gives
the same numbers."""

from __future__ import annotations

import linecache
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from numbers import Real
from types import CodeType, FrameType
from typing import Any, Final, NoReturn

from backprop_tutor.engine.compile import MOST_GATES, output_name
from backprop_tutor.engine.evaluate import apply, made
from backprop_tutor.engine.gate import CONSTANTS
from backprop_tutor.engine.gates import GATES, OPERATORS
from backprop_tutor.engine.graph import Graph, GraphBuilder
from backprop_tutor.engine.language import Step
from backprop_tutor.errors import Fault, TutorError
from backprop_tutor.text import listed, nearest_names, shortened, visible

FUNCTIONS: Final = {name: gate.arity for name, gate in GATES.items() if gate.is_function}
"""The gates that are written as a call, and the number of inputs of each."""

_NOWHERE: Final = (0, 0)  # a step that was not read from a text has no place in one
_PROBES: Final = (0.3, -0.8, 2.5, -7.5, 30.0)  # both signs, small and large: clipped at 6 or 20 is not a ReLU
_CLOSE: Final = 1e-9

Pattern = tuple[Any, ...]
"""The arguments of a call: None for each input of the gate, anything else unchanged."""


def operator(symbol: str, arity: int = 2) -> Step:
    """An operator of the language: `+ - * / ^`, or `neg` with one operand."""
    return Step("operator", symbol, _NOWHERE, arity)


def function(name: str) -> Step:
    """A gate of the language that is written as a call."""
    return Step("call", name, _NOWHERE, FUNCTIONS[name])


_STEPS: Final = (*map(operator, (*OPERATORS, "^")), operator("neg", 1), *map(function, FUNCTIONS))


@lru_cache(maxsize=512)
def step_of(
    called: Callable[..., Any], pattern: Pattern, options: Pattern, number: Callable[[float], Any], in_list: bool
) -> Step | None:
    """The step that a function is when it is called in this way; None if it is none. With three inputs or more, a step
    of two is repeated, as in max(a, b, c). `options` are pairs of names and values, `number` converts a number for the
    function, and all inputs may be `in_list`, as in max([a, b])."""
    arity = pattern.count(None)
    for step in _STEPS:
        if (step.arity == arity or step.arity == 2 < arity) and _is_same(
            step, called, pattern, options, number, in_list
        ):
            return step
    return None


def _is_same(
    step: Step,
    called: Callable[..., Any],
    pattern: Pattern,
    options: Pattern,
    number: Callable[[float], Any],
    in_list: bool,
) -> bool:
    """Whether a function gives the same as a step, wherever that is defined."""
    compared, arity = 0, pattern.count(None)
    for start in range(len(_PROBES)):
        operands = [_PROBES[(start + place) % len(_PROBES)] for place in range(arity)]
        try:
            expected = _done(step, operands)
        except Fault:
            continue
        probes = map(number, operands)
        values = [next(probes) if value is None else value for value in pattern]
        try:
            found = float(called(*([values] if in_list else values), **dict(options)))
        except (ArithmeticError, ValueError, TypeError, RuntimeError):
            return False
        if not math.isclose(found, expected, rel_tol=_CLOSE):
            return False
        compared += 1
    return compared > 0


def _done(step: Step, operands: Sequence[float]) -> float:
    result = apply(step, operands[: step.arity])
    for operand in operands[step.arity :]:
        result = apply(step, [result, operand])
    return result


ONE_NUMBER: Final = "A wire of a circuit carries one number, so give each number a name of its own: x1, x2."
_NEUTRAL: Final = {"+": 0.0, "-": 0.0, "*": 1.0, "/": 1.0, "^": 1.0}
"""Constants that change nothing: `sum` begins at 0, a product at 1, and neither makes a gate."""
_LONGEST_LINE: Final = 60
_CONDITION: Final = (
    "a circuit cannot contain a condition: it is the same circuit at all numbers. Use max, min or abs, the gates that "
    "choose: max(0, x) is a ReLU."
)
_NUMBER: Final = (
    "a plain number is needed here, but a traced value is not one. float, int and round cannot be traced, nor can "
    "`math` "
    "inside a class or a library: write that as a function of your own."
)
_DATA: Final = f"a traced value cannot be looped over, counted or indexed. {ONE_NUMBER}"
_ARRAY: Final = f"arrays cannot be traced. {ONE_NUMBER}"


class CannotTrace(TutorError):
    """A function that cannot become a circuit: `what` is wrong, and in which `line` of it."""

    def __init__(self, what: str, line: str = "") -> None:
        super().__init__(what, line)
        self.what, self.line = what, line

    def __str__(self) -> str:
        return f"{self.line}{self.what}"


class Tape:
    """A circuit while it is recorded, and the names that its gates had in the function."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(names)
        self.codes: set[CodeType] = set()
        self.refused: CannotTrace | None = None
        self._builder = GraphBuilder()
        self.inputs = [Traced(self, self._builder.input(name)) for name in self.names]
        self._held: list[list[tuple[str, int]]] = []

    def operation(self, step: Step, values: Sequence[Any]) -> Any:
        """An operator or a gate applied to traced values and numbers; NotImplemented if an operand is neither. Raises
        CannotTrace."""
        operands = [self._operand(value) for value in values]
        known = [operand for operand in operands if operand is not None]
        if len(known) < len(operands):
            return NotImplemented
        neutral = _NEUTRAL.get(step.text)
        if neutral is not None and isinstance(known[1], float) and known[1] == neutral:
            return values[0]
        if neutral is not None and isinstance(known[0], float) and known[0] == neutral and step.text in "+*":
            return values[1]
        try:
            result = made(self._builder, step, known)
        except Fault as fault:
            raise self.refuse(str(fault)) from None
        if len(self._builder.labels) > MOST_GATES + len(self.names):
            raise self.refuse(f"this makes more than {MOST_GATES:,} gates. Does it end?")
        return result if isinstance(result, float) else Traced(self, result)

    def _operand(self, value: Any) -> float | int | None:
        """A constant as a float, a traced value as its node, None for anything else. Raises CannotTrace."""
        if isinstance(value, Traced):
            if value.tape is not self:
                raise self.refuse("this value belongs to another trace.")
            return value.node
        try:
            return float(value) if isinstance(value, bool) else number_of(value)
        except CannotTrace as error:
            raise self.refuse(f"a constant {error.what}") from None

    def call(
        self, called: Any, name: str, values: Sequence[Any], options: Mapping[str, Any],
        number: Callable[[float], Any] = float,
    ) -> Any:  # fmt: skip
        """The gate that a function of Python, NumPy or PyTorch is, applied to traced values. `number` converts a number
        for the function. Raises CannotTrace if it is not a gate."""
        in_list = len(values) == 1 and isinstance(values[0], list | tuple)  # max([x, y])
        values = values[0] if in_list else values
        for inputs in (values, [value for value in values if isinstance(value, Traced)]):
            # A constant may be an input of the gate, max(0, x), or part of the function, leaky_relu(x, 0.01).
            pattern = tuple(None if any(value is each for each in inputs) else value for value in values)
            try:
                step = step_of(called, pattern, tuple(options.items()), number, in_list)
            except TypeError:  # arguments that cannot be looked up, such as lists
                continue
            result = NotImplemented if step is None else self._repeated(step, inputs)
            if result is not NotImplemented:
                return result
        raise self._no_gate(name)

    def _repeated(self, step: Step, inputs: Sequence[Any]) -> Any:
        """A step applied to its inputs; if there are more than it takes, to the first ones, then to the result and the
        next one."""
        result = self.operation(step, inputs[: step.arity])
        for value in inputs[step.arity :]:
            result = self.operation(step, [result, value])
        return result

    def _no_gate(self, name: str) -> CannotTrace:
        """A function that is not a gate, with the gate whose name is most similar."""
        own = name.rpartition(".")[2]
        like = own if own in FUNCTIONS else next(iter(nearest_names(own, FUNCTIONS)), "")
        form = ", called in this way," if like == own else ""
        gates = f"The nearest is {GATES[like].notation}." if like else f"The gates are {listed(FUNCTIONS)}."
        return self.refuse(f"{name}{form} is not a gate. {gates} Write it out with gates and + - * / **.")

    def refuse(self, what: str) -> CannotTrace:
        """Something that cannot be traced, with the line that is being run; it is stored, in case the function catches
        it."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code not in self.codes:
            frame = frame.f_back
        line = ""
        if frame is not None:
            source = linecache.getline(frame.f_code.co_filename, frame.f_lineno, frame.f_globals).strip()
            shown = f", `{shortened(visible(source), _LONGEST_LINE)}`" if source else ""
            line = f"line {frame.f_lineno}{shown}: "
        error = CannotTrace(what, line)
        self.refused = self.refused or error
        return error

    def note_names(self, frame: FrameType, event: str, _: object) -> None:
        """Runs as a profiler: notes which gates the local variables of a function hold as it returns. Only this works
        the same way in every version of Python: assignments are visible only in bytecode, which changes from version to
        version."""
        code = frame.f_code
        if event == "return" and code in self.codes and not code.co_name.startswith("<"):
            given = {*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]}
            here = ((name, value) for name, value in frame.f_locals.items() if name not in given)
            self._held.append([(name, value.node) for name, value in here if isinstance(value, Traced)])

    def graph(self, output: int, name: str) -> Graph:
        """Everything that reaches the output, which is called by its own name if it has one, otherwise by this one.
        Raises CannotTrace."""
        whole = self._builder.build(output)
        reached = {output}
        for node in range(output, -1, -1):
            if node in reached:
                reached.update(whole.inputs[node])
        unused = [each for node, each in enumerate(self.names) if node not in reached]
        if unused:
            raise CannotTrace(f"what {name} returns does not depend on {listed(unused, 'or')}. Leave it out.")
        labels = self._labels(reached)
        labels.setdefault(output, output_name(labels.values(), name))
        place = {node: number for number, node in enumerate(sorted(reached))}
        rows = [
            (gate, tuple(place[source] for source in sources), constant)
            for gate, sources, constant in (whole.rows[node] for node in place)
        ]
        return Graph(rows, [labels.get(node) for node in place], place[output])

    def _labels(self, reached: set[int]) -> dict[int, str]:
        """The names of the inputs, and of the gates that a variable held; several with one name are numbered."""
        labels = dict(enumerate(self.names))
        named: dict[int, str] = {}
        for held in reversed(self._held):  # the function itself, which returned last, counts before its helpers
            for name, node in held:
                if node in reached and node not in labels and not name.startswith("_"):
                    named.setdefault(node, name)
        taken = {*self.names, *CONSTANTS, *GATES}
        nodes_of = {name: [node for node in sorted(named) if named[node] == name] for name in {*named.values()} - taken}
        taken |= {name for name, nodes in nodes_of.items() if len(nodes) == 1}
        for name, nodes in sorted(nodes_of.items()):
            numbered = _numbered(name, taken) if len(nodes) > 1 else iter([name])
            labels |= zip(nodes, numbered, strict=False)
            taken.update(labels.values())
        return labels


def _numbered(name: str, taken: set[str]) -> Iterator[str]:
    mark = "_" if name[-1].isdigit() else ""
    return (each for number in count(1) if (each := f"{name}{mark}{number}") not in taken)


def number_of(value: Any) -> float | None:
    """A program's number as a float: a Python number, or anything with one element and `.item()`. None if it is not a
    number. Raises CannotTrace for an array, and for a number that is not finite."""
    if not isinstance(value, Real) and hasattr(value, "item"):
        shape = tuple(getattr(value, "shape", ()))
        if math.prod(shape) != 1:
            raise CannotTrace(f"is an array of shape {shape}: {_ARRAY}")
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise CannotTrace(f"is {number}: a circuit can only contain finite numbers.")
    return number


def _operator(symbol: str) -> tuple[Callable[[Traced, object], Any], Callable[[Traced, object], Any]]:
    step = operator(symbol)
    return (
        lambda value, other: value.tape.operation(step, [value, other]),
        lambda value, other: value.tape.operation(step, [other, value]),
    )


def _refusing(what: str) -> Any:
    def refuse(value: Traced, *_: object, **__: object) -> NoReturn:
        raise value.tape.refuse(what)

    return refuse


def _unary(symbol: str) -> Any:
    return _refusing(f"{symbol} is not a gate. The operators of a circuit are + - * / **.")


class Traced:
    """A number in a traced function: a node of its circuit."""

    __slots__ = ("node", "tape")

    def __init__(self, tape: Tape, node: int) -> None:
        self.tape, self.node = tape, node

    def __repr__(self) -> str:
        names = self.tape.names
        return f"<traced {names[self.node] if self.node < len(names) else 'gate'}>"

    def __format__(self, _: str) -> str:
        return repr(self)

    __add__, __radd__ = _operator("+")
    __sub__, __rsub__ = _operator("-")
    __mul__, __rmul__ = _operator("*")
    __truediv__, __rtruediv__ = _operator("/")
    __pow__, __rpow__ = _operator("^")

    def __neg__(self) -> Any:
        return self.tape.operation(operator("neg", 1), [self])

    def __pos__(self) -> Traced:
        return self

    def __abs__(self) -> Any:
        return self.tape.operation(function("abs"), [self])

    def __getattr__(self, name: str) -> Any:
        """A gate as a method, `z.tanh()`, as teaching engines and PyTorch write it. Raises AttributeError."""
        if name in FUNCTIONS:
            return lambda *others: self.tape.operation(function(name), [self, *others])
        raise AttributeError(f"it has no {name}", name=name, obj=self)

    def __array_ufunc__(self, ufunc: Any, method: str, *values: Any, **options: Any) -> Any:
        name = f"numpy.{ufunc.__name__}"
        if method != "__call__":
            raise self.tape.refuse(f"{name}.{method} is not a gate.")
        with sys.modules["numpy"].errstate(all="ignore"):  # the function that is tried may be outside its domain
            return self.tape.call(ufunc, name, values, options)

    def __array_function__(self, called: Any, _: Any, values: Sequence[Any], options: Mapping[str, Any]) -> Any:
        return self.tape.call(called, f"numpy.{called.__name__}", values, options)

    @classmethod
    def __torch_function__(
        cls, called: Any, _: Any, values: Sequence[Any] = (), options: Mapping[str, Any] | None = None
    ) -> Any:
        torch: Any = sys.modules["torch"]
        nested = [each for value in values for each in (value if isinstance(value, list | tuple) else [value])]
        traced = next(value for value in nested if isinstance(value, cls))
        return traced.tape.call(
            called, f"torch.{called.__name__}", values, options or {},
            lambda number: torch.tensor(number, dtype=torch.float64),
        )  # fmt: skip

    __hash__ = object.__hash__
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __bool__ = _refusing(_CONDITION)
    __float__ = __int__ = __index__ = __complex__ = __round__ = __trunc__ = __floor__ = __ceil__ = _refusing(_NUMBER)
    __iter__ = __len__ = __getitem__ = __contains__ = _refusing(_DATA)
    __array__ = _refusing(_ARRAY)
    __mod__ = __rmod__ = _unary("%")
    __floordiv__ = __rfloordiv__ = _unary("//")
    __divmod__ = __rdivmod__ = _unary("divmod")
    __matmul__ = __rmatmul__ = _unary("@")
    __and__ = __rand__ = _unary("&")
    __or__ = __ror__ = _unary("|")
    __xor__ = __rxor__ = _unary("^")
    __invert__ = _unary("~")
