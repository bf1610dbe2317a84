"""Answers as they were handed in: each kept as the text that was written, from YAML or JSON, from `name = value` lines
or from tables of two columns."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from backprop_tutor.course.yaml_text import Source, read_yaml
from backprop_tutor.errors import Faults, TutorError
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import LONGEST_NAME, MOST_QUOTED, nearest, quoted, visible
from backprop_tutor.tutor.stages import EVERY_WORD, WORDS, is_drawn, stages_of

BARE: Final = "(no stage)"
"""Stands for the stage of answers that name none; no student writes this key by chance."""
_ABOUT: Final = ("exercise", "student", "seed")
_HEADING: Final = re.compile(r"[\s#*\[]*(\w+)[\s*\]:]*")
_SIGN: Final = re.compile(r"[=:]")
_DRAWN: Final = frozenset(filter(is_drawn, WORDS))
_LONGEST: Final = 5_000  # lines; no exercise asks for that many
_CURLED: Final = "\u201c\u201d\u201e\u201f\xab\xbb\u2018\u2019\u201a\u201b"  # double ones, then single ones
_QUOTES: Final = str.maketrans(_CURLED, '""""""' + "''''")
_IN_QUOTES: Final = re.compile(rf"(?:^|[\s{{,\[:])[{_CURLED}][^{_CURLED}\n]*[{_CURLED}][ \t]*(?=[:=,}}\]\n]|$)")
_HEADINGS: Final = frozenset(("name", "question", "node", "gradient"))
"""Headings of the first column in a table of answers."""


def straight_quotes(text: str) -> str:
    """The text with straight quotes, which YAML understands, where a word processor has put curly ones around a name or
    an answer; an apostrophe inside a name stays as it is."""
    return text.translate(_QUOTES) if _IN_QUOTES.search(text) else text


def equations(text: str) -> dict[str, Any] | None:
    """The answers in a text whose lines are all `name = value`, the name of a stage, or a comment; those before any
    stage are under BARE. None if any line is something else."""
    if "=" not in text:
        return None
    found: dict[str, Any] = {}
    stage, drawn = BARE, ""
    lines = text.split("\n")
    for line in lines[:_LONGEST]:
        heading = _HEADING.fullmatch(line)
        if not line.strip():
            continue
        if heading is not None and heading[1].lower() in WORDS:
            stage = heading[1].lower()
            continue
        if line.lstrip().startswith("#"):
            continue
        name, *value = (_unquoted(part.strip()) for part in _SIGN.split(line.partition(" #")[0], maxsplit=1))
        if not value or not name or name.lower() in WORDS or value[0][:1] in ("{", "["):
            return None  # it is broken YAML
        if stage in _DRAWN:
            drawn += f"{line.strip()}\n"
        elif not _put(found, stage, name, value[0]):
            return None
    if drawn:
        found["graph"] = drawn
    return found if len(lines) <= _LONGEST else None


def table(text: str) -> dict[str, Any] | None:
    """The answers in a table of two columns, separated by tabs, semicolons or commas; None for anything else."""
    lines = [line for line in text.split("\n") if line.strip()]
    mark = next((mark for mark in "\t;," if lines and mark in lines[0]), None)
    if mark is None or len(lines) > _LONGEST:
        return None
    try:
        rows = list(csv.reader(lines, delimiter=mark, strict=True))
    except csv.Error:
        return None
    if not all(len(row) == 2 and row[0].strip() and not set(":{[") & set(row[0]) for row in rows):
        return None  # perhaps a decimal comma: with three cells, the answer is ambiguous
    if rows[0][0].strip().lower() in _HEADINGS:
        del rows[0]
    found: dict[str, Any] = {}
    return found if all(_put(found, BARE, name.strip(), value.strip()) for name, value in rows) else None


def _put(found: dict[str, Any], stage: str, name: str, value: str) -> bool:
    """Records an answer, or whose answers they all are; False if there is one already."""
    if stage == BARE and name.lower() in _ABOUT:
        name, at = name.lower(), found
    else:
        at = found.setdefault(stage, {})
    if name in at:
        return False
    at[name] = value or None
    return True


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


class NotOneAnswer(str):
    """Stands for a list or a mapping where one answer belongs; it is a class of its own because a student may write any
    text."""

    __slots__ = ()


class Rows(NotOneAnswer):
    """A list of entries or of rows, written as one array: an answer where an array is asked for."""

    __slots__ = ()


class StandsTwice(ValueError):
    """A name that occurs twice in a JSON object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise StandsTwice(next(name for name in names if names.count(name) > 1))
    return found


_JSON = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_float=str, parse_int=str, parse_constant=str)
_SEED = re.compile(r"\s*-?[0-9]{1,18}\s*")


