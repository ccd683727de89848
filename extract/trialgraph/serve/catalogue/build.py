"""Making the catalogue of a store, trial by trial, in memory that does not grow with the store."""

import os
import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import msgspec
from pyoxigraph import NamedNode, Store

from trialgraph.iris import BASE, MESH, slug
from trialgraph.serve.catalogue import schema
from trialgraph.serve.catalogue.facts import TOKENS, Reader, Site
from trialgraph.serve.catalogue.model import KINDS, TrialRow

_PLACES = ("city", "region", "country")
_TEXTS = ("keyword", "briefSummary", "detailedDescription", "eligibilityText")


def build(store: Store, file: str, stamp: str = "") -> int:
    """Write the catalogue of a store to a file, which is there whole or not at all; gives the number of trials.

    The stamp tells this state of the store from others.
    """
    schema.check()
    part = Path(f"{file}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part)) as database:
            trials = _Builder(store, database).run(stamp)
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)
    return trials


class _Builder:
    """Fills the tables. Links of trials and sources wait in a table of their own, and are sorted by the database."""

    def __init__(self, store: Store, database: sqlite3.Connection) -> None:
        self._reader, self._database = Reader(store), database
        self._do = database.execute
        self._do("PRAGMA journal_mode = OFF")
        self._do("PRAGMA synchronous = OFF")
        self._do("PRAGMA temp_store = FILE")
        self._do("PRAGMA cache_size = -100000")  # KB
        database.executescript(schema.TABLES)
        self._do("CREATE TEMP TABLE listed (iri TEXT, nct_id TEXT, updated TEXT)")
        self._do("CREATE TEMP TABLE link (source INTEGER, trial INTEGER)")
        self._do("CREATE TEMP TABLE located (source INTEGER, lat REAL, long REAL)")
        self._do("CREATE TEMP TABLE typed (source INTEGER PRIMARY KEY, token TEXT)")
        self._do(
            "CREATE TEMP TABLE called (thing INTEGER, text TEXT, source INTEGER, own INTEGER, UNIQUE (thing, text))"
        )
        self._number = lru_cache(200_000)(self._numbered)
        self._label = lru_cache(10_000)(lambda iri: next(iter(self._reader.labels(NamedNode(iri))), ""))
        self._base = BASE

    def run(self, stamp: str) -> int:
        for trial in self._reader.trials():
            updated = max(self._reader.texts(trial, "lastUpdatePosted"), default="")
            self._do("INSERT INTO listed VALUES (?, ?, ?)", (trial.value, self._id(trial), updated))
        ordered = self._database.cursor()
        ordered.execute("SELECT iri, min(nct_id), updated FROM listed GROUP BY iri ORDER BY updated DESC, nct_id")
        trials = 0
        for iri, nct_id, updated in ordered:
            self._trial(trials, NamedNode(iri), nct_id, updated)
            trials += 1
        self._postings(trials)
        self._things()
        self._names()
        for sort, order in schema.SORTS.items():
            numbers = array("I", (number for (number,) in self._do(f"SELECT id FROM trial ORDER BY {order}, id")))
            self._do("INSERT INTO sorted VALUES (?, ?)", (sort, numbers.tobytes()))
        about = {"trials": trials, "base": self._base, "stamp": stamp}
        self._database.executemany("INSERT INTO about VALUES (?, ?)", about.items())
        self._database.executescript(schema.INDEXES)
        self._do(f"PRAGMA user_version = {schema.VERSION}")
        self._database.commit()
        self._do("ANALYZE")
        self._database.commit()
        return trials

    def _id(self, trial: NamedNode) -> str:
        """The NCT id of a trial, or what its IRI has in its place."""
        base, _, rest = trial.value.partition("trial/")
        self._base = base
        return self._reader.text(trial, "nctId") or rest

    def _numbered(self, kind: str, key: str) -> int:
        """The number of a source, a new one if it is new."""
        found = self._do("SELECT id FROM source WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        if found:
            return int(found[0])
        number = self._do("INSERT INTO source (kind, key) VALUES (?, ?)", (kind, key)).lastrowid
        assert number is not None
        return number

    def _trial(self, number: int, trial: NamedNode, nct_id: str, updated: str) -> None:
        read = self._reader
        sources = {self._number(kind, token) for name, kind in TOKENS.items() for token in read.tokens(trial, name)}
        sources |= {self._number("sex", token) for token in read.tokens(trial, "sex")}
        sources |= {self._number("healthy", value) for value in read.texts(trial, "healthyVolunteers")}
        if results := "true" in read.texts(trial, "hasResults"):
            sources.add(self._number("results", "true"))
        start = read.text(trial, "startDate")
        if start:
            sources.add(self._number("year", start[:4]))
        conditions, names = self._conditions(trial)
        interventions, aliases = self._interventions(trial)
        sponsors = read.nodes(trial, "leadSponsor")
        parties = {node.value for node in (*sponsors, *read.nodes(trial, "collaborator"))}
        organizations = {self._number("organization", iri) for iri in parties}
        for node in read.nodes(trial, "organization"):
            self._number("organization", node.value)  # which has a page, though it may be a party to no trial
        sites = read.sites(trial)
        places = self._places(sites)
        facilities = {self._number("facility", site.facility) for site in sites if site.facility}
        points = {site.point for site in sites if site.point}
        sources |= {self._point(point) for point in points}
        forward = [conditions, interventions, organizations, facilities, *(places[kind] for kind in _PLACES)]
        broader = {
            self._number(kind, node.value)
            for kind in ("condition", "intervention")
            for node in read.nodes(trial, f"{kind}MeshAncestor")
        }
        sources |= broader | aliases | set().union(*forward)
        sources |= {
            self._number(f"{kind}-stated", node.value)
            for kind in ("condition", "intervention")
            for node in read.nodes(trial, f"{kind}Mesh")
        }
        self._database.executemany("INSERT INTO link VALUES (?, ?)", ((source, number) for source in sources))
        blobs = [array("I", sorted(each)).tobytes() for each in forward]
        self._do(f"INSERT INTO forward VALUES (?{', ?' * len(blobs)})", (number, *blobs))

        ages, enrollment = read.ages(trial), read.numbers(trial, "enrollment")
        sponsor = sponsors[0] if sponsors else None
        row = TrialRow(
            nct_id,
            read.text(trial, "briefTitle") or next(iter(read.labels(trial)), ""),
            next(iter(read.tokens(trial, "overallStatus")), ""),
            tuple(read.tokens(trial, "phase")),
            next(iter(read.tokens(trial, "studyType")), ""),
            next(iter(read.labels(sponsor)), "") if sponsor else "",
            sponsor.value if sponsor else "",
            start,
            updated,
            int(enrollment[0]) if enrollment else None,
            results,
            tuple(names),
            self._countries(sites),
            len(sites),
        )
        limits = (ages.youngest, ages.oldest_years, ages.oldest)
        values = (number, nct_id, msgspec.msgpack.encode(row), start, row.enrollment, *limits)
        self._do("INSERT INTO trial VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        titles = "\n".join(read.texts(trial, "briefTitle", "officialTitle", "acronym"))
        texts = "\n".join(read.texts(trial, *_TEXTS))
        self._do("INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", (number, titles, texts))
        ids = {text for node in read.nodes(trial, "identifier") for text in read.texts(node, "value")}
        ids |= {nct_id, *read.texts(trial, "nctIdAlias")}
        folded = {schema.folded(text) for text in ids}
        self._database.executemany("INSERT INTO identifier VALUES (?, ?)", ((text, number) for text in folded if text))

    def _conditions(self, trial: NamedNode) -> tuple[set[int], list[str]]:
        """What a trial states it is about, and the names as it words them."""
        stated = self._reader.nodes(trial, "condition")
        found = {self._number("condition", node.value) for node in stated} | self._descriptors(trial, "condition")
        return found, [label for node in stated for label in self._reader.labels(node)[:1]]

    def _descriptors(self, trial: NamedNode, kind: str) -> set[int]:
        return {self._number(kind, node.value) for node in self._reader.nodes(trial, f"{kind}Mesh")}

    def _interventions(self, trial: NamedNode) -> tuple[set[int], set[int]]:
        """The interventions of a trial, and its names for them, of which each is a source of its own."""
        read = self._reader
        found, aliases = self._descriptors(trial, "intervention"), set()
        for node in read.nodes(trial, "intervention"):
            for name in read.texts(node, "name"):
                thing = self._number("intervention", f"{self._base}intervention/{slug(name)}")
                found.add(thing)
                for text in (name, *read.texts(node, "otherName")):
                    alias = self._number("intervention-name", text)
                    aliases.add(alias)
                    self._call(thing, text, alias, own=text == name)
                for type_ in read.tokens(node, "interventionType"):
                    self._do("INSERT OR IGNORE INTO typed VALUES (?, ?)", (thing, type_))
        return found, aliases

    def _places(self, sites: Iterable[Site]) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {kind: set() for kind in _PLACES}
        for site in sites:
            for place in site.places:
                if place.kind in found:
                    number = self._number(place.kind, place.iri)
                    found[place.kind].add(number)
                    if site.point:
                        self._do("INSERT INTO located VALUES (?, ?, ?)", (number, *site.point))
            if site.point and site.facility:
                number = self._number("facility", site.facility)
                self._do("INSERT INTO located VALUES (?, ?, ?)", (number, *site.point))
        return found

    def _countries(self, sites: Iterable[Site]) -> tuple[str, ...]:
        """The names of the countries of a trial."""
        found = {place.iri for site in sites for place in site.places if place.kind == "country"}
        return tuple(sorted(self._label(iri) for iri in found))

    def _point(self, point: tuple[float, float]) -> int:
        number = self._number("point", f"{point[0]},{point[1]}")
        self._do("INSERT OR IGNORE INTO point VALUES (?, ?, ?)", (*point, number))
        return number

    def _call(self, thing: int, text: str, source: int, own: bool = True) -> None:
        """Note a name of a thing, the trials that have it by that name, and whether it may be shown as its label."""
        query = "INSERT INTO called VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET own = max(own, excluded.own)"
        self._do(query, (thing, text, source, own))

    def _postings(self, total: int) -> None:
        """Gather the links into postings."""
        links = self._database.cursor().execute("SELECT source, trial FROM link ORDER BY source, trial")
        for source, group in groupby(links, itemgetter(0)):
            trials = array("I", map(itemgetter(1), group))
            self._do("INSERT INTO posting VALUES (?, ?)", (source, schema.packed(trials, total)))
            self._do("UPDATE source SET trials = ? WHERE id = ?", (len(trials), source))

    def _things(self) -> None:
        """Call every thing by its names, and put it where its sites are on average."""
        self._do("CREATE INDEX temp.located_source ON located (source)")
        descriptors: set[tuple[str, str]] = set()  # kinds and names; those of MeSH come first
        for number, kind, iri in self._listed():
            labels = self._reader.labels(NamedNode(iri))
            for text in labels:
                self._call(number, text, number)
            label = labels[0] if labels else self._known_as(number) or iri.rpartition("/")[2]
            name = (kind, schema.folded(label))
            note, twin = self._note(number, kind, iri), name in descriptors
            if iri.startswith(MESH):
                descriptors.add(name)
            point = self._do(
                "SELECT round(avg(lat), 5), round(avg(long), 5) FROM located WHERE source = ?", (number,)
            ).fetchone()
            values = (number, kind, label, note, *point, *self._stated(kind, iri), twin)
            self._do("INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def _point_of(self, thing: int) -> tuple[float | None, float | None]:
        query = "SELECT round(avg(lat), 5), round(avg(long), 5) FROM located WHERE source = ?"
        found: tuple[float | None, float | None] = self._do(query, (thing,)).fetchone()
        return found

    def _listed(self) -> Iterator[tuple[int, str, str]]:
        kinds = ", ".join(f"'{kind}'" for kind in KINDS)
        query = f"SELECT id, kind, key FROM source WHERE kind IN ({kinds}) ORDER BY key NOT GLOB '{MESH}*', id"
        return self._database.cursor().execute(query)

    def _known_as(self, thing: int) -> str:
        """The name of an intervention that most trials use."""
        query = """SELECT text FROM called JOIN source ON source.id = called.source WHERE thing = ? AND own
                   ORDER BY trials DESC, text LIMIT 1"""
        found = self._do(query, (thing,)).fetchone()
        return str(found[0]) if found else ""

    def _stated(self, kind: str, iri: str) -> tuple[int | None, int]:
        """The source of the trials that state a thing themselves, and not only something below it; and their number."""
        stated = f"{kind}-stated" if iri.startswith(MESH) else kind
        found = self._do("SELECT id, trials FROM source WHERE kind = ? AND key = ?", (stated, iri)).fetchone()
        return found or (None, 0)

    def _note(self, number: int, kind: str, iri: str) -> str:
        if iri.startswith(MESH):
            return "MeSH"
        read, node = self._reader, NamedNode(iri)
        if kind == "intervention":
            found = self._do("SELECT token FROM typed WHERE source = ?", (number,)).fetchone()
            return str(found[0]) if found else ""
        if kind == "organization":
            return next(iter(read.tokens(node, "organizationClass")), "")
        around = read.located(iri) if kind == "facility" else read.places(iri)[1:]
        return ", ".join(filter(None, (self._label(place.iri) for place in around)))

    def _names(self) -> None:
        """The names to find things by: those of more trials first, so that a search meets them first."""
        self._found_as()
        query = """SELECT called.source, thing, text FROM called JOIN source ON source.id = thing
                   ORDER BY trials DESC, thing, text"""
        for number, (source, thing, text) in enumerate(self._database.cursor().execute(query), 1):
            folded = text.lower()
            self._do("INSERT INTO name VALUES (?, ?, ?, ?, ?)", (number, source, thing, folded, text))
            self._do("INSERT INTO named (rowid, text) VALUES (?, ?)", (number, text))
            self._do("INSERT INTO spelled (rowid, text) VALUES (?, ?)", (number, folded))

    def _found_as(self) -> None:
        """Words in which the registry found a condition are names of it too."""
        query = """SELECT thing FROM called JOIN source ON source.id = thing
                   WHERE text = ? AND kind = 'condition' AND called.source = thing"""
        self._do("CREATE INDEX temp.called_text ON called (text)")
        found = lru_cache(10_000)(lambda text: self._do(query, (text,)).fetchall())
        for term, text in self._reader.leaves():
            for (thing,) in found(term):
                self._call(thing, text, thing, own=False)
