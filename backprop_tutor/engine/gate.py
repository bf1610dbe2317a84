"""What a gate is: its rules as text, from which numbers, formulas and lessons are derived."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final

from backprop_tutor.fields import Fields, NamedTuple

Forward = Callable[[Sequence[float], Sequence[int], float], float]
"""Values by node, the gate's input nodes, its constant → the gate's value."""
Locals = Callable[[Sequence[float], Sequence[int], float, float], tuple[float, ...]]
"""Values by node, the gate's input nodes, its constant, its own value → one local gradient a slot."""
Wrongly = Callable[[Sequence[float], Sequence[int], float, float, float], float]
"""Values by node, the gate's input nodes, its constant, its own value, the right local gradient → a wrong one."""
Distances = Callable[[Sequence[float], Sequence[int], float], tuple[float, ...]]
"""Values by node, the gate's input nodes, its constant → how far each kink is, with a sign for the side."""

CONSTANTS: Final = {"e": math.e, "pi": math.pi}
"""Names of constants in every rule, and in the language unless a node of that name shadows them."""
FUNCTIONS: Final[dict[str, Callable[..., float]]] = {
    **{name: function for name, function in vars(math).items() if callable(function) and not name.startswith("_")},
    "max": max,
    "min": min,
    "abs": abs,
}
"""What a rule may call: all of Python's `math`, these three, and any gate that is a function."""

RESIDUE: Final = 1e-12
"""A sum of at most this part of its largest term is what rounding left of 0, as is 0.1 + 0.2 - 0.3 = 5.6e-17."""

_WORD: Final = r"\b[a-z]\w*"
_WHOLE: Final = r"(?<![\w.])\d+(?![\w.])"
_PROBES: Final = ((0.3, 0.7), (2.5, -1.5), (-0.2, -4.0))  # both orders and signs: no gate's special case
_MOST_SHORT: Final = 1e6  # whole numbers from here on are as long as floats


COMMON, USUAL, RARE = 50, 15, 5
"""How often a mistake is made, of ALWAYS wrong answers at a place where it can be made."""
ALWAYS: Final = 1000
EVERY: Final = -1
"""Stands for every slot of a gate."""
VALUE: Final = -2
"""Stands for the value of a gate, in place of a slot."""


class Wrong(NamedTuple):
    """A wrong rule that students use at a gate, instead of the local gradient of a slot, of EVERY slot, or of its
    VALUE. In addition to the words of the right rules, `x` is the value at the slot, `other` that of the other input,
    `l` the right local gradient. If it gives the right number, no mistake was made."""

    id: str
    rule: str
    often: int
    slot: int = EVERY


