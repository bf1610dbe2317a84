"""What a course system accepts is what marking accepts, as far as numbers with tolerances can say it."""

from __future__ import annotations

from itertools import combinations

import pytest

from backprop_tutor.course.catalogue import find, read_catalogued
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.publishing.copies import CannotPublish, Copy, copies_of, questions_named, seeds_in
from backprop_tutor.publishing.gaps import Accepted, Gap, gaps_of, is_gap, plain, tolerance_of, unasked
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.expressions import read_answer
from backprop_tutor.tutor.marking.submission import Submission
from tests.full import times

EXERCISES = ("relu", "sigmoid", "xor", "batch-norm", "output-neuron", "constants", "max-gate")
WRITTEN = (".2f", ".3f", ".4f", ".2g", ".3g", ".4g", ".6g")
ROUNDS_AWAY = 1e-9


def copies(name: str) -> list[Copy]:
    return list(copies_of(find(name), [None, *range(1, times(2, 30))]))


def takes(accepted: list[Accepted], number: float) -> Accepted | None:
    """The first entry that accepts a number, in a course system's order."""
    return next((one for one in accepted if abs(number - one.number) <= one.tolerance + ROUNDS_AWAY), None)


@pytest.mark.parametrize("name", EXERCISES)
def test_whatever_way_a_right_number_is_rounded_a_gap_takes_it_where_marking_does(name: str) -> None:
    for copy in copies(name):
        key = AnswerKey(copy.exercise)
        for gap in gaps_of(copy, mistakes=False):
            number = key.number(gap.question)
            assert takes([*gap.right], number) == gap.right[0]
            for form in WRITTEN:
                text = f"{number:{form}}"
                if key.is_right(gap.question, read_answer(text, {})):
                    assert takes([*gap.right], float(text)) is not None, (copy.key, gap.name, text)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_known_wrong_number_is_wrong_and_is_told_what_marking_tells_of_it(name: str) -> None:
    copy = copies(name)[-1]
    checker = Checker(copy.exercise)
    gaps = gaps_of(copy)
    assert sum(len(gap.wrong) for gap in gaps) > 2 * len(gaps)
    for gap in gaps:
        assert not any(right.meets(wrong) for right in gap.right for wrong in gap.wrong)
        assert not any(one.meets(other) for one, other in combinations(gap.wrong, 2))
        for wrong in gap.wrong[:: times(4, 1)]:
            answers = {gap.question.stage: {gap.question.target: f"{wrong.number:.6g}"}}
            (verdict,) = [one for one in checker.check(Submission(answers)).verdicts if one.answer is not None]
            assert (verdict.outcome, verdict.message) == ("wrong", wrong.said)


def one_gap(exercise: Exercise, ask: str) -> Gap:
    (gap,) = gaps_of(next(copies_of(exercise, [None], ask=ask)))
    return gap


def test_tolerances_are_those_of_marking() -> None:
    assert tolerance_of(2.41, 0.02) == 0.005
    assert tolerance_of(0.0, 0.02) == 0
    assert tolerance_of(0.05, 0.02) == pytest.approx(0.0005)
    assert tolerance_of(0.3932, 0.02) == pytest.approx(0.007864)
    assert [one.number for one in one_gap(find("relu"), "b").right] == [1]
    tie = read_catalogued("title: t\ngraph: f = x*y\ninputs: {x: 1.25, y: 1}", "tie")
    assert [one.number for one in one_gap(tie, "y").right] == [1.25, 1.3, 1.2]
    assert plain(1.5e-7) == "0.00000015"
    assert plain(2.4099999999999997) == "2.41"
    assert plain(-0.0) == "0"


def test_a_new_weight_is_judged_by_its_step() -> None:
    gap = one_gap(find("xor"), "w13")
    step = gap.right[0].number - find("xor").choices["w13"].value
    assert gap.right[0].tolerance == pytest.approx(0.02 * abs(step))
    assert takes([*gap.right], find("xor").choices["w13"].value) is None


def test_what_is_asked_is_named_by_stage_or_by_name() -> None:
    relu = find("relu")
    assert {one.stage for one in questions_named(relu, None)} == {"forward", "backward"}
    assert {one.stage for one in questions_named(relu, "local")} == {"local"}
    assert [one.target for one in questions_named(relu, "w0,forward")] == ["g1", "g2", "g3", "x", "f", "w0"]
    assert [one.stage for one in questions_named(relu, "graph")] == ["graph"]
    (copy,) = copies_of(find("softplus-neuron"), [None])
    assert not all(is_gap(one, copy.exercise) for one in copy.asked)
    assert unasked(copy) == "softplus-neuron: symbolic is left out, because a course system cannot mark it."


def test_seeds_are_given_as_ranges() -> None:
    assert seeds_in("1..3,7,2") == [1, 2, 3, 7]
    for wrong in ("", "0", "3..1", "1...3", "a", "1..2000", "-1"):
        with pytest.raises(CannotPublish):
            seeds_in(wrong)
