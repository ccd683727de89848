"""The questions on time and compliance. That they find what the shapes find is in test_questions_shared.py."""

from typing import Any

import pyoxigraph
import pytest
from tests.asking import ask, lines
from tests.conftest import study

import trialgraph
from trialgraph.query import Rows


def trial(number: int, status: dict[str, Any], sponsor: str = "Acme", **more: Any) -> dict[str, Any]:
    """A study with some dates, such as startDateStruct="2020-05"."""
    nct_id = f"NCT0000000{number}"
    module = {name: {"date": value} if name.endswith("Struct") else value for name, value in status.items()}
    parts: dict[str, Any] = {
        "identificationModule": {"nctId": nct_id, "briefTitle": f"Trial {number}"},
        "statusModule": module,
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": sponsor, "class": "OTHER"}},
    }
    return study(nct_id, **parts | more)


#: An applicable clinical trial.
APPLICABLE: dict[str, Any] = {
    "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE2"]},
    "oversightModule": {"isFdaRegulatedDrug": True},
}
ENDED = {"overallStatus": "COMPLETED", "startDateStruct": "2020-01", "primaryCompletionDateStruct": "2024-01-01"}


@pytest.mark.long
def test_overdue_results_begin_30_days_after_a_year() -> None:
    graph = lines(trial(1, ENDED, **APPLICABLE))
    row = ("NCT00000001", "Trial 1", "Acme", "COMPLETED", "2024-01-01", "31")
    for method in ("FDAAA", "WHO", "who"):
        assert ask(graph, "overdue-results", method=method, asOf="2025-01-30") == []
        assert ask(graph, "overdue-results", method=method, asOf="2025-01-31") == [row]
    assert ask(graph, "overdue-results", asOf="2025-01-31", sponsor="ACME") == [row]
    assert ask(graph, "overdue-results", asOf="2025-01-31", sponsor="university") == []


@pytest.mark.parametrize(
    ("status", "more", "methods"),
    [
        ({}, {}, ["FDAAA", "WHO"]),
        ({}, {"hasResults": True}, []),
        ({"resultsFirstSubmitDate": "2024-05-01"}, {}, ["WHO"]),
        ({"resultsFirstPostDateStruct": "2024-05-01"}, {}, []),
        ({"resultsWaived": True}, {}, ["WHO"]),
        ({"dispFirstSubmitDate": "2024-05-01"}, {}, ["WHO"]),
        ({"overallStatus": "ACTIVE_NOT_RECRUITING"}, {}, ["FDAAA"]),
        ({"overallStatus": "WITHDRAWN"}, {}, []),
        ({}, {"oversightModule": {"isFdaRegulatedDrug": False}}, ["WHO"]),
        ({}, {"designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1"]}}, ["WHO"]),
        ({}, {"designModule": {"studyType": "OBSERVATIONAL"}}, []),
        # Started before the law: only with an intervention of a regulated type, in the United States.
        ({"startDateStruct": "2016-01"}, {}, ["WHO"]),
    ],
)
def test_overdue_results_follows_the_method(status: dict[str, Any], more: dict[str, Any], methods: list[str]) -> None:
    graph = lines(trial(1, ENDED | status, **APPLICABLE | more))
    found = [method for method in ("FDAAA", "WHO") if ask(graph, "overdue-results", method=method, asOf="2025-03-01")]
    assert found == methods


@pytest.mark.parametrize(("country", "kind", "found"), [("United States", "DRUG", 1), ("France", "DRUG", 0)])
def test_overdue_results_has_older_trials_of_the_united_states(country: str, kind: str, found: int) -> None:
    more: dict[str, Any] = {
        "armsInterventionsModule": {"interventions": [{"type": kind, "name": "A"}, {"type": kind, "name": "B"}]},
        "contactsLocationsModule": {"locations": [{"facility": "F", "city": "C", "state": "S", "country": country}]},
    }
    graph = lines(trial(1, ENDED | {"startDateStruct": "2016-01"}, **APPLICABLE, **more))
    assert len(ask(graph, "overdue-results", asOf="2025-03-01")) == found


def test_overdue_by_sponsor_counts_due_trials_whether_reported_or_not() -> None:
    reported = APPLICABLE | {"hasResults": True}
    graph = lines(
        trial(1, ENDED, **APPLICABLE),
        trial(2, ENDED, "ACME", **reported),
        trial(3, ENDED, "Beta", **reported),
        trial(4, ENDED | {"primaryCompletionDateStruct": "2025-02-28"}, "Gamma", **APPLICABLE),
    )
    rows = [("ACME", "2", "1", "50", "60"), ("Beta", "1", "0", "0", "0")]
    assert ask(graph, "overdue-by-sponsor", asOf="2025-03-01") == rows
    assert ask(graph, "overdue-by-sponsor", asOf="2025-03-01", **{"class": "INDUSTRY"}) == []


