"""Clients that leave before they have their answer: what was done for them ends."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

T = TypeVar("T")

#: The status for the numbers only: nobody reads it.
LEFT = 499


class LeftError(Exception):
    """The client is gone."""


async def unless_left(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What some work gives, once the body of the request was read; it ends when the client leaves.

    Raises LeftError then.
    """
    job, left = asyncio.ensure_future(work), asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait((job, left), return_when=asyncio.FIRST_COMPLETED)
        if not job.done():
            raise LeftError
        return job.result()
    finally:
        left.cancel()
        job.cancel()


async def gone(request: Request, error: Exception) -> Response:
    """The answer to nobody."""
    return Response(status_code=LEFT)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
