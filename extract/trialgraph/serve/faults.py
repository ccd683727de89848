"""The answers where something is wrong: a page for who reads pages, a line of text for others."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from trialgraph.serve.formats import Formats, accepted
from trialgraph.serve.hosts import HEADERS
from trialgraph.serve.site import site

_FORMS: Formats = {"text": ("text/plain",), "html": ("text/html", "application/xhtml+xml")}


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
