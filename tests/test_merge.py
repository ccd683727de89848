"""Several records of one trial make one description, and each thing that they say differently a disagreement."""

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import SHARED, Build, Graph, parsed, study
from tests.sentinels import extracted, holding, read, record, sentinel

from trialgraph import resources
from trialgraph.build import statements
from trialgraph.iris import TG
from trialgraph.merge import merge
from trialgraph.model import leaves
from trialgraph.record import Record, Trial
from trialgraph.study import Contact

HISTORY = sorted((SHARED / "data" / "ctgov-v2" / "history").glob("*.gz"))
PAGES = SHARED / "data" / "pages"
TRIAL = "trial/NCT00000001"
ANA, JO = {"name": "Ana", "phone": "555-0100"}, {"name": "Jo", "phone": "555-0101"}

needs_pages = pytest.mark.skipif(not PAGES.is_dir(), reason="the captured pages are not beside the checkout")


def version(day: str, **sections: Any) -> dict[str, Any]:
    """A registry record that was last updated on a day."""
    values = study(**sections)
    values["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"] = {"date": day, "type": "ACTUAL"}
    return values


def merged(*records: Record) -> Trial:
    """The trial that the records make, the same in any order."""
    trials = [merge(order) for order in permutations(records)]
    assert all(trial == trials[0] for trial in trials)
    return trials[0]


def told(trial: Trial) -> list[tuple[str, str, list[str], list[str]]]:
    """The disagreements of a trial's graph: property, part, kept values and other values."""
    graph, _ = extracted(trial)
    found = []
    for each in graph.things("tg:Disagreement"):
        [name], part = graph.objects("tg:property", each), "".join(graph.objects("tg:part", each)).strip('"')
        found.append((name, part, graph.objects("tg:kept", each), graph.objects("tg:other", each)))
    return sorted(found)


def test_the_newest_registry_record_wins() -> None:
    old = read(version("2024-01-01", statusModule={"overallStatus": "RECRUITING"}))
    new = read(version("2025-01-01", statusModule={"overallStatus": "COMPLETED"}))
    trial = merged(old, new)
    assert trial.study == new.study
    assert trial.records == (new, old)
    assert told(trial) == [
        ("tg:overallStatus", "", ["tgv:overallStatus-COMPLETED"], ["tgv:overallStatus-RECRUITING"]),
    ]


def test_the_release_of_the_data_decides_between_records_of_one_day() -> None:
    def released(day: str, title: str) -> Record:
        derived = {"miscInfoModule": {"versionHolder": day}}
        return read(version("2024-01-01", identificationModule={"acronym": title}, derivedSection=derived))

    trial = merged(released("2024-05-01", "OLD"), released("2024-06-01", "NEW"))
    assert trial.study.protocol_section.identification_module.acronym == "NEW"
    assert told(trial) == [("tg:acronym", "", ['"NEW"'], ['"OLD"'])]


def test_what_the_registry_took_back_stays_taken_back() -> None:
    old = read(
        version(
            "2024-01-01",
            statusModule={"whyStopped": "Funding"},
            contactsLocationsModule={
                "centralContacts": [ANA],
                "locations": [{"facility": "Clinic", "contacts": [JO], "status": "RECRUITING"}],
            },
        )
    )
    new = read(version("2025-01-01", contactsLocationsModule={"locations": [{"facility": "Clinic"}]}))
    trial = merged(old, new)
    assert trial.study == new.study
    assert told(trial) == []
    assert extracted(trial)[0].things("tg:Contact") == []


def test_a_registry_record_wins_over_a_newer_page() -> None:
    trial = merged(
        read(version("2024-01-01", designModule={"enrollmentInfo": {"count": 60}})),
        read(study(designModule={"enrollmentInfo": {"count": 66}}), "meddatax", updated="2025-01-01"),
    )
    assert told(trial) == [("tg:enrollment", "", ['"60"^^xsd:integer'], ['"66"^^xsd:integer'])]


