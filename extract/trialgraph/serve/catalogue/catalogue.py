"""The catalogue: an index of a store for pages, in a file that many threads read."""

import sqlite3
import threading
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from trialgraph.errors import InputError
from trialgraph.serve.catalogue import filters, schema, search
from trialgraph.serve.catalogue.model import KINDS, Kind, Thing, TrialRow
from trialgraph.serve.catalogue.selection import Selection
from trialgraph.serve.labels import label

_ROW = msgspec.msgpack.Decoder(TrialRow)
_THING = (
    "SELECT source.id, key, source.kind, label, note, source.trials, lat, long FROM thing JOIN source ON id = source"
)


class Catalogue:
    """What the pages know of a graph. Raises InputError for a file that is not a catalogue of this version."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._local, self._open = threading.local(), list[sqlite3.Connection]()
        if not is_catalogue(file):
            raise InputError(f"{file}: not a catalogue of this version; delete it, and the server makes it anew")
        about = dict(self.all("SELECT name, value FROM about"))
        self.trials, self.base = int(about["trials"]), about["base"]
        self.everything = (1 << self.trials) - 1
        self.bits = lru_cache(1024)(self._bits)
        self.sources = cache(self._sources)
        self.sorted = cache(self._sorted)
        self.twins = cache(self._twins)
        self.thing_of = lru_cache(10_000)(self._thing_of)

    def close(self) -> None:
        """Close the file in all threads."""
        while self._open:
            self._open.pop().close()

    def all(self, query: str, *values: object) -> list[Any]:
        """All rows of a query of ours."""
        return self.each(query, *values).fetchall()

    def each(self, query: str, *values: object) -> sqlite3.Cursor:
        """The rows of a query of ours, one by one."""
        if not (connection := getattr(self._local, "connection", None)):
            address = f"{Path(self._file).resolve().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(address, uri=True, check_same_thread=False)  # closed by another thread
            self._local.connection = connection
            self._open.append(connection)
        return connection.execute(query, [_plain(value) if isinstance(value, str) else value for value in values])

    def search(self, text: str, limit: int = 10) -> list[Thing | TrialRow]:
        """Things and trials that a text may mean: an exact id or name, then names with words that begin so."""
        return search.search(self, text, limit)

    def thing(self, iri: str) -> Thing | None:
        """The thing of an IRI; of a MeSH descriptor that is a condition and an intervention, what more trials have."""
        marks = ", ".join("?" * len(KINDS))
        query = f"{_THING} WHERE source.kind IN ({marks}) AND key = ? ORDER BY source.trials DESC LIMIT 1"
        return next(map(_thing, self.all(query, *KINDS, iri)), None)

    def things(self, kind: Kind, limit: int = 10, offset: int = 0) -> list[Thing]:
        """Things of a kind, those that most trials state first."""
        query = f"{_THING} WHERE thing.kind = ? AND twin = 0 ORDER BY most DESC LIMIT ? OFFSET ?"
        return [_thing(row) for row in self.all(query, kind, limit, offset)]

    def names(self, iri: str) -> list[str]:
        """The names of a thing, as records spell them; of an intervention also its other names."""
        query = "SELECT DISTINCT text FROM name JOIN source ON source.id = thing WHERE key = ? ORDER BY text"
        return [text for (text,) in self.all(query, iri)]

    def size(self, kind: Kind) -> int:
        """How many things of a kind the trials have."""
        query = "SELECT count(*) FROM thing WHERE kind = ? AND twin = 0 AND most > 0"
        return int(self.all(query, kind)[0][0])

    def trial(self, nct_id: str) -> TrialRow | None:
        """The trial with an NCT id, letter for letter."""
        return next(map(_row, self.all("SELECT row FROM trial WHERE nct_id = ?", nct_id)), None)

    def identified(self, text: str, limit: int = 10) -> list[TrialRow]:
        """Trials with some id, in any case: an NCT id, now or before, or that of another registry or of the sponsor."""
        query = """SELECT row FROM identifier JOIN trial ON trial.id = identifier.trial WHERE folded = ?
                   ORDER BY trial.id LIMIT ?"""
        return [_row(row) for row in self.all(query, schema.folded(text), limit)]

    def select(self, given: Mapping[str, Sequence[str]]) -> Selection:
        """The trials that have, of each filter, one of its values.

        A filter is a facet of find.py with its meaning there (but that words are whole words, or beginnings with a *,
        or "phrases"), "year" of the start, or a kind of thing with an IRI; a MeSH descriptor takes in all that is
        below it. Raises UsageError for a filter that there is not, or a value that it does not take.
        """
        kept = {name: tuple(filter(None, (value.strip() for value in values))) for name, values in given.items()}
        sets = {}
        for name, values in kept.items():
            bits = 0
            for value in values:
                bits |= self.filtered(name, value)
            if values:
                sets[name] = bits
        return Selection(self, {name: kept[name] for name in sets}, sets)

    def filtered(self, name: str, value: str) -> int:
        """The trials that one value of a filter takes, as a set."""
        return filters.trials(self, name, value)

    def rows(self, trials: Sequence[int]) -> list[TrialRow]:
        """Trials by their numbers, in that order."""
        query = "SELECT row FROM json_each(?) AS listed JOIN trial ON trial.id = listed.value ORDER BY listed.key"
        return [_row(row) for row in self.all(query, msgspec.json.encode(trials).decode())]

    def source(self, kind: str, key: str) -> int:
        """The trials that have something, as a set."""
        found = self.all("SELECT id FROM source WHERE kind = ? AND key = ?", kind, key)
        return self.bits(found[0][0]) if found else 0

    def named(self, kind: str, part: str) -> int:
        """The trials of all things of a kind that have a text in their name, in any case, as a set."""
        part = part.lower()
        query = "SELECT DISTINCT name.source FROM name JOIN thing ON thing.source = thing WHERE kind = ? AND "
        if len(part) >= 3:  # trigrams find these; instr makes sure
            quoted = part.replace('"', '""')
            query += "name.id IN (SELECT rowid FROM spelled WHERE spelled MATCH ?) AND instr(folded, ?)"
            found = self.each(query, kind, f'"{quoted}"', part)
        else:
            found = self.each(f"{query} instr(folded, ?)", kind, part)
        return self._union(source for (source,) in found)

    def worded(self, query: str) -> int:
        """The trials whose texts match a query of FTS5, as a set."""
        found = self.each("SELECT rowid FROM words WHERE words MATCH ?", query)
        return schema.union((number for (number,) in found), self.trials)

    def ranked(self, query: str) -> Iterator[int]:
        """The numbers of the trials whose texts match a query of FTS5, the best first; titles weigh most."""
        found = self.each("SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, 10.0, 1.0), rowid", query)
        return (number for (number,) in found)

    def near(self, lat: float, long: float, km: float) -> int:
        """The trials with a site within some kilometres of a point, as a set."""
        reach = km / 111 + 0.01  # degrees
        found = self.each("SELECT lat, long, source FROM point WHERE lat BETWEEN ? AND ?", lat - reach, lat + reach)
        inside = filters.within(lat, long, km)
        return self._union(source for north, east, source in found if inside(north, east))

    def too_young_or_old(self, age: float) -> int:
        """The trials in which people of an age cannot take part, as a set."""
        query = "SELECT id FROM trial WHERE youngest > ? OR oldest_years < ? OR oldest < ?"
        return schema.union((number for (number,) in self.each(query, age, float(int(age)), age)), self.trials)

    def stated(self, kind: str, trials: Iterable[int]) -> "Counter[int]":
        """How many of some trials state each thing of a kind, by the things' numbers."""
        counted, numbers = Counter[int](), iter(trials)
        while some := list(islice(numbers, 10_000)):
            query = f"SELECT {kind} FROM json_each(?) AS listed JOIN forward ON trial = listed.value"
            things = array("I")
            for (stored,) in self.each(query, msgspec.json.encode(some).decode()):
                things.frombytes(stored)
            counted.update(things)
        return counted

    def most_stated(self, kind: str) -> sqlite3.Cursor:
        """Every thing of a kind that some trial states, its source of these trials and their number, most first."""
        query = "SELECT source, stated, most FROM thing WHERE kind = ? AND twin = 0 AND most > 0 ORDER BY most DESC"
        return self.each(query, kind)

    def points(self, counted: Mapping[int, int] | None) -> list[tuple[float, float, str, str, int]]:
        """Facilities that have a place on the map, with the trials that are counted for each, or all its trials."""
        query = """SELECT id, lat, long, key, label, trials FROM thing JOIN source ON source.id = thing.source
                   WHERE thing.kind = 'facility' AND lat NOT NULL"""
        if counted is None:
            return [tuple(row[1:]) for row in self.each(f"{query} ORDER BY trials DESC, key")]
        query += " AND id IN (SELECT value FROM json_each(?))"
        found = self.each(query, msgspec.json.encode(list(counted)).decode())
        return sorted(((*row[1:5], counted[row[0]]) for row in found), key=lambda row: (-row[4], row[2]))

    def _bits(self, source: int) -> int:
        found = self.all("SELECT trials FROM posting WHERE source = ?", source)
        return schema.unpacked(found[0][0], self.trials) if found else 0

    def _union(self, sources: Iterable[int]) -> int:
        query = "SELECT trials FROM json_each(?) AS listed JOIN posting ON source = listed.value"
        found = self.each(query, msgspec.json.encode(list(sources)).decode())
        return schema.united((stored for (stored,) in found), self.trials)

    def _sources(self, kind: str) -> dict[str, int]:
        return {key: self.bits(number) for number, key in self.all("SELECT id, key FROM source WHERE kind = ?", kind)}

    def _sorted(self, sort: str) -> "array[int]":
        trials = array("I")
        trials.frombytes(self.all("SELECT trials FROM sorted WHERE sort = ?", sort)[0][0])
        return trials

    def _twins(self, kind: str) -> frozenset[int]:
        found = self.all("SELECT source FROM thing WHERE kind = ? AND twin = 1", kind)
        return frozenset(number for (number,) in found)

    def _thing_of(self, number: int) -> Thing:
        return _thing(self.all(f"{_THING} WHERE source.id = ?", number)[0])


def is_catalogue(file: str, stamp: str | None = None) -> bool:
    """Whether a file is a whole catalogue of this version, and of a graph with this stamp if one is given."""
    if not Path(file).is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{Path(file).resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()
            marked = connection.execute("SELECT value FROM about WHERE name = 'stamp'").fetchone()
    except sqlite3.Error:
        return False
    return bool(version[0] == schema.VERSION and stamp in (None, marked[0]))


def _plain(text: str) -> str:
    """A text without what SQLite cannot take: NUL, which ends a query, and halves of characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _row(row: tuple[bytes]) -> TrialRow:
    return _ROW.decode(row[0])


def _thing(row: Any) -> Thing:
    _, iri, kind, name, note, trials, lat, long = row
    if scheme := _NOTES.get(kind) if note != "MeSH" else None:
        note = label(scheme, note)
    return Thing(iri, kind, name, note, trials, lat, long)


#: The notes that are tokens, and the scheme of each.
_NOTES = {"intervention": "interventionType", "organization": "organizationClass"}
