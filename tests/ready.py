"""A graph that is made ready and served, as the command does it, for tests."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

from trialgraph.serve.app import application
from trialgraph.serve.graph import prepared
from trialgraph.serve.running import _socket
from trialgraph.serve.settings import Limits, Settings


@contextmanager
def ready(path: Path | str, **settings: object) -> Iterator[httpx.Client]:
    """A client of a server of a graph, on a port of its own."""
    chosen = Settings(**{"port": 0, "limits": Limits(workers=1), **settings})  # type: ignore[arg-type]
    with _socket(chosen) as socket:
        url = f"http://127.0.0.1:{socket.getsockname()[1]}/"
        with prepared(str(path), chosen, url, lambda line: None) as graph:
            config = uvicorn.Config(application(graph.path, chosen, graph), log_level="critical", ws="none")
            server = uvicorn.Server(config)
            thread = threading.Thread(target=lambda: asyncio.run(server.serve([socket])))
            thread.start()
            try:
                while not server.started and thread.is_alive():
                    time.sleep(0.01)
                with httpx.Client(base_url=url.rstrip("/"), timeout=60) as client:
                    yield client
            finally:
                server.should_exit = True
                thread.join()
