"""Marks a whole submission: every verdict, with what follows from the student's own answers, and the score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache, partial
from itertools import count, repeat
from typing import Any, Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import Fault
from backprop_tutor.text import MOST_QUOTED, listed, nearest, quoted
from backprop_tutor.tutor import feedback
from backprop_tutor.tutor.marking.answer_key import AnswerKey, key_of
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.attempt import Attempt, attempt_on, plainly
from backprop_tutor.tutor.marking.credit import Marked, credited
from backprop_tutor.tutor.marking.own_graph import Drawn, Twins, Worth, read_drawn, worth_of
from backprop_tutor.tutor.marking.submission import BARE, BadSubmission, NotOneAnswer, Rows, Submission
from backprop_tutor.tutor.marking.verdicts import POINT_DIGITS, Outcome, Result, Verdict
from backprop_tutor.tutor.mistakes.readings import ids_of
from backprop_tutor.tutor.questions import ByName, by_name, spelled
from backprop_tutor.tutor.stages import is_drawn, words_of
from backprop_tutor.tutor.stages.stage import Question

_MOST_DRAWN: Final = 8
"""How many of the students' own graphs are remembered: much the same ones are drawn again and again."""
_MOST_ANSWERS: Final = 20_000
_LONGEST: Final = 100
"""How many answers to the questions of a word are remembered, and the longest: a class writes the same ones again."""
_MOST_NEAREST: Final = 50
"""For how many unknown names the nearest question is looked up: thousands of them are not slips."""


_SAYINGS: Final = {
    Outcome.MOOT: feedback.moot_message,
    Outcome.FOLLOW_THROUGH: feedback.follow_through_message,
}
"""The message about an answer that follows from an earlier one."""


