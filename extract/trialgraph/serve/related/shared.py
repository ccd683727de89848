"""The trials that share the rarest conditions and interventions with a trial, straight from the store."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

import pyoxigraph

from trialgraph.findings import clean
from trialgraph.iris import LABEL, TYPE, slug, tg
from trialgraph.serve.related.making import Kept, Listed, Neighbour, Why, id_of, listed

#: What more trials than this share makes no two of them alike, and would take long to count.
_COMMON = 500
_DEFAULT = pyoxigraph.DefaultGraph()


def _node(term: str) -> pyoxigraph.NamedNode:
    return pyoxigraph.NamedNode(term[1:-1])


_TYPE, _TRIAL, _LABEL, _NAME = (_node(term) for term in (TYPE, tg("Trial"), LABEL, tg("name")))
_INTERVENTION = _node(tg("intervention"))
#: The properties that lead from a trial to what it is about, in the order of what a reason names.
_LINKS = {name: _node(tg(name)) for name in ("condition", "conditionMesh", "interventionMesh")}


def found(store: pyoxigraph.Store, iri: str, most: int) -> Kept | None:
    """The trials that share something rare with a trial, best first, and those that a page lists; None without it."""
    try:
        trial = pyoxigraph.NamedNode(iri)
    except ValueError:  # what a reader typed into the address, and no IRI
        return None
    if pyoxigraph.Quad(trial, _TYPE, _TRIAL) not in store:
        return None
    reasons: defaultdict[str, dict[str, Why]] = defaultdict(dict)
    for kind, label, thing, others in _things(store, trial):
        others.discard(iri)
        for other in others:
            why = Why(kind, f"{label} (in {len(others) + 1:,} trials)", 1 / len(others), thing)
            # A name and its descriptor are one reason.
            reasons[other].setdefault(slug(label), why)
    scores = {other: sum(why.weight for why in whys.values()) for other, whys in reasons.items()}
    best = sorted(scores, key=lambda other: (-scores[other], other))[:most]
    neighbours = [
        Neighbour(id_of(other), _title(store, pyoxigraph.NamedNode(other)), scores[other], _sorted(reasons[other]))
        for other in best
    ]
    pairs = sorted((each.value, _title(store, each)) for each in set(listed(store, trial)))
    named = [Listed(id_of(each), title, bool(title)) for each, title in pairs]
    return Kept(_title(store, trial), neighbours, named)


def _sorted(reasons: dict[str, Why]) -> list[Why]:
    return sorted(reasons.values(), key=lambda why: (-why.weight, why.label))


def _things(store: pyoxigraph.Store, trial: pyoxigraph.NamedNode) -> Iterator[tuple[str, str, str, set[str]]]:
    """What a trial is about: its kind, its name, its IRI if it has one, and all trials that are about it.

    A placebo makes no two trials alike, and neither does what very many are about.
    """
    for name, link in _LINKS.items():
        kind = "condition" if name.startswith("condition") else "intervention"
        for thing in _objects(store, trial, link):
            if isinstance(thing, pyoxigraph.NamedNode):
                subjects = store.quads_for_pattern(None, link, thing, _DEFAULT)
                if others := _few(str(quad.subject).strip("<>") for quad in subjects):
                    yield kind, _title(store, thing) or thing.value, thing.value, others
    for part in _objects(store, trial, _INTERVENTION):
        for term in _objects(store, part, _NAME) if isinstance(part, pyoxigraph.NamedNode) else ():
            if isinstance(term, pyoxigraph.Literal) and not term.value.casefold().startswith("placebo"):
                parts = (str(quad.subject) for quad in store.quads_for_pattern(None, _NAME, term, _DEFAULT))
                owners = (part.partition("/intervention/")[0].strip("<>") for part in parts if "/intervention/" in part)
                if others := _few(owners):
                    yield "intervention", clean(term.value), "", others


def _few(trials: Iterator[str]) -> set[str]:
    """The trials, or none if they are too many to mean anything or too few to be another."""
    held = set(islice(trials, _COMMON + 1))
    return held if 1 < len(held) <= _COMMON else set()


def _objects(store: pyoxigraph.Store, subject: pyoxigraph.NamedNode, link: pyoxigraph.NamedNode) -> list[object]:
    return [quad.object for quad in store.quads_for_pattern(subject, link, None, _DEFAULT)]


def _title(store: pyoxigraph.Store, thing: pyoxigraph.NamedNode) -> str:
    labels = (term for term in _objects(store, thing, _LABEL) if isinstance(term, pyoxigraph.Literal))
    return clean(min((label.value for label in labels), default=""))
