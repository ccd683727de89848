"""Sites, the facilities that they are at, and the places that those are in."""

from typing import Any

import pytest
from tests.conftest import Build, Graph, study

TRIAL = "trial/NCT00000001"
RUIJIN = {"facility": "Ruijin Hospital", "city": "Shanghai", "state": "Shanghai Municipality", "country": "China"}


def at(*locations: dict[str, Any], nct_id: str = "NCT00000001") -> dict[str, Any]:
    return study(nct_id, contactsLocationsModule={"locations": [*locations]})


def about(graph: Graph, thing: str) -> set[tuple[str, str]]:
    return {(predicate, term) for subject, predicate, term in graph if subject == thing}


def test_a_site_is_at_a_facility_in_a_city_in_a_region_in_a_country(built: Build) -> None:
    graph = built(at({**RUIJIN, "zip": "200025", "status": "RECRUITING", "geoPoint": {"lat": 31.22222, "lon": 121.4}}))
    [site] = graph.objects("tg:site", TRIAL)
    assert about(graph, site) == {
        ("rdf:type", "tg:Site"),
        ("tg:facility", "facility/CN/shanghai-municipality/shanghai/ruijin-hospital"),
        ("tg:siteStatus", "tgv:overallStatus-RECRUITING"),
        ("tg:zip", '"200025"'),
        ("geo:lat", '"31.22222"^^xsd:decimal'),
        ("geo:long", '"121.4"^^xsd:decimal'),
    }
    assert about(graph, "facility/CN/shanghai-municipality/shanghai/ruijin-hospital") == {
        ("rdf:type", "tg:Facility"),
        ("rdfs:label", '"Ruijin Hospital"'),
        ("tg:locatedIn", "place/CN/shanghai-municipality/shanghai"),
    }
    assert about(graph, "place/CN/shanghai-municipality/shanghai") == {
        ("rdf:type", "tg:Place"),
        ("rdfs:label", '"Shanghai"'),
        ("tg:placeKind", "tgv:placeKind-CITY"),
        ("tg:within", "place/CN/shanghai-municipality"),
    }
    assert about(graph, "place/CN/shanghai-municipality") == {
        ("rdf:type", "tg:Place"),
        ("rdfs:label", '"Shanghai Municipality"'),
        ("tg:placeKind", "tgv:placeKind-REGION"),
        ("tg:within", "place/CN"),
    }
    assert about(graph, "place/CN") == {
        ("rdf:type", "tg:Place"),
        ("rdfs:label", '"China"'),
        ("tg:placeKind", "tgv:placeKind-COUNTRY"),
        ("tg:isoCode", '"CN"'),
    }


def test_all_spellings_of_turkey_are_one_country(built: Build) -> None:
    spellings = ["Turkey", "Türkiye", "Turkey (Türkiye)"]
    graph = built(at(*({"facility": "A", "city": "Ankara", "country": country} for country in spellings)))
    assert graph.subjects("tg:placeKind", "tgv:placeKind-COUNTRY") == ["place/TR"]
    assert graph.objects("rdfs:label", "place/TR") == sorted(f'"{country}"' for country in spellings)
    assert graph.things("tg:Facility") == ["facility/TR/-/ankara/a"]


def test_a_country_code_that_the_record_states_tells_the_country(built: Build) -> None:
    graph = built(at({"facility": "A", "country": "Deutschland", "countryCode": "DE"}))
    assert graph.objects("tg:locatedIn") == ["place/DE"]
    assert graph.objects("rdfs:label", "place/DE") == ['"Deutschland"']


@pytest.mark.parametrize(("code", "place"), [("ZZ", "place/ZZ"), ("c/n> x", "place/c-n-x")])
def test_an_unknown_country_code_is_kept_and_makes_a_proper_iri(built: Build, code: str, place: str) -> None:
    graph = built(at({"city": "Nowhere", "countryCode": code}))
    assert graph.objects("tg:isoCode") == [f'"{code}"']
    assert graph.subjects("tg:isoCode") == [place]


def test_a_country_without_a_code_is_known_by_its_name(built: Build) -> None:
    graph = built(at({"facility": "A", "country": "Ruritania"}))
    assert graph.objects("tg:locatedIn") == ["place/ruritania"]
    assert graph.objects("tg:isoCode") == []


def test_a_hyphen_stands_for_a_region_that_is_left_out(built: Build) -> None:
    graph = built(at({"facility": "A", "city": "Paris", "country": "France"}))
    assert graph.objects("tg:locatedIn") == ["place/FR/-/paris"]
    assert graph.objects("tg:within", "place/FR/-/paris") == ["place/FR"]


