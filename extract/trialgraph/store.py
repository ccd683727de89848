"""Stores: graphs to ask. A file is loaded into memory; a directory is a store on disk, opened for reading only."""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyoxigraph
from pyoxigraph import NamedNode, Quad

from trialgraph.errors import InputError, UsageError
from trialgraph.iris import TRIAL, tg
from trialgraph.mark import MARK, read_mark
from trialgraph.writers import extension

_FORMATS = {
    ".jsonld": pyoxigraph.RdfFormat.JSON_LD,
    ".nq": pyoxigraph.RdfFormat.N_QUADS,
    ".nt": pyoxigraph.RdfFormat.N_TRIPLES,
    ".trig": pyoxigraph.RdfFormat.TRIG,
    ".ttl": pyoxigraph.RdfFormat.TURTLE,
}
_ABOUT = NamedNode(tg("about")[1:-1])
_DEFAULT = pyoxigraph.DefaultGraph()


def is_store(path: str) -> bool:
    """Whether a path is a store on disk: a directory with the files that the engine keeps."""
    return os.path.isfile(os.path.join(path, "CURRENT"))


def is_graph(path: str) -> bool:
    """Whether a path has the name of a graph file."""
    return bool(_format(path)) and not os.path.isdir(path)


def is_folder(path: str) -> bool:
    """Whether a path means a store to write: a name that ends in "/" or ".store", or a directory that is there.

    A directory with the name of a graph file is rather a mistake, unless it is a store.
    """
    return path.endswith((os.sep, "/", ".store")) or (os.path.isdir(path) and (not _format(path) or is_store(path)))


def opened(path: str) -> pyoxigraph.Store:
    """The graph of a file, in memory, or a store on disk, for reading. Raises InputError if it is neither."""
    if is_store(path):
        if (Path(path) / MARK).exists():  # one that another program wrote can be read too
            read_mark(path)
        try:
            return pyoxigraph.Store.read_only(path)
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(f"{path}: not a store that can be read: {error}") from error
    if os.path.isdir(path):
        raise InputError(f"{path}: a directory, but no store; `trialgraph build SOURCE... -o {path}` makes one")
    if path.startswith(("http://", "https://")):
        raise InputError(f"{path}: not on this machine; query, find, similar and validate take an --endpoint")
    if not is_graph(path):
        raise InputError(f"{path}: not a graph; a graph ends in {', '.join(_FORMATS)}, each also .gz, or is a store")
    store = pyoxigraph.Store()
    load(store, path)
    return store


def load(store: pyoxigraph.Store, path: str) -> None:
    """Add the graph of a file to a store. Raises InputError if it cannot be read."""
    with _reading(path) as (stream, format_):
        store.bulk_load(stream, format=format_)


def quads(path: str, rename: bool = False) -> Iterator[pyoxigraph.Quad]:
    """The statements of a graph file in their order, without holding them; blank nodes renamed if asked for.

    Raises InputError if the file cannot be read.
    """
    with _reading(path) as (stream, format_):
        yield from pyoxigraph.parse(stream, format=format_, rename_blank_nodes=rename)


@contextmanager
def _reading(path: str) -> Iterator[tuple[BinaryIO, pyoxigraph.RdfFormat]]:
    name, gzipped = extension(path)
    try:
        with gzip.open(path) if gzipped else open(path, "rb") as stream:
            yield cast("BinaryIO", stream), _FORMATS[name]
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (SyntaxError, ValueError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a graph in {name}: {error}") from error


def of_trial(store: pyoxigraph.Store, trial: NamedNode) -> Iterator[Quad]:
    """What a store has about a trial, its parts, its records and their disagreements, and its records' own graphs."""
    stem = f"{str(trial)[:-1]}/"
    about = (quad.subject for quad in store.quads_for_pattern(None, _ABOUT, trial, _DEFAULT))
    waiting = [trial, *(subject for subject in about if isinstance(subject, NamedNode))]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        yield from store.quads_for_pattern(None, None, None, node)
        for quad in store.quads_for_pattern(node, None, None, _DEFAULT):
            yield quad
            part = quad.object
            if isinstance(part, NamedNode) and part not in seen and str(part).startswith(stem):
                seen.add(part)
                waiting.append(part)


def shared(store: pyoxigraph.Store, trial: NamedNode) -> Iterator[Quad]:
    """What a store has about the things that a trial shares: those that it points at, and those that they point at."""
    waiting = [quad.object for quad in of_trial(store, trial)]
    seen: set[object] = set()
    while waiting:
        thing = waiting.pop()
        if not isinstance(thing, NamedNode) or thing in seen or TRIAL.search(thing.value):
            continue
        seen.add(thing)
        for quad in store.quads_for_pattern(thing, None, None, _DEFAULT):
            yield quad
            waiting.append(quad.object)


def _format(path: str) -> str:
    try:
        return extension(path)[0]
    except UsageError:
        return ""
