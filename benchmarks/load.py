"""How long a store takes: ours from the records, and the `oxigraph` command's from N-Quads of the same records.

    python benchmarks/load.py [NDJSON[.gz]] [--records 10000] [--oxigraph COMMAND]

The records of the file (by default the samples that ship with the package) are varied (see varied.py) until there are
enough of them. COMMAND is by default the one that `make bench` installs beside the peers, or one on the path. Every
store ends optimised for reading, and it is checked that all have the same number of statements.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import pyoxigraph
from measure import TRIALGRAPH, Used, machine, row, used
from peers import ENVIRONMENT, INSTALL
from varied import write

from trialgraph import resources

_LIBRARY = """
import sys, pyoxigraph
store = pyoxigraph.Store(sys.argv[2])
store.bulk_load(path=sys.argv[1])
store.optimize()
"""


def main() -> None:
    """Print one line a way to make a store, and the ratios between them."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("source", nargs="?", default=str(resources.folder("samples") / "registry.ndjson"))
    arguments.add_argument("--records", type=int, default=10_000)
    arguments.add_argument("--oxigraph", metavar="COMMAND", default=command())
    given = arguments.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        records, quads, ours = (Path(folder, name) for name in ("records.ndjson", "trials.nq", "trials.store"))
        size = write(given.source, records, given.records)
        print(f"{given.records:,} records of {size / given.records / 1000:.1f} KB")
        written = shown("our N-Quads, from records", used(*TRIALGRAPH, "build", records, "-o", quads, "--quiet"))
        stored = shown("our store, from records", used(*TRIALGRAPH, "build", records, "-o", ours, "--quiet"))
        library = Path(folder, "library.store")
        loaded = shown("pyoxigraph, from N-Quads", used(sys.executable, "-c", _LIBRARY, quads, library))
        ratio = (written.seconds + loaded.seconds) / stored.seconds
        row("N-Quads and then loading, against our store", ratio, "times as long", "more than 1: they overlap")
        if given.oxigraph:
            against(given.oxigraph, quads, ours, written, stored)
        else:
            print(f"oxigraph: left out, as there is no such command; name it by --oxigraph, or install it: {INSTALL}")


def against(oxigraph: str, quads: Path, ours: Path, written: Used, stored: Used) -> None:
    """Load the N-Quads by the command, as it does by itself and without checks, and compare."""
    for option in ("", "--lenient"):
        store = quads.with_name(f"oxigraph{option}.store")
        options = [option] if option else []
        load = used(oxigraph, "load", "--location", store, *options, "--file", quads)
        optimise = used(oxigraph, "optimize", "--location", store)
        name = " ".join(["oxigraph load", *options])
        shown(name, load)
        shown("  and optimize", optimise)
        counts = {len(pyoxigraph.Store.read_only(str(each))) for each in (ours, store)}
        if len(counts) > 1:
            raise RuntimeError(f"{name}: {' and '.join(map(str, counts))} statements")
        seconds = load.seconds + optimise.seconds
        row(f"our store from records against {name}", stored.seconds / seconds, "times as long", "none")
        row(
            f"our N-Quads and then {name}, against our store",
            (written.seconds + seconds) / stored.seconds,
            "times as long",
            "at least 1",
        )


def shown(name: str, took: Used) -> Used:
    """What a step took, printed."""
    print(f"{name:28} {took}", flush=True)
    return took


def command() -> str:
    """The oxigraph command that is there; "" if none is."""
    beside = ENVIRONMENT.with_name("oxigraph")
    return str(beside) if beside.exists() else shutil.which("oxigraph") or ""


if __name__ == "__main__":
    main()
