"""Pages of both layouts, made from a Study as the real captures look, and the damage that real captures show.

FIELDS is what each layout shows of a Study, and `shown` the part of a Study that it shows: what a reader should find in
a rendered page, no less and no more.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from msgspec import Struct, convert, to_builtins

from trialgraph.study import Contact, Intervention, Location, Study

Layout = Literal["meddatax", "veeva"]
#: The value of a field as a layout shows it, from the value and the struct that holds it; None if it does not show it.
Shows = Callable[[Any, dict[str, Any]], Any]

# ---------------------------------------------------------------------------------------------------------------------
# What each layout shows.


def same(value: Any, _: object) -> Any:
    return value


def trimmed(value: str, _: object) -> str:
    return value.strip()


def plain(value: str, _: object = None) -> str:
    """A text without the registry's markdown escapes, as Veeva shows it."""
    return re.sub(r"\\([\\`*_{}\[\]()#+.!<>~|^&=-])", r"\1", value).strip()


def folded(value: str, _: object) -> str:
    return plain(value).casefold()


def age(value: str, _: object) -> str | None:
    """An age with a unit; a page shows nothing for "N/A"."""
    return value if re.fullmatch(r"\d+ (Year|Month|Week|Day|Hour|Minute)s?", value) else None


def unless_commas(value: str, site: dict[str, Any]) -> str | None:
    """A city or state; with a comma inside, "City, State, Country" does not tell one from the other."""
    return None if "," in f"{site.get('city')}{site.get('state')}" else value


def with_type(value: Any, info: dict[str, Any]) -> Any:
    """A number of patients; Veeva's words always say whether it is an estimate, also where the registry does not."""
    return value if info.get("type") else None


def headed(value: str, _: object) -> str:
    """Criteria with the registry's colon after the two headings, which meddatax does not show."""
    return re.sub(r"(?m)^((?:In|Ex)clusion Criteria):?$", r"\1:", value).strip()


def two_lists(value: str, _: object) -> str | None:
    """Criteria as the two lists that Veeva shows; how it shows a text without the two headings is not known."""
    return bulleted(plain(value)) if halves(value) else None


def postcode(value: str, _: object) -> str | None:
    return value if re.fullmatch(r"(?=.*\d)[\w -]{3,12}", value) else None


def unless_two(value: str, contact: dict[str, Any]) -> str | None:
    """A contact's field; a semicolon in a name looks like two names on a line."""
    return None if ";" in contact.get("name", "") else value


def if_named(value: Any, intervention: dict[str, Any]) -> Any:
    """A field of an intervention; one without a name is not on the page."""
    return value if intervention.get("name") else None


def plain_if_named(value: str, intervention: dict[str, Any]) -> str | None:
    return plain(value) if intervention.get("name") else None


def number(value: str, _: object) -> str | None:
    """A phone number; a name or "E-mail only" in its place cannot be told from the next line."""
    return value if re.fullmatch(r"[\d\s().+/–-]+((ext|x) ?\d+)?", value) else None


#: Where a layout does not show a field.
NOT: Shows = lambda _value, _owner: None  # noqa: E731

