"""How fast trials are validated, against pySHACL and against the build of the same trials, and in how much memory.

    python benchmarks/validate.py [NDJSON[.gz]] [--records 1000] [--topbraid COMMAND]

The records of the file (by default the samples that ship with the package) are repeated under new NCT ids until there
are enough of them. pySHACL takes minutes. COMMAND is TopBraid's shaclvalidate.sh, if you have it.
"""

import argparse
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import pyshacl
import rdflib
from measure import best, machine, peak, row, write_records

import trialgraph
from trialgraph import resources
from trialgraph.build import build
from trialgraph.engines import validate_text
from trialgraph.rules import rules
from trialgraph.stream import cores


def main() -> None:
    """Print one line a comparison."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("source", nargs="?", default=str(resources.folder("samples") / "registry.ndjson"))
    arguments.add_argument("--records", type=int, default=1000)
    arguments.add_argument("--topbraid", metavar="COMMAND")
    given = arguments.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.ndjson"), Path(folder, "large.ndjson")
        write_records(given.source, small, given.records)
        write_records(given.source, large, 20 * given.records)
        graph = small.with_suffix(".ttl")
        build(small, graph)
        # Memory first: a process inherits the peak of the one that started it.
        for source, count in ((small, given.records), (large, 20 * given.records), (graph, given.records)):
            print(f"peak memory for {count:,} records, {source.suffix}: {peak(validated, str(source))} MB")
        compare(small, graph, given.topbraid)


def validated(source: str) -> None:
    """Validate a source or a graph."""
    trialgraph.validate(source)


def compare(source: Path, graph: Path, topbraid: str | None) -> None:
    """The ratios between ways to validate the same trials."""
    for workers in sorted({1, cores()}):
        built = best(partial(build, source, source.with_suffix(".nt"), workers=workers))
        for what in (source, graph):
            judged = best(partial(trialgraph.validate, what, workers=workers))
            name = f"validation of {what.suffix} against the build, workers: {workers}"
            row(name, judged / built, "times as long", "at most 1.5")
    text = source.with_suffix(".nt").read_text(encoding="utf-8")
    counting = rules()
    shapes = graph.with_name("shapes.ttl")
    shapes.write_text(counting.turtle, encoding="utf-8")
    engine = best(lambda: validate_text(text, counting, syntax="ntriples"))
    whole = best(lambda: trialgraph.validate(graph))
    reference = best(lambda: with_pyshacl(text, shapes), runs=1)
    print(f"pySHACL: {reference:.0f} s")
    row(
        "pySHACL against our validation of the graph file, one worker",
        reference / whole,
        "times as long",
        "at least 50",
    )
    row("pySHACL against our engine on the same text", reference / engine, "times as long", "at least 50")
    if topbraid:
        command = [topbraid, "-datafile", str(graph), "-shapesfile", str(shapes)]
        jvm = best(lambda: subprocess.run(command, capture_output=True, check=False), runs=1)
        row(
            "TopBraid against our validation of the graph file, one worker", jvm / whole, "times as long", "more than 1"
        )


def with_pyshacl(text: str, shapes: Path) -> None:
    """Validate as pySHACL's users do: parse both graphs, and validate."""
    graph = rdflib.Graph().parse(data=text, format="nt")
    pyshacl.validate(graph, shacl_graph=rdflib.Graph().parse(shapes, format="turtle"), inplace=True)


if __name__ == "__main__":
    main()
