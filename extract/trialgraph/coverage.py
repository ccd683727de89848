"""Which fields of the registry's model a graph of some sources carries, and which fields the model does not know."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from trialgraph import readers, resources
from trialgraph.model import leaves, walk
from trialgraph.readers import Source, named
from trialgraph.report import BuildReport

#: The leaves that no statement carries, each with its reason.
UNMAPPED: dict[str, str] = {}


class Coverage(Struct):
    """For every leaf of the model, in how many records it is present and which property carries it."""

    records: int
    present: Counter[str]
    report: BuildReport  # what was rejected, and the unknown fields

    def rows(self) -> list[tuple[str, str, int, str]]:
        """Each leaf's path, "mapped", "unmapped" or "absent", the number of records, and the property or the reason."""
        mapping = resources.mapping()
        rows = []
        for path in leaves():
            name = mapping.get(path, "").rpartition("#")[2]
            state = "absent" if not self.present[path] else "mapped" if name else "unmapped"
            rows.append((path, state, self.present[path], f"tg:{name}" if name else UNMAPPED.get(path, "")))
        return rows

    def unknown(self) -> list[tuple[str, int, str]]:
        """Each unknown field's path, how often it was seen, and where first."""
        seen = (each for each in self.report.repeated.values() if each.kind == "unknown-field")
        return sorted((each.field, each.count, each.first.nct_id) for each in seen)

    def as_json(self) -> dict[str, Any]:
        """Everything, as plain values for a JSON file."""
        return {
            "records": self.records,
            "rejected": self.report.count("rejected"),
            "fields": [
                {"path": path, "state": state, "records": count, "property": name}
                for path, state, count, name in self.rows()
            ],
            "unknown": [{"field": field, "count": count, "first": first} for field, count, first in self.unknown()],
        }


def coverage(sources: Source | Iterable[Source]) -> Coverage:
    """Count the fields of all records of the sources. Raises InputError if a source cannot be read."""
    present: Counter[str] = Counter()
    report, count = BuildReport(), 0
    for record in readers.records(named(sources), resources.vocabulary(), report.reject):
        count += 1
        present.update({path for path, _, _ in walk(record.study)})
        report.add(record.findings)
    return Coverage(count, present, report)
