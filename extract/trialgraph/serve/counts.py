"""What a graph holds, in numbers, for its description."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from pyoxigraph import NamedNode, QuerySolutions, Store

from trialgraph.iris import BASE, PREFIXES, TG

#: How many things of a class are looked at for the properties that they have: of a large class, a rare property may
#: not be among them.
_SAMPLE = 300
_INSIDE = """SELECT DISTINCT ?p ?datatype ?class WHERE {
  { SELECT ?s WHERE { ?s a %s } LIMIT %d }
  ?s ?p ?o .
  OPTIONAL { ?o a ?class }
  BIND (DATATYPE(?o) AS ?datatype)
}"""
_TRIAL = re.compile(r"(.*)trial/(?:NCT[0-9]{8}|[^/]+/[^/]+)")


class Range(Struct, frozen=True):
    """What the values of a property are: datatypes of literals, classes of things."""

    datatypes: tuple[str, ...]
    classes: tuple[str, ...]


class Counts(Struct, frozen=True):
    """A graph in numbers. Classes and properties are IRIs."""

    triples: int
    subjects: int
    classes: Mapping[str, int]  # things of each
    properties: Mapping[str, int]  # statements with each
    inside: Mapping[str, Mapping[str, Range]]  # the properties that things of a class have
    base: str  # of the IRIs of its trials
    example: str  # the IRI of a trial, "" if there is none
    modified: str  # the day of the newest record, "" if none says

    @property
    def trials(self) -> int:
        """How many trials there are."""
        return self.classes.get(f"{TG}Trial", 0)


def counted(store: Store) -> Counts:
    """The default graph of a store in numbers; 10,000 trials take some seconds."""
    classes = _numbers(store, "SELECT ?c (COUNT(*) AS ?n) WHERE { ?s a ?c } GROUP BY ?c")
    properties = _numbers(store, "SELECT ?p (COUNT(*) AS ?n) WHERE { ?s ?p ?o } GROUP BY ?p")
    [(subjects,)] = _rows(store, "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s ?p ?o }")
    inside = {class_: _inside(store, class_) for class_ in classes}
    example = next((term.value for (term,) in _rows(store, "SELECT ?t WHERE { ?t a tg:Trial } LIMIT 1")), "")
    days = _rows(store, "SELECT (MAX(?day) AS ?last) WHERE { ?record tg:recordUpdated ?day }")
    modified = next((term.value for (term,) in days if term is not None), "")
    total, number = sum(properties.values()), int(subjects.value)
    return Counts(total, number, classes, properties, inside, base_of(example), example, modified)


def kept(store: Store, file: Path) -> Counts:
    """The same as `counted`, from a file if that has it, else counted and put there if that can be."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Counts)
    except (OSError, msgspec.DecodeError):  # not there yet, or of another version
        counts = counted(store)
    new = file.with_suffix(".part")
    try:
        new.write_bytes(msgspec.json.encode(counts))
        new.replace(file)
    except OSError:  # a folder that cannot be written: the next start counts again
        new.unlink(missing_ok=True)
    return counts


def base_of(trial: str) -> str:
    """The base of the IRIs of a graph, from that of a trial.

    >>> base_of("https://example.org/trial/NCT00000001")
    'https://example.org/'
    """
    match = _TRIAL.fullmatch(trial)
    return match[1] if match else BASE


def _inside(store: Store, class_: str) -> dict[str, Range]:
    found: dict[str, tuple[set[str], set[str]]] = {}
    for row in _rows(store, _INSIDE % (NamedNode(class_), _SAMPLE)):
        predicate, *kinds = row
        for names, kind in zip(found.setdefault(predicate.value, (set(), set())), kinds, strict=True):
            if kind is not None:
                names.add(kind.value)
    return {
        iri: Range(tuple(sorted(datatypes)), tuple(sorted(classes)))
        for iri, (datatypes, classes) in sorted(found.items())
    }


def _numbers(store: Store, query: str) -> dict[str, int]:
    return {term.value: int(number.value) for term, number in sorted(_rows(store, query), key=str)}


def _rows(store: Store, query: str) -> list[Any]:
    solutions = store.query(query, prefixes=PREFIXES)
    assert isinstance(solutions, QuerySolutions)
    return [list(each) for each in solutions]
