"""Files, directories, zip archives and standard input as streams of plain bytes.

Compression and encoding are told by content, never by name: gzip, Zstandard, zip, a UTF-8 or UTF-16 byte order mark.
"""

import codecs
import gzip
import io
import lzma
import os
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from trialgraph.errors import InputError
from trialgraph.readers.clean import REPLACEMENT, clean

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: How a member of an archive may expand; 200 times is far beyond any real record.
_LARGEST_RATIO = 200
_LARGEST_MEMBER = 1 << 30
_MOST_MEMBERS = 2_000_000
#: UTF-16 is turned into UTF-8 as a whole.
_LARGEST_UTF16 = 1 << 28
#: What reading a broken stream raises; zipfile has NotImplementedError for a method of compression that it lacks.
_BROKEN = (
    *(OSError, EOFError, ValueError, NotImplementedError),
    *(zlib.error, lzma.LZMAError, zipfile.BadZipFile, zstd.ZstdError),
)

#: How many bytes of a stream `beginning` shows at most.
HEAD = 1 << 16

#: Something to read: what to call it, how to open it, and whether it is one of many in a directory.
Entry = tuple[str, Callable[[], BinaryIO], bool]


class BrokenError(InputError):
    """A source that breaks off or turns out to be damaged; the records before that may have been read already."""


class NoFileError(InputError):
    """Something in a directory that is no file, such as a pipe."""


def entries(source: str) -> Iterator[Entry]:
    """The streams of a path, or of standard input for "-". Raises InputError if there is no such file."""
    if source == "-":
        yield "standard input", _standard_input, False
        return
    path = Path(source)
    try:
        if path.is_dir():
            files = list(files_of(path))
            for file in files:
                yield shown(str(file)), partial(regular, file), True
            if not files:
                raise InputError(f"{shown(source)}: the directory holds no file")
        elif not path.exists():
            raise InputError(f"{shown(source)}: no such file or directory")
        else:
            yield shown(source), lambda: path.open("rb"), False
    except OSError as error:
        raise InputError(f"{shown(str(error.filename or source))}: cannot be read: {error.strerror}") from error


def shown(name: str) -> str:
    """The name of a file as messages and reports can carry it: in one line, and in UTF-8."""
    return clean(name).replace("\n", REPLACEMENT).replace("\r", REPLACEMENT)


def plain(name: str, stream: BinaryIO) -> Iterator[tuple[str, BinaryIO, bool]]:
    """The plain streams in a stream: itself, decompressed, or the members of a zip archive, which are many.

    Raises BrokenError, as reading them does, where the stream is damaged.
    """
    buffered = _buffered(name, stream)
    magic = beginning(buffered)[:4]
    if magic in (b"PK\x03\x04", b"PK\x05\x06"):
        for member, inner in _members(name, stream, buffered):
            yield member, _decoded(member, _decompressed(member, inner)), True
    else:
        yield name, _decoded(name, _decompressed(name, buffered)), False


def beginning(stream: BinaryIO) -> bytes:
    """The next bytes of a stream of `plain`, without taking them: HEAD of them, or all that there are."""
    return cast("io.BufferedReader", stream).peek(HEAD)[:HEAD]


class _Raw(io.RawIOBase):
    """A stream that shows its first HEAD bytes at once, however they come in, and says where it breaks off."""

    def __init__(self, name: str, stream: Any) -> None:
        self._name, self._stream, self._read, self._head = name, stream, 0, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        try:
            block = self._next(len(buffer))
        except _BROKEN as error:
            raise BrokenError(f"{self._name}: cannot be read beyond byte {self._read:,}: {reason(error)}") from error
        buffer[: len(block)] = block
        return len(block)

    def _next(self, size: int) -> bytes:
        while self._read < HEAD and (block := self._more(HEAD - self._read)):
            self._head += block
        if not self._head:
            return self._more(size)
        block, self._head = self._head[:size], self._head[size:]
        return block

    def _more(self, size: int) -> bytes:
        block: bytes = self._stream.read1(size)
        self._read += len(block)
        return block


