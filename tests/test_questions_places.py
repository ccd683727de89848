"""The questions on places."""

from typing import Any

from tests.asking import ask, lines
from tests.conftest import study


def at(facility: str, city: str, country: str, **fields: Any) -> dict[str, Any]:
    return {"facility": facility, "city": city, "country": country, **fields}


def placed(nct_id: str, *sites: dict[str, Any], **modules: Any) -> dict[str, Any]:
    """A trial with sites."""
    return study(nct_id, contactsLocationsModule={"locations": [*sites]}, **modules)


COPD = {"conditions": ["COPD"]}
COMPLETED = {"overallStatus": "COMPLETED"}


def test_recruiting_near_gives_open_sites_within_the_distance_by_distance() -> None:
    sites = [
        {"facility": "Near", "city": "Paris", "country": "France", "geoPoint": {"lat": 48.9, "lon": 2.4}},
        {"facility": "Far", "city": "Lyon", "country": "France", "geoPoint": {"lat": 45.7, "lon": 4.8}},
        {"facility": "Closed", "city": "Paris", "status": "COMPLETED", "geoPoint": {"lat": 48.85, "lon": 2.35}},
    ]
    graph = lines(
        study(contactsLocationsModule={"locations": sites}),
        study("NCT00000002", statusModule={"overallStatus": "COMPLETED"}, contactsLocationsModule={"locations": sites}),
    )
    near = ("NCT00000001", "A Trial", "Near", "6.7")
    far = ("NCT00000001", "A Trial", "Far", "393.5")
    assert ask(graph, "recruiting-near", condition="ASTH", point="48.85,2.35") == [near]
    assert ask(graph, "recruiting-near", condition="asthma", point="48.85,2.35", within="400km") == [near, far]
    assert ask(graph, "recruiting-near", condition="copd", point="48.85,2.35") == []


def test_recruiting_near_gives_a_facility_of_two_spellings_once() -> None:
    point = {"geoPoint": {"lat": 48.9, "lon": 2.4}}
    graph = lines(
        placed("NCT00000001", at("Near", "Paris", "France", **point)),
        placed("NCT00000002", at("NEAR", "Paris", "France", **point), conditionsModule=COPD),
    )
    assert ask(graph, "recruiting-near", condition="asthma", point="48.85,2.35") == [
        ("NCT00000001", "A Trial", "NEAR", "6.7")
    ]


def test_a_condition_is_found_by_mesh_by_what_is_above_it_and_by_the_words_that_the_registry_found() -> None:
    browse = {
        "meshes": [{"id": "D029424", "term": "Pulmonary Disease, Chronic Obstructive"}],
        "ancestors": [{"id": "D008171", "term": "Lung Diseases"}],
        "browseLeaves": [{"id": "M1", "name": "Pulmonary Disease, Chronic Obstructive", "asFound": "COPD"}],
    }
    named = {"meshes": browse["meshes"]}
    graph = lines(
        placed("NCT00000001", at("A", "Rome", "Italy"), derivedSection={"conditionBrowseModule": browse}),
        placed("NCT00000002", at("A", "Rome", "Italy"), derivedSection={"conditionBrowseModule": named}),
        placed("NCT00000003", at("A", "Rome", "Italy")),
    )
    for word, trials in (("asthma", "3"), ("obstructive", "2"), ("lung", "1"), ("copd", "2")):
        assert ask(graph, "countries-of-condition", condition=word)[0][2] == trials, word


def test_trials_by_location_is_a_tree_that_reads_from_top_to_bottom() -> None:
    graph = lines(
        placed(
            "NCT00000001",
            at("A", "Austin", "United States", state="Texas"),
            at("B", "Austin", "United States", state="Texas"),
            at("C", "Paris", "France"),
        ),
        placed("NCT00000002", at("A", "Austin", "United States", state="Texas"), conditionsModule=COPD),
        placed("NCT00000003", {"city": "Paris", "country": "France"}, statusModule=COMPLETED),
        study("NCT00000004"),
    )
    france = [
        ("COUNTRY", "France", "", "", "", "2", "2"),
        ("CITY", "France", "", "Paris", "", "2", "2"),
        ("FACILITY", "France", "", "Paris", "C", "1", "1"),
    ]
    america = [
        ("COUNTRY", "United States", "", "", "", "2", "3"),
        ("REGION", "United States", "Texas", "", "", "2", "3"),
        ("CITY", "United States", "Texas", "Austin", "", "2", "3"),
        ("FACILITY", "United States", "Texas", "Austin", "A", "2", "2"),
        ("FACILITY", "United States", "Texas", "Austin", "B", "1", "1"),
    ]
    assert ask(graph, "trials-by-location") == france + america
    assert ask(graph, "trials-by-location", status="COMPLETED") == [
        ("COUNTRY", "France", "", "", "", "1", "1"),
        ("CITY", "France", "", "Paris", "", "1", "1"),
    ]
    assert ask(graph, "trials-by-location", condition="copd") == [
        ("COUNTRY", "United States", "", "", "", "1", "1"),
        ("REGION", "United States", "Texas", "", "", "1", "1"),
        ("CITY", "United States", "Texas", "Austin", "", "1", "1"),
        ("FACILITY", "United States", "Texas", "Austin", "A", "1", "1"),
    ]


