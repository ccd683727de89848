"""Queries of a SPARQL 1.1 endpoint, checked as those of a store are."""

import http.client
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pyoxigraph
from pyoxigraph import QueryResultsFormat, RdfFormat

from trialgraph.errors import InputError, UsageError
from trialgraph.iris import PREFIXES
from trialgraph.query import Answer, check
from trialgraph.reports.common import shown

_TIMEOUT = 600


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would drop the query, or send it to somebody that the user did not name."""

    def redirect_request(self, *_: Any) -> None:
        return None


def ask_endpoint(url: str, query: str, name: str = "the query", allow_service: bool = False) -> Answer:
    """The answer of a SPARQL 1.1 endpoint. Raises as `ask` does, and InputError if it cannot be reached."""
    check(query, name, allow_service)
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"--endpoint {url}: begins with http:// or https://")
    declared = set(re.findall(r"\bPREFIX\s+(\w+):", query, re.IGNORECASE))
    prefixes = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items() if prefix not in declared)
    accept = "application/sparql-results+json, application/n-triples;q=0.9, text/turtle;q=0.8"
    data = urllib.parse.urlencode({"query": prefixes + query}).encode()
    request = urllib.request.Request(url, data, {"Accept": accept, "User-Agent": "trialgraph"})
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=_TIMEOUT) as response:
            kind, body = response.headers.get_content_type(), response.read()
    except urllib.error.HTTPError as error:
        if place := error.headers.get("Location"):
            raise InputError(f"{url}: has moved to {shown(place, 200)}; name that as the endpoint") from error
        said = " ".join(error.read(2_000).decode("utf-8", "replace").split())[:300]
        raise InputError(f"{url}: answers {error.code} {error.reason}: {shown(said)}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise InputError(f"{url}: cannot be reached: {getattr(error, 'reason', error)}") from error
    try:
        if "sparql-results" in kind or kind == "application/json":
            return pyoxigraph.parse_query_results(
                body, QueryResultsFormat.from_media_type(kind) or QueryResultsFormat.JSON
            )
        format_ = RdfFormat.from_media_type(kind)
        graph = pyoxigraph.Store()
        graph.load(body, format=format_ or RdfFormat.TURTLE)
        return graph.query("CONSTRUCT WHERE { ?subject ?predicate ?object }")
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{url}: an answer that cannot be read ({kind}): {error}") from error
