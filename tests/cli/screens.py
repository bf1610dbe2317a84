"""What stands on a terminal of 80 columns and 24 rows at every kind of question, as text and as pictures.

`python -m tests.cli.screens FOLDER` draws each as it looks on a dark and on a white background (PNG, by Chromium).
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI
from rich.text import Text

from tests.cli.running import Terminal
from tests.drawing.browser import chromium

COLUMNS, ROWS = 80, 24
_PROMPT = r"[\r\n](?:[^ \r\n][^\r\n]* )?> $"  # but no ` > ` that marks a row of a tape
_CLEAR = "\x1b[2J"
_OTHER_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Zac-ln-z]|\x1b[=>]")  # all but those of colours


class Moment(NamedTuple):
    """A command and what is typed; the screen is examined when the next prompt is there."""

    arguments: list[str]
    typed: tuple[str, ...] = ()
    ends: bool = False


_RELU = ("a = w0*x0", "b1 = w1*x1", "c = a + b1", "d = c + b", "f = relu(d)")
_LSTM = ["--graph", "f = (x + y)*x; g = max(f, z)", "--at", "x=2", "--at", "y=-3", "--at", "z=1"]
MOMENTS: dict[str, Moment] = {
    "first": Moment(["practice", "simple"]),
    "graph": Moment(["practice", "relu"], _RELU[:2]),
    "graph-shown": Moment(["practice", "relu"], (*_RELU[:3], "show")),
    "forward": Moment(["practice", "relu"], (*_RELU, "0.2")),
    "local": Moment(["practice", "output-neuron"], ("skip",) * 4),
    "backward": Moment(["practice", "sigmoid"], ("-0.53",)),
    "wrong": Moment(["practice", "sigmoid"], ("-0.53", "-0.53", "0.2")),
    "hint": Moment(["practice", "sigmoid"], ("hint", "hint")),
    "fork": Moment(["practice", "forks"], ("3", "-9", "3", "3", "3", "0", "-12", "9")),
    "symbolic": Moment(["practice", "softplus-neuron"], ("skip",) * 13),
    "error": Moment(["practice", "xor"]),
    "delta": Moment(["practice", "xor"], ("-0.5097", "-0.1274")),
    "delta-wrong": Moment(["practice", "xor"], ("-0.5097", "-0.1274", "0.15", "")),
    "network": Moment(["practice", "xor"], ("-0.5097", "-0.1274", "show")),
    "update": Moment(["practice", "xor"], ("-0.5097", "-0.1274", "0.0381", "-0.0147")),
    "own-graph": Moment(["practice", *_LSTM], ("1", "1")),
    "large": Moment(["practice", "batch-norm"], ("skip",) * 9),
    "end": Moment(["practice", "simple"], ("skip",) * 8, ends=True),
    "explain": Moment(["explain", "sigmoid"], ("",) * 3),
    "explain-network": Moment(["explain", "xor"], ("",) * 4),
}


def taken(moment: Moment, *options: str) -> str:
    """What a terminal has received up to a moment, including colours."""
    alone = ["--no-ask", "--no-record"] if moment.arguments[0] == "practice" else []
    terminal = Terminal(*moment.arguments, *alone, *options, columns=COLUMNS, rows=ROWS)
    prompt = "quit $" if moment.arguments[0] == "explain" else _PROMPT
    for line in moment.typed:
        terminal.child.expect(prompt)
        terminal.child.sendline(line)
    if moment.ends:
        terminal.end()
        return terminal.log.getvalue()
    terminal.child.expect(prompt)
    terminal.child.close(force=True)
    return terminal.log.getvalue()


def screen(sent: str) -> list[str]:
    """The rows on a terminal that has received this."""
    text = _OTHER_ESCAPES.sub("", sent.rpartition(_CLEAR)[2]).replace("\r\n", "\n").replace("\r", "")
    return text.split("\n")[-ROWS:]


def picture(sent: str, is_light: bool = False) -> str:
    """The same as an SVG."""
    console = Console(record=True, width=COLUMNS, height=ROWS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi("\n".join(screen(sent)), no_wrap=True), end="")
    return console.export_svg(title="backprop-tutor", theme=DEFAULT_TERMINAL_THEME if is_light else MONOKAI)


def _draw_all(folder: Path, wanted: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with chromium(width=1000, height=760) as browser:
        for name in wanted or MOMENTS:
            # A plain lesson goes down the page, and has no screens.
            plain = (("-plain", ("--plain",)),) if MOMENTS[name].arguments[0] == "practice" else ()
            for suffix, options in (("", ()), *plain):
                sent = taken(MOMENTS[name], *options)
                for is_light in (False, True) if not suffix else (False,):
                    page = folder / f"{name}{suffix}{'-light' * is_light}.svg"
                    page.write_text(picture(sent, is_light), encoding="utf-8")
                    browser.get(page.as_uri())
                    browser.save_screenshot(str(page.with_suffix(".png")))


if __name__ == "__main__":
    _draw_all(Path(sys.argv[1]), sys.argv[2:])
