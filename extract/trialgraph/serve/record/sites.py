"""Where a trial is: its sites by country, each with its facility, place, status and contacts."""

from collections import Counter, defaultdict

from msgspec import Struct

from trialgraph.serve.record.facts import Value, natural, text, value_of, values
from trialgraph.serve.record.gather import Node
from trialgraph.serve.record.head import tone
from trialgraph.serve.record.people import Person, persons


class Place(Struct, frozen=True):
    """A city, region or country by name and IRI."""

    name: str
    iri: str


class Site(Struct, frozen=True):
    """A site of the trial."""

    facility: str
    iri: str  # of the facility, or ""
    places: tuple[Place, ...]  # the smallest first, without the country
    zip: str
    status: str
    tone: str
    contacts: tuple[Person, ...]
    point: str  # latitude and longitude, or ""


class Country(Struct, frozen=True):
    """The sites in a country."""

    name: str
    iri: str
    code: str
    sites: tuple[Site, ...]
    statuses: tuple[tuple[str, int], ...]


class Sites(Struct, frozen=True):
    """The sites of a trial."""

    countries: tuple[Country, ...]
    count: int
    removed: tuple[Value, ...]  # countries that the record does not list any more
    points: tuple[tuple[float, float, str, str, int], ...]  # latitude, longitude, IRI and name of the facility, sites


def sites(trial: Node) -> Sites:
    """The sites of a trial by country, those with most sites first."""
    found: defaultdict[tuple[str, str, str], list[Site]] = defaultdict(list)
    count = 0
    points: Counter[tuple[float, float, str, str]] = Counter()
    for node in trial.nodes("site"):
        site, country = _site(node)
        found[country].append(site)
        count += 1
        if site.point:
            lat, long = (float(each) for each in site.point.split(", "))
            points[lat, long, site.iri, site.facility] += 1
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return Sites(
        tuple(_country(*country, listed) for country, listed in ordered),
        count,
        values(trial, "removedCountry"),
        tuple((*place, number) for place, number in points.items()),
    )


def _country(name: str, iri: str, code: str, listed: list[Site]) -> Country:
    ordered = sorted(listed, key=lambda site: ([natural(place.name) for place in site.places], natural(site.facility)))
    return Country(name, iri, code, tuple(ordered), tuple(Counter(site.status for site in listed).most_common()))


def _site(node: Node) -> tuple[Site, tuple[str, str, str]]:
    facility = node.node("facility")
    place = (facility.node("locatedIn") if facility else None) or node.node("locatedIn")
    node.asked.add("locatedIn")
    places, country = [], ("", "", "")
    while place:
        name = min(place.facts.get("label", [""])) or value_of(place.iri, place).text
        larger = place.node("within")
        kind = min(place.facts.get("placeKind", [""]))
        if kind.endswith("COUNTRY"):
            country = (name, place.iri, text(place, "isoCode"))
        else:
            places.append(Place(name, place.iri))
        place = larger
    status = node.one("siteStatus")
    lat, long = node.one("lat"), node.one("long")
    site = Site(
        min(facility.facts.get("label", [""])) if facility else "",
        facility.iri if facility else "",
        tuple(places),
        text(node, "zip"),
        value_of(status, node).text if status else "",
        tone(status),
        persons(node, "siteContact"),
        f"{lat}, {long}" if lat and long else "",
    )
    return site, country
