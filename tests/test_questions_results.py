"""The questions on results and publications."""

from typing import Any

from tests.asking import ask, lines
from tests.conftest import study


def named(number: int, **more: Any) -> dict[str, Any]:
    """A study with a title of its own."""
    nct_id = f"NCT0000000{number}"
    return study(nct_id, **{"identificationModule": {"nctId": nct_id, "briefTitle": f"Trial {number}"}} | more)


GROUPS = [{"id": "EG000", "title": "Drug"}, {"id": "EG001", "title": "Placebo"}]


def event(term: str, *stats: tuple[int, int]) -> dict[str, Any]:
    """An adverse event, with those affected and those at risk in each group."""
    counts = [
        {"groupId": f"EG00{number}", "numAffected": affected, "numAtRisk": at_risk}
        for number, (affected, at_risk) in enumerate(stats)
    ]
    return {"term": term, "organSystem": "Any", "stats": counts}


def reported(serious: list[dict[str, Any]], other: list[dict[str, Any]]) -> dict[str, Any]:
    """A results section with adverse events."""
    module = {"eventGroups": GROUPS, "seriousEvents": serious, "otherEvents": other}
    return {"resultsSection": {"adverseEventsModule": module}, "hasResults": True}


def drug(name: str) -> dict[str, Any]:
    """The arms module of a study of a drug."""
    return {"armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": name}]}}


EVENTS = lines(
    named(1, **reported([event("Death", (0, 10), (1, 20))], [event("Cough", (3, 10), (3, 20))]), **drug("Omalizumab")),
    named(
        2, **reported([], [event("COUGH", (5, 10)), event("Rash", (0, 10))]), conditionsModule={"conditions": ["Gout"]}
    ),
)


def test_adverse_events_gives_serious_ones_first_and_each_group() -> None:
    assert ask(EVENTS, "adverse-events", nctId="NCT00000001") == [
        ("SERIOUS", "Death", "Any", "Placebo", "1", "20", "5", ""),
        ("OTHER", "Cough", "Any", "Drug", "3", "10", "30", ""),
        ("OTHER", "Cough", "Any", "Placebo", "3", "20", "15", ""),
    ]
    assert ask(EVENTS, "adverse-events", nctId="NCT00000003") == []


def test_common_adverse_events_adds_up_the_groups_of_all_trials() -> None:
    cough = ("Cough", "OTHER", "1", "6", "30", "20")
    death = ("Death", "SERIOUS", "1", "1", "30", "3.3")
    assert ask(EVENTS, "common-adverse-events") == [("COUGH", "OTHER", "2", "11", "40", "27.5"), death]
    assert ask(EVENTS, "common-adverse-events", intervention="omal") == [cough, death]
    assert ask(EVENTS, "common-adverse-events", condition="asthma") == [cough, death]
    assert ask(EVENTS, "common-adverse-events", condition="gout", intervention="omal") == []


def outcome(type_: str, title: str, *analyses: dict[str, Any]) -> dict[str, Any]:
    """A reported outcome measure of two groups."""
    values = [{"groupId": "OG000", "value": "5", "spread": "0.5"}, {"groupId": "OG001", "value": "NA"}]
    return {
        "type": type_,
        "title": title,
        "unitOfMeasure": "points",
        "paramType": "MEAN",
        "groups": [{"id": "OG000", "title": "Drug"}, {"id": "OG001", "title": "Placebo"}],
        "classes": [{"categories": [{"measurements": values}]}],
        "analyses": list(analyses),
    }


OUTCOMES = lines(
    named(
        1,
        resultsSection={
            "outcomeMeasuresModule": {
                "outcomeMeasures": [
                    outcome("SECONDARY", "Cost", {"groupIds": ["OG000"], "pValue": "0.5"}),
                    outcome(
                        "PRIMARY",
                        "Pain",
                        {
                            "groupIds": ["OG001", "OG000"],
                            "paramType": "Mean Difference",
                            "paramValue": "-2.50",
                            "ciPctValue": "95",
                            "ciLowerLimit": "-3",
                            "ciUpperLimit": "-2",
                            "pValue": "<0.001",
                            "statisticalMethod": "ANCOVA",
                        },
                    ),
                ]
            }
        },
    ),
    named(2),
)


