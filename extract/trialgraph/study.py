"""The Study record: the shape and the names of the registry's own v2 model, in snake_case.

Every other source maps onto it. A list that the record leaves out is empty, a struct that it leaves out is an
empty struct, any other field is None. Enumerations are plain tokens, because next year's registry may know more of
them; numbers and flags accept text, because a record that says "66 participants" has said something.

Source: the OpenAPI description 2.0.5 of https://clinicaltrials.gov/api/v2 and the records themselves.
"""

import re
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct, field


class Base(Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """What all structs of the model share. An unknown field is an error; readers.repair reports it."""


#: The form of an NCT id.
NCT_ID = re.compile(r"NCT[0-9]{8}")

#: A date as stated: yyyy, yyyy-MM or yyyy-MM-dd.
Date = Annotated[str, Meta(title="Date")]
#: A time as stated: yyyy-MM-ddTHH:mm.
DateTime = Annotated[str, Meta(title="DateTime")]
#: A number and a unit of time, such as "18 Years".
Duration = Annotated[str, Meta(title="Duration")]
Count: TypeAlias = int | float | str
Number: TypeAlias = int | float | str
Flag: TypeAlias = bool | str

# The enumerations of the model, by the names that the registry gives them; ontology/vocabulary.ttl holds their values.
AgencyClass = Annotated[str, Meta(title="AgencyClass")]
AgreementRestrictionType = Annotated[str, Meta(title="AgreementRestrictionType")]
AnalysisDispersionType = Annotated[str, Meta(title="AnalysisDispersionType")]
ArmGroupType = Annotated[str, Meta(title="ArmGroupType")]
BioSpecRetention = Annotated[str, Meta(title="BioSpecRetention")]
BrowseLeafRelevance = Annotated[str, Meta(title="BrowseLeafRelevance")]
ConfidenceIntervalNumSides = Annotated[str, Meta(title="ConfidenceIntervalNumSides")]
ContactRole = Annotated[str, Meta(title="ContactRole")]
DateType = Annotated[str, Meta(title="DateType")]
DesignAllocation = Annotated[str, Meta(title="DesignAllocation")]
DesignMasking = Annotated[str, Meta(title="DesignMasking")]
DesignTimePerspective = Annotated[str, Meta(title="DesignTimePerspective")]
EnrollmentType = Annotated[str, Meta(title="EnrollmentType")]
EventAssessment = Annotated[str, Meta(title="EventAssessment")]
ExpandedAccessStatus = Annotated[str, Meta(title="ExpandedAccessStatus")]
InterventionType = Annotated[str, Meta(title="InterventionType")]
InterventionalAssignment = Annotated[str, Meta(title="InterventionalAssignment")]
IpdSharing = Annotated[str, Meta(title="IpdSharing")]
IpdSharingInfoType = Annotated[str, Meta(title="IpdSharingInfoType")]
MeasureDispersionType = Annotated[str, Meta(title="MeasureDispersionType")]
MeasureParam = Annotated[str, Meta(title="MeasureParam")]
NonInferiorityType = Annotated[str, Meta(title="NonInferiorityType")]
ObservationalModel = Annotated[str, Meta(title="ObservationalModel")]
OfficialRole = Annotated[str, Meta(title="OfficialRole")]
OrgStudyIdType = Annotated[str, Meta(title="OrgStudyIdType")]
OutcomeMeasureType = Annotated[str, Meta(title="OutcomeMeasureType")]
Phase = Annotated[str, Meta(title="Phase")]
PrimaryPurpose = Annotated[str, Meta(title="PrimaryPurpose")]
RecruitmentStatus = Annotated[str, Meta(title="RecruitmentStatus")]
ReferenceType = Annotated[str, Meta(title="ReferenceType")]
ReportingStatus = Annotated[str, Meta(title="ReportingStatus")]
ResponsiblePartyType = Annotated[str, Meta(title="ResponsiblePartyType")]
SamplingMethod = Annotated[str, Meta(title="SamplingMethod")]
SecondaryIdType = Annotated[str, Meta(title="SecondaryIdType")]
Sex = Annotated[str, Meta(title="Sex")]
StandardAge = Annotated[str, Meta(title="StandardAge")]
Status = Annotated[str, Meta(title="Status")]
StudyType = Annotated[str, Meta(title="StudyType")]
UnpostedEventType = Annotated[str, Meta(title="UnpostedEventType")]
ViolationEventType = Annotated[str, Meta(title="ViolationEventType")]
WhoMasked = Annotated[str, Meta(title="WhoMasked")]


class OrgStudyIdInfo(Base, frozen=True):
    id: str | None = None
    type: OrgStudyIdType | None = None
    link: str | None = None


class SecondaryIdInfo(Base, frozen=True):
    id: str | None = None
    type: SecondaryIdType | None = None
    domain: str | None = None
    link: str | None = None


class Organization(Base, frozen=True):
    full_name: str | None = None
    class_: AgencyClass | None = field(name="class", default=None)


class IdentificationModule(Base, frozen=True):
    nct_id: str | None = None
    nct_id_aliases: tuple[str, ...] = ()
    org_study_id_info: OrgStudyIdInfo = OrgStudyIdInfo()
    secondary_id_infos: tuple[SecondaryIdInfo, ...] = ()
    brief_title: str | None = None
    official_title: str | None = None
    acronym: str | None = None
    organization: Organization = Organization()


class ExpandedAccessInfo(Base, frozen=True):
    has_expanded_access: Flag | None = None
    nct_id: str | None = None
    status_for_nct_id: ExpandedAccessStatus | None = None


class PartialDateStruct(Base, frozen=True):
    date: Date | None = None
    type: DateType | None = None


class DateStruct(Base, frozen=True):
    date: Date | None = None
    type: DateType | None = None


class StatusModule(Base, frozen=True):
    status_verified_date: Date | None = None
    overall_status: Status | None = None
    last_known_status: Status | None = None
    delayed_posting: Flag | None = None
    why_stopped: str | None = None
    expanded_access_info: ExpandedAccessInfo = ExpandedAccessInfo()
    start_date_struct: PartialDateStruct = PartialDateStruct()
    primary_completion_date_struct: PartialDateStruct = PartialDateStruct()
    completion_date_struct: PartialDateStruct = PartialDateStruct()
    study_first_submit_date: Date | None = None
    study_first_submit_qc_date: Date | None = None
    study_first_post_date_struct: DateStruct = DateStruct()
    results_waived: Flag | None = None
    results_first_submit_date: Date | None = None
    results_first_submit_qc_date: Date | None = None
    results_first_post_date_struct: DateStruct = DateStruct()
    disp_first_submit_date: Date | None = None
    disp_first_submit_qc_date: Date | None = None
    disp_first_post_date_struct: DateStruct = DateStruct()
    last_update_submit_date: Date | None = None
    last_update_post_date_struct: DateStruct = DateStruct()


class ResponsibleParty(Base, frozen=True):
    type: ResponsiblePartyType | None = None
    investigator_full_name: str | None = None
    investigator_title: str | None = None
    investigator_affiliation: str | None = None
    old_name_title: str | None = None
    old_organization: str | None = None


class Sponsor(Base, frozen=True):
    name: str | None = None
    class_: AgencyClass | None = field(name="class", default=None)


class SponsorCollaboratorsModule(Base, frozen=True):
    responsible_party: ResponsibleParty = ResponsibleParty()
    lead_sponsor: Sponsor = Sponsor()
    collaborators: tuple[Sponsor, ...] = ()


class OversightModule(Base, frozen=True):
    oversight_has_dmc: Flag | None = None
    is_fda_regulated_drug: Flag | None = None
    is_fda_regulated_device: Flag | None = None
    is_unapproved_device: Flag | None = None
    is_ppsd: Flag | None = None
    is_us_export: Flag | None = None
    fdaaa801_violation: Flag | None = None


class DescriptionModule(Base, frozen=True):
    brief_summary: str | None = None
    detailed_description: str | None = None


class ConditionsModule(Base, frozen=True):
    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


class ExpandedAccessTypes(Base, frozen=True):
    individual: Flag | None = None
    intermediate: Flag | None = None
    treatment: Flag | None = None


class MaskingBlock(Base, frozen=True):
    masking: DesignMasking | None = None
    masking_description: str | None = None
    who_masked: tuple[WhoMasked, ...] = ()


class DesignInfo(Base, frozen=True):
    allocation: DesignAllocation | None = None
    intervention_model: InterventionalAssignment | None = None
    intervention_model_description: str | None = None
    primary_purpose: PrimaryPurpose | None = None
    observational_model: ObservationalModel | None = None
    time_perspective: DesignTimePerspective | None = None
    masking_info: MaskingBlock = MaskingBlock()


class BioSpec(Base, frozen=True):
    retention: BioSpecRetention | None = None
    description: str | None = None


class EnrollmentInfo(Base, frozen=True):
    count: Count | None = None
    type: EnrollmentType | None = None


class DesignModule(Base, frozen=True):
    study_type: StudyType | None = None
    n_ptrs_to_this_exp_acc_nct_id: Count | None = None
    expanded_access_types: ExpandedAccessTypes = ExpandedAccessTypes()
    patient_registry: Flag | None = None
    target_duration: Duration | None = None
    phases: tuple[Phase, ...] = ()
    design_info: DesignInfo = DesignInfo()
    bio_spec: BioSpec = BioSpec()
    enrollment_info: EnrollmentInfo = EnrollmentInfo()


class ArmGroup(Base, frozen=True):
    label: str | None = None
    type: ArmGroupType | None = None
    description: str | None = None
    intervention_names: tuple[str, ...] = ()


class Intervention(Base, frozen=True):
    type: InterventionType | None = None
    name: str | None = None
    description: str | None = None
    arm_group_labels: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()


class ArmsInterventionsModule(Base, frozen=True):
    arm_groups: tuple[ArmGroup, ...] = ()
    interventions: tuple[Intervention, ...] = ()


class Outcome(Base, frozen=True):
    measure: str | None = None
    description: str | None = None
    time_frame: str | None = None


class OutcomesModule(Base, frozen=True):
    primary_outcomes: tuple[Outcome, ...] = ()
    secondary_outcomes: tuple[Outcome, ...] = ()
    other_outcomes: tuple[Outcome, ...] = ()


class EligibilityModule(Base, frozen=True):
    eligibility_criteria: str | None = None
    healthy_volunteers: Flag | None = None
    sex: Sex | None = None
    gender_based: Flag | None = None
    gender_description: str | None = None
    minimum_age: Duration | None = None
    maximum_age: Duration | None = None
    std_ages: tuple[StandardAge, ...] = ()
    study_population: str | None = None
    sampling_method: SamplingMethod | None = None


class Contact(Base, frozen=True):
    name: str | None = None
    role: ContactRole | None = None
    phone: str | None = None
    phone_ext: str | None = None
    email: str | None = None


class Official(Base, frozen=True):
    name: str | None = None
    affiliation: str | None = None
    role: OfficialRole | None = None


class GeoPoint(Base, frozen=True):
    lat: Number | None = None
    lon: Number | None = None


class Location(Base, frozen=True):
    facility: str | None = None
    status: RecruitmentStatus | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    country_code: str | None = None
    contacts: tuple[Contact, ...] = ()
    geo_point: GeoPoint = GeoPoint()


class ContactsLocationsModule(Base, frozen=True):
    central_contacts: tuple[Contact, ...] = ()
    overall_officials: tuple[Official, ...] = ()
    locations: tuple[Location, ...] = ()


class Retraction(Base, frozen=True):
    pmid: str | None = None
    source: str | None = None


class Reference(Base, frozen=True):
    pmid: str | None = None
    type: ReferenceType | None = None
    citation: str | None = None
    retractions: tuple[Retraction, ...] = ()


class SeeAlsoLink(Base, frozen=True):
    label: str | None = None
    url: str | None = None


class AvailIpd(Base, frozen=True):
    id: str | None = None
    type: str | None = None
    url: str | None = None
    comment: str | None = None


class ReferencesModule(Base, frozen=True):
    references: tuple[Reference, ...] = ()
    see_also_links: tuple[SeeAlsoLink, ...] = ()
    avail_ipds: tuple[AvailIpd, ...] = ()


class IpdSharingStatementModule(Base, frozen=True):
    ipd_sharing: IpdSharing | None = None
    description: str | None = None
    info_types: tuple[IpdSharingInfoType, ...] = ()
    time_frame: str | None = None
    access_criteria: str | None = None
    url: str | None = None


class ProtocolSection(Base, frozen=True):
    identification_module: IdentificationModule = IdentificationModule()
    status_module: StatusModule = StatusModule()
    sponsor_collaborators_module: SponsorCollaboratorsModule = SponsorCollaboratorsModule()
    oversight_module: OversightModule = OversightModule()
    description_module: DescriptionModule = DescriptionModule()
    conditions_module: ConditionsModule = ConditionsModule()
    design_module: DesignModule = DesignModule()
    arms_interventions_module: ArmsInterventionsModule = ArmsInterventionsModule()
    outcomes_module: OutcomesModule = OutcomesModule()
    eligibility_module: EligibilityModule = EligibilityModule()
    contacts_locations_module: ContactsLocationsModule = ContactsLocationsModule()
    references_module: ReferencesModule = ReferencesModule()
    ipd_sharing_statement_module: IpdSharingStatementModule = IpdSharingStatementModule()


class FlowGroup(Base, frozen=True):
    id: str | None = None
    title: str | None = None
    description: str | None = None


class FlowStats(Base, frozen=True):
    group_id: str | None = None
    comment: str | None = None
    num_subjects: str | None = None
    num_units: str | None = None


class FlowMilestone(Base, frozen=True):
    type: str | None = None
    comment: str | None = None
    achievements: tuple[FlowStats, ...] = ()


class DropWithdraw(Base, frozen=True):
    type: str | None = None
    comment: str | None = None
    reasons: tuple[FlowStats, ...] = ()


class FlowPeriod(Base, frozen=True):
    title: str | None = None
    milestones: tuple[FlowMilestone, ...] = ()
    drop_withdraws: tuple[DropWithdraw, ...] = ()


class ParticipantFlowModule(Base, frozen=True):
    pre_assignment_details: str | None = None
    recruitment_details: str | None = None
    type_units_analyzed: str | None = None
    groups: tuple[FlowGroup, ...] = ()
    periods: tuple[FlowPeriod, ...] = ()


class MeasureGroup(Base, frozen=True):
    id: str | None = None
    title: str | None = None
    description: str | None = None


class DenomCount(Base, frozen=True):
    group_id: str | None = None
    value: str | None = None


class Denom(Base, frozen=True):
    units: str | None = None
    counts: tuple[DenomCount, ...] = ()


class Measurement(Base, frozen=True):
    group_id: str | None = None
    value: str | None = None
    spread: str | None = None
    lower_limit: str | None = None
    upper_limit: str | None = None
    comment: str | None = None


class MeasureCategory(Base, frozen=True):
    title: str | None = None
    measurements: tuple[Measurement, ...] = ()


class MeasureClass(Base, frozen=True):
    title: str | None = None
    denoms: tuple[Denom, ...] = ()
    categories: tuple[MeasureCategory, ...] = ()


class BaselineMeasure(Base, frozen=True):
    title: str | None = None
    description: str | None = None
    population_description: str | None = None
    param_type: MeasureParam | None = None
    dispersion_type: MeasureDispersionType | None = None
    unit_of_measure: str | None = None
    calculate_pct: Flag | None = None
    denom_units_selected: str | None = None
    denoms: tuple[Denom, ...] = ()
    classes: tuple[MeasureClass, ...] = ()


class BaselineCharacteristicsModule(Base, frozen=True):
    population_description: str | None = None
    type_units_analyzed: str | None = None
    groups: tuple[MeasureGroup, ...] = ()
    denoms: tuple[Denom, ...] = ()
    measures: tuple[BaselineMeasure, ...] = ()


class MeasureAnalysis(Base, frozen=True):
    param_type: str | None = None
    param_value: str | None = None
    dispersion_type: AnalysisDispersionType | None = None
    dispersion_value: str | None = None
    statistical_method: str | None = None
    statistical_comment: str | None = None
    p_value: str | None = None
    p_value_comment: str | None = None
    ci_num_sides: ConfidenceIntervalNumSides | None = None
    ci_pct_value: str | None = None
    ci_lower_limit: str | None = None
    ci_upper_limit: str | None = None
    ci_lower_limit_comment: str | None = None
    ci_upper_limit_comment: str | None = None
    estimate_comment: str | None = None
    tested_non_inferiority: Flag | None = None
    non_inferiority_type: NonInferiorityType | None = None
    non_inferiority_comment: str | None = None
    other_analysis_description: str | None = None
    group_description: str | None = None
    group_ids: tuple[str, ...] = ()


class OutcomeMeasure(Base, frozen=True):
    type: OutcomeMeasureType | None = None
    title: str | None = None
    description: str | None = None
    population_description: str | None = None
    reporting_status: ReportingStatus | None = None
    anticipated_posting_date: Date | None = None
    param_type: MeasureParam | None = None
    dispersion_type: str | None = None
    unit_of_measure: str | None = None
    calculate_pct: Flag | None = None
    time_frame: str | None = None
    type_units_analyzed: str | None = None
    denom_units_selected: str | None = None
    groups: tuple[MeasureGroup, ...] = ()
    denoms: tuple[Denom, ...] = ()
    classes: tuple[MeasureClass, ...] = ()
    analyses: tuple[MeasureAnalysis, ...] = ()


class OutcomeMeasuresModule(Base, frozen=True):
    outcome_measures: tuple[OutcomeMeasure, ...] = ()


class EventGroup(Base, frozen=True):
    id: str | None = None
    title: str | None = None
    description: str | None = None
    deaths_num_affected: Count | None = None
    deaths_num_at_risk: Count | None = None
    serious_num_affected: Count | None = None
    serious_num_at_risk: Count | None = None
    other_num_affected: Count | None = None
    other_num_at_risk: Count | None = None


class EventStats(Base, frozen=True):
    group_id: str | None = None
    num_events: Count | None = None
    num_affected: Count | None = None
    num_at_risk: Count | None = None


class AdverseEvent(Base, frozen=True):
    term: str | None = None
    organ_system: str | None = None
    source_vocabulary: str | None = None
    assessment_type: EventAssessment | None = None
    notes: str | None = None
    stats: tuple[EventStats, ...] = ()


class AdverseEventsModule(Base, frozen=True):
    frequency_threshold: str | None = None
    time_frame: str | None = None
    description: str | None = None
    all_cause_mortality_comment: str | None = None
    event_groups: tuple[EventGroup, ...] = ()
    serious_events: tuple[AdverseEvent, ...] = ()
    other_events: tuple[AdverseEvent, ...] = ()


class LimitationsAndCaveats(Base, frozen=True):
    description: str | None = None


class CertainAgreement(Base, frozen=True):
    pi_sponsor_employee: Flag | None = None
    restriction_type: AgreementRestrictionType | None = None
    restrictive_agreement: Flag | None = None
    other_details: str | None = None


class PointOfContact(Base, frozen=True):
    title: str | None = None
    organization: str | None = None
    email: str | None = None
    phone: str | None = None
    phone_ext: str | None = None


class MoreInfoModule(Base, frozen=True):
    limitations_and_caveats: LimitationsAndCaveats = LimitationsAndCaveats()
    certain_agreement: CertainAgreement = CertainAgreement()
    point_of_contact: PointOfContact = PointOfContact()


class ResultsSection(Base, frozen=True):
    participant_flow_module: ParticipantFlowModule = ParticipantFlowModule()
    baseline_characteristics_module: BaselineCharacteristicsModule = BaselineCharacteristicsModule()
    outcome_measures_module: OutcomeMeasuresModule = OutcomeMeasuresModule()
    adverse_events_module: AdverseEventsModule = AdverseEventsModule()
    more_info_module: MoreInfoModule = MoreInfoModule()


class UnpostedEvent(Base, frozen=True):
    type: UnpostedEventType | None = None
    date: Date | None = None
    date_unknown: Flag | None = None


class UnpostedAnnotation(Base, frozen=True):
    unposted_responsible_party: str | None = None
    unposted_events: tuple[UnpostedEvent, ...] = ()


class ViolationEvent(Base, frozen=True):
    type: ViolationEventType | None = None
    description: str | None = None
    creation_date: Date | None = None
    issued_date: Date | None = None
    release_date: Date | None = None
    posted_date: Date | None = None


class ViolationAnnotation(Base, frozen=True):
    violation_events: tuple[ViolationEvent, ...] = ()


class AnnotationModule(Base, frozen=True):
    unposted_annotation: UnpostedAnnotation = UnpostedAnnotation()
    violation_annotation: ViolationAnnotation = ViolationAnnotation()


class AnnotationSection(Base, frozen=True):
    annotation_module: AnnotationModule = AnnotationModule()


class LargeDoc(Base, frozen=True):
    type_abbrev: str | None = None
    has_protocol: Flag | None = None
    has_sap: Flag | None = None
    has_icf: Flag | None = None
    label: str | None = None
    date: Date | None = None
    upload_date: DateTime | None = None
    filename: str | None = None
    size: Count | None = None


class LargeDocumentModule(Base, frozen=True):
    no_sap: Flag | None = None
    large_docs: tuple[LargeDoc, ...] = ()


class DocumentSection(Base, frozen=True):
    large_document_module: LargeDocumentModule = LargeDocumentModule()


class FirstMcpInfo(Base, frozen=True):
    post_date_struct: DateStruct = DateStruct()


class SubmissionInfo(Base, frozen=True):
    release_date: Date | None = None
    unrelease_date: Date | None = None
    unrelease_date_unknown: Flag | None = None
    reset_date: Date | None = None
    mcp_release_n: Count | None = None


class SubmissionTracking(Base, frozen=True):
    estimated_results_first_submit_date: Date | None = None
    first_mcp_info: FirstMcpInfo = FirstMcpInfo()
    submission_infos: tuple[SubmissionInfo, ...] = ()


class MiscInfoModule(Base, frozen=True):
    version_holder: Date | None = None
    removed_countries: tuple[str, ...] = ()
    submission_tracking: SubmissionTracking = SubmissionTracking()


class Mesh(Base, frozen=True):
    id: str | None = None
    term: str | None = None


class BrowseLeaf(Base, frozen=True):
    id: str | None = None
    name: str | None = None
    as_found: str | None = None
    relevance: BrowseLeafRelevance | None = None


class BrowseBranch(Base, frozen=True):
    abbrev: str | None = None
    name: str | None = None


class BrowseModule(Base, frozen=True):
    meshes: tuple[Mesh, ...] = ()
    ancestors: tuple[Mesh, ...] = ()
    browse_leaves: tuple[BrowseLeaf, ...] = ()
    browse_branches: tuple[BrowseBranch, ...] = ()


class DerivedSection(Base, frozen=True):
    misc_info_module: MiscInfoModule = MiscInfoModule()
    condition_browse_module: BrowseModule = BrowseModule()
    intervention_browse_module: BrowseModule = BrowseModule()


class Study(Base, frozen=True):
    protocol_section: ProtocolSection = ProtocolSection()
    results_section: ResultsSection = ResultsSection()
    annotation_section: AnnotationSection = AnnotationSection()
    document_section: DocumentSection = DocumentSection()
    derived_section: DerivedSection = DerivedSection()
    has_results: Flag | None = None
