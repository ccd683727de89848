"""The gate: thresholds, a project's own severities, and the baseline of known findings."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from trialgraph.errors import InputError, UsageError
from trialgraph.findings import Finding, Rule, Validation, validation
from trialgraph.gate import FailOn, Level, Settings, judge, settings
from trialgraph.rules import rules

RULES = [
    Rule(
        "R19", "https://w3id.org/trialgraph/shapes#R19", "why stopped", "violation", "A stopped study says why.", "CFR"
    ),
    Rule(
        "R33", "https://w3id.org/trialgraph/shapes#R33", "time frame", "warning", "An outcome has a time frame.", "PRS"
    ),
    Rule("R21", "https://w3id.org/trialgraph/shapes#R21", "mesh", "info", "A condition is coded to MeSH.", "Mi"),
]


def finding(rule: str, trial: int = 1, value: str = "", focus: str = "") -> Finding:
    known = next(each for each in RULES if each.id == rule)
    id_ = f"NCT{trial:08}"
    return Finding(rule, known.shape, known.severity, id_, focus or id_, "", value, known.message)


def found(*findings: Finding, rules: list[Rule] = RULES) -> Validation:
    return validation(findings, rules, 10, "2026-11-22", ["core"])


WARNED = found(finding("R33"), finding("R21"))


@pytest.mark.parametrize(("fail_on", "failing"), [("violation", 0), ("warning", 1), ("info", 2), ("never", 0)])
def test_the_gate_fails_at_or_above_the_threshold(fail_on: FailOn, failing: int) -> None:
    gate = judge(WARNED, fail_on)
    assert (gate.failing, gate.passed, gate.exit_status) == (failing, failing == 0, int(failing > 0))


def test_a_validation_conforms_only_without_any_finding_whatever_the_gate_says() -> None:
    assert (WARNED.conforms, judge(WARNED).passed) == (False, True)
    assert (found().conforms, judge(found(), "info").passed) == (True, True)


def written(folder: Path, text: str, name: str = "trialgraph.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder


def test_settings_come_from_trialgraph_toml(tmp_path: Path) -> None:
    text = 'fail-on = "warning"\nprofiles = ["core", "who24"]\nbaseline = "known.json"\n[severity]\nR21 = "off"\n'
    assert settings(written(tmp_path, text)) == Settings(
        str(tmp_path / "trialgraph.toml"),
        "warning",
        ("core", "who24"),
        str(tmp_path / "known.json"),
        {"R21": "off"},
    )


def test_settings_come_from_pyproject_toml_too(tmp_path: Path) -> None:
    written(tmp_path, '[tool.trialgraph]\nfail-on = "never"\n[tool.trialgraph.severity]\nR21 = "off"', "pyproject.toml")
    given = settings(tmp_path)
    assert (given.fail_on, given.severity) == ("never", {"R21": "off"})


def test_trialgraph_toml_goes_before_pyproject_toml(tmp_path: Path) -> None:
    written(tmp_path, '[tool.trialgraph]\nfail-on = "never"', "pyproject.toml")
    assert settings(written(tmp_path, 'fail-on = "info"')).fail_on == "info"


def test_the_nearest_folder_with_settings_counts_up_to_the_top_of_the_repository(tmp_path: Path) -> None:
    written(tmp_path, 'fail-on = "info"')
    top = written(tmp_path / "top", "", "README.md")
    inner = written(top / "a" / "b", "[tool.other]", "pyproject.toml")
    assert settings(inner).fail_on == "info"
    (top / ".git").mkdir()
    assert settings(inner) == Settings()
    written(top, 'fail-on = "never"')
    assert settings(inner).fail_on == "never"


def test_wrong_settings_are_named_all_at_once(tmp_path: Path) -> None:
    text = 'fail_on = "warning"\nprofiles = "core"\nbaseline = 1\ncolour = 1\n[severity]\nR21 = "error"\n'
    with pytest.raises(UsageError) as error:
        settings(written(tmp_path, text))
    file = tmp_path / "trialgraph.toml"
    assert str(error.value).splitlines() == [
        f"{file}: fail_on: no such setting; did you mean fail-on?",
        f"{file}: colour: no such setting; there are baseline, fail-on, profiles, severity",
        f"{file}: profiles is 'core', not a list of names, such as ['core', 'who24']",
        f"{file}: baseline is 1, not the name of a file",
        f"{file}: severity.R21 is 'error', not one of violation, warning, info, off",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('fail-on = "all"', "fail-on is 'all', not one of violation, warning, info, never"),
        ("fail-on = []", r"fail-on is \[\], not one of"),
        ("severity = 1", r"severity is 1, not a table such as \{ R21 = 'off' \}"),
        ("[severity]\nR21 = []", r"severity\.R21 is \[\], not one of"),
        ("profiles = [1]", r"profiles is \[1\], not a list of names"),
    ],
)
def test_a_wrong_value_is_an_error_of_usage(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        settings(written(tmp_path, text))


def test_settings_that_are_no_toml_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"trialgraph\.toml: not TOML: Invalid value"):
        settings(written(tmp_path, "fail-on = "))
    with pytest.raises(UsageError, match=r"tool\.trialgraph is 1, not a table"):
        settings(written(tmp_path / "other", "[tool]\ntrialgraph = 1", "pyproject.toml"))


FIRST = found(finding("R19", 1), finding("R19", 2), finding("R33", 1, "6"))


def test_a_baseline_has_a_finding_a_line_sorted_and_without_values(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    judge(FIRST, baseline=str(file), update=True)
    rows = [(each.rule, each.trial, each.fingerprint) for each in FIRST.findings]
    assert (
        file.read_text()
        == '{\n"version": 1,\n"findings": [\n'
        + ",\n".join(
            f'{{"rule":"{rule}","trial":"{trial}","path":"","fingerprint":"{fingerprint}","count":1}}'
            for rule, trial, fingerprint in rows
        )
        + "\n]\n}\n"
    )
    assert len(json.loads(file.read_text())["findings"]) == 3


def test_known_findings_do_not_fail_and_new_ones_do(tmp_path: Path) -> None:
    file = str(tmp_path / "known.json")
    judge(FIRST, baseline=file, update=True)
    again = judge(FIRST, "info", file)
    assert (again.passed, again.new, sum(again.known), again.fixed) == (True, 0, 3, 0)
    gate = judge(found(finding("R19", 2), finding("R19", 3)), "violation", file)
    assert (gate.passed, gate.failing, gate.new, gate.known, gate.fixed) == (False, 1, 1, (True, False), 2)


def test_a_finding_that_moved_is_known_and_one_with_another_value_is_new(tmp_path: Path) -> None:
    file = str(tmp_path / "known.json")
    judge(FIRST, baseline=file, update=True)
    moved = replace(finding("R33", 1, "6"), file="other.json", pointer="/9", focus="elsewhere")
    assert judge(found(moved), baseline=file).known == (True,)
    assert judge(found(finding("R33", 1, "7")), baseline=file).known == (False,)


def test_the_third_of_two_equal_findings_is_new(tmp_path: Path) -> None:
    file = str(tmp_path / "known.json")
    twice = [finding("R33", 1, focus="outcome/a"), finding("R33", 1, focus="outcome/b")]
    judge(found(*twice), baseline=file, update=True)
    gate = judge(found(*twice, finding("R33", 1, focus="outcome/c")), "warning", file)
    assert (gate.known, gate.failing) == ((True, True, False), 1)
    assert judge(found(twice[0]), baseline=file).fixed == 1


def test_updating_passes_and_counts_against_the_old_baseline(tmp_path: Path) -> None:
    file = str(tmp_path / "known.json")
    assert judge(FIRST, baseline=file, update=True).new == 3
    gate = judge(found(finding("R19", 9)), baseline=file, update=True)
    assert (gate.passed, gate.new, gate.fixed) == (True, 1, 3)
    assert judge(found(finding("R19", 9)), baseline=file).passed


def test_what_other_rules_found_stays_in_the_baseline_and_is_not_fixed(tmp_path: Path) -> None:
    file = str(tmp_path / "known.json")
    judge(FIRST, baseline=file, update=True)
    only = found(rules=RULES[1:])
    assert judge(only, baseline=file).fixed == 1  # the time frame; nobody looked for R19
    judge(only, baseline=file, update=True)
    assert judge(FIRST, baseline=file).known == (True, True, False)


def test_the_order_of_findings_does_not_change_the_baseline(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    judge(FIRST, baseline=str(one), update=True)
    judge(found(*reversed([*FIRST.findings])), baseline=str(other), update=True)
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a baseline of trialgraph"),
        ("[]", "not a baseline of trialgraph"),
        ('{"version": 2, "findings": []}', "a baseline of version 2, where this trialgraph reads 1; write it anew"),
        ('{"findings": []}', "a baseline of version None"),
        (
            '{"version": 1, "findings": [{"rule": "R01"}]}',
            "not a baseline of trialgraph: .*missing required field `trial`",
        ),
        ('{"version": 1}', "not a baseline of trialgraph"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        judge(FIRST, baseline=str(file))


def test_a_baseline_that_is_not_there_is_refused_unless_it_is_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: no such baseline; write one with --update-baseline"):
        judge(FIRST, baseline=str(tmp_path / "none.json"))


OWN = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix tg: <https://w3id.org/trialgraph/ontology#> .
<http://example.org/Trial-keyword> a sh:PropertyShape ; sh:targetClass tg:Trial ; sh:path tg:keyword ; sh:minCount 1 .
"""


def severities(changes: dict[str, Level], own: tuple[Path, ...] = ()) -> dict[str, str]:
    return {rule.local: rule.severity for rule in rules(severities=changes, own=own).table}


def test_a_project_gives_a_rule_or_one_of_its_shapes_a_severity_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "own.ttl").write_text(OWN)
    changed = severities(
        {"R43": "info", "Trial-siteName": "violation", "Trial-keyword": "info"}, (tmp_path / "own.ttl",)
    )
    assert [changed[name] for name in ("Site-latitude", "Trial-siteName", "Trial-keyword")] == [
        "info",
        "violation",
        "info",
    ]


def test_a_rule_that_is_off_was_never_there() -> None:
    assert severities({}).keys() - severities({"R21": "off"}).keys() == {"Trial-conditionMesh"}


def test_a_severity_for_a_rule_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(
        UsageError, match=r"Trial-siteNames: neither a rule \(R01 to R47\) nor a shape; did you mean Trial-siteName\?"
    ):
        rules(severities={"Trial-siteNames": "off"})
