"""Hostile matrices, formulas, shapes and circuits of arrays: no crash, nothing slow, and a message that says what is
wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

import pytest

from backprop_tutor.course.catalogue import ad_hoc, find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.array_text import read_shape
from backprop_tutor.errors import Fault, TutorError
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import submission_of
from backprop_tutor.tutor.stages import stage_questions, words_of
from tests.full import times
from tests.shipped import OF_ARRAYS
from tests.show.test_array_screens import NET
from tests.tutor.test_array_marking import keyed

LONGEST = 0.05  # seconds
MESSAGE = 700  # characters of a message, including the lines that it quotes
PIECES = [
    "[", "]", ";", ",", " ", "\n", "1", "-", "1e999", "0.5", "W1", "@", ".T", "dH", "'", "^", "(", ")", "sum(",
    "axis=0", "\u1d40", "9" * 40, "*", "/", ">", "=", "outer(", "1 2; 3", "[[1, 2], [3, 4]]", "nan", "\u2212", "\u00bd",
    "\u200b", "np.", "spread(W1,", "pad(", "conv(", "x", "np.array([",
    "\\begin{bmatrix}", "&", "\\\\", "\ud83d\ude00".encode(
        "utf-16", "surrogatepass").decode("utf-16"), "\ud800", "\0",
]  # fmt: skip
WHOLE = [
    "[" * 10**5, "-" * 10**5, "1 " * 10**6, "[" + "1 " * 10**6 + "]", "[[1, 2], " * 10**5, "W1^9^9^9", "[1 2\n" * 5000,
    "(" * 5000, "W1 @ " * 3000 + "W1", "9" * 5000, "x" * 10**6, "W1*" * 90 + "W1", "outer(outer(outer(W1,b1),b1),b1)",
    "[" + "sin(1) " * 2000 + "]", "1 - 2 - 3\n" * 2000, "[" + "1/3 " * 2000 + "]", "W1" + "'" * 900, "W1" + ".T" * 450,
    "spread(W1, 1000)", "spread(2, 100000)", "pad(2, X)",
    "spread(W1, 1e300)", "spread(W1, 0)", "spread(W1, 0.5)", "pad(pad(pad(W1,W1),W1),W1)",
    "softmax(" * 99 + "W1" + ")" * 99, "W1 > " * 99 + "W1", ";" * 20000, "\n" * 20000 + "1", "= " * 500, "[1e999 2]",
    "[" + "; ".join("1 " * 44 for _ in range(45)) + "]", "[" + "; ".join("0.123 " * 50 for _ in range(50)) + "]",
    "[1 2; 3]", "[[]]", "[;]", "[,]", "[1,,2]", "[[[1]]]", "[1 2] [3 4]", "[[1, 2], 3]", "maxpool(W1, 1e308)",
]  # fmt: skip


def rows_of(rng: Random) -> str:
    """A matrix of some size, of which some row, bracket or entry may be wrong."""
    rows, columns = rng.choice((1, 2, 3, 30)), rng.choice((1, 2, 3, 40))
    entry = rng.choice(
        ("1", "-0.5", "1/3", "1e999", "2e-400", "x", "\u221a2", "0.1.2", "1,5", "e^9^9", "(1", "1)", "--2")
    )
    written = [[f"{rng.uniform(-9, 9):.2f}" for _ in range(columns)] for _ in range(rows)]
    if rng.random() < 0.5:
        written[rng.randrange(rows)][rng.randrange(columns)] = entry
    if rng.random() < 0.3:
        written[rng.randrange(rows)].pop()
    between, after = rng.choice(((" ", "; "), (", ", "], ["), (",", "\n"), ("  ", ";"), (" & ", " \\\\ ")))
    text = after.join(between.join(row) for row in written)
    begins = rng.choice(("", "[", "[[", "[[[", "np.array([[", "(", "W1 = ["))
    return begins + text + rng.choice(("", "]", "]]", "]]]", "]])", ")"))


def formula_of(rng: Random) -> str:
    """A formula of some depth over the net's arrays."""
    text = rng.choice(("W1", "X", "b1", "dH", "dZ1", "Z1", "2", "H.T"))
    for _ in range(rng.randint(1, 12)):
        other = rng.choice(("W1", "X", "X.T", "b1", "dH", "dZ1", "3", "1e300", "0"))
        shape = rng.choice(("{} @ {}", "{}*{}", "({}) + {}", "outer({}, {})", "({})^{}", "conv({}, {})",
                            "pad({}, {})", "softmax({})", "exp({})", "({}).T", "sum({}, axis={})",
                            "spread({}, {})", "-({})", "1/({})"))  # fmt: skip
        text = shape.format(text, other)
    return text


def shape_of(rng: Random) -> str:
    sizes = rng.choices(
        ("2", "3", "N", "-1", "0", "1e9", "9" * 50, "", "\u00b2", "\uff13", "x", "C" * 99, "2.5", "inf"), k=3
    )
    return rng.choice(("{}x{}", "({}, {})", "{} by {}", "{} {}", "[{},{}]", "{}", "{}x{}x{}", "(({}")).format(*sizes)


