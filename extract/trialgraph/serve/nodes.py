"""What several pages ask a store: a trial by its IRI, names of things, and the trials that have something in common."""

import re

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from trialgraph import iris
from trialgraph.findings import clean

DEFAULT = DefaultGraph()
#: What more trials than this share makes no two of them alike, and would take long to count.
COMMON = 500
#: A trial, or an intervention or a site of one: of other parts, a contact say, a name tells nothing of the trial.
_OWNER = re.compile(rf"(.*{iris.TRIAL.pattern})(?:/(?:intervention|site)/[^/]+)?")


def node(spelled: str) -> NamedNode:
    """The term of an IRI as iris.py spells them, in angle brackets."""
    return NamedNode(spelled[1:-1])


TYPE, LABEL, TRIAL = node(iris.TYPE), node(iris.LABEL), node(iris.tg("Trial"))


def tg(name: str) -> NamedNode:
    """A class or property of the ontology: tg("Trial")."""
    return node(iris.tg(name))


def trial(store: Store, iri: str) -> NamedNode | None:
    """The trial with an IRI; None if the graph has none, or if what a reader typed is no IRI."""
    try:
        found = NamedNode(iri)
    except ValueError:
        return None
    return found if Quad(found, TYPE, TRIAL, DEFAULT) in store else None


def text(store: Store, subject: NamedNode, predicate: NamedNode) -> str:
    """The text that a property has, a label say, or the first of several; "" if there is none."""
    found = (quad.object for quad in store.quads_for_pattern(subject, predicate, None, DEFAULT))
    return clean(min((term.value for term in found if isinstance(term, Literal)), default=""))


def sharing(store: Store, *values: tuple[NamedNode, NamedNode | Literal]) -> set[str]:
    """The IRIs of the trials that have one of some values of properties, or of which an intervention or a site has.

    None if they are more than COMMON.
    """
    found: set[str] = set()
    for predicate, term in values:
        for quad in store.quads_for_pattern(None, predicate, term, DEFAULT):
            if isinstance(quad.subject, NamedNode) and (owner := _OWNER.fullmatch(quad.subject.value)):
                found.add(owner[1])
                if len(found) > COMMON:
                    return set()
    return found
