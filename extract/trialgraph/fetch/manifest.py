"""fetch.json: what a folder of fetched studies holds, and how far the fetch is."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from trialgraph.errors import InputError, UsageError
from trialgraph.fetch import files
from trialgraph.fetch.query import Query
from trialgraph.writers.output import output

NAME = "fetch.json"
_VERSION = 1


class File(Struct):
    """A file of studies."""

    name: Annotated[str, Meta(pattern=f"^{files.NAME}$")]  # nothing outside of the folder
    studies: int


class Manifest(Struct, rename="camel"):
    """Nothing in it depends on how often a run was broken off, nor on the time of day."""

    api: str
    query: Query
    trialgraph: str = "fetch"  # by which readers know this file
    version: int = _VERSION
    state: str = "incomplete"  # or "complete"
    data_timestamp: str = ""  # the registry's, of these studies
    total: int | None = None  # how many the registry says there are
    studies: int = 0
    files: list[File] = []
    next: str | None = ""  # the token of the next page; null after the last
    twice: list[str] = []  # ids that came on two pages
    missing: list[str] = []  # ids that were asked for, or listed by the registry, and not given


def read(folder: Path, api: str, query: Query) -> Manifest:
    """The manifest of a folder. Raises InputError if it cannot be read, UsageError if it is of something else."""
    path = folder / NAME
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}; --restart drops what is there") from error
    if query.ids and not (found.next or "0").isdecimal():
        raise InputError(f"{path}: not what a fetch writes; --restart drops what is there")
    if found.version != _VERSION:
        raise InputError(f"{path}: written by another version of trialgraph; --restart drops what is there")
    for what, old, new in (("query", found.query, query), ("API", found.api, api)):
        if old != new:
            raise UsageError(
                f"{folder}: holds the fetch of another {what}: {old}, not {new}; name another folder,"
                " or --restart to drop what is there"
            )
    return found


def save(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, as a whole."""
    with output(str(folder / NAME)) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
