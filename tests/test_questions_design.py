"""The questions on design and arms."""

from typing import Any

import pytest
from tests.asking import ask, lines
from tests.conftest import study


def arm(label: str, type_: str = "", *interventions: str) -> dict[str, Any]:
    return {"label": label, "interventionNames": [f"Drug: {name}" for name in interventions]} | (
        {"type": type_} if type_ else {}
    )


def compared(nct_id: str, *arms: dict[str, Any], **modules: Any) -> dict[str, Any]:
    """A trial with arms, and the drugs that they name."""
    drugs = dict.fromkeys(name.removeprefix("Drug: ") for each in arms for name in each["interventionNames"])
    module = {"armGroups": [*arms], "interventions": [{"type": "DRUG", "name": name} for name in drugs]}
    return study(nct_id, armsInterventionsModule=module, **modules)


def eligible(nct_id: str, **limits: Any) -> dict[str, Any]:
    return study(nct_id, eligibilityModule=limits)


def test_trial_arms_gives_arms_with_nothing_and_interventions_of_no_arm() -> None:
    module = {
        "armGroups": [
            {"label": "B", "type": "NO_INTERVENTION", "description": "Waits"},
            {"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Two", "Drug: One"]},
        ],
        "interventions": [
            {"type": "DRUG", "name": "One", "otherNames": ["Uno", "Eins"]},
            {"type": "DRUG", "name": "Two"},
            {"type": "OTHER", "name": "Blood sample"},
        ],
    }
    graph = lines(study(armsInterventionsModule=module), compared("NCT00000002", arm("C", "OTHER", "Three")))
    assert ask(graph, "trial-arms", trial="NCT00000001") == [
        ("", "", "OTHER", "Blood sample", "", ""),
        ("A", "EXPERIMENTAL", "DRUG", "One", "Eins; Uno", ""),
        ("A", "EXPERIMENTAL", "DRUG", "Two", "", ""),
        ("B", "NO_INTERVENTION", "", "", "", "Waits"),
    ]


@pytest.mark.parametrize(
    ("arms", "control"),
    [
        ([arm("A", "EXPERIMENTAL", "Drug")], "none"),
        ([arm("A", "EXPERIMENTAL", "Drug"), arm("B", "EXPERIMENTAL", "Drug")], "none"),
        ([arm("A", "EXPERIMENTAL", "Drug"), arm("B", "NO_INTERVENTION")], "no treatment"),
        ([arm("A", "EXPERIMENTAL", "Drug"), arm("B", "PLACEBO_COMPARATOR", "Sugar")], "placebo"),
        ([arm("A", "EXPERIMENTAL", "Drug"), arm("B", "SHAM_COMPARATOR")], "placebo"),
        ([arm("A", "EXPERIMENTAL", "Drug"), arm("B", "ACTIVE_COMPARATOR", "Old drug")], "active"),
        ([arm("A", "EXPERIMENTAL", "Drug"), arm("B", "ACTIVE_COMPARATOR", "Matching PLACEBO")], "placebo"),
        ([arm("A", "EXPERIMENTAL", "Drug"), arm("B", "", "Sham light")], "placebo"),
        # Placebo beside a drug is a double dummy; a name may hold the letters of a word.
        ([arm("A", "EXPERIMENTAL", "Drug", "Placebo"), arm("B", "ACTIVE_COMPARATOR", "Old", "Placebo")], "active"),
        ([arm("A", "EXPERIMENTAL", "Drug"), arm("B", "OTHER", "Shamrock")], "none"),
        (
            [arm("A", "EXPERIMENTAL", "Drug"), arm("B", "ACTIVE_COMPARATOR", "Old"), arm("C", "PLACEBO_COMPARATOR")],
            "placebo and active",
        ),
    ],
)
def test_control_type_goes_by_the_types_of_arms_and_by_what_they_use(arms: list[dict[str, Any]], control: str) -> None:
    graph = lines(compared("NCT00000001", *arms))
    assert ask(graph, "control-type") == [("NCT00000001", "A Trial", control, str(len(arms)))]


def test_control_type_narrows_to_a_kind_and_a_condition_and_leaves_out_observational_studies() -> None:
    placebo = [arm("A", "EXPERIMENTAL", "Drug"), arm("B", "PLACEBO_COMPARATOR")]
    graph = lines(
        compared("NCT00000001", *placebo),
        compared("NCT00000002", *placebo[:1], conditionsModule={"conditions": ["COPD"]}),
        compared("NCT00000003", *placebo, designModule={"studyType": "OBSERVATIONAL"}),
    )
    assert [row[0] for row in ask(graph, "control-type", control="Placebo")] == ["NCT00000001"]
    assert [row[0] for row in ask(graph, "control-type", condition="copd")] == ["NCT00000002"]
    assert len(ask(graph, "control-type")) == 2


