"""A server that runs: on an address, until it is told to stop."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette

from trialgraph.errors import TrialgraphError, UsageError
from trialgraph.report import plural
from trialgraph.serve import parts
from trialgraph.serve.app import application
from trialgraph.serve.graph import Graph, prepared
from trialgraph.serve.hosts import is_loopback
from trialgraph.serve.pool import Pool
from trialgraph.serve.settings import Settings

_GRACE = 3  # seconds for what is being answered when the server is told to stop
_ADDRESS = 1 << 18  # bytes of a request's head: a query of 64 KiB, percent-encoded
_BACKLOG = 2_048
_ANY = ("0.0.0.0", "::", "")  # all addresses of the machine


class _Server(uvicorn.Server):
    """Ends what takes too long when it is told to stop, so that whoever waits for it gets an answer."""

    def __init__(self, config: uvicorn.Config, pool: Pool, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._pool, self._ready = pool, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._ready()

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
    with _socket(settings) as bound, suppress(KeyboardInterrupt):  # which the server passes on when it has stopped
        url = _url(settings, bound)
        if lacking := parts.missing():
            say("\n".join([*lacking, f"to have all of it, {parts.GET}"]))
        if not is_loopback(settings.host):
            say(exposed(settings))
        with prepared(path, settings, settings.url or url, say) as graph:
            app = application(graph.path, settings, graph, say)
            server = _Server(_config(app), app.state.site.pool, lambda: say(_serving(graph, url)))
            asyncio.run(server.serve(sockets=[bound]))
            if not server.started:
                raise TrialgraphError(f"{path}: the server could not start; the lines above say why")


def _serving(graph: Graph, url: str) -> str:
    trials = plural(graph.counts.trials, "trial")
    return f"serving {trials} of {graph.name} at {url} (Ctrl-C stops)"


def _url(settings: Settings, bound: socket.socket) -> str:
    """The address of the server, as this machine knows it."""
    host = socket.gethostname() if settings.host in _ANY else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{bound.getsockname()[1]}/"


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
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