class Gate(Fields):
    """One kind of gate. In its rules, `a` and `b` (or `x`) are its inputs, `c` its constant, `out` its value.

    `forward`, `locals`, `kinks` and the `wrong` rules are Python expressions: the only text that is ever compiled.
    `notation` is the gate as the graph language writes it, `pattern` what it does with the gradient (after a word for
    that and a colon where there is one), `domain` where it can be evaluated (in words, and in pieces where that depends
    on its constant). At the zero of each expression in `kinks` the rule changes; `called` are other names by which the
    language calls it, `also` other words for it, which are only understood. A rule in pieces is `A if B else C`, on its
    outside; local gradients speak the graph language otherwise.
    """

    name: str
    forward: str
    locals: tuple[str, ...]
    notation: str
    pattern: str
    domain: str = ""
    kinks: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    called: tuple[str, ...] = ()

    @cached_property
    def role(self) -> str:
        """The gate's effect on the gradient in one word, such as switcher; empty for most."""
        return self.pattern.rpartition(": ")[0]

    @property
    def summary(self) -> str:
        """Its name and its pattern: `mul, switcher: multiplies ...`, `exp: multiplies ...`."""
        return f"{self.name}{', ' if self.role else ': '}{self.pattern}"

    @cached_property
    def does(self) -> str:
        """What the gate does with the gradient, as it follows the gate's name: `multiplies the upstream gradient by
        ...`."""
        return self.pattern.rpartition(": ")[2]

    @cached_property
    def arity(self) -> int:
        """The number of branches that enter the gate."""
        return len(self.locals)

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """The names of the inputs in the rules, one per slot."""
        return ("a", "b") if self.arity == 2 else ("x",)

    @cached_property
    def has_constant(self) -> bool:
        """Whether a number is part of the gate (`scale`, `shift`, `power`, `max` with a constant)."""
        return "c" in re.findall(_WORD, self.forward)

    @cached_property
    def is_function(self) -> bool:
        """Whether the language writes the gate as a call: `exp(x)`."""
        return self.notation.startswith(f"{self.name}(")

    @cached_property
    def is_sum(self) -> bool:
        """Whether the value is the sum or the difference of two terms, which may cancel."""
        return self.forward[1:4] in (" + ", " - ") and len(self.forward) == len("a + b")

    @cached_property
    def locals_read(self) -> frozenset[str]:
        """What the local gradients depend on: inputs by their names in the rules, and `out`; nothing at an add gate."""
        return frozenset[str]().union(*map(self.reads, range(self.arity)))

    def reads(self, slot: int) -> frozenset[str]:
        """The same for the local gradient of one slot."""
        return frozenset(re.findall(_WORD, self.locals[slot])) & {*self.slots, "out"}

    @cached_property
    def commutes(self) -> bool:
        """Whether the two inputs may change places."""
        return self.arity == 2 and all(self._value(*pair) == self._value(*pair[::-1]) for pair in _PROBES)

    def _value(self, *operands: float) -> float | None:
        try:
            return self.compute(operands, (0, 1), 0.0)
        except (ArithmeticError, ValueError):
            return None

    @cached_property
    def compute(self) -> Forward:
        """The forward rule as a float function."""
        return self._compiled("v, i, c", self.forward)

    @cached_property
    def differentiate(self) -> Locals:
        """The local gradients as a float function."""
        return self._compiled("v, i, c, out", _tuple(self.locals))

    def wrongly(self, slot: int) -> list[tuple[Wrong, Wrongly]]:
        """The wrong rules for the local gradient of a slot, or for the VALUE, each with its float function."""
        return self._wrongly[slot]

    @cached_property
    def _wrongly(self) -> dict[int, list[tuple[Wrong, Wrongly]]]:
        return {
            slot: [
                (wrong, self._compiled("v, i, c, out, l", self.seen_from(slot, wrong.rule)))
                for wrong in self.wrong
                if wrong.slot == slot or (wrong.slot == EVERY and slot != VALUE)
            ]
            for slot in (VALUE, *range(self.arity))
        }

    def seen_from(self, slot: int, rule: str) -> str:
        """A wrong rule with `x` and `other` replaced by the words for the gate's inputs."""
        if self.arity == 1 or slot == VALUE:
            return rule
        return substituted(rule, {"x": self.slots[slot], "other": self.slots[1 - slot]})

    @cached_property
    def distances(self) -> Distances:
        """The kinks as a float function."""
        return self._compiled("v, i, c", _tuple(self.kinks))

    @cached_property
    def function(self) -> Callable[..., float]:
        """The forward rule as a function of its inputs, for the rules of other gates: `sigmoid(x)`."""
        return _evaluated(f"lambda {', '.join(self.slots)}: {self.forward}")

    @cached_property
    def of_rows(self) -> tuple[Callable[..., list[float]], Callable[..., list[tuple[float, ...]]]]:
        """The forward rule and the local gradients for many numbers at once: rows of the inputs and `out`, and the
        constant → one result a row."""
        rows = f"{', '.join(self.slots)}, out in rows"
        rules = (re.sub(_WHOLE, r"\g<0>.0", rule) for rule in (self.forward, _tuple(self.locals)))
        forward, locals_ = (_evaluated(f"lambda rows, c: [{rule} for {rows}]") for rule in rules)
        return forward, locals_

    def _compiled(self, arguments: str, rule: str) -> Callable[..., Any]:
        places = {slot: f"v[i[{index}]]" for index, slot in enumerate(self.slots)}
        of_floats = re.sub(_WHOLE, r"\g<0>.0", rule)  # Python multiplies two floats faster than a float and an int
        return _evaluated(f"lambda {arguments}: {substituted(of_floats, places)}")

    @cached_property
    def with_constant(self) -> tuple[Gate, Gate]:
        """The gate of two inputs with a constant as its first and as its second input; it routes as before, to one
        branch. If the inputs may change places, both are the second, so that `max(2, x)` and `max(x, 2)` are one
        gate."""
        first, second = self._holding({"a": "c", "b": "x"}), self._holding({"a": "x", "b": "c"})
        return (second if self.commutes else first), second

    def _holding(self, words: dict[str, str]) -> Gate:
        rule = self.locals[0 if words["a"] == "x" else 1]
        return self._replace(
            forward=substituted(self.forward, words),
            locals=(substituted(rule, words),),
            notation=substituted(self.notation, words),
            pattern=self.pattern.replace("nothing to the other", "nothing to a constant"),
            kinks=tuple(substituted(kink, words) for kink in self.kinks),
            wrong=tuple(wrong._replace(rule=substituted(wrong.rule, words)) for wrong in self.wrong),
        )

    def symbol(self, constant: float | None = None) -> str:
        """The gate in a drawing: `*`, `exp`, `*-1`, `1/x`."""
        if self.is_function:
            return self.name if constant is None else f"{self.name} {plain(constant)}"
        written = self._filled(self.slots, constant, plain)
        if constant is None and self.arity == 1:
            return written
        return re.sub(_WORD, "", written).replace(" ", "").replace("**", "^")

    def written(self, operands: Sequence[str], constant: float | None = None) -> str:
        """The gate as the language writes it, `w0 * x0`, with these names for its inputs; reading it gives exactly the
        same gate."""
        return self._filled(operands, constant, exact)

    def _filled(self, operands: Sequence[str], constant: float | None, number: Callable[[float], str]) -> str:
        notation, words = self.notation, dict(zip(self.slots, operands, strict=True))
        if constant is None:
            return substituted(notation, words)
        if constant < 0 and "+ c" in notation:
            notation, constant = notation.replace("+ c", "- c"), -constant
        elif "* c" in notation and (divisor := _divisor(constant)):
            notation, constant = notation.replace("* c", "/ c"), divisor
        return substituted(notation, {**words, "c": number(constant)})

    def domain_of(self, operands: Sequence[str], constant: float | None = None) -> str:
        """Where it can be evaluated, with these names for its inputs; empty for anywhere."""
        words = dict(zip(self.slots, operands, strict=True))
        return substituted(self.piece(self.domain, [0.0] * self.arity, constant), words)

    def local_formula(
        self, slot: int, operands: Sequence[str], out: str, constant: float | None = None, at: Sequence[float] = ()
    ) -> str:
        """The local gradient of a slot as a formula in the names of these branches: `out*(1 - out)`. Given the inputs'
        numbers `at` a point, it is the part that holds there."""
        rule = self.piece(self.locals[slot], at, constant) if at else self.locals[slot]
        return self.formula(rule, operands, out, constant)

    def formula(self, rule: str, operands: Sequence[str], out: str, constant: float | None = None) -> str:
        """A rule of this gate in the names of these branches."""
        words = {**dict(zip(self.slots, operands, strict=True)), "out": out}
        if constant is not None:
            divisor = _divisor(constant) if rule == "c" else 0
            words["c"] = f"1/{divisor:.0f}" if divisor > 0 else exact(constant)
        return substituted(rule, words)

    def side(self, slot: int, operands: Sequence[str], at: Sequence[float], constant: float | None = None) -> str:
        """On which side of its kinks the gate is, if a slot's local gradient depends on that: `x > 0`, in the names of
        these branches; otherwise empty."""
        if " if " not in self.locals[slot]:
            return ""
        words = dict(zip((*self.slots, "c"), (*operands, plain(constant or 0.0)), strict=True))
        arguments = ", ".join((*self.slots, "c"))
        sides = []
        for kink in self.kinks:
            distance = _evaluated(f"lambda {arguments}: {kink}")(*at, constant or 0.0)
            one, _, other = substituted(kink, words).partition(" - ")
            sides.append(f"{one} {'>' if distance > 0 else '<' if distance < 0 else '='} {other or 0}")
        return " and ".join(sides)

    def pieces(self, slot: int, constant: float | None = None) -> list[tuple[str, str]]:
        """The local gradient of a slot piece by piece in the gate's own words (y: its output), each with the condition
        where it holds; the last one holds elsewhere, and its condition is empty."""
        rest, found = self.formula(self.locals[slot], self.slots, "y", constant), []
        while " if " in rest:
            rule, _, rest = rest.partition(" if ")
            where, _, rest = rest.partition(" else ")
            found.append((rule, where.replace("==", "=")))
        return [*found, (rest, "")]

    def piece(self, rule: str, at: Sequence[float], constant: float | None = None) -> str:
        """The part of a rule of this gate that holds at these inputs: A or C of `A if B else C`."""
        arguments = ", ".join((*self.slots, "c"))
        while " if " in rule:
            taken, _, rest = rule.partition(" if ")
            condition, _, rule = rest.partition(" else ")
            if _evaluated(f"lambda {arguments}: {condition}")(*at, constant or 0.0):
                return taken
        return rule


