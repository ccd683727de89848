"""What a graph breaks of the rules: findings, by one of two engines that find the same.

"shacl" (Rust) compiles the shapes once and does the work; "pyshacl" is the reference.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import pyoxigraph
from msgspec.structs import replace

from trialgraph.errors import GraphError, InputError, UsageError
from trialgraph.findings import SEVERITIES, Finding, local, order
from trialgraph.iris import BASE, SH, TRIAL, TYPE, tg
from trialgraph.once import ALL
from trialgraph.rules import Rules

if TYPE_CHECKING:
    import shacl

Engine = Literal["shacl", "pyshacl"]
Syntax = Literal["turtle", "ntriples"]

#: Shape, severity, focus, path, value and message as an engine reports them, in N-Triples spellings, in full.
Result: TypeAlias = tuple[str, str, str, str, str, str]

_ALL = str(ALL)
_IRI = re.compile(r"<([^<>]*)>")
_STRING = re.compile(r'"([^"\\]*)"(?:\^\^<[^<>]*>|@[\w-]+)?')


def validate_text(
    text: str,
    rules: Rules,
    engine: Engine = "shacl",
    pages: Collection[str] | None = None,
    syntax: Syntax = "turtle",
) -> list[Finding]:
    """What a graph breaks of the rules that one trial can break, sorted.

    Trials of which only captured pages tell are judged by the profile `page`; `pages` names them by id where the
    caller knows, else their records in the graph do. Raises InputError if the text cannot be parsed, GraphError for a
    fault in a shape or a query.
    """
    shapes = (engine == "shacl" and rules.quick) or rules.turtle
    found = {_finding(result, rules) for result in results(text, shapes, engine, syntax)}
    lost = any(not finding.trial for finding in found)
    if lost or (pages is None and "notStated" in text):
        store = pyoxigraph.Store()
        store.load(text.encode(), format=pyoxigraph.RdfFormat.TURTLE, base_iri=BASE)  # which has all of N-Triples
        about, only_pages = _records(store)
        found = {
            finding if finding.trial else replace(finding, trial=about.get(finding.focus, "")) for finding in found
        }
        pages = only_pages if pages is None else pages
    return sorted(judged_as_pages(found, pages or (), rules), key=order)


def results(text: str, shapes: str, engine: Engine = "shacl", syntax: Syntax = "turtle") -> Iterator[Result]:
    """What an engine reports of a graph under some shapes in Turtle. Raises as `validate_text` does."""
    return _ENGINES[engine](text, shapes, syntax)


def across(store: pyoxigraph.Store, rules: Rules) -> list[Finding]:
    """What the default graph of a store breaks of the rules over several trials, sorted."""
    found = set()
    for rule, query in rules.across:
        for row in cast("pyoxigraph.QuerySolutions", store.query(query)):
            focus, value = (str(row[name]) for name in ("this", "value"))
            found.add(_finding((rule.shape, rule.severity, focus, rule.path, value, rule.message), rules))
    return sorted(found, key=order)


def judged_as_pages(findings: Iterable[Finding], pages: Collection[str], rules: Rules) -> Iterator[Finding]:
    """The findings, those of some trials judged by the profile `page`."""
    for finding in findings:
        if finding.trial not in pages or finding.shape not in rules.by_shape:
            yield finding
        elif severity := rules.page.get(finding.shape):
            yield replace(finding, severity=severity)


def page_trials(store: pyoxigraph.Store) -> set[str]:
    """The ids of the trials of a graph that have registry records, all of captured pages."""
    return _records(store)[1]


def _records(store: pyoxigraph.Store) -> tuple[dict[str, str], set[str]]:
    """The trial that each thing is about, and the trials whose records all say what they do not show: pages."""
    about, not_stated, type_ = (pyoxigraph.NamedNode(iri[1:-1]) for iri in (tg("about"), tg("notStated"), TYPE))
    record_class = pyoxigraph.NamedNode(tg("RegistryRecord")[1:-1])
    found: dict[str, str] = {}
    pages: dict[str, bool] = {}
    for quad in store.quads_for_pattern(None, about, None):
        trial = trial_of(str(quad.object))
        found[_bare(str(quad.subject))] = trial
        if any(store.quads_for_pattern(quad.subject, type_, record_class)):
            page = any(store.quads_for_pattern(quad.subject, not_stated, None))
            pages[trial] = page and pages.get(trial, True)
    return found, {trial for trial, only in pages.items() if only and trial}


def _finding(result: Result, rules: Rules) -> Finding:
    shape, severity, focus, path, value, message = result
    rule = rules.by_shape.get(shape)
    if rule and focus == _ALL:
        focus, path, value = path, rule.path, value if value != _ALL else ""
    return Finding(
        rule=rule.id if rule else local(shape),
        shape=shape,
        severity=next((known for known in SEVERITIES if known == severity), "violation"),
        trial=trial_of(focus),
        focus=_bare(focus),
        path=_bare(path) if _IRI.fullmatch(path) else path,
        value="" if value == focus else plain(value),  # of a query without ?value, engines give the focus or nothing
        message=(rule and rule.message) or message,
    )


@lru_cache(10_000)
def plain(term: str) -> str:
    """The text of a literal or the IRI of a name, given in its N-Triples spelling; "" of a blank node."""
    if match := _STRING.fullmatch(term):
        return match[1]
    if not term.startswith('"'):
        return _bare(term) if term.startswith("<") else ""
    [triple] = pyoxigraph.parse(f"<a:a> <a:a> {term} .".encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return cast("pyoxigraph.Literal", triple.object).value


def _severity(iri: str) -> str:
    """The name of one of SHACL's severities, another as it stands."""
    return iri.removeprefix(SH).lower() if iri.startswith(SH) else iri


