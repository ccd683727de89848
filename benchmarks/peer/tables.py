"""Records as flat tables, a CSV file each: the engines that map tables cannot see which trial a nested value is of.

python -m peer.tables NDJSON FOLDER
"""

import csv
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]

#: The columns of a trial that are one value, by where a record has it.
TRIAL = {
    "brief_title": "identificationModule.briefTitle",
    "official_title": "identificationModule.officialTitle",
    "acronym": "identificationModule.acronym",
    "org_study_id": "identificationModule.orgStudyIdInfo.id",
    "organization": "identificationModule.organization.fullName",
    "organization_class": "identificationModule.organization.class",
    "overall_status": "statusModule.overallStatus",
    "last_known_status": "statusModule.lastKnownStatus",
    "why_stopped": "statusModule.whyStopped",
    "status_verified": "statusModule.statusVerifiedDate",
    "start_date": "statusModule.startDateStruct.date",
    "start_date_type": "statusModule.startDateStruct.type",
    "primary_completion_date": "statusModule.primaryCompletionDateStruct.date",
    "primary_completion_date_type": "statusModule.primaryCompletionDateStruct.type",
    "completion_date": "statusModule.completionDateStruct.date",
    "completion_date_type": "statusModule.completionDateStruct.type",
    "first_submitted": "statusModule.studyFirstSubmitDate",
    "first_submit_qc": "statusModule.studyFirstSubmitQcDate",
    "first_posted": "statusModule.studyFirstPostDateStruct.date",
    "first_posted_type": "statusModule.studyFirstPostDateStruct.type",
    "results_first_posted": "statusModule.resultsFirstPostDateStruct.date",
    "last_update_submit": "statusModule.lastUpdateSubmitDate",
    "last_update_posted": "statusModule.lastUpdatePostDateStruct.date",
    "last_update_posted_type": "statusModule.lastUpdatePostDateStruct.type",
    "lead_sponsor": "sponsorCollaboratorsModule.leadSponsor.name",
    "lead_sponsor_class": "sponsorCollaboratorsModule.leadSponsor.class",
    "has_dmc": "oversightModule.oversightHasDmc",
    "fda_drug": "oversightModule.isFdaRegulatedDrug",
    "fda_device": "oversightModule.isFdaRegulatedDevice",
    "brief_summary": "descriptionModule.briefSummary",
    "detailed_description": "descriptionModule.detailedDescription",
    "study_type": "designModule.studyType",
    "allocation": "designModule.designInfo.allocation",
    "intervention_model": "designModule.designInfo.interventionModel",
    "observational_model": "designModule.designInfo.observationalModel",
    "time_perspective": "designModule.designInfo.timePerspective",
    "primary_purpose": "designModule.designInfo.primaryPurpose",
    "masking": "designModule.designInfo.maskingInfo.masking",
    "enrollment": "designModule.enrollmentInfo.count",
    "enrollment_type": "designModule.enrollmentInfo.type",
    "eligibility_text": "eligibilityModule.eligibilityCriteria",
    "healthy_volunteers": "eligibilityModule.healthyVolunteers",
    "sex": "eligibilityModule.sex",
    "minimum_age": "eligibilityModule.minimumAge",
    "maximum_age": "eligibilityModule.maximumAge",
}
#: Lists of a trial: where a record has them, and the columns by the fields of an item, "" for the item itself.
LISTS = {
    "secondary_id": ("identificationModule.secondaryIdInfos", {"value": "id", "type": "type", "domain": "domain"}),
    "collaborator": ("sponsorCollaboratorsModule.collaborators", {"name": "name", "class": "class"}),
    "condition": ("conditionsModule.conditions", {"name": ""}),
    "keyword": ("conditionsModule.keywords", {"keyword": ""}),
    "phase": ("designModule.phases", {"phase": ""}),
    "who_masked": ("designModule.designInfo.maskingInfo.whoMasked", {"who": ""}),
    "standard_age": ("eligibilityModule.stdAges", {"age": ""}),
    "arm": ("armsInterventionsModule.armGroups", {"label": "label", "type": "type", "description": "description"}),
    "intervention": (
        "armsInterventionsModule.interventions",
        {"name": "name", "type": "type", "description": "description"},
    ),
    "central_contact": (
        "contactsLocationsModule.centralContacts",
        {"name": "name", "role": "role", "phone": "phone", "email": "email"},
    ),
    "official": (
        "contactsLocationsModule.overallOfficials",
        {"name": "name", "role": "role", "affiliation": "affiliation"},
    ),
    "site": (
        "contactsLocationsModule.locations",
        {
            "facility": "facility",
            "city": "city",
            "state": "state",
            "zip": "zip",
            "country": "country",
            "status": "status",
            "lat": "geoPoint.lat",
            "long": "geoPoint.lon",
        },
    ),
    "reference": ("referencesModule.references", {"pmid": "pmid", "type": "type", "citation": "citation"}),
    "link": ("referencesModule.seeAlsoLinks", {"label": "label", "url": "url"}),
    "primary_outcome": ("outcomesModule.primaryOutcomes", {}),
    "secondary_outcome": ("outcomesModule.secondaryOutcomes", {}),
    "other_outcome": ("outcomesModule.otherOutcomes", {}),
}
_OUTCOME = {"measure": "measure", "time_frame": "timeFrame", "description": "description"}
_MESH = {"id": "id", "term": "term"}
_DERIVED = {
    "condition_mesh": "conditionBrowseModule.meshes",
    "condition_mesh_ancestor": "conditionBrowseModule.ancestors",
    "intervention_mesh": "interventionBrowseModule.meshes",
    "intervention_mesh_ancestor": "interventionBrowseModule.ancestors",
}
#: The columns of each table; `number` is the place in the list.
COLUMNS = {
    "trial": ["nct_id", *TRIAL, "has_results"],
    **{name: ["nct_id", "number", *(fields or _OUTCOME)] for name, (_, fields) in LISTS.items()},
    **{name: ["nct_id", "number", *_MESH] for name in _DERIVED},
    "arm_intervention": ["nct_id", "number", "name"],
    "other_name": ["nct_id", "name", "other"],
    "site_contact": ["nct_id", "site", "number", "name", "role", "phone", "email"],
}


