"""Irregular records: what is kept, what is told, and that the other records never suffer.

The files that records come in are in test_irregular_files.py.
"""

import json
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from tests.conftest import Build, Graph, Input, parsed, run, study, written

A, B, C = "NCT00000001", "NCT00000002", "NCT00000003"
TRIAL = f"trial/{A}"


def report(folder: Path, *inputs: Input, flags: tuple[str, ...] = (), status: int = 0) -> dict[str, Any]:
    """The JSON report of a build; the graph is beside it in out.nt."""
    sources = written(folder, inputs)
    result = run("build", *sources, "-o", folder / "out.nt", "--report", folder / "report.json", *flags)
    assert result.exit_code == status, result.stderr
    assert "Traceback" not in result.stderr
    decoded: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
    return decoded


def graph(folder: Path) -> Graph:
    """The graph that `report` built."""
    return parsed((folder / "out.nt").read_bytes())


def listed(told: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    """The pointer and the message of each finding of a kind."""
    return [(each.get("pointer", ""), each["message"]) for each in told["findings"] if each["kind"] == kind]


# Records that are none.


@pytest.mark.parametrize(
    ("wrong", "pointer", "message"),
    [
        ({"protocolSection": {}}, "line 2 /protocolSection/identificationModule/nctId", "the study has no NCT id"),
        ({"protocolSection": None}, "line 2 /protocolSection", "the study has no protocolSection"),
        (study("NCT123"), "line 2 /protocolSection/identificationModule/nctId", "'NCT123'"),
        (study("NCT00000001\n"), "line 2 /protocolSection/identificationModule/nctId", "eight digits"),
        (study(17), "line 2 /protocolSection/identificationModule/nctId", "'17'"),  # type: ignore[arg-type]
        ({"protocolSection": 1}, "line 2 /protocolSection/identificationModule/nctId", "no NCT id"),
        ({"protocolSection": {"identificationModule": []}}, "line 2 /protocolSection", "no NCT id"),
        ({"studies": [None]}, "line 2 /studies/0", "not a study but null"),
        ({"studies": [[]]}, "line 2 /studies/0", "not a study but []"),
        ({"other": 1}, "line 2", "neither a study (protocolSection) nor a page of the API (studies)"),
    ],
)
def test_a_record_without_an_nct_id_is_rejected_with_its_place_and_the_others_are_kept(
    tmp_path: Path, wrong: dict[str, Any], pointer: str, message: str
) -> None:
    lines = "\n".join(json.dumps(each) for each in (study(A), wrong, study(B)))
    told = report(tmp_path, lines)
    [(place, why)] = listed(told, "rejected")
    assert place.startswith(pointer)
    assert message in why
    assert told["counts"]["rejected"] == 1
    assert told["trials"] == 2
    assert graph(tmp_path).things("tg:Trial") == [f"trial/{A}", f"trial/{B}"]


def test_a_rejected_record_is_exit_1_with_strict_and_0_without(tmp_path: Path) -> None:
    page = json.dumps({"studies": [None, study(A)]})
    assert report(tmp_path, page)["counts"]["rejected"] == 1
    assert report(tmp_path, page, flags=("--strict",), status=1)["trials"] == 1
    assert graph(tmp_path).things("tg:Trial") == [TRIAL]


def test_the_report_on_standard_error_says_which_record_was_rejected_and_why(tmp_path: Path) -> None:
    result = run("build", *written(tmp_path, [json.dumps([study(A), 5])]), "-o", tmp_path / "o.ttl")
    assert "records rejected: 1" in result.stderr
    assert "input-0 /1: not a study but 5" in result.stderr


@pytest.mark.parametrize("nothing", ["[]", '{"studies": []}', '{"studies": [null]}', '{"protocolSection": null}'])
def test_a_source_without_any_trial_is_an_error_and_no_file_is_written(tmp_path: Path, nothing: str) -> None:
    result = run("build", *written(tmp_path, [nothing]), "-o", tmp_path / "o.nt")
    assert result.exit_code == 3
    assert "no trial in" in result.stderr
    assert not (tmp_path / "o.nt").exists()


def test_records_that_turn_out_unreadable_only_while_building_leave_no_file_either(tmp_path: Path) -> None:
    latin = json.dumps(study(A, statusModule={"whyStopped": "café"}), ensure_ascii=False).encode("latin-1")
    result = run("build", *written(tmp_path, [latin]), "-o", tmp_path / "o.nt")
    assert result.exit_code == 3
    assert "not UTF-8 at byte" in result.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "input-0"]


# Several records of one trial.


