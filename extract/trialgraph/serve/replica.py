"""The store that a server works on: a copy of the user's, so that a rebuild or an update of that disturbs nobody.

A store's files never change once they are written, so the copy is of hard links where the file system has them, and
takes a moment and no space. It stands beside the user's store, or in the temporary folder where that cannot be written.
It goes when the server ends; what a killed server left goes when the next one starts.
"""

import errno
import glob
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import pyoxigraph

from trialgraph.errors import InputError
from trialgraph.locks import locked
from trialgraph.store import is_graph, is_store, load, opened

#: The file that a server holds locked for as long as it uses its copy.
_LOCK = "served.lock"
#: What can be linked, because it is never written again; the rest of a store's files are small.
_FIXED = ".sst"
_OF_A_STORE = re.compile(r"CURRENT|IDENTITY|(?:MANIFEST|OPTIONS)-\d+|\d+\.(?:sst|log)|trialgraph\.json")
_NO_LINK = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP)
_FULL = (errno.ENOSPC, errno.EDQUOT)
#: How often a copy is begun anew if the store is replaced meanwhile.
_TRIES = 3


@contextmanager
def replica(path: str) -> Iterator[str]:
    """The path of a store with the graph of a file or of a store, which can be written, and goes with the block.

    Raises InputError for what is no graph, or if there is no room.
    """
    home, prefix = _place(path)
    _clear(home, prefix)
    folder = Path(tempfile.mkdtemp(dir=home, prefix=prefix))
    with _in_use(folder):
        copy = str(folder / "store")
        try:
            _linked(path, copy) if is_store(path) else _loaded(path, copy)
        except OSError as error:
            raise InputError(f"{path}: cannot be copied to {folder}: {error.strerror or error}") from error
        yield copy


def stamp(path: str) -> str:
    """What changes whenever a graph does: a digest of the names, sizes and times of its files."""
    files = [Path(path)] if os.path.isfile(path) else [f for f in Path(path).iterdir() if f.suffix in (_FIXED, ".log")]
    facts = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(files)]
    return blake2b(repr(facts).encode(), digest_size=8).hexdigest()


def _place(path: str) -> tuple[Path, str]:
    """The folder of a copy and the beginning of its name."""
    target = Path(path).resolve()
    if is_store(path) and os.access(target.parent, os.W_OK):
        return target.parent, f".{target.name[:40]}.served-"
    return Path(tempfile.gettempdir()), "trialgraph-served-"


def _clear(home: Path, prefix: str) -> None:
    """Remove the copies of servers that were killed."""
    for folder in home.glob(f"{glob.escape(prefix)}*"):
        lock = locked(folder / _LOCK)
        if lock is not None:  # else a server uses it, or on Windows nobody can tell
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


@contextmanager
def _in_use(folder: Path) -> Iterator[None]:
    """Hold a folder as one in use, and remove it at the end."""
    new = folder / "new.lock"
    try:
        new.touch()
        lock = locked(new)
        try:
            new.rename(folder / _LOCK)  # nobody finds it before it is locked
            yield
        finally:
            if lock is not None:
                os.close(lock)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _loaded(path: str, copy: str) -> None:
    if not is_graph(path):
        opened(path)  # says what is wrong
    store = pyoxigraph.Store(copy)
    load(store, path)
    store.optimize()
    store.flush()


def _linked(path: str, copy: str) -> None:
    """Copy a store, which may be replaced meanwhile: then anew from what took its place.

    `Store.backup` would do, but of a store that is open for reading it leaves out what was written last and is only in
    the log; and one open for writing keeps others from it.
    """
    opened(path)  # says what is wrong
    for tries in range(1, _TRIES + 1):
        os.mkdir(copy)
        try:
            folder = os.stat(path).st_ino
            _each_file(path, copy)
            if os.stat(path).st_ino == folder:  # else some files are of the store that took the place of the other
                pyoxigraph.Store(copy).flush()
                return
        except (OSError, RuntimeError, ValueError) as error:
            if tries == _TRIES or getattr(error, "errno", None) in _FULL:
                raise InputError(f"{path}: cannot be copied to {copy}: {error}") from error
        shutil.rmtree(copy)
    raise InputError(f"{path}: is being written; try again when that has ended")


def _each_file(path: str, copy: str) -> None:
    for file in filter(_OF_A_STORE.fullmatch, os.listdir(path)):
        source, target = os.path.join(path, file), os.path.join(copy, file)
        if file.endswith(_FIXED):
            try:
                os.link(source, target)
                continue
            except OSError as error:
                if error.errno not in _NO_LINK:
                    raise
        shutil.copyfile(source, target)
