"""The records as a person's own script would make a graph of them: rdflib's or pyoxigraph's terms, one by one.

python -m peer.by_hand rdflib|pyoxigraph NDJSON OUT.nt
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import orjson
import pyoxigraph
import rdflib

from peer import tables
from peer.rules import REFERENCE, Rule, rules

_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
Node = TypeVar("Node")


def statements(
    lines: Iterator[bytes], iri: Callable[[str], Node], literal: Callable[[str, str], Node]
) -> Iterator[tuple[Node, Node, Node]]:
    """The statements of records, of terms that the functions make: of an IRI, of a value and its datatype or ""."""
    by_table: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules():
        by_table[rule.table].append(rule)
    named = lru_cache(1000)(iri)  # properties and classes come again and again
    for line in lines:
        for table, row in tables.rows(orjson.loads(line)):
            values = {column: str(value) for column, value in row.items() if value not in (None, "")}
            for rule in by_table[table]:
                spelled = filled(rule.subject.template, values)
                if not spelled:
                    continue
                subject = iri(spelled)
                if rule.class_:
                    yield subject, named(_TYPE), named(rule.class_)
                for property_, term in rule.said:
                    if not term.column:
                        if thing := filled(term.template, values):
                            yield subject, named(property_), iri(thing)
                    elif term.column in values:
                        yield subject, named(property_), literal(values[term.column], term.datatype)


def filled(template: str, values: dict[str, str]) -> str:
    """An IRI of a template; "" if the row lacks a value."""
    try:
        return REFERENCE.sub(lambda found: encoded(values[found[1]]), template)
    except KeyError:
        return ""


@lru_cache(100_000)
def encoded(value: str) -> str:
    """A value as a part of an IRI."""
    return quote(value, safe="")


def with_rdflib(source: str, out: str) -> None:
    """Make rdflib's terms, add them to a graph, write it."""
    graph = rdflib.Graph()
    with open(source, "rb") as lines:
        for statement in statements(lines, rdflib.URIRef, _rdflib_literal):
            graph.add(statement)
    graph.serialize(out, format="nt", encoding="utf-8")


def _rdflib_literal(value: str, datatype: str) -> rdflib.term.Node:
    return rdflib.Literal(value, datatype=rdflib.URIRef(datatype) if datatype else None)


def with_pyoxigraph(source: str, out: str) -> None:
    """Make pyoxigraph's terms and write them as they come; what is said twice is written twice."""
    with open(source, "rb") as lines, Path(out).open("wb") as stream:
        made: Iterator[tuple[Any, Any, Any]] = statements(lines, pyoxigraph.NamedNode, _pyoxigraph_literal)
        triples = (pyoxigraph.Triple(*statement) for statement in made)
        pyoxigraph.serialize(triples, stream, pyoxigraph.RdfFormat.N_TRIPLES)


def _pyoxigraph_literal(value: str, datatype: str) -> pyoxigraph.Literal:
    return pyoxigraph.Literal(value, datatype=pyoxigraph.NamedNode(datatype) if datatype else None)


if __name__ == "__main__":
    {"rdflib": with_rdflib, "pyoxigraph": with_pyoxigraph}[sys.argv[1]](*sys.argv[2:])
