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

from trialgraph.errors import TrialgraphError
from trialgraph.serve import description, faults
from trialgraph.serve.answer import Answered, FormatError, answer
from trialgraph.serve.formats import ROWS, TRIPLES, listed
from trialgraph.serve.hosts import OPEN
from trialgraph.serve.leaving import LEFT, LeftError, unless_left
from trialgraph.serve.pool import BusyError
from trialgraph.serve.protocol import Question, question
from trialgraph.serve.settings import Limits
from trialgraph.serve.site import Site, site

_METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
_MEMORY = 1 << 20  # of an answer; what is larger goes to a file
_PIECE = 1 << 16


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
        return _fault(406, _formats())
    spool = Spool()
    try:
        work = at.pool.stream(asks.seconds, spool.take, answer, asks.asked, limits.rows, limits.answer)
        answered = await unless_left(request, work)
    except LeftError:
        return spool.instead(Response(status_code=LEFT))
    except OSError:
        return spool.instead(_fault(503, "the server has no room for the answer; ask for less"))
    except TrialgraphError as error:
        return spool.instead(_failed(error, limits))
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


def _failed(error: TrialgraphError, limits: Limits) -> Response:
    status, message = faults.of_query(error, "the query", limits)
    if isinstance(error, FormatError):
        message = f"{message}\n{_formats()}"
    return _fault(status, message, faults.RETRY if isinstance(error, BusyError) else {})


def _formats() -> str:
    return f"rows and truths come as {listed(ROWS)}; triples come as {listed(TRIPLES)}"


def _fault(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{message}\n", status, {"Vary": "Accept", **(headers or {})})


ROUTES = [Route("/sparql", sparql, methods=_METHODS, middleware=[OPEN])]
