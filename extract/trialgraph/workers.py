"""Processes that work side by side on chunks of what there is to do; what they make of them comes in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from trialgraph.errors import GraphError

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future
    from multiprocessing.synchronize import Barrier

Chunk = TypeVar("Chunk")
Done = TypeVar("Done")


class Workers:
    """So many processes. Until they are started, and if it is only one, this process does the work itself.

    With `overlap`, a single one has two threads, for a function that spends much of its time outside Python.
    """

    def __init__(self, count: int, overlap: bool = False) -> None:
        self.count = count
        self._overlap = overlap
        self._pool: Executor | None = None
        self._running: deque[Future[Any]] = deque()

    @property
    def are_apart(self) -> bool:
        """Whether processes other than this one do the work."""
        return self._pool is not None and self.count > 1

    def start(self) -> None:
        """Begin to start the processes, which takes them some tenths of a second, unless that was done."""
        if self._pool or (self.count == 1 and not self._overlap):
            return
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor  # slow, and only of use here
        from multiprocessing import get_context

        if self.count == 1:
            self._pool = ThreadPoolExecutor(2)
            return
        # Fresh processes rather than forks: the parent may have threads, for one to draw its progress bar.
        context = get_context("spawn")
        self._pool = ProcessPoolExecutor(self.count, context, _begin, (context.Barrier(self.count),))
        self._in_each(os.getpid)  # or a process would start only when there is work for it

    def map(self, work: Callable[[Chunk], Done], chunks: Iterable[Chunk]) -> Iterator[Done]:
        """What a function makes of each chunk, in order. Raises GraphError if a process is killed."""
        if self._pool is None:
            yield from map(work, chunks)
            return
        from concurrent.futures.process import BrokenProcessPool

        try:
            for chunk in chunks:
                self._running.append(self._pool.submit(work, chunk))
                if len(self._running) > 3 * self.count:
                    yield self._running.popleft().result()
            while self._running:
                yield self._running.popleft().result()
        except BrokenProcessPool as error:
            raise _killed() from error

    def each(self, work: Callable[[], Done]) -> list[Done]:
        """What a function gives in each process, once in each. Raises GraphError if a process is killed."""
        if not self.are_apart:
            return [work()]
        from concurrent.futures.process import BrokenProcessPool

        try:
            return [future.result() for future in self._in_each(work)]
        except BrokenProcessPool as error:
            raise _killed() from error

    def _in_each(self, work: Callable[[], Done]) -> "list[Future[Done]]":
        assert self._pool, "the processes have been started"
        return [self._pool.submit(_with_all, work) for _ in range(self.count)]

    def close(self, wait: bool = True) -> None:
        """End the processes when they have done what they have begun, which takes them some tenths of a second."""
        for future in self._running:
            future.cancel()
        if self._pool:
            self._pool.shutdown(wait)  # what each is to do is not cancelled, or the others would wait for it


def spread(
    chunks: Iterable[Chunk], work: Callable[[Chunk], Done], workers: int, overlap: bool = False
) -> Iterator[Done]:
    """What a function makes of each chunk, in order, by so many workers: see `Workers`."""
    with closing(Workers(workers, overlap)) as pool:
        pool.start()
        yield from pool.map(work, chunks)


def _killed() -> GraphError:
    return GraphError("a worker process was killed; is there enough memory? --workers 1 needs least")


#: In a worker, where it waits for all the others.
_meeting: list["Barrier"] = []


def _begin(meeting: "Barrier") -> None:
    """End this worker when its parent is killed, which a worker that waits for work would not notice."""
    from multiprocessing import parent_process

    def follow() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    Thread(target=follow, daemon=True).start()
    _meeting.append(meeting)


def _with_all(work: Callable[[], Done]) -> Done:
    """Do some work when all workers are about to do it, so that none of them takes it twice."""
    _meeting[0].wait()
    return work()
