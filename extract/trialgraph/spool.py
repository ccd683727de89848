"""Records between reading and building: put in as they come, taken out by trial, without holding them in memory.

A temporary SQLite database, which spills to disk by itself and is gone when it is closed.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter

from trialgraph.errors import TrialgraphError
from trialgraph.readers import Item

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_BATCH = 256
_WORTH_WORKERS = 1 << 23
#: One for all: making one costs as much as compressing a small record.
_compressor = zstd.ZstdCompressor(1)


class Spool:
    """Items by NCT id. Their data are compressed inside; `unpacked` gives an item as it was put in."""

    def __init__(self) -> None:
        # An empty name makes a temporary database; a large page suits records of some kilobytes.
        self._database = sqlite3.connect("", isolation_level=None)
        for pragma in ("page_size = 16384", "journal_mode = OFF", "synchronous = OFF", "cache_size = -32768"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE item (nct_id TEXT, reader TEXT, file TEXT, place TEXT, data BLOB)")
        self._batch: list[tuple[str, str, str, str, bytes]] = []
        self.records = 0
        self.size = 0

    @property
    def is_large(self) -> bool:
        """Whether there is so much that workers are worth their start."""
        return self.size >= _WORTH_WORKERS

    def put(self, item: Item) -> None:
        """Add an item."""
        self._batch.append((item.nct_id, item.reader, item.file, item.place, packed(item)))
        self.records += 1
        self.size += len(item.data)
        if len(self._batch) == _BATCH:
            self._flush()

    def trials(self, after: str = "") -> Iterator[list[Item]]:
        """The items of each trial after an NCT id, in the order of the NCT ids; data compressed."""
        self._flush()
        with explained():
            self._database.execute("CREATE INDEX item_nct_id ON item (nct_id)")
            cursor = self._database.execute(
                "SELECT reader, nct_id, file, place, data FROM item WHERE nct_id > ? ORDER BY nct_id, rowid", (after,)
            )
            for _, items in groupby((Item(*row) for row in cursor), key=attrgetter("nct_id")):
                yield list(items)

    def close(self) -> None:
        """Drop all items."""
        self._database.close()

    def _flush(self) -> None:
        with explained():
            self._database.execute("BEGIN")
            self._database.executemany("INSERT INTO item VALUES (?, ?, ?, ?, ?)", self._batch)
            self._database.execute("COMMIT")
        self._batch.clear()


@contextmanager
def explained() -> Iterator[None]:
    """A block that writes temporary files. Raises TrialgraphError, which says what to do, if they cannot be written."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise TrialgraphError(f"temporary files: {why}; TMPDIR can name a folder with more space") from error


def packed(item: Item) -> bytes:
    """The data of an item, compressed as in a spool."""
    return _compressor.compress(item.data, zstd.ZstdCompressor.FLUSH_FRAME)


def unpacked(item: Item) -> Item:
    """A spooled item with its data as they were read."""
    return Item(item.reader, item.nct_id, item.file, item.place, zstd.decompress(item.data))