def designed(masking: str, allocation: str, *phases: str) -> dict[str, Any]:
    info = {"allocation": allocation, "maskingInfo": {"masking": masking}}
    return {"studyType": "INTERVENTIONAL", "phases": phases, "designInfo": info, "enrollmentInfo": {"count": 9}}


def test_blinded_randomized_asks_for_masking_allocation_phase_and_placebo_at_once() -> None:
    arms = [arm("A", "EXPERIMENTAL", "Drug"), arm("B", "PLACEBO_COMPARATOR", "Placebo")]
    started = {"startDateStruct": {"date": "2020-05"}}
    graph = lines(
        compared("NCT00000001", *arms, designModule=designed("DOUBLE", "RANDOMIZED", "PHASE1", "PHASE2")),
        compared(
            "NCT00000002",
            *(arms[0], arm("B", "OTHER", "Placebo")),
            designModule=designed("QUADRUPLE", "RANDOMIZED", "PHASE2", "PHASE3"),
            statusModule=started,
        ),
        compared("NCT00000003", *arms, designModule=designed("SINGLE", "RANDOMIZED", "PHASE2")),
        compared("NCT00000004", *arms, designModule=designed("DOUBLE", "NON_RANDOMIZED", "PHASE2")),
        compared("NCT00000005", *arms, designModule=designed("DOUBLE", "RANDOMIZED", "PHASE4")),
        compared("NCT00000006", arms[0], designModule=designed("DOUBLE", "RANDOMIZED", "PHASE2")),
    )
    early = ("NCT00000001", "A Trial", "PHASE1/PHASE2", "DOUBLE", "RECRUITING", "9", "Acme", "")
    late = ("NCT00000002", "A Trial", "PHASE2/PHASE3", "QUADRUPLE", "RECRUITING", "9", "Acme", "2020-05")
    assert ask(graph, "blinded-randomized", condition="asthma") == [late, early]
    assert ask(graph, "blinded-randomized", condition="asthma", phase="PHASE3") == [late]
    assert ask(graph, "blinded-randomized", condition="copd") == []


def test_many_arms_finds_many_experimental_arms_and_the_words_of_titles_and_keywords() -> None:
    arms = [arm(str(number), "EXPERIMENTAL", "Drug") for number in range(4)]
    titled = {"nctId": "NCT00000002", "briefTitle": "A PLATFORM trial"}
    graph = lines(
        compared("NCT00000001", *arms, arm("B", "ACTIVE_COMPARATOR", "Old")),
        compared("NCT00000002", arms[0], identificationModule=titled, conditionsModule={"keywords": ["umbrella"]}),
        compared("NCT00000003", *arms[:3], arm("B", "ACTIVE_COMPARATOR", "Old")),
        study("NCT00000004", conditionsModule={"conditions": ["COPD"], "keywords": ["Master Protocol"]}),
    )
    many = ("NCT00000001", "A Trial", "RECRUITING", "4", "5", "2", "1", "")
    platform = ("NCT00000002", "A PLATFORM trial", "RECRUITING", "1", "1", "1", "1", "platform")
    protocol = ("NCT00000004", "A Trial", "RECRUITING", "0", "0", "0", "1", "master protocol")
    assert ask(graph, "many-arms") == [many, platform, protocol]
    assert [row[0] for row in ask(graph, "many-arms", experimental="3")][:2] == ["NCT00000001", "NCT00000003"]
    assert ask(graph, "many-arms", condition="copd") == [protocol]


def test_enrollment_by_phase_counts_a_trial_of_two_phases_once() -> None:
    def enrolled(nct_id: str, count: int, type_: str, *phases: str) -> dict[str, Any]:
        info = {"count": count} | ({"type": type_} if type_ else {})
        return study(nct_id, designModule={"phases": phases, "enrollmentInfo": info})

    graph = lines(
        enrolled("NCT00000001", 10, "ACTUAL", "PHASE1", "PHASE2"),
        enrolled("NCT00000002", 15, "ACTUAL", "PHASE1", "PHASE2"),
        enrolled("NCT00000003", 0, "ACTUAL", "PHASE2"),
        enrolled("NCT00000004", 300, "ESTIMATED", "PHASE2"),
        enrolled("NCT00000005", 99999999, "ESTIMATED", "PHASE2"),
        enrolled("NCT00000006", 7, ""),
    )
    assert ask(graph, "enrollment-by-phase") == [
        ("PHASE1/PHASE2", "ACTUAL", "2", "25", "10", "12.5", "15"),
        ("PHASE2", "ACTUAL", "1", "0", "0", "0", "0"),
        ("PHASE2", "ESTIMATED", "1", "300", "300", "300", "300"),
        ("not stated", "not stated", "1", "7", "7", "7", "7"),
    ]
    assert ask(graph, "enrollment-by-phase", condition="copd") == []


