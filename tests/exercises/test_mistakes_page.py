"""exercises/mistakes.md is generated from the table of mistakes; BACKPROP_TUTOR_GOLDEN=renew writes it again."""

from __future__ import annotations

from collections import defaultdict

from backprop_tutor.engine.array_gates import ARRAY_GATES
from backprop_tutor.engine.gates import GATES
from backprop_tutor.tutor.mistakes.array_edits import OF_ARRAYS
from backprop_tutor.tutor.mistakes.table import MISTAKES, mistake_name
from tests.documents import ROOT
from tests.goldens import matches

HEAD = """# Mistakes by id

Reports in CSV and JSON give mistakes by these ids. The table says what each one is called on the screen, and at which
kinds of gates it is made; where none is named, it can happen anywhere. In a rule, y is the output and x the input.
`ID@GATE` is the same mistake made at a later gate, `ID@all` at every gate of that kind; `a+b` is two mistakes at once.
This table is generated from the code.

| id | the student | at |
|---|---|---|
"""


def page() -> str:
    """The table."""
    gates: dict[str, list[str]] = defaultdict(list)
    for gate in (*GATES.values(), *ARRAY_GATES.values()):
        for rule in getattr(gate, "wrong", ()):
            if gate.name not in gates[rule.id]:
                gates[rule.id].append(gate.name)
    rows = []
    for id_ in sorted(MISTAKES | OF_ARRAYS):
        name = mistake_name(id_).replace("|", "\\|")
        rows.append(f"| `{id_}` | {name} | {', '.join(gates[id_])} |\n")
    return HEAD + "".join(rows)


def test_the_page_is_what_the_code_says() -> None:
    matches("mistakes.md", page(), ROOT / "exercises")


def test_a_name_is_a_sentence_about_no_circuit() -> None:
    for id_ in (*MISTAKES, *OF_ARRAYS):
        name = mistake_name(id_)
        assert not set("{}[]|∂") & set(name), (id_, name)
        assert name != id_.replace("-", " ")
    assert mistake_name("forgot-upstream@g5") == "stopped at the local gradient at g5"
    assert mistake_name("sign-flipped+swapped-inputs@all") == (
        "flipped the sign and multiplied by the input itself everywhere"
    )
    assert mistake_name("of-an-older-version") == "of an older version"
