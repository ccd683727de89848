"""Captured trial pages of ctv.veeva.com (ClinicalTrials.Veeva).

A heading is a bare line, so it is told from a like line of prose by its place in the layout's order and by the value
that follows it. Some captures have lost every short value; there one heading follows the other, and each field is
simply absent. Such a capture has lost the NCT id too, which stands under "Identifiers" only, and cannot be read.

The number of participants and groups above the arms is a check and states nothing of its own.
"""

import re
from collections.abc import Iterable, Sequence

from trialgraph.errors import RecordError
from trialgraph.readers import page
from trialgraph.readers.page import NO_SECTION, Heading, Line, filled
from trialgraph.readers.reading import Reading
from trialgraph.readers.veeva import groups, places
from trialgraph.record import Record
from trialgraph.study import (
    NCT_ID,
    ArmsInterventionsModule,
    ConditionsModule,
    DescriptionModule,
    DesignInfo,
    DesignModule,
    EligibilityModule,
    EnrollmentInfo,
    Flag,
    IdentificationModule,
    MaskingBlock,
    OrgStudyIdInfo,
    ProtocolSection,
    SecondaryIdInfo,
    Sponsor,
    SponsorCollaboratorsModule,
    StatusModule,
    Study,
)
from trialgraph.vocabulary import Vocabulary

NAME = "veeva"

_NUMBER = r"\d{1,5}"
_UNIT = "(?:year|month|week|day|hour|minute)s?"
_PATTERNS = {
    "ages": re.compile(
        rf"(?=.*{_UNIT})(?:up to (?P<most>{_NUMBER})|(?P<least>{_NUMBER})(?: (?P<unit>{_UNIT}))?"
        rf"(?:\+| to (?P<high>{_NUMBER})))(?: (?P<last>{_UNIT}))?(?: old)?",
        re.IGNORECASE,
    ),
    "patients": re.compile(r"(\d[\d,]{0,14}) (?:estimated )?patients?", re.IGNORECASE),
    "volunteers": re.compile(r"(?:no|accepts) healthy volunteers", re.IGNORECASE),
}
#: A word of an enumeration, known or not: a few words, and no sentence.
_WORD = re.compile(r"[A-Za-z][^.:;]{0,39}")

#: The fields with one short value, and the kind of each: a scheme of the vocabulary, or one of the patterns.
_SHORT = {
    "Study type": "studyType",
    "Enrollment": "patients",
    "Sex": "sex",
    "Ages": "ages",
    "Volunteers": "volunteers",
    "Primary purpose": "primaryPurpose",
    "Allocation": "allocation",
    "Interventional model": "interventionModel",
    "Observational model": "observationalModel",
    "Time perspective": "timePerspective",
    "Masking": "masking",
}
#: The headings of a page by rank. Where several share one, a page may have them in any order.
_RANKS = [
    ["Status and phase", "Conditions", "Treatments", "Study type", "Funder types", "Collaborators", "Identifiers"],
    ["Details and patient eligibility"],
    ["About"],
    ["Full description"],
    ["Enrollment", "Sex", "Ages", "Volunteers"],
    ["Inclusion criteria"],
    ["Exclusion criteria"],
    ["Trial design"],
    ["Primary purpose", "Allocation", "Interventional model", "Observational model", "Time perspective", "Masking"],
    [groups.HEADING],
    ["Trial documents", "Trial contacts and locations", *places.CONTACT_HEADINGS],
    ["Data sourced from clinicaltrials.gov"],
]
#: How the line after a heading begins.
_FOLLOW = {
    "Treatments": r"[A-Z][\w /]+: ",
    "Study type": r"Interventional|Observational|Expanded",
    "Identifiers": NCT_ID.pattern,
    "Details and patient eligibility": r"About$",
    "Enrollment": r"[\d,]+ (?:estimated )?patients?",
    "Sex": r"(?:All|Female|Male)\b",
    "Ages": r"\d|up to \d",
    "Volunteers": r"(?:No|Accepts) ",
    "Trial design": r"(?:Primary purpose|Allocation|Interventional model|Observational model)$",
}
_HEADINGS = [
    Heading(name, rank, re.compile(_FOLLOW[name]) if name in _FOLLOW else None, short=name in _SHORT)
    for rank, names in enumerate(_RANKS)
    for name in names
]
_NAMES = {heading.name for heading in _HEADINGS}
#: What every page of the site has around the trial.
_CHROME = {"ClinicalTrials.Veeva", "Menu"}
_PAGE_INDENT = re.compile(rf"^ {{1,2}}(?={page.ITEM.pattern})")