def test_primary_endpoints_counts_trials_of_a_measure_in_any_case() -> None:
    def measured(nct_id: str, *outcomes: tuple[str, str], **modules: Any) -> dict[str, Any]:
        primary = [{"measure": measure} | ({"timeFrame": frame} if frame else {}) for measure, frame in outcomes]
        return study(nct_id, outcomesModule={"primaryOutcomes": primary}, **modules)

    graph = lines(
        measured("NCT00000001", ("FEV1", "Week 12"), ("fev1", "week 12"), ("Deaths", "")),
        measured("NCT00000002", ("fev1", "Week 12")),
        measured("NCT00000003", ("FEV1", "Week 52")),
        measured("NCT00000004", ("FEV1", "Week 12"), conditionsModule={"conditions": ["COPD"]}),
    )
    volume = [("FEV1", "Week 12", "2", "NCT00000001"), ("FEV1", "Week 52", "1", "NCT00000003")]
    assert ask(graph, "primary-endpoints", condition="asthma") == [
        volume[0],
        ("Deaths", "", "1", "NCT00000001"),
        volume[1],
    ]
    assert ask(graph, "primary-endpoints", condition="asthma", measure="Fev") == volume


@pytest.mark.parametrize(
    ("age", "fits"),
    [("17.9", False), ("18", True), ("65", True), ("65.9", True), ("66", False)],
)
def test_trials_for_patient_takes_ages_up_to_the_birthday_after_the_maximum(age: str, fits: bool) -> None:
    graph = lines(eligible("NCT00000001", minimumAge="18 Years", maximumAge="65 Years", sex="ALL"))
    row = ("NCT00000001", "A Trial", "18 Years", "65 Years", "ALL", "", "0")
    assert ask(graph, "trials-for-patient", age=age, sex="MALE") == [row] * fits


def test_trials_for_patient_goes_by_sex_health_and_limits_in_months() -> None:
    graph = lines(
        eligible("NCT00000001", sex="FEMALE", healthyVolunteers=True),
        eligible("NCT00000002", maximumAge="6 Months", healthyVolunteers=False),
        eligible("NCT00000003", minimumAge="N/A", maximumAge="N/A"),
        study("NCT00000004", statusModule={"overallStatus": "COMPLETED"}),
    )

    def found(**asked: str) -> list[str]:
        return [row[0][-1] for row in ask(graph, "trials-for-patient", **asked)]

    assert found(age="30", sex="FEMALE") == ["1", "3"]
    assert found(age="30", sex="MALE") == ["3"]
    assert found(age="0.5", sex="MALE") == ["2", "3"]
    assert found(age="0.6", sex="MALE") == ["3"]
    assert found(age="30", sex="FEMALE", healthy="yes") == ["1"]
    assert found(age="30", sex="FEMALE", status="COMPLETED") == ["4"]


def test_trials_for_patient_counts_the_open_sites_of_the_country() -> None:
    sites = [
        {"facility": "A", "city": "Paris", "country": "France"},
        {"facility": "B", "city": "Paris", "country": "France", "status": "COMPLETED"},
        {"facility": "C", "city": "Rome", "country": "Italy"},
        {"facility": "D"},
    ]
    graph = lines(
        study(contactsLocationsModule={"locations": sites}, conditionsModule={"conditions": ["COPD"]}),
        study("NCT00000002"),
    )
    asked = {"age": "30", "sex": "MALE"}
    many, none = ask(graph, "trials-for-patient", **asked)
    assert (many[0], many[-1]) == ("NCT00000001", "3")
    assert (none[0], none[-1]) == ("NCT00000002", "0")
    assert [row[-1] for row in ask(graph, "trials-for-patient", country="FR", **asked)] == ["1"]
    assert ask(graph, "trials-for-patient", country="FR", condition="asthma", **asked) == []


def test_eligibility_text_gives_items_and_where_there_are_none_what_is_around_the_word() -> None:
    items = "Inclusion Criteria:\n\n* Asthma\n* On omalizumab\n\nExclusion Criteria:\n\n* OMALIZUMAB allergy"
    prose = f"{'x ' * 80}no omalizumab at all {'y ' * 80}"
    graph = lines(
        eligible("NCT00000001", eligibilityCriteria=items),
        eligible("NCT00000002", eligibilityCriteria=prose),
    )
    included = ("NCT00000001", "A Trial", "INCLUSION", "2", "On omalizumab")
    excluded = ("NCT00000001", "A Trial", "EXCLUSION", "1", "OMALIZUMAB allergy")
    *listed, around = ask(graph, "eligibility-text", word="Omalizumab")
    assert listed == [included, excluded]
    assert around[:4] == ("NCT00000002", "A Trial", "", "")
    assert "no omalizumab at all" in around[4]
    assert len(around[4]) == 200
    assert ask(graph, "eligibility-text", word="omalizumab", kind="EXCLUSION") == [excluded]
    assert ask(graph, "eligibility-text", word="omalizumab", condition="copd") == []
