"""The SPARQL behind a selection: the query of find.py, with several values of a facet and things by their IRIs."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import indent

from pyoxigraph import Literal, NamedNode

from trialgraph.find import FACETS, search
from trialgraph.iris import MESH, PREFIXES, slug
from trialgraph.questions import Question
from trialgraph.serve.catalogue.catalogue import Catalogue
from trialgraph.serve.catalogue.filters import circle, is_iri, terms
from trialgraph.serve.catalogue.selection import Selection

_START = "?trial a tg:Trial ."
_PLACE = """\
?trial tg:site ?{kind}Site .
?{kind}Site tg:facility/tg:locatedIn|tg:locatedIn ?{kind}Around .
?{kind}Around tg:within* ?{kind} ."""
#: How a trial has the thing of an IRI.
_BY_IRI = {
    "condition": "?trial tg:condition|tg:conditionMesh|tg:conditionMeshAncestor ?condition .",
    "intervention": "?trial tg:interventionMesh|tg:interventionMeshAncestor ?intervention .",
    "organization": "?trial tg:leadSponsor|tg:collaborator ?organization .",
    "facility": "?trial tg:locationFacility ?facility .",
    "country": "?trial tg:locationCountry ?country .",
    **{kind: _PLACE.format(kind=kind) for kind in ("city", "region")},
}
_NAMED = "?trial tg:intervention/tg:name ?called ."
_CALLED = """\
?facility a tg:Facility ; rdfs:label ?facilityName .
FILTER (CONTAINS(LCASE(STR(?facilityName)), LCASE({part})))
?trial tg:locationFacility ?facility ."""
_REGION = """\
?region tg:placeKind tgv:placeKind-REGION ; rdfs:label ?regionName .
FILTER (CONTAINS(LCASE(STR(?regionName)), LCASE({part})))
?regionAround tg:within* ?region .
?regionSite tg:facility/tg:locatedIn|tg:locatedIn ?regionAround .
?trial tg:site ?regionSite ."""
_YEAR = '?trial tg:startDate ?started .\nFILTER (STRSTARTS(STR(?started), "{year}"))'


def sparql(catalogue: Catalogue, selection: Selection, limit: int = 100) -> str:
    """The query that gives the trials of a selection from the graph itself.

    Words are parts of words in it: SPARQL has no index of words, and "asthma" is found in "asthmatic" too.
    """
    groups = [
        _either([_group(catalogue, name, values) for values in _together(name, values)])
        for name, values in selection.filters.items()
    ]
    text = search({}, limit)
    body = text.replace(_START, "\n".join((_START, *(indent(group, "      ").lstrip() for group in groups))), 1)
    missing = (prefix for prefix in PREFIXES if f"{prefix}:" in body and f"PREFIX {prefix}:" not in body)
    return "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in missing) + body


def _either(groups: Sequence[str]) -> str:
    if len(groups) == 1:
        return groups[0]
    return "\nUNION\n".join(f"{{\n{indent(group, '  ')}\n}}" for group in groups)


def _is_thing(name: str, value: str) -> bool:
    return name in (*_BY_IRI, "sponsor") and is_iri(value)


def _together(name: str, values: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The values that one group of the query takes."""
    iris = tuple(value for value in values if _is_thing(name, value))
    rest = tuple(value for value in values if value not in iris)
    if iris and name == "intervention":
        descriptors = tuple(iri for iri in iris if iri.startswith(MESH))
        yield from filter(None, (descriptors, tuple(iri for iri in iris if iri not in descriptors)))
    elif iris:
        yield iris
    if rest and name in FACETS and FACETS[name].parameters[0].many:
        yield rest
    else:
        yield from ((value,) for value in rest)


def _group(catalogue: Catalogue, name: str, values: tuple[str, ...]) -> str:
    value = values[0]
    if _is_thing(name, value):
        return _of_things(catalogue, "organization" if name == "sponsor" else name, values)
    if name == "words":
        return "\n".join(_facet("words", words) for words, _ in terms(value))
    if name == "near":
        lat, long, km = circle(value)
        return _facet(name, f"{lat},{long}", f"{km:.6f}km")
    if name == "year":
        return _YEAR.format(year=value)
    if name in ("facility", "region"):
        return (_CALLED if name == "facility" else _REGION).format(part=Literal(value))
    return _facet("sponsor" if name == "organization" else name, ",".join(values))


def _facet(name: str, *values: str) -> str:
    """The group of a facet of find.py, with its values in place."""
    facet = FACETS[name]
    given = {parameter.name: value for parameter, value in zip(facet.parameters, values, strict=True)}
    return Question("find", "", "", "", (), facet.parameters, facet.where).bound(given)


def _of_things(catalogue: Catalogue, kind: str, iris: Iterable[str]) -> str:
    iris = list(iris)
    if kind == "intervention" and not iris[0].startswith(MESH):
        slugs = {iri.rpartition("/")[2] for iri in iris}
        names = {name for iri in iris for name in catalogue.names(iri) if slug(name) in slugs}
        return f"VALUES ?called {{ {' '.join(str(Literal(name)) for name in sorted(names))} }}\n{_NAMED}"
    return f"VALUES ?{kind} {{ {' '.join(str(NamedNode(iri)) for iri in iris)} }}\n{_BY_IRI[kind]}"
