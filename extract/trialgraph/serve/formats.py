"""The formats of answers: their short names, their media types, and what a client takes of them."""

from typing import TypeAlias

import mimeparse
from starlette.exceptions import HTTPException
from starlette.requests import Request

#: Formats with their media types.
Formats: TypeAlias = dict[str, tuple[str, ...]]

#: The media types of each format of rows and truths: the first is its own, the others are taken for it.
ROWS: Formats = {
    "json": ("application/sparql-results+json", "application/json"),
    "xml": ("application/sparql-results+xml", "application/xml", "text/xml"),
    "csv": ("text/csv",),
    "tsv": ("text/tab-separated-values",),
}
#: The media types of each format of triples.
TRIPLES: Formats = {
    "turtle": ("text/turtle", "application/x-turtle"),
    "ntriples": ("application/n-triples", "text/plain"),
    "jsonld": ("application/ld+json", "application/json"),
    "rdfxml": ("application/rdf+xml", "application/xml", "text/xml"),
}

_HEADER = 2_000


def accepted(request: Request, formats: Formats, name: str = "") -> str:
    """The media type that a request wants most among those of some formats, "" if it takes none.

    The name of a format, which the client gave as `format=`, goes before the Accept header. Raises HTTPException (400)
    for what is no format, or no header. https://www.rfc-editor.org/rfc/rfc9110#name-accept
    """
    if name:
        return named(name, formats)
    header = ",".join(request.headers.getlist("accept")).lower()
    if len(header) > _HEADER:
        raise HTTPException(400, f"Accept: at most {_HEADER:,} characters")
    # Of those that it wants alike, the last is taken: a format's own media type, and the first format, come last.
    others = [each for types in formats.values() for each in types[1:]]
    own = [types[0] for types in reversed(formats.values())]
    try:
        return str(mimeparse.best_match([*others, *own], header or "*/*"))
    except mimeparse.MimeTypeParseException as error:
        raise HTTPException(400, f"Accept: {error}") from error


def named(name: str, formats: Formats) -> str:
    """The media type that a short name or a media type means, "" if none of some formats."""
    if name in formats:
        return formats[name][0]
    if any(name in types for types in formats.values()):
        return name
    if name in ROWS or name in TRIPLES or any(name in types for types in (*ROWS.values(), *TRIPLES.values())):
        return ""
    raise HTTPException(400, f"format={name[:60]}: one of {', '.join([*ROWS, *TRIPLES])}, or a media type of theirs")


def format_of(media_type: str, formats: Formats) -> str:
    """The short name of the format that a media type means, "" for none."""
    return next((name for name, types in formats.items() if media_type in types), "")


def listed(formats: Formats) -> str:
    """The media types of some formats, for a client that takes none."""
    return ", ".join(types[0] for types in formats.values())
