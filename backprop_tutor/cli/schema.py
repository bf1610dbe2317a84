"""`schema`: the JSON Schema of an exercise file, for editors and validators."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from backprop_tutor.authoring.exercise_files import CannotWrite, schema_text
from backprop_tutor.cli.options import ending_in, option
from backprop_tutor.cli.screen import write
from backprop_tutor.text import visible

Output = Annotated[str | None, option("-o", "--output", "FILE", "Write it to a file.")]


def schema(output: Output = None) -> None:
    """Prints the JSON Schema of an exercise file."""
    if output is None:
        write(schema_text())
        return
    ending_in(".json", "-o", output)
    try:
        Path(output).write_text(schema_text(), encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or "this is no file name").lower()
        raise CannotWrite(f"{visible(output)} cannot be written: {why}.") from None
