"""Adverse events: who was at risk, and which events there were, by organ system."""

from collections import defaultdict

from msgspec import Struct

from trialgraph.serve.record.facts import Fact, facts, natural, text
from trialgraph.serve.record.gather import Node
from trialgraph.serve.record.tables import Group, groups

_FACTS = ("timeFrame", "description", "frequencyThreshold: Threshold in per cent", "allCauseMortalityComment")
_TOTALS = (("All-cause mortality", "deaths"), ("Serious adverse events", "serious"), ("Other adverse events", "other"))


class Count(Struct, frozen=True):
    """An event in a group: how many of those at risk had it, and how often it happened."""

    affected: str = ""
    at_risk: str = ""
    events: str = ""
    share: float = -1  # from 0 to 1, or -1 if it cannot be told
    of: str = ""  # the group, if it is not listed


class Event(Struct, frozen=True):
    """An adverse event with a count for each group."""

    term: str
    notes: str
    counts: tuple[Count, ...]


class System(Struct, frozen=True):
    """The events of an organ system."""

    name: str
    events: tuple[Event, ...]


class Kind(Struct, frozen=True):
    """Serious or other events."""

    id: str
    label: str
    systems: tuple[System, ...]
    count: int
    common: str  # what holds for all of them: the vocabulary, how they were looked for


class Events(Struct, frozen=True):
    """The results on adverse events."""

    facts: tuple[Fact, ...]
    groups: tuple[Group, ...]
    totals: tuple[Event, ...]
    kinds: tuple[Kind, ...]


def events(trial: Node) -> Events | None:
    """The adverse events of a trial; None if none are posted."""
    node = trial.node("adverseEvents")
    if node is None:
        return None
    columns = groups(node)
    return Events(
        facts(node, _FACTS),
        columns,
        tuple(_total(label, name, columns, node) for label, name in _TOTALS),
        tuple(
            _kind(node, name, label, columns)
            for name, label in (("seriousEvent", "Serious adverse events"), ("otherEvent", "Other adverse events"))
        ),
    )


def _total(label: str, name: str, columns: tuple[Group, ...], node: Node) -> Event:
    nodes = [node.others[column.iri] for column in columns]
    counts = (_share(text(each, f"{name}NumAffected"), text(each, f"{name}NumAtRisk"), "") for each in nodes)
    return Event(label, "", tuple(counts))


def _share(affected: str, at_risk: str, events_: str, of: str = "") -> Count:
    some, all_ = affected.replace(",", ""), at_risk.replace(",", "")
    known = some.isdecimal() and all_.isdecimal() and int(all_) > 0 and len(some) < 18
    return Count(affected, at_risk, events_, min(int(some) / int(all_), 1) if known else -1, of)


def _kind(node: Node, name: str, label: str, columns: tuple[Group, ...]) -> Kind:
    nodes = node.nodes(name)
    shared = {}
    for each in ("sourceVocabulary", "assessmentType"):
        found = {text(event, each) for event in nodes}
        shared[each] = next(iter(found)) if len(found) == 1 else None
    systems: defaultdict[str, list[Event]] = defaultdict(list)
    for event in nodes:
        systems[text(event, "organSystem")].append(_event(event, columns, shared))
    return Kind(
        name,
        label,
        tuple(
            System(system, tuple(sorted(listed, key=lambda event: natural(event.term))))
            for system, listed in sorted(systems.items())
        ),
        len(nodes),
        ", ".join(filter(None, shared.values())),
    )


def _event(node: Node, columns: tuple[Group, ...], shared: dict[str, str | None]) -> Event:
    own = [text(node, name) for name in ("sourceVocabulary", "assessmentType") if shared[name] is None]
    counts: dict[str, Count] = {}
    for each in node.nodes("eventCount"):
        group, stray = each.one("group"), each.one("unresolvedGroupId")
        affected, at_risk, happened = (text(each, name) for name in ("numAffected", "numAtRisk", "numEvents"))
        place = group or stray
        again = f"{text(node.others[group], 'title')}, again" if group and place in counts else ""
        counts[each.iri if place in counts else place] = _share(affected, at_risk, happened, stray or again)
    cells = [counts.pop(column.iri, Count()) for column in columns]
    return Event(text(node, "term"), ", ".join(filter(None, [*own, text(node, "notes")])), (*cells, *counts.values()))
