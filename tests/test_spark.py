"""The build on Spark gives what the local one gives, in a cluster of two executors of which one is lost on the way."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import polars
import pyoxigraph
import pytest
from tests.conftest import SHARED, run, study
from tests.sentinels import record, sentinel

import trialgraph
from trialgraph import resources, spark
from trialgraph.build import build as build_locally
from trialgraph.build import statements
from trialgraph.errors import UsageError
from trialgraph.findings import Finding
from trialgraph.iris import TYPE, tg
from trialgraph.model import leaves
from trialgraph.report import BuildReport
from trialgraph.rules import rules
from trialgraph.spark import session, splits
from trialgraph.spark.files import MARK
from trialgraph.spark.run import _Run
from trialgraph.spark.tables import rows, tables
from trialgraph.validate import validate

SAMPLES = sorted(str(path) for path in resources.folder("samples").iterdir() if path.suffix != ".md")
REAL = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"
DAY = date(2026, 11, 22)

needs_java = pytest.mark.skipif(
    not (os.environ.get("JAVA_HOME") or shutil.which("java")), reason="Spark needs Java, which is not there"
)


class Built(NamedTuple):
    """What Spark built of some sources, and the graph that a local build makes of them."""

    sources: list[str]
    parts: Path
    report: BuildReport
    graph: Path
    local: BuildReport
    killed: list[int]  # processes


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A session in a cluster of two executors, each with a Java and a Python of its own."""
    # The tests end before Java's thorough compiler is worth its time, and before there is memory to clear.
    quick = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    conf = {
        "spark.driver.extraJavaOptions": quick,
        "spark.executor.extraJavaOptions": quick,
        "spark.executorEnv.PYTHONPATH": str(Path(trialgraph.__file__).parents[1]),
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.files.maxPartitionBytes": str(1 << 16),  # lines that Spark reads are read in several ranges
        "spark.sql.files.openCostInBytes": "0",  # and small files are read together
        "spark.sql.files.minPartitionNum": "1",  # by one task
    }
    with session.session("tests", "local-cluster[2,1,1024]", conf) as found:
        yield found


def executors(cluster: Any) -> list[int]:
    """The processes of the executors."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    java = str(cluster.sparkContext._gateway.proc.pid)
    processes = [line.split(None, 2) for line in listed.splitlines()]
    return sorted(int(pid) for pid, parent, args in processes if parent == java and "ExecutorBackend" in args)


@pytest.fixture(scope="module")
def built(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A build in which an executor is killed while tasks run, with what it had read."""
    folder = tmp_path_factory.mktemp("built")
    odd = folder / "odd.ndjson"
    newer = study(statusModule={"lastUpdatePostDateStruct": {"date": "2026-01-02"}, "whyStopped": "Funding"})
    lines = [json.dumps(newer), '{"protocolSection": {}}', "{", json.dumps(study("NCT00000009"))]
    odd.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    older = folder / "older.json"
    older.write_text(json.dumps(study(designModule={"phases": ["PHASE2"]})), encoding="utf-8")
    sources = [*SAMPLES, str(older), str(odd)]
    if REAL.exists():
        sources.append(str(folder / "real.ndjson.gz"))
        with gzip.open(REAL) as studies, gzip.open(sources[-1], "wb") as file:
            file.writelines(islice(studies, 0, None, 4))
    killed: list[int] = []

    def kill(stage: str, done: int, total: int | None) -> None:
        if stage == "building" and done < (total or 0) and not killed:
            killed.append(executors(cluster)[0])
            os.kill(killed[0], signal.SIGKILL)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splits, "RANGE", 20_000)
        report = spark.build(sources, folder / "parts", judged_by=rules(as_of=DAY), partitions=3, progress=kill)
    local = build_locally(sources, folder / "local.nq")
    return Built(sources, folder / "parts", report, folder / "local.nq", local, killed)


def lines_of(parts: Path) -> list[str]:
    """The lines of all parts, sorted."""
    files = parts.glob("nquads/part-*.nq.gz")
    return sorted(line for file in files for line in gzip.decompress(file.read_bytes()).decode().splitlines())


def told(report: BuildReport) -> dict[str, Any]:
    """A report, without what differs between any two runs."""
    return {name: value for name, value in report.as_json().items() if name not in ("output", "seconds")}


@needs_java
def test_an_executor_is_lost_on_the_way_and_another_takes_its_place(cluster: Any, built: Built) -> None:
    assert len(built.killed) == 1
    assert built.killed[0] not in executors(cluster)


@needs_java
def test_the_statements_are_those_of_the_local_build(built: Built) -> None:
    assert lines_of(built.parts) == sorted(built.graph.read_text(encoding="utf-8").splitlines())


@needs_java
def test_the_report_is_that_of_the_local_build(built: Built) -> None:
    assert told(built.report) == told(built.local)
    assert built.report.count("rejected") == 2
    assert built.report.disagreements > 0


