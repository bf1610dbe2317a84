"""exercises/mistakes.md is generated from the table of mistakes; BACKPROP_TUTOR_GOLDEN=renew writes it again."""

from __future__ import annotations

import re
from collections import defaultdict

from backprop_tutor.engine.array_gates import ARRAY_GATES
from backprop_tutor.engine.gates import GATES
from backprop_tutor.tutor.mistakes.array_edits import OF_ARRAYS
from backprop_tutor.tutor.mistakes.mistake import mistake_name
from backprop_tutor.tutor.mistakes.table import MISTAKES
from tests.documents import ROOT
from tests.goldens import matches

WORDS = {
    "source": "x", "other": "z", "member": "h", "gate": "f", "loss": "L", "output": "y", "neuron": "y", "net": "X",
    "branches": "n", "factor": "c", "factors": "the wrong factors", "written": "f", "wrong": "another function",
    "square": "kept or left out a factor of 2",
}  # fmt: skip
"""What stands in for the names of a particular circuit in a sentence about a mistake."""
HEAD = """# Mistakes by id

Reports in CSV and JSON give mistakes by these ids. The table says what each one is called on the screen, what the
student did, and at which kinds of gates; where none is named, it can happen anywhere. In it, f is the gate, x its
input, z its other input, h another node, y a neuron's output, X the neuron's net input, and c a factor.
`ID@GATE` is the same mistake made at a later gate, `ID@all` at every gate of that kind; `a+b` is two mistakes at once.
This table is generated from the code.

| id | name | what the student did | at |
|---|---|---|---|
"""


def page() -> str:
    """The table."""
    gates: dict[str, list[str]] = defaultdict(list)
    for gate in (*GATES.values(), *ARRAY_GATES.values()):
        for rule in getattr(gate, "wrong", ()):
            if gate.name not in gates[rule.id]:
                gates[rule.id].append(gate.name)
    rows = []
    for id_, mistake in sorted((MISTAKES | OF_ARRAYS).items()):
        did = re.sub(r"\[([^|\]]+)\|[^\]]+\]", r"\1", mistake.did).replace("{gate} = {written}", "{gate}")
        did = re.sub(r"\{(\w+)\}", lambda name: WORDS.get(name[1], name[1]), did).replace("|", "\\|")
        rows.append(f"| `{id_}` | {mistake_name(id_)} | {did} | {', '.join(gates[id_])} |\n")
    return HEAD + "".join(rows)


def test_the_page_is_what_the_code_says() -> None:
    matches("mistakes.md", page(), ROOT / "exercises")
