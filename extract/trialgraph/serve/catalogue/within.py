"""What lies in a place, and what is above and below a MeSH descriptor, as far as the trials of a graph show it."""

from typing import NamedTuple

from trialgraph.serve.catalogue.catalogue import Catalogue
from trialgraph.serve.catalogue.model import Count, Kind, Thing

_END = "\U0010ffff"
_MESH = """SELECT source, key, label, stated FROM thing JOIN source ON id = source
           WHERE thing.kind = ? AND note = 'MeSH'"""


class Around(NamedTuple):
    """MeSH descriptors with their trials: those above one, and those below it; those of most trials first."""

    above: list[Count]
    below: list[Count]


def beginning(catalogue: Catalogue, place: str, kind: Kind) -> str:
    """What the IRIs of the things of a kind in a place begin with: that of facility/FR/-/lyon/x has place/FR/-/lyon."""
    key = place.removeprefix(f"{catalogue.base}place/")
    return f"{catalogue.base}{'facility' if kind == 'facility' else 'place'}/{key}/"


def within(catalogue: Catalogue, place: str, kind: Kind, limit: int = 1000, offset: int = 0) -> list[Thing]:
    """The things of a kind, regions, cities or facilities, that lie in the place of an IRI; most trials first."""
    start = beginning(catalogue, place, kind)
    query = """SELECT key, thing.kind, label, note, trials, lat, long FROM source JOIN thing ON thing.source = source.id
               WHERE source.kind = ? AND key > ? AND key < ? ORDER BY trials DESC, key LIMIT ? OFFSET ?"""
    return [Thing(*row) for row in catalogue.all(query, kind, start, start + _END, limit, offset)]


def lying(catalogue: Catalogue, place: str, kind: Kind) -> int:
    """How many things of a kind lie in the place of an IRI."""
    start = beginning(catalogue, place, kind)
    query = "SELECT count(*) FROM source WHERE kind = ? AND key > ? AND key < ?"
    return int(catalogue.all(query, kind, start, start + _END)[0][0])


def facilities(catalogue: Catalogue) -> dict[str, int]:
    """How many facilities there are by the first segment of their keys: a country's code or name."""
    start = f"{catalogue.base}facility/"
    query = """SELECT substr(key, ?, instr(substr(key, ?), '/') - 1) AS country, count(*) FROM source
               WHERE kind = 'facility' GROUP BY country"""
    return dict(catalogue.all(query, len(start) + 1, len(start) + 1))


def around(catalogue: Catalogue, iri: str, kind: Kind) -> Around:
    """The descriptors above and below one.

    The graph has no tree of MeSH; but the registry gives each trial, with a descriptor, all that are above it. So one
    is above another if all trials of that one have it, some without stating it themselves. Single trials show nothing.
    """
    rows = {
        key: (label, catalogue.bits(source), catalogue.bits(stated) if stated else 0)
        for source, key, label, stated in catalogue.all(_MESH, kind)
    }
    if iri not in rows:
        return Around([], [])
    _, own, own_stated = rows.pop(iri)
    above, below = [], []
    for key, (label, trials, stated) in rows.items():
        count = Count(key, label, trials.bit_count())
        if own.bit_count() > 1 and own & ~trials == 0 and own != trials and own_stated & ~stated:
            above.append(count)
        elif count.trials > 1 and trials & ~own == 0 and own != trials and stated & ~own_stated:
            below.append(count)
    return Around(*(sorted(each, key=lambda count: (-count.trials, count.label)) for each in (above, below)))
