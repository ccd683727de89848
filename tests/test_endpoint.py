"""Endpoints over HTTP: what is sent, what is read, what is no whole answer, and copies of what they have."""

import gzip
import io
import threading
import tracemalloc
import urllib.parse
from base64 import b64encode
from collections.abc import Iterator, Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyoxigraph
import pytest
from pyoxigraph import QuerySolutions
from tests.conftest import run, study, written
from tests.serving import ready

from trialgraph import build
from trialgraph.endpoint import AUTHORIZATION, Endpoint
from trialgraph.errors import InputError, UsageError
from trialgraph.iris import TYPE, tg
from trialgraph.mirror import mirrored
from trialgraph.query import Rows, ask, write
from trialgraph.query import written as answered
from trialgraph.questions import question
from trialgraph.store import opened

ONE = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"1"}}]}}'
TRIPLE = b"<http://e/a> <http://e/b> <http://e/c> .\n"
JSON = "application/sparql-results+json"


class Server(HTTPServer):
    """Answers every request the same, or as `graph` does; holds what it was sent."""

    status, kind, body = 200, JSON, ONE
    extra: Mapping[str, str] = MappingProxyType({})
    graph: pyoxigraph.Store | None = None
    most = 1 << 30  # rows or triples of an answer of the graph
    only_get = False
    sent: dict[str, list[str]]
    headers: Message
    requests = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/sparql"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.requests += 1
        if self.server.only_get:
            self.send_error(405)
        else:
            self._answer(data)

    def do_GET(self) -> None:
        self.server.requests += 1
        self._answer(urllib.parse.urlsplit(self.path).query)

    def _answer(self, data: str) -> None:
        server = self.server
        server.headers, server.sent = self.headers, urllib.parse.parse_qs(data)
        kind, body, extra = (server.kind, server.body, server.extra) if server.graph is None else _of_graph(server)
        self.send_response(server.status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **extra}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _of_graph(server: Server) -> tuple[str, bytes, Mapping[str, str]]:
    assert server.graph is not None
    answer = server.graph.query(server.sent["query"][0])
    if not isinstance(answer, pyoxigraph.QueryTriples):
        assert not isinstance(answer, pyoxigraph.QueryBoolean)
        return JSON, answer.serialize(format=pyoxigraph.QueryResultsFormat.JSON) or b"", {}
    triples = list(answer)[: server.most]
    return "application/n-triples", pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_TRIPLES) or b"", {}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as held:
        thread = threading.Thread(target=held.serve_forever, args=(0.01,))
        thread.start()
        yield held
        held.shutdown()
        thread.join()


def test_rows(server: Server) -> None:
    answer = Endpoint(server.url).ask("PREFIX tg: <http://mine/>\nSELECT ?x { ?x a tg:Trial }")
    assert isinstance(answer, QuerySolutions)
    assert Rows(answer)[0] == ("1",)
    query = server.sent["query"][0]
    assert query.endswith("PREFIX tg: <http://mine/>\nSELECT ?x { ?x a tg:Trial }")
    assert query.count("PREFIX tg:") == 1
    assert query.count("\n") == 1
    assert "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>" in query
    assert server.headers.get_content_type() == "application/x-www-form-urlencoded"
    assert JSON in server.headers["Accept"]


def test_rows_in_xml_and_packed_rows(server: Server) -> None:
    rows = pyoxigraph.Store().query("SELECT ?x { VALUES ?x { 1 2 } }")
    assert not isinstance(rows, pyoxigraph.QueryTriples)
    server.kind = "application/sparql-results+xml; charset=utf-8"
    server.body = gzip.compress(rows.serialize(format=pyoxigraph.QueryResultsFormat.XML) or b"")
    server.extra = {"Content-Encoding": "gzip"}
    answer = Endpoint(server.url).ask("SELECT ?x {}")
    assert isinstance(answer, QuerySolutions)
    assert len(Rows(answer)) == 2
    assert server.headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("body", "truth"),
    [
        (b'{"head":{},"boolean":true}', True),
        (b'{"head":{},"boolean":false}', False),
        # Virtuoso's.
        (ONE.replace(b'"x"', b'"__ASK_RETVAL"'), True),
        (ONE.replace(b'"x"', b'"__ASK_RETVAL"').replace(b'"1"', b'"0"'), False),
    ],
)
def test_truths(server: Server, body: bytes, truth: bool) -> None:
    server.kind, server.body = "application/json", body
    answer = Endpoint(server.url).ask("ASK {}")
    assert (type(answer), bool(answer)) == (pyoxigraph.QueryBoolean, truth)


