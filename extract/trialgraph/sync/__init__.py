"""A store kept in step with the registry: what came, what changed and what went since it was built or last synced.

>>> from trialgraph.fetch import Client
>>> from trialgraph.sync import sync
>>> with Client() as client:  # doctest: +SKIP
...     sync("registry.store", client)
"""

from typing import TYPE_CHECKING, Any

from trialgraph import fetch
from trialgraph.sync.changes import PropertyChange, TrialChange
from trialgraph.sync.summary import Synced

if TYPE_CHECKING:
    from trialgraph.sync.run import sync

__all__ = ["PropertyChange", "Synced", "TrialChange", "sync"]


def __getattr__(name: str) -> Any:
    """What needs httpx, which is slow to import, and in an extra."""
    if name != "sync":
        raise AttributeError(f"module {__name__} has no attribute {name}")
    fetch.Client  # noqa: B018  # raises UsageError without httpx
    from trialgraph.sync import run

    return run.sync
