"""The SPARQL suites of W3C: the protocol, and the queries through the server and through the engine alike."""

import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pyoxigraph
import pytest
from pyoxigraph import NamedNode, Quad, QueryResultsFormat, RdfFormat
from tests.conftest import SHARED
from tests.serving import served

from trialgraph.query import graphs_from
from trialgraph.serve.settings import Limits

SUITES = SHARED / "data" / "w3c" / "suites.tgz"
TESTS = "rdf-tests/sparql/sparql11/"
BASE = f"http://w3c.test/{TESTS}"
EMPTY = "http://w3c.test/empty"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"

#: So much that no test of the suites meets a limit.
LIMITS = Limits(rows=100_000, workers=2)

pytestmark = pytest.mark.skipif(not SUITES.is_file(), reason="the W3C suites are not beside the checkout")

#: Rows with how often they are there, or a truth, or triples; blank nodes are all alike.
Result = Counter[Any] | bool

#: Of a query that can be parsed, but not be answered: it calls a function that nobody has.
UNANSWERED: Counter[Any] = Counter()


@cache
def files() -> dict[str, bytes]:
    """The files of the SPARQL 1.1 suites by their paths."""
    with tarfile.open(SUITES) as archive:
        members = [m for m in archive.getmembers() if m.isfile() and m.name.removeprefix("./").startswith(TESTS)]
        return {
            member.name.removeprefix("./").removeprefix(TESTS): opened.read()
            for member in members
            if (opened := archive.extractfile(member))
        }


def loaded(path: str, text: bytes | None = None) -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    format_ = RdfFormat.from_extension(path.rpartition(".")[2]) or RdfFormat.TURTLE
    store.load(files()[path] if text is None else text, format=format_, base_iri=BASE + path)
    return store


def values(store: pyoxigraph.Store, subject: Any, predicate: str) -> list[Any]:
    return [quad.object for quad in store.quads_for_pattern(subject, NamedNode(predicate), None)]


def listed(store: pyoxigraph.Store, node: Any) -> Iterator[Any]:
    """The members of an RDF list."""
    while node != NamedNode(f"{RDF}nil"):
        yield values(store, node, f"{RDF}first")[0]
        [node] = values(store, node, f"{RDF}rest")


def local(node: Any) -> str:
    """The path of a file of the suite."""
    return str(node.value).removeprefix(BASE)


# The protocol. https://www.w3.org/TR/sparql11-protocol/


@pytest.fixture(scope="module")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    path = str(tmp_path_factory.mktemp("protocol") / "w3c.store")
    store = pyoxigraph.Store(path)
    stem = "http://kasei.us/2009/09/sparql/data/data"
    store.add_graph(NamedNode(f"{stem}0.rdf"))
    for number in (1, 2, 3):
        store.load(files()[f"protocol/data{number}.nt"], RdfFormat.N_TRIPLES, to_graph=NamedNode(f"{stem}{number}.rdf"))
    store.flush()
    del store
    with served(path, LIMITS) as client:
        yield client


def protocol_tests() -> list[str]:
    if not SUITES.is_file():
        return []
    manifest = loaded("protocol/manifest.ttl")
    [entries] = values(manifest, NamedNode(f"{BASE}protocol/manifest.ttl"), f"{MF}entries")
    return [node.value for node in listed(manifest, entries)]


@pytest.mark.parametrize("test", protocol_tests(), ids=lambda iri: iri.rpartition("#")[2])
def test_w3c_protocol(protocol: httpx.Client, test: str) -> None:
    manifest = loaded("protocol/manifest.ttl")
    [action] = values(manifest, NamedNode(test), f"{MF}action")
    [requests] = values(manifest, action, f"{HT}requests")
    for request in listed(manifest, requests):
        response = sent(protocol, manifest, request)
        assert response.status_code < 500
        if test.rpartition("#")[2].startswith("update_"):
            assert response.status_code == 403
            return
        [expected] = values(manifest, request, f"{HT}resp")
        allowed = "".join(each.value[-3] for each in values(manifest, expected, f"{MF}expectedStatus"))
        assert str(response.status_code)[0] in allowed, response.text
        for truth in values(manifest, expected, f"{MF}expectedBoolean"):
            assert response.json()["boolean"] is (truth.value == "true")
        for format_ in values(manifest, expected, f"{MF}expectedFormat"):
            wanted = {"boolean": "sparql-results", "tabular": "sparql-results", "RDF": "turtle"}[format_.value]
            assert wanted in response.headers["content-type"]


