"""The two ways of asking a session's questions: a student at a terminal, or answers from a file or a pipe."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.records.recorder import Recorder


LEAVES: Final = ("quit", "exit")
"""The words that end a session, and the program at every other prompt."""


def line_typed(screen: Screen, prompt: str) -> str:
    """One line typed at the terminal, with line editing and history where the system has them."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  importing it is what gives input() its editing and history
    return input(screen.text(prompt))


class _Loop:
    """What both ways of practising share: the session, the screen, and the words that are commands."""

    def __init__(self, screen: Screen, recorder: Recorder, view: str) -> None:
        self.screen, self.recorder, self.session, self.view = screen, recorder, recorder.session, view

    def run(self) -> int:
        """Asks until the end; the exit status."""
        from backprop_tutor.show.practice import problem

        self.screen.show(problem(self.session.exercise, self.screen.width))
        try:
            while self.session.question is not None:
                if not self.turn():
                    return self._early(1)
        except EOFError:
            return self._early(1)
        except KeyboardInterrupt:
            self._early(130)
            return 130
        from backprop_tutor.show.ending import ending

        self.screen.show()
        self.screen.show(ending(self.session, self.screen.width, self.view, self.screen.plain))
        score = self.session.score()
        return 0 if score.right == score.total else 1

    def turn(self) -> bool:
        """One thing typed; whether the session goes on."""
        raise NotImplementedError

    def _early(self, status: int) -> int:
        from backprop_tutor.show.ending import unfinished

        self.screen.show()
        self.screen.show(unfinished(self.session))
        return status

    def drawing(self, whole: bool = False) -> None:
        """Shows the graph as it stands; of a large one the neighbourhood of the question, unless the `whole` is
        wanted."""
        from backprop_tutor.show.practice import session_drawing

        self.screen.show(session_drawing(self.session, self.screen.width, self.view, self.screen.plain, whole))


class Interactive(_Loop):
    """A student at a terminal: the graph with every question, tries again, hints.

    `numbered` says where they stand, `introduces` at the first prompt what can be typed (but for what it is `without`).
    """

    numbered = True
    introduces = True
    without: frozenset[str] = frozenset()

    def __init__(self, screen: Screen, recorder: Recorder, view: str) -> None:
        super().__init__(screen, recorder, view)
        self._asked = -1
        self._commands = {
            "hint": self._hint, "show": self.drawing, "skip": self._skip, "back": self._back, "help": self._help,
            "undo": self._undo,
            "show all": self._show_all,
        }  # fmt: skip

    def turn(self) -> bool:
        """Asks the open question, once with its drawing, and deals with what is typed."""
        from backprop_tutor.show.asking import position, prompt_of, question_text
        from backprop_tutor.tutor.commands import COMMANDS

        if self.session.position != self._asked:
            self._asked = self.session.position
            if self.numbered:
                self.screen.show()
                self.screen.show(position(self.session, self.screen.width))
            self.drawing()
            self.screen.show(question_text(self.session))
            if self.introduces:
                self.introduces = False
                self.screen.show(
                    f"Type an answer, or {', '.join(word for word in COMMANDS if word not in self.without)}."
                )
            self.recorder.asked()
        typed = line_typed(self.screen, prompt_of(self.session))
        word = " ".join(typed.lower().split())
        if word in LEAVES:
            return False
        if word in self._commands:
            self._commands[word]()
        else:
            self._answer(typed)
        return True

    def _answer(self, typed: str) -> None:
        from backprop_tutor.show.words import reply_text

        reply = self.recorder.move("answer", typed)
        left = None if reply.closes else self.session.tries_left
        self.screen.show(reply_text(reply, left))

    def _hint(self) -> None:
        from backprop_tutor.show.words import reply_text

        self.screen.show(reply_text(self.recorder.move("hint")))

    def _skip(self) -> None:
        from backprop_tutor.show.words import reply_text

        self.screen.show(reply_text(self.recorder.move("skip")))

    def _back(self) -> None:
        if not self.recorder.move("back").closes:
            self.screen.show("This is the first question.")
        self._asked = -1

    def _show_all(self) -> None:
        self.drawing(whole=True)

    def _undo(self) -> None:
        self.recorder.move("undo")
        self.drawing()

    def _help(self) -> None:
        from backprop_tutor.show.practice import help_text

        self.screen.show(help_text(self.session))


class Piped(_Loop):
    """Answers from a file or a pipe: one line a question, no retries, nothing offered, never waiting."""

    def turn(self) -> bool:
        """Marks the next line as the answer to the open question."""
        from backprop_tutor.show.asking import prompt_of
        from backprop_tutor.show.words import reply_text

        session = self.session
        place = f"{session.position + 1}/{len(session.questions)}"
        prompt = prompt_of(session).removesuffix(" > ").removesuffix("> ") or "graph"
        typed = sys.stdin.readline()
        if not typed:
            return False
        reply = self.recorder.move("answer", typed.rstrip("\r\n"))
        if not reply.closes:
            self.recorder.move("leave")
        from rich.text import Text

        self.screen.show(Text(f"{place}  {prompt}: ") + reply_text(reply))
        return True
