"""Faults as data: every kind can be copied and sent to another process, and says the same there."""

from __future__ import annotations

import copy
import importlib
import json
import pkgutil
from collections.abc import Iterator
from multiprocessing.reduction import ForkingPickler

import pytest

import backprop_tutor
from backprop_tutor.errors import Fault, Faults, TutorError
from backprop_tutor.text import escaped


def kinds(root: type[TutorError] = TutorError) -> Iterator[type[TutorError]]:
    for module in pkgutil.walk_packages(backprop_tutor.__path__, "backprop_tutor."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting = [root]
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting += kind.__subclasses__()


class Everything(dict[str, object]):
    """Data for a fault of any kind: a word for every name in its sentence."""

    def __init__(self, says: str) -> None:
        super().__init__()
        try:
            says.format_map(self)
        except (ValueError, TypeError):  # a number is wanted
            self.update(dict.fromkeys(self, 3))

    def __missing__(self, name: str) -> str:
        self[name] = f"the {name}"
        return f"the {name}"


def sent(error: TutorError) -> TutorError:
    """The error as it arrives from another process."""
    return ForkingPickler.loads(ForkingPickler.dumps(error))


def test_every_fault_can_be_pickled_and_copied_and_says_the_same() -> None:
    faults = [kind for kind in kinds() if issubclass(kind, Fault)]
    assert {"UnusedInput", "UnknownGate", "NoAnswer", "Remark"} <= {kind.__name__ for kind in faults}  # from every room
    for kind in faults:
        fault = kind((4, 8), **Everything(kind.says))
        for again in (sent(fault), copy.copy(fault), copy.deepcopy(fault)):
            assert (type(again), again.span, again.data, str(again)) == (kind, (4, 8), fault.data, str(fault))
    both = Faults("x = sine(y)", [Fault((4, 8), what="no"), Fault((0, 1), what="never")], "graph")
    assert str(sent(both)) == str(both)


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "\x9b31m", "\u202eabc\u202c", "\u2066", "\x00", "\U000e0041", "a\u2028b", "ok"]
)
def test_json_for_a_terminal_hides_nothing_and_loses_nothing(text: str) -> None:
    shown = escaped(json.dumps({"answer": text}, indent=2, ensure_ascii=False))
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert json.loads(shown) == {"answer": text}
