"""How fast records become a graph, as ratios against peers and limits measured in the same run.

    python benchmarks/build.py [NDJSON[.gz]] [--records 2000]

The records of the file (by default the samples that ship with the package) are repeated under new NCT ids until there
are enough of them. Times are the best of three runs; ratios hold better than times.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import orjson
import pyoxigraph
import rdflib
from measure import best, machine, peak, row, write_records
from msgspec.json import decode

import trialgraph
from trialgraph import resources
from trialgraph.build import build
from trialgraph.stream import cores
from trialgraph.study import Study


def main() -> None:
    """Print one line a comparison."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("source", nargs="?", default=str(resources.folder("samples") / "registry.ndjson"))
    arguments.add_argument("--records", type=int, default=2000)
    given = arguments.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.ndjson"), Path(folder, "large.ndjson")
        size = write_records(given.source, small, given.records)
        write_records(given.source, large, 10 * given.records)
        # Memory first: a process inherits the peak of the one that started it.
        memory(small, large, given.records)
        compare(Path(folder), small, large, size, given.records)


def compare(folder: Path, source: Path, large: Path, size: int, count: int) -> None:
    """The ratios between ways to read and write the same records."""
    lines = source.read_bytes().splitlines()
    loads = best(lambda: [orjson.loads(line) for line in lines])
    decodes = best(lambda: decoded(lines))
    ntriples = best(lambda: build([str(source)], str(folder / "out.nt")))
    turtle = best(lambda: build([str(source)], str(folder / "out.ttl")))
    # The workers' start would hide what they gain on few records.
    one = best(lambda: build([str(large)], str(folder / "out.nt"), workers=1), runs=1)
    two = best(lambda: build([str(large)], str(folder / "out.nt"), workers=2), runs=1)
    # The peers make the same terms from the same values and write them; reading and mapping are ours in every row.
    mapping = best(lambda: sum(1 for _ in trialgraph.statements([str(source)])))
    statements = [tuple(map(split_term, statement)) for statement in trialgraph.statements([str(source)])]
    with_pyoxigraph = mapping + best(lambda: write_pyoxigraph(statements, folder / "peer.nt"))
    with_rdflib = mapping + best(lambda: write_rdflib(statements, folder / "peer.nt"), runs=1)

    print(f"{count:,} records of {size / count / 1000:.1f} KB, {len(statements) / count:.0f} statements each")
    print(f"N-Triples, one worker: {count / ntriples:,.0f} records a second")
    row("N-Triples build against orjson.loads of the same lines", ntriples / loads, "times as long", "at most 20")
    row("typed decoding by msgspec against orjson.loads", decodes / loads, "times as long", "none")
    row("N-Triples build against typed decoding by msgspec", ntriples / decodes, "times as long", "none")
    row("the same statements made and written by rdflib", with_rdflib / ntriples, "times as long", "at least 15")
    row("the same statements made and written by pyoxigraph", with_pyoxigraph / ntriples, "times as long", "at least 2")
    row("Turtle against N-Triples", turtle / ntriples, "times as long", "at most 2")
    row(f"two workers against one, {10 * count:,} records, {cores()} cores", one / two, "times as fast", "at least 1.7")


def decoded(lines: list[bytes]) -> list[Study]:
    """The lines as our records; one with a field that the model does not know is left to our readers."""
    decoder, found = msgspec.json.Decoder(Study), []
    for line in lines:
        with suppress(msgspec.ValidationError):
            found.append(decoder.decode(line))
    return found


def memory(small: Path, large: Path, count: int) -> None:
    """Peak memory of a process that builds the small and the large input."""
    peaks = [peak(built, str(source)) for source in (small, large)]
    for peak_size, records in zip(peaks, (count, 10 * count), strict=True):
        print(f"peak memory for {records:,} records: {peak_size} MB")
    row("peak memory, ten times the records", peaks[1] / peaks[0], "times as much", "flat")


def built(source: str) -> None:
    """Build a source beside it."""
    build([source], f"{source}.nt")


def split_term(term: str) -> tuple[str, str]:
    """A term as its value and its datatype: "" for a plain string, "iri" for an IRI."""
    if term[0] == "<":
        return term[1:-1], "iri"
    if term[-1] == '"':
        return decode(term), ""
    lexical, _, datatype = term.rpartition("^^")
    return decode(lexical), datatype[1:-1]


def write_rdflib(statements: list[tuple[tuple[str, str], ...]], path: Path) -> None:
    """Make rdflib's terms of values, add them to a graph, write N-Triples."""

    def term(value: str, kind: str) -> rdflib.term.Node:
        if kind == "iri":
            return rdflib.URIRef(value)
        return rdflib.Literal(value, datatype=rdflib.URIRef(kind) if kind else None)

    graph = rdflib.Graph()
    for subject, predicate, object_ in statements:
        graph.add((term(*subject), term(*predicate), term(*object_)))
    graph.serialize(path, format="nt", encoding="utf-8")


def write_pyoxigraph(statements: list[tuple[tuple[str, str], ...]], path: Path) -> None:
    """Make pyoxigraph's terms of values and write N-Triples."""

    def triples() -> Iterator[pyoxigraph.Triple]:
        for (subject, _), (predicate, _), (value, kind) in statements:
            object_ = (
                pyoxigraph.NamedNode(value)
                if kind == "iri"
                else pyoxigraph.Literal(value, datatype=pyoxigraph.NamedNode(kind) if kind else None)
            )
            yield pyoxigraph.Triple(pyoxigraph.NamedNode(subject), pyoxigraph.NamedNode(predicate), object_)

    with path.open("wb") as out:
        pyoxigraph.serialize(triples(), out, pyoxigraph.RdfFormat.N_TRIPLES)


if __name__ == "__main__":
    main()
