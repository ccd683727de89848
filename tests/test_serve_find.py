"""Home, search and Find, through HTTP: what they show, where they lead, and hostile values as text."""

import csv
import io
import re
from collections.abc import Iterator
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx
import pyoxigraph
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import run, study, written
from tests.serving import served

from trialgraph.iris import BASE, MESH
from trialgraph.resources import folder
from trialgraph.serve import finding
from trialgraph.serve.pages import find
from trialgraph.store import opened

SAMPLES = sorted(path for path in folder("samples").iterdir() if path.suffix != ".md")
_HOSTILE = '<script>alert("x")</script>'
_RECORDS = [
    study(
        "NCT00000001",
        identificationModule={
            "briefTitle": f"=cmd|{_HOSTILE}",
            "orgStudyIdInfo": {"id": "ORG-7"},
            "secondaryIdInfos": [{"id": "2019-003-24", "type": "EUDRACT_NUMBER"}],
        },
        conditionsModule={"conditions": [f"Asthma {_HOSTILE}", "Hay Fever"]},
        sponsorCollaboratorsModule={"leadSponsor": {"name": f"Acme {_HOSTILE}", "class": "INDUSTRY"}},
        contactsLocationsModule={
            "locations": [
                {"facility": "Clinic", "city": "Paris", "country": "France", "geoPoint": {"lat": 48.85, "lon": 2.35}},
                {"facility": "Spital", "city": "Bern", "country": "Switzerland"},
            ]
        },
    ),
    study(
        "NCT00000002",
        identificationModule={"secondaryIdInfos": [{"id": "GRANT-1"}]},
        statusModule={"overallStatus": "COMPLETED", "startDateStruct": {"date": "2020-02"}},
    ),
    study("NCT00000003", identificationModule={"secondaryIdInfos": [{"id": "GRANT-1"}]}),
]


class Served(NamedTuple):
    """A client of a server, and the store that it serves."""

    client: httpx.Client
    store: pyoxigraph.Store

    def get(self, path: str, **parameters: str | list[str]) -> httpx.Response:
        return self.client.get(path, params=parameters)


def serving(path: str) -> Iterator[Served]:
    with served(path) as client:
        yield Served(client, opened(path))


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the samples."""
    path = str(tmp_path_factory.mktemp("samples") / "samples.store")
    assert run("build", *SAMPLES, "-o", path).exit_code == 0
    yield from serving(path)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of three trials, one with values that would be markup or formulas."""
    folder_ = tmp_path_factory.mktemp("hostile")
    path = str(folder_ / "hostile.store")
    assert run("build", *written(folder_, _RECORDS), "-o", path).exit_code == 0
    yield from serving(path)


def total(page: httpx.Response) -> int:
    """How many trials a page of Find says it found."""
    match = re.search(r'<h2 id="count"[^>]*>([\d,]+) trials?</h2>', page.text)
    assert match
    return int(match[1].replace(",", ""))


def choices(page: httpx.Response, facet: str) -> dict[str, int]:
    """The values of a facet, with their counts."""
    found = re.findall(
        rf'name="{facet}" value="([^"]*)"[^>]*>\s*<span>[^<]*</span> <span class="number">([\d,]+)<', page.text
    )
    return {unescape(value): int(count.replace(",", "")) for value, count in found}


def links(page: httpx.Response, pattern: str) -> list[str]:
    return [unescape(href) for href in re.findall(r'href="([^"]*)"', page.text) if re.match(pattern, unescape(href))]


def test_home_says_what_the_graph_holds_and_each_bar_leads_to_its_trials(samples: Served) -> None:
    page = samples.get("/")
    assert page.status_code == 200
    assert "37 clinical trials" in page.text
    bars = re.findall(r'<a href="([^"]*)" aria-label="([^"]*): ([\d,]+) trials">', page.text)
    assert {label for _, label, _ in bars} >= {"Recruiting", "Completed", "2024"}
    for href, label, number in bars:
        assert total(samples.client.get(unescape(href))) == int(number.replace(",", "")), label
    assert {"/find", "/map", "/ask", "/quality"} <= {*links(page, "/")}
    for example in links(page, r"/search\?q="):
        assert samples.client.get(example).status_code == 200


