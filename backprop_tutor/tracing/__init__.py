"""Turns a Python function into an exercise: the function runs once, on values that record what happens to them."""

from __future__ import annotations

import inspect
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.compile import written
from backprop_tutor.engine.language import MOST_BYTES, is_name
from backprop_tutor.engine.passes import solve
from backprop_tutor.text import counted, listed, nearest
from backprop_tutor.tracing.copies import Copies
from backprop_tutor.tracing.tape import ONE_NUMBER, CannotTrace, Tape, Traced, number_of

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
            raise CannotTrace(f"{name} does with a traced value what only a number can do: {error}.") from error
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
        raise CannotTrace(f"{name} also needs {listed(lacking)}: give {example}, at numbers of your own.")
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
