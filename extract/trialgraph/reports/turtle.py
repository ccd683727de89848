"""The standard report of SHACL (https://www.w3.org/TR/shacl/#validation-report) as Turtle, without blank nodes.

A result's IRI is made of its fingerprint, so that reports of two days can be compared; the report's own IRI of the
day, the profiles and the results.
"""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

import pyoxigraph
from msgspec.json import encode

from trialgraph.findings import Finding, Severity, Validation, clean
from trialgraph.gate import Gate
from trialgraph.iris import BASE, key
from trialgraph.reports.common import Options

_HEAD = """\
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

"""
_SEVERITIES: dict[Severity, str] = {"violation": "sh:Violation", "warning": "sh:Warning", "info": "sh:Info"}


def report(found: Validation, gate: Gate, options: Options) -> Iterator[str]:
    """A sh:ValidationReport and its results, in the order of the findings."""
    names = list(_names(found))
    node = f"<{BASE}validation/{key(found.as_of, *found.profiles, str(found.trials), *names)}>"
    yield _HEAD
    yield f"{node}\n    a sh:ValidationReport ;\n    sh:conforms {'true' if found.conforms else 'false'}"
    if names:
        yield " ;\n    sh:result\n        " + ",\n        ".join(names)
    yield " .\n"
    for name, finding in zip(names, found.findings, strict=True):
        yield f"\n{name}\n    a sh:ValidationResult ;\n    " + " ;\n    ".join(_rows(finding)) + " .\n"


def _names(found: Validation) -> Iterator[str]:
    """The IRIs of the results; the second of two with the same fingerprint ends in -2."""
    seen: Counter[str] = Counter()
    for finding in found.findings:
        fingerprint = finding.fingerprint
        seen[fingerprint] += 1
        repeat = f"-{seen[fingerprint]}" if seen[fingerprint] > 1 else ""
        yield f"<{BASE}validation/result/{fingerprint}{repeat}>"


def _rows(finding: Finding) -> Iterator[str]:
    yield f"sh:focusNode {_iri(finding.focus)}"
    yield f"sh:resultMessage {_literal(finding.message)}"
    if finding.path:
        yield f"sh:resultPath {_iri(finding.path)}"
    yield f"sh:resultSeverity {_SEVERITIES[finding.severity]}"
    if finding.component:
        yield f"sh:sourceConstraintComponent {_iri(finding.component)}"
    yield f"sh:sourceShape {_iri(finding.shape)}"
    if finding.value:
        yield f"sh:value {_value(finding)}"


def _value(finding: Finding) -> str:
    """A value that is an IRI of the graph's own namespaces as an IRI, anything else as text."""
    start = finding.focus.partition("/trial/")[0] + "/"
    ours = finding.value.startswith((BASE, start)) if start != "/" else finding.value.startswith(BASE)
    iri = _iri(finding.value) if ours else ""
    return iri if iri == f"<{finding.value}>" else _literal(finding.value)


def _iri(text: str) -> str:
    """An IRI in its brackets. What is none, as a user's shape or a foreign graph may have it, is quoted in a URN."""
    try:
        if text.isprintable():
            return str(pyoxigraph.NamedNode(text))
    except ValueError:
        pass
    return f"<urn:trialgraph:{quote(clean(text), safe='')}>"


def _literal(text: str) -> str:
    # JSON's escapes are Turtle's escapes, but for characters that it leaves as they are.
    escaped = encode(clean(text)).decode()
    return "".join([char if char.isprintable() else f"\\U{ord(char):08X}" for char in escaped])