def updated(day: str, title: str) -> dict[str, Any]:
    return study(identificationModule={"briefTitle": title}, statusModule={"lastUpdatePostDateStruct": {"date": day}})


def test_the_newest_of_two_records_of_a_trial_wins_and_the_difference_is_a_disagreement(built: Build) -> None:
    old, new = updated("2024-01-31", "Old"), updated("2025-06", "New")
    made = built(old, new)
    assert made == built(new, old)
    assert made.objects("tg:briefTitle") == ['"New"']
    title = next(node for node in made.things("tg:Disagreement") if (node, "tg:property", "tg:briefTitle") in made)
    assert made.objects("tg:kept", title) == ['"New"']
    assert made.objects("tg:other", title) == ['"Old"']
    assert len(made.things("tg:RegistryRecord")) == 2


def test_the_same_record_twice_is_one_record_and_no_disagreement(built: Build) -> None:
    made = built(study(), json.dumps(study(), indent=4), json.dumps([study()]))
    assert made.things("tg:Disagreement") == []
    assert made.things("tg:RegistryRecord") == [f"record/ctgov/{A}"]


# Values.


@pytest.mark.parametrize(
    ("phases", "expected", "unknown"),
    [
        (["PHASE1", "PHASE2"], ["tgv:phase-PHASE1", "tgv:phase-PHASE2"], 0),
        (["PHASE2", "PHASE1"], ["tgv:phase-PHASE1", "tgv:phase-PHASE2"], 0),
        (["PHASE2", "PHASE2"], ["tgv:phase-PHASE2"], 0),
        (["PHASE5"], ["tgv:phase-PHASE5"], 1),
        (["[null]"], ["tgv:phase-%5Bnull%5D"], 1),
        (["PHASE2", None], ["tgv:phase-PHASE2"], 0),
        ("PHASE2", ["tgv:phase-PHASE2"], 0),
        (["NA"], ["tgv:phase-NA"], 0),
        ([], [], 0),
        (None, [], 0),
    ],
)
def test_each_phase_is_a_statement_and_an_unknown_one_is_described_and_told(
    tmp_path: Path, phases: object, expected: list[str], unknown: int
) -> None:
    told = report(tmp_path, study(designModule={"phases": phases}))
    made = graph(tmp_path)
    assert made.objects("tg:phase") == expected
    assert told["counts"]["unknown-value"] == unknown
    assert len(made.things("skos:Concept")) == unknown


@pytest.mark.parametrize(
    ("stated", "term", "latest"),
    [
        ("2025-02-28", '"2025-02-28"^^xsd:date', ['"2025-02-28"^^xsd:date']),
        ("2025-08", '"2025-08"^^xsd:gYearMonth', ['"2025-08-31"^^xsd:date']),
        ("2024-02", '"2024-02"^^xsd:gYearMonth', ['"2024-02-29"^^xsd:date']),
        ("2025", '"2025"^^xsd:gYear', ['"2025-12-31"^^xsd:date']),
        ("2025-02-30", '"2025-02-30"', []),
        ("2025-13", '"2025-13"', []),
        ("2025-00-10", '"2025-00-10"', []),
        ("0000", '"0000"', []),
        ("99999-01-01", '"99999-01-01"', []),
        ("31 Aug 2025", '"31 Aug 2025"', []),
        ("２０２５", '"２０２５"', []),
        ("", '""', []),
    ],
)
def test_a_date_is_typed_as_stated_or_stays_text_and_is_never_invented(
    tmp_path: Path, stated: str, term: str, latest: list[str]
) -> None:
    told = report(tmp_path, study(statusModule={"startDateStruct": {"date": stated}}))
    made = graph(tmp_path)
    assert made.objects("tg:startDate") == [term]
    assert made.objects("tg:startDateLatest") == latest
    odd = [("/protocolSection/statusModule/startDateStruct/date", "not a date; kept as text")]
    assert listed(told, "text") == ([] if latest else odd)


@pytest.mark.parametrize(
    ("stated", "years", "told"),
    [
        ("18 Years", ['"18.0"^^xsd:decimal'], 0),
        ("6 Months", ['"0.5"^^xsd:decimal'], 0),
        ("1 Year", ['"1.0"^^xsd:decimal'], 0),
        ("N/A", [], 0),
        ("18+ years old", [], 1),
        ("-1 Years", [], 1),
    ],
)
def test_an_age_stays_as_stated_and_has_years_where_they_can_be_told(
    tmp_path: Path, stated: str, years: list[str], told: int
) -> None:
    findings = report(tmp_path, study(eligibilityModule={"minimumAge": stated}))
    made = graph(tmp_path)
    assert made.objects("tg:minimumAge") == [f'"{stated}"']
    assert made.objects("tg:minimumAgeYears") == years
    assert len(listed(findings, "text")) == told


