"""SPARQL endpoints: queries sent over HTTP, and answers read as they come.

Nothing is believed to be whole because it came: an answer that breaks off, that the server stopped at a time or at a
number of rows, or that is no answer at all is an InputError. Messages have the address without a password.
"""

import gzip
import http.client
import os
import re
import urllib.error
import urllib.parse
import urllib.request
import zlib
from typing import IO, Any, NoReturn, cast

import pyoxigraph
from msgspec import Struct
from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, QueryTriples, RdfFormat

from trialgraph.errors import InputError, UsageError
from trialgraph.iris import PREFIXES
from trialgraph.query import Answer, check
from trialgraph.reports.common import shown

#: Seconds to wait for an endpoint to begin, or to go on with, an answer.
SECONDS = 600.0
#: The environment variable with the value of an Authorization header, such as "Bearer ...".
AUTHORIZATION = "TRIALGRAPH_ENDPOINT_AUTHORIZATION"

_ROWS = "application/sparql-results+json, application/sparql-results+xml;q=0.9"
# Virtuoso writes triples as a JSON of its own where JSON is accepted.
_TRIPLES = "application/n-triples, text/turtle;q=0.9"
#: The longest query that goes into an address, for a server that takes no POST.
_GET = 6_000
#: The column of Virtuoso's answer to ASK.
_TRUTH = "__ASK_RETVAL"
_BREAKS = "its answer breaks off"
#: What answers a query; SELECT may be inside the others.
_FORMS = {"CONSTRUCT": QueryTriples, "DESCRIBE": QueryTriples, "ASK": QueryBoolean, "SELECT": QuerySolutions}


class Endpoint(Struct, frozen=True):
    """Where to ask, and how long to wait. `url` may have a user and a password, and parameters of the server.

    A password goes to the server only when it asks for one, by Basic or Digest.
    """

    url: str
    timeout: float = SECONDS

    @property
    def address(self) -> str:
        """The URL without user and password, as messages have it."""
        parts = urllib.parse.urlsplit(self.url)
        return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def ask(self, query: str, name: str = "the query", allow_service: bool = False) -> Answer:
        """The answer to a query, read as it comes. Our prefixes need no PREFIX line.

        Raises UsageError for what is refused, and InputError if the endpoint cannot be reached or its answer cannot be
        read; of rows, an iteration raises it too.
        """
        words = check(query, name, allow_service)
        self._check_url()
        declared = set(re.findall(r"\bPREFIX\s+(\w+):", query, re.IGNORECASE))
        # On the line of the query, so that a server's errors have the user's lines.
        prefixes = "".join(f"PREFIX {prefix}: <{iri}> " for prefix, iri in PREFIXES.items() if prefix not in declared)
        response = self._sent(prefixes + query, _TRIPLES if words & {"CONSTRUCT", "DESCRIBE"} else _ROWS)
        self._check_whole(response)
        kind = response.headers.get_content_type()
        try:
            answer = _read(kind, cast("IO[bytes]", _Body(self, response)))
            wanted = next((form for form in _FORMS if form in words), "SELECT")
            if not isinstance(answer, _FORMS[wanted]):
                raise ValueError(f"not what {wanted} asks for")
        except (SyntaxError, ValueError) as error:
            response.close()
            hint = "; is this the address of its SPARQL?" if "html" in kind else ""
            raise InputError(f"{self.address}: an answer that cannot be read ({kind}): {error}{hint}") from error
        return answer

    def fail(self, error: Exception, what: str = "cannot be reached") -> NoReturn:
        """Raise InputError for what went wrong on the way."""
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise InputError(f"{self.address}: no answer in {self.timeout:g} s; --timeout waits longer") from error
        raise InputError(f"{self.address}: {what}: {str(reason).strip()}") from error

    def _check_url(self) -> None:
        """Raise UsageError for a URL that is none, or of which messages would show a part of the password."""
        if not self.url.startswith(("http://", "https://")):
            raise UsageError(f"--endpoint {self.url.rpartition('@')[2]}: begins with http:// or https://")
        try:
            parts = urllib.parse.urlsplit(self.url)
        except ValueError as error:
            raise UsageError(f"--endpoint: not a URL: {error}") from error
        if "@" in f"{parts.path}{parts.query}{parts.fragment}":
            raise UsageError(
                "--endpoint: in a user and a password, / is %2F, ? is %3F and # is %23; after them, @ is %40"
            )

    def _sent(self, query: str, accept: str) -> http.client.HTTPResponse:
        """The response to a POST, or to a GET where the server takes no POST."""
        headers = {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": "trialgraph"}
        if authorization := os.environ.get(AUTHORIZATION, "").strip():
            if not (authorization.isascii() and authorization.isprintable()):  # the library would show it
                raise UsageError(f"{AUTHORIZATION}: has a character that no header can have")
            headers["Authorization"] = authorization
        data = urllib.parse.urlencode({"query": query})
        asking = _Asking()
        try:
            opener = self._opener(asking)
            try:
                return self._opened(opener, urllib.request.Request(self.address, data.encode(), headers))
            except urllib.error.HTTPError as error:
                if error.code not in (405, 501) or len(data) > _GET:
                    raise
                error.close()
                joint = "&" if "?" in self.address else "?"
                return self._opened(opener, urllib.request.Request(f"{self.address}{joint}{data}", headers=headers))
        except urllib.error.HTTPError as error:
            with error:
                self._refuse(error)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if isinstance(error, ValueError) and asking.responses:  # neither Basic nor Digest
                asked = asking.responses[-1]
                self._refuse(urllib.error.HTTPError(self.address, asked.status, asked.reason, asked.headers, asked))
            self.fail(error)
        finally:
            for each in asking.responses:
                each.close()

    def _opener(self, asking: "_Asking") -> urllib.request.OpenerDirector:
        parts = urllib.parse.urlsplit(self.url)
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        if parts.username is not None:
            user, password = (urllib.parse.unquote(each or "") for each in (parts.username, parts.password))
            passwords.add_password(None, self.address, user, password)
        handlers = (urllib.request.HTTPDigestAuthHandler(passwords), urllib.request.HTTPBasicAuthHandler(passwords))
        return urllib.request.build_opener(_Stay, asking, *handlers)

    def _opened(
        self, opener: urllib.request.OpenerDirector, request: urllib.request.Request
    ) -> http.client.HTTPResponse:
        return cast("http.client.HTTPResponse", opener.open(request, timeout=self.timeout))

    def _refuse(self, error: urllib.error.HTTPError) -> NoReturn:
        """Raise InputError with what the server says."""
        if place := error.headers.get("Location"):
            parts = urllib.parse.urlsplit(place)
            place = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
            raise InputError(f"{self.address}: has moved to {shown(place, 200)}; name that as the endpoint") from error
        try:
            body = error.read(20_000)
            if error.headers.get("Content-Encoding", "").lower() == "gzip":
                body = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, 20_000)
        except (OSError, http.client.HTTPException, zlib.error):
            body = b""
        # Of a page, its words; what Virtuoso adds is the query.
        text = re.sub(r"<(style|title)\b.*?</\1>|<[^>]*>", " ", body.decode("utf-8", "replace"), flags=re.DOTALL | re.I)
        said = " ".join(text.partition("SPARQL query:")[0].split())[:300]
        hint = f"; give a user and a password in its URL, or set {AUTHORIZATION}" if error.code == 401 else ""
        said = f": {said}" if said else ""
        raise InputError(f"{self.address}: answers {error.code} {error.reason}{shown(said)}{hint}") from error

    def _check_whole(self, response: http.client.HTTPResponse) -> None:
        """Raise InputError if the headers of Virtuoso say that something is missing."""
        if response.headers.get("X-SQL-State") == "S1TAT":
            with response:
                raise InputError(f"{self.address}: stopped after its own time, with a part of the answer; ask for less")
        if rows := response.headers.get("X-SPARQL-MaxRows"):
            with response:
                raise InputError(
                    f"{self.address}: gives {shown(rows, 20)} rows at most, and this answer has as many; ask for fewer"
                )


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would drop the query, or send it to somebody that the user did not name."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _Asking(urllib.request.BaseHandler):
    """Holds the answers that ask for a password, which the library leaves open."""

    handler_order = 0

    def __init__(self) -> None:
        self.responses: list[Any] = []

    def http_error_401(self, _: Any, response: Any, *__: Any) -> None:
        self.responses.append(response)


