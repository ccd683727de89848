"""WHO-24 completeness: which items count for which trial, the tables, the triples and the plot."""

import csv
import io
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyoxigraph
import pytest
from tests.conftest import Input, study, written

import trialgraph
from trialgraph import scores
from trialgraph.errors import GraphError, UsageError
from trialgraph.scores import Score, Summary, naming, of_statements, of_store, paths, read_items, save
from trialgraph.statements import Statement

AS_OF = "2026-11-22"

#: What an interventional study needs for all items that count for it.
COMPLETE: dict[str, Any] = {
    "identificationModule": {"officialTitle": "A Trial of X in Y", "orgStudyIdInfo": {"id": "X-1"}},
    "statusModule": {
        "overallStatus": "RECRUITING",
        "studyFirstSubmitDate": "2024-01-01",
        "startDateStruct": {"date": "2024-02"},
        "primaryCompletionDateStruct": {"date": "2026-02"},
        "completionDateStruct": {"date": "2026-06"},
    },
    "sponsorCollaboratorsModule": {"collaborators": [{"name": "Helper"}]},
    "designModule": {"designInfo": {"interventionModel": "PARALLEL"}, "enrollmentInfo": {"count": 66}},
    "armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": "X"}]},
    "outcomesModule": {
        "primaryOutcomes": [{"measure": "Death", "timeFrame": "1 year"}],
        "secondaryOutcomes": [{"measure": "Pain", "timeFrame": "1 year"}],
    },
    "eligibilityModule": {"eligibilityCriteria": "Inclusion: Y", "sex": "ALL", "minimumAge": "18 Years"},
    "contactsLocationsModule": {
        "centralContacts": [{"name": "A B", "phone": "1"}],
        "overallOfficials": [{"name": "C D"}],
        "locations": [{"facility": "Hospital", "city": "Bern", "country": "Switzerland"}],
    },
    "ipdSharingStatementModule": {"ipdSharing": "NO"},
}


def record(nct_id: str = "NCT00000001", **modules: Any) -> dict[str, Any]:
    """A complete record, with modules merged in; None takes a module out."""
    sections = {name: module | (modules.get(name) or {}) for name, module in COMPLETE.items()}
    for name, module in modules.items():
        if module is None:
            sections[name] = {}
        elif name not in sections:
            sections[name] = module
    return study(nct_id, **sections)


def rows(folder: Path, inputs: Iterable[Input]) -> list[Statement]:
    return list(trialgraph.statements(written(folder, inputs)))


def score(folder: Path, given: Input, as_of: str = AS_OF) -> Score:
    [only] = of_statements(rows(folder, [given]), as_of)
    return only


def test_a_complete_record_states_every_item_that_counts(tmp_path: Path) -> None:
    got = score(tmp_path, record())
    assert got.missing == ()
    assert set(range(1, 25)) - set(got.stated) == {21, 23}  # not published by the registry; not due
    assert (got.completeness, got.counted, got.id, got.pages) == (Fraction(1), 22, "NCT00000001", False)


