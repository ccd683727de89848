"""A Record: a Study, and what is known about the place that it was read from."""

from typing import Literal

from msgspec import Struct

from trialgraph.notebook import facts
from trialgraph.study import Contact, Date, Study

#: What can be wrong with a value without losing the record that holds it.
Kind = Literal[
    "rejected",  # a record that could not be read
    "text",  # a value that did not parse and stays as text
    "dropped",  # a value that has no place in the model's shape, or none on Earth
    "unknown-field",  # a field that the model does not know
    "unknown-value",  # a token or a page's word that the vocabulary does not know
    "cleaned",  # characters that no graph should carry, replaced
    "redacted",  # an e-mail address or a phone number, removed on request
]


class Finding(Struct, frozen=True, omit_defaults=True):
    """One thing to tell the user about a record: what (`kind`, `value`, `message`) and where."""

    kind: Kind
    message: str
    value: str = ""
    pointer: str = ""  # JSON pointer in the record, or "line 12" of a page
    file: str = ""
    nct_id: str = ""


class Record(Struct, frozen=True):
    """One registry entry as one source shows it.

    A captured page has things that the registry's model has no place for: contacts of facilities that are not tied
    to a site, and the trials that the page calls related.
    """

    study: Study
    reader: str  # "ctgov", "meddatax", "veeva"
    file: str
    sha256: str  # of the bytes of the record, hexadecimal
    updated: Date | None = None  # when the registry entry was last updated, as the source says
    partial: bool = False  # True for a captured page, which shows only a part of the entry
    facility_contacts: tuple[Contact, ...] = ()
    similar: tuple[str, ...] = ()  # NCT ids
    findings: tuple[Finding, ...] = ()
    place: str = ""  # of the record in its file: a JSON pointer, or "line 12"; "" if it is the whole file

    @property
    def nct_id(self) -> str:
        """The trial's NCT id; every reader makes sure that there is one."""
        return self.study.protocol_section.identification_module.nct_id or ""

    def __repr__(self) -> str:
        """The trial and where it was read; the whole study is too much for a prompt."""
        return f"<Record {self.nct_id} of {' '.join(filter(None, (self.file, self.place)))}>"

    def _repr_html_(self) -> str:
        """The trial at a glance, for a notebook."""
        protocol = self.study.protocol_section
        status, design = protocol.status_module, protocol.design_module
        parties, locations = protocol.sponsor_collaborators_module, protocol.contacts_locations_module.locations
        enrollment = design.enrollment_info
        dates = (
            ("start", status.start_date_struct),
            ("primary completion", status.primary_completion_date_struct),
            ("completion", status.completion_date_struct),
        )
        countries = {location.country for location in locations if location.country}
        return facts(
            " ".join(filter(None, (self.nct_id, protocol.identification_module.brief_title))),
            [
                ("status", status.overall_status),
                ("type", design.study_type),
                ("phase", "/".join(design.phases)),
                ("lead sponsor", parties.lead_sponsor.name),
                ("collaborators", [each.name for each in parties.collaborators]),
                ("conditions", protocol.conditions_module.conditions),
                ("interventions", [each.name for each in protocol.arms_interventions_module.interventions]),
                ("enrollment", _typed(enrollment.count, enrollment.type)),
                *((name, _typed(each.date, each.type)) for name, each in dates),
                ("sites", _sites(len(locations), len(countries)) if locations else None),
                ("read from", f"{' '.join(filter(None, (self.file, self.place)))} ({self.reader})"),
            ],
        )


def _sites(sites: int, countries: int) -> str:
    return f"{sites:,} in {countries} {'country' if countries == 1 else 'countries'}" if countries else f"{sites:,}"


def _typed(value: object, type_: str | None) -> str | None:
    """A number or a date that is stated, and whether it is an estimate."""
    return None if value is None else f"{value} ({type_})" if type_ else str(value)


class Difference(Struct, frozen=True):
    """What two records of one trial say differently at one place of the model."""

    path: str  # of the model, in the registry's names: "protocolSection.designModule.enrollmentInfo.count"
    kept: tuple[str, ...]  # the values of the record that wins
    other: tuple[str, ...]
    kept_from: Record
    other_from: Record
    part: str = ""  # what the part of the trial is called that the values belong to: an arm's label, a site's facility


class Trial(Struct, frozen=True):
    """One trial, as all its records say together: `study` is the merged one, `records` come newest first."""

    study: Study
    records: tuple[Record, ...]
    differences: tuple[Difference, ...] = ()
    facility_contacts: tuple[Contact, ...] = ()
    similar: tuple[str, ...] = ()
