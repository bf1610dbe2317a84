"""A practice session as a pure state machine: text in, Reply out; it knows no screen, no clock and no file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.passes import Solution
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple
from backprop_tutor.tutor.commands import command_meant
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.questions import is_about
from backprop_tutor.tutor.stages import questions
from backprop_tutor.tutor.stages.stage import Question, points_of

# The first prompt asks; only an answer needs marking, feedback and hints. They are imported where they are used.
if TYPE_CHECKING:
    from backprop_tutor.tutor.feedback import Ladder
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.answers import Answer
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.own_graph import Drawn
    from backprop_tutor.tutor.stages.graph import Draft


RETRIES = 3
"""How many more tries a wrong answer gets before the working is shown."""
_TWO_LINES: Final = 140
"""So many characters fit above the line on further tries, in a reply of three lines."""
_NOT_COMPLETE: Final = (
    "Every input is used, but the circuit is not complete yet. Go on, or type `done` to have it checked."
)
_SHOWN: Final = "The questions are about the exercise's circuit."


class Reply(NamedTuple):
    """The reply to one line of input: `outcome` of an answer (None of a hint or a skip), and the message. `closes` says
    that the question is finished; `diagnoses` are the ids that a wrong answer matches; `unfinished` that the lines of a
    graph were accepted and more may follow; `asks` is what the tutor asks back, and the prompt for it; `head` replaces
    the outcome's own opening word.
    """

    outcome: Outcome | None
    message: str
    closes: bool = False
    diagnoses: tuple[str, ...] = ()
    unfinished: bool = False
    asks: tuple[str, str] | None = None
    head: str = ""


class Progress:
    """The state of one question: wrong tries, hints taken, rungs of the ladder seen, how it ended (None while it is
    open), and whether its answer was shown before it was reopened."""

    def __init__(self, hints: int = 0, rungs: int = 0, was_shown: bool = False) -> None:
        self.hints, self.rungs, self.was_shown = hints, rungs, was_shown
        self.tries = self.unknown = 0
        self.tried: set[object] = set()
        self.outcome: Outcome | None = None
        self.answer: Answer | None = None
        self.was_asked = False

    @property
    def is_right(self) -> bool:
        """Whether it is closed with an outcome that counts."""
        return self.outcome is not None and self.outcome.counts

    @property
    def at_first_try(self) -> bool:
        """Whether it was right at the first try and without a hint."""
        return self.is_right and self.tries == 0 and self.hints == 0 and not self.was_shown


class Score(NamedTuple):
    """How a session went, in questions: how many ended right, of how many, how many at the first try; hints taken.
    `points` were earned, out of `most`."""

    right: int
    total: int
    first_try: int
    hints: int
    points: float
    most: float


class Session:
    """One student at one exercise's numbers. Ask `question`, give what was typed, until `question` is None.

    `only` are the names about which it asks, where that is not everything (questions.names_of).
    """

    def __init__(self, exercise: Exercise, retries: int = RETRIES, only: frozenset[str] = frozenset()) -> None:
        self.exercise = exercise
        self.retries = retries
        self.only = only
        self.asks_back = False
        self._to_explain: Answer | None = None
        self.has_declined = False
        self.mistakes: dict[str, None] = {}
        self.own_graph: str | None = None
        self.position = 0
        self.progress: list[Progress] = []
        self._ask_about(exercise.solution)

    def _ask_about(self, solution: Solution) -> None:
        """Continues with this circuit: the exercise's, or the student's own. Closed questions stay closed."""
        self.solution = solution
        self.__dict__.pop("key", None)
        self.questions = self.lesson = questions(self.exercise, solution.graph)
        if self.only:
            self.questions = [question for question in self.lesson if is_about(question, self.only)]
        self.progress = self.progress[: self.position]
        self.progress += [Progress() for _ in range(len(self.questions) - len(self.progress))]

    @cached_property
    def key(self) -> AnswerKey:
        """The solution of the circuit that the questions are about."""
        from backprop_tutor.tutor.marking.answer_key import key_of

        return key_of(self.exercise, self.solution)

    @cached_property
    def draft(self) -> Draft:
        """The student's own graph, while it is being typed."""
        from backprop_tutor.tutor.stages.graph import Draft

        return Draft(self.exercise.graph.input_names)

    @property
    def question(self) -> Question | None:
        """The question that is open, or None at the end."""
        return self.questions[self.position] if self.position < len(self.questions) else None

    @property
    def current(self) -> Progress:
        """The state of the open question."""
        return self.progress[self.position]

    @property
    def tries_left(self) -> int:
        """How many tries the open question still allows."""
        return self.retries + 1 - self.current.tries

    def closed(self) -> Iterator[tuple[Question, Progress]]:
        """The questions that are closed."""
        asked = zip(self.questions, self.progress, strict=True)
        return ((question, done) for question, done in asked if done.outcome is not None)

    def given(self) -> Iterator[Question]:
        """What lies before the open question and is not asked for: it is given to the student."""
        if self.only:
            asked = set(self.questions)
            end = len(self.lesson) if self.question is None else self.lesson.index(self.question)
            yield from (question for question in self.lesson[:end] if question not in asked)

    def attempt(self) -> Attempt:
        """The student's own answers so far. Where the working was shown, the true numbers count from there on."""
        from backprop_tutor.tutor.marking.attempt import attempt_on

        attempt = attempt_on(self.key, is_guided=True)
        for question, done in self.closed():
            if done.outcome is Outcome.RIGHT and done.answer is not None:
                attempt.record(question, done.answer, done.outcome)
        seen = (*(question for question, _ in self.closed()), *self.given())
        attempt.shown = {(question.stage, question.target) for question in seen}
        if self.question is not None and self.current.rungs:
            attempt.hinted = "\n".join(islice(self._ladder(self.question), self.current.rungs))
        return attempt

    def _ladder(self, question: Question) -> Ladder:
        from backprop_tutor.tutor.feedback import Ladder

        return Ladder(self.exercise, self.solution, question)

    def answer(self, text: str) -> Reply:
        """Marks an answer to the open question. An empty one does nothing; if there is only one try, it counts as no
        answer."""
        from backprop_tutor.tutor.feedback import right_head, unreadable_message

        question = self.questions[self.position]
        if not text.strip():
            return Reply(None, "") if self.retries else self._close(Outcome.MISSING, "")
        if question.kind.picture == "lines":
            return self._draw(text)
        attempt = self.attempt()
        try:
            answer = attempt.read(question, text)
        except Fault as fault:
            return Reply(Outcome.UNREADABLE, self._command_meant(text) or unreadable_message(text, fault))
        outcome = attempt.judge(question, answer).outcome
        if self.current.is_right and not outcome.counts:
            kept = f"{answer.text.strip()} is not right here. Your earlier right answer stands."
            return self._close(outcome, kept)._replace(outcome=None)
        if outcome.counts:
            right = question.kind.explain(question, self.exercise, self.solution).right
            head = right_head(question, answer, self.key.number(question)) if outcome is Outcome.RIGHT else ""
            return self._close(outcome, right, answer)._replace(head=head)
        return self._wrong(question, answer, attempt)

    def _command_meant(self, text: str) -> str | None:
        """The reply to a mistyped command, if commands are allowed here."""
        return command_meant(text, self.solution.graph.names) if self.retries else None

    def _wrong(self, question: Question, answer: Answer, attempt: Attempt) -> Reply:
        from backprop_tutor.tutor.feedback import is_both_branches, wrong_message
        from backprop_tutor.tutor.mistakes.readings import ids_of
        from backprop_tutor.tutor.mistakes.words import Holds

        typed = (
            tuple(step.text for step in answer.steps) if answer.has_names else answer.value,
            answer.shape,
            tuple(entry.value for row in answer.entries for entry in row),
        )
        if typed in self.current.tried:
            return Reply(None, "You have tried that already.")
        self.current.tried.add(typed)
        readings = attempt.diagnose(question, answer, before=self.mistakes)
        ids = ids_of(readings)
        # After a first wrong answer, the formula is left to the hints.
        why = wrong_message(attempt, question, answer, readings, Holds.ALL if self.current.tries else Holds.WORDS)
        if self.retries and is_both_branches(question, ids):
            return Reply(None, why, diagnoses=ids)
        self.mistakes |= dict.fromkeys(part for id_ in ids[:1] for part in id_.split("+"))
        self.current.tries += 1
        asks = self._asked_back(question, answer, attempt, bool(readings) and readings[0].is_plain)
        if asks is not None:
            asked, prompt = asks
            asks = asked if why else f"{Outcome.WRONG.head} {asked}", prompt
            return Reply(Outcome.WRONG, why, diagnoses=ids, asks=asks)
        if self.tries_left > 0:
            return Reply(Outcome.WRONG, why if readings else self._climbed(question, why), diagnoses=ids)
        worked = f"Here is the working: {self._worked_out(question)}."
        head = "Still not right." if self.current.tries > 1 else "Not right."
        reply = self._close(Outcome.WRONG, f"{why}\n{worked}" if why else worked, diagnoses=ids)
        return reply._replace(head=head)

    def _climbed(self, question: Question, why: str) -> str:
        """The reply to an answer that nothing explains: `why` it cannot be right, and what is needed; after that one
        hint after another, as long as they contain no numbers."""
        ladder, current = self._ladder(question), self.current
        current.unknown += 1
        if current.unknown == 1 or current.rungs >= ladder.in_words:
            between = "\n" if "\n" in why else " "  # a grid of entries ends on a line of its own
            whole = f"{why}{between}{ladder.explained.needed}".strip()
            return whole if between == "\n" or len(whole) <= _TWO_LINES else why or whole
        current.rungs += 1
        return ladder.said(current.rungs - 1, "Hint")

    def _asked_back(
        self, question: Question, answer: Answer, attempt: Attempt, is_known: bool
    ) -> tuple[str, str] | None:
        """What the tutor asks about an answer that nothing explains for certain; at most once per question."""
        wants = self.asks_back and self.tries_left > 0 and not self.current.was_asked
        asks = attempt.asks_how(question, answer) if wants and not is_known else None
        if asks is not None and self.has_declined:  # somebody who has just declined is not asked again at once
            self.has_declined = False
            return None
        if asks is not None:
            self.current.was_asked, self._to_explain = True, answer
        return asks

    def explained(self, text: str) -> Reply:
        """Says what is right and wrong in the student's working; it costs no try. An empty text declines; what cannot
        be read may be typed again."""
        from backprop_tutor.tutor.feedback import unreadable_message

        given, self._to_explain, self.current.was_asked = self._to_explain, None, True
        if given is None or not text.strip():
            self.has_declined = given is not None
            return Reply(None, "")
        question, attempt = self.questions[self.position], self.attempt()
        try:
            found = attempt.told_how(question, text, given)
        except Fault as fault:
            self._to_explain = given
            return Reply(Outcome.UNREADABLE, unreadable_message(text, fault))
        self.mistakes |= dict.fromkeys(part for id_ in found.ids[:1] for part in id_.split("+"))
        return Reply(None, found.message, diagnoses=found.ids)

    def _draw(self, text: str) -> Reply:
        """Takes lines of the student's own graph until it is right; `done` has it checked as it stands."""
        from backprop_tutor.tutor.marking.own_graph import read_drawn

        goes_on = self.retries > 0 and text.strip() != "done"
        if self.retries and not goes_on and not self.draft.lines:
            return Reply(None, "Nothing is drawn yet. Write a line such as q = x + y.", unfinished=True)
        taken = ""
        if goes_on:
            wrong = self.draft.add(text)
            if wrong:
                return Reply(Outcome.UNREADABLE, self._command_meant(text) or wrong, unfinished=True)
            taken = self.draft.confirmed(self.exercise.graph)
            if lacks := self.draft.lacks:
                return Reply(None, f"{taken} {lacks}", unfinished=True)
        drawn = read_drawn(self.exercise, self.draft.text if self.retries else text)
        if drawn.is_right and drawn.solution is not None:
            reply = self._close(Outcome.RIGHT, "That is the complete circuit. The questions are about yours.")
            if drawn.text != self.own_graph:
                self.own_graph = drawn.text
                self._ask_about(drawn.solution)
            return reply
        if goes_on:
            wrong = f"{drawn.wrong_line} Type it again to change it." if drawn.wrong_line else _NOT_COMPLETE
            return Reply(None, f"{taken} {wrong}", unfinished=True)
        return self._not_drawn(drawn)

    def _not_drawn(self, drawn: Drawn) -> Reply:
        """The reply to a graph that is wrong as it stands."""
        if self.current.is_right:
            message = f"{drawn.message}\nYour earlier right circuit stands."
            return self._close(Outcome.WRONG, message)._replace(outcome=None)
        if self.retries and drawn.text in self.current.tried:
            return Reply(None, f"You have tried that already. {drawn.wrong_line or drawn.message}", unfinished=True)
        self.current.tried.add(drawn.text)
        self.current.tries += 1
        message = drawn.wrong_line or drawn.message
        if self.tries_left > 0:
            return Reply(Outcome.WRONG, f"{message}\nType a line again to change it.", unfinished=True)
        return self._close(Outcome.WRONG, f"{drawn.message}\n{_SHOWN}")

    def _worked_out(self, question: Question) -> str:
        return question.kind.worked_out(question, self.exercise, self.solution)

    def _close(
        self, outcome: Outcome, message: str, answer: Answer | None = None, diagnoses: tuple[str, ...] = ()
    ) -> Reply:
        if outcome.counts or not self.current.is_right:  # a question that was right stays right when it is revisited
            self.current.outcome, self.current.answer = outcome, answer
        self.position += 1
        return Reply(outcome, message, closes=True, diagnoses=diagnoses)

    def hint(self) -> Reply:
        """The next hint for the open question."""
        question = self.questions[self.position]
        ladder = self._ladder(question)
        if self.current.is_right and question.kind.picture != "lines":
            return Reply(None, f"{self._worked_out(question)}.")
        if self.current.rungs == ladder.rungs:
            return Reply(None, "That was the last hint. `skip` goes on to the next question.")
        self.current.rungs += 1
        self.current.hints += 1
        return Reply(None, ladder.said(self.current.rungs - 1))

    def skip(self) -> Reply:
        """Goes on without an answer; the right one is shown, unless the question was answered before."""
        question = self.questions[self.position]
        if self.current.is_right:
            return self._close(Outcome.MISSING, "")._replace(outcome=None)
        if question.kind.picture == "lines":
            return self._close(Outcome.MISSING, _SHOWN)
        return self._close(Outcome.MISSING, f"Skipped: {self._worked_out(question)}.")._replace(outcome=None)

    def leave(self) -> None:
        """Goes on after an unreadable answer when nobody is there to type another."""
        self._close(Outcome.UNREADABLE, "")

    def give_until(self, target: str) -> None:
        """Gives everything before the question with this name, which is asked next. Raises StopIteration if there is
        none."""
        self.position = next(number for number, question in enumerate(self.questions) if question.target == target)
        for given in self.progress[: self.position]:
            given.outcome = Outcome.MISSING

    def back(self) -> bool:
        """Returns to the previous question; says whether there was one. A right answer stands; a question without one
        is open again, but no longer at its first try."""
        if self.position == 0:
            return False
        self.position -= 1
        if not self.current.is_right:
            self.progress[self.position] = Progress(hints=self.current.hints, rungs=self.current.rungs, was_shown=True)
        elif self.own_graph is not None and self.questions[self.position].kind.picture == "lines":
            self.__dict__.pop("draft", None)
            self.draft.add(self.own_graph)
        return True

    def _worth(self) -> Callable[[Question], float]:
        """What each question is worth; one about the student's own graph is worth as much as the exercise's question it
        stands for."""
        if not self.exercise.points or self.own_graph is None:
            return lambda question: points_of(question, self.exercise)
        from backprop_tutor.tutor.marking.checker import Checker
        from backprop_tutor.tutor.marking.own_graph import read_drawn

        _, sheets = Checker(self.exercise).sheets_about(read_drawn(self.exercise, self.own_graph))
        return lambda question: sheets[question.stage].worth.each.get(question.target, 0.0)

    def score(self) -> Score:
        """The score so far."""
        right = [question for question, done in self.closed() if done.is_right]
        first = sum(progress.at_first_try for progress in self.progress)
        worth = self._worth()
        points, most = (sum(map(worth, asked)) for asked in (right, self.questions))
        hints = sum(progress.hints for progress in self.progress)
        return Score(len(right), len(self.questions), first, hints, points, most)
