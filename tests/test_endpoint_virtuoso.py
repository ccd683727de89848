"""Every named question, every facet of `find` and a copy of the graph, asked of Virtuoso: what pyoxigraph gives.

Virtuoso is Debian's, of 2018. It is started for these tests in a folder of its own, with the shared studies, or with
the samples where those are not at hand.
"""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from tests.test_questions_shared import SOURCES

import trialgraph
from trialgraph import resources
from trialgraph.endpoint import Endpoint
from trialgraph.engines import across
from trialgraph.errors import InputError
from trialgraph.find import countable, counts, search
from trialgraph.iris import TYPE
from trialgraph.mirror import mirrored
from trialgraph.query import ask
from trialgraph.questions import Question, questions
from trialgraph.rules import rules
from trialgraph.similar import TERMS
from trialgraph.store import opened

pytestmark = [
    pytest.mark.xdist_group("virtuoso"),  # one server
    pytest.mark.skipif(
        not (shutil.which("virtuoso-t") and shutil.which("isql-vt")),
        reason="virtuoso-t and isql-vt of Debian's virtuoso-opensource-7-bin are not installed",
    ),
]

#: What this Virtuoso does not answer, with what it says: it keeps no text of some 2,000 bytes where it groups or sorts.
WRONG = dict.fromkeys(("disagreements", "snapshot-changes"), r"column too long|exceeds 1900 bytes")

_INI = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/temporary.db
TransactionFile = {folder}/temporary.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
NumberOfBuffers = 20000
MaxDirtyBuffers = 15000
DirsAllowed = {folder}
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
[SPARQL]
ResultSetMaxRows = 100000
"""
_GRAPH = "urn:trialgraph"
_LOAD = "log_enable(2, 1); DB.DBA.TTLP_MT(file_open('{file}'), '', '{graph}', 0);"
_NUMBERS = {f"http://www.w3.org/2001/XMLSchema#{name}" for name in ("decimal", "double", "float", "integer", "int")}
_BOOLEAN = "http://www.w3.org/2001/XMLSchema#boolean"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The studies as N-Triples."""
    path = tmp_path_factory.mktemp("virtuoso") / "studies.nt"
    samples = [each for each in resources.folder("samples").iterdir() if each.suffix != ".md"]
    sources = [each for each in SOURCES if each.exists()] or samples
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{s} {p} {o} .\n" for s, p, o in trialgraph.statements(map(str, sources)))
    return path


