"""How complete a trial's record is: the WHO data set that it states, and the rules that it breaks, judged now."""

import datetime
from functools import lru_cache

from msgspec import Struct

from trialgraph import scores
from trialgraph.engines import validate_text
from trialgraph.findings import SEVERITIES
from trialgraph.rules import Rules, rules
from trialgraph.serve.record.facts import label_of
from trialgraph.serve.record.gather import Gathered
from trialgraph.statements import split


class Item(Struct, frozen=True):
    """An item of the WHO data set."""

    number: int
    name: str
    state: str  # "stated", "missing", or "" if it does not count for the trial


class Broken(Struct, frozen=True):
    """A rule that a trial breaks."""

    rule: str
    severity: str
    message: str
    source: str
    where: tuple[str, ...]  # the values or the parts that break it


class Completeness(Struct, frozen=True):
    """The score of a trial and the rules that it breaks."""

    stated: int
    counted: int
    items: tuple[Item, ...]
    broken: tuple[Broken, ...]
    rules: int  # how many were asked
    pages: bool  # whether only captured pages tell of the trial
    day: str


def ready_for(day: str) -> None:
    """Make rules and scores ready for being asked as of a day."""
    validate_text("", ready(day))
    terms(day)
    scores.items()


@lru_cache(2)
def ready(day: str) -> Rules:
    """The rules of the profile core as of a day."""
    return rules(("core",), datetime.date.fromisoformat(day))


@lru_cache(2)
def terms(day: str) -> frozenset[str]:
    """The IRIs of all properties that a rule or a score asks for."""
    return frozenset(term[1:-1] for term in ready(day).terms | scores.properties())


def completeness(gathered: Gathered, day: str) -> Completeness:
    """How complete a trial is as of a day."""
    chosen = ready(day)
    score = next(scores.of_statements((split(line[:-3]) for line in gathered.lines), day), None)
    stated, missing = (score.stated, score.missing) if score else ((), ())
    states = {**dict.fromkeys(stated, "stated"), **dict.fromkeys(missing, "missing")}
    found: dict[tuple[str, str], list[str]] = {}
    for finding in validate_text("".join(gathered.lines), chosen, syntax="ntriples"):
        found.setdefault((finding.shape, finding.severity), []).append(_where(gathered, finding.focus, finding.value))
    by_shape = chosen.by_shape
    broken = [
        Broken(rule.id, severity, rule.message, rule.source, tuple(dict.fromkeys(filter(None, where))))
        for (shape, severity), where in found.items()
        if (rule := by_shape.get(shape))
    ]
    return Completeness(
        len(stated),
        len(stated) + len(missing),
        tuple(Item(item.number, item.name, states.get(item.number, "")) for item in scores.items()),
        tuple(sorted(broken, key=lambda each: (SEVERITIES.index(each.severity), each.rule))),
        len({rule.id for rule in chosen.table}),
        bool(score and score.pages),
        day,
    )


def _where(gathered: Gathered, focus: str, value: str) -> str:
    """What breaks a rule: the part of the trial, the value, or both."""
    told = [] if focus == gathered.trial.iri else [label_of(gathered.nodes.get(focus), focus)]
    if value:
        told.append(label_of(gathered.nodes.get(value), value) if "://" in value else value)
    return ": ".join(told)
