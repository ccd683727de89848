"""What the outputs cost as records grow: seconds, memory and bytes, and how straight the line is.

    python benchmarks/growth.py [NDJSON[.gz]] [--largest 100000] [--workers N] [--svg FILE]

The records of the file (by default the samples that ship with the package) are varied (see varied.py) and written as
`fetch` writes them, 1,000 a compressed page. Of 1,000, 3,000, 10,000, 30,000 and 100,000 records, as far as LARGEST,
each is built to N-Triples, to Turtle and to a store, and validated, each by a command of its own. At the end stands
what the two largest sizes mean for the whole registry (see whole.py). 100,000 records of 20 KB need 15 GB of disk.
"""

import argparse
import json
import math
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from backports import zstd
from measure import TRIALGRAPH, machine, used
from varied import read, varied
from whole import Point, whole

from trialgraph import resources
from trialgraph.stream import cores
from trialgraph.svg import Bar, bars

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
#: What is done with the records: its name, and the file or store that it writes.
STEPS = {"N-Triples": "out.nt", "Turtle": "out.ttl", "store": "out.store", "validation": ""}
_PAGE = 1_000


def main() -> None:
    """Print a line a size and step, then how straight the lines are, then the whole registry."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("source", nargs="?", default=str(resources.folder("samples") / "registry.ndjson"))
    arguments.add_argument("--largest", type=int, default=SIZES[-1])
    arguments.add_argument("--workers", type=int, default=cores())
    arguments.add_argument("--svg", type=Path, metavar="FILE", help="draw the seconds for 1,000 records of each size")
    given = arguments.parse_args()
    print(machine())
    sizes = [size for size in SIZES if size < given.largest] or [given.largest // 3]
    points = list(measured(given.source, [*sizes, given.largest], given.workers))
    for step in STEPS:
        print(f"{step} grows with the records to the power of {straight(points, step)} (aim: time 1, memory 0)")
    whole(points)
    if given.svg:
        given.svg.write_text(drawn(points), encoding="utf-8")


def measured(source: str, sizes: Sequence[int], workers: int) -> Iterator[Point]:
    """What each step costs at each size, printed as it comes."""
    with tempfile.TemporaryDirectory() as folder:
        before, size, lines = 0, 0, varied(read(source), max(sizes))
        registry = Path(folder, "registry")
        registry.mkdir()
        for records in sizes:
            size += pages(islice(lines, records - before), registry)
            before = records
            print(f"{records:,} records of {size / records / 1000:.1f} KB, workers: {workers}")
            statements = 0
            for step, name in STEPS.items():
                out, report = Path(folder, name), Path(folder, "report.json")
                if name:
                    took = used(
                        *TRIALGRAPH,
                        "build",
                        registry,
                        "-o",
                        out,
                        "--workers",
                        str(workers),
                        "--quiet",
                        "--report",
                        report,
                    )
                    statements = json.loads(report.read_bytes())["statements"]
                else:
                    took = used(
                        *TRIALGRAPH, "validate", registry, "--workers", str(workers), "--fail-on", "never", "--quiet"
                    )
                point = Point(step, records, size, statements, took, emptied(out) if name else 0)
                print(line(point), flush=True)
                yield point


def pages(lines: Iterator[bytes], folder: Path) -> int:
    """Write records into pages as `fetch` does, after those that are there; the number of their bytes."""
    size, number = 0, len(list(folder.iterdir()))
    while page := b"".join(record + b"\n" for record in islice(lines, _PAGE)):
        number += 1
        (folder / f"page-{number:05}.ndjson.zst").write_bytes(zstd.compress(page))
        size += len(page)
    return size


def emptied(out: Path) -> int:
    """Remove a file or a folder of files; the bytes that it had."""
    files = [each for each in out.rglob("*") if each.is_file()] if out.is_dir() else [out]
    size = sum(each.stat().st_size for each in files)
    for each in files:
        each.unlink()
    if out.is_dir():
        out.rmdir()
    return size


def line(point: Point) -> str:
    """A point as a line."""
    took = point.used
    rates = [
        f"{1000 * took.seconds / point.records:6.2f} s for 1,000",
        f"{point.records / took.seconds:7,.0f} records",
        f"{point.bytes / took.seconds / 1e6:6.1f} MB",
        f"{point.statements / took.seconds:9,.0f} statements a second",
    ]
    written = f"; {point.written / 1e6:,.0f} MB written" if point.written else ""
    return f"  {point.step:10} {took}  {', '.join(rates)}{written}"


def straight(points: Sequence[Point], step: str) -> str:
    """The powers by which what a step costs grows."""
    took = [point.used for point in points if point.step == step]
    sizes = [point.records for point in points if point.step == step]
    costs = {
        "time": [each.seconds for each in took],
        "CPU": [each.cpu for each in took],
        "memory": [each.megabytes for each in took],
    }
    return ", ".join(f"{name} {exponent(sizes, cost):.2f}" for name, cost in costs.items())


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The power of the size by which a cost grows: the slope of their logarithms."""
    return statistics.linear_regression([math.log(each) for each in sizes], [math.log(each) for each in costs]).slope


def drawn(points: Sequence[Point]) -> str:
    """The seconds for 1,000 records of each step and size, as SVG: a straight line shows as equal bars."""
    rows = []
    for number, step in enumerate(STEPS):
        colour = ("info", "warning")[number % 2]  # only to tell the outputs apart
        for point in points:
            if point.step == step:
                each = 1000 * point.used.seconds / point.records
                rows.append(Bar(f"{step}, {point.records:,} records", each, f"{each:.2f} s", colour))
    description = "Each output at each size. Bars of one output that are equally long mean a straight line."
    return bars("Seconds for 1,000 records", description, rows)


if __name__ == "__main__":
    main()
