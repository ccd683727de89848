"""The graph that a server shows, made ready: copied, without the contacts that are not shown, counted and described."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph
from msgspec import Struct
from pyoxigraph import NamedNode, Quad

from trialgraph.iris import BASE
from trialgraph.serve.counts import Counts, base_of, kept
from trialgraph.serve.description import statements
from trialgraph.serve.nodes import TRIAL, TYPE
from trialgraph.serve.replica import replica, stamp
from trialgraph.serve.settings import Settings
from trialgraph.serve.withhold import withhold
from trialgraph.store import is_store


class Graph(Struct, frozen=True):
    """A graph that is ready to be served."""

    path: str  # of the store that workers open
    name: str  # what the user calls it
    counts: Counts  # of the data, without their description
    folder: str  # where what is made of the data can be kept for the next start
    version: str  # changes with the data, and with which contacts are shown


@contextmanager
def prepared(path: str, settings: Settings, url: str, tell: Callable[[str], None]) -> Iterator[Graph]:
    """The graph of a file or of a store, made ready for a server at `url`; `tell` is told what is being done.

    Raises InputError if there is no graph.
    """
    mark = stamp(path) if os.path.exists(path) else ""
    if not is_store(path):
        tell(f"loading {path}")
    with replica(path) as copy:
        store = pyoxigraph.Store(copy)
        if settings.contacts != "full":
            tell("leaving out contact details")
            withhold(store, settings.contacts, _base(store))
        # What is made of a graph without contacts is not for a store that has them.
        folder = path if is_store(path) and settings.contacts == "full" and os.access(path, os.W_OK) else copy
        file = Path(folder) / f"counts-{mark}.json"
        if not file.exists():
            tell("counting what the graph holds")
        counts = kept(store, file)
        name = os.path.basename(os.path.normpath(path))
        said = statements(counts, url, name)
        store.extend(Quad(each.subject, each.predicate, each.object) for each in said)
        store.flush()
        del store  # so that workers open what is complete
        yield Graph(copy, name, counts, folder, f"{mark}-{settings.contacts}-{settings.version}")


def _base(store: pyoxigraph.Store) -> str:
    """The base of the IRIs of a graph, as that of a trial has it."""
    trial = next(store.quads_for_pattern(None, TYPE, TRIAL), None)
    return base_of(trial.subject.value) if trial and isinstance(trial.subject, NamedNode) else BASE
