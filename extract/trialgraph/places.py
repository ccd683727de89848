"""Where a record has what a finding is about: a JSON pointer, or the line of a captured page."""

import re
from collections.abc import Sequence
from functools import cache, cached_property

from msgspec.structs import replace

from trialgraph import resources
from trialgraph.findings import Finding
from trialgraph.iris import BASE, TGV
from trialgraph.model import at
from trialgraph.readers import Item
from trialgraph.readers.item import join
from trialgraph.record import Record, Trial
from trialgraph.spool import unpacked
from trialgraph.statements import Statement

_IRI = re.compile(r"<([^<>]*)>")


@cache
def _paths() -> dict[str, list[str]]:
    """The paths of the model's leaves by the property that carries them."""
    found: dict[str, list[str]] = {}
    for path, property_ in resources.mapping().items():
        found.setdefault(property_, []).append(path)
    return found


class Parts:
    """Where a record has the parts of its trial: in its lists, each where it is among the statements."""

    def __init__(self, rows: Sequence[Statement], record: Record) -> None:
        self._rows, self._record = rows, record

    @cached_property
    def pointers(self) -> dict[str, str]:
        """By the spelled IRI of the part. What the record lists more or less often than the statements is left out."""
        parts: dict[str, dict[str, None]] = {}
        for _, predicate, term in self._rows:
            parts.setdefault(predicate, {})[term] = None
        found: dict[str, str] = {}
        for predicate, terms in parts.items():
            for path in _paths().get(predicate[1:-1], ()):
                listed = list(at(self._record.study, path)) if path.endswith("[]") else []
                places = [pointer for pointer, each in listed if not isinstance(each, str)]  # no mere name of a part
                if len(places) == len(terms):
                    found |= dict(zip(terms, places, strict=True))
        return found


def placed(finding: Finding, trial: Trial, items: Sequence[Item], parts: Parts) -> Finding:
    """The finding with the file and the place of the value, or of the part of the trial that it is on.

    Where no record has that, or has it several times, it is the place of the first record.
    """
    first = trial.records[0]
    if finding.path and finding.value:
        for record in trial.records:
            if place := _line(finding.value, record, items) if record.partial else _pointer(finding, record):
                return replace(finding, file=record.file, pointer=place)
    named = [part for part in (finding.value, finding.focus) if part.startswith(f"{BASE}trial/{finding.trial}/")]
    found = [parts.pointers.get(f"<{part}>", "") for part in named if not first.partial]
    return replace(finding, file=first.file, pointer=join(first.place, next(filter(None, found), "")))


def _pointer(finding: Finding, record: Record) -> str:
    """Where the record has the value of a finding; "" if nowhere or in several places."""
    value = finding.value
    text = value.removeprefix(TGV).partition("-")[2] if value.startswith(TGV) else value
    if text.startswith(BASE):  # a part of the trial, for which the record has no name
        return ""
    for property_ in reversed(_IRI.findall(finding.path) or [finding.path]):
        stated = property_.removesuffix("Latest")  # whose value is the last day of the month or the year that is stated
        found = (each for path in _paths().get(stated, ()) for each in at(record.study, path))
        places = [pointer for pointer, each in found if str(each) == text or stated != property_]
        if places:
            return join(record.place, places[0]) if len(places) == 1 else ""
    return ""


def _line(value: str, record: Record, items: Sequence[Item]) -> str:
    """The line of a captured page that has the value; "" if none or several have."""
    text = next(unpacked(item).data for item in items if item.file == record.file).decode("utf-8", "replace")
    found = [number for number, line in enumerate(text.splitlines(), 1) if value in line]
    return f"line {found[0]}" if len(found) == 1 else ""
