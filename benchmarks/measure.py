"""What the benchmarks share: records to measure with, the shortest time of some runs, the peak memory of a process."""

import gc
import gzip
import itertools
import multiprocessing
import resource
import time
from collections.abc import Callable
from pathlib import Path

import orjson


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


def row(what: str, ratio: float, unit: str, aim: str) -> None:
    """One comparison, with what was aimed at."""
    print(f"{what}: {ratio:.1f} {unit} (aim: {aim})")
