"""Captured trial pages of meddatax.com.

Each heading is followed by a sentence that is the same on every page, which tells it from a like line of prose. Two
captures of one page can differ: one has all labels; another has lost the label lines, the types of arms and
interventions and the long texts, and lists other trials inside the summary. What only a lost label could tell is left
out and reported. A page of results (".../results") states a few fields at its head; its tables, one cell a line, do
not say which cell is whose, so they are left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from trialgraph.errors import RecordError
from trialgraph.readers import meddatax_arms, meddatax_parties, page
from trialgraph.readers.page import NO_SECTION, Heading, Line, Section, filled
from trialgraph.readers.reading import Labelled, Reading, split_words
from trialgraph.record import Record
from trialgraph.study import (
    NCT_ID,
    ConditionsModule,
    ContactsLocationsModule,
    DateStruct,
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

#: The headings in the order of the page, and how the sentence below each begins.
_SENTENCES = {
    "Basic Information": "Get a concise snapshot of the trial",
    "Brief Summary": "Review the sponsor-provided synopsis",
    "Related Clinical Trials": "Explore similar clinical trials",
    "Detailed Description": "Dive into the extended narrative",
    "Conditions": "See the medical conditions and disease areas",
    "Study Design": "Understand how the trial is structured",
    "Study Groups": "Review each arm or cohort in the study",
    "Interventions": "Learn about the drugs, procedures, or behavioral strategies",
    "Eligibility Criteria": "Check the participation requirements",
    "Sponsors": "Meet the organizations funding or collaborating",
    "Responsible Party": "Identify the individual or organization",
    "Locations": "Explore where the study is taking place",
    "Countries": "Review the countries where the study",
    "Central Contacts": "Reach out to these primary contacts",
    "Facility Contacts": "Find local site contact details",
    "Other Identifiers": "Review additional registry numbers",
    "More Related Trials": "Additional clinical trials that may be relevant",
}
_HEADINGS = [Heading(name, n, re.compile(re.escape(begin))) for n, (name, begin) in enumerate(_SENTENCES.items())]
_SENTENCE = re.compile("|".join(map(re.escape, _SENTENCES.values())))

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
_RESULTS = {
    "Recruitment status": "overallStatus",
    "Study phase": "phase",
    "Target enrollment": "participants",
    "Results posted on": "date",
}
_LABELS = {*_BASICS, *_DESIGN, *_ELIGIBILITY}
_PATTERNS = {
    "age": re.compile(r"\d+ (?:Year|Month|Week|Day|Hour|Minute)s?"),
    "date": re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?"),
    "participants": re.compile(r"(\d[\d,]*) participants?"),
    "yes or no": re.compile(r"yes|no", re.IGNORECASE),
}
#: A word of an enumeration, known or not, as the registry's API spells them.
_WORD = re.compile(r"[A-Z][A-Z0-9_/]*")

_NCT_LINE = re.compile(r"NCT ID:\s*(NCT[0-9]{8})")
_UPDATED = re.compile(r"Last Updated:\s*(\S.*)")
_RESULTS_TITLE = re.compile(r"Trial Outcomes & Findings for\s+(\S.*?)(?:\s*\((?:NCT )?(NCT[0-9]{8})\))?")
_TABLES = re.compile(r"(?:Participant Flow|Baseline Characteristics|(?:Primary )?Outcome Measures?)\b.*", re.IGNORECASE)
#: What the head of a page says of results.
_PUBLISHED = [
    (re.compile(r"Results pending|The study team has not published"), False),
    (re.compile(r"View full results|Outcome measurements, participant flow.*have been published"), True),
]


def recognises(text: str) -> bool:
    """True if the text is a page of this layout, whole or damaged."""
    if not page.is_text(text):
        return False
    if _SENTENCE.search(text):
        return True
    lines = {line.bare for line in filled(page.lines(text))}
    named = any(_NCT_LINE.fullmatch(line) or _RESULTS_TITLE.fullmatch(line) for line in lines)
    return named and len(lines & {*_SENTENCES, *_LABELS, *_RESULTS}) > 1


def read(text: str, file: str, words: Vocabulary) -> Record:
    """The record that a page shows. Raises RecordError if the page does not show the NCT id of one trial."""
    lines = _unglued(page.lines(text))
    page.check_single(lines)
    found = {name: _body(name, section) for name, section in page.sections(lines, _HEADINGS).items()}
    head = filled(found.pop("").lines)
    nct_id = _nct_id(head)
    if not nct_id:
        raise RecordError('no "NCT ID: NCT..." at the head of the page, so its trial is not known; capture it again')
    reading = Reading(file, nct_id, words, _WORD, _PATTERNS)
    if any(_RESULTS_TITLE.fullmatch(line.bare) for line in head):
        return _results(reading, filled(lines), text)
    return _trial(reading, head, found, text)


def _unglued(lines: Iterable[Line]) -> list[Line]:
    """The lines, with a heading and its sentence each on a line of its own: "View full resultsBasic Information"."""
    cut: list[Line] = []
    for line in lines:
        match = _SENTENCE.search(line.text)
        at = match.start() if match else 0
        cut += [Line(line.number, part) for part in (line.text[:at], line.text[at:])] if at else [line]
    following = ""
    glued: list[Line] = []
    for line in reversed(cut):
        name = next((name for name in _SENTENCES if line.bare.endswith(name)), "")
        before = line.text.rstrip().removesuffix(name)
        if (
            name
            and before.strip()
            and (following.startswith(_SENTENCES[name]) or before.strip() == "View full results")
        ):
            glued += [Line(line.number, name), Line(line.number, before.rstrip())]
        else:
            glued.append(line)
        following = line.bare or following
    return glued[::-1]


def _body(name: str, section: Section) -> Section:
    """The section without the sentence below its heading."""
    begin = _SENTENCES.get(name)
    first = next(iter(filled(section.lines)), None)
    if begin is None or first is None or not first.bare.startswith(begin):
        return section
    return Section(section.heading, section.lines[section.lines.index(first) + 1 :])


def _nct_id(head: Iterable[Line]) -> str:
    for line in head:
        if match := _NCT_LINE.fullmatch(line.bare):
            return match[1]
        if (match := _RESULTS_TITLE.fullmatch(line.bare)) and match[2]:
            return match[2]
    return ""


def _trial(reading: Reading, head: Sequence[Line], found: Mapping[str, Section], text: str) -> Record:
    title, updated, has_results = _head(reading, head)

    def lines(name: str) -> list[Line]:
        return found.get(name, NO_SECTION).lines

    basics = Labelled(reading, lines("Basic Information"), _BASICS, list(_BASICS))
    sites = meddatax_parties.sites(reading, lines("Locations"), lines("Countries"))
    org_id, secondary_ids, aliases = meddatax_parties.identifiers(reading, lines("Other Identifiers"))
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
            sponsor_collaborators_module=meddatax_parties.parties(
                reading, lines("Sponsors"), lines("Responsible Party")
            ),
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
            arms_interventions_module=meddatax_arms.module(reading, lines("Study Groups"), lines("Interventions")),
            eligibility_module=_eligibility(reading, lines("Eligibility Criteria")),
            contacts_locations_module=ContactsLocationsModule(
                central_contacts=meddatax_parties.contacts(reading, lines("Central Contacts")), locations=sites
            ),
        ),
        has_results=has_results,
    )
    facility_contacts = meddatax_parties.contacts(reading, lines("Facility Contacts"))
    related = _related(reading, lines("Related Clinical Trials"), lines("More Related Trials"))
    record = reading.record(NAME, study, text)
    return replace(record, updated=updated, facility_contacts=facility_contacts, similar=related)


def _head(reading: Reading, head: Sequence[Line]) -> tuple[str | None, str | None, bool | None]:
    """The title, the day of the last update, and whether results are published."""
    at = next((n for n, line in enumerate(head) if _NCT_LINE.fullmatch(line.bare)), 0)
    title = head[at - 1].bare if at else None
    reading.drop(head[: max(at - 1, 0)], "not expected above the title")
    updated, has_results = None, None
    for line in head[at + 1 :]:
        stated = next((says for pattern, says in _PUBLISHED if pattern.match(line.bare)), None)
        if match := _UPDATED.fullmatch(line.bare):
            updated = reading.value("date", [Line(line.number, match[1])])
        elif stated is not None:
            has_results = stated
        elif line.bare != "Study Results":
            reading.drop([line], "not expected at the head of the page")
    return title, updated, has_results


def _conditions(reading: Reading, lines: Iterable[Line]) -> tuple[str, ...]:
    """The conditions, one a line, up to a line that shows that the next heading is lost."""
    stated = filled(lines)
    end = next((n for n, line in enumerate(stated) if line.bare in {*_LABELS, *_SENTENCES}), len(stated))
    reading.drop(stated[end:], "not a condition")
    return tuple(line.bare for line in stated[:end])


def _design(reading: Reading, lines: Iterable[Line]) -> DesignInfo:
    labelled = Labelled(reading, lines, _DESIGN, list(_DESIGN)[:4])
    model_text = _extra(reading, labelled, "Intervention Model")
    roles: list[str] = []
    for line in list(labelled.lines.get("Blinding Strategy", []))[1:]:
        tokens = list(split_words(line.bare, "whoMasked", reading.words))
        if None not in tokens:
            roles += [token for token in tokens if token]
            labelled.lines["Blinding Strategy"].remove(line)
    masking_text = _extra(reading, labelled, "Blinding Strategy")
    return DesignInfo(
        allocation=labelled.value("Allocation Method"),
        intervention_model=labelled.value("Intervention Model"),
        intervention_model_description=model_text,
        primary_purpose=labelled.value("Primary Study Purpose"),
        observational_model=labelled.value("Observational Model"),
        time_perspective=labelled.value("Time Perspective"),
        masking_info=MaskingBlock(labelled.value("Blinding Strategy"), masking_text, tuple(roles)),
    )


def _extra(reading: Reading, labelled: Labelled, label: str) -> str | None:
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


def _results(reading: Reading, lines: Sequence[Line], text: str) -> Record:
    """The record of a page of results: what its head states."""
    tables = next((n for n, line in enumerate(lines) if _TABLES.fullmatch(line.bare)), None)
    head = list(lines[:tables])
    titles = [match for line in head if (match := _RESULTS_TITLE.fullmatch(line.bare))]
    first = next((n for n, line in enumerate(head) if line.bare.startswith(tuple(_RESULTS))), len(head))
    labelled = Labelled(reading, head[first:], _RESULTS)
    if tables is not None:
        reading.note(
            "dropped", f"{len(lines) - tables} lines of results tables; take results from the registry", lines[tables]
        )
    updated = next((match[1] for line in head if (match := _UPDATED.fullmatch(line.bare))), None)
    posted = labelled.value("Results posted on")
    study = Study(
        ProtocolSection(
            identification_module=IdentificationModule(nct_id=reading.nct_id, brief_title=titles[0][1]),
            status_module=StatusModule(
                overall_status=labelled.value("Recruitment status"),
                results_first_post_date_struct=DateStruct(posted),
            ),
            design_module=DesignModule(
                phases=labelled.phases("Study phase"),
                enrollment_info=EnrollmentInfo(labelled.count("Target enrollment")),
            ),
        ),
        has_results=True,
    )
    return replace(reading.record(NAME, study, text), updated=updated)
