"""Workers: processes that open the store for reading and run one function at a time for the server.

Pages and queries have workers of their own, so that no query keeps a page waiting. A worker that takes too long, that
crashes or that nobody waits for any more is killed, and one that stands ready takes its place.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import pyoxigraph

from trialgraph.errors import GraphError
from trialgraph.serve.lane import BusyError, Lane
from trialgraph.serve.process import LostError, Take, Worker
from trialgraph.serve.settings import Limits
from trialgraph.serve.worker import Output

P = ParamSpec("P")
T = TypeVar("T")


class SlowError(GraphError):
    """A job that took longer than it may."""


class Pool:
    """Workers with the store open, as many as the limits say. `start` them before use, and `stop` them.

    A query waits for a worker no longer than `patience` seconds.
    """

    def __init__(self, path: str, limits: Limits, patience: float = 30.0) -> None:
        self._path = path
        self.pages = Lane(limits.pages)
        self.queries = Lane(limits.workers, limits.spare, limits.memory, limits.waiting, patience)

    async def start(self) -> None:
        """Start the workers. Raises InputError if the graph cannot be read."""
        try:
            await asyncio.gather(self.pages.start(self._path), self.queries.start(self._path))
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the workers, whatever they do."""
        await asyncio.gather(self.pages.stop(), self.queries.stop())

    async def run(self, function: Callable[Concatenate[pyoxigraph.Store, P], T], *args: P.args, **_: P.kwargs) -> T:
        """What a function of a module gives for the store and some arguments, run in a worker for pages.

        The function is called by its name, and its arguments and its result are pickled. An exception is raised here.
        Only for functions of ours: they have no limits. Raises LostError if the worker ends.
        """
        return await self._run(None, function, args)

    async def run_within(
        self, seconds: float, function: Callable[Concatenate[pyoxigraph.Store, P], T], *args: P.args, **_: P.kwargs
    ) -> T:
        """As `run`, but raises SlowError for what takes longer; its worker is killed."""
        return await self._run(seconds, function, args)

    async def _run(self, seconds: float | None, function: Callable[..., T], args: tuple[Any, ...]) -> T:
        async with self.pages.worker() as worker:
            result: T = await _within(seconds, worker, False, function, args, None)
        return result

    async def stream(
        self,
        seconds: float,
        take: Take,
        function: Callable[Concatenate[pyoxigraph.Store, Output, P], T],
        *args: P.args,
        **_: P.kwargs,
    ) -> T:
        """What a function gives that answers a query, and what it writes to its output, in pieces, to `take`.

        It is run in a worker for queries, which has a memory limit and gets the lowest priority when it takes long.
        Raises BusyError, SlowError for what takes longer than some seconds, LostError if the worker ends. Cancelling
        this ends the worker.
        """
        async with self.queries.worker() as worker:
            try:
                result: T = await _within(seconds, worker, True, function, args, take)
            except LostError as error:
                if self.queries.stopped:
                    raise BusyError("the server stops") from error
                raise
        return result


async def _within(
    seconds: float | None,
    worker: Worker,
    streams: bool,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    take: Take | None,
) -> Any:
    try:
        async with asyncio.timeout(seconds) as limit:
            return await worker.call(streams, function, args, take)
    except TimeoutError:
        if not limit.expired():
            raise  # an error of the function
        raise SlowError(f"exceeded {seconds:g} s") from None


__all__ = ["BusyError", "LostError", "Pool", "SlowError"]