def test_a_page_adds_what_the_registry_record_leaves_out() -> None:
    trial = merged(
        read(version("2024-01-01", designModule={"enrollmentInfo": {"count": 60}})),
        read(
            study(designModule={"phases": ["PHASE2"], "enrollmentInfo": {"type": "ESTIMATED"}}),
            "meddatax",
            facility_contacts=(Contact("Ana", phone="555-0100"),),
            similar=("NCT00000003", "NCT00000002"),
        ),
    )
    design = trial.study.protocol_section.design_module
    assert design.phases == ("PHASE2",)
    assert (design.enrollment_info.count, design.enrollment_info.type) == (60, "ESTIMATED")
    assert [contact.name for contact in trial.facility_contacts] == ["Ana"]
    assert trial.similar == ("NCT00000002", "NCT00000003")
    assert told(trial) == []


def test_two_pages_fill_each_other_and_the_newer_one_wins() -> None:
    trial = merged(
        read(study(designModule={"phases": ["PHASE2"], "enrollmentInfo": {"count": 66}}), "meddatax", updated="2025"),
        read(study(eligibilityModule={"sex": "ALL"}, designModule={"enrollmentInfo": {"count": 60}}), "veeva"),
    )
    assert trial.study.protocol_section.design_module.phases == ("PHASE2",)
    assert trial.study.protocol_section.eligibility_module.sex == "ALL"
    assert told(trial) == [("tg:enrollment", "", ['"66"^^xsd:integer'], ['"60"^^xsd:integer'])]


def test_a_disagreement_names_the_record_that_filled_the_field() -> None:
    registry = read(version("2025-01-01"))
    newer = read(study(designModule={"phases": ["PHASE2"]}), "meddatax", updated="2024-06-01")
    older = read(study(designModule={"phases": ["PHASE3"]}), "veeva")
    graph, _ = extracted(merged(registry, newer, older))
    [disagreement] = graph.things("tg:Disagreement")
    assert {(p, o) for s, p, o in graph if s == disagreement} == {
        ("rdf:type", "tg:Disagreement"),
        ("tg:about", TRIAL),
        ("tg:property", "tg:phase"),
        ("tg:kept", "tgv:phase-PHASE2"),
        ("tg:other", "tgv:phase-PHASE3"),
        ("tg:keptFrom", "record/meddatax/NCT00000001"),
        ("tg:otherFrom", "record/veeva/NCT00000001"),
    }


def test_a_page_that_agrees_with_its_record_makes_no_disagreement() -> None:
    criteria = "Inclusion Criteria:\n\n* 1\\. Age \\> 18\n* Asthma"
    registry = version(
        "2025-01-01",
        eligibilityModule={"eligibilityCriteria": criteria},
        conditionsModule={"conditions": ["Asthma", "COPD"]},
        identificationModule={"officialTitle": "A Trial \\[of Asthma\\]"},
    )
    page = study(
        eligibilityModule={"eligibilityCriteria": "Inclusion criteria:\n  1. Age > 18\n  2. Asthma"},
        conditionsModule={"conditions": ["copd", "asthma"]},
        identificationModule={"officialTitle": "a trial  [of asthma]"},
    )
    assert told(merged(read(registry), read(page, "veeva"))) == []


def test_records_that_say_the_same_are_one() -> None:
    values = version("2025-01-01")
    one, other = read(values), read({**values, "hasResults": None})
    assert one.sha256 != other.sha256
    trial = merged(one, other, one)
    assert len(trial.records) == 1
    assert trial.study == one.study


def test_the_order_of_a_list_is_no_disagreement() -> None:
    sites = [{"facility": "Site", "zip": "1", "status": "COMPLETED"}, {"facility": "Site", "zip": "2"}, {"city": "A"}]
    one = read(version("2025-01-01", contactsLocationsModule={"locations": sites}))
    other = read(version("2024-01-01", contactsLocationsModule={"locations": sites[::-1]}))
    assert told(merged(one, other)) == []


