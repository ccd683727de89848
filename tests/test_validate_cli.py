"""`trialgraph validate`: what it takes, what it finds, where the report goes and how it ends."""

import datetime
import json
from pathlib import Path
from typing import Any

import msgspec
import pyoxigraph
import pytest
from tests.conftest import SHARED, run, study, written

from trialgraph import resources, spool, validate
from trialgraph.findings import order
from trialgraph.reports import FORMATS
from trialgraph.spared import lost
from trialgraph.study import ResultsSection

DAY = ("--as-of", "2026-11-22")
SAMPLES = sorted(path for path in resources.folder("samples").iterdir() if path.suffix != ".md")
PAGE = next(path for path in SAMPLES if path.name.startswith("veeva"))
OWN = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix tg: <https://w3id.org/trialgraph/ontology#> .
<http://example.org/Trial-keyword> a sh:PropertyShape ; sh:targetClass tg:Trial ; sh:path tg:keyword ; sh:minCount 1 .
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, so that no settings are found above it."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def graph(folder: Path, name: str = "trials.ttl", *inputs: Any) -> Path:
    out = folder / name
    assert run("build", *written(folder, inputs or [study()]), "-o", out, "-q").exit_code == 0
    return out


def report(*arguments: str | Path) -> dict[str, Any]:
    result = run("validate", *arguments, "--format", "json", "-q", *([] if "--as-of" in arguments else DAY))
    assert result.exit_code in (0, 1), result.stderr
    held: dict[str, Any] = json.loads(result.stdout)
    return held


def found(*arguments: str | Path) -> list[tuple[str, ...]]:
    keys = ("rule", "shape", "severity", "trial", "focus", "path", "value", "message")
    return [tuple(each[key] for key in keys) for each in report(*arguments)["findings"]]


