"""The command line: parse, call the API, print. Data go to standard output, progress and reports to standard error."""

import datetime
import signal
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
import msgspec

from trialgraph import __version__, clusters, commands, gate, registry, resources, scores
from trialgraph.build import build as build_graph
from trialgraph.coverage import coverage as count_fields
from trialgraph.endpoint import Endpoint
from trialgraph.errors import TrialgraphError, UsageError
from trialgraph.iris import BASE
from trialgraph.mirror import mirrored
from trialgraph.report import BuildReport, where
from trialgraph.reports import FORMATS, Options
from trialgraph.reports.common import verdict
from trialgraph.rules import rules
from trialgraph.stream import cores
from trialgraph.terminal import progress_bar, safe
from trialgraph.validate import Checked, Job, check
from trialgraph.writers.output import output

if TYPE_CHECKING:
    from trialgraph.engines import Engine
    from trialgraph.gate import FailOn
    from trialgraph.statements import Contacts


class _Group(click.Group):
    """Turns the errors of the package into one line and the exit status that each has."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except TrialgraphError as error:
            click.echo(f"trialgraph: {safe(str(error))}", err=True)
            _tell_notes(error)
            context.exit(error.exit_status)
        except KeyboardInterrupt as error:
            click.echo("trialgraph: interrupted; no output was changed", err=True)
            _tell_notes(error)
            context.exit(130)
        except _TerminatedError as error:
            click.echo("trialgraph: terminated; no output was changed", err=True)
            _tell_notes(error)
            context.exit(128 + signal.SIGTERM)
        except BrokenPipeError:
            # The reader of a pipe left; there is nothing more to say to it.
            sys.stdout = None
            context.exit(0)


class _TerminatedError(SystemExit):
    """Raised where a signal asks the process to end."""


def _terminate(number: int, frame: object) -> None:
    raise _TerminatedError


def _tell_notes(error: BaseException) -> None:
    """What was kept of the work that an error broke off."""
    for note in getattr(error, "__notes__", ()):
        click.echo(safe(note), err=True)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="trialgraph")
def main() -> None:
    """Clinical-trial registry records, in whatever form you have them, as one RDF knowledge graph.

    Exit status: 0 done, 1 findings that an option makes a failure, 2 usage, 3 an input that cannot be read,
    4 a fault in a shape or a query, or an internal one, 5 incomplete: a new run goes on.
    """
    signal.signal(signal.SIGTERM, _terminate)  # as any error, without a half file


_BUILD_OPTIONS = [
    click.option(
        "--contacts",
        type=click.Choice(["full", "names", "none"]),
        default="full",
        show_default=True,
        help="Contacts of people: as published, without phone and e-mail, or left out.",
    ),
    click.option(
        "--graphs",
        type=click.Choice(["none", "record"]),
        default="none",
        show_default=True,
        help="One named graph a record beside the default graph (.nq, .trig, .jsonld).",
    ),
    click.option("--base", default=BASE, show_default=True, help="The base of the IRIs of trials and their parts."),
    click.option("--retrieved", metavar="DAY", help="The day on which the sources were captured, as tg:retrieved."),
    click.option("--report", "report_file", metavar="FILE", help="Write the whole report as JSON too."),
    click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes  [default: one a core]"),
    click.option("--strict", is_flag=True, help="Exit 1 if a record was rejected."),
    click.option("--strict-schema", is_flag=True, help="Exit 1 if a field or a value is unknown."),
    click.option("--quiet", "-q", is_flag=True, help="No progress and no report."),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="The report on standard error.",
    ),
]


def _build_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_BUILD_OPTIONS):
        command = option(command)
    return command


@main.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--out", "-o", required=True, metavar="OUT", help="The file, store or folder to write, or -.")
@click.option("--resume", is_flag=True, help="Go on with a store whose build was killed, or begin.")
@_build_options
@clusters.spark_options
def build(sources: tuple[str, ...], out: str, **options: Any) -> None:
    """Build one graph of all records of the sources.

    A SOURCE is a file, a directory, a zip archive, or - for standard input: ClinicalTrials.gov v2 JSON (a study, an
    array, a page of the API, a study a line), or a meddatax or Veeva page saved as text; also as .gz and .zst.
    OUT ends in .ttl, .nt, .nq, .trig or .jsonld, each also with .gz; - is Turtle on standard output. A directory, or a
    name that ends in / or .store, is a store to ask: trials that it has already are replaced by what is read.
    With --engine spark, OUT is a new folder of N-Quads, findings and tables in parts, and sources and OUT can be what
    Spark's file systems know, such as s3a://bucket/folder.

    \b
    trialgraph build NCT*.json pages/*.txt -o trials.ttl
    trialgraph build studies.ndjson.gz -o trials.nq.gz --graphs record
    trialgraph build registry/ -o registry.store/ --resume
    trialgraph build registry/ --engine spark --master spark://host:7077 -o parts/
    """
    _build(sources, out, clusters.builder(out, options), **options)


@main.command()
@click.option("--out", "-o", default="trialgraph-demo.ttl", show_default=True, metavar="OUT", help="The file to write.")
@_build_options
def demo(out: str, **options: Any) -> None:
    """Build the sample trials that ship with the package."""
    samples = resources.folder("samples")
    sources = sorted(str(path) for path in samples.iterdir() if path.suffix != ".md")
    _build(tuple(sources), out, **options)


@main.command()
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@commands.ENDPOINT
@commands.TIMEOUT
@click.option(
    "--profile", "profiles", multiple=True, metavar="NAME", help="core, who24, fdaaa or page; again for more  [core]"
)
@click.option(
    "--fail-on",
    type=click.Choice(["violation", "warning", "info", "never"]),
    help="Exit 1 at a finding as bad as this  [violation]",
)
@click.option("--format", "format_", type=click.Choice(sorted(FORMATS)), default="text", show_default=True)
@click.option("--out", "-o", default="-", metavar="FILE", help="Where the report goes  [default: standard output]")
@click.option("--all", "every", is_flag=True, help="All findings instead of three examples of each rule.")
@click.option("--baseline", metavar="FILE", help="Known findings, which do not fail.")
@click.option("--update-baseline", is_flag=True, help="Write the baseline anew: all findings are known from now on.")
@click.option("--as-of", metavar="DAY", help="The day that stands for today, such as 2026-11-22.")
@click.option("--engine", type=click.Choice(["shacl", "pyshacl"]), default="shacl", show_default=True)
@click.option("--shapes", multiple=True, metavar="FILE", help="Your own shapes, too, in Turtle; again for more.")
@click.option("--trial", "trials", multiple=True, metavar="NCT", help="Only this trial; again for more.")
@click.option("--scores", "table", metavar="FILE", help="Completeness of each trial and sponsor: .csv, or a graph.")
@click.option("--plot", metavar="FILE", help="The distribution of completeness, as SVG.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes  [default: one a core]")
@click.option("--strict", is_flag=True, help="Exit 1 if a record was rejected, too.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no summary.")
def validate(
    inputs: tuple[str, ...],
    endpoint: str | None,
    timeout: float,
    profiles: tuple[str, ...],
    fail_on: str | None,
    format_: str,
    out: str,
    every: bool,
    baseline: str | None,
    update_baseline: bool,
    as_of: str | None,
    engine: str,
    shapes: tuple[str, ...],
    trials: tuple[str, ...],
    table: str | None,
    plot: str | None,
    workers: int | None,
    strict: bool,
    quiet: bool,
) -> None:
    """Judge how complete and consistent each trial is, and fail at a threshold.

    An INPUT is a graph (.ttl, .nt, .nq, .trig, .jsonld, each also .gz), a store, or a source as `build` takes it, which
    is judged as it is read; of an endpoint, all trials are copied first. A trial known from captured pages alone is
    judged by the profile page. What is not given comes from trialgraph.toml or [tool.trialgraph] of pyproject.toml. The
    report goes to standard output.

    \b
    trialgraph validate trials.ttl
    trialgraph validate studies.ndjson.gz --profile fdaaa --as-of 2026-11-22 --format sarif -o report.sarif
    trialgraph validate --endpoint https://example.org/sparql
    """
    started = time.perf_counter()
    settings = gate.settings()
    known = baseline or settings.baseline
    if update_baseline and not known:
        raise UsageError("--update-baseline: name the file with --baseline")
    chosen = profiles or settings.profiles or ("core",)
    counting = rules(chosen, _day(as_of), settings.severity, [Path(each) for each in shapes])
    job = Job(
        counting,
        cast("Engine", engine),
        frozenset(each.upper() if each[:3].upper() == "NCT" else each for each in trials),
        bool(table or plot),
    )
    scores.check_names(table or "", plot or "")
    if bool(inputs) == bool(endpoint):
        raise UsageError("name what to judge: graphs, stores or sources, or an --endpoint")
    with output(out) as stream:
        with (
            progress_bar(quiet) as progress,
            mirrored(Endpoint(endpoint, timeout), progress=progress) if endpoint else nullcontext() as copy,
        ):
            checked = check([copy] if copy else inputs, job, chosen, workers=workers or cores(), progress=progress)
        found = checked.validation
        verdict_ = gate.judge(found, cast("FailOn", fail_on or settings.fail_on), known, update_baseline)
        source = inputs[0] if len(inputs) == 1 and not checked.report.records else ""
        options = Options(every=every, version=__version__, source=source)
        for part in FORMATS[format_](found, verdict_, options):
            stream.write(part.encode())
    if job.scoring:
        scores.save(checked.scores, checked.sponsors, table or "", plot or "")
    if not quiet:
        _sum_up(checked, verdict(found, verdict_), time.perf_counter() - started)
    sys.exit(1 if strict and checked.report.count("rejected") else verdict_.exit_status)


def _day(day: str | None) -> datetime.date | None:
    if day is None:
        return None
    try:
        if len(day) != 10:
            raise ValueError(day)
        return datetime.date.fromisoformat(day)
    except ValueError as error:
        raise UsageError(f"--as-of {day}: not a day such as 2026-11-22") from error


def _sum_up(checked: Checked, verdict: list[str], seconds: float) -> None:
    """One line on standard error, and one more if records were rejected."""
    if rejected := checked.report.count("rejected"):
        first = next(finding for finding in checked.report.listed if finding.kind == "rejected")
        click.echo(safe(f"{rejected:,} not read, the first: {where(first)}: {first.message}"), err=True)
    click.echo(safe(f"{verdict[0]}; {verdict[-1].rpartition('; ')[2]}; in {seconds:,.1f} s"), err=True)


for _command in (
    commands.queries,
    commands.query,
    commands.find,
    commands.similar,
    commands.network,
    commands.serve,
    registry.fetch,
    registry.sync,
):
    main.add_command(_command)


@main.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--all", "every", is_flag=True, help="Also the fields that no record of the sources has.")
def coverage(sources: tuple[str, ...], format_: str, every: bool) -> None:
    """Say of every field of the registry's model whether the graph carries it.

    A field is mapped (with the property that carries it), unmapped (with the reason), absent from the sources, or
    unknown to the model.
    """
    counted = count_fields(sources)
    if format_ == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(counted.as_json())).decode())
        return
    rows = counted.rows()
    for path, state, count, name in rows:
        if every or state != "absent":
            click.echo(f"{state:8} {count:>7,}  {path}  {name}")
    for field, count, first in counted.unknown():
        click.echo(f"{'unknown':8} {count:>7,}  {field}  first in {first}")
    states = [state for _, state, _, _ in rows]
    click.echo(
        f"{counted.records:,} records: {states.count('mapped')} fields of the model mapped, {states.count('unmapped')}"
        f" unmapped, {states.count('absent')} absent, {len(counted.unknown())} unknown fields",
        err=True,
    )


def _build(
    sources: tuple[str, ...],
    out: str,
    builder: clusters.Builder | None = None,
    *,
    contacts: str,
    graphs: str,
    base: str,
    retrieved: str | None,
    report_file: str | None,
    workers: int | None,
    strict: bool,
    strict_schema: bool,
    quiet: bool,
    log_format: str,
    resume: bool = False,
) -> None:
    if report_file and Path(report_file).resolve() == Path(out).resolve():
        raise UsageError(f"--report {report_file}: the graph and its report need two files")
    if report_file and not Path(report_file).resolve().parent.is_dir():
        raise UsageError(f"--report {report_file}: there is no folder {Path(report_file).resolve().parent}")
    with progress_bar(quiet or log_format == "json") as progress:

        def tell(message: str) -> None:
            if not quiet and log_format == "text":
                click.echo(safe(message), err=True)

        report = (builder or partial(build_graph, workers=workers or cores(), resume=resume))(
            sources,
            out,
            base=base,
            contacts=cast("Contacts", contacts),
            graphs=graphs == "record",
            retrieved=retrieved,
            progress=progress,
            tell=tell,
        )
    if report_file:
        with output(report_file) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(report.as_json())) + b"\n")
    if not quiet:
        _tell(report, log_format)
    unknown = report.count("unknown-field") + report.count("unknown-value")
    if (strict and report.count("rejected")) or (strict_schema and unknown):
        sys.exit(1)


def _tell(report: BuildReport, log_format: str) -> None:
    if log_format == "json":
        click.echo(msgspec.json.encode(report.as_json()), err=True)
        return
    for line in report.lines():
        click.echo(safe(line), err=True)
