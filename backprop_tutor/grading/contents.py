"""Turns the bytes of one file into answers in plain values, or says what the file is if it is not an answer file."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from html import unescape
from typing import Any, Final
from unicodedata import normalize

from backprop_tutor.errors import Faults, TutorError
from backprop_tutor.files import MOST_BYTES
from backprop_tutor.text import place
from backprop_tutor.tutor.marking.submission import plain_answers

ONLINE: Final = (".html", ".htm")
"""The suffixes of files that hold what was typed into a course system."""


class NotHandedIn(TutorError):
    """One submission that cannot be marked; all others still are."""


_KINDS: Final = (
    (b"%PDF", "a PDF file"), (b"\x89PNG", "a PNG picture"), (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"), (b"II*\0", "a TIFF picture"), (b"MM\0*", "a TIFF picture"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Excel file"), (b"{\\rtf", "an RTF file"), (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"), (b"\x1f\x8b", "a gzip archive"), (b"\x7fELF", "a program"),
    (b"bplist00", "a macOS property list"), (b"SQLite format 3", "a database"),
)  # fmt: skip
"""How files of known types begin."""
_IN_ARCHIVES: Final = (
    (b"word/", "a Word file"), (b"xl/", "an Excel file"), (b"ppt/", "a PowerPoint file"),
    (b"mimetypeapplication/vnd.oasis", "an OpenDocument file"), (b"Index/", "a Pages or Numbers file"),
)  # fmt: skip
"""Names in a ZIP archive that identify it as a file of an office program."""
_LOOKED_AT: Final = 4_096  # how many bytes suffice to recognise a file
_ADVICE: Final = "Hand in a text file, such as answers.yaml."


def kind_of(data: bytes, name: str = "") -> str:
    """What kind of file it is, in words (`a JPEG picture`), if it is not text; empty if it may be text."""
    for begins, words in _KINDS:
        if data.startswith(begins):
            return words
    if data.startswith(b"PK"):
        return next((words for part, words in _IN_ARCHIVES if part in data), "a ZIP archive")
    if data[4:8] == b"ftyp":
        return "a HEIC picture" if data[8:11] in (b"hei", b"mif") else "a film"
    if data.startswith(b"RIFF"):
        return "a WebP picture" if data[8:12] == b"WEBP" else "an audio or video file"
    if name.lower().endswith(".ipynb") or (b'"nbformat"' in data and b'"cells"' in data):
        return "a Jupyter notebook"
    if _is_utf16(data):
        return "text in UTF-16 without a byte-order mark"
    return ""


def _is_utf16(data: bytes) -> bool:
    """Whether every second byte of the beginning is 0, as in Western text in UTF-16."""
    start = data[:_LOOKED_AT]
    zeros = sorted(start[first::2].count(0) for first in (0, 1))
    return zeros[0] * 10 < len(start) < zeros[1] * 5 // 2


def text_of(data: bytes, name: str = "") -> tuple[str, str]:
    """A file as text, and a remark on how it was read. Raises NotHandedIn."""
    if not data.strip():
        raise NotHandedIn("is empty.")
    has_mark = data.startswith((BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE))
    kind = "" if has_mark else kind_of(data if data.startswith(b"PK") else data[:_LOOKED_AT], name)
    if kind:
        raise NotHandedIn(f"is {kind}. {'Save it as UTF-8.' if 'UTF-16' in kind else _ADVICE}")
    if len(data) > MOST_BYTES:
        raise NotHandedIn(f"is larger than {MOST_BYTES:,} bytes.")
    encoding = "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return _lines(data.decode(encoding)), ""
    except UnicodeDecodeError as error:
        if has_mark or b"\0" in data:
            known = "UTF-16" if encoding == "utf-16" else "UTF-8"
            raise NotHandedIn(f"is not {known} (byte {error.start + 1}). Save it as UTF-8.") from None
        why = f"is not UTF-8 (byte {error.start + 1}). Save it as UTF-8."
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise NotHandedIn(why) from None
    if not all(c.isprintable() or c.isspace() for c in text):
        raise NotHandedIn(why)
    return _lines(text), "The file is not UTF-8, so it was read as Windows-1252."


def _lines(text: str) -> str:
    return normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")


_TAG: Final = re.compile(r"(<[^<>]*>)")
_BREAKS: Final = re.compile(r"<(?:br\s*/?|/(?:p|div|li|h[1-6]|tr|pre)\s*)>", re.IGNORECASE)
_UNSEEN: Final = re.compile(r"<(/?)(?:style|script|title)\b", re.IGNORECASE)


def typed_text(html: str) -> str:
    """What was typed into a course system, as text with one line per paragraph."""
    said: list[str] = []
    is_seen = True
    for number, piece in enumerate(_TAG.split(_without_comments(html))):
        if number % 2 == 0:
            after_break = "".join(said[-1:]) == "\n"  # a line of the source that ends with its paragraph ends once
            said.append(piece.removeprefix("\n") if is_seen and after_break else piece if is_seen else "")
            continue
        unseen = _UNSEEN.match(piece)
        is_seen = bool(unseen[1]) if unseen is not None else is_seen
        if _BREAKS.fullmatch(piece) and not "".join(said[-1:]).endswith("\n"):
            said.append("\n")
    text = unescape("".join(said)).replace("\N{NO-BREAK SPACE}", " ").replace("\N{ZERO WIDTH SPACE}", "")
    return text.strip("\n")


def _without_comments(html: str) -> str:
    kept, at = [], 0
    while (start := html.find("<!--", at)) >= 0 and (end := html.find("-->", start)) >= 0:
        kept.append(html[at:start])
        at = end + len("-->")
    return "".join([*kept, html[at:]])


def answers_text(data: bytes, name: str) -> tuple[str, str]:
    """The text of an answer file, without markup if it was typed into a course system, and a remark on how it was read.
    Raises NotHandedIn."""
    text, remark = text_of(data, name)
    return typed_text(text) if name.lower().endswith(ONLINE) else text, remark


def answers_in(data: bytes, name: str) -> tuple[Any, str]:
    """The contents of a file as dicts and lists with every answer as it was written, and a remark on how it was read.
    Raises NotHandedIn."""
    text, remark = answers_text(data, name)
    try:
        return plain_answers(text), remark
    except Faults as error:
        line, column = place(error.text, error.faults[0].span[0])
        raise NotHandedIn(f"line {line}, column {column}: {error.faults[0]}") from None