def trial_of(iri: str) -> str:
    """The NCT id, or registry and id, of the trial that an IRI is of or is a part of; "" if it is another thing."""
    match = TRIAL.search(iri)
    return match[1] if match else ""


def _bare(term: str) -> str:
    return term[1:-1] if term.startswith("<") else term


@lru_cache(8)
def _compiled(shapes: str) -> "shacl.Shapes":
    try:
        import shacl
    except ImportError as error:
        raise UsageError("the engine shacl is not installed: pip install shacl") from error
    try:
        return shacl.Shapes.from_turtle(shapes)
    except ValueError as error:
        raise GraphError(f"the shapes: {error}") from error


def _with_shacl(text: str, shapes: str, syntax: Syntax) -> Iterator[Result]:
    compiled = _compiled(shapes)
    try:
        report = compiled.validate_text(text, syntax, BASE)
    except ValueError as error:
        if str(error).startswith("parse error"):
            raise InputError(f"not RDF: {error}") from error
        raise GraphError(f"the shapes: {error}") from error
    for result in report.results:
        yield (
            _bare(result.root_shape or result.source_shape or ""),
            _severity(result.severity_iri),
            result.focus_node,
            result.path or "",
            result.value or "",
            result.message or "",
        )


def _with_pyshacl(text: str, shapes: str, syntax: Syntax) -> Iterator[Result]:
    try:
        from trialgraph import reference  # rdflib and pySHACL are slow to import
    except ImportError as error:
        raise UsageError("the engine pyshacl is not installed: pip install 'trialgraph[reference]'") from error
    _compiled(shapes)  # which names the fault of a shape or a query better
    for shape, severity, *rest in reference.results(text, shapes, "nt" if syntax == "ntriples" else syntax):
        focus, path, value, message = rest
        yield shape, _severity(severity), focus, path, value, message


_ENGINES: dict[Engine, Callable[[str, str, Syntax], Iterator[Result]]] = {
    "shacl": _with_shacl,
    "pyshacl": _with_pyshacl,
}
