"""Turns a Python function into an exercise: the function runs once, on values that record what happens to them.

What runs is a copy that sees other names: `math`, `max` and helpers in a form that accepts such values. `math.exp(x)`
asks x for a float, which a traced value cannot give, and `max(0, x)` asks which is larger. Nothing outside the copy
changes, as it would if `math` itself were patched."""

from __future__ import annotations

import builtins
import inspect
import json
import math
import operator as op
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from numbers import Real
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, ClassVar, Final, TypeVar

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.compile import written
from backprop_tutor.engine.language import MOST_BYTES, is_name
from backprop_tutor.engine.passes import solve
from backprop_tutor.text import counted, listed, nearest
from backprop_tutor.tracing.tape import FUNCTIONS, ONE_NUMBER, CannotTrace, Tape, Traced, number_of

_AGREES: Final = 1e-6  # relative: a function may compute in single precision


def trace(f: Callable[..., Any], /, **values: Any) -> Exercise:
    """The circuit of a Python function of numbers, as an exercise at these values of its inputs.

    `f` runs once, on values that record what happens to them: `+ - * / **`, `abs`, `max`, `min`, the functions of
    `math`, NumPy and PyTorch that are gates, your own functions, and loops of fixed length. Each operation becomes a
    gate, as in the graph language; gates are named after local variables. `values` are floats, or anything with one
    element and `.item()`. Parameters of `f` without a value keep their defaults, which become constants.

    Raises CannotTrace for anything that cannot become a circuit (a condition on a value, a loop over data, an array),
    and OutOfDomain if a gate has no value at these numbers. Exceptions of `f` itself are passed on.
    """
    return variant(read_exercise(*source_of(f, values)), None)


def source_of(f: Callable[..., Any], values: Mapping[str, Any]) -> tuple[str, str]:
    """The exercise that `trace` gives, as the text of its file in YAML, and its id. Raises what `trace` raises."""
    if not callable(f):
        raise CannotTrace(f"trace takes a function, not a {type(f).__name__}.")
    name = _name_of(f)
    numbers = {each: _number(each, value) for each, value in values.items()}
    if not numbers:
        raise CannotTrace(f"{name} needs a number for each of its inputs, as in bt.trace({name}, x=-2, y=5).")
    tape = Tape(numbers)
    graph = tape.graph(_output(tape, _run(tape, f, name), name), name)
    _check_value(f, name, numbers, solve(graph, numbers).values[graph.output])
    text = written(graph)
    if len(text.encode()) > MOST_BYTES:
        raise CannotTrace(f"{name} makes too large a circuit: {len(graph.gate_names):,} gates.")
    keys = {"title": f"{name}({', '.join(numbers)})", "graph": text, "inputs": numbers, "output": graph.output_name}
    return json.dumps(keys, ensure_ascii=False), name  # JSON is YAML


def _name_of(f: object) -> str:
    """The function's name; f for a lambda."""
    name = getattr(getattr(f, "func", f), "__name__", type(f).__name__)  # for a partial, that of the whole function
    return name if is_name(name) else "f"


def _number(name: str, value: Any) -> float:
    try:
        number = number_of(value)
    except CannotTrace as error:
        raise CannotTrace(f"{name} {error.what}") from None
    if number is None:
        advice = f" {ONE_NUMBER}" if isinstance(value, Sequence | Mapping) and not isinstance(value, str) else ""
        raise CannotTrace(f"{name} is not a number but {value!r:.40}.{advice}")
    return number


def _run(tape: Tape, f: Callable[..., Any], name: str) -> Any:
    """What the function returns for traced values. Raises CannotTrace, and whatever the function raises."""
    copy = Copies(tape, f).of_callable(f)
    is_profiled = sys.getprofile() is not None  # a profiler is running: then the gates go without names
    try:
        if not is_profiled:
            sys.setprofile(tape.note_names)
        return _called(copy, f, dict(zip(tape.names, tape.inputs, strict=True)))
    except RecursionError:
        raise CannotTrace(f"{name} calls itself without end.") from None
    except (TypeError, AttributeError) as error:
        _check_parameters(f, name, tape.names)
        if Traced.__name__ in str(error) or isinstance(getattr(error, "obj", None), Traced):
            what = f"{name} treats a traced value as a plain number"
            raise CannotTrace(f"{what}: {error}.") from error
        raise
    finally:
        if not is_profiled:
            sys.setprofile(None)


