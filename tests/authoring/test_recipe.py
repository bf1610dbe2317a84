"""What `--gates`, `--size` and `--forks` mean and refuse, and how the recipe grows."""

from __future__ import annotations

from itertools import pairwise

import pytest

from backprop_tutor.authoring.circuits import (
    FIRST_GATES,
    LATER_GATES,
    MOST_GATES,
    Asked,
    BadRecipe,
    Recipe,
    asked,
    generate,
)
from backprop_tutor.engine.gates import GATES

REFUSED: list[tuple[dict[str, str | int], str]] = [
    ({"gates": "sgmoid"}, "sgmoid is not a gate. Did you mean sigmoid?"), ({"gates": "add,,nothing"},
    "nothing is not a gate"),
    ({"gates": ", "}, "separated by commas"), ({"size": "8..3"}, "--size must go up: 3..8, not 8..3"), ({"size": "0"},
    "from 1 to 15"),
    ({"size": "0..3"}, "from 1 to 15"), ({"size": f"{MOST_GATES + 1}"}, "from 1 to 15"), ({"size": "99999999999"},
    "a number of gates"),
    ({"size": "three"}, "a number of gates or a range"), ({"size": "3-8"}, "3..8"), ({"size": ""}, "a number of gates"),
    ({"size": "-3"}, "-3"),
    ({"forks": -1}, "0 or more"), ({"forks": 3, "size": "3"}, "room for 2 forks, not for 3"), ({"forks": 9},
    "room for 7 forks"),
    ({"forks": 1, "gates": "exp,log"}, "exp, log has none"), ({"forks": 1, "size": "1"}, "1 gate has room for 0 forks"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_what_cannot_be_is_told(options: dict[str, str | int], message: str) -> None:
    with pytest.raises(BadRecipe) as caught:
        asked(**options)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_what_is_named_stays() -> None:
    wish = asked("mul, add,mul", "4", 1)
    assert wish == Asked(("mul", "add"), (4, 4), 1)
    assert {wish.recipe(solved) for solved in range(30)} == {Recipe(("mul", "add"), (4, 4), 1)}


@pytest.mark.parametrize("gates", [None, "add,mul", "exp", ",".join(GATES)])
@pytest.mark.parametrize("size", [None, "1", "2..4", "15"])
def test_it_grows_in_size_then_in_forks_then_in_kinds_and_never_back(gates: str | None, size: str | None) -> None:
    wish = asked(gates, size)
    steps = [wish.recipe(solved) for solved in range(30)]
    for before, after in pairwise(steps):
        grown = after.size > before.size, after.forks > before.forks, len(after.gates) > len(before.gates)
        assert sum(grown) <= 1
        assert after.size >= before.size
        assert after.forks >= before.forks
        assert after.gates[: len(before.gates)] == before.gates
        if grown[1]:
            assert before.size == steps[-1].size
        if grown[2]:
            assert (before.size, before.forks) == (steps[-1].size, steps[-1].forks)


def test_the_first_circuit_is_small_and_the_last_has_every_kind() -> None:
    assert Asked().recipe(0) == Recipe(FIRST_GATES, (3, 3), 0)
    assert Asked().recipe(99) == Recipe((*FIRST_GATES, *LATER_GATES), (8, 8), 2)


@pytest.mark.parametrize("solved", [0, 3, 6, 9])
def test_the_command_beside_a_circuit_makes_it_again(solved: int) -> None:
    recipe = Asked().recipe(solved)
    words = recipe.command(17).split()
    given = {words[at][2:]: words[at + 1] for at in range(3, len(words), 2)}
    assert words[:3] == ["backprop-tutor", "practice", "--random"]
    again = asked(given.get("gates"), given.get("size"), int(given["forks"]) if "forks" in given else None).recipe(0)
    assert again == recipe
    assert generate(again, int(given["seed"])).graph_text == generate(recipe, 17).graph_text