@needs_java
def test_the_report_stands_beside_the_parts_with_what_validation_found(built: Built) -> None:
    report = json.loads((built.parts / "report.json").read_bytes())
    assert report["trials"] == built.local.trials
    assert report["validation"]["as_of"] == "2026-11-22"
    assert report["validation"]["violation"] > 0
    assert (built.parts / MARK).exists()
    assert sorted(path.name for path in built.parts.parent.iterdir() if path.suffix == ".part") == []


@needs_java
def test_the_findings_are_those_of_validate(built: Built) -> None:
    frame = polars.read_parquet(built.parts / "findings" / "*.parquet")
    found = [Finding(**row) for row in frame.rows(named=True)]
    assert sorted(found, key=repr) == sorted(validate(built.sources, as_of=DAY).findings, key=repr)


@needs_java
@pytest.mark.parametrize("class_", ["Trial", "Site", "Organization", "Condition", "Measurement", "Disagreement"])
def test_a_table_holds_what_the_graph_says_of_each_thing_of_a_class(built: Built, graph: Any, class_: str) -> None:
    expected: dict[str, dict[str, list[str]]] = {}
    for thing, predicate, term in graph.query(f"SELECT ?thing ?p ?o {{ ?thing a {tg(class_)} ; ?p ?o }}"):
        name = predicate.value.rpartition("#")[2].rpartition("/")[2]
        expected.setdefault(thing.value, {}).setdefault(name, []).append(text(term.value))
    frame = polars.read_parquet(built.parts / "tables" / class_ / "*.parquet")
    found = {row.pop("iri"): cells(row) for row in frame.rows(named=True)}
    assert found == {thing: {name: sorted(each) for name, each in row.items()} for thing, row in expected.items()}


@pytest.fixture(scope="module")
def graph(built: Built) -> pyoxigraph.Store:
    """The graph of the local build."""
    store = pyoxigraph.Store()
    store.load(path=str(built.graph), format=pyoxigraph.RdfFormat.N_QUADS)
    return store


def cells(row: Mapping[str, Any]) -> dict[str, list[str]]:
    """The cells of a row that are not empty, each as a list of texts."""
    lists = {name: cell if isinstance(cell, list) else [cell] for name, cell in row.items() if cell is not None}
    return {name: sorted(map(text, cell)) for name, cell in lists.items()}


def text(value: Any) -> str:
    """A value as text; of numbers, which a store spells its own way, the shortest."""
    said = f"{value:.6f}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)
    return f"{Decimal(said).normalize() + 0:f}" if re.fullmatch(r"-?\d+\.\d+", said) else said


@needs_java
def test_each_class_has_a_table_with_all_its_columns_if_there_is_no_such_thing_too(built: Built) -> None:
    expected = {table.name for table in tables().values()}
    assert {folder.name for folder in (built.parts / "tables").iterdir()} == expected
    concepts = polars.read_parquet(built.parts / "tables" / "Retraction" / "*.parquet")
    assert concepts.columns == ["iri", "type", "pmid", "source", "rest"]