KNOWN: Final[dict[str, Gate]] = {}
"""The gates whose functions a rule may call, by name; `engine.gates` fills it with its table."""


def _tuple(rules: Sequence[str]) -> str:
    return f"({''.join(f'({rule}), ' for rule in rules)})"


def _evaluated(text: str) -> Callable[..., Any]:
    """A function made from rules. Raises ValueError for an unknown word."""
    words = words_of_rules(text)
    function: Callable[..., Any] = eval(text, {"__builtins__": {}, **words})  # noqa: S307  our own table, nothing else
    for name in function.__code__.co_names:
        if name not in words:
            raise ValueError(f"{text} calls {name}, which is neither in FUNCTIONS nor a gate that is a function")
    return function


def words_of_rules(text: str) -> dict[str, object]:
    """The meaning of the words in rules: functions, constants and gates that are functions."""
    found: dict[str, object] = {}
    for word in set(re.findall(_WORD, text)):
        if word in FUNCTIONS or word in CONSTANTS:
            found[word] = FUNCTIONS.get(word) or CONSTANTS[word]
        elif word in KNOWN and KNOWN[word].is_function:
            found[word] = KNOWN[word].function
    return found


def substituted(rule: str, words: dict[str, str]) -> str:
    """The rule with its words replaced; anything that begins with a minus gets parentheses where it needs them."""

    def word(match: re.Match[str]) -> str:
        new = words.get(match[0], match[0])
        joined = rule[: match.start()].rstrip().endswith(("-", "+")) or rule[match.end() :].startswith("**")
        return f"({new})" if joined and new.startswith("-") else new

    return re.sub(_WORD, word, rule)


def plain(number: float) -> str:
    """A constant as a person writes it, to six digits: `2`, `-1`, `0.5`, `0.333333`."""
    return str(int(number)) if abs(number) < _MOST_SHORT and number == int(number) else f"{number:.6g}"


def exact(number: float) -> str:
    """A constant that reads back exactly: to six digits if these are all, otherwise with as many as it has."""
    text = plain(number)
    return text if float(text) == number else repr(number)


def _divisor(constant: float) -> float:
    """The whole number by which one divides instead of multiplying by a long constant, 3 for a third; 0 if there is
    none."""
    if exact(constant) == plain(constant) or abs(constant) < 1 / _MOST_SHORT:
        return 0.0
    divisor = float(round(1 / constant))
    return divisor if divisor and 1 / divisor == constant else 0.0
