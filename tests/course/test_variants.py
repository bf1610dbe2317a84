"""Seeds give the numbers that the authors' page predicts, on every machine and in every version."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import load, read_exercise
from backprop_tutor.course.values import options
from backprop_tutor.course.variants import (
    MOST_DRAWS,
    NoUsableNumbers,
    drawn_values,
    pick,
    variant,
    why_unusable,
)
from tests.course import by_the_page
from tests.documents import Document
from tests.full import times
from tests.shipped import numbers

PAGE = Document("exercises/README.md")
NEURON = PAGE.files["neuron.yaml"]
GOLDEN = re.findall(r"^neuron  seed (\d+)  draw (\d+)  (.*)$", PAGE.text, re.MULTILINE)
FILES = numbers()
EXERCISES = {id_: load(path) for id_, path in FILES.items()}


def made(inputs: str, graph: str = "f = x*y", id_: str = "mine", more: str = "") -> Exercise:
    return read_exercise(f"title: T\ngraph: '{graph}'\ninputs: {inputs}\n{more}", id_)


@pytest.mark.parametrize(("seed", "draw", "numbers"), GOLDEN)
def test_the_numbers_on_the_page_never_change(seed: str, draw: str, numbers: str) -> None:
    exercise = read_exercise(NEURON, "neuron")
    expected = {name: float(number) for name, number in re.findall(r"(\w+) = (\S+?)(?:,|$)", numbers)}
    assert dict(variant(exercise, int(seed)).values) == expected
    assert by_the_page.numbers_of(exercise, NEURON, int(seed)) == (int(draw), expected)


def test_the_page_has_seeds_with_and_without_skipped_draws() -> None:
    assert len(GOLDEN) >= 5
    assert {int(draw) for _, draw, _ in GOLDEN} >= {0, 1, 2}


def test_the_pages_example_of_a_draw_is_so() -> None:
    text, begins, options_, index, number = re.search(  # type: ignore[union-attr]
        r"is `(neuron:\S+)`\. Its SHA-256 begins with `(\w+)`, and\s+its remainder on division by (\d+), the number of "
        r"options, is (\d+): w = ([-\d.]+)\.",
        PAGE.text,
    ).groups()
    digest = sha256(text.encode()).hexdigest()
    assert digest.startswith(begins)
    assert int(digest, 16) % int(options_) == int(index)
    assert by_the_page.options_of(NEURON)["w"][int(index)] == float(number)


@pytest.mark.parametrize("id_", sorted(FILES))
def test_every_shipped_exercise_is_drawn_as_the_page_says(id_: str) -> None:
    text = FILES[id_].read_text(encoding="utf-8")
    for seed in (0, 65010001, *range(1, times(1, 200))):
        assert dict(variant(EXERCISES[id_], seed).values) == by_the_page.numbers_of(EXERCISES[id_], text, seed)[1]


SKIPPING = {
    "a domain": ("{x: {from: -3, to: 3}, y: 2}", "f = log(x)*y"), "a division by 0": ("{x: {from: -1, to: 1}, y: 2}",
    "f = y/x"),
    "a power": ("{x: {from: -2, to: 2, step: 0.5}, y: 2}", "f = x^0.5*y"),
    "an overflow": ("{x: {choose: [1, 800]}, y: 2}", "f = exp(x)*y"),
    "a tie": ("{x: {from: 1, to: 3}, y: {from: 1, to: 3}}", "f = max(x, y)"),
    "a constant's tie": ("{x: {from: 1, to: 3}}", "f = 3*min(x, 2)"),
    "a corner": ("{x: {from: -1, to: 1}, y: 2}", "f = leaky_relu(x)*y"),
    "an absolute corner": ("{x: {from: -1, to: 1}, y: 2}", "f = abs(x)*y"),
    "nothing to find": ("{x: {from: -2, to: 2}, y: {from: -2, to: 2}}", "f = relu(x*y)"),
    "large": ("{x: {choose: [1, 5000]}, y: 100}", "f = x*y"),
    "small": ("{x: {choose: [0.0001, 1]}, y: {choose: [2, 3]}}", "f = x*y"),
    "sums that are not quite 0": ("{x: {from: 0.1, to: 0.3, step: 0.1}, y: {choose: [-0.3, 2]}}",
    "a = x + 0.2; f = relu(a + y)*3"),
}  # fmt: skip


@pytest.mark.parametrize("what", SKIPPING)
def test_draws_are_skipped_as_the_page_says(what: str) -> None:
    inputs, graph = SKIPPING[what]
    exercise = made(inputs, graph)
    text = f"title: T\ngraph: '{graph}'\ninputs: {inputs}\n"
    skipped = 0
    for seed in range(times(15, 40)):
        draw, numbers = by_the_page.numbers_of(exercise, text, seed)
        skipped += draw > 0
        assert dict(variant(exercise, seed).values) == numbers
    assert skipped


@pytest.mark.parametrize(
    "conditions",
    [
        "[x > 0]",
        "[x != y, f >= -2]",
        "[y == 0.3]",
        "[x < y]",
        "[-0.2 <= x, x <= 0.2]",
        "[a == 0.3]",
        "[a < 0.3]",
        "[a > 0.3]",
    ],
)
def test_every_variant_meets_the_conditions_as_the_page_says(conditions: str) -> None:
    inputs = "{x: {from: -2, to: 2, step: 0.1}, y: {choose: [0.3, 0.2, -1]}}"
    graph, more = "a = x + 0.2; f = a*y*10", f"where: {conditions}\n"
    exercise = made(inputs, graph, more=more)
    text = f"title: T\ngraph: '{graph}'\ninputs: {inputs}\n{more}"
    skipped = 0
    for seed in range(1, times(8, 16)):
        draw, numbers = by_the_page.numbers_of(exercise, text, seed)
        skipped += draw > 0
        drawn = variant(exercise, seed)
        assert dict(drawn.values) == numbers
        assert by_the_page.meets(exercise, numbers, [str(condition) for condition in exercise.where])
    assert skipped


def test_the_first_usable_draw_is_taken() -> None:
    exercise = EXERCISES["ppo-clip"]
    for seed in range(60):
        draws = [drawn_values(exercise, seed, draw) for draw in range(30)]
        first = next(drawn for drawn in draws if why_unusable(drawn) is None)
        assert variant(exercise, seed).values == first.values


def test_ranges_without_a_usable_draw_are_told() -> None:
    with pytest.raises(NoUsableNumbers, match="no usable numbers for seed 3"):
        variant(made("{x: {from: -3, to: -1}, y: 2}", "f = log(x)*y"), 3)
    assert MOST_DRAWS == 1000


def test_without_a_seed_the_authors_own_numbers_are_taken_or_seed_one() -> None:
    own = made("{x: {value: 7, from: 1, to: 3}, y: 2}")
    assert dict(variant(own, None).values) == {"x": 7, "y": 2}
    open_ = made("{x: {from: 1, to: 3}, y: 2}")
    assert variant(open_, None).values == variant(open_, 1).values
    assert variant(open_, None).seed == 1


def test_numbers_without_ranges_are_taken_as_they_are() -> None:
    assert dict(variant(made("{x: 0, y: 0}"), 5).values) == {"x": 0, "y": 0}


def test_another_seed_draw_input_or_id_gives_other_numbers() -> None:
    inputs = "{x: {from: 1, to: 90000}, y: {from: 1, to: 90000}}"
    one, other = made(inputs), made(inputs, id_="other")
    at = drawn_values(one, 1, 0).values
    assert at["x"] != at["y"]
    assert all(
        drawn.values["x"] != at["x"]
        for drawn in (drawn_values(one, 2, 0), drawn_values(one, 1, 1), drawn_values(other, 1, 0))
    )


@given(st.integers(-50, 50), st.integers(0, 300), st.sampled_from(["1", "0.1", "0.25", "1e-1", "0.3"]))
def test_a_range_counts_in_decimals_and_never_drifts(start: int, steps: int, step: str) -> None:
    from fractions import Fraction

    first, width = Fraction(start, 10), Fraction(step)
    end = f"{float(first + steps * width):.12g}"
    found = options(f"{start / 10:.12g}", end, step)
    assert len(found) == steps + 1
    assert all(float(first + number * width) == found[number] for number in (0, steps // 2, steps))


def test_a_range_at_the_ends_of_what_floats_can_hold() -> None:
    assert list(options("1e300", "2e300", "5e299")) == [1e300, 1.5e300, 2e300]
    assert list(options("-1e-300", "1e-300", "1e-300")) == [-1e-300, 0, 1e-300]
    assert list(options("0e-999999999", "1", "1")) == [0, 1]
    with pytest.raises(ValueError, match="a step above 0"):
        options("0", "1", "1e-999999999")


@given(st.text(max_size=40), st.integers(1, 10**6))
def test_a_pick_is_in_range_and_blind_to_how_accents_are_stored(key: str, count: int) -> None:
    from unicodedata import normalize

    assert 0 <= pick(key, count) < count
    assert pick(normalize("NFD", key), count) == pick(normalize("NFC", key), count)


def test_picks_are_spread_evenly() -> None:
    counts = [0] * 10
    for number in range(2000):
        counts[pick(f"mine:{number}:0:x", 10)] += 1
    assert min(counts) > 150
    assert max(counts) < 250
