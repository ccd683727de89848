"""What the trials of a graph have that others may have too, read with one scan a property."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

import pyoxigraph

from trialgraph import resources
from trialgraph.iris import LABEL, SKOS, TGV, TYPE, slug, tg, value

#: A thing by its IRI, or words after a quotation mark.
Key: TypeAlias = str
#: Which trial, by its number, has what.
Pairs: TypeAlias = set[tuple[int, Key]]

_DESIGN = (
    *("studyType", "allocation", "interventionModel", "observationalModel"),
    *("timePerspective", "primaryPurpose", "masking"),
)
_ELIGIBILITY = ("sex", "standardAge", "healthyVolunteers", "minimumAge", "maximumAge")
_TEXTS = (
    *(("briefTitle",), ("officialTitle",), ("briefSummary",), ("keyword",), ("condition", LABEL)),
    *(("intervention", tg("name")), ("intervention", tg("description")), ("eligibilityText",)),
)
#: All properties and classes that are read, spelled.
TERMS = frozenset(
    {LABEL, *map(tg, ("Trial", "name", "description", *_DESIGN, *_ELIGIBILITY, *(first for first, *_ in _TEXTS)))}
    | {tg(f"{kind}Mesh{above}") for kind in ("condition", "intervention") for above in ("", "Ancestor")}
    | set(map(tg, ("phase", "leadSponsor", "collaborator", "site", "facility", "reference", "pmid", "similarTo")))
    | set(map(tg, ("locatedIn", "within", "placeKind")))
)
#: What sponsors write for a facility that they do not name.
_UNNAMED = re.compile(r"/(?:[^/]*-)?(?:research|investigat\w*|study|clinical)-(?:site|center|centre)[^/]*$|/local-inst")
_NOT_APPLICABLE = value("phase", "NA")[1:-1]
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Concepts:
    """What trials are about, of one kind: as their records name it, the MeSH descriptors found, and those above them.

    A name and a descriptor of the same words are one concept: keys are `iris.slug` of the words.
    """

    def __init__(self, features: "Features", kind: str, *names: str) -> None:
        self.labels: dict[str, str] = {}
        self.things: dict[str, str] = {}  # IRIs
        # Descriptors come last, so that their names and IRIs stay.
        self.named = self._keyed(features, features.follow(*names))
        self.ancestors = self._keyed(features, features.follow(f"{kind}MeshAncestor"))
        self.coded = self._keyed(features, features.follow(f"{kind}Mesh"))

    def _keyed(self, features: "Features", pairs: Pairs) -> Pairs:
        labels = {term: features.name(term) for term in sorted({term for _, term in pairs})}
        for term, label in labels.items():
            self.labels[slug(label)] = label
            if is_thing(term):
                self.things[slug(label)] = term
        return {(number, slug(labels[term])) for number, term in pairs}


class Features:
    """The trials of a graph (of its default graph) in the order of their ids, and what they have by kind.

    A trial that others only mention, without a class or a title, is none of them.
    """

    def __init__(self, store: pyoxigraph.Store) -> None:
        self._store = store
        trials = {trial for trial, _ in self._scan(TYPE, pyoxigraph.NamedNode(tg("Trial")[1:-1]))}
        self._titles = {s: title for s in trials if (title := min(self._objects(s, LABEL), default="")[1:])}
        #: The IRIs of the trials.
        self.trials = sorted(self._titles, key=lambda iri: (_id(iri), iri))
        self.ids = [_id(iri) for iri in self.trials]
        self.titles = [self._titles[iri] for iri in self.trials]
        self._numbers = {iri: number for number, iri in enumerate(self.trials)}

    def conditions(self) -> Concepts:
        """What the trials study."""
        return Concepts(self, "condition", "condition")

    def interventions(self) -> Concepts:
        """What the trials give or do."""
        return Concepts(self, "intervention", "intervention", "name")

    def shared(self) -> dict[str, Pairs]:
        """What else the trials have, by kind."""
        sites = self.follow("site")
        facilities = self._step(sites, "facility")
        return {
            "phase": {pair for pair in self.follow("phase") if pair[1] != _NOT_APPLICABLE},
            "design": {pair for name in _DESIGN for pair in self.follow(name)},
            "sponsor": self.follow("leadSponsor"),
            "collaborator": self.follow("collaborator"),
            "facility": {pair for pair in facilities if not _UNNAMED.search(pair[1])},
            "country": self._countries(self._step(sites | facilities, "locatedIn")),
            "eligibility": {pair for name in _ELIGIBILITY for pair in self._stated(name)},
            "reference": {(number, f'"PMID {pmid[1:]}') for number, pmid in self.follow("reference", "pmid")},
        }

    def related(self) -> set[tuple[int, int]]:
        """The pairs of trials of which a page lists one with the other."""
        pairs = ((number, self._numbers.get(other, number)) for number, other in self.follow("similarTo"))
        return {pair for pair in pairs if pair[0] != pair[1]}

    def texts(self) -> Iterator[str]:
        """What the record of each trial says in words, trial by trial."""
        for trial in self.trials:
            reached: list[Key] = []
            for first, *rest in _TEXTS:
                terms = self._objects(trial, tg(first))
                reached += [text for term in terms for text in self._objects(term, *rest)] if rest else terms
            yield "\n".join(text[1:] for text in reached)

    def follow(self, *path: str) -> Pairs:
        """What a path of properties leads to from the trials."""
        first, *rest = path
        found = {(self._numbers[s], o) for s, o in self._scan(tg(first)) if s in self._numbers}
        for step in rest:
            found = self._step(found, step)
        return found

    def _step(self, pairs: Pairs, name: str) -> Pairs:
        """What a property leads to from what trials have."""
        links = defaultdict(list)
        on_the_way = {term for _, term in pairs}
        for s, o in self._scan(tg(name)):
            if s in on_the_way:
                links[s].append(o)
        return {(number, o) for number, term in pairs for o in links.get(term, ())}

    def name(self, term: Key) -> str:
        """A thing in words: its label, or that of a value with its scheme. Words stay as they are."""
        if not is_thing(term):
            return term[1:]
        if term.startswith(TGV):
            scheme, _, token = term.removeprefix(TGV).partition("-")
            label = _values().get(term, token)
            return label if label.startswith(scheme) else f"{_words(scheme)}: {label}"
        return min(self._objects(term, LABEL), default=f" {term}")[1:]

    def _stated(self, name: str) -> Pairs:
        """Values as they are, literals with the name of their property."""
        return {(n, t if is_thing(t) else f'"{_words(name)}: {t[1:]}') for n, t in self.follow(name)}

    def _countries(self, places: Pairs) -> Pairs:
        """The countries that places are in."""
        within = dict(self._scan(tg("within")))
        countries = {s for s, o in self._scan(tg("placeKind")) if o == value("placeKind", "COUNTRY")[1:-1]}
        found = set()
        for number, place in places:
            for _ in range(2):  # from a city over its region
                place = within.get(place, place)
            if place in countries:
                found.add((number, place))
        return found

    def _scan(self, predicate: str, term: pyoxigraph.NamedNode | None = None) -> Iterator[tuple[Key, Key]]:
        """All subjects and objects of a property, or those with one object."""
        nodes = (pyoxigraph.NamedNode(predicate[1:-1]), term, pyoxigraph.DefaultGraph())
        for quad in self._store.quads_for_pattern(None, *nodes):
            yield _key(quad.subject), _key(quad.object)

    def _objects(self, subject: Key, predicate: str) -> list[Key]:
        if not is_thing(subject):
            return []
        nodes = (pyoxigraph.NamedNode(subject), pyoxigraph.NamedNode(predicate[1:-1]))
        quads = self._store.quads_for_pattern(*nodes, None, pyoxigraph.DefaultGraph())
        return sorted(_key(quad.object) for quad in quads)


def is_thing(term: Key) -> bool:
    """Whether a key is an IRI."""
    return term[0] not in '"_<'


def _key(term: object) -> Key:
    """The key of a term. Blank nodes and quoted triples, which no build makes, are neither things nor words."""
    if isinstance(term, pyoxigraph.NamedNode):
        return term.value
    return f'"{term.value}' if isinstance(term, pyoxigraph.Literal) else str(term)


def _id(trial: str) -> str:
    """The NCT id at the end of a trial's IRI, or another registry and the id in it."""
    return trial.rpartition("/trial/")[2]


def _words(name: str) -> str:
    """A name of the ontology in words: "primaryPurpose" is "primary purpose"."""
    return _CAMEL.sub(" ", name).lower()


@cache
def _values() -> dict[str, str]:
    """The words for the values of the vocabulary, by IRI."""
    label = pyoxigraph.NamedNode(f"{SKOS}prefLabel")
    quads = resources.graph("vocabulary.ttl").quads_for_pattern(None, label, None)
    return {quad.subject.value: quad.object.value for quad in quads}  # type: ignore[union-attr]
