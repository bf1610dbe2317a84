"""The marks of one submission for a report: the Checker's, computed at once if every answer is right by itself; and the
line of one student over all exercises, for gradebooks and reports for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from itertools import groupby
from json.encoder import encode_basestring_ascii as in_quotes
from typing import Final, cast

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.graph import Graph
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple
from backprop_tutor.grading.rows import Row, in_json
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.expressions import read_answer
from backprop_tutor.tutor.marking.own_graph import Twins
from backprop_tutor.tutor.marking.submission import BARE, Submission
from backprop_tutor.tutor.marking.verdicts import POINT_DIGITS, Outcome, Result, Verdict
from backprop_tutor.tutor.questions import ByName, by_name
from backprop_tutor.tutor.stages import is_drawn, stage_questions, words_of
from backprop_tutor.tutor.stages.stage import Question, points_of

_OWN_GRAPH: Final = "(own graph)"  # a gate of a student's graph that the exercise's graph does not have
_WORST_FIRST: Final = "UW0FRM-"  # if a question has several answers, its column shows the letter of the worst
_MOST_ANSWERS: Final = 20_000
_WRONG: Final = -1  # no question's place
_MOST_NAMES: Final = 1_000
_LONGEST_SHOWN: Final = 40  # characters of a wrong answer, as an example of its mistake
_LONGEST: Final = 100  # characters of an answer and its name that are remembered; what people write is shorter


class Marks(NamedTuple):
    """The score, the letters of the exercise's questions in order, the slips as text, and the messages about unknown
    names."""

    score: float
    letters: str
    slips: str = ""
    strangers: tuple[str, ...] = ()


class _Seat(NamedTuple):
    """The question that an answer is for: its column, None if it has none, and what a slip says of it."""

    column: int | None
    slip: str


class Columns:
    """The questions of an exercise, in the order of a report's columns; they are the same at all numbers."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.known = self._about(exercise.graph)
        self.questions = [one for word in exercise.stages for one in stage_questions(word, exercise, exercise.graph)]
        self.position = {(question.stage, question.target): number for number, question in enumerate(self.questions)}
        self.none_answered = Outcome.MISSING.letter * len(self.questions)
        self.points = [points_of(question, exercise) for question in self.questions]
        self.max_score = round(sum(self.points, 0.0), POINT_DIGITS)
        self._our_seats = self._seats(exercise.graph)
        self._seat = lru_cache(_MOST_NAMES)(self._our_seats)

    def _about(self, graph: Graph) -> dict[str, ByName[Question]]:
        own = self.exercise
        return {word: by_name(stage_questions(word, own, graph)) for word in words_of(own)}

    def marks(self, result: Result, graph: Graph) -> Marks:
        """The marks of a result; if it is about the student's own graph, each question stands for the exercise's at
        that gate."""
        is_ours = graph is self.exercise.graph
        find_any = self._our_seats if is_ours else self._seats(graph)
        find = self._seat if is_ours else find_any
        letters = list(self.none_answered) if is_ours else ["-"] * len(self.questions)
        missing = Outcome.MISSING.letter
        slips: list[str] = []
        strangers: list[str] = []
        for stage, target, answer, outcome, expected, mistakes, message, *_ in result.verdicts:
            if is_ours and outcome is Outcome.MISSING:
                continue  # as its letter says already
            seat = (find if len(target) <= _LONGEST else find_any)(stage, target)
            if seat is None:
                if outcome is Outcome.UNREADABLE:
                    strangers.append(f"{stage}: {message}")
                continue
            column, slip = seat
            if column is not None:
                letter, other = outcome.letter, letters[column]
                letters[column] = letter if other == missing else min(other, letter, key=_WORST_FIRST.index)
            if outcome is Outcome.WRONG and expected is not None:
                slips.append(_slip(slip, mistakes, (answer or "")[:_LONGEST_SHOWN]))
        return Marks(result.score, "".join(letters), f"[{', '.join(slips)}]" if slips else "", tuple(strangers))

    def _seats(self, graph: Graph) -> Callable[[str, str], _Seat | None]:
        """A function of a stage and the name of an answer: its seat, None if that is no question about a graph."""
        is_ours = graph is self.exercise.graph
        twins = None if is_ours else Twins(self.exercise.graph, graph, self.known)
        asked = self.known if is_ours else self._about(graph)

        def seat(stage: str, name: str) -> _Seat | None:
            question = asked[stage].find(name) if stage in asked else None
            if question is None:
                return None
            ours = question if twins is None else twins.ours(question)
            # The graph itself is never a slip; what is not about its nodes is about the exercise's.
            about = graph if question.kind.is_by_node or is_drawn(stage) else self.exercise.graph
            kind = _kind(question, about)
            gate = _OWN_GRAPH if ours is None else ours.gate
            at = None if ours is None else self.position.get((ours.stage, ours.target))
            return _Seat(at, ", ".join(map(in_quotes, (question.stage, name, gate, kind))))

        return seat


