"""The web application: the routes of the endpoint and of the pages over one site."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from trialgraph.serve import linked
from trialgraph.serve.pages import ROUTES
from trialgraph.serve.pool import Pool
from trialgraph.serve.settings import Settings
from trialgraph.serve.site import Site, templates

_STATIC = Path(__file__).parent / "static"


def application(path: str, settings: Settings | None = None) -> Starlette:
    """The application that serves a store on disk. Its workers run between start-up and shut-down."""
    chosen = settings or Settings()
    site = Site(path, Pool(path, chosen.limits.workers), templates(), chosen)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await site.pool.start()
        yield
        await site.pool.stop()

    routes = [*ROUTES, Mount("/static", StaticFiles(directory=_STATIC)), *linked.ROUTES]  # any other path is an IRI
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.site = site
    return app
