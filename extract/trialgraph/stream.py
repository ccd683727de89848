"""The trials of sources, as a stream: records are read into a spool, which gives them back by trial, in chunks.

The spool gives the trials in the order of their NCT ids, and one pure function does the work on a chunk. So what comes
out is the same for any order of the sources and any number of workers, and nothing holds the registry in memory.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TypeVar

from msgspec import Struct

from trialgraph import readers, resources
from trialgraph.errors import InputError, RecordError
from trialgraph.extractors import Extraction
from trialgraph.iris import BASE
from trialgraph.merge import merge
from trialgraph.privacy import private
from trialgraph.readers import Item, Rejected, Source, named
from trialgraph.record import Finding, Record, Trial
from trialgraph.report import BuildReport, where
from trialgraph.spool import Spool, unpacked
from trialgraph.statements import Contacts, Values
from trialgraph.workers import spread

#: Told how far the work is: what is being done, how much is done, and of how much (None while that is unknown).
Progress = Callable[[str, int, int | None], None]

Done = TypeVar("Done")

#: Trials that a worker takes at once: some megabytes of text, beyond which memory costs more than it saves.
_CHUNK = 32


class Settings(Struct, frozen=True):
    """What every worker has to know."""

    extension: str
    base: str = BASE
    contacts: Contacts = "full"
    graphs: bool = False  # one named graph a record, beside the default graph
    retrieved: str | None = None  # the day on which the sources were captured
    said: bool = False  # note which trial says what of shared things, for a store


def read_into(spool: Spool, sources: Source | Iterable[Source], report: BuildReport, progress: Progress) -> None:
    """Put the records of the sources into a spool. Raises InputError as `build` does."""
    words = resources.vocabulary()
    for source in named(sources):
        report.sources.setdefault(source, 0)
    errors: list[str] = []
    for source in report.sources:
        before = spool.records
        try:
            for found in readers.items([source], words):
                if isinstance(found, Rejected):
                    report.reject(found)
                    continue
                spool.put(found)
                if spool.records % _CHUNK == 0:
                    progress("reading", spool.records, None)
        except InputError as error:
            errors.append(str(error))
        report.sources[source] = spool.records - before
    if errors:
        raise InputError("\n".join(errors))
    report.records = spool.records
    progress("reading", spool.records, spool.records)
    if not spool.records:
        raise no_trial(report)


def no_trial(report: BuildReport) -> InputError:
    """The error that there is nothing to work on."""
    first = next((f"; the first rejection: {where(f)}: {f.message}" for f in report.listed), "")
    return InputError(f"no trial in {', '.join(report.sources) or 'no source'}{first}")


def chunks(spool: Spool, after: str = "") -> Iterator[list[list[Item]]]:
    """The trials of a spool in chunks, in order; with `after`, only those whose NCT ids come after it."""
    trials = spool.trials(after)
    return iter(lambda: list(islice(trials, _CHUNK)), [])


def in_chunks(
    spool: Spool, work: Callable[[list[list[Item]]], Done], workers: int, overlap: bool = False
) -> Iterator[Done]:
    """What a function makes of each chunk of the trials of a spool, in order, by as many workers as it is worth."""
    return spread(chunks(spool), work, workers if spool.is_large else 1, overlap)


def merged(items: Sequence[Item], settings: Settings, findings: list[Finding]) -> Trial | None:
    """The trial that the items describe; None if none of them can be read. What is found on the way is added."""
    records: list[Record] = []
    words = resources.vocabulary()
    for item in items:
        try:
            record = readers.record(unpacked(item), words)
        except RecordError as error:
            findings.append(Finding("rejected", str(error), "", error.pointer, item.file, item.nct_id))
            continue
        if settings.contacts != "full":
            record = private(record, keep_names=settings.contacts == "names")
        findings += record.findings
        records.append(record)
    return merge(records) if records else None


@lru_cache(1)
def extraction(settings: Settings) -> Extraction:
    """The extraction of all trials of a run."""
    values = Values(resources.vocabulary(), resources.mapping())
    return Extraction(values, settings.base, settings.contacts, settings.retrieved)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
