"""Annotations of GitHub Actions, one a line on standard output.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands; escaped as actions/toolkit does
(packages/core/src/command.ts). GitHub shows ten of each kind a step, so the worst come first and the known not at all.
"""

from collections.abc import Iterator

from trialgraph.findings import Finding, Rule, Severity, Validation
from trialgraph.gate import Gate
from trialgraph.report import plural
from trialgraph.reports.common import Options, about, groups, line, shown, title, verdict

_COMMANDS: dict[Severity, str] = {"violation": "error", "warning": "warning", "info": "notice"}


def report(found: Validation, gate: Gate, options: Options) -> Iterator[str]:
    """The annotations of new findings, some of each rule, then the verdict as plain lines."""
    for group in groups(found, gate, options.limit):
        new = [finding for finding, known in group.examples if not known]
        for finding in new:
            yield _annotation(finding, group.rule, options)
        if hidden := group.new - len(new):
            yield f"{plural(hidden, 'more finding')} of {_data(title(group.rule))}\n"
    for each in verdict(found, gate):
        yield f"{_data(each)}\n"


def _annotation(finding: Finding, rule: Rule, options: Options) -> str:
    file = finding.file or options.source
    properties = {"file": file, "line": str(line(finding) or "") if file else "", "title": title(rule)}
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    detail = about(finding, rule, None)
    pointer = f" [{finding.pointer}]" if finding.pointer and line(finding) is None else ""
    message = f"{finding.subject}: {rule.message}{f' ({detail})' if detail else ''}{pointer}"
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(message)}\n"


def _data(text: str) -> str:
    """A message. What is a line break of its own is shown as one, escaped as the runner unescapes it."""
    kept = "\n".join(shown(part) for part in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return kept.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
