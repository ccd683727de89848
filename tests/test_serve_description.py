"""What describes a served graph: VoID, the service description, prefixes and examples, as public tools want them."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph
import pytest
from pyoxigraph import NamedNode, RdfFormat
from tests.conftest import run, study, written
from tests.serving import ready

from trialgraph import resources
from trialgraph.iris import BASE, PREFIXES
from trialgraph.questions import questions
from trialgraph.serve.counts import base_of, counted
from trialgraph.serve.graph import prepared
from trialgraph.serve.settings import Settings

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
URL = "http://example.org/"

# The queries that https://github.com/sib-swiss/sparql-editor (packages/sparql-editor/src) sends to an endpoint.
PREFIX_QUERY = """PREFIX sh: <http://www.w3.org/ns/shacl#>
      SELECT DISTINCT ?prefix ?namespace
      WHERE { [] sh:namespace ?namespace ; sh:prefix ?prefix}
      ORDER BY ?prefix"""
EXAMPLE_QUERY = """PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?sq ?comment ?query
WHERE {
  ?sq a sh:SPARQLExecutable ;
    rdfs:comment ?comment ;
    sh:select|sh:ask|sh:construct|sh:describe ?query .
} ORDER BY ?sq"""
VOID_QUERY = """PREFIX up: <http://purl.uniprot.org/core/>
      PREFIX void: <http://rdfs.org/ns/void#>
      PREFIX void-ext: <http://ldf.fi/void-ext#>
      SELECT DISTINCT ?subjectClass ?prop ?objectClass ?objectDatatype
      WHERE {
        {
          ?cp void:class ?subjectClass ;
              void:propertyPartition ?pp .
          ?pp void:property ?prop .
          OPTIONAL {
              {
                  ?pp  void:classPartition [ void:class ?objectClass ] .
              } UNION {
                  ?pp void-ext:datatypePartition [ void-ext:datatype ?objectDatatype ] .
              }
          }
        } UNION {
          ?ls void:subjectsTarget [ void:class ?subjectClass ] ;
              void:linkPredicate ?prop ;
              void:objectsTarget [ void:class ?objectClass ] .
        }
      }"""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the samples."""
    path = tmp_path_factory.mktemp("described") / "samples.store"
    sources = [each for each in resources.folder("samples").iterdir() if each.suffix != ".md"]
    assert run("build", *sources, "-o", path, "--workers", "1", "--quiet").exit_code == 0
    return path


@pytest.fixture(scope="module")
def described(samples: Path) -> Iterator[str]:
    """The path of what is served of the samples."""
    with prepared(str(samples), Settings(), URL, lambda line: None) as graph:
        yield graph.path


@pytest.fixture(scope="module")
def client(samples: Path) -> Iterator[httpx.Client]:
    with ready(samples) as found:
        yield found


def rows(client: httpx.Client, query: str) -> list[dict[str, str]]:
    """The rows that an endpoint gives to the editor, which asks it so."""
    answer = client.get(
        "/sparql", params={"ac": 1, "query": query}, headers={"Accept": "application/sparql-results+json"}
    )
    assert answer.status_code == 200, answer.text
    return [{name: term["value"] for name, term in row.items()} for row in answer.json()["results"]["bindings"]]


def parsed(answer: httpx.Response) -> pyoxigraph.Store:
    """The graph of an answer."""
    assert answer.status_code == 200, answer.text
    format_ = RdfFormat.from_media_type(answer.headers["content-type"])
    assert format_ is not None
    store = pyoxigraph.Store()
    store.load(answer.content, format=format_)
    return store


def values(store: pyoxigraph.Store, predicate: str) -> list[str]:
    return sorted(quad.object.value for quad in store.quads_for_pattern(None, NamedNode(predicate), None))  # type: ignore[union-attr]


def test_the_sib_editor_finds_our_prefixes(client: httpx.Client) -> None:
    found = {row["prefix"]: row["namespace"] for row in rows(client, PREFIX_QUERY)}
    assert found == dict(PREFIXES)


def test_the_sib_editor_finds_every_question_once(client: httpx.Client) -> None:
    found = [(row["comment"], row["query"]) for row in rows(client, EXAMPLE_QUERY)]
    assert sorted(found) == sorted((each.asks, each.text) for each in questions().values())


