"""Pages of meddatax: the one real capture, and small pages with one irregularity each."""

import re
from pathlib import Path

import pytest

from trialgraph.errors import RecordError
from trialgraph.readers import meddatax
from trialgraph.record import Record
from trialgraph.resources import vocabulary
from trialgraph.study import (
    Contact,
    EnrollmentInfo,
    Intervention,
    Location,
    MaskingBlock,
    OrgStudyIdInfo,
    ProtocolSection,
    ResponsibleParty,
    SecondaryIdInfo,
    Sponsor,
)

CAPTURE = Path(__file__).parents[2] / "shared" / "data" / "pages" / "meddatax-NCT07131150.txt"


def page(*lines: str) -> str:
    """A page of a trial with nothing but a title and some lines."""
    return "\n\n".join(["A Trial of Asthma", "NCT ID: NCT01234567", "Last Updated: 2025-08-20", *lines])


def read(text: str) -> Record:
    return meddatax.read(text, "page.txt", vocabulary())


def section(*lines: str) -> ProtocolSection:
    return read(page(*lines)).study.protocol_section


def findings(record: Record) -> list[tuple[str, str, str]]:
    return [(each.kind, each.value, each.pointer) for each in record.findings]


# ---------------------------------------------------------------------------------------------------------------------
# The capture


@pytest.fixture(scope="module")
def capture() -> Record:
    if not CAPTURE.exists():
        pytest.skip(f"{CAPTURE} is not there")
    return read(CAPTURE.read_text())


def test_the_capture_is_recognised() -> None:
    if not CAPTURE.exists():
        pytest.skip(f"{CAPTURE} is not there")
    assert meddatax.recognises(CAPTURE.read_text()[: 1 << 16])


def test_the_capture_says_what_where_and_when(capture: Record) -> None:
    protocol = capture.study.protocol_section
    assert capture.nct_id == "NCT07131150"
    assert capture.updated == "2025-08-20"
    assert capture.partial
    assert capture.study.has_results is False
    assert protocol.identification_module.org_study_id_info == OrgStudyIdInfo("IPM01-XY1010-2")
    assert protocol.identification_module.secondary_id_infos == ()
    assert (protocol.identification_module.brief_title or "").startswith("Menstrual Blood-Derived Mesenchymal Stem")
    status = protocol.status_module
    assert status.overall_status == "NOT_YET_RECRUITING"
    assert status.start_date_struct.date == "2025-08-31"
    assert status.completion_date_struct.date == "2028-07-31"
    assert status.primary_completion_date_struct.date is None
    assert protocol.conditions_module.conditions == ("Idiopathic Pulmonary Fibrosis (IPF)",)


def test_the_capture_has_a_design(capture: Record) -> None:
    design = capture.study.protocol_section.design_module
    assert design.study_type == "INTERVENTIONAL"
    assert design.phases == ("PHASE2",)
    assert design.enrollment_info == EnrollmentInfo(66)
    assert design.design_info.allocation == "RANDOMIZED"
    assert design.design_info.intervention_model == "PARALLEL"
    assert design.design_info.primary_purpose == "TREATMENT"
    roles = ("PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR")
    assert design.design_info.masking_info == MaskingBlock("QUADRUPLE", who_masked=roles)


def test_the_capture_has_three_arms_two_interventions_and_three_links(capture: Record) -> None:
    module = capture.study.protocol_section.arms_interventions_module
    assert [(arm.label, arm.type, arm.intervention_names) for arm in module.arm_groups] == [
        ("Trial Group 1", "EXPERIMENTAL", ("Biological: SC01009 injection",)),
        ("Trial Group2", "EXPERIMENTAL", ("Biological: SC01009 injection",)),
        ("Placebo Group", "PLACEBO_COMPARATOR", ("Biological: Placebo Group(Vehicle)",)),
    ]
    assert [(each.type, each.name, each.arm_group_labels) for each in module.interventions] == [
        ("BIOLOGICAL", "SC01009 injection", ("Trial Group 1", "Trial Group2")),
        ("BIOLOGICAL", "Placebo Group(Vehicle)", ("Placebo Group",)),
    ]
    assert all((each.description or "").endswith(".") for each in module.interventions)


