"""How surely mistakes are named: each row of the tables planted, students who round to two decimals, mistakes on top of
own wrong numbers, and numbers that come of nothing.

`python -m tests.benchmarks.diagnosis` prints the figures over the catalogue.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import floor, log10
from random import Random

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.variants import has_ranges, variant
from backprop_tutor.engine.compile import read_graph
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.attempt import Attempt
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.mistakes.readings import EditsOfKey, Reading, diagnose
from backprop_tutor.tutor.mistakes.rows import number_of, outcomes_at
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.stages.stage import Question
from tests.benchmarks.timing import Measure
from tests.shipped import numbers


def exercises(seeds: int = 2) -> Iterator[Exercise]:
    """Every exercise of the catalogue at its own numbers and at some seeds; for 0 seeds, every third exercise."""
    for id_ in sorted(numbers())[:: 1 if seeds else 3]:
        exercise = find(id_)
        for seed in (None, *range(1, seeds)) if has_ranges(exercise) else (None,):
            yield variant(exercise, seed)


@dataclass
class Count:
    """How often a mistake was said first, named at all, or missed; by its id."""

    first: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def add(self, id_: str, readings: list[Reading], what: str) -> None:
        """Counts one planted mistake."""
        self.total[id_] += 1
        if readings and id_ in readings[0].ids:
            self.first[id_] += 1
        elif any(id_ in reading.ids for reading in readings):
            self.named[id_] += 1
        else:
            self.missed.append(what)

    @property
    def share(self) -> float:
        """The share that was said first."""
        return self.first.total() / max(1, self.total.total())

    def __str__(self) -> str:
        total, first = sum(self.total.values()), sum(self.first.values())
        second = sum(self.named.values())
        return f"{100 * first / max(1, total):.1f} % first, {100 * second / max(1, total):.1f} % second, of {total}"


def asked(exercise: Exercise) -> Iterator[tuple[Question, EditsOfKey]]:
    """Every question that is answered with a number, with the edits of its key."""
    made = AnswerKey(exercise).edits
    yield from ((question, made) for question in questions(exercise) if question.kind.is_number)


def wrong_numbers(key: AnswerKey, question: Question) -> list[float]:
    """Every number that a mistake leads to at a question."""
    edits = key.edits.of(question)
    pairs = zip(edits.numbers, edits.is_right, strict=True)
    return [number for number, is_right in pairs if number is not None and not is_right]


def planted(digits: int | None = 4, seeds: int = 2) -> Count:
    """Each row at each question, typed with this many digits (None: two decimals)."""
    count = Count()
    for exercise in exercises(seeds):
        for question, made in asked(exercise):
            edits = made.of(question)
            for row, number, is_right in zip(edits.rows, edits.numbers, edits.is_right, strict=True):
                if number is None or is_right:
                    continue
                text = f"{number:.2f}" if digits is None else as_typed(number, digits)
                plant(count, made, question, row.id, text)
    return count


def as_typed(number: float, digits: int) -> str:
    """A number with so many significant digits, without an exponent."""
    text = f"{number:.{digits}g}"
    return f"{float(text):.12f}".rstrip("0").rstrip(".") if "e" in text else text


def in_full(number: float, digits: int, old: float = 0.0) -> str:
    """A number with this many significant digits, zeros included; for a new weight, this many of its step."""
    size = min(abs(number), abs(number - old)) if old and number != old else abs(number)
    return f"{number:.{max(0, digits - 1 - floor(log10(size)))}f}" if number else "0"


def further(digits: int = 4) -> Count:
    """Each edit further on from each question, if no other leads to the same number, with nothing answered."""
    count = Count()
    for exercise in exercises(1):
        for question, made in asked(exercise):
            edits = made.of(question)
            more = edits.further
            if more is None:
                continue
            own = set(edits.functions)  # what is the same at the answer's own place is said to be made there
            for entry in more.entries:
                text, function = as_typed(entry.number, digits), more.function(entry.row)
                room = 0.5 * 10.0 ** -len(text.partition(".")[2])
                near = {edits.functions[one.row] for one in edits.near(entry.number, room)}
                near |= {more.function(one.row) for one in more.near(entry.number, room)}
                if entry.number and near == {function} and function not in own:
                    plant(count, made, question, more.all[entry.row].id, text)
    return count


def plant(
    count: Count, made: EditsOfKey, question: Question, id_: str, text: str, attempt: Attempt | None = None
) -> None:
    """One wrong answer, if it is marked wrong."""
    attempt = attempt or Attempt(made.key)
    answer = attempt.read(question, text)
    if attempt.judge(question, answer).outcome is Outcome.WRONG:
        found = diagnose(made.of(question), question, attempt, answer)
        what = f"{made.key.exercise.id} {question.stage} {question.target}: {id_} {text} → "
        count.add(id_, found, what + ", ".join(f"{one.ids} {one.share:.2f}" for one in found))


def rounding(seeds: int = 2) -> Count:
    """Students who round each step to two decimals and make one mistake at the answer's own place."""
    count = Count()
    for exercise in exercises(seeds):
        for question, made in asked(exercise):
            edits = made.of(question)
            if question.kind.name not in ("forward", "local", "backward"):
                continue
            place = edits.spot.at(made.by_hand[1])
            for row, outcome, is_right in zip(edits.rows, outcomes_at(place, edits.kind), edits.is_right, strict=False):
                number = number_of(outcome, edits.zero)
                if number is not None and not is_right and row.often >= 2 and row.id != "decimal-slip":
                    plant(count, made, question, row.id, f"{number:.2f}")
    return count


