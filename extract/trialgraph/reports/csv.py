"""For spreadsheets: a row a finding, in the columns of the finding.

A text that a spreadsheet would take for a formula gets an apostrophe before it (https://owasp.org/www-community/attacks/CSV_Injection);
programs that need every value as it is read the JSON report.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from trialgraph.findings import Validation
from trialgraph.gate import Gate
from trialgraph.reports.common import Options, legible

HEAD = ("rule", "severity", "trial", "path", "value", "message", "focus", "file", "pointer", "known", "fingerprint")
_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def report(found: Validation, gate: Gate, options: Options) -> Iterator[str]:
    """The head and the rows."""
    yield row(HEAD)
    for each, known in zip(found.findings, gate.known, strict=True):
        what = (each.rule, each.severity, each.trial, each.path, each.value, each.message)
        yield row((*what, each.focus, each.file, each.pointer, "yes" if known else "no", each.fingerprint))


def row(cells: Iterable[object]) -> str:
    """A row of CSV, as RFC 4180 quotes it, with a bare line feed at its end."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([_cell(str(cell)) for cell in cells])
    return buffer.getvalue()


def _cell(value: str) -> str:
    text = legible(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
