"""Trials to the text of a graph, in pieces: one pure function a chunk of trials, then what the trials share."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import BinaryIO, NamedTuple

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
from trialgraph.writers.placed import Place, keep, write

_SHARED_CHUNK = 2_000
#: In a worker, the shared statements that it has given lately, some 20 MB of them at most.
_given: set[str] = set()
_MOST_GIVEN = 1 << 17


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
    size: int = 0  # of the text, in bytes, if the worker keeps it
    written: list[int] = []  # the numbers of the chunks of which it has written the text


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


class Portion(NamedTuple):
    """A chunk of trials with its number, and where the texts of earlier ones belong in a file."""

    number: int
    chunk: list[list[Item]]
    places: Mapping[int, Place]


def _render_new(chunk: list[list[Item]], settings: Settings) -> Rendered:
    """What a worker makes of a chunk, without the shared statements that it lately gave of another: most of them."""
    done = render(chunk, settings)
    done.shared -= _given
    if len(_given) > _MOST_GIVEN:
        _given.clear()
    _given.update(done.shared)
    return done


def _render_into(portion: Portion, settings: Settings, path: str) -> Rendered:
    """What a worker makes of a chunk but for the text, which it writes into a file when it is told the place."""
    written = write(path, portion.places)
    done = _render_new(portion.chunk, settings)
    separator = FORMATS[settings.extension].separator.encode()
    done.size = keep(portion.number, done.texts[:1] + [separator + text for text in done.texts[1:]])
    done.texts, done.written = [], written
    return done


class Rendering:
    """The text of a graph, made piece by piece, with what is counted on the way and which trial was the last."""

    def __init__(self, settings: Settings, report: BuildReport, workers: int, progress: Progress) -> None:
        self.settings, self.report, self.progress = settings, report, progress
        self.spool, self.said, self.shared = Spool(), Said(), Distinct()
        self.last = ""
        self._workers = Workers(workers)
        self._format = FORMATS[settings.extension]

    def read(self, sources: Source | Iterable[Source]) -> None:
        """Put the records of the sources into the spool. Raises InputError as `build` does."""

        def progress(stage: str, done: int, total: int | None) -> None:
            self._start_workers()  # at once, so that they are ready when all is read
            self.progress(stage, done, total)

        read_into(self.spool, sources, self.report, progress)

    def pieces(self) -> Iterator[bytes]:
        """The pieces, each of a trial of the spool after the last one, or of some things that trials share."""
        self._start_workers()
        work = partial(_render_new if self._workers.are_apart else render, settings=self.settings)
        lead, separator = self._leads()
        for done in self._workers.map(work, chunks(self.spool, self.last)):
            for text in done.texts:
                yield lead + text
                lead = separator
            self._take(done)  # not before, so that what is counted has been taken
        yield from self._ending(lead)

    def write(self, file: BinaryIO) -> None:
        """Write all that `pieces` gives into a new file, the texts of trials by the workers themselves."""
        self._start_workers()
        if not self._workers.are_apart:
            file.writelines(self.pieces())
            return
        lead, separator = self._leads()
        end, places = 0, dict[int, Place]()
        portions = (Portion(number, chunk, dict(places)) for number, chunk in enumerate(chunks(self.spool)))
        work = partial(_render_into, settings=self.settings, path=file.name)
        for number, done in enumerate(self._workers.map(work, portions)):
            if done.size:
                places[number] = Place(end, lead)
                end, lead = end + len(lead) + done.size, separator
            for each in done.written:
                del places[each]
            self._take(done)
        written = self._workers.each(partial(write, file.name, places))
        assert sorted(places) == sorted(chain.from_iterable(written)), "all that was made is written"
        self._workers.close(wait=False)
        file.seek(end)
        file.writelines(self._ending(lead))

    def _leads(self) -> tuple[bytes, bytes]:
        """What stands before the first piece, and before each other."""
        return self._format.header(self.settings.base).encode(), self._format.separator.encode()

    def _take(self, done: Rendered) -> None:
        """Count what was made of a chunk."""
        self.said.put(done.said)
        self.shared.add(done.shared)
        self.last = done.last
        self.report.trials += done.trials
        self.report.disagreements += done.disagreements
        self.report.add(done.findings)
        self.report.count_classes(done.things, done.statements)
        self.progress("building", self.report.trials, self.spool.records)

    def _ending(self, lead: bytes) -> Iterator[bytes]:
        """The pieces of what trials share, and the end; none if there is no trial."""
        if not self.report.trials:
            return
        self.progress("what trials share", 0, None)
        for block in shared_blocks(self.shared, self._format, self.settings, self.report):
            yield lead + block
            lead = self._format.separator.encode()
        self.report.statements = sum(statements for _, statements in self.report.classes.values())
        yield self._format.footer.encode()

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
