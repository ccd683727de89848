"""The trials that share the rarest conditions and interventions with a trial, straight from the store."""

from collections import defaultdict
from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Store

from trialgraph.findings import clean
from trialgraph.iris import slug
from trialgraph.serve import nodes
from trialgraph.serve.nodes import DEFAULT, LABEL, sharing, text, tg
from trialgraph.serve.related.making import Kept, Listed, Neighbour, Why, id_of, listed

_NAME, _INTERVENTION = tg("name"), tg("intervention")
#: The properties that lead from a trial to what it is about, in the order of what a reason names.
_LINKS = {name: tg(name) for name in ("condition", "conditionMesh", "interventionMesh")}


def found(store: Store, iri: str, most: int) -> Kept | None:
    """The trials that share something rare with a trial, best first, and those that a page lists; None without it."""
    trial = nodes.trial(store, iri)
    if trial is None:
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
        Neighbour(id_of(other), text(store, NamedNode(other), LABEL), scores[other], _sorted(reasons[other]))
        for other in best
    ]
    pairs = sorted((each.value, text(store, each, LABEL)) for each in set(listed(store, trial)))
    named = [Listed(id_of(each), title, bool(title)) for each, title in pairs]
    return Kept(text(store, trial, LABEL), neighbours, named)


def _sorted(reasons: dict[str, Why]) -> list[Why]:
    return sorted(reasons.values(), key=lambda why: (-why.weight, why.label))


def _things(store: Store, trial: NamedNode) -> Iterator[tuple[str, str, str, set[str]]]:
    """What a trial is about: its kind, its name, its IRI if it has one, and the trials that are about it.

    A placebo makes no two trials alike, and neither does what very many are about.
    """
    for name, link in _LINKS.items():
        kind = "condition" if name.startswith("condition") else "intervention"
        for thing in _objects(store, trial, link):
            if isinstance(thing, NamedNode):
                yield kind, text(store, thing, LABEL) or thing.value, thing.value, sharing(store, (link, thing))
    for part in _objects(store, trial, _INTERVENTION):
        for term in _objects(store, part, _NAME) if isinstance(part, NamedNode) else ():
            if isinstance(term, Literal) and not term.value.casefold().startswith("placebo"):
                yield "intervention", clean(term.value), "", sharing(store, (_NAME, term))


def _objects(store: Store, subject: NamedNode, link: NamedNode) -> list[object]:
    return [quad.object for quad in store.quads_for_pattern(subject, link, None, DEFAULT)]
