"""A registry to fetch from: the v2 API on a port of this machine, with the faults that tests ask for.

A `Registry` has studies and a version of its data; `changed` gives it others. `faults` says what goes wrong: by the
number of the request, from 1, the name of one of FAULTS; `before` is called with that number before the request is
answered. Every request is in `asked`.
"""

import gzip
import json
import os
import re
import socket
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.conftest import study

from trialgraph.fetch.waits import Clock

BASE = "/api/v2"
Study = dict[str, Any]


@pytest.fixture(autouse=True)
def undisturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy on the way, and no waiting until the disk has what is written, as no test cuts the power."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


class Reply(NamedTuple):
    """A response; `cut` bytes of its body are sent, a `piece` at a time, and then the connection is closed or reset."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    cut: int | None = None
    reset: bool = False
    piece: int = 1 << 30


class Asked(NamedTuple):
    """A request that was made."""

    path: str
    parameters: dict[str, str]
    agent: str


def record(number: int, updated: str = "2026-01-01", **more: Any) -> Study:
    """A study with an id of that number, updated on a day."""
    nct_id = f"NCT{number:08}"
    title = more.pop("title", "A Trial")
    identification = {"nctId": nct_id, "briefTitle": title, **more.pop("identification", {})}
    status = {"overallStatus": more.pop("status", "RECRUITING"), "lastUpdatePostDateStruct": {"date": updated}}
    return study(nct_id, identificationModule=identification, statusModule=status, **more)


def nct_id(study: Study) -> str:
    """The id of a study."""
    return str(study["protocolSection"]["identificationModule"]["nctId"])


def date(study: Study) -> str:
    """The day on which the last update of a study was posted."""
    return str(study["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]["date"])


class Registry:
    """The state of the server."""

    def __init__(self) -> None:
        self.url = ""
        self._lock = Lock()
        self.reset([])

    def reset(self, studies: Iterable[Study], largest: int = 3) -> None:
        """Other studies, no faults, nothing asked. `largest` is what page sizes are coerced down to."""
        self.largest = largest
        self.studies = list(studies)
        self.version: str | None = "2026-11-20T09:00:05"
        self.pages: list[list[Study]] | None = None  # instead of pages cut from the studies
        self.totals: int | None = None  # said instead of the number of studies
        self.says_total = True
        self.faults: dict[int, str] = {}
        self.before: Callable[[int], None] = lambda number: None  # called before a request is answered
        self._moved = 0
        self.keep_tokens = False  # whether tokens of other versions are taken
        self.once = False  # whether a token is taken once only
        self.spent: set[str] = set()
        self.asked: list[Asked] = []

    def changed(self, studies: Iterable[Study], keep_tokens: bool = False) -> None:
        """New data, of a new version; the tokens that were given are no longer taken unless `keep_tokens`."""
        self.studies = list(studies)
        self._moved += 1
        self.version = f"2026-11-{21 + self._moved % 9:02}T09:{self._moved // 9 % 60:02}:05"
        self.keep_tokens = keep_tokens

    def answer(self, path: str, parameters: dict[str, str], agent: str) -> Reply:
        """The response to a request, with its fault."""
        with self._lock:
            self.asked.append(Asked(path, parameters, agent))
            number = len(self.asked)
            self.before(number)
            fault = self.faults.get(number)
            reply = self._answer(path, parameters)
            return FAULTS[fault](reply) if fault else reply

    def _answer(self, path: str, parameters: dict[str, str]) -> Reply:
        if path == f"{BASE}/version":
            stamp = {"dataTimestamp": self.version} if self.version else {}
            return _json({"apiVersion": "2.0.5", **stamp})
        if path == f"{BASE}/studies":
            return self._search(parameters)
        if match := re.fullmatch(f"{BASE}/studies/(.+)", path):
            return self._single(match[1])
        return _text(404, f"no such path: {path}")

    def _single(self, asked: str) -> Reply:
        if not re.fullmatch(r"[Nn][Cc][Tt]0*[1-9]\d{0,7}", asked):
            return _text(400, f"{asked} has incorrect format of NCT ID")
        for each in self.studies:
            if nct_id(each) == asked:
                return _json(each)
            if asked in _aliases(each):
                return Reply(301, b"", {"location": f"{BASE}/studies/{nct_id(each)}"})
        return _text(404, f"NCT number {asked} not found")

    def _search(self, parameters: dict[str, str]) -> Reply:
        size = min(int(parameters.get("pageSize", "0")) or 10, self.largest)
        rest = {key: value for key, value in parameters.items() if key not in ("pageSize", "pageToken", "countTotal")}
        if unknown := rest.keys() - _PARAMETERS:
            return _text(400, f"unknown parameter {sorted(unknown)[0]}")
        fields = parameters.get("fields", "")
        if set(fields.split("|")) - {"", "NCTId", "LastUpdatePostDate"}:
            return _text(400, f"contains invalid field name: {fields}")
        if "((" in parameters.get("query.term", ""):
            return _text(400, "query.term: syntax error:\n  unbalanced (")
        found = [each for each in self.studies if _matches(each, rest)]
        pages = self.pages if self.pages is not None and not (fields or "filter.ids" in rest) else None
        if pages is None:
            pages = [found[place : place + size] for place in range(0, len(found), size)] or [[]]
        place, token = 0, parameters.get("pageToken")
        if token:
            try:
                place, bound = json.loads(bytes.fromhex(token))
            except ValueError:
                return _text(400, "pageToken: not a token")
            if bound[0] != rest or (bound[1] != self.version and not self.keep_tokens) or token in self.spent:
                return _text(400, "pageToken has expired or belongs to another request")
            if self.once:
                self.spent.add(token)
        studies = pages[place] if place < len(pages) else []
        body: dict[str, Any] = {"studies": [_cut(each, fields) for each in studies]}
        if place + 1 < len(pages):
            body["nextPageToken"] = json.dumps([place + 1, [rest, self.version]]).encode().hex()
        if self.says_total and parameters.get("countTotal") == "true" and not token:
            body["totalCount"] = len(found) if self.totals is None else self.totals
        return _json(body)


_PARAMETERS = {
    *("query.cond", "query.term", "query.intr", "query.spons", "query.locn"),
    *("filter.overallStatus", "filter.ids", "fields", "format"),
}


def _aliases(study: Study) -> list[str]:
    return list(study["protocolSection"]["identificationModule"].get("nctIdAliases", []))


def _matches(study: Study, parameters: Mapping[str, str]) -> bool:
    """As the registry's search, by words in the text of the study; a date range by the date."""
    text = json.dumps(study).lower()
    for name, value in parameters.items():
        if name == "filter.ids":
            if not {nct_id(study), *_aliases(study)} & set(re.split(r"[,|]", value)):
                return False
        elif name == "filter.overallStatus":
            if study["protocolSection"]["statusModule"]["overallStatus"] not in re.split(r"[,|]", value):
                return False
        elif name.startswith("query."):
            if since := re.search(r"AREA\[LastUpdatePostDate\]RANGE\[([\d-]+),MAX\]", value):
                if date(study) < since[1]:
                    return False
                value = value.replace(since[0], "").removesuffix(" AND ").strip("()")
            if value.lower() not in text:
                return False
    return True


