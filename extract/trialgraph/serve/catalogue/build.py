"""Making the catalogue of a store, trial by trial, in memory that does not grow with the store."""

import os
import sqlite3
from array import array
from contextlib import closing
from pathlib import Path

from pyoxigraph import NamedNode, Store

from trialgraph.serve.catalogue import schema
from trialgraph.serve.catalogue.draft import Draft
from trialgraph.serve.catalogue.facts import Reader
from trialgraph.serve.catalogue.naming import name_things
from trialgraph.serve.catalogue.trials import Trials


def build(store: Store, file: str, stamp: str = "") -> int:
    """Write the catalogue of a store to a file, which is there whole or not at all; gives the number of trials.

    The stamp tells this state of the store from others.
    """
    schema.check()
    part = Path(f"{file}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part)) as database:
            trials = _filled(Reader(store), database, stamp)
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)
    return trials


def _filled(reader: Reader, database: sqlite3.Connection, stamp: str) -> int:
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE", "cache_size = -100000"):  # KB
        database.execute(f"PRAGMA {pragma}")
    database.executescript(schema.TABLES)
    draft = Draft(reader, database)
    trials = Trials(draft)
    total = 0
    for iri, nct_id, updated in _ordered(draft):
        trials.add(total, NamedNode(iri), nct_id, updated)
        total += 1
    draft.post(total)
    name_things(draft)
    for sort, order in schema.SORTS.items():
        numbers = array("I", (number for (number,) in draft.do(f"SELECT id FROM trial ORDER BY {order}, id")))
        draft.do("INSERT INTO sorted VALUES (?, ?)", sort, numbers.tobytes())
    for name, value in (("trials", total), ("base", draft.base), ("stamp", stamp)):
        draft.do("INSERT INTO about VALUES (?, ?)", name, value)
    database.executescript(schema.INDEXES)
    draft.do(f"PRAGMA user_version = {schema.VERSION}")
    draft.do("ANALYZE")
    database.commit()
    return total


def _ordered(draft: Draft) -> sqlite3.Cursor:
    """The IRI, the id and the latest update of every trial, the latest updated first."""
    draft.do("CREATE TEMP TABLE listed (iri TEXT, nct_id TEXT, updated TEXT)")
    for trial in draft.reader.trials():
        draft.base, _, rest = trial.value.partition("trial/")
        updated = max(draft.reader.texts(trial, "lastUpdatePosted"), default="")
        nct_id = draft.reader.text(trial, "nctId") or rest  # of another registry
        draft.do("INSERT INTO listed VALUES (?, ?, ?)", trial.value, nct_id, updated)
    return draft.do("SELECT iri, min(nct_id), updated FROM listed GROUP BY iri ORDER BY updated DESC, nct_id")
