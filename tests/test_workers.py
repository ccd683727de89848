"""Workers give what they make in order, write a graph file together, and leave no part of one when it fails."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tests.conftest import study

from trialgraph import rendering, spool, stream
from trialgraph.build import build
from trialgraph.errors import GraphError, TrialgraphError
from trialgraph.workers import Workers
from trialgraph.writers.placed import Place, keep, write

resource = pytest.importorskip("resource")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """More trials than are on their way at a time, one a chunk; the first cannot be read, so its chunk has no text."""
    monkeypatch.setattr(spool, "_WORTH_WORKERS", 0)
    monkeypatch.setattr(stream, "_CHUNK", 1)
    records = [json.dumps(study(f"NCT000000{n:02}", conditionsModule={"conditions": ["Asthma"]})) for n in range(12)]
    file = tmp_path / "studies.ndjson"
    file.write_bytes("\n".join(records).encode().replace(b"Asthma", b"\xff", 1))
    return str(file)


@contextmanager
def small_files(largest: int) -> Iterator[None]:
    """No process can make a larger file, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def killed(*_: object, **__: object) -> NoReturn:
    """What a worker does for which there is no memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_what_workers_make_comes_in_order_and_each_does_what_is_for_each() -> None:
    with closing(Workers(2)) as workers:
        assert workers.each(os.getpid) == [os.getpid()]
        workers.start()
        assert list(workers.map(abs, range(-50, 0))) == list(range(50, 0, -1))
        found = workers.each(os.getpid)
    assert len({*found, os.getpid()}) == 3


@pytest.mark.parametrize("name", [".ttl", ".ttl.gz"])
def test_what_workers_write_together_has_the_same_bytes_as_what_one_writes(
    tmp_path: Path, source: str, name: str
) -> None:
    out = tmp_path / f"graph{name}"
    report = build(source, out).as_json()
    alone = out.read_bytes()
    together = build(source, out, workers=2).as_json()
    assert out.read_bytes() == alone
    assert together | {"seconds": 0} == report | {"seconds": 0}
    assert (report["trials"], report["counts"]["rejected"]) == (11, 1)


def test_a_text_is_kept_until_its_place_is_known(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    assert (keep(3, [b"later", b"!"]), keep(1, [b"first"])) == (6, 5)
    assert write(str(file), {0: Place(0, b"of another"), 1: Place(10, b": ")}) == [1]
    assert write(str(file), {1: Place(10, b": "), 3: Place(17, b", ")}) == [3]
    assert file.read_bytes() == bytes(10) + b": first, later!"


def test_a_disk_that_is_full_when_a_worker_writes_is_told_and_leaves_the_old_file(tmp_path: Path, source: str) -> None:
    out = tmp_path / "graph.nt"
    out.write_text("as it was")
    message = r"graph\.nt: cannot be written: File too large"
    with small_files(8_000), pytest.raises(TrialgraphError, match=message):
        build(source, out, workers=2)
    assert out.read_text() == "as it was"
    assert {*tmp_path.iterdir()} == {out, Path(source)}


@pytest.mark.parametrize("work", ["_render_into", "write"])
def test_a_worker_that_is_killed_is_told_and_leaves_the_old_file(
    tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch, work: Any
) -> None:
    out = tmp_path / "graph.nt"
    out.write_text("as it was")
    monkeypatch.setattr(rendering, work, killed)
    with pytest.raises(GraphError, match=r"a worker process was killed; is there enough memory\?"):
        build(source, out, workers=2)
    assert out.read_text() == "as it was"
    assert {*tmp_path.iterdir()} == {out, Path(source)}
