"""The forms in which the server gives a graph, and which of them a client asks for."""

import re
from collections.abc import Iterable, Mapping, Sequence

import pyoxigraph
from pyoxigraph import Quad, RdfFormat, Triple
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from trialgraph.iris import PREFIXES

#: The forms by the names that `?format=` takes, each with its media type; the first is what a client gets that takes
#: any. The page is one of them.
FORMS = {
    "html": "text/html",
    "turtle": "text/turtle",
    "jsonld": "application/ld+json",
    "ntriples": "application/n-triples",
    "rdfxml": "application/rdf+xml",
}
#: Other names of a form, in `?format=` and in Accept.
_ALIASES = {"ttl": "turtle", "nt": "ntriples", "rdf": "rdfxml", "xml": "rdfxml", "json": "jsonld", "json-ld": "jsonld"}
_ALSO = {
    "application/xhtml+xml": "html",
    "application/x-turtle": "turtle",
    "application/json": "jsonld",
    "text/plain": "ntriples",
    "application/xml": "rdfxml",
    "text/xml": "rdfxml",
}
_FORMATS = {
    "turtle": RdfFormat.TURTLE,
    "jsonld": RdfFormat.JSON_LD,
    "ntriples": RdfFormat.N_TRIPLES,
    "rdfxml": RdfFormat.RDF_XML,
}
#: Characters that cannot stand in XML, in UTF-8.
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")


def form(request: Request, forms: Sequence[str] = tuple(FORMS)) -> str:
    """The name of the form that a request asks for: by `?format=`, else by the q-values of Accept.

    Raises HTTPException: 400 for a format that there is not, 406 if the client takes none of them.
    """
    if wanted := request.query_params.get("format"):
        name = _ALIASES.get(wanted.lower(), wanted.lower())
        if name not in forms:
            raise HTTPException(400, f"format={wanted}: not one of {', '.join(forms)}")
        return name
    headers = request.headers.getlist("accept")
    types = {FORMS[name]: name for name in forms} | {kind: name for kind, name in _ALSO.items() if name in forms}
    found = best(", ".join(headers) if headers else "*/*", list(types))
    if found is None:
        raise HTTPException(406, f"no such form; there is {', '.join(FORMS[name] for name in forms)}")
    return types[found]


def best(accept: str, offered: Sequence[str]) -> str | None:
    """The media type of those offered that an Accept header wants most, the first of equals; None if it takes none.

    A type is weighed by the most specific range that it falls in (RFC 9110, 12.5.1).

    >>> best("text/*;q=0.5, text/turtle, application/json;q=0.8", ["text/html", "application/json"])
    'application/json'
    """
    ranges: dict[str, float] = {}
    for part in accept.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        ranges[kind] = next((_weight(each[2:]) for each in parameters if each.startswith("q=")), 1.0)
    weights = [next((ranges[r] for r in (t, t.split("/")[0] + "/*", "*/*") if r in ranges), 0.0) for t in offered]
    top = max(weights, default=0.0)
    return offered[weights.index(top)] if top > 0 else None


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def serialized(statements: Iterable[Quad | Triple], name: str) -> bytes:
    """Statements in a form other than "html", in the order given."""
    used = dict(PREFIXES) if name in ("turtle", "jsonld", "rdfxml") else None
    triples = (Triple(each.subject, each.predicate, each.object) for each in statements)
    body = pyoxigraph.serialize(triples, format=_FORMATS[name], prefixes=used) or b""
    # XML has no way to write these, so a text of another graph that holds one would break the whole document.
    return _NOT_XML.sub("\ufffd".encode(), body) if name == "rdfxml" else body


def data(body: bytes, name: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that has a graph in a form as its body."""
    kind = FORMS[name] + ("; charset=utf-8" if name == "turtle" else "")
    return Response(body, headers={"Content-Type": kind, "Vary": "Accept", **(headers or {})})


def alternates(address: str) -> list[tuple[str, str]]:
    """The other forms of what a page shows, from its address on this server: media types and addresses."""
    joint = "&" if "?" in address else "?"
    return (
        [(kind, f"{address}{joint}format={name}") for name, kind in FORMS.items() if name != "html"] if address else []
    )
