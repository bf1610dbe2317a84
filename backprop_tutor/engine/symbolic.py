"""The gradient at each input as one formula, found with SymPy; no other file uses it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import cache, lru_cache
from math import sin
from typing import Any, Final

import sympy
from sympy import Expr
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.printing.str import StrPrinter

from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.gate import CONSTANTS, FUNCTIONS, Gate, words_of_rules
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.graph import Graph, Node
from backprop_tutor.engine.language import parse, tokens
from backprop_tutor.engine.passes import OutOfDomain, Solution, solve
from backprop_tutor.errors import TutorError

LONGEST = 400
"""Characters of the longest formula that anybody would read."""
_MOST_TERMS = 1_500  # parts of an expression while it grows: a chain of forks doubles them at each step
_MOST_SIMPLIFIED = 20  # operations up to which SymPy's simplification is quick
_MOST_OF_NAMES = 60  # terms of the chain rule that anybody would read
_EASY = 6  # operations and names up to which no shorter form is looked for
_LATE = "\N{REPLACEMENT CHARACTER}"  # put before a gate's name, so that SymPy sorts it behind those of inputs
_POINTS, _STEP = 4, 0.01  # so many points, each number about a hundredth away: no two functions agree at all of them
_MOST_WHOLE = 12  # the largest denominator of a factor that is read at a glance
_MOST_WRITTEN = 1_000  # the largest denominator of a fraction that a person would write, as 0.125 or 1/3
_SAME, _NOTHING = 1e-9, 1e-12  # relative and absolute: what rounding makes of a formula that is written in another way
_PROBES = ((0.7,), (0.7, 0.4))  # of one input and of two, in the domain of every function, and no special value
_OUTPUT, _NAMED, _UNNAMED = 1, 2, 4  # how far one has to look for a name: to the end, on the wire, by counting gates
_SHAPES_OF_OUTPUT: Final[list[tuple[Callable[[Any], Any], Callable[[float], float]]]] = [
    (lambda f: f * (1 - f), lambda f: f * (1 - f)),
    (lambda f: f, lambda f: f),
    (lambda f: 1 - f**2, lambda f: 1 - f * f),
    (lambda f: f**2, lambda f: f * f),
]
"""Functions of the output's value that give what arrives at a node behind a sigmoid, an exponential, a tanh and a
reciprocal; as a formula and as a number."""


def gradient_formulas(graph: Graph, values: Sequence[float]) -> dict[str, str]:
    """df/d(input) by the name of each input, in the graph language, as it holds on this side of every kink. `values`
    are the nodes' values in the forward pass, by index. Of the forms in inputs only and those in which names of gates
    stand for what they compute, the shortest is chosen: x0*f*(1 - f) for a sigmoid. Intended for graphs of up to about
    forty gates; an input whose formula would be too long to read is left out. The formulas are kept for the next
    question about the same numbers."""
    return dict(_formulas(graph, tuple(values)))


@lru_cache(64)
def _formulas(graph: Graph, values: tuple[float, ...]) -> dict[str, str]:
    formulas, known = {}, dict(zip(graph.names, values, strict=True))
    inputs, by_names = _gradients(graph, known), _by_names(graph, known)
    for name in graph.input_names:
        expressions = [found[name] for found in (inputs, by_names) if name in found]
        right: list[str] = []
        for shapes in (_shapes, _simplified):
            if not right or min(_effort(text, graph) for text in right) > _EASY:
                texts = [_text(shape) for expression in expressions for shape in shapes(expression)]
                right += [text for text in texts if len(text) <= LONGEST and _agrees(text, expressions[0], known)]
        if right:
            formulas[name] = min(right, key=lambda text: (_effort(text, graph), len(text)))
    return formulas


def _text(expression: Any) -> str:
    return str(_GraphLanguage().doprint(expression)).replace(_LATE, "")


def _symbol(graph: Graph, name: str) -> Any:
    return sympy.Symbol(name if graph.node(name).gate is None else f"{_LATE}{name}")


def _effort(text: str, graph: Graph) -> int:
    """How hard a formula is to read: every operation and call counts, and every name that has to be looked up, most of
    all one that nobody gave."""
    found = {step.text for step in tokens(text) if step.kind == "name"} & set(graph.gate_names)
    named = sum(
        _OUTPUT if name == graph.output_name else _NAMED if graph.labels[graph.index[name]] else _UNNAMED
        for name in found
    )
    return sum(text.count(mark) for mark in "+-*/(") + named


def _by_names(graph: Graph, known: dict[str, float]) -> dict[str, Expr]:
    """df/d(input) by the chain rule in the names of all nodes; if what arrives at a node is a short function of the
    output's value, it is written so."""
    sizes, beside = dict.fromkeys(graph.names, 0), _points_beside(graph, known)
    found: dict[str, Any] = dict.fromkeys(graph.names, sympy.Integer(0))
    found[graph.output_name], sizes[graph.output_name] = sympy.Integer(1), 1
    output = _symbol(graph, graph.output_name)
    for name in reversed(graph.gate_names):
        arrives = [_of_output(output, graph, name, beside), found[name]]
        upstream = min((form for form in arrives if form is not None), key=lambda form: _effort(_text(form), graph))
        node = graph.node(name)
        operands = [_symbol(graph, source) for source in node.inputs]
        _, slopes = _passed(node, operands, known, _symbol(graph, name))
        for source, slope in zip(node.inputs, slopes, strict=True):
            sizes[source] += sizes[name] + 1
            if sizes[source] <= _MOST_OF_NAMES:
                found[source] += upstream * slope
    return {name: found[name] for name in graph.input_names if sizes[name] <= _MOST_OF_NAMES}


