"""The commands that ask a graph, as users type them."""

import csv
import io
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import networkx
import pytest
from tests.conftest import parsed, run, study, written

import trialgraph
from trialgraph import build
from trialgraph.questions import questions

HOSTILE = "Evil \x1b[31mred\x07 \u202eTrial"


def trial(number: int, title: str = "A Trial", sponsor: str = "Acme") -> dict[str, Any]:
    return study(
        f"NCT0000000{number}",
        identificationModule={"nctId": f"NCT0000000{number}", "briefTitle": title},
        sponsorCollaboratorsModule={
            "leadSponsor": {"name": sponsor, "class": "INDUSTRY"},
            "collaborators": [{"name": "Shared Partner", "class": "OTHER"}],
        },
        conditionsModule={"conditions": ["Asthma", "COPD"]},
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    records = [trial(1), trial(2, HOSTILE, HOSTILE), trial(3, sponsor="Beta")]
    build(written(folder, records), folder / "s.store")
    return folder / "s.store"


def test_queries_lists_every_question_and_shows_one() -> None:
    listed = run("queries")
    assert listed.exit_code == 0
    for each in questions().values():
        assert f"  {each.name} " in listed.stdout
        assert each.asks in listed.stdout
    shown = run("queries", "sponsor-portfolio")
    assert shown.stdout == questions()["sponsor-portfolio"].text


@pytest.mark.parametrize("arguments", [("queries", "sponsor-portfolo"), ("query", "x.ttl", "sponsor-portfolo")])
def test_an_unknown_question_suggests_the_nearest(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean sponsor-portfolio" in result.stderr


def test_query_by_name_file_text_and_stdin(store: Path, tmp_path: Path) -> None:
    (tmp_path / "my.rq").write_text("SELECT ?id { ?t tg:nctId ?id } ORDER BY ?id")
    ids = ["id", "NCT00000001", "NCT00000002", "NCT00000003"]
    text = (tmp_path / "my.rq").read_text()
    for given, stdin in ((tmp_path / "my.rq", None), (text, None), ("-", text.encode())):
        result = run("query", store, given, "--format", "csv", stdin=stdin)
        assert (result.exit_code, result.stdout.split()) == (0, ids), result.stderr
    named = run("query", f"{store}/", "sponsor-portfolio", "--param", "sponsor=beta")
    assert (named.exit_code, "Beta" in named.stdout, named.stderr) == (0, True, "1 row\n")


def test_query_writes_a_file(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    result = run("query", store, "ASK { ?t a tg:Trial }", "--format", "json", "-o", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(out.read_text())["boolean"] is True
    failed = run("query", store, "ASK {", "-o", out)
    assert failed.exit_code == 4
    assert json.loads(out.read_text())["boolean"] is True
    turtle = run("query", store, "CONSTRUCT WHERE { ?t tg:nctId ?id }", "-o", tmp_path / "out.ttl")
    assert (turtle.exit_code, turtle.stderr) == (0, "3 triples\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ASK {"], 4, "the query:1:6: "),
        (["SELECT * FROM <http://example.org/> {}"], 2, "FROM reads another graph"),
        (["SELECT * { SERVICE <http://example.org/> {} }"], 2, "--allow-service"),
        (["missing.rq"], 3, "missing.rq: cannot be read"),
        (["sponsor-portfolio"], 2, "the parameter sponsor is missing"),
        (["sponsor-portfolio", "-p", "sponsor"], 2, "--param sponsor: not KEY=VALUE"),
        (["sponsor-portfolio", "-p", "sponsor=a", "-p", "sponsor=b"], 2, "--param sponsor: given twice"),
        (["sponsor-portfolio", "-p", "sponsor=a", "-p", "colour=b"], 2, "there is no parameter colour"),
        (["ASK {}", "-p", "a=b"], 2, "only a named question takes parameters"),
        (["ASK {}", "--endpoint", "http://example.org/"], 2, "give QUESTION alone with --endpoint"),
        ([], 2, "give a GRAPH and a QUESTION"),
    ],
)
def test_bad_queries(store: Path, arguments: list[str], code: int, said: str) -> None:
    result = run("query", store, *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    "command",
    [("query", "SELECT ?o { ?s tg:briefTitle|rdfs:label ?o }"), ("find",), ("similar", "NCT00000001"), ("network",)],
)
def test_what_a_store_has_does_not_command_a_terminal(store: Path, command: tuple[str, ...]) -> None:
    result = run(command[0], store, *command[1:])
    assert result.exit_code == 0, result.stderr
    assert "Evil" in result.stdout
    assert not set(result.output) & set("\x1b\x07\u202e")


def test_find(store: Path) -> None:
    found = run("find", store, "--sponsor", "beta", "--format", "csv")
    assert (found.exit_code, found.stderr) == (0, "")
    assert [row[0] for row in csv.reader(io.StringIO(found.stdout))] == ["nctId", "NCT00000003"]
    counted = run("find", store, "--counts", "status", "--format", "csv")
    assert counted.stdout.split() == ["value,trials", "RECRUITING,3"]
    more = "there are more than 1; --limit gives them\n"
    assert run("find", store, "--limit", "1").stderr == f"1 row\n{more}"
    assert run("find", store, "--limit", "1", "--format", "csv").stderr == more
    assert run("find", store, "--limit", "3").stderr == "3 rows\n"


def test_the_query_of_find_runs(store: Path) -> None:
    shown = run("find", "--sponsor", "beta", "--sparql")
    assert shown.exit_code == 0
    found = run("query", store, "-", "--format", "csv", stdin=shown.stdout.encode())
    assert found.stdout == run("find", store, "--sponsor", "beta", "--format", "csv").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["find"], "name a graph or a store to ask, or an --endpoint"),
        (["find", "x.ttl", "--status", "OPEN"], "status=OPEN: not one of"),
        (["find", "x.ttl", "--counts", "words"], "not a facet with counts"),
        (["find", "x.ttl", "--limit", "0"], "0 is not in the range"),
        (["similar", "x.ttl"], "name one trial, or ask for --all"),
        (["similar", "x.ttl", "NCT00000001", "--all"], "name one trial, or ask for --all"),
    ],
)
def test_bad_arguments(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


class Rows(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"far"}}]}}'
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_query_and_find_ask_an_endpoint() -> None:
    with HTTPServer(("127.0.0.1", 0), Rows) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/sparql"
        results = [
            run("query", "--endpoint", url, "SELECT ?x {}"),
            run("find", "--endpoint", url, "--status", "COMPLETED"),
        ]
        server.shutdown()
        thread.join()
    assert [(each.exit_code, each.stdout) for each in results] == [(0, "x\n---\nfar\n")] * 2
    gone = run("query", "--endpoint", url, "ASK {}")
    assert (gone.exit_code, "cannot be reached" in gone.stderr) == (3, True)