class BadSubmission(TutorError):
    """A file without answers."""


class Submission(NamedTuple):
    """One student's answers to one exercise: `answers` by stage and name, as text; None for an empty answer."""

    answers: Mapping[str, Mapping[str, str | None]]
    exercise: str | None = None
    student: str | None = None
    seed: int | None = None
    graph: str | None = None
    remarks: tuple[str, ...] = ()


def read_submission(text: str, what: str = "") -> Submission:
    """The answers in a text of YAML or JSON. Raises Faults, BadSubmission."""
    return submission_of(plain_answers(text, what), what)


def plain_answers(text: str, what: str = "") -> Any:
    """The contents of a text as dicts and lists, with every number as the text that was written. Raises Faults."""
    text = text if text.isascii() else straight_quotes(text)
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json_answers(text)
        except (ValueError, RecursionError):
            pass  # YAML's flow style looks much like JSON
    try:
        answers = _yaml_answers(text, what)
    except Faults:
        meant = _as_pairs(text) or equations(text) or table(text)
        if meant is None:
            raise
        return meant
    if isinstance(answers, str) or _has_equations(answers):
        return equations(text) or table(text) or answers
    return (_runs_together(answers) and _as_pairs(text)) or answers


def _has_equations(answers: Any) -> bool:
    """Whether `name = value` lines follow the name of a stage, which YAML reads as one text."""
    return isinstance(answers, dict) and any(
        isinstance(answers.get(word), str) and "=" in answers[word] for word in _ANSWERED
    )


def _yaml_answers(text: str, what: str = "") -> Any:
    source = read_yaml(text, what)
    if source.faults:
        raise Faults(text, source.faults, what)
    return _as_written(source, source.value, ())


_NAME = r"""("[^"\n]*"|'[^'\n]*'|[^\s:#"'{}\[\],=|][^:#"'{}\[\],=\n]*):"""
_LINE = re.compile(rf"^([ ]*){_NAME}[ \t]*(.*)$", re.MULTILINE)
_PAIR = re.compile(rf"([{{,]\s*){_NAME}\s*([^\s,{{}}\[\]\"'][^,{{}}\[\]\"'\n]*)(?=[,}}\n])")
_KEPT = re.compile(r"""$|[#{"'\[]|~\s*$|null\s*$|[|>][-+0-9]*\s*(?:#.*)?$""")
"""A value that YAML reads as intended: nothing, brackets, quotes, or a block of text below it."""


def _as_pairs(text: str) -> Any:
    """A text that YAML rejects or runs together, read as pairs of a name and an answer in which only the colon counts
    (`w1:-1.2`, `w1: - 1.2`, `w1: |x|`); None if even that is not YAML."""
    pairs = _LINE.sub(
        _line, _PAIR.sub(lambda pair: f"{pair[1]}{pair[2]}: {_quoted(pair[3])}", text.replace(":{", ": {"))
    )
    if pairs == text:
        return None
    try:
        return _yaml_answers(pairs)
    except Faults:
        return None


def _line(line: re.Match[str]) -> str:
    value = line[3] if _KEPT.match(line[3]) else _quoted(line[3].partition(" #")[0])
    return f"{line[1]}{line[2]}: {value}"


def _quoted(text: str) -> str:
    return "'" + text.strip().replace("'", "''") + "'"


def _runs_together(answers: Any) -> bool:
    """Whether YAML may have read lines such as `w1:-1.2` as one text."""
    texts = [*answers, *answers.values()] if isinstance(answers, dict) else [answers]
    return any(isinstance(text, str) and ":" in text for text in texts)


def json_answers(text: str) -> Any:
    """The contents of a JSON text, every number as it was written. Raises StandsTwice, ValueError, RecursionError."""
    text = text.rstrip(" \t\r\n")
    if text[:1] != "{":
        return _STRICT.decode(text)
    value, end = _JSON.raw_decode(text)  # saves the search for blanks around it
    names = len(value)
    for part in value.values():
        if type(part) is dict:
            names += len(part)
    if end == len(text) and names == text.count(":"):
        return value
    return _STRICT.decode(text)  # a name may occur twice


