"""The SPARQL endpoint: a query in, an answer out, in the format that the client wants.

A worker writes the answer into a spool (memory, then a temporary file) up to the limits, and only then is it sent. So
the status is right and a shortened answer says so in its headers; neither process holds a large answer in memory; and a
client that reads slowly holds no worker.
"""

import tempfile
import time
from collections.abc import AsyncIterator

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from trialgraph.errors import GraphError, RefusedError, TrialgraphError, UsageError
from trialgraph.serve import description
from trialgraph.serve.answer import Answered, FormatError, LongError, answer
from trialgraph.serve.formats import ROWS, TRIPLES, listed
from trialgraph.serve.hosts import OPEN
from trialgraph.serve.leaving import LEFT, LeftError, unless_left
from trialgraph.serve.pool import BusyError, LostError, SlowError
from trialgraph.serve.protocol import Question, question
from trialgraph.serve.settings import Limits
from trialgraph.serve.site import Site, site

_METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
_MEMORY = 1 << 20  # of an answer; what is larger goes to a file
_PIECE = 1 << 16
_RETRY = 5  # seconds after which a client may try again

#: The status for each error, the first that fits. A query that takes too much of time or memory is a 503 without
#: Retry-After: it would do so again.
_STATUS: list[tuple[type[TrialgraphError], int]] = [
    (RefusedError, 403),
    (FormatError, 406),
    (LongError, 413),
    (BusyError, 503),
    (SlowError, 503),
    (LostError, 503),
    (UsageError, 400),
    (GraphError, 400),
]


class Spool:
    """An answer while it is written: in memory, or in a temporary file if it is large."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_MEMORY)  # noqa: SIM115 - closed when it was sent
        self.size = 0

    async def take(self, piece: bytes) -> None:
        """Add a piece."""
        self.size += len(piece)
        if self.size > _MEMORY:
            await run_in_threadpool(self._file.write, piece)
        else:
            self._file.write(piece)

    async def pieces(self, head: bytes) -> AsyncIterator[bytes]:
        """The head, and what was written; closed at the end."""
        with self._file as file:
            yield head
            file.seek(0)
            while piece := await run_in_threadpool(file.read, _PIECE):
                yield piece

    def all(self) -> bytes:
        """What was written, if it is not large; closed then."""
        with self._file as file:
            file.seek(0)
            return file.read()

    def instead(self, response: Response) -> Response:
        """Another answer in the place of what was written, which is forgotten."""
        self._file.close()
        return response

    @property
    def is_large(self) -> bool:
        """Whether the answer is better sent in pieces."""
        return self.size > _MEMORY


class Outcome(Struct):
    """What came of a query, for the numbers and the log."""

    query: str = ""
    rows: int | None = None


async def sparql(request: Request) -> Response:
    """The answer to a query, the description of the endpoint where there is none, or a fault in plain words."""
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": ", ".join(_METHODS)})
    if request.method != "POST" and set(request.query_params) <= {"format"}:
        return await description.service(request)
    at, start, outcome, status = site(request), time.perf_counter(), Outcome(), 500
    try:
        response = await _answered(request, at, outcome)
        status = response.status_code
    except HTTPException as error:
        status = error.status_code
        raise
    finally:
        at.metrics.query(outcome.query, status, time.perf_counter() - start, outcome.rows)
    return response


async def _answered(request: Request, at: Site, outcome: Outcome) -> Response:
    limits = at.settings.limits
    asks = await question(request, limits)
    outcome.query = asks.asked.query
    if not (asks.asked.rows or asks.asked.triples):
        return _fault(406, _formats(asks))
    spool = Spool()
    try:
        work = at.pool.stream(asks.seconds, spool.take, answer, asks.asked, limits.rows, limits.answer)
        answered = await unless_left(request, work)
    except LeftError:
        return spool.instead(Response(status_code=LEFT))
    except OSError:
        return spool.instead(_fault(503, "the server has no room for the answer; ask for less"))
    except TrialgraphError as error:
        return spool.instead(_failed(error, asks, limits))
    outcome.rows = answered.rows
    return _response(spool, answered, asks)


def _response(spool: Spool, answered: Answered, asks: Question) -> Response:
    headers = {"Vary": "Accept", "Content-Length": str(len(answered.head) + spool.size)}
    if answered.truncated:
        headers["X-Result-Truncated"] = f"true; limit={answered.rows}"
    media_type = asks.rows if answered.format in ROWS else asks.triples
    if spool.is_large:
        return StreamingResponse(spool.pieces(answered.head), 200, headers, media_type)
    return Response(answered.head + spool.all(), 200, headers, media_type)


def _failed(error: TrialgraphError, asks: Question, limits: Limits) -> Response:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    match error:
        case RefusedError():
            message = error.reason
        case FormatError():
            message = f"{error}\n{_formats(asks)}"
        case SlowError():
            message = f"query {error}"
        case LostError():
            message = f"the query was stopped: it needs more than {limits.memory >> 20:,} MB of memory, or is too deep"
        case _:
            message = str(error)
    return _fault(status, message, {"Retry-After": str(_RETRY)} if isinstance(error, BusyError) else {})


def _formats(asks: Question) -> str:
    return f"rows and truths come as {listed(ROWS)}; triples come as {listed(TRIPLES)}"


def _fault(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{message}\n", status, {"Vary": "Accept", **(headers or {})})


ROUTES = [Route("/sparql", sparql, methods=_METHODS, middleware=[OPEN])]
