"""Which trial says what about the things that trials share, so that what nobody says any more can go from a store.

A row a trial, with the hashes of its shared statements: eight bytes each, some hundred bytes a trial. The table stands
in the store's folder, and changes with it.
"""

import sqlite3
from array import array
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import Literal, Quad

from trialgraph.spool import explained
from trialgraph.statements import verbatim

NAME = "said.sqlite"
_CREATE = "CREATE TABLE IF NOT EXISTS said (nct_id TEXT PRIMARY KEY, statements BLOB NOT NULL)"
_PUT = "INSERT OR REPLACE INTO said VALUES (?, ?)"


def packed(statements: Iterable[str]) -> bytes:
    """The hashes of statements, each given as "subject predicate object" in N-Triples spellings."""
    return b"".join([blake2b(each.encode(), digest_size=8).digest() for each in statements])


def hash_of(quad: Quad) -> int:
    """The hash of a statement of a store, which spells the same literals in other ways."""
    term = quad.object
    if isinstance(term, Literal):
        typed = "" if term.datatype.value.endswith("#string") else f"^^{term.datatype}"
        spelled = f"{verbatim(term.value)}{typed}"
    else:
        spelled = str(term)
    [found] = _hashes(packed([f"{quad.subject} {quad.predicate} {spelled}"]))
    return found


class Respelled(NamedTuple):
    """The hashes of what a trial said of shared things and does no longer, and of what it newly says."""

    went: frozenset[int]
    came: frozenset[int]


class Said:
    """What trials say, by NCT id, in a temporary database until it is put into the folder of a store."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", _CREATE):
            self._database.execute(statement)

    def put(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Note what some trials say."""
        with explained():
            self._database.execute("BEGIN")
            self._database.executemany(_PUT, rows)
            self._database.execute("COMMIT")

    def clear(self) -> None:
        """Forget what was noted, as it is saved."""
        self._database.execute("DELETE FROM said")

    def save(self, folder: Path, gone: Collection[str] = ()) -> tuple[set[int], dict[str, Respelled]]:
        """Put what was noted into the table of a folder, in the place of what is there, and drop trials that are gone.

        Gives the hashes of what some trial said and none does now, and for each trial what it no longer says and what
        it newly does. Raises OSError if the table cannot be written.
        """
        with _table(folder) as table:
            table.execute("PRAGMA page_size = 16384")  # of a new one: a row has a kilobyte
            table.execute(_CREATE)
            table.execute("BEGIN")
            changed: dict[str, Respelled] = {}
            for nct_id, statements in self._rows(gone):
                for (old,) in table.execute("SELECT statements FROM said WHERE nct_id = ?", (nct_id,)):
                    before, now = frozenset(_hashes(old)), frozenset(_hashes(statements))
                    if before != now:
                        changed[nct_id] = Respelled(before - now, now - before)
                if nct_id in gone:
                    table.execute("DELETE FROM said WHERE nct_id = ?", (nct_id,))
                else:
                    table.execute(_PUT, (nct_id, statements))
            lost = {each for said in changed.values() for each in said.went}
            if lost:
                for (statements,) in table.execute("SELECT statements FROM said"):
                    lost.difference_update(_hashes(statements))
            table.execute("COMMIT")
        return lost, changed

    def _rows(self, gone: Collection[str]) -> Iterator[tuple[str, bytes]]:
        yield from ((nct_id, b"") for nct_id in sorted(gone))
        yield from self._database.execute("SELECT nct_id, statements FROM said ORDER BY nct_id")

    def close(self) -> None:
        """Drop what was noted."""
        self._database.close()


@contextmanager
def _table(folder: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(folder / NAME, isolation_level=None)) as table:
            yield table
    except sqlite3.Error as error:
        raise OSError(f"{NAME}: {error}") from error  # told as of any other file of the store


def _hashes(statements: bytes) -> "array[int]":
    return array("Q", statements)
