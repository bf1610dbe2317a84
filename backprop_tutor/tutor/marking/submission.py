"""Answers as they were handed in: every one as the text that was written, from YAML or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from backprop_tutor.course.exercise import STAGES
from backprop_tutor.course.yaml_text import Source, read_yaml
from backprop_tutor.errors import Faults, TutorError, nearest, visible

NOT_ONE_ANSWER: Final = "\0"
"""Stands for a list or a mapping where one answer belongs: no text that a student writes can be this."""


class StandsTwice(ValueError):
    """A name that an object of JSON holds twice."""


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
    """A file that holds no answers."""


class Submission(NamedTuple):
    """One student's answers to one exercise: `answers` by stage and name, as text; None where nothing was answered."""

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
    """What a text holds, in dicts and lists, with every number as the text that was written. Raises Faults."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json_answers(text)
        except (ValueError, RecursionError):
            pass  # YAML's flow style looks much like JSON
    source = read_yaml(text, what)
    if source.faults:
        raise Faults(text, source.faults, what)
    return _as_written(source, source.value, ())


def json_answers(text: str) -> Any:
    """What a JSON text holds, every number as it was written. Raises StandsTwice, ValueError, RecursionError."""
    text = text.rstrip(" \t\r\n")
    if text[:1] != "{":
        return _STRICT.decode(text)
    value, end = _JSON.raw_decode(text)  # without looking for blanks around it
    names = len(value)
    for part in value.values():
        if type(part) is dict:
            names += len(part)
    if end == len(text) and names == text.count(":"):
        return value
    return _STRICT.decode(text)  # a name may stand twice


def _as_written(source: Source, value: Any, path: tuple[str | int, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _as_written(source, item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_written(source, item, (*path, number)) for number, item in enumerate(value)]
    return None if value is None else source.written[path]


_ANSWERED: Final = tuple(stage for stage in STAGES if stage != "graph")
_KNOWN: Final = dict.fromkeys((*STAGES, "exercise", "student", "seed"))


def submission_of(data: Any, what: str = "") -> Submission:
    """The submission in plain dicts. Raises BadSubmission where they hold none."""
    head = f"{visible(what)}: " if what else ""
    if not isinstance(data, dict):
        raise BadSubmission(f"{head}answers are a mapping, such as backward: {{x: 1, w0: 0.2}}.")
    remarks: tuple[str, ...] = ()
    if not data.keys() <= _KNOWN.keys():
        strange = [str(key) for key in data if key not in _KNOWN]
        remarks = tuple(
            f"{head}{visible(key)[:60]} is not a stage of an exercise; it was not marked.{nearest(key, _KNOWN)}"
            for key in strange
        )
    seed = data.get("seed")
    if not is_seed(seed):
        raise BadSubmission(f"{head}seed is a whole number, not {visible(str(seed))[:40]}.")
    answers: dict[str, Mapping[str, str | None]] = {}
    for stage in _ANSWERED:
        given = data.get(stage)
        if given is not None:
            answers[stage] = _stage(stage, given, head)
    exercise, student, graph = _text(data, "exercise", head), _text(data, "student", head), _text(data, "graph", head)
    return Submission(answers, exercise, student, None if seed is None else int(seed), graph, remarks)


def is_seed(value: Any) -> bool:
    """Whether it is a seed as it was written, or none."""
    return value is None or (isinstance(value, str) and _SEED.fullmatch(value) is not None)


def _text(data: Mapping[str, Any], key: str, head: str) -> str | None:
    value = data.get(key)
    if value is not None and type(value) is not str:
        raise BadSubmission(f"{head}{key} is a text or a number: {key}: 65010001.")
    return value


def _stage(stage: str, given: Any, head: str) -> dict[str, str | None]:
    if not isinstance(given, dict):
        raise BadSubmission(f"{head}{stage} is a mapping from names to answers, such as {stage}: {{x: 1}}.")
    try:
        "".join(given), "".join(given.values())
    except TypeError:  # not all of it is text, as in nearly every submission
        return _stage_of_others(stage, given)
    return given


def _stage_of_others(stage: str, given: dict[Any, Any]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, answer in _with_commas(given).items():
        if isinstance(answer, dict) and stage == "delta":
            found |= {f"{name}.{part}": _answer(value) for part, value in _with_commas(answer).items()}
        else:
            found[str(name)] = _answer(answer)
    return found


def _with_commas(given: dict[Any, Any]) -> dict[Any, Any]:
    """Answers as they were meant: in `{q: -4,0}` YAML reads a key 0 without a value, and a student wrote -4,0, which
    cannot be read."""
    if not any(answer is None and str(name)[:1].isdigit() for name, answer in given.items()):
        return given
    found: dict[Any, Any] = {}
    last: Any = None
    for name, answer in given.items():
        if answer is not None or not str(name)[:1].isdigit():
            found[name], last = answer, name
        elif isinstance(found.get(last), str):
            found[last] += f",{name}"
        else:
            found[name] = ""  # no question has such a name, which is told
    return found


def _answer(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None or isinstance(value, str) else NOT_ONE_ANSWER
