"""The questions on sponsors."""

from typing import Any

from tests.asking import ask, lines
from tests.conftest import study


def led(nct_id: str, sponsor: str, class_: str = "INDUSTRY", *collaborators: str, **modules: Any) -> dict[str, Any]:
    """A trial of a lead sponsor and its collaborators."""
    parties = {
        "leadSponsor": {"name": sponsor, "class": class_},
        "collaborators": [{"name": name, "class": "OTHER"} for name in collaborators],
    }
    return study(nct_id, sponsorCollaboratorsModule=parties, **modules)


def started(date: str, status: str = "RECRUITING") -> dict[str, Any]:
    return {"overallStatus": status, "startDateStruct": {"date": date}}


def test_sponsor_portfolio_gives_each_trial_once_with_its_phases_and_conditions() -> None:
    graph = lines(
        led(
            "NCT00000001",
            "Acme Pharma",
            statusModule=started("2020-05") | {"primaryCompletionDateStruct": {"date": "2022-01-31"}},
            conditionsModule={"conditions": ["COPD", "Asthma"]},
            designModule={"phases": ["PHASE2", "PHASE3"], "enrollmentInfo": {"count": 40}},
        ),
        led("NCT00000002", "ACME PHARMA", statusModule=started("2021-02-01", "COMPLETED")),
        led("NCT00000003", "Acme Pharma", conditionsModule={"conditions": []}),
        led("NCT00000004", "Other", "OTHER", "Acme Pharma"),
    )
    # Two spellings of one sponsor, and a condition with two, make no second row.
    second = ("NCT00000002", "A Trial", "ACME PHARMA", "COMPLETED", "", "Asthma", "", "2021-02-01", "")
    first = (
        *("NCT00000001", "A Trial", "ACME PHARMA", "RECRUITING", "PHASE2/PHASE3", "Asthma; COPD"),
        *("40", "2020-05", "2022-01-31"),
    )
    third = ("NCT00000003", "A Trial", "ACME PHARMA", "RECRUITING", "", "", "", "", "")
    assert ask(graph, "sponsor-portfolio", sponsor="acme") == [second, first, third]
    assert ask(graph, "sponsor-portfolio", sponsor="acme", status="COMPLETED") == [second]
    assert ask(graph, "sponsor-portfolio", sponsor="nobody") == []


def test_top_sponsors_counts_the_trials_that_an_organisation_leads() -> None:
    graph = lines(
        led("NCT00000001", "Acme", "INDUSTRY", "Clinic"),
        led("NCT00000002", "ACME", "OTHER", conditionsModule={"conditions": ["COPD", "Asthma, allergic"]}),
        led("NCT00000003", "Clinic", "OTHER", statusModule={"overallStatus": "COMPLETED"}, conditionsModule={}),
    )
    acme = ("ACME", "INDUSTRY/OTHER", "2", "2")
    clinic = ("Clinic", "OTHER", "1", "0")
    assert ask(graph, "top-sponsors") == [acme, clinic]
    assert ask(graph, "top-sponsors", atLeast="2") == [acme]
    # The class of an organisation that has two is shown whole, whichever of them is asked for.
    assert ask(graph, "top-sponsors", **{"class": "INDUSTRY"}) == [acme]
    assert ask(graph, "top-sponsors", condition="copd") == [("ACME", "INDUSTRY/OTHER", "1", "1")]


def test_top_sponsors_finds_conditions_without_trials_that_name_none() -> None:
    graph = lines(led("NCT00000001", "Acme", conditionsModule={"conditions": []}))
    assert ask(graph, "top-sponsors") == [("Acme", "INDUSTRY", "1", "1")]
    assert ask(graph, "top-sponsors", condition="asthma") == []


def test_industry_share_gives_per_cent_of_each_year_of_start() -> None:
    graph = lines(
        led("NCT00000001", "Acme", statusModule=started("2020-12-31")),
        led("NCT00000002", "Clinic", "OTHER", statusModule=started("2020")),
        led("NCT00000003", "School", "OTHER", statusModule=started("2020-01")),
        led("NCT00000004", "Acme", statusModule=started("2021-01-01"), conditionsModule={"conditions": ["COPD"]}),
        led("NCT00000005", "Acme"),
    )
    last, other, industry = (
        ("2021", "INDUSTRY", "1", "1", "100"),
        ("2020", "OTHER", "2", "3", "66.7"),
        ("2020", "INDUSTRY", "1", "3", "33.3"),
    )
    assert ask(graph, "industry-share") == [last, other, industry]
    assert ask(graph, "industry-share", condition="asthma") == [other, industry]