def test_similar(store: Path, tmp_path: Path) -> None:
    listed = run("similar", store, "NCT00000001", "-k", "1")
    assert listed.exit_code == 0, listed.stderr
    assert listed.stdout.startswith(" 1. NCT0000000")
    table = run("similar", store, "NCT00000001", "--format", "csv")
    assert {row[0] for row in csv.reader(io.StringIO(table.stdout))} == {"trial", "NCT00000002", "NCT00000003"}
    unknown = run("similar", store, "NCT99999999")
    assert (unknown.exit_code, "NCT99999999" in unknown.stderr) == (2, True)


@pytest.mark.parametrize("name", ["x.ttl", "x.nt"])
def test_similar_trials_of_a_whole_store(store: Path, tmp_path: Path, name: str) -> None:
    result = run("similar", store, "--all", "-o", tmp_path / name)
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    count = run("query", tmp_path / name, "SELECT (COUNT(*) AS ?n) { ?s a tg:Similarity }", "--format", "csv")
    assert count.stdout.split() == ["n", "6"]
    if name == "x.nt":
        assert len(parsed((tmp_path / name).read_bytes()).things("tg:Similarity")) == 6


def test_similar_without_its_extra(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The second import puts the module in the place of the function of its name, which later tests need back.
    monkeypatch.setattr(trialgraph, "similar", trialgraph.similar)
    for name in [each for each in sys.modules if each.startswith("trialgraph.similar")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    result = run("similar", store, "NCT00000001")
    assert (result.exit_code, "pip install 'trialgraph[similar]'" in result.stderr) == (2, True), result.stderr


def test_network(store: Path, tmp_path: Path) -> None:
    listed = run("network", store, "--of", "conditions")
    assert listed.exit_code == 0, listed.stderr
    assert listed.stdout.split("\n")[0].split()[:3] == ["label", "trials", "degree"]
    assert listed.stderr == "2 nodes, 1 edge, of 3 trials\n"
    result = run("network", store, "--of", "conditions", "-o", tmp_path / "c.graphml")
    assert (result.exit_code, result.stdout) == (0, "")
    assert networkx.read_graphml(tmp_path / "c.graphml").number_of_edges() == 1
    path = run("network", store, "--between", "Acme", "Beta")
    assert (path.exit_code, "Shared Partner" in path.stdout) == (0, True), path.stderr
    for arguments in (["--of", "colours"], ["-o", "x.doc"], ["--between", "Acme", "Nobody"]):
        bad = run("network", store, *arguments)
        assert (bad.exit_code, bad.stdout) == (2, ""), bad.stderr


def test_no_colour_is_written(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run("find", store).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert run("find", store).stdout == plain
    assert "\x1b" not in plain


def test_a_question_about_a_trial_that_is_not_there_says_so(tmp_path: Path) -> None:
    out = tmp_path / "trials.nt"
    run("build", *written(tmp_path, [study()]), "-o", out, "-q")
    result = run("query", out, "trial-glance", "-p", "nctId=nct00000009")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (0, "NCT00000009: there is no such trial in the graph")
    assert "no such trial" not in run("query", out, "trial-references", "-p", "nctId=NCT00000001").stderr
