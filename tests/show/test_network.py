"""The tables of a network and its circles, on screens of every width."""

from __future__ import annotations

import pytest
from rich.console import Console, RenderableType

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.show.network import session_circles, session_tables
from backprop_tutor.show.words import Look
from backprop_tutor.tutor.session import Session


def on_a_screen(part: RenderableType, width: int) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(part)
    return capture.get()


@pytest.mark.parametrize("width", [40, 50, 60, 80, 120])
def test_no_number_of_a_network_is_cut_on_a_narrow_screen(width: int) -> None:
    session = Session(variant(find("xor"), None), 3)
    text = on_a_screen(session_tables(session), width)
    assert max(map(len, text.splitlines())) <= width
    words = " ".join(text.split())
    assert all(number in words for number in ("0.0389", "0.5097", "0.8808", "[?]", "w35 = -1.2000", "w45 = 1.1000"))
    assert "…" not in text


def test_the_circles_show_the_weights_where_there_is_room_and_mark_what_is_asked() -> None:
    session = Session(variant(find("xor"), None), 3)
    drawings = {width: session_circles(session, Look(width)) for width in (40, 60, 80)}
    assert drawings[40] is None
    assert "w35" not in str(drawings[60])
    assert all(f"w{weight} = " in str(drawings[80]) for weight in (13, 14, 23, 24, 35, 45))
    assert "[y5]" in str(drawings[60])
    while session.question is not None and not session.question.symbol.startswith("new"):
        session.skip()
    assert "━" in str(session_circles(session, Look(80)))


def test_a_network_without_neurons_has_no_circles() -> None:
    assert session_circles(Session(variant(find("sigmoid"), None), 3), Look(80)) is None
