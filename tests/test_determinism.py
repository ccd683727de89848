"""The same input makes the same bytes, whatever its order, the machine's settings and the number of workers."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import study

import trialgraph
from trialgraph import rendering, resources, spool, stream
from trialgraph.build import build
from trialgraph.writers import FORMATS


def samples() -> list[str]:
    """Sources with pages and records of the same trials, and names beyond ASCII."""
    return sorted(str(path) for path in resources.folder("samples").iterdir() if path.suffix != ".md")


def small(folder: Path) -> list[str]:
    """Some trials, two of them with two versions, in three files."""
    turkish = study("NCT00000005", conditionsModule={"conditions": ["İltihap", "IŞIK", "ıı"]})
    records = [study(f"NCT0000000{n}", hasResults=bool(n % 2)) for n in range(5)] + [turkish]
    updated = {"lastUpdatePostDateStruct": {"date": "2025-01-01"}, "overallStatus": "COMPLETED"}
    records += [study(f"NCT0000000{n}", statusModule=updated) for n in (1, 2)]
    files = []
    for start in range(3):
        file = folder / f"part-{start}.ndjson"
        file.write_text("\n".join(json.dumps(each) for each in records[start::3]), encoding="utf-8")
        files.append(str(file))
    return files


def bytes_of(out: Path, sources: list[str], **options: Any) -> bytes:
    build(sources, str(out), **options)
    return out.read_bytes()


@pytest.mark.parametrize("name", [*FORMATS, ".ttl.gz"])
def test_any_order_of_the_sources_makes_the_same_bytes(tmp_path: Path, name: str) -> None:
    sources = samples() + small(tmp_path)
    out = tmp_path / f"graph{name}"
    graphs = {"graphs": FORMATS[name.removesuffix(".gz")].graphs}
    first = bytes_of(out, sources, **graphs)
    chance = random.Random(7)
    for _ in range(3):
        chance.shuffle(sources)
        assert bytes_of(out, sources, **graphs) == first


def test_any_order_of_the_records_in_a_file_makes_the_same_bytes(tmp_path: Path) -> None:
    lines = [line for file in small(tmp_path) for line in Path(file).read_text(encoding="utf-8").splitlines()]
    source, out = tmp_path / "all.ndjson", tmp_path / "graph.ttl"
    chance, found = random.Random(7), set()
    for _ in range(4):
        chance.shuffle(lines)
        source.write_text("\n".join(lines), encoding="utf-8")
        found.add(bytes_of(out, [str(source)]))
    assert len(found) == 1


def test_a_source_that_is_given_twice_makes_the_same_bytes(tmp_path: Path) -> None:
    out, copy = tmp_path / "graph.ttl", tmp_path / "copy.ndjson"
    sources = small(tmp_path)
    once = bytes_of(out, sources)
    copy.write_bytes(Path(sources[0]).read_bytes())
    assert bytes_of(out, [*sources, *sources, str(copy)]) == once


def command(*arguments: str, **settings: str) -> list[bytes]:
    """What a process of its own writes to standard output and standard error."""
    paths = os.pathsep.join([str(Path(trialgraph.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths.rstrip(os.pathsep), **settings}
    done = subprocess.run(arguments, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [done.stdout, done.stderr]


@pytest.mark.parametrize(
    "settings",
    [
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "1", "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"},
        {"PYTHONHASHSEED": "2", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati"},
        {"TZ": "America/St_Johns", "COLUMNS": "20", "TERM": "dumb"},
    ],
    ids=lambda settings: "-".join(settings.values()).replace("/", "."),
)
def test_no_setting_of_the_machine_changes_a_byte(tmp_path: Path, settings: dict[str, str]) -> None:
    sources = samples() + small(tmp_path)
    expected = bytes_of(tmp_path / "expected.ttl", sources)
    out = tmp_path / "graph.ttl"
    command(sys.executable, "-m", "trialgraph", "build", *sources, "-o", str(out), **settings)
    assert out.read_bytes() == expected
    [text, _] = command(sys.executable, "-m", "trialgraph", "build", *sources, "-o", "-", "--quiet", **settings)
    assert text == expected


@pytest.mark.parametrize("name", [".ttl", ".jsonld"])
def test_two_workers_make_the_same_bytes_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    sources, out = samples() + small(tmp_path), tmp_path / f"graph{name}"
    graphs = FORMATS[name].graphs
    one = bytes_of(out, sources, graphs=graphs)
    report = build(sources, str(out), graphs=graphs)
    # Workers are not worth their start for so little, unless the thresholds say so.
    monkeypatch.setattr(spool, "_WORTH_WORKERS", 0)
    monkeypatch.setattr(stream, "_CHUNK", 3)
    again = build(sources, str(out), graphs=graphs, workers=2)
    assert out.read_bytes() == one
    assert again.as_json() | {"seconds": 0} == report.as_json() | {"seconds": 0}


#: A build that is killed when it has rendered two chunks and written one.
KILLED = """
import importlib, os, signal, sys
from trialgraph import build, stream
rendering = importlib.import_module("trialgraph.rendering")
stream._CHUNK, render, seen = 1, rendering.render, []

def dying(chunk, settings):
    seen.append(chunk)
    if len(seen) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return render(chunk, settings)

rendering.render = dying
build(sys.argv[2:], sys.argv[1])
"""


@pytest.mark.parametrize("name", [".ttl", ".nq.gz"])
def test_a_build_that_is_killed_leaves_the_old_file(tmp_path: Path, name: str) -> None:
    sources, out = small(tmp_path), tmp_path / f"graph{name}"
    old = bytes_of(out, sources[:1])
    environment = {**os.environ, "PYTHONPATH": str(Path(trialgraph.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", KILLED, str(out), *sources], env=environment, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert out.read_bytes() == old
    assert bytes_of(out, sources) != old


def test_a_build_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, out = small(tmp_path), tmp_path / "graph.ttl"
    old = bytes_of(out, sources)
    before = {*tmp_path.iterdir()}

    def failing(*arguments: object, **settings: object) -> None:
        raise MemoryError

    monkeypatch.setattr(rendering, "render", failing)
    with pytest.raises(MemoryError):
        build(sources, str(out))
    assert out.read_bytes() == old
    assert {*tmp_path.iterdir()} == before
