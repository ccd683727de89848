"""Several records of one trial become one Trial, and what they say differently becomes its differences.

The newest registry record wins over older ones and over pages. A page adds, field by field, what the winner leaves
out; an older registry record does not, because what the registry took back stays taken back. A difference takes two
statements: a field that only one of the records has is none. Nor is it one that a newer version of a record was
updated and verified later.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from trialgraph.record import Difference, Record, Trial
from trialgraph.statements import plain
from trialgraph.study import Study

#: What tells the items of a list apart, the first that an item has.
_IDENTITY = (
    *("label", "facility", "name", "fullName", "measure", "title", "term", "id", "groupId", "pmid", "citation"),
    *("url", "filename", "units", "type", "releaseDate", "date"),
)
#: What a version of a record says about itself; it differs between any two versions.
_OF_THE_VERSION = frozenset(
    [
        "derivedSection.miscInfoModule.versionHolder",
        "protocolSection.statusModule.statusVerifiedDate",
        "protocolSection.statusModule.lastUpdateSubmitDate",
        "protocolSection.statusModule.lastUpdatePostDateStruct.date",
        "protocolSection.statusModule.lastUpdatePostDateStruct.type",
    ]
)
_LIST_MARK = re.compile(r"(?m)^\s*(?:(?:[*•-]|\d{1,2}[.)])\s+)+")


def merge(records: Sequence[Record]) -> Trial:
    """One trial of one or more records of it, in any order."""
    if len(records) == 1:
        only = records[0]
        return Trial(only.study, (only,), (), only.facility_contacts, _similar([only]))
    ranked = sorted(_distinct(records), key=_rank, reverse=True)
    first = ranked[0]
    folder = _Folder(first)
    for record in ranked[1:]:
        folder.fold(record, fill=record.partial)
    return Trial(
        study=msgspec.convert(folder.kept, Study),
        records=tuple(ranked),
        differences=tuple(folder.differences),
        facility_contacts=next((r.facility_contacts for r in ranked if r.facility_contacts), ()),
        similar=_similar(ranked),
    )


def _similar(records: Iterable[Record]) -> tuple[str, ...]:
    return tuple(sorted({nct_id for record in records for nct_id in record.similar}))


def _distinct(records: Iterable[Record]) -> list[Record]:
    """The records without those that say the same as another of the same reader."""
    distinct: dict[tuple[str, bytes], Record] = {}
    for record in sorted(records, key=lambda record: (record.sha256, record.file, record.place), reverse=True):
        said = msgspec.json.encode((record.study, record.updated, record.facility_contacts, record.similar))
        distinct[record.reader, said] = record
    return list(distinct.values())


def _rank(record: Record) -> tuple[bool, str, str, str]:
    """Registry records before pages, newer before older; the hash decides where nothing else does."""
    version = record.study.derived_section.misc_info_module.version_holder
    return (not record.partial, record.updated or "", version or "", record.sha256)


class _Folder:
    """The kept values as plain dicts, which record each came from, and the differences found so far."""

    def __init__(self, first: Record) -> None:
        self.kept: dict[str, Any] = msgspec.to_builtins(first.study)
        self.differences: list[Difference] = []
        self._first = first
        self._origin: dict[str, Record] = {}

    def fold(self, record: Record, fill: bool) -> None:
        """Compare a record with what is kept, and take from it what is missing if `fill` says so."""
        self._other, self._fill = record, fill
        self._struct(self.kept, msgspec.to_builtins(record.study), "", "", "")

    def _struct(self, kept: dict[str, Any], other: dict[str, Any], path: str, place: str, part: str) -> None:
        for name, theirs in other.items():
            here, spot = f"{path}.{name}".removeprefix("."), f"{place}/{name}"
            if name not in kept:
                if self._fill:
                    kept[name] = theirs
                    self._origin[spot] = self._other
            elif isinstance(theirs, dict):
                self._struct(kept[name], theirs, here, spot, part)
            elif isinstance(theirs, list | tuple):
                self._list(kept[name], theirs, here, spot, part)
            elif here not in _OF_THE_VERSION and not _same(kept[name], theirs):
                self._differ(here, spot, [kept[name]], [theirs], part)

    def _list(self, kept: Sequence[Any], other: Sequence[Any], path: str, place: str, part: str) -> None:
        ours, unmatched = _by_identity(kept), []
        for identity, items in _by_identity(other).items():
            mine, items = _unequal(ours.pop(identity, []), items)
            for index, theirs in enumerate(items):
                if index >= len(mine):
                    unmatched.append(theirs)
                elif isinstance(theirs, dict):
                    name = part or _title(theirs)
                    self._struct(mine[index], theirs, f"{path}[]", f"{place}/{id(mine[index])}", name)
            if len(mine) > len(items):
                ours[identity] = mine[len(items) :]
        missing = [item for items in ours.values() for item in items]
        if missing or unmatched:
            self._differ(f"{path}[]", place, missing, unmatched, part)

    def _differ(self, path: str, place: str, kept: Sequence[Any], other: Sequence[Any], part: str) -> None:
        steps = place.split("/")
        origins = (self._origin.get("/".join(steps[:end])) for end in range(len(steps), 1, -1))
        kept_from = next(filter(None, origins), self._first)
        values = [tuple(sorted({_title(item) for item in items})) for items in (kept, other)]
        self.differences.append(Difference(path, values[0], values[1], kept_from, self._other, part))


def _unequal(ours: Sequence[Any], theirs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Two lists without the items that they share, so that the order of items of one name makes no difference."""
    mine, others = list(ours), []
    for item in theirs:
        if item in mine:
            mine.remove(item)
        else:
            others.append(item)
    return mine, others


def _by_identity(items: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in items:
        found.setdefault(_fold(_title(item)), []).append(item)
    return found


def _title(item: Any) -> str:
    """What a list's item is called: itself, or the field that tells it apart; a facility with its place."""
    if not isinstance(item, dict):
        return str(item).lower() if isinstance(item, bool) else str(item)
    if "facility" in item or "city" in item or "country" in item:
        return ", ".join(item[name] for name in ("facility", "city", "state", "country") if item.get(name))
    return str(next((item[name] for name in _IDENTITY if item.get(name)), ""))


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours == theirs or _fold(ours) == _fold(theirs)
    return bool(ours == theirs)


def _fold(text: str) -> str:
    """A text as pages and records of it are compared: without markdown escapes, list marks, case and spacing."""
    return " ".join(_LIST_MARK.sub("", plain(text)).casefold().split())