def test_the_capture_has_criteria_as_the_registry_writes_them(capture: Record) -> None:
    module = capture.study.protocol_section.eligibility_module
    inclusion, exclusion = (module.eligibility_criteria or "").split("\n\nExclusion Criteria:\n\n")
    assert inclusion.startswith("Inclusion Criteria:\n\n* 1\\. Voluntarily")
    assert len(re.findall(r"^\* ", inclusion, re.MULTILINE)) == 7
    assert len(re.findall(r"^\* ", exclusion, re.MULTILINE)) == 19
    assert exclusion.endswith(
        "* 19\\. Other situations that the researcher considers unsuitable for participation in this trial."
    )
    assert (module.minimum_age, module.maximum_age) == ("18 Years", "80 Years")
    assert module.sex == "ALL"
    assert module.healthy_volunteers is False


def test_the_capture_has_parties_and_sites(capture: Record) -> None:
    protocol = capture.study.protocol_section
    sponsors = protocol.sponsor_collaborators_module
    assert sponsors.lead_sponsor == Sponsor("Ruijin Hospital", "OTHER")
    assert sponsors.collaborators == ()
    assert sponsors.responsible_party == ResponsibleParty("PRINCIPAL_INVESTIGATOR", "Jieming QU", "Professor")
    places = protocol.contacts_locations_module
    assert len(places.locations) == 22
    assert {(site.country, site.status) for site in places.locations} == {("China", None)}
    assert all(site.facility and site.city and site.state for site in places.locations)
    assert places.locations[18] == Location(
        "Air Force Medical University Xijing Hospital", city="Xi’an", state="Shanxi", country="China"
    )
    assert places.central_contacts == (Contact("Jieming Qu", "CONTACT", "86-18901661180"),)


def test_the_contacts_of_facilities_are_not_tied_to_sites(capture: Record) -> None:
    contacts = capture.facility_contacts
    assert len(contacts) == 21
    assert [each.name for each in contacts if not each.phone] == ["wu jiu bai, Professor"]
    assert Contact("juan 750004 Chen", "CONTACT", "13014292231") in contacts
    assert not any(site.contacts for site in capture.study.protocol_section.contacts_locations_module.locations)


def test_the_capture_names_a_related_trial_and_leaves_nothing_over(capture: Record) -> None:
    assert capture.similar == ("NCT00004563",)
    assert capture.findings == ()
    assert capture.study.protocol_section.description_module.detailed_description is None
    assert "10\\^ 8 cells" in (capture.study.protocol_section.description_module.brief_summary or "")


# ---------------------------------------------------------------------------------------------------------------------
# What is a page of this layout


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Menu\n\nSign in\n\nAbout us",
        '{"protocolSection": {"identificationModule": {"nctId": "NCT01234567"}}}',
        "<!DOCTYPE html>\n<html><body>\n" + page("Basic Information", "Recruitment Status", "COMPLETED"),
        "<div>\n" + page("Basic Information", "Conditions") + "\n</div></body>",
        "NCT ID: NCT01234567\n\nsome other site",
    ],
)
def test_other_texts_are_not_recognised(text: str) -> None:
    assert not meddatax.recognises(text)


@pytest.mark.parametrize(
    "text",
    [
        page("Basic Information", "Brief Summary", "Conditions"),
        "Basic Information\nGet a concise snapshot of the trial, including recruitment status",
        "Trial Outcomes & Findings for Asthma (NCT NCT01234567)\nRecruitment status\nCOMPLETED\nStudy phase\nPHASE3",
    ],
)
def test_damaged_pages_are_recognised(text: str) -> None:
    assert meddatax.recognises(text)


