"""Classes of named fields. The standard library's versions generate code for each class at every start, which took a
tenth of the time to the first prompt."""

from collections import _tuplegetter  # type: ignore[attr-defined]  # what collections.namedtuple uses itself
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform

_FEW = 200
"""Tuples of a class before it gets a compiled constructor of its own: at the first prompt, most have made fewer."""

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    class _WithoutDict(type):
        """Makes classes whose objects have no dictionary."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            return super().__new__(cls, name, bases, {**body, "__slots__": ()})

    class NamedTuple(tuple, metaclass=_WithoutDict):
        """As `typing.NamedTuple`, but the constructor is only compiled for a class that is used a lot."""

        def __init_subclass__(cls) -> None:
            fields = tuple(cls.__annotations__)
            cls._fields = cls.__match_args__ = fields
            cls._field_defaults = _defaults(cls, fields)
            cls._made = count()
            for slot, field in enumerate(fields):
                setattr(cls, field, _tuplegetter(slot, ""))

        def __new__(cls, *values: Any, **named: Any) -> Self:
            """A tuple of these fields. Raises TypeError if one is missing, unknown or given twice."""
            if next(cls._made) == _FEW:
                cls.__new__ = _constructor(cls)
            fields, defaults = cls._fields, cls._field_defaults
            if not named and len(fields) - len(defaults) <= len(values) < len(fields):
                values += tuple(defaults.values())[len(values) - len(fields) :]
            elif named or len(values) != len(fields):
                given = dict(zip(fields, values, strict=False))
                by_name = {**defaults, **given, **named}
                if len(values) > len(fields) or given.keys() & named.keys() or by_name.keys() != {*fields}:
                    raise TypeError(f"{cls.__name__} has the fields {', '.join(fields)}")
                values = map(by_name.__getitem__, fields)
            return tuple.__new__(cls, values)

        _make = classmethod(tuple.__new__)
        """A tuple of these values: half the time of a constructor, for what a class's answers make by the million."""

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **changes: Any) -> Self:
            values = tuple.__new__(type(self), map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"{type(self).__name__} has no field {', '.join(changes)}")
            return values

        def __repr__(self) -> str:
            fields = (f"{field}={value!r}" for field, value in self._asdict().items())
            return f"{type(self).__name__}({', '.join(fields)})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

    def _constructor(cls: type) -> Any:
        """The same as a function with the class's own parameters, which is faster."""
        fields = ", ".join(cls._fields)
        new = eval(f"lambda cls, {fields}: new(cls, ({fields},))", {"new": tuple.__new__, "__builtins__": {}})  # noqa: S307  our own names
        new.__defaults__ = tuple(cls._field_defaults.values())
        return new


def _defaults(cls: type, fields: tuple[str, ...]) -> dict[str, Any]:
    """The defaults of a class's fields. Raises TypeError if a field without one follows a field that has one."""
    found = {field: getattr(cls, field) for field in fields if hasattr(cls, field)}
    if fields[len(fields) - len(found) :] != tuple(found):
        raise TypeError(f"{cls.__name__}: a field without a default follows one that has a default")
    return found


@dataclass_transform(eq_default=False)
class Fields:
    """A base of classes with fields, given by position or name, like a dataclass; equal to itself alone. Its objects
    must not be changed once created."""

    _fields: ClassVar[tuple[str, ...]] = ()
    _required: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = (*cls._fields, *cls.__annotations__)
        cls._required = cls._fields[: len(cls._fields) - len(_defaults(cls, cls._fields))]

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = self._fields
        given = dict(zip(fields, values, strict=False))
        if named or len(values) != len(fields):
            unknown = len(values) > len(fields) or not named.keys() <= {*fields}
            if unknown or given.keys() & named.keys() or not given.keys() | named.keys() >= {*self._required}:
                raise TypeError(f"{type(self).__name__} has the fields {', '.join(fields)}")
        self.__dict__.update(given, **named)

    def _replace(self, **changes: Any) -> Self:
        """A copy with other values in some fields. Raises TypeError for anything that is not a field."""
        given = {field: value for field, value in vars(self).items() if field in self._fields}
        return type(self)(**given | changes)
