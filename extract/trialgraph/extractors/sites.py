"""Sites, the facilities that they are at, and the places that those are in."""

import re
from functools import lru_cache

from trialgraph import iris
from trialgraph.extractors.sponsors import contacts
from trialgraph.iris import GEO, LABEL, TYPE, tg
from trialgraph.record import Trial
from trialgraph.statements import Draft, decimal, text, verbatim
from trialgraph.study import GeoPoint, Location
from trialgraph.vocabulary import Vocabulary

#: Properties of a trial that say once more what its sites say, so that questions need not go through every site.
SHORT_CUTS = frozenset(["locationCountry", "locationFacility", "recruitingFacility"])
_SITE, _FACILITY, _PLACE = tg("Site"), tg("Facility"), tg("Place")
_CODE = re.compile(r"[A-Z]{2}")
_LAT, _LONG = f"<{GEO}lat>", f"<{GEO}long>"


def extract(trial: Trial, draft: Draft) -> None:
    """Every location of the trial as a site, a repeated one as often as the record repeats it."""
    protocol = trial.study.protocol_section
    for location in protocol.contacts_locations_module.locations:
        _site(location, protocol.status_module.overall_status, draft)
    for country in trial.study.derived_section.misc_info_module.removed_countries:
        place, _, shared = places(draft.base, draft.values.vocabulary, "", "", country, "")
        draft.shared.update(shared)
        if place:
            draft.link(tg("removedCountry"), place)


def _site(location: Location, overall_status: str | None, draft: Draft) -> None:
    names = [location.facility, location.city, location.state, location.country, location.zip]
    facility, city, region, country, zip_ = ((name or "").strip() for name in names)
    site = draft.part(draft.trial, tg("site"), "site", _SITE, facility, city, region, country, zip_)
    code = location.country_code or ""
    place, nation, shared = places(draft.base, draft.values.vocabulary, city, region, country, code)
    draft.shared.update(shared)
    if code and not draft.values.vocabulary.knows("country", code):
        draft.note("unknown-value", "country_code", code, "not a country that the vocabulary knows")
    if facility:
        node = _facility(draft.base, facility, place)
        draft.rows.append((site, tg("facility"), node))
        draft.link(tg("locationFacility"), node)
        if (overall_status if location.status is None else location.status) == "RECRUITING":
            draft.link(tg("recruitingFacility"), node)
        draft.share(node, TYPE, _FACILITY)
        draft.share(node, LABEL, text(facility))
        if place:
            draft.share(node, tg("locatedIn"), place)
    elif place:
        draft.rows.append((site, tg("locatedIn"), place))
    if nation:
        draft.link(tg("locationCountry"), nation)
    if location.status is not None:
        draft.rows.append((site, tg("siteStatus"), draft.value("overallStatus", location.status, "status")))
    if location.zip:
        draft.rows.append((site, tg("zip"), verbatim(location.zip)))
    _point(site, location.geo_point, draft)
    contacts(draft, site, tg("siteContact"), location.contacts, site)


@lru_cache(100_000)
def _facility(base: str, name: str, place: str) -> str:
    """A facility is told apart by its name and by the place that it is in: <facility/CN/shanghai/ruijin-hospital>."""
    where = place.removeprefix(f"<{base}place/").rstrip(">")
    return f"<{base}facility/{where or '-'}/{iris.slug(name)}>"


@lru_cache(100_000)
def places(
    base: str, vocabulary: Vocabulary, city: str, region: str, country: str, code: str
) -> tuple[str, str, tuple[str, ...]]:
    """The IRIs of the smallest place that the names tell and of its country ("" if none), and what is said of all.

    A country is known by its ISO 3166-1 code, also under a name of its own; one that no code is known for by its name.
    """
    code = code or vocabulary.token("country", country) or ""
    steps = (
        ("COUNTRY", country, code if _CODE.fullmatch(code) else (code or country) and iris.slug(code or country)),
        ("REGION", region, region and iris.slug(region)),
        ("CITY", city, city and iris.slug(city)),
    )
    node, nation, path, shared = "", "", f"{base}place", []
    for kind, name, segment in steps:
        # A place is told apart by what it lies in; a hyphen stands for a level that the record leaves out.
        path = f"{path}/{segment or '-'}"
        if not (name or segment):
            continue
        within, node = node, f"<{path}>"
        shared += [f"{node} {TYPE} {_PLACE}", f"{node} {tg('placeKind')} {iris.value('placeKind', kind)}"]
        if name:
            shared.append(f"{node} {LABEL} {text(name)}")
        if within:
            shared.append(f"{node} {tg('within')} {within}")
        if kind == "COUNTRY":
            nation = node
            shared += [f"{node} {tg('isoCode')} {verbatim(code)}"] if code else []
    return node, nation, tuple(shared)


def _point(site: str, point: GeoPoint, draft: Draft) -> None:
    stated = (point.lat, point.lon)
    if stated == (None, None):
        return
    try:
        lat, lon = (float(number) for number in stated if number is not None)
    except (ValueError, OverflowError):
        draft.note("dropped", "lat", f"{point.lat}, {point.lon}", "a point needs two numbers")
        return
    if not (-90 <= lat <= 90 and -180 <= lon <= 180) or lat == lon == 0:
        draft.note("dropped", "lat", f"{lat}, {lon}", "no such point on Earth, or a filler")
        return
    draft.rows += [(site, _LAT, decimal(lat)), (site, _LONG, decimal(lon))]