def hostile(work: Callable[[], object]) -> str:
    """The message if something is refused, empty if it is read. At most LONGEST processor seconds, in the best of three
    runs, since others use the machine."""
    spent = []
    for _ in range(3):
        start, said = time.process_time(), ""
        try:
            work()
        except (Fault, TutorError) as fault:
            said = str(fault)
            assert said
            assert len(said) < MESSAGE
        spent.append(time.process_time() - start)
        if spent[-1] < LONGEST:
            return said
    raise AssertionError(f"{min(spent) * 1e3:.0f} ms")


@pytest.fixture(scope="module")
def net() -> Exercise:
    return variant(read_exercise(NET, "net"), None)


def test_hostile_answers_crash_nothing_and_take_no_time(net: Exercise) -> None:
    _, attempt, asked = keyed(net)
    rng = Random(23)
    makers: list[Callable[[Random], str]] = [
        rows_of, formula_of, shape_of, lambda rng: "".join(rng.choices(PIECES, k=rng.randint(1, 25))),
    ]  # fmt: skip
    refused = 0
    for number in range(times(500, 20_000) + len(WHOLE)):
        text = WHOLE[number] if number < len(WHOLE) else rng.choice(makers)(rng)
        question = rng.choice(asked)

        def marked(text: str = text, question=question) -> None:  # type: ignore[no-untyped-def]
            answer = attempt.read(question, text)
            attempt.judge(question, answer)
            attempt.diagnose(question, answer)

        try:
            refused += bool(hostile(marked))
        except Exception as error:
            raise AssertionError((text[:80], question.target, error)) from error
    assert refused > 250


def test_hostile_shapes_are_read_or_refused() -> None:
    rng = Random(29)
    for text in [*(shape_of(rng) for _ in range(times(300, 5000))), "2x" * 10**5, "(" * 10**5, "N x " * 10**5]:
        hostile(lambda text=text: read_shape(text))  # type: ignore[misc]


SMALL = "W=[1 2; 3 4]"
CIRCUITS = [
    ("f = sum(W)", "W=[" + "1 " * 10**6 + "]"), ("f = sum(W)", "W=" + "[" * 10**5), ("f = sum(W)", "W=[1e999]"),
    ("f = sum(W)", "W=[1 2; 3]"), ("f = " + "@".join(["W"] * 900), SMALL), ("f = W" + ".T" * 500, SMALL),
    ("f = maxpool(W, 1e308)", SMALL), ("f = maxpool(W, 0)", SMALL), ("f = sum(W, axis=7)", SMALL),
    ("f = conv(W, W, W)", SMALL), ("f = W@W@", SMALL), ("f = W^1e9", SMALL), ("f = exp(exp(exp(exp(W))))", SMALL),
    ("f = spread(W, 2)", SMALL), ("f = pad(W, W)", SMALL), ("f = W > W", SMALL),
    ("f = x @ x.T", "x=[" + "1;" * 999 + "2]"),
    ("f = x + x.T", "x=[" + "1;" * 999 + "2]"), ("\n".join(f"g{at} = W @ W" for at in range(1, 600)), SMALL),
]  # fmt: skip


@pytest.mark.parametrize(("graph", "at"), CIRCUITS)
def test_hostile_circuits_of_arrays_are_refused_with_what_is_wrong(graph: str, at: str) -> None:
    def read() -> None:
        assert ad_hoc(graph, [at]).solution

    assert hostile(read)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (f"W: {[[1] * 1000] * 1000}", "at most 20,000 are read"), ("W: " + "[" * 90 + "]" * 90, "nested too"),
        ("W: [[1e999]]", "too large"), ("W: [[1, 2], [3]]", "row 2 has 1 entry"), ("W: []", "an array, row by row"),
        ("W: {shape: 99999999x9, from: 0, to: 1, step: 1}", "write a shape as rows x columns"),
        ("W: {shape: 40x60, from: -1, to: 1, step: 0.1}", "more than 2,000 entries"), ("W: [[.nan]]", "row by row"),
    ],
)  # fmt: skip
def test_hostile_arrays_in_a_file_are_refused_with_what_is_wrong(inputs: str, said: str) -> None:
    text = f"title: T\ngraph: f = sum(W)\ninputs:\n  {inputs}\n"
    found = hostile(lambda: read_exercise(text, "t"))
    assert said in found
    assert "not a gate" not in found  # nothing else is wrong


STRANGE = (
    "1", "0", "[1 2]", "[1 2; 3 4]", "2x2", "N x D", "dZ", "-1", "nan", "", "x", "X @ W", "sum(W)", "1e300", "flip(X)",
)  # fmt: skip


@pytest.mark.parametrize("id_", OF_ARRAYS)
def test_a_sheet_of_anything_is_marked_also_where_own_numbers_leave_a_gates_domain(id_: str) -> None:
    exercise, rng = variant(find(id_), None), Random(9)
    checker = Checker(exercise)
    sheets = {word: stage_questions(word, exercise, exercise.graph) for word in words_of(exercise) if word != "graph"}
    for _ in range(times(8 if id_ == "batch-norm-column" else 1, 60)):
        given = {word: {one.target: rng.choice(STRANGE) for one in asked} for word, asked in sheets.items()}
        checked = checker.check(submission_of(given))
        assert checked.score <= checked.max_score
