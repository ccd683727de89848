"""Facts: what a property of a thing is, in words, with the links that it leads to."""

import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from trialgraph.iris import MESH, TG, TGV
from trialgraph.serve.labels import capital, day_in_words, property_label, token, words
from trialgraph.serve.record.gather import Day, Flag, Node, Number, Ref
from trialgraph.serve.record.prose import web

_DIGITS = re.compile(r"(\d+)")
_NCT = re.compile(r"/trial/([^/]+|[^/]+/[^/]+)")

#: Properties by their short names.
Names = Iterable[str]


class Value(Struct, frozen=True):
    """One value in words: its text, where it leads (the IRI of a thing, or an address), and the day that it is."""

    text: str
    iri: str = ""
    href: str = ""
    day: str = ""
    note: str = ""


class Fact(Struct, frozen=True):
    """A property with its values; without values it is one that could have been stated."""

    label: str
    values: tuple[Value, ...]
    property: str = ""
    gap: str = ""  # why there is no value
    prose: bool = False  # whether the values are texts of some length


def natural(text: str) -> list[Any]:
    """What sorts "Week 12" after "Week 4", and "Group2" after "Group 1"."""
    parts = [part.strip() for part in _DIGITS.split(text.casefold())]
    return [(0, int(part), "") if part.isdecimal() and len(part) < 18 else (1, 0, part) for part in parts if part]


def number_in_words(stated: str) -> str:
    """A whole number with commas; any other as it stands."""
    return f"{int(stated):,}" if re.fullmatch(r"-?\d{5,18}", stated) else stated


def label_of(node: Node | None, iri: str) -> str:
    """What a thing is called: a value of an enumeration, a shared thing, a trial; else the end of its IRI."""
    if known := words().get(iri):
        return capital(known)
    if node is not None:
        for name in ("prefLabel", "label", "briefTitle", "name", "notation", "meshId"):
            if names := node.facts.get(name):
                return min(names)
    return token(iri) or iri.rstrip("/#").rpartition("#" if "#" in iri else "/")[2]


def value_of(term: str, node: Node, note: str = "") -> Value:
    """A term in words."""
    if isinstance(term, Ref):
        thing = node.others.get(term)
        label = label_of(thing, term)
        if term.startswith((TGV, TG)):
            return Value(label, note=note)
        if match := _NCT.search(term):
            known = f"{match[1]} {label}" if label != match[1].rpartition("/")[2] else match[1]
            return Value(known, iri=term, note=note)
        return Value(label, iri=term, note=note or ("MeSH" if term.startswith(MESH) else ""))
    if isinstance(term, Day):
        return Value(day_in_words(term), day=term.removesuffix("Z"), note=note)
    if isinstance(term, Flag):
        return Value("Yes" if term == "true" else "No", note=note)
    if isinstance(term, Number):
        return Value(number_in_words(term), note=note)
    return Value(term, href=web(term), note=note)


def values(node: Node, name: str) -> tuple[Value, ...]:
    """The values of a property in words, sorted."""
    found = node.facts.get(name, ())
    if len(found) < 2:  # nearly always, and there are very many
        node.asked.add(name)
        return tuple(value_of(term, node) for term in found)
    return tuple(sorted((value_of(term, node) for term in node.all(name)), key=lambda value: natural(value.text)))


def text(node: Node, name: str) -> str:
    """The values of a property in words, as one text; "" if there are none."""
    found = node.facts.get(name, ())
    if len(found) == 1 and found[0].__class__ is str:
        node.asked.add(name)
        return found[0]
    return ", ".join(value.text for value in values(node, name))


def fact(node: Node, name: str, label: str = "", gap: str = "", prose: bool = False) -> Fact:
    """One property as a fact."""
    return Fact(label or property_label(name), values(node, name), name, gap, prose)


def facts(node: Node, names: Names, gaps: "Gaps | None" = None, expected: Names = ()) -> tuple[Fact, ...]:
    """The properties of a thing that have values, and those without that a record was expected to state.

    A name may bring a label of its own: "isPpsd: Paediatric postmarket surveillance".
    """
    found = []
    expected = set(expected)
    for given in names:
        name, _, label = given.partition(": ")
        each = fact(node, name, label)
        if not each.values and name in expected and gaps is not None:
            each = fact(node, name, label, gaps.why(name))
        if each.values or each.gap:
            found.append(each)
    return tuple(found)


class Gaps(Struct, frozen=True):
    """Why a trial has no value of a property: no record states it, or the captured pages do not show it."""

    hidden: frozenset[str]

    def why(self, name: str) -> str:
        """In words."""
        return "not shown on the captured page" if name in self.hidden else "not stated"
