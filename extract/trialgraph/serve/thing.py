"""What a graph says about one thing: its data, and what its plain page shows. Run in a worker."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, islice
from typing import TypeAlias

from msgspec import Struct
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from trialgraph import resources
from trialgraph.iris import LABEL, RDFS, SKOS, TYPE, XSD, tg
from trialgraph.serve.triples import serialized
from trialgraph.store import of_trial

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple

#: How many of the statements that point at a thing are given.
POINTING = 1_000
#: How many of the statements with a property.
USES = 50
_DEFAULT = DefaultGraph()
_TYPE, _LABEL, _TRIAL = (NamedNode(term[1:-1]) for term in (TYPE, LABEL, tg("Trial")))
_COMMENT, _PREFERRED = NamedNode(f"{RDFS}comment"), NamedNode(f"{SKOS}prefLabel")
_TOPIC = NamedNode("http://xmlns.com/foaf/0.1/primaryTopic")
#: What a thing is called by, the best first.
_NAMES = [_LABEL, _PREFERRED, *(NamedNode(tg(name)[1:-1]) for name in ("name", "measure", "title", "value", "text"))]


class Value(Struct, frozen=True):
    """An object or a subject of a statement."""

    text: str  # of a literal, or what a thing is called
    iri: str = ""  # "" of a literal
    type: str = ""  # the datatype's or the language's name, "" of plain text


class Statements(Struct, frozen=True):
    """The values of one property, or the things that point with it."""

    property: str
    label: str
    values: tuple[Value, ...]


class About(Struct, frozen=True):
    """What the plain page of a thing shows."""

    label: str
    own: tuple[Statements, ...]
    pointing: tuple[Statements, ...]
    uses: tuple[tuple[Value, Value], ...]  # of a property: some of the statements with it, subject and object
    more: bool  # more statements point at it than these


class Data(Struct, frozen=True):
    """The data of a thing, serialised."""

    body: bytes
    more: bool  # more statements point at it than the data have


def known(store: Store, iri: str) -> bool:
    """Whether the graph, or the ontology, says something about a thing, with it, or points at it."""
    try:
        node = NamedNode(iri)
    except ValueError:  # no IRI at all
        return False
    return any(_statements(store, node)) or any(_pointing(store, node)) or any(_uses(store, node))


def data(store: Store, iri: str, form: str, address: str) -> Data | None:
    """The data of a thing: its statements and those of its parts, the labels of what they point at, what points at it,
    and of a property some statements with it. None if the graph does not have it.

    If more statements point at it than are given, the data say so of the document, which has the `address`.
    """
    if not known(store, iri):
        return None
    node = NamedNode(iri)
    own = _own(store, node)
    pointing = list(islice(_pointing(store, node), POINTING + 1))
    more, inside = len(pointing) > POINTING, {quad.subject for quad in own}
    pointed = {quad.object for quad in own if isinstance(quad.object, NamedNode)} - inside
    labels = chain.from_iterable(_labels(store, each) for each in sorted(pointed, key=str))
    said: list[Triple] = []
    if more:
        note = Literal(f"Of the statements that point at this thing, {POINTING:,} are here.")
        said = [Triple(NamedNode(address), _TOPIC, node), Triple(NamedNode(address), _COMMENT, note)]
    rest = (quad for quad in pointing[:POINTING] if quad.subject not in inside)
    uses = islice(_uses(store, node), USES)
    return Data(serialized([*own, *labels, *rest, *uses, *said], form), more)


def about(store: Store, iri: str) -> About | None:
    """What the plain page of a thing shows, or None if the graph does not have it."""
    if not known(store, iri):
        return None
    node = NamedNode(iri)
    own = _statements(store, node)
    pointing = list(islice(_pointing(store, node), POINTING + 1))
    return About(
        called(store, node),
        tuple(_grouped(store, ((quad.predicate, quad.object) for quad in own))),
        tuple(_grouped(store, ((quad.predicate, quad.subject) for quad in pointing[:POINTING]))),
        tuple((_value(store, quad.subject), _value(store, quad.object)) for quad in islice(_uses(store, node), USES)),
        len(pointing) > POINTING,
    )


@cache
def terms() -> Store:
    """The ontology and the vocabulary, which a graph uses and does not hold."""
    found = Store()
    for name in ("trialgraph.ttl", "results.ttl", "vocabulary.ttl", "alignment.ttl"):
        found.extend(resources.graph(name))
    return found


def _own(store: Store, node: NamedNode) -> list[Quad]:
    """The statements of a thing and of its parts, each once, sorted."""
    quads: Iterable[Quad] = _statements(store, node)
    if any(quad.predicate == _TYPE and quad.object == _TRIAL for quad in quads):
        quads = {quad for quad in of_trial(store, node) if quad.graph_name == _DEFAULT}
    return sorted(quads, key=lambda quad: (str(quad.subject), str(quad.predicate), str(quad.object)))


def _statements(store: Store, node: NamedNode) -> list[Quad]:
    """What the graph says about a thing, and of a term of ours what the ontology says."""
    own = list(store.quads_for_pattern(node, None, None, _DEFAULT))
    return own + [quad for quad in terms().quads_for_pattern(node, None, None) if quad not in own]


def _pointing(store: Store, node: NamedNode) -> Iterator[Quad]:
    """The statements that point at a thing, those of the ontology first: there are few."""
    yield from terms().quads_for_pattern(None, None, node)
    yield from store.quads_for_pattern(None, None, node, _DEFAULT)


def _uses(store: Store, node: NamedNode) -> Iterator[Quad]:
    yield from store.quads_for_pattern(None, node, None, _DEFAULT)
    yield from terms().quads_for_pattern(None, node, None)


def _labels(store: Store, node: NamedNode) -> Iterator[Quad]:
    yield from store.quads_for_pattern(node, _LABEL, None, _DEFAULT)
    for name in (_LABEL, _PREFERRED):
        yield from terms().quads_for_pattern(node, name, None)


def _grouped(store: Store, pairs: Iterable[tuple[NamedNode, Term]]) -> Iterator[Statements]:
    """Statements by their property: its type first, then by the properties' labels; values by their text."""
    by_property: dict[NamedNode, list[Term]] = {}
    for predicate, term in pairs:
        by_property.setdefault(predicate, []).append(term)
    named = sorted((each != _TYPE, called(store, each).casefold(), str(each), each) for each in by_property)
    for *_, predicate in named:
        values = sorted((_value(store, term) for term in by_property[predicate]), key=lambda value: value.text)
        yield Statements(predicate.value, called(store, predicate), tuple(values))


def _value(store: Store, term: Term) -> Value:
    if isinstance(term, NamedNode):
        return Value(called(store, term), term.value)
    if isinstance(term, Literal):
        kind = term.datatype.value.removeprefix(XSD)
        return Value(term.value, type=term.language or ("" if kind == "string" else kind))
    return Value(str(term))


def called(store: Store, node: NamedNode) -> str:
    """A name for a thing: its first label in the graph or in the ontology, or the end of its IRI."""
    for name in _NAMES:
        for graph in (store, terms()):
            found = [
                quad.object.value
                for quad in graph.quads_for_pattern(node, name, None)
                if isinstance(quad.object, Literal)
            ]
            if found:
                return min(found)
    return re.split(r"[/#]", node.value.rstrip("/#"))[-1] or node.value
