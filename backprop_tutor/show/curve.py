"""The loss over the epochs as a plot in the terminal, drawn by plotille in braille dots, or in stars where it is to be
ASCII."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import Final

from rich.text import Text

from backprop_tutor.tutor.training import Point

_STARS: Final = str.maketrans({chr(0x2800 + dots): "*" if dots else " " for dots in range(256)})
_BESIDE: Final = 24
"""Columns of the plot that are no part of the curve."""
_ROUND: Final = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_MOST_ROWS: Final = 10
_MANY_TIMES: Final = 50
"""A loss that falls to so small a part of itself is drawn on a logarithmic scale."""


def curve(points: list[Point], measure: str, width: int, plain: bool) -> Text:
    """The points as a line from the first epoch to the last, at most `width` columns wide."""
    import plotille  # 15 ms, for those who train alone

    losses = [point.loss for point in points]
    figure = plotille.Figure()
    figure.width = max(16, (min(100, width) - _BESIDE) // 10 * 10)
    figure.with_colors, figure.origin = False, False
    figure.x_label, figure.y_label = "epoch", measure
    figure.set_x_limits(0, _rounded_up(points[-1].epoch))
    figure.x_ticks_fkt = lambda low, _high: f"{low:,.0f}" if points[-1].epoch >= 20 else f"{low:.2g}"
    if min(losses) > 0 and max(losses) > _MANY_TIMES * min(losses):
        losses = [log10(loss) for loss in losses]
        decades = max(losses) - min(losses)
        row = next((row for row in (0.25, 0.5, 1) if decades / row <= _MOST_ROWS), ceil(decades / _MOST_ROWS))
        bottom, top = floor(min(losses) / row) * row, ceil(max(losses) / row) * row
        figure.height = round((top - bottom) / row)
        figure.y_ticks_fkt = lambda low, _high: _power_of_ten(low).rjust(6)
    else:
        bottom, top = 0.0, _rounded_up(max(losses) or 1)
        figure.height = 10
        figure.y_ticks_fkt = lambda low, _high: f"{low:.3g}".rjust(6)
    figure.set_y_limits(bottom, top)
    figure.plot([point.epoch for point in points], losses)
    lines = "\n".join(line.rstrip(" \u2800") for line in figure.show().splitlines())
    return Text(lines.translate(_STARS) if plain else lines, no_wrap=True, overflow="crop")


def _power_of_ten(exponent: float) -> str:
    """10**exponent with one digit: `0.003`, `1e-08`, `1e+310`."""
    if abs(exponent) < 300:
        return f"{float(f'{10**exponent:.1g}'):g}"
    return f"1e{exponent:+.0f}"


def _rounded_up(number: float) -> float:
    """The next number that ends an axis well."""
    size = 10.0 ** floor(log10(number))
    return next(size * step for step in _ROUND if size * step >= number * (1 - 1e-9))
