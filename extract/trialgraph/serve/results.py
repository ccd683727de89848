"""The rows of an answer in the formats of SPARQL, row by row, so that an answer can end at a limit and say so.

JSON: https://www.w3.org/TR/sparql11-results-json/ · XML: https://www.w3.org/TR/rdf-sparql-XMLres/ ·
CSV and TSV: https://www.w3.org/TR/sparql11-results-csv-tsv/ · triples as terms: https://www.w3.org/TR/sparql12-results-json/
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias
from xml.sax.saxutils import escape, quoteattr

import msgspec
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from trialgraph.iris import XSD

#: A term of a row; None where a variable has no value.
Term: TypeAlias = NamedNode | BlankNode | Literal | Triple | None

_PLAIN = {f"{XSD}string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"}
# https://www.w3.org/TR/xml/#charsets has no such characters, not even escaped.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_QUOTED = re.compile(r'[",\r\n]')
# A number that means the same without its type: https://www.w3.org/TR/sparql11-results-csv-tsv/#tsv-terms
_NUMBERS = {
    f"{XSD}integer": re.compile(r"[+-]?[0-9]+"),
    f"{XSD}decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    f"{XSD}double": re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.?[0-9]+)[eE][+-]?[0-9]+"),
}


class Writer(NamedTuple):
    """How rows are written. `head` takes the variables, and a link to what is said of the answer, or ""."""

    head: Callable[[Sequence[str], str], str]
    row: Callable[[Sequence[str], Iterable[Term]], str]
    between: str
    tail: str


def xml_safe(text: str) -> str:
    """A text without the characters that XML forbids: U+FFFD stands for each."""
    return _NOT_XML.sub("\ufffd", text)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _json_head(names: Sequence[str], link: str) -> str:
    head = {"vars": names, "link": [link]} if link else {"vars": names}
    return f'{{"head":{_json(head)},"results":{{"bindings":['


def _json_row(names: Sequence[str], row: Iterable[Term]) -> str:
    return _json({name: _json_term(term) for name, term in zip(names, row, strict=True) if term is not None})


def _json_term(term: Any) -> dict[str, Any]:
    match term:
        case NamedNode():
            return {"type": "uri", "value": term.value}
        case BlankNode():
            return {"type": "bnode", "value": term.value}
        case Triple():
            parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
            return {"type": "triple", "value": {name: _json_term(part) for name, part in parts.items()}}
    literal: dict[str, Any] = {"type": "literal", "value": term.value}
    if term.language:
        literal["xml:lang"] = term.language
        if term.direction:
            literal["its:dir"] = str(term.direction)
    elif term.datatype.value not in _PLAIN:
        literal["datatype"] = term.datatype.value
    return literal


def _xml_head(names: Sequence[str], link: str) -> str:
    variables = "".join(f"<variable name={quoteattr(name)}/>" for name in names)
    said = f"<link href={quoteattr(link)}/>" if link else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">'
        f"<head>{variables}{said}</head>\n<results>"
    )


def _xml_row(names: Sequence[str], row: Iterable[Term]) -> str:
    bindings = (
        f'<binding name="{name}">{_xml_term(term)}</binding>'
        for name, term in zip(names, row, strict=True)
        if term is not None
    )
    return f"\n<result>{''.join(bindings)}</result>"


def _xml_term(term: Any) -> str:
    match term:
        case NamedNode():
            return f"<uri>{_xml_text(term.value)}</uri>"
        case BlankNode():
            return f"<bnode>{_xml_text(term.value)}</bnode>"
        case Triple():
            parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
            inner = "".join(f"<{name}>{_xml_term(part)}</{name}>" for name, part in parts.items())
            return f"<triple>{inner}</triple>"
    about = ""
    if term.language:
        about = f" xml:lang={quoteattr(term.language)}"
        if term.direction:
            its = f'xmlns:its="http://www.w3.org/2005/11/its" its:version="2.0" its:dir="{term.direction}"'
            about = f"{about} {its}"
    elif term.datatype.value not in _PLAIN:
        about = f" datatype={quoteattr(term.datatype.value)}"
    return f"<literal{about}>{_xml_text(term.value)}</literal>"


def _xml_text(text: str) -> str:
    return escape(xml_safe(text), {"\r": "&#13;"})  # a parser would take a bare one for the end of a line


def _csv_head(names: Sequence[str], link: str) -> str:
    return ",".join(names) + "\r\n"


def _csv_row(names: Sequence[str], row: Iterable[Term]) -> str:
    return ",".join(_csv_cell(term) for term in row) + "\r\n"


def _csv_cell(term: Any) -> str:
    if term is None:
        return ""
    text = str(term) if isinstance(term, BlankNode | Triple) else term.value
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _tsv_head(names: Sequence[str], link: str) -> str:
    return "\t".join(f"?{name}" for name in names) + "\n"


def _tsv_row(names: Sequence[str], row: Iterable[Term]) -> str:
    return "\t".join(_tsv_cell(term) for term in row) + "\n"


def _tsv_cell(term: Term) -> str:
    if isinstance(term, Literal) and (number := _NUMBERS.get(term.datatype.value)) and number.fullmatch(term.value):
        return term.value
    return "" if term is None else str(term)


#: The formats of rows by their short names.
WRITERS = {
    "json": Writer(_json_head, _json_row, ",", "]}}\n"),
    "xml": Writer(_xml_head, _xml_row, "", "</results></sparql>\n"),
    "csv": Writer(_csv_head, _csv_row, "", ""),
    "tsv": Writer(_tsv_head, _tsv_row, "", ""),
}
