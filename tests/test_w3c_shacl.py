"""The SHACL suites of W3C through the engine that does the work: results, or a failure where one is due."""

import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyoxigraph
import pytest

from trialgraph.engines import results
from trialgraph.errors import GraphError
from trialgraph.iris import SH
from trialgraph.rules import spelled_path

SUITES = Path(__file__).parents[2] / "shared" / "data" / "w3c" / "suites.tgz"
TESTS = "data-shapes/data-shapes-test-suite/tests/"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT = "http://www.w3.org/ns/shacl-test#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

#: Severity, focus, path and value; blank nodes are all alike.
Expected = Counter[tuple[str, str, str, str]]

needs_suites = pytest.mark.skipif(not SUITES.is_file(), reason="the W3C suites are not beside the checkout")


@cache
def files() -> dict[str, str]:
    """The files of the SHACL suites by their paths."""
    with tarfile.open(SUITES) as archive:
        members = [m for m in archive.getmembers() if m.isfile() and m.name.removeprefix("./").startswith(TESTS)]
        return {
            member.name.removeprefix("./").removeprefix(TESTS): opened.read().decode()
            for member in members
            if (opened := archive.extractfile(member))
        }


def loaded(path: str) -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    text = files()[path].encode()
    store.load(text, format=pyoxigraph.RdfFormat.TURTLE, base_iri=f"http://w3c.test/{path}")
    return store


def values(store: pyoxigraph.Store, subject: object, predicate: str) -> list[pyoxigraph.NamedNode]:
    quads = store.quads_for_pattern(subject, pyoxigraph.NamedNode(predicate), None)  # type: ignore[arg-type]
    return [quad.object for quad in quads]  # type: ignore[misc]


def cases(suite: str) -> Iterator[tuple[str, pyoxigraph.Store, pyoxigraph.NamedNode]]:
    """Each test that the manifests of a suite include: its file, the manifest in it, and its node."""
    for manifest in sorted(path for path in files() if path.startswith(suite) and path.endswith("/manifest.ttl")):
        for included in sorted(set(re.findall(r"mf:include <(.+)>", files()[manifest]))):
            path = f"{manifest.removesuffix('manifest.ttl')}{included}"
            if path.endswith("/manifest.ttl"):
                continue
            store = loaded(path)
            for quad in store.quads_for_pattern(
                None, pyoxigraph.NamedNode(RDF_TYPE), pyoxigraph.NamedNode(SHT + "Validate")
            ):
                yield path, store, quad.subject  # type: ignore[misc]


def expected(store: pyoxigraph.Store, test: pyoxigraph.NamedNode) -> Expected | None:
    """The results that a test expects; None of one that expects a failure."""
    [report] = values(store, test, MF + "result")
    if report == pyoxigraph.NamedNode(SHT + "Failure"):
        return None
    found: Expected = Counter()
    for result in values(store, report, SH + "result"):
        [focus], [severity] = values(store, result, SH + "focusNode"), values(store, result, SH + "resultSeverity")
        paths, value = values(store, result, SH + "resultPath"), values(store, result, SH + "value")
        path = spelled_path(store, paths[0]) if paths else ""
        name = severity.value.removeprefix(SH).lower() if severity.value.startswith(SH) else severity.value
        found[name, alike(str(focus)), path, alike(str(value[0]) if value else "")] += 1
    return found


def alike(term: str) -> str:
    """A term as a store keeps it, which spells numbers in one way; all blank nodes alike."""
    if term.startswith("_:") or not term:
        return term[:2]
    store = pyoxigraph.Store()
    store.load(f"<http://s> <http://p> {term} .".encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return str(next(iter(store)).object)


def passes(path: str, store: pyoxigraph.Store, test: pyoxigraph.NamedNode) -> bool:
    [action] = values(store, test, MF + "action")
    texts = []
    for name in ("dataGraph", "shapesGraph"):
        [graph] = values(store, action, SHT + name)
        texts.append(files()[graph.value.removeprefix("http://w3c.test/")])
    data, shapes = texts
    try:
        found = [
            (severity, alike(focus), spelled, alike(value))
            for _, severity, focus, spelled, value, _ in results(data, shapes)
        ]
    except GraphError:
        return expected(store, test) is None
    return Counter(found) == expected(store, test)


@needs_suites
@pytest.mark.parametrize(("suite", "total", "wanted"), [("core", 98, 97), ("sparql", 22, 21)])
def test_w3c_suite(suite: str, total: int, wanted: int) -> None:
    outcomes = {f"{path} {test.value}": passes(path, store, test) for path, store, test in cases(suite)}
    assert len(outcomes) == total
    failed = [test for test, passed in outcomes.items() if not passed]
    assert len(failed) <= total - wanted, failed
