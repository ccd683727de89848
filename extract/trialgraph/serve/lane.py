"""Lanes: the workers for one kind of jobs, some at work, some that stand ready for when others are killed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trialgraph.errors import TrialgraphError
from trialgraph.serve.process import Worker

#: Seconds to wait before a worker is started again that could not be started.
_PAUSE = 1.0

_LOG = logging.getLogger(__name__)


class BusyError(TrialgraphError):
    """Too many wait for a worker already, or one was not to be had in time."""


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
