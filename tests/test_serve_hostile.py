"""What is meant to harm the endpoint: each row of the tables of research/security.md that a server meets.

Nothing that a client sends ends in a 500, and no good request is lost by it.
"""

import csv
import io
import socket
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import httpx
import pyoxigraph
import pytest
from pyoxigraph import Literal, NamedNode, Quad
from tests.serving import RUNAWAY, SMALL, many, replaced, served, store_of, until

from trialgraph.serve.settings import Limits

GRAPH = "http://example.org/graph"
FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
CARTESIAN = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER (STR(?c) = CONCAT(STR(?f), STR(?i))) }"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    odd = [
        Quad(NamedNode("http://example.org/odd"), NamedNode("http://example.org/text"), Literal(text))
        for text in ("control \x01 \ufffe", "=SUM(A1)", "line\r\nend", '<a href="x">&')
    ]
    path = store_of(tmp_path_factory.mktemp("hostile"), *many(), *odd, graphs=(GRAPH,))
    with served(path, SMALL) as client:
        yield client


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    limits = Limits(seconds=0.3, workers=2)
    with served(store_of(tmp_path_factory.mktemp("hasty"), *many()), limits) as client:
        yield client


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[bytes]]]:
    """The address of another server, and what it was asked, which is to be nothing."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                asked.append(connection.recv(1000))

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", asked
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def ask(client: httpx.Client, query: str, **more: str) -> httpx.Response:
    return client.post("/sparql", data={"query": query, **more})


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        pytest.param("", 400, "query:1:1: ", id="empty"),
        pytest.param(" \n\t", 400, "query:2:2: ", id="blank"),
        pytest.param("SELECT * { ?s ?p }", 400, "^", id="no SPARQL"),
        pytest.param("SELECT * { ?s unknown:p ?o }", 400, "no PREFIX line declares unknown:", id="unknown prefix"),
        pytest.param("{" * 10_000, 400, "more than 128 brackets", id="10,000 nested braces"),
        pytest.param(f"SELECT * {'{' * 3_000}{'}' * 3_000}", 400, "more than 128 brackets", id="3,000 nested groups"),
        pytest.param(f"ASK {{ FILTER {'(' * 8_000}1{')' * 8_000} }}", 400, "more than 128", id="nested parentheses"),
        pytest.param(f"ASK {{ {'{} UNION ' * 7_000} {{}} }}", 400, "more than 500 operators", id="UNION chain"),
        pytest.param(f"ASK {{ FILTER (1{'||1' * 20_000}) }}", 400, "more than 500 operators", id="|| chain"),
        pytest.param(f"ASK {{ FILTER ({'!' * 50_000}1) }}", 400, "more than 500 operators", id="! chain"),
        pytest.param(f"ASK {{ ?s {'(' * 20_000}a{')' * 20_000} ?o }}", 400, "more than 128", id="path parentheses"),
        pytest.param(f"ASK {{ VALUES ?x {{ {'1 ' * 40_000}}} }}", 400, "at most 65,536 characters", id="huge VALUES"),
        pytest.param(f"ASK {{ VALUES ?x {{ {'1 ' * 30_000}}} }}", 200, '"boolean":true', id="large VALUES"),
        pytest.param(CARTESIAN, 503, "exceeded 0.3 s", id="cartesian product"),
        pytest.param("SELECT (COUNT(*) AS ?n) { ?s (<http://example.org/next>*)/!<x:y>* ?o }", 503, "exceeded 0.3 s",
                     id="unbounded path on a cycle"),
        pytest.param('ASK { ?s ?p ?o FILTER (REGEX(CONCAT(STR(?o), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), "^(a+)+$")) }',
                     200, '"boolean":false', id="regular expression that backtracks"),
        pytest.param("SELECT * { SERVICE <http://example.org/> {} }", 403, "SERVICE", id="SERVICE"),
        pytest.param("SELECT * { SERVICE SILENT <http://169.254.169.254/> {} }", 403, "SERVICE", id="SERVICE SILENT"),
        pytest.param("SELECT * { SERVICE ?x {} }", 403, "SERVICE", id="SERVICE with a variable"),
        pytest.param("SELECT * { SERVICE <http://[::1]/> {} }", 403, "SERVICE", id="SERVICE of IPv6 loopback"),
        pytest.param("SELECT * { SERVICE <file:///etc/passwd> {} }", 403, "SERVICE", id="SERVICE of a file"),
        pytest.param("SELECT * { \\u0053ERVICE <http://example.org/> {} }", 403, "SERVICE", id="SERVICE escaped"),
        pytest.param("PREFIX e: <http://e/> SELECT * { SERVICEe:x {} }", 403, "SERVICE", id="SERVICE without a blank"),
        pytest.param("ASK { # SERVICE <http://example.org/>\n}", 200, "true", id="SERVICE in a comment"),
        pytest.param("ASK { FILTER ('SERVICE <http://e/>' != '') }", 200, "true", id="SERVICE in a text"),
        pytest.param("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", 403, "no such graph", id="FROM a file"),
        pytest.param("SELECT * FROM <http://127.0.0.1/x> { ?s ?p ?o }", 403, "no such graph", id="FROM an address"),
        pytest.param("SELECT * FROM NAMED <http://example.org/contacts> {}", 403, "no such graph", id="FROM NAMED"),
        pytest.param(f"SELECT * FROM <{GRAPH}> FROM <x:y> {{}}", 403, "no such graph", id="FROM two, one unknown"),
        pytest.param("PREFIX e: <http://e/> SELECT * FROM e:x { ?s ?p ?o }", 403, "no such graph", id="FROM a name"),
        pytest.param("PREFIX : <http://e/> SELECT * FROM:x { ?s ?p ?o }", 403, "FROM", id="FROM without a blank"),
        pytest.param(f"SELECT * FROM <{GRAPH}> FROM NAMED <{GRAPH}> {{}}", 200, "bindings", id="FROM a graph there"),
        pytest.param("INSERT DATA { <a:b> <a:b> <a:b> }", 403, "INSERT", id="INSERT"),
        pytest.param("DELETE WHERE { ?s ?p ?o }", 403, "DELETE", id="DELETE"),
        pytest.param("LOAD <http://127.0.0.1/>", 403, "LOAD", id="LOAD"),
        pytest.param("DROP ALL", 403, "DROP", id="DROP"),
    ],
)  # fmt: skip
def test_a_hostile_query_gets_a_plain_answer(client: httpx.Client, query: str, status: int, said: str) -> None:
    response = ask(client, query, **({"timeout": "0.3"} if "exceeded" in said else {}))
    assert (response.status_code, said in response.text) == (status, True), response.text[:500]
    assert "Traceback" not in response.text
    assert "--" not in response.text, "advice for the command line"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM <http://{}/x> {{ ?s ?p ?o }}",
        "SELECT * FROM NAMED <http://{}/x> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "SELECT * {{ SERVICE <http://{}/sparql> {{ ?s ?p ?o }} }}",
        "SELECT * {{ SERVICE SILENT <http://{}/sparql> {{ ?s ?p ?o }} }}",
        "LOAD <http://{}/x>",
    ],
)
def test_no_query_makes_the_server_ask_another(
    client: httpx.Client, elsewhere: tuple[str, list[bytes]], query: str
) -> None:
    address, asked = elsewhere
    assert ask(client, query.format(address)).status_code == 403
    assert asked == []


@pytest.mark.parametrize(
    ("method", "target", "headers", "content", "status"),
    [
        pytest.param("GET", "/sparql?query=ASK{}&query=ASK{}", {}, b"", 400, id="two queries"),
        pytest.param("GET", "/sparql?default-graph-uri=http://x/", {}, b"", 400, id="no query"),
        pytest.param("GET", "/sparql?query=%FF", {}, b"", 400, id="not UTF-8 in the address"),
        pytest.param("GET", "/sparql?query=ASK{}&default-graph-uri=http://x/", {}, b"", 400, id="unknown graph"),
        pytest.param("GET", "/sparql?query=ASK{}&named-graph-uri=no%20iri", {}, b"", 400, id="a graph that is no IRI"),
        pytest.param("GET", f"/sparql?query=ASK{{}}&default-graph-uri={GRAPH}", {}, b"", 200, id="known graph"),
        pytest.param("GET", "/sparql?query=ASK{}&timeout=-1", {}, b"", 400, id="timeout below 0"),
        pytest.param("GET", "/sparql?query=ASK{}&timeout=nan", {}, b"", 400, id="timeout that is no number"),
        pytest.param("GET", "/sparql?query=ASK{}&format=exe", {}, b"", 400, id="unknown format"),
        pytest.param("GET", "/sparql?query=ASK{}&format=turtle", {}, b"", 406, id="format that rows do not have"),
        pytest.param("GET", "/sparql?query=ASK{}&nothing=1", {}, b"", 200, id="unknown parameter"),
        pytest.param("GET", "/sparql?query=ASK{}&" + "a=1&" * 2_000, {}, b"", 400, id="thousands of parameters"),
        pytest.param("GET", "/sparql?query=ASK{}", {"Accept": "*/*;q=0"}, b"", 406, id="Accept nothing"),
        pytest.param("GET", "/sparql?query=ASK{}", {"Accept": "image/png"}, b"", 406, id="Accept a picture"),
        pytest.param("GET", "/sparql?query=ASK{}", {"Accept": "nonsense"}, b"", 400, id="Accept nonsense"),
        pytest.param("GET", "/sparql?query=ASK{}", {"Accept": "a/b," * 9_000}, b"", 400, id="Accept without an end"),
        pytest.param("GET", "/sparql?query=ASK{}", {"Range": "bytes=0-1"}, b"", 200, id="Range"),
        pytest.param("GET", "/sparql?update=DROP+ALL", {}, b"", 403, id="update by GET"),
        pytest.param("GET", "/sparql?query=DROP+ALL", {}, b"", 403, id="update as a query by GET"),
        pytest.param("POST", "/sparql", {"Content-Type": FORM}, b"update=DROP+ALL", 403, id="update by POST"),
        pytest.param("POST", "/sparql", {"Content-Type": "application/sparql-update"}, b"DROP ALL", 403, id="update"),
        pytest.param("POST", "/sparql?query=ASK{}", {"Content-Type": DIRECT}, b"ASK {}", 400, id="query= and body"),
        pytest.param("POST", "/sparql?query=ASK{}", {"Content-Type": FORM}, b"query=ASK{}", 400, id="query= and form"),
        pytest.param("POST", "/sparql", {"Content-Type": "text/plain"}, b"ASK {}", 415, id="wrong content type"),
        pytest.param("POST", "/sparql", {"Content-Type": "multipart/form-data"}, b"ASK {}", 415, id="multipart"),
        pytest.param("POST", "/sparql", {}, b"ASK {}", 415, id="no content type"),
        pytest.param("POST", "/sparql", {"Content-Type": DIRECT}, "ASK {}".encode("utf-16"), 400, id="UTF-16"),
        pytest.param("POST", "/sparql", {"Content-Type": f"{DIRECT};charset=UTF-16"}, b"ASK{}", 415, id="charset"),
        pytest.param("POST", "/sparql", {"Content-Type": FORM}, b"query=\xff", 400, id="form that is not UTF-8"),
        pytest.param("POST", "/sparql", {"Content-Type": DIRECT}, b"#" * 10_000_000, 413, id="10 MB query"),
        pytest.param("POST", "/", {}, b"#" * 10_000_000, 413, id="10 MB for a page"),
        pytest.param("PUT", "/sparql?query=ASK{}", {}, b"", 405, id="PUT"),
        pytest.param("DELETE", "/sparql", {}, b"", 405, id="DELETE"),
        pytest.param("GET", "/sparql?query=ASK{}", {"Host": "evil.example"}, b"", 400, id="foreign host"),
        pytest.param("GET", "/", {"Host": "127.0.0.1.evil.example"}, b"", 400, id="host that begins as ours"),
        pytest.param("GET", "/sparql?query=ASK{}", {"Host": "[::1]:9"}, b"", 200, id="host of IPv6 loopback"),
    ],
)
def test_a_hostile_request_gets_a_plain_answer(
    client: httpx.Client, method: str, target: str, headers: dict[str, str], content: bytes, status: int
) -> None:
    response = client.request(method, target.replace("{}", "%7B%7D"), headers=headers, content=content)
    assert response.status_code == status, response.text[:500]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in response.headers["content-security-policy"]
    if status == 405:
        assert {*response.headers["allow"].split(", ")} == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_body_without_a_length_ends_at_the_limit(client: httpx.Client) -> None:
    chunks = (b"#" * 1_000 for _ in range(1_000))
    assert client.post("/sparql", content=chunks, headers={"Content-Type": DIRECT}).status_code == 413


def test_a_query_that_needs_too_much_memory_is_told_so_and_only_its_worker_ends(client: httpx.Client) -> None:
    doubled = "".join(f"BIND (CONCAT(?x{n}, ?x{n}) AS ?x{n + 1}) " for n in range(30))
    before = replaced(client)
    response = ask(client, f"SELECT (STRLEN(?x30) AS ?n) {{ BIND ('some text' AS ?x0) {doubled} }}")
    assert (response.status_code, response.text.count("MB of memory")) == (503, 1)
    assert replaced(client) == before + 1
    assert ask(client, "ASK {}").json()["boolean"] is True


@pytest.mark.parametrize(("asks", "gets"), [("0.1", "0.1"), ("60", "0.3"), ("inf", "0.3")])
def test_a_client_may_lower_the_time_limit_and_not_raise_it(hasty: httpx.Client, asks: str, gets: str) -> None:
    response = ask(hasty, RUNAWAY, timeout=asks)
    assert (response.status_code, response.text) == (503, f"the query exceeded {gets} s\n")


def test_the_worker_of_a_client_that_leaves_is_ended(client: httpx.Client) -> None:
    before = replaced(client)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/sparql", data={"query": RUNAWAY}, timeout=0.2)
    until(lambda: replaced(client) > before)
    assert 'status="499"' in client.get("/metrics").text


def test_the_worker_of_a_reader_who_leaves_a_page_is_ended(client: httpx.Client) -> None:
    before = replaced(client)
    with pytest.raises(httpx.ReadTimeout):
        client.get("/ask", params={"query": RUNAWAY}, timeout=0.2)
    until(lambda: replaced(client) > before, seconds=SMALL.seconds / 2)


def test_clients_that_send_slowly_keep_nobody_waiting(client: httpx.Client) -> None:
    address = (client.base_url.host, client.base_url.port)
    slow = [socket.create_connection(address) for _ in range(40)]
    for each in slow:
        each.sendall(b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n")
    assert ask(client, "ASK {}").json()["boolean"] is True
    for each in slow:
        each.close()


def test_a_client_that_reads_slowly_holds_no_worker(client: httpx.Client) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    address = (client.base_url.host, client.base_url.port)
    slow = [socket.create_connection(address) for _ in range(4)]
    target = httpx.URL("/sparql", params={"query": query, "format": "xml"}).raw_path
    for each in slow:
        each.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert each.recv(15).startswith(b"HTTP/1.1 200")
    assert ask(client, "ASK {}").json()["boolean"] is True
    for each in slow:
        each.close()


def test_many_at_once_are_served_or_told_to_come_back(client: httpx.Client) -> None:
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(client, "ASK {}"))) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 60


ROWS = "SELECT ?a ?c { ?a ?b ?c }"


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_an_answer_that_ends_at_the_limit_says_so(client: httpx.Client, format_: str) -> None:
    response = ask(client, ROWS, format=format_)
    assert response.headers["x-result-truncated"] == "true; limit=1000"
    link = "https://w3id.org/trialgraph/truncated?rows=1000"
    if format_ == "json":
        assert response.json()["head"]["link"] == [link]
        assert len(response.json()["results"]["bindings"]) == SMALL.rows
    else:
        root = ET.fromstring(response.text)
        space = "{http://www.w3.org/2005/sparql-results#}"
        assert [each.get("href") for each in root.iter(f"{space}link")] == [link]
        assert len([*root.iter(f"{space}result")]) == SMALL.rows


@pytest.mark.parametrize("format_", ["csv", "tsv", "turtle", "ntriples", "jsonld", "rdfxml"])
def test_an_answer_that_cannot_say_so_is_refused_unless_that_is_wanted(client: httpx.Client, format_: str) -> None:
    query = ROWS if format_ in ("csv", "tsv") else "CONSTRUCT { ?a ?b ?c } { ?a ?b ?c FILTER (ISIRI(?c)) }"
    response = ask(client, query, format=format_)
    assert response.status_code == 413
    assert "truncate=ok" in response.text
    response = ask(client, query, format=format_, truncate="ok")
    assert (response.status_code, response.headers["x-result-truncated"]) == (200, "true; limit=1000")


def test_an_answer_within_the_limit_says_nothing(client: httpx.Client) -> None:
    response = ask(client, f"{ROWS} LIMIT 1000")
    assert "x-result-truncated" not in response.headers
    assert "link" not in response.json()["head"]


def test_characters_that_xml_forbids_leave_the_xml_whole(client: httpx.Client) -> None:
    query = "SELECT ?o { <http://example.org/odd> ?p ?o }"
    texts = [each.text for each in ET.fromstring(ask(client, query, format="xml").text).iter() if each.text]
    assert sorted(text for text in texts if text.strip()) == [
        '<a href="x">&',
        "=SUM(A1)",
        "control \ufffd \ufffd",
        "line\r\nend",
    ]
    graph = ask(client, "CONSTRUCT WHERE { <http://example.org/odd> ?p ?o }", format="rdfxml").content
    objects = {quad.object.value for quad in pyoxigraph.parse(graph, format=pyoxigraph.RdfFormat.RDF_XML)}
    assert "control \ufffd \ufffd" in objects


def test_a_property_that_rdf_xml_cannot_name_is_no_broken_xml(client: httpx.Client) -> None:
    query = "CONSTRUCT { <http://e/s> <http://e/p/1> 1 } {}"
    response = ask(client, query, format="rdfxml")
    assert response.status_code == 406
    assert "ask for Turtle" in response.text
    assert ask(client, query, format="turtle").status_code == 200


def test_csv_is_what_its_specification_says(client: httpx.Client) -> None:
    text = ask(client, "SELECT ?o { <http://example.org/odd> ?p ?o }", format="csv").content.decode()
    rows = {row[0] for row in csv.reader(io.StringIO(text, newline=""))}
    assert rows == {"o", "control \x01 \ufffe", "=SUM(A1)", "line\r\nend", '<a href="x">&'}