@pytest.mark.parametrize(
    ("item", "modules"),
    [
        (2, {"statusModule": {"studyFirstSubmitDate": None}}),
        (7, {"contactsLocationsModule": {"centralContacts": [{"name": "A B"}]}}),
        (8, {"contactsLocationsModule": {"overallOfficials": []}}),
        (10, {"identificationModule": {"officialTitle": None}}),
        (11, {"contactsLocationsModule": {"locations": []}}),
        (11, {"contactsLocationsModule": {"locations": [{"facility": "Hospital", "city": "Bern"}]}}),
        (11, {"contactsLocationsModule": {"locations": [{"facility": "Hospital"}]}}),
        (12, {"conditionsModule": {"conditions": []}}),
        (13, {"armsInterventionsModule": {"interventions": []}}),
        (14, {"eligibilityModule": {"eligibilityCriteria": None}}),
        (14, {"eligibilityModule": {"sex": None}}),
        (14, {"eligibilityModule": {"minimumAge": None}}),
        (15, {"designModule": {"designInfo": {}}}),
        (16, {"statusModule": {"startDateStruct": {}}}),
        (17, {"designModule": {"enrollmentInfo": {}}}),
        (19, {"outcomesModule": {"primaryOutcomes": []}}),
        (19, {"outcomesModule": {"primaryOutcomes": [{"measure": "Death"}]}}),
        (20, {"outcomesModule": {"secondaryOutcomes": []}}),
        (22, {"statusModule": {"completionDateStruct": {}}}),
        (23, {"statusModule": {"primaryCompletionDateStruct": {"date": "2025-10"}}}),
        (24, {"ipdSharingStatementModule": {"ipdSharing": None}}),
    ],
)
def test_a_record_that_lacks_an_item_misses_just_that(tmp_path: Path, item: int, modules: dict[str, Any]) -> None:
    got = score(tmp_path, record(**modules))
    assert got.missing == (item,)
    assert got.completeness == Fraction(len(got.stated), len(got.stated) + 1)


def test_what_the_data_set_asks_for_if_any_does_not_count_against_a_trial(tmp_path: Path) -> None:
    none: dict[str, Any] = {"orgStudyIdInfo": {}, "collaborators": []}
    got = score(tmp_path, record(identificationModule=none, sponsorCollaboratorsModule=none))
    assert (got.missing, got.counted) == ((), 20)


def test_contacts_count_only_while_the_registry_publishes_them(tmp_path: Path) -> None:
    done = {"overallStatus": "COMPLETED"}
    got = score(tmp_path, record(statusModule=done, contactsLocationsModule={"centralContacts": []}))
    assert 7 not in (*got.stated, *got.missing)


def test_an_observational_study_needs_no_intervention_and_no_results(tmp_path: Path) -> None:
    design = {"studyType": "OBSERVATIONAL", "designInfo": {"observationalModel": "COHORT"}}
    old = {"primaryCompletionDateStruct": {"date": "2020-01"}}
    got = score(tmp_path, record(designModule=design, statusModule=old, armsInterventionsModule={"interventions": []}))
    assert (got.missing, got.counted) == ((), 21)


def test_expanded_access_has_no_start_no_sample_and_no_outcomes(tmp_path: Path) -> None:
    given = study(designModule={"studyType": "EXPANDED_ACCESS"})
    got = score(tmp_path, given)
    assert not {16, 17, 19, 20, 22, 23, 24} & set(got.missing)


@pytest.mark.parametrize(
    ("date", "as_of", "due"),
    [
        ("2025-11-22", "2026-11-22", False),
        ("2025-11-22", "2026-11-23", True),
        ("2025-10", "2026-10-31", False),  # a month ends with its last day
        ("2025-10", "2026-11-01", True),
        ("2024-02-29", "2025-03-01", True),
        ("2025", "2027-01-01", True),
    ],
)
def test_results_are_due_a_year_after_primary_completion(tmp_path: Path, date: str, as_of: str, due: bool) -> None:
    got = score(tmp_path, record(statusModule={"primaryCompletionDateStruct": {"date": date}}), as_of)
    assert (23 in got.missing) == due


@pytest.mark.parametrize(
    ("posted", "stated"), [({"hasResults": True}, True), ({"hasResults": False}, False), ({}, False)]
)
def test_results_are_stated_when_the_registry_has_them(tmp_path: Path, posted: dict[str, Any], stated: bool) -> None:
    old = {"primaryCompletionDateStruct": {"date": "2020-01"}}
    got = score(tmp_path, record(statusModule=old, **posted))
    assert (23 in got.stated, 23 in got.missing) == (stated, not stated)


SAMPLES = Path(trialgraph.__file__).parent / "samples"
PAGE = SAMPLES / "veeva-NCT99000037.txt"


