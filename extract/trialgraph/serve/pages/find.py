"""Find: trials by facets with counts, as a list and as CSV, with the SPARQL behind it."""

from collections.abc import Iterator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from trialgraph.reports.csv import row as csv_row
from trialgraph.serve.catalogue import Catalogue, Selection, TrialRow, sparql
from trialgraph.serve.finding import PAGE, Asked, asked, chips, views
from trialgraph.serve.site import site

_SORTS = {
    "updated": "Latest update",
    "start": "Latest start",
    "enrollment": "Most participants",
    "relevance": "Best match of the words",
}
_COLUMNS = (
    "nct_id", "title", "status", "phases", "study_type", "sponsor", "conditions", "countries", "sites", "enrollment",
    "start", "updated", "results",
)  # fmt: skip
#: Rows of the CSV that are sent at once.
_SOME = 500


async def find(request: Request) -> Response:
    """The page, with status 400 if a filter does not make sense."""
    at = site(request)
    values = await run_in_threadpool(_found, at.catalogue, request.query_params.multi_items())
    return await at.page("find.html", 400 if values["asking"].faults else 200, **values)


def _found(catalogue: Catalogue, parameters: list[tuple[str, str]]) -> dict[str, Any]:
    asking = asked(catalogue, parameters)
    return {
        "asking": asking,
        "views": views(catalogue, asking),
        "chips": chips(catalogue, asking),
        "rows": asking.selection.rows(asking.sort, (asking.page - 1) * PAGE, PAGE),
        "sorts": {name: words for name, words in _SORTS.items() if name != "relevance" or "words" in asking.given},
        "query": sparql(catalogue, asking.selection),
    }


async def find_csv(request: Request) -> Response:
    """All trials that are found as CSV, in the order of the page."""
    at = site(request)
    asking: Asked = await run_in_threadpool(asked, at.catalogue, request.query_params.multi_items())
    if asking.faults:
        return PlainTextResponse("\n".join(asking.faults) + "\n", 400)
    head = {"Content-Disposition": 'attachment; filename="trials.csv"'}
    return StreamingResponse(
        _lines(asking.selection, asking.sort), 200, head, "text/csv; charset=utf-8; header=present"
    )


def _lines(selection: Selection, sort: str) -> Iterator[str]:
    lines = [csv_row(_COLUMNS)]
    for row in selection.every(sort):
        lines.append(csv_row(_cells(row)))
        if len(lines) >= _SOME:
            yield "".join(lines)
            lines = []
    yield "".join(lines)


def _cells(row: TrialRow) -> Iterator[object]:
    for name in _COLUMNS:
        value = getattr(row, name)
        if isinstance(value, bool):
            yield "yes" if value else "no"
        elif isinstance(value, tuple):
            yield "; ".join(value)
        else:
            yield "" if value is None else value


ROUTES = [Route("/find", find), Route("/find.csv", find_csv)]
