"""Asks the named questions of small graphs, in two engines that have to agree."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import pyoxigraph
import rdflib
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from tests.conftest import written

import trialgraph
from trialgraph.iris import BASE, PREFIXES
from trialgraph.query import ask as query_store
from trialgraph.questions import question

#: A row as text: a literal by its value, a value of the vocabulary by its name, an IRI of the base by its end, "" if
#: unbound.
Row: TypeAlias = tuple[str, ...]


def lines(*records: dict[str, Any]) -> str:
    """The graph of some v2 records as N-Triples."""
    with TemporaryDirectory() as folder:
        return "".join(f"{s} {p} {o} .\n" for s, p, o in trialgraph.statements(written(Path(folder), records)))


def ask(graph: str, name: str, **parameters: str) -> list[Row]:
    """The rows of a question over a graph in N-Triples, in their order; pyoxigraph and rdflib must give the same."""
    query = question(name).bound(parameters)
    store = pyoxigraph.Store()
    store.load(graph.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    found = query_store(store, query)  # with its hints, as users ask
    assert isinstance(found, pyoxigraph.QuerySolutions)
    rows = [tuple(_shown(term) for term in solution) for solution in found]
    other = _by_rdflib(graph, query, [each.value for each in found.variables])
    assert other == rows, f"rdflib: {other}"
    return rows


def _by_rdflib(graph: str, query: str, variables: Iterable[str]) -> list[Row]:
    held = rdflib.Graph(bind_namespaces="none").parse(data=graph, format="nt")
    return [
        tuple(_shown(binding.get(rdflib.Variable(name))) for name in variables)
        for binding in held.query(parsed(query)).bindings
    ]


@cache
def parsed(query: str) -> Query:
    """A query as rdflib has it, which takes ten times as long to parse one as to answer it over a small graph."""
    return prepareQuery(query)


def _shown(term: Any) -> str:
    if term is None:
        return ""
    if isinstance(term, pyoxigraph.Literal | rdflib.Literal):
        text = str(term.value) if isinstance(term, pyoxigraph.Literal) else str(term)
        datatype = str(term.datatype).strip("<>") if term.datatype else ""
        # Engines differ in the zeros of a computed decimal.
        return f"{float(text):g}" if datatype.endswith(("#decimal", "#double")) else text
    iri = term.value if isinstance(term, pyoxigraph.NamedNode) else str(term)
    return iri.removeprefix(PREFIXES["tgv"]).removeprefix(BASE)
