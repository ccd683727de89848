"""What the registry adds about the posting of results: submissions, unposted results and violations of FDAAA 801."""

from trialgraph.extractors.trial import dated
from trialgraph.iris import tg
from trialgraph.record import Trial
from trialgraph.statements import Draft, Field, count, date, flag, text

_UNPOSTED_EVENT: list[Field] = [
    ("type", tg("unpostedEventType"), "unpostedEventType"),
    ("date", tg("date"), date),
    ("date_unknown", tg("dateUnknown"), flag),
]
_VIOLATION_EVENT: list[Field] = [
    ("type", tg("violationEventType"), "violationEventType"),
    ("description", tg("description"), text),
    ("creation_date", tg("creationDate"), date),
    ("issued_date", tg("issuedDate"), date),
    ("release_date", tg("releaseDate"), date),
    ("posted_date", tg("postedDate"), date),
]
_SUBMISSION: list[Field] = [
    ("release_date", tg("releaseDate"), date),
    ("unrelease_date", tg("unreleaseDate"), date),
    ("unrelease_date_unknown", tg("unreleaseDateUnknown"), flag),
    ("reset_date", tg("resetDate"), date),
    ("mcp_release_n", tg("mcpReleaseN"), count),
]


def extract(trial: Trial, draft: Draft) -> None:
    """Submissions, and the annotations that the registry puts on a record."""
    node, annotation = draft.trial, trial.study.annotation_section.annotation_module
    unposted = annotation.unposted_annotation
    draft.describe(node, unposted, [("unposted_responsible_party", tg("unpostedResponsibleParty"), text)])
    for event in unposted.unposted_events:
        part = draft.part(
            node, tg("unpostedEvent"), "unposted-event", tg("UnpostedEvent"), event.type or "", event.date or ""
        )
        draft.describe(part, event, _UNPOSTED_EVENT)
    for violation in annotation.violation_annotation.violation_events:
        identity = (violation.type or "", violation.creation_date or "", violation.description or "")
        part = draft.part(node, tg("violationEvent"), "violation-event", tg("ViolationEvent"), *identity)
        draft.describe(part, violation, _VIOLATION_EVENT)
    tracking = trial.study.derived_section.misc_info_module.submission_tracking
    estimated = "estimated_results_first_submit_date"
    draft.describe(node, tracking, [(estimated, tg("estimatedResultsFirstSubmitDate"), date)])
    dated(draft, tracking.first_mcp_info.post_date_struct, "firstMcpPosted")
    for submission in tracking.submission_infos:
        identity = (submission.release_date or "", submission.reset_date or "", submission.unrelease_date or "")
        part = draft.part(node, tg("submission"), "submission", tg("Submission"), *identity)
        draft.describe(part, submission, _SUBMISSION)
