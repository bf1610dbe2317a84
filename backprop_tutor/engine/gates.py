"""Every gate, once: its rules as text, from which the numbers, the formulas and the lessons come."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

Forward = Callable[[Sequence[float], Sequence[int], float], float]
"""Values by node, the gate's input nodes, its constant → the gate's value."""
Locals = Callable[[Sequence[float], Sequence[int], float, float], tuple[float, ...]]
"""Values by node, the gate's input nodes, its constant, its own value → one local gradient a slot."""
Wrongly = Callable[[Sequence[float], Sequence[int], float, float, float], float]
"""Values by node, the gate's input nodes, its constant, its own value, the right local gradient → a wrong one."""
Distances = Callable[[Sequence[float], Sequence[int], float], tuple[float, ...]]
"""Values by node, the gate's input nodes, its constant → how far each kink is, with a sign for the side."""

CONSTANTS: Final = {"e": math.e, "pi": math.pi}
"""Names that stand for a number in every rule, and in the language wherever no node of that name shadows them."""
FUNCTIONS: Final[dict[str, Callable[..., float]]] = {
    **{name: function for name, function in vars(math).items() if callable(function) and not name.startswith("_")},
    "max": max,
    "min": min,
    "abs": abs,
}
"""What a rule may call: all of Python's `math` and these three; and any gate that is a function."""

RESIDUE: Final = 1e-12
"""The part of its largest term up to which a sum is what rounding left of 0, as 0.1 + 0.2 - 0.3 = 5.6e-17 is."""

_WORD = re.compile(r"\b[a-z]\w*")
_WHOLE = re.compile(r"(?<![\w.])\d+(?![\w.])")
_PROBES: Final = ((0.3, 0.7), (2.5, -1.5), (-0.2, -4.0))  # both orders, both signs: what no gate has as a special case
_MOST_SHORT: Final = 1e6  # whole numbers from here on are as long as floats


COMMON, USUAL, RARE = 50, 15, 5
"""How often a mistake is made, in thousandths of the wrong answers at a place where it can be made."""
EVERY: Final = -1
"""Stands for every slot of a gate."""
VALUE: Final = -2
"""Stands for the value of a gate, in place of a slot."""


class Wrong(NamedTuple):
    """A wrong rule that students use at a gate, in place of the local gradient of a slot, of EVERY slot, or of its
    VALUE.

    Beside the words of the right rules, `x` is the value at the slot, `other` that of the other input, `l` the right
    local gradient. Where it gives the right number, no mistake was made.
    """

    id: str
    rule: str
    often: int
    slot: int = EVERY


