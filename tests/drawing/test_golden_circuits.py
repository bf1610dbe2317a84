"""Golden screens of the lecture's circuits at width 80: asked and complete, marked, in Unicode and in ASCII."""

from __future__ import annotations

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.drawing.picture import VIEWS
from backprop_tutor.drawing.solution import complete_picture, forward_picture, partial_picture
from backprop_tutor.drawing.terminal import circuit_drawing, terminal_drawing
from tests import goldens
from tests.drawing.netlist import width_of

ASKED = {"relu": "g3->x", "sigmoid": "g5->g6", "forks": "x->m"}


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("exercise", ASKED)
def test_asked_and_complete(exercise: str, plain: bool) -> None:
    solution = variant(find(exercise), None).solution
    branch = solution.graph.branch_named[ASKED[exercise]]
    done = {solution.graph.output_name}
    for flow in solution.flows:
        if flow.branch == branch:
            break
        done.add(flow.branch.name)
    shown = {"asked": partial_picture(solution, done, branch.name, branch.gate), "complete": complete_picture(solution)}
    for state, picture in shown.items():
        grid = terminal_drawing(picture, 80, plain=plain)
        assert width_of(grid) <= 80
        goldens.matches(f"circuits/{exercise}-{state}{'-plain' * plain}.txt", f"{grid}\n")


def test_sigmoid_fits_80_columns_as_a_circuit() -> None:
    solution = variant(find("sigmoid"), None).solution
    for picture in (forward_picture(solution), complete_picture(solution)):
        assert circuit_drawing(picture, 80) is not None


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("width", [60, 80])
def test_the_views_of_relu(view: str, width: int) -> None:
    solution = variant(find("relu"), None).solution
    picture = partial_picture(solution, {"f", "x->f"}, "b->x", "x")
    goldens.matches(f"circuits/views/{view}-{width}.txt", f"{terminal_drawing(picture, width, view)}\n")
