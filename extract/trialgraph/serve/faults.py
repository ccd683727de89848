"""The answers where something is wrong: a page for who reads pages, a line of text for others."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from trialgraph.errors import GraphError, RefusedError, TrialgraphError, UsageError
from trialgraph.serve.answer import FormatError, LongError
from trialgraph.serve.formats import Formats, accepted
from trialgraph.serve.hosts import HEADERS
from trialgraph.serve.pool import BusyError, LostError, SlowError
from trialgraph.serve.settings import Limits
from trialgraph.serve.site import site

#: What says when a client may try again.
RETRY = {"Retry-After": "5"}  # seconds
_FORMS: Formats = {"text": ("text/plain",), "html": ("text/html", "application/xhtml+xml")}
#: The status for each error of a query, the first that fits. One that takes too much of time or memory is a 503 without
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


def of_query(error: TrialgraphError, name: str, limits: Limits) -> tuple[int, str]:
    """The status and the words for why a query, which has a name, has no answer."""
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    match error:
        case RefusedError():
            return status, error.reason
        case SlowError():
            return status, f"{name} {error}"
        case LostError():
            most = f"{limits.memory >> 20:,} MB of memory"
            return status, f"{name} was stopped: it needs more than {most}, or is too deep"
    return status, str(error)


async def busy(request: Request, error: Exception) -> Response:
    """The answer where too many wait for a worker."""
    response = await _answer(request, 503, str(error))
    response.headers.update(RETRY)
    return response


async def refused(request: Request, error: Exception) -> Response:
    """The answer to a request that cannot be met: no such thing, no such method, a wrong argument."""
    assert isinstance(error, HTTPException)
    said = error.detail if error.detail != HTTPStatus(error.status_code).phrase else _SAID.get(error.status_code, "")
    response = await _answer(request, error.status_code, said or error.detail)
    response.headers.update(error.headers or {})
    return response


async def failed(request: Request, error: Exception) -> Response:
    """The answer where the server itself is at fault; what happened goes to the log alone."""
    response = await _answer(request, 500, "The server has met a fault of its own; its log says more.")
    response.headers.update(HEADERS)  # which are else added further inside
    return response


_SAID = {
    404: "There is nothing at this address.",
    405: "This address takes no such request.",
}


async def _answer(request: Request, status: int, said: str) -> Response:
    if not _takes_pages(request):
        return PlainTextResponse(f"{said}\n", status)
    return await site(request).page("fault.html", status, title=HTTPStatus(status).phrase.capitalize(), said=said)


def _takes_pages(request: Request) -> bool:
    """Whether a client names pages among what it takes, as browsers do."""
    if "format" in request.query_params:
        return False
    try:
        return accepted(request, _FORMS) in _FORMS["html"]
    except HTTPException:  # an Accept header that cannot be read
        return False
