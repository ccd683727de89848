"""What a trial set out to measure."""

from msgspec import Struct

from trialgraph.serve.record.facts import natural, text
from trialgraph.serve.record.gather import Node


class Outcome(Struct, frozen=True):
    """An outcome with its time frame."""

    measure: str
    description: str
    time_frame: str


def outcomes(trial: Node) -> tuple[tuple[str, str, tuple[Outcome, ...]], ...]:
    """The primary, secondary and other outcomes, each list with its id and its heading."""
    lists = (("primaryOutcome", "Primary"), ("secondaryOutcome", "Secondary"), ("otherOutcome", "Other"))
    return tuple((name, label, tuple(_outcomes(trial, name))) for name, label in lists)


def _outcomes(trial: Node, name: str) -> list[Outcome]:
    found = []
    for node in trial.nodes(name):
        node.asked.add("outcomeKind")  # which the list says
        found.append(Outcome(*(text(node, each) for each in ("measure", "description", "timeFrame"))))
    return sorted(found, key=lambda outcome: natural(outcome.measure))