def test_a_site_of_which_only_the_country_is_known_is_in_the_country(built: Build) -> None:
    graph = built(at({"country": "France"}))
    [site] = graph.objects("tg:site", TRIAL)
    assert about(graph, site) == {("rdf:type", "tg:Site"), ("tg:locatedIn", "place/FR")}
    assert graph.things("tg:Facility") == []


def test_cities_of_one_name_in_two_regions_are_two_places(built: Build) -> None:
    columbus = {"facility": "Research Site", "city": "Columbus", "country": "United States"}
    graph = built(at({**columbus, "state": "Ohio"}, {**columbus, "state": "Georgia"}))
    assert graph.subjects("rdfs:label", '"Columbus"') == ["place/US/georgia/columbus", "place/US/ohio/columbus"]
    assert len(graph.things("tg:Facility")) == 2


def test_trials_share_a_facility_and_each_has_a_site_of_its_own(built: Build) -> None:
    graph = built(at(RUIJIN, nct_id="NCT00000001"), at(RUIJIN, nct_id="NCT00000002"))
    assert len(graph.things("tg:Facility")) == 1
    assert len(graph.things("tg:Site")) == 2


def test_sites_that_a_record_repeats_stay_as_many(built: Build) -> None:
    graph = built(at(RUIJIN, RUIJIN, RUIJIN))
    first, *others = graph.objects("tg:site", TRIAL)
    assert others == [f"{first}-2", f"{first}-3"]


def test_the_zip_tells_two_sites_of_one_name_apart(built: Build) -> None:
    graph = built(at({**RUIJIN, "zip": "1"}, {**RUIJIN, "zip": "2"}))
    assert not any(site.endswith("-2") for site in graph.things("tg:Site"))
    assert len(graph.things("tg:Site")) == 2


@pytest.mark.parametrize(
    "point", [{"lat": 31.2}, {"lon": 121.4}, {"lat": 0, "lon": 0}, {"lat": 91, "lon": 10}, {"lat": "x", "lon": "y"}]
)
def test_half_a_point_or_one_that_is_nowhere_on_earth_is_left_out(built: Build, point: dict[str, Any]) -> None:
    graph = built(at({**RUIJIN, "geoPoint": point}))
    assert graph.objects("geo:lat") + graph.objects("geo:long") == []
    assert len(graph.things("tg:Site")) == 1


def test_a_trial_states_once_the_countries_and_the_facilities_of_its_sites(built: Build) -> None:
    graph = built(at(RUIJIN, {**RUIJIN, "zip": "2"}, {"city": "Paris", "country": "France"}, {"facility": "Nowhere"}))
    assert graph.objects("tg:locationCountry", TRIAL) == ["place/CN", "place/FR"]
    facilities = ["facility/-/nowhere", "facility/CN/shanghai-municipality/shanghai/ruijin-hospital"]
    assert graph.objects("tg:locationFacility", TRIAL) == facilities


@pytest.mark.parametrize(
    ("site", "trial", "recruits"),
    [
        ("RECRUITING", "COMPLETED", True),
        ("RECRUITING", None, True),
        ("COMPLETED", "RECRUITING", False),
        ("NOT_YET_RECRUITING", "RECRUITING", False),
        (None, "RECRUITING", True),
        (None, "COMPLETED", False),
        (None, None, False),
        ("", "RECRUITING", False),
    ],
)
def test_a_facility_recruits_by_the_status_of_its_site_or_else_of_the_trial(
    built: Build, site: str | None, trial: str | None, recruits: bool
) -> None:
    record = at(RUIJIN if site is None else {**RUIJIN, "status": site})
    record["protocolSection"]["statusModule"] = {"overallStatus": trial} if trial else {}
    graph = built(record)
    assert graph.objects("tg:recruitingFacility", TRIAL) == (graph.things("tg:Facility") if recruits else [])


def test_a_removed_country_is_a_place(built: Build) -> None:
    graph = built(study(derivedSection={"miscInfoModule": {"removedCountries": ["Greece"]}}))
    assert graph.objects("tg:removedCountry", TRIAL) == ["place/GR"]
    assert graph.objects("tg:isoCode", "place/GR") == ['"GR"']


def test_an_empty_location_is_still_a_site(built: Build) -> None:
    graph = built(at({}))
    [site] = graph.objects("tg:site", TRIAL)
    assert about(graph, site) == {("rdf:type", "tg:Site")}