def test_sponsors_of_condition_sums_enrolment_once_a_trial_and_leaves_out_fillers() -> None:
    asthma_twice = {"conditions": ["Asthma", "Allergic Asthma"]}
    graph = lines(
        led(
            "NCT00000001",
            "Acme",
            statusModule=started("2019-06"),
            conditionsModule=asthma_twice,
            designModule={"enrollmentInfo": {"count": 30}},
        ),
        led(
            "NCT00000002",
            "ACME",
            statusModule=started("2021", "COMPLETED"),
            designModule={"enrollmentInfo": {"count": 99999999}},
        ),
        led("NCT00000003", "Clinic", "OTHER", statusModule={"overallStatus": "NOT_YET_RECRUITING"}),
        led("NCT00000004", "Clinic", "OTHER", conditionsModule={"conditions": ["COPD"]}),
    )
    assert ask(graph, "sponsors-of-condition", condition="asthma") == [
        ("ACME", "INDUSTRY", "2", "1", "30", "2019", "2021"),
        ("Clinic", "OTHER", "1", "1", "0", "", ""),
    ]
    closed = ask(graph, "sponsors-of-condition", condition="asthma", status="COMPLETED")
    assert [row[3] for row in closed] == ["1", "0"]


def test_sponsor_collaborators_counts_trials_of_a_pair_and_no_pair_with_itself() -> None:
    graph = lines(
        led("NCT00000001", "Acme", "INDUSTRY", "Clinic", "Acme", statusModule=started("2020")),
        led("NCT00000002", "Acme", "INDUSTRY", "CLINIC", "School", statusModule=started("2022-03")),
        led("NCT00000003", "Clinic", "OTHER", "Acme", conditionsModule={"conditions": ["COPD"]}),
    )
    pairs = [
        ("Acme", "CLINIC", "2", "2020", "2022"),
        ("Acme", "School", "1", "2022", "2022"),
        ("CLINIC", "Acme", "1", "", ""),
    ]
    assert ask(graph, "sponsor-collaborators") == pairs
    assert ask(graph, "sponsor-collaborators", sponsor="acme") == pairs[:2]
    assert ask(graph, "sponsor-collaborators", condition="copd") == pairs[2:]


def test_sponsor_years_gives_the_top_areas_of_mesh_and_what_is_not_coded() -> None:
    lungs = {
        "meshes": [{"id": "D001249", "term": "Asthma"}],
        "ancestors": [{"id": "D001982", "term": "Bronchial Diseases"}, {"id": "D012140", "term": "Respiratory Tract"}],
    }
    graph = lines(
        led("NCT00000001", "Acme", statusModule=started("2020-02"), derivedSection={"conditionBrowseModule": lungs}),
        led("NCT00000002", "Acme", statusModule=started("2020"), derivedSection={"conditionBrowseModule": lungs}),
        led("NCT00000003", "Acme", statusModule=started("2021-01-01")),
        led("NCT00000004", "Clinic", "OTHER", "Acme", statusModule=started("2021-01-01")),
        led("NCT00000005", "Acme"),
    )
    assert ask(graph, "sponsor-years", sponsor="ACME") == [
        ("2021", "not coded", "1"),
        ("2020", "Respiratory Tract", "2"),
    ]


def test_organization_variants_joins_spellings_that_differ_in_punctuation_and_legal_form() -> None:
    graph = lines(
        led("NCT00000001", "Daiichi Sankyo Co., Ltd.", "INDUSTRY", "The Clinic", "Acme Sea", "Acme Corporation"),
        led("NCT00000002", "Daiichi-Sankyo", "INDUSTRY", "Clinic", "Acme Corp."),
        led("NCT00000003", "Two Classes", "INDUSTRY"),
        led("NCT00000004", "Two Classes", "OTHER"),
        led("NCT00000005", "Cosmo", "INDUSTRY", "Cosmo Ag Research"),
    )
    assert ask(graph, "organization-variants") == [
        ("Acme Corp.; Acme Corporation", "2", "OTHER", "2"),
        ("Clinic; The Clinic", "2", "OTHER", "2"),
        ("Daiichi Sankyo Co., Ltd.; Daiichi-Sankyo", "2", "INDUSTRY", "2"),
        ("Two Classes", "1", "INDUSTRY/OTHER", "2"),
    ]
