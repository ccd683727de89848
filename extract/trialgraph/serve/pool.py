"""Workers: processes that open the store for reading and run one function at a time for the server.

Pages and queries have workers of their own, so that no query keeps a page waiting. A worker that takes too long, that
crashes or that nobody waits for any more is killed, and one that stands ready takes its place.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

import pyoxigraph

from trialgraph.errors import GraphError, TrialgraphError
from trialgraph.serve.process import LostError, Take, Worker
from trialgraph.serve.worker import Output

P = ParamSpec("P")
T = TypeVar("T")

#: Workers for pages, and those that stand ready beside the ones that answer queries.
_PAGES, _SPARE = 2, 2
#: Seconds until a query counts as a long one, which must not hold up others.
_LONG = 0.1
#: Seconds to wait before a worker is started again that could not be started.
_PAUSE = 1.0

_LOG = logging.getLogger(__name__)


class BusyError(TrialgraphError):
    """Too many wait for a worker already, or one was not to be had in time."""


class SlowError(GraphError):
    """A job that took longer than it may."""


class Lane:
    """The workers for one kind of jobs: `size` of them work at once, and `spare` ones stand ready."""

    def __init__(
        self,
        size: int,
        spare: int = 0,
        memory: int = 0,
        waiting: int = 10_000,
        patience: float | None = None,
    ) -> None:
        self._path, self._count, self._memory = "", size + spare, memory
        self._most, self._patience = waiting, patience
        self._turns = asyncio.Semaphore(size)
        self._ready: asyncio.Queue[Worker] = asyncio.Queue()
        self._workers: set[Worker] = set()  # also those that start
        self._starting: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self.busy = self.waiting = self.replaced = 0
        self.stopped = False

    @property
    def alive(self) -> int:
        """How many workers work or stand ready."""
        return self.busy + self._ready.qsize()

    async def start(self, path: str) -> None:
        """Start the workers on a store, and wait for the first. Raises InputError if the store cannot be read."""
        self._path = path
        await self._add()
        for _ in range(self._count - 1):
            self._replace()

    async def stop(self) -> None:
        """End the workers, whatever they do."""
        self.stopped = True
        while self._workers or self._starting:
            for worker in [*self._workers]:
                self._end(worker)
            await asyncio.gather(*self._starting)
        await asyncio.gather(*self._ending)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Worker]:
        """A worker that is ready. Raises BusyError if too many wait, if this waits too long, or if the server stops."""
        if self.waiting >= self._most:
            raise BusyError(f"{self.waiting} queries wait already; try again later")
        self.waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._turns.acquire()
                try:
                    worker = await self._next()
                except BaseException:
                    self._turns.release()
                    raise
        except TimeoutError:
            raise BusyError(f"no worker was free within {self._patience:g} s; try again later") from None
        finally:
            self.waiting -= 1
        self.busy += 1
        try:
            yield worker
        finally:
            self.busy -= 1
            self._turns.release()
            self._give_back(worker)

    async def _next(self) -> Worker:
        if self.stopped:
            raise BusyError("the server stops")
        while not (worker := await self._ready.get()).fit:  # something else ended it
            self._give_back(worker)
        return worker

    def _give_back(self, worker: Worker) -> None:
        if worker.fit:
            self._ready.put_nowait(worker)
            return
        if worker in self._workers:  # else the lane has stopped
            self._end(worker)
            self.replaced += 1
            self._replace()

    def _end(self, worker: Worker) -> None:
        self._workers.discard(worker)
        worker.kill()
        self._keep(asyncio.create_task(worker.ended()), self._ending)

    def _replace(self) -> None:
        self._keep(asyncio.create_task(self._add_some_time()), self._starting)

    def _keep(self, task: asyncio.Task[None], among: set[asyncio.Task[None]]) -> None:
        among.add(task)
        task.add_done_callback(among.discard)

    async def _add(self) -> None:
        worker = await Worker.started(self._path, self._memory)
        self._workers.add(worker)
        try:
            await worker.opened()
        except BaseException:
            self._end(worker)
            raise
        self._ready.put_nowait(worker)

    async def _add_some_time(self) -> None:
        while not self.stopped:
            try:
                await self._add()
                break
            except (TrialgraphError, OSError) as error:
                if not self.stopped:
                    _LOG.warning("a worker cannot be started: %s", error)
                    await asyncio.sleep(_PAUSE)


class Pool:
    """Workers with the store open. `start` them before use, and `stop` them.

    `workers` queries are answered at once, each in at most `memory` bytes beside the store, and at most `waiting` wait,
    and no longer than `patience` seconds.
    """

    def __init__(
        self, path: str, workers: int = 2, memory: int = 0, waiting: int = 100, patience: float = 30.0
    ) -> None:
        self._path = path
        self.pages = Lane(_PAGES)
        self.queries = Lane(workers, _SPARE, memory, waiting, patience)

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
            lower = asyncio.get_running_loop().call_later(_LONG, worker.lower)
            try:
                result: T = await _within(seconds, worker, True, function, args, take)
            except LostError as error:
                if self.queries.stopped:
                    raise BusyError("the server stops") from error
                raise
            finally:
                lower.cancel()
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


__all__ = ["BusyError", "Lane", "LostError", "Pool", "SlowError"]
