"""Workers: processes that open the store for reading and run one function at a time for the server."""

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, Concatenate, ParamSpec, TypeVar

import pyoxigraph

from trialgraph.store import opened

P = ParamSpec("P")
T = TypeVar("T")


class Pool:
    """A fixed number of workers, each with the store open. `start` it before use, and `stop` it."""

    def __init__(self, path: str, workers: int = 2) -> None:
        self._path, self._count = path, workers
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        self._threads = ThreadPoolExecutor(workers)
        self._processes: list[multiprocessing.process.BaseProcess] = []

    async def start(self) -> None:
        """Start the workers."""
        context = multiprocessing.get_context("spawn")
        for _ in range(self._count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, self._path), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            self._free.put_nowait(ours)

    async def stop(self) -> None:
        """End the workers, whatever they do."""
        for process in self._processes:
            process.kill()

    async def run(self, function: Callable[Concatenate[pyoxigraph.Store, P], T], *args: P.args, **_: P.kwargs) -> T:
        """What a function of a module gives for the store and some arguments, run in a worker.

        The function is called by its name, and its arguments and its result are pickled. An exception is raised here.
        """
        worker = await self._free.get()
        try:
            loop = asyncio.get_running_loop()
            fine, result = await loop.run_in_executor(self._threads, _exchange, worker, (function, args))
        finally:
            self._free.put_nowait(worker)
        if not fine:
            raise result
        return result  # type: ignore[no-any-return]


def _exchange(worker: Connection, job: Any) -> Any:
    worker.send(job)
    return worker.recv()


def _work(connection: Connection, path: str) -> None:
    store = opened(path)
    while True:
        function, args = connection.recv()
        try:
            connection.send((True, function(store, *args)))
        except Exception as error:
            connection.send((False, error))
