"""The trial's titles, status, dates and design; its arms and interventions; its conditions and outcomes."""

from typing import Any

import pytest
from tests.conftest import Build, study

TRIAL = "trial/NCT00000001"


@pytest.mark.parametrize(
    ("stated", "class_"),
    [
        ("INTERVENTIONAL", ["tg:InterventionalTrial", "tg:Trial"]),
        ("OBSERVATIONAL", ["tg:ObservationalStudy", "tg:Trial"]),
        ("EXPANDED_ACCESS", ["tg:ExpandedAccess", "tg:Trial"]),
        ("SOMETHING_NEW", ["tg:Trial"]),
        (None, ["tg:Trial"]),
    ],
)
def test_a_trial_is_of_the_class_that_its_type_states(built: Build, stated: str | None, class_: list[str]) -> None:
    graph = built(study(designModule={"studyType": stated} if stated else {"studyType": None}))
    assert graph.objects("rdf:type", TRIAL) == class_


@pytest.mark.parametrize(
    ("titles", "label"),
    [
        ({"briefTitle": "Short", "officialTitle": "Long"}, '"Short"'),
        ({"briefTitle": None, "officialTitle": "Long"}, '"Long"'),
        ({"briefTitle": None}, '"NCT00000001"'),
    ],
)
def test_a_trial_is_labelled_by_the_best_title_that_it_has(built: Build, titles: dict[str, str], label: str) -> None:
    assert built(study(identificationModule=titles)).objects("rdfs:label", TRIAL) == [label]


def test_markdown_escapes_of_texts_are_undone_and_those_of_identifiers_are_not(built: Build) -> None:
    graph = built(
        study(
            identificationModule={"briefTitle": r"Age \> 18 \[adults\]", "orgStudyIdInfo": {"id": r"A\_1"}},
            descriptionModule={"briefSummary": r"C:\new 10\^8 \\ \* a"},
        )
    )
    assert graph.objects("tg:briefTitle") == ['"Age > 18 [adults]"']
    assert graph.objects("tg:value") == ['"A\\_1"']
    assert graph.objects("tg:briefSummary") == ['"C:\\new 10^8 \\ * a"']


def test_a_stated_no_and_a_stated_zero_are_statements(built: Build) -> None:
    graph = built(
        study(
            designModule={"enrollmentInfo": {"count": 0, "type": "ACTUAL"}},
            oversightModule={"oversightHasDmc": False},
            hasResults=False,
        )
    )
    assert graph.objects("tg:enrollment", TRIAL) == ['"0"^^xsd:integer']
    assert graph.objects("tg:oversightHasDmc", TRIAL) == ['"false"^^xsd:boolean']
    assert graph.objects("tg:hasResults", TRIAL) == ['"false"^^xsd:boolean']
    assert graph.objects("tg:isFdaRegulatedDrug", TRIAL) == []


@pytest.mark.parametrize(
    ("count", "term"),
    [
        (66, '"66"^^xsd:integer'),
        (66.0, '"66"^^xsd:integer'),
        ("66", '"66"^^xsd:integer'),
        ("66 participants", '"66 participants"'),
        (-1, '"-1"'),
        (6.5, '"6.5"'),
    ],
)
def test_an_enrollment_that_is_no_count_stays_as_text(built: Build, count: Any, term: str) -> None:
    assert built(study(designModule={"enrollmentInfo": {"count": count}})).objects("tg:enrollment") == [term]


@pytest.mark.parametrize(
    ("stated", "term", "latest"),
    [
        ("2025-08-31", '"2025-08-31"^^xsd:date', '"2025-08-31"^^xsd:date'),
        ("2025-02", '"2025-02"^^xsd:gYearMonth', '"2025-02-28"^^xsd:date'),
        ("2024-02", '"2024-02"^^xsd:gYearMonth', '"2024-02-29"^^xsd:date'),
        ("2025", '"2025"^^xsd:gYear', '"2025-12-31"^^xsd:date'),
    ],
)
def test_a_date_is_as_precise_as_stated_with_the_last_day_that_it_can_mean(
    built: Build, stated: str, term: str, latest: str
) -> None:
    struct = {"date": stated, "type": "ESTIMATED"}
    names = ("start", "primaryCompletion", "completion")
    graph = built(study(statusModule={f"{name}DateStruct": struct for name in names}))
    for name in names:
        assert graph.objects(f"tg:{name}Date", TRIAL) == [term]
        assert graph.objects(f"tg:{name}DateLatest", TRIAL) == [latest]
        assert graph.objects(f"tg:{name}DateType", TRIAL) == ["tgv:dateType-ESTIMATED"]


