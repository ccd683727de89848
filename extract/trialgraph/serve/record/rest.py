"""Everything else: what the graph says of a trial and no section of the page has asked for."""

from msgspec import Struct

from trialgraph.extractors.sites import SHORT_CUTS
from trialgraph.serve.labels import words
from trialgraph.serve.record.facts import Fact, facts, label_of
from trialgraph.serve.record.gather import Gathered, Node

#: Properties that say once more what the page says: the class of a part, days for comparing dates by, and short cuts.
REPEATED = SHORT_CUTS | {"type", "startDateLatest", "primaryCompletionDateLatest", "completionDateLatest"}
#: Classes that other parts of the page show.
_ELSEWHERE = ("Similarity", "SimilarityReason")


class Thing(Struct, frozen=True):
    """A part of the trial with what is left to say of it."""

    name: str
    iri: str
    facts: tuple[Fact, ...]


def rest(gathered: Gathered) -> tuple[Thing, ...]:
    """What no section has asked for, by the part of the trial."""
    return tuple(thing for node in gathered.own() if (thing := _thing(node)).facts)


def _thing(node: Node) -> Thing:
    left = sorted(node.facts.keys() - node.asked - REPEATED)
    classes = [type_ for type_ in node.facts.get("type", ()) if type_ in words()]
    if any(type_.rpartition("#")[2] in _ELSEWHERE for type_ in classes):
        return Thing("", node.iri, ())
    return Thing(words()[min(classes)] if classes else label_of(node, node.iri), node.iri, facts(node, left))
