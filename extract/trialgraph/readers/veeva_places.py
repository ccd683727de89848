"""The central contacts and the sites of a Veeva page.

The page loads its sites late: "0" and "Loading..." under "Trial contacts and locations" say nothing about sites. A
capture that has sites is read as blocks of two or three lines: a facility, "City, State, Country" with or without a
postcode behind it, and a status if there is one. Below "Central trial contact" stand names, several on a line with
semicolons between them, each followed by its phone and e-mail if they are shown.
"""

import re
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from trialgraph.readers.page import Line, filled
from trialgraph.readers.reading import Reading, contact_part
from trialgraph.study import Contact, ContactsLocationsModule, Location

CONTACT_HEADINGS = ["Central trial contact", "Central trial contacts"]

_COUNT = re.compile(r"[\d,]+")
_POSTCODE = re.compile(r"(?P<place>.+), (?P<zip>(?=[^,]*\d)[\w -]{3,12})")
#: What may stand below the sites when the line that ends them is lost.
_FOOTER = re.compile(r"Loading\.\.\.|Clinical trials|Find clinical trials.*|Research sites|Resources|Legal|©.*")


def module(reading: Reading, locations: Iterable[Line], contacts: Iterable[Line]) -> ContactsLocationsModule:
    """The contacts and sites below the headings; either may have the sites below it."""
    above, below = (
        [line for line in filled(part) if not _FOOTER.fullmatch(line.bare)] for part in (locations, contacts)
    )
    count = above.pop(0) if above and _COUNT.fullmatch(above[0].bare) else None
    people, more = _split(reading, below)
    sites = [*_sites(reading, above), *_sites(reading, more)]
    if count and int(count.bare.replace(",", "")) not in {0, len(sites)}:
        reading.note("dropped", f"the page counts so many sites, and shows {len(sites)}", count, count.bare)
    return ContactsLocationsModule(central_contacts=tuple(_contacts(reading, people)), locations=tuple(sites))


def _split(reading: Reading, lines: Sequence[Line]) -> tuple[Sequence[Line], Sequence[Line]]:
    """The lines of the contacts, and those of the sites, the first of which is above the first address."""
    first = next((n for n, line in enumerate(lines) if _place(reading, line)), None)
    return (lines, []) if first is None else (lines[: max(first - 1, 0)], lines[max(first - 1, 0) :])


def _place(reading: Reading, line: Line) -> Location | None:
    """The place of an address line, with its postcode; None if the line is no address."""
    if "," not in line.bare:
        return None
    match = _POSTCODE.fullmatch(line.bare)
    postal = reading.place(Line(line.number, match["place"])) if match else None
    return replace(postal, zip=match["zip"]) if match and postal else reading.place(line)


def _contacts(reading: Reading, lines: Sequence[Line]) -> list[Contact]:
    """The contacts: names, and what follows each of them. What follows several names on a line is nobody's."""
    found: list[Contact] = []
    people: list[tuple[Line, list[Line]]] = []
    for line in lines:
        if not contact_part(line.bare)[0]:
            people.append((line, []))
        elif people:
            people[-1][1].append(line)
        else:
            reading.drop([line], "a phone number or e-mail address without a name")
    for line, parts in people:
        names = [Line(line.number, name) for name in line.bare.split("; ")]
        if len(names) > 1:
            reading.drop(parts, "it is not clear whose number or address this is")
        found += [reading.contact(name, None, parts if len(names) == 1 else []) for name in names]
    return found


def _sites(reading: Reading, lines: Sequence[Line]) -> list[Location]:
    """The sites, if all lines are facilities, each with an address and perhaps a status; otherwise none."""
    found: list[Location] = []
    rest = list(lines)
    while rest:
        facility = rest.pop(0)
        place = _place(reading, rest[0]) if rest else None
        if place is None or _place(reading, facility) is not None:
            reading.drop(lines, "not clearly the sites of the trial: a facility, its address, and perhaps a status")
            return []
        rest.pop(0)
        is_status = bool(rest) and reading.fits("overallStatus", rest[0].bare)
        status = reading.value("overallStatus", [rest.pop(0)]) if is_status else None
        found.append(replace(place, facility=facility.bare, status=status))
    return found
