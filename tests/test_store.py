"""Stores on disk: made, updated trial by trial, never half written; and what is no store."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import SHARED, run, study, written

from trialgraph import build, resources
from trialgraph.errors import InputError
from trialgraph.iris import BASE
from trialgraph.mark import Mark
from trialgraph.said import Said, hash_of
from trialgraph.store import opened, shared
from trialgraph.storing import create, update

MARK = "trialgraph.json"
Quads = set[pyoxigraph.Quad]


def site(facility: str, city: str = "Lyon", country: str = "France") -> dict[str, Any]:
    return {"facility": facility, "city": city, "country": country}


def trial(
    nct_id: str = "NCT00000001",
    sponsor: str = "Acme",
    conditions: tuple[str, ...] = ("Asthma",),
    sites: tuple[str, ...] = (),
) -> dict[str, Any]:
    return study(
        nct_id,
        sponsorCollaboratorsModule={"leadSponsor": {"name": sponsor, "class": "INDUSTRY"}},
        conditionsModule={"conditions": list(conditions)},
        contactsLocationsModule={"locations": [site(each) for each in sites]},
    )


def stored(path: Path | str) -> Quads:
    return set(opened(str(path)))


def labelled(path: Path) -> set[str]:
    """The labels of what a store has."""
    return {str(q.object).strip('"') for q in stored(path) if q.predicate.value.endswith("#label")}


def anew(folder: Path, *records: dict[str, Any], graphs: bool = False) -> Quads:
    """The graph of the records as N-Quads, read into memory."""
    out = folder / "anew.nq"
    build(written(folder, records), out, graphs=graphs)
    return stored(out)


def put(folder: Path, store: Path, *records: dict[str, Any], graphs: bool = False) -> dict[str, int]:
    """What a build of the records into a store says has changed."""
    return dict(build(written(folder, records), store, graphs=graphs).changes)


def beside(folder: Path) -> list[str]:
    """What a build left that is neither an input nor a store."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("graphs", [False, True])
def test_a_new_store_has_the_quads_of_the_file(tmp_path: Path, graphs: bool) -> None:
    records = [trial("NCT00000001", sites=("A", "B")), trial("NCT00000002", conditions=("Asthma", "COPD"))]
    assert put(tmp_path, tmp_path / "s.store", *records, graphs=graphs) == {}
    assert stored(tmp_path / "s.store") == anew(tmp_path, *records, graphs=graphs)
    assert any(not isinstance(q.graph_name, pyoxigraph.DefaultGraph) for q in stored(tmp_path / "s.store")) == graphs
    assert beside(tmp_path) == []


@pytest.mark.parametrize("graphs", [False, True])
def test_building_again_changes_nothing(tmp_path: Path, graphs: bool) -> None:
    records = [trial("NCT00000001", sites=("A",)), trial("NCT00000002")]
    put(tmp_path, tmp_path / "s.store", *records, graphs=graphs)
    before = stored(tmp_path / "s.store")
    assert put(tmp_path, tmp_path / "s.store", *records, graphs=graphs) == {"unchanged": 2}
    assert stored(tmp_path / "s.store") == before


@pytest.mark.parametrize("graphs", [False, True])
def test_an_update_replaces_trials_and_drops_what_nobody_uses(tmp_path: Path, graphs: bool) -> None:
    store = tmp_path / "s.store"
    kept = trial("NCT00000002", "Beta", ("COPD",), ("B",))
    put(tmp_path, store, trial("NCT00000001", "Acme", ("Asthma", "COPD"), ("A", "B")), kept, graphs=graphs)
    new = [trial("NCT00000001", "Beta", ("COPD",), ("B",)), trial("NCT00000003", "Gamma", (), ("C",))]
    assert put(tmp_path, store, *new, graphs=graphs) == {"changed": 1, "added": 1}
    assert stored(store) == anew(tmp_path, *new, kept, graphs=graphs)
    labels = labelled(store)
    assert not labels & {"Acme", "Asthma", "A"}


