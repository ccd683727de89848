"""The rules that a record is held to, read from shapes/: which count, how much, and as of which day."""

import datetime
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeAlias, cast
from urllib.parse import quote

import pyoxigraph
from msgspec.structs import replace

from trialgraph import resources
from trialgraph.errors import GraphError, InputError, UsageError
from trialgraph.findings import SEVERITIES, Rule, Severity, local
from trialgraph.gate import Level
from trialgraph.iris import DCTERMS, PREFIXES, SH
from trialgraph.once import asked_once, sh

#: By the name of a rule ("R03") or of a shape ("Trial-site"); "off" leaves it out.
Severities: TypeAlias = Mapping[str, Level]

SHAPE = "https://w3id.org/trialgraph/shapes#"

_ACROSS = "across.ttl"
_NAME = re.compile(r"[A-Za-z][\w-]*")
_PREFIXED = re.compile(r"\b([a-z]+):(\w+)")
_SPELLED = re.compile(r"<[^<>\s]*>")
_AS_OF = re.compile(r"\$asOf(?:-(\d+)d)?")
_COUNTRIES = '"$countries"'
_TARGETS = ("targetClass", "targetNode", "targetObjectsOf", "targetSubjectsOf")


@dataclass
class Rules:
    """Rules ready to be applied: `turtle` to each trial or to many, `across` once to a whole graph.

    `quick` finds the same as `turtle`, with each query asked once of all trials; it is empty with a user's shapes.
    `page` has the severities of the same rules, by the IRI of the shape, for a trial that only captured pages tell of;
    a rule that is not in it does not count for such a trial.
    """

    turtle: str
    table: tuple[Rule, ...]
    as_of: datetime.date
    quick: str = ""
    #: The rules over several trials, each with its query.
    across: tuple[tuple[Rule, str], ...] = ()
    page: Mapping[str, Severity] = field(default_factory=dict)
    #: The properties and classes that the rules name, spelled: no other statement matters. Empty with a user's shapes.
    terms: frozenset[str] = frozenset()

    @cached_property
    def by_shape(self) -> dict[str, Rule]:
        """The rules by the IRIs of their shapes."""
        return {rule.shape: rule for rule in self.table}

    @cached_property
    def across_terms(self) -> frozenset[str]:
        """The properties and classes that the rules over several trials name, spelled."""
        return frozenset(term for _, query in self.across for term in _terms(query))


@cache
def profiles() -> dict[str, dict[str, list[str]]]:
    """The profiles of shapes/profiles.toml: the names under `rules`, `violation`, `warning` and `info`, and `about`."""
    path = resources.folder("shapes") / "profiles.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise GraphError(f"{path}: {error}") from error


def rules(
    names: Iterable[str] = ("core",),
    as_of: datetime.date | None = None,
    severities: Severities | None = None,
    own: Iterable[Path] = (),
    only: Iterable[str] = (),
) -> Rules:
    """The rules of some profiles as of a day (today), with the user's own severities and shapes files.

    `only` keeps some rules or shapes of the profiles. Where profiles differ, the worst severity counts. Raises
    UsageError for an unknown profile, rule or severity, and GraphError for a fault in a shapes file.
    """
    day = as_of or datetime.date.today()
    shapes, across = _shapes(day)
    users = _users(own, day)
    table = {rule.local: rule for rule in (*_table(shapes), *_table(across))}
    own_rules = _table(users)
    chosen: dict[str, Severity] = {}
    for name in names:
        for shape, severity in _profile(name, table.values()).items():
            chosen[shape] = min(severity, chosen.get(shape, severity), key=SEVERITIES.index)
    if kept := set(only):
        _check(dict.fromkeys(kept, "rules"), table.values())
        chosen = {name: severity for name, severity in chosen.items() if kept & {name, table[name].id}}
    on_pages = {name: severity for name, severity in _profile("page", table.values()).items() if name in chosen}
    table |= {rule.local: rule for rule in own_rules}
    _check(changes := dict(severities or {}), table.values())
    chosen = _changed(chosen | {rule.local: rule.severity for rule in own_rules}, changes, table)
    on_pages = _changed(on_pages | {rule.local: rule.severity for rule in own_rules}, changes, table)
    counting = [replace(table[name], severity=severity) for name, severity in chosen.items()]
    page = {table[name].shape: severity for name, severity in on_pages.items()}
    if users:
        shapes = _copy(shapes)
        shapes.extend(users)
    turtle = _text(shapes, counting)
    across_rules = tuple((rule, _query(across, rule)) for rule in sorted(counting, key=_order) if _is_in(across, rule))
    return Rules(
        turtle=turtle,
        table=tuple(sorted(counting, key=_order)),
        as_of=day,
        quick="" if users else _text(asked_once(shapes), counting),
        across=across_rules,
        page=page,
        terms=frozenset() if users else _terms(" ".join([turtle, *(query for _, query in across_rules)])),
    )