@pytest.fixture(scope="module")
def store(graph: Path) -> pyoxigraph.Store:
    """The studies in memory."""
    held = pyoxigraph.Store()
    held.bulk_load(path=str(graph), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return held


@pytest.fixture(scope="module")
def virtuoso(graph: Path) -> Iterator[str]:
    """The address of a Virtuoso that has the studies."""
    folder = graph.parent
    sql, http = _free_ports()
    (folder / "virtuoso.ini").write_text(_INI.format(folder=folder, sql=sql, http=http))
    command = ["virtuoso-t", "+foreground", "+configfile", str(folder / "virtuoso.ini")]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    too_late = threading.Timer(60, server.kill)
    too_late.start()
    try:
        assert server.stdout is not None
        said = []
        for line in server.stdout:
            said.append(line)
            if "Server online at" in line:
                break
        else:
            pytest.fail("Virtuoso did not start: " + "".join(said))
        too_late.cancel()
        load = ["isql-vt", f"127.0.0.1:{sql}", "dba", "dba", f"exec={_LOAD.format(file=graph, graph=_GRAPH)}"]
        loaded = subprocess.run(load, capture_output=True, text=True, timeout=120)
        assert "Error" not in loaded.stdout + loaded.stderr
        yield f"127.0.0.1:{http}"
    finally:
        too_late.cancel()
        # Its own shutdown may wait for ever; the folder goes with the tests.
        server.kill()
        server.wait()
        if server.stdout:
            server.stdout.close()


@pytest.fixture(scope="module")
def endpoint(virtuoso: str) -> Endpoint:
    return Endpoint(f"http://{virtuoso}/sparql?default-graph-uri={_GRAPH}", timeout=60)


def _free_ports() -> tuple[int, int]:
    """Two ports that nobody listens at."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _values(each: Question, store: pyoxigraph.Store) -> Iterator[dict[str, str]]:
    """What a question requires, alone and with each parameter that may be left out or changed."""
    trial = min(quad.object.value for quad in store.quads_for_pattern(None, _NCT_ID, None))  # type: ignore[union-attr]
    required = {one.name: trial if one.type == "nctId" else one.example for one in each.parameters if one.required}
    yield required
    for one in each.parameters:
        if one.optional:
            yield required | {one.name: one.example}
        elif "|" in one.type:
            yield from (required | {one.name: word} for word in one.type.split("|") if word != one.default)


_NCT_ID = pyoxigraph.NamedNode("https://w3id.org/trialgraph/ontology#nctId")


@pytest.mark.parametrize("each", questions().values(), ids=lambda each: each.name)
def test_a_question_has_the_same_rows(endpoint: Endpoint, store: pyoxigraph.Store, each: Question) -> None:
    for values in _values(each, store):
        query, expected = each.bound(values), _rows(ask(store, each.bound(values)))
        if each.name in WRONG and max(len(cell.encode()) for row in expected for cell in row) > 1_000:
            with pytest.raises(InputError, match=WRONG[each.name]):
                endpoint.ask(query)
        else:
            assert _asked(endpoint, query, expected) == expected, values


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"condition": "asthma"},
        {"intervention": "omalizumab"},
        {"sponsor": "novartis"},
        {"city": "paris"},
        {"near": "48.85,2.35,50km"},
        {"country": "FR,DE"},
        {"status": "RECRUITING", "phase": "PHASE2,PHASE3"},
        {"type": "OBSERVATIONAL"},
        {"sex": "FEMALE", "age": "8.5"},
        {"age": "9"},
        {"healthy": "yes"},
        {"results": "no"},
        {"words": "inhaled"},
    ],
    ids=lambda values: "-".join(values) or "all",
)
def test_a_search_finds_the_same_trials(endpoint: Endpoint, store: pyoxigraph.Store, values: dict[str, str]) -> None:
    expected = _rows(ask(store, search(values)))
    assert _asked(endpoint, search(values), expected) == expected


@pytest.mark.parametrize("facet", countable())
def test_a_facet_counts_the_same(endpoint: Endpoint, store: pyoxigraph.Store, facet: str) -> None:
    query = counts(facet, {"condition": "cancer"})
    expected = _rows(ask(store, query))
    assert _asked(endpoint, query, expected) == expected


def test_a_copy_has_the_same_statements_and_breaks_the_same_rules(endpoint: Endpoint, store: pyoxigraph.Store) -> None:
    counting = rules(("core",))
    terms = TERMS | counting.across_terms
    with mirrored(endpoint, terms) as folder:
        copy = opened(folder)
        wanted = {
            quad for quad in store if str(quad.object if str(quad.predicate) == TYPE else quad.predicate) in terms
        }
        assert {*copy} == wanted
        assert across(copy, counting) == across(store, counting)


def test_truths(endpoint: Endpoint) -> None:
    found = [bool(endpoint.ask(f"ASK {{ ?trial a tg:Trial ; tg:nctId {id_} }}")) for id_ in ("?id", '"none"')]
    assert found == [True, False]


def test_a_password_by_digest(virtuoso: str) -> None:
    query = "ASK { ?trial a tg:Trial }"
    assert bool(Endpoint(f"http://dba:dba@{virtuoso}/sparql-auth").ask(query))
    with pytest.raises(InputError, match="answers 401"):
        Endpoint(f"http://dba:wrong@{virtuoso}/sparql-auth").ask(query)


def _asked(endpoint: Endpoint, query: str, expected: list[Any]) -> list[Any]:
    """The rows of Virtuoso, of its eighth plan at the latest.

    It plans by random samples of the data, and now and then a plan loses rows; another text has it plan anew. Where all
    plans do, which is not ours to mend, the test is an expected failure; a row that is not expected never is.
    """
    for again in range(8):
        found = _rows(endpoint.ask(query + "\n" + "#" * again))
        if found == expected:
            return found
    if _lacks_rows(found, expected):
        pytest.xfail("all plans of this Virtuoso lose rows")
    return found


def _lacks_rows(found: list[Any], expected: list[Any]) -> bool:
    """Whether rows are missing and none is wrong; of numbers of trials, whether some are too low."""
    if expected[0] == ("value", "trials"):
        numbers = dict(expected[1:])
        return all(float(number) <= float(numbers.get(value, 0)) for value, number in found[1:])
    return set(found) < set(expected)


def _rows(answer: Any) -> list[Any]:
    """The rows in their order, or the triples, with values that engines may spell in several ways as one."""
    if isinstance(answer, pyoxigraph.QueryTriples):
        return sorted(tuple(map(_value, (each.subject, each.predicate, each.object))) for each in answer)
    names = [each.value for each in answer.variables]
    return [tuple(names), *(tuple(map(_value, list(row))) for row in answer)]


def _value(term: Any) -> str:
    """A term as text. Virtuoso has no truths but 1 and 0, an empty text for what has no value, and 9.5 for 9.50."""
    if term is None:
        return ""
    if not isinstance(term, pyoxigraph.Literal):
        return str(term)
    if term.datatype.value == _BOOLEAN:
        return str(int(term.value in ("true", "1")))
    if term.datatype.value in _NUMBERS:
        return f"{float(term.value):.6g}"
    return term.value
