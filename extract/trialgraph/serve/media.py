"""The forms in which the server gives a graph, and which of them a client asks for."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from trialgraph.serve.formats import TRIPLES, Formats, accepted, format_of, listed

#: The forms by the names that `?format=` takes, each with its media types; the page is the first, which a client gets
#: that takes any.
FORMS: Formats = {"html": ("text/html", "application/xhtml+xml"), **TRIPLES}
_SHORT = {"ttl": "turtle", "nt": "ntriples", "rdf": "rdfxml", "json-ld": "jsonld"}


def form(request: Request, forms: Formats = FORMS) -> str:
    """The name of the form that a request asks for: by `?format=`, else by the q-values of Accept.

    Raises HTTPException: 400 for a format that there is not, 406 if the client takes none of them.
    """
    name = request.query_params.get("format", "").lower()
    name = _SHORT.get(name, name)
    if name and name not in forms and not any(name in types for types in forms.values()):
        raise HTTPException(400, f"format={name[:60]}: one of {', '.join(forms)}, or a media type of theirs")
    found = format_of(accepted(request, forms), forms) if not name else format_of(name, forms) or name
    if not found:
        raise HTTPException(406, f"there is {listed(forms)}")
    return found


def data(body: bytes, name: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that has a graph in a form as its body."""
    kind = FORMS[name][0] + ("; charset=utf-8" if name == "turtle" else "")
    said = {"Content-Type": kind, "Vary": "Accept", "Access-Control-Allow-Origin": "*"}
    return Response(body, headers=said | dict(headers or {}))


def alternates(address: str) -> list[tuple[str, str]]:
    """The other forms of what a page shows, from its address on this server: media types and addresses."""
    joint = "&" if "?" in address else "?"
    return [(types[0], f"{address}{joint}format={name}") for name, types in TRIPLES.items()]
