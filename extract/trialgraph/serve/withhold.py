"""A store without contact details: what `build --contacts names` and `none` leave out, taken out of one built in full.

The statements are removed, so that no query and no page can find them. What was made of a removed detail goes too: the
name in the IRI of an organisation, a facility or a place is made anew from its cleaned label, as `build` does. Keys of
parts of a trial are digests, and stay as they are; `build` makes them of cleaned texts.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, Store

from trialgraph import iris, resources
from trialgraph.iris import SKOS, TGV, TRIAL, XSD
from trialgraph.privacy import IDENTIFIERS, Details
from trialgraph.serve.nodes import LABEL, TYPE, tg
from trialgraph.statements import Contacts

_NOTATION = NamedNode(f"{SKOS}notation")
_CONTACT, _NAME = tg("Contact"), tg("name")
_PROPERTY, _NOT_STATED = tg("property"), tg("notStated")
_PHONE, _EXTENSION, _EMAIL = (tg(name) for name in ("phone", "phoneExtension", "email"))
_EXISTS = {_PHONE: tg("hasPhone"), _EMAIL: tg("hasEmail")}
_LINKS = [tg(name) for name in ("centralContact", "facilityContact", "siteContact", "pointOfContact")]
#: Things that are told apart by their names.
_NAMED = ("condition", "facility", "organization", "place")
_TRUE = Literal("true", datatype=NamedNode(f"{XSD}boolean"))
_ROLE = f"{TGV}contactRole-"
#: Where a contact detail can stand at all: all that the patterns of privacy.py find has an @ or a run of digits.
_SUSPECT = r"[@＠﹫]|&#64;|mailto:|[\[({]\s?at\s?[\])}]|[\d(][\s().\-‐-–/\\\d]{4,}\d"
_SUSPECTS = """SELECT ?s ?p ?o ?g WHERE {
  { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } }
  FILTER (isLiteral(?o) && DATATYPE(?o) IN (xsd:string, rdf:langString) && REGEX(STR(?o), "SUSPECT", "i")
    || isIRI(?o) && REGEX(STR(?o), "@|^(mailto|tel):", "i") || REGEX(STR(?s), "^(mailto|tel):", "i"))
}""".replace("SUSPECT", _SUSPECT.replace("\\", "\\\\"))
_REACHABLE = re.compile("(?:mailto|tel):", re.IGNORECASE)


def withhold(store: Store, contacts: Contacts, base: str) -> None:
    """Remove from a store what `contacts` does not show: with "names" phone numbers and e-mail addresses wherever they
    stand, with "none" the contacts too."""
    if contacts == "full":
        return
    details = _details(store)
    names = _people(store, contacts)
    _disagreements(store, contacts, names)
    _rename(store, _texts(store, details), base)
    store.optimize()  # which drops what was removed from the files too
    store.flush()


def _trial(node: object) -> str:
    """The trial that a thing is a part of; "" for what trials share."""
    match = TRIAL.search(str(node))
    return match[1] if match else ""


def _details(store: Store) -> dict[str, Details]:
    """The phone numbers and e-mail addresses of each trial's contacts, and as those of "" all."""
    found: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for index, predicate in enumerate((_PHONE, _EMAIL)):
        for quad in store.quads_for_pattern(None, predicate, None):
            for trial in ("", _trial(quad.subject)):
                found[trial][index].add(_text(quad.object))
    return {"": Details((), ())} | {trial: Details(*each) for trial, each in found.items()}


def _people(store: Store, contacts: Contacts) -> set[tuple[str, str]]:
    """Make contacts unreachable, or remove them; gives the trials and names of those removed."""
    if contacts == "names":
        for predicate in (_PHONE, _EXTENSION, _EMAIL):
            for quad in list(store.quads_for_pattern(None, predicate, None)):
                store.remove(quad)
                if predicate in _EXISTS:
                    store.add(Quad(quad.subject, _EXISTS[predicate], _TRUE, quad.graph_name))
        return set()
    names = set()
    for person in {quad.subject for quad in store.quads_for_pattern(None, TYPE, _CONTACT)}:
        for quad in [*store.quads_for_pattern(person, None, None), *store.quads_for_pattern(None, None, person)]:
            store.remove(quad)
            if quad.predicate == _NAME:
                names.add((_trial(person), _text(quad.object)))
    for quad in list(store.quads_for_pattern(None, _NOT_STATED, _LINKS[0])):
        store.remove(quad)
    return names


