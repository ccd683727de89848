"""Stores: graphs to ask. A file is loaded into memory; a directory is a store on disk, opened for reading only.

A store on disk is written as a whole: a new one, or a copy of the old one with the trials that were read put in, is
made beside it and takes its place at the end, so that a load that is killed leaves the old store or none.
"""

import gzip
import io
import json
import os
import re
import shutil
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyoxigraph
from pyoxigraph import NamedNode, Quad

from trialgraph.errors import InputError, TrialgraphError, UsageError
from trialgraph.iris import TYPE, tg
from trialgraph.writers import extension

_FORMATS = {
    ".jsonld": pyoxigraph.RdfFormat.JSON_LD,
    ".nq": pyoxigraph.RdfFormat.N_QUADS,
    ".nt": pyoxigraph.RdfFormat.N_TRIPLES,
    ".trig": pyoxigraph.RdfFormat.TRIG,
    ".ttl": pyoxigraph.RdfFormat.TURTLE,
}
#: The file that says who wrote a store, and in which form.
_MARK = "trialgraph.json"
_VERSION = 1
_NCT_ID = re.compile(r"NCT[0-9]{8}")
_TYPE, _TRIAL, _ABOUT = (NamedNode(term[1:-1]) for term in (TYPE, tg("Trial"), tg("about")))
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
        _check_version(path)
        try:
            return pyoxigraph.Store.read_only(path)
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(f"{path}: not a store that can be read: {error}") from error
    if os.path.isdir(path):
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


def check_place(path: str) -> Path:
    """The directory that a store is written to. Raises UsageError or InputError if there can be none."""
    target = Path(path).resolve()
    if is_store(path):
        _check_version(path, writing=True)
    elif os.path.exists(target) and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{path}: not a store, and not empty; name another directory")
    if not target.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {target.parent}")
    return target


def create(path: str, pieces: Iterable[bytes]) -> None:
    """Write a new store of N-Quads in pieces, optimised for reading. Raises UsageError if there can be none."""
    with _replacing(path) as folder:
        store = pyoxigraph.Store(folder)
        stream = _Pieces(pieces)
        try:
            store.bulk_load(cast("BinaryIO", io.BufferedReader(stream, 1 << 20)), format=pyoxigraph.RdfFormat.N_QUADS)
        except Exception:
            if stream.error:
                raise stream.error from None
            raise
        store.optimize()
        store.flush()
        del store  # closed before it moves


def update(path: str, pieces: Iterable[bytes]) -> Counter[str]:
    """Put trials into a store in the place of what it has of them, and drop shared things that nobody uses any more.

    Each piece holds all statements of some trials, or of shared things, as N-Quads. Gives the number of trials that are
    "added", "changed" and "unchanged". What is said of a shared thing that is still used stays: a store does not know
    which trial said it, so the old spelling of a sponsor's name is a second label until a new build. A killed update
    leaves the store as it was, and a hidden directory beside it that can be deleted. Raises
    InputError if another process writes the store.
    """
    _check_version(path, writing=True)
    try:
        old = pyoxigraph.Store(path)  # held open, so that nobody else can write it
    except (OSError, RuntimeError) as error:
        if "lock hold" in str(error) or "temporarily unavailable" in str(error):
            raise InputError(f"{path}: another process is writing this store; wait for it to end ({error})") from error
        raise InputError(f"{path}: not a store that can be changed: {error}") from error
    counts: Counter[str] = Counter()
    with _replacing(path) as folder:
        old.backup(folder)
        store = pyoxigraph.Store(folder)
        orphans: set[NamedNode] = set()
        for piece in pieces:
            read = pyoxigraph.Store()  # which spells numbers as the store on disk does: 2.0 is 2
            read.load(piece, format=pyoxigraph.RdfFormat.N_QUADS)
            _put(store, set(read), counts, orphans)
        _drop_unused(store, orphans)
        store.optimize()
        store.flush()
        del store, old  # an open store would clear away files under its old name, which are then another's
    return counts


def _put(store: pyoxigraph.Store, new: set[Quad], counts: Counter[str], orphans: set[NamedNode]) -> None:
    """Replace the trials of a piece, count them, and note what they no longer link to."""
    typed = (quad.subject for quad in new if quad.predicate == _TYPE and quad.object == _TRIAL)
    trials = [subject for subject in typed if isinstance(subject, NamedNode)]
    old = {quad for trial in trials for quad in of_trial(store, trial)}
    gone = old - new
    for quad in gone:
        store.remove(quad)
    store.extend(new - old)
    orphans |= {quad.object for quad in gone if isinstance(quad.object, NamedNode)}
    changed = {_nct_id(quad) for quad in old ^ new}
    known = {_nct_id(quad) for quad in old}
    for trial in set(trials):
        id_ = _NCT_ID.findall(str(trial))[-1]
        counts["unchanged" if id_ not in changed else "changed" if id_ in known else "added"] += 1


def _nct_id(quad: Quad) -> str:
    found = _NCT_ID.findall(str(quad.subject))
    return found[-1] if found else ""


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


def _drop_unused(store: pyoxigraph.Store, candidates: set[NamedNode]) -> None:
    """Remove what is known of things that no statement points at, and so on with what they pointed at."""
    waiting = sorted(candidates, key=str)
    while waiting:
        thing = waiting.pop()
        about = list(store.quads_for_pattern(thing, None, None, _DEFAULT))
        if any(quad.object == _TRIAL for quad in about) or any(store.quads_for_pattern(None, None, thing)):
            continue
        for quad in about:
            store.remove(quad)
        waiting += [quad.object for quad in about if isinstance(quad.object, NamedNode)]


@contextmanager
def _replacing(path: str) -> Iterator[str]:
    """A directory that takes the place of a store when all went well; else the old one stays as it was."""
    target = check_place(path)
    try:
        beside = Path(tempfile.mkdtemp(".part", f".{target.name[:40]}.", target.parent))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    new, old = beside / "new", beside / "old"
    try:
        yield str(new)
        (new / _MARK).write_text(json.dumps({"version": _VERSION}) + "\n", encoding="utf-8")
        if target.exists():
            os.rename(target, old)
        try:
            os.rename(new, target)
        except BaseException:
            if old.exists():
                os.rename(old, target)
            raise
    except OSError as error:
        raise TrialgraphError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        if os.path.exists(target) or not old.exists():  # else the only copy of the old store
            shutil.rmtree(beside, ignore_errors=True)


def _check_version(path: str, writing: bool = False) -> None:
    """A store without our mark can be read all the same, but not be changed."""
    try:
        version = json.loads((Path(path) / _MARK).read_text(encoding="utf-8")).get("version")
    except FileNotFoundError:
        if writing:
            raise UsageError(f"{path}: a store that trialgraph did not write; name another directory") from None
        return
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: {_MARK} cannot be read: {error}") from error
    if version != _VERSION:
        raise InputError(f"{path}: a store of version {version}, where this trialgraph reads {_VERSION}; build it anew")


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a stream, so that a store loads them while they are made."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._rest = iter(pieces), b""
        self.error: Exception | None = None  # which the engine would hide in one of its own

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            try:
                self._rest = next(self._pieces)
            except StopIteration:
                return 0
            except Exception as error:
                self.error = error
                raise
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _format(path: str) -> str:
    try:
        return extension(path)[0]
    except UsageError:
        return ""
