"""The pages of sponsors, facilities, conditions, interventions and places say what the graph says."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

import httpx
import pyoxigraph
import pytest
from tests.conftest import SHARED, run, study, written
from tests.serving import served

from trialgraph.iris import MESH
from trialgraph.resources import folder
from trialgraph.serve import worldmap
from trialgraph.serve.catalogue import Catalogue, Count, build
from trialgraph.serve.catalogue.within import around, within
from trialgraph.store import opened

_STUDIES = SHARED / "data/ctgov-v2/studies.ndjson.gz"
_SAMPLES = sorted(path for path in folder("samples").iterdir() if path.suffix != ".md")
_PREFIXES = """PREFIX tg: <https://w3id.org/trialgraph/ontology#>
PREFIX tgv: <https://w3id.org/trialgraph/vocabulary#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
#: For each kind of address, how a trial comes to a thing there.
_PATHS = {
    "organization": "tg:leadSponsor|tg:collaborator",
    "facility": "tg:site/tg:facility",
    "condition": "tg:condition",
    "place": "tg:site/(tg:facility/tg:locatedIn|tg:locatedIn)/tg:within*",
}


class Served(NamedTuple):
    """A server's client, and the store that it serves."""

    client: httpx.Client
    store: pyoxigraph.Store
    path: str

    def asked(self, query: str) -> list[tuple[str, ...]]:
        """The rows of a query of the store itself."""
        rows = self.store.query(_PREFIXES + query)
        assert isinstance(rows, pyoxigraph.QuerySolutions)
        return [tuple(term.value for term in row) for row in rows]

    def page(self, address: str) -> str:
        """A page that there is."""
        answer = self.client.get(address, headers={"Accept": "text/html"})
        assert answer.status_code == 200, address
        return answer.text


