"""A validation of inputs: graphs and stores as they stand, and sources straight from the readers.

Trials are judged in chunks, each with what it links to, so that an engine never sees more than some trials at a time.
Of a source nothing is written: its records are extracted as for a graph, and findings know the record that they are of.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Any, TypeAlias

import pyoxigraph
from msgspec import Struct, field
from msgspec.structs import replace

from trialgraph import resources, scores
from trialgraph.errors import InputError
from trialgraph.findings import Finding, Validation, validation
from trialgraph.iris import LABEL, PREFIXES, TYPE, tg
from trialgraph.model import walk
from trialgraph.readers import Item
from trialgraph.readers.item import join
from trialgraph.record import Finding as Note
from trialgraph.record import Record, Trial
from trialgraph.report import BuildReport
from trialgraph.rules import Rules
from trialgraph.scores import Score
from trialgraph.spool import Spool
from trialgraph.store import is_graph, is_store, load, opened
from trialgraph.stream import Progress, Settings, extraction, in_chunks, merged, read_into
from trialgraph.validate import Engine, across, page_trials, validate_turtle

#: The property, the pointer and the text of values.
Values: TypeAlias = list[tuple[str, str, str]]

_CHUNK = 32
_TRIAL = re.compile(r"/trial/(NCT[0-9]{8}|[^/>]+/[^/>]+)")
_PREFIXED = re.compile(r"\b([a-z]+):(\w+)")
_IRI = re.compile(r"<([^<>]*)>")
_DEFAULT = pyoxigraph.DefaultGraph()
_TYPE, _CLASS, _NCT_ID, _ABOUT = (
    pyoxigraph.NamedNode(term.strip("<>")) for term in (TYPE, tg("Trial"), tg("nctId"), tg("about"))
)


class Job(Struct, frozen=True):
    """What every worker has to know."""

    rules: Rules
    engine: Engine = "shacl"
    trials: frozenset[str] = frozenset()  # the ids of those to judge; all if there are none
    scoring: bool = False

    def wants(self, trial: str) -> bool:
        """Whether a trial is to be judged."""
        return not self.trials or trial in self.trials


class Judged(Struct):
    """What is found in some trials."""

    findings: list[Finding] = field(default_factory=list)
    trials: int = 0
    scores: list[Score] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)  # on the records themselves
    shared: set[str] = field(default_factory=set)  # what rules over several trials need, as lines of N-Triples


class Checked(Struct):
    """A validation, the scores if they were asked for, and what became of the records of sources."""

    validation: Validation
    scores: list[Score]
    sponsors: dict[str, str]  # their names by spelled IRI
    report: BuildReport


def check(
    inputs: Iterable[str],
    job: Job,
    profiles: Iterable[str],
    *,
    workers: int = 1,
    progress: Progress = lambda stage, done, total: None,
) -> Checked:
    """Judge every trial of the inputs. Raises InputError if one cannot be read or none holds a trial."""
    graphs, stores, sources = _told_apart(inputs)
    report, found = BuildReport(), Judged()
    names: dict[str, str] = {}
    held = [pyoxigraph.Store()] if graphs else []
    for path in graphs:
        load(held[0], path)
    for store in (*held, *map(opened, stores)):
        _judge_store(store, job, found, names, progress)
    if sources:
        _judge_sources(sources, job, found, names, report, workers, progress)
    if not found.trials:
        wanted = f" that is one of {', '.join(sorted(job.trials))}" if job.trials else ""
        raise InputError(f"no trial{wanted} in {', '.join([*graphs, *stores, *sources])}")
    day = job.rules.as_of.isoformat()
    judged = validation(set(found.findings), job.rules.table, found.trials, day, profiles)
    return Checked(judged, found.scores, names, report)


def _told_apart(inputs: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """The graph files, the stores and the sources. A graph is known by its name, a store by the files in it."""
    graphs, stores, sources = [], [], []
    for path in dict.fromkeys(inputs):
        if is_store(path):
            stores.append(path)
        elif is_graph(path):
            graphs.append(path)
        else:
            sources.append(path)
    return graphs, stores, sources


def _judge_store(store: pyoxigraph.Store, job: Job, found: Judged, names: dict[str, str], progress: Progress) -> None:
    pages = page_trials(store)
    typed = store.quads_for_pattern(None, _TYPE, _CLASS, _DEFAULT)
    numbered = store.quads_for_pattern(None, _NCT_ID, None, _DEFAULT)
    subjects = {quad.subject for quad in (*typed, *numbered)}
    trials = sorted(str(subject) for subject in subjects if job.wants(_id(str(subject))))
    surroundings = _Surroundings(store)
    for start in range(0, len(trials), _CHUNK):
        chunk = trials[start : start + _CHUNK]
        text = "".join(dict.fromkeys(line for trial in chunk for line in surroundings.lines(trial)))
        found.findings += validate_turtle(text, job.rules, job.engine, pages)
        progress("validating", start + len(chunk), len(trials))
    found.trials += len(trials)
    found.findings += [finding for finding in across(store, job.rules) if job.wants(finding.trial)]
    if job.scoring:
        every = scores.of_store(store, job.rules.as_of.isoformat())
        found.scores += [score for score in every if job.wants(score.id)]
        names |= scores.sponsor_names(store)


def _id(trial: str) -> str:
    match = _TRIAL.search(trial)
    return match[1] if match else ""


class _Surroundings:
    """The statements about a trial and its parts, and about what they link to, as far as that is no other trial."""

    def __init__(self, store: pyoxigraph.Store) -> None:
        self._store = store
        self._shared = lru_cache(100_000)(self._about)

    def lines(self, trial: str) -> Iterator[str]:
        """Each a line of N-Triples."""
        start = pyoxigraph.NamedNode(trial[1:-1]) if trial.startswith("<") else None
        waiting: list[Any] = [start] if start else []
        if start:
            waiting += [quad.subject for quad in self._store.quads_for_pattern(None, _ABOUT, start, _DEFAULT)]
        seen = set(waiting)
        while waiting:
            node = waiting.pop()
            spelled = str(node)
            stem = _TRIAL.search(spelled)
            if stem and spelled[: stem.end()] != trial[:-1] and spelled != trial:
                continue  # of another trial
            own, following = self._about(node) if stem else self._shared(node)
            yield from own
            for each in following:
                if each not in seen:
                    seen.add(each)
                    waiting.append(each)

    def _about(self, node: Any) -> tuple[list[str], list[Any]]:
        lines, following = [], []
        for quad in self._store.quads_for_pattern(node, None, None, _DEFAULT):
            lines.append(f"{quad.subject} {quad.predicate} {quad.object} .\n")
            if not isinstance(quad.object, pyoxigraph.Literal) and quad.predicate != _TYPE:
                following.append(quad.object)
        return lines, following


def _judge_sources(
    sources: list[str],
    job: Job,
    found: Judged,
    names: dict[str, str],
    report: BuildReport,
    workers: int,
    progress: Progress,
) -> None:
    spool = Spool()
    common = pyoxigraph.Store()
    try:
        read_into(spool, sources, report, progress)
        for done in in_chunks(spool, partial(_judge_chunk, job=job), workers):
            found.trials += done.trials
            found.findings += done.findings
            found.scores += done.scores
            report.add(done.notes)
            common.extend(pyoxigraph.parse("".join(done.shared).encode(), format=pyoxigraph.RdfFormat.N_TRIPLES))
            progress("validating", found.trials, spool.records)
    finally:
        spool.close()
    found.findings += [finding for finding in across(common, job.rules) if job.wants(finding.trial)]
    if job.scoring:
        rows = ((str(quad.subject), str(quad.predicate), str(quad.object)) for quad in common)
        for _ in scores.naming(rows, names):
            pass


def _judge_chunk(chunk: list[list[Item]], job: Job) -> Judged:
    """What is found in some trials, each given by its spooled items. The one function that a worker runs."""
    settings = Settings(".nt")
    done, lines, shared = Judged(), [], set()
    held: dict[str, Trial] = {}
    for items in chunk:
        trial = merged(items, settings, done.notes) if job.wants(items[0].nct_id) else None
        if trial is None:
            continue
        draft = extraction(settings).draft(trial)
        held[trial.records[0].nct_id] = trial
        lines += [f"{s} {p} {o} .\n" for s, p, o in draft.rows]
        shared |= {f"{line} .\n" for line in draft.shared}
        if job.scoring:
            done.scores += scores.of_statements(draft.rows, job.rules.as_of.isoformat())
    pages = {name for name, trial in held.items() if all(record.partial for record in trial.records)}
    found = validate_turtle("".join([*lines, *shared]), job.rules, job.engine, pages)
    done.trials = len(held)
    walked: dict[str, Values] = {}

    def values(record: Record) -> Values:
        if record.sha256 not in walked:
            walked[record.sha256] = _values(record)
        return walked[record.sha256]

    done.findings = [
        _placed(finding, held[finding.trial], values) if finding.trial in held else finding for finding in found
    ]
    needed = _predicates(job.rules) | ({LABEL} if job.scoring else set())
    done.shared = {line for line in shared if line.split(" ", 2)[1] in needed}
    return done


@lru_cache(1)
def _predicates_of(queries: tuple[str, ...]) -> frozenset[str]:
    names = {match for query in queries for match in _PREFIXED.findall(query)}
    return frozenset(f"<{PREFIXES[prefix]}{name}>" for prefix, name in names if prefix in PREFIXES) | {TYPE}


def _predicates(rules: Rules) -> frozenset[str]:
    """The properties that the rules over several trials ask for."""
    return _predicates_of(tuple(query for _, query in rules.across))


def _values(record: Record) -> Values:
    """The property, the pointer and the text of each value of a record."""
    properties = resources.mapping()
    return [(properties.get(path, ""), pointer, str(value)) for path, pointer, value in walk(record.study)]


def _placed(finding: Finding, trial: Trial, values: Callable[[Record], Values]) -> Finding:
    """The finding with the file and the place of the value, where a record has it, or of the first record."""
    first = trial.records[0]
    last = (_IRI.findall(finding.path) or [finding.path])[-1]
    if last and finding.value:
        for record in trial.records:
            places = [
                pointer
                for property_, pointer, text in values(record)
                if property_ == last and (finding.value == text or finding.value.endswith(f"-{text}"))
            ]
            if len(places) == 1 and not record.partial:
                return replace(finding, file=record.file, pointer=join(record.place, places[0]))
    return replace(finding, file=first.file, pointer=first.place)
