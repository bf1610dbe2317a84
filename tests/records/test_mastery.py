"""Mastery from the log: a table from mistake to skill, and simulated students with one planted mistake.

The full form (`BACKPROP_TUTOR_FULL=1`) simulates 200 students.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backprop_tutor.course.values import STAGES
from backprop_tutor.engine.gates import GATES
from backprop_tutor.records.review import due_now
from backprop_tutor.records.sittings import Entry, Logged, moment
from backprop_tutor.records.skills import (
    FORK,
    GATE,
    KNOWN,
    STAGE,
    UPSTREAM,
    after_right,
    after_wrong,
    failed,
    in_order,
    name_of,
    skill_of,
)  # fmt: skip
from backprop_tutor.records.summary import Summary
from backprop_tutor.text import columns
from backprop_tutor.tutor.mistakes.table import MISTAKES
from tests.full import times
from tests.records.students import PLANTED, START, Pupil, Student, Tutor

QUESTIONS = 30


def test_every_mistake_speaks_against_a_skill_but_for_slips_of_writing() -> None:
    of_writing = {"decimal-slip", "cut-off", "too-coarse"}
    assert {id_ for id_ in MISTAKES if skill_of(id_) not in (GATE, STAGE, FORK, UPSTREAM)} == of_writing
    assert {skill_of(id_) for id_ in of_writing} == {None}


@pytest.mark.parametrize(
    ("mistake", "skill"),
    [("log-value", GATE), ("averaged-branches", FORK), ("added-upstream", UPSTREAM), ("sign-flipped", STAGE),
     ("gave-step", STAGE), ("decimal-slip", None)],
)  # fmt: skip
def test_a_mistake_speaks_against_the_skill_that_would_have_prevented_it(mistake: str, skill: str | None) -> None:
    assert skill_of(mistake) == skill


def test_a_mistake_that_no_longer_exists_speaks_against_nothing() -> None:
    """Logs outlive the ids that are in them."""
    assert failed(["of-another-year"], ("backward", "mul", "upstream")) == []


def test_a_forgotten_upstream_says_nothing_against_the_gate() -> None:
    skills = ("backward", "sigmoid", "upstream")
    assert failed(["forgot-upstream"], skills) == [("upstream",)]
    assert failed(["sigmoid-value"], skills) == [("sigmoid",)]
    assert failed(["decimal-slip"], skills) == []
    assert failed([], skills) == [skills]
    assert failed(["sigmoid-value+sign-flipped"], skills) == [("sigmoid",), ("backward",)]


@pytest.mark.parametrize("before", [0.01, KNOWN, 0.9])
def test_right_answers_make_surer_and_hints_count_less(before: float) -> None:
    alone, hinted = after_right(before), after_right(before, hints=2)
    assert before < hinted < alone < 1
    assert after_wrong({"mul": 0.9})["mul"] < 0.9


def test_of_several_skills_the_unsure_one_is_blamed() -> None:
    after = after_wrong({"mul": 0.98, "upstream": 0.3})
    assert after["mul"] > 0.9
    assert after["upstream"] < 0.35


def skills_of(mistake: str) -> set[str]:
    """The skills that a planted mistake may count against."""
    named = str(skill_of(mistake))
    several = {
        GATE: {gate.name for gate in GATES.values() if any(wrong.id == mistake for wrong in gate.wrong)},
        STAGE: {"forward", "local", "backward", "delta", "update"},
    }
    return several.get(named, {named})


def test_a_review_asks_for_every_skill_in_fewer_questions_than_there_are_skills() -> None:
    """Greedily: each question for as much as can be of what is still due; also for the graph, which stands alone."""
    tutor, pupil = Tutor(), Pupil(Student(None, 1, slips=0))
    skills = set(tutor.pool.skills)
    asked = list(tutor.by_review(pupil))
    assert set(pupil.summary.skills) == skills > {"graph", "symbolic", "delta", "update", "fork", "upstream", *GATES}
    assert len(asked) < len(skills)


def test_the_planted_mistake_is_found_by_what_review_asks() -> None:
    found = suspected = shown = 0
    count, planted = times(len(PLANTED) // 3, 200), PLANTED[:: times(3, 1)]
    for number in range(count):
        mistake = planted[number % len(planted)]
        pupil = Pupil(Student(mistake, number))
        for asked in Tutor().by_review(pupil):
            if asked >= QUESTIONS:
                break
        shown += pupil.showed_it
        found += pupil.showed_it and pupil.weakest in skills_of(mistake)
        suspected += pupil.showed_it and bool(skills_of(mistake).intersection(pupil.summary.weak()))
    print(f"{found} found, {suspected} suspected of {shown} made, of {count} planted, in {QUESTIONS} questions")  # noqa: T201
    # Each skill is asked about once or twice: not every slot of a gate, nor every number, gives a mistake a chance.
    assert shown >= 0.8 * count
    assert found >= 0.9 * shown
    assert suspected >= 0.8 * shown


def test_a_student_who_only_slips_is_seldom_accused() -> None:
    accused = 0
    count = times(4, 200)
    for number in range(count):
        pupil = Pupil(Student(None, number))
        for asked in Tutor().by_review(pupil):
            if asked >= QUESTIONS:
                break
        accused += bool(pupil.summary.weak())
    print(f"{accused} of {count} without a mistake accused")  # noqa: T201
    assert accused <= 0.01 * count  # a student who slips three times at one skill in a few answers may be


def test_whichever_skill_is_due_a_question_exercises_it() -> None:
    """However many mistakes other questions would show: they are not wanted."""
    pool = Tutor().pool
    for skill in pool.skills:
        item = pool.choose({skill: 0.6})
        assert item is not None, skill
        assert skill in item.skills


def test_a_review_asks_for_all_that_is_due_and_for_nothing_else() -> None:
    """Week after week; and no more questions than there are skills due."""
    tutor, pupil = Tutor(), Pupil(Student(None, 3, slips=0))
    for _ in range(25):  # a first session
        item = tutor.next(pupil)
        assert item is not None
        tutor.ask(pupil, item)
    asked, met = 0, set(pupil.summary.skills)
    for _ in range(8):
        pupil.now += 7 * 86_400_000
        due = set(due_now(pupil.summary, tutor.pool.skills, moment(pupil.now)))
        coming = tutor.pool.coming(pupil.summary, moment(pupil.now))
        count = 0
        while (item := tutor.pool.next(pupil.summary, moment(pupil.now))) is not None:
            assert due.intersection(item.skills)
            assert met.issuperset(item.skills)
            tutor.ask(pupil, item)
            count += 1
        assert not due_now(pupil.summary, tutor.pool.skills, moment(pupil.now))
        assert count <= len(due)
        assert abs(count - coming) <= 1  # what was asked comes back with other numbers, which may serve less
        asked += count
    assert asked


def first_tries(*tries: tuple[bool, int, str], skills: str = "mul", named: str = "") -> Summary:
    """The record of first tries at a mul gate: right or not, in which sitting, at which exercise; each wrong one with
    the mistake that was `named`."""
    summary = Summary()
    for number, (right, sitting, exercise) in enumerate(tries, 1):
        at = START + 86_400_000 * sitting + 20_000 * number
        entry = Entry(at, "answer", "local", "x->f", skills, "", "right" if right else "wrong", named * (not right))
        summary.add(Logged(number, "practice", exercise, entry))
    return summary


def test_whoever_errs_twice_is_suspected_where_a_mistake_was_named_or_where_it_goes_on() -> None:
    twice = (False, 1, "a"), (False, 1, "b"), (True, 1, "c")
    assert first_tries(*twice).weak() == []
    assert first_tries(*twice, named="swapped-inputs").weak() == ["mul"]
    assert first_tries(*twice, (False, 1, "d")).weak() == ["mul"]


@given(
    st.permutations([True] * 7 + [False] * 7), st.integers(1, 4), st.integers(1, 4),
    st.sampled_from(["mul", "local mul", "backward mul upstream"]),
)  # fmt: skip
@example([False] * 7 + [True] * 7, 4, 4, "backward mul upstream")
def test_half_right_is_not_known(tries: list[bool], sittings: int, exercises: int, skills: str) -> None:
    """Seven right and seven wrong first tries, in whichever order, wherever they were made, whatever else they need."""
    made = [(right, number * sittings // 14, f"e{number % exercises}") for number, right in enumerate(tries)]
    assert first_tries(*made, skills=skills).mastery_of("mul") < 0.75


@pytest.mark.parametrize("sittings", [1, 2, 3])
@pytest.mark.parametrize("exercises", [1, 2, 3, 4])
def test_nobody_is_sure_after_one_sitting_or_at_few_exercises(sittings: int, exercises: int) -> None:
    made = [(True, number * sittings // 40, f"e{number % exercises}") for number in range(40)]
    mastery = first_tries(*made).mastery_of("mul")
    assert (mastery >= 0.95) is (sittings >= 2 and exercises >= 3)
    assert (mastery <= 0.85) is (sittings == exercises == 1)


def test_what_was_found_with_hints_proves_nothing() -> None:
    summary = Summary()
    for number in range(40):
        entry = Entry(START + number * 86_400_000, "answer", "local", "x->f", "mul", "", "right", hints=1)
        summary.add(Logged(number + 1, "practice", f"e{number}", entry))
    assert summary.mastery_of("mul") <= 0.85


def test_every_skill_has_a_name_that_fits_its_column_and_a_place_in_the_course() -> None:
    skills = [*STAGES, *GATES, FORK, UPSTREAM]
    assert sorted(in_order(())) == sorted(skills)
    for skill in skills:
        assert name_of(skill) != skill
        assert columns(name_of(skill)) <= 16, skill


def test_what_is_shown_is_not_known() -> None:
    """With every hint to every question nobody is sure of anything; without, anybody is."""
    alone = hinted = KNOWN
    for _ in range(40):
        alone, hinted = after_right(alone), after_right(hinted, hints=4)
    assert alone > 0.95
    assert hinted < 0.6


def test_what_is_likeliest_a_slip_of_the_pen_counts_against_nothing() -> None:
    assert failed(["decimal-slip", "stale-upstream"], ("backward", "mul", "upstream")) == []
    assert failed(["stale-upstream", "decimal-slip"], ("backward", "mul", "upstream")) == [("upstream",)]
