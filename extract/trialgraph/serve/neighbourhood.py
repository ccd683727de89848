"""What is around a trial: its conditions, interventions, organisations and places, and the trials that share some.

A worker gathers it. There are at most 80 things, so that a drawing stays readable; the rest is counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct
from pyoxigraph import Literal, NamedNode, Store

from trialgraph.iris import slug, value
from trialgraph.report import plural
from trialgraph.serve import nodes
from trialgraph.serve.nodes import LABEL, text, tg

#: The kinds of things in the order in which they are shown, each with the name of its group.
KINDS = {
    "condition": "Conditions",
    "intervention": "Interventions",
    "organization": "Sponsor and collaborators",
    "country": "Countries",
    "facility": "Facilities",
    "trial": "Trials that share something rare",
}
#: How many of a group there are at most; facilities are named one by one only if there are no more.
_MOST = {"condition": 12, "intervention": 12, "organization": 12, "country": 16, "facility": 12, "trial": 14}


class Thing(Struct, frozen=True):
    """A thing near a trial. `note` says what it has to do with it."""

    iri: str
    kind: str
    label: str
    note: str = ""


class Group(Struct, frozen=True):
    """The things of a kind, and how many more there are."""

    kind: str
    things: tuple[Thing, ...]
    more: int = 0


class Neighbourhood(Struct, frozen=True):
    """A trial, what is around it, and the pairs (IRIs) of a trial and a thing that it has too."""

    trial: Thing
    groups: tuple[Group, ...]
    shared: tuple[tuple[str, str], ...]


def gather(store: Store, iri: str, base: str) -> Neighbourhood | None:
    """The neighbourhood of the trial with this IRI, None if there is none. `base` is that of the instances."""
    trial = nodes.trial(store, iri)
    if trial is None:
        return None
    near = _Near(store, trial, base)
    found = [near.conditions(), near.interventions(), near.organizations(), *near.places()]
    others = {thing: near.others(thing) for thing in sorted(near.known)}
    groups = [_cut(kind, things, others) for kind, things in zip(KINDS, found, strict=False)]
    related, shared = _related(store, others)
    groups.append(_cut("trial", related, {}))
    shown = {thing.iri for group in groups for thing in group.things}
    return Neighbourhood(
        Thing(iri, "trial", _title(store, iri)),
        tuple(group for group in groups if group.things),
        tuple(pair for pair in shared if pair[1] in shown),
    )


class _Near:
    """The things near a trial, and where to look for others that have them."""

    def __init__(self, store: Store, trial: NamedNode, base: str) -> None:
        self._store, self._trial, self._base = store, trial, base
        self._found: dict[str, list[tuple[NamedNode, NamedNode | Literal]]] = defaultdict(list)

    @property
    def known(self) -> set[str]:
        """The things that others may have too."""
        return {*self._found}

    def conditions(self) -> list[Thing]:
        """The conditions as the trial words them, and those MeSH descriptors that say it in other words."""
        return self._named("condition", [("condition", ""), ("conditionMesh", "MeSH")])

    def interventions(self) -> list[Thing]:
        """The interventions by their names, and those MeSH descriptors that say it in other words."""
        things: dict[str, Thing] = {}
        for node in self._objects(self._trial, "intervention"):
            for name in self._objects(node, "name"):
                if isinstance(name, Literal) and (key := slug(name.value)):
                    iri = f"{self._base}intervention/{key}"
                    things.setdefault(key, Thing(iri, "intervention", name.value))
                    self._found[iri].append((tg("name"), name))
        mesh = self._named("intervention", [("interventionMesh", "MeSH")])
        others = [each for each in mesh if slug(each.label) not in things]
        return [*sorted(things.values(), key=lambda each: each.label.casefold()), *others]

    def organizations(self) -> list[Thing]:
        """The lead sponsor and the collaborators."""
        found = self._named("organization", [("leadSponsor", "lead sponsor"), ("collaborator", "collaborator")])
        roles = [tg("leadSponsor"), tg("collaborator")]
        for each in found:
            self._found[each.iri] = [(role, NamedNode(each.iri)) for role in roles]
        return found

    def places(self) -> tuple[list[Thing], list[Thing]]:
        """The countries with the numbers of their sites, most first; and the facilities, if they are few."""
        sites: defaultdict[NamedNode, int] = defaultdict(int)
        facilities: dict[NamedNode, str] = {}
        for site in self._objects(self._trial, "site"):
            for facility in self._objects(site, "facility"):
                if country := self._country(facility):
                    sites[country] += 1
                facilities[facility] = _label(self._store, country) if country else ""
        ordered = sorted(sites, key=lambda each: (-sites[each], each.value))
        countries = [
            Thing(
                each.value,
                "country",
                _label(self._store, each),
                plural(sites[each], "site"),
            )
            for each in ordered
        ]
        if len(facilities) > _MOST["facility"]:
            return countries, []
        for facility in facilities:
            self._found[facility.value].append((tg("facility"), facility))
        named = (
            Thing(each.value, "facility", _label(self._store, each), country) for each, country in facilities.items()
        )
        return countries, sorted(named, key=lambda each: each.label.casefold())

    def others(self, iri: str) -> set[str]:
        """The other trials that have a thing; none if it is common."""
        return nodes.sharing(self._store, *self._found[iri]) - {self._trial.value}

    def _named(self, kind: str, properties: Iterable[tuple[str, str]]) -> list[Thing]:
        things: dict[str, Thing] = {}
        for name, note in properties:
            labelled = [(_label(self._store, node), node) for node in self._objects(self._trial, name)]
            for label, node in sorted(labelled, key=lambda each: (each[0].casefold(), each[1].value)):
                if things.setdefault(slug(label) or node.value, Thing(node.value, kind, label, note)).iri == node.value:
                    self._found[node.value].append((tg(name), node))
        return [*things.values()]

    def _objects(self, subject: NamedNode, name: str) -> Iterator[NamedNode]:
        for quad in self._store.quads_for_pattern(subject, tg(name), None):
            if isinstance(quad.object, NamedNode | Literal):
                yield quad.object  # type: ignore[misc]

    def _country(self, facility: NamedNode) -> NamedNode | None:
        """The country in which a facility is."""
        place = next(self._objects(facility, "locatedIn"), None)
        for _ in range(4):  # a city, a region, a country; no graph can make this endless
            if place is None or nodes.node(value("placeKind", "COUNTRY")) in self._objects(place, "placeKind"):
                return place
            place = next(self._objects(place, "within"), None)
        return None


def _related(store: Store, others: dict[str, set[str]]) -> tuple[list[Thing], list[tuple[str, str]]]:
    """The trials that share things, best first, and which they share. A thing counts the more, the fewer share it."""
    scores: defaultdict[str, float] = defaultdict(float)
    for trials in others.values():
        for trial in trials:
            scores[trial] += 1 / len(trials)
    best = sorted(scores, key=lambda trial: (-scores[trial], trial))
    shared = [(trial, thing) for trial in best[: _MOST["trial"]] for thing, trials in others.items() if trial in trials]
    named, rest = best[: _MOST["trial"]], best[_MOST["trial"] :]
    things = [Thing(trial, "trial", _title(store, trial)) for trial in named]
    return [*things, *(Thing(trial, "trial", "") for trial in rest)], shared


def _cut(kind: str, things: list[Thing], others: dict[str, set[str]]) -> Group:
    """A group with as many things as it may have: first those that other trials have too."""
    most = _MOST[kind]
    if len(things) > most:
        things = sorted(things, key=lambda thing: not others.get(thing.iri))
    return Group(kind, tuple(things[:most]), max(0, len(things) - most))


def _label(store: Store, thing: NamedNode) -> str:
    """What a thing is called; the end of its IRI if it has no label."""
    return text(store, thing, LABEL) or thing.value.rpartition("/")[2]


def _title(store: Store, iri: str) -> str:
    return text(store, NamedNode(iri), tg("briefTitle")) or iri.rpartition("/")[2]
