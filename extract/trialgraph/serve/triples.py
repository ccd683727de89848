"""Triples in the formats of RDF, by the names that `?format=` takes."""

from collections.abc import Iterable, Mapping

import pyoxigraph
from pyoxigraph import Literal, Quad, RdfFormat, Triple

from trialgraph.iris import PREFIXES
from trialgraph.serve.results import xml_safe

FORMATS = {
    "turtle": RdfFormat.TURTLE,
    "ntriples": RdfFormat.N_TRIPLES,
    "jsonld": RdfFormat.JSON_LD,
    "rdfxml": RdfFormat.RDF_XML,
}


def serialized(statements: Iterable[Quad | Triple], name: str, prefixes: Mapping[str, str] = PREFIXES) -> bytes:
    """Statements in a format, in the order given."""
    used = dict(prefixes) if name != "ntriples" else None
    triples = (Triple(each.subject, each.predicate, each.object) for each in statements)
    written = map(for_xml, triples) if name == "rdfxml" else triples
    return pyoxigraph.serialize(written, format=FORMATS[name], prefixes=used) or b""


def for_xml(triple: Triple) -> Triple:
    """A triple whose text XML can hold: it has no way to write some characters, which would break a whole document."""
    literal = triple.object
    if not isinstance(literal, Literal) or (safe := xml_safe(literal.value)) == literal.value:
        return triple
    kind = {"language": literal.language} if literal.language else {"datatype": literal.datatype}
    return Triple(triple.subject, triple.predicate, Literal(safe, **kind))
