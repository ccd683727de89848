"""Sources in, a graph out: read, merge by trial, extract, write in order, count, report.

One pure function turns a chunk of trials into a block of the output; nothing holds the registry in memory.
"""

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import get_args

import pyoxigraph

from trialgraph import checkpoint, store, storing
from trialgraph.checkpoint import Checkpoint, Given
from trialgraph.distinct import Distinct
from trialgraph.errors import InputError, UsageError
from trialgraph.fetch import following
from trialgraph.iris import BASE
from trialgraph.limits import allow_files
from trialgraph.mark import Mark, check_options
from trialgraph.readers import Source, named
from trialgraph.rendering import Rendering
from trialgraph.report import BuildReport, plural
from trialgraph.spool import Spool
from trialgraph.statements import Contacts, Statement, split
from trialgraph.statements import date as spelled_date
from trialgraph.stream import Progress, Settings, extraction, merged, no_trial, read_into
from trialgraph.swap import Left
from trialgraph.writers import FORMATS, extension
from trialgraph.writers.output import output

#: The folder of what trials share, beside a store that is being made.
_SHARED = "shared"


def build(
    sources: Source | Iterable[Source],
    out: str | os.PathLike[str],
    *,
    base: str = BASE,
    contacts: Contacts = "full",
    graphs: bool = False,
    retrieved: str | None = None,
    workers: int = 1,
    resume: bool = False,
    progress: Progress = lambda stage, done, total: None,
    tell: Callable[[str], None] = lambda message: None,
) -> BuildReport:
    """Write the graph of all records of the sources to a file or a store, whole or not at all.

    `out` ends in .ttl, .nt, .nq, .trig or .jsonld, each also with .gz; "-" is Turtle on standard output; a directory,
    or a name that ends in "/" or ".store", is a store, in which the trials that are read take the place of older ones.
    With `resume`, a new store is made of what a run that was killed had made of the same sources with the same options.
    `tell` is told what a run that was killed had left, and what becomes of it.
    Raises InputError if a source cannot be read or if none holds a record, UsageError for a wrong argument.
    """
    started, out, sources = time.perf_counter(), os.fspath(out), named(sources)
    is_file = out == "-" or not store.is_folder(out)
    name, gzipped = (".ttl", False) if out == "-" else extension(out) if is_file else (".nq", False)
    settings = Settings(name, checked_base(base), contacts, graphs, checked_day(retrieved), said=not is_file)
    if graphs and not FORMATS[name].graphs:
        raise UsageError(f"{out}: {name} holds no named graphs; write .nq, .trig or .jsonld, or leave out --graphs")
    if contacts not in get_args(Contacts):
        raise UsageError(f"--contacts {contacts}: not one of {', '.join(get_args(Contacts))}")
    if workers < 1:
        raise UsageError(f"--workers {workers}: at least 1")
    if resume and is_file:
        raise UsageError(f"--resume: {out} is written from its beginning; only the build of a store can go on")
    allow_files()
    report = BuildReport(output="standard output" if out == "-" else out)
    rendering = Rendering(settings, report, workers, progress)
    try:
        if is_file:
            with output(out, gzipped, tell) as stream:
                rendering.read(sources)
                if gzipped or out == "-":
                    stream.writelines(rendering.pieces())
                else:
                    rendering.write(stream)
                if not report.trials:
                    raise no_trial(report)
        else:
            mark = Mark(settings.base, contacts, graphs, settings.retrieved)
            _build_store(out, sources, mark, resume, rendering, tell)
    finally:
        rendering.close()
    rendering.report.seconds = time.perf_counter() - started
    return rendering.report


def _build_store(
    out: str, sources: list[str], mark: Mark, resume: bool, rendering: Rendering, tell: Callable[[str], None]
) -> None:
    given = checkpoint.given(sources, mark) if resume or "-" not in sources else None
    # The place is checked before the sources are read, which can take minutes.
    target = storing.check_place(out, tell, lambda folder: resume and checkpoint.read(folder, given) is not None)
    found = None
    if store.is_store(out):
        check_options(out, mark)
    elif resume:
        found = _unfinished(out, target, given, tell)
    try:
        rendering.read(sources)
    except BaseException as error:
        if found:
            found[0].keep(error)
            found[0].close()
        raise
    if store.is_store(out):
        rendering.report.changes = storing.update(out, _some(rendering), rendering.said)
        return

    def note(beside: Path) -> None:
        if given and rendering.last:
            rendering.shared.save(beside / _SHARED)
            checkpoint.save(beside, Checkpoint(given, rendering.last, rendering.report))

    left = None
    if found:
        left, state = found
        rendering.report, rendering.last = state.report, state.last
        rendering.shared = Distinct(left.folder / _SHARED)
    files = _followed(sources)
    storing.create(
        out, _some(rendering), rendering.said, mark, files, left=left, note=note, progress=rendering.progress
    )


def _unfinished(
    out: str, target: Path, given: Given | None, tell: Callable[[str], None]
) -> tuple[Left, Checkpoint] | None:
    """What a killed run left of the same build, which nobody else can take from now on; None if there is nothing."""
    if checkpoint.under_way(target, given):
        raise InputError(f"{out}: another run is building it of the same files; wait for it to end")
    found = checkpoint.find(target, given)
    if found:
        state = found[1]
        tell(f"{out}: going on after {state.last}; {plural(state.report.trials, 'trial')} had been loaded")
    else:
        tell(f"{out}: no unfinished build of the same files with the same options; built from the beginning")
    return found


def _some(rendering: Rendering) -> Iterator[bytes]:
    """The pieces of a graph. Raises InputError after the last if no trial was among them."""
    yield from rendering.pieces()
    if not rendering.report.trials:
        raise no_trial(rendering.report)


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
    shared = Distinct()
    try:
        read_into(spool, sources, report, lambda stage, done, total: None)
        for items in spool.trials():
            if trial := merged(items, settings, []):
                draft = extraction(settings).draft(trial)
                yield from draft.rows
                shared.add(draft.shared)
        yield from map(split, shared)
    finally:
        spool.close()
        shared.close()


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
