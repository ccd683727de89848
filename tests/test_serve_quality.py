"""The quality page: judged once in the background, kept beside the store, each number a link to its trials."""

import csv
import datetime
import html
import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import httpx
import pytest
from tests.conftest import run, study, written
from tests.serving import served

from trialgraph.errors import UsageError
from trialgraph.findings import SEVERITIES
from trialgraph.rules import rules
from trialgraph.serve import quality
from trialgraph.serve.background import Background, Derived, Make, Tell
from trialgraph.serve.pages.quality import private
from trialgraph.serve.quality import making, reading
from trialgraph.serve.quality.reading import Filter
from trialgraph.serve.replica import stamp
from trialgraph.serve.settings import Settings
from trialgraph.statements import Contacts
from trialgraph.validate import validate

_HOSTILE = '<img src=x onerror="alert(1)">'


def records() -> list[dict[str, object]]:
    """Three trials of two sponsors: one of them lacks its condition and its type, one has a hostile title."""
    whole = study("NCT00000001", descriptionModule={"briefSummary": "What is done."})
    bare = study("NCT00000002", sponsorCollaboratorsModule={"leadSponsor": {"name": "Öl & Söhne", "class": "INDUSTRY"}})
    del bare["protocolSection"]["conditionsModule"], bare["protocolSection"]["designModule"]
    hostile = study("NCT00000003", identificationModule={"briefTitle": _HOSTILE, "acronym": "A" * 20})
    return [whole, bare, hostile]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("quality")
    path = str(folder / "three.store")
    assert run("build", *written(folder, records()), "-o", f"{path}/", "-q").exit_code == 0
    return path


@pytest.fixture(scope="module")
def file(store: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("made") / "quality.sqlite")
    making.make(store, path, lambda done, total: None)
    return path


@pytest.fixture(scope="module")
def client(store: str) -> Iterator[httpx.Client]:
    made(store, Path(store), quality.file())
    with served(store) as started:
        yield started


def links(text: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'href="(/quality[^"#]*)', text)]


def test_the_file_has_what_a_validation_finds(store: str, file: str) -> None:
    found = validate(store)
    kept = {
        (each.trial, row.id, each.severity, each.path, each.value)
        for row in reading.broken(file)
        for each in reading.findings(file, row.id, ["", "NCT00000001", "NCT00000002", "NCT00000003"])
    }
    assert kept == {(each.trial, each.rule, each.severity, each.path, each.value) for each in found.findings}
    assert reading.summary(file).trials == found.trials == 3


def test_a_rule_counts_the_trials_that_break_it(store: str, file: str) -> None:
    broken = {row.id: row for row in reading.broken(file)}
    assert broken.keys() == {rule.id for rule in rules().table}
    found = validate(store).findings
    for rule, row in broken.items():
        trials = {each.trial for each in found if each.rule == rule and each.trial}
        assert row.trials == len(trials) == reading.count(file, Filter(rule=rule))
    assert broken["R20"].trials == 1  # a trial has a condition
    assert broken["R04"].trials == 1  # an acronym has at most 14 characters


@pytest.mark.parametrize(
    ("query", "trials"),
    [
        ({}, 3),
        ({"rule": "R20"}, 1),
        ({"rule": "R99"}, 0),
        ({"lacks": "12"}, 1),
        ({"states": "12"}, 2),
        ({"least": "0", "most": "100"}, 3),
        ({"scored": "no"}, 0),
        ({"rule": "R20", "lacks": "12"}, 1),
        ({"sponsor": "https://w3id.org/trialgraph/organization/acme"}, 2),
    ],
)
def test_a_filter_leaves_its_trials(file: str, query: dict[str, str], trials: int) -> None:
    assert reading.count(file, Filter.of(query)) == trials
    assert len(reading.trials(file, Filter.of(query), "completeness", 10)) == trials


def test_every_filter_and_its_opposite_have_all_trials(file: str) -> None:
    for name in ("clean", "valid", "scored"):
        assert sum(reading.count(file, Filter.of({name: answer})) for answer in ("yes", "no")) == 3


@pytest.mark.parametrize(
    "query", [{"least": "101"}, {"most": "-1"}, {"lacks": "63"}, {"states": "1e1"}, {"least": "²"}]
)
def test_a_number_that_is_none_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="not a whole number"):
        Filter.of(query)


def test_the_bins_hold_every_scored_trial(file: str) -> None:
    summary = reading.summary(file)
    assert sum(each.trials for each in summary.bins) == 3
    for each in summary.bins:
        assert reading.count(file, Filter(least=each.least, most=each.most)) == each.trials


def test_sponsors_come_with_most_trials_first_and_are_found_by_words(file: str) -> None:
    count, found = reading.sponsors(file, "", "trials", 10)
    assert (count, [each.name for each in found]) == (2, ["Acme", "Öl & Söhne"])
    assert [each.trials for each in found] == [2, 1]
    assert [each.name for each in reading.sponsors(file, "söh & öl", "name", 10)[1]] == ["Öl & Söhne"]
    assert reading.sponsors(file, "%", "name", 10) == (0, [])


