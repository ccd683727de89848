"""For every leaf of the registry's model, a record that holds it alone, with a value that one recognises in a graph."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from tests.conftest import Graph, parsed

from trialgraph.extractors import Extraction
from trialgraph.iris import BASE
from trialgraph.model import leaves
from trialgraph.record import Record, Trial
from trialgraph.resources import mapping, vocabulary
from trialgraph.statements import Values
from trialgraph.study import Study

NCT = "NCT00000001"

_PROTOCOL = "protocolSection."
_LOCATION = "protocolSection.contactsLocationsModule.locations[]."
_ARMS = "protocolSection.armsInterventionsModule."

#: By the type of a leaf: a value, and the term that says it.
_OF_TYPE: dict[str, tuple[Any, str]] = {
    "Date": ("2031-05-17", '"2031-05-17"^^xsd:date'),
    "DateTime": ("2031-05-17T08:09", '"2031-05-17T08:09:00"^^xsd:dateTime'),
    "Duration": ("7 Months", '"7 Months"'),
    "Count": (4711, '"4711"^^xsd:integer'),
    "Flag": (True, '"true"^^xsd:boolean'),
    "str": ("a recognisable value", '"a recognisable value"'),
}
#: Leaves whose values have a form of their own, by the last name of the path.
_OF_NAME: dict[str, tuple[Any, str]] = {
    "countryCode": ("FR", '"FR"'),
    "groupId": ("XG007", '"XG007"'),
    "groupIds[]": ("XG007", '"XG007"'),
    "lat": (47.11, '"47.11"^^xsd:decimal'),
    "lon": (-4.711, '"-4.711"^^xsd:decimal'),
    "nctId": ("NCT09876543", "trial/NCT09876543"),
    "nctIdAliases[]": ("NCT09876543", '"NCT09876543"'),
}
#: Leaves of the results that hold a number in a string.
_NUMBERS = (
    *("value", "spread", "lowerLimit", "upperLimit", "paramValue", "dispersionValue", "pValue", "ciPctValue"),
    *("ciLowerLimit", "ciUpperLimit", "numSubjects", "numUnits", "frequencyThreshold"),
)
#: What a leaf says nothing without: what identifies the thing that it describes, or the other end of a link.
NEEDS: dict[str, dict[str, Any]] = {
    f"{_PROTOCOL}identificationModule.organization.class": {
        f"{_PROTOCOL}identificationModule.organization.fullName": "Acme"
    },
    f"{_PROTOCOL}sponsorCollaboratorsModule.leadSponsor.class": {
        f"{_PROTOCOL}sponsorCollaboratorsModule.leadSponsor.name": "Acme"
    },
    f"{_PROTOCOL}sponsorCollaboratorsModule.collaborators[].class": {
        f"{_PROTOCOL}sponsorCollaboratorsModule.collaborators[].name": "Acme"
    },
    f"{_ARMS}armGroups[].interventionNames[]": {
        f"{_ARMS}interventions[].type": "DRUG",
        f"{_ARMS}interventions[].name": "aspirin",
    },
    f"{_ARMS}interventions[].armGroupLabels[]": {
        f"{_ARMS}interventions[].name": "aspirin",
        f"{_ARMS}armGroups[].label": "Placebo",
    },
    f"{_LOCATION}geoPoint.lat": {f"{_LOCATION}geoPoint.lon": 1.5},
    f"{_LOCATION}geoPoint.lon": {f"{_LOCATION}geoPoint.lat": 1.5},
    **{
        f"derivedSection.{about}BrowseModule.{listed}[].term": {
            f"derivedSection.{about}BrowseModule.{listed}[].id": "D004711"
        }
        for about in ("condition", "intervention")
        for listed in ("meshes", "ancestors")
    },
    **{
        path: {f"{path[: path.index(module) + len(module)]}{groups}[].id": "XG007"}
        for module, groups in (
            ("participantFlowModule.", "groups"),
            ("baselineCharacteristicsModule.", "groups"),
            ("outcomeMeasures[].", "groups"),
            ("adverseEventsModule.", "eventGroups"),
        )
        for path in leaves()
        if module in path and path.endswith(("groupId", "groupIds[]"))
    },
}
#: Leaves whose values agree with one another, so that all leaves together make one record.
_OF_PATH: dict[str, tuple[Any, str]] = {
    f"{_PROTOCOL}identificationModule.nctId": (NCT, f'"{NCT}"'),
    f"{_ARMS}armGroups[].label": ("Placebo", '"Placebo"'),
    f"{_ARMS}armGroups[].interventionNames[]": ("Drug: aspirin", '"aspirin"'),
    f"{_ARMS}interventions[].type": ("DRUG", "tgv:interventionType-DRUG"),
    f"{_ARMS}interventions[].name": ("aspirin", '"aspirin"'),
    f"{_ARMS}interventions[].armGroupLabels[]": ("Placebo", '"aspirin"'),
}


def sentinel(path: str) -> tuple[Any, str]:
    """A value for a leaf, and the term that says it, as tests.conftest.Graph spells terms."""
    kind, name = leaves()[path], path.rpartition(".")[2]
    if path in _OF_PATH:
        return _OF_PATH[path]
    if scheme := vocabulary().scheme(kind):
        token = vocabulary().tokens(scheme)[-1]
        return token, f"tgv:{scheme}-{token}"
    if path.startswith("resultsSection.") and name in _NUMBERS:
        return "47.11", '"47.11"^^xsd:decimal'
    if path.lower().endswith("groups[].id"):
        return _OF_NAME["groupId"]
    return _OF_NAME.get(name) or _OF_TYPE[kind]


def record(values: Mapping[str, Any]) -> dict[str, Any]:
    """A record that holds the values at their paths, with the structs around them; a list has one item."""
    root: dict[str, Any] = {}
    for path, value in values.items():
        *steps, last = path.split(".")
        node = root
        for step in steps:
            inner = node.setdefault(step.removesuffix("[]"), [{}] if step.endswith("[]") else {})
            node = inner[0] if isinstance(inner, list) else inner
        node[last.removesuffix("[]")] = [value] if last.endswith("[]") else value
    return root


def needed(path: str) -> dict[str, Any]:
    """What a leaf cannot do without: the NCT id, and the values that NEEDS names."""
    return {f"{_PROTOCOL}identificationModule.nctId": NCT, **NEEDS.get(path, {})}


def holding(path: str) -> dict[str, Any]:
    """A record that holds one leaf and what that cannot do without."""
    return record({**needed(path), path: sentinel(path)[0]})


def read(values: Mapping[str, Any], reader: str = "ctgov", **fields: Any) -> Record:
    """A record as a reader would give it; what another reader than the registry's reads is a page."""
    study = msgspec.convert(values, Study)
    digest = sha256(repr((values, reader, fields)).encode()).hexdigest()
    updated = study.protocol_section.status_module.last_update_post_date_struct.date
    known = {"updated": updated, "partial": reader != "ctgov", **fields}
    return Record(study=study, reader=reader, file="record", sha256=digest, **known)


def extracted(trial: Trial) -> tuple[Graph, list[str]]:
    """The graph of a trial, and what was odd about it."""
    draft = Extraction(Values(vocabulary(), mapping()), BASE).draft(trial)
    lines = [" ".join(row) for row in draft.rows] + sorted(draft.shared)
    return parsed("".join(f"{line} .\n" for line in lines).encode()), [each.message for each in draft.oddities]
