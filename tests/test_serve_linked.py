"""Every IRI of a graph, put on the server's address, answers as a page or as data."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urljoin, urlsplit, urlunsplit

import httpx
import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import run
from tests.serving import ready

from trialgraph import resources
from trialgraph.iris import BASE, MESH, RDFS, TG, TGV
from trialgraph.serve.settings import Settings
from trialgraph.serve.site import Site
from trialgraph.serve.thing import POINTING


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the samples."""
    path = tmp_path_factory.mktemp("linked") / "samples.store"
    samples = [each for each in resources.folder("samples").iterdir() if each.suffix != ".md"]
    assert run("build", *samples, "-o", path, "--workers", "1", "--quiet").exit_code == 0
    return path


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[httpx.Client]:
    with ready(store) as found:
        yield found


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/turtle", "text/turtle"),
        ("text/turtle;q=0.3, application/rdf+xml;q=0.9", "application/rdf+xml"),
        ("application/ld+json, text/html;q=0.5", "application/ld+json"),
        ("application/*", "application/n-triples"),
        ("text/html;q=0, */*", "text/turtle"),
        ("application/n-triples", "application/n-triples"),
    ],
)
def test_the_same_address_is_a_page_or_data_as_accept_asks(client: httpx.Client, accept: str, kind: str) -> None:
    answer = client.get("/trial/NCT99000002", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, kind)
    assert "Accept" in answer.headers["vary"]


def quads(answer: httpx.Response) -> set[pyoxigraph.Quad]:
    """The statements of an answer."""
    assert answer.status_code == 200, answer.text
    format_ = pyoxigraph.RdfFormat.from_media_type(answer.headers["content-type"])
    assert format_ is not None
    return {
        pyoxigraph.Quad(each.subject, each.predicate, each.object)
        for each in pyoxigraph.parse(answer.content, format=format_)
    }


def asked_as_written(iri: str) -> str:
    """What a client asks our server for that puts an IRI of the graph on our address."""
    return f"/{quote(iri.removeprefix(BASE), safe=':/?#[]@!$&()*+,;=%~')}"


def test_every_iri_of_the_graph_answers_at_its_own_path(store: Path, client: httpx.Client) -> None:
    graph = pyoxigraph.Store.read_only(str(store))
    terms = {term for quad in graph for term in (quad.subject, quad.object) if isinstance(term, pyoxigraph.NamedNode)}
    iris = sorted(term.value for term in terms if term.value.startswith(BASE) and "#" not in term.value)
    assert len(iris) > 1000
    # A sample of each kind; those with letters beyond ASCII all.
    kinds: dict[str, list[str]] = {}
    for iri in iris:
        kinds.setdefault(re.sub(r"NCT\d+", "", iri).removeprefix(BASE).rpartition("/")[0], []).append(iri)
    chosen = {iri for each in kinds.values() for iri in each[:2]} | {iri for iri in iris if not iri.isascii()}
    for iri in sorted(chosen):
        for path in {asked_as_written(iri), Site.path(SITE, iri)}:
            answer = client.get(path, headers={"Accept": "application/n-triples"})
            assert f"<{iri}>" in answer.text, path


@pytest.mark.parametrize(
    "iri",
    [
        f"{TGV}phase-PHASE2",
        f"{TG}Trial",
        f"{TG}leadSponsor",
        "http://id.nlm.nih.gov/mesh/D054990",
        "http://www.w3.org/2004/02/skos/core#Concept",
    ],
)
def test_what_is_not_below_the_base_answers_at_resource(client: httpx.Client, iri: str) -> None:
    answer = client.get("/resource", params={"iri": iri, "format": "turtle"})
    assert any(iri in (str(q.subject)[1:-1], str(q.object)[1:-1]) for q in quads(answer))
    page = client.get("/resource", params={"iri": iri})
    assert page.status_code == 200
    assert client.get(Site.path(SITE, iri)).status_code == 200


def test_a_term_has_what_the_ontology_says_and_what_points_at_it(client: httpx.Client) -> None:
    page = client.get("/vocabulary%23overallStatus-RECRUITING").text
    assert "<h1>recruiting</h1>" in page
    assert "is overall status of" in page
    assert 'href="/trial/NCT' in page


