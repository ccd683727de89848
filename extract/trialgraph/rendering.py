"""Trials to the text of a graph, in pieces: one pure function a chunk of trials, then what the trials share."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter

from msgspec import Struct

from trialgraph.distinct import Distinct
from trialgraph.iris import TYPE
from trialgraph.model import walk
from trialgraph.readers import Item, Source
from trialgraph.readers.item import join
from trialgraph.record import Finding, Trial
from trialgraph.report import BuildReport
from trialgraph.said import Said, packed
from trialgraph.spool import Spool
from trialgraph.statements import Draft, Oddity, Statement, split
from trialgraph.stream import Progress, Settings, chunks, extraction, merged, read_into
from trialgraph.workers import Workers
from trialgraph.writers import FORMATS, Format

_SHARED_CHUNK = 2_000


class Rendered(Struct):
    """A chunk of trials, each as text in UTF-8, and what is to be told and counted about them."""

    texts: list[bytes]
    shared: set[str]
    findings: list[Finding]
    things: Counter[str]
    statements: Counter[str]
    last: str  # the NCT id of the last trial
    trials: int = 0
    disagreements: int = 0
    said: list[tuple[str, bytes]] = []  # what each trial says of shared things


def render(
    chunk: Sequence[Sequence[Item]], settings: Settings, drafted: Callable[[Draft], None] = lambda draft: None
) -> Rendered:
    """The blocks of some trials, each given by its spooled items. The one function that a worker runs.

    `drafted` is shown the statements about each trial.
    """
    done = Rendered([], set(), [], Counter(), Counter(), chunk[-1][0].nct_id)
    format_ = FORMATS[settings.extension]
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
        blocks = [format_.block(draft.rows, settings.base, "")]
        _count(draft.rows, draft.classes, done.things, done.statements)
        if settings.graphs:
            for graph, own in extraction(settings).record_drafts(trial):
                rows = [*own.rows, *map(split, sorted(own.shared))]
                blocks.append(format_.block(rows, settings.base, graph))
        done.texts.append(format_.separator.encode().join(blocks))
    return done


class Rendering:
    """The text of a graph, made piece by piece, with what is counted on the way and which trial was the last."""

    def __init__(self, settings: Settings, report: BuildReport, workers: int, progress: Progress) -> None:
        self.settings, self.report, self.progress = settings, report, progress
        self.spool, self.said, self.shared = Spool(), Said(), Distinct()
        self.last = ""
        self._workers = Workers(workers)

    def read(self, sources: Source | Iterable[Source]) -> None:
        """Put the records of the sources into the spool. Raises InputError as `build` does."""

        def progress(stage: str, done: int, total: int | None) -> None:
            self._start_workers()  # at once, so that they are ready when all is read
            self.progress(stage, done, total)

        read_into(self.spool, sources, self.report, progress)

    def pieces(self) -> Iterator[bytes]:
        """The pieces, each of a trial of the spool after the last one, or of some things that trials share."""
        format_, report = FORMATS[self.settings.extension], self.report
        separator, between = format_.header(self.settings.base).encode(), format_.separator.encode()
        self._start_workers()
        for done in self._workers.map(partial(render, settings=self.settings), chunks(self.spool, self.last)):
            for text in done.texts:
                yield separator + text
                separator = between
            # Not before, so that what is counted has been taken.
            self.said.put(done.said)
            self.shared.add(done.shared)
            self.last = done.last
            report.trials += done.trials
            report.disagreements += done.disagreements
            report.add(done.findings)
            report.count_classes(done.things, done.statements)
            self.progress("building", report.trials, self.spool.records)
        if not report.trials:
            return
        self.progress("what trials share", 0, None)
        for block in shared_blocks(self.shared, format_, self.settings, report):
            yield separator + block
            separator = between
        report.statements = sum(statements for _, statements in report.classes.values())
        yield format_.footer.encode()

    def _start_workers(self) -> None:
        if self.spool.is_large:
            self._workers.start()

    def close(self) -> None:
        """Drop what is in temporary files, and end the workers."""
        self._workers.close()
        self.spool.close()
        self.shared.close()
        self.said.close()


def shared_blocks(shared: Iterable[str], format_: Format, settings: Settings, report: BuildReport) -> Iterator[bytes]:
    """The blocks of shared things, sorted; all statements about a thing are in one block, and are counted."""
    things: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for rows in _together(map(split, shared)):
        _count(rows, {s: o for s, p, o in reversed(rows) if p == TYPE}, things, counts)
        yield format_.block(rows, settings.base, "")
    report.count_classes(things, counts)


def _together(statements: Iterable[Statement]) -> Iterator[list[Statement]]:
    """Some thousands of statements at a time, and all about a thing together."""
    rows: list[Statement] = []
    for statement in statements:
        if len(rows) >= _SHARED_CHUNK and statement[0] != rows[-1][0]:
            yield rows
            rows = []
        rows.append(statement)
    if rows:
        yield rows


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
