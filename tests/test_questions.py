"""The named questions as files: their headers, their parameters, and what binds them."""

import re
from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialgraph.errors import GraphError, UsageError
from trialgraph.iris import PREFIXES
from trialgraph.questions import Question, page, parsed, question, questions

HEADER = "# What?\n#\n# A row is a thing.\n#\n# @topic places\n"


def asked(type_: str, value: str) -> str:
    """The line that binds a value of a type, in a query that has it."""
    variables = "(?lat ?long ?kmPerDegree)" if type_ == "point" else "?it"
    text = f"{HEADER}# @param it {type_}, such as x: a thing\n\nSELECT * {{\n  VALUES {variables} {{ UNDEF }}\n}}\n"
    return parsed("test", text).bound({"it": value}).split("\n")[-3].strip(" ")


@pytest.mark.parametrize("each", questions().values(), ids=questions())
class TestFile:
    def test_it_is_sparql_and_orders_its_rows(self, each: Question) -> None:
        pyoxigraph.Store().query(each.text)
        assert re.search(r"^ORDER BY ", each.text, re.MULTILINE) or re.search(r"^(CONSTRUCT|ASK)", each.text, re.M)

    def test_its_text_has_the_defaults_and_the_examples(self, each: Question) -> None:
        required = {one.name: one.example for one in each.parameters if one.required}
        todays = {one.name: "2026-11-22" for one in each.parameters if one.default == "today"}
        bound = each.bound(required | todays)
        # The file may write 50.0 where a user's 50 is bound.
        assert _terms(bound) == _terms(each.text)

    def test_it_declares_the_prefixes_that_it_uses_and_no_other(self, each: Question) -> None:
        body = re.sub(r"#.*", "", re.sub(r'"[^"]*"|<[^<>\s]*>', "", each.text.partition("\n\n")[2]))
        declared = re.findall(r"^PREFIX (\w+): <(.*)>$", each.text, re.MULTILINE)
        assert dict(declared).items() <= PREFIXES.items()
        used = set(re.findall(r"(?<![?\w])(\w+):[\w-]+", re.sub(r"^PREFIX .*$", "", body, flags=re.MULTILINE)))
        assert used == {prefix for prefix, _ in declared}
        assert declared == sorted(declared)

    def test_its_lines_fit_a_screen_and_its_header_ends_its_sentences(self, each: Question) -> None:
        assert max(map(len, each.text.splitlines())) <= 120
        assert each.asks.endswith("?")
        assert each.row.startswith(("A row is ", "One row", "A graph "))
        assert each.row.endswith(".")
        assert all(choice.endswith(".") for choice in each.choices)


def _terms(query: str) -> list[str]:
    """The values of the VALUES lines as engines read them."""
    lines = re.findall(r"VALUES (?:\?\w+|\(.*?\)) \{.*\}$", query, re.MULTILINE)
    prefixes = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
    found = []
    for line in lines:
        solutions = pyoxigraph.Store().query(f"{prefixes}SELECT * {{ {line} }}")
        assert isinstance(solutions, pyoxigraph.QuerySolutions)
        found.append(f"{line.partition('{')[0]}{[[str(term) for term in each] for each in solutions]}")
    return found


