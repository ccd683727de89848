"""The trials that are like a trial, on a page of their own."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialgraph.serve.related import related
from trialgraph.serve.site import site


async def page(request: Request) -> Response:
    """The trials that are most like one, with all the reasons."""
    at = site(request)
    trial = request.path_params["trial"]
    found = await related(at, trial)
    if found is None:
        return await at.page("related_none.html", status=404, trial=trial)
    return await at.page("related_page.html", related=found)


ROUTES = [Route("/trial/{trial:path}/related", page)]