def recognises(text: str) -> bool:
    """True if the text is a page of this layout, whole or damaged."""
    if not page.is_text(text):
        return False
    lines = {line.bare for line in filled(page.lines(text))}
    of_site = not lines.isdisjoint({"ClinicalTrials.Veeva", "Data sourced from clinicaltrials.gov"})
    return len(lines & _NAMES) >= (2 if of_site else 4)


def read(text: str, file: str, words: Vocabulary) -> Record:
    """The record that a page shows. Raises RecordError if the page does not show the NCT id of one trial."""
    lines = page.lines(text)
    page.check_single(lines)
    found = page.sections(lines, _HEADINGS, groups.heading)

    def section(name: str) -> list[Line]:
        return found.get(name, NO_SECTION).lines

    ids = filled(section("Identifiers"))
    if not ids or not NCT_ID.fullmatch(ids[0].bare):
        raise RecordError('no NCT id under "Identifiers", so the trial of the page is not known; capture it again')
    reading = Reading(file, ids[0].bare, words, _WORD, _PATTERNS)

    def value(name: str) -> str | None:
        return reading.value(_SHORT[name], filled(section(name)), _SHORT.values())

    def listed(name: str) -> list[Line]:
        stated = filled(section(name))
        reading.drop([line for line in stated if line.bare in _NAMES], "a heading that is out of its place")
        return [line for line in stated if line.bare not in _NAMES]

    title, sponsor = _head(reading, filled(section("")))
    status, phases = _status(reading, listed("Status and phase"))
    enrollment = _enrollment(reading, filled(section("Enrollment")))
    minimum_age, maximum_age = _ages(value("Ages"))
    interventions = groups.interventions(reading, listed("Treatments"))
    described = found.get(groups.HEADING, NO_SECTION)
    arms = groups.arms(reading, described.heading, described.lines, interventions)
    groups.check(reading, described.heading, enrollment.count, arms)
    study = Study(
        ProtocolSection(
            identification_module=IdentificationModule(
                nct_id=reading.nct_id,
                org_study_id_info=OrgStudyIdInfo(ids[1].bare) if len(ids) > 1 else OrgStudyIdInfo(),
                secondary_id_infos=tuple(SecondaryIdInfo(line.bare) for line in ids[2:]),
                brief_title=title,
            ),
            status_module=StatusModule(overall_status=status),
            sponsor_collaborators_module=_sponsors(reading, sponsor, listed("Funder types"), listed("Collaborators")),
            description_module=DescriptionModule(page.prose(section("About")), page.prose(section("Full description"))),
            conditions_module=ConditionsModule(tuple(line.bare for line in listed("Conditions"))),
            design_module=DesignModule(
                study_type=value("Study type"),
                phases=phases,
                design_info=DesignInfo(
                    allocation=value("Allocation"),
                    intervention_model=value("Interventional model"),
                    primary_purpose=value("Primary purpose"),
                    observational_model=value("Observational model"),
                    time_perspective=value("Time perspective"),
                    masking_info=MaskingBlock(value("Masking")),
                ),
                enrollment_info=enrollment,
            ),
            arms_interventions_module=ArmsInterventionsModule(arms, groups.with_labels(reading, interventions, arms)),
            eligibility_module=EligibilityModule(
                eligibility_criteria=_criteria(section("Inclusion criteria"), section("Exclusion criteria")),
                healthy_volunteers=_volunteers(value("Volunteers")),
                sex=value("Sex"),
                minimum_age=minimum_age,
                maximum_age=maximum_age,
            ),
            contacts_locations_module=places.module(
                reading,
                section("Trial contacts and locations"),
                [line for name in places.CONTACT_HEADINGS for line in section(name)],
            ),
        ),
    )
    return reading.record(NAME, study, text)


