"""Ask: answers of SPARQL as tables with links, and each named question as a form."""

import html
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import pytest
from msgspec.structs import replace
from tests.conftest import study
from tests.serving import FEW, built, served

from trialgraph.questions import Question, questions
from trialgraph.serve import parts
from trialgraph.serve.fields import fields, words

HOSTILE = "<script>alert(1)</script> & \"quotes\" 'too'"
TRIALS = [
    study("NCT00000001", statusModule={"overallStatus": "RECRUITING"}),
    study(
        "NCT00000002",
        identificationModule={"briefTitle": HOSTILE},
        statusModule={"overallStatus": "COMPLETED"},
        conditionsModule={"conditions": ["Urticaria"]},
    ),
]
TG = "PREFIX tg: <https://w3id.org/trialgraph/ontology#>\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(tmp_path_factory.mktemp("ask"), *TRIALS)


@pytest.fixture(scope="module")
def client(store: str) -> Iterator[httpx.Client]:
    with served(store) as found:
        yield found


def asked(client: httpx.Client, query: str) -> str:
    answer = client.get("/ask", params={"query": query})
    assert answer.status_code == 200, answer.text
    return answer.text


def cells(page: str) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", page, re.DOTALL)


def box(page: str) -> str:
    """The query in the text box, as HTML."""
    (found,) = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    return str(found)


def test_the_page_starts_with_an_example_that_runs(client: httpx.Client) -> None:
    page = client.get("/ask").text
    assert '<a href="/trial/NCT00000001">NCT00000001</a>' in cells(asked(client, html.unescape(box(page))))


@pytest.mark.parametrize(
    ("term", "cell"),
    [
        ("<https://w3id.org/trialgraph/organization/acme>", '<a href="/organization/acme">organization/acme</a>'),
        ("<https://w3id.org/trialgraph/vocabulary#phase-PHASE2>", "tgv:phase-PHASE2"),
        ('"NCT00000002"', '<a href="/trial/NCT00000002">NCT00000002</a>'),
        ('"not NCT00000002"', "not NCT00000002"),
        ("12", "12"),
        ("true", "yes"),
        (
            '"https://example.org/?a&b"',
            '<a href="https://example.org/?a&amp;b" rel="nofollow noopener noreferrer">https://example.org/?a&amp;b</a>',
        ),
        ('"javascript:alert(1)"', "javascript:alert(1)"),
        ("UNDEF", ""),
    ],
)
def test_a_value_links_to_the_page_of_its_thing(term: str, cell: str, client: httpx.Client) -> None:
    assert cells(asked(client, f"SELECT ?x {{ VALUES ?x {{ {term} }} }}")) == [cell]


def test_values_and_queries_show_as_text(client: httpx.Client) -> None:
    query = TG + f"SELECT ?title {{ ?trial tg:briefTitle ?title }} ORDER BY ?title # </textarea>{HOSTILE}"
    page = asked(client, query)
    assert html.unescape(cells(page)[0]) == HOSTILE
    assert html.unescape(box(page)) == query
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("query", "shows"),
    [
        ("ASK { ?s ?p ?o }", "<strong>Yes</strong>"),
        ("ASK { ?s ?p 'nowhere' }", "<strong>No</strong>"),
        ("SELECT ?s { ?s ?p 'nowhere' }", "0 rows"),
        (TG + "CONSTRUCT { ?s tg:nctId ?o } { ?s tg:nctId ?o }", "2 triples"),
    ],
)
def test_every_kind_of_query_has_an_answer(query: str, shows: str, client: httpx.Client) -> None:
    assert shows in asked(client, query)


def test_triples_are_turtle_with_prefixes(client: httpx.Client) -> None:
    page = asked(client, TG + "CONSTRUCT WHERE { ?s tg:nctId 'NCT00000001' }")
    assert 'tg:nctId "NCT00000001" .' in html.unescape(page)


def test_an_answer_that_is_not_whole_says_so(client: httpx.Client) -> None:
    numbers = " ".join(map(str, range(40)))
    page = asked(client, f"SELECT ?a ?b {{ VALUES ?a {{ {numbers} }} VALUES ?b {{ {numbers} }} }}")
    assert "More than 1,000 rows" in page
    assert "Only the first 1,000 rows are shown." in page
    assert len(cells(page)) == 2 * 1000