def test_items_that_one_record_has_and_the_other_has_not_are_one_disagreement() -> None:
    clinic, ward = {"facility": "Clinic", "country": "France"}, {"facility": "Ward"}
    one = read(version("2025-01-01", contactsLocationsModule={"locations": [clinic, {"facility": "Lab"}, ward]}))
    other = read(version("2024-01-01", contactsLocationsModule={"locations": [ward, {"facility": "Hall"}]}))
    assert told(merged(one, other)) == [("tg:site", "", ['"Clinic, France"', '"Lab"'], ['"Hall"'])]


def test_a_disagreement_about_a_part_says_which() -> None:
    def arms(day: str, high: str, status: str) -> Record:
        return read(
            version(
                day,
                armsInterventionsModule={"armGroups": [{"label": "High", "type": high}, {"label": "Low"}]},
                contactsLocationsModule={"locations": [{"facility": "Clinic", "city": "Lyon", "status": status}]},
            )
        )

    trial = merged(arms("2025-01-01", "EXPERIMENTAL", "COMPLETED"), arms("2024-01-01", "OTHER", "RECRUITING"))
    assert told(trial) == [
        ("tg:armType", "High", ["tgv:armType-EXPERIMENTAL"], ["tgv:armType-OTHER"]),
        (
            "tg:siteStatus",
            "Clinic, Lyon",
            ["tgv:overallStatus-COMPLETED"],
            ["tgv:overallStatus-RECRUITING"],
        ),
    ]


def test_that_a_version_is_newer_is_no_disagreement() -> None:
    def on(day: str) -> Record:
        dates = {"statusVerifiedDate": day[:7], "lastUpdateSubmitDate": day}
        return read(version(day, statusModule=dates, derivedSection={"miscInfoModule": {"versionHolder": day}}))

    trial = merged(on("2025-01-01"), on("2024-01-01"))
    assert told(trial) == []
    graph, _ = extracted(trial)
    assert graph.objects("tg:versionHolder", "record/ctgov/NCT00000001") == ['"2025-01-01"^^xsd:date']
    assert graph.objects("tg:recordUpdated") == ['"2024-01-01"^^xsd:date', '"2025-01-01"^^xsd:date']


def test_only_an_older_record_of_one_source_has_its_hash_in_its_iri() -> None:
    new, old, page = read(version("2025-01-01")), read(version("2024-01-01")), read(study(hasResults=False), "veeva")
    graph, _ = extracted(merged(new, old, page))
    assert graph.things("tg:RegistryRecord") == [
        "record/ctgov/NCT00000001",
        f"record/ctgov/NCT00000001/{old.sha256[:12]}",
        "record/veeva/NCT00000001",
    ]


#: Another value of a type than the sentinel's, and its term.
ANOTHER: dict[str, tuple[Any, str]] = {
    "Date": ("2032-06", '"2032-06"^^xsd:gYearMonth'),
    "DateTime": ("2032-06-18T09:10", '"2032-06-18T09:10:00"^^xsd:dateTime'),
    "Duration": ("8 Months", '"8 Months"'),
    "Count": (815, '"815"^^xsd:integer'),
    "Flag": (False, '"false"^^xsd:boolean'),
    "str": ("another value", '"another value"'),
}
#: What tells an item of a list from the others: another one makes another item.
IDENTITY = {
    "label",
    "facility",
    "name",
    "measure",
    "title",
    "term",
    "id",
    "pmid",
    "groupId",
    "units",
    "city",
    "country",
}
IDENTITY |= {"citation", "url", "type", "state", "filename", "releaseDate", "date"}
COMPARED = [
    path
    for path in leaves()
    if not path.endswith(("identificationModule.nctId", "versionHolder", "statusVerifiedDate", "lastUpdateSubmitDate"))
    and "lastUpdatePostDateStruct" not in path
    and not ("[]." in path and path.rpartition(".")[2] in IDENTITY)
]


