"""The questions on conditions and interventions."""

from typing import Any

import pytest
from tests.asking import Row, ask, lines
from tests.conftest import study


def trial(number: int, conditions: list[str], *interventions: str, **more: Any) -> dict[str, Any]:
    """A study of some conditions and interventions: "DRUG Aspirin"."""
    named = [each.partition(" ") for each in interventions]
    nct_id = f"NCT0000000{number}"
    parts: dict[str, Any] = {
        "identificationModule": {"nctId": nct_id, "briefTitle": f"Trial {number}"},
        "conditionsModule": {"conditions": conditions},
        "armsInterventionsModule": {"interventions": [{"type": type_, "name": name} for type_, _, name in named]},
    }
    return study(nct_id, **parts | more)


def mesh(id_: str, term: str, *ancestors: str) -> dict[str, Any]:
    """A MeSH concept with those above it, as the registry derives them."""
    above = [{"id": f"D0{each}", "term": each} for each in ancestors]
    return {"meshes": [{"id": id_, "term": term}], "ancestors": above}


def starting(date: str, status: str = "COMPLETED") -> dict[str, Any]:
    """The status module of a study that started on a date."""
    return {"overallStatus": status, "startDateStruct": {"date": date}}


ASTHMA = mesh("D001249", "Asthma", "Lung Diseases")
#: Two trials of asthma by spellings, one by MeSH alone, one by an entry word's concept, and one of something else.
GRAPH = lines(
    trial(1, ["Asthma"], "DRUG Budesonide", "DRUG Placebo", statusModule=starting("2020-05")),
    trial(2, ["ASTHMA", "Asthma"], "DRUG budesonide", "DEVICE Budesonide"),
    trial(
        3,
        ["Wheezing"],
        "BIOLOGICAL Omalizumab",
        statusModule=starting("2021-03-01"),
        derivedSection={
            "conditionBrowseModule": ASTHMA
            | {"browseLeaves": [{"id": "M1", "name": "Asthma", "asFound": "Bronchial trouble"}]},
            "interventionBrowseModule": mesh("D000069444", "Omalizumab", "Antibodies, Monoclonal"),
        },
    ),
    trial(4, ["Urticaria"], "BIOLOGICAL Xolair", "OTHER placebo", statusModule=starting("2019")),
)


def test_condition_names_gives_names_and_concepts_with_their_trials() -> None:
    assert ask(GRAPH, "condition-names", condition="ASTHMA") == [
        ("ASTHMA", "NAME", "", "", "2"),
        ("Asthma", "MESH", "", "D001249", "1"),
    ]
    assert ask(GRAPH, "condition-names", condition="bronchial") == [
        ("Asthma", "MESH", "bronchial trouble", "D001249", "1")
    ]
    assert ask(GRAPH, "condition-names", condition="lung") == [("Lung Diseases", "MESH", "", "D0Lung Diseases", "1")]
    assert ask(GRAPH, "condition-names", condition="gout") == []


def test_interventions_for_condition_counts_trials_in_any_case_by_type() -> None:
    budesonide = ("Budesonide", "DRUG", "2", "1", "2020-05-31", "2020-05-31")
    device = ("Budesonide", "DEVICE", "1", "1", "", "")
    omalizumab = ("Omalizumab", "BIOLOGICAL", "1", "0", "2021-03-01", "2021-03-01")
    placebo = ("Placebo", "DRUG", "1", "0", "2020-05-31", "2020-05-31")
    rows = [budesonide, device, omalizumab, placebo]
    assert ask(GRAPH, "interventions-for-condition", condition="asthma") == rows
    assert ask(GRAPH, "interventions-for-condition", condition="asthma", type="DRUG") == [budesonide, placebo]


@pytest.mark.parametrize("word", ["bronchial trouble", "LUNG DIS", "wheez"])
def test_a_condition_is_found_by_entry_words_wider_concepts_and_names(word: str) -> None:
    rows = ask(GRAPH, "interventions-for-condition", condition=word)
    assert [row[0] for row in rows] == ["Omalizumab"]


def test_conditions_of_intervention_finds_it_by_name_other_name_and_mesh() -> None:
    other = trial(5, ["Hives"])
    other["protocolSection"]["armsInterventionsModule"] = {
        "interventions": [{"type": "DRUG", "name": "X", "otherNames": ["omalizumab", "Omalizumab (Xolair)"]}]
    }
    graph = GRAPH + lines(other)
    hives = ("Hives", "1", "1", "", "")
    wheezing = ("Wheezing", "1", "0", "2021-03-01", "2021-03-01")
    assert ask(graph, "conditions-of-intervention", intervention="OMALIZUMAB") == [hives, wheezing]
    assert ask(graph, "conditions-of-intervention", intervention="monoclonal") == [wheezing]
    assert ask(graph, "conditions-of-intervention", intervention="aspirin") == []


def test_shared_interventions_counts_the_trials_of_both_conditions_and_no_placebo() -> None:
    graph = GRAPH + lines(trial(5, ["Urticaria", "Gout"], "DRUG BUDESONIDE"), trial(6, ["Gout"], "DRUG Budesonide"))
    assert ask(graph, "shared-interventions", condition="asthma", other="urticaria") == [("Budesonide", "2", "1")]
    assert ask(graph, "shared-interventions", condition="asthma", other="lupus") == []