def test_what_a_page_does_not_show_is_left_out(tmp_path: Path) -> None:
    got = score(tmp_path, PAGE)
    assert got.pages
    assert {7, 16, 22, 24}.isdisjoint(got.missing)
    assert got.counted < 15
    assert got.completeness == 1


def test_a_registry_record_beside_the_page_is_what_counts(tmp_path: Path) -> None:
    got = score(tmp_path, record("NCT99000037", statusModule={"startDateStruct": {}}), AS_OF)
    [both] = of_statements(rows(tmp_path, [PAGE, record("NCT99000037", statusModule={"startDateStruct": {}})]), AS_OF)
    assert both == got
    assert both.missing == (16,)


def loaded(statements: Iterable[Statement]) -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    lines = "".join(f"{s} {p} {o} .\n" for s, p, o in statements)
    store.load(lines.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return store


def test_a_store_gives_the_scores_that_the_statements_give() -> None:
    sources = sorted(str(path) for path in SAMPLES.iterdir() if path.suffix != ".md")
    names: dict[str, str] = {}
    statements = list(trialgraph.statements(sources))
    streamed = list(of_statements(naming(statements, names), AS_OF))
    store = loaded(statements)
    assert len(streamed) == 37
    assert sorted(streamed, key=lambda each: each.trial) == list(of_store(store, AS_OF))
    sponsors = scores.sponsor_names(store)
    assert sponsors
    assert sponsors.items() <= names.items()


def made(trial: int, sponsor: str, stated: int, missing: int, pages: bool = False) -> Score:
    base = "https://w3id.org/trialgraph"
    items = range(1, stated + missing + 1)
    iri = f"<{base}/organization/{sponsor}>"
    return Score(f"<{base}/trial/NCT{trial:08}>", iri, tuple(items[:stated]), tuple(items[stated:]), pages)


GIVEN = [made(1, "acme", 3, 1), made(2, "acme", 2, 0), made(3, "acme", 2, 0, pages=True), made(4, "b-co", 1, 0, True)]
NAMES = {"<https://w3id.org/trialgraph/organization/acme>": "Acme, Inc."}


def read(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text())))


def test_the_tables_have_a_row_a_trial_and_a_row_a_sponsor(tmp_path: Path) -> None:
    summary = save(GIVEN, NAMES, str(tmp_path / "scores.csv"))
    assert (summary.trials, summary.pages) == (2, 2)
    trials = read(tmp_path / "scores.csv")
    assert [
        (t["trial"], t["stated"], t["counted"], t["completeness"], t["known_from"], t["missing"]) for t in trials
    ] == [
        ("NCT00000001", "3", "4", "0.7500", "registry", "4 Sources of monetary or material support"),
        ("NCT00000002", "2", "2", "1.0000", "registry", ""),
        ("NCT00000003", "2", "2", "1.0000", "pages", ""),
        ("NCT00000004", "1", "1", "1.0000", "pages", ""),
    ]
    assert (tmp_path / "scores-sponsors.csv").read_text() == (
        "sponsor,name,trials,completeness,trials_from_pages_only\n"
        'https://w3id.org/trialgraph/organization/acme,"Acme, Inc.",2,0.8750,1\n'
        "https://w3id.org/trialgraph/organization/b-co,,0,,1\n"
    )


def test_the_triples_are_of_trials_and_sponsors(tmp_path: Path) -> None:
    save(GIVEN, NAMES, str(tmp_path / "scores.ttl"))
    text = (tmp_path / "scores.ttl").read_text()
    assert [line for line in text.splitlines() if line and not line.startswith("@")] == [
        "<trial/NCT00000001> tg:completeness 0.75 ;",
        "    tg:countedItems 4 .",
        "<trial/NCT00000002> tg:completeness 1.0 ;",
        "    tg:countedItems 2 .",
        "<trial/NCT00000003> tg:completeness 1.0 ;",
        "    tg:countedItems 2 .",
        "<trial/NCT00000004> tg:completeness 1.0 ;",
        "    tg:countedItems 1 .",
        "<organization/acme> tg:completeness 0.875 ;",
        "    tg:scoredTrials 2 .",
    ]
    save(GIVEN, NAMES, str(tmp_path / "scores.nt.gz"))
    assert (tmp_path / "scores.nt.gz").read_bytes()[:2] == b"\x1f\x8b"


