"""Facets: each alone, together, as counts, and over real records; pyoxigraph and rdflib must give the same rows."""

from collections import Counter
from typing import Any

import pyoxigraph
import pytest
import rdflib
from tests.asking import lines, parsed
from tests.conftest import SHARED, study

from trialgraph import build
from trialgraph.errors import UsageError
from trialgraph.find import FACETS, countable, counts, search
from trialgraph.store import opened


def record(nct_id: str, phases: tuple[str, ...], status: str, updated: str, **more: Any) -> dict[str, Any]:
    dates = {"overallStatus": status, "lastUpdatePostDateStruct": {"date": updated}}
    return study(
        nct_id, designModule={"studyType": "INTERVENTIONAL", "phases": list(phases)}, statusModule=dates, **more
    )


def place(city: str, country: str, lat: float, lon: float) -> dict[str, Any]:
    return {"facility": f"{city} Clinic", "city": city, "country": country, "geoPoint": {"lat": lat, "lon": lon}}


RECORDS = [
    record(
        "NCT00000001",
        ("PHASE1", "PHASE2"),
        "RECRUITING",
        "2024-01-01",
        contactsLocationsModule={
            "locations": [place("Paris", "France", 48.85, 2.35), place("Lyon", "France", 45.76, 4.84)]
        },
        eligibilityModule={
            "sex": "ALL",
            "minimumAge": "18 Years",
            "maximumAge": "65 Years",
            "healthyVolunteers": False,
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Uses an Inhaled Steroid",
        },
        armsInterventionsModule={"interventions": [{"type": "DRUG", "name": "Omalizumab", "otherNames": ["Xolair"]}]},
        derivedSection={
            "conditionBrowseModule": {
                "meshes": [{"id": "D001249", "term": "Asthma"}],
                "ancestors": [{"id": "D008171", "term": "Lung Diseases"}],
            }
        },
    ),
    record(
        "NCT00000002",
        ("PHASE2",),
        "COMPLETED",
        "2024-03-01",
        conditionsModule={"conditions": ["COPD"]},
        sponsorCollaboratorsModule={
            "leadSponsor": {"name": "Novartis", "class": "INDUSTRY"},
            "collaborators": [{"name": "Acme", "class": "INDUSTRY"}],
        },
        contactsLocationsModule={"locations": [place("Suva", "Fiji", 0.0, 179.9)]},
        eligibilityModule={"sex": "FEMALE", "minimumAge": "6 Months", "healthyVolunteers": True},
        hasResults=True,
    ),
    study(
        "NCT00000003",
        designModule={"studyType": "OBSERVATIONAL"},
        statusModule={"overallStatus": "UNKNOWN"},
        sponsorCollaboratorsModule={"leadSponsor": {"name": "Beta", "class": "OTHER"}},
        conditionsModule={"conditions": ["Diabetes"]},
        eligibilityModule={"sex": "MALE"},
        contactsLocationsModule={"locations": [place("Apia", "Samoa", 0.0, -179.9)]},
    ),
]