def test_a_page_without_its_nct_id_is_an_error_that_says_so() -> None:
    text = page("Basic Information", "Recruitment Status", "COMPLETED").replace("NCT ID: NCT01234567", "")
    with pytest.raises(RecordError, match=r'^no "NCT ID: NCT\.\.\." at the head of the page'):
        read(text)


def test_the_id_of_a_related_trial_is_never_the_page_s_own() -> None:
    text = page("More Related Trials", "Another Trial", "NCT ID: NCT00000001", "NCT00000002 COMPLETED")
    assert read(text).similar == ("NCT00000001", "NCT00000002")
    with pytest.raises(RecordError, match="at the head of the page"):
        read(text.replace("NCT ID: NCT01234567\n", ""))


# ---------------------------------------------------------------------------------------------------------------------
# Values


def test_a_missing_value_is_not_the_next_label_or_heading() -> None:
    protocol = section("Basic Information", "Recruitment Status", "Clinical Phase", "Total Enrollment", "Conditions")
    assert protocol == section()


def test_an_unknown_word_is_kept_and_reported() -> None:
    record = read(page("Basic Information", "Recruitment Status", "PAUSED", "Clinical Phase", "PHASE2/PHASE9"))
    assert record.study.protocol_section.status_module.overall_status == "PAUSED"
    assert record.study.protocol_section.design_module.phases == ("PHASE2", "PHASE9")
    assert findings(record) == [("unknown-value", "PAUSED", "line 11"), ("unknown-value", "PHASE2/PHASE9", "line 15")]
    assert {(each.file, each.nct_id) for each in record.findings} == {("page.txt", "NCT01234567")}


def test_a_value_that_does_not_parse_is_kept_as_text_and_reported() -> None:
    record = read(page("Basic Information", "Total Enrollment", "about 60", "Study Start Date", "31 Aug 2025"))
    protocol = record.study.protocol_section
    assert protocol.design_module.enrollment_info.count == "about 60"
    assert protocol.status_module.start_date_struct.date == "31 Aug 2025"
    assert [each.kind for each in record.findings] == ["text", "text"]


def test_a_value_below_the_wrong_label_is_dropped() -> None:
    # The labels "Clinical Phase" and "Study Start Date" are lost.
    lines = (
        "Recruitment Status",
        "PHASE2",
        "Study Classification",
        "OBSERVATIONAL",
        "2025-08",
        "Total Enrollment",
        "NA",
    )
    record = read(page("Basic Information", *lines))
    assert record.study.protocol_section == section("Basic Information", "Study Classification", "OBSERVATIONAL")
    assert [value for _, value, _ in findings(record)] == ["PHASE2", "2025-08", "NA"]


def test_only_a_date_is_the_day_of_the_last_update() -> None:
    record = read(page().replace("2025-08-20", "20 Aug"))
    assert record.updated is None
    assert findings(record) == [("dropped", "Last Updated: 20 Aug", "line 5")]


def test_partial_dates_and_large_numbers_stay_as_stated() -> None:
    protocol = section("Basic Information", "Total Enrollment", "2,000,000 participants", "Study Start Date", "1999-12")
    assert protocol.design_module.enrollment_info == EnrollmentInfo(2_000_000)
    assert protocol.status_module.start_date_struct.date == "1999-12"


def test_bare_values_are_told_only_when_all_are_there() -> None:
    values = ["COMPLETED", "PHASE1/PHASE2", "12 participants", "INTERVENTIONAL", "2020-01", "2021-02-03"]
    whole = section("Basic Information", *values)
    assert whole.status_module.overall_status == "COMPLETED"
    assert whole.design_module.phases == ("PHASE1", "PHASE2")
    assert whole.design_module.enrollment_info.count == 12
    assert whole.design_module.study_type == "INTERVENTIONAL"
    assert whole.status_module.start_date_struct.date == "2020-01"
    assert whole.status_module.completion_date_struct.date == "2021-02-03"
    for n in range(len(values)):
        record = read(page("Basic Information", *values[:n], *values[n + 1 :]))
        assert record.study.protocol_section == section()
        assert len(record.findings) == 5
    assert section("Basic Information", *values[1:], values[0]) == section()


