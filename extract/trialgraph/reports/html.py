"""A page for people, whole in itself: a chart of the rules, and the findings folded away. No scripts, no downloads."""

from collections.abc import Iterator
from html import escape

from trialgraph.findings import Validation
from trialgraph.gate import Gate
from trialgraph.report import plural
from trialgraph.reports.common import (
    Group,
    Options,
    groups,
    more,
    named,
    path,
    place,
    short,
    shown,
    title,
    verdict,
)
from trialgraph.svg import Bar, bars

#: A page has room for more examples than a terminal.
_EXAMPLES = 50
_HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>trialgraph validate</title>
<style>
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid #d0d7de}
td{overflow-wrap:anywhere}summary{cursor:pointer;padding:.4rem 0}svg{max-width:100%;height:auto}
.violation{color:#cf222e}.warning{color:#9a6700}.info{color:#0969da}.passed{color:#1a7f37}.failed{color:#cf222e}
@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}
.violation,.failed{color:#ff7b72}.warning{color:#d29922}.info{color:#58a6ff}.passed{color:#3fb950}}
</style>
</head>
<body>
"""


def report(found: Validation, gate: Gate, options: Options) -> Iterator[str]:
    """The verdict, the chart, and a section for each rule that is broken."""
    yield _HEAD
    word = "passed" if gate.passed else "failed"
    yield f'<h1>Validation: <span class="{word}">{word}</span></h1>\n<ul>\n'
    for line in verdict(found, gate):
        yield f"<li>{_text(line)}</li>\n"
    yield "</ul>\n"
    broken = groups(found, gate, None if options.every else max(options.examples, _EXAMPLES))
    if broken:
        rows = [Bar(shown(title(g.rule)), g.count, f"{g.count:,}", g.severity) for g in broken]
        yield bars("Findings by rule", "One bar a rule, the worst severity first.", rows)
    for group in broken:
        yield from _section(group)
    yield "</body>\n</html>\n"


def _section(group: Group) -> Iterator[str]:
    numbers = f"{plural(group.count, 'finding')} in {plural(group.trials, 'trial')}"
    yield f'<details><summary><strong class="{group.severity}">{group.severity}</strong> {_text(title(group.rule))}: '
    yield f"{_text(group.rule.message)} ({numbers})</summary>\n"
    if group.rule.source:
        yield f"<p>Source: {_text(group.rule.source)}</p>\n"
    yield "<table>\n<tr><th>trial</th><th>path</th><th>value</th><th>message</th><th>place</th></tr>\n"
    for finding, _ in group.examples:
        cells = (short(finding.subject), path(finding), named(finding.value), finding.message, place(finding))
        yield f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in cells)}</tr>\n"
    yield "</table>\n"
    if group.hidden:
        yield f"<p>{_text(more(group.hidden))}</p>\n"
    yield "</details>\n"


def _text(text: str) -> str:
    return escape(shown(text))