def _terms(text: str) -> frozenset[str]:
    """All IRIs of a text in Turtle or SPARQL, spelled, those with one of our prefixes too."""
    prefixed = {f"<{PREFIXES[prefix]}{name}>" for prefix, name in _PREFIXED.findall(text) if prefix in PREFIXES}
    return frozenset(prefixed | set(_SPELLED.findall(text)))


def across_turtle(counting: Rules) -> str:
    """The rules over several trials as shapes, for an engine that reads a whole graph."""
    _, across = _shapes(counting.as_of)
    return _text(across, [rule for rule, _ in counting.across])


def dated(query: str, day: datetime.date) -> str:
    """A query with the day of judgement put in: "$asOf" for the day itself, "$asOf-395d" for 395 days before it.

    >>> dated('FILTER (?due < "$asOf-30d")', datetime.date(2026, 3, 1))
    'FILTER (?due < "2026-01-30")'
    """
    return _AS_OF.sub(lambda mark: (day - datetime.timedelta(int(mark[1] or 0))).isoformat(), query)


@lru_cache(4)
def _shapes(day: datetime.date) -> tuple[pyoxigraph.Store, pyoxigraph.Store]:
    """The shapes of the package for one trial and across trials, each with the prefixes of their queries."""
    prefixes = resources.folder("ontology") / "prefixes.ttl"
    paths = sorted(resources.folder("shapes").glob("*.ttl"))
    stores = (
        _load([prefixes, *(path for path in paths if path.name != _ACROSS)]),
        _load([prefixes, *(path for path in paths if path.name == _ACROSS)]),
    )
    for store in stores:
        _fill_in(store, day)
        _check_queries(store, "shapes/")
    return stores


def _fill_in(store: pyoxigraph.Store, day: datetime.date) -> None:
    """Put the day of judgement and the names of countries into the queries of shapes."""
    for quad in list(store.quads_for_pattern(None, sh("select"), None)):
        if isinstance(quad.object, pyoxigraph.Literal):
            query = dated(quad.object.value, day)
            if _COUNTRIES in query:
                query = query.replace(_COUNTRIES, ", ".join(map(_string, _countries())))
            store.remove(quad)
            store.add(pyoxigraph.Quad(quad.subject, quad.predicate, pyoxigraph.Literal(query)))


def _users(paths: Iterable[Path], day: datetime.date) -> pyoxigraph.Store:
    """A user's own shapes, checked. Raises InputError for a file that cannot be read, GraphError for a fault in it."""
    prefixes, every = _load([resources.folder("ontology") / "prefixes.ttl"]), pyoxigraph.Store()
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise GraphError(f"{path}: not Turtle: {error}") from error
        quads = _parsed(path, text)
        if not any(str(term).startswith(f"<{SH}") for quad in quads for term in (quad.predicate, quad.object)):
            raise GraphError(f"{path}: there is no shape in it")
        store = _copy(prefixes)
        store.extend(quads)
        _check_paths(store, str(path))
        _check_queries(store, str(path), text)
        _check_shapes(store, str(path), text)
        every.extend(quads)
    _fill_in(every, day)
    return every