def _called(f: Callable[..., Any], described: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    """What `f` returns for values by name, passed as the signature of the `described` function requires; values that it
    does not name become its `*rest`, in order."""
    try:
        parameters = inspect.signature(described).parameters
    except ValueError:  # some functions written in C have none
        return f(*values.values())
    kinds = {each.kind for each in parameters.values()}
    has_rest = inspect.Parameter.VAR_POSITIONAL in kinds and inspect.Parameter.VAR_KEYWORD not in kinds
    in_order = {
        name: values[name]
        for name, each in parameters.items()
        if name in values and (each.kind is each.POSITIONAL_ONLY or (has_rest and each.kind is not each.KEYWORD_ONLY))
    }
    if has_rest:
        in_order |= {name: value for name, value in values.items() if name not in parameters}
    return f(*in_order.values(), **{name: value for name, value in values.items() if name not in in_order})


def _check_parameters(f: Callable[..., Any], name: str, names: Sequence[str]) -> None:
    """Raises CannotTrace if a function has inputs other than those that were given."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except ValueError:
        return
    plain = [each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    lacking = [each.name for each in plain if each.default is each.empty and each.name not in names]
    if lacking:
        example = ", ".join(f"{each}=2" for each in lacking)
        raise CannotTrace(f"{name} also needs {listed(lacking)}. Give numbers for all inputs, such as {example}.")
    known = [each.name for each in plain]
    strange = [each for each in names if each not in known]
    if strange and len(plain) == len(parameters):
        raise CannotTrace(f"{name} has no input {strange[0]}.{nearest(strange[0], known)}")


def _output(tape: Tape, result: Any, name: str) -> int:
    """The node that the function returns. Raises CannotTrace if it returns none, or if something was refused."""
    if tape.refused is not None:  # and the function has caught the exception
        raise tape.refused
    if isinstance(result, Traced):
        if result.node >= len(tape.names):
            return result.node
        raise CannotTrace(f"{name} returns its input {tape.names[result.node]}: there is no gate.")
    if result is None:
        raise CannotTrace(f"{name} returns nothing. Is its return statement missing?")
    size = math.prod(getattr(result, "shape", ())) if hasattr(result, "shape") else 1
    if isinstance(result, list | tuple | dict | set):
        size = len(result)
    if size != 1 or isinstance(result, list | tuple | dict | set):
        raise CannotTrace(f"{name} returns {counted(size, 'result')} in a {type(result).__name__}. A circuit has one.")
    if isinstance(result, Real) or hasattr(result, "item"):
        raise CannotTrace(f"what {name} returns does not depend on {listed(tape.names, 'or')}.")
    raise CannotTrace(f"{name} returns a {type(result).__name__}, not a number.")


def _check_value(f: Callable[..., Any], name: str, numbers: Mapping[str, float], value: float) -> None:
    """Raises CannotTrace if the function itself returns a value other than its circuit's."""
    try:
        own = float(_called(f, f, numbers))
    except Exception:  # noqa: BLE001  floats may not be what it takes, as where it calls PyTorch
        return
    if not math.isclose(own, value, rel_tol=_AGREES, abs_tol=_AGREES):
        raise CannotTrace(
            f"{name} returns {own:.6g} here, but the circuit of its operations gives {value:.6g}. Something in it "
            f"changes from call to call, or depends on the type of value that it gets."
        )


_T = TypeVar("_T")
_GATES: Final = [getattr(builtins, name) for name in FUNCTIONS if hasattr(builtins, name)]
"""The gates that Python has without an import: `abs`, `max`, `min`."""
_PLAIN: Final = (float, int, str, bytes, type(None))  # the types of most data that a function names
_LIBRARIES: Final = tuple({sysconfig.get_path(key) for key in ("stdlib", "platstdlib", "purelib", "platlib")})


class Copies:
    """Copies of functions and of what they name, each made once, so that functions that call one another still do."""

    def __init__(self, tape: Tape, function: object) -> None:
        self._tape = tape
        self._home = (getattr(function, "__module__", None) or "").partition(".")[0]
        self._made: dict[int, tuple[object, Any]] = {}  # with the originals, so that their ids stay taken
        self._builtins = {**vars(builtins), "__import__": self._import}
        self._builtins |= {called.__name__: self._following(called, called.__name__) for called in _GATES}

    def of(self, value: Any) -> Any:
        """What a value becomes while the function is traced: itself, if it needs no copy."""
        if isinstance(value, _PLAIN):
            return value
        if id(value) in self._made:
            return self._made[id(value)][1]
        for kind, copy in self._KINDS.items():
            if isinstance(value, kind):
                return copy(self, value)
        if isinstance(getattr(value, "__wrapped__", None), FunctionType):  # of functools.cache, which is written in C
            return self.of(value.__wrapped__)
        return value

    def of_callable(self, value: Any) -> Any:
        """The same for what is called first, which may be an object of the student's own class."""
        method = getattr(type(value), "__call__", None)  # noqa: B004  the method is wanted, not whether there is one
        return MethodType(self.of(method), value) if isinstance(method, FunctionType) else self.of(value)

    def _function(self, original: FunctionType) -> Any:
        if not self._is_ours(original.__module__, original.__code__.co_filename):
            return original
        cells = tuple(map(self._cell, original.__closure__ or ()))
        names = self._names(original.__globals__)
        copy = self._keep(original, FunctionType(original.__code__, names, original.__name__, None, cells))
        # Only after it is stored, since what it names may name it in turn.
        copy.__defaults__, copy.__kwdefaults__ = self.of(original.__defaults__), self.of(original.__kwdefaults__)
        for code in _codes(original.__code__):
            self._tape.codes.add(code)
            names |= {name: self.of(original.__globals__[name]) for name in code.co_names if name in names}
        return copy

    def _names(self, original: dict[str, Any]) -> dict[str, Any]:
        """The globals of a module; those that a function names are copied as they are."""
        if id(original) not in self._made:
            self._keep(original, {**original, "__builtins__": self._builtins})
        return self._made[id(original)][1]  # type: ignore[no-any-return]

    def _cell(self, original: CellType) -> CellType:
        if id(original) not in self._made:
            copy = self._keep(original, CellType())
            with suppress(ValueError):  # an empty cell
                copy.cell_contents = self.of(original.cell_contents)
        return self._made[id(original)][1]  # type: ignore[no-any-return]

    def _method(self, original: MethodType) -> Any:
        return MethodType(self.of(original.__func__), original.__self__)

    def _builtin(self, original: Any) -> Any:
        if original in _GATES:
            return self._builtins[original.__name__]
        return self._following(original, f"math.{original.__name__}") if original.__self__ is math else original

    def _module(self, original: ModuleType) -> Any:
        file = getattr(original, "__file__", None)  # none, if it is part of Python
        is_ours = original is math or (file is not None and self._is_ours(original.__name__, file))
        return self._keep(original, _Module(original, self)) if is_ours else original

    def _partial(self, original: partial[Any]) -> Any:
        return partial(self.of(original.func), *map(self.of, original.args), **self._mapping(original.keywords))

    def _sequence(self, original: Any) -> Any:
        copied = [self.of(each) for each in original]
        is_same = all(map(op.is_, copied, original))
        return original if is_same or type(original) not in (list, tuple) else type(original)(copied)

    def _mapping(self, original: Any) -> Any:
        copied = {key: self.of(each) for key, each in original.items()}
        is_same = all(map(op.is_, copied.values(), original.values()))
        return original if is_same or type(original) is not dict else copied

    _KINDS: ClassVar[dict[type, Callable[[Copies, Any], Any]]] = {
        FunctionType: _function, MethodType: _method, BuiltinFunctionType: _builtin, ModuleType: _module,
        partial: _partial, list: _sequence, tuple: _sequence, dict: _mapping,
    }  # fmt: skip

    def _keep(self, original: object, copy: _T) -> _T:
        self._made[id(original)] = original, copy
        return copy

    def _is_ours(self, module: str | None, file: str) -> bool:
        """Whether code belongs to the function's own package, or to no library: other functions are called as they
        are."""
        return (module or "").partition(".")[0] == self._home or not file.startswith(_LIBRARIES)

    def _import(self, *given: Any, **named: Any) -> Any:
        return self.of(builtins.__import__(*given, **named))

    def _following(self, called: Callable[..., Any], name: str) -> Callable[..., Any]:
        """A function written in C that makes a gate if a traced value is among its arguments."""

        def follow(*values: Any, **options: Any) -> Any:
            nested = values[0] if len(values) == 1 and isinstance(values[0], list | tuple) else values
            if any(isinstance(value, Traced) for value in nested):
                return self._tape.call(called, name, values, options)
            return called(*values, **options)

        return follow


class _Module:
    """A module whose attributes are all copies, made when they are needed."""

    def __init__(self, module: ModuleType, copies: Copies) -> None:
        self._module, self._copies = module, copies

    def __getattr__(self, name: str) -> Any:
        return self._copies.of(getattr(self._module, name))


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of a function and of everything that is defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