@pytest.mark.parametrize("kind", ["text/turtle", "application/n-triples", "text/plain"])
def test_triples_are_never_asked_for_in_json(server: Server, kind: str) -> None:
    server.kind, server.body = kind, TRIPLE
    answer = Endpoint(server.url).ask("CONSTRUCT WHERE { ?s ?p ?o }")
    assert answered(answer, "table").count == 1
    assert "json" not in server.headers["Accept"]


def test_parameters_of_the_server_stay_in_its_url(server: Server) -> None:
    server.only_get = True
    Endpoint(f"{server.url}?default-graph-uri=urn%3Ag").ask("SELECT ?x {}")
    assert server.sent["default-graph-uri"] == ["urn:g"]


def test_a_server_that_takes_no_post_is_asked_by_get_unless_the_query_is_long(server: Server) -> None:
    server.only_get = True
    assert bool(Endpoint(server.url).ask("SELECT ?x {}"))
    assert server.requests == 2
    with pytest.raises(InputError, match="answers 405"):
        Endpoint(server.url).ask(f"SELECT ?x {{}} # {'x' * 6_000}")


@pytest.mark.parametrize(
    ("status", "kind", "body", "said"),
    [
        (400, "text/plain", b"Parse error:\x1b[31m line 1\nhere", "answers 400 Bad Request: Parse error:"),
        (
            500,
            "text/plain",
            b"Error SP030\n\nSPARQL query:\nPREFIX",
            r"answers 500 Internal Server Error: Error SP030$",
        ),
        (500, "text/html", b"<title>t</title><style>p {}</style><p>Too <b>busy</b></p>", "Error: Too busy$"),
        (503, "text/html", b"", "answers 503 Service Unavailable"),
        (401, "text/plain", b"Who?", "Who\\?; give a user and a password in its URL, or set TRIALGRAPH_ENDPOINT_AUTH"),
        (200, "text/html", b"<!DOCTYPE html><p>Log in</p>", r"cannot be read \(text/html\): a page; is this"),
        (200, "application/json", b'{"error": 1}', "cannot be read"),
        (200, "text/turtle", b"<http://e/a>", "cannot be read"),
    ],
)
def test_an_answer_that_is_none(server: Server, status: int, kind: str, body: bytes, said: str) -> None:
    server.status, server.kind, server.body = status, kind, body
    with pytest.raises(InputError, match=said) as error:
        Endpoint(server.url).ask("SELECT ?x {}")
    assert "\x1b" not in str(error.value)


def test_an_error_that_is_packed(server: Server) -> None:
    server.status, server.body, server.extra = 400, gzip.compress(b"line 3"), {"Content-Encoding": "gzip"}
    with pytest.raises(InputError, match="answers 400 Bad Request: line 3"):
        Endpoint(server.url).ask("SELECT ?x {}")


@pytest.mark.parametrize(
    ("kind", "body", "extra"),
    [
        (JSON, ONE[:-30], {}),
        (JSON, ONE, {"Content-Length": "200"}),
        (JSON, gzip.compress(ONE)[:-9], {"Content-Encoding": "gzip"}),
        # What came would be whole.
        ("application/n-triples", TRIPLE, {"Content-Length": "100"}),
    ],
)
@pytest.mark.parametrize("format_", ["csv", "table"])
def test_an_answer_that_breaks_off_is_no_answer(
    server: Server, kind: str, body: bytes, extra: dict[str, str], format_: str
) -> None:
    server.kind, server.body, server.extra = kind, body, extra
    query = "SELECT ?x {}" if kind == JSON else "CONSTRUCT WHERE { ?s ?p ?o }"
    found = run("query", "--endpoint", server.url, "--format", format_ if kind == JSON else "turtle", query)
    assert found.exit_code == 3
    assert any(said in found.stderr for said in ("its answer breaks off", "an answer that cannot be read")), (
        found.stderr
    )