def _parsed(path: Path, text: str) -> list[pyoxigraph.Quad]:
    """The statements of a user's shapes. A shape without an IRI that has a target is named after the file: "own-1"."""
    try:
        quads = list(pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.TURTLE, rename_blank_nodes=True))
    except SyntaxError as error:
        raise GraphError(f"{path}: {error.msg}") from error
    targets = {sh(name) for name in _TARGETS}
    found = (quad.subject for quad in quads if quad.predicate in targets)
    nameless = dict.fromkeys(each for each in found if isinstance(each, pyoxigraph.BlankNode))
    stem = f"{SHAPE}{quote(path.stem, safe='')}"
    names: dict[Any, Any] = {each: pyoxigraph.NamedNode(f"{stem}-{number}") for number, each in enumerate(nameless, 1)}
    return [
        pyoxigraph.Quad(names.get(subject, subject), predicate, names.get(object_, object_))
        for subject, predicate, object_, _ in quads
    ]


def _copy(store: pyoxigraph.Store) -> pyoxigraph.Store:
    copy = pyoxigraph.Store()
    copy.extend(store)
    return copy


def _load(paths: Iterable[Path]) -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    for path in paths:
        try:
            store.load(path=str(path), format=pyoxigraph.RdfFormat.TURTLE)
        except (OSError, SyntaxError, ValueError) as error:
            raise GraphError(f"{path}: {error}") from error
    return store


def _check_queries(store: pyoxigraph.Store, where: str, text: str = "") -> None:
    """Raise GraphError if a query of the shapes is no SPARQL: engines differ in what they make of one."""
    empty = pyoxigraph.Store()
    for kind in ("select", "ask", "construct"):
        for quad in store.quads_for_pattern(None, sh(kind), None):
            query = quad.object.value if isinstance(quad.object, pyoxigraph.Literal) else ""
            try:
                empty.query(_prefixes(store, quad.subject) + query)
            except SyntaxError as error:
                said = str(error).partition("\n")[0]
                if "Prefix not found" in said:
                    said = "it has a prefix that sh:prefixes does not declare"
                name = f" of {quad.subject}" if isinstance(quad.subject, pyoxigraph.NamedNode) else ""
                raise GraphError(f"{where}{_at(text, query)}: the query{name}: {said}") from error


def _check_shapes(store: pyoxigraph.Store, where: str, text: str) -> None:
    """Raise GraphError if the engine does not take the shapes of a user."""
    try:
        import shacl
    except ImportError as error:
        raise UsageError("the engine shacl is not installed: pip install shacl") from error
    try:
        shacl.Shapes.from_turtle("".join(f"{each.subject} {each.predicate} {each.object} .\n" for each in store))
    except ValueError as error:
        term = re.search(r"sh:\w+", str(error))
        raise GraphError(f"{where}{_at(text, term[0] if term else '')}: {error}") from error


def _at(text: str, part: str) -> str:
    """The line of a text that has the first words of a part, as " line 3"; "" if none or several have."""
    words = part.strip().partition("\n")[0].strip()
    found = [number for number, line in enumerate(text.splitlines(), 1) if words and words in line]
    return f" line {found[0]}" if len(found) == 1 else ""


def _check_paths(store: pyoxigraph.Store, where: str) -> None:
    """Raise GraphError if a property shape has no path, which one of the engines does not mind."""
    for quad in store.quads_for_pattern(None, _rdf("type"), sh("PropertyShape")):
        if not any(store.quads_for_pattern(quad.subject, sh("path"), None)):
            raise GraphError(f"{where}: the property shape {quad.subject} has no sh:path")


