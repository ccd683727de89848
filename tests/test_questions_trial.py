"""The questions on a trial."""

import pyoxigraph
import pytest
import rdflib
from tests.asking import ask, lines
from tests.conftest import study

import trialgraph
from trialgraph import resources
from trialgraph.iris import BASE
from trialgraph.questions import question

TRIAL = study(
    identificationModule={"nctId": "NCT00000001", "briefTitle": "A Trial", "acronym": "AT"},
    conditionsModule={"conditions": ["Asthma", "COPD"]},
    designModule={"studyType": "INTERVENTIONAL", "phases": ["PHASE2", "PHASE3"], "enrollmentInfo": {"count": 0}},
    armsInterventionsModule={"interventions": [{"type": "DRUG", "name": "Drug A"}]},
    eligibilityModule={
        "sex": "ALL",
        "minimumAge": "18 Years",
        "eligibilityCriteria": "Inclusion Criteria:\n\n* Adult\n* Well\n\nExclusion Criteria:\n\n* Ill",
    },
    outcomesModule={
        "primaryOutcomes": [{"measure": "Survival", "timeFrame": "1 year"}],
        "secondaryOutcomes": [{"measure": "Pain", "timeFrame": "1 day", "description": "0 to 10"}, {"measure": "Cost"}],
    },
    referencesModule={
        "references": [
            {"type": "BACKGROUND", "citation": "Old."},
            {"type": "RESULT", "pmid": "1", "citation": "New.", "retractions": [{"pmid": "2"}, {"pmid": "3"}]},
        ],
        "seeAlsoLinks": [{"label": "Site", "url": "https://example.org/"}],
        "availIpds": [{"id": "X1", "type": "Data Set", "url": "https://example.org/data"}],
    },
    contactsLocationsModule={
        "locations": [
            {"facility": "One", "city": "Paris", "country": "France"},
            {"facility": "Two", "city": "Lyon", "country": "France"},
            {"city": "Berlin", "country": "Germany"},
        ]
    },
)
OTHER = study("NCT00000002", identificationModule={"nctId": "NCT00000002", "briefTitle": "Another"})
GRAPH = lines(TRIAL, OTHER)


def test_trial_glance_gives_a_row_for_each_value_of_a_field() -> None:
    rows = ask(GRAPH, "trial-glance", nctId="nct00000001")
    assert rows == [
        ("title", "A Trial"),
        ("acronym", "AT"),
        ("status", "RECRUITING"),
        ("study type", "INTERVENTIONAL"),
        ("phase", "PHASE2"),
        ("phase", "PHASE3"),
        ("sponsor", "Acme"),
        ("condition", "Asthma"),
        ("condition", "COPD"),
        ("intervention", "Drug A"),
        ("enrollment", "0"),
        ("sex", "ALL"),
        ("minimum age", "18 Years"),
        ("sites", "3"),
        ("country", "France"),
        ("country", "Germany"),
    ]


def test_trial_glance_gives_one_spelling_of_a_shared_name() -> None:
    other = study("NCT00000002", conditionsModule={"conditions": ["ASTHMA"]})
    rows = ask(lines(TRIAL, other), "trial-glance", nctId="NCT00000001")
    assert [value for field, value in rows if field == "condition"] == ["ASTHMA", "COPD"]


def test_trial_outcomes_gives_the_primary_ones_first() -> None:
    assert ask(GRAPH, "trial-outcomes", nctId="NCT00000001") == [
        ("PRIMARY", "Survival", "1 year", ""),
        ("SECONDARY", "Cost", "", ""),
        ("SECONDARY", "Pain", "1 day", "0 to 10"),
    ]
    assert ask(GRAPH, "trial-outcomes", nctId="NCT00000002") == []


def test_trial_eligibility_gives_the_criteria_in_their_order() -> None:
    assert ask(GRAPH, "trial-eligibility", nctId="NCT00000001") == [
        ("sex", "", "ALL"),
        ("minimum age", "", "18 Years"),
        ("inclusion", "1", "Adult"),
        ("inclusion", "2", "Well"),
        ("exclusion", "1", "Ill"),
    ]


def test_trial_eligibility_gives_the_whole_text_if_it_has_no_items() -> None:
    graph = lines(study(eligibilityModule={"eligibilityCriteria": "Ask your doctor."}))
    assert ask(graph, "trial-eligibility", nctId="NCT00000001") == [("criteria", "", "Ask your doctor.")]


def test_trial_references_gives_results_first_and_each_once() -> None:
    assert ask(GRAPH, "trial-references", nctId="NCT00000001") == [
        ("RESULT", "New.", "1", "", "", "yes"),
        ("BACKGROUND", "Old.", "", "", "", ""),
        ("LINK", "Site", "", "https://example.org/", "", ""),
        ("DATA", "Data Set", "", "https://example.org/data", "", ""),
    ]


def test_trial_record_has_every_statement_of_the_trial_and_of_no_other() -> None:
    """The samples have every kind of part: what trial-record leaves out, it would leave out here."""
    samples = [str(path) for path in sorted(resources.folder("samples").glob("*.[jnt]*"))]
    store = pyoxigraph.Store()
    text = "".join(f"{s} {p} {o} .\n" for s, p, o in trialgraph.statements(samples))
    store.load(text.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    for number in range(1, 38):
        own = f"<{BASE}trial/NCT990000{number:02}"
        expected = {str(quad.triple) for quad in store if str(quad.subject).startswith((f"{own}>", f"{own}/"))}
        found = _triples(store, question("trial-record").bound({"nctId": own[-11:]}))
        assert {str(each) for each in found if str(each.subject).startswith(own)} == expected
        assert len(expected) > 10, own


@pytest.mark.parametrize("nct_id", ["NCT00000001", "NCT00000002"])
def test_trial_record_has_the_labels_of_what_the_trial_shares(nct_id: str) -> None:
    query = question("trial-record").bound({"nctId": nct_id})
    store = pyoxigraph.Store()
    store.load(GRAPH.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    found = {f"{each.subject} {each.predicate} {each.object}" for each in _triples(store, query)}
    acme = f'<{BASE}organization/acme> <http://www.w3.org/2000/01/rdf-schema#label> "Acme"'
    assert acme in {each.replace("^^<http://www.w3.org/2001/XMLSchema#string>", "") for each in found}
    by_rdflib = rdflib.Graph().parse(data=GRAPH, format="nt").query(query).graph
    assert by_rdflib is not None
    assert len(by_rdflib) == len(found)


def _triples(store: pyoxigraph.Store, query: str) -> list[pyoxigraph.Triple]:
    found = store.query(query)
    assert isinstance(found, pyoxigraph.QueryTriples)
    return list(found)
