"""All trials of a graph, ready to be compared."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import chain
from math import fsum

import numpy as np
import pyoxigraph

from trialgraph.errors import UsageError
from trialgraph.similar.features import Features
from trialgraph.similar.hierarchy import Hierarchy
from trialgraph.similar.matrix import Numbers
from trialgraph.similar.reasons import Similar
from trialgraph.similar.shared import Shared

#: What each kind of reason can count, about, where two trials share all of it and hardly another has it.
#: They follow what people ask first (condition, intervention, sponsor), in round numbers that no corpus was fitted to.
#: The words never come near theirs: the cosine of two records of one disease is about 0.1 to 0.4.
WEIGHTS: Mapping[str, float] = {
    "condition": 3.0,
    "condition ancestor": 1.5,
    "intervention": 3.0,
    "intervention ancestor": 1.5,
    "text": 10.0,
    "reference": 2.0,
    "sponsor": 1.0,
    "collaborator": 1.0,
    "facility": 1.0,
    "related on a page": 1.0,
    "design": 0.5,
    "eligibility": 0.5,
    "phase": 0.25,
    "country": 0.25,
}


class Corpus:
    """The trials of a graph, ready to be compared.

    `weights` says what each kind of reason can count; a kind that it leaves out, or that counts 0, is no reason.
    Raises UsageError for a kind that is none, and for a weight below 0.
    """

    def __init__(self, store: pyoxigraph.Store, weights: Mapping[str, float] = WEIGHTS) -> None:
        if unknown := weights.keys() - WEIGHTS.keys():
            raise UsageError(f"{', '.join(sorted(unknown))}: no kind of reason; there are {', '.join(WEIGHTS)}")
        if any(weight < 0 for weight in weights.values()):
            raise UsageError("a kind of reason counts 0 or more; leave it out for 0")
        held = dict.fromkeys(WEIGHTS, 0.0) | dict(weights)
        features = self._features = Features(store)
        self._numbers = {nct_id: number for number, nct_id in enumerate(features.ids)}
        count = len(features.trials)
        self._parts: list[Hierarchy | Shared] = [
            Hierarchy("condition", features.conditions(), held, count),
            Hierarchy("intervention", features.interventions(), held, count),
            Shared(features, held),
        ]

    def __len__(self) -> int:
        """How many trials there are."""
        return len(self._numbers)

    @property
    def ids(self) -> list[str]:
        """The ids of the trials, sorted."""
        return list(self._features.ids)

    @property
    def titles(self) -> list[str]:
        """The titles of the trials, in the order of `ids`."""
        return list(self._features.titles)

    def id(self, nct_id: str) -> str:
        """A trial's id as the graph has it, from one in any case. Raises UsageError for a trial that is not there."""
        wanted = nct_id.strip()
        for known in (wanted, wanted.upper()):
            if known in self._numbers:
                return known
        near = get_close_matches(wanted.upper(), self._numbers, 3, 0.8)
        hint = f"the nearest are {', '.join(near)}" if near else f"the graph has {len(self):,} trials"
        raise UsageError(f"{nct_id}: no trial of the graph with a record of its own; {hint}")

    def similar(self, nct_id: str, k: int = 10) -> list[Similar]:
        """The k trials that are most like a trial, best first, ties by id; fewer if fewer share anything with it.

        Raises UsageError for a trial that is not there, and for a k below 1.
        """
        if k < 1:
            raise UsageError(f"{k} similar trials: ask for 1 or more")
        number = self._numbers[self.id(nct_id)]
        scores = np.round(self.scores(number), 9)
        least = np.partition(scores, -k)[-k] if k < len(scores) else 0
        best = np.flatnonzero((scores > 0) & (scores >= least))
        # Stable: ties stay in the order of the ids.
        others = sorted(best.tolist(), key=lambda other: -scores[other])[:k]
        return list(self._explained(number, others)) if others else []

    def all(self, k: int = 10) -> Iterator[tuple[str, list[Similar]]]:
        """Each trial in the order of the ids, with the k trials that are most like it."""
        for nct_id in self._features.ids:
            yield nct_id, self.similar(nct_id, k)

    def scores(self, number: int) -> Numbers:
        """The score of a trial, by its place in `ids`, with each trial in that order; 0 with itself."""
        total: Numbers = np.sum([part.scores(number) for part in self._parts], axis=0)
        total[number] = 0
        return total

    def _explained(self, number: int, others: list[int]) -> Iterator[Similar]:
        features = self._features
        of_parts = (part.reasons(number, others) for part in self._parts)
        for other, *given in zip(others, *of_parts, strict=True):
            reasons = sorted(chain(*given), key=lambda reason: (-reason.weight, reason.kind, reason.label))
            score = fsum(reason.weight for reason in reasons)
            yield Similar(
                features.ids[other], features.titles[other], score, tuple(reasons), f"<{features.trials[other]}>"
            )
