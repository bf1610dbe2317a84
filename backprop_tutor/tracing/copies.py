"""Copies a function so that it sees other names: `math`, `max` and helpers in a form that accepts traced values.

`math.exp(x)` asks x for a float, which a traced value cannot give, and `max(0, x)` asks which is larger. Nothing
outside the copy changes, as it would if `math` itself were patched."""

from __future__ import annotations

import builtins
import math
import operator as op
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, ClassVar, Final, TypeVar

from backprop_tutor.tracing.tape import FUNCTIONS, Tape, Traced

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
