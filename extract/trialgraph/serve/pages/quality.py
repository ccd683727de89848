"""Quality: how complete the trials are, by rule, by sponsor and by item, each number a link to its trials."""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from msgspec import structs
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from trialgraph.errors import UsageError
from trialgraph.findings import local
from trialgraph.privacy import redacted
from trialgraph.reports.csv import row
from trialgraph.serve.quality import NAME, reading
from trialgraph.serve.quality.reading import Filter, Finding
from trialgraph.serve.site import Site, site
from trialgraph.statements import Contacts

_PAGE, _SPONSORS = 50, 25
_BATCH = 500  # rows of a CSV table that are read at once
#: Paths and things that tell of people.
_PEOPLE = re.compile(r"contact|phone|email|official|investigator", re.IGNORECASE)
_HEAD = (
    *("trial", "title", "sponsor", "sponsor_name", "stated", "counted", "completeness"),
    *("violations", "warnings", "infos", "rules"),
)

Handler = Callable[[Request], Awaitable[Response]]


def _with_file(handler: Callable[[Request, Site, str], Awaitable[Response]]) -> Handler:
    """A handler that gets the file; until that is made, a page says so and loads itself anew."""

    async def handle(request: Request) -> Response:
        at = site(request)
        file = at.background[NAME]
        if not file.path:
            answer = await at.page("quality_waiting.html", status=503 if file.error else 202, file=file)
            if file.waiting:
                answer.headers["Refresh"] = "3"
            return answer
        try:
            return await handler(request, at, file.path)
        except UsageError as error:
            return await at.page("quality_none.html", status=400, message=str(error))

    return handle


@_with_file
async def overview(request: Request, at: Site, file: str) -> Response:
    """All rules, sponsors and items."""
    query = request.query_params
    words, sort = query.get("sponsor", ""), query.get("sponsors") or "trials"
    sort_rules, first = query.get("rules") or "trials", _start(request, _SPONSORS)

    def values() -> dict[str, Any]:
        count, sponsors = reading.sponsors(file, words, sort, _SPONSORS, first)
        found = {"summary": reading.summary(file), "rules": reading.broken(file, sort_rules), "sponsors": sponsors}
        return found | {"count": count}

    found = await run_in_threadpool(values)
    links = _Links(request)
    tallest = max((each.trials for each in found["summary"].bins), default=0) or 1
    found |= {"rule_sort": sort_rules, "sponsor_sort": sort, "pages": _pages(first, _SPONSORS, found["count"])}
    return await at.page("quality.html", **found, words=words, links=links, tallest=tallest)


@_with_file
async def rule(request: Request, at: Site, file: str) -> Response:
    """What a rule says, who says so, and the trials that break it."""
    id_ = request.path_params["rule"]
    parts = await run_in_threadpool(reading.parts, file, id_)
    if not parts:
        return await at.page("quality_none.html", status=404, message=f"There is no rule {id_} in the profile.")
    chosen = structs.replace(Filter.of(request.query_params), rule=id_)
    values = await _list(request, file, chosen)

    def found() -> dict[str, list[Finding]]:
        places = defaultdict(list)
        for each in reading.findings(file, id_, ["", *(trial.id for trial in values["trials"])]):
            places[each.trial].append(private(each, at.settings.contacts))
        return places

    places = await run_in_threadpool(found)
    links = _Links(request)
    return await at.page("quality_rule.html", id=id_, parts=parts, places=places, local=local, links=links, **values)


@_with_file
async def organization(request: Request, at: Site, file: str) -> Response:
    """A sponsor's trials, with their scores and the rules that they break."""
    iri = f"{at.base}organization/{request.path_params['key']}"
    sponsor = await run_in_threadpool(reading.sponsor, file, iri)
    if sponsor is None:
        return await at.page("quality_none.html", status=404, message="No trial of the graph has this lead sponsor.")
    chosen = structs.replace(Filter.of(request.query_params), sponsor=iri)
    values = await _list(request, file, chosen)
    return await at.page("quality_trials.html", title=sponsor.name, sponsor=sponsor, links=_Links(request), **values)


@_with_file
async def trials(request: Request, at: Site, file: str) -> Response:
    """The trials of a filter."""
    chosen = Filter.of(request.query_params)
    names = {each.number: each.name for each in (await run_in_threadpool(reading.summary, file)).items}
    values = await _list(request, file, chosen)
    title = f"Trials {' and '.join(_told(chosen, names)) or 'of the graph'}"
    return await at.page("quality_trials.html", title=title, sponsor=None, links=_Links(request), **values)


