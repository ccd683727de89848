"""Records without the contact details of people: `--contacts names` and `--contacts none`.

Contacts are people. Both modes look for e-mail addresses and phone numbers in every text of the record, because they
stand in titles, facility names and zip codes too. A text is changed before any IRI is made of it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from trialgraph.record import Finding, Record
from trialgraph.study import Contact, Study

# Between the digits of a number; a backslash because texts of the registry escape their punctuation.
_GAP = r"\s().\-‐-–/\\"
_NOT_INSIDE = r"(?<![\w.,/:;-])"
# A dot or a dash may be escaped ("jane\_doe@example.org"); an @ may be doubled, wide or spelled out.
_EMAIL = re.compile(
    r"[\w.+%'\\-]{1,64}\s?(?:[@＠﹫]{1,3}|&#64;|[\[({]\s?at\s?[\])}])\s?[\w\\-]{1,63}(?:\.[\w\\-]{1,63}){1,8}"
    r"|\bmailto:[^\s<>()\[\]\"',;]+",
    re.IGNORECASE,
)
# What every e-mail address has; most texts have none of it, which is found sooner than that they have no address.
_AT = re.compile(r"[@＠﹫]|&#64;|[\[({]\s?at\s?[\])}]|mailto:", re.IGNORECASE)
# A +, a trunk 0 or parentheses, or three groups: enough digits to dial, and not a date, a range or a trial's id.
_PHONE = re.compile(
    rf"(?=[+(\\\d])(?:"  # the first character of each of these, so that all others are passed over quickly
    rf"(?<![\w.+])\+\d[{_GAP}\d]{{6,20}}\d(?![\w-])"
    rf"|{_NOT_INSIDE}00[1-9][{_GAP}\d]{{6,20}}\d(?![\w-])"
    rf"|{_NOT_INSIDE}\\?\(0?\d{{2,4}}\\?\)\s?\d{{2,4}}[{_GAP}]{{0,2}}\d{{2,4}}(?:[{_GAP}]{{0,2}}\d{{2,4}})?(?![\w-])"
    rf"|{_NOT_INSIDE}(?:\d{{1,3}}[{_GAP}]{{1,2}})?\d{{3}}[{_GAP}]{{1,2}}\d{{3,4}}[{_GAP}]{{1,2}}\d{{4}}(?![\w-])"
    # A zip code such as 01246-000 has eight digits at most.
    rf"|{_NOT_INSIDE}(?=0(?:[{_GAP}]?\d){{8}})0[1-9]\d{{0,3}}[\s\-‐-–]\d{{2,8}}(?:[\s\-‐-–]\d{{2,8}}){{0,3}}(?![\w-])"
    rf"|{_NOT_INSIDE}1[3-9]\d{{9}}(?![\w-]))"
)
_PHONE_WORD = re.compile(
    rf"\b(?:tel|phone|telephone|mobile|fax|call|ext)\b[\s.:#]*\\?\+?[\d(][{_GAP}\d]{{4,20}}\d", re.IGNORECASE
)
#: A contact's own number is looked for in the other texts of the record if it has so many digits, however spelled.
_FEWEST_DIGITS = 7
_DIGITS = re.compile(rf"\+?\d(?:[{_GAP}]{{0,3}}\d){{{_FEWEST_DIGITS - 1},}}")
#: Fields that hold identifiers, numbers and dates by their nature, in which digits are no phone number.
IDENTIFIERS = frozenset(
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
_REMOVED_EMAIL = "[e-mail removed]"
_REMOVED_PHONE = "[phone removed]"
#: How to reach a contact. The extractor says only whether there is a way, and two records that differ in it agree.
_REACH = {"phone": _REMOVED_PHONE, "email": _REMOVED_EMAIL}
#: In a finding about one of these, the value is a contact detail whatever it looks like.
_CONTACT_STEP = re.compile(r"contact|phone|email", re.IGNORECASE)


def private(record: Record, keep_names: bool) -> Record:
    """The record without e-mail addresses and phone numbers in its texts and, unless asked, without contacts at all."""
    study: dict[str, Any] = msgspec.to_builtins(record.study)
    facility_contacts = msgspec.to_builtins(record.facility_contacts)
    redaction = _Redaction(record, [study, facility_contacts])
    if not keep_names:
        facility_contacts = []
        _drop_contacts(study)
    cleaned = redaction.cleaned(study, "", "")
    contacts = redaction.cleaned(facility_contacts, "", "/facilityContacts")
    return msgspec.structs.replace(
        record,
        study=msgspec.convert(cleaned, Study),
        facility_contacts=msgspec.convert(contacts, tuple[Contact, ...]),
        findings=(*map(redaction.finding, record.findings), *redaction.findings),
    )


def redacted(text: str, phones: bool = True) -> str:
    """A text without e-mail addresses and, if asked, without phone numbers.

    >>> redacted("Ward 7, jane.doe@example.org, or call 555-010-9999")
    'Ward 7, [e-mail removed], or [phone removed]'
    >>> redacted("NCT00000001, 2011-001234-12, 18-75 years, 5 mg/kg")
    'NCT00000001, 2011-001234-12, 18-75 years, 5 mg/kg'
    """
    if _AT.search(text):
        text = _EMAIL.sub(_REMOVED_EMAIL, text)
    return _PHONE.sub(_REMOVED_PHONE, _PHONE_WORD.sub(_REMOVED_PHONE, text)) if phones else text


class Details:
    """The phone numbers and e-mail addresses of some contacts, which other texts may hold too."""

    def __init__(self, phones: Iterable[str], emails: Iterable[str]) -> None:
        numbers = {re.sub(r"\D", "", phone) for phone in phones}
        self._numbers = {number for number in numbers if len(number) >= _FEWEST_DIGITS}
        # Most addresses are found by their form.
        self._emails = sorted({email for email in emails if "@" in email and redacted(email) == email})

    def redacted(self, text: str, phones: bool = True) -> str:
        """A text without what looks like a contact detail, and without these."""
        text = redacted(text, phones)
        for email in self._emails:
            text = text.replace(email, _REMOVED_EMAIL)
        return _DIGITS.sub(self._own_number, text) if self._numbers else text

    def _own_number(self, match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        # Either may be without the code of the country.
        known = any(number in digits or number.endswith(digits) for number in self._numbers)
        return _REMOVED_PHONE if known else match[0]


class _Redaction:
    """What is removed from one record: all that looks like a contact detail, and the details of its own contacts."""

    def __init__(self, record: Record, values: list[Any]) -> None:
        self.findings: list[Finding] = []
        self._record = record
        reaches = list(_reaches(values))
        self._details = Details(
            (value for name, value in reaches if name == "phone"), (value for _, value in reaches if "@" in value)
        )

    def cleaned(self, value: Any, name: str, pointer: str) -> Any:
        """A value of the record without contact details."""
        if isinstance(value, dict):
            items = ((key, child) for key, child in value.items() if key != "phoneExt")
            return {key: _REACH.get(key) or self.cleaned(child, key, f"{pointer}/{key}") for key, child in items}
        if isinstance(value, list | tuple):
            return [self.cleaned(child, name, f"{pointer}/{i}") for i, child in enumerate(value)]
        if not isinstance(value, str):
            return value
        cleaned = self._details.redacted(value, phones=name not in IDENTIFIERS)
        if cleaned != value:
            message = "an e-mail address or a phone number removed"
            self.findings.append(Finding("redacted", message, "", pointer, self._record.file, self._record.nct_id))
        return cleaned

    def finding(self, finding: Finding) -> Finding:
        """A finding of a reader, which shows the value that it is about."""
        shown = "" if _CONTACT_STEP.search(finding.pointer) else self._details.redacted(finding.value, phones=True)
        return msgspec.structs.replace(finding, value=shown)


def _reaches(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The phone numbers and e-mail addresses in the contact fields of a value, each with the field's name."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _reaches(child, key)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _reaches(child)
    elif name in _REACH:
        yield name, value


def _drop_contacts(study: dict[str, Any]) -> None:
    module = study.get("protocolSection", {}).get("contactsLocationsModule", {})
    module.pop("centralContacts", None)
    for location in module.get("locations", ()):
        location.pop("contacts", None)
    study.get("resultsSection", {}).get("moreInfoModule", {}).pop("pointOfContact", None)
