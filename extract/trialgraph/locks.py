"""Locks on folders and files, by which runs know of one another; a lock of a run that is killed is free again."""

import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]

#: Whether the system has such locks: not on Windows, where `locked` always gives None.
SUPPORTED = fcntl is not None


def locked(path: Path) -> int | None:
    """A lock, held until it is closed by os.close; None if another run has it, or the path cannot be opened."""
    if not SUPPORTED:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def held(path: Path) -> bool:
    """Whether another run has the lock; False where nobody can know, as on some network disks."""
    if not SUPPORTED:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(descriptor)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