def _head(reading: Reading, lines: Sequence[Line]) -> tuple[str | None, Line | None]:
    """The title, and the line of the lead sponsor; between them stands the sponsor's initial, as its logo."""
    stated = [line for line in lines if line.bare not in _CHROME]
    logo = next((n for n, line in enumerate(stated) if len(line.bare) == 1), None)
    if logo is None and len(stated) == 2:
        return stated[0].bare, stated[1]
    before, after = (stated[:logo], stated[logo + 1 :]) if logo is not None else (stated, [])
    title = before.pop() if before and logo is not None else None
    reading.drop([*before, *after[1:]], "neither clearly the title nor clearly the sponsor")
    return title.bare if title else None, after[0] if after else None


def _status(reading: Reading, lines: Sequence[Line]) -> tuple[str | None, tuple[str, ...]]:
    """The status, and the phases in the registry's order; the page shows the last phase first."""
    is_status = bool(lines) and not reading.fits("phase", lines[0].bare)
    status = reading.value("overallStatus", lines[:1], ["phase"]) if is_status else None
    phases = [token for line in lines[is_status:] for token in reading.phases([line], ["overallStatus"])]
    return status, tuple(sorted(phases))


def _enrollment(reading: Reading, lines: Sequence[Line]) -> EnrollmentInfo:
    count = reading.count("patients", lines, _SHORT.values())
    if not isinstance(count, int):
        return EnrollmentInfo(count)
    return EnrollmentInfo(count, "ESTIMATED" if "estimated" in lines[0].bare.casefold() else "ACTUAL")


def _ages(text: str | None) -> tuple[str | None, str | None]:
    """The least and the greatest age of a text such as "18 to 80 years old", as the registry writes them."""
    match = _PATTERNS["ages"].fullmatch(text) if text else None
    if not match:
        return text, None
    last = match["last"] or match["unit"] or ""
    return _age(match["least"], match["unit"] or last), _age(match["high"] or match["most"], last)


def _age(number: str | None, unit: str) -> str | None:
    if number is None:
        return None
    return f"{int(number)} {unit.removesuffix('s').capitalize()}{'' if int(number) == 1 else 's'}"


def _volunteers(text: str | None) -> Flag | None:
    return {"no": False, "accepts": True}.get(text.casefold().split()[0], text) if text else None


def _sponsors(
    reading: Reading, sponsor: Line | None, funders: Sequence[Line], collaborators: Iterable[Line]
) -> SponsorCollaboratorsModule:
    """The lead sponsor, with the first of the funder types as its class, and the collaborators, without a class."""
    lead_class = reading.value("organizationClass", funders[:1], _SHORT.values())
    reading.drop(funders[1:], "it is not told whose class this is")
    lead = Sponsor(sponsor.bare, lead_class) if sponsor else Sponsor()
    return SponsorCollaboratorsModule(
        lead_sponsor=lead, collaborators=tuple(Sponsor(line.bare) for line in collaborators)
    )


def _criteria(inclusion: Sequence[Line], exclusion: Sequence[Line]) -> str | None:
    """The criteria as the registry has them, one text under two headings; items keep the marks that the page shows."""
    parts = [
        f"{heading}:\n\n{text}"
        for heading, lines in (("Inclusion Criteria", inclusion), ("Exclusion Criteria", exclusion))
        if (text := page.prose(Line(line.number, _PAGE_INDENT.sub("", line.text, count=1)) for line in lines))
    ]
    return "\n\n".join(parts) or None
