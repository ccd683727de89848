"""The first page: one search box, and what the graph holds."""

import pyoxigraph
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialgraph.iris import TYPE, tg
from trialgraph.serve.site import site


async def home(request: Request) -> Response:
    """The first page."""
    at = site(request)
    return await at.page("home.html", trials=await at.pool.run(_trials))


def _trials(store: pyoxigraph.Store) -> int:
    type_, trial = (pyoxigraph.NamedNode(term[1:-1]) for term in (TYPE, tg("Trial")))
    return sum(1 for _ in store.quads_for_pattern(None, type_, trial))


ROUTES = [Route("/", home)]