class Sheet:
    """The questions of one word about a circuit and the others that may be answered, by name; and what they are worth:
    what the exercise says, unless stated otherwise. With `like`, a sheet for other numbers, its questions are used
    again."""

    def __init__(self, word: str, key: AnswerKey, worth: Worth | None = None, like: Sheet | None = None) -> None:
        self.word, self.key, self.asked = word, key, key.asked(word)
        self.questions: list[Question] = like.questions if like else key.answerable(word)
        self.places: ByName[int] = like.places if like else ByName(zip(self.questions, count(), strict=False))
        self.worth: Worth = like.worth if like else worth or worth_of(self.asked, key.exercise)
        self.read = lru_cache(_MOST_ANSWERS)(self._read)

    def _read(self, question: int, text: str) -> tuple[Answer, bool] | None:
        """The number that a text is for everybody, and whether it answers this question; None for any other text.
        Raises a Fault."""
        answer = None if self.key.exercise.is_array else plainly(text)
        return None if answer is None else (answer, self.key.is_right(self.questions[question], answer))

    @cached_property
    def expected(self) -> list[Any]:
        """The answer to each question, as results show it."""
        return [self.key.expected(one) for one in self.questions]

    @cached_property
    def asks(self) -> ByName[Question]:
        """The questions that are asked, by name, without those that are only answerable."""
        return by_name(self.asked)

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The names that mean a question of this word and of no other."""
        return frozenset(spelled(name) for one in self.asked for name in one.own_names)

    @cached_property
    def missing(self) -> list[Verdict | None]:
        """The message about a question without an answer; None if it was not asked."""
        asked = {one.target for one in self.asked}
        return [
            Verdict(
                self.word, one.target, None, Outcome.MISSING, expected,
                scored=one.target in self.worth.each, label=one.label,
                points=self.worth.each.get(one.target, 0.0),
            ) if one.target in asked else None
            for one, expected in zip(self.questions, self.expected, strict=True)
        ]  # fmt: skip


class Checker:
    """Marks submissions for an exercise at its numbers; its work is shared by every student with these numbers. With
    `like`, a checker for other numbers, its questions are used again."""

    def __init__(self, exercise: Exercise, like: Checker | None = None) -> None:
        self.exercise = exercise
        self.key: AnswerKey = like.key.at(exercise) if like else key_of(exercise)
        sheets = like.sheets if like else {}
        self.sheets: dict[str, Sheet] = {
            word: Sheet(word, self.key, like=sheets.get(word)) for word in words_of(exercise)
        }
        order = [*exercise.stages, *(word for word in self.sheets if word not in exercise.stages)]
        self._order = [(word, word in exercise.stages, is_drawn(word)) for word in order]
        self.max_score = round(
            sum((sum(self.sheets[word].worth.each.values()) for word in exercise.stages), 0.0), POINT_DIGITS
        )
        self._drawn = lru_cache(maxsize=_MOST_DRAWN)(partial(read_drawn, exercise))
        self._about = lru_cache(maxsize=_MOST_DRAWN)(self._questions_about)

    def check(self, submission: Submission, words: bool = True) -> Result:
        """Every verdict and the score, without messages if no `words` are wanted. If the student's own graph is right,
        it names the questions. Raises BadSubmission for an answer without a stage that could belong to several.
        """
        submission = self.placed(submission)
        is_drawn_here = submission.graph is not None and not self.exercise.is_array
        drawn = self._drawn(submission.graph or "") if is_drawn_here else None
        key, sheets = self.sheets_about(drawn)
        marking = _Marking(key, sheets, submission, words)
        verdicts: list[Verdict] = []
        score = 0.0
        for word, scored, is_graph in self._order:
            if is_graph:
                worth = self.sheets[word].worth.each[word]
                found = [_graph_verdict(word, drawn, scored, worth)] if drawn or scored else []
                points = worth * (bool(found) and found[0].outcome.counts)
            else:
                found = marking.verdicts(word, scored)
                points = marking.points(word)
            verdicts += found
            score += points if scored else 0.0
        verdicts += self._of_other_stages(submission)
        score = round(score, POINT_DIGITS)
        return Result(self.exercise.id, submission.student, self.exercise.seed, score, self.max_score, verdicts)

    def _of_other_stages(self, submission: Submission) -> Iterator[Verdict]:
        """Messages about answers to stages that exercises of this kind, of numbers or of arrays, never have."""
        of = "arrays" if self.exercise.is_array else "numbers"
        for word, answers in submission.answers.items():
            for name, text in answers.items() if word not in self.sheets else ():
                if text is not None:
                    message = f"this exercise is about {of}: it has no stage {word}."
                    yield Verdict(word, name, str(text), Outcome.UNREADABLE, None, message=message, scored=False)

    def sheets_about(self, drawn: Drawn | None) -> tuple[AnswerKey, dict[str, Sheet]]:
        """The right answers and the questions, by word: about the student's own graph if that can be used."""
        return (self.key, self.sheets) if drawn is None or drawn.solution is None else self._about(drawn.text)

    def placed(self, submission: Submission) -> Submission:
        """The submission with each answer under a stage: an answer without one belongs to the stage that asks for its
        name. Raises BadSubmission if several do and the name is no question's own in one alone."""
        bare = submission.answers.get(BARE)
        if bare is None:
            return submission
        asked = [word for word, is_asked, is_graph in self._order if is_asked and not is_graph]
        answers = {word: dict(own) for word, own in submission.answers.items() if word != BARE}
        for name, text in bare.items():
            words = self._stages_of(name, asked)
            if len(words) != 1:
                stages, above = listed(words), listed((f"{word}:" for word in words), "or")
                why = f"{quoted(name[:MOST_QUOTED])} is a question of the stages {stages}"
                raise BadSubmission(f"{why}. Write {above} on the line above it.")
            answers.setdefault(words[0], {})[name] = text
        return submission._replace(answers=answers)

    def _stages_of(self, name: str, asked: list[str]) -> list[str]:
        """The stages that may be meant by a name without one: those that ask for it, where there are any, and of these
        those in which it is the question's own name (a node's is that of its gradient, not of a local one)."""
        words = [word for word in asked if self.sheets[word].asks.find(name) is not None]
        own = [word for word in words if spelled(name) in self.sheets[word].own_names]
        return own or words or [word for word in asked if self.sheets[word].places.find(name) is not None] or asked[-1:]

    def _questions_about(self, text: str) -> tuple[AnswerKey, dict[str, Sheet]]:
        """The answer key and the questions for a student's own graph, worth what the exercise's own are."""
        drawn = self._drawn(text)
        key = AnswerKey(self.exercise, drawn.solution)
        known = {word: by_name(sheet.asked) for word, sheet in self.sheets.items()}
        twins = Twins(self.exercise.graph, key.graph, known)
        return key, {
            word: Sheet(word, key, twins.worth(ours.asked, key.asked(word), drawn.idle, ours.worth))
            for word, ours in self.sheets.items()
        }

    def solution_for(self, submission: Submission) -> Solution:
        """Both passes of the graph that a submission's answers are about: the student's own, if it can be used."""
        drawn = self._drawn(submission.graph) if submission.graph is not None else None
        return drawn.solution if drawn and drawn.solution else self.key.solution


