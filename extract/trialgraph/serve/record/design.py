"""How a trial is designed, and who watches over it."""

from msgspec import Struct

from trialgraph.serve.record.facts import Fact, Gaps, facts
from trialgraph.serve.record.gather import Node
from trialgraph.serve.record.head import enrollment

_DESIGN = (
    *("studyType", "phase: Phases", "allocation", "interventionModel", "interventionModelDescription"),
    *("primaryPurpose", "masking", "whoMasked", "maskingDescription", "observationalModel", "timePerspective"),
    *("samplingMethod", "patientRegistry", "targetDuration", "bioSpecRetention", "bioSpecDescription"),
    *("expandedAccessIndividual", "expandedAccessIntermediate", "expandedAccessTreatment", "nPtrsToThisExpAccNctId"),
)
_EXPECTED = {
    "INTERVENTIONAL": ("studyType", "phase", "allocation", "interventionModel", "primaryPurpose", "masking"),
    "OBSERVATIONAL": ("studyType", "observationalModel", "timePerspective"),
}
_OVERSIGHT = (
    *("oversightHasDmc: Data monitoring committee", "isFdaRegulatedDrug: FDA-regulated drug"),
    *("isFdaRegulatedDevice: FDA-regulated device", "isUnapprovedDevice: Unapproved device"),
    *("isPpsd: Pediatric postmarket surveillance", "isUsExport: Made in and exported from the United States"),
)
_EXPECTED_OVERSIGHT = ("oversightHasDmc", "isFdaRegulatedDrug", "isFdaRegulatedDevice")


class Design(Struct, frozen=True):
    """Design and oversight as facts."""

    design: tuple[Fact, ...]
    oversight: tuple[Fact, ...]


def design(trial: Node, gaps: Gaps, type_: str) -> Design:
    """The design of a trial of a type of the registry, "" if that is unknown."""
    found = facts(trial, _DESIGN, gaps, _EXPECTED.get(type_, ("studyType",)))
    number = enrollment(trial)
    access = type_ == "EXPANDED_ACCESS"  # which enrolls nobody into a study
    if not number.values and not access:
        number = Fact(number.label, (), "enrollment", gaps.why("enrollment"))
    numbers = (number,) if number.values or number.gap else ()
    expected = () if access else _EXPECTED_OVERSIGHT
    return Design((*found[:2], *numbers, *found[2:]), facts(trial, _OVERSIGHT, gaps, expected))
