"""The trial itself: what identifies and describes it, its status and dates, its design and oversight."""

from functools import cache

from trialgraph.iris import LABEL, TYPE, tg
from trialgraph.record import Trial
from trialgraph.statements import Draft, Field, count, date, flag, last_day, text, verbatim
from trialgraph.study import DateStruct, DesignModule, PartialDateStruct, StatusModule

_TRIAL = tg("Trial")
_CLASSES = {
    "INTERVENTIONAL": tg("InterventionalTrial"),
    "OBSERVATIONAL": tg("ObservationalStudy"),
    "EXPANDED_ACCESS": tg("ExpandedAccess"),
}

_IDENTIFICATION: list[Field] = [
    ("nct_id", tg("nctId"), verbatim),
    ("brief_title", tg("briefTitle"), text),
    ("official_title", tg("officialTitle"), text),
    ("acronym", tg("acronym"), text),
]
_STUDY: list[Field] = [("has_results", tg("hasResults"), flag)]
_DESCRIPTION: list[Field] = [
    ("brief_summary", tg("briefSummary"), text),
    ("detailed_description", tg("detailedDescription"), text),
]
_STATUS: list[Field] = [
    ("status_verified_date", tg("statusVerified"), date),
    ("overall_status", tg("overallStatus"), "overallStatus"),
    ("last_known_status", tg("lastKnownStatus"), "overallStatus"),
    ("delayed_posting", tg("delayedPosting"), flag),
    ("why_stopped", tg("whyStopped"), text),
    ("study_first_submit_date", tg("firstSubmitted"), date),
    ("study_first_submit_qc_date", tg("studyFirstSubmitQcDate"), date),
    ("results_waived", tg("resultsWaived"), flag),
    ("results_first_submit_date", tg("resultsFirstSubmitDate"), date),
    ("results_first_submit_qc_date", tg("resultsFirstSubmitQcDate"), date),
    ("disp_first_submit_date", tg("dispFirstSubmitDate"), date),
    ("disp_first_submit_qc_date", tg("dispFirstSubmitQcDate"), date),
    ("last_update_submit_date", tg("lastUpdateSubmitDate"), date),
]
#: The dates with a type, and whether the last day that they can mean is stated as well.
_DATES = [
    ("start_date_struct", "startDate", True),
    ("primary_completion_date_struct", "primaryCompletionDate", True),
    ("completion_date_struct", "completionDate", True),
    ("study_first_post_date_struct", "firstPosted", False),
    ("results_first_post_date_struct", "resultsFirstPosted", False),
    ("disp_first_post_date_struct", "dispFirstPosted", False),
    ("last_update_post_date_struct", "lastUpdatePosted", False),
]
_EXPANDED_ACCESS_INFO: list[Field] = [
    ("has_expanded_access", tg("hasExpandedAccess"), flag),
    ("status_for_nct_id", tg("expandedAccessStatus"), "expandedAccessStatus"),
]
_OVERSIGHT: list[Field] = [
    ("oversight_has_dmc", tg("oversightHasDmc"), flag),
    ("is_fda_regulated_drug", tg("isFdaRegulatedDrug"), flag),
    ("is_fda_regulated_device", tg("isFdaRegulatedDevice"), flag),
    ("is_unapproved_device", tg("isUnapprovedDevice"), flag),
    ("is_ppsd", tg("isPpsd"), flag),
    ("is_us_export", tg("isUsExport"), flag),
    ("fdaaa801_violation", tg("fdaaa801Violation"), flag),
]
_DESIGN: list[Field] = [
    ("study_type", tg("studyType"), "studyType"),
    ("n_ptrs_to_this_exp_acc_nct_id", tg("nPtrsToThisExpAccNctId"), count),
    ("patient_registry", tg("patientRegistry"), flag),
    ("target_duration", tg("targetDuration"), text),
]
_EXPANDED_ACCESS_TYPES: list[Field] = [
    ("individual", tg("expandedAccessIndividual"), flag),
    ("intermediate", tg("expandedAccessIntermediate"), flag),
    ("treatment", tg("expandedAccessTreatment"), flag),
]
_DESIGN_INFO: list[Field] = [
    ("allocation", tg("allocation"), "allocation"),
    ("intervention_model", tg("interventionModel"), "interventionModel"),
    ("intervention_model_description", tg("interventionModelDescription"), text),
    ("primary_purpose", tg("primaryPurpose"), "primaryPurpose"),
    ("observational_model", tg("observationalModel"), "observationalModel"),
    ("time_perspective", tg("timePerspective"), "timePerspective"),
]
_MASKING: list[Field] = [
    ("masking", tg("masking"), "masking"),
    ("masking_description", tg("maskingDescription"), text),
]
_BIOSPEC: list[Field] = [
    ("retention", tg("bioSpecRetention"), "bioSpecRetention"),
    ("description", tg("bioSpecDescription"), text),
]
_ENROLLMENT: list[Field] = [
    ("count", tg("enrollment"), count),
    ("type", tg("enrollmentType"), "enrollmentType"),
]

