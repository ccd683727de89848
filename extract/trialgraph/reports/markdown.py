"""GitHub's Markdown for the summary of a job: the verdict, a table of the rules, and examples folded away."""

import re
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

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]~|])")


def report(found: Validation, gate: Gate, options: Options) -> Iterator[str]:
    """A heading, the verdict in a list, the table, and a section for each rule that is broken."""
    yield f"## trialgraph validate: {'passed' if gate.passed else 'failed'}\n\n"
    for line in verdict(found, gate):
        yield f"- {escaped(line)}\n"
    broken = groups(found, gate, options.limit)
    if not broken:
        return
    new = bool(gate.baseline)
    yield f"\n| severity | rule | findings |{' new |' if new else ''} trials |\n"
    yield f"| --- | --- | ---: |{' ---: |' if new else ''} ---: |\n"
    for group in broken:
        cells = [group.severity, f"{escaped(title(group.rule))}: {escaped(group.rule.message)}"]
        numbers = [group.count, *([group.new] if new else []), group.trials]
        yield f"| {' | '.join([*cells, *(f'{number:,}' for number in numbers)])} |\n"
    for group in broken:
        yield from _section(group, options)


def _section(group: Group, options: Options) -> Iterator[str]:
    head = f"{_html(title(group.rule))}: {plural(group.count, group.severity)}"
    yield f"\n<details><summary>{head}</summary>\n\n"
    if group.rule.source:
        yield f"Source: {escaped(group.rule.source)}\n\n"
    yield "| trial | path | value | message | place |\n| --- | --- | --- | --- | --- |\n"
    for finding, _ in group.examples:
        cells = (
            short(finding.subject),
            path(finding),
            shown(named(finding.value), 120),
            finding.message,
            place(finding),
        )
        yield f"| {' | '.join(map(escaped, cells))} |\n"
    if group.hidden:
        yield f"\n{escaped(more(group.hidden))}\n"
    yield "\n</details>\n"


def escaped(text: str) -> str:
    """A text that is only text: no markup, no HTML, no link and no further cell of a table."""
    return _PUNCTUATION.sub(r"\\\1", _html(text))


def _html(text: str) -> str:
    """A text inside HTML, where Markdown's own escapes would be seen."""
    return (
        escape(shown(text), quote=False)
        .replace("@", "&commat;")
        .replace("://", "&colon;//")
        .replace("www.", "www&period;")
    )
