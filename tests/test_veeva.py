"""Pages of Veeva: the one real capture, and small pages with one irregularity each."""

import re
from pathlib import Path

import pytest

from trialgraph.errors import RecordError
from trialgraph.readers import veeva
from trialgraph.record import Record
from trialgraph.resources import vocabulary
from trialgraph.study import (
    ArmGroup,
    Contact,
    ContactsLocationsModule,
    EnrollmentInfo,
    Intervention,
    Location,
    OrgStudyIdInfo,
    ProtocolSection,
    SecondaryIdInfo,
    Sponsor,
    StatusModule,
)

CAPTURE = Path(__file__).parents[2] / "shared" / "data" / "pages" / "veeva-NCT06505941.txt"


def page(*lines: str, ids: str = "NCT01234567") -> str:
    """A page of a trial with nothing but its id and some lines."""
    return "\n\n".join(["ClinicalTrials.Veeva", "Identifiers", ids, *lines])


def read(text: str) -> Record:
    return veeva.read(text, "page.txt", vocabulary())


def section(*lines: str) -> ProtocolSection:
    return read(page(*lines)).study.protocol_section


def findings(record: Record) -> list[tuple[str, str]]:
    return [(each.kind, each.value) for each in record.findings]


# ---------------------------------------------------------------------------------------------------------------------
# The capture


@pytest.fixture(scope="module")
def capture() -> Record:
    if not CAPTURE.exists():
        pytest.skip(f"{CAPTURE} is not there")
    assert veeva.recognises(CAPTURE.read_text()[: 1 << 16])
    return read(CAPTURE.read_text())


def test_the_capture_says_what_and_who(capture: Record) -> None:
    protocol = capture.study.protocol_section
    assert capture.nct_id == "NCT06505941"
    assert capture.partial
    assert capture.updated is None
    assert (protocol.identification_module.brief_title or "").startswith("Clinical Study on the Safety")
    assert protocol.identification_module.org_study_id_info == OrgStudyIdInfo("2019ZDSYLL077-P06")
    assert protocol.identification_module.secondary_id_infos == ()
    assert protocol.status_module == StatusModule(overall_status="NOT_YET_RECRUITING")
    assert protocol.sponsor_collaborators_module.lead_sponsor == Sponsor("Southeast University, China", "OTHER")
    assert protocol.conditions_module.conditions == ("Acute Respiratory Distress Syndrome",)


def test_the_capture_has_a_design(capture: Record) -> None:
    design = capture.study.protocol_section.design_module
    assert design.study_type == "INTERVENTIONAL"
    assert design.phases == ("PHASE1", "PHASE2")
    assert design.enrollment_info == EnrollmentInfo(60, "ESTIMATED")
    assert design.design_info.allocation == "RANDOMIZED"
    assert design.design_info.intervention_model == "PARALLEL"
    assert design.design_info.primary_purpose == "TREATMENT"
    assert design.design_info.masking_info.masking == "DOUBLE"


def test_the_capture_has_two_arms_two_interventions_and_two_links(capture: Record) -> None:
    module = capture.study.protocol_section.arms_interventions_module
    assert [(arm.label, arm.type, arm.intervention_names) for arm in module.arm_groups] == [
        ("placebo", "PLACEBO_COMPARATOR", ("Drug: Placebo",)),
        ("MSC", "EXPERIMENTAL", ("Drug: umbilical cord mesenchymal stem cell",)),
    ]
    assert module.interventions == (
        Intervention("DRUG", "Placebo", arm_group_labels=("placebo",)),
        Intervention("DRUG", "umbilical cord mesenchymal stem cell", arm_group_labels=("MSC",)),
    )
    assert module.arm_groups[0].description == "1 intravenous infusion of an equal volume of cell-free placebo."


def test_the_capture_has_criteria_as_the_registry_writes_them(capture: Record) -> None:
    module = capture.study.protocol_section.eligibility_module
    inclusion, exclusion = (module.eligibility_criteria or "").split("\n\nExclusion Criteria:\n\n")
    assert inclusion.startswith("Inclusion Criteria:\n\n1. Age greater than 18 years, regardless of gender;\n2. ")
    assert len(re.findall(r"^\d+\. ", inclusion, re.MULTILINE)) == 5
    assert len(re.findall(r"^\d+\. ", exclusion, re.MULTILINE)) == 16
    assert (module.minimum_age, module.maximum_age) == ("18 Years", None)
    assert module.sex == "ALL"
    assert module.healthy_volunteers is False


def test_the_capture_shows_no_sites_and_leaves_nothing_over(capture: Record) -> None:
    assert capture.study.protocol_section.contacts_locations_module == ContactsLocationsModule()
    assert capture.study.has_results is None
    assert capture.findings == ()
    assert capture.facility_contacts == ()
    assert capture.similar == ()