@pytest.mark.parametrize("stated", ["2025-13", "2025-02-30", "2025-00", "0000", "August 2025", "2025-1-1", "٢٠٢٥"])
def test_a_date_that_is_none_stays_as_text_without_a_latest_day(built: Build, stated: str) -> None:
    graph = built(study(statusModule={"startDateStruct": {"date": stated}}))
    assert graph.objects("tg:startDate", TRIAL) == [f'"{stated}"']
    assert graph.objects("tg:startDateLatest", TRIAL) == []


def test_a_trial_of_two_phases_has_both(built: Build) -> None:
    graph = built(study(designModule={"phases": ["PHASE1", "PHASE2", "PHASE1"]}))
    assert graph.objects("tg:phase", TRIAL) == ["tgv:phase-PHASE1", "tgv:phase-PHASE2"]


def test_a_token_that_the_vocabulary_does_not_know_gets_its_iri_and_a_label(built: Build) -> None:
    graph = built(study(designModule={"phases": ["PHASE 5/6"]}))
    value = "tgv:phase-PHASE%205%2F6"
    assert graph.objects("tg:phase", TRIAL) == [value]
    assert {(p, o) for s, p, o in graph if s == value} == {
        ("rdf:type", "skos:Concept"),
        ("skos:inScheme", "tgv:phase"),
        ("skos:notation", '"PHASE 5/6"'),
        ("skos:prefLabel", '"PHASE 5/6"'),
    }


def arms(*groups: dict[str, Any], interventions: list[dict[str, Any]]) -> dict[str, Any]:
    return study(armsInterventionsModule={"armGroups": [*groups], "interventions": interventions})


ASPIRIN = {"type": "DRUG", "name": "Aspirin"}


@pytest.mark.parametrize(
    ("arm", "intervention"),
    [
        ({"interventionNames": ["Drug: Aspirin"]}, {}),
        ({}, {"armGroupLabels": ["High dose"]}),
        ({"interventionNames": ["Drug: Aspirin"]}, {"armGroupLabels": ["High dose"]}),
        ({"interventionNames": ["drug:  ASPIRIN"]}, {"armGroupLabels": ["HIGH  dose"]}),
    ],
)
def test_an_arm_uses_an_intervention_whichever_of_the_two_says_so(
    built: Build, arm: dict[str, Any], intervention: dict[str, Any]
) -> None:
    graph = built(arms({"label": "High dose", **arm}, interventions=[{**ASPIRIN, **intervention}]))
    [aspirin] = graph.objects("tg:intervention", TRIAL)
    [high] = graph.objects("tg:arm", TRIAL)
    assert graph.objects("tg:usesIntervention") == [aspirin]
    assert graph.subjects("tg:usesIntervention") == [high]
    assert graph.objects("rdfs:label", high) == ['"High dose"']
    assert graph.objects("tg:interventionType", aspirin) == ["tgv:interventionType-DRUG"]


def test_a_name_that_nothing_has_stays_with_its_arm_or_its_intervention(built: Build) -> None:
    graph = built(
        arms(
            {"label": "High dose", "interventionNames": ["Drug: Ibuprofen"]},
            interventions=[{**ASPIRIN, "armGroupLabels": ["Low dose"]}],
        )
    )
    assert graph.objects("tg:usesIntervention") == []
    assert graph.objects("tg:unresolvedInterventionName", *graph.objects("tg:arm")) == ['"Drug: Ibuprofen"']
    assert graph.objects("tg:unresolvedArmGroupLabel", *graph.objects("tg:intervention")) == ['"Low dose"']


def test_a_name_that_two_interventions_have_means_both(built: Build) -> None:
    graph = built(arms({"label": "A", "interventionNames": ["Drug: Aspirin"]}, interventions=[ASPIRIN, ASPIRIN]))
    assert graph.objects("tg:usesIntervention") == graph.objects("tg:intervention", TRIAL)
    assert len(graph.things("tg:Intervention")) == 2


def test_a_type_of_two_words_is_named_by_arms_in_words(built: Build) -> None:
    vitamin = {"type": "DIETARY_SUPPLEMENT", "name": "vitamin D", "otherNames": ["calciferol", "D3"]}
    graph = built(arms({"label": "A", "interventionNames": ["Dietary Supplement: vitamin D"]}, interventions=[vitamin]))
    assert graph.objects("tg:usesIntervention") == graph.objects("tg:intervention", TRIAL)
    assert graph.objects("tg:otherName") == ['"D3"', '"calciferol"']