def _cut(study: Study, fields: str) -> Study:
    if not fields:
        return study
    protocol: Study = {"identificationModule": {"nctId": nct_id(study)}}
    if "LastUpdatePostDate" in fields:
        protocol["statusModule"] = {"lastUpdatePostDateStruct": {"date": date(study)}}
    return {"protocolSection": protocol}


def _json(value: Any) -> Reply:
    """JSON as the registry writes it: a study a line."""
    if isinstance(value, dict) and "studies" in value:
        rest = {name: each for name, each in value.items() if name != "studies"}
        lines = ",\n".join(json.dumps(each) for each in value["studies"])
        text = json.dumps(rest)[:-1] + (", " if rest else "") + f'"studies": [\n{lines}\n]}}'
    else:
        text = json.dumps(value)
    return Reply(200, text.encode(), {"content-type": "application/json"})


def _text(status: int, message: str) -> Reply:
    return Reply(status, message.encode(), {"content-type": "text/plain"})


def _compressed(reply: Reply, cut: int | None = None) -> Reply:
    return reply._replace(body=gzip.compress(reply.body)[:cut], headers={**reply.headers, "content-encoding": "gzip"})


def _busy(status: int, **headers: str) -> Callable[[Reply], Reply]:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda reply: Reply(status, b"<html><title>Sorry</title></html>", {"content-type": "text/html", **given})


