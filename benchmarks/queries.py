"""How long each named question takes on a store on disk, and how much memory, each in a process of its own.

    python benchmarks/queries.py [STORE | NDJSON[.gz]] [--records 2000] [--limit 60] [--memory 8] [--each] [NAME ...]

The records of a file (by default the samples that ship with the package) are varied (see varied.py) until there are
enough of them. A parameter that a question needs has its example, a trial is one of the store with sites and results.
With --each a question is also asked with each of its other parameters, one at a time. What takes longer than the limit
is stopped, and so is what needs more memory than is allowed.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from measure import row
from msgspec import Struct
from pyoxigraph import QuerySolutions
from varied import write

from trialgraph import resources
from trialgraph.build import build
from trialgraph.errors import UsageError
from trialgraph.query import Rows, ask, ask_checked, written
from trialgraph.questions import Question, question, questions
from trialgraph.store import is_store, opened

#: Seconds that a question may take on a store on disk of 100,000 trials.
AIM = 10.0
_TRIAL = """
SELECT ?nctId {
  { SELECT ?trial { ?trial tg:adverseEvents ?events ; tg:phase ?phase ; tg:site ?any } LIMIT 500 }
  ?trial tg:site ?site ; tg:nctId ?nctId
}
GROUP BY ?nctId ORDER BY DESC(COUNT(?site)) ?nctId LIMIT 1
"""


class Measured(Struct):
    """What a question took until its answer was written as a table: seconds, seconds of the processor, memory."""

    rows: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    megabytes: int = 0
    stopped: str = ""


def main() -> None:
    """Print a line a question, the slowest first, and the slowest against the aim."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("source", nargs="?", default=str(resources.folder("samples") / "registry.ndjson"))
    arguments.add_argument("names", nargs="*", metavar="NAME", help="questions; all of them by default")
    arguments.add_argument("--records", type=int, default=2000)
    arguments.add_argument("--limit", type=float, default=60.0, help="seconds that a question may take")
    arguments.add_argument("--memory", type=float, default=8.0, help="gigabytes that a question may need")
    arguments.add_argument("--each", action="store_true", help="ask also with each parameter that may be left out")
    given = arguments.parse_args()
    if is_store(given.source):
        measure(given.source, given)
        return
    with tempfile.TemporaryDirectory() as folder:
        records, store = Path(folder, "records.ndjson"), f"{folder}/trials.store"
        write(given.source, records, given.records)
        report = build(records, store)
        print(f"{report.trials:,} trials, {report.statements:,} statements, stored in {report.seconds:.1f} s")
        measure(store, given)


def measure(store: str, given: argparse.Namespace) -> None:
    """Ask the questions one after the other, and print what they took."""
    found = ask(opened(store), _TRIAL)
    assert isinstance(found, QuerySolutions)
    trials = [str(row[0]) for row in Rows(found)]
    if not trials:
        raise UsageError(f"{store}: no trial with sites and results, of which to ask")
    trial = trials[0]
    chosen = [question(name) for name in given.names] or list(questions().values())
    took: list[tuple[str, Measured]] = []
    for each in chosen:
        for values in parameters(each, trial, given.each):
            asked = " ".join((each.name, *(f"{name}={value}" for name, value in values.items() if value != trial)))
            took.append((asked, measured(store, each.bound(values), given.limit, given.memory)))
            print(f"{len(took)}: {asked}", file=sys.stderr)
    took.sort(key=lambda pair: (not pair[1].stopped, -pair[1].seconds))
    print(f"\n{'seconds':>8} {'of CPU':>8} {'rows':>9} {'MB':>6}  question, with a trial as {trial}")
    for asked, one in took:
        if one.stopped:
            print(f"{one.stopped:>34}  {asked}")
        else:
            print(
                f"{one.seconds:8.2f} {one.processor:8.2f} {one.rows:9,} {one.megabytes:6,}  {asked}"
                + ("" if one.rows else "  (no rows)")
            )
    late = [one for _, one in took if one.stopped or one.seconds > AIM]
    print(f"{len(took) - len(late)} of {len(took)} within {AIM:.0f} s")
    row(f"the slowest, {took[0][0]}", took[0][1].seconds / AIM, "times 10 s", "at most 1 for 100,000 trials")


def parameters(asked: Question, trial: str, each: bool) -> Iterator[Mapping[str, str]]:
    """The values of what a question needs; and these with one of its other parameters, if each is asked for."""
    needed = {one.name: trial if one.type == "nctId" else one.example for one in asked.parameters if one.required}
    yield needed
    for one in asked.parameters:
        if each and one.optional:
            yield needed | {one.name: trial if one.type == "nctId" else one.example}


def measured(store: str, query: str, limit: float, gigabytes: float) -> Measured:
    """What a query takes in a process of its own."""
    start = time.perf_counter()
    command = [sys.executable, __file__, "--run", store, str(gigabytes)]
    try:
        done = subprocess.run(command, input=query.encode(), capture_output=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return Measured(seconds=time.perf_counter() - start, stopped=f"stopped after {limit:.0f} s")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        if done.returncode > 0 and "memory" not in (said or [""])[-1].lower():
            raise UsageError(f"{query.splitlines()[0]}: {said[-1] if said else done.returncode}")
        return Measured(seconds=time.perf_counter() - start, stopped=f"needs more than {gigabytes:g} GB")
    return msgspec.json.decode(done.stdout, type=Measured)


def run(path: str, gigabytes: float) -> None:
    """Ask the query on standard input, and say what it took."""
    query = sys.stdin.read()
    # The engine reserves room for the files of the store, which is no memory that it uses.
    resource.setrlimit(resource.RLIMIT_DATA, (int(gigabytes * 1e9), resource.RLIM_INFINITY))
    store = opened(path)
    start, processor = time.perf_counter(), time.process_time()
    count = written(ask_checked(store, query), "table").count or 0
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(msgspec.json.encode(Measured(count, seconds, processor, peak)).decode())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(sys.argv[2], float(sys.argv[3]))
    else:
        main()