@pytest.mark.parametrize("path", ["/ontology", "/vocabulary"])
def test_the_documents_that_terms_are_fragments_of(client: httpx.Client, path: str) -> None:
    page = client.get(path).text
    names = re.findall(r'<dt id="([^"]+)"', page)
    assert len(names) == len(set(names)) > 100
    found = quads(client.get(path, headers={"Accept": "text/turtle"}))
    assert {f"<{BASE[:-1]}{path}#{name}>" for name in names} <= {str(quad.subject) for quad in found}


def test_the_data_of_a_trial_are_its_statements_those_of_its_parts_and_the_labels_of_what_it_links_to(
    store: Path, client: httpx.Client
) -> None:
    graph = pyoxigraph.Store.read_only(str(store))
    stem = f"<{BASE}trial/NCT99000002"
    own = {quad for quad in graph if str(quad.subject) == f"{stem}>" or str(quad.subject).startswith(f"{stem}/")}
    found = quads(client.get("/trial/NCT99000002", headers={"Accept": "text/turtle"}))
    assert own <= found
    linked = {quad.object for quad in own if isinstance(quad.object, pyoxigraph.NamedNode)}
    labels = {quad for quad in graph if quad.subject in linked and quad.predicate.value == f"{RDFS}label"}
    assert labels <= found
    assert {quad.subject.value for quad in found - own - labels} >= {f"{BASE}record/ctgov/NCT99000002"}  # type: ignore[union-attr]


def test_the_data_of_what_trials_share_have_what_points_at_it(client: httpx.Client) -> None:
    answer = client.get("/vocabulary%23overallStatus-RECRUITING?format=ntriples")
    assert re.search(r"<\S+/trial/NCT\d+> <\S+#overallStatus> <\S+#overallStatus-RECRUITING> \.", answer.text)


def test_more_that_points_at_a_thing_than_is_given_is_said_in_a_header_and_in_the_data(tmp_path: Path) -> None:
    predicate, thing = pyoxigraph.NamedNode("http://example.org/p"), pyoxigraph.NamedNode(f"{BASE}place/XX")
    graph = tmp_path / "many.nt"
    lines = (f"<http://example.org/{number}> {predicate} {thing} .\n" for number in range(POINTING + 1))
    graph.write_text("".join(lines))
    with ready(graph) as client:
        answer = client.get("/place/XX?format=turtle")
        page = client.get("/place/XX")
    assert answer.headers["x-result-truncated"] == f"true; limit={POINTING}"
    pointing = [quad for quad in quads(answer) if quad.object == thing and quad.predicate == predicate]
    assert len(pointing) == POINTING
    assert '"Of the statements that point at this thing, 1,000 are here."' in answer.text
    assert "the first 1,000 of more" in page.text


@pytest.mark.parametrize("form", ["turtle", "jsonld", "ntriples", "rdfxml"])
def test_every_form_has_the_same_statements(client: httpx.Client, form: str) -> None:
    path = "/trial/NCT99000002"
    assert quads(client.get(f"{path}?format={form}")) == quads(client.get(f"{path}?format=nt"))


def test_a_page_names_its_other_forms(client: httpx.Client) -> None:
    answer = client.get("/organization/orrin-pharmaceuticals")
    assert (
        '</organization/orrin-pharmaceuticals?format=turtle>; rel="alternate"; type="text/turtle"'
        in answer.headers["link"]
    )
    for kind, href in re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)">', answer.text):
        assert client.get(href).headers["content-type"].split(";")[0] == kind
    assert answer.text.count('rel="alternate"') == 4


def test_data_that_a_client_has_already_are_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/trial/NCT99000002?format=turtle")
    again = client.get("/trial/NCT99000002?format=turtle", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/trial/NCT99000002?format=jsonld", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/trial/NCT00000000", 404),
        ("/organization/nobody", 404),
        ("/nothing", 404),
        ("/resource", 404),
        ("/resource?iri=http://example.org/nothing", 404),
        ("/resource?iri=no%20iri", 404),
        ("/organization/%FF%FE", 404),
        ("/organization/%00", 404),
        ("/trial/NCT99000002?format=pdf", 400),
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "*/*"])
def test_what_is_not_there_is_said_as_a_page_or_as_text(
    client: httpx.Client, path: str, status: int, accept: str
) -> None:
    answer = client.get(path, headers={"Accept": accept})
    assert answer.status_code == status
    # A page that says itself that there is no such trial says so to who takes anything too.
    takes = ("text/html", "*/*") if path.startswith("/trial/") else ("text/html",)
    page = accept in takes and "format=" not in path
    assert answer.headers["content-type"] == f"text/{'html' if page else 'plain'}; charset=utf-8"
    assert ("<h1>" in answer.text) == page


