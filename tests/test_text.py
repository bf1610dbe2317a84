"""The display width of a text; counts, lists and carets."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console
from rich.text import Text

from backprop_tutor.engine.language import BadName, UnknownGate
from backprop_tutor.errors import Faults
from backprop_tutor.show.words import Indented, heading
from backprop_tutor.text import (
    ascii_text,
    columns,
    counted,
    excerpt,
    glyphs,
    hung,
    listed,
    nearest,
    padded,
    quoted,
    reflowed,
    shortened,
)

ACCENTED = "e\u0301"


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("w0", 2), ("é", 1), (ACCENTED, 1), ("ที่", 1), ("น้ำ", 2), ("กำลัง", 4), ("漢字", 4), ("∂L", 2)],
)
def test_a_mark_takes_no_column_and_a_wide_letter_two(text: str, width: int) -> None:
    assert columns(text) == width
    assert "".join(glyph for glyph, _ in glyphs(text)) == text
    assert sum(wide for _, wide in glyphs(text)) == width
    assert all(wide > 0 for _, wide in glyphs(text))
    for room in range(width, width + 4):
        assert columns(padded(text, room)) == columns(padded(text, room, right=True)) == room


@pytest.mark.parametrize("text", ["gradient", "ที่นี่ที่นี่", ACCENTED * 6, "漢字漢字", f"a{ACCENTED}漢ที่b"])
def test_a_text_is_cut_between_letters_and_never_between_a_letter_and_its_marks(text: str) -> None:
    letters = [glyph for glyph, _ in glyphs(text)]
    for room in range(1, columns(text) + 2):
        for keep_end in (False, True):
            cut = shortened(text, room, keep_end)
            assert columns(cut) <= room
            kept = [glyph for glyph, _ in glyphs(cut.replace("…", ""))]
            assert kept == (letters[len(letters) - len(kept) :] if keep_end else letters[: len(kept)])
            assert (cut == text) == (room >= columns(text))


@pytest.mark.parametrize(
    ("text", "span", "carets"),
    [
        ("x = sine(y)", (4, 8), "    ^^^^"),
        ("ที่ = sine(y)", (6, 10), "    ^^^^"),
        (f"{ACCENTED} = sine(y)", (5, 9), "    ^^^^"),
        ("漢 = sine(y)", (4, 8), "     ^^^^"),
        ("a + ที่ + b", (4, 7), "    ^"),
        ("a + ที่ + b", (5, 6), "    ^"),  # the vowel alone: its caret stands under the letter that carries it
        ("a\nbc\n", (3, 4), " ^"),
        ("ab", (2, 2), "  ^"),
    ],
)
def test_carets_stand_under_what_they_mean(text: str, span: tuple[int, int], carets: str) -> None:
    assert excerpt(text, span, "").split("\n")[1] == carets


def test_a_long_line_is_shown_around_its_caret_in_so_many_columns() -> None:
    for letter in ("x", "ที่", "漢"):
        text = letter * 200 + "?" + letter * 200
        line, carets = excerpt(text, (200 * len(letter), 200 * len(letter) + 1), "", 40).split("\n")
        assert columns(line) <= 40
        assert columns(line[: line.index("?")]) == carets.index("^")


def test_a_fault_in_words_stands_on_the_same_columns() -> None:
    text = "ที่ = sine(y)"
    said = str(Faults(text, [UnknownGate((6, 10), name="sine", suggestion="")]))
    assert said.endswith("  ที่ = sine(y)\n      ^^^^")


@pytest.mark.parametrize("sign", "²³½·×÷−–∂→δα✓…│é漢")
def test_in_ascii_nothing_that_somebody_else_wrote_is_put_into_other_words(sign: str) -> None:
    escape = sign.encode("ascii", "backslashreplace").decode()
    said = ascii_text(str(Faults(f"x{sign} = 2·y", [BadName((0, 1 + len(sign)), name=f"x{sign}")])))
    first, line, carets = said.split("\n")
    assert f'"x{escape}" cannot be a name' in first
    assert line == f"  x{escape} = 2\\xb7y"
    assert carets == "  " + "^" * len(f"x{escape}")
    assert ascii_text(f"2·x is not {quoted('2·x')}: −1") == '2*x is not "2\\xb7x": -1'
    assert quoted("2*x") == "2*x"


def test_a_product_stays_a_product_in_ascii() -> None:
    assert ascii_text("w - α·∂L/∂w, |x|·y, f·(1 - f), and · is not known") == (
        "w - alpha*dL/dw, |x|*y, f*(1 - f), and . is not known"
    )


def test_a_line_never_ends_within_an_array() -> None:
    written = StringIO()
    Console(width=60, file=written).print(
        Indented(Text("dW = [0.44; 0.52] @ [0.20 0.40] = [0.088 0.176; 0.104 0.208]"))
    )
    assert written.getvalue() == "  dW = [0.44; 0.52] @ [0.20 0.40]\n    = [0.088 0.176; 0.104 0.208]\n"


def test_a_line_never_ends_between_a_name_and_its_number() -> None:
    written = StringIO()
    console = Console(width=40, file=written)
    console.print(Indented(Text("with w23 = 0.4, w24 = 1, w35 = -1.2, w45 = 1.1, t3 = 0.8, and ∂L/∂f = 1.00."), 0))
    lines = written.getvalue().split("\n")
    assert len(lines) > 2
    assert not any(line.endswith("=") or line.lstrip().startswith("=") for line in lines)
    assert "t3 = 0.8" in " ".join(lines)


def test_a_heading_is_as_wide_as_the_screen_whatever_its_letters() -> None:
    for title in ("A title", "ที่นี่", "漢字", ACCENTED * 100):
        assert columns(heading(title, 80).plain) == 80


def test_counts_and_lists_in_words() -> None:
    assert [counted(number, "answer") for number in (0, 1, 2, 1200)] == [
        "0 answers", "1 answer", "2 answers", "1,200 answers",
    ]  # fmt: skip
    assert counted(1, "entry", "entries") == "1 entry"
    assert counted(3, "entry", "entries") == "3 entries"
    assert [listed("abcd"[:number]) for number in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert listed("aab", "or") == "a or b"
    assert listed("abcdef", most=3) == "a, b and 4 more"
    assert listed("abc", most=3) == "a, b and c"


def test_the_nearest_name_is_offered_and_none_that_is_far() -> None:
    assert nearest("sgmoid", ["sigmoid", "tanh"]) == " Did you mean sigmoid?"
    assert nearest("qqq", ["sigmoid", "tanh"]) == ""


def test_a_message_is_broken_between_words_and_its_excerpt_is_not() -> None:
    quoted = "  f = x +* y and so on to the end of a line\n         ^"
    text = f"backprop-tutor: a message of many words that go on and on\n{quoted}"
    lines = hung(text, 30).split("\n")
    assert lines[:2] == ["backprop-tutor: a message of", "  many words that go on and on"]
    assert "\n".join(lines[2:]) == quoted
    assert hung("short", 30) == "short"
    assert hung("x" * 50, 30) == "x" * 50


def test_a_paragraph_is_one_line_and_a_list_is_none() -> None:
    assert reflowed("of about\n0.1 moves") == "of about 0.1 moves"
    assert (
        reflowed("One\ntwo:\nL = x\nThree\n\nFour\n  f = x\n- a\n- b\n1. c\n")
        == "One two:\nL = x\nThree\n\nFour\n  f = x\n- a\n- b\n1. c"
    )
