"""Every fault of the language: its line, its column, its caret, and what to write instead."""

from __future__ import annotations

import pytest

from backprop_tutor.engine import language as faults
from backprop_tutor.engine.compile import MOST_GATES, read_graph
from backprop_tutor.engine.language import MOST_BYTES, MOST_FAULTS
from backprop_tutor.errors import Fault, Faults
from tests import goldens

FAULTY: list[tuple[type[Fault], str]] = [
    (faults.UnexpectedCharacter, "f = x @ y"),
    (faults.NotLikeThis, "f = x × y"),
    (faults.NotLikeThis, "f = x² + |y|"),
    (faults.NotLikeThis, "f = pow(x, 2)*y"),
    (faults.NotArithmetic, "f = x.relu()*y"),
    (faults.NotArithmetic, "f = [x]*y"),
    (faults.NotArithmetic, "f = x\x00y"),
    (faults.NotArithmetic, "f = x.real + y"),
    (faults.NotArithmetic, "f = 'x' + y"),
    (faults.NotLikeThis, "f = exp(x)(y)"),
    (faults.MissingOperand, "f = x +"),
    (faults.MissingOperand, "f = x * * y"),
    (faults.MissingOperand, "f = ()"),
    (faults.MissingOperator, "f = x y"),
    (faults.NotLikeThis, "f = 2x + y"),
    (faults.TwoReadings, "f = 1/2x + y"),
    (faults.UnknownGate, "f = x(y + 1)"),
    (faults.DecimalComma, "f = x + 1,5*y"),
    (faults.UnmatchedParenthesis, "f = (x + y"),
    (faults.UnmatchedParenthesis, "f = x + y)"),
    (faults.NumberTooLarge, "f = x + y*1e999"),
    (faults.NumberTooLarge, "f = x*9**9**9**9 + y"),
    (faults.UnknownName, "f = x + yy"),
    (faults.UnknownName, "f = x + y*w1"),
    (faults.UnknownName, "f = x*exp + y"),
    (faults.UnknownGate, "f = sine(x) + y"),
    (faults.UnknownGate, "f = sigmod(x) + y"),
    (faults.UnknownGate, "f = softmax(x) + y"),
    (faults.UnknownGate, "f = add(x, y)"),
    (faults.UnknownGate, "f = square(x) + y"),
    (faults.UnknownGate, "f = np.log10(x) + y"),
    (faults.UnknownGate, "f = arctan(x) + y"),
    (faults.UnknownGate, "f = scale(x) + y"),
    (faults.WrongArity, "f = exp(x, y)"),
    (faults.WrongArity, "f = max(x) + y"),
    (faults.WrongArity, "f = max(x, y, 3)"),
    (faults.VariableExponent, "f = x**y"),
    (faults.VariableExponent, "f = 2**x + y"),
    (faults.UndefinedConstant, "f = x + y*(1/0)"),
    (faults.UndefinedConstant, "f = x + y*sqrt(-1)"),
    (faults.NotALine, "x + y"),
    (faults.NotALine, "f = x = y"),
    (faults.BadName, "2f = x + y"),
    (faults.BadName, "f' = x + y"),
    (faults.Alias, "q = x\nf = q + y"),
    (faults.ConstantLine, "q = 3\nf = q*x + y"),
    (faults.AssignedTwice, "q = x + y\nq = x*y\nf = q + 1"),
    (faults.AssignedInput, "x = y + 1\nf = x*y"),
    (faults.UseBeforeAssignment, "f = q*x\nq = x + y"),
    (faults.Cycle, "a = b*x\nb = a + y\nf = a + b"),
    (faults.Cycle, "f = f + x*y"),
    (faults.EmptyGraph, "  \n ; "),
    (faults.DeadGate, "q = x*y\nf = x + y"),
    (faults.UnusedInput, "f = x*x"),
]


def told(text: str) -> Faults:
    with pytest.raises(Faults) as caught:
        read_graph(text, ["x", "y"])
    return caught.value


@pytest.mark.parametrize(("kind", "text"), FAULTY)
def test_a_fault_is_named_where_it_stands(kind: type[Fault], text: str) -> None:
    found = told(text)
    assert type(found.faults[0]) is kind
    start, end = found.faults[0].span
    assert 0 <= start <= end <= len(text)


def test_every_fault_of_the_language_is_in_this_table() -> None:
    elsewhere = {faults.TooLong, faults.UnknownOutput, faults.MoreFaults}  # tested below
    assert {kind for kind, _ in FAULTY} | elsewhere == {
        kind for kind in Fault.__subclasses__() if kind.__module__ == faults.__name__
    }


def test_the_words_and_the_carets() -> None:
    goldens.matches("faults.txt", "\n\n".join(str(told(text)) for _, text in FAULTY) + "\n")


def test_several_faults_are_told_at_once() -> None:
    assert len(told("q = sine(x)\nr = q +\nf = x y").faults) == 3


def test_what_follows_from_a_line_that_cannot_be_read_is_no_fault_of_its_own() -> None:
    assert len(told("q = x×y\nr = x y\ns = q + r\nf = s*q").faults) == 2
    with pytest.raises(Faults) as caught:
        read_graph("q = x + y\nf = q y", ["x", "y"], output="f")
    assert [type(fault) for fault in caught.value.faults] == [faults.MissingOperator]


@pytest.mark.parametrize("line", ["a{0} = sine(x)", "a{0} = x +", "a{0} = x*z{0} + zz{0}"])
def test_a_long_list_of_faults_ends_and_says_so(line: str) -> None:
    *first, last = told("\n".join(line.format(number) for number in range(3_000))).faults
    assert len(first) == MOST_FAULTS
    assert type(last) is faults.MoreFaults


def test_an_output_that_no_line_assigns() -> None:
    with pytest.raises(Faults, match="the output loss is not a line of the graph"):
        read_graph("los = x + y", ["x", "y"], output="loss")


@pytest.mark.parametrize(
    "text",
    [
        "f = " + "x+" * MOST_BYTES + "y",
        "f = " + "-" * (MOST_GATES + 1) + "x + y",
        "\n".join(f"a{n} = x + y" for n in range(MOST_GATES + 1)),
    ],
)
def test_a_text_beyond_the_limits_is_refused(text: str) -> None:
    (fault,) = [fault for fault in told(text).faults if isinstance(fault, faults.TooLong)]
    assert "too long" in str(fault)
