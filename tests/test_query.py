"""Queries: what is refused before it is parsed, where an error is, and answers in every format."""

import csv
import datetime
import io
import re
from typing import Any

import pyoxigraph
import pytest
from hypothesis import example, given, settings, strategies
from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, QueryTriples, RdfFormat

from trialgraph.errors import GraphError, InputError, UsageError
from trialgraph.query import FORMATS, Rows, ask, check, table, text_of, to_rdflib, written

HOSTILE = "a|b`c\x1b[31m<i>\u202e*x*"

REFUSED = [
    ("SELECT * FROM <http://example.org/> {}", "FROM"),
    ("SELECT * FROM NAMED <http://example.org/> {}", "FROM"),
    ("SELECT*FROMNAMED<http://example.org/>{}", "FROM"),
    ("PREFIX : <http://example.org/> SELECT * FROM:x {}", "FROM"),
    ("SELECT * { SERVICE <http://example.org/> {} }", "SERVICE"),
    ("SELECT * { service silent ?x {} }", "SERVICE"),
    ("SELECT * { \\u0053ERVICE <http://example.org/> {} }", "SERVICE"),
    ("SELECT * { \\U00000053ERV\\u0049CE <http://example.org/> {} }", "SERVICE"),
    ("SELECT * { SERVICESILENT<http://example.org/>{} }", "SERVICE"),
    ("SELECT * { ?s ?p 1SERVICE<http://example.org/>{} }", "SERVICE"),
    ("SELECT * { ?s ?p trueSERVICE<http://example.org/>{} }", "SERVICE"),
    ("PREFIX : <http://example.org/> SELECT * { ?s ?p ?o.SERVICE:x {} }", "SERVICE"),
    ("PREFIX e: <http://e/> SELECT * { ?s ?p e:.SERVICE <http://example.org/> {} }", "SERVICE"),
    ("PREFIX e: <http://e/> SELECT * { ?s ?p e:-1.SERVICE <http://example.org/> {} }", "SERVICE"),
    ("PREFIX e: <http://e/> SELECT * { ?s ?p e:a.b.SERVICE <http://example.org/> {} }", "SERVICE"),
    ("PREFIX e: <http://e/> SELECT * { ?s ?p e:a.\\'.SERVICE <http://example.org/> {} #'\n}", "SERVICE"),
    ("PREFIX : <http://e/> SELECT * { ?s ?p _:a:.SERVICE <http://example.org/> {} }", "SERVICE"),
    ("PREFIX : <http://e/> SELECT * { ?s ?p ?o:.SERVICE:x {} }", "SERVICE"),
    ("PREFIX e: <http://example.org/> SELECT * { SERVICEe:x # a comment\n{} }", "SERVICE"),
    ("SELECT * { # a comment ends at CR\rSERVICE <http://example.org/> {} }", "SERVICE"),
    ("SELECT * {\n# hint: SERVICE <http://example.org/> {}\n}", "SERVICE"),
    ("SELECT * {\n# \\u0068int: SERVICE <http://example.org/> {}\n}", "SERVICE"),
    ("SELECT * {\n  # hint: \\u0053ERVICE <http://example.org/> {}\n}", "SERVICE"),
    ("SELECT * {\n#\\u000a# hint: '''\n# hint: \\u0053ERVICE <http://example.org/> {}\n# '''\n}", "SERVICE"),
    (
        "PREFIX : <http://example.org/> SELECT * { OPTIONAL { ?s ?p :a\\# } SERVICE <http://example.org/> {} }",
        "SERVICE",
    ),
    ("PREFIX : <http://e/> SELECT * { OPTIONAL { ?s ?p :a\\' } SERVICE <http://e/> {} BIND ('x' AS ?z) }", "SERVICE"),
    ("SELECT * { OPTIONAL { ?s ?p <http://e/\u00a0#x> } SERVICE <http://example.org/> {} }", "SERVICE"),
    ("SELECT * { FILTER (1<'x>y') SERVICE <http://example.org/> {} BIND ('x' AS ?z) }", "blanks around <"),
    ("SELECT * { ?s ?p ?b FILTER (1<?b#>'''\n) SERVICE <http://e/> {} BIND ('''x''' AS ?z) }", "blanks around <"),
    ("INSERT DATA { <a> <b> <c> }", "INSERT"),
    ("delete where { ?s ?p ?o }", "DELETE"),
    ("LOAD <http://example.org/>", "LOAD"),
    ("CLEAR ALL", "CLEAR"),
    ("DROP ALL", "DROP"),
    ("SELECT * " + "{" * 129 + "}" * 129, "brackets"),
    ("SELECT * { FILTER (" + "(" * 127 + "1" + ")" * 129, "brackets"),
    ("SELECT * { FILTER (" + "!" * 501 + "1) }", "operators"),
    ("SELECT * { FILTER (1" + "-1" * 501 + ") }", "operators"),
    ("SELECT * { {} " + "UNION {} " * 501 + "}", "operators"),
    ("SELECT * { BIND ('" + "x" * 70_000 + "' AS ?x) }", "at most 65,536 characters"),
]


