"""The two ways of asking a session's questions, answers from a pipe or a student at a terminal; and who records it."""

from __future__ import annotations

import sys

from rich.text import Text

from backprop_tutor.cli.screen import Screen, complain
from backprop_tutor.records.recorder import Recorder
from backprop_tutor.records.sittings import database
from backprop_tutor.show import practice as show
from backprop_tutor.show.words import heading, reply_text
from backprop_tutor.tutor.commands import ASKING, Prompt, command_typed, words_at


def recorder_for(no_record: bool) -> Recorder:
    """The recorder of this user's answers; for `--no-record` one that remembers nothing beyond this session."""
    return Recorder(None if no_record else database(), complain)


class Piped:
    """Answers from a file or a pipe: one line a question, no retries, nothing offered, never waiting."""

    introduces = True

    def __init__(self, screen: Screen, recorder: Recorder) -> None:
        self.screen, self.recorder, self.session = screen, recorder, recorder.session

    def run(self) -> int:
        """Asks until the end; the exit status."""
        self.screen.show(show.problem(self.session.exercise, self.screen.width))
        try:
            while self.session.question is not None:
                self.turn()
        except (EOFError, KeyboardInterrupt) as end:
            self.screen.show("", show.unfinished(self.session))
            return 130 if isinstance(end, KeyboardInterrupt) else 1
        self.screen.show("", show.ending(self.session, self.screen.look))
        score = self.session.score()
        return 0 if score.right == score.total else 1

    def turn(self) -> None:
        """Deals with the next line, which answers the open question. Raises EOFError where the student leaves."""
        question = self.session.questions[self.session.position]
        place = f"{self.session.position + 1}/{len(self.session.questions)}"
        prompt = question.kind.prompt(question, self.session.exercise).removesuffix("> ").rstrip() or "graph"
        typed = sys.stdin.readline()
        if not typed:
            raise EOFError
        reply = self.recorder.move("answer", typed.rstrip("\r\n"))
        if not reply.closes:
            self.recorder.move("leave")
        self.screen.show(Text(f"{place}  {prompt}: ") + reply_text(reply))


class Interactive(Piped):
    """A student at a terminal: the graph with every question, hints; the words of tutor.commands act on it.

    `numbered` says where they stand, `introduces` at the first prompt what can be typed (but for what it is `without`).
    """

    numbered = True
    without: frozenset[str] = frozenset()
    _asked = -1

    def turn(self) -> None:
        """Asks the open question, once with its drawing, and deals with what is typed."""
        question = self.session.questions[self.session.position]
        if self.session.position != self._asked:
            self._asked = self.session.position
            if self.numbered:
                place = f"Question {self._asked + 1} of {len(self.session.questions)}"
                self.screen.show("", heading(place, self.screen.width))
            self.drawing()
            self.screen.show(question.kind.ask(question, self.session.exercise, self.session.solution))
            if self.introduces:
                self.introduces = False
                words = [word for word in words_at(Prompt.QUESTION) if word not in self.without]
                self.screen.show(f"Type an answer, or {', '.join(words)}.")
            self.recorder.asked()
        typed = self.screen.line(question.kind.prompt(question, self.session.exercise))
        command = command_typed(typed, *ASKING)
        if command is None:
            self.answer(typed)
        else:
            command.do(self)

    def answer(self, typed: str) -> None:
        """Has an answer marked."""
        reply = self.recorder.move("answer", typed)
        self.screen.show(reply_text(reply, None if reply.closes else self.session.tries_left))

    def hint(self) -> None:
        """Gives the next hint."""
        self.screen.show(reply_text(self.recorder.move("hint")))

    def skip(self) -> None:
        """Goes on without an answer."""
        self.screen.show(reply_text(self.recorder.move("skip")))

    def back(self) -> None:
        """Returns to the last question."""
        if not self.recorder.move("back").closes:
            self.screen.show("This is the first question.")
        self._asked = -1

    def undo(self) -> None:
        """Takes the last line of the student's own graph back."""
        self.recorder.move("undo")
        self.drawing()

    def drawing(self, whole: bool = False) -> None:
        """Shows the graph as it stands; of a large one what is near the question, unless the `whole` is wanted."""
        self.screen.show(show.session_drawing(self.session, self.screen.look, whole))

    def help(self) -> None:
        """Says what can be typed."""
        self.screen.show(show.help_text(self.session))