@pytest.mark.parametrize(
    ("stated", "term", "told"),
    [
        ("66", '"66"^^xsd:integer', 0),
        ("0", '"0"^^xsd:integer', 0),
        ("66.0", '"66"^^xsd:integer', 0),
        ("1e9", '"1000000000"^^xsd:integer', 0),
        ('"66"', '"66"^^xsd:integer', 0),
        ('"66 participants"', '"66 participants"', 1),
        ("-1", '"-1"', 1),
        ("66.5", '"66.5"', 1),
        ("99999999", '"99999999"^^xsd:integer', 1),
        ("100000000000000000000000", '"100000000000000000000000"^^xsd:integer', 0),
        ("1e400", '"1e400"', 1),
        ("NaN", '"NaN"', 1),
        ("7" * 5000, f'"{"7" * 5000}"', 1),
        ("true", '"true"', 1),
    ],
)
def test_an_enrolment_is_a_whole_number_or_stays_text(tmp_path: Path, stated: str, term: str, told: int) -> None:
    record = json.dumps(study(designModule={"enrollmentInfo": {"count": "COUNT"}})).replace('"COUNT"', stated)
    findings = listed(report(tmp_path, record), "text")
    assert graph(tmp_path).objects("tg:enrollment") == [term]
    assert len(findings) >= told
    assert {pointer for pointer, _ in findings} <= {"/protocolSection/designModule/enrollmentInfo/count"}


# Places.


def located(*locations: object) -> dict[str, Any]:
    return study(contactsLocationsModule={"locations": list(locations)})


@pytest.mark.parametrize("count", [0, 1, 1200])
def test_there_are_as_many_sites_as_locations(built: Build, count: int) -> None:
    same = {"facility": "Research Site", "city": "Madrid", "country": "Spain"}
    made = built(located(*[same] * count))
    assert len(made.things("tg:Site")) == len(made.objects("tg:site", TRIAL)) == count


@pytest.mark.parametrize("locations", [None, [None], {}, ""])
def test_locations_that_are_none_make_no_site(built: Build, locations: object) -> None:
    made = built(study(contactsLocationsModule={"locations": locations}))
    assert made.objects("tg:facility") == []
    assert made.objects("rdf:type", TRIAL) == ["tg:InterventionalTrial", "tg:Trial"]


def test_a_location_with_only_a_country_is_a_site_in_that_country(built: Build) -> None:
    made = built(located({"country": "Spain"}))
    [site] = made.things("tg:Site")
    assert made.objects("tg:locatedIn", site) == ["place/ES"]
    assert made.objects("tg:facility") == []


@pytest.mark.parametrize(
    ("lat", "lon", "kept"),
    [
        (48.2, 16.4, True),
        (-90, 180, True),
        ("48.2", "16.4", True),
        (91, 0, False),
        (0, 181, False),
        (0, 0, False),
        ("NaN", "NaN", False),
        ("north", 16, False),
        (48.2, None, False),
        (1e300, 1, False),
    ],
)
def test_a_point_that_is_not_on_earth_is_left_out_and_told(
    tmp_path: Path, lat: object, lon: object, kept: bool
) -> None:
    told = report(tmp_path, located({"facility": "X", "geoPoint": {"lat": lat, "lon": lon}}))
    made = graph(tmp_path)
    assert len(made.objects("geo:lat")) == len(made.objects("geo:long")) == kept
    assert len(listed(told, "dropped")) == (not kept)
    assert len(made.things("tg:Site")) == 1


@pytest.mark.parametrize(
    ("country", "place", "code"),
    [
        ("Turkey", "place/TR", ['"TR"']),
        ("Turkey (Türkiye)", "place/TR", ['"TR"']),
        ("Korea, Republic of", "place/KR", ['"KR"']),
        ("South Korea", "place/KR", ['"KR"']),
        ("Atlantis", "place/atlantis", []),
    ],
)
def test_a_country_is_known_by_its_code_under_all_its_names(
    built: Build, country: str, place: str, code: list[str]
) -> None:
    made = built(located({"facility": "X", "country": country}))
    assert made.things("tg:Place") == [place]
    assert made.objects("rdfs:label", place) == [f'"{country}"']
    assert made.objects("tg:isoCode", place) == code


