"""The questions on contacts and people."""

from typing import Any

import pytest
from tests.asking import ask, lines
from tests.conftest import study

ANN = {"name": "Ann", "role": "CONTACT", "phone": "+33 1 23 45", "phoneExt": "7", "email": "ann@example.org"}
CALL_CENTRE = {"name": "Call Center", "role": "CONTACT", "phone": "800-555-0100"}
NOBODY = {"name": "Zoe", "role": "PRINCIPAL_INVESTIGATOR"}


def places(**module: Any) -> dict[str, Any]:
    return {"contactsLocationsModule": module}


def at(facility: str, city: str, country: str, **fields: Any) -> dict[str, Any]:
    return {"facility": facility, "city": city, "country": country, **fields}


def test_trial_contacts_falls_back_to_the_central_ones_site_by_site() -> None:
    sites = [
        at("Own", "Paris", "France", status="COMPLETED", contacts=[ANN, NOBODY]),
        at("Silent", "Lyon", "France", contacts=[NOBODY]),
        at("Bare", "Bonn", "Germany"),
    ]
    graph = lines(
        study(**places(locations=sites, centralContacts=[CALL_CENTRE])),
        study("NCT00000002", **places(locations=[at("Else", "Rome", "Italy", contacts=[ANN])])),
    )
    central = ("RECRUITING", "central", "Call Center", "CONTACT", "800-555-0100", "", "")
    assert ask(graph, "trial-contacts", trial="NCT00000001") == [
        ("France", "Lyon", "Silent", *central),
        ("France", "Paris", "Own", "COMPLETED", "site", "Ann", "CONTACT", "+33 1 23 45", "7", "ann@example.org"),
        ("Germany", "Bonn", "Bare", *central),
    ]


def test_trial_contacts_of_a_trial_without_sites_are_the_central_ones() -> None:
    graph = lines(
        study(**places(centralContacts=[CALL_CENTRE])),
        study("NCT00000002", **places(locations=[at("Else", "Rome", "Italy", contacts=[ANN])])),
    )
    assert ask(graph, "trial-contacts", trial="NCT00000001") == [
        ("", "", "", "RECRUITING", "central", "Call Center", "CONTACT", "800-555-0100", "", "")
    ]


@pytest.mark.parametrize(
    ("contact", "unreachable"),
    [
        ({"phone": "+33 1 23 4"}, False),
        ({"phone": "12345"}, True),
        ({"phone": "000-000-0000"}, True),
        ({"phone": "see website"}, True),
        ({"email": "a@b.org"}, False),
        ({"email": "a at b.org"}, True),
        ({"email": "a@b"}, True),
        ({}, True),
    ],
)
def test_unreachable_trials_asks_for_a_phone_or_an_e_mail_that_can_be_used(
    contact: dict[str, str], unreachable: bool
) -> None:
    person = {"name": "Ann", "role": "CONTACT"} | contact
    graph = lines(study(**places(locations=[at("A", "Rome", "Italy", contacts=[person]), at("B", "Rome", "Italy")])))
    row = ("NCT00000001", "A Trial", "Acme", "RECRUITING", "1", "2", "")
    assert ask(graph, "unreachable-trials") == [row] * unreachable


def test_unreachable_trials_are_those_of_the_status_the_oldest_update_first() -> None:
    updated = {"lastUpdatePostDateStruct": {"date": "2020-02-01"}}
    graph = lines(
        study("NCT00000001", statusModule={"lastUpdatePostDateStruct": {"date": "2021-03-04"}}),
        study("NCT00000002", statusModule=updated),
        study("NCT00000003", statusModule={"overallStatus": "COMPLETED"}),
        study("NCT00000004", **places(centralContacts=[ANN])),
    )
    assert [row[0] for row in ask(graph, "unreachable-trials")] == ["NCT00000002", "NCT00000001"]
    assert [row[0] for row in ask(graph, "unreachable-trials", status="COMPLETED")] == ["NCT00000003"]


def official(name: str) -> dict[str, str]:
    return {"name": name, "role": "PRINCIPAL_INVESTIGATOR", "affiliation": "Clinic"}


def test_investigators_joins_names_without_titles_and_degrees_and_leaves_out_what_is_no_person() -> None:
    junk = [official(name) for name in ("Medical Director", "Acme", "Novartis Pharmaceuticals")]
    investigator = {"type": "PRINCIPAL_INVESTIGATOR", "investigatorFullName": "Dr. Ann Lee"}
    other = {"leadSponsor": {"name": "Clinic", "class": "OTHER"}, "responsibleParty": investigator}
    graph = lines(
        # Official and investigator of a site: one trial.
        study(
            statusModule={"startDateStruct": {"date": "2019-03"}},
            **places(
                overallOfficials=[official("Ann Lee, MD, PhD"), *junk],
                locations=[at("A", "Rome", "Italy", contacts=[{"name": "ANN LEE M.D.", "role": NOBODY["role"]}])],
            ),
        ),
        study(
            "NCT00000002",
            statusModule={"overallStatus": "COMPLETED", "startDateStruct": {"date": "2022"}},
            sponsorCollaboratorsModule=other,
            **places(overallOfficials=[*junk, official("Bo Yi")]),
        ),
        study("NCT00000003", conditionsModule={"conditions": ["COPD"]}, **places(overallOfficials=[official("Bo Yi")])),
    )
    ann = ("ANN LEE M.D.", "2", "1", "2019", "2022", "2", "Acme; Clinic")
    bo = ("Bo Yi", "2", "1", "2022", "2022", "2", "Acme; Clinic")
    assert ask(graph, "investigators") == [ann, bo]
    assert ask(graph, "investigators", condition="asthma") == [ann]
    assert ask(graph, "investigators", condition="copd", atLeast="1") == [("Bo Yi", "1", "1", "", "", "1", "Acme")]


def test_site_contacts_in_country_gives_those_who_can_be_reached_at_open_sites() -> None:
    sites = [
        at("Own", "Paris", "France", status="NOT_YET_RECRUITING", contacts=[ANN, NOBODY]),
        at("Closed", "Paris", "France", status="COMPLETED", contacts=[ANN]),
        at("Abroad", "Bonn", "Germany", contacts=[ANN]),
    ]
    graph = lines(
        study(**places(locations=sites)),
        study(
            "NCT00000002",
            conditionsModule={"conditions": ["COPD"]},
            **places(locations=[at("OWN", "Paris", "France", contacts=[CALL_CENTRE])]),
        ),
    )
    ann = ("Paris", "OWN", "NCT00000001", "A Trial", "Ann", "CONTACT", "+33 1 23 45", "7", "ann@example.org")
    centre = ("Paris", "OWN", "NCT00000002", "A Trial", "Call Center", "CONTACT", "800-555-0100", "", "")
    assert ask(graph, "site-contacts-in-country", country="France") == [ann, centre]
    assert ask(graph, "site-contacts-in-country", country="FR", condition="copd") == [centre]
    assert ask(graph, "site-contacts-in-country", country="FR", status="RECRUITING") == [centre]
