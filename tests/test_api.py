"""The package as Python users meet it."""

import datetime
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import networkx
import polars
import pytest
import rdflib
from click.testing import CliRunner
from tests.conftest import study, written

import trialgraph
from trialgraph import api, iris
from trialgraph.cli import main
from trialgraph.query import Rows, check


def test_a_source_is_a_string_a_path_or_several_of_them(tmp_path: Path) -> None:
    path = Path(*written(tmp_path, [study()]))
    for sources in (path, str(path), [path], [str(path)]):
        assert [record.nct_id for record in trialgraph.read(sources)] == ["NCT00000001"]


@pytest.mark.parametrize(("option", "value"), [("contacts", "some"), ("workers", 0), ("base", "here")])
def test_a_wrong_argument_is_a_usage_error(tmp_path: Path, option: str, value: object) -> None:
    path = Path(*written(tmp_path, [study()]))
    with pytest.raises(trialgraph.UsageError, match=f"--{option} {value}"):
        trialgraph.build(path, tmp_path / "out.nt", **{option: value})  # type: ignore[arg-type]


def test_the_report_cannot_take_the_place_of_the_graph(tmp_path: Path) -> None:
    (path,), out = written(tmp_path, [study()]), str(tmp_path / "out.nt")
    result = CliRunner().invoke(main, ["build", path, "-o", out, "--report", out])
    assert result.exit_code == 2
    assert "need two files" in result.stderr
    assert not Path(out).exists()


def test_names_of_opposite_meaning_stay_two() -> None:
    assert iris.slug("HER2+ Breast Cancer") == "her2-plus-breast-cancer"
    assert iris.slug("HER2- Breast Cancer") == "her2-minus-breast-cancer"
    assert iris.slug("HER2-negative Breast Cancer") == "her2-negative-breast-cancer"


