"""The statements about one trial as plain values: its parts, its records, and what is known of the things it links to.

`gather` runs in a worker, because it needs the store; all else of this package is pure.
"""

import re
from collections.abc import Iterator, Set
from typing import Any

import pyoxigraph
from msgspec import Struct, field
from pyoxigraph import Literal, NamedNode, Quad

from trialgraph.iris import DCTERMS, GEO, RDF, RDFS, SKOS, TG, XSD
from trialgraph.serve.labels import words

_DEFAULT = pyoxigraph.DefaultGraph()
_ABOUT, _TYPE, _MEASURE = NamedNode(f"{TG}about"), NamedNode(f"{RDF}type"), NamedNode(f"{TG}OutcomeMeasure")
_NAMESPACES = (TG, RDF, RDFS, GEO, SKOS)
#: Characters that no page may carry; a tab and a line break are fine.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
#: What leads to figures of results, and what they are made of.
_FIGURES = frozenset(
    ["baseline", "category", "count", "denom", "flowCount", "group", "measureClass", "measurement", "outcomeMeasure"]
)
#: What leads from an outcome measure to most of its figures.
_LATE = ("measureClass", "analysis")
#: How many figures of outcome measures a page shows at once.
MOST = 800
#: How a shared thing is described further: a facility by its place, a place by the larger one.
_UPWARDS = ("locatedIn", "within")


class Ref(str):
    """The IRI of a thing."""


class Day(str):
    """A date as stated, or a time."""


class Number(str):
    """A number as stated."""


class Flag(str):
    """ "true" or "false"."""


_KINDS: dict[str, type[str]] = {
    **{f"{XSD}{name}": Number for name in ("integer", "decimal", "double")},
    **{f"{XSD}{name}": Day for name in ("date", "gYearMonth", "gYear", "dateTime")},
    f"{XSD}boolean": Flag,
}


class Node(Struct, eq=False):
    """A thing with what is stated of it, by the short names of the properties; and which of those were asked for."""

    iri: str
    facts: dict[str, list[str]]
    others: dict[str, "Node"]  # every thing that was gathered, by IRI
    asked: set[str] = field(default_factory=set)

    def all(self, name: str) -> list[str]:
        """The values of a property, sorted."""
        self.asked.add(name)
        return sorted(self.facts.get(name, ()))

    def one(self, name: str) -> str:
        """The value of a property; "" if there is none. Where there are several, the rest stays to be asked for."""
        values = self.facts.get(name, ())
        if len(values) > 1:
            return min(values)
        self.asked.add(name)
        return values[0] if values else ""

    def nodes(self, name: str) -> list["Node"]:
        """The things that a property leads to, by IRI."""
        values = self.facts.get(name, ())
        found = [self.others[value] for value in sorted(values) if isinstance(value, Ref) and value in self.others]
        if len(found) == len(values):
            self.asked.add(name)
        return found

    def node(self, name: str) -> "Node | None":
        """The thing that a property leads to."""
        return next(iter(self.nodes(name)), None)


class Gathered(Struct, eq=False):
    """A trial with all that belongs to it."""

    trial: Node
    nodes: dict[str, Node]
    lines: list[str]  # what rules can ask for, in N-Triples
    folded: frozenset[str] = frozenset()  # the outcome measures whose figures were left out

    def own(self) -> Iterator[Node]:
        """The trial, its parts, its records and their disagreements."""
        trial = self.trial.iri
        for node in self.nodes.values():
            if node.iri == trial or node.iri.startswith(f"{trial}/") or trial in node.facts.get("about", ()):
                yield node


def name_of(predicate: str) -> str:
    """The short name of a property: "phase", "label", "dcterms:source"; of another vocabulary, its IRI."""
    if predicate.startswith(DCTERMS):
        return f"dcterms:{predicate[len(DCTERMS) :]}"
    namespace = next((each for each in _NAMESPACES if predicate.startswith(each)), "")
    return predicate[len(namespace) :]


def clean(text: str) -> str:
    """A text without control characters, each replaced."""
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub("\ufffd", text)