def another(path: str) -> tuple[Any, str]:
    kind = leaves()[path]
    if scheme := resources.vocabulary().scheme(kind):
        token = resources.vocabulary().tokens(scheme)[0]
        return token, f"tgv:{scheme}-{token}"
    if sentinel(path)[0] == "47.11":
        return "<0.5", '"<0.5"'
    return ANOTHER[kind]


@pytest.mark.parametrize("path", COMPARED)
def test_a_disagreement_about_a_leaf_has_its_property_and_its_typed_values(path: str) -> None:
    values = holding(path)
    value, term = another(path)
    other = holding(path)
    replace(other, path.split("."), value)
    newest = read(values, updated="2025-01-01")
    [(name, _, kept, others)] = told(merged(newest, read(other, updated="2024-01-01")))
    assert f"{TG}{name.removeprefix('tg:')}" == resources.mapping()[path]
    stated = sentinel(path)[1]
    if stated.startswith("trial/") or path.endswith(("lat", "lon", "interventionNames[]", "armGroupLabels[]")):
        # These are told by the words of the records.
        stated = f'"{sentinel(path)[0]}"'
        term = f'"{value}"^^xsd:integer' if isinstance(value, int) else f'"{value}"'
    assert (kept, others) == ([stated], [term])


def replace(value: Any, steps: Sequence[str], new: Any) -> None:
    """Put a value at a place of a record, in the first item of each list on the way."""
    *way, last = steps
    for step in way:
        value = value[step.removesuffix("[]")]
        value = value[0] if step.endswith("[]") else value
    value[last.removesuffix("[]")] = [new] if last.endswith("[]") else new


def test_every_list_and_leaf_can_be_the_property_of_a_disagreement() -> None:
    properties = resources.mapping()
    parts = {path[: end + 2] for path in leaves() for end in range(len(path)) if path[end : end + 2] == "[]"}
    assert parts | leaves().keys() <= properties.keys()


@cache
def versions(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]


def graph_of(sources: Iterable[Path]) -> Graph:
    return parsed("".join(f"{s} {p} {o} .\n" for s, p, o in statements(map(str, sources))).encode())


@pytest.mark.skipif(not HISTORY, reason="the registry's older versions are not beside the checkout")
def test_the_versions_of_real_records_disagree_about_properties_of_the_ontology() -> None:
    assert len(HISTORY) == 20
    whole = graph_of(HISTORY)
    graph = Graph(row for row in whole if "/disagreement/" in row[0])
    defined = {str(quad.subject) for name in ("trialgraph.ttl", "results.ttl") for quad in resources.graph(name)}
    assert {f"<{TG}{name.removeprefix('tg:')}>" for name in graph.objects("tg:property")} <= defined
    assert {*graph.objects("tg:keptFrom"), *graph.objects("tg:otherFrom")} <= {*whole.things("tg:RegistryRecord")}
    for each in graph.things("tg:Disagreement"):
        [kept_from], [other_from] = graph.objects("tg:keptFrom", each), graph.objects("tg:otherFrom", each)
        assert kept_from != other_from
        kept, other = graph.objects("tg:kept", each), graph.objects("tg:other", each)
        assert {*kept}.isdisjoint(other)
        assert kept + other
    # Few enough to be read: what changed in 20 trials, and not that they were updated.
    assert 20 < len(graph.things("tg:Disagreement")) < 60
    assert max(Counter(graph.objects("tg:about")).values()) < 20