@needs_java
def test_what_spark_reads_itself_gives_the_same(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "read"
    (folder / "more").mkdir(parents=True)
    shutil.copyfile(SAMPLES[0], folder / "a study [1].json")
    many = [json.dumps(study(f"NCT1{number:07}", statusModule={"whyStopped": "x" * 900})) for number in range(150)]
    many[120] = "{}"
    (folder / "large.ndjson").write_text("\n".join(many), encoding="utf-8")
    (folder / "more" / "large.ndjson.gz").write_bytes(gzip.compress("\n".join(many[:10]).encode()))
    build_locally([folder], tmp_path / "local.nq")
    monkeypatch.setattr(splits, "RANGE", 20_000)
    monkeypatch.setattr(splits, "_LARGE_COMPRESSED", 10)
    result = run(
        "build",
        f"file://{folder}",
        "-o",
        f"file://{tmp_path}/parts",
        "--engine",
        "spark",
        "--no-validate",
        "--no-tables",
    )
    assert result.exit_code == 0, result.stderr
    assert lines_of(tmp_path / "parts") == sorted((tmp_path / "local.nq").read_text(encoding="utf-8").splitlines())
    assert "records rejected: 1" in result.stderr
    assert f"{folder}/large.ndjson line 121" in result.stderr
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == [MARK, "nquads", "report.json"]


@needs_java
def test_what_cannot_be_read_is_named_and_leaves_no_folder(cluster: Any, tmp_path: Path) -> None:
    good, page, cut = tmp_path / "good.json", tmp_path / "page.txt", tmp_path / "cut.ndjson.gz"
    good.write_text(json.dumps(study()), encoding="utf-8")
    page.write_text("no page", encoding="utf-8")
    cut.write_bytes(gzip.compress(json.dumps(study()).encode())[:-9])
    result = run("build", good, page, cut, "-o", tmp_path / "parts", "--engine", "spark")
    assert result.exit_code == 3
    assert f"{page}: not recognised" in result.stderr
    assert f"{cut}: cannot be read beyond byte" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.ndjson.gz", "good.json", "page.txt"]


@needs_java
@pytest.mark.parametrize(
    ("source", "out", "status", "message"),
    [
        ("gone.json", "parts", 3, "gone.json: no such file or directory"),
        ("file:///gone/", "parts", 3, "file:///gone/: no such file or directory"),
        ("nofs://bucket/a", "parts", 2, 'No FileSystem for scheme "nofs"'),
        ("full", "full", 2, "full: not empty; name another folder, or remove this one"),
        ("full", "gone/parts", 2, "there is no folder"),
        ("full", "parts[1]", 2, "Spark would read the name as a pattern"),
        ("-", "parts", 2, "standard input cannot be read by many; name a file"),
    ],
)
def test_what_is_wrong_with_places_is_told_before_anything_is_read(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, out: str, status: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "study.json").write_text(json.dumps(study()), encoding="utf-8")
    result = run("build", source, "-o", out, "--engine", "spark")
    assert (result.exit_code, message in result.stderr) == (status, True), result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--master", "local"], "--master: only with --engine spark"),
        (["--no-tables"], "--tables: only with --engine spark"),
        (["--engine", "spark", "--workers", "2"], "--workers: not with --engine spark"),
        (["--engine", "spark", "--resume"], "--resume: not with --engine spark"),
        (["--engine", "spark", "-o", "trials.ttl.gz"], "-o trials.ttl.gz: --engine spark writes a folder of parts"),
        (["--engine", "spark", "-o", "-"], "-o -: --engine spark writes a folder of parts"),
        (["--engine", "spark", "--no-validate", "--profile", "core"], "--profile: not with --no-validate"),
        (["--engine", "spark", "--conf", "spark.x"], "--conf spark.x: not of the form KEY=VALUE"),
        (["--engine", "spark", "--profile", "none"], "--profile none: not one of"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: list[str], message: str) -> None:
    result = run("build", "study.json", "-o", "parts", *options)
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize(
    ("home", "message"), [("", "there is no java on the PATH"), ("/gone", "JAVA_HOME is /gone, where there is none")]
)
def test_without_java_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, home: str, message: str) -> None:
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    monkeypatch.setenv("PATH", "/gone")
    monkeypatch.setenv("JAVA_HOME", home)
    with pytest.raises(UsageError, match=f"Java 17 or newer, and {message}"), session.session("test", "local", {}):
        pass


def test_a_folder_that_machines_do_not_share_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [('{"trials":1,"disagreements":0,"classes":{},"listed":[],"repeated":[]}',)]
    monkeypatch.setattr(_Run, "_lines", lambda self, folders: SimpleNamespace(toLocalIterator=lambda: rows))
    output: Any = SimpleNamespace(path="parts", staged=lambda name: [name])
    none: Any = None
    counting = _Run(none, output, none, BuildReport(), none)
    counting._count("trials", 1)
    with pytest.raises(UsageError, match="parts: what 2 of 3 tasks wrote is not there; name a folder that all"):
        counting._count("trials", 3)


def test_without_pyspark_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'trialgraph\[spark\]'"), session.session("test", None, {}):
        pass


def test_every_statement_of_a_graph_has_a_column(tmp_path: Path) -> None:
    file = tmp_path / "full.json"
    file.write_text(json.dumps(record({path: sentinel(path)[0] for path in leaves()})), encoding="utf-8")
    found = [*statements([str(file), *SAMPLES]), *statements(SAMPLES, contacts="names")]
    found += statements([str(REAL)]) if REAL.exists() else ()
    unique = list(dict.fromkeys(found))
    made = [json.loads(row) for _, row in rows(unique, {s: o for s, p, o in reversed(unique) if p == TYPE})]
    assert [(row["iri"], row["rest"]) for row in made if "rest" in row] == []


def test_a_value_that_does_not_fit_its_column_is_in_the_rest() -> None:
    table, thing = tables()[tg("Trial")], "<http://example.org/t>"
    said = [
        (tg("enrollment"), '"about 5"'),
        (tg("acronym"), '"B"'),
        (tg("acronym"), '"A"'),
        ("<http://p>", "<http://o>"),
    ]
    assert json.loads(table.row(thing, said)) == {
        "iri": "http://example.org/t",
        "acronym": "B",
        "rest": sorted([f'{tg("enrollment")} "about 5"', f'{tg("acronym")} "A"', "<http://p> <http://o>"]),
    }


def test_no_two_columns_of_a_table_have_the_same_name_for_sql() -> None:
    for table in tables().values():
        names = [column.name.lower() for column in table.columns.values()]
        assert len({*names, "iri", "type", "rest"}) == len(names) + 3, table.name
