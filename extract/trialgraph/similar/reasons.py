"""A trial that is like another, why, and both as statements."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from trialgraph.iris import LABEL, TYPE, key, tg
from trialgraph.statements import Statement, decimal, typed, verbatim


class Reason(Struct, frozen=True):
    """What two trials share, in words, and what it adds to their score."""

    kind: str  # "condition", "sponsor", "text", ...: a key of WEIGHTS
    label: str  # "Asthma (39 of 267 trials)"
    weight: float
    things: tuple[str, ...] = ()  # spelled IRIs of what is shared, where it has some


class Similar(Struct, frozen=True):
    """A trial that is like another. Its score is the sum of the weights of the reasons, weightiest first."""

    nct_id: str
    title: str
    score: float
    reasons: tuple[Reason, ...]
    trial: str  # spelled IRI

    @property
    def telling(self) -> list[Reason]:
        """The reasons whose weight two digits show; there is always one."""
        first, *rest = self.reasons
        return [first, *(reason for reason in rest if reason.weight >= 0.005)]


def statements(nct_id: str, found: Iterable[Similar]) -> Iterator[Statement]:
    """What `Corpus.similar` found for a trial, best first, as tg:Similarity with its tg:SimilarityReason.

    `nct_id` is the id as the graph has it (`Corpus.id`). The IRIs derive from the two trials and from what they share,
    and stay the same while other trials come and go.
    """
    for rank, similar in enumerate(found, 1):
        trial = f"{similar.trial.removesuffix(f'{similar.nct_id}>')}{nct_id}>"
        node = f"{trial[:-1]}/similarity/{key(similar.nct_id)}>"
        yield node, TYPE, tg("Similarity")
        yield node, tg("about"), trial
        yield node, tg("similarTrial"), similar.trial
        yield node, tg("rank"), typed(str(rank), "integer")
        yield node, tg("score"), decimal(similar.score)
        parts = {f"{node[:-1]}/reason/{_key(reason)}>": reason for reason in similar.reasons}
        for part in parts:
            yield node, tg("reason"), part
        for part, reason in parts.items():
            yield part, TYPE, tg("SimilarityReason")
            yield part, LABEL, verbatim(reason.label)
            yield part, tg("reasonKind"), verbatim(reason.kind)
            yield part, tg("weight"), decimal(reason.weight)
            for thing in reason.things:
                yield part, tg("shares"), thing


def _key(reason: Reason) -> str:
    """A key of what is shared; without the count of trials at the end of the label, which other trials change.

    Of the kinds that name several things there is one reason, and neither their number nor their order matters.
    """
    if reason.things:
        return key(reason.kind, *sorted(reason.things))
    return key(reason.kind, reason.label.rpartition(" (")[0])