def _graph_verdict(word: str, drawn: Drawn | None, scored: bool, points: float) -> Verdict:
    if drawn is None:
        return Verdict(word, word, None, Outcome.MISSING, points=points)
    outcome = Outcome.RIGHT if drawn.is_right else Outcome.WRONG if drawn.is_readable else Outcome.UNREADABLE
    others = "" if outcome.counts else "\nThe other answers are marked against the exercise's graph."
    return Verdict(word, word, drawn.text, outcome, message=f"{drawn.message}{others}", scored=scored, points=points)


def _typed(
    sheet: Sheet, answers: Mapping[str, str | None]
) -> tuple[dict[int, list[tuple[str, str]]], list[tuple[str, str]]]:
    """The answers to each question, by its place, with the names they were given under, in the order of the question's
    own names; and the answers under names that no question has."""
    typed: dict[int, list[tuple[str, str]]] = {}
    strangers: list[tuple[str, str]] = []
    for name, text in answers.items():
        if text is None:
            continue
        place = sheet.places.find(name)
        if place is None:
            strangers.append((name, text))
        elif place not in typed:
            typed[place] = [(name, text)]
        else:
            typed[place].append((name, text))
            order = [spelled(own) for own in sheet.questions[place].names]
            typed[place].sort(key=lambda one: order.index(spelled(one[0])) if spelled(one[0]) in order else 0)
    return typed, strangers


