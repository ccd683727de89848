"""A validation for people and for machines: the table of formats, one module each.

A format is a pure function of the validation, the gate's verdict and the options. The same findings in any order give
the same bytes. Values come from records that anybody can write, so every format escapes them by its own rules.
"""

from collections.abc import Callable, Iterator

from trialgraph.findings import Validation
from trialgraph.gate import Gate
from trialgraph.reports import csv, github, html, json, junit, markdown, sarif, table, text, turtle
from trialgraph.reports.common import Options

#: Gives a report piece by piece.
Report = Callable[[Validation, Gate, Options], Iterator[str]]

#: The formats by the names that `--format` takes.
FORMATS: dict[str, Report] = {
    "csv": csv.report,
    "github": github.report,
    "html": html.report,
    "json": json.report,
    "junit": junit.report,
    "markdown": markdown.report,
    "sarif": sarif.report,
    "table": table.report,
    "text": text.report,
    "turtle": turtle.report,
}

__all__ = ["FORMATS", "Options", "Report"]
