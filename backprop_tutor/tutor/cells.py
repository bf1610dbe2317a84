"""A cell for a spreadsheet: no text in it is ever taken for a formula."""

from __future__ import annotations


def defused(cell: object) -> object:
    """The cell; a text that a spreadsheet would run (`=`, `+`, `-`, `@`, tab or carriage return first) with an
    apostrophe before it."""
    is_formula = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{cell}" if is_formula else cell
