"""The report of a build: for a person on standard error, as JSON in a file or on standard error, or not at all."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trialgraph.cli import main

STUDY = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "A trial"},
        "statusModule": {"overallStatus": "PAUSED", "startDateStruct": {"date": "31 Aug 2025"}},
        "designModule": {"enrollmentInfo": {"count": "66 participants"}},
        "futureModule": {"color": "blue"},
    }
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """One record with a value of each kind that is reported, and a line that is no record."""
    path = tmp_path / "studies.ndjson"
    path.write_text(f'{json.dumps(STUDY)}\n{{"protocolSection": {{}}}}\n')
    return path


def run(source: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["build", str(source), "-o", str(source.with_name("out.nt")), *options])


def test_a_person_reads_counts_and_where_each_odd_value_is(source: Path) -> None:
    result = run(source)
    assert result.exit_code == 0
    assert result.stdout == ""
    for line in (
        "1 trial, ",
        "read 1 record of 1 source",
        "records rejected: 1",
        f"{source} line 2 /protocolSection/identificationModule/nctId: the study has no NCT id",
        "values kept as text: 2",
        f"{source} line 1 /protocolSection/statusModule/startDateStruct/date (NCT00000001): '31 Aug 2025': not a date",
        "/protocolSection/designModule/enrollmentInfo/count (NCT00000001): '66 participants': not a count",
        "unknown fields: 1",
        "protocolSection.futureModule not a field of the model",
        "unknown values: 1",
        "protocolSection.statusModule.overallStatus 'PAUSED': not a value of overallStatus that the vocabulary knows",
    ):
        assert line in result.stderr


def test_the_whole_report_goes_to_a_file_as_json(source: Path) -> None:
    out = source.with_name("report.json")
    assert run(source, "--report", str(out)).exit_code == 0
    report = json.loads(out.read_bytes())
    assert report["trials"] == report["records"] == 1
    assert report["classes"]["Trial"]["things"] == 1
    assert report["counts"]["rejected"] == 1
    assert {finding["kind"] for finding in report["findings"]} == {"rejected", "text"}
    assert {seen["kind"] for seen in report["repeated"]} == {"unknown-field", "unknown-value"}


def test_standard_error_is_one_line_of_json_on_request(source: Path) -> None:
    lines = run(source, "--log-format", "json").stderr.splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["trials"] == 1


def test_quiet_says_nothing(source: Path) -> None:
    assert run(source, "--quiet").output == ""


@pytest.mark.parametrize(("option", "status"), [("--strict", 1), ("--strict-schema", 1), ("--quiet", 0)])
def test_only_the_strict_options_make_findings_a_failure(source: Path, option: str, status: int) -> None:
    assert run(source, option).exit_code == status
    assert source.with_name("out.nt").exists()