NAMES = st.sampled_from(["Acme", "Beta", "Gamma"])
SETS = st.lists(NAMES, max_size=3, unique=True).map(tuple)
RECORDS = st.dictionaries(
    st.sampled_from(["NCT00000001", "NCT00000002", "NCT00000003"]), st.tuples(NAMES, SETS, SETS), min_size=1
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=RECORDS, second=RECORDS)
def test_an_updated_store_is_that_of_a_new_build(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, Any], second: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("property")
    put(folder, folder / "s.store", *(trial(nct_id, *values) for nct_id, values in first.items()))
    changes = put(folder, folder / "s.store", *(trial(nct_id, *values) for nct_id, values in second.items()))
    states = [
        "added" if nct_id not in first else "unchanged" if first[nct_id] == values else "changed"
        for nct_id, values in second.items()
    ]
    assert changes == {state: states.count(state) for state in set(states)}
    now = (trial(nct_id, *values) for nct_id, values in (first | second).items())
    assert stored(folder / "s.store") == anew(folder, *now)


def test_a_spelling_of_a_shared_name_goes_with_the_last_trial_that_has_it(tmp_path: Path) -> None:
    store = tmp_path / "s.store"
    put(tmp_path, store, trial("NCT00000001", "ACME"), trial("NCT00000002", "ACME"), trial("NCT00000003", "Acme"))
    put(tmp_path, store, trial("NCT00000001", "Acme"))
    labels = labelled(store)
    assert {"ACME", "Acme"} <= labels
    put(tmp_path, store, trial("NCT00000002", "acme"))
    assert stored(store) == anew(
        tmp_path, trial("NCT00000001", "Acme"), trial("NCT00000002", "acme"), trial("NCT00000003", "Acme")
    )
    labels = labelled(store)
    assert "ACME" not in labels


SAMPLES = sorted(path for path in resources.folder("samples").iterdir() if path.name != "README.md")
REAL = SHARED / "data" / "ctgov-v2"


@pytest.mark.parametrize("sources", [SAMPLES, [REAL / "examples"]], ids=["samples", "real"])
def test_all_that_is_said_of_shared_things_is_found_again_from_the_trials(tmp_path: Path, sources: list[Path]) -> None:
    if not sources[0].exists():
        pytest.skip("no real records beside the checkout")
    build(sources, tmp_path / "s.store")
    store = opened(str(tmp_path / "s.store"))
    with closing(sqlite3.connect(tmp_path / "s.store" / "said.sqlite")) as table:
        said = dict(table.execute("SELECT nct_id, statements FROM said"))
    assert len(said) > 7
    for nct_id, statements in said.items():
        node = pyoxigraph.NamedNode(f"{BASE}trial/{nct_id}")
        hashes = {statements[place : place + 8] for place in range(0, len(statements), 8)}
        assert hashes - {hash_of(quad).to_bytes(8, sys.byteorder) for quad in shared(store, node)} == set(), nct_id


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"contacts": "none"}, "built with --contacts full, not none"),
        ({"base": "https://example.org/"}, "built with --base https://w3id.org/trialgraph/, not https://example.org/"),
        ({"graphs": "record"}, "built with --graphs none, not record"),
    ],
)
def test_all_trials_of_a_store_are_built_alike(tmp_path: Path, options: dict[str, str], said: str) -> None:
    put(tmp_path, tmp_path / "s.store", trial())
    flags = [f"--{name}={value}" for name, value in options.items()]
    result = run("build", *written(tmp_path, [trial()]), "-o", tmp_path / "s.store", *flags)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_what_a_killed_build_left_is_removed_by_the_next_and_said(tmp_path: Path) -> None:
    assert killed("create", tmp_path / "s.store") == -signal.SIGKILL
    [left] = beside(tmp_path)
    result = run("build", *written(tmp_path, [trial()]), "-o", tmp_path / "s.store")
    assert f"{left}: removed; a run that was killed had left it" in result.stderr
    assert beside(tmp_path) == []


def test_a_store_is_opened_for_reading_only(tmp_path: Path) -> None:
    put(tmp_path, tmp_path / "s.store", trial())
    with pytest.raises(RuntimeError, match="only possible on read-write instances"):
        opened(str(tmp_path / "s.store")).clear()


def test_a_reader_keeps_its_store_while_it_is_updated(tmp_path: Path) -> None:
    put(tmp_path, tmp_path / "s.store", trial())
    reader = opened(str(tmp_path / "s.store"))
    before = set(reader)
    put(tmp_path, tmp_path / "s.store", trial("NCT00000002"))
    assert set(reader) == before


