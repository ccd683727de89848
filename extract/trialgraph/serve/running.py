"""A server that runs: on an address, until it is told to stop."""

import asyncio
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pyoxigraph
import uvicorn

from trialgraph.errors import UsageError
from trialgraph.serve.app import application
from trialgraph.serve.hosts import is_loopback
from trialgraph.serve.pool import Pool
from trialgraph.serve.settings import Settings
from trialgraph.store import is_graph, load, opened

_GRACE = 3  # seconds for what is being answered when the server is told to stop
_ADDRESS = 1 << 18  # bytes of a request's head: a query of 64 KiB, percent-encoded
_BACKLOG = 2_048


class _Server(uvicorn.Server):
    """Ends what takes too long when it is told to stop, so that whoever waits for it gets an answer."""

    def __init__(self, config: uvicorn.Config, pool: Pool) -> None:
        super().__init__(config)
        self._pool = pool

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and wait for what is being answered."""
        ending = asyncio.create_task(self._end())
        await super().shutdown(sockets)
        ending.cancel()

    async def _end(self) -> None:
        await asyncio.sleep(_GRACE)
        await self._pool.stop()


def serve(path: str, settings: Settings, say: Callable[[str], None]) -> None:
    """Serve a graph until SIGINT or SIGTERM. `say` is told where it listens, and what it shows to whom.

    Raises UsageError if it cannot listen there, and InputError if the graph cannot be read.
    """
    with on_disk(path) as store, _socket(settings) as listening:
        opened(store)
        app = application(store, settings)
        app.state.site.name = path
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        say(f"serving {path} at http://{host}:{listening.getsockname()[1]}/ (Ctrl-C stops)")
        if not is_loopback(settings.host):
            say(exposed(settings))
        config = uvicorn.Config(
            app,
            access_log=False,  # it would keep the addresses of those who ask
            h11_max_incomplete_event_size=_ADDRESS,
            http="h11",
            lifespan="on",
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=2 * _GRACE,
            ws="none",
        )
        with suppress(KeyboardInterrupt):  # which the server passes on when it has stopped
            asyncio.run(_Server(config, app.state.site.pool).serve(sockets=[listening]))


@contextmanager
def on_disk(path: str) -> Iterator[str]:
    """The path of a store: a graph in a file becomes one in a temporary folder, so that the workers share it.

    Raises InputError if it cannot be read.
    """
    if not is_graph(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="trialgraph-") as folder:
        store = pyoxigraph.Store(folder)
        load(store, path)
        store.flush()
        del store  # closed before others open it
        yield folder


def exposed(settings: Settings) -> str:
    """What a server shows that others than this machine can reach."""
    contacts = {
        "full": "with the names, telephone numbers and e-mail addresses of contacts (--contacts none hides them)",
        "names": "with the names of contacts (--contacts none hides them)",
        "none": "without contacts",
    }
    return (
        f"warning: everyone who can reach {settings.host}:{settings.port} reads the whole graph, "
        f"{contacts[settings.contacts]}, asks any query, and needs no password; there is no encryption"
    )


def _socket(settings: Settings) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"--host {settings.host}: no address of this machine: {error.strerror}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"--port {settings.port}: cannot listen at {settings.host}: {error.strerror}; --port 0 takes a free one"
        ) from error
    return listening
