"""A Spark session: the one that runs already, or a new one for one build. Its log goes to no terminal unless asked."""

import importlib.util
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from uuid import uuid4

from trialgraph.errors import GraphError, TrialgraphError, UsageError
from trialgraph.stream import Progress

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LEVEL = "spark.log.level"
#: Seconds between two looks at how far the tasks are.
_PAUSE = 0.2


@contextmanager
def session(
    name: str,
    master: str | None,
    conf: Mapping[str, str],
    tell: Callable[[str], None] = lambda message: None,
) -> Iterator["SparkSession"]:
    """A session on a master, for a block; one that runs already is used, and goes on after it.

    Without a master it is what spark-submit, SPARK_MASTER or Spark's own settings say, else all cores of this machine.
    Raises UsageError if there is no pyspark or no Java, or if Spark does not start.
    """
    if importlib.util.find_spec("pyspark") is None:
        raise UsageError("--engine spark needs pyspark: pip install 'trialgraph[spark]'")
    from pyspark.sql import SparkSession

    if running := SparkSession.getActiveSession():
        yield running.newSession()
        return
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ  # spark-submit has started Java already
    if not submitted:
        _find_java()
        master = master or os.environ.get("SPARK_MASTER")
        _use_this_python(master, conf)
    builder = SparkSession.builder.appName(name)
    for key, value in {"spark.ui.showConsoleProgress": "false", _LEVEL: "ERROR", **conf}.items():
        builder = builder.config(key, value)
    if master:
        builder = builder.master(master)
    with tempfile.TemporaryFile() as log:
        try:
            if submitted or _LEVEL in conf:
                spark = builder.getOrCreate()
            else:
                with _stderr_into(log):
                    spark = builder.getOrCreate()
        except Exception as error:
            raise UsageError(f"Spark did not start{f' on {master}' if master else ''}: {_why(log, error)}") from error
    try:
        if url := spark.sparkContext.uiWebUrl:
            tell(f"Spark {spark.version} on {spark.sparkContext.master}; its page is {url}")
        yield spark
    finally:
        apart(spark.stop)


def apart(work: Callable[[], None]) -> None:
    """Run something in a thread of its own, which has its own connection to Java.

    That of a thread which was interrupted may stand in the middle of an answer.
    """
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def _find_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not (Path(home, "bin", "java").exists() if home else shutil.which("java")):
        where = f"JAVA_HOME is {home}, where there is none" if home else "there is no java on the PATH"
        raise UsageError(
            f"--engine spark needs Java 17 or newer, and {where}; install it (Debian: default-jre-headless)"
        )


def _use_this_python(master: str | None, conf: Mapping[str, str]) -> None:
    """On one machine, the workers run the Python that runs this, where nothing else is said."""
    chosen = conf.get("spark.pyspark.python")
    if chosen:
        os.environ["PYSPARK_PYTHON"] = chosen
    elif (master or "local").startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)


@contextmanager
def _stderr_into(file: BinaryIO) -> Iterator[None]:
    """Programs that are started in the block write their standard error to a file, as long as they run."""
    kept = os.dup(2)
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _why(log: BinaryIO, error: Exception) -> str:
    """What Java said when it could not start, or else what the error says."""
    log.seek(0)
    said = [line for line in log.read().decode(errors="replace").splitlines() if re.search(r"Exception|Error", line)]
    return re.sub(r'^Exception in thread "main" [\w.]*: ', "", said[0]) if said else _cause(str(error))


@contextmanager
def stage(spark: "SparkSession", name: str, progress: Progress) -> Iterator[None]:
    """A block whose jobs have a name, tell how many of their tasks are done, and raise errors of this package."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    group = f"trialgraph-{uuid4()}"
    spark.sparkContext.setJobGroup(group, name, interruptOnCancel=True)
    ended = threading.Event()
    watching = threading.Thread(target=_watch, args=(spark, name, progress, ended), daemon=True)
    watching.start()
    try:
        yield
    except (Py4JError, PySparkException) as error:
        raise _explained(name, error) from error
    except BaseException:
        apart(partial(spark.sparkContext.cancelJobGroup, group))
        raise
    finally:
        ended.set()
        watching.join()


def _watch(spark: "SparkSession", name: str, progress: Progress, ended: threading.Event) -> None:
    tracker = spark.sparkContext.statusTracker()
    while not ended.wait(_PAUSE):
        jobs = [job for number in tracker.getActiveJobsIds() if (job := tracker.getJobInfo(number))]
        stages = [found for job in jobs for number in job.stageIds if (found := tracker.getStageInfo(number))]
        if total := sum(each.numTasks for each in stages):
            progress(name, sum(each.numCompletedTasks for each in stages), total)


def _explained(name: str, error: Exception) -> TrialgraphError:
    text = str(error)
    if "No module named 'trialgraph'" in text:
        return UsageError(
            "the executors have no trialgraph: ship an environment that has it, and name its Python with"
            " --conf spark.pyspark.python=...; docs/scale.md says how"
        )
    return GraphError(f"Spark failed while {name}: {_cause(text)}")


def _cause(text: str) -> str:
    """The line of a trace of Java and Python that says what went wrong: Python's last, or else Java's first."""
    lines = [line.strip() for line in text.splitlines()]
    raised = [line for line in lines if re.match(r"[A-Za-z_][\w.]*(Error|Exception|Exit)(:|$)", line)]
    pythons = [line for line in raised if not line.startswith(("org.", "java.", "py4j."))]
    return (pythons or [line.partition(": ")[2] or line for line in raised] or lines)[0]


def gateway(spark: "SparkSession") -> tuple[Any, Any]:
    """Java's classes, and the settings of Hadoop."""
    context = cast("Any", spark.sparkContext)
    return context._jvm, context._jsc.hadoopConfiguration()
