"""Sponsors, facilities, conditions, interventions and places: a page for each, and lists of those with most trials."""

import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialgraph.serve.catalogue import NAMES, Catalogue, Kind, Thing, alike, things
from trialgraph.serve.catalogue.within import beginning, lying, within
from trialgraph.serve.linked import negotiated
from trialgraph.serve.profile import profile
from trialgraph.serve.site import Site, site
from trialgraph.serve.years import STAGES

#: The first segment of an address, and the kinds of things below it.
_SHELVES: dict[str, tuple[Kind, ...]] = {
    "organization": ("organization",),
    "facility": ("facility",),
    "condition": ("condition",),
    "intervention": ("intervention",),
    "place": ("country", "region", "city"),
}
_PAGE = 50
_LONGEST = 200
_NUMBER = re.compile("[1-9][0-9]{0,5}")


async def by_name(request: Request) -> Response:
    """The page of a thing that is known by its address."""
    at = site(request)
    thing = await run_in_threadpool(_thing, at, request)
    return await at.page(
        "things/thing.html", profile=await run_in_threadpool(profile, at, thing), names=NAMES, stages=list(STAGES)
    )


def _thing(at: Site, request: Request) -> Thing:
    """The thing of an address, in which a percent sign of its IRI may stand as it is or as %25."""
    paths = (request.scope["path"], request.scope["raw_path"].decode("ascii", "replace").partition("?")[0])
    for path in paths:
        thing = at.catalogue.thing(at.iri(path))
        if thing and thing.trials:
            return thing
    words = paths[0].rpartition("/")[2].replace("-", " ")
    near = ", ".join(dict.fromkeys(each.label for each in alike(at.catalogue, words)))
    raise HTTPException(404, f"No trial of this graph has {at.iri(paths[0])}." + (f" Near: {near}." if near else ""))


async def shelf(request: Request) -> Response:
    """The list of the things of a kind."""
    at = site(request)
    values = await run_in_threadpool(_shelf, at, request.url.path.strip("/"), dict(request.query_params))
    return await at.page("things/shelf.html", names=NAMES, **values)


def _shelf(at: Site, name: str, given: dict[str, str]) -> dict[str, Any]:
    catalogue, kinds = at.catalogue, _SHELVES[name]
    kind = next((each for each in kinds if each == given.get("kind")), kinds[0])
    text = " ".join(given.get("q", "").split())[:_LONGEST]
    page = int(given["page"]) if _NUMBER.fullmatch(given.get("page", "")) else 1
    inside = catalogue.thing(f"{catalogue.base}place/{given['in']}") if given.get("in") else None
    found, total = _listed(catalogue, kind, text, inside, (page - 1) * _PAGE)
    return {
        "shelf": name,
        "kinds": kinds,
        "kind": kind,
        "text": text,
        "page": page,
        "inside": inside,
        "within": given.get("in", "") if inside else "",
        "things": found[:_PAGE],
        "total": total,
        "last": -(-total // _PAGE),
        "near": alike(catalogue, text) if text and not found else [],
    }


def _listed(catalogue: Catalogue, kind: Kind, text: str, inside: Thing | None, offset: int) -> tuple[list[Thing], int]:
    """A page of the things of a kind, with a name or in a place, and how many there are."""
    if text:
        # The names with these words are ranked, at most 200 of them, and then all those of the place are known.
        found = things(catalogue, text, _PAGE * 4, kind)
        if inside:
            start = beginning(catalogue, inside.iri, kind)
            found = [each for each in found if each.iri.startswith(start)]
        return found[offset : offset + _PAGE], len(found)
    if inside:
        return within(catalogue, inside.iri, kind, _PAGE, offset), lying(catalogue, inside.iri, kind)
    return catalogue.things(kind, _PAGE, offset), catalogue.size(kind)


ROUTES = [
    *(Route(f"/{name}", shelf) for name in _SHELVES),
    # An intervention by name is no thing of the graph, but what trials call so: there are no data of it.
    Route("/intervention/{key:path}", by_name),
    *(
        Route(f"/{name}/{{key:path}}", negotiated(by_name))
        for name in ("organization", "facility", "condition", "mesh", "place")
    ),
]
