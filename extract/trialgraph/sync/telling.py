"""Whom a sync tells of its progress, and what it could not do."""

from collections.abc import Callable

from msgspec import Struct, field

from trialgraph.stream import Progress


class Telling(Struct):
    """The functions to call, and what is to be said at the end."""

    progress: Progress
    tell: Callable[[str], None]
    left: list[str] = field(default_factory=list)  # what could not be done; a new run tries again
    unread: list[str] = field(default_factory=list)  # studies that cannot be read
