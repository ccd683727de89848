"""A trial as its page shows it: every section of it, made by a worker in one go."""

import datetime
import re

import pyoxigraph
from msgspec import Struct

from trialgraph.iris import TG, TYPE
from trialgraph.serve.labels import token, words
from trialgraph.serve.record.arms import Arms, arms
from trialgraph.serve.record.completeness import Completeness, completeness, ready_for, terms
from trialgraph.serve.record.design import Design, design
from trialgraph.serve.record.eligibility import Eligibility, eligibility
from trialgraph.serve.record.events import Events, events
from trialgraph.serve.record.facts import Fact, Gaps, fact, facts
from trialgraph.serve.record.flow import Flow, flow
from trialgraph.serve.record.gather import MOST, Gathered, Node, gather
from trialgraph.serve.record.head import Head, head
from trialgraph.serve.record.measures import Baseline, Measure, baseline, measures
from trialgraph.serve.record.outcomes import Outcome, outcomes
from trialgraph.serve.record.people import People, Person, people, persons
from trialgraph.serve.record.prose import Prose
from trialgraph.serve.record.provenance import Provenance, gaps, provenance
from trialgraph.serve.record.publications import Publications, publications
from trialgraph.serve.record.rest import Thing, rest
from trialgraph.serve.record.sites import Sites, sites
from trialgraph.serve.record.timeline import Timeline, timeline
from trialgraph.serve.record.topics import Topics, topics

_NCT_ID = re.compile(r"NCT[0-9]{8}")
_NEAR = 6


class Results(Struct, frozen=True):
    """What a trial has posted."""

    flow: Flow | None
    baseline: Baseline | None
    measures: tuple[Measure, ...]
    events: Events | None
    caveats: Prose
    agreement: tuple[tuple[Fact, ...], ...]
    contact: tuple[Person, ...]

    def __bool__(self) -> bool:
        """Whether anything is posted."""
        return bool(
            self.flow or self.baseline or self.measures or self.events or self.caveats or self.agreement or self.contact
        )


class Page(Struct, frozen=True):
    """All sections of a trial's page, in a reader's order."""

    head: Head
    timeline: Timeline
    summary: Prose
    description: Prose
    design: Design
    arms: Arms
    topics: Topics
    eligibility: Eligibility
    outcomes: tuple[tuple[str, str, tuple[Outcome, ...]], ...]
    people: People
    sites: Sites
    publications: Publications
    results: Results
    related: tuple[Fact, ...]
    provenance: Provenance
    completeness: Completeness
    rest: tuple[Thing, ...]
    gaps: Gaps
    type: str  # token of the study type, or ""
    posted: str  # "true" or "false" as the record says of results, or ""


class Unknown(Struct, frozen=True):
    """There is no such trial: the one that has the id as a former one, or those with ids like it."""

    instead: str = ""
    near: tuple[str, ...] = ()


def prepare(store: pyoxigraph.Store) -> None:
    """Read what the first page of a worker would wait for: the rules, and the words of the ontology."""
    ready_for(datetime.date.today().isoformat())
    words()


def page(store: pyoxigraph.Store, base: str, id_: str, most: int = MOST, today: str = "") -> Page | Unknown:
    """The page of a trial by its NCT id, or by registry and id; to be run in a worker.

    A trial with more than `most` figures of outcome measures goes without some, and says so. `today`
    is the day that stands for today.
    """
    day = today or datetime.date.today().isoformat()
    gathered = gather(store, f"{base}trial/{id_}", terms(day), most)
    if gathered is None or f"{TG}Trial" not in gathered.trial.facts.get("type", ()):
        return _unknown(store, base, id_)
    trial = gathered.trial
    trial.asked |= {"nctId"}
    why, type_ = gaps(gathered), token(min(trial.facts.get("studyType", [""])))
    made = {
        "head": head(trial, id_),
        "timeline": timeline(trial, why, day, type_ == "EXPANDED_ACCESS"),
        "summary": _prose(trial, "briefSummary"),
        "description": _prose(trial, "detailedDescription"),
        "design": design(trial, why, type_),
        "arms": arms(trial, base),
        "topics": topics(trial),
        "eligibility": eligibility(trial, why),
        "outcomes": outcomes(trial),
        "people": people(trial, why),
        "sites": sites(trial),
        "publications": publications(trial, id_),
        "results": _results(gathered),
        "related": tuple(
            each for each in [fact(trial, "similarTo", "Called related by a captured page")] if each.values
        ),
        "provenance": provenance(gathered),
        "gaps": why,
        "type": type_,
        "posted": trial.one("hasResults"),
        "completeness": completeness(gathered, day),
    }
    return Page(**made, rest=rest(gathered))  # type: ignore[arg-type]


def _prose(node: Node, name: str) -> Prose:
    return Prose("\n\n".join(node.all(name)))


def _results(gathered: Gathered) -> Results:
    trial = gathered.trial
    names = ("piSponsorEmployee", "restrictiveAgreement", "restrictionType", "otherDetails")
    return Results(
        flow(trial),
        baseline(trial),
        measures(trial, gathered.folded),
        events(trial),
        _prose(trial, "limitationsAndCaveats"),
        tuple(facts(node, names) for node in trial.nodes("certainAgreement")),
        persons(trial, "pointOfContact"),
    )


def _unknown(store: pyoxigraph.Store, base: str, id_: str) -> Unknown:
    """What to offer instead of a trial that is not there."""
    default = pyoxigraph.DefaultGraph()
    alias, literal = pyoxigraph.NamedNode(f"{TG}nctIdAlias"), pyoxigraph.Literal(id_)
    stem = f"{base}trial/"
    for quad in store.quads_for_pattern(None, alias, literal, default):
        return Unknown(str(quad.subject)[1:-1].removeprefix(stem))
    type_, class_ = pyoxigraph.NamedNode(TYPE[1:-1]), pyoxigraph.NamedNode(f"{TG}Trial")
    found = (
        str(quad.subject)[1:-1].removeprefix(stem) for quad in store.quads_for_pattern(None, type_, class_, default)
    )
    return Unknown(near=tuple(sorted(sorted(found, key=lambda other: (_distance(id_, other), other))[:_NEAR])))


def _distance(one: str, other: str) -> tuple[int, int]:
    """How far two ids are from one another: by digits that differ, then by their numbers."""
    differing = sum(a != b for a, b in zip(one, other, strict=False)) + abs(len(one) - len(other))
    if _NCT_ID.fullmatch(one) and _NCT_ID.fullmatch(other):
        return (differing if differing < 3 else 3), abs(int(one[3:]) - int(other[3:]))
    return differing, 0
