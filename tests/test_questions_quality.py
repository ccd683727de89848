"""The questions on quality. That completeness is that of the scores is in test_questions_shared.py."""

from pathlib import Path
from typing import Any

from tests.asking import ask, lines
from tests.conftest import study

import trialgraph
from trialgraph import resources

SAMPLES = resources.folder("samples")


def named(number: int, **more: Any) -> dict[str, Any]:
    """A study with a title of its own."""
    nct_id = f"NCT0000000{number}"
    return study(nct_id, **{"identificationModule": {"nctId": nct_id, "briefTitle": f"Trial {number}"}} | more)


def test_without_sites_tells_removed_sites_from_none() -> None:
    removed = {"miscInfoModule": {"removedCountries": ["France", "Germany"]}}
    graph = lines(
        named(1),
        named(2, derivedSection=removed, statusModule={"overallStatus": "WITHDRAWN"}),
        named(3, contactsLocationsModule={"locations": [{"facility": "F", "city": "Paris", "country": "France"}]}),
    )
    none = ("NCT00000001", "Trial 1", "Acme", "RECRUITING", "none", "0")
    gone = ("NCT00000002", "Trial 2", "Acme", "WITHDRAWN", "removed", "2")
    assert ask(graph, "without-sites") == [none, gone]
    assert ask(graph, "without-sites", status="WITHDRAWN") == [gone]


def test_completeness_counts_what_is_due_and_names_what_lacks() -> None:
    complete = {
        "statusModule": {
            "overallStatus": "COMPLETED",
            "studyFirstSubmitDate": "2020-01-01",
            "startDateStruct": {"date": "2020-01"},
            "primaryCompletionDateStruct": {"date": "2021-06-15"},
            "completionDateStruct": {"date": "2021-06-15"},
        }
    }
    graph = lines(named(1, **complete))
    first = "8 Contact for scientific queries; 10 Scientific title; 11 Countries of recruitment; 13 Interventions;"
    first += " 14 Key inclusion and exclusion criteria; 15 Study type; 17 Sample size; 19 Primary outcomes;"
    first += " 20 Key secondary outcomes; 24 IPD sharing statement"
    rows = ask(graph, "completeness", asOf="2022-06-15")
    assert rows == [("NCT00000001", "Trial 1", "Acme", "9", "19", "47.4", first)]
    due = first.replace("24 IPD", "23 Summary results; 24 IPD")
    assert ask(graph, "completeness", asOf="2022-06-16") == [("NCT00000001", "Trial 1", "Acme", "9", "20", "45", due)]
    assert ask(graph, "completeness", sponsor="university") == []


def test_completeness_leaves_out_trials_known_from_pages_alone() -> None:
    assert ask(_graph(SAMPLES / "veeva-NCT99000036.txt"), "completeness") == []


def test_completeness_by_sponsor_is_the_mean_of_the_trials_under_one_of_the_names() -> None:
    titled = {"identificationModule": {"nctId": "NCT00000002", "officialTitle": "Official", "briefTitle": "Brief"}}
    spelled = {"sponsorCollaboratorsModule": {"leadSponsor": {"name": "ACME", "class": "INDUSTRY"}}}
    graph = lines(named(1), study("NCT00000002", **titled, **spelled))
    of_trials = [float(row[5]) for row in ask(graph, "completeness", asOf="2024-01-01")]
    (row,) = ask(graph, "completeness-by-sponsor", asOf="2024-01-01")
    assert row[:2] == ("ACME", "2")
    assert abs(float(row[2]) - sum(of_trials) / 2) < 0.1
    assert float(row[3]) == min(of_trials)
    assert ask(graph, "completeness-by-sponsor", **{"class": "NIH"}) == []


def test_completeness_by_item_counts_only_trials_for_which_an_item_counts() -> None:
    observational = {"designModule": {"studyType": "OBSERVATIONAL"}}
    graph = lines(named(1), named(2, **observational))
    rows = {row[1]: row[2:] for row in ask(graph, "completeness-by-item")}
    assert rows["Interventions"] == ("1", "0", "0")
    assert rows["Public title"] == ("2", "2", "100")
    assert "Secondary sponsors" not in rows


