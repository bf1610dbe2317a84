"""`list`: the catalogue."""

from __future__ import annotations

from backprop_tutor.cli.options import Folders, Format, Plain, shelf
from backprop_tutor.cli.screen import Screen, write_json
from backprop_tutor.show.listing import listing, listing_json


def list_(format_: Format = "terminal", folders: Folders = None, plain: Plain = False) -> None:
    """Lists the exercises, from easy to hard."""
    exercises, origins = shelf(folders or ())
    if format_ == "json":
        write_json(listing_json(exercises, origins))
    else:
        screen = Screen(plain)
        screen.show(*listing(exercises, origins, screen.width, screen.text))