class _Marking:
    """The marking of one submission: first every outcome, since later ones follow from earlier ones; then the words."""

    def __init__(self, key: AnswerKey, sheets: Mapping[str, Sheet], submission: Submission, words: bool = True) -> None:
        self.key, self.attempt, self.is_array = key, attempt_on(key), key.exercise.is_array
        self.sheets = sheets
        self.words = words
        self.answers = submission.answers
        self.naming: dict[str, Attempt] = {}
        self.strangers: dict[str, list[tuple[str, str]]] = {}
        self.marked = {word: self._mark(word) for word in sheets if self.answers.get(word)}
        scored = {word: ones for word, ones in self.marked.items() if word in key.exercise.stages}
        questions = sum(len(sheets[word].asked) for word in key.exercise.stages)
        scoring = {word: sheets[word].worth.each for word in scored}
        self.marked |= credited(scored, scoring, questions, key.scale.tolerance)

    def _mark(self, word: str) -> list[Marked]:
        marked: list[Marked] = []
        sheet, is_asked = self.sheets[word], word in self.key.exercise.stages
        scoring = sheet.worth.each
        typed, self.strangers[word] = _typed(sheet, self.answers[word])
        for place in sorted(typed):
            question = sheet.questions[place]
            mine = [self._one(sheet, place, question, name, text) for name, text in typed[place]]
            marked += mine
            carried = mine[0] if len(mine) == 1 else next((one for one in mine if one.answer), mine[0])
            _, _, _, outcome, answer, _, copied, _, _ = carried
            if answer is None:
                continue
            if not is_asked:  # nothing follows from it, but it explains why a later answer of its stage is wrong
                self.naming.setdefault(word, attempt_on(self.key)).record(question, answer, outcome)
            # No credit without knowledge: a wrong answer that costs nothing carries nothing either.
            elif outcome is Outcome.RIGHT or question.target in scoring:
                self.attempt.record(question, answer, outcome, copied is not None)
        return marked

    def _one(self, sheet: Sheet, place: int, question: Question, name: str, text: str) -> Marked:
        is_text = type(text) is str
        if not is_text and isinstance(text, NotOneAnswer) and not (isinstance(text, Rows) and self.is_array):
            message = "one answer belongs here, not a list or a mapping."
            return Marked(question, name, "", Outcome.UNREADABLE, message=message)
        try:
            known = sheet.read(place, text) if is_text and len(text) <= _LONGEST else None
            answer, is_right = known or (self.attempt.read(question, text), None)
        except Fault as fault:
            message = feedback.unreadable_message(text, fault) if self.words else ""
            return Marked(question, name, text, Outcome.UNREADABLE, message=message)
        outcome, copied, is_near, entries = self.attempt.judge(question, answer, is_right)
        return Marked._make((question, name, text, outcome, answer, "", copied, is_near, entries))

    def verdicts(self, word: str, scored: bool) -> list[Verdict]:
        """The verdicts of a word: the answers, the missing ones, and the names that no question has."""
        marked = self.marked.get(word, ())
        sheet = self.sheets[word]
        found: list[Verdict] = []
        if not marked:
            found += filter(None, sheet.missing) if scored else ()
        else:
            scoring = sheet.worth.each if scored else {}
            attempt = self.naming.get(word, self.attempt)
            ones = iter(marked)
            one = next(ones, None)
            missing = sheet.missing if scored else repeat(None)
            for question, expected, instead in zip(sheet.questions, sheet.expected, missing, strict=False):
                if one is None or one.question is not question:
                    if instead is not None:
                        found.append(instead)
                    continue
                points = scoring.get(question.target)
                while one is not None and one.question is question:
                    found.append(self._verdict(one, attempt, word, expected, points))
                    one = next(ones, None)
        for number, (name, text) in enumerate(self.strangers.get(word, ())):
            near = nearest(name, sheet.places) if number < _MOST_NEAREST else ""
            message = f"{quoted(name[:MOST_QUOTED])} is not a question of this stage.{near}"
            found.append(Verdict(word, name, str(text), Outcome.UNREADABLE, None, message=message, scored=False))
        return found

    def _verdict(self, one: Marked, attempt: Attempt, word: str, expected: Any, points: float | None) -> Verdict:
        question, name, text, outcome, answer, message, copied, _, entries = one
        ids: tuple[str, ...] = ()
        if outcome is Outcome.WRONG:
            if copied is None and answer is not None:
                readings = attempt.diagnose(question, answer)
                ids = ids_of(readings)
                message = feedback.wrong_message(attempt, question, answer, readings) if self.words else ""
            elif self.words:
                message = feedback.copied_message(self.attempt, question)
        elif outcome in _SAYINGS and self.words:
            message = _SAYINGS[outcome](self.attempt, question)
        more = tuple(self.key.more(question, entries).items()) if self.is_array else ()
        return Verdict._make(
            (word, name, text, outcome, expected, ids, message, points is not None, question.label, question.target,
            points or 0.0, more)
        )  # fmt: skip

    def points(self, word: str) -> float:
        """The points that the answers of a word earn."""
        counted: dict[str, bool] = {}
        for question, _, _, outcome, _, _, _, _, _ in self.marked.get(word, ()):
            target = question.target
            counted[target] = counted.get(target, True) and outcome.counts
        return self.sheets[word].worth.points(counted) if any(counted.values()) else 0.0
