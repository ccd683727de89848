"""Answers of a query for a page: the first rows as terms, which become cells with links."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pyoxigraph
from msgspec import Struct
from starlette.requests import Request

from trialgraph.errors import GraphError
from trialgraph.iris import PREFIXES, TG, TGV
from trialgraph.query import ask
from trialgraph.reports.common import short
from trialgraph.serve.leaving import unless_left
from trialgraph.serve.site import Site, site
from trialgraph.serve.worker import Output

#: How many rows or triples of an answer a page shows; the downloads have all.
ROWS = 1000

# What a page of such rows may hold: the server makes it, and has no limit of memory as workers have.
_TEXT = 10_000  # characters of a value; the downloads have all of it
_SIZE = 1 << 22  # characters of all values, of which each counts for some more
_MORE = 100

_NCT_ID = re.compile(r"NCT[0-9]{8}")
_LINK = re.compile(r"(https?://|mailto:)\S+", re.IGNORECASE)
_XSD = PREFIXES["xsd"]
_DAY = re.compile(r"\d{4}-\d\d(-\d\d)?")  # whatever its type: an answer may have the least of several
_NUMBERS = {_XSD + name for name in ("integer", "decimal", "double", "float")}


class Term(NamedTuple):
    """A value of a row: an IRI, the text of a literal with its datatype, or a blank node."""

    text: str
    datatype: str = ""
    iri: bool = False


class Answer(Struct):
    """The first rows of an answer, a truth, or the first of some triples as Turtle. `more`: there are others."""

    columns: tuple[str, ...] = ()
    rows: list[tuple[Term, ...]] = []
    truth: bool | None = None
    turtle: str | None = None
    count: int = 0  # of the rows or triples that are here
    more: bool = False


class Cell(NamedTuple):
    """What a page shows for a term: a text, and the page of the thing where there is one."""

    text: str
    href: str = ""
    outside: bool = False  # the link leads to another site
    number: bool = False
    day: bool = False  # a date, which no line is broken in


async def answered(request: Request, text: str, name: str = "the query") -> Answer:
    """The answer of the graph to a query of a user, within the limits of the endpoint.

    Raises UsageError for what is refused, GraphError for what is no SPARQL, takes too long or too much memory,
    BusyError if too many wait, and LeftError when the client leaves, with whom the query ends.
    """
    at = site(request)
    work = at.pool.stream(at.settings.limits.seconds, _nowhere, first, text, name, ROWS)
    return await unless_left(request, work)


def first(store: pyoxigraph.Store, _: Output, text: str, name: str, limit: int) -> Answer:
    """The answer of a store with so many rows or triples at most, fewer if they are large.

    Raises as `answered` does, but for LeftError.
    """
    found = ask(store, text, name)
    if isinstance(found, pyoxigraph.QueryBoolean):
        return Answer(truth=bool(found))
    is_graph = isinstance(found, pyoxigraph.QueryTriples)
    kept: list[Any] = []
    size, more = 0, False
    try:
        for each in islice(found, limit + 1):
            row = each if is_graph else tuple(map(_term, each))
            size += sum(len(str(term) if is_graph else term.text) + _MORE for term in row)
            more = len(kept) == limit or size > _SIZE
            if more:
                break
            kept.append(row)
    except (OSError, RuntimeError, ValueError) as error:
        raise GraphError(f"{name}: {error}") from error
    if isinstance(found, pyoxigraph.QueryTriples):
        return Answer(turtle=_turtle(kept), count=len(kept), more=more)
    columns = tuple(variable.value for variable in found.variables)
    return Answer(columns, kept, count=len(kept), more=more)


async def _nowhere(_: bytes) -> None:
    """Takes the pieces that `first` does not write: its answer is what it returns."""


def _turtle(triples: Iterable[pyoxigraph.Triple]) -> str:
    found = sorted(set(triples), key=str)
    used = {prefix: iri for prefix, iri in PREFIXES.items() if any(f"<{iri}" in str(each) for each in found)}
    return (pyoxigraph.serialize(found, format=pyoxigraph.RdfFormat.TURTLE, prefixes=used) or b"").decode()


def _term(term: Any) -> Term:
    if term is None:
        return Term("")
    text = term.value if isinstance(term, pyoxigraph.Literal | pyoxigraph.NamedNode) else str(term)
    if len(text) > _TEXT:
        return Term(f"{text[:_TEXT]}… ({len(text):,} characters)")
    if isinstance(term, pyoxigraph.Literal):
        return Term(text, term.datatype.value)
    return Term(text, iri=isinstance(term, pyoxigraph.NamedNode))


def cell(at: Site, term: Term) -> Cell:
    """A term for a page. What identifies a thing of the graph links to the thing's page."""
    if term.iri:
        if term.text.startswith((TG, TGV)):
            return Cell(short(term.text))
        text = term.text[len(at.base) :] if term.text.startswith(at.base) else short(term.text)
        return Cell(text, at.path(term.text))
    if term.datatype in _NUMBERS:
        return Cell(term.text, number=True)
    if _DAY.fullmatch(term.text):
        return Cell(term.text, day=True)
    if term.datatype == _XSD + "boolean":
        return Cell("yes" if term.text in ("true", "1") else "no")
    if _NCT_ID.fullmatch(term.text):
        return Cell(term.text, f"/trial/{term.text}")
    if _LINK.fullmatch(term.text):
        return Cell(term.text, term.text, outside=True)
    return Cell(term.text)


def download(text: str, format_: str) -> str:
    """Where the endpoint gives the whole answer of a query: as csv, tsv, json or xml, or triples as turtle."""
    return "/sparql?" + urlencode({"query": text, "format": format_})
