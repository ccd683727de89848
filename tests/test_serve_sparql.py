"""The SPARQL protocol: what the endpoint answers to whom, in which format."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec
import pyoxigraph
import pytest
from pyoxigraph import Literal, NamedNode, Quad
from tests.serving import RUNAWAY, SMALL, many, served, store_of, until

from trialgraph.serve.replica import replica
from trialgraph.serve.running import exposed
from trialgraph.serve.settings import Settings

SELECT = "SELECT ?o { <http://example.org/s> ?p ?o }"
CONSTRUCT = "CONSTRUCT WHERE { <http://example.org/s> ?p ?o }"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    subject, predicate = NamedNode("http://example.org/s"), NamedNode("http://example.org/p")
    graph = NamedNode("http://example.org/graph")
    return store_of(
        tmp_path_factory.mktemp("sparql"),
        *many(),
        Quad(subject, predicate, Literal("é", language="fr")),
        Quad(subject, predicate, Literal("in a graph"), graph),
    )


@pytest.fixture(scope="module")
def client(store: str) -> Iterator[httpx.Client]:
    with served(store, SMALL) as client:
        yield client


@pytest.mark.parametrize("query", [SELECT, "ASK {}"])
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/*", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/sparql-results+xml;q=0.1, text/csv;q=0.2", "text/csv; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
        ("text/*, text/csv;q=0", "text/tab-separated-values; charset=utf-8"),
        ("*/*, application/sparql-results+json;q=0", "application/sparql-results+xml"),
        ("TEXT/CSV", "text/csv; charset=utf-8"),
        ("text/turtle, text/csv;q=0.1", "text/csv; charset=utf-8"),
        ("application/sparql-results+json;q=0.5, */*;q=0.1", "application/sparql-results+json"),
        (BROWSER, "application/xml"),
    ],
)
def test_rows_and_truths_come_in_the_format_that_is_wanted_most(
    client: httpx.Client, query: str, accept: str, media_type: str
) -> None:
    response = client.get("/sparql", params={"query": query}, headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert "Accept" in response.headers["vary"]


@pytest.mark.parametrize("query", [CONSTRUCT, "DESCRIBE <http://example.org/s>"])
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "text/turtle; charset=utf-8"),
        ("*/*", "text/turtle; charset=utf-8"),
        ("text/turtle;q=0.3, application/ld+json", "application/ld+json"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/n-triples", "application/n-triples"),
        ("*/*, text/turtle;q=0", "application/n-triples"),
        ("application/sparql-results+json, application/rdf+xml;q=0.1", "application/rdf+xml"),
        (BROWSER, "application/xml"),
    ],
)
def test_triples_come_in_the_format_that_is_wanted_most(
    client: httpx.Client, query: str, accept: str, media_type: str
) -> None:
    response = client.get("/sparql", params={"query": query}, headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)


@pytest.mark.parametrize(
    ("format_", "query", "body"),
    [
        ("json", SELECT, '{"head":{"vars":["o"]},"results":{"bindings":[{"o":{"type":"literal","value":"é",'
         '"xml:lang":"fr"}}]}}\n'),
        ("xml", SELECT, '<?xml version="1.0" encoding="UTF-8"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">'
         '<head><variable name="o"/></head>\n<results>\n<result><binding name="o"><literal xml:lang="fr">é</literal>'
         '</binding></result></results></sparql>\n'),
        ("csv", SELECT, "o\r\né\r\n"),
        ("tsv", SELECT, '?o\n"é"@fr\n'),
        ("text/csv", SELECT, "o\r\né\r\n"),
        ("json", "ASK {}", '{"head":{},"boolean":true}'),
        ("ntriples", CONSTRUCT, '<http://example.org/s> <http://example.org/p> "é"@fr .\n'),
        ("application/n-triples", CONSTRUCT, '<http://example.org/s> <http://example.org/p> "é"@fr .\n'),
        ("jsonld", CONSTRUCT, '[{"@id":"http://example.org/s","http://example.org/p":[{"@language":"fr",'
         '"@value":"é"}]}]'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_format_goes_before_what_the_client_accepts(
    client: httpx.Client, method: str, format_: str, query: str, body: str
) -> None:
    asks = {"query": query, "format": format_}
    if method == "GET":
        response = client.get("/sparql", params=asks, headers={"Accept": "image/png"})
    else:
        response = client.post("/sparql", data=asks, headers={"Accept": "image/png"})
    assert (response.status_code, response.text) == (200, body)


@pytest.mark.parametrize("format_", [pyoxigraph.QueryResultsFormat.JSON, pyoxigraph.QueryResultsFormat.XML])
@pytest.mark.parametrize(
    "term",
    [
        *(
            "1",
            "2.5",
            "1e0",
            "true",
            "'a'",
            "'a'@en",
            "<http://example.org/>",
            "'<&>\"'",
            "'a\\r\\n\\tb'",
            "'2020'^^<x:y>",
        ),
        *("<<( <x:s> <x:p> 'o' )>>", "BNODE()"),
    ],
)
def test_every_term_is_read_again_as_it_was(
    client: httpx.Client, format_: pyoxigraph.QueryResultsFormat, term: str
) -> None:
    query = f"SELECT ({term} AS ?x) ?unbound {{}}"
    response = client.get("/sparql", params={"query": query}, headers={"Accept": format_.media_type})
    read = pyoxigraph.parse_query_results(response.content, format_)
    wanted = pyoxigraph.Store().query(query)
    assert isinstance(read, pyoxigraph.QuerySolutions)
    assert isinstance(wanted, pyoxigraph.QuerySolutions)
    [[found, unbound]], [[expected, _]] = read, wanted
    assert unbound is None
    assert type(found) is type(expected)
    assert found == expected or isinstance(found, pyoxigraph.BlankNode)


def test_what_a_client_does_not_take_is_answered_with_what_there_is(client: httpx.Client) -> None:
    response = client.get("/sparql", params={"query": CONSTRUCT}, headers={"Accept": "text/csv"})
    assert response.status_code == 406
    assert "triples come as text/turtle, application/n-triples, application/ld+json" in response.text


@pytest.mark.parametrize(
    ("parameters", "rows"),
    [
        ({}, 1),
        ({"default-graph-uri": "http://example.org/graph"}, 1),
        ({"named-graph-uri": "http://example.org/graph"}, 0),
    ],
)
def test_the_dataset_of_the_request_goes_before_that_of_the_query(
    client: httpx.Client, parameters: dict[str, str], rows: int
) -> None:
    response = client.get("/sparql", params={"query": SELECT, **parameters})
    assert len(response.json()["results"]["bindings"]) == rows


def test_from_reads_a_graph_of_the_store(client: httpx.Client) -> None:
    query = "SELECT ?o FROM <http://example.org/graph> { ?s ?p ?o }"
    [row] = client.get("/sparql", params={"query": query}).json()["results"]["bindings"]
    assert row["o"]["value"] == "in a graph"


def test_our_prefixes_need_no_prefix_line(client: httpx.Client) -> None:
    assert client.get("/sparql", params={"query": "ASK { FILTER (tg:Trial != rdf:type) }"}).json()["boolean"] is True


def test_a_fault_names_the_line_and_points_at_the_place(client: httpx.Client) -> None:
    response = client.post("/sparql", data={"query": "SELECT ?x\n{ ?x a unknown:Thing }"})
    assert response.text.splitlines()[1:] == ["{ ?x a unknown:Thing }", " " * 20 + "^"]
    assert response.text.startswith("query:2:21: no PREFIX line declares unknown:")


def test_head_has_the_headers_of_the_answer_and_no_body(client: httpx.Client) -> None:
    response = client.head("/sparql", params={"query": "ASK {}"})
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == "26"


def test_options_says_what_there_is(client: httpx.Client) -> None:
    response = client.options("/sparql")
    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


def test_a_page_of_another_server_may_ask(client: httpx.Client) -> None:
    asking = {"Origin": "https://editor.example"}
    response = client.get("/sparql", params={"query": "ASK {}"}, headers=asking)
    assert response.headers["access-control-allow-origin"] == "*"
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "Accept, Content-Type"}
    response = client.options("/sparql", headers={**asking, **preflight})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"
    assert {"Accept", "Content-Type"} <= {*response.headers["access-control-allow-headers"].split(", ")}


def test_a_request_without_a_query_gets_the_description(client: httpx.Client) -> None:
    response = client.get("/sparql", headers={"Accept": "text/turtle"})
    assert response.status_code == 200
    assert "sparql-service-description#" in response.text


def test_the_server_says_that_it_is_well_and_what_it_counted(client: httpx.Client) -> None:
    client.get("/sparql", params={"query": "ASK {}"})
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok\n")
    lines = client.get("/metrics").text.splitlines()
    assert any(line.startswith('trialgraph_queries_total{status="200"} ') for line in lines)
    assert 'trialgraph_jobs_waiting{for="queries"} 0' in lines


def test_the_log_has_no_query_and_no_address(store: str, capfd: pytest.CaptureFixture[str]) -> None:
    with served(store, settings=Settings(log_format="json")) as client:
        client.get("/sparql", params={"query": SELECT})
        client.get("/sparql", params={"query": "nonsense"})
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    assert [(line["rows"], line["status"]) for line in lines] == [(1, 200), (None, 400)]
    assert all({*line} == {"query", "ms", "rows", "status"} and len(line["query"]) == 16 for line in lines)


def test_a_server_behind_another_name_answers_to_that(store: str) -> None:
    with served(store, settings=Settings(hosts=("graph.example",))) as client:
        assert client.get("/healthz", headers={"Host": "graph.example"}).status_code == 200
        assert client.get("/healthz", headers={"Host": "other.example"}).status_code == 400


def test_a_graph_in_a_file_is_served_from_a_store_that_is_gone_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "graph.nt"
    file.write_text("<x:s> <x:p> <x:o> .\n")
    with replica(str(file)) as path, served(path) as client:
        assert client.get("/sparql", params={"query": "ASK { <x:s> <x:p> <x:o> }"}).json()["boolean"] is True
    assert not Path(path).exists()


@pytest.mark.parametrize(
    ("contacts", "said"),
    [("full", "e-mail addresses of contacts"), ("names", "with the names of contacts"), ("none", "without contacts")],
)
def test_a_server_that_others_reach_says_what_they_read(contacts: str, said: str) -> None:
    settings = msgspec.convert({"host": "0.0.0.0", "contacts": contacts}, Settings)
    assert said in exposed(settings)


SERVE = (
    "import sys; from trialgraph.serve.running import serve; from trialgraph.serve.settings import Limits, Settings;"
    "limits = Limits(workers=2, spare=1, pages=1);"
    "serve(sys.argv[1], Settings(port=0, limits=limits), lambda text: print(text, flush=True))"
)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_workers_end_with_the_server(store: str, number: signal.Signals) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", SERVE, store], env=environment, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout
            said = next(line for line in server.stdout if line.startswith(b"serving "))
            address = said.decode().split(" at ")[1].split()[0]
            with httpx.Client(base_url=address, timeout=60) as client:
                assert client.get("/healthz").status_code == 200
                with pytest.raises(httpx.ReadTimeout):
                    client.post("/sparql", data={"query": RUNAWAY}, timeout=0.2)
            workers = children(server.pid)
            assert workers
            server.send_signal(number)
            server.wait(60)
            until(lambda: not any(alive(worker) for worker in workers))
        finally:
            server.kill()


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
