"""The page of a trial: everything that the graph knows of it."""

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trialgraph.serve.record.page import Unknown, page
from trialgraph.serve.record.plot import key
from trialgraph.serve.record.prose import Line, Prose
from trialgraph.serve.related import FEW, related
from trialgraph.serve.site import site

_ANY_CASE = re.compile(r"nct[0-9]{8}", re.IGNORECASE)


async def trial(request: Request) -> Response:
    """The page of a trial, by its NCT id or by another registry and the id there."""
    at = site(request)
    id_ = "/".join(request.path_params[name] for name in ("registry", "id") if name in request.path_params)
    if _ANY_CASE.fullmatch(id_) and id_ != id_.upper():
        return RedirectResponse(at.path(f"{at.base}trial/{id_.upper()}"), 301)
    found = await at.pool.run(page, at.base, id_, at.settings.contacts)
    if isinstance(found, Unknown):
        if found.instead:
            return RedirectResponse(at.path(f"{at.base}trial/{found.instead}"), 302)
        return await at.page("trial/unknown.html", 404, id=id_, near=found.near)
    like = await related(at, id_, FEW)
    return await at.page("trial/page.html", page=found, related=like, Line=Line, Prose=Prose, key=key)


ROUTES = [Route("/trial/{id}", trial, name="trial"), Route("/trial/{registry}/{id}", trial, name="trial-elsewhere")]
