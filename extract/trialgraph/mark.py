"""The mark of a store on disk: who wrote it, in which form, and with which options its trials were built."""

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from trialgraph.errors import InputError, UsageError
from trialgraph.iris import BASE

MARK = "trialgraph.json"
_VERSION = 2


class Mark(Struct, frozen=True, omit_defaults=True):
    """The options of a build that all trials of a store must have in common."""

    base: str = BASE
    contacts: Literal["full", "names", "none"] = "full"
    graphs: bool = False
    retrieved: str | None = None  # of the first build


class _Version(Struct):
    version: int


def encoded(mark: Mark) -> bytes:
    """The file of a mark."""
    return msgspec.json.encode({"version": _VERSION, **msgspec.to_builtins(mark)}) + b"\n"


def read_mark(path: str) -> Mark:
    """The mark of a store. Raises UsageError if it has none, InputError if it cannot be read or is of another form."""
    try:
        data = (Path(path) / MARK).read_bytes()
        version = msgspec.json.decode(data, type=_Version).version
        if version != _VERSION:
            raise InputError(
                f"{path}: a store of version {version}, where this trialgraph reads {_VERSION}; build it anew"
            )
        return msgspec.json.decode(data, type=Mark)
    except FileNotFoundError:
        raise UsageError(f"{path}: a store that trialgraph did not write; name another directory") from None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {MARK} cannot be read: {error}") from error


def check_options(path: str, mark: Mark) -> None:
    """Raise UsageError if a store was built with other options."""
    old = read_mark(path)
    for option, there, given in (
        ("--base", old.base, mark.base),
        ("--contacts", old.contacts, mark.contacts),
        ("--graphs", _graphs(old), _graphs(mark)),
    ):
        if there != given:
            raise UsageError(f"{path}: built with {option} {there}, not {given}; give the same, or write another store")


def _graphs(mark: Mark) -> str:
    return "record" if mark.graphs else "none"
