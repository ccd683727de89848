"""Studies fetched from a registry that misbehaves end as those that it has, or what is missing is said."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.conftest import parsed, run
from tests.registry import FAULTS, PASSING, KilledError, Registry, Study, Time, date, nct_id, record, serving
from tests.registry import undisturbed as undisturbed  # of all tests

from trialgraph import readers, resources
from trialgraph.errors import IncompleteError, InputError, UsageError
from trialgraph.fetch import Client, Fetched, Query, fetch, query
from trialgraph.fetch import folder as folders
from trialgraph.fetch.client import UnavailableError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

EVERYTHING = query(everything=True)
#: Scripts of faults to try; more can be asked for.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
STUDIES = [record(number) for number in range(1, 11)]  # four pages of three


@pytest.fixture(scope="module")
def server() -> Iterator[Registry]:
    with serving(Registry()) as registry:
        yield registry


@pytest.fixture
def registry(server: Registry) -> Registry:
    """A registry of ten studies, and no faults."""
    server.reset(STUDIES)
    return server


def fetched(
    registry: Registry, out: Path, asked: Query = EVERYTHING, time: Time | None = None, **options: Any
) -> Fetched:
    """A fetch from the registry, without waiting."""
    with Client(registry.url, clock=(time or Time()).clock(), tell=options.get("tell", lambda message: None)) as client:
        return fetch(asked, out, client, **options)


def held(folder: Path) -> dict[str, tuple[str, str]]:
    """The date and title of each study in a folder, as `build` reads them; each must be there once."""
    if not [*folder.glob("**/page-*")]:
        return {}
    records = list(readers.records([str(folder)], resources.vocabulary(), lambda found: None))
    assert len({each.nct_id for each in records}) == len(records)
    sections = [each.study.protocol_section for each in records]
    return {
        each.nct_id: (each.updated or "", section.identification_module.brief_title or "")
        for each, section in zip(records, sections, strict=True)
    }


def expected(studies: list[Study]) -> dict[str, tuple[str, str]]:
    return {
        nct_id(each): (date(each), each["protocolSection"]["identificationModule"]["briefTitle"]) for each in studies
    }


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def lines_of(file: Path) -> list[bytes]:
    return zstd.decompress(file.read_bytes()).splitlines()


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "fetch.json").read_bytes())
    return found


# What comes


def test_all_studies_come_in_pages_and_build_reads_them(registry: Registry, tmp_path: Path) -> None:
    done = fetched(registry, tmp_path / "all")
    assert (done.studies, done.files, done.requests) == (10, 4, 7)  # the version twice, the number, four pages
    assert held(tmp_path / "all") == expected(STUDIES)
    assert sorted(contents(tmp_path / "all")) == ["fetch.json", *(f"page-0000{n}.ndjson.zst" for n in (1, 2, 3, 4))]
    built = run("build", tmp_path / "all", "-o", tmp_path / "all.nt", "--strict", "--workers", "1")
    assert built.exit_code == 0, built.stderr
    assert len(parsed((tmp_path / "all.nt").read_bytes()).subjects("tg:nctId")) == 10


def test_a_study_is_kept_as_it_was_sent(registry: Registry, tmp_path: Path) -> None:
    odd = record(1, title="A \u00e9 \u2028 lone \ud800 surrogate", futureSection={"number": 1e400, "zero": 1.0})
    registry.reset([odd, record(2, title="Plain \u2028 text")])
    fetched(registry, tmp_path / "all")
    lines = lines_of(tmp_path / "all" / "page-00001.ndjson.zst")
    assert [json.loads(line)["protocolSection"] for line in lines] == [
        each["protocolSection"] for each in registry.studies
    ]
    # Letter for letter, but where only a lenient reader could tell the studies of the page apart.
    registry.reset([record(1, futureSection={"zero": 1.0, "text": "\u2028"})])
    fetched(registry, tmp_path / "plain")
    assert lines_of(tmp_path / "plain" / "page-00001.ndjson.zst") == [json.dumps(registry.studies[0]).encode()]


def test_a_mirror_that_spreads_a_study_over_lines(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = registry.answer

    def spread(path: str, parameters: dict[str, str], agent: str) -> Any:
        reply = answer(path, parameters, agent)
        return reply._replace(body=json.dumps(json.loads(reply.body), indent=2).replace("\n", "\r\n").encode())

    monkeypatch.setattr(registry, "answer", spread)
    fetched(registry, tmp_path / "out")
    assert held(tmp_path / "out") == expected(STUDIES)


def test_the_manifest_says_what_the_folder_holds(registry: Registry, tmp_path: Path) -> None:
    registry.reset(STUDIES[:4])
    fetched(registry, tmp_path / "some", query(condition="asthma", status=["Recruiting,completed"]))
    assert manifest(tmp_path / "some") == {
        "api": registry.url,
        "query": {"condition": "asthma", "status": ["COMPLETED", "RECRUITING"]},
        "trialgraph": "fetch",
        "version": 1,
        "state": "complete",
        "dataTimestamp": "2026-11-20T09:00:05",
        "total": 4,
        "studies": 4,
        "files": [{"name": "page-00001.ndjson.zst", "studies": 3}, {"name": "page-00002.ndjson.zst", "studies": 1}],
        "next": None,
        "twice": [],
        "missing": [],
    }


def test_a_search_that_finds_nothing_is_complete(registry: Registry, tmp_path: Path) -> None:
    done = fetched(registry, tmp_path / "none", query(condition="no such thing"))
    assert (done.studies, sorted(contents(tmp_path / "none"))) == (0, ["fetch.json"])


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"condition": "lung cancer"}, {"query.cond": "lung cancer"}),
        ({"intervention": "a & b=c", "location": "Köln"}, {"query.intr": "a & b=c", "query.locn": "Köln"}),
        ({"sponsor": "Acme"}, {"query.spons": "Acme"}),
        (
            {"term": "x OR y", "updated_since": "2026-01-01"},
            {"query.term": "(x OR y) AND AREA[LastUpdatePostDate]RANGE[2026-01-01,MAX]"},
        ),
        ({"updated_since": "2026-01-01"}, {"query.term": "AREA[LastUpdatePostDate]RANGE[2026-01-01,MAX]"}),
        ({"status": ["Recruiting", "COMPLETED"]}, {"filter.overallStatus": "COMPLETED,RECRUITING"}),
    ],
)
def test_search_terms_are_those_of_the_api(
    registry: Registry, tmp_path: Path, options: dict[str, Any], sent: dict[str, str]
) -> None:
    fetched(registry, tmp_path / "out", query(**options))
    searches = [each.parameters for each in registry.asked if each.path.endswith("/studies")]
    assert searches[0] == {**sent, "countTotal": "true", "pageSize": "1", "fields": "NCTId"}
    assert searches[1] == {**sent, "countTotal": "true", "pageSize": "1000"}


def test_the_client_names_the_project(registry: Registry, tmp_path: Path) -> None:
    result = run("fetch", "--all", "-o", tmp_path / "out", "--api", registry.url, "--rate", "1000")
    assert result.exit_code == 0, result.stderr
    assert {each.agent.split("/")[0] for each in registry.asked} == {"trialgraph"}


# Waiting


def test_requests_are_a_second_apart(registry: Registry, tmp_path: Path) -> None:
    time = Time()
    fetched(registry, tmp_path / "out", time=time)
    assert time.slept == [1.0] * 6


@pytest.mark.parametrize(
    ("fault", "seconds"), [("429", 2), ("429 seconds", 7), ("429 date", 11), ("429 nonsense", 2), ("503", 2)]
)
def test_a_busy_registry_is_given_the_time_that_it_asks_for(
    registry: Registry, tmp_path: Path, fault: str, seconds: float
) -> None:
    registry.faults = {2: fault}
    time = Time()
    assert fetched(registry, tmp_path / "out", time=time).retries == 1
    assert [each for each in time.slept if each != 1] == [seconds]


def test_waits_grow_until_the_registry_is_given_up(registry: Registry, tmp_path: Path) -> None:
    registry.faults = dict.fromkeys(range(1, 20), "503")
    time, told = Time(), list[str]()
    with pytest.raises(UnavailableError, match="the registry answered 503 Service Unavailable; asked 5 times"):
        fetched(registry, tmp_path / "out", time=time, tell=told.append)
    assert time.slept == [2.0, 4.0, 8.0, 16.0]
    assert told[0] == "the registry answered 503 Service Unavailable; trying again in 2 s (2 of 5)"
    assert not (tmp_path / "out").exists()


def test_a_wait_of_an_hour_is_left_to_the_user(registry: Registry, tmp_path: Path) -> None:
    registry.faults = {5: "429 for an hour"}
    time = Time()
    with pytest.raises(IncompleteError, match="it asks to wait 3,600 s"):
        fetched(registry, tmp_path / "out", time=time)
    assert sum(time.slept) < 10
    assert fetched(registry, tmp_path / "out").studies == 10


# What goes wrong


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("number", range(1, 8))
def test_what_passes_changes_nothing(registry: Registry, tmp_path: Path, fault: str, number: int) -> None:
    registry.faults = {number: fault}
    done = fetched(registry, tmp_path / "out")
    assert (held(tmp_path / "out"), done.studies) == (expected(STUDIES), 10)
    assert done.retries == (fault not in ("gzip", "in pieces"))


def test_an_answer_that_never_ends_is_left(registry: Registry, tmp_path: Path) -> None:
    time = Time()
    registry.before = lambda number: setattr(time, "time", time.time + 1000)
    with pytest.raises(UnavailableError, match="an answer took longer than 900 s; asked 5 times"):
        fetched(registry, tmp_path / "out", time=time)


def test_an_answer_that_expands_without_end_is_left(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.faults = {4: "gzip"}
    monkeypatch.setattr("trialgraph.fetch.client._LARGEST_ANSWER", 1 << 20)
    registry.studies[0] = record(1, title="A" * (1 << 21))
    with pytest.raises(InputError, match="an answer of more than 1 MiB; not read"):
        fetched(registry, tmp_path / "out")


def test_a_web_page_is_said_to_be_one(registry: Registry, tmp_path: Path) -> None:
    registry.faults = {1: "html"}
    told: list[str] = []
    fetched(registry, tmp_path / "out", tell=told.append)
    assert told[0] == (
        "the registry answered with a web page instead of data: Maintenance; trying again in 2 s (2 of 5)"
    )


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        (query(term="((x"), UsageError, "400 Bad Request: query.term: syntax error:\n  unbalanced \\("),
        (query(["NCT00000099"]), None, ""),
    ],
)
def test_what_the_registry_refuses_is_not_asked_again(
    registry: Registry, tmp_path: Path, asked: Query, status: type[Exception] | None, said: str
) -> None:
    time = Time()
    if status:
        with pytest.raises(status, match=said):
            fetched(registry, tmp_path / "out", asked, time)
        assert not (tmp_path / "out").exists()
    else:
        done = fetched(registry, tmp_path / "out", asked, time)
        assert done.missing == {"NCT00000099": "the registry answered 404 Not Found: NCT number NCT00000099 not found"}
    paths = [(each.path, tuple(each.parameters.items())) for each in registry.asked if "version" not in each.path]
    assert len(paths) == len({*paths})


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("403", "403 Forbidden; forbidden"),
        ("404", "404 Not Found: not here"),
        ("redirect away", "redirects to http://192.0.2.1/api/v2/version, which is another place"),
        ("redirect in a circle", "redirects 5 times"),
    ],
)
@pytest.mark.parametrize("number", [1, 5])
def test_what_does_not_pass_ends_the_run_and_keeps_what_came(
    registry: Registry, tmp_path: Path, fault: str, said: str, number: int
) -> None:
    registry.faults = dict.fromkeys(range(number, 20), fault)
    told: list[str] = []
    with pytest.raises(InputError if number == 1 else IncompleteError, match=said):
        fetched(registry, tmp_path / "out", tell=told.append)
    assert not any("again" in each or "anew" in each for each in told)
    assert (tmp_path / "out").exists() == (number > 1)
    registry.faults = {}
    fetched(registry, tmp_path / "out")
    assert held(tmp_path / "out") == expected(STUDIES)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"the connection to 127\.0\.0\.1 failed"),
        Client("http://127.0.0.1:1", clock=Time().clock()) as client,
    ):
        fetch(EVERYTHING, tmp_path / "out", client)


def test_a_url_that_is_no_registry(registry: Registry, tmp_path: Path) -> None:
    with (
        Client(registry.url + "/wrong", clock=Time().clock()) as client,
        pytest.raises(InputError, match="404 Not Found: no such path"),
    ):
        fetch(EVERYTHING, tmp_path / "out", client)


@pytest.mark.parametrize(
    "url", ["clinicaltrials.gov", "file:///etc", "http://", "http://a:b", "http://x/?a=b", "http://a:b@x/"]
)
def test_what_is_no_url_of_an_api(url: str) -> None:
    with pytest.raises(UsageError, match="--api"):
        Client(url)


# Pages


def test_an_empty_page_with_a_token_is_not_the_last(registry: Registry, tmp_path: Path) -> None:
    registry.pages = [[], STUDIES[:3], [], [], STUDIES[3:], []]
    assert fetched(registry, tmp_path / "out").files == 2
    assert held(tmp_path / "out") == expected(STUDIES)


def test_a_study_on_two_pages_is_kept_once_and_named(registry: Registry, tmp_path: Path) -> None:
    newer, older = record(1, "2026-03-03", title="Newer"), record(2, "2025-01-01", title="Older")
    registry.pages = [[*STUDIES[:3], STUDIES[2]], [newer, *STUDIES[3:6]], [older, STUDIES[3]], STUDIES[6:]]
    registry.studies = [newer, *STUDIES[1:]]
    done = fetched(registry, tmp_path / "out")
    assert held(tmp_path / "out") == expected(registry.studies)
    assert [each[-1] for each in done.twice] == ["3", "1", "2", "4"]
    assert "came twice, kept once: 4 (NCT00000001, NCT00000002, NCT00000003, NCT00000004)" in done.lines()


def test_a_study_that_no_page_has_is_found_in_the_list_of_ids(registry: Registry, tmp_path: Path) -> None:
    registry.pages = [STUDIES[:3], STUDIES[4:]]
    fetched(registry, tmp_path / "out")
    assert held(tmp_path / "out") == expected(STUDIES)


def test_a_list_of_ids_that_lacks_some_drops_nothing(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, searches = registry.answer, list[str]()

    def lacking(path: str, parameters: dict[str, str], agent: str) -> Any:
        reply = answer(path, parameters, agent)
        if "LastUpdatePostDate" not in parameters.get("fields", ""):
            return reply
        searches.append(parameters.get("pageToken", ""))
        # The first of the lists only.
        return reply._replace(body=reply.body.replace(b"NCT00000004", b"none")) if len(searches) <= 4 else reply

    registry.pages = [STUDIES[:9]]
    monkeypatch.setattr(registry, "answer", lacking)
    fetched(registry, tmp_path / "out")
    assert held(tmp_path / "out") == expected(STUDIES)
    assert manifest(tmp_path / "out")["files"][0] == {"name": "page-00001.ndjson.zst", "studies": 9}


def test_where_most_studies_changed_the_pages_are_begun_anew(registry: Registry, tmp_path: Path) -> None:
    changed = [record(number, "2026-02-02") for number in range(1, 251)]
    registry.reset([record(number) for number in range(1, 251)], largest=1000)
    registry.before = lambda number: registry.changed(changed, keep_tokens=True) if number == 4 else None
    told: list[str] = []
    assert fetched(registry, tmp_path / "out", tell=told.append).restarts == 1
    assert told[2] == "250 studies changed; beginning anew with the first page, what came is kept"
    assert held(tmp_path / "out") == expected(changed)


def test_a_run_that_ends_while_it_catches_up_compares_again(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trialgraph.fetch.run.BATCH", 2)
    monkeypatch.setattr("trialgraph.fetch.run.PAGE", 3)
    changed = [*(record(number, "2026-02-02") for number in range(1, 5)), *STUDIES[4:]]
    registry.before = lambda number: registry.changed(changed, keep_tokens=True) if number == 6 else None
    registry.faults = {13: "403"}  # the second batch of two ids
    with pytest.raises(IncompleteError, match="10 of 10 studies are there"):
        fetched(registry, tmp_path / "out")
    assert len({*held(tmp_path / "out").items()} & {*expected(changed).items()}) == 8
    fetched(registry, tmp_path / "out")
    assert held(tmp_path / "out") == expected(changed)


def test_what_never_comes_is_named(registry: Registry, tmp_path: Path) -> None:
    registry.totals = 11
    registry.pages = [STUDIES]
    with pytest.raises(IncompleteError, match="the registry says 11 studies and gave 10; compared 3 times"):
        fetched(registry, tmp_path / "out")
    assert manifest(tmp_path / "out")["state"] == "incomplete"
    registry.totals = None
    assert fetched(registry, tmp_path / "out").studies == 10
    assert manifest(tmp_path / "out")["state"] == "complete"


def test_studies_that_are_listed_and_never_given(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = registry.answer

    def withheld(path: str, parameters: dict[str, str], agent: str) -> Any:
        reply = answer(path, parameters, agent)
        if "fields" in parameters:
            return reply
        return reply._replace(body=reply.body.replace(b'"nctId": "NCT00000004"', b'"nctId": null'))

    monkeypatch.setattr(registry, "answer", withheld)
    with pytest.raises(IncompleteError, match=r"gave 9; .*\nmissing: 1 \(NCT00000004\)"):
        fetched(registry, tmp_path / "out")
    assert manifest(tmp_path / "out")["missing"] == ["NCT00000004"]
    assert len(held(tmp_path / "out")) == 9


def test_pages_without_end_are_given_up(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = registry.answer

    def endless(path: str, parameters: dict[str, str], agent: str) -> Any:
        reply = answer(path, parameters, agent)
        again = reply._replace(status=200, body=b'{"studies": [], "nextPageToken": "again"}')
        return again if path.endswith("/studies") else reply

    monkeypatch.setattr(registry, "answer", endless)
    with pytest.raises(InputError, match="the registry's pages have no end; begun anew 3 times already"):
        fetched(registry, tmp_path / "out")


# Data that change on the way


def test_a_refused_token_begins_anew_and_keeps_what_came_until_then(registry: Registry, tmp_path: Path) -> None:
    changed = [record(1, "2026-02-02", title="Changed"), *STUDIES[2:], record(11)]
    told: list[str] = []

    def move(number: int) -> None:
        if number == 5:
            registry.changed(changed)
        if number == 8:
            assert len(held(tmp_path / "out")) >= 6

    registry.before = move
    done = fetched(registry, tmp_path / "out", tell=told.append)
    assert held(tmp_path / "out") == expected(changed)
    assert (done.restarts, done.gone) == (1, ("NCT00000002",))
    assert "a page token is no longer taken" in told[1]
    assert "no longer in the registry: 1 (NCT00000002)" in done.lines()
    fetched(registry, tmp_path / "again")
    assert contents(tmp_path / "out") == contents(tmp_path / "again")


def test_data_that_change_under_tokens_that_hold_are_compared(registry: Registry, tmp_path: Path) -> None:
    changed = [record(1, "2026-02-02", title="Changed"), *STUDIES[2:], record(11)]
    registry.before = lambda number: registry.changed(changed, keep_tokens=True) if number == 5 else None
    done = fetched(registry, tmp_path / "out")
    assert held(tmp_path / "out") == expected(changed)
    assert (done.gone, done.data_timestamp) == (("NCT00000002",), registry.version)


def test_data_that_change_always_are_given_up(registry: Registry, tmp_path: Path) -> None:
    registry.before = lambda number: registry.changed(STUDIES, keep_tokens=True)
    with pytest.raises(IncompleteError, match="10 of 10 studies are there; the same command goes on"):
        fetched(registry, tmp_path / "out")
    registry.before = lambda number: registry.changed(STUDIES)
    with pytest.raises(IncompleteError, match="begun anew 3 times already"):
        fetched(registry, tmp_path / "other")


def test_a_registry_without_a_timestamp_or_a_total(registry: Registry, tmp_path: Path) -> None:
    registry.version, registry.says_total = None, False
    told: list[str] = []
    assert fetched(registry, tmp_path / "out", tell=told.append).studies == 10
    assert told == ["--all: the registry does not say how many studies"]
    assert manifest(tmp_path / "out")["total"] is None
    result = run("fetch", "--all", "--count", "--api", registry.url, "--rate", "1000")
    assert (result.exit_code, result.stdout) == (3, "")


def test_a_study_without_an_id_is_left_out_and_counted(registry: Registry, tmp_path: Path) -> None:
    nameless = record(1)
    nameless["protocolSection"]["identificationModule"]["nctId"] = "none"
    registry.pages = [[nameless, *STUDIES[:5]], [{"protocolSection": None}, *STUDIES[5:]]]
    done = fetched(registry, tmp_path / "out")
    assert (done.studies, done.nameless) == (10, 2)
    assert done.lines()[1] == "5 requests; 2 studies without an NCT id left out"


def test_progress_is_told(registry: Registry, tmp_path: Path) -> None:
    shown: list[tuple[str, int, int | None]] = []
    fetched(registry, tmp_path / "out", progress=lambda *step: shown.append(step))
    assert shown == [("fetching", count, 10) for count in (3, 6, 9, 10)]


# By id


def test_ids_are_fetched_with_their_aliases(registry: Registry, tmp_path: Path) -> None:
    merged = record(5, identification={"nctIdAliases": ["NCT00000050"]})
    registry.reset([*STUDIES[:4], merged])
    done = fetched(registry, tmp_path / "out", query(["nct50", "NCT00000002"]))
    assert ({*held(tmp_path / "out")}, done.missing) == ({"NCT00000002", "NCT00000005"}, {})


def test_an_alias_that_only_a_redirect_knows(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.reset([record(5, identification={"nctIdAliases": ["NCT00000050"]})])
    monkeypatch.setattr("tests.registry._matches", lambda study, parameters: False)
    done = fetched(registry, tmp_path / "out", query(["NCT00000050", "NCT00000005"]))
    assert (done.studies, done.redirects, done.missing) == (1, 1, {})


def test_many_ids_are_asked_in_batches_and_goes_on_between(registry: Registry, tmp_path: Path) -> None:
    registry.reset([record(number) for number in range(1, 251)], largest=1000)
    asked = query(f"NCT{number}" for number in range(1, 251))
    registry.faults = {3: "403"}
    with pytest.raises(IncompleteError, match="100 of 250 studies are there"):
        fetched(registry, tmp_path / "out", asked)
    registry.faults = {}
    assert fetched(registry, tmp_path / "out", asked).requests == 3
    fetched(registry, tmp_path / "whole", asked)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_ids_of_data_that_change_come_anew(registry: Registry, tmp_path: Path) -> None:
    changed = [record(1, "2026-02-02", title="Changed"), *STUDIES[1:]]
    registry.before = lambda number: registry.changed(changed) if number == 3 else None
    fetched(registry, tmp_path / "out", query(["NCT00000001"]))
    assert held(tmp_path / "out") == expected(changed[:1])


# Going on


def test_a_run_that_was_killed_anywhere_ends_with_the_same_bytes(registry: Registry, tmp_path: Path) -> None:
    registry.pages = [STUDIES[:3], [], [record(1, "2026-03-03"), *STUDIES[3:6]], STUDIES[6:]]
    registry.studies = [record(1, "2026-03-03"), *STUDIES[1:]]
    whole = Time()
    fetched(registry, tmp_path / "whole", time=whole)
    for look in range(1, whole.looks + 1):
        with pytest.raises(KilledError):
            fetched(registry, tmp_path / f"out-{look}", time=Time(look))
        fetched(registry, tmp_path / f"out-{look}")
        assert contents(tmp_path / f"out-{look}") == contents(tmp_path / "whole"), look


class Disk:
    """Changes of files, of which the one of a number kills the run, before it happens or after; then none happens."""

    def __init__(self, patch: pytest.MonkeyPatch, number: int, after: bool) -> None:
        self.changes, self.number, self.after = 0, number, after
        for name in ("replace", "rename", "unlink"):
            patch.setattr(os, name, self.change(getattr(os, name)))

    def change(self, real: Callable[..., None]) -> Callable[..., None]:
        def changing(*arguments: Any, **options: Any) -> None:
            self.changes += 1
            if self.changes < self.number:
                real(*arguments, **options)
            elif self.changes == self.number:
                if self.after:
                    with suppress(FileNotFoundError):
                        real(*arguments, **options)
                raise KilledError

        return changing


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("moving", [False, True])
def test_a_run_that_was_killed_at_any_change_of_a_file_ends_with_the_same_bytes(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool, moving: bool
) -> None:
    newer = record(1, "2026-03-03")
    registry.studies = [newer, *STUDIES[1:]]
    registry.pages = [STUDIES[:3], [newer, *STUDIES[3:6]], STUDIES[6:]]
    fetched(registry, tmp_path / "whole")
    stamp, number, dead = registry.version, 0, True
    while dead:
        number += 1
        out = tmp_path / f"out-{number}"
        registry.version = "2026-11-19T09:00:05" if moving else stamp
        registry.asked.clear()
        registry.before = lambda request: setattr(registry, "version", stamp) if request == 5 else None
        with monkeypatch.context() as patch:
            disk = Disk(patch, number, after)
            try:
                fetched(registry, out)
                dead = False
            except KilledError:
                pass
        assert disk.changes >= number or not dead
        fetched(registry, out)
        assert contents(out) == contents(tmp_path / "whole"), number
    assert number > 10


def test_a_process_that_was_killed_goes_on(registry: Registry, tmp_path: Path) -> None:
    fetched(registry, tmp_path / "whole")
    registry.asked.clear()
    command = [sys.executable, "-m", "trialgraph", "fetch", "--all", "-o", str(tmp_path / "out"), "--rate", "1000"]
    path = os.pathsep.join([str(Path(folders.__file__).parents[2]), *sys.path])
    process: subprocess.Popen[bytes]

    def kill(number: int) -> None:
        if number == 5:
            process.kill()

    registry.before = kill
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen([*command, "--api", registry.url], env=environment, stderr=subprocess.DEVNULL) as process:
        assert process.wait(60) == -signal.SIGKILL
    assert manifest(tmp_path / "out")["state"] == "incomplete"
    assert len(held(tmp_path / "out")) == 6
    registry.before = lambda number: None
    fetched(registry, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_an_interrupted_run_says_how_to_go_on(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    arguments = ("fetch", "--all", "-o", out, "--api", registry.url, "--rate", "1000")
    monkeypatch.setattr(Client, "page", interrupting(Client.page))
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (5, "")
    assert f"interrupted\n{out}: incomplete: 6 of 10 studies are there; the same command goes on" in result.stderr
    monkeypatch.undo()
    result = run(*arguments)
    assert result.exit_code == 0
    assert f"{out}: going on: 6 of 10 studies are there\n{out}: 10 studies in 4 files" in result.stderr


def interrupting(page: Callable[..., Any]) -> Callable[..., Any]:
    count = iter(range(9))

    def interrupted(*arguments: Any) -> Any:
        if next(count) == 2:
            raise KeyboardInterrupt
        return page(*arguments)

    return interrupted


def test_build_says_that_a_fetch_is_incomplete(registry: Registry, tmp_path: Path) -> None:
    registry.faults = {5: "403"}
    with pytest.raises(IncompleteError):
        fetched(registry, tmp_path / "out")
    built = run("build", tmp_path / "out", "-o", tmp_path / "out.nt", "--strict", "--workers", "1")
    assert built.exit_code == 1
    assert "the fetch of this folder is incomplete" in built.stderr


def test_a_complete_folder_is_left_as_it_is(registry: Registry, tmp_path: Path) -> None:
    fetched(registry, tmp_path / "out")
    before = contents(tmp_path / "out")
    assert fetched(registry, tmp_path / "out").lines() == [
        f"{tmp_path / 'out'}: complete already: 10 studies in 4 files, 0.0 MB,"
        " of the registry's data of 2026-11-20T09:00:05"
    ]
    registry.changed(STUDIES[:5])
    assert "the registry has data of 2026-11-22T09:00:05: --restart" in fetched(registry, tmp_path / "out").lines()[0]
    assert contents(tmp_path / "out") == before
    assert fetched(registry, tmp_path / "out", restart=True).studies == 5
    assert held(tmp_path / "out") == expected(STUDIES[:5])


@pytest.mark.parametrize("damage", [b"", b"\x28\xb5\x2f\xfd", b"not zstd", None])
def test_a_page_that_was_damaged_or_removed_comes_again(
    registry: Registry, tmp_path: Path, damage: bytes | None
) -> None:
    fetched(registry, tmp_path / "out")
    page = tmp_path / "out" / "page-00002.ndjson.zst"
    if damage is None:
        page.unlink()
    else:
        page.write_bytes(damage)
    fetched(registry, tmp_path / "out")
    assert held(tmp_path / "out") == expected(STUDIES)


@pytest.mark.parametrize(
    ("files", "error", "said"),
    [
        ({"mine.txt": "x"}, UsageError, "holds other files, and no fetch.json; name another folder"),
        ({"fetch.json": "{"}, InputError, "fetch.json: cannot be read: .*; --restart drops what is there"),
        ({"fetch.json": '{"api": "x", "query": {}, "version": 9}'}, InputError, "another version of trialgraph"),
        (
            {"fetch.json": '{"api": "x", "query": {}, "files": [{"name": "../mine.txt", "studies": 1}]}'},
            InputError,
            "cannot be read: .*`[$].files",
        ),
    ],
)
def test_a_folder_that_is_no_fetch_is_left_alone(
    registry: Registry, tmp_path: Path, files: dict[str, str], error: type[Exception], said: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(error, match=said):
        fetched(registry, tmp_path)
    assert contents(tmp_path) == {name: text.encode() for name, text in files.items()}
    assert registry.asked == []


def test_restart_drops_nothing_before_the_registry_has_answered(registry: Registry, tmp_path: Path) -> None:
    fetched(registry, tmp_path / "out")
    before = contents(tmp_path / "out")
    registry.faults = {len(registry.asked) + 2: "403"}
    with pytest.raises(InputError, match="403"):
        fetched(registry, tmp_path / "out", query(condition="asthma"), restart=True)
    assert contents(tmp_path / "out") == before


def test_another_query_is_refused_and_restart_drops_only_what_fetch_wrote(registry: Registry, tmp_path: Path) -> None:
    fetched(registry, tmp_path, query(condition="asthma"))
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(UsageError, match=r"another query: --condition asthma, not --all; .*--restart"):
        fetched(registry, tmp_path)
    fetched(registry, tmp_path, query(status=["COMPLETED"]), restart=True)
    assert sorted(contents(tmp_path)) == ["fetch.json", "mine.txt"]


def test_two_runs_do_not_share_a_folder(registry: Registry, tmp_path: Path) -> None:
    def second(number: int) -> None:
        if number == 5:
            with pytest.raises(UsageError, match="another run is fetching into it"):
                folders.Folder(tmp_path / "out", registry.url, EVERYTHING, restart=True)

    registry.before = second
    assert fetched(registry, tmp_path / "out").studies == 10


# Scripts of faults


def actions() -> st.SearchStrategy[dict[int, str]]:
    """What happens at some of the requests: a fault, a change of the data, or the end of the run."""
    kinds = [*PASSING, "move", "move under tokens", "kill", "403"]
    return st.dictionaries(st.integers(1, 25), st.sampled_from(kinds), max_size=8)


@settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(actions())
@example({5: "move", 6: "kill", 7: "move under tokens", 9: "kill"})
def test_after_any_script_of_faults_the_studies_are_those_of_the_registry(
    server: Registry, tmp_path_factory: pytest.TempPathFactory, script: dict[int, str]
) -> None:
    server.reset(STUDIES)
    out = tmp_path_factory.mktemp("script") / "out"
    time = Time()

    def act(number: int) -> None:
        if script.get(number, "").startswith("move"):
            kept = [each for each in STUDIES if int(nct_id(each)[3:]) % 7 != number % 7]
            changed = [record(int(nct_id(each)[3:]), f"2026-02-{number:02}") for each in kept[: number % 4]]
            server.changed([*changed, *kept[number % 4 :], record(100 + number)], keep_tokens=script[number] != "move")
        if script.get(number) == "kill":
            time.kill = time.looks + 1

    server.before = act
    server.faults = {number: action for number, action in script.items() if action in FAULTS}
    for _ in range(2 + len(script)):
        try:
            fetched(server, out, time=time)
            break
        except (KilledError, InputError, IncompleteError):
            continue
    else:
        pytest.fail("does not come to an end")
    assert held(out) == expected(server.studies)
    assert manifest(out)["state"] == "complete"


# The command


def test_count_only_says_how_many(registry: Registry) -> None:
    result = run("fetch", "--condition", "asthma", "--count", "--api", registry.url, "--rate", "1000")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "10\n", "")
    assert len(registry.asked) == 1


def test_the_command_says_how_many_and_how_long_first_and_what_came_last(registry: Registry, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("fetch", "--condition", "asthma", "-o", out, "--api", registry.url, "--rate", "1000")
    assert (result.exit_code, result.stdout) == (0, "")
    first, *rest = result.stderr.splitlines()
    assert first.startswith("--condition asthma: 10 studies in 1 request, at least 1 s; some 0 MB")
    assert rest[:2] == [
        f"{out}: 10 studies in 4 files, 0.0 MB, of the registry's data of 2026-11-20T09:00:05",
        "7 requests",
    ]
    quiet = run("fetch", "--all", "-o", tmp_path / "quiet", "--api", registry.url, "--rate", "1000", "-q")
    assert (quiet.exit_code, quiet.output) == (0, "")


def test_an_id_that_is_not_known_is_exit_status_3(registry: Registry, tmp_path: Path) -> None:
    arguments = ("fetch", "NCT1", "NCT99", "-o", tmp_path / "out", "--api", registry.url, "--rate", "1000")
    for _ in range(2):
        result = run(*arguments)
        assert (result.exit_code, "NCT00000099: the registry" in result.stderr) == (3, True)
    assert held(tmp_path / "out") == expected(STUDIES[:1])


def test_what_the_registry_says_does_not_command_the_terminal(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.version = "\x1b[31m2026\u202e"
    result = run("fetch", "--all", "-o", tmp_path / "out", "--api", registry.url, "--rate", "1000")
    assert (result.exit_code, "2026" in result.stderr) == (0, True)
    assert not set(result.output) & set("\x1b\u202e")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("-o x", "say what to fetch: search terms such as --condition, NCT ids, or --all"),
        ("--all NCT00000001 -o x", "not two of them"),
        ("--all --condition a -o x", "not two of them"),
        ("NCT00000000 -o x", "NCT00000000: not an NCT id"),
        ("NCT123456789 -o x", "not an NCT id"),
        ("--status SLEEPING -o x", "--status SLEEPING: there is none; known: ACTIVE_NOT_RECRUITING"),
        ("--updated-since 2026-02-30 -o x", "--updated-since 2026-02-30: not a day"),
        ("--updated-since 20260201 -o x", "not a day"),
        ("--term NCT00000001 --status RECRUITING -o x", "the registry ignores --status beside ids alone"),
        ("--all", "name a folder with -o, or ask for --count alone"),
        ("--all --count -o x", "or ask for --count alone"),
        ("NCT00000001 --count", "--count counts what a search finds"),
        ("--all -o x --rate 0", "--rate 0.0: not a number of requests a second"),
        ("--all -o x --rate nan", "--rate nan"),
        ("--all -o x --api ftp://x", "--api ftp://x: not a URL such as https://clinicaltrials.gov/api/v2"),
        ("--all -o missing/x --api http://127.0.0.1:1", "there is no folder"),
    ],
)
def test_wrong_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("fetch", *arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_httpx_the_extra_is_named(tmp_path: Path) -> None:
    code = "import sys; sys.modules['httpx'] = None; from trialgraph.cli import main; main()"
    path = os.pathsep.join([str(Path(folders.__file__).parents[2]), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", code, "fetch", "--all", "--count"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "trialgraph: fetching needs httpx; pip install 'trialgraph[fetch]'\n"
