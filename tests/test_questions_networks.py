"""The questions that give the edges and the hubs of networks."""

from typing import Any

from tests.asking import ask, lines
from tests.conftest import study

COPD = {"conditions": ["COPD"]}


def of(nct_id: str, lead: str, *collaborators: str, **modules: Any) -> dict[str, Any]:
    """A trial of some organisations."""
    parties = {
        "leadSponsor": {"name": lead, "class": "INDUSTRY"},
        "collaborators": [{"name": name, "class": "OTHER"} for name in collaborators],
    }
    return study(nct_id, sponsorCollaboratorsModule=parties, **modules)


def test_sponsor_network_joins_all_organisations_of_a_trial_once() -> None:
    graph = lines(
        of("NCT00000001", "Acme", "Clinic", "School", "Acme"),
        of("NCT00000002", "CLINIC", "Acme", conditionsModule=COPD),
        of("NCT00000003", "Alone"),
    )
    acme_clinic = ("Acme", "CLINIC", "2", "organization/acme", "organization/clinic")
    assert ask(graph, "sponsor-network") == [
        acme_clinic,
        ("Acme", "School", "1", "organization/acme", "organization/school"),
        ("CLINIC", "School", "1", "organization/clinic", "organization/school"),
    ]
    assert ask(graph, "sponsor-network", atLeast="2") == [acme_clinic]
    assert ask(graph, "sponsor-network", condition="copd") == [(*acme_clinic[:2], "1", *acme_clinic[3:])]


def test_facility_network_joins_facilities_of_as_many_trials_and_no_names_of_no_facility() -> None:
    names = ["Beta", "Alpha", "Alpha", "Investigational Site 5"]
    sites = [
        {"facility": name, "city": "Rome", "country": "Italy", "zip": str(zip_)} for zip_, name in enumerate(names)
    ]
    placed = {"locations": sites}
    graph = lines(
        study("NCT00000001", contactsLocationsModule=placed),
        study("NCT00000002", contactsLocationsModule={"locations": [*sites, {"facility": "Once"}]}),
        study("NCT00000003", contactsLocationsModule=placed, conditionsModule=COPD),
    )
    edge = ("facility/IT/-/rome/alpha", "facility/IT/-/rome/beta")
    assert ask(graph, "facility-network", condition="asthma") == [("Alpha", "Beta", "2", *edge)]
    assert ask(graph, "facility-network", condition="copd") == []
    assert ask(graph, "facility-network", condition="copd", atLeast="1") == [("Alpha", "Beta", "1", *edge)]


def test_condition_cooccurrence_counts_trials_that_two_concepts_share() -> None:
    def coded(nct_id: str, *terms: str, **modules: Any) -> dict[str, Any]:
        meshes = [{"id": f"D{ord(term[0]):06}", "term": term} for term in terms]
        return study(nct_id, derivedSection={"conditionBrowseModule": {"meshes": meshes}}, **modules)

    graph = lines(
        coded("NCT00000001", "Asthma", "Eczema"),
        coded("NCT00000002", "Eczema", "Asthma", "Rhinitis", conditionsModule=COPD),
        coded("NCT00000003", "Asthma"),
    )
    asthma, eczema, rhinitis = (f"http://id.nlm.nih.gov/mesh/D{ord(letter):06}" for letter in "AER")
    assert ask(graph, "condition-cooccurrence") == [
        ("Asthma", "Eczema", "2", asthma, eczema),
        ("Asthma", "Rhinitis", "1", asthma, rhinitis),
        ("Eczema", "Rhinitis", "1", eczema, rhinitis),
    ]
    assert len(ask(graph, "condition-cooccurrence", condition="copd")) == 3
    assert ask(graph, "condition-cooccurrence", condition="nothing") == []


def test_hubs_counts_partners_once_whatever_their_part() -> None:
    graph = lines(
        of("NCT00000001", "Acme", "Clinic", "School"),
        of("NCT00000002", "Clinic", "Acme", conditionsModule=COPD),
        of("NCT00000003", "Acme"),
    )
    hubs = [
        ("Acme", "INDUSTRY/OTHER", "2", "3", "2", "organization/acme"),
        ("Clinic", "INDUSTRY/OTHER", "2", "2", "1", "organization/clinic"),
        ("School", "OTHER", "2", "1", "0", "organization/school"),
    ]
    assert ask(graph, "hubs") == hubs
    assert ask(graph, "hubs", atLeast="3") == []
    assert [row[:4] for row in ask(graph, "hubs", condition="copd", atLeast="1")] == [
        ("Acme", "INDUSTRY/OTHER", "1", "1"),
        ("Clinic", "INDUSTRY/OTHER", "1", "1"),
    ]
