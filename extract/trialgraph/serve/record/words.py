"""Words for what the graph names by IRIs: values of enumerations, and the ontology's own properties and classes."""

from functools import cache
from typing import NamedTuple

import pyoxigraph

from trialgraph.iris import RDFS, SKOS, TG, TGV
from trialgraph.resources import graph

_LABEL, _DEFINITION, _PREFERRED = (
    pyoxigraph.NamedNode(iri) for iri in (f"{RDFS}label", f"{SKOS}definition", f"{SKOS}prefLabel")
)


class Word(NamedTuple):
    """What a term is called, and what it means."""

    label: str
    meaning: str


@cache
def words() -> dict[str, Word]:
    """The words for every term of the ontology and the vocabulary, by IRI."""
    found: dict[str, Word] = {}
    for file, naming in (("vocabulary.ttl", _PREFERRED), ("trialgraph.ttl", _LABEL), ("results.ttl", _LABEL)):
        store = graph(file)
        for quad in store.quads_for_pattern(None, naming, None):
            meaning = _text(store, quad.subject)
            found[quad.subject.value] = Word(quad.object.value, meaning)  # type: ignore[union-attr]
    return found


def _text(store: pyoxigraph.Store, term: object) -> str:
    quads = store.quads_for_pattern(term, _DEFINITION, None)  # type: ignore[arg-type]
    return next((quad.object.value for quad in quads), "")  # type: ignore[union-attr]


def token(iri: str) -> str:
    """The token of an enumeration's value: "NOT_YET_RECRUITING"."""
    return iri.removeprefix(TGV).partition("-")[2] if iri.startswith(TGV) else ""


def property_label(name: str) -> str:
    """What a property is called, with a capital: "Allocation"."""
    word = words().get(TG + name)
    label = word.label if word else name
    return f"{label[:1].upper()}{label[1:]}"


def meaning(name: str) -> str:
    """What a property means; "" if the ontology does not say."""
    word = words().get(TG + name)
    return word.meaning if word else ""
