"""Records without the contact details of people: `--contacts names` and `--contacts none`.

Contacts are people. Both modes look for e-mail addresses and phone numbers in every text of the record, because they
stand in titles, facility names and zip codes too. A text is changed before any IRI is made of it.
"""

import re
from typing import Any

import msgspec

from trialgraph.record import Finding, Record
from trialgraph.study import Contact, Study

_EMAIL = re.compile(r"[\w.+%'-]+@+[\w-]+(?:\.[\w-]+)+|\bmailto:\S+", re.IGNORECASE)
# A + or a trunk 0 or parentheses, or three groups: enough digits to dial, and not a date, a range or a trial's id.
_PHONE = re.compile(
    r"(?<![\w.,/:;-])(?:\+|00)\d[\d\s().\-–/]{6,20}\d(?![\w-])"
    r"|(?<![\w.,/:;-])\(0?\d{2,4}\)\s?\d{2,4}[\s.\-–]?\d{2,4}(?:[\s.\-–]?\d{2,4})?(?![\w-])"
    r"|(?<![\w.,/:;-])\d{3}[\s.\-–]\d{3,4}[\s.\-–]\d{4}(?![\w-])"
    r"|(?<![\w.,/:;-])0\d{1,4}[\s\-–]\d{2,8}(?:[\s\-–]\d{2,8}){0,3}(?![\w-])"
    r"|(?<![\w.,/:;-])1[3-9]\d{9}(?![\w-])"
)
_PHONE_WORD = re.compile(
    r"\b(?:tel|phone|telephone|mobile|fax|call|ext)\b[\s.:#]*\+?[\d(][\d\s().\-–/]{4,20}\d", re.IGNORECASE
)
#: Fields that hold identifiers, numbers and dates by their nature, in which digits are no phone number.
_IDENTIFIERS = frozenset(
    [
        "nctId",
        "nctIdAliases",
        "id",
        "pmid",
        "date",
        "type",
        "class",
        "link",
        "uploadDate",
        "filename",
        "value",
        "spread",
        "lowerLimit",
        "upperLimit",
        "paramValue",
        "pValue",
        "ciLowerLimit",
        "ciUpperLimit",
        "ciPctValue",
        "dispersionValue",
        "numSubjects",
        "numUnits",
        "groupId",
        "groupIds",
        "citation",
    ]
)
#: How to reach a contact; the extractor says only whether there is a way.
_REACH = frozenset(["phone", "phoneExt", "email"])

_REMOVED_EMAIL = "[e-mail removed]"
_REMOVED_PHONE = "[phone removed]"


def private(record: Record, keep_names: bool) -> Record:
    """The record without e-mail addresses and phone numbers in its texts and, unless asked, without contacts at all."""
    findings: list[Finding] = []
    study: dict[str, Any] = msgspec.to_builtins(record.study)
    facility_contacts = msgspec.to_builtins(record.facility_contacts)
    if not keep_names:
        facility_contacts = []
        _drop_contacts(study)
    cleaned = _cleaned(study, "", "", record, findings)
    contacts = _cleaned(facility_contacts, "", "/facilityContacts", record, findings)
    return msgspec.structs.replace(
        record,
        study=msgspec.convert(cleaned, Study),
        facility_contacts=msgspec.convert(contacts, tuple[Contact, ...]),
        findings=(*record.findings, *findings),
    )


def _drop_contacts(study: dict[str, Any]) -> None:
    module = study.get("protocolSection", {}).get("contactsLocationsModule", {})
    module.pop("centralContacts", None)
    for location in module.get("locations", ()):
        location.pop("contacts", None)
    study.get("resultsSection", {}).get("moreInfoModule", {}).pop("pointOfContact", None)


def _cleaned(value: Any, name: str, pointer: str, record: Record, findings: list[Finding]) -> Any:
    if isinstance(value, dict):
        return {key: _cleaned(child, key, f"{pointer}/{key}", record, findings) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(child, name, f"{pointer}/{i}", record, findings) for i, child in enumerate(value)]
    if not isinstance(value, str) or name in _REACH:
        return value
    cleaned = redacted(value, phones=name not in _IDENTIFIERS)
    if cleaned != value:
        message = "an e-mail address or a phone number removed"
        findings.append(Finding("redacted", message, "", pointer, record.file, record.nct_id))
    return cleaned


def redacted(text: str, phones: bool = True) -> str:
    """A text without e-mail addresses and, if asked, without phone numbers."""
    text = _EMAIL.sub(_REMOVED_EMAIL, text)
    return _PHONE.sub(_REMOVED_PHONE, _PHONE_WORD.sub(_REMOVED_PHONE, text)) if phones else text
