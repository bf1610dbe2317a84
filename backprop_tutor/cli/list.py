"""`list`: the catalogue."""

from __future__ import annotations

from backprop_tutor.cli.options import Folders, Format, Plain


def list_(format_: Format = "terminal", folders: Folders = None, plain: Plain = False) -> None:
    """List the exercises.

    Each with its title, gates, number of questions and source.
    """
    from backprop_tutor.cli.chosen import one_of
    from backprop_tutor.cli.screen import Screen, write
    from backprop_tutor.course.catalogue import catalogue
    from backprop_tutor.show.listing import listing, listing_json

    if one_of("--format", format_, ("terminal", "json")) == "json":
        import json

        write(json.dumps(listing_json(catalogue(folders or ())), indent=2), "\n")
    else:
        Screen(plain).show(listing(catalogue(folders or ())))
