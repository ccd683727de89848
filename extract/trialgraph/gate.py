"""Whether a validation passes: the threshold, the severities that a project sets, and the baseline of known findings.

`conforms` is about the graph and never changes with a threshold; `Gate.passed` is about what a project has decided.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from trialgraph.errors import InputError, UsageError
from trialgraph.findings import Finding, Validation, at_least, clean
from trialgraph.writers.output import output

FailOn = Literal["violation", "warning", "info", "never"]
#: What a project can make of a rule.
Level = Literal["violation", "warning", "info", "off"]

_FILES = ("trialgraph.toml", "pyproject.toml")
_KEYS = ("baseline", "fail-on", "profiles", "severity")
_VERSION = 1


class Settings(Struct, frozen=True):
    """What trialgraph.toml, or the table [tool.trialgraph] of pyproject.toml, says."""

    file: str = ""  # "" if there is no such file
    fail_on: FailOn = "violation"
    profiles: tuple[str, ...] = ()
    baseline: str = ""  # a path as this process can open it
    severity: Mapping[str, Level] = {}  # by the id of a rule ("R21") or the name of one of its shapes


class Entry(Struct, frozen=True, order=True):
    """A finding of a baseline, and how often it is there: two outcomes without a time frame are the same finding twice.

    Values are left out, because some are names of people, and a baseline is committed.
    """

    rule: str
    trial: str
    path: str
    fingerprint: str
    count: int = 1


class Gate(Struct, frozen=True):
    """The verdict, and which findings are new."""

    fail_on: FailOn
    passed: bool
    failing: int  # new findings at or above the threshold
    known: tuple[bool, ...]  # of each finding of the validation, whether the baseline has it
    fixed: int = 0  # findings of the baseline that are gone
    baseline: str = ""  # its file, "" without one

    @property
    def new(self) -> int:
        """How many findings the baseline does not have."""
        return len(self.known) - sum(self.known)

    @property
    def exit_status(self) -> int:
        """What the command ends with."""
        return 0 if self.passed else 1


def settings(folder: str | Path = ".") -> Settings:
    """The settings of the nearest folder that has any, from this one up to the top of the repository.

    trialgraph.toml goes before pyproject.toml. Raises UsageError for a wrong setting, InputError for a file that is
    no TOML.
    """
    here = Path(folder).resolve()
    for place in (here, *here.parents):
        for name in _FILES:
            file = place / name
            if file.is_file() and (table := _table(file)) is not None:
                return _settings(file, table)
        if (place / ".git").exists():
            break
    return Settings()


def judge(found: Validation, fail_on: FailOn = "violation", baseline: str = "", update: bool = False) -> Gate:
    """The verdict on a validation. Only findings that the baseline does not have can fail it.

    With `update`, the baseline is written anew and the gate passes: all findings of this run are known from now on, and
    what earlier runs found by rules that this one did not apply, or in trials that it left out, stays. The counts still
    compare with the old baseline.
    """
    entries = _read(baseline, may_lack=update) if baseline else ()
    known, fixed = _compared(found, entries)
    if update and baseline:
        with output(baseline) as stream:
            stream.write("".join(_lines(found, entries)).encode())
    failing = sum(
        not seen and fail_on != "never" and at_least(finding.severity, fail_on)
        for finding, seen in zip(found.findings, known, strict=True)
    )
    return Gate(fail_on, update or failing == 0, 0 if update else failing, known, fixed, baseline)


def _compared(found: Validation, entries: Iterable[Entry]) -> tuple[tuple[bool, ...], int]:
    """Which findings the entries have, and how many of theirs are gone. What was not judged is not fixed."""
    left = Counter({entry.fingerprint: entry.count for entry, judged in _judged(found, entries) if judged})
    known = []
    for finding in found.findings:
        fingerprint = finding.fingerprint
        known.append(left[fingerprint] > 0)
        left[fingerprint] -= 1
    return tuple(known), sum(count for count in left.values() if count > 0)


def _judged(found: Validation, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bool]]:
    """Each entry with whether this run has put its rule to its trial, or to its thing that trials share."""
    rules = {rule.id for rule in found.rules}
    trials = found.judged
    # What several trials share is known by its IRI.
    return (
        (each, each.rule in rules and (not trials or ("" if "://" in each.trial else each.trial) in trials))
        for each in entries
    )


def _lines(found: Validation, old: Iterable[Entry]) -> Iterator[str]:
    """The baseline's file, one entry a line, so that a diff of it can be read."""
    counts = Counter(_entry(finding) for finding in found.findings)
    kept = (entry for entry, judged in _judged(found, old) if not judged)
    entries = sorted([*(replace(entry, count=count) for entry, count in counts.items()), *kept])
    yield f'{{\n"version": {_VERSION},\n"findings": ['
    for number, entry in enumerate(entries):
        yield ",\n" if number else "\n"
        yield msgspec.json.encode(entry).decode()
    yield "\n]\n}\n"