def _points_beside(graph: Graph, known: dict[str, float]) -> list[Solution]:
    """Both passes at a few nearby points."""
    found = []
    for number in range(_POINTS):
        moved = [known[name] * (1 + _STEP * sin(number + place)) for place, name in enumerate(graph.input_names)]
        with suppress(OutOfDomain):
            found.append(solve(graph, moved))
    return found


def _of_output(output: Any, graph: Graph, name: str, points: Sequence[Solution]) -> Any:
    """The output's gradient at a node as a number times a short function of the output, if that holds at every
    point."""
    for shape, value in _SHAPES_OF_OUTPUT:
        ratios = [
            point.gradient(name) / found for point in points if (found := value(point.value(graph.output_name))) != 0
        ]
        if len(ratios) == _POINTS and all(math.isclose(ratio, ratios[0], rel_tol=_SAME) for ratio in ratios):
            factor = Fraction(ratios[0]).limit_denominator(_MOST_WHOLE)
            if math.isclose(factor, ratios[0], rel_tol=_SAME):
                return sympy.Rational(factor.numerator, factor.denominator) * shape(output)
    return None


def _gradients(graph: Graph, known: dict[str, float]) -> dict[str, Expr]:
    """df/d(input) as an expression of the inputs, for those that stay small enough."""
    expressions: dict[str, Any] = {name: sympy.Symbol(name) for name in graph.input_names}
    sizes: dict[str, int] = dict.fromkeys(expressions, 1)
    slopes: dict[str, list[Any]] = {}
    for name in graph.gate_names:
        node = graph.node(name)
        sizes[name] = 1 + sum(sizes[source] for source in node.inputs)
        if sizes[name] > _MOST_TERMS:
            return {}
        expressions[name], slopes[name] = _passed(node, [expressions[source] for source in node.inputs], known)
    weights: dict[str, int] = dict.fromkeys(graph.names, 0)
    gradients: dict[str, Any] = dict.fromkeys(graph.names, sympy.Integer(0))
    gradients[graph.output_name], weights[graph.output_name] = sympy.Integer(1), 1
    for name in reversed(graph.gate_names):
        for source, slope in zip(graph.node(name).inputs, slopes[name], strict=True):
            weights[source] += weights[name] + sizes[name]
            if weights[source] <= _MOST_TERMS:
                gradients[source] += gradients[name] * slope
    return {name: gradients[name] for name in graph.input_names if weights[name] <= _MOST_TERMS}


def _passed(node: Node, operands: list[Any], known: dict[str, float], out: Any = None) -> tuple[Any, list[Any]]:
    """A gate's value (`out` if that has a name) and its local gradient in each slot as expressions, on the side of its
    kinks where `known` is."""
    gate = node.gate
    assert gate is not None
    at = [known[source] for source in node.inputs]
    words = {**dict(zip(gate.slots, operands, strict=True)), "c": _exact(node.constant or 0.0)}
    has_name = gate.is_function and not gate.has_constant and not gate.kinks
    value = _function(gate.name)(*operands) if has_name else _ruled(gate, gate.forward, words, at)
    words["out"] = value if out is None else out
    return words["out"], [
        words["out"] if rule == gate.forward else _ruled(gate, rule, words, at) for rule in gate.locals
    ]


