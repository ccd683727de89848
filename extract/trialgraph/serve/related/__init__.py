"""Trials that are like a trial, with the reasons: from a file of each trial's nearest, or quickly from what they share.

The file is made in the background (`making`). Until it is there, and where it cannot be made, the store tells which
trials share the rarest conditions and interventions (`shared`).
"""

import sqlite3
from contextlib import closing

from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from trialgraph.serve.background import Derived
from trialgraph.serve.related import making
from trialgraph.serve.related.making import Listed, Neighbour
from trialgraph.serve.related.shared import found
from trialgraph.serve.site import Site

NAME = "related.sqlite"
#: How many a page of its own shows, and the fragment on the page of a trial.
MOST, FEW = 10, 5


class Related(Struct, frozen=True):
    """What the server knows of trials that are like one, best first."""

    trial: str  # the id
    title: str
    neighbours: list[Neighbour]
    listed: list[Listed]
    compared: bool  # whether all of the records were compared; else the neighbours share something rare
    hint: str  # how to get better ones; "" if these are the best


def file() -> Derived:
    """The file as it is to be made."""
    return Derived(NAME, making.make, making.FORM)


async def related(at: Site, trial: str, most: int = MOST) -> Related | None:
    """The trials that are like a trial, by its id; None if the graph has no such trial. Takes some milliseconds."""
    held = at.background[NAME]
    kept = await run_in_threadpool(_kept, held.path, trial) if held.path else None
    told = kept or await at.pool.run(found, f"{at.base}trial/{trial}", most)
    if told is None:
        return None
    hint = "" if kept else _hint(held)
    return Related(trial, told.title, told.neighbours[:most], told.listed, kept is not None, hint)


def _kept(path: str, trial: str) -> making.Kept | None:
    with closing(sqlite3.connect(path)) as database:
        row = database.execute("SELECT kept FROM nearest WHERE id = ?", (trial,)).fetchone()
    return making.unpacked(row[0]) if row else None


def _hint(held: Derived) -> str:
    if held.error:
        return f"The records as a whole are not compared: {held.error}."
    if held.waiting and held.total:
        return f"The records are being compared as a whole: {held.done:,} of {held.total:,} are done."
    return "The records are being compared as a whole; look again in a while." if held.waiting else ""