def test_facilities_recruiting_finds_interventions_by_name_other_name_and_mesh() -> None:
    drug = {"type": "DRUG", "name": "Xolair", "otherNames": ["anti-IgE"]}
    mesh = {"meshes": [{"id": "D000069444", "term": "Omalizumab"}]}
    graph = lines(
        placed(
            "NCT00000001",
            at("A", "Paris", "France"),
            at("A", "Paris", "France", zip="75002"),
            at("B", "Rome", "Italy", status="COMPLETED"),
            armsInterventionsModule={"interventions": [drug]},
            derivedSection={"interventionBrowseModule": mesh},
        ),
        placed("NCT00000002", at("A", "Paris", "France"), at("B", "Rome", "Italy"), conditionsModule=COPD),
        placed("NCT00000003", at("A", "Paris", "France"), statusModule=COMPLETED),
    )
    xolair = ("France", "Paris", "A", "NCT00000001", "A Trial")
    copd = [(*place, "NCT00000002", "A Trial") for place in (("France", "Paris", "A"), ("Italy", "Rome", "B"))]
    for word in ("xolair", "ANTI-IGE", "omaliz"):
        assert ask(graph, "facilities-recruiting", intervention=word) == [xolair]
    assert ask(graph, "facilities-recruiting") == [xolair, *copd]
    assert ask(graph, "facilities-recruiting", condition="copd", country="Italy") == copd[1:]
    assert ask(graph, "facilities-recruiting", intervention="xolair", condition="copd") == []


def test_competing_trials_share_a_facility_that_is_open_and_a_condition() -> None:
    here = at("Clinic", "Paris", "France")
    generic = at("Research Site", "Paris", "France")
    two = {"conditions": ["Asthma", "COPD"]}
    graph = lines(
        placed("NCT00000001", here, generic, conditionsModule=two),
        placed("NCT00000002", here, generic, conditionsModule=two),
        placed("NCT00000003", here | {"status": "COMPLETED"}),
        placed("NCT00000004", here, statusModule=COMPLETED),
        placed("NCT00000005", here, conditionsModule={"conditions": ["Eczema"]}),
        placed("NCT00000006", at("Clinic", "Lyon", "France")),
    )
    rival = ("France", "Paris", "Clinic", "NCT00000002", "A Trial", "Acme", "Asthma")
    closed = ("France", "Paris", "Clinic", "NCT00000004", "A Trial", "Acme", "Asthma")
    assert ask(graph, "competing-trials", ofTrial="NCT00000001") == [rival]
    assert ask(graph, "competing-trials", ofTrial="NCT00000006") == []
    both = ask(graph, "competing-trials", ofTrial="NCT00000001", status="RECRUITING,COMPLETED")
    assert both == [rival, (*closed[:3], "NCT00000003", *closed[4:]), closed]


def test_busiest_facilities_counts_trials_once_and_leaves_out_names_of_no_facility() -> None:
    here = at("Clinic", "Paris", "France")
    graph = lines(
        placed("NCT00000001", here, here | {"zip": "75002"}, at("Site 12", "Paris", "France")),
        placed("NCT00000002", here | {"status": "COMPLETED"}, at("Site 12", "Paris", "France"), conditionsModule=COPD),
        placed("NCT00000003", at("Other", "Rome", "Italy"), statusModule=COMPLETED),
    )
    clinic = ("France", "Paris", "Clinic", "2", "1", "2")
    other = ("Italy", "Rome", "Other", "1", "0", "1")
    assert ask(graph, "busiest-facilities") == [clinic]
    assert ask(graph, "busiest-facilities", atLeast="1") == [clinic, other]
    assert ask(graph, "busiest-facilities", atLeast="1", country="IT") == [other]
    assert ask(graph, "busiest-facilities", atLeast="1", condition="copd") == [
        ("France", "Paris", "Clinic", "1", "0", "1")
    ]


