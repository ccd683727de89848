"""How values show themselves in a notebook: as small tables of HTML, out of which no text of a record can break."""

from collections.abc import Iterable, Sequence
from html import escape


def table(columns: Iterable[str], rows: Iterable[Iterable[object]], caption: str = "") -> str:
    """Rows under the names of their columns. A list or a tuple in a cell is a line each; None is an empty cell."""
    head = "".join(f"<th{_style('')}>{escape(column)}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"{_heading(caption)}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def facts(title: str, pairs: Iterable[tuple[str, object]]) -> str:
    """Names and values, a line each, without those that have no value."""
    body = "".join(f"<tr><th{_style('')}>{escape(name)}</th>{_cell(value)}</tr>" for name, value in pairs if value)
    return f"{_heading(title)}<table><tbody>{body}</tbody></table>"


def _heading(text: str) -> str:
    return f"<p><strong>{escape(text)}</strong></p>" if text else ""


def _cell(value: object) -> str:
    lines: Sequence[object] = value if isinstance(value, list | tuple) else [value]
    text = "<br/>".join("" if line is None else escape(str(line)) for line in lines)
    return f"<td{_style(value)}>{text}</td>"


def _style(value: object) -> str:
    """Notebooks align all cells to the right, which only suits numbers."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    side = "right" if number else "left"
    return f' style="text-align:{side};vertical-align:top"'
