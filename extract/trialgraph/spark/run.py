"""The build on a Spark cluster: sources in, a folder of parts out.

The records are read and grouped by trial, which is the one time that they travel. Each group is rendered, judged and
tabulated by the functions of the local build, in one pass whose texts go to stages; what trials share is then made
unique, and the stages become the output.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pyoxigraph

from trialgraph.build import checked_base, checked_day
from trialgraph.engines import across
from trialgraph.errors import InputError, UsageError
from trialgraph.findings import SEVERITIES, Finding
from trialgraph.iris import BASE
from trialgraph.readers import Source, ctgov, named
from trialgraph.report import BuildReport
from trialgraph.rules import Rules
from trialgraph.spark.files import Files, Output
from trialgraph.spark.reading import Pair, grouped
from trialgraph.spark.rendering import (
    COMMON,
    COUNTS,
    FINDINGS,
    NQUADS,
    SHARED,
    TABLE,
    Counts,
    Work,
    of_shared,
    of_trials,
)
from trialgraph.spark.session import apart, session, stage
from trialgraph.spark.splits import planned
from trialgraph.spark.tables import tables
from trialgraph.statements import Contacts
from trialgraph.stream import Progress, Settings, no_trial
from trialgraph.validate import Job

if TYPE_CHECKING:
    from pyspark import RDD
    from pyspark.sql import DataFrame, SparkSession

#: About how many bytes of records are in one part; their statements are some five times as many, or a half compressed.
_PART = 1 << 26
#: The stage of a row, and what it is called in the folder that Spark writes.
_STAGE = "stage"
_JOBS = 4


def build(
    sources: Source | Iterable[Source],
    out: str | os.PathLike[str],
    *,
    master: str | None = None,
    conf: Mapping[str, str] | None = None,
    partitions: int | None = None,
    base: str = BASE,
    contacts: Contacts = "full",
    graphs: bool = False,
    retrieved: str | None = None,
    judged_by: Rules | None = None,
    tabulate: bool = True,
    progress: Progress = lambda stage, done, total: None,
    tell: Callable[[str], None] = lambda message: None,
) -> BuildReport:
    """Write the graph of all records of the sources to a new folder of parts, which appears when all is written.

    In it are nquads/part-*.nq.gz, tables/<Class>/*.parquet, report.json, and with rules to be `judged_by` also
    findings/*.parquet. Sources and the folder are paths, or what Hadoop's file systems know: s3a://bucket/folder.
    Without a `master` it is what spark-submit or SPARK_MASTER say, else all cores; a session that runs is used.
    Raises InputError if a source cannot be read or if none holds a record, UsageError for a wrong argument.
    """
    started, out, names = time.perf_counter(), os.fspath(out), list(dict.fromkeys(named(sources)))
    settings = Settings(".nq", checked_base(base), contacts, graphs, checked_day(retrieved))
    if contacts not in get_args(Contacts):
        raise UsageError(f"--contacts {contacts}: not one of {', '.join(get_args(Contacts))}")
    if "-" in names:
        raise UsageError("-: standard input cannot be read by many; name a file")
    work = Work(settings, Job(judged_by) if judged_by else None, tabulate)
    report = BuildReport(output=out)
    with session(f"trialgraph build {out}", master, conf or {}, tell) as spark:
        spark.conf.set("spark.sql.maxConcurrentOutputFileWriters", 200)  # one a stage, so that nothing is sorted
        files = Files(spark)
        output = Output(files, out)
        try:
            run = _Run(spark, output, work, report, progress)
            plan = planned(names, files)
            count = partitions or max(spark.sparkContext.defaultParallelism, plan.size // _PART)
            with stage(spark, "reading", progress):
                pairs = grouped(spark, plan, count)
                run.take_up(spark.sparkContext.runJob(pairs, list, [0]), names)
            run.render(pairs, count)
            found = run.findings() if work.job else {}
            if tabulate:
                run.tables()
            report.seconds = time.perf_counter() - started
            output.write("report.json", msgspec.json.format(msgspec.json.encode(report.as_json() | found)) + b"\n")
            output.finish()
        except BaseException:
            apart(output.drop)
            raise
    return report


class _Run:
    """One build; each of its steps takes up what the one before has left."""

    def __init__(
        self, spark: "SparkSession", output: Output, work: Work, report: BuildReport, progress: Progress
    ) -> None:
        self._spark, self._output, self._work, self._report = spark, output, work, report
        self._stage = partial(stage, spark, progress=progress)

    def take_up(self, reads: Iterable[tuple[Any, Any]], names: list[str]) -> None:
        """Put what was read into the report. Raises InputError if something could not be, or if there is no record."""
        report = self._report
        report.sources = dict.fromkeys(names, 0)
        errors, known = list[str](), dict[str, bool]()
        for _, read in reads:
            report.sources[names[read.split.source]] += read.records
            report.records += read.records
            for rejected in read.rejected:
                report.reject(rejected)
            errors += read.errors
            known[read.split.name] = known.get(read.split.name, False) or read.known
        errors += [ctgov.no_study(name) for name, has in known.items() if not has]
        if errors:
            raise InputError("\n".join(dict.fromkeys(errors)))
        if not report.records:
            raise no_trial(report)

    def render(self, pairs: "RDD[Pair]", count: int) -> None:
        """Write the statements of trials, and then those of what they share."""
        work, output, context = self._work, self._output, self._spark.sparkContext
        with self._stage("building"):
            self._write(pairs.mapPartitionsWithIndex(partial(_of_partition, work=work)), "trials")
        self._count("trials", count)
        if not self._report.trials:
            raise no_trial(self._report)
        if shared := output.staged(_folder("trials", SHARED)):
            from pyspark.sql.functions import substring_index

            with self._stage("what trials share"):
                lines = self._lines(shared)
                by_subject = lines.select(substring_index("value", " ", 1).alias("subject"), "value")
                parts = by_subject.repartition(max(context.defaultParallelism, count // 4), "subject")
                unique = parts.dropDuplicates(["subject", "value"]).sortWithinPartitions("value").select("value")
                self._write(unique.rdd.map(itemgetter(0)).mapPartitions(partial(of_shared, work=work)), "shared")
            self._count("shared")
        self._report.statements = sum(statements for _, statements in self._report.classes.values())
        output.keep(output.stage(_folder("trials", NQUADS)), "nquads", "part-{:05}.nq.gz")
        for folder in output.staged(_folder("shared", NQUADS)):
            output.keep(folder, "nquads", "part-shared-{:05}.nq.gz")

    def findings(self) -> dict[str, Any]:
        """Write what validation found, and give a summary of it for the report."""
        job = self._work.job
        assert job is not None
        with self._stage("writing findings"):
            common = pyoxigraph.Store()
            for folder in self._output.staged(_folder("trials", COMMON)):
                for row in self._lines([folder]).distinct().toLocalIterator():
                    common.extend(pyoxigraph.parse(row[0].encode(), format=pyoxigraph.RdfFormat.N_TRIPLES))
            schema = ", ".join(f"`{name}` string" for name in Finding.__struct_fields__)
            frame = self._spark.createDataFrame(
                [msgspec.structs.astuple(each) for each in across(common, job.rules)], schema
            )
            if found := self._output.staged(_folder("trials", FINDINGS)):
                frame = frame.union(self._parsed(found, schema))
            stage = self._parquet(frame.dropDuplicates(), "findings")
            counts = dict(map(tuple, self._spark.read.parquet(stage).groupBy("severity").count().collect()))
        self._output.keep(stage, "findings", "part-{:05}.parquet")
        summary = {"as_of": job.rules.as_of.isoformat(), "rules": len(job.rules.table)}
        return {"validation": summary | {severity: counts.get(severity, 0) for severity in SEVERITIES}}

    def tables(self) -> None:
        """Write the table of each class, also of those of which there is no thing."""

        def write(schemas: tuple[str, str]) -> None:
            name, schema = schemas
            rows = self._output.staged(_folder("trials", TABLE + name), _folder("shared", TABLE + name))
            frame = self._parsed(rows, schema) if rows else self._spark.createDataFrame([], schema)
            self._output.keep(self._parquet(frame, TABLE + name), f"tables/{name}", "part-{:05}.parquet")

        with self._stage("writing tables"), ThreadPoolExecutor(_JOBS) as pool:
            list(pool.map(write, {table.name: table.schema for table in tables().values()}.items()))

    def _write(self, texts: "RDD[tuple[str, str]]", name: str) -> None:
        frame = self._spark.createDataFrame(texts, f"{_STAGE} string, text string", verifySchema=False)
        options = {"compression": "gzip", "zlib.compress.level": "BEST_SPEED"}
        frame.write.partitionBy(_STAGE).options(**options).text(self._output.stage(name))

    def _lines(self, folders: list[str]) -> "DataFrame":
        return self._spark.read.option("lineSep", "\n").text(folders)

    def _parsed(self, folders: list[str], schema: str) -> "DataFrame":
        return self._spark.read.schema(schema).option("lineSep", "\n").option("mode", "FAILFAST").json(folders)

    def _parquet(self, frame: "DataFrame", name: str) -> str:
        folder = self._output.stage(f"parquet/{name}")
        frame.write.parquet(folder)
        return folder

    def _count(self, name: str, tasks: int | None = None) -> None:
        """Take up what tasks counted. Raises UsageError if of so many tasks some have left nothing here."""
        counted = 0
        for folder in self._output.staged(_folder(name, COUNTS)):
            for row in self._lines([folder]).toLocalIterator():
                msgspec.json.decode(row[0], type=Counts).add_to(self._report)
                counted += 1
        if tasks is not None and counted != tasks:
            raise UsageError(
                f"{self._output.path}: what {tasks - counted} of {tasks} tasks wrote is not there; name a folder that"
                " all machines share, such as hdfs://host/folder"
            )


def _of_partition(index: int, pairs: Iterable[Pair], work: Work) -> Iterator[tuple[str, str]]:
    return of_trials(pairs, work) if index else iter(())  # the first has the Reads


def _folder(name: str, stage: str) -> str:
    return f"{name}/{_STAGE}={stage}"
