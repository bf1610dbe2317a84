"""Runs a session with whoever answers: a person at a terminal, or a file in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Final

from rich.text import Text

from backprop_tutor.cli.main import INTERRUPTED
from backprop_tutor.cli.screen import Screen, complain, preload, said_if_late
from backprop_tutor.drawing.solution import complete_picture
from backprop_tutor.engine.passes import Solution
from backprop_tutor.records.recorder import Recorder
from backprop_tutor.records.sittings import database
from backprop_tutor.show import practice as show
from backprop_tutor.show.pictures import drawn
from backprop_tutor.show.words import heading, reply_text
from backprop_tutor.tutor.commands import ASKING, Command, Prompt, command_typed, commands_at
from backprop_tutor.tutor.stages.stage import Question

_WITH_ANSWERS: Final = (
    "tutor.marking.attempt", "tutor.feedback", "tutor.mistakes.workings", "records.skills", "records.store",
    "drawing.terminal",
)  # fmt: skip
_WITH_ARRAYS: Final = ("tutor.marking.array_attempt", "tutor.array_feedback")


def dialogue(screen: Screen, recorder: Recorder, asks_back: bool) -> Piped:
    """The loop for the source of answers: a student at a terminal, whom the tutor may ask back, or a file."""
    return Interactive(screen, recorder, asks_back) if sys.stdin.isatty() else Piped(screen, recorder)


class Piped:
    """Answers from a file or a pipe: one line per question, no retries, no offers, no waiting."""

    introduces = True  # the commands, at the first prompt
    explains = True  # the key to the numbers, below the first circuit
    alone = False  # for a question on its own

    def __init__(self, screen: Screen, recorder: Recorder) -> None:
        self.screen, self.recorder, self.session = screen, recorder, recorder.session

    def run(self) -> int:
        """Asks until the end; returns the exit status."""
        self.screen.show(show.problem(self.session.exercise, self.screen.width))
        try:
            while self.session.question is not None:
                self.turn()
        except (EOFError, KeyboardInterrupt) as end:
            self.screen.show("", show.unfinished(self.session, self.recorder.keeps_place))
            return INTERRUPTED if isinstance(end, KeyboardInterrupt) else 1
        self.screen.show("", show.ending(self.session, self.screen.look))
        score = self.session.score()
        return 0 if score.right == score.total else 1

    def turn(self) -> None:
        """Handles the next line, which answers the open question. Raises EOFError if the student leaves."""
        question = self.session.questions[self.session.position]
        place = f"{self.session.position + 1}/{len(self.session.questions)}"
        typed = sys.stdin.readline()
        if not typed:
            raise EOFError
        command = self._command(typed)
        if command is not None and command.word == "quit":
            command.do(self)
        if command is not None and command.word != "skip":
            said = Text(f"`{command.word}` works only at a terminal. Here each line answers one question.")
        else:
            reply = self.recorder.move("answer" if command is None else "skip", typed.rstrip("\r\n"))
            if not reply.closes:
                self.recorder.move("leave")
            said = reply_text(reply)
        self.screen.show(Text(f"{place}  {show.called(question)}: ") + said)

    def _command(self, typed: str) -> Command | None:
        """The command that was typed; where an answer may name nodes, the name of a node is an answer."""
        question = self.session.question
        takes_no_names = question is not None and (question.kind.picture == "lines" or question.kind.asks_shape)
        return command_typed(typed, *ASKING, names=() if takes_no_names else self.session.solution.graph.names)


class Interactive(Piped):
    """A student at a terminal: the graph with every question, hints; the words of tutor.commands act on it."""

    _asked = -1
    ahead: Thread | None = None
    _loaded_for: Solution | None = None

    def __init__(self, screen: Screen, recorder: Recorder, asks_back: bool = False) -> None:
        super().__init__(screen, recorder)
        self.session.asks_back = asks_back

    def turn(self) -> None:
        """Asks the open question, once with its drawing, and handles the input."""
        question = self.session.questions[self.session.position]
        if self.session.position != self._asked:
            self._asked = self.session.position
            if not self.alone:
                place = f"Question {self._asked + 1} of {len(self.session.questions)}"
                place += show.worth(question, self.session.exercise)
                self.screen.show("", heading(place, self.screen.width))
            self.screen.picture(show.session_drawing(self.session, self.screen.look, explains=self.explains))
            self.explains &= question.kind.picture != "circuit"
            self.screen.show(question.kind.ask(question, self.session.exercise, self.session.solution))
            if self.session.current.is_right:
                self.screen.show(show.answered(self.session.current))
            if self.introduces:
                self.introduces = False
                words = [word for word in commands_at(Prompt.QUESTION) if not (self.alone and word == "back")]
                self.screen.show(f"Type an answer, or {', '.join(words)}.")
            self._load_ahead()
            self.recorder.asked()
        typed = self._lines(question, self.screen.line(show.prompt_of(question, self.session.solution.graph)))
        if not typed.strip() and self.session.current.is_right:
            typed = "skip"
        elif not typed.strip():
            return  # the prompt again, and nothing else
        command = self._command(typed)
        if command is None:
            self.move("answer", typed)
        else:
            command.do(self)

    def _load_ahead(self) -> None:
        """Loads what answers about this circuit need while the student reads, lays it out and finds its formulas: the
        first prompt doesn't wait for any of it, and no answer need."""
        session, solution = self.session, self.session.solution
        if self._loaded_for is solution:
            return
        self._loaded_for, look = solution, self.screen.look
        steps: list[str | Callable[[], object]] = [*_WITH_ANSWERS, *_WITH_ARRAYS * bool(solution.graph.shapes)]
        if not self.alone and any(question.kind.picture != "circuit" for question in session.questions):
            steps.append(lambda: drawn(complete_picture(solution), look))  # which the ending shows
        formulas = [one for one in session.questions if one.kind.takes_formulas and not one.kind.is_number]
        if formulas and not solution.graph.shapes:
            worked_out = partial(formulas[0].kind.worked_out, formulas[0], session.exercise, solution)
            steps += ["engine.symbolic", worked_out]
        self.ahead = preload(*steps)

    def _lines(self, question: Question, typed: str) -> str:
        """The input, with any further rows of an array below it, up to an empty line; a command at a row takes the
        place of them all."""
        number = 1
        while question.kind.goes_on(typed, question, self.session.solution.graph):
            number += 1
            more = self.screen.line(f"row {number} > ")
            if not more.strip():
                break
            if self._command(more) is not None:
                return more
            typed = f"{typed}\n{more}"
        return typed

    def move(self, move: str, typed: str = "") -> None:
        """Has an answer marked, gives a hint or goes on without an answer, and shows the reply."""
        with said_if_late(self.screen, self.ahead):
            reply = self.recorder.move(move, typed)
        if reply.message:
            self.screen.show(reply_text(reply, None if reply.closes or reply.asks else self.session.tries_left))
        if reply.asks is not None:
            self.ask_back(*reply.asks)

    def ask_back(self, asked: str, prompt: str) -> None:
        """Asks how a number was found; a command is carried out and declines the question."""
        self.screen.show(asked)
        is_told = False
        while not is_told:
            typed = self.screen.line(f"  {prompt} = ")
            command = self._command(typed)
            reply = self.recorder.move("how", "" if command else typed)
            if reply.message:
                self.screen.show(reply_text(reply))
            is_told = reply.outcome is None
        if command is not None:
            command.do(self)

    def back(self) -> None:
        """Returns to the previous question."""
        if self.alone:
            self.screen.show("You cannot go back in a review.")
            return
        if not self.recorder.move("back").closes:
            self.screen.show("This is the first question.")
        self._asked = -1

    def undo(self) -> None:
        """Removes the last line of the student's own graph."""
        question = self.session.question
        if question is None or question.kind.picture != "lines":
            self.screen.show("There is nothing to undo. `back` returns to the previous question.")
            return
        self.recorder.move("undo")
        self.drawing()

    def drawing(self, whole: bool = False) -> None:
        """Shows the graph so far; of a large one only the part near the question, unless the `whole` is wanted."""
        self.screen.show(show.session_drawing(self.session, self.screen.look, whole, is_asked_for=True))

    def help(self) -> None:
        """Lists what can be typed."""
        self.screen.show(show.help_text(self.session))


def recorder_for(no_record: bool) -> Recorder:
    """The recorder of this user's answers; with `--no-record`, one that forgets everything after the session."""
    return Recorder(None if no_record else database(), complain)
