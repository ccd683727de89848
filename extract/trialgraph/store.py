"""Graphs to ask: a file is loaded into memory, a directory is a store on disk and is opened for reading only."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyoxigraph

from trialgraph.errors import InputError, UsageError
from trialgraph.writers import extension

_FORMATS = {
    ".jsonld": pyoxigraph.RdfFormat.JSON_LD,
    ".nq": pyoxigraph.RdfFormat.N_QUADS,
    ".nt": pyoxigraph.RdfFormat.N_TRIPLES,
    ".trig": pyoxigraph.RdfFormat.TRIG,
    ".ttl": pyoxigraph.RdfFormat.TURTLE,
}


def is_store(path: str) -> bool:
    """Whether a path is a store on disk: a directory with the files that the engine keeps."""
    return (Path(path) / "CURRENT").is_file()


def is_graph(path: str) -> bool:
    """Whether a path has the name of a graph file."""
    return bool(_format(path)) and not Path(path).is_dir()


def opened(path: str) -> pyoxigraph.Store:
    """The graph of a file, in memory, or a store on disk, for reading. Raises InputError if it is neither."""
    if is_store(path):
        try:
            return pyoxigraph.Store.read_only(path)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: not a store that can be read: {error}") from error
    if Path(path).is_dir():
        raise InputError(f"{path}: a directory, but no store; `trialgraph build SOURCE... -o {path}` makes one")
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


def _format(path: str) -> str:
    try:
        return extension(path)[0]
    except UsageError:
        return ""