#: The fields of the protocol section that a layout shows, meddatax left and Veeva right.
FIELDS: dict[str, tuple[Shows, Shows]] = {
    "identificationModule.nctId": (same, same),
    "identificationModule.nctIdAliases": (same, NOT),
    "identificationModule.orgStudyIdInfo.id": (same, same),
    "identificationModule.orgStudyIdInfo.type": (same, NOT),
    "identificationModule.secondaryIdInfos.id": (same, same),
    "identificationModule.secondaryIdInfos.type": (same, NOT),
    "identificationModule.briefTitle": (trimmed, plain),
    "statusModule.overallStatus": (same, same),
    "statusModule.startDateStruct.date": (same, NOT),
    "statusModule.completionDateStruct.date": (same, NOT),
    "sponsorCollaboratorsModule.responsibleParty.type": (same, NOT),
    "sponsorCollaboratorsModule.responsibleParty.investigatorFullName": (same, NOT),
    "sponsorCollaboratorsModule.responsibleParty.investigatorTitle": (same, NOT),
    "sponsorCollaboratorsModule.leadSponsor.name": (same, same),
    "sponsorCollaboratorsModule.leadSponsor.class": (same, same),
    "sponsorCollaboratorsModule.collaborators.name": (same, same),
    "sponsorCollaboratorsModule.collaborators.class": (same, NOT),  # Veeva lists the classes, but not whose they are
    "descriptionModule.briefSummary": (trimmed, plain),
    "descriptionModule.detailedDescription": (trimmed, plain),
    "conditionsModule.conditions": (same, plain),
    "designModule.studyType": (same, same),
    "designModule.phases": (same, same),
    "designModule.designInfo.allocation": (same, same),
    "designModule.designInfo.interventionModel": (same, same),
    "designModule.designInfo.interventionModelDescription": (trimmed, NOT),
    "designModule.designInfo.primaryPurpose": (same, same),
    "designModule.designInfo.observationalModel": (same, same),
    "designModule.designInfo.timePerspective": (same, same),
    "designModule.designInfo.maskingInfo.masking": (same, same),
    "designModule.designInfo.maskingInfo.maskingDescription": (trimmed, NOT),
    "designModule.designInfo.maskingInfo.whoMasked": (same, NOT),
    "designModule.enrollmentInfo.count": (same, with_type),
    "designModule.enrollmentInfo.type": (NOT, same),
    "armsInterventionsModule.armGroups.label": (same, plain),
    "armsInterventionsModule.armGroups.type": (same, same),
    "armsInterventionsModule.armGroups.description": (trimmed, plain),
    "armsInterventionsModule.armGroups.interventionNames": (folded, folded),  # the registry folds case itself
    "armsInterventionsModule.interventions.type": (if_named, if_named),
    "armsInterventionsModule.interventions.name": (same, plain),
    "armsInterventionsModule.interventions.description": (if_named, NOT),
    "armsInterventionsModule.interventions.armGroupLabels": (if_named, plain_if_named),
    "eligibilityModule.eligibilityCriteria": (headed, two_lists),
    "eligibilityModule.healthyVolunteers": (same, same),
    "eligibilityModule.sex": (same, same),
    "eligibilityModule.minimumAge": (age, age),
    "eligibilityModule.maximumAge": (age, age),
    "contactsLocationsModule.centralContacts.name": (same, unless_two),
    "contactsLocationsModule.centralContacts.role": (same, NOT),
    "contactsLocationsModule.centralContacts.phone": (number, unless_two),
    "contactsLocationsModule.centralContacts.phoneExt": (same, unless_two),
    "contactsLocationsModule.centralContacts.email": (same, unless_two),
    "contactsLocationsModule.locations.facility": (same, same),
    "contactsLocationsModule.locations.status": (same, same),
    "contactsLocationsModule.locations.city": (unless_commas, unless_commas),
    "contactsLocationsModule.locations.state": (unless_commas, unless_commas),
    "contactsLocationsModule.locations.zip": (NOT, postcode),
    "contactsLocationsModule.locations.country": (same, same),
}


def shown(study: Study, layout: Layout) -> Study:
    """The part of a study that a layout shows, in the words that it shows."""
    protocol = to_builtins(study.protocol_section)
    known: dict[Any, list[dict[str, Any]]] = {}
    for each in protocol.get("armsInterventionsModule", {}).get("interventions", ()):
        description = each.get("description") if layout == "meddatax" else None
        known.setdefault((each.get("type"), each.get("name", "").casefold(), description), []).append(each)
    for alike in known.values():
        for each in alike if len(alike) > 1 else ():
            # Which of them an arm uses is not told where nothing on the page tells them apart.
            each.pop("armGroupLabels", None)
    section = _shown(protocol, "", ["meddatax", "veeva"].index(layout), {})
    return convert({"protocolSection": section or {}}, Study)


