"""JUnit XML, which Jenkins, GitLab and others show as tests.

A suite a rule; a case a rule and trial that has findings, so that a viewer tells a newly broken trial from one that was
broken before; and one case for a rule that nothing breaks. Only what fails the gate is a failure; the rest, such as
warnings below the threshold, is skipped with its message.
"""

from collections.abc import Iterator
from typing import NamedTuple

from trialgraph.findings import Finding, Rule, Validation, at_least
from trialgraph.gate import Gate
from trialgraph.report import plural
from trialgraph.reports.common import Options, about, identity, legible, place, rules, shown, title

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


class _Case(NamedTuple):
    subject: str
    findings: list[Finding]
    fails: bool


def report(found: Validation, gate: Gate, options: Options) -> Iterator[str]:
    """All suites, by rule."""
    by_rule: dict[tuple[str, str], list[_Case]] = {identity(rule): [] for rule in rules(found)}
    held: dict[tuple[tuple[str, str], str], list[tuple[Finding, bool]]] = {}
    for finding, known in zip(found.findings, gate.known, strict=True):
        held.setdefault((identity(finding), finding.subject), []).append((finding, known))
    for (key, subject), pairs in held.items():
        fails = any(not known and _reaches(finding, gate) for finding, known in pairs)
        by_rule[key].append(_Case(subject, [finding for finding, _ in pairs], fails))
    cases = [case for held in by_rule.values() for case in held]
    tests = sum(max(1, len(held)) for held in by_rule.values())
    failures = sum(case.fails for case in cases)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="trialgraph validate" {_numbers(tests, failures, len(cases))}>\n'
    for rule in rules(found):
        yield from _suite(rule, by_rule[identity(rule)])
    yield "</testsuites>\n"


def _reaches(finding: Finding, gate: Gate) -> bool:
    return not gate.passed and gate.fail_on != "never" and at_least(finding.severity, gate.fail_on)


def _numbers(tests: int, failures: int, broken: int) -> str:
    return f'tests="{tests}" failures="{failures}" errors="0" skipped="{broken - failures}" time="0"'


def _suite(rule: Rule, cases: list[_Case]) -> Iterator[str]:
    numbers = _numbers(max(1, len(cases)), sum(case.fails for case in cases), len(cases))
    yield f'  <testsuite name="{_escaped(title(rule))}" {numbers}>\n'
    class_ = f'classname="trialgraph.{_escaped(rule.id)}"'
    if not cases:
        yield f'    <testcase {class_} name="{_escaped(rule.message or rule.id)}" time="0"/>\n'
    for case in cases:
        file = case.findings[0].file
        where = f' file="{_escaped(file)}"' if file else ""
        yield f'    <testcase {class_} name="{_escaped(case.subject)}"{where} time="0">\n'
        yield f"      {_outcome(rule, case)}\n    </testcase>\n"
    yield "  </testsuite>\n"


def _outcome(rule: Rule, case: _Case) -> str:
    first, *others = case.findings
    also = f" (and {plural(len(others), 'more finding')})" if others else ""
    message = _escaped(first.message + also)
    if not case.fails:
        return f'<skipped message="{_escaped(first.severity)}: {message}"/>'
    lines = [" ".join(filter(None, (each.severity, about(each, rule), shown(place(each))))) for each in case.findings]
    body = _escaped("\n".join([rule.message, *lines]), keep="\n")
    return f'<failure type="{_escaped(first.severity)}" message="{message}">{body}</failure>'


def _escaped(text: str, keep: str = "") -> str:
    """A text for an attribute, or with `keep` for the content of an element."""
    return "".join([char if char in keep else _ESCAPES.get(char, char) for char in legible(text)])