def test_a_second_writer_is_told(tmp_path: Path) -> None:
    put(tmp_path, tmp_path / "s.store", trial())
    holder = pyoxigraph.Store(tmp_path / "s.store")
    result = run("build", *written(tmp_path, [trial("NCT00000002")]), "-o", tmp_path / "s.store", "--workers", "1")
    assert (result.exit_code, "another process is writing this store" in result.stderr) == (3, True), result.stderr
    assert beside(tmp_path) == []
    del holder
    assert put(tmp_path, tmp_path / "s.store", trial("NCT00000002")) == {"added": 1}


_KILLED = """
import os, signal, sys
from trialgraph.mark import Mark
from trialgraph.said import Said
from trialgraph.storing import create, update
def pieces():
    for number in range(50):
        yield f"<http://example.org/{number}> <http://example.org/p> \\"{'x' * 50_000}\\" .\\n".encode()
    os.kill(os.getpid(), signal.SIGKILL)
    yield b""
mark = {"create": [Mark()], "update": []}[sys.argv[1]]
{"create": create, "update": update}[sys.argv[1]](sys.argv[2], pieces(), Said(), *mark)
"""


def killed(verb: str, store: Path) -> int:
    """How a process ends that is killed while it writes a store."""
    return subprocess.run(
        [sys.executable, "-c", _KILLED, verb, str(store)],
        env=os.environ | {"PYTHONPATH": str(Path(build.__code__.co_filename).parents[1])},
        capture_output=True,
    ).returncode


def test_a_new_store_whose_load_is_killed_is_not_there(tmp_path: Path) -> None:
    assert killed("create", tmp_path / "s.store") == -signal.SIGKILL
    assert not (tmp_path / "s.store").exists()
    put(tmp_path, tmp_path / "s.store", trial())
    assert stored(tmp_path / "s.store") == anew(tmp_path, trial())


def test_a_store_whose_update_is_killed_is_the_old_one(tmp_path: Path) -> None:
    put(tmp_path, tmp_path / "s.store", trial())
    before = stored(tmp_path / "s.store")
    assert killed("update", tmp_path / "s.store") == -signal.SIGKILL
    assert stored(tmp_path / "s.store") == before
    assert put(tmp_path, tmp_path / "s.store", trial("NCT00000002")) == {"added": 1}


@pytest.mark.parametrize("write", [create, update])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(143), InputError("no")])
def test_an_error_while_pieces_are_made_is_raised_and_leaves_the_old_store(
    tmp_path: Path, write: Any, error: BaseException
) -> None:
    def pieces() -> Any:
        yield b'<http://example.org/a> <http://example.org/p> "x" .\n'
        raise error

    put(tmp_path, tmp_path / "s.store", trial())
    before = stored(tmp_path / "s.store")
    with pytest.raises(type(error)):
        write(str(tmp_path / "s.store"), pieces(), Said(), *([Mark()] if write is create else []))
    assert stored(tmp_path / "s.store") == before
    assert beside(tmp_path) == []


def test_a_swap_that_fails_puts_the_old_store_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, tmp_path / "s.store", trial())
    before = stored(tmp_path / "s.store")
    rename = os.rename

    def failing(source: Path, target: Path) -> None:
        if Path(source).name == "new":
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    result = run("build", *written(tmp_path, [trial("NCT00000002")]), "-o", tmp_path / "s.store")
    assert result.exit_code == 4
    assert "No space left" in result.stderr
    assert stored(tmp_path / "s.store") == before
    assert beside(tmp_path) == []


@pytest.mark.parametrize("name", ["s.store", "s.store/", "plain/"])
def test_a_store_by_any_name(tmp_path: Path, name: str) -> None:
    out = f"{tmp_path}/{name}"
    source = written(tmp_path, [trial()])
    assert run("build", *source, "-o", out).exit_code == 0
    again = run("build", *source, "-o", out)
    assert "1 unchanged" in again.stderr, again.stderr
    assert stored(out) == stored(out.rstrip("/")) == anew(tmp_path, trial())


def test_an_empty_directory_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path, tmp_path / "empty", trial())
    assert stored(tmp_path / "empty") == anew(tmp_path, trial())


def test_a_link_to_a_store_stays_a_link(tmp_path: Path) -> None:
    put(tmp_path, tmp_path / "s.store", trial())
    (tmp_path / "link.store").symlink_to("s.store")
    put(tmp_path, tmp_path / "link.store", trial("NCT00000002"))
    assert (tmp_path / "link.store").is_symlink()
    assert stored(tmp_path / "s.store") == anew(tmp_path, trial(), trial("NCT00000002"))


