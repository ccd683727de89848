"""The catalogue: it selects, counts and finds what the graph says, as SPARQL does."""

import asyncio
import sqlite3
from array import array
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import SHARED, run, study, written

from trialgraph.errors import InputError, UsageError
from trialgraph.iris import BASE, MESH
from trialgraph.resources import folder
from trialgraph.serve.catalogue import (
    FACETS,
    KINDS,
    Catalogue,
    Selection,
    Thing,
    TrialRow,
    alike,
    build,
    called,
    is_catalogue,
    prepared,
    schema,
    selection,
    sparql,
)
from trialgraph.store import opened

if TYPE_CHECKING:
    from trialgraph.serve.pool import Pool

_STUDIES = SHARED / "data/ctgov-v2/studies.ndjson.gz"
_SAMPLES = sorted(path for path in folder("samples").iterdir() if path.suffix != ".md")


class Graph(NamedTuple):
    """A store and its catalogue."""

    store: pyoxigraph.Store
    catalogue: Catalogue

    def asked(self, chosen: Selection) -> list[str]:
        """The NCT ids that the SPARQL of a selection gives."""
        rows = self.store.query(sparql(self.catalogue, chosen, limit=1000))
        assert isinstance(rows, pyoxigraph.QuerySolutions)
        return [row["nctId"].value for row in rows]


