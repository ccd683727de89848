"""How far the build of a store came: noted beside it, so that another run goes on where one was killed."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from trialgraph import swap
from trialgraph.errors import UsageError
from trialgraph.mark import Mark
from trialgraph.readers.sources import files_of
from trialgraph.report import BuildReport
from trialgraph.swap import CHECKPOINT, Left
from trialgraph.version import __version__
from trialgraph.writers.output import output


class Given(Struct, frozen=True):
    """What two runs must have in common, for one to go on with what the other made."""

    mark: Mark
    files: tuple[tuple[str, int, int], ...]  # their sizes in bytes, and when they were changed, in nanoseconds
    version: str = __version__


class Checkpoint(Struct):
    """What a run was given, the last trial that it has loaded, and its report so far."""

    given: Given
    last: str
    report: BuildReport


def given(sources: Iterable[str], mark: Mark) -> Given:
    """What a run is given. Raises UsageError for standard input, which cannot be read again."""
    found = []
    for source in sources:
        if source == "-":
            raise UsageError("--resume: standard input cannot be read again; name files")
        with suppress(OSError):  # which is told when the source is read
            path = Path(source)
            for file in files_of(path) if path.is_dir() else [path]:
                state = file.stat()
                found.append((str(file.resolve()), state.st_size, state.st_mtime_ns))
    return Given(mark, tuple(sorted(found)))


def save(beside: Path, checkpoint: Checkpoint) -> None:
    """Note in a hidden folder how far a build came, in the place of what was noted before."""
    with output(str(beside / CHECKPOINT)) as stream:
        stream.write(msgspec.msgpack.encode(checkpoint))


def read(beside: Path, wanted: Given | None) -> Checkpoint | None:
    """How far a build came that was given the same; None if it was not, or noted nothing."""
    try:
        found = msgspec.msgpack.decode((beside / CHECKPOINT).read_bytes(), type=Checkpoint)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.given == wanted else None


def find(target: Path, wanted: Given | None) -> tuple[Left, Checkpoint] | None:
    """What a killed run left of a build that was given the same; None if there is nothing to go on with."""
    for left in swap.left(target):
        if found := read(left.folder, wanted):
            return left, found
        left.close()
    return None


def under_way(target: Path, wanted: Given | None) -> bool:
    """Whether another run is at work on a build that was given the same, and has noted how far it came."""
    return any(read(beside, wanted) for beside in swap.in_use(target))