class _Body:
    """The bytes of an answer, unpacked. Raises InputError where they break off."""

    def __init__(self, endpoint: Endpoint, response: http.client.HTTPResponse) -> None:
        self._endpoint, self._response = endpoint, response
        packed = response.headers.get("Content-Encoding", "").lower() == "gzip"
        self._stream: Any = gzip.GzipFile(fileobj=response) if packed else response

    def __del__(self) -> None:  # rows may be left unread
        self._response.close()

    def read(self, size: int = -1) -> bytes:
        try:
            data: bytes = self._stream.read(size)
        except (OSError, EOFError, zlib.error, http.client.HTTPException) as error:
            self._response.close()
            self._endpoint.fail(error, _BREAKS)
        # The library does not tell the end of a connection from the end of an answer when it is asked for a part.
        if not data and size and self._response.length:
            self._endpoint.fail(EOFError(f"{self._response.length:,} bytes are missing"), _BREAKS)
        return data


def _read(kind: str, body: IO[bytes]) -> Answer:
    """The answer in a body. Raises SyntaxError or ValueError if it is none."""
    if "html" in kind:
        raise ValueError("a page")
    if "sparql-results" in kind or kind == "application/json":
        answer = pyoxigraph.parse_query_results(
            body, QueryResultsFormat.from_media_type(kind) or QueryResultsFormat.JSON
        )
        if isinstance(answer, QuerySolutions) and [each.value for each in answer.variables] == [_TRUTH]:
            truth = next(iter(answer), [None])[0]
            said = "false" if truth is None or truth.value in ("0", "false") else "true"
            return pyoxigraph.parse_query_results(f'{{"head":{{}},"boolean":{said}}}', QueryResultsFormat.JSON)
        return answer
    graph = pyoxigraph.Store()
    graph.load(body, format=RdfFormat.from_media_type(kind) or RdfFormat.TURTLE)
    return graph.query("CONSTRUCT WHERE { ?subject ?predicate ?object }")