def _kind(question: Question, graph: Graph) -> str:
    gate = graph.node(question.gate).gate
    return "fork" if question.is_sum else gate.name if gate is not None else "input"


@lru_cache(_MOST_ANSWERS)
def _slip(seat: str, mistakes: tuple[str, ...], answer: str) -> str:
    return f"[{seat}, [{', '.join(map(in_quotes, mistakes))}], {in_quotes(answer)}]"


def verdicts_as_json(verdicts: Sequence[Verdict], columns: Columns, visibility: str = "") -> str:  # noqa: ARG001
    """What JSON says about each answer: its verdict, its question's own name, and whether it is scored."""
    return f"[{', '.join(map(_as_json, verdicts))}]"


def _as_json(verdict: Verdict) -> str:
    stage, target, answer, outcome, expected, diagnoses, message, scored, _, asked, _, more = verdict
    written = _written if len(target) + len(answer or "") <= _LONGEST else _written.__wrapped__
    said = written(stage, target, answer, outcome, in_json(expected), diagnoses, message, asked or target, scored)
    return (
        f"{said}{''.join([f', {in_quotes(key)}: {in_json(value)}' for key, value in more])}}}" if more else f"{said}}}"
    )


@lru_cache(_MOST_ANSWERS)
def _written(
    stage: str, target: str, answer: str | None, outcome: Outcome, expected: str, diagnoses: tuple[str, ...],
    message: str, asked: str, scored: bool,
) -> str:  # fmt: skip
    return (
        f'{{"stage": {in_quotes(stage)}, "target": {in_quotes(target)}, "answer": {in_json(answer)}, '
        f'"verdict": "{outcome}", "expected": {expected}, "diagnoses": [{", ".join(map(in_quotes, diagnoses))}], '
        f'"message": {in_quotes(message)}, "question": {in_quotes(asked)}, "scored": {"true" if scored else "false"}'
    )


Keep = Callable[[Sequence[Verdict], Columns, str], str]
"""What a report keeps of a submission's verdicts, as text; the last argument is when students see it."""