@pytest.fixture(scope="module", params=["samples", "shared"])
def graph(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """The samples, and the real records where they are at hand."""
    if request.param == "shared" and not _STUDIES.exists():
        pytest.skip("the real records are not here")
    folder_ = tmp_path_factory.mktemp(request.param)
    sources = _SAMPLES if request.param == "samples" else [_STUDIES]
    assert run("build", *sources, "-o", f"{folder_}/graph.store").exit_code == 0
    store = opened(f"{folder_}/graph.store")
    build(store, f"{folder_}/catalogue.sqlite")
    catalogue = Catalogue(f"{folder_}/catalogue.sqlite")
    yield Graph(store, catalogue)
    catalogue.close()


def listed(chosen: Selection) -> list[str]:
    return [row.nct_id for row in chosen.rows(limit=1000)]


@pytest.mark.parametrize("facet", FACETS)
def test_each_value_of_a_facet_selects_the_trials_that_its_query_gives(graph: Graph, facet: str) -> None:
    counts = graph.catalogue.select({}).counts(facet, 3)
    assert counts
    for values in ([counts[0].value], [count.value for count in counts]):
        chosen = graph.catalogue.select({facet: values})
        assert listed(chosen) == graph.asked(chosen), values
    for count in counts:
        assert count.trials == len(graph.catalogue.select({facet: [count.value]}))


@pytest.mark.parametrize(
    ("facet", "value"),
    [
        *(("condition", part) for part in ("asthma", "a", "Cancer", "o(")),
        *(("intervention", part) for part in ("plac", "MAB")),
        *(("sponsor", "uni"), ("organization", "uni"), ("city", "par"), ("city", "o")),
        *(("facility", "hosp"), ("region", "cal")),
        *(("country", country) for country in ("FR", "China", "us")),
        *(("status", "recruiting"), ("phase", "phase 2"), ("type", "OBSERVATIONAL")),
        *(("sex", sex) for sex in ("FEMALE", "male", "ALL")),
        *(("age", age) for age in ("0.5", "9", "18", "65", "65.5", "100")),
        *((facet, choice) for facet in ("healthy", "results") for choice in ("yes", "no")),
        *(("near", near) for near in ("48.85,2.35,50km", "30,120,500 km", "0,179,3000mi", "89,0,2000", "0,0,0m")),
    ],
)
def test_a_facet_means_what_it_means_in_find(graph: Graph, facet: str, value: str) -> None:
    chosen = graph.catalogue.select({facet: [value]})
    assert listed(chosen) == graph.asked(chosen)


def test_values_of_a_facet_are_alternatives_and_facets_narrow_one_another(graph: Graph) -> None:
    some = graph.catalogue.select({}).counts("intervention", 5)
    filters = {
        "intervention": [*(count.value for count in some), "mab"],
        "status": ["RECRUITING", "COMPLETED"],
        "age": ["30", "5"],
        "near": ["48.85,2.35,5000km", "40,-74,2000mi"],
    }
    chosen = graph.catalogue.select(filters)
    assert 0 < len(chosen) < graph.catalogue.trials
    assert listed(chosen) == graph.asked(chosen)
    assert len(chosen.without("near")) == len(graph.catalogue.select({**filters, "near": []}))


def test_words_are_whole_words_phrases_or_beginnings_where_find_takes_parts(graph: Graph) -> None:
    select = graph.catalogue.select
    trial = select({"words": ["trial"]})
    assert len(select({"words": ["asthm"]})) == 0 < len(select({"words": ["asthm*"]}))
    assert {*listed(trial)} <= {*graph.asked(trial)}
    assert len(select({"words": ['"of the"']})) < len(select({"words": ["the of"]}))
    assert [row.nct_id for row in trial.rows("relevance", limit=1000)] != listed(trial)
    assert {row.nct_id for row in trial.rows("relevance", limit=1000)} == {*listed(trial)}


@pytest.mark.parametrize("kind", KINDS)
def test_few_and_many_trials_are_counted_alike(graph: Graph, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filters = {"type": ["INTERVENTIONAL"]}
    from_trials = graph.catalogue.select(filters).counts(kind, 1000)
    monkeypatch.setattr(selection, "_FEW", 0)
    assert graph.catalogue.select(filters).counts(kind, 1000) == from_trials
    top = graph.catalogue.select(filters).counts(kind, 1)[0]
    assert top.trials >= from_trials[-1].trials


def test_rows_come_in_the_order_asked_for(graph: Graph) -> None:
    rows = graph.catalogue.select({}).rows
    assert [row.updated for row in rows(limit=1000)] == sorted((row.updated for row in rows(limit=1000)), reverse=True)
    assert [row.start for row in rows("start", limit=1000)] == sorted(row.start for row in rows(limit=1000))[::-1]
    sizes = [-1 if row.enrollment is None else row.enrollment for row in rows("enrollment", limit=1000)]
    assert sizes == sorted(sizes, reverse=True)
    assert rows(offset=3, limit=2) == rows(limit=5)[3:]
    assert [*graph.catalogue.select({}).every("start")] == rows("start", limit=1000)


def test_every_facility_of_a_selection_with_a_point_is_on_the_map_once(graph: Graph) -> None:
    everywhere = graph.catalogue.select({}).points()
    assert len({iri for _, _, iri, _, _ in everywhere}) == len(everywhere) > 0
    for lat, long, iri, label, trials in everywhere[:20]:
        thing = graph.catalogue.thing(iri)
        assert thing
        assert (thing.lat, thing.long, thing.label, thing.trials) == (lat, long, label, trials)
    here = graph.catalogue.select({"facility": [everywhere[0][2]]})
    assert everywhere[0][2:] in [point[2:] for point in here.points()]


RECORDS = [
    study(
        "NCT00000001",
        identificationModule={
            "briefTitle": "A Trial of Colas in Naïve Café Guests",
            "acronym": "CAFE",
            "orgStudyIdInfo": {"id": "Org-1"},
            "secondaryIdInfos": [{"id": "2019-003-24", "type": "EUDRACT_NUMBER"}],
            "nctIdAliases": ["NCT09999999"],
        },
        conditionsModule={"conditions": ["Asthma", "Hay Fever"]},
        armsInterventionsModule={
            "interventions": [{"type": "DRUG", "name": "Omalizumab", "otherNames": ["Xolair", "IGE025"]}]
        },
        derivedSection={
            "conditionBrowseModule": {
                "meshes": [{"id": "D001249", "term": "Asthma"}],
                "ancestors": [{"id": "D001982", "term": "Bronchial Diseases"}],
            }
        },
        contactsLocationsModule={
            "locations": [
                {"facility": "Clinic", "city": "Paris", "country": "France", "geoPoint": {"lat": 48.85, "lon": 2.35}}
            ]
        },
    ),
    study("NCT00000002", conditionsModule={"conditions": ["Asthma"]}, designModule={"phases": ["PHASE1", "PHASE2"]}),
]


def stored(tmp_path: Path) -> pyoxigraph.Store:
    """The graph of the records."""
    assert run("build", *written(tmp_path, RECORDS), "-o", tmp_path / "graph.nt").exit_code == 0
    return opened(str(tmp_path / "graph.nt"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """The catalogue of two trials."""
    file = str(tmp_path_factory.mktemp("small") / "catalogue.sqlite")
    assert build(stored(tmp_path_factory.mktemp("records")), file) == 2
    catalogue = Catalogue(file)
    yield catalogue
    catalogue.close()


def found(catalogue: Catalogue, text: str) -> list[str]:
    return [each.label if isinstance(each, Thing) else each.nct_id for each in catalogue.search(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("asth", ["Asthma", "NCT00000001"][:1]),
        ("nct00000002", ["NCT00000002"]),
        (" NCT09999999 ", ["NCT00000001"]),
        ("org-1", ["NCT00000001"]),
        ("2019-003-24", ["NCT00000001"]),
        ("nct0000", ["NCT00000001", "NCT00000002"]),
        ("xolair", ["Omalizumab"]),
        ("fever h", ["Hay Fever"]),
        ("paris", ["Paris"]),
        ("fran", ["France"]),
        ("acme", ["Acme"]),
        ("naive cafe", ["NCT00000001"]),
        ("cola guests", ["NCT00000001"]),
        ("zebra", []),
        ("", []),
        ('"', []),
    ],
)
def test_a_text_finds_what_it_may_mean(small: Catalogue, text: str, expected: list[str]) -> None:
    assert found(small, text) == expected


def test_a_near_spelling_finds_the_name_that_was_meant(small: Catalogue) -> None:
    assert [thing.label for thing in alike(small, "asthmma")] == ["Asthma"]
    assert [thing.label for thing in alike(small, "omalizumap")] == ["Omalizumab"]
    assert alike(small, "zebra") == []


def test_a_thing_tells_what_it_is_and_how_many_trials_have_it(small: Catalogue) -> None:
    assert small.thing(f"{MESH}D001249") == Thing(f"{MESH}D001249", "condition", "Asthma", "MeSH", 1)
    assert small.thing(f"{BASE}condition/asthma") == Thing(f"{BASE}condition/asthma", "condition", "Asthma", "", 2)
    drug = f"{BASE}intervention/omalizumab"
    assert small.thing(drug) == Thing(drug, "intervention", "Omalizumab", "Drug", 1)
    assert small.names(drug) == ["IGE025", "Omalizumab", "Xolair"]
    facility = f"{BASE}facility/FR/-/paris/clinic"
    assert small.thing(facility) == Thing(facility, "facility", "Clinic", "Paris, France", 1, 48.85, 2.35)
    sponsor = f"{BASE}organization/acme"
    assert small.thing(sponsor) == Thing(sponsor, "organization", "Acme", "Industry", 2)
    assert small.thing(f"{BASE}organization/none") is None


def test_a_name_that_a_descriptor_has_too_is_listed_once(small: Catalogue) -> None:
    assert [thing.note for thing in called(small, "asthma")] == ["MeSH"]
    assert [count.label for count in small.select({}).counts("condition")] == ["Asthma", "Hay Fever"]


def test_a_trial_is_a_row_with_the_values_of_its_record(small: Catalogue) -> None:
    row = small.trial("NCT00000002")
    assert row == TrialRow(
        "NCT00000002", "A Trial", "RECRUITING", ("PHASE1", "PHASE2"), "INTERVENTIONAL", "Acme",
        f"{BASE}organization/acme", "", "", None, False, ("Asthma",), (), 0,
    )  # fmt: skip
    assert small.trial("NCT00000009") is None


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"colour": ["red"]}, "colour: no such filter; there are condition, "),
        ({"status": ["OPEN"]}, "status=OPEN: not one of ACTIVE_NOT_RECRUITING, "),
        ({"sex": ["x"]}, "sex=x: not one of ALL, FEMALE, MALE"),
        ({"country": ["Frence"]}, "country=Frence: neither the name nor the ISO 3166-1 code of a country: france?"),
        ({"organization": [f"{BASE}organization/x"]}, f"organization={BASE}organization/x: no organization of this"),
        ({"age": ["old"]}, "age=old: not an age in years; such as 9"),
        ({"near": ["1,2"]}, "near=1,2: not a point and a distance; such as 48.85,2.35,50km"),
        ({"near": ["1..2,2,3km"]}, "near=1..2,2,3km: not a point and a distance"),
        ({"near": ["91,2,3km"]}, "near=91,2,3km: a latitude is from -90 to 90"),
        ({"results": ["maybe"]}, "results=maybe: neither yes nor no"),
        ({"year": ["now"]}, "year=now: not a year; such as 2024"),
        ({"words": ["--- *"]}, "words=--- *: no letter or digit to look for"),
    ],
)
def test_a_filter_that_cannot_be_is_told_so(small: Catalogue, filters: dict[str, list[str]], message: str) -> None:
    with pytest.raises(UsageError) as told:
        small.select(filters)
    assert str(told.value).startswith(message)


_HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet="\"*()^+-:{}AND OR NOT NEAR title text\x00'%_\\\ud800"),
    st.sampled_from(
        ["<script>alert(1)</script>", "a" * 10_000, '"' * 999, "NEAR(a b, 1)", "title:a", "{a b}: c", "a://b"]
    ),
)


@given(text=_HOSTILE)
def test_whatever_is_typed_is_only_looked_for(small: Catalogue, text: str) -> None:
    small.search(text)
    alike(small, text)
    called(small, text)
    for name in ("words", "condition", "sponsor", "country", "status", "near", "age"):
        with suppress(UsageError):
            sparql(small, small.select({name: [text]}))


@given(st.sets(st.integers(0, 999)), st.integers(1000, 40_000))
def test_a_set_of_trials_is_stored_as_it_is(trials: set[int], total: int) -> None:
    bits = schema.union(trials, total)
    assert list(schema.members(bits)) == sorted(trials)
    assert schema.unpacked(schema.packed(array("I", sorted(trials)), total), total) == bits


def test_a_file_of_another_version_is_no_catalogue(tmp_path: Path) -> None:
    other = tmp_path / "catalogue.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("PRAGMA user_version = 999")
    connection.commit()
    connection.close()
    assert not is_catalogue(str(other))
    assert not is_catalogue(str(tmp_path / "none"))
    with pytest.raises(InputError, match="not a catalogue of this version"):
        Catalogue(str(other))
    other.write_bytes(b"no database at all, but long enough to look like one" * 100)
    assert not is_catalogue(str(other))


