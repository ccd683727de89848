"""Sources in, a graph out: read, merge by trial, extract, write in order, count, report.

One pure function turns a chunk of trials into a block of the output; nothing holds the registry in memory but the
statements about what trials share.
"""

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from operator import itemgetter
from typing import get_args

import pyoxigraph
from msgspec import Struct

from trialgraph import store, storing
from trialgraph.errors import UsageError
from trialgraph.fetch import following
from trialgraph.iris import BASE, TYPE
from trialgraph.mark import Mark, check_options
from trialgraph.model import walk
from trialgraph.readers import Item, Source
from trialgraph.readers.item import join
from trialgraph.record import Finding, Trial
from trialgraph.report import BuildReport
from trialgraph.said import Said, packed
from trialgraph.spool import Spool
from trialgraph.statements import Contacts, Draft, Oddity, Statement, split
from trialgraph.statements import date as spelled_date
from trialgraph.stream import Progress, Settings, extraction, in_chunks, merged, no_trial, read_into
from trialgraph.writers import FORMATS, Format, extension
from trialgraph.writers.output import output

_SHARED_CHUNK = 2_000


class Rendered(Struct):
    """A chunk of trials as text in UTF-8, and what is to be told and counted about it."""

    text: bytes
    shared: set[str]
    findings: list[Finding]
    things: Counter[str]
    statements: Counter[str]
    trials: int = 0
    disagreements: int = 0
    said: list[tuple[str, bytes]] = []  # what each trial says of shared things


def build(
    sources: Source | Iterable[Source],
    out: str | os.PathLike[str],
    *,
    base: str = BASE,
    contacts: Contacts = "full",
    graphs: bool = False,
    retrieved: str | None = None,
    workers: int = 1,
    progress: Progress = lambda stage, done, total: None,
    tell: Callable[[str], None] = lambda message: None,
) -> BuildReport:
    """Write the graph of all records of the sources to a file or a store, whole or not at all.

    `out` ends in .ttl, .nt, .nq, .trig or .jsonld, each also with .gz; "-" is Turtle on standard output; a directory,
    or a name that ends in "/" or ".store", is a store, in which the trials that are read take the place of older ones.
    `tell` is told what a run that was killed had left, and was removed.
    Raises InputError if a source cannot be read or if none holds a record, UsageError for a wrong argument.
    """
    started, out = time.perf_counter(), os.fspath(out)
    is_file = out == "-" or not store.is_folder(out)
    name, gzipped = (".ttl", False) if out == "-" else extension(out) if is_file else (".nq", False)
    settings = Settings(name, checked_base(base), contacts, graphs, checked_day(retrieved), said=not is_file)
    format_ = FORMATS[name]
    if graphs and not format_.graphs:
        raise UsageError(f"{out}: {name} holds no named graphs; write .nq, .trig or .jsonld, or leave out --graphs")
    if contacts not in get_args(Contacts):
        raise UsageError(f"--contacts {contacts}: not one of {', '.join(get_args(Contacts))}")
    if workers < 1:
        raise UsageError(f"--workers {workers}: at least 1")
    mark = Mark(settings.base, contacts, graphs, settings.retrieved)
    if not is_file:  # before the sources are read, which can take minutes
        storing.check_place(out, tell)
        if store.is_store(out):
            check_options(out, mark)
    report = BuildReport(output="standard output" if out == "-" else out)
    spool, said = Spool(), Said()
    try:
        with output(out, gzipped) if is_file else nullcontext() as stream:
            read_into(spool, sources, report, progress)
            blocks = _some(pieces(spool, settings, report, said, workers, progress), report)
            if stream:
                stream.writelines(blocks)
            elif store.is_store(out):
                report.changes = storing.update(out, blocks, said)
            else:
                storing.create(out, blocks, said, mark, _followed(report.sources))
    finally:
        spool.close()
        said.close()
    report.seconds = time.perf_counter() - started
    return report


def _some(blocks: Iterable[bytes], report: BuildReport) -> Iterator[bytes]:
    """The pieces of a graph. Raises InputError after the last if no trial was among them."""
    yield from blocks
    if not report.trials:
        raise no_trial(report)


def _followed(sources: Collection[str]) -> dict[str, bytes]:
    """The file that tells `sync` what a store of a fetched folder follows."""
    followed = following.of_folder(*sources) if len(sources) == 1 else None
    return {following.NAME: following.encoded(followed)} if followed else {}


def statements(
    sources: Source | Iterable[Source], *, base: str = BASE, contacts: Contacts = "full"
) -> Iterator[Statement]:
    """The statements of all records of the sources: trial by trial, and then about the things that trials share.

    Each is a triple of N-Triples spellings. Raises InputError as `build` does.
    """
    report, spool = BuildReport(), Spool()
    settings = Settings(".nt", checked_base(base), contacts)
    shared: set[str] = set()
    try:
        read_into(spool, sources, report, lambda stage, done, total: None)
        for items in spool.trials():
            if trial := merged(items, settings, []):
                draft = extraction(settings).draft(trial)
                yield from draft.rows
                shared |= draft.shared
    finally:
        spool.close()
    yield from map(split, sorted(shared))