@pytest.mark.parametrize(
    ("type_", "value", "line"),
    [
        ("text", "Sjögren's", 'VALUES ?it { "Sjögren\'s" }'),
        ("integer", "+018", 'VALUES ?it { "18"^^<http://www.w3.org/2001/XMLSchema#integer> }'),
        ("number", "2.50", 'VALUES ?it { "2.50"^^<http://www.w3.org/2001/XMLSchema#decimal> }'),
        ("boolean", "Yes", 'VALUES ?it { "true"^^<http://www.w3.org/2001/XMLSchema#boolean> }'),
        ("date", "2024-02-29", 'VALUES ?it { "2024-02-29"^^<http://www.w3.org/2001/XMLSchema#date> }'),
        ("iri", "mesh:D001249", "VALUES ?it { <http://id.nlm.nih.gov/mesh/D001249> }"),
        ("iri", "https://example.org/a", "VALUES ?it { <https://example.org/a> }"),
        ("nctId", "nct07131150", 'VALUES ?it { "NCT07131150" }'),
        ("country", "South Korea", 'VALUES ?it { "KR" }'),
        ("country", "fr", 'VALUES ?it { "FR" }'),
        (
            "overallStatus",
            "Not yet recruiting",
            "VALUES ?it { <https://w3id.org/trialgraph/vocabulary#overallStatus-NOT_YET_RECRUITING> }",
        ),
        (
            "phase*",
            "PHASE2,Phase 3",
            "VALUES ?it { <https://w3id.org/trialgraph/vocabulary#phase-PHASE2>"
            " <https://w3id.org/trialgraph/vocabulary#phase-PHASE3> }",
        ),
        ("FDAAA|WHO", "who", 'VALUES ?it { "WHO" }'),
        ("point", "60,-120", "VALUES (?lat ?long ?kmPerDegree) { (60.000000e0 -120.000000e0 55.597500e0) }"),
        ("distance", "30 mi", 'VALUES ?it { "48.280320"^^<http://www.w3.org/2001/XMLSchema#decimal> }'),
        ("distance", "500m", 'VALUES ?it { "0.500"^^<http://www.w3.org/2001/XMLSchema#decimal> }'),
    ],
)
def test_a_value_becomes_a_term_of_its_type(type_: str, value: str, line: str) -> None:
    assert asked(type_, value) == line


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("integer", "1e3", "it=1e3: not a whole number; such as x"),
        ("integer", "١٢", "not a whole number"),
        ("number", "INF", "not a number"),
        ("boolean", "maybe", "neither true nor false"),
        ("date", "2024-02-30", "day is out of range"),
        ("date", "20240201", "not a day"),
        ("iri", "no iri", "not an IRI"),
        ("iri", "https://e.org/> } DROP ALL #", "Invalid IRI"),
        ("nctId", "NCT123", "not an NCT id"),
        ("country", "Atlantis", "neither the name nor the ISO 3166-1 code of a country"),
        ("country", "Germny", "germany?"),
        ("overallStatus", "OPEN-ISH", "not one of ACTIVE_NOT_RECRUITING, "),
        ("phase*", "PHASE2,PHASE9", "not one of "),
        ("FDAAA|WHO", "EU", "it=EU: not one of FDAAA, WHO; such as x"),
        ("point", "91,0", "a latitude is from -90 to 90"),
        ("point", "48.85", "not a latitude and a longitude in degrees"),
        ("point", "nan,2", "a latitude is from -90 to 90"),
        ("distance", "50", "not a distance with its unit, km, mi or m"),
        ("distance", "-5km", "not a distance with its unit"),
        ("text", "\ud800", "a character that is not Unicode"),
    ],
)
def test_a_value_that_its_type_does_not_take_is_refused(type_: str, value: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        asked(type_, value)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_no_text_becomes_more_than_a_literal(value: str) -> None:
    line = asked("text", value)
    solutions = pyoxigraph.Store().query(f"SELECT * {{ {line} }}")
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    assert [[term.value for term in each] for each in solutions] == [[value.strip()]]


@pytest.mark.parametrize("value", ["\\u0022 } #", "\\\\U00000022", '" } UNION { ?s ?p ?o } #', "a\nb", "\\"])
def test_no_text_ends_its_literal_in_an_engine_that_undoes_escapes_first(value: str) -> None:
    line = asked("text", value)
    undone = re.sub(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})", lambda e: chr(int(e[1] or e[2], 16)), line)
    solutions = pyoxigraph.Store().query(f"SELECT * {{ {undone} }}")
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    assert [[term.value for term in each] for each in solutions] == [[value]]


def test_a_question_without_a_parameter_that_it_needs_says_which_and_how() -> None:
    with pytest.raises(UsageError, match=r"the parameter condition is missing: .*--param condition=cancer"):
        question("recruiting-near").bound({"point": "1,2"})


def test_a_question_refuses_a_parameter_that_it_does_not_have() -> None:
    with pytest.raises(UsageError, match="no parameter colour; it takes condition, point, within"):
        question("recruiting-near").bound({"condition": "asthma", "point": "1,2", "colour": "red"})


def test_an_unknown_question_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean recruiting-near"):
        question("recruting-near")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * {}", "the header wants the question"),
        (f"{HEADER}# @param it string = a: a thing\n\nSELECT * {{}}\n", "not a parameter: @param it string"),
        (f"{HEADER}# @param it text = a: a thing\n\nSELECT * {{}}\n", "no line `VALUES ?it { ... }`"),
    ],
)
def test_a_file_that_is_no_question_is_a_fault(text: str, message: str) -> None:
    with pytest.raises(GraphError, match=re.escape(message)):
        parsed("test", text)


def test_every_file_of_the_folder_is_a_question() -> None:
    folder = Path(__file__).parents[1] / "queries"
    if folder.is_dir():
        assert {path.stem for path in folder.glob("*")} == {*questions()}


def test_the_page_of_the_questions_is_up_to_date() -> None:
    file = Path(__file__).parents[1] / "docs" / "questions.md"
    assert file.read_text(encoding="utf-8") == page(questions().values()), "trialgraph queries --format markdown"