def test_the_plot_shows_the_distribution_and_leaves_pages_out(tmp_path: Path) -> None:
    save(GIVEN, NAMES, plot_file=str(tmp_path / "scores.svg"))
    root = ElementTree.parse(tmp_path / "scores.svg").getroot()
    svg = "{http://www.w3.org/2000/svg}"
    assert len(list(root.iter(f"{svg}rect"))) == 2 + 4  # two bins, and a bar for each of four items
    texts = [text.text or "" for text in root.iter(f"{svg}text")]
    assert "items stated, of those that count: 2 trials; 2 known from pages alone are left out." in texts
    assert "50.0% of 2" not in texts
    assert texts.count("100.0% of 2") == 2


def test_nothing_to_score_is_no_error(tmp_path: Path) -> None:
    assert save([], {}, str(tmp_path / "s.csv"), str(tmp_path / "s.svg")) == Summary()
    assert ElementTree.parse(tmp_path / "s.svg").getroot().tag.endswith("svg")
    assert Score("<https://example.org/trial/isrctn/1>", "", (), ()).completeness is None


def test_a_table_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"scores\.xls: the name of the scores must end in \.csv, or as a graph"):
        save(GIVEN, NAMES, str(tmp_path / "scores.xls"))


def test_a_path_is_written_as_in_sparql() -> None:
    tg = "https://w3id.org/trialgraph/ontology#"
    assert paths("tg:a/(tg:b | tg:c/tg:d) | tg:e") == (
        (f"<{tg}a>", f"<{tg}b>"),
        (f"<{tg}a>", f"<{tg}c>", f"<{tg}d>"),
        (f"<{tg}e>",),
    )


@pytest.mark.parametrize(
    "text", ["", "tg:a/", "tg:a |", "(tg:a", "tg:a)", "tg:a tg:b", "tg:a*", "nope:a", "a", "^tg:a"]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"path of properties|no property with one of the prefixes"):
        paths(text)


def test_the_24_items_are_there_once_and_use_properties_of_the_ontology() -> None:
    known = set(trialgraph.resources.graph("trialgraph.ttl")) | set(trialgraph.resources.graph("results.ttl"))
    terms = {str(quad.subject) for quad in known}
    given = scores.items()
    assert [item.number for item in given] == list(range(1, 25))
    used = {step for item in given for some in item.states for path in some for step in path}
    used |= {item.due_after.date for item in given if item.due_after}
    assert used - terms == set()
    vocabulary = {str(quad.subject) for quad in trialgraph.resources.graph("vocabulary.ttl")}
    assert {value for item in given for value in (*item.not_for, *item.only, *item.unless)} - vocabulary == set()
    assert [item.number for item in given if not item.states] == [21]
    assert all(item.note for item in given if not item.states)


@pytest.mark.parametrize(
    "text",
    [
        "version = 1",
        'version = "1"\n[[item]]\nnumber = 1',
        'version = "1"\n[[item]]\nnumber = 1\nname = "n"\nstates = ["tg:a"]\ncolour = 1',
        'version = "1"\n[[item]]\nnumber = 1\nname = "n"\nstates = ["tg:a /"]',
    ],
)
def test_a_wrong_file_of_items_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\$|Object|property"):
        read_items(text)


def test_a_broken_file_of_items_is_a_fault_of_the_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "who24.toml").write_text("version =")
    monkeypatch.setattr(trialgraph.resources, "folder", lambda name: tmp_path)
    with pytest.raises(GraphError, match=r"who24\.toml: Invalid value"):
        scores.items.__wrapped__()
