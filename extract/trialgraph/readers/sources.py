"""Files, directories, zip archives and standard input as streams of plain bytes.

Compression and encoding are told by content, never by name: gzip, Zstandard, zip, a UTF-8 or UTF-16 byte order mark.
"""

import codecs
import gzip
import io
import os
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from trialgraph.errors import InputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: How a member of an archive may expand; 200 times is far beyond any real record.
_LARGEST_RATIO = 200
_LARGEST_MEMBER = 1 << 30
_MOST_MEMBERS = 2_000_000
#: What reading a broken stream raises.
BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, zstd.ZstdError, UnicodeError)

HEAD = 1 << 16

#: Something to read: what to call it, how to open it, and whether it is one of many in a directory or an archive.
Entry = tuple[str, Callable[[], BinaryIO], bool]


def entries(source: str) -> Iterator[Entry]:
    """The streams of a path, or of standard input for "-". Raises InputError if there is no such file."""
    if source == "-":
        yield "standard input", lambda: cast("BinaryIO", sys.stdin.buffer), False
        return
    path = Path(source)
    if path.is_dir():
        files = sorted(file for file in _files(path) if not any(part.startswith(".") for part in file.parts[1:]))
        for file in files:
            yield str(file), lambda file=file: file.open("rb"), True  # type: ignore[misc]
        if not files:
            raise InputError(f"{source}: the directory holds no file")
    elif not path.exists():
        raise InputError(f"{source}: no such file or directory")
    else:
        yield source, lambda: path.open("rb"), False


def _files(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        yield from (Path(root) / name for name in names)


def plain(name: str, stream: BinaryIO) -> Iterator[tuple[str, BinaryIO, bool]]:
    """The plain streams in a stream: itself, decompressed, or the members of a zip archive, which are many."""
    buffered = _buffered(stream)
    magic = buffered.peek(4)[:4]
    if magic == b"PK\x03\x04":
        for member, inner in _members(name, buffered):
            yield member, _decoded(inner), True
    elif magic[:2] == b"\x1f\x8b":
        yield name, _decoded(_buffered(cast("BinaryIO", gzip.GzipFile(fileobj=buffered)))), False
    elif magic == b"\x28\xb5\x2f\xfd":
        yield name, _decoded(_buffered(cast("BinaryIO", zstd.ZstdFile(buffered)))), False
    else:
        yield name, _decoded(buffered), False


def _buffered(stream: BinaryIO) -> io.BufferedReader:
    return stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast("Any", stream), HEAD)


def _decoded(stream: io.BufferedReader) -> BinaryIO:
    """The stream in UTF-8, without a byte order mark."""
    head = stream.peek(4)[:4]
    if head.startswith(codecs.BOM_UTF8):
        stream.read(3)
    elif head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return io.BytesIO(stream.read().decode("utf-16").encode())
    return cast("BinaryIO", stream)


def _members(name: str, stream: io.BufferedReader) -> Iterator[tuple[str, io.BufferedReader]]:
    """The members of a zip archive, in order of their names, each checked before it is read."""
    with tempfile.TemporaryFile() as copy:
        archive_file: BinaryIO = cast("BinaryIO", stream)
        if not stream.seekable():
            while block := stream.read(1 << 20):
                copy.write(block)
            archive_file = cast("BinaryIO", copy)
        with zipfile.ZipFile(archive_file) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if len(infos) > _MOST_MEMBERS:
                raise InputError(f"{name}: the archive has {len(infos):,} members; at most {_MOST_MEMBERS:,} are read")
            for info in sorted(infos, key=lambda info: info.filename):
                _check(name, info)
                with archive.open(info) as member:
                    yield f"{name}/{info.filename}", io.BufferedReader(cast("Any", member), HEAD)


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