def on_top(seeds: int = 2) -> Count:
    """A mistake at a branch on top of a wrong upstream gradient that the student gave before."""
    count, rng = Count(), Random(3)
    for exercise in exercises(seeds):
        for question, made in asked(exercise):
            if question.kind.name != "backward" or question.branch is None:
                continue
            behind = [
                one for one in questions(exercise) if one.stage == "backward" and one.target == question.branch.gate
            ]
            if not behind:
                continue
            edits = made.of(question)
            attempt = Attempt(made.key)
            wrong = attempt.read(behind[0], f"{made.key.number(behind[0]) * rng.uniform(1.2, 3) + 0.3:.4g}")
            attempt.record(behind[0], wrong, attempt.judge(behind[0], wrong).outcome)
            place = edits.place._replace(u=wrong.value, right=wrong.value * edits.place.l)  # type: ignore[union-attr]
            for row, outcome in zip(edits.rows, outcomes_at(place, edits.kind), strict=True):
                number = number_of(outcome, edits.zero)
                if number is not None and abs(number - place.right) > 0.03 * abs(place.right):
                    plant(count, made, question, row.id, as_typed(number, 5), attempt)
    return count


def products(seeds: int = 2) -> Count:
    """Each row at a branch that is a product, typed as one: its factors with two decimals, or as short as they are."""
    count = Count()
    for exercise in exercises(seeds):
        for question, made in asked(exercise):
            edits = made.of(question)
            if question.kind.name != "backward" or question.branch is None:
                continue
            for row, outcome, is_right in zip(edits.rows, edits.outcomes, edits.is_right, strict=True):
                if isinstance(outcome, tuple) and len(outcome) > 1 and not is_right:
                    plant(count, made, question, row.id, "*".join(short(factor) for factor in outcome))
    return count


def short(number: float) -> str:
    """A factor as a student types it: with two decimals, or as many as show two digits."""
    text = f"{number:.2f}" if abs(number) >= 0.1 or number == 0 else as_typed(number, 2)
    return text.rstrip("0").rstrip(".") if "." in text and float(text) == number else text


def by_chance(digits: int, rounds: int = 8, seed: int = 11) -> tuple[float, float]:
    """The share of uniformly distributed wrong numbers that are named, and that are stated without a question."""
    rng, named, plain, total = Random(seed), 0, 0, 0
    for exercise in exercises(1):
        for question, made in asked(exercise):
            size = max(1.0, 2 * abs(made.key.number(question)))
            for _ in range(rounds):
                text = as_typed(rng.uniform(-size, size), digits)
                attempt = Attempt(made.key)
                answer = attempt.read(question, text)
                if attempt.judge(question, answer).outcome is Outcome.WRONG:
                    found = diagnose(made.of(question), question, attempt, answer)
                    total += 1
                    named += bool(found)
                    plain += bool(found) and found[0].is_plain
    return named / total, plain / total