# ---------------------------------------------------------------------------------------------------------------------
# What is a page of this layout


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ClinicalTrials.Veeva\n\nMenu\n\nFind clinical trialsTrials by location\n© Copyright 2026 Veeva Systems",
        '{"Conditions": 1,\n"Treatments": 2}',
        "<html>\n" + page("Conditions", "Treatments", "Study type", "Sex", "Ages") + "\n</html>",
        "Conditions\n\nSex\n\nAges",
    ],
)
def test_other_texts_are_not_recognised(text: str) -> None:
    assert not veeva.recognises(text)


@pytest.mark.parametrize(
    "text", [page("Conditions", "Treatments"), "Sex\nAges\nVolunteers\nInclusion criteria\nExclusion criteria"]
)
def test_damaged_pages_are_recognised(text: str) -> None:
    assert veeva.recognises(text)


@pytest.mark.parametrize("ids", ["", "AB-12\nNCT01234567"])
def test_a_page_without_its_nct_id_is_an_error_that_says_so(ids: str) -> None:
    # The second id may be another trial's, such as a parent study's.
    with pytest.raises(RecordError, match=r'^no NCT id under "Identifiers"'):
        read(page("Details and patient eligibility", "About", ids=ids))


# ---------------------------------------------------------------------------------------------------------------------
# Values


def test_a_missing_value_is_not_the_next_heading() -> None:
    headings = ("Status and phase", "Conditions", "Treatments", "About", "Sex", "Ages", "Volunteers", "Trial design")
    assert section(*headings, "Primary purpose", "Allocation", "Masking", "Trial contacts and locations") == section()


def test_identifiers_have_no_labels() -> None:
    protocol = read(page("About", ids="NCT01234567\nAB-12\n2020-001234-56\nU1111")).study.protocol_section
    assert protocol.identification_module.org_study_id_info == OrgStudyIdInfo("AB-12")
    assert protocol.identification_module.secondary_id_infos == (
        SecondaryIdInfo("2020-001234-56"),
        SecondaryIdInfo("U1111"),
    )


@pytest.mark.parametrize(
    ("lines", "status", "phases"),
    [
        (("Not yet enrolling", "Phase 2", "Phase 1"), "NOT_YET_RECRUITING", ("PHASE1", "PHASE2")),
        (("Enrolling", "Early Phase 1"), "RECRUITING", ("EARLY_PHASE1",)),
        (("Active, not enrolling", "Phase 4"), "ACTIVE_NOT_RECRUITING", ("PHASE4",)),
        (("Invitation-only",), "ENROLLING_BY_INVITATION", ()),
        (("Withdrawn", "N/A"), "WITHDRAWN", ("NA",)),
        (("Phase 3", "Phase 2"), None, ("PHASE2", "PHASE3")),
        ((), None, ()),
    ],
)
def test_status_and_phases(lines: tuple[str, ...], status: str | None, phases: tuple[str, ...]) -> None:
    protocol = section("Status and phase", *lines)
    assert protocol.status_module.overall_status == status
    assert protocol.design_module.phases == phases


def test_an_unknown_word_is_kept_and_reported() -> None:
    record = read(page("Status and phase", "On a break", "Phase 2", "Phase 9", "Sex", "Unicorns"))
    protocol = record.study.protocol_section
    assert protocol.status_module.overall_status == "On a break"
    assert protocol.design_module.phases == ("PHASE2", "Phase 9")
    assert protocol.eligibility_module.sex == "Unicorns"
    assert findings(record) == [("unknown-value", word) for word in ("On a break", "Phase 9", "Unicorns")]


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("18+ years old", "18 Years", None),
        ("18 to 80 years old", "18 Years", "80 Years"),
        ("up to 17 years old", None, "17 Years"),
        ("6 months to 1 year old", "6 Months", "1 Year"),
        ("1+ day old", "1 Day", None),
        ("30 to 36 weeks old", "30 Weeks", "36 Weeks"),
        ("12 months+ old", "12 Months", None),
    ],
)
def test_ages(text: str, least: str | None, most: str | None) -> None:
    module = section("Ages", text).eligibility_module
    assert (module.minimum_age, module.maximum_age) == (least, most)


def test_an_age_that_does_not_parse_is_kept_as_text() -> None:
    record = read(page("Ages", "between 3 and 5"))
    assert record.study.protocol_section.eligibility_module.minimum_age == "between 3 and 5"
    assert findings(record) == [("text", "between 3 and 5")]
    assert findings(read(page("Ages", "adults"))) == [("dropped", "adults")]


