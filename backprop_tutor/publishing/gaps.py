"""A question as a gap in a quiz: the numbers that it accepts, and the known wrong numbers with their mistakes.

A course system does not see how many digits were written, so the rules of marking become numbers with tolerances. It
cannot follow through from a student's own earlier numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from itertools import accumulate
from math import floor, log10
from typing import Final, cast

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.arrays import Matrix, largest, shape_of
from backprop_tutor.engine.gate import USUAL
from backprop_tutor.fields import NamedTuple
from backprop_tutor.publishing.copies import Copy, is_drawing, left_out, right_of, shape_asked, worded
from backprop_tutor.text import listed
from backprop_tutor.tutor.array_feedback import sentences
from backprop_tutor.tutor.feedback import wrong_message
from backprop_tutor.tutor.marking.acceptance import is_long
from backprop_tutor.tutor.marking.answer_key import AnswerKey, key_of
from backprop_tutor.tutor.marking.array_attempt import ArrayAttempt
from backprop_tutor.tutor.marking.array_key import OF_LARGEST, ArrayKey
from backprop_tutor.tutor.marking.attempt import Attempt, attempt_on
from backprop_tutor.tutor.mistakes.array_edits import edits_of
from backprop_tutor.tutor.mistakes.edits import Edits
from backprop_tutor.tutor.mistakes.matching import Reading
from backprop_tutor.tutor.mistakes.rows import Row
from backprop_tutor.tutor.stages import stages_in
from backprop_tutor.tutor.stages.stage import Question, points_of

LOST: Final = (
    "A course system marks each number by itself: the right method applied to an earlier wrong number scores nothing "
    "here, while backprop-tutor gives it full marks."
)
"""What every bank says about itself in its first lines."""
_FINEST: Final = 0.005  # half a unit of the second decimal, to which the lecture's numbers are rounded
_MOST_DIGITS: Final = 12
_SHORT_OF_ZERO: Final = 0.99
_OF_POINTS: Final = 2  # decimals
_DIGITS: Final = 6  # digits with which a known wrong number is diagnosed: more than anybody writes
_ONE_PLACE: Final = 2  # powers of ten for a slip of one place: ten times and a tenth


class Accepted(NamedTuple):
    """A number and how far from it an answer may be; for a wrong number, also the reply, `said`."""

    number: float
    tolerance: float = 0.0
    said: str = ""

    @property
    def least(self) -> float:
        """The smallest answer that is accepted."""
        return float(f"{self.number - self.tolerance:.{_MOST_DIGITS}g}")

    @property
    def most(self) -> float:
        """The largest answer that is accepted."""
        return float(f"{self.number + self.tolerance:.{_MOST_DIGITS}g}")

    def meets(self, other: Accepted) -> bool:
        """Whether one answer may match both."""
        return abs(self.number - other.number) <= self.tolerance + other.tolerance


class Gap(NamedTuple):
    """One question of a copy: its words, its points, the right numbers (the exact one first) and the known wrong ones,
    and the working, for students who look at the solution."""

    question: Question
    text: str
    points: float
    right: Sequence[Accepted]
    wrong: Sequence[Accepted]
    working: str
    place: tuple[int, int] | None = None
    """Row and column of an entry of an array, from 1."""

    @property
    def name(self) -> str:
        """Its name in a question bank: `backward w0`, `backward W[2,1]`."""
        return f"{self.question.stage} {self.question.target}{self._entry}"

    @property
    def symbol(self) -> str:
        """What is asked for: `∂L/∂w0`, `∂L/∂W[2,1]`."""
        return f"{self.question.symbol}{self._entry}"

    @property
    def whole_text(self) -> str:
        """Its words if it stands alone."""
        return self.text if self.place is None else f"{self.text}: row {self.place[0]}, column {self.place[1]}"

    @property
    def _entry(self) -> str:
        return "" if self.place is None else f"[{self.place[0]},{self.place[1]}]"


def is_gap(question: Question, exercise: Exercise) -> bool:
    """Whether a question is answered with numbers, which a course system can mark."""
    if exercise.is_array:
        return shape_asked(question, exercise) is not None
    return question.kind.is_number and not is_drawing(question)


def gaps_of(copy: Copy, mistakes: bool = True) -> list[Gap]:
    """The gaps of a copy; without known wrong numbers unless `mistakes` are wanted."""
    exercise = copy.exercise
    if exercise.is_array:
        return [gap for question in copy.asked for gap in _of_array(question, copy, mistakes)]
    key = AnswerKey(exercise)
    attempt = Attempt(key)
    found = []
    for question in (one for one in copy.asked if is_gap(one, exercise)):
        right = _right(question, key)
        wrong = _wrong(question, attempt, right) if mistakes else []
        working = question.kind.worked_out(question, exercise, exercise.solution)
        found.append(Gap(question, worded(question, copy), points_of(question, exercise), right, wrong, working))
    return found


def shares(gaps: Sequence[Gap]) -> list[float]:
    """The points of gaps, with as many decimals as systems keep, so that their sum is right: 0.33, 0.34 and 0.33 for an
    array of three entries."""
    ends = [round(end, _OF_POINTS) for end in accumulate(gap.points for gap in gaps)]
    return [round(end - before, _OF_POINTS) for end, before in zip(ends, [0.0, *ends], strict=False)]


def plain(number: float) -> str:
    """A number as every system reads it: no exponent, and no digits that come from floating-point rounding."""
    return f"{Decimal(f'{number:.{_MOST_DIGITS}g}') + 0:f}"


def tolerance_of(number: float, relative: float) -> float:
    """How far an answer may be from a number: half a unit of the second decimal, or of the second digit if that is
    further on; a relative distance if the number needs more than three digits."""
    if number == 0:
        return 0.0
    room = min(_FINEST, 0.5 * _unit(number, 2))
    return max(room, relative * abs(number)) if is_long(number) else room


def _unit(number: float, digits: int) -> float:
    return float(10.0 ** (floor(log10(abs(number))) + 1 - digits))


def _right(question: Question, key: AnswerKey) -> list[Accepted]:
    """What marking accepts for a number: itself with its tolerance, its roundings, and the results of rounding by
    hand."""
    exact, step = key.number(question), _step(question, key)
    number = 0.0 if abs(exact) <= key.scale.zero else float(f"{exact:.{_MOST_DIGITS}g}")
    before = exact - question.kind.measured(question, key)
    by_hand = [before + one for one in question.kind.by_hand(question, key) if one]
    return _with_others(Accepted(number, _tolerance(number, step, key)), by_hand, abs(step))


def _with_others(first: Accepted, by_hand: Iterable[float], coarsest: float = 0.0) -> list[Accepted]:
    """An exact number and the other right ones: its roundings, and the results of rounding every step by hand."""
    kept = [first]
    hands = [Accepted(one, min(first.tolerance, tolerance_of(one, 0.0))) for one in by_hand]
    for other in [*map(Accepted, _roundings(first.number, coarsest)), *hands]:
        if not any(abs(other.number - one.number) <= one.tolerance for one in kept):
            kept.append(other)
    return kept


def _of_array(question: Question, copy: Copy, mistakes: bool) -> Iterator[Gap]:
    """A gap for each entry of the array that a question asks for; they share its points."""
    exercise = copy.exercise
    right, key = right_of(question, exercise), key_of(exercise)
    if not isinstance(right, list) or not isinstance(key, ArrayKey):
        return
    size = len(right) * len(right[0])
    text, points = worded(question, copy), points_of(question, exercise) / size
    working = question.kind.worked_out(question, exercise, exercise.solution)
    hands, known = list(key.hands_of(question)), _array_mistakes(question, key, right) if mistakes else []
    room = OF_LARGEST * largest(right)
    for row, line in enumerate(right):
        for column, exact in enumerate(line):
            number = 0.0 if abs(exact) <= key.scale.zero else float(f"{exact:.{_MOST_DIGITS}g}")
            # Only 0 is answered with 0, however small an entry is compared with the largest.
            tolerance = min(max(room, tolerance_of(number, exercise.tolerance)), _SHORT_OF_ZERO * abs(number))
            by_hand = [hand[row][column] for hand in hands if number and hand[row][column]]
            taken = _with_others(Accepted(number, tolerance), by_hand)
            wrong: list[Accepted] = []
            for array, said in known:
                one = array[row][column] + 0.0
                other = Accepted(float(f"{one:.{_MOST_DIGITS}g}"), tolerance_of(one, exercise.tolerance), said)
                if not any(map(other.meets, (*taken, *wrong))):
                    wrong.append(other)
            place = (row + 1, column + 1) if size > 1 else None
            yield Gap(question, text, points, taken, wrong, working, place)


def _array_mistakes(question: Question, key: ArrayKey, right: Matrix) -> list[tuple[Matrix, str]]:
    """The arrays of the right shape that frequent mistakes lead to, most frequent first, each with the tutor's
    reply."""
    attempt = attempt_on(key)
    assert isinstance(attempt, ArrayAttempt)
    edits = [edit for edit in edits_of(question, key.exercise, key.solution, right) if edit.often >= USUAL]
    found: list[tuple[Matrix, str]] = []
    for edit in sorted(edits, key=lambda edit: -edit.often):
        if shape_of(edit.array) == shape_of(right):
            said = sentences(attempt, question, [Reading((edit.id,), 0.0, cast("Row", edit))], rule=True)
            found.append((edit.array, said))
    return found


def _step(question: Question, key: AnswerKey) -> float:
    """The step of a new weight, by which it is judged; 0 for every other number."""
    measured = question.kind.measured(question, key)
    return measured if measured != key.number(question) else 0.0


def _tolerance(number: float, step: float, key: AnswerKey) -> float:
    return key.scale.tolerance * abs(step) if step else tolerance_of(number, key.scale.tolerance)


def _roundings(number: float, coarsest: float = 0.0) -> Iterator[float]:
    """A number rounded to two digits or two decimals, or more, but not to all of its digits; never coarser than a step
    that must show."""
    if not number:
        return
    written = Decimal(f"{number:.{_MOST_DIGITS}g}").normalize()
    first = written.adjusted()  # the place of its first digit: 0 for units, -1 for tenths
    for place in range(max(first - 1, -2), int(written.as_tuple().exponent), -1):
        if not coarsest or 10.0**place <= coarsest:
            unit = Decimal(1).scaleb(place)
            sides = [float(written.quantize(unit, way)) for way in (ROUND_HALF_UP, ROUND_HALF_DOWN)]
            yield from filter(None, dict.fromkeys(sides))  # both at a tie


def _wrong(question: Question, attempt: Attempt, right: Sequence[Accepted]) -> list[Accepted]:
    """The numbers that frequent mistakes lead to, most frequent first, each with the tutor's reply; none within reach
    of a right number or of an earlier one."""
    key, step = attempt.key, _step(question, attempt.key)
    kept: list[Accepted] = []
    for number in _wrong_numbers(key.edits.of(question)):
        one = Accepted(float(f"{number:.{_MOST_DIGITS}g}"), _tolerance(number, step, key))
        if any(map(one.meets, (*right, *kept))):
            continue
        answer = attempt.read(question, f"{number:.{_DIGITS}g}")
        readings = attempt.diagnose(question, answer)
        if readings:
            kept.append(one._replace(said=wrong_message(attempt, question, answer, readings)))
    return kept


def _wrong_numbers(edits: Edits) -> Iterable[float]:
    found = [
        (row.often, number)
        for row, number, is_right in zip(edits.rows, edits.numbers, edits.is_right, strict=True)
        if number is not None and not is_right and row.grade >= USUAL
        and not (row.each == "tens" and row.member >= _ONE_PLACE)
    ]  # fmt: skip
    return dict.fromkeys(number for _, number in sorted(found, key=lambda one: -one[0]))


def unasked(copy: Copy, ask: str | None = None) -> str:
    """Which of the wanted questions are no gaps, and why, in sentences; empty if all are gaps."""
    no_gaps = [one.stage for one in copy.asked if not is_gap(one, copy.exercise)]
    words = dict.fromkeys([*no_gaps, *(() if ask is not None else left_out(copy.exercise, copy.asked))])
    shapes = {word for word in words if any(stage.asks_shape for stage in stages_in(copy.exercise, word))}
    unmarked = [word for word in words if word not in shapes]
    is_left, it = ("is left", "it") if len(unmarked) == 1 else ("are left", "them")
    said = [f"{listed(unmarked)} {is_left} out, because a course system cannot mark {it}."] if unmarked else []
    said += ["Shapes are left out, because the gaps show them."] if shapes else []
    return f"{copy.exercise.id}: {' '.join(said)}" if said else ""
