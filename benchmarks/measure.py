"""What the benchmarks share: records to measure with, and what work takes: a function or a command."""

import datetime
import gc
import gzip
import itertools
import multiprocessing
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orjson
import pyoxigraph

#: The command line of this package.
TRIALGRAPH = (sys.executable, "-m", "trialgraph")
_BETWEEN = 0.01  # seconds between two looks at a command's memory
_MEGABYTE = 1_000_000


class Used(NamedTuple):
    """What a command and all processes that it started took, and what it printed."""

    seconds: float
    cpu: float  # seconds of processors
    megabytes: float  # at most at one time, of all the processes together
    said: str

    def __str__(self) -> str:
        return f"{self.seconds:8.1f} s  {self.cpu:8.1f} s of CPU  {self.megabytes:7,.0f} MB"


def write_records(source: str, path: Path, count: int) -> int:
    """Write the records of a source, repeated under new NCT ids, a line each; the number of bytes."""
    with gzip.open(source) if source.endswith(".gz") else Path(source).open("rb") as lines:
        records = [(orjson.loads(line)["protocolSection"]["identificationModule"]["nctId"], line) for line in lines]
    with path.open("wb") as out:
        for number, (nct_id, line) in enumerate(itertools.islice(itertools.cycle(records), count)):
            out.write(line.replace(nct_id.encode(), b"NCT%08d" % (90_000_000 + number)))
        return out.tell()


def best(work: Callable[[], object], runs: int = 3) -> float:
    """The shortest of some runs, in seconds."""
    times = []
    for _ in range(runs):
        gc.collect()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def peak(work: Callable[[str], object], argument: str) -> int:
    """Megabytes that a function of one argument needs at most, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak, (work, argument))


def _peak(work: Callable[[str], object], argument: str) -> int:
    work(argument)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def used(*command: str | Path, folder: str | Path | None = None) -> Used:
    """Run a command to its end. Raises RuntimeError with what it said if it fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen([str(each) for each in command], cwd=folder, stdout=out, stderr=err)
        most, ended = 0.0, 0
        while not ended:
            most = max(most, _resident(process.pid))
            time.sleep(_BETWEEN)
            ended, status, took = os.wait4(process.pid, os.WNOHANG)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            last = err.read().decode(errors="replace").strip().splitlines()[-3:]
            raise RuntimeError(f"{' '.join(map(str, command))}: exit status {process.returncode}: {' '.join(last)}")
        # Without /proc there is only the largest of the processes.
        return Used(seconds, took.ru_utime + took.ru_stime, most or _largest(took), out.read().decode())


def _largest(took: resource.struct_rusage) -> float:
    return took.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / _MEGABYTE


def _resident(process: int) -> float:
    """The megabytes that a process and its descendants hold now; 0 if the system does not tell."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        children = [each.read_text() for each in Path(f"/proc/{process}/task").glob("*/children")]
    except (OSError, IndexError):  # it has ended meanwhile
        return 0
    own = pages * resource.getpagesize() / _MEGABYTE
    return own + sum(_resident(int(each)) for each in " ".join(children).split())


def machine() -> str:
    """The day, the machine and the versions, for the head of a table."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        cpu = models[0].partition(": ")[2] if models else cpu
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{datetime.date.today()}: {os.cpu_count()} cores ({cpu}), {memory:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}, pyoxigraph {pyoxigraph.__version__}; "
        f"{os.getloadavg()[0]:.1f} processes were running"
    )


def row(what: str, ratio: float, unit: str, aim: str) -> None:
    """One comparison, with what was aimed at."""
    print(f"{what}: {ratio:.1f} {unit} (aim: {aim})")
