"""What trials are about, with the more general concepts above it, compared so that nothing counts twice."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from scipy.sparse import csr_array, diags_array

from trialgraph.similar.features import Concepts
from trialgraph.similar.matrix import Matrix, Numbers, Table, ones, sizes
from trialgraph.similar.reasons import Reason


class Hierarchy:
    """The conditions, or the interventions, of all trials.

    A concept that two trials are about counts as `kind`. One that is only above what one of them is about counts as
    `kind` ancestor, and not at all if a more specific one is shared as well. Which concept is above which is told by
    the trials themselves: it is one that each coded trial with the other has too. So a name that always comes with the
    same descriptor, as COPD does, stands below it, and a pair that shares both shares one thing.
    """

    def __init__(self, kind: str, concepts: Concepts, weights: Mapping[str, float], count: int) -> None:
        self._kind, self._concepts = kind, concepts
        self._near, self._far = weights[kind], weights[f"{kind} ancestor"]
        direct = concepts.named | concepts.coded
        self._table = Table(direct | concepts.ancestors, count)
        self._direct = ones(direct, self._table.columns, count)
        # By columns as well, of which a trial needs few, and of each all rows.
        self._columns = self._table.cells.tocsc(), self._direct.tocsc()
        self._above = self._order()
        # Of many conditions, two trials share one by chance.
        most = np.maximum(sizes(concepts.named, count), sizes(concepts.coded, count))
        self._scale = np.maximum(most, 1) ** -0.5

    def _order(self) -> Matrix:
        """For each concept, the row, those above it."""
        ancestors, coded = ({key for _, key in pairs} for pairs in (self._concepts.ancestors, self._concepts.coded))
        level = np.array([_level(key in coded, key in ancestors) for key in self._table.keys], dtype=np.int64)
        trials = sorted({number for number, _ in self._concepts.coded | self._concepts.ancestors})
        rows = self._table.cells[trials]
        total = rows.sum(axis=0)
        both = (rows.T @ rows).tocoo()
        low, high = both.coords
        # What each trial with a name has is above the name; above a descriptor are ancestors alone.
        above = (both.data == total[low]) & (level[high] > np.minimum(level[low], 1))
        # Of concepts of the very same trials, any order will do that has no circle.
        above &= (total[high] > total[low]) | (level[high] > level[low]) | ((level[high] == level[low]) & (high > low))
        return csr_array((np.ones(above.sum()), (low[above], high[above])), shape=(len(level), len(level)))

    def scores(self, number: int) -> Numbers:
        """What the concepts of a trial count with each trial."""
        own = self._own(number)
        shared, direct = (matrix[:, own].tocsr() for matrix in self._columns)
        weights = self._weights(number, shared, direct) @ self._table.rarity[own]
        return np.asarray(weights * self._scale * self._scale[number], dtype=np.float64)

    def reasons(self, number: int, others: list[int]) -> Iterator[list[Reason]]:
        """The concepts that a trial shares with each of some others, and that count."""
        own = self._own(number)
        shared, direct = (matrix[others][:, own] for matrix in (self._table.cells, self._direct))
        weights = self._weights(number, shared, direct).toarray() * self._table.rarity[own] * self._scale[number]
        both = direct.toarray() * self._direct[[number]][:, own].toarray()
        for other, of_other, is_direct in zip(others, weights, both, strict=True):
            yield [
                self._reason(int(own[each]), bool(is_direct[each]), float(of_other[each] * self._scale[other]))
                for each in np.flatnonzero(of_other)
            ]

    def _own(self, number: int) -> np.ndarray[Any, Any]:
        """The columns of the concepts of a trial."""
        return self._table.cells[[number]].indices

    def _weights(self, number: int, shared: Matrix, direct: Matrix) -> Matrix:
        """What each concept of a trial, a column, counts with others, the rows, apart from rarity and scale.

        `shared` has ones where the other trial has the concept, `direct` where it is about it.
        """
        own = self._own(number)
        covered = shared @ self._above[own][:, own]
        counted = shared - shared.multiply(covered > 0)
        near = counted.multiply(direct) @ diags_array(self._direct[[number]][:, own].toarray()[0])
        return csr_array(self._far * counted + (self._near - self._far) * near)

    def _reason(self, column: int, direct: bool, weight: float) -> Reason:
        key = self._table.keys[column]
        thing = self._concepts.things.get(key)
        return Reason(
            self._kind if direct else f"{self._kind} ancestor",
            self._table.label(column, self._concepts.labels[key]),
            weight,
            (f"<{thing}>",) if thing else (),
        )


def _level(coded: bool, ancestor: bool) -> int:
    """How general a concept is by its uses: 0 for a mere name, 1 for a descriptor, 2 and 3 for what is an ancestor."""
    if ancestor:
        return 2 if coded else 3
    return 1 if coded else 0
