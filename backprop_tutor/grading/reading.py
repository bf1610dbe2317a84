"""One file or one line in, plain answers out, within bounds; nothing is followed, nothing is waited for."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import Any
from unicodedata import normalize

from backprop_tutor.course.yaml_text import Unreadable, decoded
from backprop_tutor.errors import Faults
from backprop_tutor.grading.faults import NotHandedIn
from backprop_tutor.grading.items import MOST_BYTES
from backprop_tutor.grading.sources import open_regular
from backprop_tutor.text import place, visible
from backprop_tutor.tutor.marking.submission import StandsTwice, json_answers, plain_answers


def parsed_file(path: str) -> Any:
    """What a file of YAML or JSON holds. Raises TutorError."""
    try:
        with open_regular(path) as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotHandedIn(f"cannot be read: {(error.strerror or 'unknown error').lower()}.") from None
    return parsed(data)


def parsed(data: bytes) -> Any:
    """What the bytes of a file hold. Raises TutorError."""
    if len(data) > MOST_BYTES:
        raise NotHandedIn(f"is larger than {MOST_BYTES:,} bytes.")
    if not data.strip():
        raise NotHandedIn("is empty.")
    try:
        return plain_answers(decoded(data, "this"))
    except Unreadable as error:
        raise NotHandedIn(error.why) from None
    except Faults as error:
        line, column = place(error.text, error.faults[0].span[0])
        raise NotHandedIn(f"line {line}, column {column}: {error.faults[0]}") from None


def parsed_line(data: bytes) -> Any:
    """What a line of JSON holds. Raises TutorError."""
    try:
        return json_answers(normalize("NFC", data.removeprefix(BOM_UTF8).decode()))
    except UnicodeDecodeError as error:
        raise NotHandedIn(f"is not UTF-8 (byte {error.start + 1}).") from None
    except StandsTwice as error:
        raise NotHandedIn(f"{visible(str(error))[:60]} stands twice in it.") from None
    except RecursionError:
        raise NotHandedIn("is nested too deeply.") from None
    except ValueError as error:
        raise NotHandedIn(f"is not JSON: {str(error)[:80]}.") from None
