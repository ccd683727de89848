"""Who can take part: the limits as facts, the criteria as two lists."""

from msgspec import Struct

from trialgraph.serve.labels import token
from trialgraph.serve.record.facts import Fact, Gaps, facts
from trialgraph.serve.record.gather import Node
from trialgraph.serve.record.head import ages

_FACTS = (
    *("sex", "genderBased", "genderDescription", "minimumAge", "maximumAge", "standardAge: Age groups"),
    *("healthyVolunteers: Accepts healthy volunteers", "samplingMethod", "studyPopulation"),
)
_EXPECTED = ("sex", "minimumAge", "maximumAge", "healthyVolunteers")


class Eligibility(Struct, frozen=True):
    """Who can take part."""

    facts: tuple[Fact, ...]
    ages: str
    inclusion: tuple[str, ...]
    exclusion: tuple[str, ...]
    others: tuple[str, ...]  # items of no stated kind
    text: str
    told: bool  # whether the lists hold all of the text but headings


def eligibility(trial: Node, gaps: Gaps) -> Eligibility:
    """Who can take part in a trial."""
    lists: dict[str, list[tuple[int, str]]] = {"INCLUSION": [], "EXCLUSION": [], "": []}
    for node in trial.nodes("eligibilityCriterion"):
        order = node.one("order")
        kind = token(node.one("criterionKind"))
        lists[kind if kind in lists else ""].append((int(order) if order.isdigit() else 0, "\n".join(node.all("text"))))
    inclusion, exclusion, others = (tuple(item for _, item in sorted(lists[kind])) for kind in lists)
    whole = "\n\n".join(trial.all("eligibilityText"))
    trial.asked |= {"minimumAgeYears", "maximumAgeYears"}  # the ages once more
    return Eligibility(
        facts(trial, _FACTS, gaps, _EXPECTED),
        ages(trial),
        inclusion,
        exclusion,
        others,
        whole,
        _rest(whole, (*inclusion, *exclusion, *others)) < 60,
    )


def _rest(whole: str, items: tuple[str, ...]) -> int:
    """How many letters of the text are in no item."""
    return sum(map(str.isalpha, whole)) - sum(sum(map(str.isalpha, item)) for item in items)
