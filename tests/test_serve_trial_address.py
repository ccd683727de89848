"""The addresses of a trial's page: its id in any case, a former id, another registry's, and one that is not there."""

from collections.abc import Iterator

import httpx
import pytest
from tests.conftest import study
from tests.serving import served
from tests.trial_pages import statements

ELSEWHERE = """
<https://w3id.org/trialgraph/trial/EUCTR/2020-001234-56> a <https://w3id.org/trialgraph/ontology#Trial> ;
    <https://w3id.org/trialgraph/ontology#briefTitle> "A trial of another registry" .
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server of two trials."""
    rows = statements(study(identificationModule={"nctIdAliases": ["NCT00000002"]}))
    path = tmp_path_factory.mktemp("trials") / "trials.ttl"
    path.write_text("".join(f"{s} {p} {o} .\n" for s, p, o in rows) + ELSEWHERE, encoding="utf-8")
    with served(str(path)) as found:
        yield found


@pytest.mark.parametrize(
    ("path", "status", "leads"),
    [
        ("/trial/NCT00000001", 200, ""),
        ("/trial/NCT00000001/results", 200, ""),
        ("/trial/nct00000001", 301, "/trial/NCT00000001"),
        ("/trial/Nct00000001?format=turtle", 301, "/trial/NCT00000001?format=turtle"),
        ("/trial/nct00000001/results", 301, "/trial/NCT00000001/results"),
        ("/trial/NCT00000002", 302, "/trial/NCT00000001"),
        ("/trial/EUCTR/2020-001234-56", 200, ""),
        ("/trial/NCT00000003", 404, ""),
        ("/trial/%3Cscript%3E", 404, ""),
    ],
)
def test_an_address_answers_or_leads_on(client: httpx.Client, path: str, status: int, leads: str) -> None:
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == status
    assert answer.headers.get("location", "").endswith(leads)
    assert "<script>" not in answer.text


def test_an_unknown_id_comes_with_those_like_it(client: httpx.Client) -> None:
    assert 'href="/trial/NCT00000001"' in client.get("/trial/NCT00000011").text


def test_a_trial_of_another_registry_has_its_id_and_its_title(client: httpx.Client) -> None:
    text = client.get("/trial/EUCTR/2020-001234-56").text
    assert "EUCTR/2020-001234-56" in text
    assert "A trial of another registry" in text
    assert "clinicaltrials.gov/study" not in text


def test_the_page_asks_nothing_of_other_hosts(client: httpx.Client) -> None:
    text = client.get("/trial/NCT00000001").text
    assert 'src="http' not in text
    assert '<link rel="stylesheet" href="/static/trial.css">' in text
    assert [client.get(f"/static/trial.{kind}").status_code for kind in ("css", "js")] == [200, 200]
