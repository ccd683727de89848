"""Trials by location: the countries on a map and as a table, for all trials or for those that filters leave."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialgraph.serve import worldmap
from trialgraph.serve.catalogue import Catalogue
from trialgraph.serve.catalogue.within import facilities
from trialgraph.serve.finding import Asked, asked, chips
from trialgraph.serve.site import Site, site

#: The filters that the page's own form has; an address may have any other filter of Find.
_FORM = ("status", "phase", "type")
_COUNTRIES = 300


async def locations(request: Request) -> Response:
    """The page, with status 400 if a filter does not make sense."""
    at = site(request)
    values = await run_in_threadpool(_found, at, request.query_params.multi_items())
    return await at.page("locations.html", 400 if values["asking"].faults else 200, **values)


def _found(at: Site, parameters: list[tuple[str, str]]) -> dict[str, Any]:
    catalogue: Catalogue = at.catalogue
    asking = asked(catalogue, parameters)
    countries = asking.selection.counts("country", _COUNTRIES)
    recruiting = _recruiting(catalogue, asking)
    there = facilities(catalogue)
    start = len(catalogue.base) + len("place/")
    areas = [worldmap.Area(each.value[start:], at.path(each.value), each.label, each.trials) for each in countries]
    return {
        "asking": asking,
        "chips": chips(catalogue, asking),
        "choices": {name: asking.selection.without(name).counts(name, 20) for name in _FORM},
        "rows": [(each, recruiting.get(each.value, 0), there.get(each.value[start:], 0)) for each in countries],
        "drawing": worldmap.world(shaded=areas),
    }


def _recruiting(catalogue: Catalogue, asking: Asked) -> dict[str, int]:
    """How many of the trials recruit in each country, by its IRI; a status that was chosen stays."""
    others = asking.selection.filters
    if "status" in others and "RECRUITING" not in others["status"]:
        return {}
    chosen = catalogue.select({**others, "status": ("RECRUITING",)})
    return {each.value: each.trials for each in chosen.counts("country", _COUNTRIES)}


async def outlines(_: Request) -> Response:
    """The outlines of the countries, which maps of the world refer to."""
    text = await run_in_threadpool(worldmap.outlines)
    return Response(text, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


ROUTES = [Route("/map", locations), Route(worldmap.OUTLINES, outlines)]
