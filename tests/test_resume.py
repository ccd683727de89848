"""Builds that end early: what they leave, what is said of it, and builds of stores that go on where they were."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import run, study, written

from trialgraph import build, distinct, rendering, storing, stream
from trialgraph.distinct import Distinct
from trialgraph.errors import InputError, TrialgraphError, UsageError
from trialgraph.locks import held, locked
from trialgraph.report import BuildReport
from trialgraph.said import NAME
from trialgraph.store import opened

TRIALS = 10
#: Each has a sponsor of its own, a condition that all share, and a value that is kept as text; the last is no record.
RECORDS = [
    study(
        f"NCT{number:08}",
        sponsorCollaboratorsModule={"leadSponsor": {"name": f"Sponsor {number}", "class": "INDUSTRY"}},
        statusModule={"overallStatus": "RECRUITING", "startDateStruct": {"date": f"soon {number}"}},
    )
    for number in range(1, TRIALS + 1)
] + [{"protocolSection": {}}]


class Progress:
    """Ends a build with an error at a step: "building 6" when six trials are built, "optimising 0" at the end."""

    def __init__(self, step: str = "", error: BaseException | None = None) -> None:
        self.step, self.error, self.steps = step, error, list[str]()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        self.steps.append(f"{stage} {done}")
        if self.error and self.steps[-1] == self.step:
            raise self.error


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records of which a build takes two at a time, and loads them at once."""
    monkeypatch.setattr(stream, "_CHUNK", 2)
    monkeypatch.setattr(storing, "_BATCH", 1)
    return written(tmp_path, RECORDS)


