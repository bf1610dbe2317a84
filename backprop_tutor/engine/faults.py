"""The faults of the graph language, each with a name of its own, its span and its words."""

from __future__ import annotations

from backprop_tutor.errors import Fault


class UnexpectedCharacter(Fault):
    """A character that the language does not have: `character`, and what to write instead in `advice`."""

    says = "{character} is not arithmetic.{advice}"


class NotArithmetic(Fault):
    """An attribute, a text in quotes, a call of a call."""

    says = "{what}"


class MissingOperand(Fault):
    """Nothing stands where a number, a name or a parenthesis should."""

    says = "a number, a name or ( is missing {where}."


class MissingOperator(Fault):
    """Two values side by side."""

    says = "an operator is missing between {left} and {right}.{advice}"


class DecimalComma(Fault):
    """A comma outside of a gate's parentheses."""

    says = "a comma only stands between the inputs of a gate. A decimal is written with a point: 1.5."


class UnmatchedParenthesis(Fault):
    """A parenthesis without its partner."""

    says = "this {parenthesis} has no partner."


class TooLong(Fault):
    """A text beyond the language's limits."""

    says = "this text is too long: {size}, and at most {limit} are read.{advice}"


class NumberTooLarge(Fault):
    """A number, or what is computed from numbers, that no float holds."""

    says = "{number} is too large a number."


class UnknownName(Fault):
    """A name that is no input and no earlier line."""

    says = "{name} is {not_what}.{suggestion}"


class UnknownGate(Fault):
    """A call of something that is no gate."""

    says = "{name} is not a gate.{suggestion}"


class WrongArity(Fault):
    """Too few or too many inputs of a gate."""

    says = "{gate} takes {wanted}, not {given}.{advice}"


class VariableExponent(Fault):
    """A power whose exponent is not a number, and whose base is not e."""

    says = "the exponent must be a number (only e may have another one: e^x is exp(x))."


class UndefinedConstant(Fault):
    """Constants alone that have no value, such as 1/0."""

    says = "{written} has no value: {why}."


class NotALine(Fault):
    """A line that is not `name = expression`."""

    says = "a line is written name = expression, as in q = x + y.{advice}"


class BadName(Fault):
    """Something that cannot be a node's name."""

    says = "{name} cannot be a name: letters, digits and _ make one, and a digit does not begin it."


class Alias(Fault):
    """A line without a gate that only names a node again."""

    says = "{name} is only another name for {source}: no gate stands on this line. Use {source} itself."


class ConstantLine(Fault):
    """A line without a gate that only names a number."""

    says = (
        "{name} is only a number: no gate stands on this line. Make it an input, or write the number where it is used."
    )


class AssignedTwice(Fault):
    """A name with two lines."""

    says = "{name} is assigned twice: line {line} has it already. Every node has one line."


class AssignedInput(Fault):
    """A line for a name that is an input."""

    says = "{name} is an input, so no line may assign it. Choose another name."


class UseBeforeAssignment(Fault):
    """A name that a later line assigns."""

    says = "{name} is used before its line: line {line} assigns it. Move that line up."


class Cycle(Fault):
    """A node that depends on itself."""

    says = "{name} depends on itself: {path}. A computational graph has no cycles."


class EmptyGraph(Fault):
    """A text without a line."""

    says = "the graph is empty. Write a line such as q = x + y."


class MoreFaults(Fault):
    """The end of a long list of faults."""

    says = "more faults may follow. Mend these first."


class UnknownOutput(Fault):
    """An output that no line assigns."""

    says = "the output {name} is not a line of the graph.{suggestion}"


class DeadGate(Fault):
    """A gate that the output does not depend on."""

    says = "{name} does not reach the output {output}. Use it, or leave it out."


class UnusedInput(Fault):
    """An input that no gate uses."""

    says = "the input {name} is not used by the graph.{suggestion}"
