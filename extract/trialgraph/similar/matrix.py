"""Which trial has what, as a sparse matrix: a row a trial, a column for each thing that trials share."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_array

from trialgraph.similar.features import Key, Pairs

Matrix: TypeAlias = csr_array[Any]
Numbers: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]


class Table:
    """The things that more than one trial has. `cells` holds ones."""

    def __init__(self, pairs: Pairs, count: int) -> None:
        counts = Counter(key for _, key in pairs)
        self.count = count
        #: The thing of each column.
        self.keys = sorted(key for key, trials in counts.items() if trials > 1)
        self.columns = {key: column for column, key in enumerate(self.keys)}
        self.cells = ones(pairs, self.columns, count)
        #: How many trials have each thing.
        self.frequency = np.array([counts[key] for key in self.keys], dtype=np.float64)
        #: From 1 for a thing that a single trial has down to almost 0 for one that all have: the square of the
        #: information, as in the product of two vectors of TF-IDF.
        self.rarity: Numbers = (np.log((count + 1) / self.frequency) / np.log(count + 1)) ** 2

    def label(self, column: int, name: str) -> str:
        """A name with how many trials have the thing: "Asthma (39 of 267 trials)"."""
        return f"{name} ({int(self.frequency[column])} of {self.count} trials)"


def ones(pairs: Pairs, columns: Mapping[Key, int], count: int) -> Matrix:
    """Ones where a trial has the thing of a column."""
    held = sorted((number, columns[key]) for number, key in pairs if key in columns)
    rows, found = zip(*held, strict=True) if held else ((), ())
    return csr_array((np.ones(len(held)), (rows, found)), shape=(count, len(columns)))


def sizes(pairs: Pairs, count: int) -> Numbers:
    """How many things each trial has."""
    return np.bincount([number for number, _ in pairs], minlength=count).astype(np.float64)