def rows(record: Json) -> Iterator[tuple[str, Json]]:
    """The rows of a record, each with the name of its table."""
    protocol = record["protocolSection"]
    nct_id = protocol["identificationModule"]["nctId"]
    trial = {"nct_id": nct_id, "has_results": _at(record, "hasResults")}
    yield "trial", trial | {column: _at(protocol, path) for column, path in TRIAL.items()}
    for name, (path, fields) in LISTS.items():
        yield from _listed(name, nct_id, _at(protocol, path), fields or _OUTCOME)
    for name, path in _DERIVED.items():
        yield from _listed(name, nct_id, _at(record.get("derivedSection", {}), path), _MESH)
    for number, arm in enumerate(_at(protocol, "armsInterventionsModule.armGroups") or ()):
        for intervention in arm.get("interventionNames", ()):
            # The registry writes "Drug: Veltacanib" for the intervention Veltacanib.
            yield "arm_intervention", {"nct_id": nct_id, "number": number, "name": intervention.partition(": ")[2]}
    for intervention in _at(protocol, "armsInterventionsModule.interventions") or ():
        for other in intervention.get("otherNames", ()):
            yield "other_name", {"nct_id": nct_id, "name": intervention.get("name"), "other": other}
    for site, location in enumerate(_at(protocol, "contactsLocationsModule.locations") or ()):
        for _, row in _listed("", nct_id, location.get("contacts"), LISTS["central_contact"][1]):
            yield "site_contact", row | {"site": site}


def _listed(name: str, nct_id: str, items: Any, fields: dict[str, str]) -> Iterator[tuple[str, Json]]:
    for number, item in enumerate(items or ()):
        values = {column: _at(item, field) if field else item for column, field in fields.items()}
        yield name, {"nct_id": nct_id, "number": number, **values}


def _at(value: Any, path: str) -> Any:
    """What a path leads to; None where nothing is. A truth value as RDF spells it."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return str(value).lower() if isinstance(value, bool) else value


def write(source: str, folder: str) -> None:
    """Write the tables of all records of a file."""
    with ExitStack() as stack, open(source, "rb") as lines:
        writers = {}
        for name, columns in COLUMNS.items():
            out = stack.enter_context(Path(folder, f"{name}.csv").open("w", encoding="utf-8", newline=""))
            writers[name] = csv.DictWriter(out, columns)
            writers[name].writeheader()
        for line in lines:
            for name, row in rows(orjson.loads(line)):
                writers[name].writerow(row)


if __name__ == "__main__":
    write(*sys.argv[1:])