def test_a_report_on_standard_output_a_line_on_standard_error_and_exit_1(folder: Path) -> None:
    result = run("validate", graph(folder), *DAY)
    assert result.exit_code == 1
    assert "violation R" in result.stdout
    assert result.stderr.startswith("1 trial judged by core as of 2026-11-22: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["t.ttl", "t.nt", "t.nq", "t.trig", "t.jsonld", "t.ttl.gz", "t.nq.gz", "t.jsonld.gz"])
def test_every_graph_that_we_write_is_judged_alike(folder: Path, name: str) -> None:
    assert found(graph(folder, name)) == found(*written(folder, [study()]))


@pytest.mark.parametrize("name", ["t.nq", "t.trig"])
def test_only_the_default_graph_counts(folder: Path, name: str) -> None:
    out = folder / name
    run("build", *SAMPLES, "-o", out, "-q", "--graphs", "record")
    assert found(out) == found(*SAMPLES)


def test_a_source_a_graph_and_a_store_of_the_samples_give_the_same_findings(folder: Path) -> None:
    built = graph(folder, "samples.nt", *SAMPLES)
    store = pyoxigraph.Store(str(folder / "store"))
    store.bulk_load(path=str(built), format=pyoxigraph.RdfFormat.N_TRIPLES)
    store.flush()
    del store
    from_source = found(*SAMPLES, "--profile", "core", "--profile", "who24")
    assert len(from_source) > 50
    assert found(built, "--profile", "core", "--profile", "who24") == from_source
    assert found(folder / "store", "--profile", "core", "--profile", "who24") == from_source


@pytest.mark.parametrize("inputs", [SAMPLES, [SHARED / "data/ctgov-v2/studies.ndjson.gz"]], ids=["samples", "shared"])
def test_an_engine_misses_nothing_of_the_statements_that_it_is_spared(folder: Path, inputs: list[Path]) -> None:
    if not inputs[0].exists():
        pytest.skip("the shared studies are not there")
    (folder / "own.ttl").write_text(OWN)  # with shapes of one's own, nothing is left out
    spared = found(*inputs, "--profile", "core", "--profile", "who24")
    whole = found(*inputs, "--profile", "core", "--profile", "who24", "--shapes", folder / "own.ttl")
    assert [each for each in whole if each[0] != "Trial-keyword"] == spared
    assert found(graph(folder, "whole.nt", *inputs), "--profile", "core", "--profile", "who24") == spared


#: Results of which one figure is of the group B, where only A is described.
OF_A, OF_B = ({"groupId": group} for group in "AB")
GROUPS: dict[str, Any] = {"groups": [{"id": "A", "title": "All"}]}
MEASURES: dict[str, dict[str, Any]] = {
    "denominator": {"denoms": [{"counts": [OF_B]}]},
    "class": {"classes": [{"denoms": [{"counts": [OF_B]}]}]},
    "measurement": {"classes": [{"categories": [{"measurements": [OF_A, OF_B]}]}]},
    "analysis": {"analyses": [{"groupIds": ["A", "B"]}]},
}
FIGURES: dict[str, dict[str, Any]] = {
    "milestone": {"participantFlowModule": GROUPS | {"periods": [{"milestones": [{"achievements": [OF_A, OF_B]}]}]}},
    "withdrawal": {"participantFlowModule": GROUPS | {"periods": [{"dropWithdraws": [{"reasons": [OF_B]}]}]}},
    "baseline": {"baselineCharacteristicsModule": GROUPS | {"denoms": [{"counts": [OF_A, OF_B]}]}},
    "baseline measure": {"baselineCharacteristicsModule": GROUPS | {"measures": [{"denoms": [{"counts": [OF_B]}]}]}},
    **{
        name: {"outcomeMeasuresModule": {"outcomeMeasures": [GROUPS, GROUPS | measure]}}
        for name, measure in MEASURES.items()
    },
    "event": {"adverseEventsModule": {"eventGroups": GROUPS["groups"], "otherEvents": [{"stats": [OF_B]}]}},
}


@pytest.mark.parametrize("place", FIGURES)
def test_a_figure_of_an_unknown_group_is_found_in_a_source_as_in_its_graph(folder: Path, place: str) -> None:
    record = study(resultsSection=FIGURES[place])
    from_source = found(*written(folder, [record]))
    assert [each[6] for each in from_source if each[0] == "R46"] == ["B"]
    assert found(graph(folder, "trials.nt", record)) == from_source


def test_a_trial_is_spared_its_figures_where_all_are_of_groups_that_are_described() -> None:
    described = json.loads(json.dumps(FIGURES).replace('"B"', '"A"'))
    for posted, spared in ((FIGURES, {"event"}), (described, set(FIGURES))):
        results = {place: msgspec.convert(posted[place], ResultsSection) for place in posted}
        assert {place for place in results if not lost(results[place])} == spared


def test_several_workers_find_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built, day = graph(folder, "samples.ttl", *SAMPLES), datetime.date(2026, 11, 22)
    one = [list(validate(given, as_of=day).findings) for given in (built, SAMPLES)]
    monkeypatch.setattr(spool, "_WORTH_WORKERS", 0)
    assert [list(validate(given, as_of=day, workers=2).findings) for given in (built, SAMPLES)] == one


def test_python_gives_the_findings_as_values(folder: Path) -> None:
    found = validate(written(folder, [study()]), profiles=["who24"], as_of=datetime.date(2026, 11, 22))
    assert (found.trials, found.conforms, found.profiles) == (1, False, ("who24",))
    assert {finding.trial for finding in found.findings} == {"NCT00000001"}
    assert list(found.findings) == sorted(found.findings, key=order)
    assert next(iter(found.findings)) in found.findings


def test_both_engines_find_the_same(folder: Path) -> None:
    built = graph(folder)
    assert found(built, "--engine", "pyshacl") == found(built)


def test_findings_of_a_source_say_where(folder: Path) -> None:
    record = study(identificationModule={"acronym": "MORE-THAN-ENOUGH"})
    lines = folder / "studies.ndjson"
    lines.write_text(f"{json.dumps(study('NCT00000002'))}\n{json.dumps(record)}\n")
    places = {
        (each["rule"], each["file"], each["pointer"]) for each in report(lines, "--trial", "NCT00000001")["findings"]
    }
    pointer = "line 2 /protocolSection/identificationModule/acronym"
    assert [place for place in places if place[0] == "R04"] == [("R04", str(lines), pointer)]
    assert {place[2] for place in places} == {pointer, "line 2"}


def test_findings_on_a_part_of_a_record_say_which(folder: Path) -> None:
    measures = [{"measure": "Pain", "timeFrame": "1 year"}, {"measure": "Death"}, {"measure": "Death"}]
    contacts = [{"name": "Ann Lee", "role": "CONTACT", "phone": "1"}, {"name": "Bo Lee", "role": "CONTACT"}]
    record = study(
        armsInterventionsModule={
            "armGroups": [{"label": "One", "type": "OTHER", "interventionNames": ["Drug: A"]}],
            "interventions": [{"type": "DRUG", "name": "A", "armGroupLabels": ["One"]}],
        },
        outcomesModule={"primaryOutcomes": measures[:2], "secondaryOutcomes": measures},
        contactsLocationsModule={"locations": [{"facility": "Site 7"}, {"facility": "B", "contacts": contacts}]},
    )
    places: dict[str, list[str]] = {}
    for each in report(*written(folder, [record]))["findings"]:
        places.setdefault(each["shape"].partition("#")[2], []).append(each["pointer"].rpartition("protocolSection/")[2])
    outcomes = [
        f"outcomesModule/{kind}Outcomes/{n}" for kind, n in (("primary", 1), ("secondary", 1), ("secondary", 2))
    ]
    assert sorted(places["Outcome-timeFrame"]) == outcomes
    assert sorted(places["Site-city"]) == [f"contactsLocationsModule/locations/{number}" for number in range(2)]
    assert places["Intervention-description"] == ["armsInterventionsModule/interventions/0"]
    assert places["Trial-siteName"] == ["contactsLocationsModule/locations/0/facility"]
    assert places["Trial-contactReach"] == ["contactsLocationsModule/locations/1/contacts/1"]


def test_a_finding_of_a_page_names_the_line_that_has_the_value(folder: Path) -> None:
    page = next(path for path in SAMPLES if path.name == "meddatax-NCT99000034.txt")
    lines = page.read_text(encoding="utf-8").splitlines()
    number = lines.index("Responsible Party") + 2
    lines[number] = "Call Center 24"
    (folder / "page.txt").write_text("\n".join(lines), encoding="utf-8")
    [finding] = [each for each in report("page.txt")["findings"] if each["rule"] == "R42"]
    assert (finding["value"], finding["pointer"]) == ("Call Center 24", f"line {number + 1}")


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_goes_to_a_file(folder: Path, format_: str) -> None:
    result = run("validate", graph(folder), *DAY, "--format", format_, "-o", "report", "--all")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "R" in (folder / "report").read_text()


def test_the_day_decides_and_nothing_else(folder: Path) -> None:
    record = study(statusModule={"overallStatus": "NOT_YET_RECRUITING", "startDateStruct": {"date": "2026-01"}})
    built = graph(folder, "t.ttl", record)
    texts = [run("validate", built, *DAY).stdout for _ in range(2)]
    assert texts[0] == texts[1]
    rules = [{each[0] for each in found(built, "--as-of", day)} for day in ("2025-12-01", "2026-11-22")]
    assert rules[1] - rules[0] == {"R16"}


def test_a_page_is_judged_by_the_profile_page() -> None:
    severities = {each["severity"] for each in report(PAGE)["findings"]}
    assert severities
    assert "violation" not in severities


def test_a_threshold_a_profile_and_the_settings(folder: Path) -> None:
    built = graph(folder)
    assert run("validate", built, *DAY, "--fail-on", "never").exit_code == 0
    assert report(built, "--profile", "who24", "--profile", "fdaaa")["profiles"] == ["who24", "fdaaa"]
    (folder / "trialgraph.toml").write_text('fail-on = "never"\nprofiles = ["fdaaa"]\nseverity = { R07 = "off" }\n')
    held = report(built)
    assert (held["profiles"], held["gate"]["passed"]) == (["fdaaa"], True)
    assert "R07" not in {each["rule"] for each in held["findings"]}
    (folder / "trialgraph.toml").write_text('severity = { R99 = "off" }\n')
    assert run("validate", built).exit_code == 2


def test_a_baseline_lets_what_is_known_pass(folder: Path) -> None:
    built = graph(folder)
    assert run("validate", built, *DAY, "--baseline", "known.json").exit_code == 3
    assert run("validate", built, *DAY, "--baseline", "known.json", "--update-baseline").exit_code == 0
    assert run("validate", built, *DAY, "--baseline", "known.json").exit_code == 0
    worse = graph(folder, "worse.ttl", study(sponsorCollaboratorsModule={"leadSponsor": {"name": ""}}))
    assert run("validate", worse, *DAY, "--baseline", "known.json").exit_code == 1


def test_trials_that_are_left_out_stay_in_the_baseline(folder: Path) -> None:
    built = graph(folder, "two.ttl", study(), study(identificationModule={"nctId": "NCT00000002"}))
    options = (*DAY, "--baseline", "known.json")
    run("validate", built, *options, "--update-baseline")
    known = (folder / "known.json").read_bytes()
    one = run("validate", built, *options, "--trial", "NCT00000001", "--update-baseline")
    assert (folder / "known.json").read_bytes() == known
    assert " known, 0 fixed" in one.stdout


def test_scores_and_a_plot(folder: Path) -> None:
    for source in (str(graph(folder)), *written(folder, [study()])):
        run("validate", source, *DAY, "--scores", "scores.csv", "--plot", "scores.svg", "-q")
        assert (folder / "scores.csv").read_text().splitlines()[1].startswith("NCT00000001,")
        assert ",Acme," in (folder / "scores-sponsors.csv").read_text()
        assert (folder / "scores.svg").read_text().startswith("<svg")


def test_own_shapes(folder: Path) -> None:
    (folder / "own.ttl").write_text(OWN)
    for page_or_record in (graph(folder), PAGE):
        assert "Trial-keyword" in {each[0] for each in found(page_or_record, "--shapes", folder / "own.ttl")}
    (folder / "own.ttl").write_text(OWN.replace("minCount 1 .", "minCount 1"))
    result = run("validate", graph(folder), "--shapes", "own.ttl")
    assert result.exit_code == 4
    assert "own.ttl: Parser error at line" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["none.ttl"], 3, "none.ttl: cannot be read: No such file"),
        (["none.json"], 3, "none.json: no such file"),
        (["broken.ttl"], 3, "broken.ttl: not a graph in .ttl"),
        (["broken.ttl.gz"], 3, "broken.ttl.gz: cannot be read: Not a gzipped file"),
        (["empty.nt"], 3, "no trial in empty.nt"),
        (["trials.ttl", "--trial", "NCT00000009"], 3, "no trial that is one of NCT00000009 in"),
        (["trials.ttl", "--profile", "who"], 2, "--profile who: not one of"),
        (["trials.ttl", "--as-of", "today"], 2, "--as-of today: not a day such as"),
        (["trials.ttl", "--update-baseline"], 2, "--update-baseline: name the file with --baseline"),
        (["trials.ttl", "--fail-on", "bad"], 2, "'bad' is not one of"),
    ],
)
def test_what_goes_wrong_is_told(folder: Path, arguments: list[str], status: int, message: str) -> None:
    graph(folder)
    for name, data in (("broken.ttl", b"<a"), ("broken.ttl.gz", b"<a"), ("empty.nt", b"")):
        (folder / name).write_bytes(data)
    result = run("validate", *arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert message in result.stderr


def test_a_run_on_one_file_leaves_what_is_known_of_other_trials(folder: Path) -> None:
    one, other = graph(folder, "one.ttl", study()), graph(folder, "other.ttl", study("NCT00000002"))
    run("validate", one, other, *DAY, "--baseline", "known.json", "--update-baseline")
    both = (folder / "known.json").read_text()
    result = run("validate", one, *DAY, "--baseline", "known.json", "--update-baseline")
    assert "0 new" in result.stdout
    assert "0 fixed" in result.stdout
    assert (folder / "known.json").read_text() == both


def test_a_rejected_record_fails_a_strict_run(folder: Path) -> None:
    (folder / "part.ndjson").write_text(json.dumps(study()) + "\n{broken\n")
    lenient = run("validate", "part.ndjson", *DAY, "--fail-on", "never")
    assert (lenient.exit_code, lenient.stderr.startswith("1 not read, the first: part.ndjson line 2")) == (0, True)
    assert run("validate", "part.ndjson", *DAY, "--fail-on", "never", "--strict").exit_code == 1


@pytest.mark.parametrize("option", [("--scores", "scores.txt"), ("--plot", "no/plot.svg"), ("-o", "no/report.txt")])
def test_a_file_that_cannot_be_written_is_told_before_the_work(folder: Path, option: tuple[str, str]) -> None:
    result = run("validate", "not-even-there.ttl", *option)
    assert result.exit_code == 2
    assert option[1] in result.stderr


def test_a_trial_is_known_by_its_id_in_any_case(folder: Path) -> None:
    assert report(graph(folder), "--trial", "nct00000001")["trials"] == 1


def test_a_finding_on_the_last_day_of_a_month_points_at_the_month(folder: Path) -> None:
    record = study(statusModule={"overallStatus": "NOT_YET_RECRUITING", "startDateStruct": {"date": "2024-02"}})
    [late] = [each for each in report(*written(folder, [record]))["findings"] if each["rule"] == "R16"]
    assert (late["value"], late["pointer"]) == ("2024-02-29", "/protocolSection/statusModule/startDateStruct/date")


def test_queries_of_own_shapes_know_the_day(folder: Path) -> None:
    query = 'SELECT $this { $this a tg:Trial . FILTER ("$asOf" > "2026-01-01") }'
    (folder / "own.ttl").write_text(
        f"""{OWN.replace("sh:path tg:keyword ; sh:minCount 1", "sh:path tg:keyword ; sh:sparql <http://q>")}
        <http://q> a sh:SPARQLConstraint ; sh:select '{query}' ; sh:prefixes <https://w3id.org/trialgraph/ontology> ."""
    )
    built = graph(folder)
    rules = [
        {each[0] for each in found(built, "--shapes", "own.ttl", "--as-of", day)}
        for day in ("2025-01-01", "2026-02-01")
    ]
    assert [("Trial-keyword" in each) for each in rules] == [False, True]
