"""Words for what the graph names by IRIs: the registry's tokens, and the ontology's own properties and classes."""

import re
from functools import cache

from pyoxigraph import Literal, NamedNode

from trialgraph import resources
from trialgraph.iris import RDFS, SKOS, TG, TGV

#: The facets whose values are tokens, and the scheme of each.
SCHEMES = {"status": "overallStatus", "phase": "phase", "type": "studyType", "sex": "sex"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d:\d\d):00)?)?)?Z?")
_NAMING = {"vocabulary.ttl": f"{SKOS}prefLabel", "trialgraph.ttl": f"{RDFS}label", "results.ttl": f"{RDFS}label"}


@cache
def words() -> dict[str, str]:
    """What every term of the ontology and of the vocabulary is called, by IRI."""
    return {
        quad.subject.value: quad.object.value
        for file, naming in _NAMING.items()
        for quad in resources.graph(file).quads_for_pattern(None, NamedNode(naming), None)
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)
    }


def label(scheme: str, token: str) -> str:
    """What a token of a scheme is called: "Active, not recruiting"; the token itself where there is no word for it."""
    return capital(words().get(f"{TGV}{scheme}-{token}", "") or token)


def property_label(name: str) -> str:
    """What a property of the ontology is called: "Allocation"; its name where there is no word for it."""
    return capital(words().get(TG + name, name))


def token(iri: str) -> str:
    """The token of an enumeration's value by its IRI, "NOT_YET_RECRUITING"; "" if it is none."""
    return iri.removeprefix(TGV).partition("-")[2] if iri.startswith(TGV) else ""


def capital(text: str) -> str:
    """A text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def day_in_words(stated: str) -> str:
    """A date as precise as stated: "31 Aug 2025", "Aug 2025", "2025"; anything else as it stands."""
    match = _DAY.fullmatch(stated)
    if not match or int(match[2] or 1) not in range(1, 13):
        return stated
    year, month, day, time = match.groups()
    parts = [str(int(day))] if day else []
    parts += [_MONTHS[int(month) - 1]] if month else []
    return " ".join([*parts, year, *([time] if time else [])])