def seconds(rounds: int = 1) -> tuple[float, float]:
    """Of one wrong number read, marked and diagnosed: on average and at worst, over the catalogue, each question anew;
    of several rounds the best for each question."""
    asked = [(one, question) for one in exercises(1) for question in questions(one) if question.kind.is_number]
    spent = [min(_seconds_of(*one) for _ in range(rounds)) for one in asked]
    return sum(spent) / len(spent), max(spent)


def seconds_of_a_chain(gates: int = 40, rounds: int = 3) -> float:
    """The same at worst, over the gradients along a chain of so many gates."""
    kinds = ("tanh({0})", "w*{0}", "sigmoid({0})", "{0} + b")
    nodes = ["x", *(f"g{number}" for number in range(1, gates + 1))]
    lines = [f"{nodes[at + 1]} = {kinds[at % len(kinds)].format(nodes[at])}" for at in range(gates)]
    text, values = "\n".join(lines), {"x": 0.5, "w": 1.3, "b": -0.2}
    chain = Exercise("chain", "A chain", text, read_graph(text, values), {}, values, stages=("backward",))
    asked = [question for question in questions(chain) if question.kind.is_number]
    return max(min(_seconds_of(chain, question) for _ in range(rounds)) for question in asked)


def _seconds_of(exercise: Exercise, question: Question) -> float:
    made = AnswerKey(exercise).edits
    text = f"{made.key.number(question) * 1.37 + 0.3:.4g}"
    start = time.process_time()
    attempt = Attempt(made.key)
    answer = attempt.read(question, text)
    attempt.judge(question, answer)
    diagnose(made.of(question), question, attempt, answer)
    return time.process_time() - start


def measures() -> Iterator[Measure]:
    """What is said first of planted mistakes, in per cent; what is named of numbers that come of nothing; the time."""
    for name, count, bound in (
        ("rows planted, five digits", planted(5), ">= 95"),
        ("students who round each step to two decimals", rounding(), ">= 94"),
        ("a mistake on top of a wrong upstream gradient", on_top(), ">= 95"),
        ("typed products", products(), ">= 95"),
        ("edits further on, four digits", further(), ">= 94"),
    ):
        yield Measure(f"{name}, said first, %", 100 * count.share, bound, str(count))
    for digits, named, plainly in ((4, 3, 0.5), (2, 9, 3)):
        share, plain = by_chance(digits)
        yield Measure(f"uniform numbers of {digits} digits, named, %", 100 * share, f"<= {named}")
        yield Measure(f"uniform numbers of {digits} digits, plainly, %", 100 * plain, f"<= {plainly}")
    mean, worst = seconds(rounds=3)
    yield Measure("one wrong number read, marked and diagnosed, ms", 1000 * mean, "<= 1.5")
    yield Measure("the same at worst, ms", 1000 * worst, "<= 10")
    yield Measure("the same at worst on a chain of 40 gates, ms", 1000 * seconds_of_a_chain(), "<= 20")


def shown(name: str, count: Count, wants: str = "") -> None:
    """A figure, and what was missed where that is wanted."""
    print(f"{name:30} {count}")  # noqa: T201
    if wants == name:
        worst = Counter(count.total) - count.first
        print(worst.most_common(25))  # noqa: T201
        print("\n".join(count.missed[:: max(1, len(count.missed) // 60)]))  # noqa: T201


def main(wants: str = "") -> None:
    """Every figure."""
    for digits in (5, 4, 3):
        shown(f"planted-{digits}", planted(digits), wants)
    shown("planted-2-decimals", planted(None), wants)
    shown("rounding", rounding(), wants)
    shown("on-top", on_top(), wants)
    shown("products", products(), wants)
    shown("further", further(), wants)
    for digits in (4, 3, 2):
        named, plain = by_chance(digits)
        print(f"chance at {digits} digits: {100 * named:.2f} % named, {100 * plain:.2f} % plainly")  # noqa: T201
    mean, worst = seconds()
    chain = seconds_of_a_chain()
    print(f"one wrong number: {1000 * mean:.2f} ms, at worst {1000 * worst:.2f} ms, on a chain {1000 * chain:.2f} ms")  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
