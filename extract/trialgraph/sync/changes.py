"""What changed of a trial, in words: by property, the values that went and those that came.

Values of people who went are never told: what a registry withdraws is not to live on in a list of changes.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache

import pyoxigraph
from msgspec import Struct
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from trialgraph import resources
from trialgraph.extractors.sites import SHORT_CUTS
from trialgraph.iris import LABEL, SKOS, TG, TGV, TRIAL, TYPE, tg
from trialgraph.said import Respelled, hash_of
from trialgraph.statements import Contacts
from trialgraph.store import shared
from trialgraph.storing import Changed

WITHHELD = "(withheld)"
_TYPE, _LABEL = NamedNode(TYPE[1:-1]), NamedNode(LABEL[1:-1])
#: What parts of a trial are called by, the first that one has.
_NAMES = [
    NamedNode(tg(name)[1:-1])
    for name in ("name", "measure", "title", "text", "value", "citation", "facility", "locatedIn", "url", "description")
]
#: Parts that are people.
_PERSON = re.compile(r"/(contact|official|responsible-party|point-of-contact)/")
_CONTACT = re.compile(r"/contact/")
_REPEATED = {NamedNode(tg(name)[1:-1]) for name in SHORT_CUTS}
_DEFAULT = DefaultGraph()


class PropertyChange(Struct, frozen=True, rename="camel", omit_defaults=True):
    """The values of a property that went and that came."""

    property: str  # of the ontology: "overallStatus"
    label: str  # "overall status"
    of: str = ""  # the part of the trial: "site: Ruijin Hospital"; "" for the trial itself
    went: tuple[str, ...] = ()
    came: tuple[str, ...] = ()


class TrialChange(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What changed of a trial: it is "added", "changed", "restored" or "removed"."""

    nct_id: str
    kind: str
    title: str = ""
    reason: str = ""  # why it was removed
    into: str = ""  # the NCT id that has taken its place
    properties: tuple[PropertyChange, ...] = ()


def title(store: pyoxigraph.Store, trial: NamedNode) -> str:
    """What a store calls a trial."""
    return next(iter(_texts(store, trial, _LABEL)), "")


def properties(
    changed: Changed, old: pyoxigraph.Store, new: pyoxigraph.Store, contacts: Contacts
) -> tuple[PropertyChange, ...]:
    """What changed of a trial that was there before and is now; a part that came or went is one value of its link."""
    came, went = _told(changed.came), _told(changed.went)
    whole = {quad.subject for quad in (*came, *went) if quad.predicate == _TYPE and not _is_trial(quad.subject)}
    found: defaultdict[tuple[NamedNode, NamedNode], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for quads, store, side in ((went, old, 0), (came, new, 1)):
        for quad in quads:
            if quad.subject not in whole and isinstance(quad.subject, NamedNode):
                found[quad.subject, quad.predicate][side].add(_value(quad, store, contacts, bool(side)))
    changes = [
        PropertyChange(
            _local(predicate), _word(predicate), _part(subject, new), tuple(sorted(gone)), tuple(sorted(come))
        )
        for (subject, predicate), (gone, come) in found.items()
    ]
    return tuple(sorted(changes, key=lambda each: (each.of, each.label, each.property)))


def spellings(
    trial: NamedNode, respelled: Respelled, old: pyoxigraph.Store, new: pyoxigraph.Store
) -> tuple[PropertyChange, ...]:
    """The names of shared things that a trial spells otherwise than before."""
    found: defaultdict[NamedNode, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for store, hashes, side in ((old, respelled.went, 0), (new, respelled.came, 1)):
        for quad in shared(store, trial):
            if quad.predicate == _LABEL and hash_of(quad) in hashes and isinstance(quad.subject, NamedNode):
                found[quad.subject][side].add(_name(quad.object, store))
    return tuple(
        PropertyChange("label", "label", _part(thing, new), tuple(sorted(went)), tuple(sorted(came)))
        for thing, (went, came) in sorted(found.items(), key=str)
        if went and came  # else the link to the thing went or came, too
    )


def _told(quads: Iterable[Quad]) -> list[Quad]:
    """Statements but for those about the records, which say when and not what, and for what sites say already."""
    return [
        quad
        for quad in quads
        if quad.graph_name == _DEFAULT and TRIAL.search(str(quad.subject)) and quad.predicate not in _REPEATED
    ]


def _is_trial(node: object) -> bool:
    found = TRIAL.search(str(node))
    return bool(found and str(node)[found.end() :] == ">")


def _value(quad: Quad, store: pyoxigraph.Store, contacts: Contacts, came: bool) -> str:
    person = f"{quad.subject} {quad.object}" if isinstance(quad.object, NamedNode) else str(quad.subject)
    if (_PERSON.search(person) and not came) or (_CONTACT.search(person) and contacts != "full"):
        return WITHHELD
    return _name(quad.object, store)


def _name(node: object, store: pyoxigraph.Store) -> str:
    """What a thing is called: by its label, or by what names it in its place."""
    if isinstance(node, Literal):
        return node.value
    if not isinstance(node, NamedNode):
        return str(node)
    if node.value.startswith(TGV):
        return _words().get(node.value, _local(node).partition("-")[2])
    for predicate in (_LABEL, *_NAMES):
        for quad in sorted(store.quads_for_pattern(node, predicate, None, _DEFAULT), key=str):
            return _name(quad.object, store)
    return _local(node)


def _part(node: NamedNode, store: pyoxigraph.Store) -> str:
    """What a part of a trial is: its class and its name."""
    if _is_trial(node):
        return ""
    kinds = [_word(q.object) for q in store.quads_for_pattern(node, _TYPE, None, _DEFAULT) if _is_term(q.object)]
    name = WITHHELD if _PERSON.search(node.value) else _name(node, store)
    return f"{min(kinds, default='part')}: {name}"


def _texts(store: pyoxigraph.Store, node: NamedNode, predicate: NamedNode) -> list[str]:
    quads = store.quads_for_pattern(node, predicate, None, _DEFAULT)
    return sorted(quad.object.value for quad in quads if isinstance(quad.object, Literal))


def _is_term(term: object) -> bool:
    return isinstance(term, NamedNode) and term.value.startswith(TG)


def _local(term: object) -> str:
    return re.split(r"[#/]", str(term).strip("<>"))[-1]


def _word(term: object) -> str:
    return _words().get(str(term)[1:-1], _local(term))


@cache
def _words() -> dict[str, str]:
    """The labels of the ontology's terms and values, by their IRIs."""
    return {
        quad.subject.value: quad.object.value
        for name, label in (
            ("trialgraph.ttl", LABEL),
            ("results.ttl", LABEL),
            ("vocabulary.ttl", f"<{SKOS}prefLabel>"),
        )
        for quad in resources.graph(name).quads_for_pattern(None, NamedNode(label[1:-1]), None)
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)
    }