def _table(store: pyoxigraph.Store) -> list[Rule]:
    """What the shapes with an IRI say of themselves."""
    return sorted((_rule(store, shape) for shape in _named(store)), key=_order)


def _named(store: pyoxigraph.Store) -> set[str]:
    """The IRIs of the shapes that have one."""
    return {
        quad.subject.value
        for kind in ("PropertyShape", "NodeShape")
        for quad in store.quads_for_pattern(None, _rdf("type"), sh(kind))
        if isinstance(quad.subject, pyoxigraph.NamedNode)
    } | {
        quad.subject.value
        for target in _TARGETS
        for quad in store.quads_for_pattern(None, sh(target), None)
        if isinstance(quad.subject, pyoxigraph.NamedNode)
    }


def _rule(store: pyoxigraph.Store, shape: str) -> Rule:
    severity = _value(store, shape, SH + "severity").removeprefix(SH).lower() or "violation"
    return Rule(
        id=_value(store, shape, DCTERMS + "identifier") or local(shape),
        shape=shape,
        name=_value(store, shape, SH + "name") or local(shape),
        severity=next((known for known in SEVERITIES if known == severity), "violation"),
        message=_value(store, shape, SH + "message"),
        source=_value(store, shape, DCTERMS + "source"),
        path=_path(store, store.quads_for_pattern(pyoxigraph.NamedNode(shape), sh("path"), None)),
    )


def _order(rule: Rule) -> tuple[str, str]:
    return rule.id, rule.shape


def paths(store: pyoxigraph.Store) -> dict[str, str]:
    """The paths of the shapes with an IRI, as SPARQL writes them."""
    return {rule.shape: rule.path for rule in _table(store)}


def _path(store: pyoxigraph.Store, quads: Iterable[pyoxigraph.Quad]) -> str:
    return next((spelled_path(store, quad.object) for quad in quads), "")


def spelled_path(store: pyoxigraph.Store, path: object) -> str:
    """A property path as SPARQL writes it: "<p>", "(<p>/<q>)", "(<p>|^<q>)", "(<p>)*"."""
    if isinstance(path, pyoxigraph.NamedNode):
        return str(path)
    node = cast("pyoxigraph.BlankNode", path)
    for kind, form in (("inverse", "^{}"), ("zeroOrMore", "({})*"), ("oneOrMore", "({})+"), ("zeroOrOne", "({})?")):
        for quad in store.quads_for_pattern(node, sh(f"{kind}Path"), None):
            return form.format(spelled_path(store, quad.object))
    for quad in store.quads_for_pattern(node, sh("alternativePath"), None):
        return f"({'|'.join(spelled_path(store, step) for step in _list(store, quad.object))})"
    return f"({'/'.join(spelled_path(store, step) for step in _list(store, node))})"


def _list(store: pyoxigraph.Store, node: object) -> Iterator[object]:
    while isinstance(node, pyoxigraph.BlankNode):
        for quad in store.quads_for_pattern(node, _rdf("first"), None):
            yield quad.object
        node = next((quad.object for quad in store.quads_for_pattern(node, _rdf("rest"), None)), None)


def _profile(name: str, table: Iterable[Rule]) -> dict[str, Severity]:
    """The severity of each shape that counts in a profile."""
    if name not in profiles():
        raise UsageError(f"--profile {name}: not one of {', '.join(profiles())}")
    entries = [(entry, kind) for kind in ("rules", *SEVERITIES) for entry in profiles()[name].get(kind, [])]
    by_entry = dict(entries)
    _check(by_entry, table)
    found: dict[str, Severity] = {}
    for rule in table:
        if kind := by_entry.get(rule.local) or by_entry.get(rule.id):
            found[rule.local] = rule.severity if kind == "rules" else cast("Severity", kind)
    return found


def _changed(chosen: Mapping[str, Severity], changes: Severities, table: Mapping[str, Rule]) -> dict[str, Severity]:
    """The severities of shapes after the user's own."""
    found = {name: changes.get(name) or changes.get(table[name].id) or severity for name, severity in chosen.items()}
    return {name: severity for name, severity in found.items() if severity != "off"}


