"""The server's side of a worker: starting it, giving it a job, ending it."""

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from trialgraph.errors import GraphError
from trialgraph.serve.worker import FAILURE, HEADER, PIECE

#: Takes a piece of an answer.
Take = Callable[[bytes], Awaitable[None]]

_PIECE = 1 << 16
_COMMAND = "from trialgraph.serve.worker import main; main()"


class LostError(GraphError):
    """A worker that ended in the midst of a job: it needed too much memory, or met a fault of the engine."""


class Worker:
    """A process with a store open, for one job at a time.

    `fit` says whether it can take another job: not while it works, and not if it was stopped in a job.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._idle = True
        self._reading = asyncio.Lock()  # of what it writes

    @classmethod
    async def started(cls, path: str, memory: int) -> "Worker":
        """A worker that begins to open a store; `opened` waits for it."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _COMMAND, path, str(memory)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(place or os.getcwd() for place in sys.path)},
        )
        return cls(process)

    async def opened(self) -> None:
        """Wait until the store is open. Raises the InputError of a store that cannot be read, and LostError."""
        await self._result(None)

    @property
    def fit(self) -> bool:
        """Whether this worker can take another job."""
        return self._idle and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    async def call(self, streams: bool, function: Callable[..., Any], args: tuple[Any, ...], take: Take | None) -> Any:
        """What a function gives, and its pieces to `take`, one after the other.

        Raises what the function raises, and LostError. When it is cancelled the worker must be killed.
        """
        job = pickle.dumps((streams, function, args))
        stdin = self._process.stdin
        assert stdin is not None
        self._idle = False
        with suppress(ConnectionError):  # what follows says how the process ended
            stdin.write(HEADER.pack(PIECE, len(job)) + job)
            await stdin.drain()
        return await self._result(take)

    async def _result(self, take: Take | None) -> Any:
        while True:
            try:
                async with self._reading:
                    kind, size = HEADER.unpack(await self._output.readexactly(HEADER.size))
                    data = await self._output.readexactly(size)
            except asyncio.IncompleteReadError as error:
                raise LostError(_ending(await self._process.wait())) from error
            if kind != PIECE:
                break
            assert take is not None, "a job that gives no pieces"
            await take(data)
        self._idle = True
        result = pickle.loads(data)
        if kind == FAILURE:
            raise result
        return result

    def kill(self) -> None:
        """End the process, whatever it does."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def ended(self) -> None:
        """Wait until the process has ended, which `kill` makes it."""
        async with self._reading:
            while await self._output.read(_PIECE):  # asyncio takes no note of the end before that of the output
                pass
        await self._process.wait()

    @property
    def _output(self) -> asyncio.StreamReader:
        assert self._process.stdout is not None, "it has a pipe"
        return self._process.stdout


def _ending(status: int) -> str:
    """How a process ended."""
    try:
        how = signal.Signals(-status).name
    except ValueError:
        how = f"exit status {status}"
    return f"a worker ended ({how}): too little memory, or a fault of the engine"
