"""exercises/mistakes.md is the table of mistakes as the code has it: BACKPROP_TUTOR_GOLDEN=renew writes it anew."""

from __future__ import annotations

import re
from collections import defaultdict

from backprop_tutor.engine.array_gates import ARRAY_GATES
from backprop_tutor.engine.gates import GATES
from backprop_tutor.tutor.mistakes.mistake import mistake_name
from backprop_tutor.tutor.mistakes.table import MISTAKES
from tests.documents import ROOT
from tests.goldens import matches

WORDS = {
    "source": "x", "other": "z", "member": "h", "gate": "f", "loss": "L", "output": "y", "neuron": "y", "net": "X",
    "branches": "n", "factor": "c", "factors": "c", "written": "f(x)", "wrong": "another function",
    "square": "kept or left out a factor of 2",
}  # fmt: skip
"""What a sentence about one gate and its numbers says of all of them."""
HEAD = """# Mistakes by their ids

What reports in CSV and JSON call a mistake, and what the student did; a gate's own mistakes name their gates.
Here f is the gate, x its input and z the other one, h another node, y a neuron's output and X its net input.
`ID@GATE` is a mistake at a gate further on, `ID@all` at every gate of its kind, `a+b` is two at once.
This table is made from the code.

| id | in words | the student | at |
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
    for id_, mistake in sorted(MISTAKES.items()):
        did = re.sub(r"\[([^|\]]+)\|[^\]]+\]", r"\1", mistake.did)
        did = re.sub(r"\{(\w+)\}", lambda name: WORDS.get(name[1], name[1]), did).replace("|", "\\|")
        rows.append(f"| `{id_}` | {mistake_name(id_)} | {did} | {', '.join(gates[id_])} |\n")
    return HEAD + "".join(rows)


def test_the_page_is_what_the_code_says() -> None:
    matches("mistakes.md", page(), ROOT / "exercises")