def _check(names: Mapping[str, str], table: Iterable[Rule]) -> None:
    known = {name for rule in table for name in (rule.id, rule.local)}
    for name, severity in names.items():
        if name not in known:
            raise UsageError(f"{name}: neither a rule (R01 to R47) nor a shape{_hint(name, known)}")
        if severity not in (*SEVERITIES, "off", "rules"):
            raise UsageError(f"{name}: {severity}: a severity is violation, warning, info or off")


def _hint(name: str, known: Iterable[str]) -> str:
    """What was meant: of a number the rule with that number, because R48 is as far from R47 as from R08."""
    number = re.fullmatch(r"[Rr]?0*(\d+)", name)
    near = [f"R{int(number[1]):02}"] if number else get_close_matches(name, sorted(known), 1)
    return f"; did you mean {near[0]}?" if near and near[0] in known else ""


def _text(store: pyoxigraph.Store, counting: Iterable[Rule]) -> str:
    """The shapes that count, with the severities that they count with, as Turtle."""
    severities = {rule.shape: rule.severity for rule in counting}
    named = _named(store)
    dropped = named - severities.keys()
    dropped |= {_value(store, shape, SH + "sparql") for shape in dropped}
    dropped.discard("")
    lines = []
    for quad in store:
        subject = quad.subject.value if isinstance(quad.subject, pyoxigraph.NamedNode) else ""
        if subject in dropped or (subject in severities and quad.predicate == sh("severity")):
            continue
        lines.append(f"{quad.subject} {quad.predicate} {quad.object} .\n")
    for shape in named & severities.keys():
        lines.append(f"<{shape}> <{SH}severity> <{SH}{severities[shape].capitalize()}> .\n")
    return "".join(sorted(lines))


def _is_in(store: pyoxigraph.Store, rule: Rule) -> bool:
    return any(store.quads_for_pattern(pyoxigraph.NamedNode(rule.shape), sh("path"), None))


def _query(store: pyoxigraph.Store, rule: Rule) -> str:
    constraint = pyoxigraph.NamedNode(_value(store, rule.shape, SH + "sparql"))
    return _prefixes(store, constraint) + _value(store, constraint.value, SH + "select")


def _prefixes(store: pyoxigraph.Store, constraint: object) -> str:
    """The PREFIX lines of a query: what sh:prefixes leads to."""
    lines = []
    node = cast("pyoxigraph.NamedNode", constraint)
    for prefixes in store.quads_for_pattern(node, sh("prefixes"), None):
        owner = cast("pyoxigraph.NamedNode", prefixes.object)
        for declared in store.quads_for_pattern(owner, sh("declare"), None):
            entry = cast("pyoxigraph.BlankNode", declared.object)
            prefix, namespace = (
                next((q.object.value for q in store.quads_for_pattern(entry, sh(name), None)), "")  # type: ignore[union-attr]
                for name in ("prefix", "namespace")
            )
            lines.append(f"PREFIX {prefix}: <{namespace}>\n")
    return "".join(sorted(lines))


@cache
def _countries() -> list[str]:
    """Code and name of each country, in any of its spellings: "US united states"."""
    return sorted(f"{code} {name}" for name, code in resources.vocabulary().words("country").items())


def _string(text: str) -> str:
    return str(pyoxigraph.Literal(text))


def _value(store: pyoxigraph.Store, subject: str, predicate: str) -> str:
    """The value of a property, "" if there is none."""
    if not subject:
        return ""
    node = pyoxigraph.NamedNode(subject)
    quads = store.quads_for_pattern(node, pyoxigraph.NamedNode(predicate), None)
    return next((quad.object.value for quad in quads), "")  # type: ignore[union-attr]


def _rdf(name: str) -> pyoxigraph.NamedNode:
    return pyoxigraph.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#" + name)