def test_start_to_completion_counts_months_by_phase_and_class() -> None:
    def dates(start: str, end: str, type_: str = "ACTUAL") -> dict[str, Any]:
        return {
            "startDateStruct": {"date": start},
            "primaryCompletionDateStruct": {"date": end, "type": type_},
        }

    two = {"designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"]}}
    graph = lines(
        study("NCT00000001", statusModule=dates("2020-12-31", "2021-01-01")),
        study("NCT00000002", statusModule=dates("2020-01", "2022-01")),
        study("NCT00000003", statusModule=dates("2020-02-01", "2020-02-28"), **two),
        study("NCT00000004", statusModule=dates("2021-01", "2020-01"), **two),
        study("NCT00000005", statusModule=dates("2020-01", "2030-01", "ESTIMATED"), **two),
    )
    assert ask(graph, "start-to-completion") == [
        ("", "INDUSTRY", "2", "12.5", "1", "24"),
        ("PHASE1/PHASE2", "INDUSTRY", "1", "0", "0", "0"),
    ]
    assert ask(graph, "start-to-completion", completion="ESTIMATED", condition="asthma") == [
        ("PHASE1/PHASE2", "INDUSTRY", "1", "120", "120", "120")
    ]


REGISTERED = lines(
    trial(1, {"startDateStruct": "2020-02", "studyFirstSubmitDate": "2020-02-29"}),
    trial(2, {"startDateStruct": "2020-02-28", "studyFirstSubmitDate": "2020-03-01"}, "Some University"),
    trial(3, {"startDateStruct": "2019-12-31", "studyFirstSubmitDate": "2021-01-01"}),
    trial(4, {"studyFirstSubmitDate": "2021-01-01"}),
)


def test_registration_lag_counts_the_days_of_leap_years() -> None:
    late = ("NCT00000003", "Trial 3", "Acme", "2019-12-31", "2021-01-01", "367")
    later = ("NCT00000002", "Trial 2", "Some University", "2020-02-28", "2020-03-01", "2")
    assert ask(REGISTERED, "registration-lag") == [late, later]
    assert ask(REGISTERED, "registration-lag", grace="2") == [late]
    assert ask(REGISTERED, "registration-lag", sponsor="university") == [later]


@pytest.mark.parametrize("name", ["overdue-results", "overdue-by-sponsor", "not-started", "registration-lag"])
def test_days_are_whole_numbers(name: str) -> None:
    late = {"overallStatus": "NOT_YET_RECRUITING", "startDateStruct": "2020-01", "studyFirstSubmitDate": "2021-01-01"}
    store = pyoxigraph.Store()
    text = lines(trial(1, ENDED, **APPLICABLE), trial(2, late))
    store.load(text.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    rows = trialgraph.query(store, name)
    assert isinstance(rows, Rows)
    days = [value for column, value in zip(rows.columns, rows[0], strict=True) if "days" in column.lower()]
    assert [type(value) for value in days] == [int]


def test_prospective_registration_counts_the_day_of_the_start_as_in_time() -> None:
    rows = [("2020", "2", "1", "1", "50"), ("2019", "1", "0", "1", "0")]
    assert ask(REGISTERED, "prospective-registration", condition="asthma") == rows
    assert ask(REGISTERED, "prospective-registration", type="OBSERVATIONAL") == []


@pytest.mark.parametrize(
    ("verified", "as_of", "is_stale"),
    [
        ("2023-10", "2024-11-01", True),
        # In a leap year, 365 days before the last day of a month is the first day of the next one.
        ("2023-11", "2024-11-29", False),
        ("2023-11", "2024-11-30", True),
        ("2023-12", "2024-12-30", False),
        ("2023-12", "2024-12-31", True),
        ("2024-02", "2025-02-28", False),
        ("2024-02", "2025-03-01", True),
    ],
)
def test_stale_trials_judges_the_month_of_verification_by_its_last_day(
    verified: str, as_of: str, is_stale: bool
) -> None:
    graph = lines(trial(1, {"overallStatus": "RECRUITING", "statusVerifiedDate": verified}))
    row = ("NCT00000001", "Trial 1", "Acme", "RECRUITING", "not verified for a year", verified)
    assert ask(graph, "stale-trials", asOf=as_of) == [row] * is_stale


def test_stale_trials_gives_each_reason_of_open_trials() -> None:
    passed = {"primaryCompletionDateStruct": "2024-05", "statusVerifiedDate": "2024-06"}
    graph = lines(
        trial(1, {"overallStatus": "RECRUITING"} | passed),
        trial(2, {"overallStatus": "COMPLETED"} | passed),
        trial(3, {"overallStatus": "UNKNOWN"}),
    )
    unknown = ("NCT00000003", "Trial 3", "Acme", "UNKNOWN", "status unknown", "")
    completed = ("NCT00000001", "Trial 1", "Acme", "RECRUITING", "primary completion has passed", "2024-05-31")
    assert ask(graph, "stale-trials", asOf="2024-05-31") == [unknown]
    assert ask(graph, "stale-trials", asOf="2024-06-01") == [unknown, completed]
    assert ask(graph, "stale-trials", asOf="2024-06-01", sponsor="beta") == []


def test_not_started_begins_the_day_after_the_start() -> None:
    waiting = {"overallStatus": "NOT_YET_RECRUITING", "startDateStruct": "2024-02", "statusVerifiedDate": "2024-01"}
    graph = lines(trial(1, waiting), trial(2, waiting | {"overallStatus": "RECRUITING"}))
    assert ask(graph, "not-started", asOf="2024-02-29") == []
    row = ("NCT00000001", "Trial 1", "Acme", "2024-02-29", "1", "2024-01")
    assert ask(graph, "not-started", asOf="2024-03-01", sponsor="acme") == [row]


def test_stopped_trials_gives_reasons_and_a_stated_zero() -> None:
    graph = lines(
        trial(
            1,
            {"overallStatus": "WITHDRAWN", "whyStopped": "No Recruitment"},
            designModule={"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": 0}},
        ),
        trial(2, {"overallStatus": "TERMINATED", "startDateStruct": "2020-05"}, "Some University"),
        trial(3, {"overallStatus": "COMPLETED", "whyStopped": "Recruitment ended"}),
    )
    terminated = ("NCT00000002", "Trial 2", "Some University", "TERMINATED", "", "", "2020-05")
    withdrawn = ("NCT00000001", "Trial 1", "Acme", "WITHDRAWN", "No Recruitment", "0", "")
    assert ask(graph, "stopped-trials") == [terminated, withdrawn]
    assert ask(graph, "stopped-trials", reason="RECRUIT", condition="asthma") == [withdrawn]
    assert ask(graph, "stopped-trials", sponsor="university") == [terminated]