def _entry(finding: Finding) -> Entry:
    return Entry(clean(finding.rule), clean(finding.subject), clean(finding.path), finding.fingerprint)


def _read(path: str, may_lack: bool) -> tuple[Entry, ...]:
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        if may_lack:
            return ()
        raise InputError(f"{path}: no such baseline; write one with --update-baseline") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        held = msgspec.json.decode(data, type=dict[str, Any])
        version = held.get("version")
        if version != _VERSION:
            raise InputError(
                f"{path}: a baseline of version {version!r}, where this trialgraph reads {_VERSION};"
                " write it anew with --update-baseline"
            )
        return tuple(msgspec.convert(held.get("findings"), list[Entry]))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a baseline of trialgraph: {error}") from error


def _table(file: Path) -> dict[str, Any] | None:
    """The settings in a file as it has them; None for a pyproject.toml that has none."""
    try:
        held = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not TOML: {error}") from error
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}") from error
    if file.name != "pyproject.toml":
        return held
    tools = held.get("tool", {})
    table = tools.get("trialgraph") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{file}: tool.trialgraph is {table!r}, not a table")
    return table


def _settings(file: Path, table: dict[str, Any]) -> Settings:
    """The settings, checked. Raises one UsageError that names everything wrong."""
    wrong = [_unknown(str(file), key, key, _KEYS, "setting") for key in table if key not in _KEYS]
    fail_on, profiles = table.get("fail-on", "violation"), table.get("profiles", [])
    baseline, severity = table.get("baseline", ""), table.get("severity", {})
    if fail_on not in get_args(FailOn):
        wrong.append(f"{file}: fail-on is {fail_on!r}, not one of {', '.join(get_args(FailOn))}")
    if not (isinstance(profiles, list) and all(isinstance(name, str) for name in profiles)):
        wrong.append(f"{file}: profiles is {profiles!r}, not a list of names, such as ['core', 'who24']")
    if not isinstance(baseline, str):
        wrong.append(f"{file}: baseline is {baseline!r}, not the name of a file")
    if isinstance(severity, dict):
        levels = get_args(Level)
        wrong += [
            f"{file}: severity.{rule} is {level!r}, not one of {', '.join(levels)}"
            for rule, level in severity.items()
            if level not in levels
        ]
    else:
        wrong.append(f"{file}: severity is {severity!r}, not a table such as {{ R21 = 'off' }}")
    if wrong:
        raise UsageError("\n".join(wrong))
    return Settings(str(file), fail_on, tuple(profiles), str(file.parent / baseline) if baseline else "", severity)


def _unknown(file: str, place: str, name: str, names: Iterable[str], noun: str) -> str:
    close = get_close_matches(name.replace("_", "-"), sorted(names), 1) if noun == "setting" else []
    hint = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(sorted(names))}"
    return f"{file or 'settings'}: {place}: no such {noun}{hint}"