@pytest.mark.parametrize("sort", reading.RULE_SORTS)
def test_rules_are_sorted(file: str, sort: str) -> None:
    keys = {
        "rule": lambda row: row.id,
        "name": lambda row: row.name,
        "severity": lambda row: SEVERITIES.index(row.severity),
        "trials": lambda row: -row.trials,
    }
    found = reading.broken(file, sort)
    assert found == sorted(found, key=keys[sort])


@pytest.fixture
def waiting(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[httpx.Client, Derived]]:
    """A server that never makes what it makes in the background, and the file that its pages wait for."""
    file = Derived(quality.NAME, making.make, "another form")
    monkeypatch.setattr(quality, "file", lambda: file)
    monkeypatch.setattr(Background, "start", lambda self: None)
    with served(store) as client:
        yield client, file


def test_the_page_waits_and_tells_how_far_it_is(waiting: tuple[httpx.Client, Derived]) -> None:
    client, file = waiting
    file.done, file.total = 1, 3
    answer = client.get("/quality")
    assert answer.status_code == 202
    assert answer.headers["Refresh"] == "3"
    assert "1 of 3 trials" in answer.text


def test_a_page_that_will_never_be_says_why(waiting: tuple[httpx.Client, Derived]) -> None:
    client, file = waiting
    file.error = "no room <left>"
    answer = client.get("/quality/R20")
    assert answer.status_code == 503
    assert "Refresh" not in answer.headers
    assert "no room &lt;left&gt;" in answer.text


def test_every_link_of_the_overview_leads_to_a_page(client: httpx.Client) -> None:
    text = client.get("/quality").text
    found = sorted(set(links(text)))
    assert {"/quality/R20", "/quality/trials?clean=yes", "/quality/trials?lacks=12"} <= {*found}
    assert "/quality/organization/%C3%B6l-s%C3%B6hne" in found or "/quality/organization/öl-söhne" in found
    assert [link for link in found if client.get(link).status_code != 200] == []


def test_a_number_is_that_of_the_trials_behind_its_link(client: httpx.Client) -> None:
    text = client.get("/quality").text
    for href, number in re.findall(r'<a href="(/quality/trials[^"]*)"[^>]*>(\d+)</a>', text):
        assert f"<caption>{number} trial" in client.get(html.unescape(href)).text


def test_a_rule_says_what_it_demands_who_says_so_and_who_breaks_it(client: httpx.Client) -> None:
    text = client.get("/quality/R04").text
    assert "An acronym has at most 14 characters." in text
    assert 'href="https://clinicaltrials.gov/policy/protocol-definitions" rel="nofollow' in text
    assert 'href="/trial/NCT00000003"' in text
    assert f"<q>{'A' * 20}</q>" in text
    assert "/trial/NCT00000001" not in text


def test_an_organization_shows_its_trials_and_what_they_break(client: httpx.Client) -> None:
    text = client.get("/quality/organization/öl-söhne").text
    assert "<h1>Öl &amp; Söhne</h1>" in text
    assert re.findall(r'href="/trial/(\w+)"', text) == ["NCT00000002"]
    assert 'href="/quality/R20"' in text