def test_a_build_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = stored(tmp_path)
    monkeypatch.setattr(schema, "INDEXES", "CREATE INDEX none ON nothing (at_all);")
    with pytest.raises(sqlite3.OperationalError):
        build(store, str(tmp_path / "catalogue.sqlite"))
    assert list(tmp_path.glob("catalogue*")) == []


class Here:
    """Runs what a worker would, at once, and counts."""

    def __init__(self, store: pyoxigraph.Store) -> None:
        self.store, self.runs = store, 0

    async def run(self, function: Any, *args: Any) -> Any:
        self.runs += 1
        return function(self.store, *args)


def test_a_catalogue_is_kept_with_its_store_and_made_anew_for_another_state(tmp_path: Path) -> None:
    pool, told, folder_ = Here(stored(tmp_path)), list[str](), tmp_path / "graph.store"
    folder_.mkdir()
    for stamp, runs in (("1", 1), ("1", 1), ("2", 2), ("2", 2)):
        asyncio.run(prepared(cast("Pool", pool), str(folder_), str(tmp_path), stamp, told.append)).close()
        assert pool.runs == runs
    assert [path.name for path in folder_.iterdir()] == ["catalogue.sqlite"]
    assert len(told) == 2


@pytest.mark.parametrize("kept", ["graph.nt", "locked.store"])
def test_where_there_is_no_folder_to_write_the_catalogue_is_temporary(
    tmp_path: Path, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, temporary = stored(tmp_path), tmp_path / "temporary"
    temporary.mkdir()
    (tmp_path / "locked.store").mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    pool = cast("Pool", Here(store))
    catalogue = asyncio.run(prepared(pool, str(tmp_path / kept), str(temporary), "", lambda line: None))
    assert catalogue.trials == 2
    catalogue.close()
    assert [path.name for path in temporary.iterdir()] == ["catalogue.sqlite"]
