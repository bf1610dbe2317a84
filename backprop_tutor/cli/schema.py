"""`schema`: the JSON Schema of an exercise file, for editors and validators."""

from __future__ import annotations

from typing import Annotated

from backprop_tutor.authoring.exercise_files import schema_text
from backprop_tutor.cli.options import ending_in, option
from backprop_tutor.cli.screen import write, wrote
from backprop_tutor.files import replace

Output = Annotated[str | None, option("-o", "--output", "FILE", "Write it to FILE.")]


def schema(output: Output = None) -> None:
    """Prints the JSON Schema of an exercise file."""
    if output is None:
        write(schema_text())
        return
    ending_in(".json", "-o", output)
    replace(output, schema_text().encode())
    wrote(output)
