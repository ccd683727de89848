"""One box for everything: a condition, a drug, a sponsor, a place, an id."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from trialgraph.errors import UsageError
from trialgraph.serve.catalogue import KINDS, NAMES, Catalogue, Kind, Selection, Thing, TrialRow, alike, called, things
from trialgraph.serve.finding import link, plain
from trialgraph.serve.site import Site, site

#: How many things of a kind are shown as examples.
_EXAMPLES: dict[Kind, int] = {"condition": 2, "intervention": 1, "organization": 1, "city": 1, "country": 1}
_EACH, _TRIALS, _SUGGESTED = 6, 10, 8
_LONGEST = 200


async def search(request: Request) -> Response:
    """What a text finds, by kind; an id that one trial has leads to it."""
    at = site(request)
    text = plain(request.query_params.get("q", ""))[:_LONGEST]
    found = await run_in_threadpool(_found, at.catalogue, text)
    if found["only"]:
        return RedirectResponse(at.path(f"{at.catalogue.base}trial/{found['only'].nct_id}"), 303)
    return await at.page("search.html", q=text, names=NAMES, link=link, **found)


def _found(catalogue: Catalogue, text: str) -> dict[str, Any]:
    identified = catalogue.identified(text, _TRIALS) if text else []
    only = identified[0] if len(identified) == 1 and not called(catalogue, text) else None
    groups = {kind: things(catalogue, text, _EACH + 1, kind) for kind in KINDS} if text and not only else {}
    groups = {kind: found for kind, found in groups.items() if found}
    best = [found[0] for found in groups.values()]
    if best:  # the kind that the text names most surely comes first
        exact = text.lower()
        order = sorted(best, key=lambda thing: (thing.label.lower() != exact, -thing.trials))
        groups = {thing.kind: groups[thing.kind] for thing in order}
    selection = _worded(catalogue, text)
    trials = selection.rows("relevance", limit=_TRIALS) if selection else []
    nothing = bool(text) and not (groups or trials or identified)
    return {
        "only": only,
        "groups": groups,
        "each": _EACH,
        "identified": identified,
        "trials": trials,
        "words": selection.filters["words"][0] if selection else "",
        "total": len(selection) if selection else 0,
        "near": alike(catalogue, text) if nothing else [],
        "examples": examples(catalogue) if nothing or not text else [],
    }


def _worded(catalogue: Catalogue, text: str) -> Selection | None:
    """Trials with the words of a text, or else with words that begin so."""
    for words in (text, " ".join(f"{word}*" for word in text.split())):
        try:
            if text and (selection := catalogue.select({"words": [words]})):
                return selection
        except UsageError:
            return None
    return None


def examples(catalogue: Catalogue) -> list[str]:
    """Texts that find something: the shortest names among the most frequent of some kinds."""
    found: list[str] = []
    for kind, count in _EXAMPLES.items():
        top = [thing for thing in catalogue.things(kind, 30) if len(thing.label) <= 28]
        top.sort(key=lambda thing: thing.note != "MeSH")  # rather a drug than "Placebo"
        found += [thing.label for thing in top[:count]]
    return found


async def suggest(request: Request) -> Response:
    """What a text may mean while it is typed, as JSON: label, note, kind, trials and the page of each."""
    at = site(request)
    text = request.query_params.get("q", "")[:_LONGEST]
    found = await run_in_threadpool(at.catalogue.search, text, _SUGGESTED)
    return JSONResponse([_suggestion(at, each) for each in found], headers={"Cache-Control": "max-age=60"})


def _suggestion(at: Site, each: Thing | TrialRow) -> dict[str, object]:
    if isinstance(each, TrialRow):
        path = at.path(f"{at.catalogue.base}trial/{each.nct_id}")
        return {"label": each.title or each.nct_id, "note": each.nct_id, "kind": "Trial", "trials": None, "path": path}
    kind = NAMES[each.kind][0]
    note = "" if each.note == "MeSH" else each.note
    return {"label": each.label, "note": note, "kind": kind, "trials": each.trials, "path": at.path(each.iri)}


ROUTES = [Route("/search", search), Route("/suggest", suggest)]
