"""Each trial's nearest with the reasons, in a file: comparing all records takes minutes, asking the file nothing."""

import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing

import msgspec
import pyoxigraph
from msgspec import Struct

from trialgraph.errors import UsageError
from trialgraph.findings import clean
from trialgraph.serve.background import Tell
from trialgraph.serve.nodes import DEFAULT, TRIAL, TYPE, tg
from trialgraph.similar import Reason, Similar
from trialgraph.store import opened

FORM = "1"
_NEAREST = 10
_REASONS = 6  # of each; the weightiest
#: More trials than this would take too much memory: about 50 kB each.
_MOST = 60_000
_SIMILAR_TO = tg("similarTo")
#: Kinds of reasons whose things have a page.
_SHOWN = {"condition", "condition ancestor", "intervention", "intervention ancestor", "sponsor", "collaborator"}


class Why(Struct, frozen=True, array_like=True):
    """A reason: what two trials share, how much it counts, and the IRI of what has a page, or ""."""

    kind: str
    label: str
    weight: float
    thing: str = ""


class Neighbour(Struct, frozen=True, array_like=True):
    """A trial that is like another. `score` is the sum of the weights of all reasons, `reasons` the weightiest."""

    id: str
    title: str
    score: float
    reasons: list[Why]


class Listed(Struct, frozen=True, array_like=True):
    """A trial that a captured page lists as similar. It may have no record in the graph, and then no title."""

    id: str
    title: str
    here: bool


class Kept(Struct, frozen=True, array_like=True):
    """What the file has of one trial; or the store, until there is a file."""

    title: str
    neighbours: list[Neighbour]
    listed: list[Listed]


def make(path: str, file: str, tell: Tell) -> None:
    """Compare all trials of a store and write the file.

    Raises UsageError without the extra `similar`, and for more trials than a machine's memory would hold.
    """
    from trialgraph.similar import Corpus  # an extra, and slow to import

    store = opened(path)
    count = sum(1 for _ in store.quads_for_pattern(None, TYPE, TRIAL, DEFAULT))
    if count > _MOST:
        raise UsageError(f"the graph has {count:,} trials, and {_MOST:,} are the most that are compared")
    tell(0, count)
    corpus = Corpus(store)
    lists = _lists(store)
    with closing(sqlite3.connect(file)) as database:
        # Nothing beside the file, which is thrown away unless it is whole.
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        database.execute("CREATE TABLE nearest (id TEXT PRIMARY KEY, kept BLOB)")
        titles = dict(zip(corpus.ids, corpus.titles, strict=True))
        for done, (trial, nearest) in enumerate(corpus.all(_NEAREST), 1):
            listed = [Listed(other, clean(titles.get(other, "")), other in titles) for other in sorted(lists[trial])]
            kept = Kept(clean(titles[trial]), [_neighbour(each) for each in nearest], listed)
            database.execute("INSERT INTO nearest VALUES (?, ?)", (trial, packed(kept)))
            if done % 20 == 0:
                tell(done, count)
        database.commit()


def packed(kept: Kept) -> bytes:
    """What is kept of a trial as bytes: a fifth of its size as JSON."""
    return zlib.compress(msgspec.json.encode(kept), 6)


def unpacked(data: bytes) -> Kept:
    """What `packed` made bytes of."""
    return msgspec.json.decode(zlib.decompress(data), type=Kept)


def listed(store: pyoxigraph.Store, trial: pyoxigraph.NamedNode) -> Iterator[pyoxigraph.NamedNode]:
    """The trials that a captured page lists with a trial, whichever of the two the page is about."""
    for quad in store.quads_for_pattern(trial, _SIMILAR_TO, None, DEFAULT):
        if isinstance(quad.object, pyoxigraph.NamedNode):
            yield quad.object
    for quad in store.quads_for_pattern(None, _SIMILAR_TO, trial, DEFAULT):
        if isinstance(quad.subject, pyoxigraph.NamedNode):
            yield quad.subject


def id_of(trial: str) -> str:
    """The NCT id at the end of a trial's IRI, or another registry and the id in it."""
    return trial.rpartition("/trial/")[2]


def _lists(store: pyoxigraph.Store) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for quad in store.quads_for_pattern(None, _SIMILAR_TO, None, DEFAULT):
        one, other = (id_of(str(term).strip("<>")) for term in (quad.subject, quad.object))
        found[one].add(other)
        found[other].add(one)
    return found


def _neighbour(found: Similar) -> Neighbour:
    reasons = [
        Why(each.kind, clean(each.label), round(each.weight, 4), _thing(each)) for each in found.telling[:_REASONS]
    ]
    return Neighbour(found.nct_id, clean(found.title), round(found.score, 4), reasons)


def _thing(reason: Reason) -> str:
    return reason.things[0][1:-1] if reason.kind in _SHOWN and len(reason.things) == 1 else ""
