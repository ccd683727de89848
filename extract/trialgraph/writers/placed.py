"""A file that several processes write, each the texts that it made, so that no text goes from one to the other.

A process keeps a text until it is told where in the file that belongs: behind all before it, whoever made them.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """Where a text begins in the file, in bytes, and what stands before it there."""

    start: int
    lead: bytes


#: What this process made and has not yet written, by number.
_kept: dict[int, Sequence[bytes]] = {}


def keep(number: int, text: Sequence[bytes]) -> int:
    """Keep a text, which has a number among the texts of all processes. Gives its size in bytes."""
    _kept[number] = text
    return sum(map(len, text))


def write(path: str, places: Mapping[int, Place]) -> list[int]:
    """Write the kept texts whose places are known into a file. Gives their numbers. Raises OSError."""
    known = [number for number in places if number in _kept]
    if known:
        with open(path, "r+b") as file:
            for number in known:
                file.seek(places[number].start)
                file.writelines([places[number].lead, *_kept.pop(number)])
    return known