@pytest.mark.parametrize(("query", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused(query: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ask(pyoxigraph.Store(), query)


ALLOWED = [
    'SELECT * { BIND ("SERVICE FROM INSERT" AS ?x) }',
    "SELECT * { BIND ('''a ' SERVICE <x> {} '' FROM''' AS ?x) }",
    'SELECT * { BIND ("a \\" SERVICE" AS ?x) }',
    "SELECT * { # SERVICE <http://example.org/> and FROM\n}",
    "SELECT * { ?s <http://example.org/SERVICE/FROM#INSERT> ?o }",
    "SELECT * { ?s <http://example.org/it's#FROM> 'SERVICE' }",
    "SELECT ?service ?FROM { ?service ?FROM $load }",
    "PREFIX from: <http://example.org/> PREFIX service: <http://e/> SELECT * { ?s from:x service:service, tg:from }",
    "PREFIX tg: <http://example.org/> SELECT * { ?s tg:insert ?o FILTER (?o<3&&?o>1) }",
    'SELECT * { ?s ?p "x"@en-service }',
    "SELECT * " + "{" * 127 + "}" * 127,
    "SELECT * { VALUES ?x { " + "1 " * 30_000 + "} }",
    "SELECT * { FILTER (1 IN (" + "1, " * 20_000 + "1)) }",
]


@pytest.mark.parametrize("query", ALLOWED, ids=range(len(ALLOWED)))
def test_what_is_not_refused(query: str) -> None:
    assert isinstance(ask(pyoxigraph.Store(), query), QuerySolutions)


@pytest.mark.parametrize("quote", ["'", '"', "'''", '"""'])
def test_a_text_that_does_not_end_is_refused_where_it_begins(quote: str) -> None:
    with pytest.raises(UsageError, match="a text that does not end: " + quote):
        check("ASK { FILTER (" + f"{quote}\\" * 1_000)


#: What makes a query of parts that stand without a blank; the engine may divide them otherwise than we do.
PARTS = [
    *("e:", ":", "e:a", "e:a.b", "_:a", "?s", ".", "-", "1", "1.", "1e1", "true", "@en", "@en--ltr", "%41"),
    *(
        "\\.",
        "\\'",
        "\\#",
        "\\u0027",
        "\\u002e",
        "\\u005c",
        "'",
        '"',
        "'''",
        "'a'",
        "<x:a>",
        "<x:'>",
        "<",
        ">",
        "#",
        "\n",
        "\r",
    ),
    *(" ", "(", ")", "{", "}", "[]", "FILTER", "^^", "*", "\ufeff", "\u00b7", "\u00b2", "\u3001", "\u2028", "\x00"),
]


@settings(max_examples=500)
@given(
    before=strategies.sampled_from(["", "?s ?p ", "?s ?p e:", "?s ?p ?o.", "FILTER (1<2)", "?s ?p 'a"]),
    parts=strategies.lists(strategies.sampled_from(PARTS), max_size=4).map("".join),
    after=strategies.lists(strategies.sampled_from(PARTS), max_size=2).map("".join),
    called=strategies.sampled_from(
        ["SERVICE<http://127.0.0.1:1/>{}", "SERVICE ?s{}", "service:a{}", "SERVICE#\ne:a{}"]
    ),
)
@example(before="?s ?p ", parts="e:.", after="", called="SERVICE<http://127.0.0.1:1/>{}")
@example(before="?s ?p ", parts="e:a.b.", after="", called="SERVICE<http://127.0.0.1:1/>{}")
def test_a_service_that_the_engine_sees_is_refused(before: str, parts: str, after: str, called: str) -> None:
    query = (
        f"PREFIX e: <http://127.0.0.1:1/> PREFIX : <http://127.0.0.1:1/> SELECT * {{ {before}{parts}{called}{after} }}"
    )
    other = re.sub("(?i)service", "nothing", query)
    if is_sparql(query) and not is_sparql(other):  # so it is no name in which the word stands
        with pytest.raises(UsageError):
            check(query)


def is_sparql(query: str) -> bool:
    try:
        pyoxigraph.Store().query(query)
    except SyntaxError:
        return False
    except (OSError, RuntimeError, ValueError):  # of an address that cannot be reached
        return True
    return True


def test_service_is_let_if_asked_for() -> None:
    check("SELECT * { SERVICE <http://example.org/> {} }", allow_service=True)
    with pytest.raises(UsageError, match="FROM"):
        check("SELECT * FROM <http://example.org/> {}", allow_service=True)


@pytest.mark.parametrize(
    ("query", "place", "line", "before"),
    [
        ("SELECT * {} LIMIT x", "1:19", "SELECT * {} LIMIT x", "SELECT * {} LIMIT "),
        ("SELECT *\n{} LIMIT x\n", "2:10", "{} LIMIT x", "{} LIMIT "),
        ("SELECT *\r\n{} LIMIT x\r\n", "2:10", "{} LIMIT x", "{} LIMIT "),
        ("SELECT *\n{}\tLIMIT x", "2:10", "{}\\tLIMIT x", "{}\\tLIMIT "),
        ("SELECT * { FILTER ('é' = '肺') } LIMIT x", "1:39", "SELECT * { FILTER ('é' = '肺') } LIMIT x", "x" * 39),
        ("SELECT * # \u2028 \x0b\n{} LIMIT x", "2:10", "{} LIMIT x", "{} LIMIT "),
        ("SELECT * {\n # hint: } LIMIT x\n", "2:10", " } LIMIT x", " } LIMIT "),
    ],
)
def test_a_syntax_error_shows_its_place(query: str, place: str, line: str, before: str) -> None:
    with pytest.raises(GraphError) as error:
        ask(pyoxigraph.Store(), query, "my.rq")
    first, shown, caret = str(error.value).split("\n")
    assert first.startswith(f"my.rq:{place}: ")
    assert (shown, caret) == (line, " " * len(before) + "^")


@pytest.mark.parametrize(
    ("query", "prefix"), [("SELECT * { ?x a foo:Trial }", "foo:"), ("SELECT * { ?x a foo:a/b:c }", "foo:")]
)
def test_a_prefix_that_nobody_declared_is_named(query: str, prefix: str) -> None:
    with pytest.raises(GraphError, match=rf"^my.rq:1:\d+: no PREFIX line declares {prefix}\n"):
        ask(pyoxigraph.Store(), query, "my.rq")


ROWS = """SELECT ?text ?iri ?count ?none {
  VALUES (?text ?iri ?count ?none) { ("a, \\"b\\"\\nc" <http://example.org/> 3 UNDEF) ("肺" tg:Trial 40 UNDEF) }
} ORDER BY ?count"""


def rows(query: str = ROWS) -> QuerySolutions:
    answer = ask(pyoxigraph.Store(), query)
    assert isinstance(answer, QuerySolutions)
    return answer


def test_rows_as_csv_and_tsv() -> None:
    read = list(csv.reader(io.StringIO(written(rows(), "csv").text.decode(), newline="")))
    trial = "https://w3id.org/trialgraph/ontology#Trial"
    assert read == [
        ["text", "iri", "count", "none"],
        ['a, "b"\nc', "http://example.org/", "3", ""],
        ["肺", trial, "40", ""],
    ]
    tsv = written(rows(), "tsv").text.decode().split("\n")
    assert tsv[:2] == ["?text\t?iri\t?count\t?none", '"a, \\"b\\"\\nc"\t<http://example.org/>\t3\t']


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_rows_as_results_of_sparql(format_: str) -> None:
    kind = {"json": QueryResultsFormat.JSON, "xml": QueryResultsFormat.XML}[format_]
    read = pyoxigraph.parse_query_results(written(rows(), format_).text, kind)
    assert isinstance(read, QuerySolutions)
    assert [list(solution) for solution in read] == [list(solution) for solution in rows()]


def test_rows_as_a_table() -> None:
    done = written(rows(), "table")
    assert done.count == 2
    assert done.text.decode() == (
        "text       iri                  count  none\n"
        "---------  -------------------  -----  ----\n"
        'a, "b"\\nc  http://example.org/  3\n'
        "肺         tg:Trial             40\n"
    )


def test_a_table_crops_wide_cells() -> None:
    text = table(["a", "b"], [["x" * 70, "1"], ["肺" * 40, "2"]])
    lines = text.splitlines()
    assert lines[2] == "x" * 59 + "…  1"
    assert lines[3] == "肺" * 29 + " …  2"
    assert lines[1] == "-" * 60 + "  -"


@pytest.mark.parametrize("format_", ["table", "markdown"])
def test_hostile_values_are_shown_only(format_: str) -> None:
    store = pyoxigraph.Store()
    store.add(pyoxigraph.Quad(*(pyoxigraph.NamedNode("http://e/"),) * 2, pyoxigraph.Literal(f"{HOSTILE}\nnext")))
    text = written(ask(store, "SELECT ?o { ?s ?p ?o }"), format_).text.decode()
    assert not set(text) & set("\x1b\u202e\r")
    assert text.count("\n") == 3
    if format_ == "markdown":
        assert text.splitlines()[2].count("|") - text.splitlines()[2].count("\\|") == 2
        assert "<i>" not in text


@pytest.mark.parametrize(("query", "word"), [("ASK {}", "yes"), ("ASK { FILTER (false) }", "no")])
def test_truths(query: str, word: str) -> None:
    def said(format_: str) -> str:
        return written(ask(pyoxigraph.Store(), query), format_).text.decode()

    truth = "true" if word == "yes" else "false"
    assert said("table") == said("markdown") == f"{word}\n"
    assert said("csv").strip() == said("tsv").strip() == truth
    for format_, kind in (("json", QueryResultsFormat.JSON), ("xml", QueryResultsFormat.XML)):
        read = pyoxigraph.parse_query_results(said(format_).encode(), kind)
        assert isinstance(read, QueryBoolean)
        assert bool(read) == (word == "yes")
    with pytest.raises(UsageError, match="no Turtle"):
        said("turtle")


def graph() -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    data = b'<http://e/b> <http://e/p> "x\\ny", 2 . <http://e/a> a <https://w3id.org/trialgraph/ontology#Trial> .'
    store.load(data, format=RdfFormat.TURTLE)
    return store


@pytest.mark.parametrize("query", ["CONSTRUCT WHERE { ?s ?p ?o }", "DESCRIBE ?s { ?s ?p ?o }"])
def test_triples_are_turtle(query: str) -> None:
    answer = ask(graph(), query)
    done = written(answer, "table")
    assert done.count == 3
    assert {q.triple for q in pyoxigraph.parse(done.text, RdfFormat.TURTLE)} == {q.triple for q in graph()}
    assert done.text == written(ask(graph(), query), "turtle").text
    assert b"tg:Trial" in done.text
    for format_ in set(FORMATS) - {"table", "turtle"}:
        with pytest.raises(UsageError, match="is Turtle"):
            written(ask(graph(), query), format_)


def test_rows_have_no_turtle() -> None:
    with pytest.raises(UsageError, match="CONSTRUCT and DESCRIBE have"):
        written(rows(), "turtle")


def test_triples_in_rdflib() -> None:
    answer = ask(graph(), "CONSTRUCT WHERE { ?s ?p ?o }")
    assert isinstance(answer, QueryTriples)
    assert len(to_rdflib(answer)) == 3


TYPED = """SELECT ?n ?d ?f ?day ?b ?s ?lang ?year ?mixed ?none { VALUES (?n ?d ?f ?day ?b ?s ?lang ?year ?mixed ?none) {
 (1 1.5 2e0 "2024-02-29"^^xsd:date true "x" "y"@en "2024"^^xsd:gYear "2024-02-29"^^xsd:date UNDEF)
 (2 2.5 3e0 "2024-03-01"^^xsd:date false "<i>" "z"@en "2025"^^xsd:gYear "2024"^^xsd:gYear UNDEF) } } ORDER BY ?n"""


def test_rows_in_python() -> None:
    held = Rows(rows(TYPED))
    day = datetime.date(2024, 2, 29)
    assert held.columns == ("n", "d", "f", "day", "b", "s", "lang", "year", "mixed", "none")
    assert held[0] == (1, 1.5, 2.0, day, True, "x", "y", "2024", day, None)
    assert len(held) == len(list(held)) == 2
    assert held[1][8] == "2024"


def test_rows_as_frames() -> None:
    frame = Rows(rows(TYPED)).to_pandas()
    assert list(frame["n"]) == [1, 2]
    assert list(frame["day"]) == [datetime.date(2024, 2, 29), datetime.date(2024, 3, 1)]
    polars = Rows(rows(TYPED)).to_polars()
    assert polars["mixed"].to_list() == ["2024-02-29", "2024"]
    assert polars["day"].to_list() == [datetime.date(2024, 2, 29), datetime.date(2024, 3, 1)]
    assert polars["none"].to_list() == [None, None]
    nothing = Rows(rows("SELECT ?a ?b { FILTER (false) }"))
    assert list(nothing.to_pandas().columns) == nothing.to_polars().columns == ["a", "b"]
    assert nothing.to_polars().height == 0


def test_rows_in_a_notebook() -> None:
    html = Rows(rows(TYPED))._repr_html_()
    assert "&lt;i&gt;" in html
    assert "<i>" not in html
    many = Rows(rows("SELECT ?x { VALUES ?x { " + "1 " * 103 + "} }"))._repr_html_()
    assert (many.count("<tr>"), "<p>3 more rows</p>" in many) == (101, True)


def test_the_text_of_what_a_user_names(tmp_path: Any) -> None:
    (tmp_path / "my.rq").write_bytes(b"\xef\xbb\xbfASK {}")
    path = str(tmp_path / "my.rq")
    assert text_of(path, {}) == ("ASK {}", path)
    assert text_of("ASK {}", {}) == ("ASK {}", "the query")
    assert text_of("DESCRIBE <http://example.org/>", {})[1] == "the query"
    assert text_of("-", {}, io.StringIO("ASK {}")) == ("ASK {}", "standard input")
    with pytest.raises(InputError, match="cannot be read"):
        text_of("-", {}, io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8"))
    with pytest.raises(InputError, match="cannot be read"):
        text_of("missing.rq", {})
    with pytest.raises(UsageError, match="only a named question"):
        text_of("ASK {}", {"a": "b"})


def test_a_hint_is_a_part_of_the_query_of_a_store() -> None:
    store = pyoxigraph.Store()
    store.update("INSERT DATA { <http://a/1> <http://a/p> 1 . <http://a/2> <http://a/p> 2 }")
    query = "SELECT ?o {\n  { SELECT ?o { ?s ?p ?o } ORDER BY ?o\n    # hint: LIMIT 1\n  }\n}"
    answer = ask(store, query)
    assert isinstance(answer, QuerySolutions)
    assert list(Rows(answer)) == [(1,)]
