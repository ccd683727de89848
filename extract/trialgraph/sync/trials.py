"""What a store holds of the registry: each trial with the hash and the date of its record."""

import pyoxigraph
from msgspec import Struct
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from trialgraph.errors import UsageError
from trialgraph.iris import tg
from trialgraph.readers import ctgov

_SHA256, _UPDATED = (NamedNode(tg(name)[1:-1]) for name in ("sha256", "recordUpdated"))
_DEFAULT = DefaultGraph()


class Version(Struct):
    """The version that a store has of a study."""

    sha256: str  # of its bytes; "" if the store has several records of the trial
    updated: str  # lastUpdatePostDate; "" if it has none


def of_store(store: pyoxigraph.Store, path: str, base: str) -> dict[str, Version]:
    """The studies of a store, by NCT id. Raises UsageError for a store that holds records of other sources too."""
    found: dict[str, Version] = {}
    stem = f"{base}record/{ctgov.NAME}/"
    updated = {quad.subject: _text(quad) for quad in store.quads_for_pattern(None, _UPDATED, None, _DEFAULT)}
    for quad in store.quads_for_pattern(None, _SHA256, None, _DEFAULT):
        record = quad.subject.value if isinstance(quad.subject, NamedNode) else ""
        if not record.startswith(stem):
            raise UsageError(
                f"{path}: has {record.removeprefix(base)}, which is not of the registry's API, and which a sync would"
                " drop; sync a store that is built of the registry's records alone"
            )
        nct_id, _, older = record.removeprefix(stem).partition("/")
        several = older or nct_id in found
        found[nct_id] = Version("" if several else _text(quad), "" if several else updated.get(quad.subject, ""))
    return found


def _text(quad: Quad) -> str:
    return quad.object.value if isinstance(quad.object, Literal) else ""
