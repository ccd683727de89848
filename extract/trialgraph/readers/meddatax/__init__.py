"""Captured trial pages of meddatax.com.

Two captures of one page can differ: one has all labels; another has lost the label lines, the types of arms and
interventions and the long texts, and lists other trials inside the summary. What only a lost label could tell is left
out and reported.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from trialgraph.errors import RecordError
from trialgraph.readers import page
from trialgraph.readers.meddatax import arms, parties, results
from trialgraph.readers.meddatax.layout import SENTENCE, SENTENCES, sections, unglued
from trialgraph.readers.page import Line, filled
from trialgraph.readers.reading import Labelled, Reading, split_words
from trialgraph.record import Record
from trialgraph.study import (
    NCT_ID,
    ConditionsModule,
    ContactsLocationsModule,
    DescriptionModule,
    DesignInfo,
    DesignModule,
    EligibilityModule,
    EnrollmentInfo,
    IdentificationModule,
    MaskingBlock,
    PartialDateStruct,
    ProtocolSection,
    StatusModule,
    Study,
)
from trialgraph.vocabulary import Vocabulary

NAME = "meddatax"

#: Labels with the kind of value of each: a scheme of the vocabulary, or one of the patterns.
_BASICS = {
    "Recruitment Status": "overallStatus",
    "Clinical Phase": "phase",
    "Total Enrollment": "participants",
    "Study Classification": "studyType",
    "Study Start Date": "date",
    "Study Completion Date": "date",
}
_DESIGN = {
    "Allocation Method": "allocation",
    "Intervention Model": "interventionModel",
    "Primary Study Purpose": "primaryPurpose",
    "Blinding Strategy": "masking",
    "Observational Model": "observationalModel",
    "Time Perspective": "timePerspective",
}
_ELIGIBILITY = {
    "Minimum Eligible Age": "age",
    "Maximum Eligible Age": "age",
    "Eligible Sex": "sex",
    "Accepts Healthy Volunteers": "yes or no",
}
_LABELS = {*_BASICS, *_DESIGN, *_ELIGIBILITY}
_PATTERNS = {
    "age": re.compile(r"\d+ (?:Year|Month|Week|Day|Hour|Minute)s?"),
    "date": re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?"),
    "participants": re.compile(r"(\d[\d,]{0,14}) participants?"),
    "yes or no": re.compile(r"yes|no", re.IGNORECASE),
}
#: A word of an enumeration, known or not, as the registry's API spells them.
_WORD = re.compile(r"[A-Z][A-Z0-9_/]*")

_NCT_LINE = re.compile(r"NCT ID:\s*(NCT[0-9]{8})")
_UPDATED = re.compile(r"Last Updated:\s*(\S.*)")
#: What the head of a page says of results.
_PUBLISHED = [
    (re.compile(r"Results pending|The study team has not published"), False),
    (re.compile(r"View full results|Outcome measurements, participant flow.*have been published"), True),
]


def recognises(text: str) -> bool:
    """True if the text is a page of this layout, whole or damaged."""
    if not page.is_text(text):
        return False
    if SENTENCE.search(text):
        return True
    lines = {line.bare for line in filled(page.lines(text))}
    named = any(_NCT_LINE.fullmatch(line) or results.TITLE.fullmatch(line) for line in lines)
    return named and len(lines & {*SENTENCES, *_LABELS, *results.LABELS}) > 1


def read(text: str, file: str, words: Vocabulary) -> Record:
    """The record that a page shows. Raises RecordError if the page does not show the NCT id of one trial."""
    lines = unglued(page.lines(text))
    page.check_single(lines)
    found = sections(lines)
    head = filled(found.pop(""))
    title = next((match for line in head if (match := results.TITLE.fullmatch(line.bare))), None)
    own = next((match for line in head if (match := _NCT_LINE.fullmatch(line.bare))), None)
    nct_id = own[1] if own else title[2] if title else None
    if not nct_id:
        raise RecordError('no "NCT ID: NCT..." at the head of the page, so its trial is not known; capture it again')
    reading = Reading(file, nct_id, words, _WORD, _PATTERNS)
    updated = _updated(reading, head)
    if title:
        record = reading.record(NAME, results.study(reading, title[1], filled(lines)), text)
    else:
        record = _trial(reading, head, found, text)
    return replace(record, updated=updated)


def _trial(reading: Reading, head: Sequence[Line], found: Mapping[str, list[Line]], text: str) -> Record:
    title, has_results = _head(reading, head)

    def lines(name: str) -> list[Line]:
        return found.get(name, [])

    basics = Labelled(reading, lines("Basic Information"), _BASICS, list(_BASICS))
    sites = parties.sites(reading, lines("Locations"), lines("Countries"))
    org_id, secondary_ids, aliases = parties.identifiers(reading, lines("Other Identifiers"))
    study = Study(
        ProtocolSection(
            identification_module=IdentificationModule(
                nct_id=reading.nct_id,
                nct_id_aliases=aliases,
                org_study_id_info=org_id,
                secondary_id_infos=secondary_ids,
                brief_title=title,
            ),
            status_module=StatusModule(
                overall_status=basics.value("Recruitment Status"),
                start_date_struct=PartialDateStruct(basics.value("Study Start Date")),
                completion_date_struct=PartialDateStruct(basics.value("Study Completion Date")),
            ),
            sponsor_collaborators_module=parties.parties(reading, lines("Sponsors"), lines("Responsible Party")),
            description_module=DescriptionModule(
                brief_summary=page.prose(lines("Brief Summary")),
                detailed_description=page.prose(lines("Detailed Description")),
            ),
            conditions_module=ConditionsModule(_conditions(reading, lines("Conditions"))),
            design_module=DesignModule(
                study_type=basics.value("Study Classification"),
                phases=basics.phases("Clinical Phase"),
                design_info=_design(reading, lines("Study Design")),
                enrollment_info=EnrollmentInfo(basics.count("Total Enrollment")),
            ),
            arms_interventions_module=arms.module(reading, lines("Study Groups"), lines("Interventions")),
            eligibility_module=_eligibility(reading, lines("Eligibility Criteria")),
            contacts_locations_module=ContactsLocationsModule(
                central_contacts=parties.contacts(reading, lines("Central Contacts")), locations=sites
            ),
        ),
        has_results=has_results,
    )
    facility_contacts = parties.contacts(reading, lines("Facility Contacts"))
    related = _related(reading, lines("Related Clinical Trials"), lines("More Related Trials"))
    record = reading.record(NAME, study, text)
    return replace(record, facility_contacts=facility_contacts, similar=related)


def _updated(reading: Reading, head: Iterable[Line]) -> str | None:
    """The day of the last update. Records are compared by it, so that only a date will do."""
    for line in head:
        if match := _UPDATED.fullmatch(line.bare):
            if reading.fits("date", match[1]):
                return match[1]
            reading.drop([line], "not a date such as 2025-08-20")
    return None


def _head(reading: Reading, head: Sequence[Line]) -> tuple[str | None, bool | None]:
    """The title, and whether results are published."""
    at = next((n for n, line in enumerate(head) if _NCT_LINE.fullmatch(line.bare)), 0)
    title = head[at - 1].bare if at else None
    reading.drop(head[: max(at - 1, 0)], "not expected above the title")
    has_results = None
    for line in head[at + 1 :]:
        stated = next((says for pattern, says in _PUBLISHED if pattern.match(line.bare)), None)
        if stated is not None:
            has_results = stated
        elif line.bare != "Study Results" and not _UPDATED.fullmatch(line.bare):
            reading.drop([line], "not expected at the head of the page")
    return title, has_results


def _conditions(reading: Reading, lines: Iterable[Line]) -> tuple[str, ...]:
    """The conditions, one a line, up to a line that shows that the next heading is lost."""
    stated = filled(lines)
    end = next((n for n, line in enumerate(stated) if line.bare in {*_LABELS, *SENTENCES}), len(stated))
    reading.drop(stated[end:], "not a condition")
    return tuple(line.bare for line in stated[:end])


def _design(reading: Reading, lines: Iterable[Line]) -> DesignInfo:
    roles: list[str] = []
    others: list[Line] = []
    for line in filled(lines):
        # The roles have no label, and their words no separators: "Participants Outcome Assessors".
        tokens = [*split_words(line.bare, "whoMasked", reading.words)]
        known = [token for token in tokens if token]
        if len(known) == len(tokens):
            roles += known
        else:
            others.append(line)
    labelled = Labelled(reading, others, _DESIGN, list(_DESIGN)[:4])
    return DesignInfo(
        intervention_model_description=_extra(labelled, "Intervention Model"),
        masking_info=MaskingBlock(
            masking_description=_extra(labelled, "Blinding Strategy"),
            masking=labelled.value("Blinding Strategy"),
            who_masked=tuple(roles),
        ),
        allocation=labelled.value("Allocation Method"),
        intervention_model=labelled.value("Intervention Model"),
        primary_purpose=labelled.value("Primary Study Purpose"),
        observational_model=labelled.value("Observational Model"),
        time_perspective=labelled.value("Time Perspective"),
    )


def _extra(labelled: Labelled, label: str) -> str | None:
    """The prose below a label's value, taken from its lines. A single word there is not prose but a value astray."""
    lines = labelled.lines.get(label, [])
    text = [line for line in lines[1:] if not _WORD.fullmatch(line.bare)]
    for line in text:
        lines.remove(line)
    return "\n\n".join(line.text for line in text) or None


