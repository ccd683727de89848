"""The graph uses what the ontology defines, as it defines it; the ontology defines what the graph uses."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from tests.conftest import SHARED, Graph, parsed, short, study
from tests.sentinels import record, sentinel

from trialgraph import resources
from trialgraph.build import build, statements
from trialgraph.model import leaves

DATA = SHARED / "data"
SOURCES = [DATA / "ctgov-v2" / name for name in ("studies.ndjson.gz", "examples", "history")] + [DATA / "pages"]

#: What the ontology defines and a build does not state, with the reason.
NOT_BUILT = {
    "tg:Similarity": "made by `trialgraph similar`, as are the next eight; a page's own list is tg:similarTo",
    "tg:SimilarityReason": "",
    "tg:rank": "",
    "tg:reason": "",
    "tg:reasonKind": "",
    "tg:score": "",
    "tg:shares": "",
    "tg:similarTrial": "",
    "tg:weight": "",
    "tg:completeness": "made by `trialgraph validate --scores`, as are the next two",
    "tg:countedItems": "",
    "tg:scoredTrials": "",
    "tg:Removal": "made by `trialgraph sync`, beside the graph, as are the next two",
    "tg:removalReason": "",
    "tg:removed": "",
}


@cache
def ontology() -> frozenset[tuple[str, str, str]]:
    """The statements of the ontology and of its vocabularies."""
    files = ("trialgraph.ttl", "results.ttl", "vocabulary.ttl", "countries.ttl")
    return frozenset(
        (short(quad.subject), short(quad.predicate), str(quad.object) if is_tagged(quad.object) else short(quad.object))
        for name in files
        for quad in resources.graph(name)
    )


def is_tagged(term: object) -> bool:
    return isinstance(term, pyoxigraph.Literal) and term.language is not None


def defined(*kinds: str) -> set[str]:
    """The terms of the ontology's own namespaces of some kinds: defined("owl:Class")."""
    whole = {f"http://www.w3.org/2002/07/owl#{kind}" for kind in kinds}
    return {s for s, p, o in ontology() if p == "rdf:type" and o in whole and s.startswith(("tg:", "tgv:"))}


PROPERTIES = ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")


def graph_of(*sources: str | Path) -> Graph:
    return parsed("".join(f"{s} {p} {o} .\n" for s, p, o in statements(map(str, sources))).encode())


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """What a build can state: every leaf, links that lead nowhere, pages, merges, and --retrieved."""
    folder = tmp_path_factory.mktemp("full")
    astray: dict[str, Any] = {
        "armGroups": [{"label": "A", "interventionNames": ["Drug: gone"]}],
        "interventions": [{"type": "DRUG", "name": "B", "armGroupLabels": ["gone"]}],
    }
    counts = [{"groupId": "gone", "numSubjects": "1"}]
    records = [
        record({path: sentinel(path)[0] for path in leaves()}),
        study(
            "NCT00000002",
            armsInterventionsModule=astray,
            eligibilityModule={"eligibilityCriteria": "Inclusion Criteria:\n* Adult"},
            resultsSection={
                "participantFlowModule": {"periods": [{"milestones": [{"achievements": counts}]}]},
            },
        ),
        study("NCT00000003", designModule={"studyType": "EXPANDED_ACCESS"}),
        study("NCT00000004", designModule={"studyType": "OBSERVATIONAL"}),
        *(
            study("NCT00000005", armsInterventionsModule={"armGroups": [{"label": "A", "type": t}]})
            for t in ("OTHER", "SHAM_COMPARATOR")
        ),
    ]
    (folder / "records.json").write_text(json.dumps(records), encoding="utf-8")
    samples = [path for path in resources.folder("samples").iterdir() if path.suffix != ".md"]
    found = Graph()
    for contacts in ("full", "names"):
        out = folder / f"{contacts}.nt"
        sources = map(str, [folder / "records.json", *samples])
        build(sources, str(out), contacts=contacts, retrieved="2026-01-02")
        found |= parsed(out.read_bytes())
    return found


