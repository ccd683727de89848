"""Every IRI of a graph, put on the server's address, answers as a page or as data."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.conftest import run
from tests.ready import ready

from trialgraph import resources


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
