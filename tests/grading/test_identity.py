"""Whose a file is by its path: a layout fits as a regular expression would, and no name is long enough to stall it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_tutor.grading.collecting import NotHandedIn
from backprop_tutor.grading.grader import Layout, Place

PIECES = st.sampled_from(["a", "b", "ab", ".", "/", "*", "a/", "{exercise}", "{attempt}"])


def by_expression(pattern: str, path: str) -> dict[str, str] | None:
    """What a backtracking engine finds: fields as short as can be from the left, `*` as long."""
    pieces = re.split(r"(\{\w+\}|\*)", pattern)
    worded = "".join(
        "[^/]*" if piece == "*" else f"(?P<{piece[1:-1]}>[^/]+?)" if piece.startswith("{") else re.escape(piece)
        for piece in pieces
    )
    found = re.compile(worded, re.DOTALL).fullmatch(path)
    return found.groupdict() if found is not None else None


@settings(max_examples=600, deadline=None)
@given(st.lists(PIECES, max_size=6), st.lists(PIECES, max_size=6), st.text("ab./\n", max_size=12))
def test_a_layout_fits_where_and_as_the_expression_does(before: list[str], after: list[str], path: str) -> None:
    pieces = [*before, "{student}", *after]
    pattern = "".join(piece for n, piece in enumerate(pieces) if piece[0] != "{" or piece not in pieces[:n])
    pattern = pattern.removeprefix("./")
    path = path.lstrip("/")
    wanted = by_expression(pattern, path)
    try:
        found = Layout(pattern).place(path)
    except NotHandedIn:
        assert wanted is None
    else:
        assert wanted is not None
        assert found == Place(**wanted)


@pytest.mark.parametrize("pattern", ["*a" * 30 + "{student}b", "{student}" + "a*" * 40 + "b", "{student}-*-*-*-*-*-x"])
def test_a_long_name_that_nearly_fits_is_no_puzzle(pattern: str) -> None:
    """Tried piece after piece and back, these would take longer than anyone lives."""
    for text in ("a" * 4_000, "-" * 4_000):
        with pytest.raises(NotHandedIn):
            Layout(pattern).place(text)
