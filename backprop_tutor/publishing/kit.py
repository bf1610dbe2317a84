"""An autograder for Gradescope as one ZIP archive: its scripts, this program as a wheel, the exercises, the class.

gradescope-autograders.readthedocs.io/en/latest/specs/. The same kit is always the same bytes, whenever it is made."""

from __future__ import annotations

import csv
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Final

from backprop_tutor.course.catalogue import built_in
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.roster import Person
from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import read_file, zipped

_NAME: Final = "backprop-tutor"
_PACKAGE: Final = "backprop_tutor"
_SCRIPTS: Final = ("setup.sh", "run_autograder")
_REQUIRED: Final = re.compile(r"[A-Za-z0-9._-]+")
_OURS: Final = ("METADATA", "entry_points.txt", "licenses/LICENSE")
_TAG: Final = "py3-none-any"
_LEFT_OUT: Final = ("__pycache__",)


class Kit(NamedTuple):
    """What an autograder marks, and how: `salt` if each student has their own numbers (None: everybody has the
    author's), the points of all exercises together (None: one per question), when students see the feedback, and the
    class by e-mail address, if it is known."""

    exercises: Sequence[Exercise]
    salt: str | None = None
    points: float | None = None
    visibility: str = "visible"
    people: Sequence[Person] | None = None


def kit_file(kit: Kit) -> bytes:
    """The archive."""
    members: dict[str, str | bytes] = {}
    for name in _SCRIPTS:
        members[name] = (files("backprop_tutor.publishing") / "scripts" / name).read_bytes()
    members["kit.yaml"] = _settings(kit)
    if kit.people is not None:
        members["roster.csv"] = _class(kit.people)
    members |= {f"exercises/{one.id}.yaml": read_file(Path(one.path)) for one in kit.exercises}
    members["requirements.txt"] = "".join(f"{one}\n" for one in requirements())
    name, wheel = wheel_file()
    members[name] = wheel
    return zipped(members, executable=_SCRIPTS)


def _settings(kit: Kit) -> str:
    """The settings as YAML that is JSON too."""
    settings = {
        "exercises": [one.id for one in kit.exercises], "salt": kit.salt, "points": kit.points,
        "visibility": kit.visibility,
    }  # fmt: skip
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items())


def _class(people: Iterable[Person]) -> str:
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("email", "student"))
    writer.writerows((one.email, one.number) for one in people if one.email)
    return stream.getvalue()


def requirements() -> list[str]:
    """What this program depends on, in the versions installed on this machine."""
    found: dict[str, str] = {}
    waiting = [_NAME]
    while waiting:
        for line in distribution(waiting.pop()).requires or ():
            name, about = _REQUIRED.match(line), line.partition(";")[2]
            assert name is not None
            key = name[0].lower().replace("_", "-")
            if "extra" in about or key in found:
                continue
            try:
                found[key] = distribution(name[0]).version
            except PackageNotFoundError:
                continue  # for other systems or versions of Python than this one
            waiting.append(name[0])
    return sorted(f"{name}=={version}" for name, version in found.items())


def wheel_file() -> tuple[str, bytes]:
    """This program as a wheel, made from where it is installed: its name and its bytes. It is on no registry."""
    ours = distribution(_NAME)
    members = dict(_package())
    about = f"{_PACKAGE}-{ours.version}.dist-info"
    members |= {f"{about}/{name}": text for name, text in _about(ours)}
    members[f"{about}/RECORD"] = _record(members, f"{about}/RECORD")
    return f"{_PACKAGE}-{ours.version}-{_TAG}.whl", zipped(members)


def _package() -> Iterator[tuple[str, bytes]]:
    """The files of the package, with the exercises inside: in a checkout they are beside it."""
    package = Path(__file__).resolve().parent.parent
    for place, folder in ((_PACKAGE, package), (f"{_PACKAGE}/exercises", built_in())):
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and not any(part.startswith(".") or part in _LEFT_OUT for part in inside.parts):
                yield f"{place}/{inside.as_posix()}", path.read_bytes()


def _about(ours: Distribution) -> Iterator[tuple[str, bytes]]:
    for name in _OURS:
        text = ours.read_text(name)
        if text is not None:
            yield name, text.encode()
    yield "WHEEL", f"Wheel-Version: 1.0\nGenerator: {_NAME}\nRoot-Is-Purelib: true\nTag: {_TAG}\n".encode()


def _record(members: Mapping[str, bytes], own: str) -> bytes:
    """The RECORD of a wheel: each file with its hash and size; packaging.python.org, "Recording installed projects"."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for name, data in members.items():
        digest = urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode()
        writer.writerow((name, f"sha256={digest}", len(data)))
    writer.writerow((own, "", ""))
    return stream.getvalue().encode()