def test_orphan_interventions_gives_what_no_link_joins() -> None:
    arms = [
        {"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Linked", "Drug: Ghost", "Drug: Ghost 2"]},
        {"label": "B", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Ghost"]},
        {"label": "C", "type": "NO_INTERVENTION"},
    ]
    interventions = [{"type": "DRUG", "name": "Linked"}, {"type": "DRUG", "name": "Lost", "armGroupLabels": ["D"]}]
    module = {"armGroups": arms, "interventions": interventions}
    graph = lines(
        named(1, armsInterventionsModule=module),
        named(2, armsInterventionsModule={"interventions": interventions}),
        named(3, armsInterventionsModule={"armGroups": arms[2:]}, designModule={"studyType": "OBSERVATIONAL"}),
    )
    assert ask(graph, "orphan-interventions") == [
        ("NCT00000001", "arm", "B", "Drug: Ghost", "Acme"),
        ("NCT00000001", "intervention", "Lost", "D", "Acme"),
    ]
    assert ask(graph, "orphan-interventions", sponsor="university") == []


def test_junk_names_gives_each_name_with_its_trials() -> None:
    contacts = {
        "centralContacts": [{"name": "Call Center"}, {"name": "Jane Roe"}],
        "locations": [
            {"facility": "F", "city": "Paris", "country": "France", "contacts": [{"name": "call center"}]},
            {"facility": "G", "city": "Paris", "country": "France", "contacts": [{"name": "Call Center"}]},
        ],
        "overallOfficials": [{"name": "Study Director", "role": "STUDY_DIRECTOR"}],
    }
    graph = lines(named(1, contactsLocationsModule=contacts), named(2, contactsLocationsModule=contacts))
    center = ("Call Center", "contact", "2", "NCT00000001")
    director = ("Study Director", "official", "2", "NCT00000001")
    assert ask(graph, "junk-names") == [center, director]
    assert ask(graph, "junk-names", role="Official") == [director]


def _graph(*sources: Path) -> str:
    return "".join(f"{s} {p} {o} .\n" for s, p, o in trialgraph.statements([str(path) for path in sources]))


def test_disagreements_and_not_stated_are_about_pages_and_records() -> None:
    graph = _graph(SAMPLES / "registry.ndjson", *sorted(SAMPLES.glob("*-NCT99000003.txt")))
    rows = ask(graph, "disagreements")
    assert rows
    assert {(row[0], row[4]) for row in rows} == {("NCT99000003", "ctgov")}
    assert {row[6] for row in rows} <= {"meddatax", "veeva"}
    assert all(row[3] != row[5] for row in rows)
    assert ask(graph, "disagreements", nctId="NCT99000003", source="VEEVA") == [
        row for row in rows if row[6] == "veeva"
    ]
    summary = ask(graph, "disagreements-by-property")
    assert sum(int(row[4]) for row in summary) == len(rows)
    assert {row[0] for row in summary} == {row[1] for row in rows}
    hidden = ask(graph, "not-stated", nctId="NCT99000003")
    assert ("NCT99000003", "veeva", "startDate", "true") in hidden
    assert len(hidden) == len(set(hidden))
    assert {row[1] for row in hidden} == {"meddatax", "veeva"}
    assert ask(graph, "not-stated", nctId="NCT99000001") == []


def test_disagreements_gives_each_list_in_one_cell() -> None:
    status = {"overallStatus": "RECRUITING", "lastUpdatePostDateStruct": {"date": "2021-01-01"}}
    graph = lines(study(conditionsModule={"conditions": ["Zoster", "Gout", "Asthma"]}), study(statusModule=status))
    assert ask(graph, "disagreements") == [("NCT00000001", "condition", "", "", "ctgov", "Gout; Zoster", "ctgov")]
    assert ask(graph, "disagreements", source="veeva") == []
    assert ask(graph, "disagreements-by-property") == [("condition", "ctgov", "ctgov", "1", "1")]
