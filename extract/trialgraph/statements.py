"""What extractors are made of: terms in their N-Triples spelling, and the draft of one trial's statements.

A statement is three spelled terms. Every function that spells a term gives None for a value that it cannot parse;
such a value stays in the graph as text and in the report as a finding, never as null.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

from msgspec.json import encode

from trialgraph import iris
from trialgraph.iris import LABEL, SKOS, TYPE, XSD
from trialgraph.record import Kind
from trialgraph.study import NCT_ID
from trialgraph.vocabulary import Vocabulary

#: Subject, predicate and object.
Statement: TypeAlias = tuple[str, str, str]
#: A function that spells a value, or None if it cannot.
Spell: TypeAlias = Callable[[Any], str | None]
#: An attribute of a struct, its predicate, and how to spell its value: a function, or the scheme of an enumeration.
Field: TypeAlias = tuple[str, str, Spell | str]

Contacts = Literal["full", "names", "none"]

# https://spec.commonmark.org/0.28/#backslash-escapes, which the registry's API uses in its texts
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
# XML Schema knows the digits of ASCII only.
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{0,18}\.\d{1,18}", re.ASCII)
_DOUBLE = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?[eE][+-]?\d{1,3}", re.ASCII)
_BOUND = re.compile(r"[<>≤≥]=?\s*[\d.]+([eE][+-]?\d+)?")
_AGE = re.compile(r"(\d{1,6}) (Year|Month|Week|Day|Hour|Minute)s?", re.ASCII)
_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d", re.ASCII)

#: Units of an age in one year of 365.25 days.
_A_YEAR = {"Year": 1, "Month": 12, "Week": 365.25 / 7, "Day": 365.25, "Hour": 8766, "Minute": 525_960}


def plain(text: str) -> str:
    r"""A text of the registry without its markdown escapes: "\\> 18" is "> 18"."""
    return "".join(_ESCAPED.split(text)) if "\\" in text else text


def verbatim(text: str) -> str:
    """A string literal, letter for letter. JSON's escapes are N-Triples' escapes."""
    return encode(text).decode()


def text(value: str) -> str:
    """A string literal of a text of the registry, its markdown escapes undone."""
    return encode(plain(value) if "\\" in value else value).decode()


def typed(lexical: str, datatype: str) -> str:
    """A literal of an XML Schema datatype: typed("66", "integer")."""
    return f'"{lexical}"^^<{XSD}{datatype}>'


def nct(value: str) -> str | None:
    """The NCT id of a trial."""
    return verbatim(value) if NCT_ID.fullmatch(value) else None


@lru_cache(50_000)
def date(value: str) -> str | None:
    """A date as stated: an xsd:date, xsd:gYearMonth or xsd:gYear."""
    last = last_day(value)
    return last and typed(value, {10: "date", 7: "gYearMonth", 4: "gYear"}[len(value)])


@lru_cache(50_000)
def last_day(value: str) -> str | None:
    """The last day that a stated date can mean, as an xsd:date: of "2025-02" it is 2025-02-28."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", value):
        return None
    year, month, day = (*(int(part) for part in value.split("-")), 0, 0)[:3]
    if year == 0 or month > 12 or (len(value) > 4 and month == 0):
        return None
    month = month or 12
    days = monthrange(year, month)[1]
    if day > days or (len(value) > 7 and day == 0):
        return None
    return typed(f"{year:04}-{month:02}-{day or days:02}", "date")


def minute(value: str) -> str | None:
    """An xsd:dateTime of a time stated to the minute; XML Schema wants the seconds, which are written as 00."""
    return typed(f"{value}:00", "dateTime") if _MINUTE.fullmatch(value) and date(value[:10]) else None


def flag(value: bool | str) -> str | None:
    """An xsd:boolean."""
    return typed("true" if value else "false", "boolean") if isinstance(value, bool) else None


