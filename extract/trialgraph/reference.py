"""The reference engine: pySHACL on rdflib's own graph in memory.

On other stores its sh:in wrongly fails for plain strings. rdflib parses a query anew for each node that it is put to,
which takes most of the time: here each is parsed once.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

import pyoxigraph
import pyshacl
import rdflib
from pyshacl.errors import ReportableRuntimeError
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query

from trialgraph.errors import GraphError, InputError
from trialgraph.iris import BASE
from trialgraph.rules import paths


class _Graph(rdflib.Graph):
    """A graph that parses each query once, and answers none that reads another graph."""

    def query(self, query_object: str | Query, *args: Any, **options: Any) -> rdflib.query.Result:
        return super().query(
            _prepared(query_object) if isinstance(query_object, str) else query_object, *args, **options
        )


@lru_cache(1000)
def _prepared(text: str) -> Query:
    prepared = prepareQuery(text)
    if "ServiceGraphPattern" in repr(prepared.algebra) or prepared.algebra.datasetClause:
        raise GraphError(f"the shapes: a query of a shape reads no other graph: {text}")
    return prepared


@lru_cache(8)
def _parsed(shapes: str) -> tuple[rdflib.Graph, dict[str, str]]:
    """The shapes as rdflib has them, and the paths of those with an IRI."""
    store = pyoxigraph.Store()
    store.load(shapes.encode(), format=pyoxigraph.RdfFormat.TURTLE)
    return rdflib.Graph().parse(data=shapes, format="turtle"), paths(store)


def results(text: str, shapes: str, syntax: str = "turtle") -> Iterator[tuple[str, str, str, str, str, str]]:
    """Shape, IRI of the severity, focus, path, value and message of each result, in N-Triples spellings."""
    shapes_graph, shape_paths = _parsed(shapes)
    try:
        graph = _Graph().parse(data=text, format=syntax, publicID=BASE)
    except SyntaxError as error:
        raise InputError(f"not RDF: {error}") from error
    try:
        _, report, _ = pyshacl.validate(graph, shacl_graph=shapes_graph, advanced=False, inference="none", inplace=True)
    except ReportableRuntimeError as error:
        raise GraphError(f"the shapes: {error}") from error
    if not isinstance(report, rdflib.Graph):
        raise GraphError(f"the shapes: {report}")
    for result in report.subjects(rdflib.RDF.type, rdflib.SH.ValidationResult):
        said = {cast("rdflib.URIRef", key): value for key, value in report.predicate_objects(result)}
        shape = str(_named(said[rdflib.SH.sourceShape], shapes_graph))
        path = said.get(rdflib.SH.resultPath)
        yield (
            shape,
            str(said[rdflib.SH.resultSeverity]),
            _spelled(said[rdflib.SH.focusNode]),
            shape_paths.get(shape) or (_spelled(path) if isinstance(path, rdflib.URIRef) else ""),
            _spelled(said.get(rdflib.SH.value)),
            str(said.get(rdflib.SH.resultMessage, "")),
        )


def _named(shape: rdflib.term.Node, shapes: rdflib.Graph) -> rdflib.term.Node:
    """The shape, or the one with a name that it is a part of, which is what the other engine tells."""
    while isinstance(shape, rdflib.BNode) and (whole := next(shapes.subjects(None, shape), None)) is not None:
        shape = whole
    return shape


def _spelled(term: rdflib.term.Node | None) -> str:
    """A term of rdflib in its N-Triples spelling."""
    if isinstance(term, rdflib.Literal):
        datatype = pyoxigraph.NamedNode(str(term.datatype)) if term.datatype else None
        return str(pyoxigraph.Literal(str(term), datatype=datatype, language=term.language))
    return term.n3() if isinstance(term, rdflib.URIRef | rdflib.BNode) else ""
