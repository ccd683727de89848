"""Whether the server is well, and its numbers, for those who watch over it."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from trialgraph.errors import TrialgraphError
from trialgraph.serve.site import site

_SECONDS = 5.0


async def metrics(request: Request) -> Response:
    """The numbers of the server, for Prometheus."""
    at = site(request)
    lanes = {"pages": at.pool.pages, "queries": at.pool.queries}
    lines = []
    for name, kind, value in (
        ("workers", "gauge", "alive"),
        ("workers_busy", "gauge", "busy"),
        ("jobs_waiting", "gauge", "waiting"),
        ("workers_replaced_total", "counter", "replaced"),
    ):
        lines.append(f"# TYPE trialgraph_{name} {kind}\n")
        lines += [f'trialgraph_{name}{{for="{lane}"}} {getattr(lanes[lane], value)}\n' for lane in lanes]
    return PlainTextResponse("".join(lines) + at.metrics.text(), media_type="text/plain; version=0.0.4")


async def healthz(request: Request) -> Response:
    """200 if a worker answers and there are workers for queries, else 503."""
    pool = site(request).pool
    try:
        await pool.run_within(_SECONDS, id)
    except (TrialgraphError, OSError) as error:
        return PlainTextResponse(f"no worker answers: {error}\n", 503)
    return PlainTextResponse("ok\n") if pool.queries.alive else PlainTextResponse("no worker for queries\n", 503)


ROUTES = [Route("/healthz", healthz), Route("/metrics", metrics)]