def beside(folder: Path) -> list[str]:
    """What is hidden in a folder."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def facts(report: BuildReport) -> dict[str, Any]:
    """What a report says of the graph, without the time that the build took."""
    return {**report.as_json(), "seconds": 0, "output": ""}


def said(store: Path) -> list[tuple[str, bytes]]:
    """What a store notes that each trial says of shared things."""
    with closing(sqlite3.connect(store / NAME)) as table:
        return [(nct_id, bytes(sorted(each))) for nct_id, each in table.execute("SELECT * FROM said ORDER BY nct_id")]


def broken_off(sources: list[str], store: Path, step: str, error: BaseException | None = None) -> BaseException:
    """The error by which the build of a store ends at a step."""
    with pytest.raises(BaseException, match="here") as caught:
        build(sources, store, progress=Progress(step, error or KeyboardInterrupt("here")))
    return caught.value


@pytest.mark.parametrize("error", [KeyboardInterrupt("here"), OSError(28, "here"), MemoryError("here")])
@pytest.mark.parametrize("step", ["building 4", "building 8", "building 10", "optimising 0"])
def test_a_build_that_goes_on_ends_as_one_that_never_stopped(
    tmp_path: Path, sources: list[str], step: str, error: BaseException
) -> None:
    broken_off(sources, tmp_path / "s.store", step, error)
    told, progress = list[str](), Progress()
    report = build(sources, tmp_path / "s.store", resume=True, tell=told.append, progress=progress)
    whole = build(sources, tmp_path / "whole.store")
    assert facts(report) == facts(whole)
    assert set(opened(str(tmp_path / "s.store"))) == set(opened(str(tmp_path / "whole.store")))
    assert said(tmp_path / "s.store") == said(tmp_path / "whole.store")
    loaded = {"building 4": 2, "building 8": 6, "building 10": 8, "optimising 0": 10}[step]
    [line] = told
    assert line.endswith(f"s.store: going on after NCT{loaded:08}; {loaded} trials had been loaded")
    assert f"building {loaded}" not in progress.steps
    assert progress.steps[-3:] == ["what trials share 0", "loading 0", "optimising 0"]
    assert beside(tmp_path) == []


def test_what_trials_share_is_whole_where_batches_end_amid_it(
    tmp_path: Path, sources: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distinct, "_MOST", 1)
    monkeypatch.setattr(rendering, "_SHARED_CHUNK", 1)
    build(sources[:4], tmp_path / "s.store")
    build(sources[:4], tmp_path / "s.nq")
    assert set(opened(str(tmp_path / "s.store"))) == set(opened(str(tmp_path / "s.nq")))


def test_the_part_of_a_file_that_a_killed_build_left_is_not_taken_for_texts(tmp_path: Path, sources: list[str]) -> None:
    broken_off(sources, tmp_path / "s.store", "building 6")
    [left] = beside(tmp_path)
    (tmp_path / left / "shared" / ".000001.abcdefgh.part").write_text("<http://example.org/a> <http://exa")
    build(sources, tmp_path / "s.store", resume=True)
    build(sources, tmp_path / "whole.store")
    assert set(opened(str(tmp_path / "s.store"))) == set(opened(str(tmp_path / "whole.store")))


def test_a_build_that_is_broken_off_twice_goes_on_twice(tmp_path: Path, sources: list[str]) -> None:
    broken_off(sources, tmp_path / "s.store", "building 4")
    with pytest.raises(KeyboardInterrupt):
        build(sources, tmp_path / "s.store", resume=True, progress=Progress("building 8", KeyboardInterrupt()))
    report = build(sources, tmp_path / "s.store", resume=True)
    assert facts(report) == facts(build(sources, tmp_path / "whole.store"))
    assert set(opened(str(tmp_path / "s.store"))) == set(opened(str(tmp_path / "whole.store")))


def test_what_is_kept_is_told(tmp_path: Path, sources: list[str]) -> None:
    [note] = broken_off(sources, tmp_path / "s.store", "building 4").__notes__
    [left] = beside(tmp_path)
    assert note == f"{tmp_path / left} keeps what is done; --resume goes on with it, any other build removes it"
    assert not (tmp_path / "s.store").exists()


def test_a_build_that_loaded_nothing_leaves_nothing(tmp_path: Path, sources: list[str]) -> None:
    error = broken_off(sources, tmp_path / "s.store", "building 2")
    assert not hasattr(error, "__notes__")
    assert beside(tmp_path) == []


def test_a_build_that_another_run_is_at_does_not_begin_anew(tmp_path: Path, sources: list[str]) -> None:
    def another(stage: str, done: int, total: int | None) -> None:
        if (stage, done) == ("building", 6):
            with pytest.raises(InputError, match="another run is building it of the same files; wait for it to end"):
                build(sources, tmp_path / "s.store", resume=True)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(sources, tmp_path / "s.store", progress=another)
    assert build(sources, tmp_path / "s.store", resume=True).trials == TRIALS


def test_where_no_lock_can_be_had_nobody_is_taken_to_hold_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def unsupported(*arguments: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    lock = locked(tmp_path)
    assert lock is not None
    assert held(tmp_path)
    monkeypatch.setattr(fcntl, "flock", unsupported)
    assert not held(tmp_path)
    os.close(lock)
    assert not held(tmp_path / "gone")


def test_what_is_kept_is_told_and_held_from_before_anything_is_read(tmp_path: Path, sources: list[str]) -> None:
    broken_off(sources, tmp_path / "s.store", "building 6")
    [left] = beside(tmp_path)
    told = list[str]()

    def another(stage: str, done: int, total: int | None) -> None:
        assert told[0].endswith("going on after NCT00000004; 4 trials had been loaded")
        with pytest.raises(InputError, match="another run is building it"):
            build(sources, tmp_path / "s.store", resume=True)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        build(sources, tmp_path / "s.store", resume=True, progress=another, tell=told.append)
    assert caught.value.__notes__[0].startswith(f"{tmp_path / left} keeps what is done")
    assert build(sources, tmp_path / "s.store", resume=True).trials == TRIALS


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_read(
    tmp_path: Path, sources: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    progress = Progress()
    with pytest.raises(UsageError, match=f"the folder {tmp_path} is not writable"):
        build(sources, tmp_path / "s.store", progress=progress)
    assert progress.steps == []


@pytest.mark.parametrize("out", ["t.nt", "s.store"])
def test_where_temporary_files_have_no_room_the_error_says_so(
    tmp_path: Path, sources: list[str], monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    class Full(BytesIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:  # which writes what waits, too
            self.flush()

    monkeypatch.setattr(distinct, "TemporaryFile", Full)
    monkeypatch.setattr(distinct, "_MOST", 1)
    with pytest.raises(TrialgraphError, match=r"^temporary files: No space left on device; TMPDIR can name a folder"):
        build(sources, tmp_path / out)
    assert beside(tmp_path) == []


def test_a_build_may_open_more_files_than_the_system_lets_it_at_first(tmp_path: Path, sources: list[str]) -> None:
    resource = pytest.importorskip("resource")
    first, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
    try:
        build(sources[:1], tmp_path / "s.store")
        now, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert now == (8192 if most == resource.RLIM_INFINITY else min(8192, most))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (first, most))


def without_resume(sources: list[str]) -> dict[str, Any]:
    return {}


def other_options(sources: list[str]) -> dict[str, Any]:
    return {"resume": True, "contacts": "none"}


def a_changed_file(sources: list[str]) -> dict[str, Any]:
    Path(sources[0]).touch()
    os.utime(sources[0], ns=(1, 1))
    return {"resume": True}


def another_file(sources: list[str]) -> dict[str, Any]:
    sources.pop()
    return {"resume": True}


@pytest.mark.parametrize("change", [without_resume, other_options, a_changed_file, another_file])
def test_what_was_left_of_another_build_is_removed(
    tmp_path: Path, sources: list[str], change: Callable[[list[str]], dict[str, Any]]
) -> None:
    broken_off(sources, tmp_path / "s.store", "building 4")
    [left] = beside(tmp_path)
    told, options = list[str](), change(sources)
    build(sources, tmp_path / "s.store", tell=told.append, **options)
    assert told[0] == f"{tmp_path / left}: removed; a run that was killed had left it"
    anew = "no unfinished build of the same files with the same options; built from the beginning"
    assert [line.rpartition(": ")[2] for line in told[1:]] == ([anew] if options else [])
    build(sources, tmp_path / "whole.store", **{key: value for key, value in options.items() if key != "resume"})
    assert set(opened(str(tmp_path / "s.store"))) == set(opened(str(tmp_path / "whole.store")))
    assert beside(tmp_path) == []


def test_a_whole_store_is_updated(tmp_path: Path, sources: list[str]) -> None:
    build(sources, tmp_path / "s.store")
    assert build(sources, tmp_path / "s.store", resume=True).changes == {"unchanged": TRIALS}


_KILLED = """
import os, signal, sys
from trialgraph import build, storing, stream
stream._CHUNK, storing._BATCH = 2, 1
def progress(stage, done, total):
    if (stage, done) == ("building", 6):
        os.kill(os.getpid(), signal.SIGKILL)
