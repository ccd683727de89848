"""A store that was synced is that of a new build of what the registry has, whatever happened there and on the way."""

import fcntl
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import SHARED, run
from tests.registry import KilledError, Registry, Study, Time, nct_id, record, serving
from tests.registry import undisturbed as undisturbed  # of all tests

from trialgraph import build, readers
from trialgraph.errors import IncompleteError, InputError, RecordError, UsageError
from trialgraph.fetch import Client, Query, fetch, query
from trialgraph.store import opened
from trialgraph.sync import Synced, sync

EVERYTHING = query(everything=True)
#: Scripts of changes to try; more can be asked for.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))


@pytest.fixture(scope="module")
def server() -> Iterator[Registry]:
    with serving(Registry()) as registry:
        yield registry


def trial(
    number: int,
    updated: str = "2026-01-01",
    sponsor: str = "Acme",
    sites: tuple[str, ...] = ("City Hospital",),
    contact: str = "",
    aliases: tuple[str, ...] = (),
    **more: Any,
) -> Study:
    """A study with what trials share: a sponsor, sites, a condition."""
    people = {"contacts": [{"name": contact, "email": f"{contact}@example.org", "role": "CONTACT"}]} if contact else {}
    return record(
        number,
        updated,
        identification={"nctIdAliases": list(aliases)} if aliases else {},
        sponsorCollaboratorsModule={"leadSponsor": {"name": sponsor, "class": "INDUSTRY"}},
        conditionsModule={"conditions": ["Asthma"]},
        contactsLocationsModule={
            "locations": [{"facility": each, "city": "Lyon", "country": "France", **people} for each in sites]
        },
        **more,
    )


@pytest.fixture
def registry(server: Registry) -> Registry:
    """A registry of five studies."""
    server.reset([trial(number) for number in range(1, 6)])
    return server


def fetched(registry: Registry, folder: Path, asked: Query = EVERYTHING) -> Path:
    with Client(registry.url, clock=Time().clock()) as client:
        fetch(asked, folder, client)
    return folder


def followed(registry: Registry, folder: Path, asked: Query = EVERYTHING, **options: Any) -> Path:
    """A store of what the registry has."""
    build(fetched(registry, folder / "registry", asked), folder / "s.store", **options)
    shutil.rmtree(folder / "registry")
    return folder / "s.store"


def synced(
    registry: Registry, store: Path, asked: Query | None = None, time: Time | None = None, **options: Any
) -> Synced:
    """A sync without waiting."""
    with Client(registry.url, clock=(time or Time()).clock(), tell=options.get("tell", lambda message: None)) as client:
        return sync(store, client, asked, **options)


def dump(store: Path) -> list[str]:
    """The statements of a store as N-Quads, sorted."""
    return sorted(map(str, opened(str(store))))


def anew(folder: Path, studies: list[Study], **options: Any) -> list[str]:
    """The statements of a new store of some studies."""
    source, out = folder / "anew.ndjson", folder / "anew.store"
    source.write_text("".join(json.dumps(each) + "\n" for each in studies))
    shutil.rmtree(out, ignore_errors=True)
    build(source, out, **options)
    return dump(out)


def kinds(done: Synced) -> dict[str, str]:
    return {each.nct_id: each.kind for each in done.changes}


