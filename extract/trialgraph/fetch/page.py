"""What the registry answers: pages of studies, each study kept as it was sent, with its id and date read from it."""

import json
from typing import Any

import msgspec
from msgspec import Raw, Struct

from trialgraph.readers.repair import decoded
from trialgraph.study import NCT_ID

#: What decoding raises for a text that is cut off, or no JSON at all.
BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Page(Struct, frozen=True):
    """Studies, each JSON in one line; the token of the next page, "" on the last; how many in all, if it was asked."""

    studies: list[bytes]
    token: str = ""
    total: int | None = None


class Head(Struct, frozen=True):
    """What identifies a study and its version."""

    nct_id: str
    updated: str  # lastUpdatePostDate; "" if it has none
    aliases: tuple[str, ...]


class _Page(Struct, rename="camel"):
    studies: list[Raw]
    next_page_token: str | None = None
    total_count: int | None = None


class _Date(Struct):
    date: str | None = None


class _Status(Struct, rename="camel"):
    last_update_post_date_struct: _Date | None = None


class _Identification(Struct, rename="camel"):
    nct_id: str | None = None
    nct_id_aliases: list[str] | None = None


class _Protocol(Struct, rename="camel"):
    identification_module: _Identification | None = None
    status_module: _Status | None = None


class _Study(Struct, rename="camel"):
    protocol_section: _Protocol | None = None


_page = msgspec.json.Decoder(_Page)
_study = msgspec.json.Decoder(_Study)


def page(body: bytes) -> Page:
    """The page that a body holds. Raises one of BROKEN if it holds none."""
    try:
        found = _page.decode(body)
    except BROKEN:
        # One study with a lone surrogate or the like; a body that is cut off fails again.
        found = msgspec.convert(_raws(decoded(body)), _Page)
    return Page([line(bytes(raw)) for raw in found.studies], found.next_page_token or "", found.total_count)


def _raws(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("studies"), list):
        return value | {"studies": [Raw(json.dumps(study).encode()) for study in value["studies"]]}
    return value


def line(study: bytes) -> bytes:
    """A study in one line. JSON has line breaks only between its parts."""
    return study.replace(b"\r", b"").replace(b"\n", b"")


def head(study: bytes) -> Head | None:
    """The id, date and aliases of a study; None if it has no NCT id, so that nothing could be made of it."""
    try:
        found = _study.decode(study)
    except BROKEN:
        try:
            found = msgspec.convert(decoded(study), _Study)
        except BROKEN:
            return None
    protocol = found.protocol_section or _Protocol()
    identification = protocol.identification_module or _Identification()
    if not NCT_ID.fullmatch(identification.nct_id or ""):
        return None
    posted = (protocol.status_module or _Status()).last_update_post_date_struct or _Date()
    return Head(identification.nct_id or "", posted.date or "", tuple(identification.nct_id_aliases or ()))
