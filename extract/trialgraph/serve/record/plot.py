"""The values of a measure as dots with their intervals, one colour and one shape a group."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

_WIDTH, _LEFT, _RIGHT, _STEP, _GAP = 760, 250, 24, 15, 9
_MOST_POINTS, _MOST_GROUPS = 72, 12
#: The dispersions that one number tells and that reach as far below a value as above it.
_SYMMETRIC = {"STANDARD_DEVIATION", "STANDARD_ERROR"}


class Point(NamedTuple):
    """A value of a group, as it is stated; "" for what is not."""

    label: str
    group: int
    value: str
    spread: str
    low: str
    high: str


class _Dot(NamedTuple):
    label: str
    group: int
    value: float
    low: float
    high: float


def plot(points: Sequence[Point], groups: Sequence[str], units: str, dispersion: str) -> Markup:
    """A drawing of values; nothing where there are too few numbers to compare, or too many to be legible."""
    dots = [dot for point in points if (dot := _dot(point, dispersion in _SYMMETRIC))]
    if not 2 <= len(dots) <= _MOST_POINTS or len(groups) > _MOST_GROUPS or len({dot.value for dot in dots}) < 2:
        return Markup("")
    ends = [end for dot in dots for end in (dot.low, dot.high)]
    low, high = min(ends), max(ends)
    if high - low < max(abs(low), abs(high)) * 1e-9 or high - low < 1e-99:  # too near one another to draw
        return Markup("")
    if low > 0 and low < high * 0.6:
        low = 0
    ticks = _ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    scale = (_WIDTH - _LEFT - _RIGHT) / (high - low)
    labels = list(dict.fromkeys(dot.label for dot in dots))
    height = 8 + sum(_STEP * sum(dot.label == label for dot in dots) + _GAP for label in labels) + 26
    bottom = height - 22

    def x(value: float) -> str:
        return f"{_LEFT + (value - low) * scale:.1f}"

    parts = [
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'aria-hidden="true" focusable="false">'
    ]
    for tick in ticks:
        parts.append(f'<line class="grid" x1="{x(tick)}" y1="4" x2="{x(tick)}" y2="{bottom}"/>')
        parts.append(f'<text class="tick" x="{x(tick)}" y="{height - 6}" text-anchor="middle">{tick:g}</text>')
    y = 8.0
    for label in labels:
        own = [dot for dot in dots if dot.label == label]
        middle = y + _STEP * len(own) / 2 + 4
        shown = label if len(label) <= 36 else f"{label[:35]}…"
        parts.append(f'<text x="{_LEFT - 12}" y="{middle:.1f}" text-anchor="end">{escape(shown)}</text>')
        for dot in sorted(own, key=lambda dot: dot.group):
            centre = y + _STEP / 2
            series = dot.group % 6 + 1
            parts.append(f'<g class="series-{series}">')
            if dot.high > dot.low:
                parts.append(f'<path class="reach" d="M{x(dot.low)} {centre}H{x(dot.high)}"/>')
                ends_ = "".join(f"M{x(end)} {centre - 4}v8" for end in (dot.low, dot.high))
                parts.append(f'<path class="reach" d="{ends_}"/>')
            parts.append(f"{marker(dot.group, float(x(dot.value)), centre)}</g>")
            y += _STEP
        y += _GAP
    return Markup("".join([*parts, "</svg>"]))


def marker(group: int, x: float, y: float) -> str:
    """The shape of a group, so that groups are told apart without their colours."""
    shapes = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>',
        f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>',
        f'<path d="M{x:.1f} {y - 5.5:.1f}l5.5 5.5l-5.5 5.5l-5.5-5.5z"/>',
        f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10z"/>',
        f'<path d="M{x:.1f} {y + 5:.1f}l5-9h-10z"/>',
        f'<circle class="hollow" cx="{x:.1f}" cy="{y:.1f}" r="4"/>',
    )
    return shapes[group % len(shapes)]


def key(group: int) -> Markup:
    """The marker of a group as a small drawing beside its name."""
    drawn = f'<svg class="key series-{group % 6 + 1}" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">'
    return Markup(f"{drawn}{marker(group, 6, 6)}</svg>")


def _dot(point: Point, symmetric: bool) -> _Dot | None:
    value = _number(point.value)
    if value is None:
        return None
    low, high, spread = _number(point.low), _number(point.high), _number(point.spread)
    if symmetric and spread is not None and low is None and high is None:
        low, high = value - spread, value + spread
    low, high = (value if end is None else end for end in (low, high))
    return _Dot(point.label, point.group, value, min(low, value), max(high, value))


def _number(stated: str) -> float | None:
    try:
        number = float(stated)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e15 else None


def _ticks(low: float, high: float) -> list[float]:
    """Four to seven round numbers that span an interval."""
    span = high - low or 1
    unit = 10 ** math.floor(math.log10(span / 4))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if span / (unit * factor) <= 6)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, last + 1)]