def _shown(value: Any, path: str, column: int, owner: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        fields = {name: _shown(inner, f"{path}.{name}", column, value) for name, inner in value.items()}
        return {name: inner for name, inner in fields.items() if inner is not None} or None
    if isinstance(value, list | tuple):
        items = [item for inner in value if (item := _shown(inner, path, column, owner)) is not None]
        # The order of links between arms and interventions means nothing.
        return (sorted(items) if path.endswith(("armGroupLabels", "interventionNames")) else items) or None
    return FIELDS.get(path.removeprefix("."), (NOT, NOT))[column](value, owner)


def agrees(read: Any, truth: Any) -> bool:
    """True if everything that a read study states is in the true one, blank lines aside; it may state less."""
    if isinstance(read, Struct):
        fields = ((getattr(read, name), getattr(truth, name)) for name in read.__struct_fields__)
        return type(read) is type(truth) and all(agrees(*pair) for pair in fields)
    if isinstance(read, tuple):
        return all(any(agrees(item, other) for other in truth) for item in read)
    if isinstance(read, str) and isinstance(truth, str):
        return re.sub(r"\n\s*\n", "\n", read) == re.sub(r"\n\s*\n", "\n", truth)
    return read is None or read == truth


# ---------------------------------------------------------------------------------------------------------------------
# meddatax

#: The sentence below each heading.
SENTENCES = {
    "Basic Information": (
        "Get a concise snapshot of the trial, including recruitment status, study phase, enrollment targets, "
        "and key timeline milestones."
    ),
    "Brief Summary": (
        "Review the sponsor-provided synopsis that highlights what the study is about and why it is being conducted."
    ),
    "Related Clinical Trials": "Explore similar clinical trials based on study characteristics and research focus.",
    "Detailed Description": (
        "Dive into the extended narrative that explains the scientific background, objectives, and procedures "
        "in greater depth."
    ),
    "Conditions": "See the medical conditions and disease areas that this research is targeting or investigating.",
    "Study Design": (
        "Understand how the trial is structured, including allocation methods, masking strategies, primary "
        "purpose, and other design elements."
    ),
    "Study Groups": (
        "Review each arm or cohort in the study, along with the interventions and objectives associated with them."
    ),
    "Interventions": (
        "Learn about the drugs, procedures, or behavioral strategies being tested and how they are applied "
        "within this trial."
    ),
    "Eligibility Criteria": (
        "Check the participation requirements, including inclusion and exclusion rules, age limits, and "
        "whether healthy volunteers are accepted."
    ),
    "Sponsors": "Meet the organizations funding or collaborating on the study and learn about their roles.",
    "Responsible Party": (
        "Identify the individual or organization who holds primary responsibility for the study information "
        "submitted to regulators."
    ),
    "Locations": "Explore where the study is taking place and check the recruitment status at each participating site.",
    "Countries": "Review the countries where the study has at least one active or historical site.",
    "Central Contacts": "Reach out to these primary contacts for questions about participation or study logistics.",
    "Facility Contacts": "Find local site contact details for specific facilities participating in the trial.",
    "Other Identifiers": "Review additional registry numbers or institutional identifiers associated with this trial.",
    "More Related Trials": "Additional clinical trials that may be relevant based on similarity analysis.",
}
_PENDING = "The study team has not published outcome measurements, participant flow, or safety data for this trial yet."
_PUBLISHED = "Outcome measurements, participant flow, and safety data have been published for this study."
_MASKED = {
    "PARTICIPANT": "Participants",
    "CARE_PROVIDER": "Caregivers",
    "INVESTIGATOR": "Investigators",
    "OUTCOMES_ASSESSOR": "Outcome Assessors",
}
#: A trial of a similarity list: title, NCT id, status and phase.
Related = tuple[str, str, str]


def meddatax(study: Study, updated: str = "2026-01-31", related: Iterable[Related] = ()) -> str:
    """The page of meddatax, every label in its place and a blank line between any two lines."""
    section = study.protocol_section
    head = [
        section.identification_module.brief_title,
        f"NCT ID: {section.identification_module.nct_id}",
        f"Last Updated: {updated}",
        "Study Results",
        *([_PUBLISHED, "View full results"] if study.has_results else ["Results pending", _PENDING]),
    ]
    bodies: dict[str, Iterable[str | None]] = {
        "Basic Information": _basics(study),
        "Brief Summary": [section.description_module.brief_summary],
        "Detailed Description": [section.description_module.detailed_description],
        "Conditions": section.conditions_module.conditions,
        "Study Design": _design(study),
        "Study Groups": _groups(study),
        "Interventions": _interventions(study),
        "Eligibility Criteria": _eligibility(study),
        "Sponsors": _sponsors(study),
        "Responsible Party": _responsible(study),
        "Locations": _locations(study),
        "Countries": dict.fromkeys(site.country for site in section.contacts_locations_module.locations),
        "Central Contacts": _contacts(section.contacts_locations_module.central_contacts, None),
        "Facility Contacts": _contacts(facility_contacts(study), "primary"),
        "Other Identifiers": _identifiers(study),
        "More Related Trials": (f"{title}\n{nct_id} {status}" for title, nct_id, status in related),
    }
    lines = [*head]
    for name, body in bodies.items():
        lines += [name, SENTENCES[name], *body]
    return "\n\n".join(line for line in lines if line)


def _labelled(values: dict[str, Any]) -> Iterator[str]:
    for label, value in values.items():
        if value is not None:
            yield from (label, str(value))


def _basics(study: Study) -> Iterator[str]:
    status, design = study.protocol_section.status_module, study.protocol_section.design_module
    count = design.enrollment_info.count
    yield from _labelled(
        {
            "Recruitment Status": status.overall_status,
            "Clinical Phase": "/".join(design.phases) or None,
            "Total Enrollment": None if count is None else f"{count} participants",
            "Study Classification": design.study_type,
            "Study Start Date": status.start_date_struct.date,
            "Study Completion Date": status.completion_date_struct.date,
        }
    )


def _design(study: Study) -> Iterator[str | None]:
    info = study.protocol_section.design_module.design_info
    yield from _labelled({"Allocation Method": info.allocation, "Intervention Model": info.intervention_model})
    yield info.intervention_model_description
    yield from _labelled(
        {
            "Observational Model": info.observational_model,
            "Time Perspective": info.time_perspective,
            "Primary Study Purpose": info.primary_purpose,
            "Blinding Strategy": info.masking_info.masking,
        }
    )
    yield info.masking_info.masking_description
    yield " ".join(_MASKED[role] for role in info.masking_info.who_masked)


def _name(each: Intervention) -> str:
    return f"{(each.type or '').replace('_', ' ').title()}: {each.name}"


def _groups(study: Study) -> Iterator[str | None]:
    module = study.protocol_section.arms_interventions_module
    for arm in module.arm_groups:
        yield from (arm.label, arm.description, f"Group Type {arm.type or ''}".strip())
        wanted = {name.casefold() for name in arm.intervention_names}
        for each in module.interventions:
            names = [other for other in module.interventions if _name(other).casefold() == _name(each).casefold()]
            if _name(each).casefold() in wanted and (len(names) == 1 or arm.label in each.arm_group_labels):
                yield from (each.name, f"Intervention Type {each.type}", each.description)


def _interventions(study: Study) -> Iterator[str | None]:
    for each in study.protocol_section.arms_interventions_module.interventions:
        if each.name:
            yield from (each.name, each.description, f"Intervention Type {each.type}")


def _eligibility(study: Study) -> Iterator[str | None]:
    module = study.protocol_section.eligibility_module
    criteria = module.eligibility_criteria or ""
    yield re.sub(r"(?m)^((?:In|Ex)clusion Criteria):$", r"\1", criteria) if halves(criteria) else criteria
    yield from _labelled(
        {
            "Minimum Eligible Age": module.minimum_age,
            "Maximum Eligible Age": module.maximum_age,
            "Eligible Sex": module.sex,
            "Accepts Healthy Volunteers": {True: "Yes", False: "No"}.get(module.healthy_volunteers),  # type: ignore[arg-type]
        }
    )


def _sponsors(study: Study) -> Iterator[str | None]:
    module = study.protocol_section.sponsor_collaborators_module
    yield from (module.lead_sponsor.name, module.lead_sponsor.class_, "Sponsor Role lead")
    for sponsor in module.collaborators:
        yield from (sponsor.name, sponsor.class_, "Sponsor Role collaborator")


def _responsible(study: Study) -> Iterator[str | None]:
    party = study.protocol_section.sponsor_collaborators_module.responsible_party
    if party.type:
        yield from (party.investigator_full_name, party.investigator_title, f"Responsibility Role {party.type}")


def _locations(study: Study) -> Iterator[str | None]:
    for site in study.protocol_section.contacts_locations_module.locations:
        yield from (site.facility, _address(site), "Site Status", site.status)


def _address(site: Location) -> str:
    return ", ".join(part for part in (site.city, site.state, site.country) if part)


def facility_contacts(study: Study) -> list[Contact]:
    """The contacts of sites that the page lists: not the investigators."""
    sites = study.protocol_section.contacts_locations_module.locations
    return [contact for site in sites for contact in site.contacts if contact.role == "CONTACT"]


def _contacts(contacts: Iterable[Contact], role: str | None) -> Iterator[str | None]:
    for contact in contacts:
        extension = contact.phone_ext and f"Ext: {contact.phone_ext}"
        yield from (contact.name, f"Role: {role or contact.role}", contact.phone, extension, contact.email)


def _identifiers(study: Study) -> Iterator[str]:
    module = study.protocol_section.identification_module
    org = module.org_study_id_info
    rows = [
        (org.id, org.type, "org_study_id"),
        *((each.id, each.type, "secondary_id") for each in module.secondary_id_infos),
        *((alias, None, "nct_alias") for alias in module.nct_id_aliases),
    ]
    for value, kind, source in rows:
        if value:
            yield from (value, f"Identifier Type: {kind or '-'}", f"Identifier Source: {source}")


# The damage of captures of meddatax.

_LABELS = re.compile(
    r"Recruitment Status|Clinical Phase|Total Enrollment|Study Classification|Study (?:Start|Completion) Date"
    r"|Allocation Method|(?:Intervention|Observational) Model|Time Perspective|Primary Study Purpose|Blinding Strategy"
    r"|(?:Group|Intervention) Type\b.*|(?:Minimum|Maximum) Eligible Age|Eligible Sex|Accepts Healthy Volunteers"
    r"|Site Status"
)
_TEXTS = ("Brief Summary", "Detailed Description", "Conditions")


def without_labels(page: str) -> str:
    """The page as a capture without label lines has it: values only, no blank lines, and no long texts."""
    kept: list[str] = []
    heading = ""
    lines = [line for line in page.split("\n") if line]
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        heading = line if SENTENCES.get(line) == after else heading
        if not _LABELS.fullmatch(line) and (heading not in _TEXTS or line in (heading, SENTENCES[heading])):
            kept.append(line)
    return "\n".join(kept)


def with_related(page: str, related: Iterable[Related]) -> str:
    """The page with other trials inside the summary, before the detailed description."""
    block = ["Related Clinical Trials", SENTENCES["Related Clinical Trials"]]
    block += [line for title, nct_id, _ in related for line in (title, nct_id)]
    return page.replace("\nDetailed Description\n", "\n".join(["", *block, "Detailed Description", ""]), 1)


def glued(page: str) -> str:
    """The page with the link to the results and the next heading on one line."""
    return re.sub(r"View full results\s+Basic Information", "View full resultsBasic Information", page)


def results_page(study: Study) -> str:
    """The page of results of a trial, its tables one cell a line."""
    section = study.protocol_section
    nct_id = section.identification_module.nct_id
    head = _labelled(
        {
            "Recruitment status": section.status_module.overall_status,
            "Study phase": "/".join(section.design_module.phases) or None,
            "Target enrollment": f"{section.design_module.enrollment_info.count} participants",
            "Primary outcome timeframe": "24 weeks",
            "Results posted on": section.status_module.results_first_post_date_struct.date,
        }
    )
    title = f"Trial Outcomes & Findings for {section.identification_module.brief_title} (NCT NCT{(nct_id or '')[3:]})"
    return "\n".join([title, *head, "Participant Flow", "Overall Study", "STARTED", "12", "11", "COMPLETED", "12", "9"])


# ---------------------------------------------------------------------------------------------------------------------
# Veeva

_SPECIAL = {
    "NOT_YET_RECRUITING": "Not yet enrolling",
    "RECRUITING": "Enrolling",
    "ACTIVE_NOT_RECRUITING": "Active, not enrolling",
    "ENROLLING_BY_INVITATION": "Invitation-only",
    "EARLY_PHASE1": "Early Phase 1",
    "PHASE1": "Phase 1",
    "PHASE2": "Phase 2",
    "PHASE3": "Phase 3",
    "PHASE4": "Phase 4",
    "NA": "N/A",
    "NONE": "None (Open label)",
    "NIH": "NIH",
    "FED": "Other U.S. Federal agency",
    "NON_RANDOMIZED": "Non-randomized",
    "CASE_CONTROL": "Case-Control",
    "CASE_ONLY": "Case-Only",
    "CASE_CROSSOVER": "Case-Crossover",
    "CROSS_SECTIONAL": "Cross-Sectional",
}


def _word(token: str | None, more: str = "") -> str | None:
    """A token in Veeva's words."""
    return token and (_SPECIAL.get(token) or token.replace("_", " ").capitalize() + more)


def halves(criteria: str) -> tuple[str, str] | None:
    """The inclusion and the exclusion criteria of a text with the registry's two headings."""
    match = re.fullmatch(r"\s*Inclusion Criteria:\n\n(.+)\n\nExclusion Criteria:\n\n(.+)", criteria, re.DOTALL)
    return (
        (match[1], match[2])
        if match and len(re.findall(r"(?im)^\W*(?:in|ex)clusion criteria", criteria)) == 2
        else None
    )


def bulleted(text: str) -> str:
    return re.sub(r"(?m)^( *)[*-] ", r"\1• ", text)


def veeva(study: Study, *, sites: bool = False) -> str:
    """The page of Veeva. With `sites` it has the contacts and sites that the page loads late."""
    section = study.protocol_section
    sponsors = section.sponsor_collaborators_module
    design, eligibility = section.design_module, section.eligibility_module
    ids = section.identification_module
    lead = sponsors.lead_sponsor
    criteria = halves(eligibility.eligibility_criteria or "") or ("", "")
    inclusion, exclusion = (re.sub(r"(?m)^(?= *(?:•|\d{1,3}\.) )", "  ", bulleted(plain(half))) for half in criteria)
    funders = dict.fromkeys(_word(each.class_) for each in (lead, *sponsors.collaborators))
    info = design.design_info
    patients = _patients(study)
    parts: dict[str, str | None] = {
        "Status and phase": _list(_word(section.status_module.overall_status), *map(_word, reversed(design.phases))),
        "Conditions": _list(*map(plain, section.conditions_module.conditions)),
        "Treatments": _list(
            *(plain(_name(each)) for each in section.arms_interventions_module.interventions if each.name)
        ),
        "Study type": _word(design.study_type),
        "Funder types": _list(*funders),
        "Collaborators": _list(*(each.name for each in sponsors.collaborators)),
        "Identifiers": _list(ids.nct_id, ids.org_study_id_info.id, *(each.id for each in ids.secondary_id_infos)),
        "Details and patient eligibility": "",
        "About": plain(section.description_module.brief_summary or ""),
        "Full description": plain(section.description_module.detailed_description or "") or None,
        "Enrollment": patients,
        "Sex": _word(eligibility.sex),
        "Ages": _ages(eligibility.minimum_age, eligibility.maximum_age),
        "Volunteers": {True: "Accepts Healthy Volunteers", False: "No Healthy Volunteers"}.get(
            eligibility.healthy_volunteers  # type: ignore[arg-type]
        ),
        "Inclusion criteria": inclusion or None,
        "Exclusion criteria": exclusion or None,
        "Trial design": "",
        "Primary purpose": _word(info.primary_purpose),
        "Allocation": _word(info.allocation),
        "Interventional model": _word(info.intervention_model, " Assignment"),
        "Observational model": _word(info.observational_model),
        "Time perspective": _word(info.time_perspective),
        "Masking": _word(info.masking_info.masking, " Blind"),
        _count_of_groups(study): "\n".join(_arms(study)),
        "Trial contacts and locations": "\n\n".join(_places(study)) if sites else "0\n\nLoading...",
        "Central trial contact": "\n\n".join(_people(study)) if sites else None,
    }
    head = ["ClinicalTrials.Veeva", "Menu", plain(ids.brief_title or ""), (lead.name or "?")[0].upper(), lead.name]
    body = [line for name, text in parts.items() if text is not None for line in (name, text)]
    foot = ["Data sourced from clinicaltrials.gov", "Clinical trials"]
    end = "Find clinical trialsTrials by location\n© Copyright 2026 Veeva Systems"
    return "\n\n".join([line for line in [*head, *body, *foot] if line] + [end])


def _list(*items: str | None) -> str | None:
    return "\n".join(item for item in items if item) or None


def _patients(study: Study) -> str | None:
    info = study.protocol_section.design_module.enrollment_info
    words = {"ESTIMATED": "estimated patients", "ACTUAL": "patients"}
    # A withdrawn trial, with nobody enrolled, has no such part.
    return f"{info.count} {words[info.type]}" if info.count is not None and info.type else None


def _ages(least: str | None, most: str | None) -> str | None:
    low, high = ((text or "").lower() if age(text or "", None) else "" for text in (least, most))
    if low and high:
        low_number, low_unit = low.split()
        same_unit = low_unit.rstrip("s") == high.split()[1].rstrip("s")
        return f"{low_number if same_unit else low} to {high} old"
    if low:
        return "{}+ {} old".format(*low.split())
    return f"up to {high} old" if high else None


def _count_of_groups(study: Study) -> str:
    section = study.protocol_section
    arms = section.arms_interventions_module.arm_groups
    placebo = any(arm.type == "PLACEBO_COMPARATOR" for arm in arms)
    more = ", including a placebo group" if placebo else ""
    return f"{section.design_module.enrollment_info.count or 0} participants in {len(arms)} patient groups{more}"


def _arms(study: Study) -> Iterator[str]:
    for arm in study.protocol_section.arms_interventions_module.arm_groups:
        yield plain(arm.label or "")
        if arm.type:
            yield f"{arm.type.replace('_', ' ').title()} group"
        if arm.description:
            yield from ("Description:", plain(arm.description))
        if arm.intervention_names:
            yield from ("Treatment:", *map(plain, arm.intervention_names))


def _places(study: Study) -> Iterator[str]:
    locations = study.protocol_section.contacts_locations_module.locations
    yield str(len(locations))
    for site in locations:
        code = site.zip if site.zip and postcode(site.zip, None) else None
        parts = (site.facility, ", ".join(filter(None, (_address(site), code))), _word(site.status))
        yield "\n".join(part for part in parts if part)


def _people(study: Study) -> Iterator[str]:
    for contact in study.protocol_section.contacts_locations_module.central_contacts:
        if ";" not in (contact.name or ""):
            extension = contact.phone_ext and f"Ext: {contact.phone_ext}"
            yield "\n".join(part for part in (contact.name, contact.phone, extension, contact.email) if part)


# The damage of captures of Veeva.

_SHORT_VALUES = {
    *("Status and phase", "Conditions", "Treatments", "Study type", "Funder types", "Collaborators", "Enrollment"),
    *("Sex", "Ages", "Volunteers", "Inclusion criteria", "Exclusion criteria", "Primary purpose", "Allocation"),
    *("Interventional model", "Observational model", "Time perspective", "Masking"),
}


def without_values(page: str, *, identified: bool) -> str:
    """The page with every list of values gone, so that one heading follows another; and the title and ids too."""
    kept: list[str] = []
    heading = ""
    gone = _SHORT_VALUES if identified else {*_SHORT_VALUES, "Identifiers"}
    lines = [line for line in page.split("\n") if line]
    for line in lines[lines.index("Status and phase") :]:
        if line in {*_SHORT_VALUES, "Identifiers", "Details and patient eligibility", "About", "Full description"}:
            heading = line
        elif line == "Trial design" or " participants in " in line or line.startswith("Trial contacts"):
            heading = ""
        if line == heading or heading not in gone:
            kept.append(line)
    return "\n\n".join(kept)
