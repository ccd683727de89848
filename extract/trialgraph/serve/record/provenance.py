"""Where a trial's page has its values from: the registry records, and where they disagree."""

from collections import defaultdict

from msgspec import Struct

from trialgraph.serve.labels import day_in_words, property_label
from trialgraph.serve.record.facts import Fact, Gaps, Value, facts, text, values
from trialgraph.serve.record.gather import Gathered, Node

_READERS = {
    "ctgov": "ClinicalTrials.gov, the registry",
    "meddatax": "meddatax.com, a captured page",
    "veeva": "ctv.veeva.com, a captured page",
}
_RECORD = (
    "dcterms:source: Reader",
    "recordUpdated: Updated",
    "versionHolder: Registry release",
    "retrieved",
    "sha256: SHA-256 of the record",
)


class Record(Struct, frozen=True):
    """A record that the trial was read from."""

    iri: str
    source: str
    updated: str
    release: str  # the day of the registry's release that it belongs to
    facts: tuple[Fact, ...]
    hidden: tuple[str, ...]  # the properties that it does not show


class Dispute(Struct, frozen=True):
    """What two records say differently."""

    property: str
    label: str
    part: str
    kept: tuple[Value, ...]
    other: tuple[Value, ...]
    kept_from: str
    other_from: str


class Provenance(Struct, frozen=True):
    """The records of a trial, newest first, and their disagreements."""

    records: tuple[Record, ...]
    disputes: tuple[Dispute, ...]
    disputed: dict[str, tuple[Dispute, ...]]  # those on the trial itself, by property


def provenance(gathered: Gathered) -> Provenance:
    """Where the values of a trial are from."""
    about = list(gathered.own())
    records = [_record(node) for node in about if _is_a(node, "RegistryRecord")]
    records.sort(key=lambda record: (record.updated, record.release, record.iri), reverse=True)
    names = {record.iri: _name(record, records) for record in records}
    disputes = sorted(
        (_dispute(node, names) for node in about if _is_a(node, "Disagreement")),
        key=lambda each: (each.label, each.part),
    )
    disputed: defaultdict[str, tuple[Dispute, ...]] = defaultdict(tuple)
    for dispute in disputes:
        if not dispute.part:
            disputed[dispute.property] += (dispute,)
    return Provenance(tuple(records), tuple(disputes), dict(disputed))


def _name(record: Record, records: list[Record]) -> str:
    """What tells a record from the others: its source, when it was updated and, if need be, when it was released."""
    days = [record.updated]
    if sum((record.source, record.updated) == (other.source, other.updated) for other in records) > 1:
        days.append(record.release and f"release of {day_in_words(record.release)}")
    return ", ".join([record.source, *map(day_in_words, filter(None, days))])


def gaps(gathered: Gathered) -> Gaps:
    """What all records of a trial do not show."""
    records = [node for node in gathered.own() if _is_a(node, "RegistryRecord")]
    hidden = [{_local(term) for term in node.facts.get("notStated", ())} for node in records]
    return Gaps(frozenset(set.intersection(*hidden) if hidden and all(hidden) else set()))


def _is_a(node: Node, class_: str) -> bool:
    return any(_local(type_) == class_ for type_ in node.facts.get("type", ()))


def _local(iri: str) -> str:
    return iri.rpartition("#")[2]


def _record(node: Node) -> Record:
    node.asked.add("about")
    reader = text(node, "dcterms:source")
    hidden = sorted(property_label(_local(term)) for term in node.all("notStated"))
    updated, release = (min(node.facts.get(name, [""])) for name in ("recordUpdated", "versionHolder"))
    return Record(node.iri, _READERS.get(reader, reader), updated, release, facts(node, _RECORD), tuple(hidden))


def _dispute(node: Node, names: dict[str, str]) -> Dispute:
    node.asked.add("about")
    name = _local(node.one("property"))
    sides = (names.get(node.one(each), "") for each in ("keptFrom", "otherFrom"))
    label = property_label(name)
    return Dispute(name, label, text(node, "part"), values(node, "kept"), values(node, "other"), *sides)
