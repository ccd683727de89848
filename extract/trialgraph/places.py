"""Where a record has what a finding is about: a JSON pointer, or the line of a captured page."""

import re
from collections.abc import Sequence
from functools import cache, cached_property
from itertools import chain

from msgspec.structs import replace

from trialgraph import resources
from trialgraph.findings import Finding
from trialgraph.iris import BASE, TGV, TYPE
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


class Places:
    """Where the records of a trial have its values and, in their lists, its parts."""

    def __init__(self, trial: Trial, items: Sequence[Item], rows: Sequence[Statement]) -> None:
        self._trial, self._items, self._rows = trial, items, rows
        self._values: dict[tuple[str, str], dict[str, list[str]]] = {}
        self._lists: dict[str, dict[str, str]] = {}

    def placed(self, finding: Finding) -> Finding:
        """The finding with the file and the place of the value, or of the part of the trial that it is on.

        Where no record has that, or has it several times, it is the place of the first record.
        """
        first = self._trial.records[0]
        if finding.path and finding.value:
            for record in self._trial.records:
                place = self._line(finding.value, record) if record.partial else self._pointer(finding, record)
                if place:
                    return replace(finding, file=record.file, pointer=place)
        named = [part for part in (finding.value, finding.focus) if part.startswith(f"{BASE}trial/{finding.trial}/")]
        found = filter(None, (self._part(part) for part in named if not first.partial))
        return replace(finding, file=first.file, pointer=join(first.place, next(found, "")))

    def _part(self, part: str) -> str:
        """Where the first record lists a part, given by its IRI; "" if it is nowhere."""
        found = [self._listed(predicate).get(part, "") for predicate in self._links.get(part, ())]
        return next(filter(None, reversed(found)), "")

    @cached_property
    def _links(self) -> dict[str, list[str]]:
        """The properties that lead to each part."""
        found: dict[str, list[str]] = {}
        for _, predicate, term in self._rows:
            if term.startswith("<") and predicate != TYPE:
                found.setdefault(term[1:-1], []).append(predicate)
        return found

    def _listed(self, predicate: str) -> dict[str, str]:
        """The parts that a property leads to; none if the record lists them more or less often than the statements."""
        if predicate not in self._lists:
            found = self._lists[predicate] = {}
            terms = dict.fromkeys(term[1:-1] for _, each, term in self._rows if each == predicate)
            for path in _paths().get(predicate[1:-1], ()):
                listed = list(at(self._trial.records[0].study, path)) if path.endswith("[]") else []
                places = [pointer for pointer, each in listed if not isinstance(each, str)]  # no mere name of a part
                if len(places) == len(terms):
                    found |= dict(zip(terms, places, strict=True))
        return self._lists[predicate]

    def _pointer(self, finding: Finding, record: Record) -> str:
        """Where the record has the value of a finding; "" if nowhere or in several places."""
        value = finding.value
        text = value.removeprefix(TGV).partition("-")[2] if value.startswith(TGV) else value
        if text.startswith(BASE):  # a part of the trial, for which the record has no name
            return ""
        for property_ in reversed(_IRI.findall(finding.path) or [finding.path]):
            stated = property_.removesuffix("Latest")  # the value is the last day of the month or year that is stated
            values = self._stated(record, stated)
            places = values.get(text, []) if stated == property_ else [*chain.from_iterable(values.values())]
            if places:
                return join(record.place, places[0]) if len(places) == 1 else ""
        return ""

    def _stated(self, record: Record, property_: str) -> dict[str, list[str]]:
        """The pointers to each value that the record has of a property: a trial may have a finding on each."""
        key = (record.sha256, property_)
        if key not in self._values:
            found = self._values[key] = {}
            for path in _paths().get(property_, ()):
                for pointer, value in at(record.study, path):
                    found.setdefault(str(value), []).append(pointer)
        return self._values[key]

    def _line(self, value: str, record: Record) -> str:
        """The line of a captured page that has the value; "" if none or several have."""
        data = next(unpacked(item).data for item in self._items if item.file == record.file)
        lines = data.decode("utf-8", "replace").splitlines()
        found = [number for number, line in enumerate(lines, 1) if value in line]
        return f"line {found[0]}" if len(found) == 1 else ""
