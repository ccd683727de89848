"""removed.ttl in the folder of a store: the trials that went, when and why, in the terms of the ontology.

It stands beside the graph and not in it, so that the graph of a store that was synced is that of one built anew.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyoxigraph
from msgspec import Struct
from pyoxigraph import Literal, NamedNode

from trialgraph.errors import InputError
from trialgraph.iris import DCTERMS, LABEL, TYPE, tg
from trialgraph.statements import Statement, typed, verbatim
from trialgraph.writers import FORMATS

NAME = "removed.ttl"
REMOVED = "no longer in the registry"
MERGED = "merged into another trial"
LEFT = "no longer found by the search"


class Removal(Struct, frozen=True):
    """A trial that was taken out of a store."""

    nct_id: str
    title: str
    day: str  # of the registry's data
    reason: str  # REMOVED, MERGED or LEFT
    into: str = ""  # the NCT id under which the registry has it now


def read(store: Path) -> dict[str, Removal]:
    """The removals of a store, by NCT id. Raises InputError if their file cannot be read."""
    path = store / NAME
    if not path.exists():
        return {}
    graph = pyoxigraph.Store()
    try:
        graph.load(path=str(path), format=pyoxigraph.RdfFormat.TURTLE)
    except (OSError, SyntaxError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    found = {}
    for quad in graph.quads_for_pattern(None, NamedNode(TYPE[1:-1]), NamedNode(tg("Removal")[1:-1])):
        said = {each.predicate: each.object for each in graph.quads_for_pattern(quad.subject, None, None)}
        nct_id, into = _id(said.get(_ABOUT)), _id(said.get(_INTO))
        found[nct_id] = Removal(
            nct_id, _text(said, LABEL), _text(said, tg("removed")), _text(said, tg("removalReason")), into
        )
    return found


def encoded(removals: Iterable[Removal], base: str) -> bytes:
    """The file of removals."""
    turtle = FORMATS[".ttl"]
    blocks = [turtle.block(list(_rows(each, base)), base, "") for each in sorted(removals, key=lambda r: r.nct_id)]
    return turtle.header(base).encode() + turtle.separator.encode().join(blocks) + turtle.footer.encode()


_ABOUT, _INTO = NamedNode(tg("about")[1:-1]), NamedNode(f"{DCTERMS}isReplacedBy")


def _rows(removal: Removal, base: str) -> Iterable[Statement]:
    node = f"<{base}removal/{removal.nct_id}>"
    yield node, TYPE, tg("Removal")
    yield node, LABEL, verbatim(removal.title or removal.nct_id)
    yield node, tg("about"), f"<{base}trial/{removal.nct_id}>"
    yield node, tg("removed"), typed(removal.day, "date")
    yield node, tg("removalReason"), verbatim(removal.reason)
    if removal.into:
        yield node, f"<{DCTERMS}isReplacedBy>", f"<{base}trial/{removal.into}>"


def _id(term: object) -> str:
    return term.value.rpartition("/")[2] if isinstance(term, NamedNode) else ""


def _text(said: Mapping[NamedNode, object], predicate: str) -> str:
    term = said.get(NamedNode(predicate[1:-1]))
    return term.value if isinstance(term, Literal) else ""
