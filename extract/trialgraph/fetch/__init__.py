"""Records from the registry's API, in a folder that `build` reads as it stands.

>>> from trialgraph.fetch import Client, fetch, query
>>> with Client() as client:  # doctest: +SKIP
...     fetch(query(condition="lung cancer"), "lung", client)
"""

from typing import TYPE_CHECKING, Any

from trialgraph.errors import UsageError
from trialgraph.fetch.query import API, Query, query
from trialgraph.fetch.summary import Fetched

if TYPE_CHECKING:
    from trialgraph.fetch.client import Client
    from trialgraph.fetch.run import count, fetch

__all__ = ["API", "Client", "Fetched", "Query", "count", "fetch", "query"]


def __getattr__(name: str) -> Any:
    """What needs httpx, which is slow to import, and in an extra."""
    if name not in ("Client", "count", "fetch"):
        raise AttributeError(f"module {__name__} has no attribute {name}")
    try:
        from trialgraph.fetch import client, run
    except ModuleNotFoundError as error:
        if error.name != "httpx":
            raise
        raise UsageError("fetching needs httpx; pip install 'trialgraph[fetch]'") from error
    return getattr(client if name == "Client" else run, name)
