"""How long each named question takes on a store on disk, topic by topic.

    python benchmarks/queries.py [NDJSON[.gz]] [--records 2000]

The records of the file (by default the samples that ship with the package) are varied (see varied.py) until there are
enough of them. A parameter has its default or its example.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path

from measure import best, row
from varied import write

from trialgraph import resources
from trialgraph.build import build
from trialgraph.query import ask, written
from trialgraph.questions import Question, questions
from trialgraph.store import opened


def main() -> None:
    """Print a line a question, and the slowest against the limit."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("source", nargs="?", default=str(resources.folder("samples") / "registry.ndjson"))
    arguments.add_argument("--records", type=int, default=2000)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        records, store = Path(folder, "records.ndjson"), f"{folder}/trials.store"
        write(given.source, records, given.records)
        report = build(records, store)
        print(f"{report.trials:,} trials, {report.statements:,} statements, stored in {report.seconds:.1f} s")
        times = {}
        for name, question in questions().items():
            answered = written(ask(opened(store), bound(question)), "table")
            seconds = best(partial(run, store, bound(question)))
            times[name] = seconds
            rows = answered.count or 0
            print(f"{seconds:6.2f} s  {rows:7,} rows  {name}")
        slowest = max(times, key=lambda name: times[name])
        row(f"the slowest, {slowest}", times[slowest], "seconds", "at most 1 for 2,000 trials")


def run(store: str, query: str) -> None:
    """Ask a question and write its answer."""
    written(ask(opened(store), query), "table")


def bound(question: Question) -> str:
    """The question with its examples where it needs them; a trial is one that the store has."""
    examples = {
        each.name: "NCT90000000" if each.type == "nctId" else each.example
        for each in question.parameters
        if each.required
    }
    return question.bound(examples)


if __name__ == "__main__":
    main()