build(sys.argv[2:], sys.argv[1], progress=progress)
"""


def killed(out: Path, sources: list[str]) -> None:
    """Kill a build in the middle."""
    environment = os.environ | {"PYTHONPATH": str(Path(storing.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", _KILLED, str(out), *sources], env=environment, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_a_killed_build_of_a_store_goes_on(tmp_path: Path, sources: list[str]) -> None:
    killed(tmp_path / "s.store", sources)
    result = run("build", *sources, "-o", tmp_path / "s.store", "--resume", "--workers", "1")
    assert result.exit_code == 0
    assert "going on after NCT00000004; 4 trials had been loaded" in result.stderr
    build(sources, tmp_path / "whole.store")
    assert set(opened(str(tmp_path / "s.store"))) == set(opened(str(tmp_path / "whole.store")))


def test_what_a_killed_build_left_of_a_file_is_removed_and_said(tmp_path: Path, sources: list[str]) -> None:
    (tmp_path / "t.nt").write_text("old")
    killed(tmp_path / "t.nt", sources)
    assert (tmp_path / "t.nt").read_text() == "old"
    [left] = beside(tmp_path)
    result = run("build", *sources, "-o", tmp_path / "t.nt", "--workers", "1")
    assert f"{left}: removed; a run that was killed had left it" in result.stderr
    assert beside(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_a_build_that_is_asked_to_end_says_what_is_kept(
    tmp_path: Path, sources: list[str], monkeypatch: pytest.MonkeyPatch, number: int, status: int, said: str
) -> None:
    load = storing._load

    def stopped(*arguments: Any) -> bool:
        more = load(*arguments)
        if not more:
            os.kill(os.getpid(), number)
        return more

    monkeypatch.setattr(storing, "_load", stopped)
    handler = signal.getsignal(signal.SIGTERM)
    try:
        result = run("build", *sources, "-o", tmp_path / "s.store", "--workers", "1")
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (status, f"trialgraph: {said}; no output was changed")
    assert "--resume goes on with it" in result.stderr


@pytest.mark.parametrize(
    ("source", "out", "said"),
    [
        ("input-0", "t.nt", "t.nt is written from its beginning; only the build of a store can go on"),
        ("-", "s.store", "standard input cannot be read again; name files"),
    ],
)
def test_what_cannot_go_on(tmp_path: Path, sources: list[str], source: str, out: str, said: str) -> None:
    given_source = source if source == "-" else tmp_path / source
    result = run("build", given_source, "-o", tmp_path / out, "--resume", stdin=b"{}")
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


TEXTS = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=3)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(TEXTS)), st.lists(st.lists(TEXTS)), st.integers(0, 3))
def test_distinct_texts_are_those_of_a_sorted_set(before: list[list[str]], after: list[list[str]], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(distinct, "_MOST", most)
        first = Distinct()
        for texts in before:
            first.add(texts)
            first.save(Path(folder, "runs"))
        first.save(Path(folder, "runs"))
        second = Distinct(Path(folder, "runs"))
        for texts in after:
            second.add(texts)
        reading = iter(second)
        begun = list(islice(reading, 1))
        second.save(Path(folder, "runs"))  # which must not move those who read
        assert begun + list(reading) == sorted({text for texts in before + after for text in texts})
        assert list(first) == sorted({text for texts in before for text in texts})
        assert list(second) == sorted({text for texts in before + after for text in texts})
        first.close()
        second.close()
