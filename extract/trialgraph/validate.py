"""A validation of inputs: graphs and stores as they stand, and sources straight from the readers.

Trials are judged in chunks, each with what it links to, by one pure function that workers run. An engine sees only
statements that a shape can ask for. Of a source nothing is written: its records are extracted as for a graph, and
findings know the record that they are of.
"""

import datetime
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain, groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyoxigraph
from msgspec import Struct, field

from trialgraph import scores
from trialgraph.engines import Engine, across, trial_of, validate_text
from trialgraph.errors import InputError
from trialgraph.findings import Finding, Findings, Validation
from trialgraph.iris import LABEL, TYPE, tg
from trialgraph.places import Places
from trialgraph.readers import Item, Source, named
from trialgraph.record import Finding as Note
from trialgraph.report import BuildReport
from trialgraph.rules import Rules, rules
from trialgraph.scores import Score
from trialgraph.spared import spared
from trialgraph.spool import Spool, unpacked
from trialgraph.statements import Statement, split
from trialgraph.store import is_graph, is_store, opened, quads
from trialgraph.stream import Progress, Settings, extraction, in_chunks, merged, read_into
from trialgraph.workers import spread

#: Trials that an engine judges at once: it prepares its queries for each chunk, and a larger one leaves the caches.
_CHUNK = 32
_ABOUT, _NCT_ID, _TRIAL = tg("about"), tg("nctId"), tg("Trial")
#: What tells trials from other things, and captured pages from records.
_ALWAYS = frozenset({TYPE, _ABOUT, _NCT_ID, _TRIAL, tg("notStated"), tg("RegistryRecord")})
_DEFAULT = pyoxigraph.DefaultGraph()


class Job(Struct, frozen=True):
    """What every worker has to know."""

    rules: Rules
    engine: Engine = "shacl"
    trials: frozenset[str] = frozenset()  # the ids of those to judge; all if there are none
    scoring: bool = False

    def wants(self, trial: str) -> bool:
        """Whether a trial is to be judged."""
        return not self.trials or trial in self.trials

    @property
    def overlaps(self) -> bool:
        """Whether an engine works outside Python; the reference's parser of queries is not made for two threads."""
        return self.engine == "shacl"

    @property
    def terms(self) -> frozenset[str]:
        """The properties and classes that matter to a rule or a score, spelled; empty if any can."""
        scored = scores.properties() | {LABEL} if self.scoring else frozenset()
        return self.rules.terms and self.rules.terms | _ALWAYS | scored


class Portion(Struct):
    """Some trials of a graph by their ids, as statements in N-Triples with what they link to."""

    trials: list[str]
    lines: dict[str, None]


class Judged(Struct):
    """What is found in some trials."""

    findings: list[Finding] = field(default_factory=list)
    trials: list[str] = field(default_factory=list)  # their ids
    scores: list[Score] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)  # on the records themselves
    common: set[str] = field(default_factory=set)  # what rules over several trials ask for, as lines of N-Triples
    sponsors: dict[str, str] = field(default_factory=dict)  # names by spelled IRI


class Checked(Struct):
    """A validation, the scores if they were asked for, and what became of the records of sources."""

    validation: Validation
    scores: list[Score]
    sponsors: dict[str, str]
    report: BuildReport


def validate(
    inputs: Source | Iterable[Source],
    *,
    profiles: Iterable[str] = ("core",),
    as_of: datetime.date | None = None,
    engine: Engine = "shacl",
    shapes: Iterable[Source] = (),
    trials: Iterable[str] = (),
    workers: int = 1,
) -> Validation:
    """What the trials of graphs, stores or sources break of the rules of some profiles, as of a day (today).

    `shapes` are files with shapes of your own, and `trials` are the ids of those to judge. Raises InputError if an
    input cannot be read or none holds a trial, UsageError for an unknown profile, GraphError for a fault in a shape.
    """
    profiles = list(profiles)
    own = [Path(os.fspath(path)) for path in shapes]
    job = Job(rules(profiles, as_of, own=own), engine, frozenset(trials))
    return check(named(inputs), job, profiles, workers=workers).validation