def beside(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_what_came_changed_and_went(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    now = [trial(1), trial(2, "2026-11-20", "Beta"), *registry.studies[3:], trial(6, "2026-11-20", sites=("New",))]
    registry.changed(now)
    done = synced(registry, store)
    assert kinds(done) == {"NCT00000002": "changed", "NCT00000003": "removed", "NCT00000006": "added"}
    assert (done.trials, done.left, done.before, done.after) == (5, (), "2026-11-20T09:00:05", registry.version)
    assert dump(store) == anew(tmp_path, now)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["anew.ndjson", "anew.store", "s.store"]


def test_nothing_new_costs_one_request(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    registry.asked.clear()
    done = synced(registry, store)
    assert (done.changes, len(registry.asked)) == ((), 1)


def test_only_studies_that_may_differ_are_fetched(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    registry.changed([trial(1, "2026-11-20"), *registry.studies[1:]])
    registry.asked.clear()
    synced(registry, store)
    assert [each.parameters["filter.ids"] for each in registry.asked if "filter.ids" in each.parameters] == [
        "NCT00000001"
    ]


def test_a_change_within_days_of_the_last_sync_is_seen_by_its_content(registry: Registry, tmp_path: Path) -> None:
    registry.reset([trial(1, "2026-11-19"), trial(2, "2026-11-01")])
    store = followed(registry, tmp_path)
    registry.changed([trial(1, "2026-11-19", "Beta"), trial(2, "2026-11-01", "Beta")])
    assert kinds(synced(registry, store)) == {"NCT00000001": "changed"}
    registry.changed(registry.studies)
    assert kinds(synced(registry, store, full=True)) == {"NCT00000002": "changed"}
    assert dump(store) == anew(tmp_path, registry.studies)


def test_where_most_studies_may_differ_the_whole_search_is_fetched(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trialgraph.sync.coming.BATCH", 1)
    store = followed(registry, tmp_path)
    registry.changed([trial(number, "2026-11-20", "Beta") for number in range(1, 4)])
    registry.asked.clear()
    assert len(synced(registry, store).changes) == 5
    assert not any("filter.ids" in each.parameters and "NCT00000001" in str(each) for each in registry.asked)
    assert dump(store) == anew(tmp_path, registry.studies)


def test_of_several_records_of_a_trial_the_registrys_is_left(registry: Registry, tmp_path: Path) -> None:
    store, older = tmp_path / "s.store", tmp_path / "older.json"
    older.write_text(json.dumps(trial(1, "2025-01-01", "Gamma", title="An Older Title")))
    build([fetched(registry, tmp_path / "registry"), older], store)
    assert "An Older Title" in "".join(dump(store))
    registry.changed(registry.studies)
    assert kinds(synced(registry, store, EVERYTHING)) == {"NCT00000001": "changed"}
    assert dump(store) == anew(tmp_path, registry.studies)


IDS = st.integers(1, 5)
SPONSORS = st.sampled_from(["Acme", "ACME", "acme", "Beta"])
SITES = st.lists(st.sampled_from(["City Hospital", "CITY HOSPITAL", "Clinic"]), max_size=2).map(tuple)
CONTACTS = st.sampled_from(["", "jane", "john"])
STEPS = st.one_of(
    st.tuples(st.just("put"), IDS, SPONSORS, SITES, CONTACTS),
    st.tuples(st.just("put the same day"), IDS, SPONSORS, SITES, CONTACTS),
    st.tuples(st.just("remove"), IDS),
    st.tuples(st.just("merge"), IDS, IDS),
)


class Script:
    """The studies that a registry has after some steps; a study that is put again after it went is restored."""

    def __init__(self) -> None:
        self.day = 10
        self.studies = {1: trial(1, contact="jane"), 2: trial(2, sponsor="ACME")}

    def step(self, kind: str, number: int, *rest: Any) -> None:
        self.day += kind == "put"
        if kind.startswith("put"):
            sponsor, sites, contact = rest
            self.studies[number] = trial(number, f"2026-11-{self.day}", sponsor, sites, contact)
        elif kind == "remove" and len(self.studies) > 1:
            self.studies.pop(number, None)
        elif kind == "merge" and number in self.studies and rest[0] in self.studies and number != rest[0]:
            old = nct_id(self.studies.pop(number))
            self.studies[rest[0]] = trial(rest[0], f"2026-11-{self.day}", aliases=(old,))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    script=st.lists(st.lists(STEPS, min_size=1, max_size=4), min_size=1, max_size=4),
    contacts=st.sampled_from(["full", "names", "none"]),
)
def test_after_any_script_the_store_is_that_of_a_new_build(
    server: Registry, tmp_path_factory: pytest.TempPathFactory, script: Any, contacts: Any
) -> None:
    folder, there = tmp_path_factory.mktemp("script"), Script()
    server.reset(there.studies.values())
    server.version = "2026-11-10T09:00:05"
    store = followed(server, folder, contacts=contacts)
    for steps in script:
        for step in steps:
            there.step(*step)
        server.changed(there.studies.values())
        server.version = f"2026-11-{there.day}T{server._moved:02}:00:00"
        done = synced(server, store)
        assert (done.left, done.trials) == ((), len(there.studies))
        assert dump(store) == anew(folder, list(there.studies.values()), contacts=contacts)
    assert beside(folder) == []


REAL = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"


@pytest.mark.skipif(not REAL.exists(), reason="no real records beside the checkout")
def test_real_studies_with_other_spellings_and_without_contacts(registry: Registry, tmp_path: Path) -> None:
    with gzip.open(REAL) as lines:
        studies = [json.loads(line) for line in islice(lines, 24)]
    registry.reset(studies, largest=1000)
    store = followed(registry, tmp_path)
    for kept in (slice(1, None), slice(0, 20)):
        registry.changed([respelled(each) if number % 3 else each for number, each in enumerate(studies[kept])])
        synced(registry, store)
        assert dump(store) == anew(tmp_path, registry.studies)


def respelled(study: Study) -> Study:
    """A study updated today, with other spellings of what trials share, and without contacts."""
    changed: Study = json.loads(
        re.sub("(Hospital|Center|Asthma|United)", lambda match: match[0].upper(), json.dumps(study))
    )
    changed["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"] = {"date": "2026-11-21"}
    for location in changed["protocolSection"].get("contactsLocationsModule", {}).get("locations", []):
        location.pop("contacts", None)
    return changed


# Removals


def test_a_trial_that_went_leaves_a_trace_beside_the_graph(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    registry.changed([trial(1), trial(2, "2026-11-20", aliases=("NCT00000003",)), *registry.studies[3:]])
    done = synced(registry, store)
    assert {each.nct_id: (each.kind, each.reason, each.into) for each in done.changes if each.kind == "removed"} == {
        "NCT00000003": ("removed", "merged into another trial", "NCT00000002")
    }
    registry.changed(registry.studies[1:])
    synced(registry, store)
    asked = """SELECT ?trial ?day ?why ?now { ?removal a tg:Removal ; tg:about ?trial ; tg:removed ?day ;
        tg:removalReason ?why . OPTIONAL { ?removal dcterms:isReplacedBy ?now } } ORDER BY ?trial"""
    rows = run("query", store / "removed.ttl", asked, "--format", "csv").stdout.splitlines()
    base = "https://w3id.org/trialgraph/trial"
    assert rows[1:] == [
        f"{base}/NCT00000001,2026-11-23,no longer in the registry,",
        f"{base}/NCT00000003,2026-11-22,merged into another trial,{base}/NCT00000002",
    ]
    assert dump(store) == anew(tmp_path, registry.studies)


def test_a_trial_that_comes_again_is_restored_and_its_trace_goes(registry: Registry, tmp_path: Path) -> None:
    store, all_five = followed(registry, tmp_path), registry.studies
    registry.changed(all_five[1:])
    synced(registry, store)
    registry.changed(all_five)
    assert kinds(synced(registry, store)) == {"NCT00000001": "restored"}
    assert "NCT00000001" not in (store / "removed.ttl").read_text()


def test_a_trial_that_the_search_no_longer_finds_goes(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path, query(status=["RECRUITING"]))
    registry.changed([trial(1, "2026-11-20", status="COMPLETED"), *registry.studies[1:]])
    done = synced(registry, store)
    assert [(each.nct_id, each.reason) for each in done.changes] == [("NCT00000001", "no longer found by the search")]
    assert dump(store) == anew(tmp_path, registry.studies[1:])


def test_many_removals_at_once_are_refused_unless_allowed(registry: Registry, tmp_path: Path) -> None:
    registry.reset([trial(number) for number in range(1, 15)])
    store, old = followed(registry, tmp_path), registry.studies
    registry.changed([*old[:2], trial(3, "2026-11-20", "Beta")])
    done = synced(registry, store)
    assert kinds(done) == {"NCT00000003": "changed"}
    assert done.left[0].startswith("removals: 11 (NCT00000004, ")
    assert "--allow-removals" in done.left[0]
    assert dump(store) == anew(tmp_path, [*old[:2], registry.studies[2], *old[3:]])
    done = synced(registry, store, allow_removals=True)
    assert (len(done.changes), done.left, done.trials) == (11, (), 3)
    assert dump(store) == anew(tmp_path, registry.studies)


def test_a_list_that_does_not_add_up_removes_nothing(registry: Registry, tmp_path: Path) -> None:
    store, old = followed(registry, tmp_path), registry.studies
    registry.changed(old[1:])
    registry.totals = 5
    done = synced(registry, store)
    assert (done.changes, done.left) == ((), ("removals: the registry says 5 studies and lists 4",))
    registry.totals = None
    assert kinds(synced(registry, store)) == {"NCT00000001": "removed"}


def test_a_study_that_the_list_lacks_and_the_registry_has_is_kept(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, answer = followed(registry, tmp_path), registry.answer
    registry.changed(registry.studies)

    def lacking(path: str, parameters: dict[str, str], agent: str) -> Any:
        studies = registry.studies
        if "LastUpdatePostDate" in parameters.get("fields", ""):
            registry.studies = studies[1:]
        try:
            return answer(path, parameters, agent)
        finally:
            registry.studies = studies

    monkeypatch.setattr(registry, "answer", lacking)
    done = synced(registry, store)
    assert (done.changes, done.left) == (
        (),
        ("NCT00000001: not in the registry's list, though the registry has it; kept",),
    )


def test_a_store_of_some_ids_follows_them_to_their_new_ids(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path, query(["NCT1", "NCT2", "NCT3"]))
    now = [trial(2, "2026-11-20", "Beta"), trial(4), trial(7, aliases=("NCT00000003",))]
    registry.changed(now)
    done = synced(registry, store)
    assert kinds(done) == {
        "NCT00000001": "removed",
        "NCT00000002": "changed",
        "NCT00000003": "removed",
        "NCT00000007": "added",
    }
    assert dump(store) == anew(tmp_path, [now[0], now[2]])


# People


def test_contacts_that_the_registry_withdrew_go_and_are_not_told(registry: Registry, tmp_path: Path) -> None:
    registry.reset([trial(1, contact="jane"), trial(2)])
    store = followed(registry, tmp_path)
    assert "jane" in "".join(dump(store))
    registry.changed([trial(1, "2026-11-20", contact="john"), trial(2)])
    changes = tmp_path / "changes.json"
    result = run("sync", store, "--rate", "1000", "--changes", changes)
    assert result.exit_code == 0, result.stderr
    assert "jane" not in "".join(dump(store))
    told = changes.read_text()
    assert ("jane" in told, "john" in told) == (False, True)


@pytest.mark.parametrize("contacts", ["names", "none"])
def test_contacts_stay_as_private_as_they_were_built(registry: Registry, tmp_path: Path, contacts: Any) -> None:
    store = followed(registry, tmp_path, contacts=contacts)
    registry.changed([trial(1, "2026-11-20", contact="john"), *registry.studies[1:]])
    for name in ("changes.json", "changes.md"):
        copy = tmp_path / "copy.store"
        shutil.copytree(store, copy)
        assert run("sync", copy, "--rate", "1000", "--changes", tmp_path / name).exit_code == 0
        assert dump(copy) == anew(tmp_path, registry.studies, contacts=contacts)
        assert "john" not in (tmp_path / name).read_text()
        assert not any("john@" in each for each in dump(copy))
        shutil.rmtree(copy)


# What goes wrong


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("fault", ["503", "html", "truncated", "reset in the body"])
def test_what_passes_changes_nothing(registry: Registry, tmp_path: Path, fault: str, number: int) -> None:
    store = followed(registry, tmp_path)
    registry.changed([trial(1, "2026-11-20", "Beta"), *registry.studies[2:]])
    registry.asked.clear()
    registry.faults = {number: fault}
    assert kinds(synced(registry, store)) == {"NCT00000001": "changed", "NCT00000002": "removed"}
    assert dump(store) == anew(tmp_path, registry.studies)


def test_a_run_that_is_killed_at_any_request_leaves_the_old_store_and_the_next_goes_on(
    registry: Registry, tmp_path: Path
) -> None:
    first = followed(registry, tmp_path)
    before = dump(first)
    now = [trial(1, "2026-11-20", "Beta"), trial(2, "2026-11-20", "ACME"), *registry.studies[3:], trial(6)]
    registry.changed(now)
    expected, store, kill = anew(tmp_path, now), tmp_path / "copy.store", 1
    while True:
        shutil.copytree(first, store)
        try:
            synced(registry, store, time=Time(kill))
            break
        except KilledError:
            assert dump(store) == before
        assert len(synced(registry, store).changes) == 4
        assert dump(store) == expected
        shutil.rmtree(store)
        kill += 5
    assert kill > 30
    assert dump(store) == expected


_KILLED = """
import os, signal, shutil, sys
from trialgraph.fetch import Client
from trialgraph.sync import sync
store, url, name, last = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
module = {"rename": os, "rmtree": shutil}[name]
called, do = 0, getattr(module, name)
def killing(*arguments, **options):
    global called
    called += "coming" not in str(arguments[0])
    if called == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return do(*arguments, **options)
setattr(module, name, killing)
with Client(url, rate=1000) as client:
    sync(store, client)
"""


@pytest.mark.parametrize(("name", "call"), [("rename", 1), ("rename", 2), ("rmtree", 1)])
def test_a_run_that_is_killed_while_it_changes_files_loses_nothing(
    registry: Registry, tmp_path: Path, name: str, call: int
) -> None:
    store = followed(registry, tmp_path)
    registry.changed([trial(1, "2026-11-20", "Beta"), *registry.studies[1:]])
    code = [sys.executable, "-c", _KILLED, str(store), registry.url, name, str(call)]
    paths = os.pathsep.join([str(Path(build.__code__.co_filename).parents[1])])
    ended = subprocess.run(code, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    [left] = beside(tmp_path)
    result = run("sync", store, "--rate", "1000")
    assert result.exit_code == 0, result.stderr
    assert f"{left}: removed; a run that was killed had left it" in result.stderr
    assert beside(tmp_path) == []
    assert dump(store) == anew(tmp_path, registry.studies)


def test_what_another_run_writes_beside_the_store_stays(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    others = [
        tmp_path / ".s.store.bak.abcdefgh.part",
        tmp_path / ".s.store.mine.part",
        tmp_path / ".s.stor.abcdefgh.part",
    ]
    for each in others:
        each.mkdir()
    held = tmp_path / ".s.store.abcdefgh.part"
    held.mkdir()
    descriptor = os.open(held, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    registry.changed([trial(1, "2026-11-20", "Beta"), *registry.studies[1:]])
    synced(registry, store)
    os.close(descriptor)
    assert sorted(beside(tmp_path)) == sorted(path.name for path in (*others, held))


def test_two_runs_do_not_sync_one_store(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    registry.changed(registry.studies)
    told: list[str] = []

    def again(number: int) -> None:
        registry.before = lambda number: None
        with pytest.raises(InputError) as raised:
            synced(registry, store)
        told.append(str(raised.value))

    registry.before = again
    synced(registry, store)
    assert "another process is writing this store" in told[0]


def test_data_that_move_on_the_way_are_compared_again(registry: Registry, tmp_path: Path) -> None:
    store, old = followed(registry, tmp_path), registry.studies
    registry.changed([trial(1, "2026-11-20", "Beta"), *old[1:]])

    def moving(number: int) -> None:
        if number == 4:
            registry.changed([*registry.studies, trial(9)])

    registry.asked.clear()
    registry.before = moving
    assert kinds(synced(registry, store)) == {"NCT00000001": "changed", "NCT00000009": "added"}
    registry.before = lambda number: None
    assert dump(store) == anew(tmp_path, registry.studies)


def test_data_that_never_rest_leave_the_store(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    before = dump(store)
    registry.changed([trial(1, "2026-11-20", "Beta"), *registry.studies[1:]])
    registry.before = lambda number: registry.changed(registry.studies, keep_tokens=True)
    with pytest.raises(IncompleteError, match="changed 3 times on the way"):
        synced(registry, store)
    assert dump(store) == before


def test_a_registry_that_gives_up_leaves_the_store(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    before = dump(store)
    registry.changed([trial(1, "2026-11-20", "Beta"), *registry.studies[1:]])
    registry.asked.clear()
    registry.faults = dict.fromkeys(range(3, 30), "503")
    with pytest.raises(InputError, match="asked 5 times"):
        synced(registry, store)
    assert dump(store) == before
    registry.faults = {}
    assert kinds(synced(registry, store)) == {"NCT00000001": "changed"}


# What a store follows


def test_a_store_that_was_not_fetched_is_told_what_to_follow(registry: Registry, tmp_path: Path) -> None:
    source = tmp_path / "one.json"
    source.write_text(json.dumps(trial(1)))
    store = tmp_path / "s.store"
    build(source, store)
    with pytest.raises(UsageError, match="what does it follow"):
        synced(registry, store)
    assert len(synced(registry, store, EVERYTHING).changes) == 4
    assert dump(store) == anew(tmp_path, registry.studies)
    with pytest.raises(UsageError, match="follows --all, not --condition Asthma"):
        synced(registry, store, query(condition="Asthma"))
    registry.changed(registry.studies[1:])
    assert kinds(synced(registry, store)) == {"NCT00000001": "removed"}


def test_a_store_with_pages_is_not_synced(registry: Registry, tmp_path: Path) -> None:
    page = Path(build.__code__.co_filename).parent / "samples" / "meddatax-NCT99000003.txt"
    pages = [*Path(build.__code__.co_filename).parent.glob("samples/*.txt")]
    assert pages, page
    build(pages, tmp_path / "s.store")
    with pytest.raises(UsageError, match="which a sync would drop"):
        synced(registry, tmp_path / "s.store", EVERYTHING)


def test_what_cannot_be_synced(registry: Registry, tmp_path: Path) -> None:
    for arguments, said in (
        ([tmp_path / "missing.store"], "no store"),
        ([tmp_path / "missing.store", "--changes", "x.txt"], "ends in .json or .md"),
    ):
        result = run("sync", *arguments)
        assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    store = followed(registry, tmp_path)
    (store / "said.sqlite").unlink()
    result = run("sync", store)
    assert (result.exit_code, "build it anew" in result.stderr) == (3, True), result.stderr


def test_a_study_that_cannot_be_read_is_told_and_stays_as_it_was(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, old, read = followed(registry, tmp_path), registry.studies, readers.record
    registry.changed([trial(1, "2026-11-20", "Beta"), trial(2, "2026-11-20", "Beta"), *old[2:]])

    def refusing(item: Any, words: Any) -> Any:
        if item.nct_id == "NCT00000001":
            raise RecordError("no record", "", item.nct_id)
        return read(item, words)

    with monkeypatch.context() as patch:
        patch.setattr(readers, "record", refusing)
        done = synced(registry, store)
    assert (kinds(done), done.unread, done.left) == ({"NCT00000002": "changed"}, ("NCT00000001: no record",), ())
    assert dump(store) == anew(tmp_path, [old[0], *registry.studies[1:]])
    registry.changed([old[0], trial(2, "2026-11-21", "Gamma"), *old[2:]])
    with monkeypatch.context() as patch:
        patch.setattr(readers, "record", refusing)
        assert kinds(synced(registry, store)) == {"NCT00000002": "changed"}


# What is told


def test_the_changes_as_files_and_on_the_terminal(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    registry.changed(
        [
            trial(1, "2026-11-20", "Beta", ("City Hospital", "New *Clinic*"), status="COMPLETED"),
            *registry.studies[2:],
            trial(6),
        ]
    )
    copy = tmp_path / "copy.store"
    shutil.copytree(store, copy)
    result = run("sync", store, "--rate", "1000", "--changes", tmp_path / "changes.json")
    lines = result.stderr.splitlines()
    assert lines[-5:-1] == [
        f"{store}: 1 added, 1 changed, 1 removed; 5 trials that --all finds; the registry's data of {registry.version}",
        "  NCT00000001 changed: last update posted, lead sponsor, overall status, site",
        "  NCT00000002 removed: No longer in the registry: A Trial",
        "  NCT00000006 added: A Trial",
    ]
    feed = json.loads((tmp_path / "changes.json").read_text())
    assert [(each["nctId"], each["kind"]) for each in feed["changes"]] == [
        ("NCT00000001", "changed"),
        ("NCT00000002", "removed"),
        ("NCT00000006", "added"),
    ]
    assert feed["changes"][0]["properties"] == [
        {"property": "lastUpdatePosted", "label": "last update posted", "went": ["2026-01-01"], "came": ["2026-11-20"]},
        {"property": "leadSponsor", "label": "lead sponsor", "went": ["Acme"], "came": ["Beta"]},
        {"property": "overallStatus", "label": "overall status", "went": ["recruiting"], "came": ["completed"]},
        {"property": "site", "label": "site", "came": ["New *Clinic*"]},
    ]
    assert run("sync", copy, "--rate", "1000", "--changes", tmp_path / "changes.md").exit_code == 0
    told = (tmp_path / "changes.md").read_text()
    assert "- **lead sponsor** Acme → Beta" in told
    assert r"- **site** came: New \*Clinic\*" in told
    assert "## NCT00000002 removed\n\nA Trial\n\nNo longer in the registry.\n" in told


def test_another_spelling_of_a_shared_name_is_told(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    registry.changed([trial(1, "2026-11-20", "ACME"), trial(2, "2026-11-20", "Beta"), *registry.studies[2:]])
    told = [
        {each.label: (each.of, each.went, each.came) for each in done.properties}
        for done in synced(registry, store).changes
    ]
    assert told[0]["label"] == ("organization: ACME", ("Acme",), ("ACME",))
    assert "label" not in told[1]


def test_the_changes_are_told_before_the_store_changes(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    before, told = dump(store), list[Synced]()
    registry.changed([trial(1, "2026-11-20", "Beta"), *registry.studies[1:]])

    def record(done: Synced) -> None:
        told.append(done)
        if len(told) == 1:
            raise KilledError

    with pytest.raises(KilledError):
        synced(registry, store, record=record)
    assert dump(store) == before
    assert synced(registry, store, record=record) == told[0] == told[1]


@pytest.mark.parametrize("retrieved", [None, "2026-11-19"])
def test_a_record_says_when_it_was_retrieved_if_those_of_the_build_do(
    registry: Registry, tmp_path: Path, retrieved: str | None
) -> None:
    store = followed(registry, tmp_path, retrieved=retrieved)
    registry.changed([trial(1, "2026-11-20", "Beta"), *registry.studies[1:]])
    synced(registry, store)
    days = [line.split('"')[1] for line in dump(store) if "#retrieved>" in line]
    assert days == (["2026-11-22", *["2026-11-19"] * 4] if retrieved else [])


def test_a_store_with_a_graph_a_record_keeps_them(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path, graphs=True)
    registry.changed([trial(1, "2026-11-20", "Beta"), *registry.studies[2:], trial(6, sponsor="ACME")])
    synced(registry, store)
    assert dump(store) == anew(tmp_path, registry.studies, graphs=True)


def test_a_build_into_a_store_keeps_what_it_follows(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    registry.changed(registry.studies[1:])
    synced(registry, store)
    source = tmp_path / "one.json"
    source.write_text(json.dumps(trial(2, "2026-11-30", "Beta")))
    build(source, store)
    registry.changed([*registry.studies, trial(1)])
    assert kinds(synced(registry, store)) == {"NCT00000001": "restored", "NCT00000002": "changed"}
    assert dump(store) == anew(tmp_path, registry.studies)


def test_a_dry_run_says_what_would_change_and_changes_nothing(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    before = dump(store)
    registry.changed([trial(1, "2026-11-20", "Beta"), *registry.studies[2:]])
    result = run("sync", store, "--rate", "1000", "--dry-run")
    assert "would be: 1 changed, 1 removed" in result.stderr
    assert (dump(store), beside(tmp_path)) == (before, [])
    assert kinds(synced(registry, store)) == {"NCT00000001": "changed", "NCT00000002": "removed"}


def test_what_is_left_to_do_is_exit_status_5(registry: Registry, tmp_path: Path) -> None:
    store = followed(registry, tmp_path)
    registry.changed(registry.studies)
    registry.totals = 99
    result = run("sync", store, "--rate", "1000")
    assert (result.exit_code, "left to do: removals" in result.stderr) == (5, True), result.stderr
