"""Two small charts as SVG: horizontal bars with labels, and a histogram of shares. No scripts, no fonts from elsewhere.

The colours follow the reader's light or dark mode; every bar carries its number as text, and the chart a title and a
description, so that it can be read without seeing colours.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

_STYLE = """\
.chart{background:#fff}.chart text{font:12px system-ui,sans-serif;fill:#1f2328}
.chart .violation{fill:#cf222e}.chart .warning{fill:#9a6700}
.chart .info{fill:#0969da}.chart .axis{stroke:#8c959f;stroke-width:1}.chart .strong{font-weight:600}
@media (prefers-color-scheme:dark){.chart{background:#0d1117}.chart text{fill:#e6edf3}
.chart .violation{fill:#ff7b72}.chart .warning{fill:#d29922}
.chart .info{fill:#58a6ff}.chart .axis{stroke:#6e7681}}"""
_ROW = 22
_ILLEGAL = re.compile("[^\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f]")


class Bar(NamedTuple):
    """A bar: its label, how long it is, the number that stands beside it, and its colour: a severity's name."""

    label: str
    length: float
    number: str
    colour: str = "info"


def bars(title: str, description: str, rows: Sequence[Bar], width: int = 720, full: float = 0) -> str:
    """Horizontal bars under a title. The longest, or one of the length `full`, takes all the room there is."""
    gutter, end = 280, 110
    scale = (width - gutter - end) / (full or max((row.length for row in rows), default=0) or 1)
    body = []
    for number, row in enumerate(rows):
        y = 34 + number * _ROW
        length = row.length * scale
        label = row.label if len(row.label) <= 42 else f"{row.label[:41]}…"
        body.append(
            f'<text x="{gutter - 8}" y="{y + 12}" text-anchor="end">{escaped(label)}</text>'
            f'<rect class="{escaped(row.colour)}" x="{gutter}" y="{y}" width="{decimal(max(length, 1))}" height="16"/>'
            f'<text x="{decimal(gutter + max(length, 1) + 6)}" y="{y + 12}">{escaped(row.number)}</text>'
        )
    return _chart(title, description, width, 44 + len(rows) * _ROW, body)


def histogram(title: str, description: str, shares: Iterable[float], x_label: str, y_label: str, bins: int = 20) -> str:
    """How many of the shares, from 0 to 1, fall into each of some equal bins; the last holds 1 itself."""
    counts = [0] * bins
    for share in shares:
        counts[min(int(share * bins + 1e-9), bins - 1)] += 1
    width, height, left, top, bottom = 720, 320, 60, 50, 270
    step, most = (width - left - 20) / bins, max(counts) or 1
    body = [f'<line class="axis" x1="{left}" y1="{bottom}" x2="{width - 20}" y2="{bottom}"/>']
    for number, count in enumerate(counts):
        if not count:
            continue
        tall, x = max(count / most * (bottom - top), 1), left + number * step
        body.append(
            f'<rect class="info" x="{decimal(x + 1)}" y="{decimal(bottom - tall)}" width="{decimal(step - 2)}"'
            f' height="{decimal(tall)}"/><text x="{decimal(x + step / 2)}" y="{decimal(bottom - tall - 4)}"'
            f' text-anchor="middle">{count:,}</text>'
        )
    for tenth in range(0, 11, 2):
        x = left + tenth / 10 * bins * step
        body.append(f'<text x="{decimal(x)}" y="{bottom + 18}" text-anchor="middle">{tenth * 10} %</text>')
    middle = decimal((left + width - 20) / 2)
    body.append(f'<text x="{middle}" y="{bottom + 38}" text-anchor="middle">{escaped(x_label)}</text>')
    turned = f'transform="rotate(-90 20 {(top + bottom) // 2})" text-anchor="middle"'
    body.append(f'<text x="20" y="{(top + bottom) // 2}" {turned}>{escaped(y_label)}</text>')
    return _chart(title, description, width, height, body)


def stacked(title: str, charts: Sequence[str]) -> str:
    """Charts below one another as one SVG."""
    heights = [int(match[1]) for chart in charts if (match := re.search(r'height="(\d+)"', chart))]
    placed = [
        chart.replace("<svg ", f'<svg y="{sum(heights[:number])}" ', 1).rstrip("\n")
        for number, chart in enumerate(charts)
    ]
    total = sum(heights)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" width="720" height="{total}"'
        f' viewBox="0 0 720 {total}" role="img">\n'
        f"<title>{escaped(title)}</title>\n" + "\n".join(placed) + "\n</svg>\n"
    )


def _chart(title: str, description: str, width: int, height: int, body: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img">\n'
        f"<title>{escaped(title)}</title>\n<desc>{escaped(description)}</desc>\n<style>{_STYLE}</style>\n"
        f'<text class="strong" x="8" y="18">{escaped(title)}</text>\n' + "\n".join(body) + "\n</svg>\n"
    )


def legal(text: str) -> str:
    """A text with a replacement character for each that XML does not have, and for control characters."""
    return _ILLEGAL.sub("\ufffd", text)


def escaped(text: str) -> str:
    """A text as it stands in XML, between tags and in attributes."""
    return escape(legal(text))


def decimal(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
