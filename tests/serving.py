"""Serves graphs on a free port, with limits that are small enough to meet."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pyoxigraph
import uvicorn
from starlette.applications import Starlette
from tests.conftest import run, written

from trialgraph.serve.app import application
from trialgraph.serve.graph import prepared
from trialgraph.serve.running import _socket
from trialgraph.serve.settings import Limits, Settings

#: A query that no engine answers in time: 2,000 statements, each with each other, with a filter that holds for none.
RUNAWAY = "ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER (CONCAT(STR(?c), STR(?f), STR(?i)) = 'no') }"
#: Limits that a test meets in moments, but for the time: a busy machine is slow, so a test that waits for its end asks
#: for less.
SMALL = Limits(seconds=60, rows=1_000, memory=1 << 28, body=1 << 18, workers=2)
#: For tests that only read: each worker takes a third of a second to start, and has a test wait for the others.
FEW = msgspec.structs.replace(SMALL, workers=1, spare=0, pages=1)


def store_of(folder: Path, *quads: pyoxigraph.Quad, graphs: tuple[str, ...] = ()) -> str:
    """The path of a store with some statements, and some graphs that may be empty."""
    path = str(folder / "test.store")
    store = pyoxigraph.Store(path)
    store.extend(quads)
    for graph in graphs:
        store.add_graph(pyoxigraph.NamedNode(graph))
    store.flush()
    return path


def built(folder: Path, *records: dict[str, Any]) -> str:
    """The path of a store that `build` makes of some records."""
    path = folder / "trials.store"
    assert run("build", *written(folder, records), "-o", path, "--workers", "1", "-q").exit_code == 0
    return str(path)


def many(count: int = 2_000) -> list[pyoxigraph.Quad]:
    """As many statements: a ring of things, of which each has the next one."""
    things = [pyoxigraph.NamedNode(f"http://example.org/{number}") for number in range(count)]
    following = pyoxigraph.NamedNode("http://example.org/next")
    return [pyoxigraph.Quad(thing, following, things[(n + 1) % count]) for n, thing in enumerate(things)]


@contextmanager
def served(path: str, limits: Limits = FEW, settings: Settings | None = None) -> Iterator[httpx.Client]:
    """A client of a server of a store as it stands, without what describes it."""
    chosen = msgspec.structs.replace(settings or Settings(), port=0, limits=limits)
    with _socket(chosen) as listening, _running(application(path, chosen), listening) as client:
        yield client


@contextmanager
def ready(path: Path | str, **settings: Any) -> Iterator[httpx.Client]:
    """A client of a server of a graph that was made ready, as the command does it."""
    chosen = Settings(port=0, limits=FEW, **settings)
    with (
        _socket(chosen) as listening,
        prepared(str(path), chosen, _url(listening), lambda line: None) as graph,
        _running(application(graph.path, chosen, graph), listening) as client,
    ):
        yield client


@contextmanager
def _running(app: Starlette, listening: socket.socket) -> Iterator[httpx.Client]:
    """A client of a server that runs in a thread."""
    config = uvicorn.Config(app, log_level="critical", lifespan="on", ws="none", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive())
        with httpx.Client(base_url=_url(listening).rstrip("/"), timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def _url(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}/"


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds, which fails the test when it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "does not come to hold"
        time.sleep(0.01)


def replaced(client: httpx.Client) -> int:
    """How many workers for queries a server has replaced."""
    line = next(each for each in client.get("/metrics").text.splitlines() if 'replaced_total{for="queries"}' in each)
    return int(line.split()[-1])