@lru_cache(50_000, typed=True)
def count(value: float | str) -> str | None:
    """An xsd:integer that is not negative: 66, "66" and 66.0, but not "66 participants"."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    return typed(str(value), "integer") if type(value) is int and value >= 0 else None


@lru_cache(50_000)
def number(value: str) -> str | None:
    """A number of the results section, which arrives as a string: xsd:integer, xsd:decimal or xsd:double.

    "NA" and a bound such as "<0.001" are what the registry allows instead of a number; they are strings.
    """
    stated = value.strip()
    if stated == "NA" or _BOUND.fullmatch(stated):
        return verbatim(stated)
    stated = stated.removeprefix("=").strip()  # "=0.03" is how some p-values are stated
    if _INTEGER.fullmatch(stated):
        return typed(str(int(stated)), "integer")
    if _DECIMAL.fullmatch(stated):
        sign = "-" if stated[0] == "-" else ""
        whole, _, fraction = stated.lstrip("+-").partition(".")
        return typed(f"{sign}{int(whole or '0')}.{fraction}", "decimal")
    return typed(stated, "double") if _DOUBLE.fullmatch(stated) else None


def decimal(value: float) -> str:
    """An xsd:decimal, which has no exponent, with at most six digits after the point."""
    whole, _, fraction = f"{value:.6f}".partition(".")
    return typed(f"{whole}.{fraction.rstrip('0') or '0'}", "decimal")


@lru_cache(2_000)
def years(age: str) -> str | None:
    """An age such as "6 Months" in years, as an xsd:decimal rounded to six digits after the point."""
    match = _AGE.fullmatch(age)
    return decimal(int(match[1]) / _A_YEAR[match[2]]) if match else None


class Oddity(NamedTuple):
    """A value that an extractor could not make a proper term of; `field` is the attribute that holds it."""

    kind: Kind
    field: str
    value: str
    message: str


def split(statement: str) -> Statement:
    """The three spellings of a statement that is one string, as what trials share is."""
    subject, predicate, term = statement.split(" ", 2)
    return subject, predicate, term


class Values:
    """The IRIs of the vocabulary's values by scheme and token, and of the properties by the model's paths."""

    def __init__(self, vocabulary: Vocabulary, properties: Mapping[str, str]) -> None:
        self.vocabulary = vocabulary
        self.properties = properties
        self.known = {s: {t: iris.value(s, t) for t in vocabulary.tokens(s)} for s in vocabulary.schemes}


class Draft:
    """The statements about one trial, as its extractors make them.

    `rows` are about the trial and its own parts, none of them twice; `shared` are about what other trials share with it
    (organisations, facilities, places, conditions, MeSH descriptors), each as one string "subject predicate object".
    `classes` has the class of the trial and of each part.
    """

    def __init__(
        self,
        nct_id: str,
        values: Values,
        base: str = iris.BASE,
        contacts: Contacts = "full",
        retrieved: str | None = None,
    ) -> None:
        self.base = base
        self.contacts = contacts
        self.retrieved = retrieved
        self.values = values
        self.trial = f"<{base}trial/{nct_id}>"
        self.rows: list[Statement] = []
        self.shared: set[str] = set()
        self.oddities: list[Oddity] = []
        self.classes: dict[str, str] = {}
        self._stem = f"<{base}trial/{nct_id}/"
        self._key = iris.key if base == iris.BASE else self._key_of_any_base
        self._repeats: dict[str, int] = {}
        self._linked: set[tuple[str, str]] = set()

    def node(self, kind: str, class_: str, *identity: str) -> str:
        """The IRI of a new part of the trial, typed; a repeat of the same identity gets -2, -3."""
        return self.named(f"{self._stem}{kind}/{self._key(*identity)}", class_)

    def named(self, stem: str, class_: str) -> str:
        """Like `node`, from an IRI that is spelled but for its closing bracket."""
        node = f"{stem}>"
        if node in self.classes:
            node = self._repeat(stem)
        self.rows.append((node, TYPE, class_))
        self.classes[node] = class_
        return node

    def _repeat(self, stem: str) -> str:
        repeats = self._repeats.get(stem, 1) + 1
        while f"{stem}-{repeats}>" in self.classes:  # another part may be named like a repeat
            repeats += 1
        self._repeats[stem] = repeats
        return f"{stem}-{repeats}>"

    def part(self, parent: str, link: str, kind: str, class_: str, *identity: str) -> str:
        """A new part of the trial that its parent links to."""
        node = self.named(f"{self._stem}{kind}/{self._key(*identity)}", class_)
        self.rows.append((parent, link, node))
        return node

    def _key_of_any_base(self, *identity: str) -> str:
        """What identifies a part may be the IRI of another; the key is the same under every base."""
        return iris.key(*(each.replace(f"<{self.base}", f"<{iris.BASE}") for each in identity))

    def link(self, predicate: str, term: str) -> None:
        """State something about the trial, once however often the record says it."""
        if (predicate, term) not in self._linked:
            self._linked.add((predicate, term))
            self.rows.append((self.trial, predicate, term))

    def describe(self, subject: str, struct: object, fields: Sequence[Field]) -> None:
        """State the fields of a struct that are present."""
        add, known = self.rows.append, self.values.known
        for attribute, predicate, spell in fields:
            value = getattr(struct, attribute)
            if value is None:
                continue
            term = known[spell].get(value) if spell.__class__ is str else spell(value)  # type: ignore[operator]
            add((subject, predicate, term or self._odd(attribute, value, spell)))

    def each(self, subject: str, predicate: str, values: Iterable[str], spell: Spell | str, attribute: str) -> None:
        """State each value of a list, a repeated one once."""
        spelled = self.values.known[spell].get if isinstance(spell, str) else spell
        terms = [spelled(value) or self._odd(attribute, value, spell) for value in values]
        self.rows += [(subject, predicate, term) for term in dict.fromkeys(terms)]

    def value(self, scheme: str, token: str, attribute: str) -> str:
        """The IRI of an enumeration's value; one that the vocabulary does not know is described and reported."""
        return self.values.known[scheme].get(token) or self._odd(attribute, token, scheme)

    def mention(self, link: str, nct_id: str, attribute: str) -> None:
        """Link to another trial by its NCT id; anything else stays as text."""
        if NCT_ID.fullmatch(nct_id):
            self.rows.append((self.trial, link, f"<{self.base}trial/{nct_id}>"))
        else:
            self.rows.append((self.trial, link, self._odd(attribute, nct_id, nct)))

    def share(self, subject: str, predicate: str, term: str) -> None:
        """State something about a thing that other trials share."""
        self.shared.add(f"{subject} {predicate} {term}")

    def note(self, kind: Kind, attribute: str, value: object, message: str) -> None:
        """Report a value."""
        self.oddities.append(Oddity(kind, attribute, str(value), message))

    def _odd(self, attribute: str, value: Any, spell: Spell | str) -> str:
        if isinstance(spell, str):
            self.note("unknown-value", attribute, value, f"not a value of {spell} that the vocabulary knows")
            term = iris.value(spell, value)
            self.share(term, TYPE, f"<{SKOS}Concept>")
            self.share(term, f"<{SKOS}inScheme>", f"<{iris.TGV}{spell}>")
            self.share(term, f"<{SKOS}notation>", verbatim(value))
            self.share(term, f"<{SKOS}prefLabel>", verbatim(value))
            return term
        name = getattr(spell, "__name__", "value")
        self.note("text", attribute, value, f"not a {name}; kept as text")
        return verbatim(value if isinstance(value, str) else encode(value).decode())


def label(draft: Draft, node: str, class_: str, name: str) -> None:
    """Name and type a thing that other trials share."""
    draft.share(node, TYPE, class_)
    draft.share(node, LABEL, text(name))
