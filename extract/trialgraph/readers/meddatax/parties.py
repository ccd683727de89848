"""The parties of a meddatax page: sponsors, responsible party, sites, contacts; and the trial's other identifiers.

Each is a block of lines with one fixed line, such as "Sponsor Role lead", by which the blocks are told apart.
"""

import re
from collections.abc import Collection, Iterable, Sequence

from trialgraph.readers.page import Line, blocks, filled
from trialgraph.readers.reading import Reading, contact_part
from trialgraph.readers.sites import run
from trialgraph.study import (
    Contact,
    Location,
    OrgStudyIdInfo,
    ResponsibleParty,
    SecondaryIdInfo,
    Sponsor,
    SponsorCollaboratorsModule,
)

_SPONSOR_ROLE = re.compile(r"Sponsor Role\b\s*(.*)")
_RESPONSIBILITY = re.compile(r"Responsibility Role\b\s*(.*)")
_SITE_STATUS = re.compile(r"Site Status")
_ROLE = re.compile(r"Role:\s*(.*)")
_ID_TYPE = re.compile(r"Identifier Type:\s*(.*)")
_ID_SOURCE = re.compile(r"Identifier Source:\s*(.*)")
#: What the page shows where there is no value.
_NOTHING = {"-", "–", "—"}


def _stated(pattern: re.Pattern[str], line: Line) -> list[Line]:
    """The value beside a label, as a line of its own; none if the label stands alone or beside a dash."""
    match = pattern.fullmatch(line.bare)
    text = match[1] if match else ""
    return [] if text in {"", *_NOTHING} else [Line(line.number, text)]


def parties(reading: Reading, sponsors: Iterable[Line], responsible: Iterable[Line]) -> SponsorCollaboratorsModule:
    """The lead sponsor, the collaborators and the responsible party."""
    lead, collaborators = Sponsor(), []
    parts, rest = blocks(filled(sponsors), _SPONSOR_ROLE)
    reading.drop(rest, "a sponsor without its role")
    for stated, line in parts:
        role = next((value.bare.casefold() for value in _stated(_SPONSOR_ROLE, line)), "")
        if not stated or role not in {"lead", "collaborator"} or (role == "lead" and lead != Sponsor()):
            reading.drop([*stated, line], "a sponsor without a name or role, or a second lead sponsor")
            continue
        sponsor = Sponsor(stated[0].bare, reading.value("organizationClass", stated[1:]))
        if role == "lead":
            lead = sponsor
        else:
            collaborators.append(sponsor)
    return SponsorCollaboratorsModule(_responsible(reading, responsible), lead, tuple(collaborators))


def _responsible(reading: Reading, lines: Iterable[Line]) -> ResponsibleParty:
    parts, rest = blocks(filled(lines), _RESPONSIBILITY)
    reading.drop(rest, "a responsible party without its role")
    if not parts:
        return ResponsibleParty()
    (stated, line), *others = parts
    for more, other in others:
        reading.drop([*more, other], "a second responsible party")
    reading.drop(stated[2:], "not expected below the responsible party's title")
    name, title = [*(line.bare for line in stated[:2]), None, None][:2]
    return ResponsibleParty(
        type=reading.value("responsiblePartyType", _stated(_RESPONSIBILITY, line)),
        investigator_full_name=name,
        investigator_title=title,
    )


def sites(reading: Reading, lines: Sequence[Line], countries: Iterable[Line]) -> tuple[Location, ...]:
    """The sites: facility, address, "Site Status" and, if it has one, the status below.

    The countries are a check: each is stated by a site.
    """
    listed = {line.bare: line for line in filled(countries)}
    labelled = any(_SITE_STATUS.fullmatch(line.bare) for line in lines)
    found = (_labelled_sites if labelled else _bare_sites)(reading, lines, listed)
    stated = {site.country for site in found}
    missing = [line for name, line in listed.items() if name not in stated]
    reading.drop(missing, "no site in this country is on the page")
    return tuple(found)