def test_trials_per_year_counts_a_trial_of_two_phases_once() -> None:
    two: dict[str, Any] = {"designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"]}}
    graph = lines(
        trial(1, {"startDateStruct": "2020-05"}, **two),
        trial(2, {"startDateStruct": "2020"}, "ACME", **two),
        trial(3, {"startDateStruct": "2021-01-01"}, "Beta"),
        trial(4, {}),
    )
    rows = [("2021", "", "1"), ("2020", "PHASE1/PHASE2", "2")]
    assert ask(graph, "trials-per-year") == rows
    assert ask(graph, "trials-per-year", sponsor="acme", condition="asthma") == rows[1:]


def version(date: str, **protocol: Any) -> dict[str, Any]:
    """A version of one record, by its last update."""
    status = {"overallStatus": "RECRUITING", "lastUpdatePostDateStruct": {"date": date}}
    return study(statusModule=status | protocol.pop("status", {}), **protocol)


def test_snapshot_changes_gives_what_an_older_record_said() -> None:
    graph = lines(
        version("2020-01-01", status={"overallStatus": "NOT_YET_RECRUITING"}),
        version("2021-01-01", conditionsModule={"conditions": ["Zoster", "Asthma", "Gout"]}),
    )
    condition = ("NCT00000001", "condition", "", "", "Gout; Zoster", "2020-01-01", "2021-01-01")
    status = (
        *("NCT00000001", "overallStatus", "", "NOT_YET_RECRUITING", "RECRUITING"),
        *("2020-01-01", "2021-01-01"),
    )
    assert ask(graph, "snapshot-changes") == [condition, status]
    assert ask(graph, "snapshot-changes", property="STATUS", nctId="NCT00000001") == [status]
    assert ask(graph, "snapshot-changes", nctId="NCT00000002") == []


def test_record_versions_gives_the_newest_first() -> None:
    graph = lines(
        version("2020-01-01", status={"overallStatus": "NOT_YET_RECRUITING"}),
        version("2021-01-01"),
        study("NCT00000002"),
    )
    rows = ask(graph, "record-versions")
    shown = [(nct_id, source, updated, lost) for nct_id, source, updated, _, _, _, lost in rows]
    assert shown == [
        ("NCT00000001", "ctgov", "2021-01-01", "0"),
        ("NCT00000001", "ctgov", "2020-01-01", "1"),
        ("NCT00000002", "ctgov", "", "0"),
    ]
    assert ask(graph, "record-versions", nctId="NCT00000002") == rows[2:]
