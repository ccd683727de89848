"""Statements a second: this package against other ways to make a graph of the same records.

    python benchmarks/peers.py [NDJSON[.gz]] [--records 10000] [--peers PYTHON]

The records of the file (by default the samples that ship with the package) are varied (see varied.py) until there are
enough of them. Each way is a command of its own, from the file of records to a file of statements. PYTHON is one that
has the peers, which need older libraries than this package and so an environment of their own (by default that which
`make bench` makes); a peer that it lacks is left out. rdflib and pyoxigraph by hand run beside this package.

rdflib, pyoxigraph, morph-kgc and maplib make the same graph, by the RML mapping in peer/: about half of ours, without
results, criteria, exact dates and names folded to one spelling. What ctgforge makes is far less. So statements a second
are compared, of distinct ones. What flattening the records took counts for the ways that need flat tables.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from measure import TRIALGRAPH, Used, machine, row, used
from peer.rules import MAPPING
from varied import write

from trialgraph import resources
from trialgraph.stream import cores

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parent / ".bench" / "bin" / "python"
INSTALL = "python -m venv .bench && .bench/bin/python -m pip install -r benchmarks/requirements.txt"


class Way(NamedTuple):
    """What a way to make a graph took, and how many statements it made."""

    used: Used
    statements: int
    note: str = ""

    @property
    def rate(self) -> float:
        """Statements a second."""
        return self.statements / self.used.seconds


def main() -> None:
    """Print a line a way, and how many times as many statements a second ours makes."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("source", nargs="?", default=str(resources.folder("samples") / "registry.ndjson"))
    arguments.add_argument("--records", type=int, default=10_000)
    arguments.add_argument("--peers", default=str(ENVIRONMENT if ENVIRONMENT.exists() else sys.executable))
    given = arguments.parse_args()
    if not shutil.which(given.peers):
        arguments.error(f"--peers {given.peers}: there is no such command; to make one: {INSTALL}")
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder, "records.ndjson")
        size = write(given.source, records, given.records)
        print(f"{given.records:,} records of {size / given.records / 1000:.1f} KB")
        ours = {workers: shown(f"trialgraph, workers: {workers}", by_us(records, workers)) for workers in {1, cores()}}
        theirs = {name: shown(name, way) for name, way in peers(records, given.peers)}
        for name, way in theirs.items():
            aim = "at least 15" if name.startswith(("morph-kgc", "rdflib")) else "none"
            for workers, our in ours.items():
                row(f"against {name}, workers: {workers}", our.rate / way.rate, "times the statements a second", aim)


def shown(name: str, way: Way) -> Way:
    """The way, printed."""
    by_cpu = way.statements / way.used.cpu
    rates = f"{way.statements:11,} statements  {way.rate:9,.0f} a second  {by_cpu:9,.0f} a second of CPU"
    print(f"{name:28} {way.used}  {rates}{way.note}", flush=True)
    return way


def by_us(records: Path, workers: int) -> Way:
    """The command line of this package."""
    out = records.with_name("ours.nt")
    took = used(*TRIALGRAPH, "build", records, "-o", out, "--workers", str(workers), "--quiet")
    return Way(took, distinct(out))


def peers(records: Path, python: str) -> Iterator[tuple[str, Way]]:
    """Each other way that can be had here, by its name."""
    for library in ("rdflib", "pyoxigraph"):
        out = records.with_name(f"{library}.nt")
        took = used(sys.executable, "-m", "peer.by_hand", library, records, out, folder=HERE)
        yield f"{library} by hand", Way(took, distinct(out))
    known: dict[str, Callable[[Path, str], Iterator[tuple[str, Way]]]] = {
        "morph_kgc": by_morph_kgc,
        "maplib": by_maplib,
        "ctgforge": by_ctgforge,
    }
    for module, way in known.items():
        if has(python, module):
            yield from way(records, python)
        else:
            print(f"{module}: left out, as {python} has none; to install it: {INSTALL}")


def has(python: str, module: str) -> bool:
    """Whether a Python has a module."""
    return not subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode


def by_morph_kgc(records: Path, python: str) -> Iterator[tuple[str, Way]]:
    """morph-kgc, with one process and with one a core."""
    flat = flattened(records)
    for processes in sorted({1, cores()}):
        settings = f"[CONFIGURATION]\noutput_file = out.nt\nnumber_of_processes = {processes}\n"
        (records.parent / "config.ini").write_text(f"{settings}[records]\nmappings = {MAPPING}\n", encoding="utf-8")
        took = used(python, "-m", "morph_kgc", "config.ini", folder=records.parent)
        yield f"morph-kgc, processes: {processes}", added(flat, took, distinct(records.with_name("out.nt")))


def by_maplib(records: Path, python: str) -> Iterator[tuple[str, Way]]:
    """maplib, which uses all cores."""
    flat, out = flattened(records), records.with_name("maplib.nt")
    took = used(python, "-m", "peer.maplib_graph", records.parent, out, folder=HERE)
    yield "maplib", added(flat, took, distinct(out))


def by_ctgforge(records: Path, python: str) -> Iterator[tuple[str, Way]]:
    """ctgforge's tables of nodes and edges."""
    took = used(python, "-m", "peer.ctgforge_graph", records, records.parent, folder=HERE)
    statements, refused = map(int, took.said.split())
    yield "ctgforge, 4 kinds of nodes", Way(took, statements, f"; {refused:,} records refused")


def flattened(records: Path) -> Used:
    """What it took to write the records as flat tables beside them."""
    return used(sys.executable, "-m", "peer.tables", records, records.parent, folder=HERE)


def added(first: Used, then: Used, statements: int) -> Way:
    """Two steps as one way."""
    both = Used(first.seconds + then.seconds, first.cpu + then.cpu, max(first.megabytes, then.megabytes), then.said)
    return Way(both, statements, f"; {first.seconds:.1f} s of it flattening")


def distinct(path: Path) -> int:
    """How many different statements a file has."""
    with path.open("rb") as lines:
        return len({hash(line) for line in lines})


if __name__ == "__main__":
    main()