@pytest.mark.skipif(not HISTORY, reason="the registry's older versions are not beside the checkout")
@pytest.mark.parametrize("file", HISTORY, ids=lambda file: file.name[:11])
def test_the_newest_version_of_a_real_record_is_the_trial(file: Path, tmp_path: Path) -> None:
    newest = max(
        versions(file),
        key=lambda each: (
            each["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]["date"],
            each["derivedSection"]["miscInfoModule"]["versionHolder"],
        ),
    )
    alone = tmp_path / "newest.json"
    alone.write_text(json.dumps(newest), encoding="utf-8")
    provenance = ("record/", "tg:disagreement")
    both = {row for row in graph_of([file]) if "/disagreement/" not in row[0] and not row[0].startswith(provenance)}
    one = {row for row in graph_of([alone]) if not row[0].startswith(provenance)}
    shared = ("organization/", "facility/", "place/", "condition/", "mesh:", "browse-branch/")
    assert {row for row in one ^ both if not row[0].startswith(shared)} == set()


def registry_record() -> dict[str, Any]:
    """What the registry could say of the trial of the meddatax page."""
    values = version(
        "2025-09-01",
        identificationModule={"nctId": "NCT07131150", "orgStudyIdInfo": {"id": "IPM01-XY1010-2"}},
        sponsorCollaboratorsModule={"leadSponsor": {"name": "Ruijin Hospital", "class": "OTHER"}},
        conditionsModule={"conditions": ["Idiopathic Pulmonary Fibrosis (IPF)"]},
        designModule={"enrollmentInfo": {"count": 70, "type": "ESTIMATED"}, "phases": ["PHASE2"]},
        statusModule={"overallStatus": "RECRUITING", "startDateStruct": {"date": "2025-08", "type": "ESTIMATED"}},
    )
    values["protocolSection"]["identificationModule"]["briefTitle"] = (
        "Menstrual Blood-Derived Mesenchymal Stem Cell Injection (SC01009)"
        " in the Treatment of Idiopathic Pulmonary Fibrosis"
    )
    return values


@needs_pages
def test_a_captured_page_and_a_registry_record_make_one_trial(built: Build) -> None:
    trial = "trial/NCT07131150"
    graph = built(registry_record(), PAGES / "meddatax-NCT07131150.txt")
    assert graph.objects("tg:enrollment", trial) == ['"70"^^xsd:integer']
    assert graph.objects("tg:startDate", trial) == ['"2025-08"^^xsd:gYearMonth']
    assert len(graph.objects("tg:site", trial)) == 22
    assert len(graph.objects("tg:facilityContact", trial)) == 21
    told = {
        (*graph.objects("tg:property", each), *graph.objects("tg:kept", each), *graph.objects("tg:other", each))
        for each in graph.things("tg:Disagreement")
    }
    assert told == {
        ("tg:enrollment", '"70"^^xsd:integer', '"66"^^xsd:integer'),
        ("tg:overallStatus", "tgv:overallStatus-RECRUITING", "tgv:overallStatus-NOT_YET_RECRUITING"),
        ("tg:startDate", '"2025-08"^^xsd:gYearMonth', '"2025-08-31"^^xsd:date'),
    }
    assert set(graph.objects("tg:keptFrom")) == {"record/ctgov/NCT07131150"}
    assert set(graph.objects("tg:otherFrom")) == {"record/meddatax/NCT07131150"}
    assert "tg:primaryOutcome" in graph.objects("tg:notStated", "record/meddatax/NCT07131150")
    assert graph.objects("tg:notStated", "record/ctgov/NCT07131150") == []


POOL = [
    read(version("2025-01-01", designModule={"phases": ["PHASE1", "PHASE2"]})),
    read(version("2024-01-01", designModule={"phases": ["PHASE1"], "enrollmentInfo": {"count": 5}})),
    read(version("2024-01-01", hasResults=False)),
    read(study(eligibilityModule={"sex": "ALL"}), "meddatax", updated="2025-06-01", similar=("NCT00000009",)),
    read(study(eligibilityModule={"sex": "MALE", "minimumAge": "18 Years"}), "veeva"),
    read(record({path: sentinel(path)[0] for path in leaves()}), updated="2023-01-01"),
]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(POOL), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_any_order_and_any_repeat_of_records_makes_the_same_trial(records: list[Record], chance: random.Random) -> None:
    again = [*records, *records[:2]]
    chance.shuffle(again)
    assert extracted(merge(again)) == extracted(merge(records))
