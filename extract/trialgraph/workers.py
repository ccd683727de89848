"""Processes that work side by side on chunks of what there is to do; what they make of them comes in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from trialgraph.errors import GraphError

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

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
        self._pool = ProcessPoolExecutor(self.count, get_context("spawn"), _follow_parent)
        for _ in range(self.count):  # or each would start when the first work is there
            self._pool.submit(os.getpid)

    def map(self, work: Callable[[Chunk], Done], chunks: Iterable[Chunk]) -> Iterator[Done]:
        """What a function makes of each chunk, in order. Raises GraphError if a process is killed."""
        if self._pool is None:
            yield from map(work, chunks)
            return
        from concurrent.futures.process import BrokenProcessPool

        running: deque[Future[Done]] = deque()
        try:
            for chunk in chunks:
                running.append(self._pool.submit(work, chunk))
                if len(running) > 3 * self.count:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        except BrokenProcessPool as error:
            raise GraphError("a worker process was killed; is there enough memory? --workers 1 needs least") from error

    def close(self) -> None:
        """End the processes when they have done what they have begun."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)


def spread(
    chunks: Iterable[Chunk], work: Callable[[Chunk], Done], workers: int, overlap: bool = False
) -> Iterator[Done]:
    """What a function makes of each chunk, in order, by so many workers: see `Workers`."""
    with closing(Workers(workers, overlap)) as pool:
        pool.start()
        yield from pool.map(work, chunks)


def _follow_parent() -> None:
    """End this worker when its parent is killed, which a worker that waits for work would not notice."""
    from multiprocessing import parent_process

    def follow() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    Thread(target=follow, daemon=True).start()
