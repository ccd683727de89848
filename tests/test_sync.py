"""A store that was synced is that of a new build of what the registry has, whatever happened there and on the way."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import run
from tests.registry import PASSING, Registry, Study, nct_id, record, serving

from trialgraph import build
from trialgraph.errors import IncompleteError, InputError, UsageError
from trialgraph.fetch import Client, Query, fetch, query
from trialgraph.fetch.waits import Clock
from trialgraph.store import opened
from trialgraph.sync import Synced, sync

EVERYTHING = query(everything=True)
#: Scripts of changes to try; more can be asked for.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))


class KilledError(BaseException):
    """The end of a run that nothing in it notices."""


class Time:
    """A clock that sleeping moves; it may kill who looks at it."""

    def __init__(self, kill: int = 0) -> None:
        self.time, self.looks, self.kill = 0.0, 0, kill

    def now(self) -> float:
        self.looks += 1
        if self.looks == self.kill:
            raise KilledError
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def clock(self) -> Clock:
        return Clock(self.now, self.sleep, lambda: 1.0)


@pytest.fixture(scope="module")
def server() -> Iterator[Registry]:
    with serving(Registry()) as registry:
        yield registry


@pytest.fixture(autouse=True)
def undisturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy on the way, and no waiting until the disk has what is written, as no test cuts the power."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


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