class Examiner:
    """Marks a class's submissions to one exercise at its numbers, and keeps what a report shows of the verdicts."""

    def __init__(self, exercise: Exercise, keep: Keep = verdicts_as_json, visibility: str = "visible") -> None:
        self.exercise, self.keep, self.visibility = exercise, keep, visibility
        self.checker = Checker(exercise)
        self.columns = Columns(exercise)
        words = dict.fromkeys((*exercise.stages, *words_of(exercise)))  # in the order of a result's verdicts
        self._questions = [question for word in words for question in self.checker.sheets[word].questions]
        self._place = {(question.stage, question.target): place for place, question in enumerate(self._questions)}
        self._column = [self.columns.position.get(name) for name in self._place]
        self._places: dict[str, dict[tuple[str, str | None], int]] = defaultdict(dict)
        self._marks_if_right = lru_cache(_MOST_NAMES)(self._find_marks_if_right)
        self._right = lru_cache(_MOST_ANSWERS)(self._verdict_if_right)

    def marks(self, submission: Submission, words: bool) -> tuple[Marks, str | None]:
        """The marks of a submission and, if `words` are wanted, what is kept of its verdicts."""
        if BARE in submission.answers:
            submission = self.checker.placed(submission)
        right = self._all_right(submission)
        if right is None:
            result = self.checker.check(submission, words)
            marks = self.columns.marks(result, self.checker.solution_for(submission).graph)
            return marks, self.keep(result.verdicts, self.columns, self.visibility) if words else None
        marks = self._marks_if_right(frozenset(right))
        if not words:
            return marks, None
        places = enumerate(self._missing)
        found = (self._if_right(place, *right[place]) if place in right else missing for place, missing in places)
        return marks, self.keep(list(filter(None, found)), self.columns, self.visibility)

    def _all_right(self, submission: Submission) -> dict[int, tuple[str, str | None]] | None:
        """Each answer's name and text at its question's place; None unless every question has one answer, right by
        itself."""
        if submission.graph is not None:
            return None
        right: dict[int, tuple[str, str | None]] = {}
        count = 0
        for word, answers in submission.answers.items():
            # Without a loop, since all of a class pass through here.
            places = cast("list[int]", list(map(self._places[word].get, answers.items())))
            if _WRONG in places:
                return None
            given: Iterable[tuple[str, str | None]] = answers.items()
            if None in places:
                given, places = [one for one in given if one[1] is not None], []
                for name, text in given:
                    place = self._place_if_right(word, name, text or "")
                    if place == _WRONG:
                        return None
                    places.append(place)
            right.update(zip(places, given, strict=True))
            count += len(places)
        return right if len(right) == count else None

    def _place_if_right(self, word: str, name: str, text: str) -> int:
        """The place of the question that an answer is right for by itself; _WRONG if it is not."""
        known, answer = self._places[word], (name, text)
        place = known.get(answer)
        if place is None:
            place = self._find_place_if_right(word, name, text)
            if len(name) + len(text) <= _LONGEST and len(known) < _MOST_ANSWERS:
                known[answer] = place
        return place

    def _find_marks_if_right(self, places: Collection[int]) -> Marks:
        letters, score = list(self.columns.none_answered), 0.0
        for place in places:
            column = self._column[place]
            if column is not None:
                letters[column] = Outcome.RIGHT.letter
                score += self.columns.points[column]
        return Marks(round(score, POINT_DIGITS), "".join(letters))

    def _find_place_if_right(self, word: str, name: str, text: str) -> int:
        sheet = self.checker.sheets.get(word)
        place = sheet.places.find(name) if sheet is not None else None
        if sheet is None or place is None or self.exercise.is_array:
            return _WRONG
        if text.endswith(")"):  # may be a remark, or a product
            return _WRONG
        try:
            answer = read_answer(text, {})  # true for everybody: no name stands for a student's own number
        except Fault:
            return _WRONG
        question = sheet.questions[place]
        return self._place[question.stage, question.target] if self.checker.key.is_right(question, answer) else _WRONG

    @cached_property
    def _missing(self) -> list[Verdict | None]:
        """What is said about a question without an answer; nothing if it was not asked."""
        missing = {(one.stage, one.target): one for one in self.checker.check(Submission({})).verdicts}
        return [missing.get(name) for name in self._place]

    def _if_right(self, place: int, name: str, text: str | None) -> Verdict:
        find = self._right if len(name) + len(text or "") <= _LONGEST else self._verdict_if_right
        return find(place, name, text)

    def _verdict_if_right(self, place: int, name: str, text: str | None) -> Verdict:
        question, column = self._questions[place], self._column[place]
        expected, points = self.checker.key.number(question), 0.0 if column is None else self.columns.points[column]
        scored = column is not None
        return Verdict(
            question.stage, name, text, Outcome.RIGHT, expected, scored=scored, asked=question.target, points=points
        )


_CENT: Final = Decimal("0.01")


class Total(NamedTuple):
    """The total of one student's submissions: the score, out of what all exercises together are worth, and the rows
    that it is made of, by exercise."""

    student: str
    score: float
    most: float
    rows: list[Row]

    @property
    def is_marked(self) -> bool:
        """Whether any of it could be marked."""
        return any(row.readable for row in self.rows)

    def scaled(self, points: float | None) -> str:
        """The score scaled to so many points, to two decimals, halves up; unscaled if no points are given."""
        if points is None:
            return f"{self.score:.10g}"
        if not self.most:
            return "0.00"
        # Decimals, so that 12.345 of 20 is not a little less than that.
        exact = Decimal(repr(self.score)) * Decimal(repr(points)) / Decimal(repr(self.most))
        return str(exact.quantize(_CENT, ROUND_HALF_UP))


def totals(rows: Iterable[Row], exercises: Iterable[str], columns: Callable[[str], Columns | None]) -> Iterator[Total]:
    """The totals of rows in which each student's rows are together; rows of nobody are left out."""
    worth = {id_: known.max_score for id_ in exercises if (known := columns(id_)) is not None}
    most = sum(worth.values())
    for student, group in groupby(rows, key=lambda row: row.student):
        if student is not None:
            mine = list(group)
            yield Total(
                student, round(sum(row.score for row in mine if row.exercise in worth), POINT_DIGITS), most, mine
            )