def render(
    chunk: Sequence[Sequence[Item]], settings: Settings, drafted: Callable[[Draft], None] = lambda draft: None
) -> Rendered:
    """The block of some trials, each given by its spooled items. The one function that a worker runs.

    `drafted` is shown the statements about each trial.
    """
    done = Rendered(b"", set(), [], Counter(), Counter())
    format_, blocks = FORMATS[settings.extension], []
    for items in chunk:
        trial = merged(items, settings, done.findings)
        if trial is None:
            continue
        draft = extraction(settings).draft(trial)
        drafted(draft)
        done.trials += 1
        done.disagreements += len(trial.differences)
        if not (len(trial.records) == 1 and trial.records[0].partial):  # what is odd on a page, its reader told
            done.findings += _located(draft.oddities, trial)
        done.shared |= draft.shared
        if settings.said:
            done.said.append((trial.records[0].nct_id, packed(draft.shared)))
        blocks.append(format_.block(draft.rows, settings.base, ""))
        _count(draft.rows, draft.classes, done.things, done.statements)
        if settings.graphs:
            for graph, own in extraction(settings).record_drafts(trial):
                rows = [*own.rows, *map(split, sorted(own.shared))]
                blocks.append(format_.block(rows, settings.base, graph))
    # One block at a time: a single character beyond Latin-1 makes a Python string twice as large.
    done.text = format_.separator.encode().join([block.encode() for block in blocks])
    return done


def checked_base(base: str) -> str:
    """A base of instance IRIs. Raises UsageError if IRIs cannot be made of it."""
    try:
        pyoxigraph.NamedNode(base)
    except ValueError as error:
        raise UsageError(f"--base {base}: not an IRI: {error}") from error
    if not base.startswith(("http://", "https://")) or not base.endswith("/"):
        raise UsageError(f"--base {base}: must begin with http:// or https:// and end in /")
    return base


def checked_day(day: str | None) -> str | None:
    """The day on which sources were captured. Raises UsageError if it is none."""
    if day is not None and not (len(day) == 10 and spelled_date(day)):
        raise UsageError(f"--retrieved {day}: not a day such as 2026-11-22")
    return day


def pieces(
    spool: Spool, settings: Settings, report: BuildReport, said: Said, workers: int, progress: Progress
) -> Iterator[bytes]:
    """The text of the graph in pieces, each of some trials or of some shared things; counted on the way."""
    format_ = FORMATS[settings.extension]
    shared: set[str] = set()
    separator, between = format_.header(settings.base).encode(), format_.separator.encode()
    for done in in_chunks(spool, partial(render, settings=settings), workers):
        said.put(done.said)
        report.trials += done.trials
        report.disagreements += done.disagreements
        report.add(done.findings)
        report.count_classes(done.things, done.statements)
        shared |= done.shared
        if done.text:
            yield separator + done.text
            separator = between
        progress("building", report.trials, spool.records)
    if not report.trials:
        return
    for block in shared_blocks(sorted(shared), format_, settings, report):
        yield separator + block.encode()
        separator = between
    report.statements = sum(statements for _, statements in report.classes.values())
    yield format_.footer.encode()


def shared_blocks(shared: list[str], format_: Format, settings: Settings, report: BuildReport) -> Iterator[str]:
    """The blocks of shared things, sorted; all statements about a thing are in one block, and are counted."""
    things: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    start = 0
    while start < len(shared):
        end = min(start + _SHARED_CHUNK, len(shared))
        while end < len(shared) and shared[end].split(" ", 1)[0] == shared[end - 1].split(" ", 1)[0]:
            end += 1
        rows = [split(line) for line in shared[start:end]]
        _count(rows, {s: o for s, p, o in reversed(rows) if p == TYPE}, things, counts)
        yield format_.block(rows, settings.base, "")
        start = end
    report.count_classes(things, counts)


def _count(
    rows: Iterable[Statement], classes: Mapping[str, str], things: Counter[str], statements: Counter[str]
) -> None:
    """Count things and the statements about them by class."""
    things.update(classes.values())
    statements.update(map(classes.__getitem__, map(itemgetter(0), rows)))


def _located(oddities: Sequence[Oddity], trial: Trial) -> Iterator[Finding]:
    """The findings of a draft, each with the record that holds the value and the value's place in it."""
    if not oddities:
        return
    places: dict[tuple[str, str], deque[tuple[str, str]]] = {}
    for record in trial.records:
        for path, pointer, value in walk(record.study):
            name = path.rpartition(".")[2].removesuffix("[]")
            places.setdefault((name, str(value)), deque()).append((record.file, join(record.place, pointer)))
    for oddity in oddities:
        words = oddity.field.rstrip("_").split("_")
        name = words[0] + "".join(word.title() for word in words[1:])
        found = places.get((name, oddity.value))
        # Equal values are told apart by their order, which is that of the record.
        file, pointer = (found.popleft() if len(found) > 1 else found[0]) if found else (trial.records[0].file, "")
        yield Finding(oddity.kind, oddity.message, oddity.value[:200], pointer, file, trial.records[0].nct_id)
