"""The first page: one search box, and what the graph holds."""

import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialgraph.serve.catalogue import Catalogue, Count
from trialgraph.serve.finding import link
from trialgraph.serve.pages.search import examples
from trialgraph.serve.site import site

#: The years of the chart; most registers were opened, and most trials started, within them.
_YEARS = 20


async def home(request: Request) -> Response:
    """The first page."""
    at = site(request)
    return await at.page("home.html", link=link, **await run_in_threadpool(_holds, at.catalogue))


def _holds(catalogue: Catalogue) -> dict[str, Any]:
    everything = catalogue.select({})
    latest = everything.rows(limit=1)
    return {
        "trials": catalogue.trials,
        "recruiting": everything.count("status", "RECRUITING"),
        "results": everything.count("results", "yes"),
        "sizes": {kind: catalogue.size(kind) for kind in ("organization", "facility", "country", "condition")},
        "updated": latest[0].updated if latest else "",
        "statuses": everything.counts("status", 20),
        "years": _years(everything.counts("year", 1000)),
        "examples": examples(catalogue),
    }


def _years(counts: list[Count]) -> list[Count]:
    """The trials started in each of the last years, up to this one; none where none started."""
    trials = {count.value: count.trials for count in counts}
    past = [int(year) for year in trials if year.isdecimal() and int(year) <= datetime.date.today().year]
    last = max(past, default=0)
    years = [str(year) for year in range(last - _YEARS + 1, last + 1)] if last else []
    return [Count(year, year, trials.get(year, 0)) for year in years]


ROUTES = [Route("/", home)]
