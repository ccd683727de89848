"""The neighbourhood of a trial: as lists, and as data for the drawing."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from trialgraph.serve import parts
from trialgraph.serve.neighbourhood import KINDS, Neighbourhood, Thing, gather
from trialgraph.serve.site import Site, site


async def lists(request: Request) -> Response:
    """The neighbourhood of a trial as lists of links, and where it is drawn."""
    at, found = await _gathered(request)
    if not found:
        return await at.page("neighbourhood-unknown.html", 404, id=request.path_params["id"])
    names = {thing.iri: thing.label for group in found.groups for thing in group.things}
    reasons: dict[str, list[str]] = {}
    for trial, thing in found.shared:
        reasons.setdefault(trial, []).append(names[thing])
    return await at.page(
        "neighbourhood-lists.html", found=found, kinds=KINDS, reasons=reasons, of=at.path(found.trial.iri)
    )


async def data(request: Request) -> Response:
    """The neighbourhood of a trial as nodes and edges, and the address of the part that draws them, in JSON."""
    at, found = await _gathered(request)
    if not found:
        return JSONResponse({"error": f"there is no trial {request.path_params['id']}"}, 404)
    things = [thing for group in found.groups for thing in group.things]
    ids = {thing.iri: number for number, thing in enumerate(things, 1)}
    edges = [{"source": 0, "target": ids[thing.iri]} for thing in things if thing.kind != "trial"]
    edges += [{"source": ids[trial], "target": ids[thing]} for trial, thing in found.shared]
    nodes = [_node(at, 0, found.trial), *(_node(at, ids[thing.iri], thing) for thing in things)]
    return JSONResponse({"part": _part(), "nodes": nodes, "edges": edges})


async def _gathered(request: Request) -> tuple[Site, Neighbourhood | None]:
    at = site(request)
    return at, await at.pool.run(gather, f"{at.base}trial/{request.path_params['id']}", at.base)


def _part() -> str | None:
    """Where the script is that draws, if it is there."""
    return next((f"/static/vendor/{part.files[0]}" for part in parts.parts() if part.name == "cytoscape"), None)


def _node(at: Site, id_: int, thing: Thing) -> dict[str, Any]:
    kind = "this" if id_ == 0 else thing.kind
    return {"id": id_, "kind": kind, "label": thing.label, "note": thing.note, "path": at.path(thing.iri)}


ROUTES = [
    Route("/trial/{id:path}/neighbourhood", lists),
    Route("/trial/{id:path}/neighbourhood.json", data),
]
