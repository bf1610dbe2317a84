"""`list`: the catalogue."""

from __future__ import annotations

from backprop_tutor.cli.options import Folders, Format, Plain


def list_(format_: Format = "terminal", folders: Folders = None, plain: Plain = False) -> None:
    """List the exercises, from easy to hard.

    Each with its title, how many gates it has, how many questions it asks, and where it is from.
    """
    from backprop_tutor.cli.screen import Screen, write
    from backprop_tutor.cli.shelf import shelf
    from backprop_tutor.show.listing import listing, listing_json
    from backprop_tutor.text import escaped

    exercises, origins = shelf(folders or ())
    if format_ == "json":
        import json

        write(escaped(json.dumps(listing_json(exercises, origins), indent=2, ensure_ascii=False)), "\n")
    else:
        screen = Screen(plain)
        screen.show(listing(exercises, origins, screen.width, screen.text))