def test_conditions_of_one_normalised_name_are_one(built: Build) -> None:
    graph = built(
        study("NCT00000001", conditionsModule={"conditions": ["Heart Failure", "heart failure"], "keywords": ["HF"]}),
        study("NCT00000002", conditionsModule={"conditions": ["Heart-Failure"]}),
    )
    assert graph.things("tg:Condition") == ["condition/heart-failure"]
    assert graph.objects("rdfs:label", "condition/heart-failure") == [
        '"Heart Failure"',
        '"Heart-Failure"',
        '"heart failure"',
    ]
    assert graph.objects("tg:keyword", TRIAL) == ['"HF"']


def test_mesh_descriptors_have_the_library_s_own_iris(built: Build) -> None:
    browse = {
        "meshes": [{"id": "D054990", "term": "Idiopathic Pulmonary Fibrosis"}],
        "ancestors": [{"id": "D011658", "term": "Pulmonary Fibrosis"}],
        "browseLeaves": [{"id": "M1", "name": "Fibrosis", "asFound": "Fibrosis", "relevance": "HIGH"}],
        "browseBranches": [{"abbrev": "BC08", "name": "Lung Diseases"}],
    }
    graph = built(study(derivedSection={"conditionBrowseModule": browse, "interventionBrowseModule": browse}))
    for about in ("condition", "intervention"):
        assert graph.objects(f"tg:{about}Mesh", TRIAL) == ["mesh:D054990"]
        assert graph.objects(f"tg:{about}MeshAncestor", TRIAL) == ["mesh:D011658"]
        [leaf] = graph.objects(f"tg:{about}BrowseLeaf", TRIAL)
        assert graph.objects("tg:browseLeafRelevance", leaf) == ["tgv:browseLeafRelevance-HIGH"]
        assert graph.objects(f"tg:{about}BrowseBranch", TRIAL) == ["browse-branch/bc08"]
    assert {(p, o) for s, p, o in graph if s == "mesh:D054990"} == {
        ("rdf:type", "tg:MeshDescriptor"),
        ("tg:meshId", '"D054990"'),
        ("rdfs:label", '"Idiopathic Pulmonary Fibrosis"'),
    }
    assert graph.objects("tg:name", "browse-branch/bc08") == ['"Lung Diseases"']


def test_a_mesh_term_without_an_id_is_left_out(built: Build) -> None:
    graph = built(study(derivedSection={"conditionBrowseModule": {"meshes": [{"term": "Fibrosis"}]}}))
    assert graph.things("tg:MeshDescriptor") == []


def test_outcomes_are_primary_secondary_or_other(built: Build) -> None:
    graph = built(
        study(
            outcomesModule={
                "primaryOutcomes": [{"measure": "FVC", "timeFrame": "24 weeks", "description": "in mL"}],
                "secondaryOutcomes": [{"measure": "FVC", "timeFrame": "24 weeks"}, {"measure": "DLCO"}],
                "otherOutcomes": [{"measure": "Cost"}],
            }
        )
    )
    [primary] = graph.objects("tg:primaryOutcome", TRIAL)
    assert {(p, o) for s, p, o in graph if s == primary} == {
        ("rdf:type", "tg:Outcome"),
        ("tg:outcomeKind", "tgv:outcomeKind-PRIMARY"),
        ("tg:measure", '"FVC"'),
        ("tg:timeFrame", '"24 weeks"'),
        ("tg:description", '"in mL"'),
    }
    assert primary not in graph.objects("tg:secondaryOutcome", TRIAL)
    assert len(graph.objects("tg:secondaryOutcome", TRIAL)) == 2
    [other] = graph.objects("tg:otherOutcome", TRIAL)
    assert graph.objects("tg:outcomeKind", other) == ["tgv:outcomeKind-OTHER"]


def test_an_expanded_access_record_is_a_trial_of_which_nothing_is_said(built: Build) -> None:
    access = {"hasExpandedAccess": True, "nctId": "NCT00000009", "statusForNctId": "AVAILABLE"}
    graph = built(study(statusModule={"expandedAccessInfo": access}))
    assert graph.objects("tg:expandedAccessRecord", TRIAL) == ["trial/NCT00000009"]
    assert graph.objects("tg:expandedAccessStatus", TRIAL) == ["tgv:expandedAccessStatus-AVAILABLE"]
    assert graph.things("tg:Trial") == [TRIAL]


def test_what_should_be_an_nct_id_and_is_none_stays_as_text(built: Build) -> None:
    graph = built(study(statusModule={"expandedAccessInfo": {"nctId": "unknown"}}))
    assert graph.objects("tg:expandedAccessRecord", TRIAL) == ['"unknown"']
