"""What the page of a thing says of it: its trials in numbers, years, partners and on a map."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from trialgraph.iris import MESH
from trialgraph.serve import worldmap
from trialgraph.serve.catalogue import Catalogue, Count, Kind, Selection, Thing, TrialRow, called
from trialgraph.serve.catalogue.within import Around, around, lying, within
from trialgraph.serve.finding import link
from trialgraph.serve.site import Site
from trialgraph.serve.years import Years, years

#: How many trials, and how many of each kind of partners, a page shows.
TRIALS, PARTNERS = 20, 10
_PLACES: tuple[Kind, ...] = ("country", "region", "city")
#: The partners of a thing of a kind, and their headings, in the order of the page.
_PARTNERS: dict[Kind, dict[Kind, str]] = {
    "organization": {
        "organization": "Works with", "condition": "Conditions", "intervention": "Interventions",
        "country": "Countries", "facility": "Facilities",
    },
    "condition": {
        "condition": "Studied together with", "intervention": "Interventions tried", "organization": "Sponsors",
        "country": "Countries",
    },
    "intervention": {
        "condition": "Tried for", "intervention": "Tried together with", "organization": "Sponsors",
        "country": "Countries",
    },
    "facility": {"organization": "Sponsors", "condition": "Conditions", "intervention": "Interventions"},
    "city": {"organization": "Sponsors", "condition": "Conditions", "intervention": "Interventions"},
}  # fmt: skip
_PARTNERS |= {"region": _PARTNERS["city"], "country": _PARTNERS["city"]}


class Line(Struct, frozen=True):
    """A thing in a list of partners: its name, its page, its trials here and where they are listed, "" if nowhere."""

    label: str
    path: str
    trials: int
    list: str
    note: str = ""


class Group(Struct, frozen=True):
    """Things of one kind; `more` is where there are more of them, "" if nowhere."""

    title: str
    lines: Sequence[Line]
    more: str = ""


class Profile(Struct, frozen=True):
    """All that the page of a thing shows."""

    thing: Thing
    trials: int
    recruiting: int
    results: int
    rows: Sequence[TrialRow]
    groups: Sequence[Group]
    years: Years
    placed: bool  # there is something to draw a map of
    drawing: worldmap.Drawing | None  # None too where the outlines of the countries are missing
    names: Sequence[str]
    namesakes: Sequence[Thing]
    lies_in: Sequence[Thing]
    external: Mapping[str, str]


def profile(at: Site, thing: Thing) -> Profile:
    """The profile of a thing of the catalogue."""
    catalogue = at.catalogue
    chosen = catalogue.select({thing.kind: [thing.iri]})
    placed, drawing = _drawing(at, thing, chosen)
    return Profile(
        thing,
        len(chosen),
        chosen.count("status", "RECRUITING"),
        chosen.count("results", "yes"),
        chosen.rows(limit=TRIALS),
        [group for group in _groups(at, thing, chosen) if group.lines],
        years(catalogue, chosen, link(thing.kind, thing.iri)),
        placed,
        drawing,
        [name for name in catalogue.names(thing.iri) if name != thing.label],
        [each for each in called(catalogue, thing.label) if each.iri != thing.iri][:PARTNERS],
        list(_lies_in(catalogue, thing)),
        _external(thing),
    )


def _groups(at: Site, thing: Thing, chosen: Selection) -> Iterator[Group]:
    yield from _inside(at, thing)
    tree = around(at.catalogue, thing.iri, thing.kind) if thing.iri.startswith(MESH) else Around([], [])
    for title, counts in (("Above it in MeSH", tree.above), ("Below it in MeSH", tree.below)):
        lines = [Line(each.label, at.path(each.value), each.trials, link(thing.kind, each.value)) for each in counts]
        yield Group(title, lines[: 2 * PARTNERS])
    # One that has the name too is the same thing, as MeSH knows it or as trials call it.
    own = {each.iri for each in called(at.catalogue, thing.label)}
    own |= {thing.iri, *(each.value for each in (*tree.above, *tree.below))}
    for kind, title in _PARTNERS[thing.kind].items():
        counts = [each for each in chosen.counts(kind, PARTNERS + len(own)) if each.value not in own][:PARTNERS]
        lines = [_line(at, thing, kind, each) for each in counts]
        yield Group(title, lines, link(thing.kind, thing.iri).replace("/find", "/map", 1) if kind == "country" else "")


def _line(at: Site, thing: Thing, kind: Kind, count: Count) -> Line:
    """A partner. Of two things of one kind, Find lists the trials of either: then there is no list of both."""
    both = link(thing.kind, thing.iri, **{kind: count.value}) if kind != thing.kind else ""
    return Line(count.label, at.path(count.value), count.trials, both)


def _inside(at: Site, thing: Thing) -> Iterator[Group]:
    """The regions, the cities and the facilities of a place; the neighbours of a facility."""
    inside: dict[Kind, str] = {"region": "Regions", "city": "Cities", "facility": "Facilities"}
    if thing.kind == "facility":
        place, inside = _place(at.catalogue, thing), {"facility": "Other facilities there"}
    else:
        place = thing.iri if thing.kind in _PLACES else ""
    for kind, title in inside.items():
        if place:
            found = within(at.catalogue, place, kind, PARTNERS + 1)
            others = [each for each in found if each.iri != thing.iri][:PARTNERS]
            # A facility is often called "Research Site": its city tells it apart.
            notes = {
                each.iri: each.note for each in others if kind == "facility" and thing.kind in ("country", "region")
            }
            lines = [
                Line(each.label, at.path(each.iri), each.trials, link(kind, each.iri), notes.get(each.iri, ""))
                for each in others
            ]
            total = lying(at.catalogue, place, kind)
            more = f"/{'facility' if kind == 'facility' else 'place'}?in={at.path(place)[7:]}&kind={kind}"
            yield Group(title, lines, more if total > len(lines) + (thing.kind == "facility") else "")


def _place(catalogue: Catalogue, facility: Thing) -> str:
    """The IRI of the place of a facility, which is in its own: facility/FR/-/lyon/x is in place/FR/-/lyon."""
    segments = facility.iri.removeprefix(f"{catalogue.base}facility/").split("/")[:-1]
    while segments and segments[-1] == "-":
        segments.pop()
    return f"{catalogue.base}place/{'/'.join(segments)}" if segments else ""


def _lies_in(catalogue: Catalogue, thing: Thing) -> Iterator[Thing]:
    """The places that a place or a facility lies in, the largest first."""
    if thing.kind not in (*_PLACES, "facility"):
        return
    place = _place(catalogue, thing) if thing.kind == "facility" else thing.iri.rpartition("/")[0]
    start = f"{catalogue.base}place/"
    segments = place.removeprefix(start).split("/") if place.startswith(start) else []
    for count in range(1, len(segments) + 1):
        if found := catalogue.thing(start + "/".join(segments[:count])):
            yield found


def _drawing(at: Site, thing: Thing, chosen: Selection) -> tuple[bool, worldmap.Drawing | None]:
    """Whether there is something to draw, and a map: of the facilities of a place or near a facility; of a country's
    where all trials are in one; else of the countries.
    """
    base = at.catalogue.base
    start = len(base) + len("place/")
    if thing.kind in (*_PLACES, "facility"):
        place = _place(at.catalogue, thing) if thing.kind == "facility" else thing.iri
        found = within(at.catalogue, place, "facility", 20_000) if place else [thing]
        points = [
            worldmap.Point(each.lat, each.long, at.path(each.iri), each.label, each.trials)
            for each in found
            if each.lat is not None and each.long is not None
        ]
        code = thing.iri[start:] if thing.kind == "country" else ""
    else:
        counts = chosen.counts("country", 300)
        if len(counts) != 1:
            areas = [worldmap.Area(each.value[start:], at.path(each.value), each.label, each.trials) for each in counts]
            return bool(areas), worldmap.world(shaded=areas)
        code = counts[0].value[start:]
        points = [worldmap.Point(lat, long, at.path(iri), name, n) for lat, long, iri, name, n in chosen.points()]
    box = worldmap.around((point.long, point.lat) for point in points)
    return bool(code or box), worldmap.world(points, focus=code if worldmap.knows(code) else box)


def _external(thing: Thing) -> dict[str, str]:
    """Pages elsewhere on the same thing, by their names."""
    if thing.iri.startswith(MESH):
        return {
            "MeSH browser": f"https://meshb.nlm.nih.gov/record/ui?ui={thing.iri[len(MESH) :]}",
            "MeSH as linked data": thing.iri,
        }
    if thing.lat is not None and thing.kind in ("facility", "city"):
        where = f"mlat={thing.lat}&mlon={thing.long}#map=14/{thing.lat}/{thing.long}"
        return {"OpenStreetMap": f"https://www.openstreetmap.org/?{where}"}
    return {}
