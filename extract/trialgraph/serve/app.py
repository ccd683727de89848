"""The web application: the routes of the endpoint and of the pages over one site."""

from asyncio import gather
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from trialgraph.serve import description, faults, health, linked, quality, related, sparql
from trialgraph.serve.background import Background
from trialgraph.serve.catalogue import prepared
from trialgraph.serve.graph import Graph
from trialgraph.serve.hosts import protections
from trialgraph.serve.leaving import LeftError, gone
from trialgraph.serve.metrics import Metrics
from trialgraph.serve.pages import ROUTES
from trialgraph.serve.pool import BusyError, Pool
from trialgraph.serve.record.page import prepare
from trialgraph.serve.replica import stamp
from trialgraph.serve.settings import Settings
from trialgraph.serve.site import Site, templates

_STATIC = Path(__file__).parent / "static"


def application(
    path: str,
    settings: Settings | None = None,
    graph: Graph | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Starlette:
    """The application that serves a store on disk. Its workers run between start-up and shut-down.

    A `graph` that was prepared says what is in the store; else that is counted when somebody asks.
    `tell` is told what keeps the server from starting at once.
    """
    chosen = settings or Settings()
    pool = Pool(path, chosen.limits)
    folder, mark = (graph.folder, graph.version) if graph else (path, stamp(path))
    background = Background(path, folder, mark, [quality.file(), related.file()])
    metrics = Metrics(chosen.log_format)
    site = Site(graph.name if graph else path, pool, templates(), chosen, metrics=metrics, made=background)
    if graph:
        site.base, site.counts, site.version = graph.counts.base, graph.counts, graph.version

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await site.pool.start()
        try:
            with TemporaryDirectory(prefix="trialgraph-") as temporary:
                site.opened = await prepared(site.pool, folder, temporary, mark, tell)
                await run_in_threadpool(site.warm)
                await gather(*(site.pool.run(prepare) for _ in range(site.pool.pages.alive)))
                background.start()
                try:
                    yield
                finally:
                    background.stop()
                    site.opened.close()
        finally:
            await site.pool.stop()

    routes = [
        *ROUTES,
        *sparql.ROUTES,
        *description.ROUTES,
        *health.ROUTES,
        Mount("/static", StaticFiles(directory=_STATIC)),
        *linked.ROUTES,  # any other path is an IRI of the graph
    ]
    app = Starlette(
        routes=routes,
        middleware=protections(chosen),
        exception_handlers={
            BusyError: faults.busy,
            LeftError: gone,
            HTTPException: faults.refused,
            Exception: faults.failed,
        },
        lifespan=lifespan,
    )
    app.state.site = site
    return app