def test_the_table_is_csv_with_a_row_a_trial(client: httpx.Client) -> None:
    answer = client.get("/quality/trials.csv?sort=trial")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["trial"] for row in rows] == ["NCT00000001", "NCT00000002", "NCT00000003"]
    assert "R20" in rows[1]["rules"].split()
    assert rows[2]["title"] == _HOSTILE


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/quality/R99", 404),
        ("/quality/organization/nobody", 404),
        ("/quality?rules=size", 400),
        ("/quality?sponsors=size", 400),
        ("/quality?page=0", 400),
        ("/quality/R20?page=two", 400),
        ("/quality/trials?least=all", 400),
        ("/quality/trials.csv?sort=size", 400),
        ("/quality/trials?page=99999999", 200),
        ("/quality/trials?page=999999999999999999999", 400),
        ("/quality?sponsor=%00%25_'", 200),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_said(client: httpx.Client, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_a_record_s_text_is_text(client: httpx.Client) -> None:
    text = client.get("/quality/trials").text
    assert "<img" not in text
    assert html.escape(_HOSTILE, quote=False)[:10] in text


@pytest.mark.parametrize(
    ("contacts", "shown"),
    [
        ("full", ["a@example.org", "ask a@example.org"]),
        ("names", ["", "ask [e-mail removed]"]),
        ("none", ["", "ask [e-mail removed]"]),
    ],
)
def test_values_that_reach_people_are_hidden_where_contacts_are(contacts: Contacts, shown: list[str]) -> None:
    contact = "https://w3id.org/trialgraph/trial/NCT00000001/contact/1"
    values = [
        reading.Finding("NCT00000001", "e-mail", "violation", contact, "tg:email", "a@example.org"),
        reading.Finding("NCT00000001", "title", "violation", "", "tg:briefTitle", "ask a@example.org"),
    ]
    assert [private(each, contacts).value for each in values] == shown


def test_a_server_that_leaves_out_contacts_says_what_that_does_to_the_rules(client: httpx.Client, store: str) -> None:
    with served(store, settings=Settings(contacts="none")) as other:
        assert "leaves out contacts" in other.get("/quality").text
    assert "leaves out contacts" not in client.get("/quality").text


# The file and its keeping


def _write(path: str, file: str, tell: Tell) -> None:
    tell(1, 2)
    Path(file).write_text(Path(path, "CURRENT").read_text())


def _refuse(path: str, file: str, tell: Tell) -> None:
    Path(file).write_text("half")
    raise UsageError("there is no such thing")


def _hang(path: str, file: str, tell: Tell) -> None:
    Path(file).write_text("half")
    tell(0, 1)
    Event().wait()


def _crash(path: str, file: str, tell: Tell) -> None:
    raise RuntimeError


def made(store: str, folder: Path, file: Derived) -> Derived:
    background = Background(store, str(folder), stamp(store), [file])
    background.start()
    background.wait()
    background.stop()
    return file


def test_a_file_is_made_once_for_a_store_and_a_day(store: str, tmp_path: Path) -> None:
    first = made(store, tmp_path, Derived("x.sqlite", _write, "1", "2026-01-01"))
    assert (first.path, first.done, first.total) == (str(tmp_path / "x.sqlite"), 1, 2)
    written_at = Path(first.path).stat().st_mtime_ns
    for form, day, again in [("1", "2026-01-01", False), ("1", "2026-01-02", True), ("2", "2026-01-02", True)]:
        made(store, tmp_path, Derived("x.sqlite", _write, form, day))
        assert (Path(first.path).stat().st_mtime_ns > written_at) == again
        written_at = Path(first.path).stat().st_mtime_ns


def test_a_file_of_yesterday_is_shown_until_today_s_is_there(store: str, tmp_path: Path) -> None:
    path = made(store, tmp_path, Derived("x.sqlite", _write, "1", "2026-01-01")).path
    today, other = Derived("x.sqlite", _write, "1", "2026-01-02"), Derived("x.sqlite", _write, "2", "2026-01-02")
    Background(store, str(tmp_path), stamp(store), [today, other])
    assert (today.path, other.path) == (path, "")


@pytest.mark.parametrize(("make", "error"), [(_refuse, "there is no such thing"), (_crash, "ended with status 1")])
def test_what_cannot_be_made_says_why_and_leaves_nothing(
    store: str, tmp_path: Path, make: Make, error: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = made(store, tmp_path, Derived("x.sqlite", make, "1"))
    assert error in file.error
    assert (file.path, file.waiting, list(tmp_path.iterdir())) == ("", False, [])


def test_without_a_folder_to_write_to_the_file_is_kept_as_long_as_the_server_runs(store: str, tmp_path: Path) -> None:
    file = Derived("x.sqlite", _write, "1")
    background = Background(store, str(tmp_path / "none"), stamp(store), [file])
    background.start()
    background.wait()
    assert Path(file.path).is_file()
    background.stop()
    assert not Path(file.path).exists()


def test_what_a_killed_server_left_half_made_is_removed_after_a_day(store: str, tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in ("x.sqlite.1.part", "x.sqlite.2.part", "other.part"))
    for part in (old, young, other):
        part.write_text("half")
    for part in (old, other):
        os.utime(part, (0, 0))
    Background(store, str(tmp_path), stamp(store), [Derived("x.sqlite", _write, "1")])
    assert sorted(tmp_path.iterdir()) == [other, young]


def test_a_server_that_stops_leaves_nothing_half_made(store: str, tmp_path: Path) -> None:
    file = Derived("x.sqlite", _hang, "1")
    background = Background(store, str(tmp_path), stamp(store), [file, Derived("y.sqlite", _write, "1")])
    background.start()
    while not file.total:
        pass
    background.stop()
    assert (file.path, file.error, list(tmp_path.iterdir())) == ("", "", [])


def test_a_file_of_another_store_is_not_taken(store: str, tmp_path: Path) -> None:
    made(store, tmp_path, Derived("x.sqlite", _write, "1"))
    note = tmp_path / "x.sqlite.json"
    told = json.loads(note.read_text())
    assert told["store"] == stamp(store)
    note.write_text(json.dumps(told | {"store": "another"}))
    other = Derived("x.sqlite", _write, "1")
    Background(store, str(tmp_path), stamp(store), [other])
    assert other.path == ""


def test_the_file_depends_on_the_rules_and_is_of_today() -> None:
    file = quality.file()
    assert file.day == datetime.date.today().isoformat()
    assert re.fullmatch("[0-9a-f]{24}", file.form)
