"""sync.json in the folder of a store: which search of the registry the store follows, and up to when it has done so."""

from pathlib import Path

import msgspec
from msgspec import Struct

from trialgraph.errors import InputError
from trialgraph.fetch import manifest
from trialgraph.fetch.manifest import Manifest
from trialgraph.fetch.query import Query

NAME = "sync.json"


class Following(Struct, rename="camel", frozen=True):
    """What a store follows."""

    api: str
    query: Query
    data_timestamp: str = ""  # of the registry's data that the store has, as the registry says it
    day: str = ""  # of that data; updates posted some days before it are compared again


def of_folder(folder: str) -> Following | None:
    """What a store follows that is built of a folder of `fetch`; None of anything else, or of an unfinished one."""
    try:
        found = msgspec.json.decode((Path(folder) / manifest.NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    if found.trialgraph != "fetch" or found.state != "complete":
        return None
    return Following(found.api, found.query, found.data_timestamp, found.data_timestamp[:10])


def read(store: str) -> Following | None:
    """What a store follows; None if that has not been said yet. Raises InputError if its file cannot be read."""
    path = Path(store) / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Following)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}; remove it, and say again what to follow") from error


def encoded(following: Following) -> bytes:
    """The file that says it."""
    return msgspec.json.format(msgspec.json.encode(following)) + b"\n"