def test_downloads_are_the_answer_of_the_endpoint(client: httpx.Client) -> None:
    page = asked(client, TG + "SELECT ?nctId { ?trial tg:nctId ?nctId } ORDER BY ?nctId")
    (link,) = (html.unescape(each) for each in re.findall(r'href="(/sparql\?[^"]+format=csv)"', page))
    assert client.get(link).text == "nctId\r\nNCT00000001\r\nNCT00000002\r\n"


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("SELECT nonsense", 400, "the query:1:16: "),
        ("SELECT * { SERVICE <https://example.org/> { ?s ?p ?o } }", 403, "SERVICE sends data to another server"),
        ("INSERT DATA { <a:b> <a:b> <a:b> }", 403, "INSERT changes a graph"),
        ("ASK {" + "{" * 200 + "}" * 200 + "}", 400, "more than 128 brackets"),
    ],
)
def test_a_query_without_an_answer_says_why(query: str, status: int, says: str, client: httpx.Client) -> None:
    answer = client.get("/ask", params={"query": query})
    assert answer.status_code == status
    assert says in html.unescape(answer.text)
    assert html.unescape(box(answer.text)) == query


def test_a_query_that_takes_too_long_is_stopped(store: str) -> None:
    with served(store, replace(FEW, seconds=0.3)) as client:
        every = " ".join(f"?s{n} ?p{n} ?o{n} ." for n in range(9))
        answer = client.get("/ask", params={"query": f"SELECT (COUNT(*) AS ?n) {{ {every} }}"})
    assert answer.status_code == 503
    assert "the query exceeded 0.3 s" in answer.text


def test_all_questions_are_listed_by_topic_and_narrowed_by_words(client: httpx.Client) -> None:
    page = client.get("/ask").text
    assert re.findall(r'<a href="/ask/([a-z-]+)">', page) == list(questions())
    some = client.get("/ask", params={"about": "overdue SPONSORS"}).text
    assert re.findall(r'<a href="/ask/([a-z-]+)">', some) == ["overdue-by-sponsor"]
    assert f"1 of {len(questions())} questions" in html.unescape(some)
    assert "0 of" in client.get("/ask", params={"about": "no such words"}).text


@pytest.mark.parametrize("question", questions().values(), ids=questions())
def test_every_question_has_a_form_and_an_answer(question: Question, client: httpx.Client) -> None:
    values = {each.name: each.example for each in question.parameters}
    page = client.get(f"/ask/{question.name}", params=values)
    assert page.status_code == 200, page.text
    for name in values:
        assert f'name="{name}"' in page.text
        assert f'id="{name}-field"' in page.text
    assert '<h2 id="answer">Answer</h2>' in page.text
    (query,) = re.findall(r'aria-label="SPARQL">(.*?)</pre>', page.text, re.DOTALL)
    assert html.unescape(query) == question.bound(values)
    (link,) = re.findall(r'href="(/ask\?query=[^"]+)"', page.text)
    assert html.unescape(box(client.get(html.unescape(link)).text)) == html.unescape(query)


def test_a_question_that_needs_a_value_waits_for_it(client: httpx.Client) -> None:
    page = client.get("/ask/condition-names")
    assert page.status_code == 200
    assert 'id="answer"' not in page.text
    assert 'class="wrong"' not in page.text


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("condition-names", {"condition": " "}, "Is needed, such as asthma"),
        ("trial-glance", {"nctId": "NCT1"}, "Not an NCT id; such as NCT03280550"),
        ("trials-for-patient", {"age": "old", "sex": "FEMALE"}, "Not a number; such as 9"),
        ("many-sites", {"sites": "some"}, "Not a whole number; such as 20"),
        ("completeness", {"asOf": "2024-02-30"}, "Day is out of range for month; such as today"),
        ("white-spots", {"condition": "asthma", "country": "Frnce"}, "the ISO 3166-1 code of a country: france?"),
        ("top-conditions", {"status": "OPEN"}, "Not one of ACTIVE_NOT_RECRUITING"),
    ],
)
def test_a_wrong_value_is_said_beside_its_field(
    name: str, values: dict[str, str], says: str, client: httpx.Client
) -> None:
    answer = client.get(f"/ask/{name}", params=values)
    assert answer.status_code == 400
    page = html.unescape(answer.text)
    wrong = re.findall(r'<p class="wrong" id="(\w+)-wrong">(.*?)</p>', page)
    assert [field for field, _ in wrong] == [next(key for key in values if key != "sex" and wrong[0][0] == key)]
    assert says in wrong[0][1]
    assert f'aria-describedby="{wrong[0][0]}-hint {wrong[0][0]}-wrong"' in page
    assert '<h2 id="answer">' not in page


def test_a_value_cannot_become_more_than_a_term(client: httpx.Client) -> None:
    value = 'x" } } INSERT DATA { <a:b> <a:b> "'
    page = client.get("/ask/condition-names", params={"condition": value})
    assert page.status_code == 200
    assert "0 rows" in page.text
    (field,) = re.findall(r'<input id="condition-field"[^>]* value="([^"]*)"', page.text)
    assert html.unescape(field) == value


