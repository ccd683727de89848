"""What the things of a catalogue are called, and the names to find them by."""

from functools import lru_cache

from pyoxigraph import NamedNode

from trialgraph.iris import MESH
from trialgraph.serve.catalogue.draft import Draft
from trialgraph.serve.catalogue.model import KINDS
from trialgraph.serve.catalogue.schema import folded

_KINDS = ", ".join(f"'{kind}'" for kind in KINDS)
#: Things and those of MeSH first, so that another of the same name is known as its twin.
_THINGS = f"SELECT id, kind, key FROM source WHERE kind IN ({_KINDS}) ORDER BY key NOT GLOB '{MESH}*', id"
#: The name of an intervention that most trials use.
_KNOWN_AS = """SELECT text FROM called JOIN source ON source.id = called.source WHERE thing = ? AND own
               ORDER BY trials DESC, text LIMIT 1"""
_CENTRE = "SELECT round(avg(lat), 5), round(avg(long), 5) FROM located WHERE source = ?"
#: Names of what more trials have come first, so that a search meets them first.
_NAMES = """SELECT called.source, thing, text FROM called JOIN source ON source.id = thing
            ORDER BY trials DESC, thing, text"""
_CONDITIONS = """SELECT thing FROM called JOIN source ON source.id = thing
                 WHERE text = ? AND kind = 'condition' AND called.source = thing"""


def name_things(draft: Draft) -> None:
    """Describe every source that is a thing, and write the names of all."""
    draft.do("CREATE INDEX temp.located_source ON located (source)")
    descriptors: set[tuple[str, str]] = set()
    for number, kind, iri in draft.do(_THINGS):
        labels = draft.reader.labels(NamedNode(iri))
        for text in labels:
            draft.call(number, text, number)
        label = labels[0] if labels else _first(draft, _KNOWN_AS, number) or iri.rpartition("/")[2]
        name = (kind, folded(label))
        twin = name in descriptors
        if iri.startswith(MESH):
            descriptors.add(name)
        centre = draft.do(_CENTRE, number).fetchone()
        values = (number, kind, label, _note(draft, number, kind, iri), *centre, *_stated(draft, kind, iri), twin)
        draft.do("INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *values)
    _found_as(draft)
    for number, (source, thing, text) in enumerate(draft.do(_NAMES), 1):
        draft.do("INSERT INTO name VALUES (?, ?, ?, ?, ?)", number, source, thing, text.lower(), text)
        draft.do("INSERT INTO named (rowid, text) VALUES (?, ?)", number, text)
        draft.do("INSERT INTO spelled (rowid, text) VALUES (?, ?)", number, text.lower())


def _first(draft: Draft, query: str, *values: object) -> str:
    found = draft.do(query, *values).fetchone()
    return str(found[0]) if found else ""


def _stated(draft: Draft, kind: str, iri: str) -> tuple[int | None, int]:
    """The source of the trials that state a thing themselves, and not only something below it; and their number."""
    stated = f"{kind}-stated" if iri.startswith(MESH) else kind
    found = draft.do("SELECT id, trials FROM source WHERE kind = ? AND key = ?", stated, iri).fetchone()
    return found or (None, 0)


def _note(draft: Draft, number: int, kind: str, iri: str) -> str:
    """What tells a thing from others of its name; of an intervention and an organisation it is a token."""
    if iri.startswith(MESH):
        return "MeSH"
    if kind == "intervention":
        return _first(draft, "SELECT token FROM typed WHERE source = ?", number)
    if kind == "organization":
        return next(iter(draft.reader.tokens(NamedNode(iri), "organizationClass")), "")
    around = draft.reader.located(iri) if kind == "facility" else draft.reader.places(iri)[1:]
    return ", ".join(filter(None, (draft.label(place.iri) for place in around)))


def _found_as(draft: Draft) -> None:
    """Words in which the registry found a condition are names of it too, as in find.py."""
    draft.do("CREATE INDEX temp.called_text ON called (text)")
    conditions = lru_cache(10_000)(lambda term: draft.do(_CONDITIONS, term).fetchall())
    for term, text in draft.reader.leaves():
        for (thing,) in conditions(term):
            draft.call(thing, text, thing, own=False)