def test_a_country_that_is_an_empty_text_is_no_place(built: Build) -> None:
    made = built(located({"facility": "X", "country": "", "city": ""}))
    assert made.things("tg:Place") == []
    assert len(made.things("tg:Site")) == 1


@pytest.mark.parametrize("code", ["A B", 'X> <urn:y> "z', "X\n", "../..", "%", "\u202e", "é", "{}|^`"])
def test_a_hostile_country_code_makes_no_other_statement(built: Build, code: str) -> None:
    made = built(located({"facility": "X", "country": "Spain", "countryCode": code}))
    assert {s.partition("/")[0] for s, _, _ in made} <= {
        "trial",
        "record",
        "organization",
        "condition",
        "facility",
        "place",
    }
    assert len(made.things("tg:Site")) == 1


# Arms and interventions.


def armed(arms: list[Any], interventions: list[Any]) -> dict[str, Any]:
    return study(armsInterventionsModule={"armGroups": arms, "interventions": interventions})


def test_two_arms_of_one_label_are_two_arms_with_the_same_names_on_every_run(built: Build) -> None:
    record = armed([{"label": "A", "type": "EXPERIMENTAL"}, {"label": "A", "type": "OTHER"}], [])
    first, second = built(record), built(record)
    assert first == second
    [one, two] = first.things("tg:Arm")
    assert two == f"{one}-2"


def test_a_label_of_no_arm_stays_on_the_intervention_as_text(built: Build) -> None:
    drug = {"type": "DRUG", "name": "X", "armGroupLabels": ["a  ARM", "No such"]}
    made = built(armed([{"label": "A Arm"}], [drug]))
    [intervention] = made.things("tg:Intervention")
    assert made.objects("tg:usesIntervention") == [intervention]
    assert made.objects("tg:unresolvedArmGroupLabel") == ['"No such"']


def test_a_name_of_no_intervention_stays_on_the_arm_as_text(built: Build) -> None:
    arm = {"label": "A", "interventionNames": ["Drug: x", "Drug: Gone"]}
    made = built(armed([arm], [{"type": "DRUG", "name": "X"}]))
    assert len(made.objects("tg:usesIntervention")) == 1
    assert made.objects("tg:unresolvedInterventionName") == ['"Drug: Gone"']


def test_interventions_of_one_name_are_all_kept_and_all_linked(built: Build) -> None:
    made = built(armed([{"label": "A", "interventionNames": ["Drug: X"]}], [{"type": "DRUG", "name": "X"}] * 2))
    assert len(made.things("tg:Intervention")) == 2
    assert len(made.objects("tg:usesIntervention")) == 2


# Texts.


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b", "a�b"),
        ("\x1b[31mred", "�[31mred"),
        ("a\u202eb", "a�b"),
        ("a\ud800b", "a�b"),
        ("\udc00\ud800", "��"),
        ("a\x7fb\x85", "a�b�"),
        ("\ufffe", "�"),
    ],
)
def test_a_character_that_no_graph_should_carry_is_replaced_and_counted(tmp_path: Path, text: str, shown: str) -> None:
    escaped = study(identificationModule={"briefTitle": text})
    told = report(tmp_path, escaped, {"studies": [escaped]})
    made = graph(tmp_path)
    assert made.objects("tg:briefTitle") == made.objects("rdfs:label", TRIAL) == [f'"{shown}"']
    assert told["counts"]["cleaned"] == 2


def test_control_characters_that_a_broken_exporter_left_unescaped_are_replaced(built: Build) -> None:
    record = json.dumps(study(identificationModule={"briefTitle": "a!b"})).replace("!", "\x1b")
    assert built(record).objects("tg:briefTitle") == ['"a�b"']


