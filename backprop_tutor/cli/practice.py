"""`practice`: ask, listen, say at once what went wrong."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import TYPE_CHECKING

import typer

from backprop_tutor.cli.options import At, ExerciseName, GraphText, Plain, Seed, View

if TYPE_CHECKING:
    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.course.exercise import Exercise
    from backprop_tutor.tutor.session import Session


def practice(
    exercise: ExerciseName = None, graph: GraphText = None, at: At = None, seed: Seed = None, view: View = "auto", plain: Plain = False
) -> None:
    """Practise an exercise: find the gradient on every branch."""
    from backprop_tutor.cli.screen import Screen
    from backprop_tutor.tutor.session import RETRIES, Session

    screen = Screen(plain)
    asks = sys.stdin.isatty()
    name = _from_list(screen) if exercise is None and graph is None and asks else exercise
    session = Session(_at_numbers(name, graph, at, seed), RETRIES if asks else 0)
    loop = _Interactive(screen, session, view) if asks else _Piped(screen, session, view)
    raise typer.Exit(loop.run())


def _from_list(screen: Screen) -> str | None:
    """The id that a student chooses from the catalogue, by number or by name."""
    from backprop_tutor.course.catalogue import catalogue
    from backprop_tutor.show.listing import choices

    exercises = catalogue()
    screen.show(choices(exercises))
    try:
        typed = _line(screen, "Which exercise? ").strip()
    except EOFError:
        raise typer.Exit(1) from None
    if typed.isascii() and typed.isdigit() and 0 < int(typed) <= len(exercises):
        return exercises[int(typed) - 1].id
    return typed or exercises[0].id


def _at_numbers(name: str | None, graph: str | None, at: list[str] | None, seed: int | None) -> Exercise:
    """The exercise; without numbers of its own and without a seed, at those of a seed that is drawn (and shown)."""
    from backprop_tutor.cli.chosen import chosen, found

    if seed is None and graph is None:
        exercise = found(name, graph, at)
        if any(choice.value is None for choice in exercise.choices.values()):
            import secrets

            seed = secrets.randbelow(9000) + 1000
    return chosen(name, graph, at, seed)


def _line(screen: Screen, prompt: str) -> str:
    """One line typed at the terminal, with line editing and history where the system has them."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  importing it is what gives input() its editing and history
    return input(screen.text(prompt))


class _Loop:
    """What both ways of practising share: the session, the screen, and the words that are commands."""

    def __init__(self, screen: Screen, session: Session, view: str) -> None:
        self.screen, self.session, self.view = screen, session, view

    def run(self) -> int:
        """Asks until the end; the exit status."""
        from backprop_tutor.show import practice as show

        self.screen.show(show.problem(self.session.exercise, self.screen.width))
        try:
            while self.session.question is not None:
                if not self.turn():
                    return self._early(1)
        except EOFError:
            return self._early(1)
        except KeyboardInterrupt:
            self._early(130)
            return 130
        self.screen.show()
        self.screen.show(show.ending(self.session, self.screen.width, self.view, self.screen.plain))
        score = self.session.score()
        return 0 if score.right == score.total else 1

    def turn(self) -> bool:
        """One thing typed; whether the session goes on."""
        raise NotImplementedError

    def _early(self, status: int) -> int:
        from backprop_tutor.show.practice import unfinished

        self.screen.show()
        self.screen.show(unfinished(self.session))
        return status

    def drawing(self) -> None:
        """Shows the graph as it stands."""
        from backprop_tutor.show.practice import session_drawing

        self.screen.show(session_drawing(self.session, self.screen.width, self.view, self.screen.plain))


class _Interactive(_Loop):
    """A student at a terminal: the graph with every question, tries again, hints."""

    def __init__(self, screen: Screen, session: Session, view: str) -> None:
        super().__init__(screen, session, view)
        self._asked = -1
        self._commands = {
            "hint": self._hint, "show": self.drawing, "skip": self._skip, "back": self._back, "help": self._help, "undo": self._undo,
        }  # fmt: skip

    def turn(self) -> bool:
        """Asks the open question, once with its drawing, and deals with what is typed."""
        from backprop_tutor.show import practice as show

        if self.session.position != self._asked:
            self._asked = self.session.position
            self.screen.show()
            self.screen.show(show.position(self.session, self.screen.width))
            self.drawing()
            self.screen.show(show.question_text(self.session))
            if self.session.position == 0:
                self.screen.show("Type an answer, or hint, show, skip, back, quit, help.")
        typed = _line(self.screen, show.prompt_of(self.session))
        word = typed.strip().lower()
        if word in ("quit", "exit"):
            return False
        if word in self._commands:
            self._commands[word]()
        else:
            self._answer(typed)
        return True

    def _answer(self, typed: str) -> None:
        from backprop_tutor.show.words import reply_text

        reply = self.session.answer(typed)
        left = None if reply.closes else self.session.tries_left
        self.screen.show(reply_text(reply, left))

    def _hint(self) -> None:
        from backprop_tutor.show.words import reply_text

        self.screen.show(reply_text(self.session.hint()))

    def _skip(self) -> None:
        from backprop_tutor.show.words import reply_text

        self.screen.show(reply_text(self.session.skip()))

    def _back(self) -> None:
        if not self.session.back():
            self.screen.show("This is the first question.")
        self._asked = -1

    def _undo(self) -> None:
        self.session.draft.undo()
        self.drawing()

    def _help(self) -> None:
        from backprop_tutor.show.practice import help_text

        self.screen.show(help_text(self.session))


class _Piped(_Loop):
    """Answers from a file or a pipe: one line a question, no retries, nothing offered, never waiting."""

    def __init__(self, screen: Screen, session: Session, view: str) -> None:
        super().__init__(screen, session, view)
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # what is no text is an answer that cannot be read

    def turn(self) -> bool:
        """Marks the next line as the answer to the open question."""
        from backprop_tutor.show import practice as show
        from backprop_tutor.show.words import reply_text

        session = self.session
        place = f"{session.position + 1}/{len(session.questions)}"
        prompt = show.prompt_of(session).removesuffix(" > ").removesuffix("> ") or "graph"
        typed = sys.stdin.readline()
        if not typed:
            return False
        reply = session.answer(typed.rstrip("\r\n"))
        if not reply.closes:
            session.leave()
        from rich.text import Text

        self.screen.show(Text(f"{place}  {prompt}: ") + reply_text(reply))
        return True
