"""What else trials share: parties, places, design, eligibility, references, words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import fsum
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, diags_array, hstack
from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

from trialgraph.similar.features import Features, Key, is_thing
from trialgraph.similar.matrix import Matrix, Numbers, Table, sizes
from trialgraph.similar.reasons import Reason

#: The kinds of which several things are one reason, and how many of them it names.
_TOGETHER = {"country": 3, "design": 3, "eligibility": 3, "facility": 3}
_NAMED_WORDS = 5
_WORD = r"[^\W\d_][\w-]*\w"
_RELATED = "related on a page"


class _Column(NamedTuple):
    """A thing that trials share, with what a reason says of it when it is alone."""

    kind: str
    key: Key
    table: Table
    column: int


class Shared:
    """One matrix of all of it, such that the product of two rows is what the two trials share, as it counts."""

    def __init__(self, features: Features, weights: Mapping[str, float]) -> None:
        self._features = features
        self._columns: list[_Column] = []
        count = len(features.trials)
        blocks: list[Matrix] = [csr_array((count, 0))]
        for kind, pairs in features.shared().items():
            table = Table(pairs, count)
            by_trial = np.maximum(sizes(pairs, count), 1) ** -0.5
            by_thing = np.sqrt(weights[kind] * table.rarity)
            blocks.append((diags_array(by_trial) @ table.cells @ diags_array(by_thing)).tocsr())
            self._columns += [_Column(kind, key, table, column) for key, column in table.columns.items()]
        #: The words of the last columns.
        self._words: list[str] = []
        if weights["text"]:
            self._words, cosines = _text(features.texts(), count)
            blocks.append(cosines * weights["text"] ** 0.5)
        self._rows = hstack(blocks, format="csr")
        self._by_column = self._rows.T.tocsr()
        self._weight_of_related = weights[_RELATED]
        self._related: defaultdict[int, set[int]] = defaultdict(set)
        for one, other in features.related():
            self._related[one].add(other)
            self._related[other].add(one)

    def scores(self, number: int) -> Numbers:
        """What a trial shares with each trial, as it counts."""
        product = np.asarray((self._rows[[number]] @ self._by_column).toarray()[0], dtype=np.float64)
        product[sorted(self._related.get(number, ()))] += self._weight_of_related
        return product

    def reasons(self, number: int, others: list[int]) -> Iterator[list[Reason]]:
        """What a trial shares with each of some others, as it counts."""
        products = self._rows[others].multiply(self._rows[[number]]).tocsr()
        ends = products.indptr.tolist()
        for other, start, end in zip(others, ends[:-1], ends[1:], strict=True):
            weights, columns = products.data[start:end], products.indices[start:end]
            reasons = self._reasons(zip(weights.tolist(), columns.tolist(), strict=True))
            if self._weight_of_related and other in self._related.get(number, ()):
                reasons.append(Reason(_RELATED, "a page lists one with the other", self._weight_of_related))
            yield reasons

    def _reasons(self, weighted: Iterable[tuple[float, int]]) -> list[Reason]:
        """The reasons that columns with their weights are."""
        kinds: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
        for weight, column in sorted(weighted, key=lambda each: (-each[0], each[1])):
            if weight:
                kinds["text" if column >= len(self._columns) else self._columns[column].kind].append((weight, column))
        reasons = []
        for kind, columns in kinds.items():
            if kind == "text":
                words = ", ".join(self._words[column - len(self._columns)] for _, column in columns[:_NAMED_WORDS])
                reasons.append(Reason(kind, f"words: {words}", fsum(weight for weight, _ in columns)))
            elif kind in _TOGETHER and len(columns) > 1:
                reasons.append(self._together(kind, columns))
            else:
                reasons += [self._alone(weight, self._columns[column]) for weight, column in columns]
        return reasons

    def _alone(self, weight: float, column: _Column) -> Reason:
        label = column.table.label(column.column, self._features.name(column.key))
        return Reason(column.kind, label, weight, (f"<{column.key}>",) if is_thing(column.key) else ())

    def _together(self, kind: str, columns: list[tuple[float, int]]) -> Reason:
        keys = [self._columns[column].key for _, column in columns]
        names = [self._features.name(key) for key in keys[: _TOGETHER[kind]]]
        more = [f"{len(keys) - len(names)} more"] if len(keys) > len(names) else []
        things = tuple(f"<{key}>" for key in keys if is_thing(key))
        return Reason(kind, ", ".join([*names, *more]), fsum(weight for weight, _ in columns), things)


def _text(texts: Iterable[str], count: int) -> tuple[list[str], Matrix]:
    """The words that more than one text has, and TF-IDF such that the product of two rows is their cosine."""
    vectorizer = TfidfVectorizer(token_pattern=_WORD, stop_words="english", sublinear_tf=True, strip_accents="unicode")
    try:
        matrix = csr_array(vectorizer.fit_transform(texts))
    except ValueError:  # the vectorizer's word for texts without a word
        return [], csr_array((count, 0))
    shared = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]) > 1)
    return vectorizer.get_feature_names_out()[shared].tolist(), matrix[:, shared]
