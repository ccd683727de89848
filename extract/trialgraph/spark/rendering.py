"""What tasks do with trials: the statements, the rows of tables and the findings of each, by the functions of `build`.

What comes out are texts, each for a stage: a folder of files of lines.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from msgspec import Struct, to_builtins
from msgspec.json import encode

from trialgraph.findings import Finding, clean
from trialgraph.iris import TYPE
from trialgraph.readers import Item
from trialgraph.record import Finding as Note
from trialgraph.rendering import render, shared_blocks
from trialgraph.report import BuildReport, Seen
from trialgraph.spark.reading import Pair
from trialgraph.spark.tables import rows
from trialgraph.statements import Draft, split
from trialgraph.stream import Settings
from trialgraph.validate import Job, judge_items
from trialgraph.writers import FORMATS

#: The stages. That of a table is its name after TABLE.
NQUADS, SHARED, FINDINGS, COMMON, COUNTS, TABLE = "nquads", "shared", "findings", "common", "counts", "table-"

_CHUNK = 32
#: How many statements about shared things a task remembers, so as to pass each on once.
_REMEMBERED = 100_000
_SHARED_CHUNK = 2_000


class Work(Struct, frozen=True):
    """What every task has to know."""

    settings: Settings
    job: Job | None  # of validation
    tables: bool


class Counts(Struct):
    """What a task counted: a part of a BuildReport."""

    trials: int
    disagreements: int
    classes: dict[str, tuple[int, int]]
    listed: list[Note]
    repeated: list[Seen]

    def add_to(self, report: BuildReport) -> None:
        """Take the counts up."""
        report.trials += self.trials
        report.disagreements += self.disagreements
        report.listed += self.listed
        for name, (things, statements) in self.classes.items():
            known = report.classes.get(name, (0, 0))
            report.classes[name] = known[0] + things, known[1] + statements
        for seen in self.repeated:
            known_seen = report.repeated.setdefault((seen.kind, seen.field, seen.value), seen)
            if known_seen is not seen:
                known_seen.count += seen.count
                known_seen.first = min(known_seen.first, seen.first, key=lambda first: first.nct_id)


def of_trials(pairs: Iterable[Pair], work: Work) -> Iterator[tuple[str, str]]:
    """The stage and the text of all that the trials of a partition give. The one function that a task runs."""
    report = BuildReport()
    passed: set[str] = set()
    by_trial = groupby(pairs, lambda pair: pair[0][0])
    trials = ([item for _, item in items if isinstance(item, Item)] for _, items in by_trial)
    while chunk := list(islice(trials, _CHUNK)):
        yield from _of_chunk(chunk, work, report, passed)
    yield COUNTS, _counted(report)


def _of_chunk(chunk: list[list[Item]], work: Work, report: BuildReport, passed: set[str]) -> Iterator[tuple[str, str]]:
    cells: defaultdict[str, list[str]] = defaultdict(list)

    def tabulate(draft: Draft) -> None:
        for name, row in rows(draft.rows, draft.classes):
            cells[name].append(row)

    done = render(chunk, work.settings, tabulate if work.tables else lambda draft: None)
    report.trials += done.trials
    report.disagreements += done.disagreements
    report.add(done.findings)
    report.count_classes(done.things, done.statements)
    if done.texts:
        yield NQUADS, b"".join(done.texts).decode().removesuffix("\n")
    if new := done.shared - passed:
        if len(passed) > _REMEMBERED:
            passed.clear()
        passed |= new
        yield SHARED, "\n".join(new)
    yield from _tables(cells)
    if work.job:
        judged = judge_items(chunk, work.job)
        if judged.findings:
            yield FINDINGS, "\n".join(map(as_line, judged.findings))
        if judged.common:
            yield COMMON, "".join(judged.common).removesuffix("\n")


def of_shared(lines: Iterable[str], work: Work) -> Iterator[tuple[str, str]]:
    """The stage and the text of the statements about things that trials share, which come sorted, each once."""
    report, format_ = BuildReport(), FORMATS[work.settings.extension]
    things = (list(about) for _, about in groupby(lines, lambda line: line.partition(" ")[0]))
    while batch := [line for about in islice(things, _SHARED_CHUNK) for line in about]:
        for block in shared_blocks(batch, format_, work.settings, report):
            yield NQUADS, block.decode().removesuffix("\n")
        if work.tables:
            statements = [split(line) for line in batch]
            cells: defaultdict[str, list[str]] = defaultdict(list)
            for name, row in rows(statements, {s: o for s, p, o in reversed(statements) if p == TYPE}):
                cells[name].append(row)
            yield from _tables(cells)
    yield COUNTS, _counted(report)


def as_line(finding: Finding) -> str:
    """A finding as a line of JSON."""
    return encode({name: clean(value) for name, value in to_builtins(finding).items()}).decode()


def _tables(cells: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    return ((TABLE + name, "\n".join(of_table)) for name, of_table in cells.items())


def _counted(report: BuildReport) -> str:
    counts = Counts(report.trials, report.disagreements, report.classes, report.listed, list(report.repeated.values()))
    return encode(counts).decode()