def test_the_sib_editor_finds_which_properties_a_class_has_and_what_their_values_are(client: httpx.Client) -> None:
    found = {
        (row["subjectClass"], row["prop"]): row.get("objectClass") or row.get("objectDatatype")
        for row in rows(client, VOID_QUERY)
    }
    tg = PREFIXES["tg"]
    assert found[f"{tg}Trial", f"{tg}site"] == f"{tg}Site"
    assert found[f"{tg}Trial", f"{tg}enrollment"] == f"{PREFIXES['xsd']}integer"
    assert (f"{tg}Contact", f"{tg}phase") not in found
    assert len({class_ for class_, _ in found}) > 20


def test_a_comment_of_a_question_is_one(described: str) -> None:
    """The editor lists a query once for each of its comments."""
    store = pyoxigraph.Store.read_only(described)
    about = store.query(EXAMPLE_QUERY)
    counts = Counter(str(row["sq"]) for row in about)  # type: ignore[union-attr]
    assert set(counts.values()) == {1}


def test_the_numbers_are_of_the_data_alone(samples: Path, client: httpx.Client) -> None:
    store = pyoxigraph.Store.read_only(str(samples))
    assert str(len(store)) in values(parsed(client.get("/.well-known/void")), f"{VOID}triples")
    counts = counted(store)
    assert counts.triples == len(store)
    assert counts.subjects == len({quad.subject for quad in store})
    by_class = Counter(q.object.value for q in store if q.predicate.value == f"{PREFIXES['rdf']}type")
    assert dict(counts.classes) == by_class
    assert dict(counts.properties) == Counter(quad.predicate.value for quad in store)


def test_what_is_served_is_the_data_and_what_describes_them(samples: Path, described: str) -> None:
    data, store = set(pyoxigraph.Store.read_only(str(samples))), set(pyoxigraph.Store.read_only(described))
    assert data <= store
    own = (URL, PREFIXES["tg"], PREFIXES["rdf"], PREFIXES["rdfs"], PREFIXES["skos"], PREFIXES["dcterms"])
    assert {str(quad.subject) for quad in store - data if not quad.subject.value.startswith(own)} == set()


@pytest.mark.parametrize(
    "name", [name for name, each in questions().items() if not any(p.required for p in each.parameters)]
)
def test_a_named_question_has_the_same_answer_with_the_description_in_the_graph(
    samples: Path, described: str, name: str
) -> None:
    answers = []
    for path in (str(samples), described):
        found = pyoxigraph.Store.read_only(path).query(questions()[name].bound({}), prefixes=PREFIXES)
        answers.append(sorted(str(row) for row in found))  # type: ignore[union-attr]
    assert answers[0] == answers[1]


# https://www.w3.org/2009/sparql/docs/tests/data-sparql11/service-description/manifest


def test_w3c_get_on_the_endpoint_returns_rdf(client: httpx.Client) -> None:
    assert len(parsed(client.get("/sparql"))) > 10


def test_w3c_the_description_has_a_matching_endpoint_triple(client: httpx.Client) -> None:
    address = f"{str(client.base_url).rstrip('/')}/sparql"
    assert values(parsed(client.get("/sparql")), f"{SD}endpoint") == [address]


def test_w3c_the_description_conforms_to_the_schema(client: httpx.Client) -> None:
    """A service has one endpoint; what stands where the schema wants a language, a format, a data set or a graph."""
    found = parsed(client.get("/sparql"))
    ask = """PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> ASK {
      ?service a sd:Service ; sd:endpoint ?endpoint ; sd:supportedLanguage sd:SPARQL11Query ; sd:defaultDataset ?data .
      ?data a sd:Dataset ; sd:defaultGraph ?graph . ?graph a sd:Graph
    }"""
    assert found.query(ask)
    formats = {each.rpartition("/")[2] for each in values(found, f"{SD}resultFormat")}
    assert {"SPARQL_Results_JSON", "SPARQL_Results_XML", "Turtle", "JSON-LD"} <= formats


