"""Two things in one text: "asthma Paris" is a condition and a place, of which no one name has both."""

from collections.abc import Iterator
from itertools import product

from msgspec import Struct

from trialgraph.serve.catalogue import Catalogue, Thing, called
from trialgraph.serve.finding import link

#: Words between the names, which are part of neither.
_BETWEEN = {"in", "at", "near", "of", "for", "by", "with", "and", "from"}
_KM = 50  # around a city, whose suburbs and hospitals have names of their own
_MOST, _LONGEST = 3, 12


class Pair(Struct, frozen=True):
    """Two things of different kinds, the trials of both, and where Find lists these."""

    label: str
    trials: int
    address: str


def pairs(catalogue: Catalogue, text: str) -> list[Pair]:
    """The pairs of things that a text names one after the other, those of most trials first."""
    words = text.split()
    if len(words) > _LONGEST:
        return []
    found = {pair.address: pair for at in range(1, len(words)) for pair in _split(catalogue, words[:at], words[at:])}
    best: dict[str, Pair] = {}
    for pair in sorted(found.values(), key=lambda pair: -pair.trials):
        best.setdefault(pair.label, pair)
    return list(best.values())[:_MOST]


def _split(catalogue: Catalogue, before: list[str], after: list[str]) -> Iterator[Pair]:
    while before and before[-1].lower() in _BETWEEN:
        before = before[:-1]
    while after and after[0].lower() in _BETWEEN:
        after = after[1:]
    # Of the things of one name the first has most trials.
    one, other = (_first_of_each_kind(catalogue, " ".join(words).rstrip(",; ")) for words in (before, after))
    for first, second in product(one, other):
        if first.kind == second.kind:
            continue
        what, where = (second, first) if first.kind == "city" else (first, second)
        if where.kind == "city" and where.lat is not None:
            chosen = catalogue.select({what.kind: [what.iri], "near": [f"{where.lat},{where.long},{_KM}km"]})
            name, _, _ = where.note.partition(",")
            label = f"{what.label} within {_KM} km of {where.label}{f', {name}' if name else ''}"
            address = link(what.kind, what.iri, place=f"{where.lat},{where.long}", within=str(_KM))
        else:
            chosen = catalogue.select({what.kind: [what.iri], where.kind: [where.iri]})
            label, address = f"{what.label} and {where.label}", link(what.kind, what.iri, **{where.kind: where.iri})
        yield Pair(label, len(chosen), address)


def _first_of_each_kind(catalogue: Catalogue, name: str) -> list[Thing]:
    found: dict[str, Thing] = {}
    for thing in called(catalogue, name) if name else ():
        found.setdefault(thing.kind, thing)
    return list(found.values())
