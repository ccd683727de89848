"""A server for tests: the application over a store, on a port of its own, with a client."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

from trialgraph.serve.app import application
from trialgraph.serve.settings import Limits, Settings

_ONE_WORKER = Settings(limits=Limits(workers=1))


@contextmanager
def served(store: str | Path, settings: Settings = _ONE_WORKER) -> Iterator[httpx.Client]:
    """A client of a server of a store, which ends with the block."""
    # Of TCP by name, else asyncio leaves Nagle's algorithm on, and each answer takes 40 ms more.
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(application(str(store), settings), log_level="error", lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        host, port = listening.getsockname()
        try:
            # The socket takes requests from the start; the first waits until the server is ready.
            with httpx.Client(base_url=f"http://{host}:{port}", timeout=60) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()