def _bare_sites(reading: Reading, lines: Iterable[Line], listed: Collection[str]) -> list[Location]:
    """The sites of a page that has lost all status labels."""
    found = run(
        lines,
        lambda line: reading.place(line, listed) is not None,
        lambda line: reading.fits("overallStatus", line.bare),
    )
    if not found:
        reading.drop(lines, "not clearly the sites of the trial: a facility, its address, and perhaps a status")
    return [
        site for block in found for site in _site(reading, block[:2], reading.value("overallStatus", block[2:]), listed)
    ]


def _labelled_sites(reading: Reading, lines: Iterable[Line], listed: Collection[str]) -> list[Location]:
    """The sites of a page with a status label below each."""
    parts, rest = blocks(filled(lines), _SITE_STATUS)
    found: list[Location] = []
    for n, (block, label) in enumerate(parts):
        is_last = n + 1 == len(parts)
        if block:
            status = _status(reading, rest if is_last else parts[n + 1][0], last=is_last)
            found += _site(reading, block, status, listed)
        else:
            reading.drop([label], "a site without its facility and address")
    reading.drop(rest, "a site without its status label")
    return found


def _status(reading: Reading, following: list[Line], *, last: bool) -> str | None:
    """The status that stands first in the next block, taken from it; a facility and an address come after it."""
    if not following:
        return None
    first = following[0]
    known = reading.fits("overallStatus", first.bare)
    if known or (len(following) == (1 if last else 3) and reading.word.fullmatch(first.bare)):
        following.remove(first)
        return reading.value("overallStatus", [first])
    return None


def _site(reading: Reading, block: Sequence[Line], status: str | None, listed: Collection[str]) -> list[Location]:
    """The site of a block, as a list; an empty one if the block does not fit."""
    place = reading.place(block[-1], listed)
    if place is None or len(block) > 2:
        reading.drop(block, "not a facility and an address that ends with a country")
        return []
    facility = block[0].bare if len(block) == 2 else None
    return [Location(facility, status, place.city, place.state, country=place.country)]


def contacts(reading: Reading, lines: Iterable[Line]) -> tuple[Contact, ...]:
    """The contacts: name, "Role: X", and what there is of phone, extension and e-mail."""
    parts, rest = blocks(filled(lines), _ROLE)
    found: list[Contact] = []
    if not parts:
        reading.drop(rest, "a contact without a role")
        return ()
    first = parts[0][0]
    reading.drop(first[:-1], "not expected before a contact's name")
    name = first[-1] if first else None
    for n, (_, line) in enumerate(parts):
        following = list(parts[n + 1][0]) if n + 1 < len(parts) else list(rest)
        # The last line before a role is a name, unless it reads as a number: then the next contact has no name.
        next_name = (
            following.pop() if n + 1 < len(parts) and following and not contact_part(following[-1].bare)[0] else None
        )
        role = reading.value("contactRole", _stated(_ROLE, line))
        found.append(reading.contact(name, role, following))
        name = next_name
    return tuple(found)


def identifiers(
    reading: Reading, lines: Iterable[Line]
) -> tuple[OrgStudyIdInfo, tuple[SecondaryIdInfo, ...], tuple[str, ...]]:
    """The organisation's own id of the trial, the secondary ids, and the NCT ids that it had before."""
    org, secondary, aliases = OrgStudyIdInfo(), [], []
    parts, rest = blocks(filled(lines), _ID_SOURCE)
    reading.drop(rest, "an identifier without its source")
    for block, line in parts:
        kinds = [line for line in block if _ID_TYPE.fullmatch(line.bare)]
        ids = [line for line in block if line not in kinds]
        source = next((value.bare for value in _stated(_ID_SOURCE, line)), "")
        if len(ids) != 1 or not source:
            reading.drop([*block, line], "not one identifier with its source")
            continue
        kind = reading.value("identifierType", [value for line in kinds for value in _stated(_ID_TYPE, line)])
        if source == "nct_alias":
            aliases.append(ids[0].bare)
        elif source != "org_study_id":
            secondary.append(SecondaryIdInfo(ids[0].bare, kind))
        elif org == OrgStudyIdInfo():
            org = OrgStudyIdInfo(ids[0].bare, kind)
        else:
            reading.drop([*block, line], "a second id of the organisation")
    return org, tuple(secondary), tuple(aliases)
