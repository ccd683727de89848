"""Trials by location: the countries, or the cities of one, on a map and as a table, under the filters of Find."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialgraph import resources
from trialgraph.serve import worldmap
from trialgraph.serve.catalogue import NAMES, Catalogue, Count, Kind, Selection, Thing
from trialgraph.serve.catalogue.filters import is_iri
from trialgraph.serve.catalogue.within import beginning, facilities, within
from trialgraph.serve.finding import Asked, asked, chips
from trialgraph.serve.site import Site, site

#: The filters that the page's own form has; an address may have any other filter of Find.
_FORM = ("status", "phase", "type")
_MOST = 5_000


class Row(Struct, frozen=True):
    """A country or a city, what tells it apart, where it is shown closer, and numbers of its trials and facilities."""

    place: Count
    note: str
    closer: str
    recruiting: int
    facilities: int


async def locations(request: Request) -> Response:
    """The page, with status 400 if a filter does not make sense."""
    at = site(request)
    values = await run_in_threadpool(_found, at, request.query_params.multi_items())
    return await at.page("locations.html", 400 if values["asking"].faults else 200, names=NAMES, **values)


def _found(at: Site, parameters: list[tuple[str, str]]) -> dict[str, Any]:
    catalogue = at.catalogue
    asking = asked(catalogue, parameters)
    country = _country(catalogue, asking)
    kind: Kind = "city" if country else "country"
    start = beginning(catalogue, country.iri, kind) if country else ""
    counts = [each for each in asking.selection.counts(kind, _MOST) if each.value.startswith(start)]
    there = _facilities(catalogue, country)
    recruiting = _recruiting(catalogue, asking, kind)
    rows = [
        Row(
            each,
            _region(catalogue, each.value) if country else "",
            # The page of a country is of all its trials: this one keeps the filters, and shows its cities.
            asking.address("/map", {"country": (each.value,)}) if asking.given and not country else at.path(each.value),
            recruiting.get(each.value, 0),
            there.get(each.value, 0),
        )
        for each in counts
    ]
    return {
        "asking": asking,
        "chips": chips(catalogue, asking),
        "choices": {name: asking.selection.without(name).counts(name, 20) for name in _FORM},
        "country": country,
        "kind": kind,
        "rows": rows,
        "drawing": _country_map(at, country, asking.selection) if country else _world_map(catalogue, rows),
    }


def _country(catalogue: Catalogue, asking: Asked) -> Thing | None:
    """The country that is shown closer: the only one that is asked for."""
    given = asking.given.get("country", ())
    if len(given) != 1:
        return None
    token = resources.vocabulary().token("country", given[0])
    return catalogue.thing(given[0] if is_iri(given[0]) else f"{catalogue.base}place/{token}")


def _region(catalogue: Catalogue, city: str) -> str:
    """The name of a city's region: records that leave it out make another city of the same name."""
    found = catalogue.thing(city.rpartition("/")[0])
    return found.label if found and found.kind == "region" else ""


def _facilities(catalogue: Catalogue, country: Thing | None) -> dict[str, int]:
    """How many facilities there are in each country, or in each city of one, by its IRI."""
    if not country:
        return {f"{catalogue.base}place/{key}": number for key, number in facilities(catalogue).items()}
    places = (each.iri.rpartition("/")[0] for each in within(catalogue, country.iri, "facility", 100_000))
    return Counter(place.replace("/facility/", "/place/", 1) for place in places)


def _recruiting(catalogue: Catalogue, asking: Asked, kind: Kind) -> dict[str, int]:
    """How many of the trials recruit in each place, by its IRI; a status that was chosen stays."""
    others = asking.selection.filters
    if "status" in others and "RECRUITING" not in others["status"]:
        return {}
    chosen = catalogue.select({**others, "status": ("RECRUITING",)})
    return {each.value: each.trials for each in chosen.counts(kind, _MOST)}


def _world_map(catalogue: Catalogue, rows: Sequence[Row]) -> worldmap.Drawing | None:
    start = len(catalogue.base) + len("place/")
    return worldmap.world(
        shaded=[worldmap.Area(row.place.value[start:], row.closer, row.place.label, row.place.trials) for row in rows]
    )


def _country_map(at: Site, country: Thing, selection: Selection) -> worldmap.Drawing | None:
    start = beginning(at.catalogue, country.iri, "facility")
    points = [
        worldmap.Point(lat, long, at.path(iri), label, trials)
        for lat, long, iri, label, trials in selection.points()
        if iri.startswith(start)
    ]
    code = country.iri.removeprefix(f"{at.catalogue.base}place/")
    box = worldmap.around((point.long, point.lat) for point in points)
    return worldmap.world(points, focus=code if worldmap.knows(code) else box)


async def outlines(_: Request) -> Response:
    """The outlines of the countries, which maps of the world refer to."""
    text = await run_in_threadpool(worldmap.outlines)
    return Response(text, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


ROUTES = [Route("/map", locations), Route(worldmap.OUTLINES, outlines)]