@pytest.mark.parametrize("path", ["/sparql", "/.well-known/void", "/.well-known/sparql-examples"])
@pytest.mark.parametrize("kind", ["text/turtle", "application/rdf+xml", "application/ld+json", "application/n-triples"])
def test_a_description_comes_in_the_form_that_accept_asks_for(client: httpx.Client, path: str, kind: str) -> None:
    answer = client.get(path, headers={"Accept": f"image/png, {kind}, text/html;q=0.5"})
    assert answer.headers["content-type"].split(";")[0] == kind
    assert answer.headers["access-control-allow-origin"] == "*"
    assert len(parsed(answer)) == len(parsed(client.get(path)))


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/sparql", "/ask"),
        ("/.well-known/void", "/about"),
        ("/.well-known/sparql-examples", "/ask"),
        ("/.well-known/sparql-examples/trial-arms", "/ask/trial-arms"),
    ],
)
def test_a_browser_gets_the_page_about_it(client: httpx.Client, path: str, page: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert client.get(page).status_code == 200


def test_an_example_answers_at_its_own_address(client: httpx.Client) -> None:
    found = parsed(client.get("/.well-known/sparql-examples/trial-arms"))
    assert values(found, "http://www.w3.org/ns/shacl#select") == [questions()["trial-arms"].text]
    assert client.get("/.well-known/sparql-examples/nothing").status_code == 404


# What https://github.com/dbcls/umakadata measures of an endpoint (its rubric: public/umaka-score.html).


def test_umaka_descriptions_answer_under_its_accept_header(client: httpx.Client) -> None:
    for path in ("/sparql", "/.well-known/void"):
        assert len(parsed(client.get(path, headers={"Accept": "text/turtle, application/rdf+xml"}))) > 10


def test_umaka_the_day_of_the_data_is_known(client: httpx.Client) -> None:
    [day] = values(parsed(client.get("/.well-known/void")), "http://purl.org/dc/terms/modified")
    assert len(day) == 10


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } } LIMIT 1", "text/turtle"),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 1", "text/turtle"),
        ("SELECT DISTINCT ?c WHERE { GRAPH ?g { [] a ?c } } LIMIT 100", "application/sparql-results+json"),
        ("ASK {}", "application/sparql-results+json"),
    ],
)
def test_umaka_probes_are_answered(client: httpx.Client, query: str, accept: str) -> None:
    assert client.get("/sparql", params={"query": query}, headers={"Accept": accept}).status_code == 200


def test_umaka_a_statement_links_to_what_else_is_known(client: httpx.Client) -> None:
    query = "ASK { ?s <http://www.w3.org/2002/07/owl#sameAs>|<http://www.w3.org/2000/01/rdf-schema#seeAlso> ?o }"
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": "application/sparql-results+json"})
    assert answer.json()["boolean"] is True


def test_umaka_classes_and_properties_have_labels(client: httpx.Client) -> None:
    query = """SELECT ?class WHERE { ?part <http://rdfs.org/ns/void#class> ?class
      FILTER NOT EXISTS { ?class <http://www.w3.org/2000/01/rdf-schema#label> ?label } }"""
    assert {row["class"] for row in rows(client, query)} <= {f"{PREFIXES['skos']}Concept"}


@pytest.mark.parametrize(
    ("trial", "base"),
    [
        ("https://w3id.org/trialgraph/trial/NCT00000001", BASE),
        ("https://example.org/trial/trial/NCT00000001", "https://example.org/trial/"),
        ("https://example.org/x/trial/ISRCTN/ISRCTN12345678", "https://example.org/x/"),
        ("https://example.org/trial/EUCTR/2005-001/NCT", BASE),
        ("", BASE),
    ],
)
def test_the_base_of_a_graph_is_read_off_a_trial(trial: str, base: str) -> None:
    assert base_of(trial) == base


def test_an_empty_graph_is_described_too(tmp_path: Path) -> None:
    path = str(tmp_path / "empty.nt")
    Path(path).write_text("")
    with prepared(path, Settings(), URL, lambda line: None) as graph:
        assert (graph.counts.trials, graph.counts.triples, graph.counts.example) == (0, 0, "")


def test_numbers_are_kept_beside_the_store_and_made_anew_for_another(tmp_path: Path) -> None:
    store = tmp_path / "one.store"
    run("build", *written(tmp_path, [study()]), "-o", store)
    for trials, more in ((1, study("NCT00000002")), (2, None)):
        for _ in range(2):
            with prepared(str(store), Settings(), URL, lambda line: None) as graph:
                assert graph.counts.trials == trials
        assert len(list(store.glob("counts-*.json"))) == 1
        if more:
            run("build", *written(tmp_path, [more]), "-o", store)
