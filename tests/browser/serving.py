"""A server of its own process for the tests of a browser, on a free port of the loopback."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from urllib.error import URLError
from urllib.request import urlopen

import trialgraph

#: The folder that holds the package, for the server's process: under test may be the checkout or the installed wheel.
_CODE = Path(trialgraph.__file__).parents[1]
_SECONDS = 30


@contextmanager
def serving(store: Path, log: Path) -> Iterator[str]:
    """The address of a server of a store, which runs until the context ends; its output goes to a file."""
    port = _free_port()
    command = [sys.executable, "-m", "trialgraph", "serve", str(store), "--port", str(port), "--workers", "2"]
    with log.open("wb") as output:
        environment = os.environ | {"PYTHONPATH": str(_CODE)}
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            origin = f"http://127.0.0.1:{port}"
            # The last of what is made in the background, so that every page is whole.
            for path in ("/", "/quality"):
                _wait(f"{origin}{path}", process, log)
            yield origin
        finally:
            process.terminate()
            process.wait(_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server has what an address shows; the server's output is the message if that is never."""
    end = monotonic() + _SECONDS
    while process.poll() is None and monotonic() < end:
        try:
            with urlopen(url, timeout=_SECONDS) as answer:
                if answer.status == 200:  # not 202, which says that it is being made
                    return
        except (URLError, ConnectionError):
            pass  # not yet
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)  # which is no longer than that, and shorter if the process ends
    raise AssertionError(f"{url} did not come: {log.read_text(errors='replace')}")
