"""Texts in order, each once, however many there are: what memory does not hold waits in sorted files.

A merge sort on disk: the registry says some millions of different statements about what its trials share.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from heapq import merge
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from trialgraph.spool import explained
from trialgraph.writers.output import output

#: As many texts are held in memory: some 60 MB of statements.
_MOST = 1 << 18


class Distinct:
    """Texts without line ends; at first those that `save` put into a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._held: set[str] = set()
        # A run that was killed while it saved left a part of a file, whose name begins with a dot.
        self._runs: list[BinaryIO] = [each.open("rb") for each in sorted(folder.glob("[0-9]*"))] if folder else []

    def add(self, texts: Iterable[str]) -> None:
        """Take texts up, known or new."""
        self._held.update(texts)
        if len(self._held) > _MOST:
            self._spill()

    def save(self, folder: Path) -> None:
        """Put all texts so far into the files of a folder; what is there already of these texts stays.

        Whoever reads the texts meanwhile goes on where they were.
        """
        self._spill()
        folder.mkdir(exist_ok=True)
        for number, run in enumerate(self._runs):
            file = folder / f"{number:06}"
            if not file.exists():
                place = run.tell()
                run.seek(0)
                with output(str(file)) as stream:
                    shutil.copyfileobj(run, stream)
                run.seek(place)

    def __iter__(self) -> Iterator[str]:
        """The texts by code points, which is the order of their bytes too."""
        for run in self._runs:
            run.seek(0)
        runs = [(line[:-1].decode() for line in run) for run in self._runs]
        return (text for text, _ in groupby(merge(*runs, sorted(self._held))))

    def close(self) -> None:
        """Close the files."""
        for run in self._runs:
            run.close()

    def _spill(self) -> None:
        if not self._held:
            return
        with explained(), ExitStack() as unless_written:
            run = cast("BinaryIO", unless_written.enter_context(TemporaryFile()))
            run.writelines(f"{text}\n".encode() for text in sorted(self._held))
            run.flush()
            unless_written.pop_all()  # open until all is closed
        self._runs.append(run)
        self._held.clear()
