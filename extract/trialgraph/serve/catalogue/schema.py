"""The tables of the catalogue, and the numbers that sets of trials are written as.

Trials are numbered from 0 in the order of a list that shows the latest updated first. Whatever trials can have in
common is a source, known by its kind and a key; a posting says which trials have it.
"""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator

from trialgraph.errors import GraphError

#: The orders of a list beside that of the trials' numbers.
SORTS = {"start": "start DESC", "enrollment": "enrollment DESC"}
#: Changes with the tables and with what is written into them: an older catalogue is made anew.
VERSION = 3

TABLES = """\
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE source (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, trials INTEGER NOT NULL DEFAULT 0,
  UNIQUE (kind, key)
);
CREATE TABLE posting (source INTEGER PRIMARY KEY, trials BLOB NOT NULL);
CREATE TABLE thing (
  source INTEGER PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL, note TEXT NOT NULL, lat REAL, long REAL,
  stated INTEGER, most INTEGER NOT NULL, twin INTEGER NOT NULL
);
CREATE TABLE name (
  id INTEGER PRIMARY KEY, source INTEGER NOT NULL, thing INTEGER NOT NULL, folded TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE trial (
  id INTEGER PRIMARY KEY, nct_id TEXT NOT NULL, row BLOB NOT NULL, start TEXT NOT NULL, enrollment INTEGER,
  youngest REAL, oldest_years REAL, oldest REAL
);
CREATE TABLE sorted (sort TEXT PRIMARY KEY, trials BLOB) WITHOUT ROWID;
CREATE TABLE identifier (folded TEXT, trial INTEGER, PRIMARY KEY (folded, trial)) WITHOUT ROWID;
CREATE TABLE point (lat REAL, long REAL, source INTEGER, PRIMARY KEY (lat, long)) WITHOUT ROWID;
CREATE TABLE forward (
  trial INTEGER PRIMARY KEY, condition BLOB, intervention BLOB, organization BLOB, facility BLOB, city BLOB,
  region BLOB, country BLOB
);
CREATE VIRTUAL TABLE words USING fts5(
  title, text, content='', tokenize="unicode61 remove_diacritics 2"
);
CREATE VIRTUAL TABLE named USING fts5(
  text, content='', tokenize="unicode61 remove_diacritics 2", prefix='1 2 3', columnsize=0
);
CREATE VIRTUAL TABLE spelled USING fts5(text, content='', tokenize="trigram", columnsize=0);
"""

INDEXES = """\
CREATE UNIQUE INDEX trial_nct_id ON trial (nct_id);
CREATE INDEX trial_ages ON trial (youngest, oldest_years, oldest);
CREATE INDEX source_most ON source (kind, trials DESC);
CREATE INDEX thing_most ON thing (kind, twin, most DESC);
CREATE INDEX name_folded ON name (folded);
CREATE INDEX name_thing ON name (thing);
"""


def check() -> None:
    """Raises GraphError if the interpreter's SQLite cannot search text."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='trigram')")
    except sqlite3.OperationalError as error:
        raise GraphError(
            f"the SQLite {sqlite3.sqlite_version} of this Python has no FTS5 with trigrams ({error});"
            " use a Python with SQLite 3.34 or later and FTS5, as those of python.org and of Debian are"
        ) from error
    finally:
        connection.close()


def packed(trials: "array[int]", total: int) -> bytes:
    """A set of trials as it is stored: their numbers where they are few, else a bit for each trial there is."""
    if len(trials) * 32 < total:
        return b"n" + trials.tobytes()
    return b"b" + union(trials, total).to_bytes(total // 8 + 1, "little")


def unpacked(stored: bytes, total: int) -> int:
    """A stored set of trials as a number of which bit i says whether it has the trial i."""
    if stored[:1] == b"b":
        return int.from_bytes(stored[1:], "little")
    trials = array("I")
    trials.frombytes(stored[1:])
    return union(trials, total)


def union(trials: Iterable[int], total: int) -> int:
    """The numbers of trials as a set."""
    bits = bytearray(total // 8 + 1)
    for trial in trials:
        bits[trial >> 3] |= 1 << (trial & 7)
    return int.from_bytes(bits, "little")


def united(stored: Iterable[bytes], total: int) -> int:
    """The trials of all of some stored sets, as a set; those of few trials are put together before."""
    bits, few = 0, array("I")
    for each in stored:
        if each[:1] == b"b":
            bits |= unpacked(each, total)
        else:
            few.frombytes(each[1:])
    return bits | union(few, total)


def members(bits: int) -> Iterator[int]:
    """The numbers of the trials of a set, in their order."""
    text = bin(bits)[:1:-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


def folded(text: str) -> str:
    """A text as names and identifiers are compared by: in any case, with single spaces."""
    return " ".join(text.lower().split())
