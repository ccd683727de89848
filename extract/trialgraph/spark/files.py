"""Files as Hadoop knows them (file, hdfs, s3a, ...), from the process that drives the work."""

import os
import re
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from trialgraph.errors import InputError, TrialgraphError, UsageError
from trialgraph.spark.session import gateway

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Where a rename is a copy of every byte, and no folder appears at once.
_OBJECT_STORES = ("s3", "s3a", "s3n", "gs", "oss", "cosn", "obs", "wasb", "wasbs", "swift")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):/", re.IGNORECASE)
#: What makes a name a pattern for Spark.
_PATTERN = re.compile(r"[\[\]{}*?\\]")
#: The file that says that all others are there.
MARK = "_SUCCESS"


class File(NamedTuple):
    """A file by its whole name, with its size in bytes; `many` if it is one of those in a folder."""

    path: str
    size: int
    many: bool


def is_remote(path: str) -> bool:
    """Whether a path names a file system: s3a://bucket/key, hdfs://host/path or file:///path."""
    return bool(_SCHEME.match(path))


def literal(path: str) -> str:
    """A path as Spark takes it, which would read some characters as a pattern."""
    return _PATTERN.sub(r"\\\g<0>", path)


class Files:
    """The file systems that a session reaches."""

    def __init__(self, spark: "SparkSession") -> None:
        self._jvm, self._conf = gateway(spark)

    def at(self, path: str) -> tuple[Any, Any]:
        """The file system of a path, and the path. A path without a scheme is on this machine."""
        from py4j.protocol import Py4JError

        try:
            path = path if is_remote(path) else f"file://{os.path.abspath(path)}"
            place = self._jvm.org.apache.hadoop.fs.Path(path)
            system = place.getFileSystem(self._conf)
        except Py4JError as error:
            raise UsageError(
                f"{path}: {reason(error)}; --conf spark.jars.packages=... adds file systems, docs/scale.md says which"
            ) from error
        # Without the checksums that Hadoop would put beside each local file.
        return (system.getRawFileSystem() if hasattr(system, "getRawFileSystem") else system), place

    def below(self, folder: Any, name: str) -> Any:
        """A path in a folder."""
        return self._jvm.org.apache.hadoop.fs.Path(folder, name)

    def listed(self, source: str) -> list[File]:
        """The files of a source, in order; hidden ones are left out. Raises InputError if there is none."""
        from py4j.protocol import Py4JError

        system, place = self.at(source)
        try:
            statuses = system.globStatus(place) or []
            found = [file for status in statuses for file in self._below(system, status)]
        except Py4JError as error:
            raise InputError(f"{source}: cannot be read: {reason(error)}") from error
        if not statuses:
            raise InputError(f"{source}: no such file or directory")
        if not found:
            raise InputError(f"{source}: the directory holds no file")
        return found

    def _below(self, system: Any, status: Any, many: bool = False) -> Iterator[File]:
        if status.isFile():
            yield File(status.getPath().toString(), status.getLen(), many)
            return
        for each in sorted(system.listStatus(status.getPath()), key=lambda each: str(each.getPath().getName())):
            if not each.getPath().getName().startswith((".", "_")):
                yield from self._below(system, each, many=True)

    def head(self, file: str, size: int, gzipped: bool) -> bytes:
        """The first bytes of a file, or what as many compressed ones hold."""
        system, place = self.at(file)
        stream = system.open(place)
        try:
            data = bytes(stream.readNBytes(size))
        finally:
            stream.close()
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data) if gzipped else data


def reason(error: Exception) -> str:
    """What an error of Java says."""
    return str(getattr(error, "java_exception", error)).partition(": ")[2] or str(error)


class Output:
    """A folder that appears when all is written; in an object store, its mark does.

    Raises UsageError if there can be no such folder.
    """

    def __init__(self, files: Files, path: str) -> None:
        from py4j.protocol import Py4JError

        if _PATTERN.search(path):
            raise UsageError(f"{path}: Spark would read the name as a pattern; leave out []{{}}*?\\")
        self.path, self._files = path, files
        self._system, self._target = files.at(path.rstrip("/") or path)
        try:
            if self._names(self._target):
                raise UsageError(f"{path}: not empty; name another folder, or remove this one")
            above = self._target.getParent()
            if self._target.toUri().getScheme() in _OBJECT_STORES:
                self._new = self._target
                self._beside = files.below(self._target, f"_temporary-{uuid4().hex[:8]}")
            elif above is None or not self._system.exists(above):
                raise UsageError(f"{path}: there is no folder {above}")
            else:
                self._beside = files.below(above, f".{self._target.getName()}.{uuid4().hex[:8]}.part")
                self._new = files.below(self._beside, "new")
            if not self._system.mkdirs(self._beside):
                raise UsageError(f"{path}: cannot be written")
        except Py4JError as error:
            raise UsageError(f"{path}: cannot be written: {reason(error)}") from error

    def stage(self, name: str) -> str:
        """A folder for what is only needed until the output is there."""
        return str(self._files.below(self._beside, f"stage/{name}").toString())

    def staged(self, *names: str) -> list[str]:
        """Those of such folders that were written."""
        return [folder for name in names if self._names(self._files.at(folder := self.stage(name))[1])]

    def keep(self, stage: str, folder: str, name: str) -> None:
        """Move the files of a stage into a folder of the output; `name` takes their numbers: "part-{:05}.nq.gz"."""
        source, target = self._files.at(stage)[1], self._files.below(self._new, folder)
        self._system.mkdirs(target)
        data = [each for each in self._names(source) if not each.startswith((".", "_"))]

        def move(numbered: tuple[int, str]) -> None:
            number, file = numbered
            to = self._files.below(target, name.format(number))
            if not self._system.rename(self._files.below(source, file), to):
                raise TrialgraphError(f"{to.toString()}: cannot be written")

        with ThreadPoolExecutor(8) as pool:  # in an object store each is a copy
            list(pool.map(move, enumerate(data)))

    def write(self, name: str, data: bytes) -> None:
        """Write a small file."""
        stream = self._system.create(self._files.below(self._new, name), True)
        stream.write(data)
        stream.close()

    def finish(self) -> None:
        """Let the folder appear, with its mark."""
        if self._new is self._target:
            self._system.delete(self._beside, True)
            self.write(MARK, b"")
            return
        self.write(MARK, b"")
        if self._system.exists(self._target):  # an empty one
            self._system.delete(self._target, False)
        if not self._system.rename(self._new, self._target):
            raise TrialgraphError(f"{self.path}: cannot be written")
        self._system.delete(self._beside, True)

    def drop(self) -> None:
        """Remove all that was written."""
        self._system.delete(self._beside, True)
        if self._new is self._target:
            self._system.delete(self._target, True)

    def _names(self, folder: Any) -> list[str]:
        """The names in a folder, sorted; none if there is no such folder, and its own if it is a file."""
        if not self._system.exists(folder):
            return []
        return sorted(str(each.getPath().getName()) for each in self._system.listStatus(folder))
