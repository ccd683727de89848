"""A request of the SPARQL protocol: the query and its parameters, from an address, a form or a body.

https://www.w3.org/TR/sparql11-protocol/#query-operation
"""

import asyncio
import math
from urllib.parse import parse_qsl

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request

from trialgraph.serve.answer import Asked
from trialgraph.serve.formats import ROWS, TRIPLES, accepted, format_of
from trialgraph.serve.settings import Limits

_FORM, _QUERY, _UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
_FIELDS = 1_000

#: A parameter and its value, as often as it is there.
Parameters = list[tuple[str, str]]


class Question(Struct, frozen=True):
    """What a request asks: the query, the media types for rows and for triples, and how long it may take."""

    asked: Asked
    rows: str
    triples: str
    seconds: float


async def question(request: Request, limits: Limits) -> Question:
    """What a request asks. Raises HTTPException, whose status is what the protocol has for the fault."""
    parameters = _decoded(request.scope["query_string"])
    if request.method == "POST":
        parameters += await _posted(request, limits)
    if any(name == "update" for name, _ in parameters):
        raise HTTPException(403, "updates are refused: this graph is only read")
    queries = _values(parameters, "query")
    if len(queries) != 1:
        raise HTTPException(400, f"exactly one query, in the parameter `query`, but there are {len(queries)}")
    format_ = next(iter(_values(parameters, "format")), "")
    rows, triples = accepted(request, ROWS, format_), accepted(request, TRIPLES, format_)
    asked = Asked(
        queries[0],
        str(request.url.replace(query="")),  # https://www.rfc-editor.org/rfc/rfc3986#section-5.1.3
        tuple(_values(parameters, "default-graph-uri")),
        tuple(_values(parameters, "named-graph-uri")),
        format_of(rows, ROWS),
        format_of(triples, TRIPLES),
        "ok" in _values(parameters, "truncate"),
    )
    return Question(asked, rows, triples, _seconds(_values(parameters, "timeout"), limits.seconds))


async def _posted(request: Request, limits: Limits) -> Parameters:
    """The parameters of a form, or the query that is the whole body."""
    kind, _, about = request.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind == _UPDATE:
        raise HTTPException(403, "updates are refused: this graph is only read")
    if kind not in (_FORM, _QUERY):
        raise HTTPException(415, f"Content-Type: {_FORM} or {_QUERY}", {"Accept-Post": f"{_FORM}, {_QUERY}"})
    charset = about.lower().replace('"', "").replace(" ", "")
    if "charset=" in charset and charset.partition("charset=")[2].split(";")[0] not in ("utf-8", "utf8"):
        raise HTTPException(415, "Content-Type: a query is written in UTF-8")
    try:
        async with asyncio.timeout(limits.seconds):
            body = await request.body()
    except TimeoutError:
        raise HTTPException(408, f"the request did not arrive within {limits.seconds:g} s") from None
    if kind == _FORM:
        return _decoded(body)
    try:
        return [("query", body.decode("utf-8"))]
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"the query is not UTF-8: {error.reason} at byte {error.start}") from error


def _decoded(text: bytes) -> Parameters:
    try:
        fields = text.decode("utf-8")
        return parse_qsl(fields, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"the parameters are not UTF-8: {error.reason}") from error
    except ValueError as error:
        raise HTTPException(400, f"at most {_FIELDS:,} parameters") from error


def _values(parameters: Parameters, name: str) -> list[str]:
    return [value for key, value in parameters if key == name]


def _seconds(given: list[str], most: float) -> float:
    """The time limit: what the client asks for, if that is less."""
    try:
        wanted = [float(value) for value in given]
    except ValueError:
        wanted = [math.nan]
    if any(not value > 0 for value in wanted):
        raise HTTPException(400, f"timeout={given[0][:60]}: a number of seconds above 0")
    return min([*wanted, most])