# A graph to ask


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph of three trials: two of asthma by Acme with Uni, one of gout, each with other facts."""
    folder = tmp_path_factory.mktemp("graph")
    acme = {"leadSponsor": {"name": "Acme", "class": "INDUSTRY"}, "collaborators": [{"name": "Uni"}]}
    paris = {"facility": "Hospital", "city": "Paris", "country": "France", "geoPoint": {"lat": 48.85, "lon": 2.35}}
    first = study(
        "NCT00000001",
        statusModule={"startDateStruct": {"date": "2024-05-01"}},
        sponsorCollaboratorsModule=acme,
        designModule={"phases": ["PHASE2"], "enrollmentInfo": {"count": 60}},
        eligibilityModule={"minimumAge": "18 Years", "healthyVolunteers": True},
        contactsLocationsModule={"locations": [paris]},
    )
    second = study(
        "NCT00000002",
        statusModule={"overallStatus": "COMPLETED", "startDateStruct": {"date": "2023-07"}},
        sponsorCollaboratorsModule=acme,
        identificationModule={"nctId": "NCT00000002", "briefTitle": "<b>Asthma</b> & more"},
        hasResults=True,
    )
    third = study(
        "NCT00000003",
        conditionsModule={"conditions": ["Gout"]},
        sponsorCollaboratorsModule={"leadSponsor": {"name": "Uni"}, "collaborators": [{"name": "Fund"}]},
    )
    trialgraph.build(written(folder, [first, second, third]), folder / "trials.nt")
    return folder / "trials.nt"


def ids(rows: Rows) -> list[str]:
    return sorted(str(row[rows.columns.index("nctId")]) for row in rows)


def test_a_graph_is_a_path_or_what_open_graph_gives(path: Path) -> None:
    for graph in (path, str(path), trialgraph.open_graph(path), trialgraph.open_graph(str(path))):
        assert ids(trialgraph.find(graph)) == ["NCT00000001", "NCT00000002", "NCT00000003"]


def test_a_store_on_disk_is_a_graph_to_ask(tmp_path: Path) -> None:
    trialgraph.build(written(tmp_path, [study()]), tmp_path / "trials.store")
    assert trialgraph.query(tmp_path / "trials.store", "ASK { ?trial tg:nctId 'NCT00000001' }") is True


def test_an_answer_is_rows_a_truth_or_an_rdflib_graph(path: Path, tmp_path: Path) -> None:
    graph = trialgraph.open_graph(path)
    select = "SELECT ?id ?count { ?trial tg:nctId ?id ; tg:enrollment ?count }"
    rows = trialgraph.query(graph, select)
    assert isinstance(rows, Rows)
    assert (rows.columns, list(rows)) == (("id", "count"), [("NCT00000001", 60)])
    file = tmp_path / "mine.rq"
    file.write_text(select)
    from_file = trialgraph.query(graph, file)
    assert isinstance(from_file, Rows)
    assert list(from_file) == list(rows)
    assert trialgraph.query(graph, "ASK { ?trial tg:enrollment 61 }") is False
    trial = f"{iris.BASE}trial/NCT00000001"
    made = trialgraph.query(graph, "CONSTRUCT { ?trial tg:enrollment ?count } WHERE { ?trial tg:enrollment ?count }")
    assert isinstance(made, rdflib.Graph)
    assert [(str(s), str(o)) for s, _, o in made] == [(trial, "60")]
    described = trialgraph.query(graph, f"DESCRIBE <{trial}>")
    assert isinstance(described, rdflib.Graph)
    assert {str(subject) for subject in described.subjects()} == {trial}


def test_a_named_question_takes_python_values(path: Path) -> None:
    given: dict[str, Any] = {"condition": "asthma", "point": (48.85, 2.35), "within": "1km"}
    rows = trialgraph.query(path, "recruiting-near", given)
    assert isinstance(rows, Rows)
    assert ids(rows) == ["NCT00000001"]


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("as it is", "as it is"),
        (9, "9"),
        (9.5, "9.5"),
        (0.00001, "0.00001"),
        (True, "true"),
        (False, "false"),
        (datetime.date(2026, 11, 22), "2026-11-22"),
        (["RECRUITING", "COMPLETED"], "RECRUITING,COMPLETED"),
        ((48.85, 2.35), "48.85,2.35"),
    ],
)
def test_a_value_is_what_a_user_would_type(value: Any, typed: str) -> None:
    assert api._typed("name", value) == typed


@pytest.mark.parametrize(
    ("facets", "found"),
    [
        ({"condition": "ASTHMA"}, [1, 2]),
        ({"condition": None, "status": "COMPLETED"}, [2]),
        ({"status": ["RECRUITING", "COMPLETED"], "condition": "gout"}, [3]),
        ({"age": 9}, [2, 3]),
        ({"age": 17.5}, [2, 3]),
        ({"healthy": True}, [1]),
        ({"results": True}, [2]),
        ({"results": False}, [1, 3]),
        ({"near": (48.9, 2.3, "20km")}, [1]),
        ({"near": (48.9, 2.3, "1km")}, []),
        ({"condition": 'asthma") } #'}, []),
    ],
)
def test_facets_narrow_together(path: Path, facets: dict[str, Any], found: list[int]) -> None:
    assert ids(trialgraph.find(path, **facets)) == [f"NCT{number:08}" for number in found]


def test_a_facet_is_counted_among_what_is_found(path: Path) -> None:
    assert list(trialgraph.find_counts(path, "status")) == [("RECRUITING", 2), ("COMPLETED", 1)]
    assert list(trialgraph.find_counts(path, "status", limit=1)) == [("RECRUITING", 2)]
    assert list(trialgraph.find_counts(path, "status", condition="gout")) == [("RECRUITING", 1)]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda path: trialgraph.query(path, "recruiting-neer"), "did you mean recruiting-near"),
        (lambda path: trialgraph.query(path, "-"), "standard input is for the command"),
        (lambda path: trialgraph.query(path, "ASK {}", {"age": 9}), "only a named question takes parameters"),
        (lambda path: trialgraph.query(path, "ASK { SERVICE <http://example.org> {} }"), "SERVICE"),
        (lambda path: trialgraph.query(path, "recruiting-near", {"point": 5}), "the parameter condition is missing"),
        (lambda path: trialgraph.find(path, colour="red"), "colour: no such facet; there are condition, "),
        (lambda path: trialgraph.find(path, age="nine"), "age=nine: not a number"),
        (lambda path: trialgraph.find(path, age=float("nan")), "age=NaN: not a number"),
        (lambda path: trialgraph.find(path, status=[]), "status: an empty list"),
        (lambda path: trialgraph.find(path, country=["Korea, South"]), "country: Korea, South: a value among several"),
        (lambda path: trialgraph.find(path, **dict[str, Any](status={"RECRUITING"})), "status: set is no value"),
        (lambda path: trialgraph.find(path, limit=0), "limit 0: ask for 1 row or more"),
        (lambda path: trialgraph.find_counts(path, "words"), "words: not a facet with counts"),
        (lambda path: trialgraph.find(cast("Path", rdflib.Graph())), "Graph: not a graph to ask"),
        (lambda path: trialgraph.similar(path, "NCT00000009"), "NCT00000009: no trial of the graph"),
        (lambda path: trialgraph.network(path, "hospitals"), r"no such network\. There are sponsors"),
    ],
)
def test_what_cannot_be_asked_says_what_can(path: Path, ask: Any, message: str) -> None:
    with pytest.raises(trialgraph.UsageError, match=message):
        ask(path)


def test_a_graph_that_is_none_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(trialgraph.InputError, match="a directory, but no store"):
        trialgraph.open_graph(tmp_path)


def test_rows_become_frames_that_keep_what_a_column_mixes(path: Path) -> None:
    rows = trialgraph.find(path, condition="asthma")
    assert rows.to_pandas()["enrollment"].dtype == "Int64"
    assert rows.to_pandas()["startDate"].tolist() == [datetime.date(2024, 5, 1), "2023-07"]
    frame = rows.to_polars()
    assert frame["startDate"].to_list() == ["2024-05-01", "2023-07"]
    assert frame["enrollment"].dtype == polars.Int64
    assert frame["enrollment"].to_list() == [60, None]
    nothing = trialgraph.find(path, condition="none")
    assert nothing.to_pandas().shape == nothing.to_polars().shape == (0, 8)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_without_the_library_of_a_frame_the_error_says_what_to_install(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(trialgraph.UsageError, match=rf"need {library}; pip install 'trialgraph\[frames\]'"):
        getattr(Rows.of(["number"], [(1,)]), f"to_{library}")()


# Trials that are alike, and networks


def test_similar_trials_tell_their_reasons(path: Path) -> None:
    found = trialgraph.similar(path, "nct00000001", k=1)
    assert found.nct_id == "NCT00000001"
    assert [each.nct_id for each in found] == ["NCT00000002"]
    assert {"sponsor", "collaborator", "condition"} <= {reason.kind for reason in found[0].reasons}
    ((nct_id, _, score, reasons),) = found.table()
    assert (nct_id, score) == ("NCT00000002", found[0].score)
    assert "condition: Asthma (2 of 3 trials)" in str(reasons)


def test_a_network_is_networkx_a_table_paths_and_files(path: Path, tmp_path: Path) -> None:
    sponsors = trialgraph.network(path)
    assert isinstance(sponsors.graph, networkx.DiGraph)
    assert len(sponsors) == 3
    columns = sponsors.table().columns
    rows = [dict(zip(columns, row, strict=True)) for row in sponsors.table()]
    measured = [(row["label"], row["trials"], row["strength"]) for row in rows]
    assert measured == [("Uni", 3, 3), ("Acme", 2, 2), ("Fund", 1, 1)]
    steps = sponsors.path("acme", "fund").steps
    assert [(step.one, step.other) for step in steps] == [("Acme", "Uni"), ("Uni", "Fund")]
    sponsors.save(tmp_path / "sponsors.graphml")
    assert networkx.read_graphml(tmp_path / "sponsors.graphml").number_of_edges() == 2
    assert len(trialgraph.network(path, min_weight=2)) == 2
    assert len(trialgraph.network(path, condition="gout")) == 2


# What shows itself


def cells(value: Any) -> list[list[str]]:
    """The rows of the table that a notebook shows."""
    root = ElementTree.fromstring(f"<div>{value._repr_html_()}</div>")
    return [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")]


def test_a_record_shows_itself_at_a_glance(tmp_path: Path) -> None:
    facts = {"briefTitle": "<script>alert(1)</script> & more"}
    (file,) = written(tmp_path, [study(identificationModule={"nctId": "NCT00000001"} | facts)])
    (record,) = trialgraph.read(file)
    assert repr(record) == f"<Record NCT00000001 of {file}>"
    text = record._repr_html_()
    assert "NCT00000001 &lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in text
    shown = dict(cells(record))
    assert {name: shown[name] for name in ("status", "type", "lead sponsor", "conditions")} == {
        "status": "RECRUITING",
        "type": "INTERVENTIONAL",
        "lead sponsor": "Acme",
        "conditions": "Asthma",
    }
    assert "enrollment" not in shown, "a record that says nothing is shown as saying nothing"


def test_what_is_stated_of_numbers_dates_and_places_is_shown(tmp_path: Path) -> None:
    record = study(
        statusModule={"startDateStruct": {"date": "2024-05", "type": "ESTIMATED"}},
        designModule={"phases": ["PHASE1", "PHASE2"], "enrollmentInfo": {"count": 0, "type": "ACTUAL"}},
        contactsLocationsModule={"locations": [{"city": "Paris", "country": "France"}, {"city": "Nowhere"}]},
    )
    (read,) = trialgraph.read(written(tmp_path, [record]))
    shown = dict(cells(read))
    assert {name: shown[name] for name in ("phase", "enrollment", "start", "sites")} == {
        "phase": "PHASE1/PHASE2",
        "enrollment": "0 (ACTUAL)",
        "start": "2024-05 (ESTIMATED)",
        "sites": "2 in 1 country",
    }


def test_answers_show_themselves_as_tables_in_which_nothing_is_markup(path: Path) -> None:
    rows = trialgraph.find(path, status="COMPLETED")
    for shown in (rows, trialgraph.similar(path, "NCT00000001")):
        assert "&lt;b&gt;Asthma&lt;/b&gt; &amp; more" in shown._repr_html_()
        assert len(cells(shown)) == len(shown) + 1
    assert repr(rows).splitlines()[2].startswith("NCT00000002  <b>Asthma</b> & more  COMPLETED")


def test_a_long_answer_says_what_it_does_not_show() -> None:
    rows = Rows.of(["number"], [(number,) for number in range(120)])
    assert rows._repr_html_().endswith("<p>20 more rows</p>")
    assert repr(rows).endswith("\n19\n... and 100 more")


def test_a_network_shows_its_drawing_and_says_what_it_is(path: Path) -> None:
    sponsors = trialgraph.network(path)
    assert repr(sponsors) == "<Network of sponsors: 3 nodes, 2 edges, of 3 trials>"
    drawn = ElementTree.fromstring(sponsors._repr_svg_())
    assert {"Acme", "Uni", "Fund"} <= {element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")}


def test_a_build_and_a_validation_show_what_they_found(path: Path, tmp_path: Path) -> None:
    report = trialgraph.build(written(tmp_path, [study()]), tmp_path / "one.nt")
    assert repr(report) == f"<BuildReport of {tmp_path / 'one.nt'}: 1 trial, {report.statements} statements>"
    assert ["Trial", "1", str(report.classes["Trial"][1])] in cells(report)
    found = trialgraph.validate(path, as_of=datetime.date(2026, 3, 31))
    assert sum(int(row[2]) for row in cells(found)[1:]) == len(found.findings)
    assert repr(found).startswith("<Validation of 3 trials by core as of 2026-03-31: ")


# Imports


def fresh(code: str) -> str:
    """What a new interpreter prints."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_package_starts_without_what_only_some_functions_need() -> None:
    slow = {"matplotlib", "networkx", "numpy", "pandas", "polars", "pyshacl", "rdflib", "scipy", "sklearn"}
    assert fresh(f"import sys, trialgraph; print(sorted({slow} & sys.modules.keys()))") == "[]"