@pytest.mark.parametrize(
    ("text", "info"),
    [
        ("60 estimated patients", EnrollmentInfo(60, "ESTIMATED")),
        ("17 patients", EnrollmentInfo(17, "ACTUAL")),
        ("1,060 patients", EnrollmentInfo(1060, "ACTUAL")),
        ("about 60", EnrollmentInfo("about 60")),
    ],
)
def test_enrollment(text: str, info: EnrollmentInfo) -> None:
    assert section("Enrollment", text).design_module.enrollment_info == info


def test_volunteers() -> None:
    assert section("Volunteers", "Accepts Healthy Volunteers").eligibility_module.healthy_volunteers is True
    assert section("Volunteers", "No Healthy Volunteers").eligibility_module.healthy_volunteers is False


def test_a_value_below_the_wrong_heading_is_dropped() -> None:
    record = read(page("Sex", "18+ years old", "Allocation", "Parallel Assignment", "Double Blind"))
    assert record.study.protocol_section == section()
    assert [value for _, value in findings(record)] == ["18+ years old", "Parallel Assignment", "Double Blind"]


# ---------------------------------------------------------------------------------------------------------------------
# Title and sponsors


def test_the_initial_between_title_and_sponsor_is_not_part_of_either() -> None:
    text = "ClinicalTrials.Veeva\n\nMenu\n\nA Trial\n\nS\n\nSanofi\n\n" + page("Funder types", "Industry\nNIH")
    record = read(text + "\n\nCollaborators\n\nNIAID")
    protocol = record.study.protocol_section
    assert protocol.identification_module.brief_title == "A Trial"
    assert protocol.sponsor_collaborators_module.lead_sponsor == Sponsor("Sanofi", "INDUSTRY")
    assert protocol.sponsor_collaborators_module.collaborators == (Sponsor("NIAID"),)
    assert findings(record) == [("dropped", "NIH")]


def test_a_title_or_a_sponsor_alone_is_neither() -> None:
    record = read("A Trial\n\n" + page())
    assert record.study.protocol_section == section()
    assert findings(record) == [("dropped", "A Trial")]
    assert read("A Trial\n\nSanofi\n\n" + page()).study.protocol_section.identification_module.brief_title == "A Trial"


# ---------------------------------------------------------------------------------------------------------------------
# Criteria and prose


def test_criteria_numbered_bulleted_and_plain() -> None:
    text = page(
        "Inclusion criteria",
        "  1. Asthma\n  2. Age 18",
        "Exclusion criteria",
        "  • Smoker\n    • daily\n\nPregnancy 3. x",
    )
    assert read(text).study.protocol_section.eligibility_module.eligibility_criteria == (
        "Inclusion Criteria:\n\n1. Asthma\n2. Age 18\n\nExclusion Criteria:\n\n• Smoker\n  • daily\n\nPregnancy 3. x"
    )
    only = section("Exclusion criteria", "Smoker").eligibility_module
    assert only.eligibility_criteria == "Exclusion Criteria:\n\nSmoker"


def test_lines_of_prose_that_read_like_headings_are_prose() -> None:
    protocol = section(
        *("Details and patient eligibility", "About", "One.", "Full description", "Enrollment"),
        "Patients are enrolled at each of the sites, over a time of about two years, by their own physicians.",
        *("Inclusion criteria", "Asthma.", "Sex", "All", "Ages", "18+ years old", "Inclusion criteria", "Atopy."),
    )
    assert (protocol.description_module.detailed_description or "").endswith("Inclusion criteria\n\nAsthma.")
    assert protocol.eligibility_module.eligibility_criteria == "Inclusion Criteria:\n\nAtopy."
    assert protocol.eligibility_module.sex == "ALL"


# ---------------------------------------------------------------------------------------------------------------------
# Arms


def test_treatments_have_a_type_before_the_first_colon() -> None:
    record = read(page("Treatments", "Device: Pen: model 2\nGene therapy: X\nSaline"))
    module = record.study.protocol_section.arms_interventions_module
    assert module.interventions == (
        Intervention("DEVICE", "Pen: model 2"),
        Intervention("Gene therapy", "X"),
        Intervention(None, "Saline"),
    )
    assert findings(record) == [("unknown-value", "Gene therapy"), ("text", "Saline")]


