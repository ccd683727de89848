"""How many files this process may have open, which systems set low: 1,024, or 256 on macOS."""

from contextlib import suppress

try:
    import resource
except ImportError:  # pragma: no cover  # Windows, which has no such limit
    resource = None  # type: ignore[assignment]

#: Enough for two stores of the whole registry, some thousand files each, and for what waits in temporary files.
_FILES = 8192


def allow_files() -> None:
    """Raise the limit as far as the system lets a process do that, to what large stores need.

    The engine keeps files open up to the limit that it finds, but for some 50 that it leaves to all else.
    """
    if resource is None:
        return
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        with suppress(OSError, ValueError):  # what it was then has to do
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