_TITLES = ("brief_title", "official_title", "nct_id")
#: What the registry's oldest records hold instead of an unknown enrolment.
_UNKNOWN_ENROLLMENT = 99_999_999


def extract(trial: Trial, draft: Draft) -> None:
    """The trial with its own fields."""
    protocol, node = trial.study.protocol_section, draft.trial
    identification = protocol.identification_module
    draft.rows.append((node, TYPE, _TRIAL))
    draft.classes[node] = _TRIAL
    if class_ := _CLASSES.get(protocol.design_module.study_type or ""):
        draft.rows.append((node, TYPE, class_))
    title = next(filter(None, (getattr(identification, name) for name in _TITLES)), "")
    draft.rows.append((node, LABEL, text(title)))
    draft.describe(node, identification, _IDENTIFICATION)
    for nct_id in trial.similar:
        draft.mention(tg("similarTo"), nct_id, "similar")
    draft.each(node, tg("nctIdAlias"), identification.nct_id_aliases, verbatim, "nct_id_aliases")
    draft.describe(node, protocol.description_module, _DESCRIPTION)
    draft.describe(node, protocol.oversight_module, _OVERSIGHT)
    draft.each(node, tg("keyword"), protocol.conditions_module.keywords, text, "keywords")
    draft.describe(node, trial.study, _STUDY)
    _status(protocol.status_module, draft)
    _design(protocol.design_module, draft)


def _status(status: StatusModule, draft: Draft) -> None:
    draft.describe(draft.trial, status, _STATUS)
    for attribute, name, latest in _DATES:
        dated(draft, getattr(status, attribute), name, latest)
    access = status.expanded_access_info
    draft.describe(draft.trial, access, _EXPANDED_ACCESS_INFO)
    if access.nct_id:
        draft.mention(tg("expandedAccessRecord"), access.nct_id, "nct_id")


def dated(draft: Draft, struct: PartialDateStruct | DateStruct, name: str, latest: bool = False) -> None:
    """A date of the trial, its type and, on request, the last day that it can mean."""
    if struct.date is None and struct.type is None:
        return
    draft.describe(draft.trial, struct, _dated(name))
    if latest and struct.date and (day := last_day(struct.date)):
        draft.rows.append((draft.trial, tg(f"{name}Latest"), day))


@cache
def _dated(name: str) -> list[Field]:
    return [("date", tg(name), date), ("type", tg(f"{name}Type"), "dateType")]


def _design(design: DesignModule, draft: Draft) -> None:
    node, masking = draft.trial, design.design_info.masking_info
    draft.describe(node, design, _DESIGN)
    draft.each(node, tg("phase"), dict.fromkeys(design.phases), "phase", "phases")
    draft.describe(node, design.expanded_access_types, _EXPANDED_ACCESS_TYPES)
    draft.describe(node, design.design_info, _DESIGN_INFO)
    draft.describe(node, masking, _MASKING)
    draft.each(node, tg("whoMasked"), dict.fromkeys(masking.who_masked), "whoMasked", "who_masked")
    draft.describe(node, design.bio_spec, _BIOSPEC)
    draft.describe(node, design.enrollment_info, _ENROLLMENT)
    if design.enrollment_info.count == _UNKNOWN_ENROLLMENT:
        draft.note("text", "count", _UNKNOWN_ENROLLMENT, "a filler of old records rather than an enrolment")