@pytest.mark.parametrize("typed", ["NCT00000001", "nct00000001", " NCT00000001 ", "org-7", "2019-003-24"])
def test_an_id_that_one_trial_has_leads_to_it(hostile: Served, typed: str) -> None:
    answer = hostile.get("/search", q=typed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/trial/NCT00000001")


def test_an_id_that_several_trials_have_lists_them(hostile: Served) -> None:
    page = hostile.get("/search", q="grant-1")
    assert "Trials with this id" in page.text
    assert links(page, "/trial/") == ["/trial/NCT00000002", "/trial/NCT00000003"]


def test_a_search_groups_things_by_kind_with_the_trials_below(hostile: Served) -> None:
    page = hostile.get("/search", q="asthma")
    assert links(page, "/condition/") == ["/condition/asthma", "/condition/asthma-script-alert-x-script"]
    assert links(page, r"/find\?") == [
        f"/find?{urlencode({'condition': f'{BASE}condition/asthma'})}",
        f"/find?{urlencode({'condition': f'{BASE}condition/asthma-script-alert-x-script'})}",
    ]
    assert links(hostile.get("/search", q="cmd"), "/trial/") == ["/trial/NCT00000001"]


def test_a_search_that_finds_nothing_helps(hostile: Served) -> None:
    page = hostile.get("/search", q="hay fevver")
    assert page.status_code == 200
    assert "Did you mean" in page.text
    assert links(page, "/condition/hay-fever") == ["/condition/hay-fever"]
    assert "Did you mean" not in hostile.get("/search", q="zzzzzz").text
    assert links(hostile.get("/search"), r"/search\?q=")


def test_suggestions_are_names_notes_kinds_counts_and_pages(hostile: Served) -> None:
    assert hostile.get("/suggest", q="hay").json() == [
        {"label": "Hay Fever", "note": "", "kind": "Condition", "trials": 1, "path": "/condition/hay-fever"}
    ]
    assert [each["kind"] for each in hostile.get("/suggest", q="par").json()] == ["City"]
    assert hostile.get("/suggest", q="nct00000002").json()[0]["path"] == "/trial/NCT00000002"
    assert hostile.get("/suggest").json() == []


def test_counts_are_those_that_a_tick_would_give(samples: Served) -> None:
    for filters in ({}, {"status": "RECRUITING"}, {"type": "INTERVENTIONAL", "sex": "FEMALE"}):
        page = samples.get("/find", **filters)
        for facet in ("status", "phase", "country", "condition", "organization", "results", "year"):
            others = {name: value for name, value in filters.items() if name != facet}
            for value, count in list(choices(page, facet).items())[:3]:
                assert total(samples.get("/find", **others, **{facet: value})) == count, (filters, facet, value)


def test_values_of_a_facet_are_alternatives_and_ticked_ones_stay(samples: Served) -> None:
    either = samples.get("/find", status=["RECRUITING", "COMPLETED"])
    assert total(either) == sum(total(samples.get("/find", status=one)) for one in ("RECRUITING", "COMPLETED"))
    assert re.findall(r'value="(\w+)" checked', either.text) == ["RECRUITING", "COMPLETED"]
    chips = links(either, r"/find\?status=")
    assert "/find?status=COMPLETED" in chips
    assert "/find?status=RECRUITING" in chips


def test_the_sparql_behind_a_list_gives_the_same_trials(samples: Served) -> None:
    page = samples.get("/find", status=["RECRUITING", "COMPLETED"], country="US", age="40")
    (ask,) = links(page, r"/ask\?query=")
    rows = samples.store.query(parse_qs(urlsplit(ask).query)["query"][0])
    assert isinstance(rows, pyoxigraph.QuerySolutions)
    assert [f"/trial/{row['nctId'].value}" for row in rows] == links(page, "/trial/NCT")
    assert total(page) > 0


def test_csv_has_every_trial_and_no_formula(samples: Served, hostile: Served) -> None:
    answer = samples.get("/find.csv", sort="start")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 37
    assert [row["start"] for row in rows] == sorted((row["start"] for row in rows), reverse=True)
    row = next(csv.DictReader(io.StringIO(hostile.get("/find.csv", status="RECRUITING").text)))
    assert row["title"] == f"'=cmd|{_HOSTILE}"
    assert (row["countries"], row["sites"], row["results"]) == ("France; Switzerland", "2", "no")


def test_near_a_place_is_by_name_or_by_coordinates(hostile: Served) -> None:
    for place in ("Paris", "paris", "48.85, 2.35", "48.9 2.3", "France"):
        page = hostile.get("/find", place=place, within="50")
        assert total(page) == 1, place
    assert "within 50 km of Paris, France" in hostile.get("/find", place="par").text
    assert total(hostile.get("/find", place="0,0")) == 0


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"status": "OPEN"}, "status=OPEN: not one of"),
        ({"colour": "red"}, "colour: no such filter"),
        (
            {"place": "Pariss"},
            "place=Pariss: no site of this graph is in a place that is called so; did you mean Paris?",
        ),
        ({"place": "Paris", "within": "far"}, "within=far: not a number of kilometres; such as 50"),
        ({"place": "99, 0"}, "near=99,0,50km: a latitude is from -90 to 90"),
        ({"sort": "size"}, "sort=size: not one of updated, start, enrollment, relevance"),
        ({"page": "0"}, "page=0: not the number of a page"),
        ({"organization": f"{BASE}organization/none"}, f"organization={BASE}organization/none: no "),
        ({"age": "old"}, "age=old: not an age in years"),
        ({"words": "***"}, "words=***: no letter or digit to look for"),
    ],
)
def test_what_makes_no_sense_is_told_and_the_rest_applied(
    hostile: Served, parameters: dict[str, str], told: str
) -> None:
    page = hostile.get("/find", condition="hay", **parameters)
    assert page.status_code == 400
    assert escape(told, quote=False) in unescape(page.text)
    assert total(page) == 1
    answer = hostile.get("/find.csv", **parameters)
    assert (answer.status_code, answer.text.startswith(told[:5])) == (400, True)