TEXTS = {
    "three quotes": '"""',
    "backslashes": "\\\\",
    "a quote at the end": 'ends in "',
    "a script": "<script>alert(1)</script>",
    "lines": "a\nb\r\n\tc",
    "what ends a literal": "'''\"@en^^<x> .",
    "astral characters": "𝒳 \U0001f9ec",
    "5 MB": "x" * 5_000_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("format_", ["nt", "ttl", "jsonld", "trig", "nq"])
def test_any_text_comes_out_as_it_went_in(tmp_path: Path, text: str, format_: str) -> None:
    out = tmp_path / f"o.{format_}"
    plain = text.replace("\\\\", "\\")  # the registry escapes with backslashes
    result = run("build", *written(tmp_path, [study(statusModule={"whyStopped": text})]), "-o", out, "-q")
    assert result.exit_code == 0
    known = pyoxigraph.RdfFormat.from_extension(format_)
    assert known is not None
    texts = {
        q.object.value
        for q in pyoxigraph.parse(path=str(out), format=known)
        if q.predicate.value.endswith("whyStopped")
    }
    assert texts == {plain}


def test_no_escape_sequence_of_a_record_reaches_the_terminal(tmp_path: Path) -> None:
    bad = study(A, designModule={"phases": ["\x1b[31mPHASE"]}, **{"\x1b]0;x\x07": 1})
    result = run("build", *written(tmp_path, [bad, study("\x1b[2J")]), "-o", tmp_path / "o.nt")
    assert result.exit_code == 0
    assert not any(char in result.stderr for char in "\x1b\x07")


@pytest.mark.parametrize(
    ("at", "record"),
    [
        ("organization/", study(sponsorCollaboratorsModule={"leadSponsor": {"name": "A\tB <x> {y}|\\^`"}})),
        ("condition/", study(conditionsModule={"conditions": ["a\tb> <c", "  ", "%", "'\"", "日本", "\u0600"]})),
        ("facility/", located({"facility": "X\t\n<>Y", "city": "\t", "state": ">", "country": "<"})),
    ],
)
def test_a_name_with_any_character_makes_a_valid_iri(built: Build, at: str, record: dict[str, Any]) -> None:
    made = built(record)  # which pyoxigraph has parsed
    assert [s for s, _, _ in made if s.startswith(at)]


# The shape of the record.


def test_a_future_field_is_told_with_its_place_and_spoils_nothing(tmp_path: Path) -> None:
    record = study(statusModule={"mood": "good"}, newSection={"a": [1]})
    told = report(tmp_path, record)
    assert [each["field"] for each in told["repeated"]] == ["newSection", "protocolSection.statusModule.mood"]
    assert told["counts"]["unknown-field"] == 2
    assert graph(tmp_path).objects("tg:overallStatus") == ["tgv:overallStatus-RECRUITING"]


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (study(futureSection={}), "unknown-field"),
        (study(statusModule={"mood": 1}), "unknown-field"),
        (study(statusModule={"overallStatus": "DREAMING"}), "unknown-value"),
    ],
)
def test_strict_schema_exits_1_where_a_field_or_a_value_is_unknown(
    tmp_path: Path, record: dict[str, Any], kind: str
) -> None:
    assert report(tmp_path, record, flags=("--strict-schema",), status=1)["counts"][kind] == 1
    assert report(tmp_path, study(), flags=("--strict-schema", "--strict"))["trials"] == 1


def test_a_future_field_is_in_the_coverage(tmp_path: Path) -> None:
    result = run("coverage", *written(tmp_path, [study(statusModule={"mood": 1})]))
    assert result.exit_code == 0
    assert "protocolSection.statusModule.mood" in result.stdout


@pytest.mark.parametrize(
    ("module", "value", "kinds"),
    [
        ("statusModule", [], {"dropped": 1}),
        ("statusModule", "x", {"dropped": 1}),
        ("conditionsModule", {"conditions": "Asthma"}, {"text": 1}),
        ("conditionsModule", {"conditions": [["Asthma"]]}, {"dropped": 1}),
        ("conditionsModule", {"conditions": [7]}, {"text": 1}),
        ("eligibilityModule", {"healthyVolunteers": "maybe"}, {"text": 1}),
    ],
)
def test_a_value_of_the_wrong_type_is_told_and_the_rest_of_the_record_is_kept(
    tmp_path: Path, module: str, value: object, kinds: dict[str, int]
) -> None:
    told = report(tmp_path, study("NCT00000001", **{module: value}))
    assert {kind: count for kind, count in told["counts"].items() if count} == kinds
    assert graph(tmp_path).objects("tg:nctId") == [f'"{A}"']


@pytest.mark.parametrize("depth", [50, 5_000, 100_000])
def test_deep_nesting_is_an_unknown_field_or_one_rejected_record(tmp_path: Path, depth: int) -> None:
    deep = json.dumps(study(B, extra="DEEP")).replace('"DEEP"', "[" * depth + "]" * depth)
    told = report(tmp_path, json.dumps(study(A)) + "\n" + deep)
    if depth == 50:
        assert told["counts"]["unknown-field"] == 1
    else:
        assert listed(told, "rejected") == [("line 2", "JSON nested too deeply")]


def test_of_a_key_twice_in_an_object_the_last_counts(built: Build) -> None:
    record = json.dumps(study()).replace('"overallStatus"', '"overallStatus": "COMPLETED", "overallStatus"')
    assert built(record).objects("tg:overallStatus") == ["tgv:overallStatus-RECRUITING"]