def reason(error: BaseException) -> str:
    """What an error of the system or of a library says."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _standard_input() -> BinaryIO:
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("standard input: closed, or read already")
    return cast("BinaryIO", sys.stdin.buffer)


def files_of(folder: Path) -> Iterator[Path]:
    """The files of a folder and of the folders in it, in order; hidden ones are left out, links are followed once."""
    seen = set()
    for root, folders, names in os.walk(folder, followlinks=True, onerror=_fail):
        status = os.stat(root)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        yield from (Path(root) / name for name in sorted(names) if not name.startswith("."))


def _fail(error: OSError) -> None:
    raise error


def regular(file: Path) -> BinaryIO:
    """A file of a directory, opened. A pipe or a device is not, for reading it might never end."""
    if file.exists() and not file.is_file():
        raise NoFileError(f"{shown(str(file))}: not a regular file; name it itself to read it")
    return file.open("rb")


def _buffered(name: str, stream: object) -> io.BufferedReader:
    return io.BufferedReader(_Raw(name, stream), HEAD)


def _decompressed(name: str, stream: io.BufferedReader) -> io.BufferedReader:
    magic = beginning(stream)[:4]
    if magic[:2] == b"\x1f\x8b":
        return _buffered(name, gzip.GzipFile(fileobj=stream))
    if magic == b"\x28\xb5\x2f\xfd":
        return _buffered(name, zstd.ZstdFile(stream))
    return stream


def _decoded(name: str, stream: io.BufferedReader) -> BinaryIO:
    """The stream in UTF-8, without a byte order mark."""
    head = beginning(stream)[:3]
    if head == codecs.BOM_UTF8:
        stream.read(3)
    elif head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        data = stream.read(_LARGEST_UTF16)
        if len(data) == _LARGEST_UTF16:
            raise InputError(f"{name}: UTF-16 of more than {_LARGEST_UTF16 >> 20} MiB; save it as UTF-8")
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise InputError(f"{name}: not UTF-16 at byte {error.start:,}; save it as UTF-8") from error
        return io.BufferedReader(cast("Any", io.BytesIO(text.encode())), HEAD)
    return cast("BinaryIO", stream)


def _members(name: str, stream: BinaryIO, buffered: BinaryIO) -> Iterator[tuple[str, io.BufferedReader]]:
    """The members of a zip archive, in order of their names, each checked before it is read."""
    with tempfile.TemporaryFile() as copy:
        if not stream.seekable():
            while block := buffered.read(1 << 20):
                copy.write(block)
        file = stream if stream.seekable() else cast("BinaryIO", copy)
        try:
            archive, size = zipfile.ZipFile(file), file.seek(0, io.SEEK_END)
        except _BROKEN as error:
            raise BrokenError(f"{name}: a zip archive that is cut off or damaged: {reason(error)}") from error
        with archive:
            infos = sorted((info for info in archive.infolist() if not info.is_dir()), key=lambda info: info.filename)
            if not infos:
                raise InputError(f"{name}: the archive holds no file")
            if len(infos) > _MOST_MEMBERS:
                raise InputError(f"{name}: the archive has {len(infos):,} members; at most {_MOST_MEMBERS:,} are read")
            if sum(info.compress_size for info in infos) > size:
                raise InputError(f"{name}: the members of the archive overlap; not read")
            for info in infos:
                _check(name, info)
            for info in infos:
                member = f"{name}/{shown(info.filename)}"
                try:
                    opened = archive.open(info)
                except _BROKEN as error:
                    raise BrokenError(f"{member}: cannot be read: {reason(error)}") from error
                with opened:
                    yield member, _buffered(member, opened)


def _check(name: str, info: zipfile.ZipInfo) -> None:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise InputError(f"{name}: the member {info.filename!r} points outside of the archive; not read")
    if info.flag_bits & 1:
        raise InputError(f"{name}: the member {info.filename!r} is encrypted; decrypt the archive first")
    if info.file_size > _LARGEST_MEMBER or info.file_size > _LARGEST_RATIO * max(info.compress_size, 1):
        raise InputError(
            f"{name}: the member {info.filename!r} would expand from {info.compress_size:,} to {info.file_size:,}"
            " bytes; not read"
        )
