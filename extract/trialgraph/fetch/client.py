"""A client of the registry's API that asks politely: one request at a time, paced, patient with what will pass.

https://clinicaltrials.gov/data-api/api
"""

import re
import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import TracebackType
from typing import TypeVar

import httpx
import msgspec

from trialgraph.errors import InputError, UsageError
from trialgraph.fetch.page import BROKEN, Page, head, line, page
from trialgraph.fetch.query import API
from trialgraph.fetch.waits import Clock, Pace, backoff, retry_after
from trialgraph.readers.clean import clean

Answer = TypeVar("Answer")

#: As many studies as the registry puts into a page.
PAGE = 1000
_TRIES = 5
#: The longest wait that is worth it; who is asked to wait longer had better come again.
_LONGEST_WAIT = 600.0
_SLOWEST_ANSWER = 900.0
#: A page has some 20 MB; a thousand of the largest studies would be 4 GB, but no page is that.
_LARGEST_ANSWER = 1 << 30
_LONGEST_MESSAGE = 2000
_MOST_HOPS = 5
_PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524}
_REDIRECTS = {301, 302, 303, 307, 308}
_TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,100})", re.IGNORECASE)


class UnavailableError(InputError):
    """The registry does not answer, though it was asked several times, or asks to wait for long."""


class RefusedError(InputError):
    """The registry refuses a request as wrong (400) or knows no such thing (404); its own message says why."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class _PassingError(Exception):
    """A failure that another try may not have; `wait` is the time that the server asks for."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class _Version(msgspec.Struct, rename="camel"):
    api_version: str
    data_timestamp: str = ""


_version = msgspec.json.Decoder(_Version)


