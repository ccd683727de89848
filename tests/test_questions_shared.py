"""Every named question over the shared studies: it gives rows where they can answer."""

import datetime

import pyoxigraph
import pytest
from tests.conftest import SHARED

import trialgraph
from trialgraph import resources, scores
from trialgraph.iris import BASE, PREFIXES, SH
from trialgraph.query import ask
from trialgraph.questions import Question, question, questions
from trialgraph.rules import SHAPE, dated

#: The studies, older versions of some trials, and captured pages.
SOURCES = [SHARED / "data/ctgov-v2/studies.ndjson.gz", SHARED / "data/ctgov-v2/history", SHARED / "data/pages"]
#: What these data cannot answer.
WITHOUT_ROWS = {
    "expanded-access": "no study names an expanded access record",
    "orphan-interventions": "every arm and every intervention is linked",
    "same-secondary-id": "no two of the trials share an identifier",
    "unreachable-trials": "every trial that recruits has a phone or an e-mail",
}


@pytest.fixture(scope="session")
def shared() -> pyoxigraph.Store:
    """The shared studies in memory."""
    if not SOURCES[0].exists():
        pytest.skip("the shared data are not here")
    store = pyoxigraph.Store()
    statements = trialgraph.statements([str(path) for path in SOURCES if path.exists()])
    text = "".join(f"{s} {p} {o} .\n" for s, p, o in statements)
    store.bulk_load(text.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return store


def _asked() -> list[tuple[Question, dict[str, str]]]:
    """Each question with what it requires, and then with the example of each parameter that may be left out."""
    asked = []
    for each in questions().values():
        required = {one.name: one.example for one in each.parameters if one.required}
        asked.append((each, required))
        asked += [(each, required | {one.name: one.example}) for one in each.parameters if one.optional]
    return asked


@pytest.mark.parametrize(("each", "values"), _asked(), ids=lambda value: getattr(value, "name", None))
def test_a_question_has_rows_where_the_data_can_answer(
    shared: pyoxigraph.Store, each: Question, values: dict[str, str]
) -> None:
    found = shared.query(each.bound(values))
    assert isinstance(found, pyoxigraph.QuerySolutions | pyoxigraph.QueryTriples)
    rows = list(found)
    assert bool(rows) == (each.name not in WITHOUT_ROWS), WITHOUT_ROWS.get(each.name)
    assert len({str(row) for row in rows}) == len(rows), "a row that is there twice"


HINTED = [pair for pair in _asked() if "# hint: " in pair[0].text]


@pytest.mark.parametrize(("each", "values"), HINTED, ids=lambda value: getattr(value, "name", None))
def test_hints_change_no_row(shared: pyoxigraph.Store, each: Question, values: dict[str, str]) -> None:
    query = each.bound(values)
    assert _in_order(ask(shared, query)) == _in_order(shared.query(query))


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("?trial tg:locationFacility ?end", "?trial tg:site/tg:facility ?end"),
        (
            "?trial tg:locationCountry ?end",
            "?trial tg:site/(tg:facility/tg:locatedIn|tg:locatedIn)/tg:within* ?end ."
            " ?end tg:placeKind tgv:placeKind-COUNTRY",
        ),
        (
            "?trial tg:recruitingFacility ?end",
            "?trial tg:site ?site . ?site tg:facility ?end . OPTIONAL { ?site tg:siteStatus ?own }"
            " ?trial tg:overallStatus ?all . FILTER (COALESCE(?own, ?all) = tgv:overallStatus-RECRUITING)",
        ),
    ],
)
def test_a_short_cut_leads_where_the_sites_lead(shared: pyoxigraph.Store, short: str, long: str) -> None:
    query = "SELECT DISTINCT ?trial ?end {{ {} }} ORDER BY ?trial ?end"
    assert _in_order(ask(shared, query.format(short))) == _in_order(ask(shared, query.format(long))) != []


@pytest.mark.parametrize("as_of", ["2026-11-22", "2020-02-29"])
def test_completeness_is_that_of_the_scores(shared: pyoxigraph.Store, as_of: str) -> None:
    scored = {
        score.id: (str(len(score.stated)), str(score.counted), *(str(number) for number in score.missing))
        for score in scores.of_store(shared, as_of)
        if not score.pages
    }
    rows = _rows(shared, "completeness", asOf=as_of)
    assert {
        row["nctId"]: (row["stated"], row["counted"], *(item.split()[0] for item in row["missing"].split("; ") if item))
        for row in rows
    } == scored
    assert len(rows) == len(scored)


@pytest.mark.parametrize("as_of", ["2026-11-22", "2024-12-31", "2025-02-28"])
@pytest.mark.parametrize(
    ("name", "values", "shapes"),
    [
        (
            "overdue-results",
            {"method": "FDAAA"},
            ["InterventionalTrial-resultsAct", "InterventionalTrial-resultsPact"],
        ),
        ("overdue-results", {"method": "WHO"}, ["InterventionalTrial-resultsWho"]),
        ("not-started", {}, ["Trial-startPast"]),
        ("stale-trials", {}, ["Trial-primaryCompletionPast", "Trial-statusVerified"]),
    ],
)
def test_a_question_on_time_finds_the_trials_that_the_shapes_find(
    shared: pyoxigraph.Store, name: str, values: dict[str, str], shapes: list[str], as_of: str
) -> None:
    rows = _rows(shared, name, asOf=as_of, **values)
    found = sorted(row["nctId"] for row in rows if row.get("reason") != "status unknown")
    day = datetime.date.fromisoformat(as_of)
    assert found == sorted(trial for shape in shapes for trial in _by_shape(shared, shape, day))
    assert found


def _in_order(answer: object) -> list[str]:
    assert isinstance(answer, pyoxigraph.QuerySolutions)
    return [str(row) for row in answer]


def _rows(store: pyoxigraph.Store, name: str, **values: str) -> list[dict[str, str]]:
    """The rows of a question, by the names of the columns."""
    found = store.query(question(name).bound(values))
    assert isinstance(found, pyoxigraph.QuerySolutions)
    columns = [each.value for each in found.variables]
    return [{name: each[name].value for name in columns if each[name] is not None} for each in found]


def _by_shape(store: pyoxigraph.Store, shape: str, day: datetime.date) -> set[str]:
    """The NCT ids of the trials that a shape of timed.ttl finds."""
    timed = pyoxigraph.Store()
    timed.load(path=str(resources.folder("shapes") / "timed.ttl"), format=pyoxigraph.RdfFormat.TURTLE)
    (select,) = timed.quads_for_pattern(
        pyoxigraph.NamedNode(f"{SHAPE}{shape}-query"), pyoxigraph.NamedNode(f"{SH}select"), None
    )
    assert isinstance(select.object, pyoxigraph.Literal)
    target = "tg:InterventionalTrial" if shape.startswith("Interventional") else "tg:Trial"
    prefixes = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
    query = dated(select.object.value, day).replace("WHERE {", f"WHERE {{ $this a {target} .", 1)
    found = store.query(prefixes + query)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    return {each["this"].value.removeprefix(f"{BASE}trial/") for each in found}