def test_competing_interventions_gives_what_others_test_in_the_same_condition_and_phase() -> None:
    def phase(*phases: str) -> dict[str, Any]:
        return {"designModule": {"studyType": "INTERVENTIONAL", "phases": phases}}

    derived = {"derivedSection": {"conditionBrowseModule": ASTHMA}}
    graph = lines(
        trial(1, ["Asthma"], "DRUG Budesonide", **derived, **phase("PHASE2", "PHASE3")),
        trial(2, ["Asthma"], "DRUG budesonide", "DRUG Placebo", "DRUG New", **derived, **phase("PHASE2", "PHASE3")),
        trial(3, ["Wheezing"], "DEVICE Spacer", statusModule=starting("2020"), **derived, **phase("PHASE3")),
        trial(4, ["Asthma"], "DRUG Early", **phase("PHASE1")),
        trial(5, ["Gout"], "DRUG Elsewhere", **phase("PHASE2")),
    )
    new = ("New", "DRUG", "NCT00000002", "Trial 2", "Acme", "RECRUITING")
    spacer = ("Spacer", "DEVICE", "NCT00000003", "Trial 3", "Acme", "COMPLETED")
    assert ask(graph, "competing-interventions", nctId="NCT00000001") == [new, spacer]
    assert ask(graph, "competing-interventions", nctId="NCT00000001", status="COMPLETED") == [spacer]


def test_drug_class_gives_each_trial_once_with_both_its_phases() -> None:
    derived = {
        "interventionBrowseModule": mesh("D1", "Omalizumab", "Antibodies, Monoclonal", "Antibodies, Monoclonal, Human")
    }
    design = {"studyType": "INTERVENTIONAL", "phases": ["PHASE3", "PHASE2"]}
    graph = lines(
        trial(1, ["Asthma"], derivedSection=derived, designModule=design, statusModule=starting("2020-02")),
        trial(2, ["Asthma"], derivedSection=derived),
    )
    found = "Antibodies, Monoclonal"
    assert ask(graph, "drug-class", **{"class": "antibodies, MONO"}) == [
        ("NCT00000001", "Trial 1", "Acme", "COMPLETED", "PHASE2/PHASE3", "2020-02-29", found),
        ("NCT00000002", "Trial 2", "Acme", "RECRUITING", "", "", found),
    ]


def test_first_trials_gives_the_first_of_each_intervention() -> None:
    graph = GRAPH + lines(trial(5, ["Gout"], "DRUG BUDESONIDE", statusModule=starting("2020-05-31")))
    rows = [
        ("Omalizumab", "BIOLOGICAL", "2021-03-01", "NCT00000003", "1"),
        ("BUDESONIDE", "DRUG", "2020-05-31", "NCT00000001", "2"),
        ("Placebo", "DRUG", "2020-05-31", "NCT00000001", "1"),
        ("Xolair", "BIOLOGICAL", "2019-12-31", "NCT00000004", "1"),
        ("placebo", "OTHER", "2019-12-31", "NCT00000004", "1"),
    ]
    assert ask(graph, "first-trials") == rows
    assert ask(graph, "first-trials", **{"from": "2020-05-31"}) == rows[:3]
    assert ask(graph, "first-trials", **{"from": "2020-06-01", "type": "BIOLOGICAL"}) == rows[:1]


def test_intervention_types_by_year_counts_an_intervention_as_new_once() -> None:
    graph = lines(
        trial(1, ["Asthma"], "DRUG A", "DRUG B", statusModule=starting("2020-05")),
        trial(2, ["Gout"], "DRUG a", "DEVICE A", statusModule=starting("2021")),
        trial(3, ["Gout"], "DRUG C"),
    )
    rows = [("2021", "DEVICE", "1", "1"), ("2021", "DRUG", "1", "0"), ("2020", "DRUG", "1", "2")]
    assert ask(graph, "intervention-types-by-year") == rows
    assert ask(graph, "intervention-types-by-year", condition="gout") == rows[:2]


def test_conditions_without_mesh_leaves_out_trials_that_have_some() -> None:
    observational = {"designModule": {"studyType": "OBSERVATIONAL"}}
    graph = GRAPH + lines(trial(5, ["urticaria", "Asthma"], **observational))
    rows: list[Row] = [("ASTHMA", "3", "NCT00000001"), ("Urticaria", "2", "NCT00000004")]
    assert ask(graph, "conditions-without-mesh") == rows
    assert ask(graph, "conditions-without-mesh", type="OBSERVATIONAL") == [
        ("ASTHMA", "1", "NCT00000005"),
        ("Urticaria", "1", "NCT00000005"),
    ]


def test_top_conditions_adds_the_participants_of_each_trial_once() -> None:
    derived = {"derivedSection": {"conditionBrowseModule": ASTHMA}}
    design = {"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": 30}}
    graph = lines(
        trial(1, ["Asthma", "Wheezing"], designModule=design, **derived),
        trial(2, ["Asthma"], designModule=design, statusModule=starting("2020"), **derived),
        trial(3, ["Asthma"], designModule={"studyType": "OBSERVATIONAL"}, **derived),
    )
    assert ask(graph, "top-conditions") == [("Asthma", "D001249", "3", "60")]
    assert ask(graph, "top-conditions", type="INTERVENTIONAL", status="RECRUITING") == [
        ("Asthma", "D001249", "1", "30")
    ]
    assert ask(graph, "top-conditions", status="WITHDRAWN") == []