@_with_file
async def table(request: Request, at: Site, file: str) -> Response:
    """The trials of a filter, all of them, as CSV."""
    chosen = Filter.of(request.query_params)
    sort = request.query_params.get("sort") or "completeness"
    first = await run_in_threadpool(reading.trials, file, chosen, sort, _BATCH)

    def lines() -> Iterator[str]:
        yield row(_HEAD)
        batch, offset = first, 0
        while batch:
            for each in batch:
                share = "" if each.share is None else f"{each.share:.4f}"
                rules = " ".join(name for name, _ in each.rules)
                known = (each.id, each.title, each.sponsor, each.sponsor_name, each.stated, each.counted, share)
                yield row((*known, each.violations, each.warnings, each.infos, rules))
            offset += _BATCH
            batch = reading.trials(file, chosen, sort, _BATCH, offset) if len(batch) == _BATCH else []

    headers = {"Content-Disposition": 'attachment; filename="trials.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


async def _list(request: Request, file: str, chosen: Filter) -> dict[str, Any]:
    """The page of a list of trials that was asked for."""
    sort, first = request.query_params.get("sort") or "completeness", _start(request, _PAGE)
    count = await run_in_threadpool(reading.count, file, chosen)
    rows = await run_in_threadpool(reading.trials, file, chosen, sort, _PAGE, first)
    asked = {name: value for name, value in structs.asdict(chosen).items() if value not in ("", None)}
    words = {name: ("no", "yes")[value] if isinstance(value, bool) else value for name, value in asked.items()}
    csv = f"/quality/trials.csv?{urlencode(words | {'sort': sort})}"
    return {"trials": rows, "count": count, "sort": sort, "csv": csv, "pages": _pages(first, _PAGE, count)}


def _start(request: Request, size: int) -> int:
    """The place of the first row of the page that was asked for."""
    text = request.query_params.get("page") or "1"
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 9):
        raise UsageError(f"page={text[:40]!r}: not the number of a page")
    return (int(text) - 1) * size


def _pages(first: int, size: int, count: int) -> dict[str, int]:
    """Where one is in a list: the first and the last row, and the pages before and after, 0 if there is none."""
    here, last = first // size + 1, min(first + size, count)
    return {"first": first + 1, "last": last, "before": here - 1, "after": here + 1 if last < count else 0}


def _told(chosen: Filter, names: dict[int, str]) -> Iterator[str]:
    """A filter in words."""
    if chosen.rule:
        yield f"that break {chosen.rule}"
    if chosen.clean is not None:
        yield "that break no rule" if chosen.clean else "that break a rule"
    if chosen.valid is not None:
        yield "without a violation" if chosen.valid else "with a violation"
    if chosen.scored is not None:
        yield "that are scored" if chosen.scored else "known from captured pages alone"
    for number, word in ((chosen.states, "state"), (chosen.lacks, "lack")):
        if number is not None:
            yield f"that {word} item {number}, {names.get(number, 'which is none')}"
    if chosen.least is not None or chosen.most is not None:
        yield f"of {chosen.least or 0} to {100 if chosen.most is None else chosen.most} % completeness"


def private(found: Finding, contacts: Contacts) -> Finding:
    """A finding as it may be shown: without what reaches people, unless all of it is."""
    if contacts == "full":
        return found
    if _PEOPLE.search(found.path) or _PEOPLE.search(found.focus):
        return found._replace(value="")
    return found._replace(value=redacted(found.value))


class _Links:
    """Addresses of the same page with some of its query changed."""

    def __init__(self, request: Request) -> None:
        self._path, self._query = request.url.path, dict(request.query_params)

    def __call__(self, fragment: str = "", **changes: object) -> str:
        kept = {name: value for name, value in self._query.items() if name != "page"} | changes
        query = urlencode({name: value for name, value in kept.items() if value})
        return f"{self._path}{'?' * bool(query)}{query}{'#' * bool(fragment)}{fragment}"


ROUTES = [
    Route("/quality", overview),
    Route("/quality/trials", trials),
    Route("/quality/trials.csv", table),
    Route("/quality/organization/{key:path}", organization),
    Route("/quality/{rule}", rule),
]
