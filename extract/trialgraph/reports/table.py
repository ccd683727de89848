"""A line a finding, in columns."""

from collections.abc import Iterator

from trialgraph.findings import Validation
from trialgraph.gate import Gate
from trialgraph.reports.common import Options, groups, named, path, place, short, shown, verdict

_HEAD = ("severity", "rule", "trial", "path", "value", "message", "place")
_WIDTHS = (None, None, None, 40, 40, 100, 80)


def report(found: Validation, gate: Gate, options: Options) -> Iterator[str]:
    """Every finding, the worst first, and the verdict."""
    rows: list[tuple[str, ...]] = [_HEAD]
    for group in groups(found, gate, None):
        for finding, _ in group.examples:
            cells = (finding.severity, finding.rule, short(finding.subject), path(finding), named(finding.value))
            pairs = zip((*cells, finding.message, place(finding)), _WIDTHS, strict=True)
            rows.append(tuple(shown(cell, width) for cell, width in pairs))
    if len(rows) > 1:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            yield "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        yield "\n"
    for line in verdict(found, gate):
        yield f"{line}\n"
