"""What `new` asks at a terminal: the circuit, line by line or as a formula, then a number for each input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backprop_tutor.cli.loops import LEAVES, line_typed
from backprop_tutor.cli.prompts import is_yes
from backprop_tutor.errors import TutorError

if TYPE_CHECKING:
    from backprop_tutor.authoring.exercise_files import Begun
    from backprop_tutor.cli.screen import Screen


def asked_for(screen: Screen, title: str, graph: str | None, at: Sequence[str]) -> Begun:
    """A new exercise's circuit and numbers, what is missing of them asked for. Raises EOFError, and TutorError for bad
    options."""
    from backprop_tutor.authoring.exercise_files import Begun
    from backprop_tutor.authoring.steps import inputs_of
    from backprop_tutor.course.catalogue import numbers_at

    given = numbers_at(at)
    lines = _lines(screen) if graph is None else _proposed(screen, graph)
    names = inputs_of(lines)
    while True:
        values = {name: given[name] if name in given else _number(screen, name) for name in names}
        try:
            _ = _circuit(lines, {**given, **values})
        except TutorError as error:
            if graph is not None and not set(names) - set(given):
                raise
            screen.show(f"{error}\nOther numbers, please.")
            given = {name: value for name, value in given.items() if name not in names}
            continue
        return Begun(title, lines, values)


def _circuit(lines: str, values: dict[str, float]) -> object:
    """The solution at these numbers. Raises OutOfDomain, Faults."""
    from backprop_tutor.engine.compile import read_graph
    from backprop_tutor.engine.passes import solve

    return solve(read_graph(lines, values, reserved=["L"]), values)


def _lines(screen: Screen) -> str:
    """The circuit as it is typed: one formula, or lines up to an empty one. What cannot be read is asked for again."""
    from backprop_tutor.authoring.steps import inputs_of, is_formula
    from backprop_tutor.engine.compile import read_graph

    screen.show("The circuit: a formula such as (x + y)*z, or lines such as q = x + y; an empty line ends them.")
    typed: list[str] = []
    while True:
        line = _typed(screen, "graph> ")
        try:
            if not typed and is_formula(line):
                return _proposed(screen, line)
            if line.strip():
                inputs_of(line)  # says what is no line
                typed.append(line)
            elif typed:
                text = "\n".join(typed)
                read_graph(text, inputs_of(text), reserved=["L"])
                return text
        except TutorError as error:
            screen.show(str(error))
            if not line.strip():
                screen.show("Type the lines again, please.")
                typed.clear()


def _proposed(screen: Screen, text: str) -> str:
    """The lines of a text; those that a formula is written out in are shown first, and may be refused. Raises
    Faults."""
    from backprop_tutor.authoring.steps import as_lines, is_formula, on_one_line

    lines = as_lines(text)
    if not is_formula(text) or "\n" not in lines:
        return lines
    screen.show("In named steps:\n" + "\n".join(f"  {line}" for line in lines.splitlines()))
    return lines if is_yes(screen, "Use them? Enter or yes; no keeps the formula on one line: ") else on_one_line(text)


def _number(screen: Screen, name: str) -> float:
    from backprop_tutor.course.catalogue import numbers_at

    while True:
        typed = _typed(screen, f"{name} = ")
        try:
            return numbers_at([f"{name}={typed}"])[name]
        except TutorError as error:
            screen.show(str(error))


def _typed(screen: Screen, prompt: str) -> str:
    """A line. Raises EOFError where the author leaves, by a word or by the end of input."""
    line = line_typed(screen, prompt)
    if line.strip().lower() in LEAVES:
        raise EOFError
    return line