def check(
    inputs: Iterable[str],
    job: Job,
    profiles: Iterable[str],
    *,
    workers: int = 1,
    progress: Progress = lambda stage, done, total: None,
) -> Checked:
    """Judge every trial of the inputs. Raises as `validate` does."""
    graphs, stores, sources = _told_apart(inputs)
    report, findings, common = BuildReport(), Findings(), pyoxigraph.Store()
    trials, scored, names = list[str](), list[Score](), dict[str, str]()
    for name in stores:
        held = opened(name)
        findings.add(each for each in across(held, job.rules) if job.wants(each.trial))
        for done in of_store(held, job, workers, progress):
            trials += done.trials
            findings.add(done.findings)
        if job.scoring:
            scored += [each for each in scores.of_store(held, job.rules.as_of.isoformat()) if job.wants(each.id)]
            names |= scores.sponsor_names(held)
    of_graphs = _of_graphs(graphs, job, workers, progress)
    for done in chain(of_graphs, _of_sources(sources, job, workers, report, progress)):
        trials += done.trials
        findings.add(done.findings)
        scored += done.scores
        names |= done.sponsors
        report.add(done.notes)
        common.extend(pyoxigraph.parse("".join(done.common).encode(), format=pyoxigraph.RdfFormat.N_TRIPLES))
    findings.add(each for each in across(common, job.rules) if job.wants(each.trial))
    if not trials:
        wanted = f" that is one of {', '.join(sorted(job.trials))}" if job.trials else ""
        raise InputError(f"no trial{wanted} in {', '.join([*graphs, *stores, *sources])}")
    day = job.rules.as_of.isoformat()
    judged = Validation(
        findings,
        job.rules.table,
        len(trials),
        not findings,
        day,
        tuple(profiles),
        frozenset(trials) | ({""} if not job.trials else set()),
    )
    return Checked(judged, scored, names, report)


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


# Graph files


def _of_graphs(paths: Sequence[str], job: Job, workers: int, progress: Progress) -> Iterator[Judged]:
    """Graphs are taken apart by trial in a spool; what trials share stays in memory."""
    if not paths:
        return
    spool, shared = Spool(), dict[str, list[str]]()
    try:
        for path in paths:
            _take_apart(path, len(paths) > 1, job, spool, shared, progress)
        done = 0
        work = partial(_judge_portion, job=job)
        for judged in spread(_portions(spool, shared), work, workers if spool.is_large else 1, overlap=job.overlaps):
            done += len(judged.trials)
            progress("validating", done, None)
            yield judged
    finally:
        spool.close()
    yield Judged(common=_common((list(map(_row, block)) for block in shared.values()), job.rules))


def _take_apart(
    path: str, rename: bool, job: Job, spool: Spool, shared: dict[str, list[str]], progress: Progress
) -> None:
    trial, block, terms = "", list[str](), job.terms
    for subject, about in groupby(quads(path, rename), attrgetter("subject")):
        spelled = str(subject)
        owner, lines = trial_of(spelled), []
        for _, predicate, term, graph in about:
            property_, object_ = str(predicate), str(term)
            if graph != _DEFAULT or (terms and not _matters(property_, object_, terms)):
                continue
            lines.append(f"{spelled} {property_} {object_} .\n")
            if property_ == _ABOUT:
                owner = trial_of(object_) or object_
            elif property_ == _NCT_ID or object_ == _TRIAL:
                owner = owner or spelled
        if not owner:
            shared.setdefault(spelled, []).extend(lines)
        elif owner == trial:
            block += lines
        elif job.wants(owner):
            _put(spool, trial, path, block)
            trial, block = owner, lines
            progress("reading", spool.records, None)
    _put(spool, trial, path, block)


