"""SARIF 2.1.0, for code scanning (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).

What GitHub wants beyond the schema is in it: every result has a physical location with a line, and a fingerprint that
a re-ordered file leaves as it was. GitHub shows the 5,000 worst results of a run, so they come in that order.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from trialgraph.findings import Finding, Rule, Severity, Validation, clean
from trialgraph.gate import Gate
from trialgraph.reports.common import Options, groups, identity, line, outcome, rules, short
from trialgraph.reports.json import encoded

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: dict[Severity, str] = {"violation": "error", "warning": "warning", "info": "note"}
_PROBLEMS: dict[Severity, str] = {"violation": "error", "warning": "warning", "info": "recommendation"}


def report(found: Validation, gate: Gate, options: Options) -> Iterator[str]:
    """One run; a result a line."""
    listed = rules(found)
    ids = _ids(listed)
    driver = {"name": "trialgraph", "rules": [_rule(rule, ids[identity(rule)]) for rule in listed]}
    if options.version:
        driver["semanticVersion"] = options.version
    head = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"trialgraph/{'+'.join(quote(clean(name), safe='') for name in found.profiles)}/"},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The folder that the command ran in."}}},
        "properties": {
            "conforms": found.conforms,
            "gatePassed": gate.passed,
            "gate": outcome(gate),
            "trials": found.trials,
            "asOf": found.as_of,
            "fixed": gate.fixed,
        },
    }
    yield f'{{\n"$schema": "{_SCHEMA}",\n"version": "2.1.0",\n"runs": [{{\n'
    for key, value in head.items():
        yield f'"{key}": {encoded(value)},\n'
    yield '"results": ['
    for number, result in enumerate(_results(found, gate, options, ids)):
        yield f"{',' if number else ''}\n{encoded(result)}"
    yield "\n]\n}]\n}\n"


def _ids(listed: list[Rule]) -> dict[tuple[str, str], str]:
    """The rules' ids in SARIF, each with its own: "R03", or "R03/Trial-title" where a rule has several shapes."""
    shapes = Counter(rule.id for rule in listed)
    return {
        identity(rule): rule.id if shapes[rule.id] == 1 else f"{rule.id}/{re.split('[#/]', rule.shape)[-1]}"
        for rule in listed
    }


def _rule(rule: Rule, id_: str) -> dict[str, Any]:
    source = f"\n\nSource: {rule.source}" if rule.source else ""
    text = rule.message or rule.id
    made: dict[str, Any] = {
        "id": id_,
        "name": rule.name or id_,
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": f"{text}{source}\n\nShape: {rule.shape}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"problem.severity": _PROBLEMS[rule.severity], "tags": ["clinical-trials", "completeness"]},
    }
    if rule.shape.startswith(("http://", "https://")) and rule.shape.isprintable() and " " not in rule.shape:
        made["helpUri"] = rule.shape
    return made


def _results(
    found: Validation, gate: Gate, options: Options, ids: dict[tuple[str, str], str]
) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    index = {key: number for number, key in enumerate(ids)}
    for group in groups(found, gate, None):
        for finding, known in group.examples:
            fingerprint = finding.fingerprint
            seen[fingerprint] += 1
            result: dict[str, Any] = {
                "ruleId": ids[identity(finding)],
                "ruleIndex": index[identity(finding)],
                "level": _LEVELS[finding.severity],
                "message": {"text": _message(finding)},
                "locations": [_location(finding, options)],
                # The ordinal tells two equal findings of one trial apart, as GitHub's own fingerprints do.
                "partialFingerprints": {
                    "trialgraph/v1": fingerprint,
                    "primaryLocationLineHash": f"{fingerprint}:{seen[fingerprint]}",
                },
                "properties": _properties(finding),
            }
            if gate.baseline:
                result["baselineState"] = "unchanged" if known else "new"
            yield result


def _message(finding: Finding) -> str:
    value = f' The value is "{finding.value}".' if finding.value else ""
    return f"{finding.subject}: {finding.message}{value}"


def _location(finding: Finding, options: Options) -> dict[str, Any]:
    file = clean(finding.file or options.source)
    location: dict[str, Any] = {}
    if file and file != "-":
        artifact = {"uri": quote(file, safe="/:!@~+,;=$&'()")}
        if file.startswith("/"):
            artifact = {"uri": f"file://{artifact['uri']}"}
        elif "://" not in file:
            artifact = {"uri": quote(file, safe="/!@~+,;=$&'()"), "uriBaseId": "%SRCROOT%"}
        location["physicalLocation"] = {"artifactLocation": artifact, "region": {"startLine": line(finding) or 1}}
    place = {"fullyQualifiedName": f"{finding.subject}{finding.pointer if finding.pointer.startswith('/') else ''}"}
    place["name"] = short(finding.path) or finding.subject
    place["kind"] = "property" if finding.path else "resource"
    location["logicalLocations"] = [place]
    return location


def _properties(finding: Finding) -> dict[str, str]:
    names = ("trial", "focus", "path", "value", "pointer", "shape")
    return {name: value for name in names if (value := getattr(finding, name))}
