"""What a server works on is a copy: the user's store stays as it is, and may change meanwhile."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyoxigraph
import pytest
from tests.conftest import run, study, written

from trialgraph.errors import InputError
from trialgraph.serve import replica as module
from trialgraph.serve.replica import replica, stamp

A = pyoxigraph.NamedNode("http://example.org/a")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of one trial."""
    path = tmp_path / "one.store"
    assert run("build", *written(tmp_path, [study()]), "-o", path, "--quiet").exit_code == 0
    return path


def content(path: str | Path) -> set[pyoxigraph.Quad]:
    return set(pyoxigraph.Store.read_only(str(path)))


def files(path: Path) -> dict[str, tuple[int, int, bytes]]:
    found = sorted(path.iterdir())
    return {f.name: (f.stat().st_mtime_ns, f.stat().st_ino, f.read_bytes()) for f in found if f.is_file()}


def leftovers(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if "served-" in name]


def test_the_copy_has_what_the_store_has_and_goes_with_the_server(store: Path) -> None:
    with replica(str(store)) as copy:
        assert content(copy) == content(store)
    assert not os.path.exists(copy)
    assert leftovers(store.parent) == []


def test_what_is_written_into_the_copy_is_not_in_the_store(store: Path) -> None:
    before = files(store)
    with replica(str(store)) as copy:
        served = pyoxigraph.Store(copy)
        served.add(pyoxigraph.Quad(A, A, A))
        served.optimize()
        del served
        assert content(copy) - content(store) == {pyoxigraph.Quad(A, A, A)}
    assert files(store) == before


def test_the_copy_stays_when_the_store_is_built_anew(store: Path, tmp_path: Path) -> None:
    before = content(store)
    with replica(str(store)) as copy:
        run("build", *written(tmp_path, [study("NCT00000002")]), "-o", store, "--quiet")
        assert len(content(store)) > len(before)
        assert content(copy) == before
        shutil.rmtree(store)
        assert content(copy) == before


def test_large_files_are_links_that_take_no_space(store: Path) -> None:
    with replica(str(store)) as copy:
        linked = {file.name for file in Path(copy).glob("*.sst") if file.stat().st_nlink > 1}
        assert linked == {file.name for file in store.glob("*.sst")} != set()


def test_what_is_only_in_the_log_of_a_store_is_in_the_copy(tmp_path: Path) -> None:
    """`Store.backup` of a store that is open for reading would leave it out."""
    path = tmp_path / "x.store"
    writing = pyoxigraph.Store(str(path))
    writing.add(pyoxigraph.Quad(A, A, A))
    del writing
    with replica(str(path)) as copy:
        assert content(copy) == {pyoxigraph.Quad(A, A, A)}


def test_where_there_are_no_links_the_copy_is_a_real_one(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    with replica(str(store)) as copy:
        assert content(copy) == content(store)


def test_beside_a_store_that_cannot_be_written_to_the_copy_is_in_the_temporary_folder(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with replica(str(store)) as copy:
        assert copy.startswith(str(tmp_path / "temporary"))
        assert content(copy) == content(store)


def test_a_store_that_is_replaced_while_it_is_copied_is_copied_anew(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, built = os.link, list[bool]()

    def replace(source: str, target: str) -> None:
        if not built:
            built.append(True)
            run("build", *written(tmp_path, [study("NCT00000002")]), "-o", store, "--quiet")
        link(source, target)

    monkeypatch.setattr(os, "link", replace)
    with replica(str(store)) as copy:
        assert content(copy) == content(store)
        assert len([quad for quad in content(copy) if str(quad.object).endswith("ontology#Trial>")]) == 2


def test_no_room_for_the_copy_is_said(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(InputError, match=r"cannot be copied to .*No space left on device"), replica(str(store)):
        pass
    assert leftovers(store.parent) == []


@pytest.mark.parametrize(("name", "message"), [("nothing", "not a graph"), ("x.ttl", "cannot be read")])
def test_what_is_no_graph_is_said_and_leaves_nothing(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message), replica(str(tmp_path / name)):
        pass
    assert leftovers(tmp_path) == []


def test_a_graph_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text("<http://example.org/a> <http://example.org/a> <http://example.org/a> .")
    with replica(str(tmp_path / "x.ttl")) as copy:
        assert content(copy) == {pyoxigraph.Quad(A, A, A)}


@pytest.fixture
def killed(store: Path) -> str:
    """The folder that a killed server left."""
    code = f"""
import os, signal
from trialgraph.serve.replica import replica
with replica({str(store)!r}) as copy:
    print(copy, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = os.environ | {"PYTHONPATH": str(Path(module.__file__).parents[2])}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    return ran.stdout.strip()


def test_what_a_killed_server_left_goes_at_the_next_start(store: Path, killed: str) -> None:
    assert os.path.exists(killed)
    with replica(str(store)):
        assert not os.path.exists(killed)
        assert len(leftovers(store.parent)) == 1


def test_what_another_server_uses_stays(store: Path) -> None:
    with replica(str(store)) as first, replica(str(store)) as second:
        assert first != second
        assert content(first) == content(second)
    assert leftovers(store.parent) == []


def test_a_stamp_changes_with_the_store_alone(store: Path, tmp_path: Path) -> None:
    before = stamp(str(store))
    (store / "catalogue.sqlite").write_text("kept here")
    with replica(str(store)):
        assert stamp(str(store)) == before
    run("build", *written(tmp_path, [study("NCT00000002")]), "-o", store, "--quiet")
    assert stamp(str(store)) != before