def test_bare_values_of_the_design_are_told_when_all_four_are_there() -> None:
    info = section("Study Design", "RANDOMIZED", "PARALLEL", "TREATMENT", "DOUBLE", "Participants Investigators")
    assert info.design_module.design_info.allocation == "RANDOMIZED"
    assert info.design_module.design_info.primary_purpose == "TREATMENT"
    assert info.design_module.design_info.masking_info == MaskingBlock(
        "DOUBLE", who_masked=("PARTICIPANT", "INVESTIGATOR")
    )
    assert section("Study Design", "COHORT", "PROSPECTIVE") == section()


def test_bare_values_below_the_criteria_are_no_criteria() -> None:
    criteria = ("Eligibility Criteria", "Inclusion Criteria", "* Asthma", "Exclusion Criteria", "* Smoker")
    text = "Inclusion Criteria:\n\n* Asthma\n\nExclusion Criteria:\n\n* Smoker"
    all_four = section(*criteria, "18 Years", "65 Years", "ALL", "No").eligibility_module
    assert (all_four.eligibility_criteria, all_four.minimum_age, all_four.maximum_age) == (text, "18 Years", "65 Years")
    assert all_four.healthy_volunteers is False
    record = read(page(*criteria, "18 Years", "ALL", "No"))
    eligibility = record.study.protocol_section.eligibility_module
    assert (eligibility.eligibility_criteria, eligibility.minimum_age, eligibility.sex) == (text, None, None)
    assert [value for _, value, _ in findings(record)] == ["18 Years", "ALL", "No"]


def test_what_the_head_says_of_results() -> None:
    assert read(page("Study Results", "Results pending")).study.has_results is False
    assert read(page("Study Results", "View full resultsBasic Information")).study.has_results is True
    assert read(page()).study.has_results is None
    assert findings(read(page("Log in"))) == [("dropped", "Log in", "line 7")]


# ---------------------------------------------------------------------------------------------------------------------
# Arms

LISTED = (
    "Interventions",
    "Dupilumab",
    "300 mg.",
    "Weekly.",
    "Intervention Type DRUG",
    "Saline",
    "Intervention Type OTHER",
)


def test_an_arm_without_a_type_and_one_without_interventions() -> None:
    module = section(
        *("Study Groups", "High", "Group Type", "Dupilumab", "Intervention Type DRUG", "300 mg.", "Weekly."),
        *("None", "Usual care.", "Group Type NO_INTERVENTION", "Sham", "Group Type SHAM_COMPARATOR"),
        *("Saline", "Intervention Type OTHER", *LISTED),
    ).arms_interventions_module
    assert [(arm.label, arm.type, arm.description) for arm in module.arm_groups] == [
        ("High", None, None),
        ("None", "NO_INTERVENTION", "Usual care."),
        ("Sham", "SHAM_COMPARATOR", None),
    ]
    assert module.interventions == (
        Intervention("DRUG", "Dupilumab", "300 mg.\n\nWeekly.", ("High",)),
        Intervention("OTHER", "Saline", arm_group_labels=("Sham",)),
    )


def test_an_arm_whose_type_line_is_missing() -> None:
    module = section(
        *("Study Groups", "Cases", "With asthma.", "Saline", "Intervention Type OTHER"),
        *("Controls", "Without.", "Dupilumab", "Intervention Type DRUG", "300 mg.", "Weekly.", *LISTED),
    ).arms_interventions_module
    assert [(arm.label, arm.description, arm.intervention_names) for arm in module.arm_groups] == [
        ("Cases", "With asthma.", ("Other: Saline",)),
        ("Controls", "Without.", ("Drug: Dupilumab",)),
    ]