@pytest.mark.parametrize("name", ["build", "coverage", "find", "network", "query", "similar", "validate"])
def test_a_function_keeps_its_name_when_its_module_is_imported(name: str) -> None:
    code = f"import trialgraph.{name}; from trialgraph.{name} import *; import trialgraph.cli; print(trialgraph.{name})"
    function, module = fresh(f"{code}; from trialgraph import {name} as given; print(given.__module__)").splitlines()
    assert function.startswith(f"<function {name} at ")
    assert module in ("trialgraph.api", f"trialgraph.{name}")


def test_modules_that_share_a_name_with_a_function_can_be_imported_from() -> None:
    code = (
        "import trialgraph; from trialgraph.query import ask; from trialgraph.find import FACETS;"
        " from trialgraph.network import NETWORKS; from trialgraph.similar import Corpus; print(Corpus.__module__)"
    )
    assert fresh(code) == "trialgraph.similar.corpus"


def test_spawned_workers_ask_too(path: Path) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        rows = pool.submit(trialgraph.find_counts, path, "status").result()
        assert list(rows) == [("RECRUITING", 2), ("COMPLETED", 1)]
        assert pool.submit(trialgraph.query, path, "ASK { ?trial a tg:Trial }").result() is True
        assert pool.submit(check, "ASK {}").result() == {"ASK"}
