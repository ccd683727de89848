"""Stores on disk are written as a whole: a new one, or a copy of the old one in which trials are replaced.

It is made beside the old one and takes its place at the end, so that a load that is killed leaves the old one or none.
"""

import io
import os
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from traceback import clear_frames
from typing import BinaryIO, NamedTuple, TypeAlias, cast

import pyoxigraph
from pyoxigraph import NamedNode, Quad

from trialgraph.errors import InputError, UsageError
from trialgraph.iris import TYPE, tg
from trialgraph.limits import allow_files
from trialgraph.mark import MARK, Mark, encoded, read_mark
from trialgraph.said import NAME, Respelled, Said, hash_of
from trialgraph.store import is_store, of_trial, shared
from trialgraph.stream import Progress
from trialgraph.swap import Left, clear, replacing

#: Files by their names in the folder of a store.
Files: TypeAlias = Mapping[str, bytes]
#: The files that a store keeps when its trials change.
KEPT = (MARK, NAME, "sync.json", "removed.ttl")
#: As many bytes of N-Quads are loaded at once, some thousands of trials: what a killed build has to do again, at most.
_BATCH = 1 << 29
_NCT_ID = re.compile(r"NCT[0-9]{8}")
_TYPE, _TRIAL = (NamedNode(term[1:-1]) for term in (TYPE, tg("Trial")))


def check_place(
    path: str, tell: Callable[[str], None] | None = None, spare: Callable[[Path], bool] = lambda folder: False
) -> Path:
    """The directory that a store is written to. Raises UsageError or InputError if there can be none.

    With `tell`, what runs that were killed left beside it is removed but for what is to be spared, and `tell` is told.
    """
    target = Path(path).resolve()
    if tell and target.parent.is_dir():
        clear(target, tell, spare)
    if is_store(path):
        read_mark(path)
        if not (target / NAME).exists():
            raise InputError(f"{path}: written by an older trialgraph, which noted less of it; build it anew")
    elif os.path.exists(target) and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{path}: not a store, and not empty; name another directory")
    if not target.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {target.parent}")
    if not os.access(target.parent, os.W_OK):
        raise UsageError(f"{path}: the folder {target.parent} is not writable")
    return target


def create(
    path: str,
    pieces: Iterable[bytes],
    said: Said,
    mark: Mark,
    files: Files | None = None,
    *,
    left: Left | None = None,
    note: Callable[[Path], None] = lambda beside: None,
    progress: Progress = lambda stage, done, total: None,
) -> None:
    """Write a new store of N-Quads in pieces, optimised for reading. Raises UsageError if there can be none.

    `said` has what each trial says of shared things once the pieces are made; `files` are put beside the statements.
    Statements are loaded in batches. After each but the last, `note` is called with the hidden folder in which the
    store is made, to note how far it is; `left` is such a folder to go on with.
    """
    with replacing(path, check_place(path), left) as folder:
        store, waiting = pyoxigraph.Store(folder), _told(pieces, progress)
        try:
            while _load(store, waiting):
                store.flush()
                said.save(folder)
                said.clear()
                note(folder.parent)
            progress("optimising", 0, None)
            store.optimize()
            store.flush()
        except BaseException as error:
            clear_frames(error.__traceback__)  # or they keep the store open as long as somebody has the error
            raise
        finally:
            del store  # closed before it moves
        said.save(folder)
        _write(folder, {MARK: encoded(mark), **(files or {})})


def _told(pieces: Iterable[bytes], progress: Progress) -> Iterator[bytes]:
    """The pieces; it is told when all are made, and the engine has still to load the last of them."""
    yield from pieces
    progress("loading", 0, None)


def _load(store: pyoxigraph.Store, pieces: Iterator[bytes]) -> bool:
    """Load a batch of pieces while they are made. Gives whether there may be more."""
    batch = _Batch(pieces)
    try:
        # Our own N-Quads, which tests hold to be valid, need not be checked again: a tenth of the time.
        stream = cast("BinaryIO", io.BufferedReader(batch, 1 << 20))
        store.bulk_load(stream, format=pyoxigraph.RdfFormat.N_QUADS, lenient=True)
    except Exception:
        if batch.error:
            raise batch.error from None
        raise
    return not batch.was_last


def update(path: str, pieces: Iterable[bytes], said: Said) -> Counter[str]:
    """Put trials into a store in the place of what it has of them, and drop what no trial says any more.

    Each piece holds all statements of some trials, or of shared things, as N-Quads; `said` has what each of the trials
    says of shared things once the pieces are made. Gives the number of trials that are "added", "changed" and
    "unchanged". A killed update leaves the store as it was. Raises InputError if another process writes the store.
    """
    counts: Counter[str] = Counter()
    with closing(Held(path)) as old, changing(path, old) as change:
        for piece in pieces:
            counts.update(each.kind for each in change.put(piece))
        change.settle(said)
        change.store.optimize()
    return counts