def _eligibility(reading: Reading, lines: Sequence[Line]) -> EligibilityModule:
    first = next((n for n, line in enumerate(lines) if line.bare in _ELIGIBILITY), None)
    if first is None:
        criteria, rest = _without_values(reading, lines)
    else:
        criteria, rest = lines[:first], lines[first:]
    labelled = Labelled(reading, rest, _ELIGIBILITY, list(_ELIGIBILITY))
    return EligibilityModule(
        eligibility_criteria=page.prose(map(_criteria_heading, criteria)),
        healthy_volunteers=labelled.flag("Accepts Healthy Volunteers"),
        sex=labelled.value("Eligible Sex"),
        minimum_age=labelled.value("Minimum Eligible Age"),
        maximum_age=labelled.value("Maximum Eligible Age"),
    )


def _without_values(reading: Reading, lines: Sequence[Line]) -> tuple[Sequence[Line], Sequence[Line]]:
    """The criteria, and the values below them, whose labels are lost."""
    end = len(lines)
    kinds = set(_ELIGIBILITY.values())
    while end and (not lines[end - 1].text or any(reading.fits(kind, lines[end - 1].bare) for kind in kinds)):
        end -= 1
    return lines[:end], lines[end:]


def _criteria_heading(line: Line) -> Line:
    """The line, with the colon that the registry writes after the headings of criteria and the page does not show."""
    return Line(line.number, f"{line.text}:") if line.bare in {"Inclusion Criteria", "Exclusion Criteria"} else line


def _related(reading: Reading, *parts: Sequence[Line]) -> tuple[str, ...]:
    """The NCT ids of related trials: pairs of a title and an id. What comes after the last id is none of theirs."""
    found: list[str] = []
    for part in parts:
        pairs, rest = page.blocks(filled(part), re.compile(r"(?:NCT ID: )?NCT[0-9]{8}\b.*"))
        reading.drop(rest, "not a related trial")
        found += [match[0] for _, line in pairs if (match := NCT_ID.search(line.bare))]
    return tuple(nct_id for nct_id in dict.fromkeys(found) if nct_id != reading.nct_id)
