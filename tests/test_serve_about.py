"""The page about the graph, and the answers where something is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph
import pytest
from tests.conftest import run, study, written
from tests.serving import ready

from trialgraph import find, resources, validate
from trialgraph.findings import Finding
from trialgraph.iris import PREFIXES
from trialgraph.serve import parts, thing
from trialgraph.serve.graph import prepared
from trialgraph.serve.pages import about
from trialgraph.serve.settings import Settings

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
HOSTILE = "<script>alert(1)</script><b>&amp;'\""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of one trial, all texts of which are hostile."""
    folder = tmp_path_factory.mktemp("about")
    record = study(
        identificationModule={"briefTitle": HOSTILE},
        sponsorCollaboratorsModule={"leadSponsor": {"name": HOSTILE, "class": HOSTILE}},
        armsInterventionsModule={"armGroups": [{"label": HOSTILE, "description": HOSTILE}]},
    )
    assert run("build", *written(folder, [record]), "-o", folder / "one.store", "--quiet").exit_code == 0
    return folder / "one.store"


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[httpx.Client]:
    with ready(store, version="9.9") as found:
        yield found


def test_the_page_says_what_is_served(client: httpx.Client) -> None:
    page = client.get("/about").text
    for said in ("one.store", "<dt>Trials</dt><dd>1</dd>", "as their registry records publish them", "trialgraph 9.9"):
        assert said in page
    assert f"{client.base_url}/sparql" in page.replace("//sparql", "/sparql")


def test_the_page_lists_classes_and_properties_with_links_that_answer(client: httpx.Client) -> None:
    page = client.get("/about").text
    assert '<a href="/ontology%23Trial">trial</a>' in page
    assert client.get("/ontology%23Trial").status_code == 200


def test_the_page_lists_parts_by_others_with_their_licences(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, licences = "https://example.org/yasgui", "yasgui/LICENCES.txt"
    part = parts.Part("@zazuko/yasgui", "4.6.2", "MIT", place, (), licences, ("x 1, MIT",))
    monkeypatch.setattr(parts, "parts", lambda: [part])
    monkeypatch.setattr(parts, "missing", lambda: ["cytoscape is missing: lists without a drawing"])
    page = client.get("/about").text
    assert '<a href="https://example.org/yasgui" rel="nofollow noopener noreferrer">@zazuko/yasgui</a>' in page
    assert '<a href="/static/vendor/yasgui/LICENCES.txt">MIT</a>; holds x 1, MIT' in page
    assert "cytoscape is missing: lists without a drawing" in page


def test_the_page_says_which_contacts_are_shown(store: Path) -> None:
    with ready(store, contacts="names") as client:
        assert "names only, no phone numbers and no e-mail addresses" in client.get("/about").text


def test_hostile_texts_are_text_on_the_plain_page_of_a_thing(store: Path, client: httpx.Client) -> None:
    subjects = {quad.subject for quad in pyoxigraph.Store.read_only(str(store))}
    for subject in sorted(subjects, key=str):
        page = client.get("/resource", params={"iri": subject.value}, headers=BROWSER)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<b>" not in page.text


@pytest.mark.parametrize("iri", ["javascript:alert(1)", "data:text/html,x"])
def test_only_addresses_of_the_web_are_links(tmp_path: Path, iri: str) -> None:
    (tmp_path / "x.nt").write_text(f"<{iri}> <http://example.org/p> <{iri}> .\n")
    with ready(tmp_path / "x.nt") as client:
        page = client.get("/resource", params={"iri": iri}).text
    assert f'href="{iri[:5]}' not in page
    assert iri in page


def test_a_fault_of_the_server_is_a_page_without_its_cause(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(about, "_labelled", fail)
    page = client.get("/about", headers=BROWSER)
    assert (page.status_code, "<h1>Internal server error</h1>" in page.text) == (500, True)
    text = client.get("/about", headers={"Accept": "*/*"})
    assert (text.status_code, text.text) == (500, "The server has met a fault of its own; its log says more.\n")
    for answer in (page, text):
        assert "secret" not in answer.text
        assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_a_fault_says_no_method_and_no_address_as_a_page(client: httpx.Client) -> None:
    refused = client.delete("/about", headers=BROWSER)
    assert (refused.status_code, "This address takes no such request." in refused.text) == (405, True)
    assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD"}
    missing = client.get(f"/{'x' * 3_000}", headers=BROWSER)
    assert missing.status_code == 404


def test_validation_and_find_are_the_same_with_the_description_in_the_graph(tmp_path: Path) -> None:
    """What is put beside the data has no trial's shape and none of its classes."""
    sources = [each for each in resources.folder("samples").iterdir() if each.suffix != ".md"]
    path = tmp_path / "samples.store"
    run("build", *sources, "-o", path, "--workers", "1", "--quiet")

    def findings(store: str) -> list[Finding]:
        return sorted(validate(store).findings, key=repr)

    with prepared(str(path), Settings(), "http://example.org/", lambda line: None) as graph:
        assert findings(graph.path) == findings(str(path))
        for words in ("a", "trial"):
            served, data = (list(find(each, condition=words, words=words)) for each in (graph.path, str(path)))
            assert served == data
        assert list(find(graph.path, condition="a")) == list(find(str(path), condition="a")) != []


def test_a_thing_is_called_by_its_label_or_by_the_end_of_its_iri() -> None:
    store = pyoxigraph.Store()
    a = pyoxigraph.NamedNode("http://example.org/a/b#c")
    assert thing.called(store, a) == "c"
    store.add(pyoxigraph.Quad(a, pyoxigraph.NamedNode(f"{PREFIXES['rdfs']}label"), pyoxigraph.Literal("see")))
    assert thing.called(store, a) == "see"
    assert thing.called(store, pyoxigraph.NamedNode("http://example.org/")) == "example.org"
    assert json.dumps(thing.called(store, pyoxigraph.NamedNode("urn:x"))) == '"urn:x"'