def sent(client: httpx.Client, manifest: pyoxigraph.Store, request: Any) -> httpx.Response:
    """The answer to a request that the manifest describes."""
    [method], [path] = values(manifest, request, f"{HT}methodName"), values(manifest, request, f"{HT}absolutePath")
    headers = {}
    for each in values(manifest, request, f"{HT}headers"):
        for header in listed(manifest, each):
            [name], [value] = values(manifest, header, f"{HT}fieldName"), values(manifest, header, f"{HT}fieldValue")
            headers[name.value] = value.value
    content = b""
    for body in values(manifest, request, f"{HT}body"):
        [text], [encoding] = values(manifest, body, f"{CNT}chars"), values(manifest, body, f"{CNT}characterEncoding")
        content = text.value.encode(encoding.value)
    target = path.value.replace("/sparql/", "/sparql", 1)
    return client.request(method.value, target, headers=headers, content=content)


def test_the_protocol_suite_is_all_there() -> None:
    names = [test.rpartition("#")[2] for test in protocol_tests()]
    assert (len(names), sum(name.startswith("update_") for name in names)) == (34, 7)


# The queries. https://www.w3.org/TR/sparql11-query/


class Case:
    """A test of a query: the files of its data, and the result, or None where it must not be parsed."""

    def __init__(self, manifest: pyoxigraph.Store, node: Any) -> None:
        self.name = node.value.removeprefix("http://www.w3.org/2009/sparql/docs/tests/data-sparql11/")
        [kind] = (each for each in values(manifest, node, f"{RDF}type"))
        self.kind = kind.value.removeprefix(MF)
        [action] = values(manifest, node, f"{MF}action")
        queries = values(manifest, action, f"{QT}query")
        self.query = local(queries[0] if queries else action)
        self.default = [local(each) for each in values(manifest, action, f"{QT}data")]
        self.named = [local(each) for each in values(manifest, action, f"{QT}graphData")]
        self.result = next((local(each) for each in values(manifest, node, f"{MF}result")), "")

    @property
    def text(self) -> str:
        """The query, with the base that its relative IRIs have."""
        return f"BASE <{BASE}{self.query}>\n{files()[self.query].decode()}"