def _ruled(gate: Gate, rule: str, words: dict[str, Any], at: Sequence[float]) -> Any:
    """A rule of a gate with its words replaced by expressions, as it holds at the gate's inputs `at` a point."""
    symbols = {word: sympy.Symbol(word) for word in (*words, "out")}
    numbers = {symbols[slot]: value for slot, value in zip(gate.slots, at, strict=True)} | {symbols["c"]: words["c"]}

    def number(part: Any) -> float:
        return float(sympy.sympify(part).subs(numbers))

    space: dict[str, Any] = {name: _function(name) for name in words_of_rules(rule) if name not in CONSTANTS}
    space |= {"pi": sympy.pi, "e": sympy.E}
    space |= {"max": lambda *parts: max(parts, key=number), "min": lambda *parts: min(parts, key=number)}
    if gate.kinks:
        space["abs"] = lambda part: part if number(part) >= 0 else -part
    piece = gate.piece(rule, at, float(words["c"]))
    expression = sympy.sympify(eval(piece, {"__builtins__": {}, **space, **symbols}))  # noqa: S307  our own table, nothing else
    floats = {number: _exact(float(number)) for number in expression.atoms(sympy.Float)}
    return expression.xreplace(floats).xreplace({symbols[word]: words[word] for word in words})


@cache
def _function(name: str) -> Any:
    """SymPy's function of this name if it gives the same value at a point, otherwise an undefined function."""
    ours: Any = words_of_rules(name)[name]
    theirs: Any = getattr(sympy, name, None) or getattr(sympy, name.capitalize(), None)
    for point in _PROBES:
        try:
            if math.isclose(float(theirs(*point)), ours(*point)):
                return theirs
        except (TypeError, ValueError, ArithmeticError, AttributeError):
            continue
    return sympy.Function(name)


def _exact(number: float) -> Any:
    """The number as a fraction if a person would write it so, otherwise as the float that it is."""
    fraction = Fraction(number).limit_denominator(_MOST_WRITTEN)
    if float(fraction) == number:
        return sympy.Rational(fraction.numerator, fraction.denominator)
    return sympy.Float(number)


def _shapes(expression: Expr) -> Iterator[Expr]:
    yield expression
    yield sympy.factor_terms(expression)


def _simplified(expression: Expr) -> Iterator[Expr]:
    if expression.count_ops() <= _MOST_SIMPLIFIED:
        # A tanh is left alone: SymPy would take seconds to rewrite it with cosh, which the graph language lacks.
        alone = {one: sympy.Dummy() for one in expression.atoms(HyperbolicFunction)}
        yield sympy.simplify(expression.xreplace(alone)).xreplace({other: one for one, other in alone.items()})
        yield sympy.factor_terms(sympy.powsimp(expression))


class _GraphLanguage(StrPrinter):  # type: ignore[misc]
    """SymPy's plain text, except for its names of e and |x|: the language lacks them, and a node may have such a
    name."""

    def _print_Exp1(self, _: object) -> str:  # noqa: N802  SymPy asks for this name
        return "exp(1)"

    def _print_Float(self, number: Any) -> str:  # noqa: N802  SymPy asks for this name
        return repr(float(number))

    def _print_Abs(self, expression: Any) -> str:  # noqa: N802  SymPy asks for this name
        return f"abs({self._print(expression.args[0])})"


def _agrees(text: str, expression: Expr, known: dict[str, float]) -> bool:
    """Whether the text, read back by the tutor's own parser, has the expression's value here."""
    try:
        found = evaluate(parse(tokens(text), (0, len(text))), known)
    except TutorError:
        return False  # a word that the language does not have, such as cosh
    functions = {name: gate.function for name, gate in GATES.items() if gate.is_function} | FUNCTIONS
    symbols = sorted(expression.free_symbols, key=str)
    value = sympy.lambdify(symbols, expression, modules=[functions, "math"])
    wanted = float(value(*(known[str(symbol).removeprefix(_LATE)] for symbol in symbols)))
    return math.isclose(found, wanted, rel_tol=_SAME, abs_tol=_NOTHING)
