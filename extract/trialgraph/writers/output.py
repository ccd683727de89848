"""Files that are written whole or not at all."""

import gzip
import io
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from trialgraph import hidden
from trialgraph.errors import TrialgraphError, UsageError
from trialgraph.locks import locked


@contextmanager
def output(path: str, gzipped: bool = False, tell: Callable[[str], None] = lambda message: None) -> Iterator[BinaryIO]:
    """A stream of bytes that takes the place of the file when all is written; "-" is standard output.

    Until then the old file stands as it was, and stays if an error is raised. The bytes of a compressed file depend
    on nothing but its content. What runs that were killed left beside the file is removed, and `tell` is told of it.
    Raises UsageError if there can be no such file, TrialgraphError if writing fails.
    """
    try:
        file = _standard_output() if path == "-" else _file(Path(path), tell)
        with file as opened, _compressed(opened, gzipped) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "standard output" if path == "-" else path
        raise TrialgraphError(f"{name}: cannot be written: {error.strerror or error}") from error


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError:
        # What is still in the buffer has nowhere to go, and must not fail again when Python ends.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


@contextmanager
def _file(path: Path, tell: Callable[[str], None]) -> Iterator[BinaryIO]:
    try:
        target = writable(path)
        _clear(target, tell)
        descriptor, name = tempfile.mkstemp(prefix=hidden.prefix(target), suffix=hidden.SUFFIX, dir=target.parent)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    lock = locked(Path(name))
    try:
        # By its name, and not os.fdopen: workers write into the file, too, and find it by that.
        with open(name, "wb", buffering=1 << 20, opener=lambda *_: descriptor) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask())
        os.replace(name, target)
        _sync_folder(target.parent)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
    finally:
        if lock is not None:
            os.close(lock)


def _clear(target: Path, tell: Callable[[str], None]) -> None:
    """Remove what runs that were killed left beside a file; what is locked is being written."""
    for part in hidden.beside(target):
        if part.is_file() and (lock := locked(part)) is not None:
            part.unlink(missing_ok=True)
            os.close(lock)
            tell(f"{part}: removed; a run that was killed had left it")


def writable(path: str | Path) -> Path:
    """The file that a path means. Raises UsageError if it cannot be replaced as a whole."""
    path = Path(path)
    target = path.resolve() if path.is_symlink() else path
    if not target.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {target.parent}")
    if target.is_dir():
        raise UsageError(f"{path}: a folder; name a file")
    if target.exists() and not target.is_file():
        raise UsageError(f"{path}: not a regular file; write to - and redirect instead")
    if not os.access(target.parent, os.W_OK):
        raise UsageError(f"{path}: the folder {target.parent} is not writable")
    return target


@contextmanager
def _compressed(stream: BinaryIO, gzipped: bool) -> Iterator[BinaryIO]:
    if not gzipped:
        yield stream
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0, compresslevel=6) as compressed:
        buffered = io.BufferedWriter(compressed, 1 << 18)
        yield cast("BinaryIO", buffered)
        buffered.flush()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make the rename last through a crash, where the system lets a folder be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
