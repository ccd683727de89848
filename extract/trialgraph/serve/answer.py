"""What a worker does with a query: check it, ask the store, write the answer up to the limits."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO, cast

import pyoxigraph
from msgspec import Struct
from pyoxigraph import NamedNode, QueryResultsFormat

from trialgraph.errors import GraphError, RefusedError, UsageError
from trialgraph.iris import PREFIXES
from trialgraph.query import Dataset, ask_checked, check, graphs_from
from trialgraph.serve.results import WRITERS, Writer
from trialgraph.serve.triples import FORMATS, for_xml
from trialgraph.serve.worker import Output

#: What the head of an answer that ends at a limit links to, with the limit.
TRUNCATED = "https://w3id.org/trialgraph/truncated?rows="

_TRUTHS = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
# What can be split into a namespace and the name of an XML element.
_ELEMENT = re.compile(r"[A-Za-z_][\w.-]*$")
_MARKED = ("json", "xml")


class FormatError(UsageError):
    """An answer that none of the formats fits which the client takes."""


class LongError(UsageError):
    """An answer that is too long, in a format that could not say that it ends too early."""


class Asked(Struct, frozen=True):
    """A query, and how it wants to be answered. `rows` and `triples` are formats, "" where the client takes none."""

    query: str
    base: str  # of relative IRIs
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    rows: str = "json"
    triples: str = "turtle"
    truncate: bool = False  # the client takes the first rows where there are too many


class Answered(Struct, frozen=True):
    """What is known of an answer at its end. `head` goes before what was written: it may say that rows are missing."""

    format: str
    head: bytes
    rows: int
    truncated: bool


def answer(store: pyoxigraph.Store, output: Output, asked: Asked, rows: int, size: int) -> Answered:
    """Write the answer to a query, at most some rows (or triples) and, but for the last row, some bytes.

    Raises RefusedError, FormatError, LongError, UsageError for a graph that the store does not have, and GraphError
    for what is no SPARQL.
    """
    named = graphs_from(asked.query, asked.base)
    check(asked.query, "query", allow_from=bool(named))
    dataset = _dataset(store, asked, named)
    answer = ask_checked(store, asked.query, "query", dataset, asked.base)
    try:
        if isinstance(answer, pyoxigraph.QueryTriples):
            return _triples(answer, output, asked, rows, size)
        if not asked.rows:
            raise FormatError("rows and truths have no format that the client takes")
        if isinstance(answer, pyoxigraph.QueryBoolean):
            output.write(answer.serialize(format=_TRUTHS[asked.rows]) or b"")
            return Answered(asked.rows, b"", 1, False)
        return _rows(answer, output, asked, rows, size)
    except (OSError, RuntimeError, SyntaxError, ValueError) as error:
        raise GraphError(f"query: {error}") from error


def _dataset(store: pyoxigraph.Store, asked: Asked, named: list[str]) -> Dataset | None:
    """The dataset that the request names, if it does; that goes before what the query names.

    https://www.w3.org/TR/sparql11-protocol/#dataset
    """
    if missing := [iri for iri in named if not _has(store, iri)]:
        raise RefusedError(f"query: FROM <{missing[0]}>: this store has no such graph", "write the whole IRI of one")
    if missing := [iri for iri in (*asked.default_graphs, *asked.named_graphs) if not _has(store, iri)]:
        raise UsageError(f"{missing[0]}: this store has no such graph")
    if not (asked.default_graphs or asked.named_graphs):
        return None
    return [NamedNode(iri) for iri in asked.default_graphs], [NamedNode(iri) for iri in asked.named_graphs]


def _has(store: pyoxigraph.Store, iri: str) -> bool:
    try:
        return store.contains_named_graph(NamedNode(iri))
    except ValueError:  # no IRI
        return False


def _rows(solutions: pyoxigraph.QuerySolutions, output: Output, asked: Asked, most: int, size: int) -> Answered:
    writer: Writer = WRITERS[asked.rows]
    names = [variable.value for variable in solutions.variables]
    count, truncated = 0, False
    for solution in solutions:
        if count == most or output.size > size:
            truncated = True
            break
        if count:
            output.write(writer.between.encode())
        output.write(writer.row(names, solution).encode())
        count += 1
    if truncated and asked.rows not in _MARKED:
        _check_truncation(asked, most, size)
    output.write(writer.tail.encode())
    link = f"{TRUNCATED}{count}" if truncated else ""
    return Answered(asked.rows, writer.head(names, link).encode(), count, truncated)


def _triples(triples: pyoxigraph.QueryTriples, output: Output, asked: Asked, most: int, size: int) -> Answered:
    if not asked.triples:
        raise FormatError("triples have no format that the client takes")
    taken = _Taken(triples, output, most, size)
    written: Iterator[pyoxigraph.Triple] = iter(taken)
    if asked.triples == "rdfxml":
        written = map(_element, written)
    file = cast("BinaryIO", output)  # of which the engine needs `write` alone
    pyoxigraph.serialize(written, file, FORMATS[asked.triples], prefixes=PREFIXES)
    if taken.truncated:
        _check_truncation(asked, most, size)
    return Answered(asked.triples, b"", taken.count, taken.truncated)


class _Taken:
    """The first triples, with their number, and whether there are more."""

    def __init__(self, triples: Iterable[pyoxigraph.Triple], output: Output, most: int, size: int) -> None:
        self._triples, self._output, self._most, self._size = iter(triples), output, most, size
        self.count, self.truncated = 0, False

    def __iter__(self) -> Iterator[pyoxigraph.Triple]:
        for triple in islice(self._triples, self._most):
            if self._output.size > self._size:
                self.truncated = True
                return
            self.count += 1
            yield triple
        self.truncated = next(self._triples, None) is not None


def _element(triple: pyoxigraph.Triple) -> pyoxigraph.Triple:
    """A triple that RDF/XML can say."""
    if not _ELEMENT.search(triple.predicate.value):
        raise FormatError(f"<{triple.predicate.value}>: no property that RDF/XML can name; ask for Turtle")
    return for_xml(triple)


def _check_truncation(asked: Asked, most: int, size: int) -> None:
    """Nothing in CSV, TSV or a graph would say that it is not all."""
    if not asked.truncate:
        raise LongError(
            f"the answer has more than {most:,} rows or {size:,} bytes, which this format cannot say of itself: "
            f"add a LIMIT, take JSON or XML, or add truncate=ok to the request for the first of them"
        )
