"""A worker: a process that has a store open for reading, and calls one function at a time for the server.

Jobs come through its standard input, and what they give goes in frames through its standard output: a letter for the
kind, the length, the bytes. So the operating system holds back a worker that writes faster than the server reads.
"""

import os
import pickle
import signal
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO

import pyoxigraph

from trialgraph.errors import TrialgraphError
from trialgraph.store import opened

#: The kind and the length of what follows.
HEADER = struct.Struct(">cQ")
PIECE, RESULT, FAILURE = b"p", b"r", b"f"

_PIECE = 1 << 16
#: Seconds until a query counts as a long one, which must not hold up others; and the least of all priorities.
_LONG, _LOW = 0.1, 19


class Output:
    """What a job writes its answer to, in pieces of some size. `size` is the number of bytes so far."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._held = bytearray()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Write some bytes, and give their number."""
        self._held += data
        self.size += len(data)
        if len(self._held) >= _PIECE:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Send what is held."""
        for start in range(0, len(self._held), _PIECE):  # a row may be large, and the server takes in a piece at once
            _send(self._stream, PIECE, bytes(self._held[start : start + _PIECE]))
        self._held.clear()


def main() -> None:
    """Work for the server until it ends: `path`, and the bytes that jobs may hold (0: no limit), as arguments."""
    path, memory = sys.argv[1], int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the server ends its workers
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not end up among the frames
    try:
        store = opened(path)
    except TrialgraphError as error:
        _send(stream, FAILURE, pickle.dumps(error))
        return
    jobs: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_read, args=(jobs,), daemon=True).start()
    _limit(memory)
    _send(stream, RESULT, pickle.dumps(None))
    while True:
        streams, function, args = pickle.loads(jobs.get())
        if streams:
            _let_others_go_first(Thread(target=_work, args=(store, stream, True, function, args), daemon=True))
        else:
            _work(store, stream, False, function, args)


def _let_others_go_first(query: Thread) -> None:
    """Run a query to its end, which gets the lowest priority once it has run for some time.

    On Linux a priority is a thread's, and one that was lowered cannot be raised: so each query has a thread of its own.
    https://man7.org/linux/man-pages/man2/setpriority.2.html#NOTES
    """
    query.start()
    query.join(_LONG)
    if query.is_alive() and query.native_id and hasattr(os, "setpriority"):  # not on Windows
        with suppress(OSError):  # it has ended, or the system knows priorities of processes alone
            os.setpriority(os.PRIO_PROCESS, query.native_id, _LOW)
    query.join()


def _work(
    store: pyoxigraph.Store, stream: BinaryIO, streams: bool, function: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    """Do a job, and send what comes of it."""
    output = Output(stream)
    try:
        result = pickle.dumps(function(store, output, *args) if streams else function(store, *args))
        output.flush()
    except MemoryError:
        os._exit(1)  # the engine rather aborts
    except Exception as error:
        _send(stream, FAILURE, _pickled(error))
    else:
        _send(stream, RESULT, result)


def _read(jobs: SimpleQueue[bytes]) -> None:
    """Take jobs, and end this process when the server is gone, also in the midst of a query."""
    while len(size := sys.stdin.buffer.read(HEADER.size)) == HEADER.size:
        jobs.put(sys.stdin.buffer.read(HEADER.unpack(size)[1]))
    os._exit(0)


def _send(stream: BinaryIO, kind: bytes, data: bytes) -> None:
    stream.write(HEADER.pack(kind, len(data)))
    stream.write(data)
    stream.flush()


def _pickled(error: Exception) -> bytes:
    try:
        return pickle.dumps(error)
    except (pickle.PicklingError, TypeError, AttributeError):
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))


def _limit(memory: int) -> None:
    """Limit what jobs may hold, beside what this process holds already, and leave no core dump of a worker.

    RLIMIT_DATA rather than RLIMIT_AS: it counts what a process may write (the heap, private mappings), but not the
    mapped libraries and the address space that the allocators of threads only reserve, which differ by 500 MB between
    machines. https://man7.org/linux/man-pages/man2/getrlimit.2.html
    """
    with suppress(ImportError):  # no limits on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(OSError):  # only Linux tells, and counts, what is held
            status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
            held = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData:"))
            if memory:
                limit = held * 1024 + memory
                resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
            # Where the machine has no memory left, a worker goes before the server.
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
