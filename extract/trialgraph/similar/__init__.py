"""Trials that are like a trial, with the reasons: what the two share, and how much each thing counts.

The score of two trials is the sum of the weights of their reasons, and nothing else. A thing that few trials have
counts more than one that many have.
"""

from typing import TYPE_CHECKING, Any

from trialgraph.errors import UsageError
from trialgraph.similar.features import TERMS
from trialgraph.similar.reasons import Reason, Similar, statements

if TYPE_CHECKING:
    from trialgraph.similar.corpus import WEIGHTS, Corpus

__all__ = ["TERMS", "WEIGHTS", "Corpus", "Reason", "Similar", "statements"]


def __getattr__(name: str) -> Any:
    """`Corpus` and `WEIGHTS`, which need scikit-learn: slow to import, and in an extra."""
    if name not in ("Corpus", "WEIGHTS"):
        raise AttributeError(f"module {__name__} has no attribute {name}")
    try:
        from trialgraph.similar import corpus
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in {"numpy", "scipy", "sklearn"}:
            raise
        raise UsageError("similar trials need scikit-learn; pip install 'trialgraph[similar]'") from error
    return getattr(corpus, name)