def gather(store: pyoxigraph.Store, iri: str, terms: Set[str], most: int = MOST) -> Gathered | None:
    """Everything about a trial; None if the graph says nothing of it.

    `terms` are the IRIs of the properties that rules ask for; none asks for the figures of results. When there are
    `most` figures of outcome measures, those of further measures are left out.
    """
    try:
        start = NamedNode(iri)
    except ValueError:  # no IRI, so nothing that a graph can have
        return None
    walk = _Walk(store, iri, terms)
    about = [quad.subject for quad in store.quads_for_pattern(None, _ABOUT, start, _DEFAULT)]
    walk.through([(start, True), *((node, True) for node in about)])
    trial = walk.nodes[iri]
    if not trial.facts:
        return None
    folded, most = set(), most + len(walk.nodes)
    # Primary ones first, and those that lead to much last.
    for measure in sorted(walk.late, key=lambda each: (_rank(walk.nodes[each]), len(walk.late[each]), each)):
        if len(walk.nodes) < most:
            walk.through([(term, True) for term in walk.late[measure]])
        else:
            folded.add(measure)
    own = f"<{iri}> "
    walk.lines.sort(key=lambda line: not line.startswith(own))  # scores want the trial before its records
    return Gathered(trial, walk.nodes, walk.lines, frozenset(folded))


def _rank(measure: Node) -> str:
    """Primary measures come first, also in the alphabet."""
    return min(measure.facts.get("outcomeMeasureType", [""])).replace("-PRIMARY", "-!")


class _Walk:
    """A way through the store from thing to thing, and what was found on it."""

    def __init__(self, store: pyoxigraph.Store, iri: str, terms: Set[str]) -> None:
        self._store, self._terms = store, terms
        self._stem = f"{iri}/"
        self._seen: set[Any] = set()
        self._known: dict[str, tuple[str, bool]] = {}
        self.nodes: dict[str, Node] = {}
        self.lines: list[str] = []
        self.late: dict[str, list[NamedNode]] = {}  # what leads to the figures of outcome measures

    def through(self, waiting: list[tuple[Any, bool]]) -> None:
        """Gather some things, and all that they lead to; each comes with whether it is a part of the trial."""
        seen, known, lines = self._seen, self._known, self.lines  # a large trial has tens of thousands of statements
        seen.update(node for node, _ in waiting)
        while waiting:
            subject, own = waiting.pop()
            spelled = str(subject)
            key = spelled.strip("<>")
            node = self.nodes[key] = Node(key, {}, self.nodes)
            for _, predicate, term, _ in self._store.quads_for_pattern(subject, None, None, _DEFAULT):
                property_ = predicate.value
                name, asked = known.get(property_) or self._learn(property_)
                if term.__class__ is Literal:
                    value: str = _KINDS.get(term.datatype.value, str)(clean(term.value))
                else:
                    value = Ref(str(term).strip("<>"))
                    if term not in seen and _follow(value, name, own, self._stem):
                        if name in _LATE and self._is_measure(subject):
                            self.late.setdefault(key, []).append(term)
                        else:
                            seen.add(term)
                            waiting.append((term, value.startswith(self._stem)))
                node.facts.setdefault(name, []).append(value)
                if asked:
                    lines.append(f"{spelled} <{property_}> {term} .\n")

    def _learn(self, predicate: str) -> tuple[str, bool]:
        """The short name of a property, and whether rules ask for it."""
        name = name_of(predicate)
        return self._known.setdefault(predicate, (name, predicate in self._terms and name not in _FIGURES))

    def _is_measure(self, subject: NamedNode) -> bool:
        return Quad(subject, _TYPE, _MEASURE, _DEFAULT) in self._store


def _follow(iri: str, name: str, own: bool, stem: str) -> bool:
    """Whether a thing that is linked to is to be described: a part, or what others share; of those only upwards."""
    if name in ("type", "about", "property", "notStated") or iri in words():
        return False
    return own or iri.startswith(stem) or name in _UPWARDS
