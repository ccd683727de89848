"""Where the catalogue of a store is kept, and making it where there is none."""

import os
from collections.abc import Callable
from pathlib import Path

from trialgraph.serve.catalogue.build import build
from trialgraph.serve.catalogue.catalogue import Catalogue, is_catalogue
from trialgraph.serve.pool import Pool

NAME = "catalogue.sqlite"


async def prepared(pool: Pool, store: str, temporary: str, stamp: str, tell: Callable[[str], None]) -> Catalogue:
    """The catalogue of what the pool's workers have open, made by one of them if there is none of this version.

    A catalogue with another stamp is of another state of the store, and made anew; `tell` is told so.

    It is kept in the folder of the store, so that a store that is replaced takes it along; for a graph file, or where
    the folder cannot be written, in a temporary folder, which is the caller's to remove.
    """
    folder = Path(store)
    kept = str(folder / NAME)
    if folder.is_dir() and is_catalogue(kept, stamp):
        return Catalogue(kept)
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        kept = str(Path(temporary) / NAME)
    tell(
        "indexing the graph for the pages; the next start finds it"
        if kept.startswith(store)
        else "making the catalogue"
    )
    await pool.run(build, kept, stamp)
    return Catalogue(kept)
