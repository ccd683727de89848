"""The tables of the graph: one a class of the ontology, a row a thing, a column a property.

The columns come from the ontology, never from the data, so that they are the same on every run. A property belongs to
the class that is its domain; one without a domain, to the classes whose fields of the registry's model it carries. A
row holds every statement about its thing: what has no column, or does not fit its type, is in the column `rest`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

import pyoxigraph
from msgspec.json import encode
from pyoxigraph import NamedNode

from trialgraph import resources
from trialgraph.extractors.sites import SHORT_CUTS
from trialgraph.iris import DCTERMS, GEO, LABEL, RDFS, SKOS, TG, TYPE, XSD, tg
from trialgraph.statements import Statement

_FILES = ("trialgraph.ttl", "results.ttl")
#: The types of columns for ranges in which every value is of one type; anything else is text.
_TYPES = {f"{XSD}boolean": "boolean", f"{XSD}decimal": "double", f"{XSD}integer": "bigint", f"{XSD}date": "date"}
#: Of things that trials share, each trial can say something else.
_SHARED = frozenset(
    tg(name)
    for name in ("BrowseBranch", "BrowseLeaf", "Condition", "Facility", "MeshDescriptor", "Organization", "Place")
) | {f"<{SKOS}Concept>"}
#: Which classes have the properties that the ontology can give no domain, and that carry no field of the model.
_ELSEWHERE = {
    LABEL: ("Arm", "Condition", "Document", "Facility", "Link", "MeshDescriptor", "Organization", "Place", "Trial"),
    tg("about"): ("Disagreement", "RegistryRecord"),
    tg("locatedIn"): ("Facility",),
    f"<{DCTERMS}source>": ("RegistryRecord",),
    f"<{GEO}lat>": ("Site",),
    f"<{GEO}long>": ("Site",),
}
#: What a thing can have several of, though it is not from a list of the model's.
_SEVERAL = frozenset(
    tg(name)
    for name in (
        *SHORT_CUTS,
        "eligibilityCriterion",
        "facilityContact",
        "identifier",
        "kept",
        "notStated",
        "other",
        "similarTo",
    )
)
#: Classes that no build states: `similar` and `sync` do.
_NOT_BUILT = frozenset(map(tg, ("Removal", "Similarity", "SimilarityReason")))


class Column(NamedTuple):
    """A column of a table; `type` is in SQL's words, for a list that of its items."""

    name: str
    type: str
    datatype: str  # that literals must have, as in N-Triples; "" if any
    several: bool


class Table(NamedTuple):
    """A table; the columns by the property, spelled as in N-Triples."""

    name: str
    columns: Mapping[str, Column]
    lists: frozenset[str]  # the names of the columns that are lists

    @property
    def schema(self) -> str:
        """The names and types of the columns in SQL."""
        columns = sorted(self.columns.values())
        types = [f"`{each.name}` {f'array<{each.type}>' if each.several else each.type}" for each in columns]
        return ", ".join(["`iri` string", "`type` array<string>", *types, "`rest` array<string>"])

    def row(self, thing: str, statements: Iterable[tuple[str, str]]) -> str:
        """The row of a thing as JSON, from its properties and their values, all spelled."""
        cells: defaultdict[str, list[str]] = defaultdict(list)
        for predicate, term in statements:
            if predicate == TYPE:
                cells["type"].append(_text(term))
                continue
            column = self.columns.get(predicate)
            value = column and _value(term, column.datatype)
            if column is None or value is None or (not column.several and column.name in cells):
                cells["rest"].append(encode(f"{predicate} {term}").decode())
            else:
                cells[column.name].append(value)
        values = [
            f',"{name}":[{",".join(sorted(cell))}]' if name in self.lists else f',"{name}":{cell[0]}'
            for name, cell in cells.items()
        ]
        return f'{{"iri":{_text(thing)}{"".join(values)}}}'