class Held:
    """A store that is open, so that nobody else can write it. Raises InputError if another process writes it."""

    def __init__(self, path: str) -> None:
        self.path = check_place(path)
        allow_files()
        self.store = _writable(path)

    def close(self) -> None:
        """Let others write it."""
        if hasattr(self, "store"):
            del self.store


def _writable(path: str) -> pyoxigraph.Store:
    try:
        return pyoxigraph.Store(path)
    except (OSError, RuntimeError) as error:
        if "lock hold" in str(error) or "temporarily unavailable" in str(error):
            raise InputError(f"{path}: another process is writing this store; wait for it to end ({error})") from error
        raise InputError(f"{path}: not a store that can be changed: {error}") from error


class Changed(NamedTuple):
    """What is no longer said of a trial that is put into a store, and what is new of one that the store had."""

    nct_id: str
    went: frozenset[Quad]
    came: frozenset[Quad]
    known: bool  # whether the store had the trial

    @property
    def kind(self) -> str:
        """The trial is "added", "changed" or "unchanged"."""
        return "added" if not self.known else "changed" if self.went or self.came else "unchanged"


class Change:
    """A copy of a store, in which trials are replaced."""

    def __init__(self, old: Held, folder: Path) -> None:
        old.store.backup(str(folder))
        for name in KEPT:
            if (old.path / name).exists():
                shutil.copyfile(old.path / name, folder / name)
        self.folder, self.old = folder, old
        self.store = pyoxigraph.Store(folder)
        self.gone: dict[str, NamedNode] = {}
        self._trials: dict[str, NamedNode] = {}

    def put(self, piece: bytes) -> list[Changed]:
        """Put the trials of a piece in the place of what is there, and add what it says of shared things."""
        read = pyoxigraph.Store()  # which spells numbers as the store on disk does: 2.0 is 2
        read.load(piece, format=pyoxigraph.RdfFormat.N_QUADS)
        new = set(read)
        typed = (quad.subject for quad in new if quad.predicate == _TYPE and quad.object == _TRIAL)
        trials = {_nct_id(subject): subject for subject in typed if isinstance(subject, NamedNode)}
        self._trials |= trials
        old = {quad for trial in trials.values() for quad in of_trial(self.store, trial)}
        for quad in old - new:
            self.store.remove(quad)
        self.store.extend(new - old)
        known = {_nct_id(quad.subject) for quad in old}
        went, came = _by_trial(old - new), _by_trial(quad for quad in new - old if _nct_id(quad.subject) in known)
        none: frozenset[Quad] = frozenset()
        return [Changed(each, went.get(each, none), came.get(each, none), each in known) for each in sorted(trials)]

    def remove(self, nct_id: str, trial: NamedNode) -> Changed:
        """Take a trial out."""
        self.gone[nct_id] = trial
        went = frozenset(of_trial(self.store, trial))
        for quad in went:
            self.store.remove(quad)
        return Changed(nct_id, went, frozenset(), known=True)

    def settle(self, said: Said) -> dict[str, Respelled]:
        """Remove what is said of shared things by no trial any more; give what each trial says otherwise."""
        lost, changed = said.save(self.folder, self.gone.keys())
        nodes = self._trials | self.gone
        for nct_id, each in changed.items():
            if each.went & lost:
                for quad in shared(self.old.store, nodes[nct_id]):
                    if hash_of(quad) in lost:
                        self.store.remove(quad)
        return changed

    def write(self, files: Files) -> None:
        """Put files beside the statements."""
        _write(self.folder, files)

    def close(self) -> None:
        """Close both stores: an open one would clear away files under its old name, which are then another's."""
        self.store.flush()
        del self.store
        self.old.close()


@contextmanager
def changing(path: str, old: Held) -> Iterator[Change]:
    """A copy of a store that takes its place at the end of the block, unless LeftOut is raised in it."""
    with replacing(path, check_place(path)) as folder:
        change = Change(old, folder)
        yield change
        change.close()


def _by_trial(quads: Iterable[Quad]) -> dict[str, frozenset[Quad]]:
    found: defaultdict[str, set[Quad]] = defaultdict(set)
    for quad in quads:
        found[_nct_id(quad.subject) or _nct_id(quad.graph_name)].add(quad)
    return {nct_id: frozenset(each) for nct_id, each in found.items()}


def _nct_id(node: object) -> str:
    found = _NCT_ID.findall(str(node))
    return found[-1] if found else ""


def _write(folder: Path, files: Files) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)


class _Batch(io.RawIOBase):
    """Pieces of bytes as a stream, up to the size of a batch."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest, self._size = pieces, memoryview(b""), 0
        self.was_last = False
        self.error: Exception | None = None  # which the engine would hide in one of its own

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            if self._size >= _BATCH:
                return 0
            try:
                self._rest = memoryview(next(self._pieces))
            except StopIteration:
                self.was_last = True
                return 0
            except Exception as error:
                self.error = error
                raise
            self._size += len(self._rest)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