def test_several_values_are_boxes_to_tick(client: httpx.Client) -> None:
    page = client.get("/ask/unreachable-trials?" + urlencode([("status", "RECRUITING"), ("status", "COMPLETED")])).text
    ticked = re.findall(r'type="checkbox" name="status" value="(\w+)" checked', page)
    assert ticked == ["COMPLETED", "RECRUITING"]
    assert {*re.findall(r"/trial/(NCT\d+)", page)} == {"NCT00000001", "NCT00000002"}


def test_a_question_takes_no_other_fields(client: httpx.Client) -> None:
    answer = client.get("/ask/same-secondary-id?wrong=1")
    assert answer.status_code == 400
    assert "There is no field wrong in this question." in answer.text


def test_an_unknown_question_names_the_nearest(client: httpx.Client) -> None:
    answer = client.get("/ask/top-sponsor")
    assert answer.status_code == 404
    assert "did you mean top-sponsors" in answer.text


@pytest.mark.parametrize(
    ("name", "parameter", "kind"),
    [
        ("many-sites", "sites", 'type="number"'),
        ("completeness", "asOf", 'type="date"'),
        ("trial-glance", "nctId", 'type="text"'),
        ("white-spots", "country", 'list="countries"'),
        ("trials-for-patient", "sex", "<select"),
        ("trials-for-patient", "healthy", "<select"),
        ("overdue-results", "method", "<select"),
    ],
)
def test_a_field_fits_the_type_of_its_parameter(name: str, parameter: str, kind: str, client: httpx.Client) -> None:
    page = client.get(f"/ask/{name}").text
    (element,) = re.findall(rf'<(?:input|select) id="{parameter}-field"[^>]*>', page)
    assert kind in element


def test_names_of_parameters_are_words() -> None:
    assert [words(name) for name in ("atLeast", "nctId", "ofTrial", "asOf")] == [
        "At least",
        "NCT id",
        "Of trial",
        "As of",
    ]


def test_a_field_that_nobody_filled_has_its_default_and_no_error() -> None:
    (age, *_, status) = fields(questions()["trials-for-patient"], {})
    assert (age.value, age.error, age.required) == ("", "", True)
    assert status.chosen == ["RECRUITING", "NOT_YET_RECRUITING"]


def test_the_editor_completes_the_words_of_the_ontology(client: httpx.Client) -> None:
    terms = client.get("/ask/terms.json").json()
    assert terms["prefixes"]["tg"] == "https://w3id.org/trialgraph/ontology#"
    assert "https://w3id.org/trialgraph/ontology#Trial" in terms["classes"]
    assert {"https://w3id.org/trialgraph/ontology#leadSponsor", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"} <= {
        *terms["properties"]
    }


@pytest.mark.parametrize("there", [True, False])
def test_the_plain_form_is_there_with_and_without_the_editor(
    there: bool, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "missing", lambda: [] if there else ["@zazuko/yasgui is missing: a text box"])
    answer = client.get("/ask")
    assert ("/static/vendor/yasgui/yasgui.min.js" in answer.text) == there
    assert '<textarea id="query" name="query"' in answer.text
    assert ("style-src 'self' 'unsafe-inline'" in answer.headers["content-security-policy"]) == there
    assert "script-src" not in answer.headers["content-security-policy"]  # 'self' alone, by default-src
    assert "unsafe-inline" not in client.get("/ask/top-sponsors").headers["content-security-policy"]


def test_a_page_leaves_out_what_would_fill_the_memory_of_the_server(client: httpx.Client) -> None:
    doubled = "".join(f"BIND (CONCAT(?x{each}, ?x{each}) AS ?x{each + 1}) " for each in range(20))
    page = asked(client, "SELECT ?x20 ?n { BIND ('x' AS ?x0) " + doubled + "BIND ('after' AS ?n) }")
    assert len(page) < 100_000
    assert "… (1,048,576 characters)" in page
    assert "after" in cells(page)

    names = " ".join(f"?v{each}" for each in range(1_000))
    page = asked(client, "SELECT " + names + " { VALUES ?v0 { " + "1 " * 1_000 + "} }")
    assert re.search(r"Only the first \d\d rows are shown", page)

    page = asked(
        client,
        "CONSTRUCT { <x:> <x:> ?large } { BIND ('x' AS ?x0) "
        + doubled
        + "VALUES ?v { 1 2 3 4 5 6 7 8 } BIND (CONCAT(?x20, STR(?v)) AS ?large) }",
    )
    assert len(page) < 5_000_000


def test_a_day_stays_on_one_line_and_an_answer_has_a_caption(client: httpx.Client) -> None:
    page = asked(client, 'SELECT ?day ?text { VALUES (?day ?text) { ("2025-11-24" "2025-11-24 or so") } }')
    assert '<td class="day">2025-11-24</td><td>2025-11-24 or so</td>' in page
    assert "<caption" in page
