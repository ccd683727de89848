"""The page of a trial: everything that the graph knows of it."""

import re
import sys
from asyncio import gather
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trialgraph.serve import worldmap
from trialgraph.serve.labels import day_in_words
from trialgraph.serve.linked import negotiated
from trialgraph.serve.record.gather import MOST
from trialgraph.serve.record.page import Page, Unknown, page
from trialgraph.serve.record.plot import key
from trialgraph.serve.record.prose import Line, Prose
from trialgraph.serve.related import FEW, related
from trialgraph.serve.site import Site, site

#: What the templates of a trial make texts and markers with.
HELPERS: dict[str, Any] = {"Line": Line, "Prose": Prose, "day_in_words": day_in_words, "key": key}

_ANY_CASE = re.compile(r"nct[0-9]{8}", re.IGNORECASE)


async def trial(request: Request) -> Response:
    """The page of a trial, by its NCT id or by another registry and the id there."""
    return _spelled(request) or await _trial(request)


async def results(request: Request) -> Response:
    """All results of a trial with so many that its page leaves some out."""
    return _spelled(request) or await _shown(request, "trial/all-results.html", sys.maxsize)


@negotiated
async def _trial(request: Request) -> Response:
    return await _shown(request, "trial/page.html", MOST)


def _spelled(request: Request) -> Response | None:
    """A redirection to the id in capitals, as the graph spells it."""
    id_ = request.path_params["id"]
    if "registry" in request.path_params or not _ANY_CASE.fullmatch(id_) or id_ == id_.upper():
        return None
    return RedirectResponse(str(request.url.replace(path=request.url.path.replace(id_, id_.upper()))), 301)


async def _shown(request: Request, template: str, most: int) -> Response:
    at = site(request)
    id_ = "/".join(request.path_params[name] for name in ("registry", "id") if name in request.path_params)
    found, like = await gather(at.pool.run(page, at.base, id_, most), related(at, id_, FEW))
    if isinstance(found, Unknown):
        if found.instead:
            return RedirectResponse(at.path(f"{at.base}trial/{found.instead}"), 302)
        return await at.page("trial/unknown.html", 404, id=id_, near=found.near)
    drawing = await run_in_threadpool(_drawing, at, found)
    return await at.page(template, page=found, drawing=drawing, related=like, **HELPERS)


def _drawing(at: Site, found: Page) -> worldmap.Drawing | None:
    """The map of the sites; None if there can be none."""
    points = [
        worldmap.Point(lat, long, at.path(iri), name, sites) for lat, long, iri, name, sites in found.sites.points
    ]
    if not points:
        return None
    return worldmap.world(points, focus=worldmap.around((each.long, each.lat) for each in points), unit="site")


class _Registry(Convertor[str]):
    """The name of a registry: anything but an NCT id, below which are the parts of its trial."""

    regex = "(?![Nn][Cc][Tt][0-9]{8}/)[^/]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("registry", _Registry())
ROUTES = [
    Route("/trial/{id}", trial),
    Route("/trial/{id}/results", results),
    Route("/trial/{registry:registry}/{id}", trial),
    Route("/trial/{registry:registry}/{id}/results", results),
]
