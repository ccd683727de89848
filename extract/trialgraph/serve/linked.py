"""Linked data: every IRI of the graph, put on the server's address, answers as a page or as data."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialgraph.reports.common import shown
from trialgraph.serve import media, thing
from trialgraph.serve.site import ADDRESS, Site, site

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


def negotiated(page: Handler) -> Handler:
    """A handler that answers with a page to who asks for HTML, and else with the data of the thing that it is of.

    The thing is the one whose IRI `Site.iri` gives for the path. If the page does not know it (404), and the graph
    does, its plain page is shown.

        @negotiated
        async def organization(request: Request) -> Response: ...
    """

    @wraps(page)
    async def answer(request: Request) -> Response:
        at, form = site(request), media.form(request)
        if form != "html":
            return await _data(request, at, await _iri(request, at), form)
        token = ADDRESS.set(_address(request))
        try:
            response = await _page(page, request)
            if response.status_code == 404:
                response = await _plain(at, await _iri(request, at)) or response
        finally:
            ADDRESS.reset(token)
        if isinstance(response, HTTPException):
            raise response
        return _linked(response, request)

    return answer


async def _page(page: Handler, request: Request) -> Response | HTTPException:
    """What a handler gives, or the error by which it says that it does not know the thing."""
    try:
        return await page(request)
    except HTTPException as error:
        if error.status_code != 404:
            raise
        return error


async def resource(request: Request) -> Response:
    """A thing that has no page of its own, by its path, or by its IRI in `?iri=`."""
    at, form = site(request), media.form(request)
    iri = await _iri(request, at)
    if form != "html":
        return await _data(request, at, iri, form)
    token = ADDRESS.set(_address(request))
    try:
        response = await _plain(at, iri)
    finally:
        ADDRESS.reset(token)
    if response is None:
        raise _unknown(iri)
    return _linked(response, request)


async def _data(request: Request, at: Site, iri: str, form: str) -> Response:
    headers = {"ETag": f'W/"{at.version}-{form}"'} if at.version else {}
    if at.version and headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers | {"Vary": "Accept"})
    found = await at.pool.run(thing.data, iri, form, str(request.url))
    if not found:
        raise _unknown(iri)
    if found.more:
        headers["X-Result-Truncated"] = f"true; limit={thing.POINTING}"
    return media.data(found.body, form, headers)


async def _plain(at: Site, iri: str) -> Response | None:
    found = await at.pool.run(thing.about, iri)
    if not found:
        return None
    return await at.page("resource.html", iri=iri, thing=found, limit=thing.POINTING, uses=thing.USES)


async def _iri(request: Request, at: Site) -> str:
    """The IRI that a request is for. A percent sign of an IRI may stand as it is or as %25."""
    if request.url.path == "/resource":
        return request.query_params.get("iri", "")
    iri = at.iri(request.scope["path"])
    spelled = at.iri(request.scope["raw_path"].decode("ascii", "replace").partition("?")[0])
    return spelled if spelled != iri and await at.pool.run(thing.known, spelled) else iri


def _unknown(iri: str) -> HTTPException:
    return HTTPException(404, f"The graph does not have {shown(iri, 300)}" if iri else "Name a thing: /resource?iri=")


def _linked(response: Response, request: Request) -> Response:
    """A page with the addresses of its other forms in its header."""
    if response.status_code == 404:
        return response
    links = (f'<{href}>; rel="alternate"; type="{kind}"' for kind, href in media.alternates(_address(request)))
    response.headers["Link"] = ", ".join(links)
    response.headers.add_vary_header("Accept")
    return response


def _address(request: Request) -> str:
    """The address of a request on this server, as its client spelled it, without the form that it asks for."""
    path = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
    kept = [part for part in request.url.query.split("&") if part and not part.startswith("format=")]
    return "?".join((path, "&".join(kept))) if kept else path


ROUTES = [Route("/resource", resource), Route("/{path:path}", resource)]
