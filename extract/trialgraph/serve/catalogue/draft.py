"""A catalogue that is being made: sources with their numbers, and what waits to be gathered."""

import sqlite3
from array import array
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from pyoxigraph import NamedNode

from trialgraph.iris import BASE
from trialgraph.serve.catalogue import schema
from trialgraph.serve.catalogue.facts import Reader

#: What waits: links of sources and trials; points of things, the types of interventions, and names.
_WAITING = """\
CREATE TEMP TABLE link (source INTEGER, trial INTEGER);
CREATE TEMP TABLE located (source INTEGER, lat REAL, long REAL);
CREATE TEMP TABLE typed (source INTEGER PRIMARY KEY, token TEXT);
CREATE TEMP TABLE called (thing INTEGER, text TEXT, source INTEGER, own INTEGER, UNIQUE (thing, text));
"""


class Draft:
    """The tables while they are filled. What waits is in tables too, which the database sorts outside of memory."""

    def __init__(self, reader: Reader, database: sqlite3.Connection) -> None:
        self.reader, self._database, self.base = reader, database, BASE
        database.executescript(_WAITING)
        self.number = lru_cache(200_000)(self._number)
        self.label = lru_cache(10_000)(lambda iri: next(iter(reader.labels(NamedNode(iri))), ""))

    def do(self, query: str, *values: object) -> sqlite3.Cursor:
        """The rows of a statement of ours."""
        return self._database.execute(query, values)

    def _number(self, kind: str, key: str) -> int:
        """The number of a source, a new one if it is new."""
        found = self.do("SELECT id FROM source WHERE kind = ? AND key = ?", kind, key).fetchone()
        if found:
            return int(found[0])
        number = self.do("INSERT INTO source (kind, key) VALUES (?, ?)", kind, key).lastrowid
        assert number is not None
        return number

    def link(self, trial: int, sources: set[int]) -> None:
        """Note that a trial has some sources."""
        self._database.executemany("INSERT INTO link VALUES (?, ?)", ((source, trial) for source in sources))

    def call(self, thing: int, text: str, source: int, own: bool = True) -> None:
        """Note a name of a thing, the source of the trials that use it, and whether it may be the thing's label."""
        query = "INSERT INTO called VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET own = max(own, excluded.own)"
        self.do(query, thing, text, source, own)

    def post(self, total: int) -> None:
        """Gather the links into postings."""
        links = self.do("SELECT source, trial FROM link ORDER BY source, trial")
        for source, group in groupby(links, itemgetter(0)):
            trials = array("I", map(itemgetter(1), group))
            self.do("INSERT INTO posting VALUES (?, ?)", source, schema.packed(trials, total))
            self.do("UPDATE source SET trials = ? WHERE id = ?", len(trials), source)