@cache
def cases() -> list[Case]:
    """The tests of the SPARQL 1.1 query suite."""
    found = []
    for folder in re.findall(rb"<(\S+)/manifest.ttl>", files()["manifest-sparql11-query.ttl"]):
        path = f"{folder.decode()}/manifest.ttl"
        manifest = loaded(path)
        [entries] = values(manifest, NamedNode(BASE + path), f"{MF}entries")
        found += [Case(manifest, node) for node in listed(manifest, entries)]
    return found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with each file of data as a graph, and graphs with nothing: EMPTY, and what syntax tests name."""
    path = str(tmp_path_factory.mktemp("queries") / "w3c.store")
    held = pyoxigraph.Store(path)
    held.add_graph(NamedNode(EMPTY))
    for file in sorted({file for case in cases() for file in (*case.default, *case.named)}):
        held.add_graph(NamedNode(BASE + file))
        held.extend(Quad(quad.subject, quad.predicate, quad.object, NamedNode(BASE + file)) for quad in loaded(file))
    for iri in {iri for case in cases() for iri in graphs_from(case.text)}:
        held.add_graph(NamedNode(iri))
    held.flush()
    return path


def graphs(case: Case) -> tuple[list[str], list[str]]:
    """The graphs of the dataset; none where the query says them itself."""
    if "FROM" in case.text:
        return [], []
    return [BASE + file for file in case.default] or [EMPTY], [BASE + file for file in case.named]


def over_http(client: httpx.Client, case: Case) -> Result | None:
    """What the server answers, None where it says that it cannot be parsed."""
    default, named = graphs(case)
    response = client.post(
        "/sparql",
        data={"query": case.text, "default-graph-uri": default, "named-graph-uri": named},
        headers={"Accept": "application/sparql-results+json, application/n-triples"},
    )
    if response.status_code == 400:
        return None if re.match(r"query:[0-9]+:[0-9]+: ", response.text) else UNANSWERED
    assert response.status_code == 200, f"{case.name}: {response.status_code} {response.text}"
    if response.headers["content-type"] == "application/n-triples":
        return triples(pyoxigraph.parse(response.content, RdfFormat.N_TRIPLES))
    return result(pyoxigraph.parse_query_results(response.content, QueryResultsFormat.JSON))


def in_the_engine(store: pyoxigraph.Store, case: Case) -> Result | None:
    """What the engine answers, None where it cannot parse it."""
    default, named = graphs(case)
    try:
        answer = store.query(
            case.text,
            default_graph=[NamedNode(each) for each in default] or None,
            named_graphs=[NamedNode(each) for each in named] if default else None,
        )
    except SyntaxError:
        return None
    except RuntimeError:
        return UNANSWERED
    return triples(answer) if isinstance(answer, pyoxigraph.QueryTriples) else result(answer)


def result(answer: Any) -> Result:
    if isinstance(answer, pyoxigraph.QueryBoolean):
        return bool(answer)
    names = [variable.value for variable in answer.variables]
    return rows({name: term for name, term in zip(names, row, strict=True) if term is not None} for row in answer)


def rows(found: Any) -> Counter[Any]:
    return Counter(frozenset((name, alike(term)) for name, term in row.items()) for row in found)


def triples(found: Any) -> Counter[Any]:
    return Counter({tuple(alike(term) for term in (each.subject, each.predicate, each.object)) for each in found})


@cache
def alike(term: Any) -> str:
    """A term as text: numbers and truths by their value, as a store keeps them; blank nodes all alike."""
    if isinstance(term, pyoxigraph.BlankNode):
        return "_:"
    if isinstance(term, pyoxigraph.Literal):
        kind = term.datatype.value.rpartition("#")[2]
        if kind == "boolean":
            return str(term.value in ("true", "1"))
        if kind in ("integer", "decimal", "double", "float"):
            try:
                return f"{float(term.value):.9g} {kind}"
            except ValueError:
                return str(term)
    return str(term)


def expected(case: Case) -> Result:
    """The result that the suite expects."""
    text, extension = files()[case.result], case.result.rpartition(".")[2]
    if extension in ("srx", "srj", "tsv"):
        return result(pyoxigraph.parse_query_results(text, QueryResultsFormat.from_extension(extension)))
    graph = loaded(case.result)
    sets = [quad.subject for quad in graph.quads_for_pattern(None, None, NamedNode(f"{RS}ResultSet"))]
    if not sets:
        return triples(graph)
    return rows(
        {
            values(graph, binding, f"{RS}variable")[0].value: values(graph, binding, f"{RS}value")[0]
            for binding in values(graph, solution, f"{RS}binding")
        }
        for solution in values(graph, sets[0], f"{RS}solution")
    )


def passes(case: Case, found: Result | None) -> bool:
    if case.kind.startswith("NegativeSyntax"):
        return found is None
    if case.kind.startswith("PositiveSyntax"):
        return found is not None
    return found == expected(case)


def test_w3c_queries_pass_through_the_server_as_in_the_engine(store: str) -> None:
    engine = pyoxigraph.Store.read_only(store)
    with served(store, LIMITS) as client:
        through = {case.name for case in cases() if passes(case, over_http(client, case))}
    directly = {case.name for case in cases() if passes(case, in_the_engine(engine, case))}
    assert len(cases()) == 328
    assert through == directly
    assert len(through) >= 318, sorted({case.name for case in cases()} - through)
