"""All texts of the course have a form in ASCII, for terminals without Unicode."""

from __future__ import annotations

from backprop_tutor.course.catalogue import load_catalogued, outlines
from backprop_tutor.text import ascii_text


def test_every_title_statement_source_and_hint_is_plain_without_escapes() -> None:
    exercises = [load_catalogued(path) for path in outlines()]
    texts = [text for one in exercises for text in (one.title, one.statement, one.source, *one.hints.values()) if text]
    assert len(texts) > len(exercises)
    assert [text for text in map(ascii_text, texts) if not text.isascii() or "\\" in text] == []