@cache
def tables() -> dict[str, Table]:
    """The table of each class, spelled; a subclass has that of the class above it."""
    graph = pyoxigraph.Store()
    for name in _FILES:
        graph.extend(resources.graph(name))
    above = {str(s): str(o) for s, o in _pairs(graph, f"{RDFS}subClassOf")}
    classes = [s for s, o in _pairs(graph, TYPE[1:-1]) if o == NamedNode("http://www.w3.org/2002/07/owl#Class")]
    columns: dict[str, dict[str, Column]] = {str(each): {} for each in classes if str(each) not in above}
    ranges = {str(s): o.value for s, o in _pairs(graph, f"{RDFS}range") if isinstance(o, NamedNode)}
    for (class_, property_), paths in sorted(_uses(graph).items()):
        datatype = ranges.get(property_, "")
        column = Column(
            property_.rstrip(">").rpartition("#")[2].rpartition("/")[2],
            _TYPES.get(datatype, "string"),
            f'"^^<{datatype}>' if datatype in _TYPES else "",
            class_ in _SHARED or property_ in _SEVERAL or any(path.endswith("[]") for path in paths),
        )
        columns[above.get(class_, class_)][property_] = column
    found = {
        class_: Table(_local(class_), own, frozenset(("type", "rest", *(c.name for c in own.values() if c.several))))
        for class_, own in columns.items()
        if class_ not in _NOT_BUILT
    }
    return found | {below: found[class_] for below, class_ in above.items()}


def rows(statements: Iterable[Statement], classes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The name of the table and the row of each thing that statements are about; `classes` has the things' classes."""
    about: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for subject, predicate, term in statements:
        about[subject].append((predicate, term))
    for thing, said in about.items():
        table = tables()[classes[thing]]
        yield table.name, table.row(thing, said)


def _value(term: str, datatype: str) -> str | None:
    """A term in JSON; None if it is not of the datatype."""
    if term[0] == "<":
        return None if datatype else _text(term)
    text = term[: term.rindex('"') + 1]  # JSON's escapes are N-Triples' escapes
    if not datatype:
        return text
    if not term.endswith(datatype):
        return None
    return text if datatype.endswith("#date>") else text.strip('"')


def _text(iri: str) -> str:
    return f'"{iri[1:-1]}"'


def _uses(graph: pyoxigraph.Store) -> dict[tuple[str, str], list[str]]:
    """The classes that each property is used with, and the fields of the model that it carries there."""
    domains = {str(s): str(o) for s, o in _pairs(graph, f"{RDFS}domain")}
    ranges = {str(s): str(o) for s, o in _pairs(graph, f"{RDFS}range")}
    carried = [(str(s), o.value) for s, o in _pairs(graph, f"{DCTERMS}source") if isinstance(o, pyoxigraph.Literal)]
    of_paths = _classes_of_paths(carried, domains, ranges)
    uses: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for property_, path in carried:
        uses[domains.get(property_) or _class_of(path, of_paths), property_].append(path)
    for property_, class_ in domains.items():
        uses[class_, property_] += []
    for property_, names in _ELSEWHERE.items():
        for name in names:
            uses[tg(name), property_] += []
    for name in ("inScheme", "notation", "prefLabel"):  # of a value that the vocabulary does not know
        uses[f"<{SKOS}Concept>", f"<{SKOS}{name}>"] += []
    return uses


def _classes_of_paths(
    carried: Iterable[tuple[str, str]], domains: Mapping[str, str], ranges: Mapping[str, str]
) -> dict[str, str]:
    """The class of the thing that stands at a path of the model: what leads there says it, or what is said of it."""
    found = {path.rpartition(".")[0]: domains[p] for p, path in carried if p in domains}
    links = {path: ranges[p] for p, path in carried if ranges.get(p, "").startswith(f"<{TG}")}
    return found | links


def _class_of(path: str, of_paths: Mapping[str, str]) -> str:
    """The class that has a field of the model: that of the nearest thing around it."""
    around = path.rpartition(".")[0]
    while around and around not in of_paths:
        around = around.rpartition(".")[0]
    return of_paths.get(around, tg("Trial"))


def _pairs(graph: pyoxigraph.Store, predicate: str) -> Iterator[tuple[NamedNode, NamedNode | pyoxigraph.Literal]]:
    for quad in graph.quads_for_pattern(None, NamedNode(predicate), None):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | pyoxigraph.Literal):
            yield quad.subject, quad.object


def _local(iri: str) -> str:
    return iri.strip("<>").rpartition("#")[2]