#: What can go wrong with a response, by name. Another try, or the client itself, gets over each but the last ones.
FAULTS: dict[str, Callable[[Reply], Reply]] = {
    "429": _busy(429),
    "429 seconds": _busy(429, retry_after="7"),
    "429 date": _busy(429, date=formatdate(1e9, usegmt=True), retry_after=formatdate(1e9 + 11, usegmt=True)),
    "429 nonsense": _busy(429, retry_after="soon"),
    "500": _busy(500),
    "503": _busy(503),
    "html": lambda reply: Reply(200, b"<!DOCTYPE html><title>Maintenance</title>", {"content-type": "text/html"}),
    "reset": lambda reply: reply._replace(cut=0, reset=True),
    "reset in the body": lambda reply: reply._replace(cut=len(reply.body) // 2, reset=True),
    "cut": lambda reply: reply._replace(cut=len(reply.body) // 2),
    "truncated": lambda reply: reply._replace(body=reply.body[: len(reply.body) // 2]),
    "gzip": lambda reply: _compressed(reply) if reply.status == 200 else reply,
    "gzip truncated": lambda reply: _compressed(reply, -12),
    "gzip that is none": lambda reply: reply._replace(headers={**reply.headers, "content-encoding": "gzip"}),
    "empty body": lambda reply: Reply(200, b"", reply.headers),
    "another JSON": lambda reply: Reply(200, b'{"error": "busy"}', reply.headers),
    "in pieces": lambda reply: reply._replace(piece=100),
    "429 for an hour": _busy(429, retry_after="3600"),
    "403": lambda reply: _text(403, "forbidden"),
    "404": lambda reply: _text(404, "not here"),
    "redirect away": lambda reply: Reply(302, b"", {"location": "http://192.0.2.1/api/v2/version"}),
    "redirect in a circle": lambda reply: Reply(302, b"", {"location": f"{BASE}/version"}),
}
#: Those that another try gets over.
PASSING = [
    name for name in FAULTS if name not in ("429 for an hour", "403", "404", "redirect away", "redirect in a circle")
]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        parameters = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        reply = self.server.registry.answer(parts.path, parameters, self.headers.get("user-agent", ""))
        self.send_response_only(reply.status)
        for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        whole = reply.cut is None
        body = reply.body[: reply.cut]
        for place in range(0, len(body), reply.piece):
            self.wfile.write(body[place : place + reply.piece])
            self.wfile.flush()
        if reply.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if not whole:
            self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    registry: Registry

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed leaves its connection; that is no news."""


@contextmanager
def serving(registry: Registry) -> Iterator[Registry]:
    """The registry on a port of this machine, until the end of the block."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.registry = registry
    registry.url = f"http://127.0.0.1:{server.server_address[1]}{BASE}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class KilledError(BaseException):
    """The end of a run that nothing in it notices."""


class Time:
    """A clock that sleeping moves; it may kill who looks at it."""

    def __init__(self, kill: int = 0) -> None:
        self.time = 0.0
        self.slept: list[float] = []
        self.kill = kill
        self.looks = 0

    def now(self) -> float:
        self.looks += 1
        if self.looks == self.kill:
            raise KilledError
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def clock(self) -> Clock:
        return Clock(self.now, self.sleep, lambda: 1.0)
