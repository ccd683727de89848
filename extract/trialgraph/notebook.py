"""How values show themselves in a notebook: as small tables of HTML, out of which no text of a record can break."""

from collections.abc import Iterable, Sequence
from html import escape

_LEFT = ' style="text-align:left;vertical-align:top"'


def table(columns: Iterable[str], rows: Iterable[Iterable[object]], caption: str = "") -> str:
    """Rows under the names of their columns. A list or a tuple in a cell is a line each; None is an empty cell."""
    head = "".join(f"<th{_LEFT}>{escape(column)}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(f'<td{_LEFT}>{_cell(value)}</td>' for value in row)}</tr>" for row in rows)
    return f"{_paragraph(caption)}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def facts(title: str, pairs: Iterable[tuple[str, object]]) -> str:
    """Names and values, a line each, without those that have no value."""
    body = "".join(
        f"<tr><th{_LEFT}>{escape(name)}</th><td{_LEFT}>{_cell(value)}</td></tr>" for name, value in pairs if value
    )
    return f"{_paragraph(title)}<table><tbody>{body}</tbody></table>"


def _paragraph(text: str) -> str:
    return f"<p><strong>{escape(text)}</strong></p>" if text else ""


def _cell(value: object) -> str:
    lines: Sequence[object] = value if isinstance(value, list | tuple) else [value]
    return "<br>".join("" if line is None else escape(str(line)) for line in lines)
