"""Rounding to two decimals as on paper, for any number that a circuit may have."""

from __future__ import annotations

from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from itertools import product
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop_tutor.engine.compile import read_graph
from backprop_tutor.engine.passes import OutOfDomain, solve
from backprop_tutor.tutor.marking.acceptance import HALVES, both_ways, to_two_decimals
from backprop_tutor.tutor.marking.hand_rounding import HANDS, rounded_passes
from tests.cli.running import tutor


@given(st.floats(-1e9, 1e9))
def test_two_decimals_are_two_and_the_nearest(value: float) -> None:
    for found in both_ways(value):
        assert Decimal(repr(found)) == Decimal(repr(found)).quantize(Decimal("0.01"))
        assert abs(found - value) <= 0.005 + 1e-7


@given(st.integers(-(10**6), 10**6))
def test_a_tie_goes_both_ways(thousandths: int) -> None:
    value = Decimal(thousandths * 10 + 5) / 1000
    sides = {float(value.quantize(Decimal("0.01"), how)) for how in (ROUND_HALF_UP, ROUND_HALF_DOWN)}
    assert set(both_ways(float(value))) == sides


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_of_any_size_has_two_decimals(value: float) -> None:
    for halves in HALVES:
        rounded = to_two_decimals(value, halves)
        assert isfinite(rounded)
        assert abs(rounded - value) <= max(0.00501, abs(value) * 1e-15)


@pytest.mark.parametrize(
    "text", ["f = x*y", "f = (x*y)*x", "f = x*y - x*y", "f = x/y", "f = (x + y)*1e-300", "a = x*y\nf = a + a"]
)
def test_what_overflows_on_paper_is_absent_and_nothing_breaks(text: str) -> None:
    graph, solved = read_graph(text, ["x", "y"]), 0
    for x, y, hand in product([1e307, -8.9e307, 1e-300, 2.0], [1.0, 0.004, 1e-300], HANDS):
        try:
            solution = solve(graph, [x, y], 1.0)
        except OutOfDomain:
            continue
        solved += 1
        rounded = rounded_passes(solution, hand)
        assert all(map(isfinite, [*rounded.values.values(), *rounded.gradients.values()]))
        assert all(
            rounded.carried(branch) is None or isfinite(rounded.carried(branch) or 0.0) for branch in graph.branches
        )
    assert solved


def test_an_exercise_near_the_largest_number_is_marked() -> None:
    answers = "forward: {f: 2e307}\nbackward: {x: 2, y: 1e307}\n"
    ran = tutor("check", "--graph", "f = x*y", "--at", "x=1e307", "--at", "y=2", "-", stdin=answers)
    assert (ran.status, ran.err) == (0, "")
    assert "1 of 1 right" in ran.out
