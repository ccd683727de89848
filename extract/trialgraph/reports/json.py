"""For programs: everything, one rule and one finding a line. `load` reads it back."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct, to_builtins

from trialgraph.errors import InputError
from trialgraph.findings import Finding, Rule, Validation, clean
from trialgraph.gate import FailOn, Gate
from trialgraph.reports.common import Options, counts, rules

_VERSION = 1


class _Verdict(Struct, rename={"fail_on": "failOn"}):
    passed: bool
    fail_on: FailOn
    failing: int
    fixed: int
    baseline: str


class _File(Struct, rename={"as_of": "asOf"}):
    version: int
    conforms: bool
    gate: _Verdict
    trials: int
    as_of: str
    profiles: tuple[str, ...]
    rules: tuple[Rule, ...]
    findings: list[msgspec.Raw]


class _Known(Struct):
    known: bool = False


def report(found: Validation, gate: Gate, options: Options) -> Iterator[str]:
    """One object. `conforms` and `gate.passed` are two things; `known` says that the baseline has the finding."""
    verdict = {
        "passed": gate.passed,
        "failOn": gate.fail_on,
        "failing": gate.failing,
        "new": gate.new,
        "known": sum(gate.known),
        "fixed": gate.fixed,
        "baseline": gate.baseline,
    }
    head = {
        "version": _VERSION,
        "conforms": found.conforms,
        "gate": verdict,
        "trials": found.trials,
        "asOf": found.as_of,
        "profiles": found.profiles,
        "counts": counts(found),
    }
    yield "{\n"
    for key, value in head.items():
        yield f'"{key}": {encoded(value)},\n'
    yield '"rules": ['
    for number, rule in enumerate(rules(found)):
        yield f"{',' if number else ''}\n{encoded(rule)}"
    yield '\n],\n"findings": ['
    for number, (finding, known) in enumerate(zip(found.findings, gate.known, strict=True)):
        row = to_builtins(finding) | {"fingerprint": finding.fingerprint, "known": known}
        yield f"{',' if number else ''}\n{encoded(row)}"
    yield "\n]\n}\n"


def load(data: bytes, name: str = "the report") -> tuple[Validation, Gate]:
    """The validation and the verdict of a JSON report. Raises InputError if it is none."""
    try:
        held = msgspec.json.decode(data, type=_File)
        if held.version != _VERSION:
            raise InputError(f"{name}: a report of version {held.version}, where this trialgraph reads {_VERSION}")
        findings = tuple(msgspec.json.decode(row, type=Finding) for row in held.findings)
        known = tuple(msgspec.json.decode(row, type=_Known).known for row in held.findings)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{name}: not a JSON report of trialgraph validate: {error}") from error
    found = Validation(findings, held.rules, held.trials, held.conforms, held.as_of, held.profiles)
    gate = held.gate
    return found, Gate(gate.fail_on, gate.passed, gate.failing, known, gate.fixed, gate.baseline)


def encoded(value: object) -> str:
    """A value as JSON on one line, in characters that any terminal and any XML can carry."""
    try:
        text = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        text = msgspec.json.encode(_cleaned(to_builtins(value))).decode()
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else _escape(char) for char in text])


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _cleaned(each) for key, each in value.items()}
    return [_cleaned(each) for each in value] if isinstance(value, list | tuple) else value
