"""The rules of the RML mapping, for the ways that do not read RML: so all of them make the same statements."""

import re
from pathlib import Path
from typing import NamedTuple

import rdflib
from rdflib.namespace import RDF

MAPPING = Path(__file__).with_name("mapping.rml.ttl")
RML = rdflib.Namespace("http://w3id.org/rml/")
REFERENCE = re.compile(r"{(\w+)}")


class Term(NamedTuple):
    """What a term is made of: an IRI of a template, or a literal of a column and of a datatype, "" for plain text."""

    template: str = ""
    column: str = ""
    datatype: str = ""

    @property
    def columns(self) -> list[str]:
        """The columns that it needs."""
        return [self.column] if self.column else REFERENCE.findall(self.template)


class Rule(NamedTuple):
    """What is said of one thing in each row of a table; `class_` is "" where another rule says it."""

    name: str
    table: str
    subject: Term
    class_: str
    said: list[tuple[str, Term]]


def rules() -> list[Rule]:
    """The rules of the mapping, each of one table, in the order of their names."""
    graph = rdflib.Graph().parse(MAPPING, publicID="")
    found = []
    for map_ in sorted(graph.subjects(RDF.type, RML.TriplesMap), key=str):
        subject = graph.value(map_, RML.subjectMap)
        source = graph.value(graph.value(map_, RML.logicalSource), RML.source)
        said = sorted(
            (str(graph.value(each, RML.predicate)), _term(graph, graph.value(each, RML.objectMap)))
            for each in graph.objects(map_, RML.predicateObjectMap)
        )
        name, table = str(map_).rpartition("#")[2], str(source).removesuffix(".csv")
        found.append(Rule(name, table, _term(graph, subject), str(graph.value(subject, RML["class"]) or ""), said))
    return found


def _term(graph: rdflib.Graph, map_: rdflib.term.Node | None) -> Term:
    values = (graph.value(map_, name) for name in (RML.template, RML.reference, RML.datatype))
    return Term(*(str(value or "") for value in values))
