"""The web application: the routes of the endpoint and of the pages over one site."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from trialgraph.serve import health, sparql
from trialgraph.serve.hosts import busy, failed, protections
from trialgraph.serve.metrics import Metrics
from trialgraph.serve.pages import ROUTES
from trialgraph.serve.pool import BusyError, Pool
from trialgraph.serve.settings import Settings
from trialgraph.serve.site import Site, templates

_STATIC = Path(__file__).parent / "static"


def application(path: str, settings: Settings | None = None) -> Starlette:
    """The application that serves a store on disk. Its workers run between start-up and shut-down."""
    chosen = settings or Settings()
    limits = chosen.limits
    pool = Pool(path, limits.workers, limits.memory, limits.waiting)
    site = Site(path, pool, templates(), chosen, metrics=Metrics(chosen.log_format))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await site.pool.start()
        yield
        await site.pool.stop()

    routes = [*ROUTES, *sparql.ROUTES, *health.ROUTES, Mount("/static", StaticFiles(directory=_STATIC))]
    app = Starlette(
        routes=routes,
        middleware=protections(chosen),
        exception_handlers={BusyError: busy, Exception: failed},
        lifespan=lifespan,
    )
    app.state.site = site
    return app