@dataclass(frozen=True, eq=False, repr=False)
class Gate:
    """One kind of gate. In its rules, `a` and `b` (or `x`) are its inputs, `c` its constant, `out` its value.

    `forward`, `locals`, `kinks` and the `wrong` rules are Python expressions: the only text that is ever compiled.
    `notation` is the gate as the graph language writes it, `pattern` what it does with the gradient (after a word for
    that and a colon where there is one), `domain` where
    it can be evaluated. At the zero of each expression in `kinks` the rule changes; `called` are other names by which
    the language calls it, `also` other words for it, which are only understood. A rule in pieces is `A if B else C`, on
    its outside; local gradients speak the graph language otherwise.
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
        """What a gate is for the gradient in one word, such as a switcher; empty for most."""
        return self.pattern.rpartition(": ")[0]

    @cached_property
    def does(self) -> str:
        """What the gate does with the gradient, after its name: `multiplies the upstream gradient by ...`."""
        return self.pattern.rpartition(": ")[2]

    @cached_property
    def arity(self) -> int:
        """How many branches enter the gate."""
        return len(self.locals)

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """The names of the inputs in the rules, one a slot."""
        return ("a", "b") if self.arity == 2 else ("x",)

    @cached_property
    def has_constant(self) -> bool:
        """Whether a number is part of the gate (`scale`, `shift`, `power`, `max` with a constant)."""
        return "c" in _WORD.findall(self.forward)

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
        return frozenset(_WORD.findall(" ".join(self.locals))) & {*self.slots, "out"}

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

    def _compiled(self, arguments: str, rule: str) -> Callable[..., Any]:
        places = {slot: f"v[i[{index}]]" for index, slot in enumerate(self.slots)}
        of_floats = _WHOLE.sub(r"\g<0>.0", rule)  # Python multiplies two floats faster than a float and an int
        return _evaluated(f"lambda {arguments}: {substituted(of_floats, places)}")

    @cached_property
    def with_constant(self) -> tuple["Gate", "Gate"]:
        """The gate of two inputs with a constant for its first and for its second; it routes as before, to one branch.

        Where the inputs may change places, both are the second, so that `max(2, x)` and `max(x, 2)` are one gate.
        """
        first, second = self._holding({"a": "c", "b": "x"}), self._holding({"a": "x", "b": "c"})
        return (second if self.commutes else first), second

    def _holding(self, words: dict[str, str]) -> "Gate":
        rule = self.locals[0 if words["a"] == "x" else 1]
        return replace(
            self,
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
        return _WORD.sub("", written).replace(" ", "").replace("**", "^")

    def written(self, operands: Sequence[str], constant: float | None = None) -> str:
        """The gate as the language writes it, `w0 * x0`, with these names for its inputs; it reads back exactly."""
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

    def local_formula(
        self, slot: int, operands: Sequence[str], out: str, constant: float | None = None, at: Sequence[float] = ()
    ) -> str:
        """The local gradient of a slot as a formula in the names of these branches: `out*(1 - out)`.

        With the numbers `at` which the inputs have, it is the part that holds there.
        """
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
        """On which side of its kinks the gate is, where a slot's local gradient depends on that: `x > 0`, in the names
        of these branches; else nothing."""
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
        """The local gradient of a slot piece by piece in the gate's own words (y: its output), each with where it
        holds; of the last, which holds elsewhere, that is empty."""
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


def _tuple(rules: Sequence[str]) -> str:
    return f"({''.join(f'({rule}), ' for rule in rules)})"


def _evaluated(text: str) -> Callable[..., Any]:
    """A function of rules. Raises ValueError for a word that stands for nothing."""
    words = words_of_rules(text)
    function: Callable[..., Any] = eval(text, {"__builtins__": {}, **words})  # noqa: S307  our own table, nothing else
    for name in function.__code__.co_names:
        if name not in words:
            raise ValueError(f"{text} calls {name}, which is neither in FUNCTIONS nor a gate that is a function")
    return function


def words_of_rules(text: str) -> dict[str, object]:
    """What the words in the text of rules stand for: functions, constants and gates that are functions."""
    found: dict[str, object] = {}
    for word in set(_WORD.findall(text)):
        if word in FUNCTIONS or word in CONSTANTS:
            found[word] = FUNCTIONS.get(word) or CONSTANTS[word]
        elif word in GATES and GATES[word].is_function:
            found[word] = GATES[word].function
    return found


def substituted(rule: str, words: dict[str, str]) -> str:
    """The rule with its words replaced; what begins with a minus gets parentheses where it needs them."""

    def word(match: re.Match[str]) -> str:
        new = words.get(match[0], match[0])
        joined = rule[: match.start()].rstrip().endswith(("-", "+")) or rule[match.end() :].startswith("**")
        return f"({new})" if joined and new.startswith("-") else new

    return _WORD.sub(word, rule)


def plain(number: float) -> str:
    """A constant as a person writes it, to six digits: `2`, `-1`, `0.5`, `0.333333`."""
    return str(int(number)) if abs(number) < _MOST_SHORT and number == int(number) else f"{number:.6g}"


def exact(number: float) -> str:
    """A constant as it reads back: to six digits where these are all, else to as many as it has."""
    text = plain(number)
    return text if float(text) == number else repr(number)


def _divisor(constant: float) -> float:
    """The whole number by which one divides instead of multiplying by a long constant, 3 for a third; 0 for none."""
    if exact(constant) == plain(constant) or abs(constant) < 1 / _MOST_SHORT:
        return 0.0
    divisor = float(round(1 / constant))
    return divisor if divisor and 1 / divisor == constant else 0.0


_ROUTER = "router: passes the whole gradient to the {side} input and nothing to the other"
_TABLE = (
    Gate(
        "add", "a + b", ("1", "1"), "a + b", "distributor: passes the gradient to both inputs, unchanged",
        wrong=(Wrong("split-at-add", "1/2", USUAL), Wrong("add-as-mul", "other", RARE),
            Wrong("other-operation", "a*b", USUAL, VALUE), Wrong("other-operation", "a - b", USUAL, VALUE)),
    ),
    Gate(
        "sub", "a - b", ("1", "-1"), "a - b",
        "distributor with a sign: passes the gradient to the first input and its negative to the second",
        wrong=(Wrong("split-at-add", "l/2", USUAL), Wrong("sub-lost-minus", "1", COMMON, 1),
            Wrong("sub-minus-at-first", "-1", USUAL, 0), Wrong("other-operation", "a + b", USUAL, VALUE),
            Wrong("turned-round", "b - a", USUAL, VALUE)),
    ),
    Gate(
        "mul", "a*b", ("b", "a"), "a * b",
        "switcher: multiplies by the other input",
        wrong=(Wrong("swapped-inputs", "x", COMMON), Wrong("mul-as-product", "out", RARE),
            Wrong("other-operation", "a + b", USUAL, VALUE)),
    ),
    Gate(
        "div", "a/b", ("1/b", "-a/b**2"), "a / b",
        "multiplies by 1/b at the numerator a, and by -a/b² at the denominator b", "b other than 0",
        wrong=(Wrong("div-not-inverted", "b", USUAL, 0), Wrong("div-lost-minus", "a/b**2", COMMON, 1),
            Wrong("div-forgot-square", "-a/b", USUAL, 1), Wrong("div-forgot-numerator", "-1/b**2", USUAL, 1),
            Wrong("div-forgot-denominator", "-a", USUAL, 1), Wrong("div-value", "a/b", USUAL),
            Wrong("div-other-slot", "-a/b**2", RARE, 0), Wrong("div-other-slot", "1/b", USUAL, 1),
            Wrong("div-square-at-numerator", "1/b**2", RARE, 0), Wrong("turned-round", "b/a", USUAL, VALUE),
            Wrong("other-operation", "a*b", USUAL, VALUE)),
    ),
    Gate(
        "max", "max(a, b)",
        ("1 if a > b else 0.5 if a == b else 0", "1 if b > a else 0.5 if a == b else 0"),
        "max(a, b)", _ROUTER.format(side="larger"), kinks=("a - b",), called=("maximum",),
        wrong=(Wrong("routed-to-loser", "1 - l", COMMON), Wrong("shared-at-max", "1/2", USUAL),
            Wrong("max-times-input", "x", USUAL), Wrong("other-side", "min(a, b)", USUAL, VALUE)),
    ),
    Gate(
        "min", "min(a, b)",
        ("1 if a < b else 0.5 if a == b else 0", "1 if b < a else 0.5 if a == b else 0"),
        "min(a, b)", _ROUTER.format(side="smaller"), kinks=("a - b",), called=("minimum",),
        wrong=(Wrong("routed-to-loser", "1 - l", COMMON), Wrong("shared-at-max", "1/2", USUAL),
            Wrong("max-times-input", "x", USUAL), Wrong("other-side", "max(a, b)", USUAL, VALUE)),
    ),
    Gate(
        "scale", "x*c", ("c",), "x * c", "amplifier: multiplies by its constant",
        wrong=(Wrong("scale-gave-input", "x", USUAL), Wrong("scale-squared", "c**2 if abs(c) != 1 else c", USUAL),
            Wrong("scale-inverted", "1/c", RARE), Wrong("other-operation", "x + c", USUAL, VALUE)),
    ),
    Gate(
        "shift", "x + c", ("1",), "x + c",
        "passes the gradient on unchanged, whatever its constant",
        wrong=(Wrong("shift-as-factor", "c", USUAL), Wrong("shift-as-zero", "0", RARE),
            Wrong("other-operation", "x*c", USUAL, VALUE), Wrong("turned-round", "x - c", USUAL, VALUE)),
    ),
    Gate(
        "reciprocal", "1/x", ("-1/x**2",), "1/x",
        "flips the sign, and a large x lets little through", "x other than 0",
        wrong=(Wrong("reciprocal-missing-minus", "1/x**2", COMMON), Wrong("reciprocal-forgot-square", "-1/x", USUAL),
            Wrong("reciprocal-value", "1/x", USUAL), Wrong("reciprocal-integrated", "log(abs(x))", RARE),
            Wrong("other-operation", "-x", USUAL, VALUE), Wrong("other-operation", "x", RARE, VALUE)),
    ),
    Gate(
        "power", "x**c", ("c*x**(c - 1)",), "x**c",
        "follows the power rule, which brings the exponent down as a factor and lowers it by one",
        "x at which x**c and its gradient are real numbers",
        wrong=(Wrong("power-kept-exponent", "c*x**c", USUAL), Wrong("power-forgot-factor", "x**(c - 1)", USUAL),
            Wrong("power-forgot-exponent", "c*x", USUAL), Wrong("power-lowered-factor", "(c - 1)*x**(c - 1)", RARE),
            Wrong("power-raised", "c*x**(c + 1)", RARE),
            Wrong("power-minus-ignored", "c*x**(-c - 1) if c < 0 else c*x**(c - 1)", USUAL),
            Wrong("power-below-the-line", "1/(-c*x**(-c - 1)) if c < 0 else c*x**(c - 1)", USUAL),
            Wrong("power-integrated", "x**(c + 1)/(c + 1)", RARE), Wrong("power-as-exp", "x**c*log(x)", RARE),
            Wrong("power-value", "x**c", RARE), Wrong("other-operation", "c*x", USUAL, VALUE),
            Wrong("derived", "c*x**(c - 1)", USUAL, VALUE)),
    ),
    Gate(
        "sqrt", "sqrt(x)", ("1/(2*sqrt(x))",), "sqrt(x)",
        "divides by twice the root, so a small x lets much through", "x above 0", also=("root",),
        wrong=(Wrong("sqrt-forgot-half", "1/sqrt(x)", USUAL), Wrong("sqrt-not-inverted", "sqrt(x)/2", USUAL),
            Wrong("sqrt-value", "sqrt(x)", RARE), Wrong("sqrt-forgot-root", "1/(2*x)", RARE),
            Wrong("other-operation", "x/2", USUAL, VALUE), Wrong("other-operation", "x**2", RARE, VALUE)),
    ),
    Gate(
        "exp", "exp(x)", ("exp(x)",), "exp(x)", "multiplies by its own output",
        "x up to about 709",
        wrong=(Wrong("exp-power-rule", "x*exp(x - 1)", USUAL), Wrong("exp-times-input", "x*exp(x)", USUAL),
            Wrong("exp-lost-sign", "exp(-x)", USUAL), Wrong("exp-gave-input", "x", RARE),
            Wrong("lost-minus", "exp(-x)", USUAL, VALUE), Wrong("other-operation", "x*e", RARE, VALUE)),
    ),
    Gate(
        "log", "log(x)", ("1/x",), "log(x)", "divides by its input", "x above 0", called=("ln",),
        wrong=(Wrong("log-value", "log(x)", USUAL), Wrong("log-base-ten", "1/(x*log(10))", USUAL),
            Wrong("log-not-inverted", "x", USUAL), Wrong("log-squared", "-1/x**2", RARE),
            Wrong("log-as-exp", "exp(x)", RARE), Wrong("base-ten", "log(x)/log(10)", USUAL, VALUE)),
    ),
    Gate(
        "sigmoid", "1/(1 + exp(-x)) if x > -40 else exp(x)", ("out*(1 - out)",), "sigmoid(x)",
        "multiplies by y·(1 - y), where y is its output", also=("logistic",),
        called=("σ", "sigma"),
        wrong=(Wrong("sigmoid-value", "out", USUAL), Wrong("sigmoid-of-input", "x*(1 - x)", USUAL),
            Wrong("sigmoid-one-minus", "1 - out", USUAL),
            Wrong("sigmoid-twice", "sigmoid(out)*(1 - sigmoid(out))", USUAL),
            Wrong("tanh-rule-at-sigmoid", "1 - out**2", RARE), Wrong("sigmoid-one-plus", "out*(1 + out)", RARE),
            Wrong("lost-minus", "1 - out", USUAL, VALUE), Wrong("other-operation", "tanh(x)", RARE, VALUE)),
    ),
    Gate(
        "tanh", "tanh(x)", ("1 - out**2",), "tanh(x)", "multiplies by 1 - y², where y is its output",
        wrong=(Wrong("tanh-not-squared", "1 - out", USUAL), Wrong("tanh-of-input", "1 - x**2", USUAL),
            Wrong("sigmoid-rule-at-tanh", "out*(1 - out)", USUAL), Wrong("tanh-twice", "1 - tanh(out)**2", USUAL),
            Wrong("tanh-value", "out", USUAL), Wrong("tanh-one-plus", "1 + out**2", RARE),
            Wrong("tanh-squared-outside", "(1 - out)**2", RARE), Wrong("other-operation", "sigmoid(x)", RARE, VALUE)),
    ),
    Gate(
        "relu", "x if x > 0 else 0.0", ("1 if x > 0 else 0",), "relu(x)",
        "gatekeeper: passes the gradient on where its input is positive, and stops it elsewhere", kinks=("x",),
        wrong=(Wrong("relu-passed-negative", "1 if x <= 0 else l", COMMON),
            Wrong("relu-blocked-positive", "0 if x > 0 else l", COMMON), Wrong("relu-times-input", "x", USUAL),
            Wrong("passed-negative", "x", USUAL, VALUE)),
    ),
    Gate(
        "leaky_relu", "x if x > 0 else 0.01*x", ("1 if x > 0 else 0.01",), "leaky_relu(x)",
        "passes the gradient on where its input is positive, and one hundredth of it elsewhere", kinks=("x",),
        wrong=(Wrong("leaky-as-relu", "0 if x <= 0 else l", COMMON),
            Wrong("leaky-slope-at-positive", "0.01 if x > 0 else l", USUAL),
            Wrong("leaky-turned", "-0.01 if x <= 0 else l", RARE),
            Wrong("relu-passed-negative", "1 if x <= 0 else l", COMMON),
            Wrong("relu-blocked-positive", "0 if x > 0 else l", RARE), Wrong("relu-times-input", "x", USUAL),
            Wrong("as-relu", "0", USUAL, VALUE), Wrong("passed-negative", "x", USUAL, VALUE)),
    ),
    Gate(
        "softplus", "max(0.0, x) + log1p(exp(-abs(x)))", ("sigmoid(x)",), "softplus(x)",
        "multiplies by the sigmoid of its input, as a smooth relu",
        wrong=(Wrong("softplus-one-minus", "1 - sigmoid(x)", USUAL),
            Wrong("softplus-sigmoid-rule", "sigmoid(x)*(1 - sigmoid(x))", USUAL),
            Wrong("softplus-of-output", "out*(1 - out)", USUAL), Wrong("softplus-value", "out", USUAL),
            Wrong("softplus-as-relu", "1 if x > 0 else 0", USUAL)),
    ),
    Gate(
        "abs", "abs(x)", ("1 if x > 0 else -1 if x < 0 else 0",), "abs(x)",
        "multiplies by the sign of its input", kinks=("x",), called=("fabs", "absolute"),
        wrong=(Wrong("abs-times-input", "x", USUAL), Wrong("abs-value", "abs(x)", USUAL)),
    ),
    Gate(
        "sin", "sin(x)", ("cos(x)",), "sin(x)", "multiplies by the cosine of its input", also=("sine",),
        wrong=(Wrong("sin-value", "sin(x)", USUAL), Wrong("angle-in-degrees", "cos(x*pi/180)", USUAL),
            Wrong("sin-as-cos", "-sin(x)", RARE), Wrong("angle-in-degrees", "sin(x*pi/180)", USUAL, VALUE),
            Wrong("other-operation", "cos(x)", RARE, VALUE)),
    ),
    Gate(
        "cos", "cos(x)", ("-sin(x)",), "cos(x)", "multiplies by minus the sine of its input",
        also=("cosine",),
        wrong=(Wrong("cos-value", "cos(x)", USUAL), Wrong("cos-lost-minus", "sin(x)", COMMON),
            Wrong("angle-in-degrees", "-sin(x*pi/180)", USUAL),
            Wrong("angle-in-degrees", "cos(x*pi/180)", USUAL, VALUE), Wrong("other-operation", "sin(x)", RARE, VALUE)),
    ),
)  # fmt: skip


GATES: Final[dict[str, Gate]] = {gate.name: gate for gate in _TABLE}
"""Every gate by its name."""
OPERATORS: Final = {gate.notation[2]: gate.name for gate in _TABLE if gate.notation[:2] + gate.notation[3:] == "a  b"}
"""The gate of each operator between two nodes: `+` is `add`."""

INSTEAD: Final = {
    "square": "x^2", "sqr": "x^2", "pow": "x^2", "power": "x^2", "cube": "x^3", "cbrt": "x^(1/3)", "rsqrt": "1/sqrt(x)",
    "log10": "log(x)/log(10)", "log2": "log(x)/log(2)", "lg": "log(x)/log(10)", "log1p": "log(1 + x)",
    "expm1": "exp(x) - 1", "exp2": "exp(log(2)*x)", "tan": "sin(x)/cos(x)", "tg": "sin(x)/cos(x)",
    "cot": "cos(x)/sin(x)", "sec": "1/cos(x)", "csc": "1/sin(x)", "sinh": "(exp(x) - exp(-x))/2",
    "cosh": "(exp(x) + exp(-x))/2", "sinc": "sin(x)/x", "sign": "x/abs(x)", "inv": "1/x", "inverse": "1/x", "neg": "-x",
    "negative": "-x", "relu6": "min(6, max(0, x))", "elu": "max(0, x) + exp(min(0, x)) - 1",
    "gelu": "x*sigmoid(1.702*x)", "silu": "x*sigmoid(x)", "swish": "x*sigmoid(x)", "mish": "x*tanh(softplus(x))",
    "logsigmoid": "log(sigmoid(x))", "hardtanh": "max(-1, min(1, x))", "hard_tanh": "max(-1, min(1, x))",
    "clip": "max(-1, min(1, x))", "clamp": "max(-1, min(1, x))", "softmax": "exp(a)/(exp(a) + exp(b))",
    "softsign": "x/(1 + abs(x))", "plus": "a + b", "sum": "a + b", "minus": "a - b", "subtract": "a - b",
    "times": "a*b", "multiply": "a*b", "prod": "a*b", "dot": "a*b", "divide": "a/b", "mean": "(a + b)/2",
    "hypot": "sqrt(a^2 + b^2)", "norm": "sqrt(a^2 + b^2)", "mse": "(a - b)^2",
    **dict.fromkeys(
        ("asin", "acos", "atan", "arcsin", "arccos", "arctan", "erf", "asinh", "acosh", "atanh",
            "floor", "ceil", "round", "mod", "step"), ""
    ),
}  # fmt: skip
"""What the gates can be put together to where a function is none of them; empty where they cannot."""


def gate_called(name: str) -> Gate | None:
    """The gate that the language calls by this name, its own or another."""
    return GATES.get(name) or next((gate for gate in GATES.values() if name in gate.called), None)


def gate_of(name: str, constant: float | None = None, slot: int = 1) -> Gate:
    """The gate of this name, in its form with a constant in a slot where it has one.

    Raises KeyError for a name that is no gate's.
    """
    gate = GATES[name]
    return gate.with_constant[slot] if constant is not None and gate.is_function and gate.arity == 2 else gate
