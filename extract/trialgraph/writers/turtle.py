"""Turtle and TriG for people: prefixes, one block a subject, a trial followed by its own parts, all sorted.

https://www.w3.org/TR/turtle/, https://www.w3.org/TR/trig/
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec.json import decode

from trialgraph.iris import LABEL, PREFIXES, TYPE, XSD
from trialgraph.statements import Statement

_NAMESPACES = {namespace: prefix for prefix, namespace in PREFIXES.items()}
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|%[0-9A-F]{2})*")
#: Literals that Turtle spells bare.
_BARE = {
    f'"^^<{XSD}boolean>': re.compile(r"true|false"),
    f'"^^<{XSD}integer>': re.compile(r"[+-]?[0-9]+"),
    f'"^^<{XSD}decimal>': re.compile(r"[+-]?[0-9]*\.[0-9]+"),
}
#: A quote that could be taken for the end of a text between three quotes.
_CLOSING = re.compile(r'"(?="|\Z)')
#: A longer list of objects gets a line for each.
_WIDTH = 90
_FIRST = {TYPE: "0", LABEL: "1"}


def header(base: str) -> str:
    """The base of instance IRIs and all prefixes."""
    lines = [f"@base <{base}> ."] + [f"@prefix {prefix}: <{iri}> ." for prefix, iri in sorted(PREFIXES.items())]
    return "\n".join(lines) + "\n\n"


def block(statements: Iterable[Statement], base: str, graph: str) -> bytes:
    """The subjects of the statements: the first of them and its parts, then the others, sorted."""
    subjects = by_subject(statements)
    start = len(base) + 1
    text = b"\n".join([_subject(name, predicates, start, f"<{base}").encode() for name, predicates in subjects])
    return b"%b {\n%b}\n" % (_term(graph, start, f"<{base}").encode(), text) if graph else text


def by_subject(statements: Iterable[Statement]) -> list[tuple[str, Mapping[str, list[str]]]]:
    """The terms of each subject by predicate. The first subject, a trial, and its parts precede all others."""
    subjects: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for subject, predicate, term in statements:
        subjects[subject][predicate].append(term)
    first = next(iter(subjects), "")[:-1]
    # Without its closing bracket, a trial comes before its parts.
    return sorted(subjects.items(), key=lambda item: (not item[0].startswith(first), item[0][:-1]))


def _subject(subject: str, predicates: Mapping[str, list[str]], start: int, base: str) -> str:
    lines = []
    for predicate, name in _ordered(tuple(predicates)):
        stated = predicates[predicate]
        if len(stated) == 1:
            lines.append(f"{name} {_term(stated[0], start, base)}")
            continue
        terms = [_term(term, start, base) for term in sorted(set(stated))]
        if len(terms) > 1 and sum(map(len, terms)) > _WIDTH:
            lines.append(f"{name}\n        " + ",\n        ".join(terms))
        else:
            lines.append(f"{name} {', '.join(terms)}")
    return f"{_term(subject, start, base)} " + " ;\n    ".join(lines) + " .\n"


@lru_cache(20_000)
def _ordered(predicates: tuple[str, ...]) -> list[tuple[str, str]]:
    """The predicates of a subject in their order, each with its name; most parts of a kind have the same."""
    ordered = sorted(predicates, key=lambda predicate: _FIRST.get(predicate, predicate))
    return [(predicate, "a" if predicate == TYPE else prefixed(predicate)) for predicate in ordered]


def _term(term: str, start: int, base: str) -> str:
    if term[0] == "<":
        return f"<{term[start:]}" if term.startswith(base) and "#" not in term else prefixed(term)
    if term[-1] == '"':
        return _long(term) if "\\n" in term else term
    return _typed(term)


@lru_cache(20_000)
def prefixed(iri: str) -> str:
    """An IRI by its prefix, or whole in its brackets if it has none of ours."""
    namespace, local = _split(iri[1:-1])
    prefix = _NAMESPACES.get(namespace)
    return f"{prefix}:{local}" if prefix and _LOCAL.fullmatch(local) else iri


def _split(iri: str) -> tuple[str, str]:
    end = max(iri.rfind("#"), iri.rfind("/")) + 1
    return iri[:end], iri[end:]


@lru_cache(20_000)
def _typed(literal: str) -> str:
    lexical, mark, datatype = literal[1:].rpartition('"^^')
    pattern = _BARE.get(f'"^^{datatype}')
    return lexical if pattern and pattern.fullmatch(lexical) else f'"{lexical}{mark}{prefixed(datatype)}'


def _long(literal: str) -> str:
    """A text of several lines as it reads, between three quotes."""
    text: str = decode(literal)
    escaped = _CLOSING.sub(r'\\"', text.replace("\\", r"\\").replace("\r", r"\r"))
    return f'"""{escaped}"""'