@pytest.mark.parametrize(
    ("query", "kind", "body"),
    [
        ("SELECT ?x {}", "text/plain", b""),
        ("SELECT ?x {}", "application/n-triples", TRIPLE),
        ("SELECT ?x {}", JSON, b'{"head":{},"boolean":true}'),
        ("ASK {}", JSON, ONE),
        ("CONSTRUCT { ?x a ?x } WHERE { SELECT ?x {} }", JSON, ONE),
    ],
)
def test_an_answer_to_something_else_is_none(server: Server, query: str, kind: str, body: bytes) -> None:
    server.kind, server.body = kind, body
    with pytest.raises(InputError, match=f"cannot be read .*: not what {query.split()[0]} asks for"):
        Endpoint(server.url).ask(query)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"X-SPARQL-MaxRows": "10000"}, "gives 10000 rows at most"),
        ({"X-SPARQL-MaxRows": "many"}, "gives many rows at most"),
        ({"X-SQL-State": "S1TAT", "X-SQL-Message": "RC...: Returning incomplete results"}, "a part of the answer"),
    ],
)
def test_what_virtuoso_cut_is_no_answer(server: Server, extra: dict[str, str], said: str) -> None:
    server.extra = extra
    with pytest.raises(InputError, match=said):
        Endpoint(server.url).ask("SELECT ?x {}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_endpoint_that_moved_is_named_and_not_followed(server: Server, status: int) -> None:
    server.status, server.extra = status, {"Location": f"{server.url}/new"}
    with pytest.raises(InputError, match=f"has moved to {server.url}/new"):
        Endpoint(server.url).ask("SELECT ?x {}")
    assert server.requests == 1


def test_an_endpoint_that_is_not_there() -> None:
    with HTTPServer(("127.0.0.1", 0), Handler) as held:
        port = held.server_port
    with pytest.raises(InputError, match=r"cannot be reached: .*refused"):
        Endpoint(f"http://127.0.0.1:{port}/").ask("SELECT ?x {}")
    with pytest.raises(InputError, match="cannot be reached"):
        Endpoint("http://127.0.0.1:1/a b").ask("SELECT ?x {}")
    with pytest.raises(UsageError, match="begins with http"):
        Endpoint("file:///etc/passwd").ask("SELECT ?x {}")


def test_an_endpoint_that_does_not_answer_in_time() -> None:
    with (
        HTTPServer(("127.0.0.1", 0), Handler) as held,
        pytest.raises(InputError, match=r"no answer in 0\.05 s; --time"),
    ):
        Endpoint(f"http://127.0.0.1:{held.server_port}/", timeout=0.05).ask("SELECT ?x {}")


def test_an_endpoint_gets_no_refused_query(server: Server) -> None:
    with pytest.raises(UsageError, match="SERVICE"):
        Endpoint(server.url).ask("SELECT * { SERVICE <http://example.org/> {} }")
    assert server.requests == 0


def test_a_password_goes_to_who_asks_for_it_and_into_no_message(server: Server, monkeypatch: Any) -> None:
    url = server.url.replace("//", "//me:s%20cret@")
    Endpoint(url).ask("SELECT ?x {}")
    assert server.headers["Authorization"] is None
    server.status, server.extra = 401, {"WWW-Authenticate": 'Basic realm="here"'}
    with pytest.raises(InputError, match="answers 401") as error:
        Endpoint(url).ask("SELECT ?x {}")
    assert server.headers["Authorization"] == f"Basic {b64encode(b'me:s cret').decode()}"
    server.status, server.extra = 302, {"Location": url}
    with pytest.raises(InputError, match="has moved") as moved:
        Endpoint(url).ask("SELECT ?x {}")
    assert "cret" not in f"{error.value}{moved.value}"
    server.status, server.extra = 200, {}
    monkeypatch.setenv(AUTHORIZATION, "Bearer abc\n")
    Endpoint(server.url).ask("SELECT ?x {}")
    assert server.headers["Authorization"] == "Bearer abc"


@pytest.mark.parametrize("scheme", ['Bearer realm="here"', "Negotiate", "", "Digest junk"])
@pytest.mark.parametrize("user", ["", "me:secret@"])
def test_who_asks_for_something_else_than_a_password_is_told_so(server: Server, scheme: str, user: str) -> None:
    server.status, server.body, server.extra = 401, b"Who?", {"WWW-Authenticate": scheme}
    with pytest.raises(InputError, match=f"answers 401 Unauthorized: Who.*; give a user .* set {AUTHORIZATION}"):
        Endpoint(server.url.replace("//", f"//{user}")).ask("SELECT ?x {}")


@pytest.mark.parametrize("url", ["me:s#cret@h/", "me:s/cret@h/", "me:1?cret@h/", "me:secret@[::1/", "[::1/"])
def test_a_url_that_cannot_be_taken_apart_shows_no_password(url: str) -> None:
    with pytest.raises(UsageError, match="--endpoint: ") as error:
        Endpoint(f"http://{url}").ask("SELECT ?x {}")
    assert "cret" not in str(error.value)


def test_a_token_that_is_no_header_is_not_shown(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setenv(AUTHORIZATION, "Bearer sec\nret")
    with pytest.raises(UsageError, match="has a character that no header can have") as error:
        Endpoint(server.url).ask("SELECT ?x {}")
    assert "sec" not in str(error.value)
    assert server.requests == 0


def test_many_rows_are_written_as_they_come(server: Server) -> None:
    row = b'{"x":{"type":"literal","value":"%s"}}' % (b"x" * 1_000)
    server.body = b'{"head":{"vars":["x"]},"results":{"bindings":[%s]}}' % b",".join([row] * 10_000)

    class Sink(io.RawIOBase):
        length = 0

        def write(self, data: Any) -> int:
            self.length += len(data)
            return len(data)

    sink = Sink()
    answer = Endpoint(server.url).ask("SELECT ?x {}")
    tracemalloc.start()
    assert write(answer, "csv", sink) is None  # type: ignore[arg-type]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (sink.length > 10_000_000, most < 1_000_000) == (True, True)


def trial(number: int) -> dict[str, Any]:
    return study(
        f"NCT0000000{number}",
        conditionsModule={"conditions": ["Asthma", "COPD"], "keywords": [f"word {number % 3}", "lungs"]},
        statusModule={"overallStatus": "COMPLETED" if number % 2 else "RECRUITING"},
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    build(written(folder, [trial(number) for number in range(1, 7)]), folder / "s.store")
    return folder / "s.store"


@pytest.mark.parametrize("most", [7, 1 << 30])
def test_a_copy_has_every_statement_whatever_the_server_gives_at_a_time(server: Server, store: Path, most: int) -> None:
    server.graph, server.most = opened(str(store)), most
    with mirrored(Endpoint(server.url)) as folder:
        default = server.graph.quads_for_pattern(None, None, None, pyoxigraph.DefaultGraph())
        assert {*opened(folder)} == {*default}
    assert not Path(folder).exists()


def test_a_copy_of_some_terms(server: Server, store: Path) -> None:
    server.graph = opened(str(store))
    with mirrored(Endpoint(server.url), [tg("Trial"), tg("nctId")]) as folder:
        assert {str(quad.predicate) for quad in opened(folder)} == {TYPE, tg("nctId")}
        assert len(opened(folder)) == 12


def test_a_copy_that_lacks_something_is_none(server: Server, store: Path) -> None:
    server.graph, server.most = opened(str(store)), 0
    with pytest.raises(InputError, match=r"gave 0 of \d+ statements with <"), mirrored(Endpoint(server.url)):
        pass
    server.graph = pyoxigraph.Store()
    with (
        pytest.raises(InputError, match="has no trial, at least not in its default graph"),
        mirrored(Endpoint(server.url)),
    ):
        pass


@pytest.mark.parametrize(
    "body",
    [
        b'{"head":{"vars":["term","count"]},"results":{"bindings":[{"count":{"type":"literal","value":"many"}}]}}',
        b'{"head":{"vars":["term","count"]},"results":{"bindings":[{}]}}',
        ONE,
        ONE[:-4],
    ],
)
def test_a_count_that_is_none_makes_no_copy(server: Server, body: bytes) -> None:
    server.body = body
    with pytest.raises(InputError, match="an answer that cannot be read"), mirrored(Endpoint(server.url)):
        pass


def test_our_own_endpoint_answers_every_command_as_its_store(store: Path) -> None:
    with ready(store) as client:
        url = f"{client.base_url}/sparql"
        for command in (
            ["query", "trials-per-year"],
            ["query", "--format", "csv", "sponsor-portfolio", "-p", "sponsor=acme"],
            ["find", "--status", "COMPLETED"],
            ["similar", "NCT00000001", "-k", "2"],
            ["validate", "--all", "--fail-on", "never", "--workers", "1"],
        ):
            name, *rest = command
            far = run(name, "--endpoint", url, *rest)
            near = run(name, store, *rest)
            assert (far.exit_code, far.stdout) == (0, near.stdout), far.stderr
    query = question("sponsor-portfolio").bound({"sponsor": "acme"})
    assert len(answered(ask(opened(str(store)), query), "csv").text.splitlines()) == 7


@pytest.mark.parametrize(
    "arguments",
    [
        ["similar"],
        ["similar", "NCT00000001"],
        ["similar", "--endpoint", "http://e/"],
        ["similar", "--endpoint", "http://e/", "graph.ttl", "NCT00000001"],
        ["validate"],
        ["validate", "--endpoint", "http://e/", "graph.ttl"],
    ],
)
def test_a_command_wants_a_graph_or_an_endpoint(arguments: list[str]) -> None:
    found = run(*arguments)
    assert (found.exit_code, "an --endpoint" in found.stderr) == (2, True)