def _put(spool: Spool, trial: str, path: str, lines: list[str]) -> None:
    if trial:
        spool.put(Item("graph", trial, path, "", "".join(lines).encode()))


def _portions(spool: Spool, shared: Mapping[str, list[str]]) -> Iterator[Portion]:
    trials = spool.trials()
    while chunk := list(islice(trials, _CHUNK)):
        portion = Portion([], {})
        for items in chunk:
            text = "".join(unpacked(item).data.decode() for item in items)
            if f" {_NCT_ID} " in text or f" {TYPE} {_TRIAL} .\n" in text:  # else it is only mentioned
                portion.trials.append(items[0].nct_id)
                portion.lines |= dict.fromkeys(text.splitlines(keepends=True))
        waiting = deque(portion.lines)
        while waiting:
            for line in shared.get(_object(waiting.popleft()), ()):
                if line not in portion.lines:
                    portion.lines[line] = None
                    waiting.append(line)
        if portion.trials:
            yield portion


def _object(line: str) -> str:
    """The IRI or the blank node at the end of a line of N-Triples; of a literal, anything else."""
    return line[line.rfind("<") : -3] if line.endswith("> .\n") else line[line.rfind(" ", 0, -3) + 1 : -3]


def _judge_portion(portion: Portion, job: Job) -> Judged:
    """What is found in some trials of a graph. The one function that a worker runs."""
    done = Judged(trials=portion.trials)
    done.findings = validate_text("".join(portion.lines), job.rules, job.engine, syntax="ntriples")
    own = [_row(line) for line in portion.lines if f" {_NCT_ID} " in line or line.endswith(f" {TYPE} {_TRIAL} .\n")]
    done.common = _common([own], job.rules)
    if job.scoring:
        rows = map(_row, portion.lines)
        done.scores = list(scores.of_statements(scores.naming(rows, done.sponsors), job.rules.as_of.isoformat()))
    return done


def _mattering(rows: list[Statement], terms: frozenset[str]) -> list[Statement]:
    """The statements with properties and classes that matter; all if there are no such terms."""
    return [row for row in rows if row[1] in terms and (row[1] != TYPE or row[2] in terms)] if terms else rows


def _matters(predicate: str, term: str, terms: frozenset[str]) -> bool:
    return predicate in terms and (predicate != TYPE or term in terms)


# Stores


def of_store(store: pyoxigraph.Store, job: Job, workers: int, progress: Progress) -> Iterator[Judged]:
    """What is found in the trials of a store, some dozens at a time, by the rules that one trial can break.

    The store is asked for each trial and what it links to; scores and rules over trials it can tell by itself.
    """
    type_, class_, nct_id = (pyoxigraph.NamedNode(term[1:-1]) for term in (TYPE, _TRIAL, _NCT_ID))
    typed = store.quads_for_pattern(None, type_, class_, _DEFAULT)
    numbered = store.quads_for_pattern(None, nct_id, None, _DEFAULT)
    subjects = {str(quad.subject) for quad in (*typed, *numbered)}
    trials = sorted(subject for subject in subjects if job.wants(trial_of(subject)))
    surroundings = _Surroundings(store, job)
    portions = (
        Portion(
            [trial_of(trial) for trial in chunk],
            dict.fromkeys(line for trial in chunk for line in surroundings.lines(trial)),
        )
        for chunk in (trials[start : start + _CHUNK] for start in range(0, len(trials), _CHUNK))
    )
    work = partial(_judge_portion, job=Job(job.rules, job.engine))
    done = 0
    for judged in spread(portions, work, workers if len(trials) > 20 * _CHUNK else 1, overlap=job.overlaps):
        done += len(judged.trials)
        progress("validating", done, len(trials))
        yield judged


