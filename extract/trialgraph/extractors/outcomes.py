"""Outcomes that the trial set out to measure; what it measured is in `results`."""

from trialgraph import iris
from trialgraph.iris import tg
from trialgraph.record import Trial
from trialgraph.statements import Draft, Field, text

_OUTCOME: list[Field] = [
    ("measure", tg("measure"), text),
    ("description", tg("description"), text),
    ("time_frame", tg("timeFrame"), text),
]


def extract(trial: Trial, draft: Draft) -> None:
    """Primary, secondary and other outcomes."""
    module = trial.study.protocol_section.outcomes_module
    for kind, outcomes, link in (
        ("PRIMARY", module.primary_outcomes, tg("primaryOutcome")),
        ("SECONDARY", module.secondary_outcomes, tg("secondaryOutcome")),
        ("OTHER", module.other_outcomes, tg("otherOutcome")),
    ):
        for outcome in outcomes:
            identity = (kind, outcome.measure or "", outcome.time_frame or "")
            node = draft.part(draft.trial, link, "outcome", tg("Outcome"), *identity)
            draft.rows.append((node, tg("outcomeKind"), iris.value("outcomeKind", kind)))
            draft.describe(node, outcome, _OUTCOME)