@pytest.fixture(scope="module", params=["samples", "shared"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the samples, and one of the real records where they are at hand."""
    if request.param == "shared" and not _STUDIES.exists():
        pytest.skip("the real records are not here")
    store = str(tmp_path_factory.mktemp(request.param) / "graph.store")
    assert run("build", *(_SAMPLES if request.param == "samples" else [_STUDIES]), "-o", store).exit_code == 0
    with served(store) as client:
        yield Served(client, opened(store), store)


def _figures(page: str) -> dict[str, str]:
    """The numbers at the head of a page by what they count."""
    head = re.search(r'<ul class="figures".*?</ul>', page, re.DOTALL)
    assert head
    return {words.strip(): number for number, words in re.findall(r"<strong>([^<]+)</strong>([^<]+)", head[0])}


@pytest.mark.parametrize("kind", _PATHS)
def test_the_numbers_of_a_page_are_those_of_the_graph(site: Served, kind: str) -> None:
    rows = site.asked(f"""
        SELECT ?thing (COUNT(DISTINCT ?trial) AS ?trials) (COUNT(DISTINCT ?open) AS ?recruiting)
               (COUNT(DISTINCT ?posted) AS ?results)
        WHERE {{
          ?trial a tg:Trial ; {_PATHS[kind]} ?thing .
          OPTIONAL {{ ?trial tg:overallStatus tgv:overallStatus-RECRUITING . BIND (?trial AS ?open) }}
          OPTIONAL {{ ?trial tg:hasResults true . BIND (?trial AS ?posted) }}
        }} GROUP BY ?thing ORDER BY DESC(?trials) ?thing LIMIT 8""")
    assert rows
    for iri, trials, recruiting, results in rows:
        figures = _figures(site.page(iri.removeprefix("https://w3id.org/trialgraph")))
        assert figures["trials" if trials != "1" else "trial"] == trials, iri
        assert (figures["recruiting"], figures["with results"]) == (recruiting, results), iri


def test_the_table_of_a_timeline_counts_the_starts_of_each_year(site: Served) -> None:
    iri, _ = site.asked("""SELECT ?thing (COUNT(DISTINCT ?trial) AS ?trials)
        WHERE { ?trial tg:leadSponsor|tg:collaborator ?thing } GROUP BY ?thing ORDER BY DESC(?trials) LIMIT 1""")[0]
    page = site.page(iri.removeprefix("https://w3id.org/trialgraph"))
    shown = re.findall(r'<th scope="row">(\d{4})</th><td class="number"><a [^>]+>(\d+)</a>', page)
    stated = site.asked(f"""SELECT ?year (STR(COUNT(DISTINCT ?trial)) AS ?trials) WHERE {{
        ?trial tg:leadSponsor|tg:collaborator <{iri}> ; tg:startDate ?start . BIND (SUBSTR(STR(?start), 1, 4) AS ?year)
        }} GROUP BY ?year ORDER BY DESC(?year)""")
    assert shown == stated
    assert shown


def test_the_map_counts_the_trials_of_each_country(site: Served) -> None:
    page = site.page("/map")
    shown = re.findall(
        r'<th scope="row"><a href="(/place/[^"]+)">.*?<td class="number"><a [^>]+>([\d,]+)</a>', page, re.DOTALL
    )
    stated = site.asked("""SELECT ?country (STR(COUNT(DISTINCT ?trial)) AS ?trials) WHERE {
        ?trial tg:site/(tg:facility/tg:locatedIn|tg:locatedIn)/tg:within* ?country .
        ?country tg:placeKind tgv:placeKind-COUNTRY } GROUP BY ?country""")
    assert sorted((f"https://w3id.org/trialgraph{path}", number) for path, number in shown) == sorted(stated)


def test_a_filter_narrows_the_map(site: Served) -> None:
    everything, recruiting = site.page("/map"), site.page("/map?status=RECRUITING")
    stated = site.asked("""SELECT (STR(COUNT(DISTINCT ?trial)) AS ?trials) WHERE {
        ?trial tg:overallStatus tgv:overallStatus-RECRUITING }""")[0][0]
    assert f"<p>{stated} trial" in recruiting
    assert recruiting.count('scope="row"') < everything.count('scope="row"')


def test_a_filter_stays_on_the_way_into_a_country(site: Served) -> None:
    page = site.page("/map?status=COMPLETED")
    href = unescape(re.findall(r'<th scope="row"><a href="([^"]+)">', page)[0])
    closer = site.page(href)
    shown = re.findall(
        r'<th scope="row"><a href="(/place/[^"]+)">.*?<td class="number"><a [^>]+>(\d+)</a>', closer, re.DOTALL
    )
    country = re.findall(r"country=([^&]+)", href)[0].replace("%3A", ":").replace("%2F", "/")
    stated = site.asked(f"""SELECT ?city (STR(COUNT(DISTINCT ?trial)) AS ?trials) WHERE {{
        ?trial tg:overallStatus tgv:overallStatus-COMPLETED ;
               tg:site/(tg:facility/tg:locatedIn|tg:locatedIn)/tg:within* ?city .
        ?city tg:placeKind tgv:placeKind-CITY ; tg:within+ <{country}> }} GROUP BY ?city""")
    found = {site.client.get(path, headers={"Accept": "text/html"}).status_code for path, _ in shown[:3]}
    assert found == {200}
    assert sorted(number for _, number in shown) == sorted(number for _, number in stated)


def test_a_filter_that_makes_no_sense_is_said(site: Served) -> None:
    answer = site.client.get("/map?phase=PHASE9")
    assert answer.status_code == 400
    assert "phase=PHASE9" in answer.text


@pytest.mark.parametrize(
    "shelf", ["/organization", "/facility", "/condition", "/intervention", "/place", "/place?kind=city"]
)
def test_what_a_list_shows_has_a_page(site: Served, shelf: str) -> None:
    links = [unescape(href) for href in re.findall(r'<th scope="row"><a href="([^"]+)">', site.page(shelf))]
    assert links
    for href in links[:4]:
        assert 'class="figures"' in site.page(href)


def test_a_list_is_narrowed_by_name(site: Served) -> None:
    every = re.findall(r'<th scope="row"><a [^>]+>([^<]+)</a>', site.page("/organization"))
    word = re.findall(r"\w{5,}", unescape(every[0]))[0]
    found = re.findall(r'<th scope="row"><a [^>]+>([^<]+)</a>', site.page(f"/organization?q={word}"))
    assert every[0] in found
    assert "None of them" in site.page("/organization?q=qqqqqqqq")


def test_an_unknown_thing_is_404_with_what_is_near(site: Served) -> None:
    label, iri = site.asked("""SELECT ?label ?thing WHERE { ?thing a tg:Organization ; rdfs:label ?label }
        ORDER BY DESC(STRLEN(?label)) LIMIT 1""")[0]
    answer = site.client.get(f"{iri.removeprefix('https://w3id.org/trialgraph')}x", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert label in unescape(answer.text)


@pytest.mark.parametrize("kind", ["organization", "facility", "condition", "place"])
def test_a_page_is_data_too(site: Served, kind: str) -> None:
    iri = site.asked(f"SELECT ?thing WHERE {{ ?trial a tg:Trial ; {_PATHS[kind]} ?thing }} ORDER BY ?thing LIMIT 1")[0][
        0
    ]
    answer = site.client.get(iri.removeprefix("https://w3id.org/trialgraph"), headers={"Accept": "text/turtle"})
    assert answer.headers["content-type"].startswith("text/turtle")
    subjects = {str(quad.subject) for quad in pyoxigraph.parse(answer.text, pyoxigraph.RdfFormat.TURTLE)}
    assert f"<{iri}>" in subjects


@pytest.mark.skipif(worldmap.missing(), reason="the outlines were not fetched")
def test_the_outlines_that_a_map_of_the_world_refers_to_are_served(site: Served) -> None:
    assert f'href="{worldmap.OUTLINES}#land"' in site.page("/map")
    answer = site.client.get(worldmap.OUTLINES)
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert 'id="US"' in answer.text


def test_pages_without_outlines_say_so(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worldmap, "missing", lambda: True)
    page = site.page("/map")
    assert "There is no map" in page
    assert 'id="places"' in page


def test_places_lie_in_places(site: Served) -> None:
    catalogue = Catalogue(str(Path(site.path) / "catalogue.sqlite"))
    country = catalogue.things("country", 1)[0]
    cities = {thing.iri for thing in within(catalogue, country.iri, "city")}
    stated = site.asked(f"""SELECT DISTINCT ?place WHERE {{
        ?trial tg:site/(tg:facility/tg:locatedIn|tg:locatedIn)/tg:within* ?place .
        ?place tg:placeKind tgv:placeKind-CITY ; tg:within+ <{country.iri}> }}""")
    catalogue.close()
    assert cities == {iri for (iri,) in stated}


def test_the_trials_show_what_is_above_a_descriptor(tmp_path: Path) -> None:
    def about(number: int, stated: str, above: str) -> dict[str, object]:
        listed = {"meshes": [{"id": stated, "term": stated}], "ancestors": [{"id": above, "term": above}]}
        return study(f"NCT0000000{number}", derivedSection={"conditionBrowseModule": listed})

    records = [about(1, "D01", "D09"), about(2, "D01", "D09"), about(3, "D02", "D09"), about(4, "D03", "D08")]
    path = str(tmp_path / "graph.store")
    assert run("build", *written(tmp_path, records), "-o", path).exit_code == 0
    build(opened(path), f"{path}/catalogue.sqlite")
    catalogue = Catalogue(f"{path}/catalogue.sqlite")
    asthma, lungs = (around(catalogue, f"{MESH}{descriptor}", "condition") for descriptor in ("D01", "D09"))
    catalogue.close()
    assert asthma == ([Count(f"{MESH}D09", "D09", 3)], [])
    assert lungs == ([], [Count(f"{MESH}D01", "D01", 2)])  # the one trial of D02 shows nothing


def test_hostile_names_show_as_text(tmp_path: Path) -> None:
    hostile = "\"><img src=x onerror=alert(1)>'{{ 7 * 7 }}"
    record = study(
        sponsorCollaboratorsModule={"leadSponsor": {"name": hostile, "class": "INDUSTRY"}},
        conditionsModule={"conditions": [hostile]},
        armsInterventionsModule={"interventions": [{"type": "DRUG", "name": hostile}]},
        contactsLocationsModule={
            "locations": [
                {"facility": hostile, "city": hostile, "country": "France", "geoPoint": {"lat": 48.85, "lon": 2.35}}
            ]
        },
    )
    path = str(tmp_path / "graph.store")
    assert run("build", *written(tmp_path, [record]), "-o", path).exit_code == 0
    with served(path) as client:
        seen = 0
        for shelf in ("organization", "facility", "condition", "intervention", "place?kind=city"):
            page = client.get(f"/{shelf}").text
            (href,) = re.findall(r'<th scope="row"><a href="([^"]+)">', page)
            for text in (page, client.get(unescape(href), headers={"Accept": "text/html"}).text):
                assert "<img" not in text
                assert "{{ 7 * 7 }}" in unescape(text)
                seen += 1
        assert seen == 10
        assert "<img" not in client.get("/place/FR", headers={"Accept": "text/html"}).text
