"""`new`: an exercise file ready to edit, from a graph and numbers, or from questions at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from backprop_tutor.authoring import exercise_files as files
from backprop_tutor.authoring.exercise_files import network_of, network_text
from backprop_tutor.authoring.validate import report_on
from backprop_tutor.cli.options import At, BadArguments, Plain, argument, check_numbers, option
from backprop_tutor.cli.screen import Screen
from backprop_tutor.course.catalogue import Given, ad_hoc, exercise_at, inputs_at
from backprop_tutor.engine.compile import as_lines, inputs_of, is_formula, on_one_line, read_graph, speaks_of_arrays
from backprop_tutor.errors import Faults, TutorError
from backprop_tutor.files import NotWritten, write_new
from backprop_tutor.show.validation import begun_screen
from backprop_tutor.tutor.commands import Prompt, command_typed

Name = Annotated[str, argument("NAME", "The new file, such as mine or mine.yaml; the exercise's id is mine.")]
Graph = Annotated[
    str | None, option("--graph", "TEXT", "The circuit, 'q = x + y; f = q*z', or a formula, '(x + y)*z'.")
]
Network = Annotated[str | None, option("--network", "LAYERS", "Write out a network instead, such as 2-2-1.")]


def new(name: Name, graph: Graph = None, at: At = None, network: Network = None, plain: Plain = False) -> None:
    """Starts an exercise file and, if missing, the schema that it names; says what to do next."""
    path, screen = files.file_of(name), Screen(plain)
    title, schema = files.title_of(path), files.schema_beside(path)
    if network is not None:
        if graph is not None or at:
            raise BadArguments("--network brings its own graph and inputs: leave out --graph and --at.")
        text = network_text(network_of(network), title, schema or files.SCHEMA_FILE)
    else:
        try:
            begun = _asked_for(screen, graph, at or ()) if sys.stdin.isatty() else _given(graph, at or ())
        except EOFError:
            screen.show("\nNothing was written.")
            raise typer.Exit(1) from None
        text = files.new_text(title, *begun, schema or files.SCHEMA_FILE)
    write_new(path, text)
    with_schema = schema is None
    if with_schema:
        try:
            write_new(path.parent / files.SCHEMA_FILE, files.schema_text())
        except NotWritten as error:  # the exercise works without it
            screen.show(str(error))
            with_schema = False
    screen.show(*begun_screen(path, with_schema, report_on(path), screen.width))


def _given(graph: str | None, at: Sequence[str]) -> tuple[str, dict[str, Given]]:
    """What the options give if nobody can be asked. Raises a TutorError for what is missing."""
    if graph is None:
        raise BadArguments(
            "give --graph, and --at NAME=NUMBER for each of its inputs. At a terminal, the command asks for them."
        )
    values = inputs_at(at)
    check_numbers(graph, values)
    lines = graph if speaks_of_arrays(graph) else as_lines(graph)
    _ = ad_hoc(lines, at).solution  # numbers outside a gate's domain are reported now
    return lines, {name: values[name] for name in inputs_of(lines)}


def _asked_for(screen: Screen, graph: str | None, at: Sequence[str]) -> tuple[str, dict[str, Given]]:
    """A new exercise's circuit and numbers; asks for what is missing. Raises EOFError; TutorError for bad options."""
    given = inputs_at(at)
    lines = _lines(screen) if graph is None else _proposed(screen, graph)
    names = inputs_of(lines)
    if speaks_of_arrays(lines) and not set(names) <= set(given):
        screen.show("Type a number for each input, or an array, row by row: [1 2; 3 4].")
    while True:
        values = {name: given[name] if name in given else _number(screen, name) for name in names}
        try:
            _ = exercise_at(lines, {**given, **values}).solution
            return lines, values
        except TutorError as error:
            if graph is not None and set(names) <= set(given):
                raise
            screen.show(f"{error}\nPlease give other numbers.")
            given = {name: value for name, value in given.items() if name not in names}


def _lines(screen: Screen) -> str:
    """The circuit as it is typed: one formula, or lines up to an empty one. Asks again for what it cannot read."""
    screen.show("The circuit: a formula such as (x + y)*z, or lines such as q = x + y; an empty line ends them.")
    typed: list[str] = []
    while True:
        line = _typed(screen, "graph> ")
        try:
            if not typed and is_formula(line):
                return _proposed(screen, line)
            if line.strip():
                inputs_of("\n".join((*typed, line)))  # reports a faulty line
                typed.append(line)
            elif typed:
                text = "\n".join(typed)
                if not speaks_of_arrays(text):  # whose shapes come with their numbers
                    read_graph(text, inputs_of(text), reserved=["L"])
                return text
        except TutorError as error:
            screen.show(str(error))
            if not line.strip():
                screen.show("Please type the lines again.")
                typed.clear()


def _proposed(screen: Screen, text: str) -> str:
    """The lines of a text; the author may decline the lines that a formula is split into. Raises Faults."""
    if speaks_of_arrays(text):
        return text
    lines = as_lines(text)
    if not is_formula(text) or "\n" not in lines:
        return lines
    screen.show("In named steps:\n" + "\n".join(f"  {line}" for line in lines.splitlines()))
    return lines if screen.is_yes("Use them? [Y/n] (n keeps the formula on one line) ") else on_one_line(text)


def _number(screen: Screen, name: str) -> Given:
    while True:
        typed = _typed(screen, f"{name} = ")
        try:
            return inputs_at([f"{name}={typed}"])[name]
        except Faults as faults:
            screen.show(str(Faults(faults.text, faults.faults, name)))  # nobody has typed --at


def _typed(screen: Screen, prompt: str) -> str:
    """A line of input. Raises EOFError if the author leaves, by a word or by the end of input."""
    while (command := command_typed(line := screen.line(prompt), Prompt.AUTHOR)) is not None:
        command.do(screen)
    return line
