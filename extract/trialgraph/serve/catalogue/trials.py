"""Writing one trial after another into the catalogue: its row, its words, its ids, and what it has in common."""

from array import array
from collections.abc import Iterable

import msgspec
from pyoxigraph import NamedNode

from trialgraph.iris import slug
from trialgraph.serve.catalogue.draft import Draft
from trialgraph.serve.catalogue.facts import TOKENS, Site
from trialgraph.serve.catalogue.model import KINDS, Kind, TrialRow
from trialgraph.serve.catalogue.schema import folded

_PLACES: tuple[Kind, ...] = ("city", "region", "country")
_WITH_MESH: tuple[Kind, ...] = ("condition", "intervention")
_TITLES = ("briefTitle", "officialTitle", "acronym")
_TEXTS = ("keyword", "briefSummary", "detailedDescription", "eligibilityText")


class Trials:
    """Writes trials by their numbers."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._reader = draft, draft.reader
        self._number = draft.number

    def add(self, number: int, trial: NamedNode, nct_id: str, updated: str) -> None:
        """Write a trial."""
        sites = self._reader.sites(trial)
        row = self._row(trial, nct_id, updated, sites)
        ages = self._reader.ages(trial)
        limits = (ages.youngest, ages.oldest_years, ages.oldest)
        values = (number, nct_id, msgspec.msgpack.encode(row), row.start, row.enrollment, *limits)
        self._draft.do("INSERT INTO trial VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *values)
        stated = self._stated(trial, sites)
        blobs = [array("I", sorted(stated[kind])).tobytes() for kind in KINDS]
        self._draft.do(f"INSERT INTO forward VALUES (?{', ?' * len(blobs)})", number, *blobs)
        sources = set[int]().union(*stated.values(), self._values(trial, row), self._broader(trial))
        self._draft.link(number, sources | self._names(trial) | self._points(sites))
        self._texts(number, trial, nct_id)

    def _row(self, trial: NamedNode, nct_id: str, updated: str, sites: list[Site]) -> TrialRow:
        read = self._reader
        sponsor = next(iter(read.nodes(trial, "leadSponsor")), None)
        enrollment = read.numbers(trial, "enrollment")
        return TrialRow(
            nct_id,
            read.text(trial, "briefTitle") or next(iter(read.labels(trial)), ""),
            next(iter(read.tokens(trial, "overallStatus")), ""),
            tuple(read.tokens(trial, "phase")),
            next(iter(read.tokens(trial, "studyType")), ""),
            self._draft.label(sponsor.value) if sponsor else "",
            sponsor.value if sponsor else "",
            read.text(trial, "startDate"),
            updated,
            int(enrollment[0]) if enrollment else None,
            "true" in read.texts(trial, "hasResults"),
            tuple(label for node in read.nodes(trial, "condition") for label in read.labels(node)[:1]),
            self._countries(sites),
            len(sites),
        )

    def _countries(self, sites: Iterable[Site]) -> tuple[str, ...]:
        found = {place.iri for site in sites for place in site.places if place.kind == "country"}
        return tuple(sorted(self._draft.label(iri) for iri in found))

    def _values(self, trial: NamedNode, row: TrialRow) -> set[int]:
        """The sources of the values that are no things."""
        read = self._reader
        found = {self._number(kind, token) for name, kind in TOKENS.items() for token in read.tokens(trial, name)}
        found |= {self._number("healthy", value) for value in read.texts(trial, "healthyVolunteers")}
        if row.results:
            found.add(self._number("results", "true"))
        if row.start:
            found.add(self._number("year", row.start[:4]))
        return found

    def _stated(self, trial: NamedNode, sites: Iterable[Site]) -> dict[Kind, set[int]]:
        """The things that the trial itself states, by kind."""
        found: dict[Kind, set[int]] = {kind: set() for kind in KINDS}
        for kind in _WITH_MESH:
            found[kind] = self._numbers(kind, trial, f"{kind}Mesh")
        found["condition"] |= self._numbers("condition", trial, "condition")
        found["intervention"] |= {self._intervention(name) for _, name in self._interventions(trial)}
        found["organization"] = self._numbers("organization", trial, "leadSponsor", "collaborator")
        self._numbers("organization", trial, "organization")  # has a page, though it may be a party to no trial
        for site in sites:
            things: list[tuple[Kind, str]] = [
                (kind, place.iri) for place in site.places for kind in _PLACES if kind == place.kind
            ]
            if site.facility:
                things.append(("facility", site.facility))
            for kind, iri in things:
                number = self._number(kind, iri)
                found[kind].add(number)
                if site.point:
                    self._draft.do("INSERT INTO located VALUES (?, ?, ?)", number, *site.point)
        return found

    def _numbers(self, kind: str, trial: NamedNode, *properties: str) -> set[int]:
        return {self._number(kind, node.value) for name in properties for node in self._reader.nodes(trial, name)}

    def _broader(self, trial: NamedNode) -> set[int]:
        """Descriptors above those of the trial, and a second source of its own ones, without what is below them."""
        found = set()
        for kind in _WITH_MESH:
            found |= self._numbers(kind, trial, f"{kind}MeshAncestor")
            found |= self._numbers(f"{kind}-stated", trial, f"{kind}Mesh")
        return found

    def _interventions(self, trial: NamedNode) -> list[tuple[NamedNode, str]]:
        nodes = self._reader.nodes(trial, "intervention")
        return [(node, name) for node in nodes for name in self._reader.texts(node, "name")]

    def _intervention(self, name: str) -> int:
        return self._number("intervention", f"{self._draft.base}intervention/{slug(name)}")

    def _names(self, trial: NamedNode) -> set[int]:
        """The trial's own names for its interventions, of which each is a source."""
        found = set()
        for node, name in self._interventions(trial):
            thing = self._intervention(name)
            for text in (name, *self._reader.texts(node, "otherName")):
                source = self._number("intervention-name", text)
                found.add(source)
                self._draft.call(thing, text, source, own=text == name)
            for token in self._reader.tokens(node, "interventionType"):
                self._draft.do("INSERT OR IGNORE INTO typed VALUES (?, ?)", thing, token)
        return found

    def _points(self, sites: Iterable[Site]) -> set[int]:
        found = set()
        for lat, long in {site.point for site in sites if site.point}:
            number = self._number("point", f"{lat},{long}")
            self._draft.do("INSERT OR IGNORE INTO point VALUES (?, ?, ?)", lat, long, number)
            found.add(number)
        return found

    def _texts(self, number: int, trial: NamedNode, nct_id: str) -> None:
        read = self._reader
        titles, texts = ("\n".join(read.texts(trial, *names)) for names in (_TITLES, _TEXTS))
        self._draft.do("INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", number, titles, texts)
        ids = {text for node in read.nodes(trial, "identifier") for text in read.texts(node, "value")}
        for text in {folded(each) for each in (nct_id, *ids, *read.texts(trial, "nctIdAlias"))} - {""}:
            self._draft.do("INSERT INTO identifier VALUES (?, ?)", text, number)