def undefined(graph: Graph) -> set[str]:
    """The terms in the ontology's namespaces that a graph uses, and that neither the ontology nor it describes."""
    used = {term for row in graph for term in row if term.startswith(("tg:", "tgv:"))}
    reported = {*graph.things("skos:Concept")}
    return used - {subject for subject, _, _ in ontology()} - reported


def test_every_term_that_a_build_can_state_is_defined(full: Graph) -> None:
    assert undefined(full) == set()


@pytest.mark.skipif(
    not DATA.is_dir(), reason="the registry's records and the captured pages are not beside the checkout"
)
def test_every_term_of_a_graph_of_real_records_is_defined() -> None:
    graph = graph_of(*SOURCES)
    assert undefined(graph) == set()
    assert {*graph.things("skos:Concept")} == set(), "a value of a real record that the vocabulary does not know"


def test_every_class_that_the_ontology_defines_has_things(full: Graph) -> None:
    assert defined("Class") - {o for _, p, o in full if p == "rdf:type"} == {*NOT_BUILT} & defined("Class")


def test_every_property_that_the_ontology_defines_is_stated(full: Graph) -> None:
    assert defined(*PROPERTIES) - {p for _, p, _ in full} == {*NOT_BUILT} & defined(*PROPERTIES)


def test_a_property_leads_to_what_its_kind_says(full: Graph) -> None:
    objects, literals = defined("ObjectProperty"), defined("DatatypeProperty")
    assert {p for _, p, o in full if p in objects and o.startswith('"')} == set()
    assert {p for _, p, o in full if p in literals and not o.startswith('"')} == set()


def superclasses(class_: str) -> set[str]:
    return {class_, *(o for s, p, o in ontology() if s == class_ and p == "rdfs:subClassOf")}


def classes(graph: Graph) -> dict[str, set[str]]:
    """The classes of each thing, as stated and as they follow."""
    found: dict[str, set[str]] = {}
    for subject, predicate, term in graph:
        if predicate == "rdf:type":
            found.setdefault(subject, set()).update(superclasses(term))
    return found


def test_a_property_is_of_things_of_its_domain(full: Graph) -> None:
    of = classes(full)
    domains = {s: o for s, p, o in ontology() if p == "rdfs:domain"}
    assert {(p, s) for s, p, _ in full if p in domains and domains[p] not in of[s]} == set()


def test_a_property_leads_to_things_or_literals_of_its_range(full: Graph) -> None:
    of = classes(full) | {s: {"skos:Concept"} for s, p, o in ontology() if p == "rdf:type" and o == "skos:Concept"}
    ranges = {s: o for s, p, o in ontology() if p == "rdfs:range"}
    mentioned = {"tg:similarTo", "tg:expandedAccessRecord"}  # they lead to trials of which nothing is said
    wrong = set()
    for _, predicate, term in full:
        range_ = ranges.get(predicate)
        if range_ is None or predicate in mentioned:
            continue
        if term.startswith('"'):
            kind = "xsd:string" if term.endswith('"') else term.rpartition("^^")[2]
            wrong |= {(predicate, term)} if kind != range_ else set()
        elif range_ not in of.get(term, ()):
            wrong.add((predicate, term))
    assert wrong == set()


def test_a_value_is_of_the_scheme_that_its_property_names(full: Graph) -> None:
    schemes: dict[str, set[str]] = {}
    for subject, predicate, term in ontology():
        if predicate == "rdfs:seeAlso":
            schemes.setdefault(subject, set()).add(term)
    in_scheme = {s: o for s, p, o in ontology() if p == "skos:inScheme"}
    values = {(p, o) for _, p, o in full if p in schemes and o.startswith("tgv:")}
    assert {(p, o) for p, o in values if in_scheme[o] not in schemes[p]} == set()
    assert {p for p, _ in values} == {p for p in schemes if p in defined(*PROPERTIES)}
