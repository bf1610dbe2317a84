"""Our named tuples behave as Python's, for every class of the package; objects with fields are copied with changes."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
import typing
from collections import namedtuple
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

import backprop_tutor
from backprop_tutor.course.catalogue import find
from backprop_tutor.fields import Fields, NamedTuple


def classes() -> Iterator[Any]:
    """Every class of named tuples in the package."""
    for module in pkgutil.walk_packages(backprop_tutor.__path__, "backprop_tutor."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    yield from NamedTuple.__subclasses__()  # type: ignore[attr-defined]  # to type checkers it is a function


def of_python(cls: Any) -> Any:
    """The same class as `collections` makes it."""
    return namedtuple(cls.__name__, cls._fields, defaults=tuple(cls._field_defaults.values()))  # type: ignore[misc]


def tried(make: Callable[..., Any], *values: Any, **named: Any) -> Any:
    """What is made, as it is written, or the kind of error."""
    try:
        return repr(make(*values, **named))
    except (TypeError, ValueError) as error:
        return type(error)


def test_a_named_tuple_is_what_python_makes_of_it() -> None:
    for cls in classes():
        as_python_makes_it(cls, anew)
        for _ in range(300):
            cls(*cls._fields)
        assert "__new__" in vars(cls)  # it has a constructor of its own now
        as_python_makes_it(cls, lambda cls: cls)


def anew(cls: Any) -> Any:
    """The class as if nothing had been made of it yet."""
    if "__new__" in vars(cls):
        del cls.__new__
    cls._made = count()
    return cls


def as_python_makes_it(cls: Any, before: Callable[[Any], Any]) -> None:
    """Fails where a class differs from Python's."""
    fields, theirs = cls._fields, of_python(cls)
    values = tuple(range(len(fields)))
    named = dict(zip(fields, values, strict=True))
    for given in range(len(fields) + 2):
        some, rest = tuple(range(given)), dict(list(named.items())[given:])
        assert tried(before(cls), *some) == tried(theirs, *some)
        assert tried(before(cls), *some, **rest) == tried(theirs, *some, **rest)
        assert tried(before(cls), *some, **named) == tried(theirs, *some, **named)
    assert tried(before(cls), **named, unknown=1) is TypeError
    ours = before(cls)(*values)
    assert ours == theirs(*values) == cls._make(values) == copy.copy(ours) == before(cls)(**named) == values
    assert [getattr(ours, field) for field in fields] == list(values)
    assert ours._asdict() == named
    assert ours._replace(**{fields[-1]: "other"}) == (*values[:-1], "other")
    with pytest.raises(ValueError, match="unknown"):
        ours._replace(unknown=1)
    with pytest.raises(AttributeError):
        ours.unknown = 1
    again = pickle.loads(pickle.dumps(ours))  # noqa: S301  our own data
    assert type(again) is cls
    assert again == ours
    assert cls.__match_args__ == fields


def test_a_copy_of_an_object_with_fields_has_other_values_and_computes_them_anew() -> None:
    exercise = find("simple")
    values = dict.fromkeys(exercise.graph.input_names, 2.0)
    once, twice = exercise._replace(values=values), exercise._replace(values=values, upstream=2.0)
    assert once.solution is not twice.solution
    assert twice.solution.upstream == 2 * once.solution.upstream
    assert twice.title == exercise.title


class Ours(NamedTuple):
    """The same class twice."""

    first: int
    second: str = "two"
    third: float | None = None


class Theirs(typing.NamedTuple):
    """The same class twice."""

    first: int
    second: str = "two"
    third: float | None = None


def test_defaults_are_those_of_the_class() -> None:
    assert Ours._field_defaults == Theirs._field_defaults
    assert Ours(1) == Theirs(1)
    with pytest.raises(TypeError, match="without a default"):
        type(NamedTuple)("Late", (NamedTuple,), {"__annotations__": {"one": int, "two": int}, "one": 1})


def test_fields_must_be_given_once_and_known() -> None:
    class Pair(Fields):
        first: int
        second: int = 2

    make: Callable[..., Pair] = Pair
    for values, named in (((), {}), ((1, 2, 3), {}), ((1,), {"first": 1}), ((1,), {"third": 3}), ((), {"second": 1})):
        with pytest.raises(TypeError, match="first, second"):
            make(*values, **named)
    with pytest.raises(TypeError, match="first, second"):
        Pair(1)._replace(third=3)
    with pytest.raises(TypeError, match="without a default"):
        type("Late", (Pair,), {"__annotations__": {"third": int}})


def test_fields_of_a_base_come_first() -> None:
    class One(Fields):
        first: int
        second: int = 2

    class Two(One):
        third: int = 3

    two = Two(1, third=4)
    assert (two.first, two.second, two.third) == (1, 2, 4)
    assert Two._fields == ("first", "second", "third")
    assert vars(two._replace(second=5)) == {"first": 1, "second": 5, "third": 4}
