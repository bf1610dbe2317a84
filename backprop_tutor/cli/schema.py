"""`schema`: the JSON Schema of an exercise file, for editors and validators."""

from __future__ import annotations

from typing import Annotated

import typer

Output = Annotated[
    str | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to a file.", show_default=False)
]


def schema(output: Output = None) -> None:
    """Print the JSON Schema of an exercise file.

    By it an editor completes the keys and underlines what is wrong.
    """
    from backprop_tutor.authoring.scaffold import schema_text
    from backprop_tutor.cli.chosen import ending_in
    from backprop_tutor.cli.screen import write
    from backprop_tutor.files import replace

    if output is None:
        write(schema_text())
        return
    ending_in(".json", "-o", output)
    replace(output, schema_text().encode())