def test_an_arm_whose_label_cannot_be_told_is_left_out() -> None:
    # Without the list of interventions, "300 mg." may be the description of one or the label of the next arm.
    record = read(
        page(
            *("Study Groups", "High", "Group Type EXPERIMENTAL", "Dupilumab", "Intervention Type DRUG", "300 mg."),
            *("Low", "Group Type EXPERIMENTAL", "Saline", "Intervention Type OTHER"),
        )
    )
    module = record.study.protocol_section.arms_interventions_module
    assert [(arm.label, arm.intervention_names) for arm in module.arm_groups] == [("High", ("Drug: Dupilumab",))]
    assert module.interventions == (Intervention("DRUG", "Dupilumab"),)
    assert [value for _, value, _ in findings(record)] == ["300 mg.", "Low"]


def test_arms_and_interventions_without_any_types_are_left_out() -> None:
    record = read(page("Study Groups", "High", "Dupilumab", "300 mg.", "Interventions", "Dupilumab", "300 mg."))
    assert record.study.protocol_section == section()
    assert len(record.findings) == 5


def test_interventions_of_one_name_are_told_apart_by_their_descriptions() -> None:
    module = section(
        *("Study Groups", "A", "Group Type EXPERIMENTAL", "X", "Intervention Type DRUG", "1 mg"),
        *("B", "Group Type EXPERIMENTAL", "X", "Intervention Type DRUG", "2 mg"),
        *("Interventions", "X", "1 mg", "Intervention Type DRUG", "X", "2 mg", "Intervention Type DRUG"),
    ).arms_interventions_module
    assert module.interventions == (
        Intervention("DRUG", "X", "1 mg", ("A",)),
        Intervention("DRUG", "X", "2 mg", ("B",)),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Parties and places


def test_sponsors_by_role() -> None:
    module = section(
        *("Sponsors", "Sanofi", "INDUSTRY", "Sponsor Role lead", "NIAID", "NIH", "Sponsor Role collaborator"),
        *("Someone", "Sponsor Role collaborator", "Responsible Party", "Responsibility Role SPONSOR"),
    ).sponsor_collaborators_module
    assert module.lead_sponsor == Sponsor("Sanofi", "INDUSTRY")
    assert module.collaborators == (Sponsor("NIAID", "NIH"), Sponsor("Someone"))
    assert module.responsible_party == ResponsibleParty("SPONSOR")


def test_sponsors_without_roles_are_left_out() -> None:
    record = read(page("Sponsors", "Sanofi", "INDUSTRY", "Responsible Party", "Ana Ruiz", "Professor"))
    assert record.study.protocol_section == section()
    assert len(record.findings) == 4


def test_a_country_with_a_comma_and_a_place_without_a_state() -> None:
    record = read(
        page(
            *("Locations", "Research Site", "Seoul, Korea, Republic of", "Site Status", "RECRUITING"),
            *("Baltimore, MD, Maryland, United States", "Site Status", "Clinic", "Singapore, Singapore", "Site Status"),
            *("Countries", "Korea, Republic of", "United States", "Singapore", "Spain"),
        )
    )
    assert record.study.protocol_section.contacts_locations_module.locations == (
        Location("Research Site", "RECRUITING", "Seoul", country="Korea, Republic of"),
        Location(country="United States"),
        Location("Clinic", city="Singapore", country="Singapore"),
    )
    assert [value for _, value, _ in findings(record)] == ["Baltimore, MD, Maryland, United States", "Spain"]


def test_an_unknown_site_status_is_kept_and_an_unknown_country_is_not_split() -> None:
    record = read(
        page(
            *("Locations", "A", "Rome, Italy", "Site Status", "PAUSED", "B", "Paris, France", "Site Status"),
            *("C", "Somewhere, Atlantis", "Site Status"),
        )
    )
    assert record.study.protocol_section.contacts_locations_module.locations == (
        Location("A", "PAUSED", "Rome", country="Italy"),
        Location("B", city="Paris", country="France"),
    )
    assert [each[:2] for each in findings(record)] == [
        ("unknown-value", "PAUSED"),
        ("dropped", "C"),
        ("dropped", "Somewhere, Atlantis"),
    ]


def test_sites_without_status_labels() -> None:
    countries = ("Countries", "Korea, Republic of", "Spain")
    lines = ("A", "Seoul, Korea, Republic of", "RECRUITING", "B", "Madrid, Spain")
    assert section("Locations", *lines, *countries).contacts_locations_module.locations == (
        Location("A", "RECRUITING", "Seoul", country="Korea, Republic of"),
        Location("B", city="Madrid", country="Spain"),
    )
    for unclear in (("A", "B", "Madrid, Spain"), ("A, Spain", "Madrid, Spain"), ("Madrid, Spain",)):
        record = read(page("Locations", *unclear))
        assert record.study.protocol_section == section()
        assert len(record.findings) == len(unclear)


def test_contacts_with_all_some_and_no_details() -> None:
    module = section(
        *(
            "Central Contacts",
            "Ana Ruiz",
            "Role: CONTACT",
            "+34 91 123 456",
            "Ext: 12",
            "ana@example.org, b@example.org",
        ),
        *("wu jiu bai", "Role: CONTACT", "Role: CONTACT", "02-123-4567", "Site 0063", "Role: backup"),
    ).contacts_locations_module
    assert module.central_contacts == (
        Contact("Ana Ruiz", "CONTACT", "+34 91 123 456", "12", "ana@example.org, b@example.org"),
        Contact("wu jiu bai", "CONTACT"),
        Contact(None, "CONTACT", "02-123-4567"),
        Contact("Site 0063", "CONTACT"),
    )


def test_a_line_that_is_no_number_is_not_a_phone() -> None:
    record = read(page("Facility Contacts", "Ana Ruiz", "Role: primary", "E-mail only", "Jo Kim", "Role: primary"))
    assert record.facility_contacts == (Contact("Ana Ruiz", "CONTACT"), Contact("Jo Kim", "CONTACT"))
    assert findings(record) == [("dropped", "E-mail only", "line 13")]


def test_identifiers_by_source() -> None:
    module = section(
        *("Other Identifiers", "AB-12", "Identifier Type: -", "Identifier Source: org_study_id"),
        *("2020-001234-56", "Identifier Type: EUDRACT_NUMBER", "Identifier Source: secondary_id"),
        *("NCT00000001", "Identifier Type: -", "Identifier Source: nct_alias"),
    ).identification_module
    assert module.org_study_id_info == OrgStudyIdInfo("AB-12")
    assert module.secondary_id_infos == (SecondaryIdInfo("2020-001234-56", "EUDRACT_NUMBER"),)
    assert module.nct_id_aliases == ("NCT00000001",)


def test_a_page_without_blank_lines_has_its_paragraphs() -> None:
    text = page("Brief Summary", "One.", "* a", "* b", "Two.", "Conditions", "Asthma").replace("\n\n", "\n")
    protocol = read(text).study.protocol_section
    assert protocol.description_module.brief_summary == "One.\n\n* a\n* b\n\nTwo."
    assert protocol.conditions_module.conditions == ("Asthma",)


def test_a_line_of_prose_that_reads_like_a_heading_is_prose() -> None:
    description = section(
        "Detailed Description",
        "Dive into the extended narrative that explains the scientific background.",
        "Study Design",
        "Two arms.",
        "Conditions",
        "See the medical conditions and disease areas that this research is targeting.",
        "Asthma",
        "Study Design",
        "Understand how the trial is structured.",
    ).description_module.detailed_description
    assert description == "Study Design\n\nTwo arms."