def test_a_page_beyond_the_last_leads_back(hostile: Served) -> None:
    page = hostile.get("/find", page="9")
    assert page.status_code == 200
    assert "no page 9" in page.text


def test_pages_of_the_list_lead_to_one_another_with_the_filters(
    samples: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (finding, find):
        monkeypatch.setattr(module, "PAGE", 10)
    seen: list[str] = []
    address = "/find?sex=FEMALE&sort=start"
    while address:
        page = samples.client.get(address)
        seen += links(page, "/trial/NCT")
        address = next(iter(re.findall(r'<a href="([^"]*)" rel="next"', page.text)), "")
        address = unescape(address)
    assert len(seen) == len({*seen}) == total(page) > 20


def test_values_of_records_are_text(hostile: Served) -> None:
    pages = ("/find", "/search?q=asthma", "/search?q=acme", "/", "/search?q=script")
    for path in pages:
        text = hostile.client.get(path).text
        assert "<script>alert" not in text, path
    assert escape(_HOSTILE) in hostile.get("/find").text.replace("&#34;", "&quot;")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["q", "words", "condition", "country", "status", "near", "place", "age", "page", "sort", "x"]),
    value=st.one_of(
        st.text(max_size=40),
        st.text(alphabet="\"*()^+-:{}<>&'\x00\x01%_\\ ANDORNEAR", max_size=40),
        st.sampled_from(
            [_HOSTILE, "a" * 5_000, f"{BASE}<x>", f"{MESH}D1", "1e999", "-1,-1,1km", "../../etc/passwd", "a://b"]
        ),
    ),
)
def test_whatever_is_asked_is_answered_with_text(hostile: Served, name: str, value: str) -> None:
    query = urlencode({name: value})
    for path in ("/search", "/suggest", "/find", "/find.csv"):
        answer = hostile.client.get(f"{path}?{query}")
        assert answer.status_code in (200, 303, 400), (path, query)
        if path != "/suggest" and path != "/find.csv":
            assert "<script>alert" not in answer.text
            assert "\x00" not in answer.text


def test_a_very_long_address_is_shortened_or_refused_but_no_fault(hostile: Served) -> None:
    many = "&".join(f"status={quote(f'S{number}')}" for number in range(3_000))
    assert hostile.client.get(f"/find?{many}").status_code in (400, 414, 431)