def test_a_store_has_the_rights_that_the_user_gives_to_new_things(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        put(tmp_path, tmp_path / "s.store", trial())
    finally:
        os.umask(old)
    assert (tmp_path / "s.store").stat().st_mode & 0o077 == 0


def other_version(path: Path) -> None:
    (path / MARK).write_text('{"version": 99}')


def no_mark(path: Path) -> None:
    (path / MARK).unlink()


def broken_mark(path: Path) -> None:
    (path / MARK).write_text("[1")


def corrupt(path: Path) -> None:
    (path / "CURRENT").write_text("garbage")


@pytest.mark.parametrize(
    ("spoil", "read", "write", "said"),
    [
        (other_version, 3, 3, "a store of version 99"),
        (broken_mark, 3, 3, "cannot be read"),
        (corrupt, 3, 3, "not a store that can be"),
        (no_mark, 0, 2, "a store that trialgraph did not write"),
    ],
)
def test_a_store_that_is_not_ours_or_not_whole(tmp_path: Path, spoil: Any, read: int, write: int, said: str) -> None:
    store = tmp_path / "s.store"
    put(tmp_path, store, trial())
    spoil(store)
    asked = run("query", store, "ASK {}")
    assert asked.exit_code == read, asked.stderr
    assert read == 0 or said in asked.stderr
    built = run("build", *written(tmp_path, [trial()]), "-o", store)
    assert built.exit_code == write, built.stderr
    assert said in built.stderr
    assert beside(tmp_path) == []


def test_what_is_in_the_way_stays(tmp_path: Path) -> None:
    (tmp_path / "file.store").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("mine")
    source = written(tmp_path, [trial()])
    for out in ("file.store", "folder"):
        result = run("build", *source, "-o", tmp_path / out)
        assert (result.exit_code, "not a store, and not empty" in result.stderr) == (2, True), result.stderr
    result = run("build", *source, "-o", tmp_path / "missing" / "s.store")
    assert (result.exit_code, "there is no folder" in result.stderr) == (2, True), result.stderr
    result = run("build", *source, "-o", tmp_path / f"{'x' * 300}.store")
    assert (result.exit_code, "File name too long" in result.stderr) == (4, True), result.stderr
    assert (tmp_path / "file.store").read_text() == (tmp_path / "folder" / "mine").read_text() == "mine"
    assert beside(tmp_path) == []


def test_the_place_of_a_store_is_judged_before_the_sources_are_read(tmp_path: Path) -> None:
    (tmp_path / "file.store").write_text("mine")
    result = run("build", tmp_path / "missing.json", "-o", tmp_path / "file.store")
    assert (result.exit_code, "not a store, and not empty" in result.stderr) == (2, True), result.stderr


def test_what_is_no_graph_to_ask(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "bad.ttl").write_text("<a> <b>")
    (tmp_path / "bad.nt.gz").write_bytes(b"\x1f\x8b\x08\x00\x00")
    (tmp_path / "file.store").write_text("mine")
    for name, said in (
        ("folder", "a directory, but no store"),
        ("missing.store", "not a graph"),
        ("missing.ttl", "cannot be read"),
        ("bad.ttl", "not a graph in .ttl"),
        ("bad.nt.gz", "not a graph in .nt"),
        ("file.store", "not a graph"),
        ("x" * 300, "not a graph"),
    ):
        result = run("query", tmp_path / name, "ASK {}")
        assert (result.exit_code, said in result.stderr) == (3, True), f"{name}: {result.stderr}"


def test_an_address_in_the_place_of_a_graph_is_told_the_option_for_it() -> None:
    result = run("query", "http://localhost:8890/sparql", "ASK {}")
    assert (result.exit_code, "query, find, similar and validate take an --endpoint" in result.stderr) == (3, True)


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", refusing)
    result = run("build", *written(tmp_path, [trial()]), "-o", tmp_path / "s.store")
    assert (result.exit_code, "s.store: cannot be written: Permission denied" in result.stderr) == (2, True)


def test_the_mark_of_a_store(tmp_path: Path) -> None:
    put(tmp_path, tmp_path / "s.store", trial())
    assert json.loads((tmp_path / "s.store" / MARK).read_text()) == {"version": 2}