def test_groups_with_parts_missing() -> None:
    module = section(
        "Treatments",
        "Drug: A\nDrug: B",
        "12 participants in 4 patient groups",
        "No Intervention\nNo Intervention group\nHigh\nExperimental group\n"
        "Description:\nOne.\n\nTwo.\nTreatment:\nDrug: B\nDrug: A\n"
        "Cohort\nDescription:\nOf nobody.\nLow\nDescription:\nLess.\nTreatment:\nDrug: A",
    ).arms_interventions_module
    assert module.arm_groups == (
        ArmGroup("No Intervention", "NO_INTERVENTION"),
        ArmGroup("High", "EXPERIMENTAL", "One.\n\nTwo.", ("Drug: B", "Drug: A")),
        ArmGroup("Cohort", None, "Of nobody."),
        ArmGroup("Low", None, "Less.", ("Drug: A",)),
    )
    assert [each.arm_group_labels for each in module.interventions] == [("High", "Low"), ("High",)]


def test_a_group_that_is_only_a_label_counts_when_the_heading_counts_it() -> None:
    cohorts = section("17 participants in 2 patient groups", "Cases\nControls").arms_interventions_module
    assert cohorts.arm_groups == (ArmGroup("Cases"), ArmGroup("Controls"))
    record = read(page("17 participants in 3 patient groups", "Cases\nControls"))
    assert record.study.protocol_section == section()
    assert [value for _, value in findings(record)] == ["Cases", "Controls"]


def test_the_heading_of_the_groups_is_a_check() -> None:
    assert section("0 participants in 2 patient groups") == section()
    record = read(page("Enrollment", "60 patients", "61 participants in 2 patient groups", "A\nExperimental group"))
    assert [each.message for each in record.findings] == [
        "the page states an enrollment of 60 elsewhere",
        "the page shows 1 of these groups",
    ]


def test_treatments_that_only_arms_name_are_interventions_too() -> None:
    module = section("1 participant in 1 patient group", "A\nTreatment:\nDrug: X").arms_interventions_module
    assert module.arm_groups == (ArmGroup("A", intervention_names=("Drug: X",)),)
    assert module.interventions == (Intervention("DRUG", "X"),)


# ---------------------------------------------------------------------------------------------------------------------
# Places

SITES = (
    Location("Research Site", "RECRUITING", "Seoul", None, "04524", "Korea, Republic of"),
    Location("Clinic 2", None, "Rochester", "Minnesota", None, "United States"),
)
SITE_LINES = (
    "Research Site\nSeoul, Korea, Republic of, 04524\nEnrolling",
    "Clinic 2\nRochester, Minnesota, United States",
)


@pytest.mark.parametrize("between", ["\n\n", "\n"])
def test_sites_with_and_without_lines_between_them(between: str) -> None:
    record = read(page("Trial contacts and locations", "2", between.join(SITE_LINES)))
    assert record.study.protocol_section.contacts_locations_module.locations == SITES
    assert record.findings == ()


def test_sites_with_every_line_apart() -> None:
    lines = [line for block in SITE_LINES for line in block.split("\n")]
    assert section("Trial contacts and locations", "2", *lines).contacts_locations_module.locations == SITES


def test_lines_that_are_not_clearly_sites_are_no_sites() -> None:
    record = read(page("Trial contacts and locations", "2", "Research Site", "Clinic 2", "Rochester, United States"))
    assert record.study.protocol_section == section()
    assert [value for _, value in findings(record)] == ["2", "Research Site", "Clinic 2", "Rochester, United States"]


def test_a_count_of_sites_that_are_not_loaded_is_reported() -> None:
    assert findings(read(page("Trial contacts and locations", "12", "Loading..."))) == [("dropped", "12")]
    assert findings(read(page("Trial contacts and locations", "0", "Loading..."))) == []


def test_central_contacts_and_the_sites_below_them() -> None:
    module = section(
        *("Trial contacts and locations", "2", "Loading...", "Central trial contact"),
        *("Ana Ruiz\n+34 91 123 456\nana@example.org", "Jo Kim; Li Wei", *SITE_LINES),
        *("Data sourced from clinicaltrials.gov", "Clinical trials"),
    ).contacts_locations_module
    assert module.central_contacts == (
        Contact("Ana Ruiz", None, "+34 91 123 456", None, "ana@example.org"),
        Contact("Jo Kim"),
        Contact("Li Wei"),
    )
    assert module.locations == SITES


def test_the_number_of_two_people_on_a_line_is_nobody_s() -> None:
    record = read(page("Central trial contact", "Jo Kim; Li Wei", "02-123-4567"))
    contacts = record.study.protocol_section.contacts_locations_module.central_contacts
    assert contacts == (Contact("Jo Kim"), Contact("Li Wei"))
    assert findings(record) == [("dropped", "02-123-4567")]


def test_the_foot_of_the_page_states_nothing() -> None:
    foot = ("Clinical trials", "Find clinical trialsTrials by location", "© Copyright 2026 Veeva Systems")
    assert read(page("Trial contacts and locations", "0", "Loading...", *foot)).findings == ()
