"""The central contacts and the sites of a Veeva page.

The page loads its sites late: "0" and "Loading..." under "Trial contacts and locations" say nothing about sites. A
capture that has sites is read as blocks of two or three lines: a facility, "City, State, Country" with or without a
postcode behind it, and a status if there is one. Below "Central trial contact" stand names, several on a line with
semicolons between them, each followed by its phone and e-mail if they are shown.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from msgspec.structs import replace

from trialgraph.readers import sites
from trialgraph.readers.page import Line, filled
from trialgraph.readers.reading import Reading, contact_part
from trialgraph.study import Contact, ContactsLocationsModule, Location

CONTACT_HEADINGS = ["Central trial contact", "Central trial contacts"]

_COUNT = re.compile(r"\d[\d,]{0,14}")
_POSTCODE = re.compile(r"(?P<place>.+), (?P<zip>(?=[^,]*\d)[\w -]{3,12})")
#: What may stand below the sites when the line that ends them is lost.
_FOOTER = re.compile(r"Loading\.\.\.|Clinical trials|Find clinical trials.*|Research sites|Resources|Legal|©.*")


def module(reading: Reading, locations: Iterable[Line], contacts: Iterable[Line]) -> ContactsLocationsModule:
    """The contacts and sites below the headings; either may have the sites below it."""
    above, below = ([line for line in part if not _FOOTER.fullmatch(line.bare)] for part in (locations, contacts))
    count = next(iter(filled(above)), None)
    if count and _COUNT.fullmatch(count.bare):
        above = above[above.index(count) + 1 :]
    else:
        count = None
    people, more = _split(reading, below)
    number = int(count.bare.replace(",", "")) if count else 0
    shown = (*_sites(reading, above, number), *_sites(reading, more, number))
    if count and number not in {0, len(shown)}:
        reading.note("dropped", f"the page counts so many sites, and shows {len(shown)}", count, count.bare)
    return ContactsLocationsModule(central_contacts=tuple(_contacts(reading, people)), locations=shown)


def _split(reading: Reading, lines: Sequence[Line]) -> tuple[Sequence[Line], Sequence[Line]]:
    """The lines of the contacts, and those of the sites, which begin with the line above the first address."""
    addresses = (n for n, line in enumerate(lines) if _place(reading, line))
    first = next(addresses, None)
    if first is None:
        return lines, []
    above = [n for n, line in enumerate(lines[:first]) if line.text]
    start = above[-1] if above else first
    return lines[:start], lines[start:]


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
    for line in filled(lines):
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


def _sites(reading: Reading, lines: Sequence[Line], number: int) -> list[Location]:
    """The sites, if every line is clearly a facility, an address or a status; otherwise none."""
    blocks = _blocks(reading, lines, number) if filled(lines) else []
    found = [site for block in blocks if (site := _site(reading, block))]
    if len(found) == len(blocks):
        return found
    reading.drop(lines, "not clearly the sites of the trial: a facility, its address, and perhaps a status")
    return []


def _blocks(reading: Reading, lines: Sequence[Line], number: int) -> list[list[Line]]:
    """The lines of each site: those between blank lines or, where these do not group them, up to the next facility."""
    groups = [[*group] for is_text, group in groupby(lines, key=lambda line: bool(line.text)) if is_text]
    if len(filled(lines)) == number:
        return [[line] for line in filled(lines)]
    if any(len(group) > 1 for group in groups) and all(len(group) <= sites.LONGEST for group in groups):
        return groups
    found = sites.run(
        lines, lambda line: _place(reading, line) is not None, lambda line: reading.fits("overallStatus", line.bare)
    )
    return found or [[*lines]]


def _site(reading: Reading, block: Sequence[Line]) -> Location | None:
    """The site of a block: its address and what stands above and below it."""
    is_status = len(block) > 1 and reading.fits("overallStatus", block[-1].bare)
    *above, address = block[:-1] if is_status else block
    place = _place(reading, address)
    if place is None or len(above) > 1:
        return None
    status = reading.value("overallStatus", block[-1:]) if is_status else None
    return replace(place, facility=above[0].bare if above else None, status=status)
