"""The gradient at each input as one formula, written by SymPy: the only file that names it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import sympy
from sympy import Expr
from sympy.printing.str import StrPrinter

from backprop_tutor.engine.evaluate import evaluate
from backprop_tutor.engine.gates import CONSTANTS, FUNCTIONS, GATES, Gate, words_of_rules
from backprop_tutor.engine.graph import Graph, Node
from backprop_tutor.engine.language import parse, tokens
from backprop_tutor.errors import TutorError

LONGEST = 400
"""Characters of the longest formula that anyone would read."""
_MOST_TERMS = 1_500  # parts of an expression while it grows: a chain of forks doubles them at each step
_MOST_SIMPLIFIED = 20  # operations up to which SymPy's simplification is quick


def gradient_formulas(graph: Graph, values: Sequence[float]) -> dict[str, str]:
    """df/d(input) by the name of each input, in the graph language, as it holds on this side of every kink.

    `values` are the nodes' values in the forward pass, by index. Intended for graphs of up to some forty gates;
    an input whose formula would be too long to read is left out.
    """
    formulas, known = {}, dict(zip(graph.names, values, strict=True))
    for name, expression in _gradients(graph, known).items():
        texts = [str(_GraphLanguage().doprint(shape)) for shape in _shapes(expression)]
        right = [text for text in texts if len(text) <= LONGEST and _agrees(text, expression, known)]
        if right:
            # Every operation and every call makes a formula harder to read.
            formulas[name] = min(right, key=lambda text: (sum(text.count(mark) for mark in "+-*/("), len(text)))
    return formulas


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


def _passed(node: Node, operands: list[Any], known: dict[str, float]) -> tuple[Any, list[Any]]:
    """A gate's value and its local gradient in each slot as expressions, on the side of its kinks where `known` is."""
    gate = node.gate
    assert gate is not None
    at = [known[source] for source in node.inputs]
    words = {**dict(zip(gate.slots, operands, strict=True)), "c": _exact(node.constant or 0.0)}
    has_name = gate.is_function and not gate.has_constant and not gate.kinks
    words["out"] = _function(gate.name)(*operands) if has_name else _ruled(gate, gate.forward, words, at)
    return words["out"], [_ruled(gate, rule, words, at) for rule in gate.locals]


def _ruled(gate: Gate, rule: str, words: dict[str, Any], at: Sequence[float]) -> Any:
    """A rule of a gate with expressions for its words, as it is at the numbers `at` of the gate's inputs."""
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
    """SymPy's function of this name, if at a point it is the same function, or one that SymPy knows nothing of."""
    ours: Any = words_of_rules(name)[name]
    theirs: Any = getattr(sympy, name, None) or getattr(sympy, name.capitalize(), None)
    for point in ((0.7,), (0.7, 0.4)):
        try:
            if math.isclose(float(theirs(*point)), ours(*point)):
                return theirs
        except (TypeError, ValueError, ArithmeticError, AttributeError):
            continue
    return sympy.Function(name)


def _exact(number: float) -> Any:
    """The number as a fraction where it is one that a person would write, else as the float that it is."""
    fraction = Fraction(number).limit_denominator(1000)
    if float(fraction) == number:
        return sympy.Rational(fraction.numerator, fraction.denominator)
    return sympy.Float(number)


def _shapes(expression: Expr) -> Iterator[Expr]:
    yield expression
    yield sympy.factor_terms(expression)
    if expression.count_ops() <= _MOST_SIMPLIFIED:
        yield sympy.simplify(expression)
        yield sympy.factor_terms(sympy.powsimp(expression))


class _GraphLanguage(StrPrinter):  # type: ignore[misc]
    """SymPy's plain text, but for its names of e and |x|: the language lacks them, and a node may be called so."""

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
    wanted = float(value(*(known[str(symbol)] for symbol in symbols)))
    return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-12)
