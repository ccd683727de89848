"""The trials that some filters leave, to list, to sort and to count."""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from heapq import heappush, heappushpop
from itertools import islice
from typing import TYPE_CHECKING

from trialgraph.errors import UsageError
from trialgraph.serve.catalogue import filters, schema
from trialgraph.serve.catalogue.model import KINDS, Count, TrialRow
from trialgraph.serve.labels import SCHEMES, label

if TYPE_CHECKING:
    from trialgraph.serve.catalogue.catalogue import Catalogue

#: Up to so many trials, counting what each has is quicker than asking each thing for its trials.
_FEW = 5_000
#: The words for yes and no of the facets that are one or the other.
EITHER = {
    "healthy": {"yes": "Accepted", "no": "Not accepted"},
    "results": {"yes": "Posted", "no": "Not posted"},
}
#: The names of what a selection can be counted by.
FACETS = (*SCHEMES, "healthy", "results", "year", *KINDS)
SORTS = ("updated", *schema.SORTS, "relevance")


class Selection:
    """Trials that have one of the values of each filter."""

    def __init__(self, catalogue: "Catalogue", filters_: dict[str, tuple[str, ...]], sets: dict[str, int]) -> None:
        self._catalogue, self.filters, self._sets = catalogue, filters_, sets
        bits = catalogue.everything
        for each in sets.values():
            bits &= each
        self._bits = bits
        self._size = bits.bit_count()

    def __len__(self) -> int:
        return self._size

    def __contains__(self, trial: int) -> bool:
        return bool(self._flags[trial >> 3] >> (trial & 7) & 1)

    @cached_property
    def _flags(self) -> bytes:
        return self._bits.to_bytes(self._catalogue.trials // 8 + 1, "little")

    def without(self, *names: str) -> "Selection":
        """The trials that the other filters leave: what a facet shows counts of, so that more can be chosen of it."""
        if not self._sets.keys() & {*names}:
            return self
        kept = {name: values for name, values in self.filters.items() if name not in names}
        return Selection(self._catalogue, kept, {name: self._sets[name] for name in kept})

    def rows(self, sort: str = "updated", offset: int = 0, limit: int = 50) -> list[TrialRow]:
        """Some of the trials: the latest updated or started first, the largest, or those that match the words best.

        Raises UsageError for another order, or for relevance without words.
        """
        return self._catalogue.rows(list(islice(self._ordered(sort), offset, offset + limit)))

    def every(self, sort: str = "updated") -> Iterator[TrialRow]:
        """All trials in an order, read a few at a time."""
        numbers = self._ordered(sort)
        while some := list(islice(numbers, 500)):
            yield from self._catalogue.rows(some)

    def _ordered(self, sort: str) -> Iterator[int]:
        if sort == "updated":
            return schema.members(self._bits)
        if sort in schema.SORTS:
            return (trial for trial in self._catalogue.sorted(sort) if trial in self)
        if sort == "relevance" and (words := self.filters.get("words")):
            query = " OR ".join(f"({filters.match(each)})" for each in words)
            return (trial for trial in self._catalogue.ranked(query) if trial in self)
        raise UsageError(f"sort={sort}: not one of {', '.join(SORTS)}; relevance needs words")

    def counts(self, facet: str, limit: int = 10) -> list[Count]:
        """The values that most of the trials have, and how many have each; none that no trial has.

        Conditions and interventions are what the trials themselves state; the number of a MeSH descriptor takes in
        everything below it, as the filter does. Raises UsageError for a facet that cannot be counted.
        """
        if facet in KINDS:
            return self._things(facet, limit)
        if facet not in FACETS:
            raise UsageError(f"{facet}: cannot be counted; there are {', '.join(FACETS)}")
        return sorted(self._values(facet), key=lambda count: (-count.trials, count.value))[:limit]

    def count(self, facet: str, value: str) -> int:
        """How many of the trials have a value. Raises UsageError as `Catalogue.select` does."""
        return (self._catalogue.filtered(facet, value) & self._bits).bit_count()

    def _values(self, facet: str) -> Iterator[Count]:
        for value in EITHER.get(facet) or self._catalogue.sources(facet):
            if trials := self.count(facet, value):
                yield Count(value, words(facet, value), trials)

    def _things(self, kind: str, limit: int) -> list[Count]:
        few = self._size <= _FEW
        chosen = self._from_trials(kind, limit) if few else self._from_things(kind, limit)
        counts = []
        for thing in chosen:
            found = self._catalogue.thing_of(thing)
            counts.append(Count(found.iri, found.label, (self._catalogue.bits(thing) & self._bits).bit_count()))
        return sorted(counts, key=lambda count: (-count.trials, count.label))

    def _from_trials(self, kind: str, limit: int) -> list[int]:
        """The things that most trials state, from what each trial states."""
        counted = self._stated(kind)
        twins = self._catalogue.twins(kind)
        ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        return list(islice((thing for thing, _ in ranked if thing not in twins), limit))

    def _from_things(self, kind: str, limit: int) -> list[int]:
        """The same from the things: those of most trials first, until no other can have as many here."""
        best: list[tuple[int, int]] = []
        for thing, stated, most in self._catalogue.most_stated(kind):
            if len(best) == limit and most < best[0][0]:
                break
            here = (self._catalogue.bits(stated) & self._bits).bit_count()
            if here:
                entry = (here, -thing)
                if len(best) < limit:
                    heappush(best, entry)
                else:
                    heappushpop(best, entry)
        return [-thing for _, thing in sorted(best, reverse=True)]

    def points(self) -> list[tuple[float, float, str, str, int]]:
        """Latitude, longitude, IRI and label of every facility with a place on the map, and its trials here."""
        return self._catalogue.points(self._stated("facility") if self._size < self._catalogue.trials else None)

    def _stated(self, kind: str) -> Counter[int]:
        return self._catalogue.stated(kind, schema.members(self._bits))


def words(facet: str, value: str) -> str:
    """The words for a value of a facet that is no thing."""
    if facet in EITHER:
        return EITHER[facet].get(value, value)
    return label(SCHEMES[facet], value) if facet in SCHEMES else value