def test_outcome_results_gives_an_analysis_once_with_its_groups() -> None:
    row = ("NCT00000001", "Pain", "Mean Difference", "-2.5", "95", "-3", "-2", "<0.001", "ANCOVA", "Drug / Placebo")
    assert ask(OUTCOMES, "outcome-results") == [row]
    assert ask(OUTCOMES, "outcome-results", nctId="NCT00000001", condition="asthma") == [row]
    assert ask(OUTCOMES, "outcome-results", condition="gout") == []
    assert ask(OUTCOMES, "outcome-results", nctId="NCT00000002") == []


def test_outcome_values_gives_each_group_and_keeps_what_is_no_number() -> None:
    pain = [
        ("PRIMARY", "Pain", "", "", "Drug", "5", "0.5", "", "", "points", "MEAN"),
        ("PRIMARY", "Pain", "", "", "Placebo", "NA", "", "", "", "points", "MEAN"),
    ]
    cost = [("SECONDARY", "Cost", *row[2:]) for row in pain]
    assert ask(OUTCOMES, "outcome-values", nctId="NCT00000001") == [*pain, *cost]
    assert ask(OUTCOMES, "outcome-values", nctId="NCT00000001", type="SECONDARY") == cost


def flow(*reasons: tuple[str, str, str]) -> dict[str, Any]:
    """A results section with participants who left for some reasons, in each of two groups."""
    withdrawn = [
        {"type": why, "reasons": [{"groupId": "FG000", "numSubjects": one}, {"groupId": "FG001", "numSubjects": two}]}
        for why, one, two in reasons
    ]
    groups = [{"id": "FG000", "title": "Drug"}, {"id": "FG001", "title": "Placebo"}]
    module = {"groups": groups, "periods": [{"title": "All", "dropWithdraws": withdrawn}]}
    return {"resultsSection": {"participantFlowModule": module}}


FLOWS = lines(
    named(1, **flow(("Adverse Event", "3", "3"), ("Death", "0", "1"))),
    named(2, **flow(("ADVERSE EVENT", "2", "0")), conditionsModule={"conditions": ["Gout"]}),
)


def test_dropouts_gives_reasons_by_group_without_zeros() -> None:
    rows = [
        ("NCT00000001", "All", "Adverse Event", "Drug", "3"),
        ("NCT00000001", "All", "Adverse Event", "Placebo", "3"),
        ("NCT00000002", "All", "ADVERSE EVENT", "Drug", "2"),
        ("NCT00000001", "All", "Death", "Placebo", "1"),
    ]
    assert ask(FLOWS, "dropouts") == rows
    assert ask(FLOWS, "dropouts", nctId="NCT00000002", reason="adverse") == rows[2:3]


def test_dropout_reasons_counts_groups_of_the_same_size_both() -> None:
    assert ask(FLOWS, "dropout-reasons") == [("ADVERSE EVENT", "2", "8"), ("Death", "1", "1")]
    assert ask(FLOWS, "dropout-reasons", condition="gout") == [("ADVERSE EVENT", "1", "2")]


def cited(*references: tuple[str, str]) -> dict[str, Any]:
    """The references of a study, by type and PubMed id."""
    listed = [{"type": type_, "pmid": pmid, "citation": f"Paper {pmid}."} for type_, pmid in references]
    return {"referencesModule": {"references": listed}}


PUBLISHED = lines(
    named(1, **cited(("RESULT", "1"), ("DERIVED", "2"), ("BACKGROUND", "3")), hasResults=True),
    named(2, **cited(("DERIVED", "4"), ("RESULT", "5")), conditionsModule={"conditions": ["Gout"]}),
    named(3, **cited(("BACKGROUND", "6")), hasResults=True),
    named(4),
)


def test_publications_leaves_out_background() -> None:
    rows = ask(PUBLISHED, "publications")
    assert [(row[0], row[2], row[3]) for row in rows] == [
        ("NCT00000001", "DERIVED", "2"),
        ("NCT00000001", "RESULT", "1"),
        ("NCT00000002", "DERIVED", "4"),
        ("NCT00000002", "RESULT", "5"),
    ]
    assert ask(PUBLISHED, "publications", condition="gout", sponsor="acme") == rows[2:]
    assert rows[0] == ("NCT00000001", "Trial 1", "DERIVED", "2", "Paper 2.")


def test_results_or_publications_gives_trials_with_one_of_the_two() -> None:
    results = ("NCT00000003", "Trial 3", "Acme", "results", "")
    publication = ("NCT00000002", "Trial 2", "Acme", "publication", "")
    assert ask(PUBLISHED, "results-or-publications") == [publication, results]
    assert ask(PUBLISHED, "results-or-publications", has="Results") == [results]
