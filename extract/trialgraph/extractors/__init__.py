"""From a Trial to the statements about it: one module an entity, each `extract(trial, draft)`."""

from collections.abc import Callable, Iterator

from trialgraph.extractors import (
    arms,
    conditions,
    eligibility,
    identifiers,
    outcomes,
    postings,
    records,
    references,
    results,
    sites,
    sponsors,
    trial,
)
from trialgraph.record import Record, Trial
from trialgraph.statements import Contacts, Draft, Values

#: The extractors, in the order in which a trial's parts are stated.
EXTRACTORS: tuple[Callable[[Trial, Draft], None], ...] = (
    trial.extract,
    identifiers.extract,
    sponsors.extract,
    conditions.extract,
    arms.extract,
    outcomes.extract,
    eligibility.extract,
    sites.extract,
    references.extract,
    results.extract,
    postings.extract,
)


class Extraction:
    """What all trials of a run are extracted with."""

    def __init__(self, values: Values, base: str, contacts: Contacts = "full", retrieved: str | None = None) -> None:
        self.values, self.base, self.contacts, self.retrieved = values, base, contacts, retrieved

    def draft(self, merged: Trial) -> Draft:
        """The statements about a trial, its records and their disagreements."""
        draft = self._own(merged)
        records.extract(merged, draft)
        names = records.names(merged, self.base)
        for record in merged.records:
            if record.partial:
                own = draft if len(merged.records) == 1 else self._own(_alone(record))
                rows = len(own.rows)
                records.not_stated(record, names[record.sha256], own)
                if own is not draft:
                    draft.rows += own.rows[rows:]
        return draft

    def record_drafts(self, merged: Trial) -> Iterator[tuple[str, Draft]]:
        """The name of each record's own graph, and what that record alone states."""
        names = records.names(merged, self.base)
        for record in merged.records:
            yield names[record.sha256], self._own(_alone(record))

    def _own(self, merged: Trial) -> Draft:
        nct_id = merged.records[0].nct_id
        draft = Draft(nct_id, self.values, self.base, self.contacts, self.retrieved)
        for extract in EXTRACTORS:
            extract(merged, draft)
        return draft


def _alone(record: Record) -> Trial:
    return Trial(record.study, (record,), (), record.facility_contacts, record.similar)
