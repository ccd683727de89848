"""The page of a trial: everything that the graph knows of it."""

import re
import sys
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trialgraph.serve.record.gather import MOST
from trialgraph.serve.record.page import Unknown, page
from trialgraph.serve.record.plot import key
from trialgraph.serve.record.prose import Line, Prose
from trialgraph.serve.site import site

#: What the templates of a trial make texts and markers with.
HELPERS: dict[str, Any] = {"Line": Line, "Prose": Prose, "key": key}

_ANY_CASE = re.compile(r"nct[0-9]{8}", re.IGNORECASE)


async def trial(request: Request) -> Response:
    """The page of a trial, by its NCT id or by another registry and the id there."""
    return await _shown(request, "trial/page.html", "", MOST)


async def results(request: Request) -> Response:
    """All results of a trial with so many that its page leaves some out."""
    return await _shown(request, "trial/all-results.html", "/results", sys.maxsize)


async def _shown(request: Request, template: str, below: str, most: int) -> Response:
    at = site(request)
    id_ = "/".join(request.path_params[name] for name in ("registry", "id") if name in request.path_params)
    if _ANY_CASE.fullmatch(id_) and id_ != id_.upper():
        return RedirectResponse(at.path(f"{at.base}trial/{id_.upper()}{below}"), 301)
    found = await at.pool.run(page, at.base, id_, at.settings.contacts, most)
    if isinstance(found, Unknown):
        if found.instead:
            return RedirectResponse(at.path(f"{at.base}trial/{found.instead}{below}"), 302)
        return await at.page("trial/unknown.html", 404, id=id_, near=found.near)
    return await at.page(template, page=found, **HELPERS)


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