def test_trial_countries_counts_sites_and_shows_countries_that_were_removed() -> None:
    removed = {"miscInfoModule": {"removedCountries": ["Spain"]}}
    graph = lines(
        placed(
            "NCT00000001",
            at("A", "Paris", "France"),
            at("B", "Paris", "France", status="COMPLETED"),
            {"country": "Italy"},
            derivedSection=removed,
        ),
        placed("NCT00000002", at("C", "Bonn", "Germany")),
    )
    assert ask(graph, "trial-countries", trial="NCT00000001") == [
        ("France", "FR", "2", "1", "1", "false"),
        ("Italy", "IT", "1", "1", "0", "false"),
        ("Spain", "ES", "0", "0", "0", "true"),
    ]


def test_countries_of_condition_counts_recruiting_trials_and_sites() -> None:
    graph = lines(
        placed("NCT00000001", at("A", "Paris", "France"), at("B", "Paris", "France", status="COMPLETED")),
        placed("NCT00000002", at("A", "Paris", "France"), at("C", "Bonn", "Germany"), statusModule=COMPLETED),
        placed("NCT00000003", at("C", "Bonn", "Germany"), conditionsModule=COPD),
    )
    assert ask(graph, "countries-of-condition", condition="asthma") == [
        ("France", "FR", "2", "1", "3", "1"),
        ("Germany", "DE", "1", "0", "1", "0"),
    ]


def test_country_pairs_counts_the_trials_that_two_countries_share() -> None:
    sites = [at("A", "Paris", "France"), at("B", "Lyon", "France"), at("C", "Bonn", "Germany")]
    graph = lines(
        placed("NCT00000001", *sites),
        placed("NCT00000002", *sites[1:], at("D", "Rome", "Italy"), conditionsModule=COPD),
        placed("NCT00000003", *sites[:2]),
    )
    german_french = ("Germany", "France", "DE", "FR")
    assert ask(graph, "country-pairs") == [
        (*german_french, "2"),
        ("Germany", "Italy", "DE", "IT", "1"),
        ("France", "Italy", "FR", "IT", "1"),
    ]
    assert ask(graph, "country-pairs", condition="asthma") == [(*german_french, "1")]


def test_many_sites_are_more_than_so_many() -> None:
    sites = [at(name, "Paris", "France") for name in "ABC"]
    graph = lines(
        placed("NCT00000001", *sites[:2]),
        placed("NCT00000002", *sites, at("D", "Rome", "Italy", status="COMPLETED")),
        placed("NCT00000003", *sites, statusModule=COMPLETED),
    )
    most = ("NCT00000002", "A Trial", "Acme", "RECRUITING", "4", "3", "2")
    done = ("NCT00000003", "A Trial", "Acme", "COMPLETED", "3", "0", "1")
    assert ask(graph, "many-sites", sites="2") == [most, done]
    assert ask(graph, "many-sites", sites="3") == [most]
    assert ask(graph, "many-sites", sites="1", status="COMPLETED") == [done]
    assert ask(graph, "many-sites") == []


def test_white_spots_are_cities_where_only_other_trials_recruit() -> None:
    graph = lines(
        placed("NCT00000001", at("A", "Paris", "France"), at("B", "Lyon", "France", status="COMPLETED")),
        placed(
            "NCT00000002",
            at("A", "Paris", "France"),
            at("B", "Lyon", "France"),
            at("C", "Austin", "United States", state="Texas"),
            at("D", "Austin", "United States", state="Texas"),
            at("E", "Rome", "Italy", status="COMPLETED"),
            conditionsModule=COPD,
        ),
    )
    austin = ("United States", "Texas", "Austin", "1", "2")
    lyon = ("France", "", "Lyon", "1", "1")
    assert ask(graph, "white-spots", condition="asthma") == [austin, lyon]
    assert ask(graph, "white-spots", condition="asthma", country="FR") == [lyon]
    assert ask(graph, "white-spots", condition="copd") == []
