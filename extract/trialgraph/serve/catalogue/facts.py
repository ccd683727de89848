"""What the store says about one trial at a time, as the catalogue wants it."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from urllib.parse import unquote

from msgspec import Struct
from pyoxigraph import DefaultGraph, Literal, NamedNode, Store

from trialgraph.iris import GEO, LABEL, TG, TGV, TYPE
from trialgraph.iris import tg as spelled

_DEFAULT = DefaultGraph()
_LABEL, TRIAL, _TYPE = (NamedNode(term[1:-1]) for term in (LABEL, spelled("Trial"), TYPE))
_LAT, _LONG = NamedNode(f"{GEO}lat"), NamedNode(f"{GEO}long")
#: The properties of a trial whose values are tokens, and the kind of source that each is.
TOKENS = {"overallStatus": "status", "phase": "phase", "studyType": "type", "sex": "sex"}


@lru_cache(None)
def tg(name: str) -> NamedNode:
    """A property of the ontology as a term."""
    return NamedNode(TG + name)


class Place(Struct, frozen=True):
    """A place that a site is in, or that such a place lies in."""

    iri: str
    kind: str  # "city", "region", "country", or "" if none is stated


class Site(Struct):
    """Where a trial takes place."""

    facility: str = ""
    places: tuple[Place, ...] = ()  # the smallest first
    point: tuple[float, float] | None = None


class Ages(Struct):
    """The ages, in years, that a trial leaves out: those below `youngest`, and those above the oldest."""

    youngest: float | None = None
    oldest_years: float | None = None  # stated in years, and so until the next birthday
    oldest: float | None = None  # stated in another unit


class Reader:
    """Reads a store, trial by trial; what several trials share is remembered for a while."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.places = lru_cache(100_000)(self._places)
        self.located = lru_cache(100_000)(self._located)

    def trials(self) -> Iterator[NamedNode]:
        """Every trial."""
        for quad in self._store.quads_for_pattern(None, _TYPE, TRIAL, _DEFAULT):
            if isinstance(quad.subject, NamedNode):
                yield quad.subject

    def nodes(self, subject: NamedNode, name: str) -> list[NamedNode]:
        """The things that a property links to."""
        return [term for term in self.terms(subject, tg(name)) if isinstance(term, NamedNode)]

    def texts(self, subject: NamedNode, *names: str) -> list[str]:
        """The values of some properties as texts, sorted; the same on every run."""
        found = (term for name in names for term in self.terms(subject, tg(name)))
        return sorted({term.value for term in found if isinstance(term, Literal)})

    def text(self, subject: NamedNode, name: str) -> str:
        """The first value of a property; "" if there is none."""
        return next(iter(self.texts(subject, name)), "")

    def tokens(self, subject: NamedNode, name: str) -> list[str]:
        """The values of a property that are tokens of the registry, sorted."""
        start = f"{TGV}{name}-"
        found = (node.value for node in self.nodes(subject, name))
        return sorted(unquote(value.removeprefix(start)) for value in found if value.startswith(start))

    def labels(self, subject: NamedNode) -> list[str]:
        """What a thing is called, sorted."""
        return sorted({term.value for term in self.terms(subject, _LABEL) if isinstance(term, Literal)})

    def terms(self, subject: NamedNode, predicate: NamedNode) -> Iterator[object]:
        """The objects of a property."""
        return (quad.object for quad in self._store.quads_for_pattern(subject, predicate, None, _DEFAULT))

    def numbers(self, subject: NamedNode, name: str) -> list[float]:
        """The values of a property that are numbers, the least first."""
        return sorted(_numbers(self.terms(subject, tg(name))))

    def leaves(self) -> Iterator[tuple[str, str]]:
        """The name of every topic that the registry found in a trial, and the words in which it did."""
        for quad in self._store.quads_for_pattern(None, tg("asFound"), None, _DEFAULT):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                for term in self.texts(quad.subject, "name"):
                    yield term, quad.object.value

    def ages(self, trial: NamedNode) -> Ages:
        """Who is too young or too old. A limit whose stated form is not there does not count, as in find.py."""
        stated = ["year" in text.lower() for text in self.texts(trial, "maximumAge")]
        oldest = self.numbers(trial, "maximumAgeYears")
        return Ages(
            max(self.numbers(trial, "minimumAgeYears"), default=None),
            min(oldest) if oldest and any(stated) else None,
            min(oldest) if oldest and not all(stated) else None,
        )

    def sites(self, trial: NamedNode) -> list[Site]:
        """The sites of a trial."""
        return [self._site(node) for node in self.nodes(trial, "site")]

    def _site(self, node: NamedNode) -> Site:
        site = Site()
        if facilities := self.nodes(node, "facility"):
            site.facility = facilities[0].value
            site.places = self.located(site.facility)
        else:
            site.places = tuple(place for each in self.nodes(node, "locatedIn") for place in self.places(each.value))
        lat, long = (list(_numbers(self.terms(node, name))) for name in (_LAT, _LONG))
        if lat and long:
            site.point = (lat[0], long[0])
        return site

    def _located(self, facility: str) -> tuple[Place, ...]:
        found = self.nodes(NamedNode(facility), "locatedIn")
        return tuple(place for each in found for place in self.places(each.value))

    def _places(self, iri: str) -> tuple[Place, ...]:
        """A place and those that it lies in."""
        found, waiting = {}, [NamedNode(iri)]
        while waiting:
            node = waiting.pop()
            if node.value not in found:
                kind = next(iter(self.tokens(node, "placeKind")), "").lower()
                found[node.value] = Place(node.value, kind)
                waiting += self.nodes(node, "within")
        return tuple(found.values())


def _numbers(terms: Iterable[object]) -> Iterator[float]:
    for term in terms:
        if isinstance(term, Literal):
            with suppress(ValueError):
                yield float(term.value)
