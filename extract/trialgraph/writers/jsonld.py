"""JSON-LD, one object a subject, with its context inside; nothing has to be fetched to read it.

https://www.w3.org/TR/json-ld11/
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.json import decode, encode

from trialgraph.iris import PREFIXES, TYPE
from trialgraph.statements import Statement
from trialgraph.writers.turtle import by_subject, prefixed

FOOTER = "\n]}\n"


def header(base: str) -> str:
    """The context: the base of instance IRIs and all prefixes."""
    context = {"@version": 1.1, "@base": base} | dict(sorted(PREFIXES.items()))
    return f'{{"@context": {encode(context).decode()}, "@graph": [\n'


def block(statements: Iterable[Statement], base: str, graph: str) -> bytes:
    """The subjects of the statements as objects, sorted; those of a named graph inside its own object."""
    objects = [_subject(name, predicates, base) for name, predicates in by_subject(statements)]
    if graph:
        objects = [{"@id": _reference(graph, base), "@graph": objects}]
    return b",\n".join(map(encode, objects))


def _subject(subject: str, predicates: Mapping[str, list[str]], base: str) -> dict[str, Any]:
    described: dict[str, Any] = {"@id": _reference(subject, base)}
    for predicate in sorted(predicates):
        terms = sorted(set(predicates[predicate]))
        if predicate == TYPE:
            described["@type"] = [prefixed(term) for term in terms]
        else:
            values = [_value(term, base) for term in terms]
            described[prefixed(predicate)] = values[0] if len(values) == 1 else values
    return described


def _value(term: str, base: str) -> Any:
    if term[0] == "<":
        return {"@id": _reference(term, base)}
    if term[-1] == '"':
        return decode(term)
    lexical, _, datatype = term[1:].rpartition('"^^')
    return {"@value": lexical, "@type": prefixed(datatype)}


def _reference(iri: str, base: str) -> str:
    inside = iri.startswith(f"<{base}") and "#" not in iri
    return iri[len(base) + 1 : -1] if inside else prefixed(iri).strip("<>")
