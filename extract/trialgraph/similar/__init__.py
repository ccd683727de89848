"""Trials that are like a trial, with the reasons: what the two share, and how much each thing counts.

The score of two trials is the sum of the weights of their reasons, and nothing else. A thing that few trials have
counts more than one that many have.
"""

from trialgraph.errors import UsageError
from trialgraph.similar.reasons import Reason, Similar, statements

try:
    from trialgraph.similar.corpus import WEIGHTS, Corpus
except ModuleNotFoundError as error:
    if str(error.name).partition(".")[0] not in {"numpy", "scipy", "sklearn"}:
        raise
    raise UsageError("similar trials need scikit-learn; pip install 'trialgraph[similar]'") from error

__all__ = ["WEIGHTS", "Corpus", "Reason", "Similar", "statements"]