@pytest.fixture(scope="module")
def graph() -> tuple[pyoxigraph.Store, rdflib.Graph]:
    text = lines(*RECORDS)
    store = pyoxigraph.Store()
    store.load(text.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return store, rdflib.Graph(bind_namespaces="none").parse(data=text, format="nt")


def rows(graph: tuple[pyoxigraph.Store, rdflib.Graph], query: str) -> list[tuple[str, ...]]:
    """The rows of a query in pyoxigraph, after rdflib gave the same."""
    found = rows_of(graph[0], query)
    answer = graph[1].query(parsed(query))
    other = [tuple(str(row.get(name, "")) for name in answer.vars or ()) for row in answer.bindings]
    assert other == found
    return found


def rows_of(store: pyoxigraph.Store, query: str) -> list[tuple[str, ...]]:
    found = store.query(query)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    return [tuple("" if term is None else str(getattr(term, "value", term)) for term in row) for row in found]


ONE, TWO, THREE = (f"NCT0000000{number}" for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("facet", "value", "expected"),
    [
        ("condition", "asthma", {ONE}),
        ("condition", "LUNG dis", {ONE}),
        ("condition", "copd", {TWO}),
        ("condition", 'no"such\\\n} UNION {', set()),
        ("intervention", "omali", {ONE}),
        ("intervention", "xolair", {ONE}),
        ("sponsor", "acme", {ONE, TWO}),
        ("sponsor", "novartis", {TWO}),
        ("city", "par", {ONE}),
        ("near", "48.85,2.35,1m", {ONE}),
        ("near", "48.85,2.35,50km", {ONE}),
        ("near", "0,179.9,22.2km", {TWO}),
        ("near", "0,179.9,22.3km", {TWO, THREE}),
        ("near", "0,-180,12km", {TWO, THREE}),
        ("near", "0,180,12km", {TWO, THREE}),
        ("near", "1,179.9,111.1km", set()),
        ("near", "1,179.9,111.3km", {TWO}),
        ("country", "FR", {ONE}),
        ("country", "france", {ONE}),
        ("country", "FJ,Samoa", {TWO, THREE}),
        ("status", "RECRUITING", {ONE}),
        ("status", "RECRUITING,COMPLETED", {ONE, TWO}),
        ("phase", "PHASE2", {ONE, TWO}),
        ("phase", "PHASE1", {ONE}),
        ("type", "OBSERVATIONAL", {THREE}),
        ("sex", "FEMALE", {ONE, TWO}),
        ("sex", "MALE", {ONE, THREE}),
        ("sex", "ALL", {ONE}),
        ("age", "18", {ONE, TWO, THREE}),
        ("age", "17.99", {TWO, THREE}),
        ("age", "65", {ONE, TWO, THREE}),
        ("age", "65.99", {ONE, TWO, THREE}),
        ("age", "66", {TWO, THREE}),
        ("age", "0.5", {TWO, THREE}),
        ("age", "0.4", {THREE}),
        ("healthy", "yes", {TWO}),
        ("healthy", "no", {ONE}),
        ("results", "yes", {TWO}),
        ("results", "no", {ONE, THREE}),
        ("words", "inhaled steroid", {ONE}),
        ("words", "a trial", {ONE, TWO, THREE}),
    ],
)
def test_a_facet_alone(graph: Any, facet: str, value: str, expected: set[str]) -> None:
    assert {row[0] for row in rows(graph, search({facet: value}))} == expected


def test_all_trials_the_latest_updated_first(graph: Any) -> None:
    assert rows(graph, search({})) == [
        (TWO, "A Trial", "COMPLETED", "PHASE2", "Novartis", "", "", "2024-03-01"),
        (ONE, "A Trial", "RECRUITING", "PHASE1/PHASE2", "Acme", "", "", "2024-01-01"),
        (THREE, "A Trial", "UNKNOWN", "", "Beta", "", "", ""),
    ]


def test_facets_together(graph: Any) -> None:
    both = {"phase": "PHASE2", "sponsor": "acme", "sex": "FEMALE", "age": "20"}
    assert [row[0] for row in rows(graph, search(both))] == [TWO, ONE]
    assert [row[0] for row in rows(graph, search(both | {"country": "FR", "near": "45.76,4.84,1km"}))] == [ONE]
    assert rows(graph, search(both | {"words": "nothing of it"})) == []
    every = {name: ",".join(parameter.example for parameter in facet.parameters) for name, facet in FACETS.items()}
    assert rows(graph, search(every)) == []


@pytest.mark.parametrize(
    ("facet", "expected"),
    [
        ("condition", [("Asthma", "1")]),
        ("intervention", []),
        ("sponsor", [("Acme", "1"), ("Beta", "1"), ("Novartis", "1")]),
        ("city", [("Apia", "1"), ("Lyon", "1"), ("Paris", "1"), ("Suva", "1")]),
        ("country", [("Fiji", "1"), ("France", "1"), ("Samoa", "1")]),
        ("status", [("COMPLETED", "1"), ("RECRUITING", "1"), ("UNKNOWN", "1")]),
        ("phase", [("PHASE2", "2"), ("PHASE1", "1")]),
        ("type", [("INTERVENTIONAL", "2"), ("OBSERVATIONAL", "1")]),
        ("sex", [("ALL", "1"), ("FEMALE", "1"), ("MALE", "1")]),
        ("age", []),
        ("healthy", [("false", "1"), ("true", "1")]),
        ("results", [("false", "2"), ("true", "1")]),
    ],
)
def test_counts(graph: Any, facet: str, expected: list[tuple[str, str]]) -> None:
    assert rows(graph, counts(facet, {})) == expected


def test_counts_of_found_trials(graph: Any) -> None:
    assert rows(graph, counts("phase", {"country": "FR"})) == [("PHASE1", "1"), ("PHASE2", "1")]
    assert rows(graph, counts("phase", {"words": "nothing of it"})) == []
    assert countable() == [name for name in FACETS if name not in ("near", "words")]


def test_limits(graph: Any) -> None:
    assert [row[0] for row in rows(graph, search({}, limit=1))] == [TWO]
    assert rows(graph, counts("status", {}, limit=2)) == [("COMPLETED", "1"), ("RECRUITING", "1")]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"colour": "red"}, "colour: no such facet; there are condition"),
        ({"point": "1,2"}, "point: no such facet"),
        ({"status": "OPEN"}, "status=OPEN: not one of"),
        ({"country": "Frrance"}, "france"),
        ({"age": "nine"}, "age=nine: not a number"),
        ({"healthy": "maybe"}, "neither true nor false"),
        ({"near": "48.85,2.35"}, "near=48.85,2.35: not a point and a distance; such as 48.85,2.35,50km"),
        ({"near": "50km"}, "near=50km: not a point and a distance"),
        ({"near": "48.85,2.35,50"}, "a distance with its unit"),
        ({"near": "98,2.35,50km"}, "a latitude is from -90 to 90"),
    ],
)
def test_bad_values(values: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as error:
        search(values)
    assert said in str(error.value)


def test_counts_of_what_is_not_counted() -> None:
    for facet in ("near", "words", "colour"):
        with pytest.raises(UsageError, match=f"{facet}: not a facet with counts; there are condition"):
            counts(facet, {})


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared records")
def test_counts_agree_with_searches_of_real_records(tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("real") / "real.nt"
    build([SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"], out)
    store = opened(str(out))
    sexes: Counter[str] = Counter()
    for facet in countable():
        found = rows_of(store, counts(facet, {}))
        assert found, facet
        if facet == "age":  # its counts are age groups, its value is a number
            continue
        for value, number in found[:6]:
            trials = len(rows_of(store, search({facet: value}, limit=1_000)))
            if facet == "sex":
                sexes[value] = trials - int(number)
            elif facet in ("condition", "intervention", "sponsor", "city"):  # a part of a name finds more
                assert trials >= int(number) > 0, (facet, value)
            else:
                assert trials == int(number), (facet, value)
    stated = {value: number for value, number in rows_of(store, counts("sex", {}))}  # noqa: C416
    silent = len(rows_of(store, search({}, limit=1_000))) - sum(map(int, stated.values()))  # they take both
    both = int(stated["ALL"]) + silent
    assert sexes == {"ALL": silent, "FEMALE": both, "MALE": both}