def test_a_form_that_there_is_not_is_406(client: httpx.Client) -> None:
    answer = client.get("/trial/NCT99000002", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/turtle" in answer.text


def test_a_method_that_an_address_does_not_take_is_405(client: httpx.Client) -> None:
    answer = client.post("/trial/NCT99000002")
    assert (answer.status_code, answer.headers["allow"]) in [(405, "GET, HEAD"), (405, "HEAD, GET")]


# Paths and IRIs.

#: A site that is asked for paths only.
SITE = Site("", None, None, Settings())  # type: ignore[arg-type]
#: What can stand in an IRI, with what is hard on an address more often.
IRI_TEXT = st.text(
    st.one_of(
        st.sampled_from("%/.?#:@&=+~'!$()*,;-_aé東٣"),
        st.characters(exclude_characters='<>"{}|^`\\ ', exclude_categories=["Cs"], min_codepoint=0x21),
    ),
    min_size=1,
)


def is_iri(text: str) -> bool:
    try:
        pyoxigraph.NamedNode(text)
    except ValueError:
        return False
    return True


@given(st.sampled_from(["organization/", "facility/US/-/", "trial/", "", "mesh/", "x"]), IRI_TEXT)
def test_a_path_leads_back_to_its_iri(kind: str, key: str) -> None:
    iri = f"{BASE}{kind}{key}"
    path = Site.path(SITE, iri)
    assert path.isascii()
    assert path.startswith("/")
    # As a browser reads an address: on this server, and no way up.
    parts = urlsplit(urljoin("http://here.example/some/page", path))
    assert (parts.scheme, parts.netloc, parts.fragment) == ("http", "here.example", "")
    assert urlunsplit(("", "", parts.path, parts.query, "")) == path
    if parts.path == "/resource":
        assert parse_qs(parts.query, keep_blank_values=True) == {"iri": [iri]}
    else:
        assert Site.iri(SITE, unquote(parts.path)) == iri or kind == "mesh/"


@given(IRI_TEXT)
def test_a_mesh_descriptor_has_a_path_too(key: str) -> None:
    path = Site.path(SITE, f"{MESH}{key}")
    assert Site.iri(SITE, unquote(path)) == f"{MESH}{key}"


def test_odd_keys_answer_as_written_and_as_our_pages_write_them(tmp_path: Path) -> None:
    keys = [
        "a%2Fb",
        "100%25",
        "東京-病院",
        "é/ü",
        "a?b",
        "a;b=c",
        "/lead",
        "a//b",
        "..",
        "x/../y",
        "a+b",
        "a%20b",
        "q&r=1",
    ]
    iris = [f"{BASE}organization/{key}" for key in keys]
    graph = tmp_path / "odd.nt"
    graph.write_text("".join(f'<{iri}> <{RDFS}label> "{index}" .\n' for index, iri in enumerate(iris)), "utf-8")
    with ready(graph) as client:
        for index, iri in enumerate(iris):
            answer = client.get(Site.path(SITE, iri), headers={"Accept": "application/n-triples"})
            assert f'"{index}"' in answer.text, iri
            if "?" not in iri and ".." not in iri:
                answer = client.get(asked_as_written(iri), headers={"Accept": "application/n-triples"})
                assert f'"{index}"' in answer.text, iri


def test_no_link_of_a_plain_page_leads_to_nothing(client: httpx.Client) -> None:
    tried: set[str] = set()
    for path in ("/vocabulary%23phase-PHASE2", "/ontology%23leadSponsor", "/record/ctgov/NCT99000002"):
        page = client.get(path)
        assert page.status_code == 200
        main = page.text[page.text.index("<main") : page.text.index("</main")]
        links = {unescape(href) for href in re.findall(r'href="(/[^"]+)"', main)} - tried
        for href in sorted(links)[:80]:
            assert client.get(href).status_code == 200, href
        tried |= links


def test_a_property_shows_statements_with_it(client: httpx.Client) -> None:
    page = client.get("/ontology%23leadSponsor").text
    assert "<h2>Some statements with it</h2>" in page
    assert 'href="/organization/orrin-pharmaceuticals"' in page
