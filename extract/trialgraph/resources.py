"""Where the data files of the project are, and the vocabulary read from them.

In a checkout, ontology/, shapes/ and queries/ stand at the top of the repository; in a wheel, beside this file.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyoxigraph

from trialgraph.errors import GraphError
from trialgraph.vocabulary import Entry, Vocabulary

_HERE = Path(__file__).parent
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_DCTERMS_SOURCE = "http://purl.org/dc/terms/source"


def folder(name: str) -> Path:
    """The folder "ontology", "shapes", "queries" or "samples". Raises GraphError if the installation lacks it."""
    for root in (_HERE, _HERE.parents[1]):
        if (root / name).is_dir():
            return root / name
    raise GraphError(f"the installation lacks the folder {name}/; reinstall trialgraph")


def graph(name: str) -> pyoxigraph.Store:
    """A file of ontology/ as an in-memory store. Raises GraphError if it is not Turtle."""
    store = pyoxigraph.Store()
    path = folder("ontology") / name
    try:
        store.load(path=str(path), format=pyoxigraph.RdfFormat.TURTLE)
    except (OSError, SyntaxError) as error:
        raise GraphError(f"{path}: {error}") from error
    return store


@cache
def vocabulary() -> Vocabulary:
    """The values of ontology/vocabulary.ttl and the countries of ontology/countries.ttl (scheme "country")."""
    values, countries = graph("vocabulary.ttl"), graph("countries.ttl")
    return Vocabulary([*_entries(values), *_entries(countries)], dict(_enumerations(values)))


def _enumerations(store: pyoxigraph.Store) -> Iterator[tuple[str, str]]:
    """The registry's name of each enumeration, and the scheme that holds its values."""
    notation, scheme = pyoxigraph.NamedNode(_SKOS + "notation"), pyoxigraph.NamedNode(_SKOS + "ConceptScheme")
    type_ = pyoxigraph.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    for quad in store.quads_for_pattern(None, type_, scheme):
        for enumeration in _strings(store, quad.subject, notation):
            yield enumeration, _local(quad.subject)


def _entries(store: pyoxigraph.Store) -> Iterator[Entry]:
    notation = pyoxigraph.NamedNode(_SKOS + "notation")
    in_scheme = pyoxigraph.NamedNode(_SKOS + "inScheme")
    labels = [pyoxigraph.NamedNode(_SKOS + name) for name in ("prefLabel", "altLabel")]
    for quad in store.quads_for_pattern(None, in_scheme, None):
        words = [word for label in labels for word in _strings(store, quad.subject, label)]
        for token in _strings(store, quad.subject, notation):
            yield _local(quad.object), token, words


def _strings(store: pyoxigraph.Store, subject: object, predicate: pyoxigraph.NamedNode) -> Iterator[str]:
    for quad in store.quads_for_pattern(subject, predicate, None):  # type: ignore[arg-type]
        if isinstance(quad.object, pyoxigraph.Literal):
            yield quad.object.value


def _local(term: object) -> str:
    return str(term).strip("<>").rpartition("#")[2]


@cache
def mapping() -> dict[str, str]:
    """The property that carries each leaf of the registry's model, by the leaf's path ("hasResults").

    It is what the ontology itself says with dcterms:source.
    """
    source = pyoxigraph.NamedNode(_DCTERMS_SOURCE)
    return {
        quad.object.value: quad.subject.value
        for name in ("trialgraph.ttl", "results.ttl")
        for quad in graph(name).quads_for_pattern(None, source, None)
        if isinstance(quad.subject, pyoxigraph.NamedNode) and isinstance(quad.object, pyoxigraph.Literal)
    }