class Client:
    """Asks the API at a base URL, `rate` times a second at most; `tell` is told of each failure that is tried again.

    Its methods raise UnavailableError if the registry does not answer, RefusedError if it refuses, and InputError for
    an answer that is no registry's.
    """

    def __init__(
        self,
        api: str = API,
        *,
        rate: float = 1.0,
        agent: str = "trialgraph",
        tell: Callable[[str], None] = lambda message: None,
        clock: Clock | None = None,
    ) -> None:
        try:
            self._base = httpx.URL(api.rstrip("/"))
        except httpx.InvalidURL as error:
            raise UsageError(f"--api {api}: not a URL: {error}") from error
        if self._base.scheme not in ("http", "https") or not self._base.host or self._base.query:
            raise UsageError(f"--api {api}: not a URL such as {API}")
        if self._base.userinfo:
            raise UsageError("--api: a URL without a user name and a password, for it is kept beside the studies")
        if not 0 < rate < float("inf"):
            raise UsageError(f"--rate {rate}: not a number of requests a second")
        self._clock = clock or Clock()
        self._pace = Pace(rate, self._clock)
        self._tell = tell
        self._http = httpx.Client(
            headers={"user-agent": agent},
            timeout=httpx.Timeout(60.0, connect=30.0),
            limits=httpx.Limits(max_connections=1),
            verify=_certificates(),
        )
        self.api = str(self._base)
        self.rate = rate
        self.requests = 0
        self.retries = 0
        self.redirects = 0

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def version(self) -> str:
        """The time of the registry's data, as it says it: "2026-11-20T09:00:05"; "" if it says none."""
        return self._get("/version", {}, _version.decode).data_timestamp

    def count(self, parameters: Mapping[str, str]) -> int | None:
        """How many studies a search finds; None if the registry does not say it."""
        wanted = {"countTotal": "true", "pageSize": "1", "fields": "NCTId"}
        return self._get("/studies", {**parameters, **wanted}, page).total

    def page(self, parameters: Mapping[str, str], token: str = "") -> Page:
        """A page of a search, the first without a token, which has the total."""
        rest = {"pageToken": token} if token else {"countTotal": "true"}
        return self._get("/studies", {**parameters, "pageSize": str(PAGE), **rest}, page)

    def study(self, nct_id: str) -> bytes:
        """One study, by its id or by an alias, from which the registry redirects."""
        return self._get(f"/studies/{nct_id}", {}, _one)

    def _get(self, path: str, parameters: Mapping[str, str], decode: Callable[[bytes], Answer]) -> Answer:
        url = self._base.copy_with(path=self._base.path.rstrip("/") + path)
        url = url.copy_merge_params(parameters) if parameters else url
        for attempt in range(1, _TRIES + 1):
            try:
                return self._decoded(self._followed(url), decode)
            except _PassingError as failure:
                wait = max(backoff(attempt, self._clock.chance()), failure.wait or 0)
                if wait > _LONGEST_WAIT:
                    raise UnavailableError(f"{failure}; it asks to wait {wait:,.0f} s") from failure
                if attempt == _TRIES:
                    raise UnavailableError(f"{failure}; asked {_TRIES} times") from failure
                self._tell(f"{failure}; trying again in {wait:.0f} s ({attempt + 1} of {_TRIES})")
                self.retries += 1
                self._clock.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _decoded(self, body: bytes, decode: Callable[[bytes], Answer]) -> Answer:
        if body.lstrip()[:1] == b"<":
            title = _TITLE.search(body)
            said = f": {clean(title[1].decode(errors='replace')).strip()}" if title else ""
            raise _PassingError(f"the registry answered with a web page instead of data{said}")
        try:
            return decode(body)
        except BROKEN as error:
            raise _PassingError(f"the registry's answer is cut off or no such data: {error}") from error

    def _followed(self, url: httpx.URL) -> bytes:
        """The body at a URL, or where the registry redirects from there, within itself."""
        for _ in range(_MOST_HOPS):
            status, headers, body = self._asked(url)
            if status not in _REDIRECTS:
                return body
            try:
                target = url.join(headers.get("location", ""))
            except httpx.InvalidURL as error:
                raise InputError(f"{self.api}: redirects to what is no URL: {error}") from error
            origin = (self._base.scheme, self._base.host, self._base.port)
            if (target.scheme, target.host, target.port) != origin or not target.path.startswith(self._base.path):
                raise InputError(f"{self.api}: redirects to {target}, which is another place; if right, --api names it")
            self.redirects += 1
            url = target
        raise InputError(f"{self.api}: redirects {_MOST_HOPS} times, the last time to {url}")

    def _asked(self, url: httpx.URL) -> tuple[int, httpx.Headers, bytes]:
        """The status, headers and body of one request."""
        self._pace.wait()
        self.requests += 1
        end = self._clock.now() + _SLOWEST_ANSWER
        try:
            with self._http.stream("GET", url) as response:
                body = self._body(response, end)
        except httpx.InvalidURL as error:
            raise InputError(f"{url}: {error}") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _PassingError(f"the connection to {url.host} failed: {error or type(error).__name__}") from error
        status = response.status_code
        if status == 200 or status in _REDIRECTS:
            return status, response.headers, body
        said = f"{status} {response.reason_phrase}".strip()
        if status in _PASSING_STATUS:
            raise _PassingError(f"the registry answered {said}", retry_after(response.headers))
        message = _message(body)
        if status in (400, 404):
            raise RefusedError(f"the registry answered {said}{': ' if message else ''}{message}", status)
        raise InputError(f"{url.copy_with(query=None)}: the registry answered {said}; {message or 'it says no more'}")

    def _body(self, response: httpx.Response, end: float) -> bytes:
        """The body, decompressed. One that never ends, or expands without end, is left."""
        parts, size = [], 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > _LARGEST_ANSWER:
                raise InputError(f"{response.url.host}: an answer of more than {_LARGEST_ANSWER >> 20:,} MiB; not read")
            if self._clock.now() > end:
                raise _PassingError(f"an answer took longer than {_SLOWEST_ANSWER:.0f} s")
        return b"".join(parts)


def _one(body: bytes) -> bytes:
    """The study that a body is. Raises one of BROKEN if it is none."""
    if head(body) is None:
        raise msgspec.ValidationError("not a study with an NCT id")
    return line(body)


def _message(body: bytes) -> str:
    """What the registry says is wrong, as text; nothing of a web page."""
    text = clean(body[:_LONGEST_MESSAGE].decode(errors="replace")).strip()
    return "" if text.startswith("<") else text


@lru_cache(1)
def _certificates() -> ssl.SSLContext:
    # Made once, as it takes longer than many a request.
    return httpx.create_ssl_context()