def _as_written(source: Source, value: Any, path: tuple[str | int, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _as_written(source, item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_written(source, item, (*path, number)) for number, item in enumerate(value)]
    return None if value is None else source.written[path]


_ANSWERED: Final = (*(word for word in WORDS if not is_drawn(word)), *EVERY_WORD[len(WORDS) :])
_STAGES: Final = (*_ANSWERED, BARE)
_WITH_PARTS: Final = frozenset(word for word in WORDS if len(stages_of(word)) > 1)
"""Words for several stages: `delta: {y5: {error: ..., delta: ...}}` answers each of them."""
KEYS: Final = dict.fromkeys((*EVERY_WORD, "exercise", "student", "seed"))
"""The keys of an answers file."""


def submission_of(data: Any, what: str = "") -> Submission:
    """The submission in plain dicts. Raises BadSubmission if they contain none."""
    head = f"{visible(what)}: " if what else ""
    if not isinstance(data, dict):
        raise BadSubmission(f"{head}answers must be a mapping, such as backward: {{x: 1, w0: 0.2}}.")
    remarks: tuple[str, ...] = ()
    if not data.keys() <= KEYS.keys():
        data = _in_small_letters(_pairs(data))
        remarks = tuple(
            f"{head}{quoted(key[:MOST_QUOTED])} is not the name of a stage; it was not marked.{nearest(key, KEYS)}"
            for key in map(str, data)
            if key not in KEYS and key != BARE
        )
    seed = data.get("seed")
    if not is_seed(seed):
        raise BadSubmission(f"{head}seed must be a whole number, not {quoted(str(seed)[:LONGEST_NAME])}.")
    answers: dict[str, Mapping[str, str | None]] = {}
    for stage in _STAGES:
        if stage in data and (given := data[stage]) is not None:
            answers[stage] = _stage(stage, given, head)
    exercise, student, graph = _text(data, "exercise", head), _text(data, "student", head), _text(data, "graph", head)
    graph = graph if graph and not graph.isspace() else None
    return Submission(answers, exercise, student, None if seed is None else int(seed), graph, remarks)


def _in_small_letters(given: dict[Any, Any]) -> dict[Any, Any]:
    """The keys as answers files have them, since phones begin each line with a capital; of two alike neither."""
    names = [str(key).strip().lower() for key in given]
    called = {}
    for (key, value), name in zip(given.items(), names, strict=True):
        is_meant = key not in KEYS and name in KEYS and names.count(name) == 1 and (name != "seed" or is_seed(value))
        called[name if is_meant else key] = value
    return called


def is_seed(value: Any) -> bool:
    """Whether it is missing or a well-formed seed."""
    return value is None or (isinstance(value, str) and _SEED.fullmatch(value) is not None)


def _text(data: Mapping[str, Any], key: str, head: str) -> str | None:
    value = data.get(key)
    if value is not None and type(value) is not str:
        raise BadSubmission(f"{head}{key} must be a text or a number, such as {key}: 65010001.")
    return value


def _stage(stage: str, given: Any, head: str) -> dict[str, str | None]:
    if not isinstance(given, dict):
        raise BadSubmission(f"{head}{stage} must be a mapping from names to answers, such as {stage}: {{x: 1}}.")
    try:
        "".join(given), "".join(given.values())
        return given
    except TypeError:
        pass  # not all text, unlike nearly every submission
    found: dict[str, str | None] = {}
    for name, answer in _pairs(given).items():
        if isinstance(answer, dict) and stage in _WITH_PARTS:
            found |= {f"{name}.{part}": _answer(value) for part, value in _pairs(answer).items()}
        else:
            found[str(name)] = _answer(answer)
    return found


def _pairs(given: dict[Any, Any]) -> dict[Any, Any]:
    """Names and answers as they were meant, where YAML's flow style has read keys without a value. `{w1:-1.2}`, with no
    blank after the colon, means w1 and -1.2; in `{q: -4,0}` the key 0 belongs to the answer -4,0, which cannot be read.
    """
    if not any(answer is None and _is_broken(str(name)) for name, answer in given.items()):
        return given
    found: dict[Any, Any] = {}
    last: Any = None
    for name, answer in given.items():
        if answer is not None or not _is_broken(str(name)):
            found[name], last = answer, name
            continue
        front, colon, back = (part.strip() for part in str(name).partition(":"))
        if colon and front not in given and front not in found:
            found[front], last = back, front
        elif not colon and isinstance(found.get(last), str):
            found[last] += f",{name}"
        else:
            found[name] = ""  # no question has such a name, and that is reported
    return found


def _is_broken(name: str) -> bool:
    """Whether a key without a value is likely to be part of an answer."""
    front, colon, back = name.partition(":")
    return name[:1].isdigit() or bool(colon and front.strip() and back.strip())


def _answer(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return _rows(value)
    return value if value is None or isinstance(value, str) else NotOneAnswer()


def _rows(rows: list[Any]) -> NotOneAnswer:
    """An array as it is typed; YAML turns `[1 2; 3 4]` into a list of one text."""
    parts = [_rows(row) if isinstance(row, list) else row for row in rows]
    if not rows or not all(isinstance(part, Rows) or type(part) is str for part in parts):
        return NotOneAnswer()
    return Rows(f"[{', '.join(parts)}]")
