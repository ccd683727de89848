"""What readers find in a source: items, each one record as bytes, and what was rejected."""

from msgspec import Struct


class Item(Struct, frozen=True, gc=False):
    """One record as it stands in its source."""

    reader: str
    nct_id: str
    file: str
    place: str  # a JSON pointer, or "line 12"; "" if the record is the whole file
    data: bytes


class Rejected(Struct, frozen=True, gc=False):
    """Something that stands where a record should, and why it is none."""

    file: str
    place: str
    nct_id: str
    message: str


def join(place: str, pointer: str) -> str:
    """A JSON pointer below the place of a record: below "line 12" it is "line 12 /hasResults"."""
    return f"{place} {pointer}" if place and not place.startswith("/") and pointer else f"{place}{pointer}"