class _Surroundings:
    """The statements about a trial and its parts, and about what they link to, as far as that is no other trial."""

    def __init__(self, store: pyoxigraph.Store, job: Job) -> None:
        self._store, self._terms = store, job.terms
        self._shared = lru_cache(100_000)(self._about)

    def lines(self, trial: str) -> Iterator[str]:
        """Each a line of N-Triples."""
        if not trial.startswith("<"):
            return
        start = pyoxigraph.NamedNode(trial[1:-1])
        about = pyoxigraph.NamedNode(_ABOUT[1:-1])
        waiting = [start, *(quad.subject for quad in self._store.quads_for_pattern(None, about, start, _DEFAULT))]
        seen, own = set(waiting), trial_of(trial)
        while waiting:
            node = waiting.pop()
            owner = trial_of(str(node))
            if owner and owner != own:
                continue
            lines, following = self._about(node) if owner else self._shared(node)
            yield from lines
            waiting += [each for each in following if each not in seen]
            seen.update(following)

    def _about(self, node: Any) -> tuple[list[str], list[Any]]:
        lines, following = [], []
        for subject, predicate, term, _ in self._store.quads_for_pattern(node, None, None, _DEFAULT):
            property_, object_ = str(predicate), str(term)
            if not self._terms or _matters(property_, object_, self._terms):
                lines.append(f"{subject} {property_} {object_} .\n")
            if property_ != TYPE and not isinstance(term, pyoxigraph.Literal):
                following.append(term)
        return lines, following


# Sources


def _of_sources(
    sources: Sequence[str], job: Job, workers: int, report: BuildReport, progress: Progress
) -> Iterator[Judged]:
    if not sources:
        return
    spool = Spool()
    try:
        read_into(spool, sources, report, progress)
        done = 0
        for judged in in_chunks(spool, partial(judge_items, job=job), workers, overlap=job.overlaps):
            done += len(judged.trials)
            progress("validating", done, spool.records)
            yield judged
    finally:
        spool.close()


def judge_items(chunk: list[list[Item]], job: Job) -> Judged:
    """What is found in some trials, each given by its spooled items. The one function that a worker runs."""
    settings, terms = Settings(".nt"), job.terms
    done, lines, shared = Judged(), list[str](), set[str]()
    held, pages = dict[str, Places](), set[str]()
    for items in chunk:
        trial = merged(items, settings, done.notes) if job.wants(items[0].nct_id) else None
        if trial is None:
            continue
        draft = extraction(settings).draft(spared(trial) if terms else trial)
        name = trial.records[0].nct_id
        held[name] = Places(trial, items, draft.rows)
        if all(record.partial for record in trial.records):
            pages.add(name)
        rows = _mattering(draft.rows, terms)
        lines += [f"{s} {p} {o} .\n" for s, p, o in rows]
        shared |= draft.shared
        if job.scoring:
            done.scores += scores.of_statements(rows, job.rules.as_of.isoformat())
    rows = _mattering(list(map(split, sorted(shared))), terms)
    lines += [f"{s} {p} {o} .\n" for s, p, o in rows]
    found = validate_text("".join(lines), job.rules, job.engine, pages, "ntriples")
    done.trials = list(held)
    done.findings = [held[each.trial].placed(each) if each.trial in held else each for each in found]
    done.common = _common([rows], job.rules)
    if job.scoring:
        deque(scores.naming(rows, done.sponsors), 0)
    return done


def _common(blocks: Iterable[Sequence[Statement]], counting: Rules) -> set[str]:
    """Of blocks of statements, each about some things, those that rules over several trials ask for, as lines.

    The name and the class of a thing count only where a rule asks for something else of it.
    """
    naming, kept = {TYPE, LABEL}, set[str]()
    telling = counting.across_terms - naming
    for block in blocks:
        told = {s for s, p, _ in block if p in telling}
        kept.update(f"{s} {p} {o} .\n" for s, p, o in block if s in told and (p in telling or p in naming))
    return kept


def _row(line: str) -> Statement:
    """The statement of a line of N-Triples."""
    return split(line[:-3])
