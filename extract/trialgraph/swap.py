"""A folder that takes the place of another when all went well, and what runs that were killed left beside it.

The new folder is made in a hidden one beside the old, which is locked as long as its run lives. A run that is killed
leaves that hidden folder; the next one that writes removes it, puts back what was moved out of the way, or goes on
with it, if it has a checkpoint.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from trialgraph import hidden
from trialgraph.errors import TrialgraphError, UsageError
from trialgraph.locks import held, locked

#: The file in a hidden folder that says how far the new folder is; with it, the hidden folder outlives a failed run.
CHECKPOINT = "checkpoint"


class LeftOut(Exception):  # noqa: N818  # not an error
    """Raised in a `replacing` block to leave the old folder as it is."""


class Left(NamedTuple):
    """A hidden folder and the lock on it, None on Windows."""

    folder: Path
    lock: int | None

    def keep(self, error: BaseException) -> bool:
        """Whether it outlives an error, as it has a checkpoint; then the error says so."""
        if kept := (self.folder / CHECKPOINT).exists():
            error.add_note(f"{self.folder} keeps what is done; --resume goes on with it, any other build removes it")
        return kept

    def close(self) -> None:
        """Let other runs have it."""
        if self.lock is not None:
            os.close(self.lock)


@contextmanager
def replacing(path: str, target: Path, left: Left | None = None) -> Iterator[Path]:
    """The place of a new folder, which takes the place of the target at the end of the block.

    With `left`, the new folder is what another run has left of it.
    """
    place = left or _hidden(path, target)
    beside = place.folder
    new, old = beside / "new", beside / "old"
    kept = False
    try:
        yield new
        if target.exists():
            os.rename(target, old)
        try:
            os.rename(new, target)
        except BaseException:
            if old.exists():
                os.rename(old, target)
            raise
    except LeftOut:
        pass
    except BaseException as error:
        kept = place.keep(error)
        if isinstance(error, OSError):
            failed = TrialgraphError(f"{path}: cannot be written: {error.strerror or error}")
            failed.__notes__ = getattr(error, "__notes__", [])
            raise failed from error
        raise
    finally:
        if not kept and (os.path.exists(target) or not old.exists()):  # else the only copy of the old store
            shutil.rmtree(beside, ignore_errors=True)
        place.close()


def _hidden(path: str, target: Path) -> Left:
    try:
        beside = Path(tempfile.mkdtemp(hidden.SUFFIX, hidden.prefix(target), target.parent))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    return Left(beside, locked(beside))


def left(target: Path) -> Iterator[Left]:
    """The hidden folders that runs which were killed left beside a folder, each locked."""
    for beside in _all_hidden(target):
        if (lock := locked(beside)) is not None:  # else in use, or on Windows
            yield Left(beside, lock)


def in_use(target: Path) -> Iterator[Path]:
    """The hidden folders beside a folder in which other runs are at work."""
    return filter(held, _all_hidden(target))


def _all_hidden(target: Path) -> list[Path]:
    return [path for path in hidden.beside(target) if path.is_dir()]


def clear(target: Path, tell: Callable[[str], None], spare: Callable[[Path], bool]) -> None:
    """Remove what runs that were killed left beside a folder; put the folder back if one had moved it away.

    Hidden folders that are to be spared stay.
    """
    for each in left(target):
        beside = each.folder
        if spare(beside):
            each.close()
            continue
        try:
            if not target.exists() and (beside / "old").is_dir():
                # The run was killed between the two renames, so that the new folder is whole.
                whole = beside / "new"
                os.rename(whole if whole.is_dir() else beside / "old", target)
                tell(f"{target.name}: put back from {beside.name}, where a run that was killed had left it")
            shutil.rmtree(beside)
            tell(f"{beside}: removed; a run that was killed had left it")
        except OSError as error:
            tell(f"{beside}: left by a run that was killed, and cannot be removed: {error.strerror}")
        finally:
            each.close()
