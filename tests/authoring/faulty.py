"""Exercise files with one thing wrong in each: the message, its kind, and its line and column."""

from __future__ import annotations

from typing import NamedTuple


class Faulty(NamedTuple):
    """A text, and the faults to be found in it."""

    text: str
    kind: str
    line: int
    column: int
    message: str


def _file(graph: str = "f = x*y", inputs: str = "{x: 2, y: 3}", more: str = "") -> str:
    return f"title: T\ngraph: |\n  {graph}\ninputs: {inputs}\n{more}"


FAULTY: dict[str, Faulty] = {
    "no YAML": Faulty("title: [T\n", "errors", 1, 8, "this is not YAML"),
    "no end": Faulty(_file(more="stages: [local"), "errors", 5, 9, "but the file ends. A bracket is not closed"),
    "a tab": Faulty("title: T\n\tgraph: f\n", "errors", 2, 1, "this is not YAML"),
    "a key twice": Faulty(_file(more="title: U\n"), "errors", 5, 1, "duplicate key title (first on line 1)"),
    "an unknown key": Faulty(_file(more="stage: [backward]\n"), "errors", 5, 1,
    "stage is not a key here. Did you mean stages?"),
    "an unknown key within": Faulty(_file(inputs="{x: {value: 2, form: 1, to: 3}, y: 3}"), "errors", 4, 24,
    "Did you mean from?"),
    "a wrong type": Faulty(_file(inputs="{x: two, y: 3}"), "errors", 4, 13, "must be a number or a range"),
    "an empty title": Faulty("title:\ngraph: f = x*2\ninputs: {x: 1}\n", "errors", 1, 1, "title must be text"),
    "an empty number": Faulty(_file(inputs="\n  x:\n  y: 3"), "errors", 5, 3, "inputs.x must be a number or a range"),
    "an empty list": Faulty(_file(more="stages:\n\n\n"), "errors", 5, 1, "stages must be a list in brackets"),
    "a level too high": Faulty(_file(more="level: 9\n"), "errors", 5, 8, "level must be at most 5"),
    "a missing key": Faulty("title: T\ngraph: f = x*2\n", "errors", 1, 1, "the key inputs is missing"),
    "an unknown gate": Faulty(_file("q = x + y\n  f = sine(q)"), "errors", 4, 7,
    "sine is not a gate. Did you mean sin?"),
    "an input that is missing": Faulty(_file("f = x*y*z"), "errors", 3, 11,
    "z is not an input and not an earlier line"),
    "an input that is unused": Faulty(_file(inputs="{x: 2, y: 3, z: 4}"), "errors", 4, 22, "the input z is not used"),
    "an input that is assigned": Faulty(_file("x = y*2\n  f = x*y"), "errors", 3, 3,
    "x is an input, so no line may assign it"),
    "an input that hides e": Faulty(_file("f = x*e", "{x: 2, e: 3}"), "warnings", 4, 16,
    "so it is not the number 2.71828"),
    "a node that is called as the loss": Faulty(_file("L = x*y\n  f = L*x"), "warnings", 3, 7,
    "also the name of the loss"),
    "an output that is not there": Faulty(_file(more="output: g\n"), "errors", 5, 9,
    "the output g is not a line of the graph"),
    "an unreadable stage": Faulty(_file(more="stages: [backwards]\n"), "errors", 5, 10, "Did you mean backward?"),
    "a stage twice": Faulty(_file(more="stages: [local, local]\n"), "errors", 5, 17, "local is listed twice"),
    "a hint for no branch": Faulty(_file(more='hints: {x->g: "no"}\n'), "errors", 5, 9,
    "x->g is not a node or a branch of this graph"),
    "a gate that is given": Faulty(_file("q = x*y\n  f = q*x", more="given: [q]\n"), "errors", 6, 9,
    "q is a gate's output, but only inputs can be given"),
    "something unknown that is given": Faulty(_file(more="given: [xx]\n"), "errors", 5, 9, "Did you mean x?"),
    "an input that is given twice": Faulty(_file(more="given: [x, x]\n"), "errors", 5, 12, "x is listed twice"),
    "a question about nothing": Faulty(_file(more="ask: [x->g]\n"), "errors", 5, 7, "Did you mean x->f?"),
    "a question about what is given": Faulty(_file(more="given: [x]\nask: [y, x->f]\n"), "errors", 6, 10,
    "x->f is asked for here, but given says that it is not"),
    "a question that no stage asks": Faulty(_file("q = x*y\n  f = q*x", more="ask: [x, f]\n"), "errors", 6, 10,
    "none of the stages (backward) asks about f"),
    "a condition that is none": Faulty(_file(more="where: [x]\n"), "errors", 5, 9, "where must be a condition"),
    "a condition in a number": Faulty(_file(more="where: [3]\n"), "errors", 5, 9, "where must be a condition"),
    "a condition with one =": Faulty(_file(more="where: [x = 2]\n"), "errors", 5, 9, "must compare with =="),
    "two conditions in one": Faulty(_file(more="where: [0 < x < 3]\n"), "errors", 5, 9, "write two, as in"),
    "a condition about nothing": Faulty(_file(more="where: [1 < 2]\n"), "errors", 5, 9, "Name a node on one side"),
    "a condition about something unknown": Faulty(_file(more="where: [xx < 3]\n"), "errors", 5, 9, "Did you mean x?"),
    "a condition about a formula": Faulty(_file(more="where: [x*y<3]\n"), "errors", 5, 9, "x*y is neither a node of"),
    "own numbers that miss a condition": Faulty(_file(more="where: [f > 3, x != y, x >= 3]\n"), "errors", 5, 24,
    "x >= 3 is not met at these numbers"),
    "a condition that no variant meets": Faulty(_file(inputs="{x: {value: 3, choose: [1, 2]}, y: 3}",
    more="where: [x > 2]\n"), "errors", 4, 1, "no usable numbers"),
    "points for nothing": Faulty(_file(more="points: {x->g: 2}\n"), "errors", 5, 10, "Did you mean x->f?"),
    "points, beside an unknown stage": Faulty(_file(more="points: {x->g: 2}\nstages: [backwards]\n"), "errors",
    5, 10, "Did you mean x->f?"),
    "points for a stage that is not asked": Faulty(_file(more="points: {forward: 2}\n"), "errors", 5, 10,
    "the stage forward is not asked for"),
    "points for what no stage asks": Faulty(_file(more="points: {f: 2}\n"), "errors", 5, 10,
    "none of the stages (backward) asks about f"),
    "points for one question twice": Faulty(_file(more="points: {x: 2, x->f: 2}\n"), "errors", 5, 16,
    "x and x->f are the same question"),
    "no points": Faulty(_file(more="points: {x: 0}\n"), "errors", 5, 13, "must be more than 0"),
    "a value outside of its range": Faulty(_file(inputs="{x: {value: 4, from: 1, to: 3, step: 0.01}, y: 3}"),
    "warnings", 4, 21, "its value 4 is outside its range, from 1 to 3"),
    "a value that is no choice": Faulty(_file(inputs="{x: {value: 4, choose: [2, 3]}, y: 3}"), "warnings", 4, 21,
    "its value 4 is not one of the numbers to choose from"),
    "a step that misses the end": Faulty(_file(inputs="{x: {from: 1, to: 3, step: 0.03}, y: 3}"), "warnings", 4, 27,
    "no step reaches 3, the last number is 2.98"),
    "few variants": Faulty(_file(inputs="{x: {from: 2, to: 9}, y: 3}"), "warnings", 4, 1,
    "300 students share only 8 variants"),
    "a path that is dead for some": Faulty(_file("q = relu(x)\n  f = q*y + x*y",
    "{x: {from: -5, to: 5, step: 0.1}, y: 3}"), "warnings", 3, 7,
    "A condition in where, such as x > 0, makes it the same"),
    "a mistake that is none": Faulty(_file(more="accept: [one-branch]\n"), "errors", 5, 10,
    "Did you mean one-branch-only?"),
    "a value on a kink": Faulty(_file("q = x - y\n  f = relu(q)*x", "{x: 2, y: 2}"), "warnings", 4, 7,
    "sits on a kink"),
    "a value outside of a domain": Faulty(_file("q = x*y\n  f = log(q)", "{x: 2, y: -3}"), "errors", 4, 7,
    "It needs q above 0"),
    "gradients that all vanish": Faulty(_file("f = relu(x*y)", "{x: 2, y: -3}"), "warnings", 4, 1,
    "every gradient is 0"),
    "an upstream of 0": Faulty(_file(more="upstream: 0\n"), "warnings", 5, 1, "every gradient is 0"),
    "a long number": Faulty(_file(inputs="{x: 3000, y: 7000}", more="stages: [forward]\n"), "warnings", 3, 7,
    "too long"),
    "ranges that give nothing": Faulty(_file("f = log(x)*y", "{x: {from: -9, to: -1}, y: 3}"), "errors", 4, 1,
    "no usable numbers"),
    "ranges that give little": Faulty(_file("f = log(x)*y", "{x: {value: 2, from: -40, to: 3}, y: 3}"), "warnings", 4,
    1, "of 300 seeds"),
    "a range that goes down": Faulty(_file(inputs="{x: {from: 3, to: 1}, y: 3}"), "errors", 4, 27, "must go up"),
    "a formula that is too long": Faulty(
        _file(
            "\n  ".join(["a0 = x*y", *(f"a{n + 1} = a{n}*a{n} - a{n}*0.9" for n in range(9)), "f = a9*x"]),
            "{x: 1.1, y: 0.9}", "stages: [symbolic]\n",
        ),
        "warnings", 14, 10, "as a formula takes more than 1,000 characters",
    ),
    "w = x = 1 at a mul gate": Faulty(_file("h = x*y\n  f = h + b", "{x: 1, y: 1, b: 2}"), "warnings", 3, 7,
    "swapped-inputs"),
    "ranges of 1 at a mul gate": Faulty(
        _file("h = x*y\n  f = h + b", "{x: {value: 2, choose: [1]}, y: {value: 3, choose: [1, 5]}, b: 2}"),
        "warnings", 3, 7, "of 12 seeds that were tried",
    ),
}  # fmt: skip
