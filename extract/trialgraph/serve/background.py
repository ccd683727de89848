"""Files that take minutes to make from a store, made once beside it while the server already answers.

Each is made by a process of low priority, one after the other, and is there at the next start. What it was made from
(the store's files, the day, the form of the file) stands in a small file beside it.
"""

import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from time import time
from typing import Any, TypeAlias

from trialgraph.errors import TrialgraphError

#: Says how much is done, and of how much.
Tell: TypeAlias = Callable[[int, int], None]
#: Makes a file (the second path) from a store (the first).
Make: TypeAlias = Callable[[str, str, Tell], None]

_DAY = 24 * 60 * 60  # seconds


class Derived:
    """A file made from a store by a function of a module, which its own process calls by name.

    `form` is what the file depends on beside the store. With another `day` than today's it is still shown, until a
    new one is there.
    """

    def __init__(self, name: str, make: Make, form: str, day: str = "") -> None:
        self.name, self.make, self.form, self.day = name, make, form, day
        self.path = ""  # of the file, once there is one
        self.done, self.total = 0, 0
        self.error = ""  # why there is none

    @property
    def waiting(self) -> bool:
        """Whether there will be a file that is not there yet."""
        return not self.path and not self.error


class Background:
    """The files made from one store, in a folder. `start` it once, and `stop` it.

    `stamp` tells what the store holds from what it held before.
    """

    def __init__(self, store: str, folder: str, stamp: str, files: Sequence[Derived]) -> None:
        self._store, self._folder, self._stamp, self._files = store, Path(folder), stamp, files
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._process: multiprocessing.process.BaseProcess | None = None
        self._stopped = False
        self._thread = Thread(target=self._make_all, daemon=True)
        if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
            self._temporary = tempfile.TemporaryDirectory(prefix="trialgraph-")
            self._folder = Path(self._temporary.name)
        for file in files:
            self._find(file)
            self._clear(file)

    def __getitem__(self, name: str) -> Derived:
        """A file by its name."""
        return next(file for file in self._files if file.name == name)

    def start(self) -> None:
        """Begin to make what is not there."""
        self._thread.start()

    def stop(self) -> None:
        """End, whatever is being made."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()
        if self._thread.is_alive():
            self._thread.join()
        if self._temporary:
            self._temporary.cleanup()

    def wait(self) -> None:
        """Wait until all is made."""
        self._thread.join()

    def _find(self, file: Derived) -> bool:
        """Take a file that an earlier start made. Whether it is today's."""
        path = self._folder / file.name
        try:
            known = json.loads(_note(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        if not path.is_file() or (known["store"], known["form"]) != (self._stamp, file.form):
            return False
        file.path = str(path)
        return bool(known["day"] == file.day)

    def _clear(self, file: Derived) -> None:
        """Remove what servers that were killed left half made."""
        for part in self._folder.glob(f"{file.name}.*.part"):
            with suppress(OSError):
                if time() - part.stat().st_mtime > _DAY:
                    part.unlink()

    def _make_all(self) -> None:
        for file in self._files:
            if not self._stopped and not self._find(file):
                self._make(file)

    def _make(self, file: Derived) -> None:
        path = self._folder / file.name
        part = path.with_name(f"{file.name}.{os.getpid()}.part")
        ours, theirs = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("spawn")
        arguments = (theirs, file.make, self._store, str(part))
        process = context.Process(target=_run, args=arguments, daemon=True)
        try:
            process.start()
            self._process = process
            theirs.close()
            if self._stopped:  # meanwhile
                process.kill()
            error = self._listen(file, ours)
            process.join()
            if self._stopped:
                return
            if error is None and process.exitcode == 0:
                _note(path).unlink(missing_ok=True)
                os.replace(part, path)
                told = {"store": self._stamp, "form": file.form, "day": file.day}
                _note(path).write_text(json.dumps(told), encoding="utf-8")
                file.path = str(path)
            else:
                file.error = error or f"the process that made it ended with status {process.exitcode}"
        except OSError as fault:
            file.error = f"{path}: cannot be written: {fault.strerror or fault}"
        finally:
            ours.close()
            part.unlink(missing_ok=True)

    def _listen(self, file: Derived, connection: Connection) -> str | None:
        """Take down the progress until the process ends; what it says of an error."""
        while True:
            try:
                message = connection.recv()
            except (EOFError, OSError):
                return None
            if isinstance(message, str):
                return message
            file.done, file.total = message


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _run(connection: Connection, make: Make, store: str, part: str) -> None:
    if hasattr(os, "nice"):  # not on Windows
        os.nice(19)  # answers come first

    def tell(*numbers: Any) -> None:
        connection.send(numbers)

    try:
        make(store, part, tell)
    except TrialgraphError as error:
        connection.send(str(error))
    finally:
        connection.close()
