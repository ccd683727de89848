"""Which part of the sources each task reads: a file, a range of the lines of a large one, or what Spark itself reads.

Files on this machine, or on a disk that all machines share, are read by Python, which is fastest. Those of a file
system that is named, such as s3a://, are read by Spark, whole or line by line, and given to Python.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from trialgraph.errors import InputError
from trialgraph.readers import ctgov, sources
from trialgraph.spark.files import File, Files, is_remote

#: A large file is read in ranges of so many bytes, and small ones are read together up to as many.
RANGE = 1 << 25
#: How much of a file shows whether it has a record a line; the longest records of the registry have 2 MB.
_HEAD = 1 << 22
#: A compressed file of records a line that is larger is given to Python line by line; no file can be given whole that
#: is larger than Java's arrays.
_LARGE_COMPRESSED = 1 << 28
_LARGEST = (1 << 31) - 1024
_COMPRESSED = (".gz", ".zst", ".zip")


class Split(Struct, frozen=True):
    """A file, or the lines of it that begin between two bytes."""

    place: int  # among all splits, and before that of each of its records
    source: int  # the number of the source
    name: str  # as messages have it
    path: str
    size: int
    many: bool  # one of many in a folder
    start: int = 0
    end: int = 0  # 0 for a whole file
    line: int = 1  # the number of the first line


class Plan(Struct):
    """How the sources are read: by Python, by Spark as whole files, and by Spark line by line."""

    ours: list[Split] = field(default_factory=list)
    whole: list[Split] = field(default_factory=list)
    lines: list[Split] = field(default_factory=list)

    @property
    def size(self) -> int:
        """About how many bytes the records have, a compressed file taken eightfold."""
        every = (*self.ours, *self.whole, *self.lines)
        return sum((s.end - s.start or s.size) * (8 if s.path.endswith(_COMPRESSED) else 1) for s in every)


def planned(names: list[str], files: Files) -> Plan:
    """How to read sources. Raises InputError, with a line for each source that is not there."""
    plan, errors, place = Plan(), list[str](), 0
    for source, name in enumerate(names):
        try:
            for file in files.listed(name) if is_remote(name) else _local(name):
                place += 1 << 40
                shown = sources.shown(file.path)
                if is_remote(name):
                    split = Split(place, source, shown, file.path, file.size, file.many)
                    (plan.lines if _by_lines(split, files) else plan.whole).append(split)
                else:
                    split = Split(place, source, shown, os.path.abspath(file.path), file.size, file.many)
                    plan.ours += _ranges(split)
        except InputError as error:
            errors.append(str(error))
    if errors:
        raise InputError("\n".join(errors))
    return plan


def _local(source: str) -> Iterator[File]:
    path = Path(source)
    try:
        if path.is_dir():
            found = list(sources.files_of(path))
            if not found:
                raise InputError(f"{sources.shown(source)}: the directory holds no file")
            yield from (File(str(file), file.stat().st_size if file.exists() else 0, many=True) for file in found)
        elif not path.exists():
            raise InputError(f"{sources.shown(source)}: no such file or directory")
        else:
            yield File(source, path.stat().st_size, many=False)
    except OSError as error:
        raise InputError(f"{sources.shown(str(error.filename or source))}: cannot be read: {error.strerror}") from error


def _ranges(split: Split) -> list[Split]:
    """A large file of a record a line in ranges; any other as it is."""
    if split.size < 2 * RANGE:
        return [split]
    with open(split.path, "rb") as file:
        if not ctgov.has_lines(file.read(_HEAD)):
            return [split]
    starts = range(0, split.size, RANGE)
    return [
        replace(split, place=split.place + start, start=start, end=min(start + RANGE, split.size)) for start in starts
    ]


def _by_lines(split: Split, files: Files) -> bool:
    """Whether Spark is to read a file line by line. Raises InputError for one that it can give in no way."""
    gzipped = split.path.endswith(".gz")
    if split.size >= (_LARGE_COMPRESSED if gzipped else 2 * RANGE):
        head = files.head(split.path, _HEAD, gzipped)
        if ctgov.has_lines(head):
            return True
    if split.size >= _LARGEST:
        raise InputError(f"{split.name}: more than 2 GiB, and not a record a line; unpack it, or write it as NDJSON")
    return False


def packs(splits: Iterable[Split]) -> list[list[Split]]:
    """Splits that one task reads, one after the other: as many as have RANGE bytes together."""
    found: list[list[Split]] = []
    size = RANGE
    for split in splits:
        own = split.end - split.start or split.size
        if size + own > RANGE:
            found.append([])
            size = 0
        found[-1].append(split)
        size += own
    return found