def _disagreements(store: Store, contacts: Contacts, names: set[tuple[str, str]]) -> None:
    """Remove where records disagree about what is not shown."""
    hidden = [_PHONE, _EXTENSION, _EMAIL, *(_LINKS if contacts == "none" else ())]
    for quad in list(store.quads_for_pattern(None, _PROPERTY, None)):
        about = list(store.quads_for_pattern(quad.subject, None, None))
        of_contact = contacts == "none" and any(
            str(each.object).startswith(f"<{_ROLE}") or (_trial(quad.subject), _text(each.object)) in names
            for each in about
        )
        if quad.object in hidden or of_contact:
            for each in about:
                store.remove(each)


def _texts(store: Store, details: dict[str, Details]) -> dict[str, str]:
    """Clean every text; gives the new last segment of each IRI that was made of one, by the IRI."""
    no_phones = set(_identifiers())
    renamed = {}
    suspects = store.query(_SUSPECTS, prefixes=iris.PREFIXES)
    assert isinstance(suspects, QuerySolutions)
    for subject, predicate, term, graph in list(suspects):
        quad = Quad(subject, predicate, term, graph or DefaultGraph())
        if _REACHABLE.match(subject.value):
            store.remove(quad)
            continue
        phones = predicate.value not in no_phones
        text = details.get(_trial(subject), details[""]).redacted(term.value, phones)
        if text == term.value:
            continue
        store.remove(quad)
        language = term.language if isinstance(term, Literal) else None
        store.add(Quad(subject, predicate, Literal(text, language=language), quad.graph_name))
        if predicate in (LABEL, _NOTATION) and not _trial(subject):
            renamed[subject.value] = text
    return renamed


def _identifiers() -> Iterator[str]:
    """The properties that carry identifiers, numbers and dates only."""
    leaves = defaultdict(set)
    for leaf, predicate in resources.mapping().items():
        leaves[predicate].add(leaf.rpartition(".")[2].removesuffix("[]"))
    return (predicate for predicate, names in leaves.items() if names <= IDENTIFIERS)


def _rename(store: Store, labels: dict[str, str], base: str) -> None:
    """Give things whose label was cleaned, and things in such places, the IRIs that they have by the new label."""
    things = {NamedNode(iri) for iri in labels}
    if any(iri.startswith(f"{base}place/") for iri in labels):
        for class_ in ("Place", "Facility"):
            placed = (quad.subject for quad in store.quads_for_pattern(None, TYPE, tg(class_)))
            things |= {each for each in placed if isinstance(each, NamedNode)}
    for old in things:
        new = NamedNode(_renamed(old.value, labels, base))
        if new == old:
            continue
        for quad in list(store.quads_for_pattern(old, None, None)):
            store.remove(quad)
            store.add(Quad(new, quad.predicate, quad.object, quad.graph_name))
        for quad in list(store.quads_for_pattern(None, None, old)):
            store.remove(quad)
            store.add(Quad(quad.subject, quad.predicate, new, quad.graph_name))


def _renamed(iri: str, labels: dict[str, str], base: str) -> str:
    if iri.startswith(TGV):  # a token that the vocabulary does not know
        return iris.value(iri[len(TGV) :].partition("-")[0], labels[iri])[1:-1]
    kind, *segments = iri.removeprefix(base).split("/")
    if not iri.startswith(base) or kind not in _NAMED:
        return iri
    # A facility's IRI goes on where that of its place ends.
    for index in range(len(segments)):
        parent = "place" if index < len(segments) - 1 else kind
        whole = f"{base}{parent}/{'/'.join(iri.removeprefix(base).split('/')[1 : index + 2])}"
        if whole in labels:
            segments[index] = iris.slug(labels[whole])
    return f"{base}{kind}/{'/'.join(segments)}"


def _text(term: object) -> str:
    return term.value if isinstance(term, Literal) else ""
