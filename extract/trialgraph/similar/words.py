"""The words of texts as TF-IDF weighs them: often in one text and seldom in others tells most."""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from unicodedata import combining, normalize

import numpy as np
from scipy.sparse import csr_array, diags_array

from trialgraph.similar.matrix import Matrix

_WORD = re.compile(r"[^\W\d_][\w-]*\w")


def cosines(texts: Iterable[str]) -> tuple[list[str], Matrix]:
    """The words that more than one text has, sorted, and a row a text such that the product of two is their cosine.

    A word that a text has n times counts 1 + ln n there, and that times its inverse document frequency, 1 + ln of
    (1 + texts) / (1 + texts with the word). A row's length is 1 with the words that no other text has.
    """
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    columns, counts, ends = array("q"), array("d"), array("q", [0])
    for text in texts:
        counted = Counter(numbers[word] for word in _words(text))
        columns.extend(counted.keys())
        counts.extend(counted.values())
        ends.append(len(columns))
    cells = csr_array((np.array(counts), np.array(columns), np.array(ends)), shape=(len(ends) - 1, len(numbers)))
    frequency = np.bincount(cells.indices, minlength=len(numbers))
    cells.data = (1 + np.log(cells.data)) * (1 + np.log(len(ends) / (1 + frequency)))[cells.indices]
    lengths = np.sqrt(cells.power(2).sum(axis=1))
    rows = diags_array(1 / np.where(lengths, lengths, 1)) @ cells
    shared = sorted(word for word, number in numbers.items() if frequency[number] > 1)
    return shared, rows.tocsr()[:, [numbers[word] for word in shared]]


def _words(text: str) -> list[str]:
    """The words of a text in small letters without accents, but for those that any text has."""
    plain = text.lower()
    if not plain.isascii():
        plain = "".join(each for each in normalize("NFKD", plain) if not combining(each))
    return [word for word in _WORD.findall(plain) if word not in _common()]


@cache
def _common() -> frozenset[str]:
    lines = (Path(__file__).parent / "common-words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
