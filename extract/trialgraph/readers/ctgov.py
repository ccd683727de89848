"""ClinicalTrials.gov v2 JSON: one study, an array, a page of the API, or a record a line (NDJSON)."""

import json
from collections.abc import Generator, Iterable, Iterator
from hashlib import sha256
from io import BytesIO
from itertools import chain
from typing import Any, BinaryIO

import msgspec

from trialgraph.errors import InputError, RecordError
from trialgraph.readers.clean import clean, suspicious
from trialgraph.readers.item import Item, Rejected, join
from trialgraph.readers.repair import decoded, repair
from trialgraph.record import Finding, Record
from trialgraph.study import NCT_ID, Study

NAME = "ctgov"

#: A JSON document other than NDJSON is read whole; a larger one should come a record a line.
_LARGEST_DOCUMENT = 1 << 30
#: The largest record of the registry has 2 MB.
_LARGEST_RECORD = 1 << 26

_NONE: tuple[Finding, ...] = ()
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Identification(msgspec.Struct, rename="camel"):
    nct_id: Any = None


class _Protocol(msgspec.Struct, rename="camel"):
    identification_module: _Identification | None = None


class _Envelope(msgspec.Struct, rename="camel"):
    """What tells a study from a page of the API: the one has a protocolSection, the other has studies.

    The manifest of a folder that `fetch` wrote stands beside its studies, and says whether they are all.
    """

    protocol_section: _Protocol | msgspec.UnsetType | None = msgspec.UNSET
    studies: list[msgspec.Raw] | msgspec.UnsetType | int = msgspec.UNSET
    trialgraph: Any = None
    state: Any = None


_envelope = msgspec.json.Decoder(_Envelope)
_array = msgspec.json.Decoder(list[msgspec.Raw])
_study = msgspec.json.Decoder(Study)


def recognises(head: bytes) -> bool:
    """True of the beginning of a JSON object or array."""
    return head.lstrip()[:1] in (b"{", b"[")


def has_lines(head: bytes) -> bool:
    """True if a file that begins so has a record a line."""
    lines = _lines(BytesIO(head))
    (_, first), (_, second) = next(lines, (1, b"")), next(lines, (2, b""))
    return recognises(head) and _record_a_line(first, second)


def items(stream: BinaryIO, file: str) -> Iterator[Item | Rejected]:
    """Every record of a stream, or why one is none.

    Raises InputError for a document that is not JSON, or that holds no study.
    """
    lines = _lines(stream)
    (start, first), (next_, second) = next(lines, (1, b"")), next(lines, (2, b""))
    if _record_a_line(first, second):
        yield from _records(chain([(start, first), (next_, second)], lines), file)
        return
    data = b"\n" * (start - 1) + first + b"\n" * (next_ - start - 1) + second
    data += stream.read(max(_LARGEST_DOCUMENT - len(data), 0))
    if len(data) >= _LARGEST_DOCUMENT:
        raise InputError(
            f"{file}: a JSON document of more than {_LARGEST_DOCUMENT >> 20:,} MiB; write it one record a line (NDJSON)"
        )
    try:
        # Without the end of the last line, so that a study has the same hash alone in a file and among others.
        yield from _document(data.rstrip(), file, "")
    except _BROKEN as error:
        raise InputError(f"{file}: {_why(error)}; {len(data):,} bytes were read") from error


def parse(item: Item) -> Record:
    """The Record of an item. Raises RecordError if it cannot be decoded."""
    data = item.data
    try:
        if suspicious(data):
            raise msgspec.ValidationError("look at every string")
        study, findings = _study.decode(data), _NONE
    except _BROKEN:
        try:
            study, findings = repair(decoded(data))
        except _BROKEN as error:
            raise RecordError(_why(error), item.place, item.nct_id) from error
    status = study.protocol_section.status_module
    return Record(
        study=study,
        reader=NAME,
        file=item.file,
        place=item.place,
        sha256=sha256(data).hexdigest(),
        updated=status.last_update_post_date_struct.date,
        findings=tuple(
            msgspec.structs.replace(
                finding, pointer=join(item.place, finding.pointer), file=item.file, nct_id=item.nct_id
            )
            for finding in findings
        ),
    )


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of a stream that are not blank, with their numbers."""
    number = 0
    while line := stream.readline(_LARGEST_DOCUMENT):
        number += 1
        if line.strip():
            yield number, line


def _record_a_line(first: bytes, second: bytes) -> bool:
    """True if the second line begins a value of its own; else both are part of one document."""
    end, begin = first.rstrip()[-1:], second.lstrip()[:1]
    if end in (b"}", b"]"):
        return begin not in (b"", b",", b"}", b"]")
    # A first line that was cut off does not make the others less.
    return first.lstrip()[:1] == begin == b"{" and end not in (b"{", b"[", b",", b":")


def _records(lines: Iterable[tuple[int, bytes]], file: str) -> Iterator[Item | Rejected]:
    if not (yield from of_lines(lines, file)):
        raise InputError(no_study(file))


def no_study(file: str) -> str:
    """What is wrong with a file that has a record a line, but no study."""
    return f"{file}: JSON lines, but none is a study of the ClinicalTrials.gov v2 model"


def of_lines(lines: Iterable[tuple[int, bytes]], file: str) -> Generator[Item | Rejected, None, bool]:
    """Every record of some numbered lines of a file, or why one is none; gives in the end whether any is a study."""
    known = False
    for number, line in lines:
        place = f"line {number}"
        if len(line) >= _LARGEST_RECORD:
            raise InputError(f"{file}: {place} has more than {_LARGEST_RECORD >> 20} MiB; no record is that long")
        try:
            for item in _document(line.rstrip(), file, place):
                known = True
                yield item
        except _BROKEN as error:
            yield Rejected(file, place, "", _why(error))
        except InputError as error:
            yield Rejected(file, place, "", str(error).removeprefix(f"{file}: "))
    return known


def _document(data: bytes, file: str, place: str) -> Iterator[Item | Rejected]:
    """The studies of one JSON value, and what stands where a study should."""
    if data.lstrip()[:1] == b"[":
        yield from _each(_list(data), file, place, "")
        return
    envelope = _look(data)
    if isinstance(envelope.studies, list):
        yield from _each(envelope.studies, file, place, "/studies")
    elif envelope.trialgraph == "fetch":
        if envelope.state != "complete":
            yield Rejected(
                file, place, "", "the fetch of this folder is incomplete; the same `trialgraph fetch` goes on"
            )
    elif envelope.protocol_section is msgspec.UNSET:
        raise InputError(f"{file}: JSON, but neither a study (protocolSection) nor a page of the API (studies)")
    else:
        yield _item(data, envelope, file, place)


def _each(studies: Iterable[msgspec.Raw], file: str, place: str, pointer: str) -> Iterator[Item | Rejected]:
    for index, raw in enumerate(studies):
        data, here = bytes(raw), join(place, f"{pointer}/{index}")
        if data[:1] != b"{":
            yield Rejected(file, here, "", f"not a study but {data[:20].decode(errors='replace')}")
            continue
        try:
            yield _item(data, _look(data), file, here)
        except _BROKEN as error:
            yield Rejected(file, here, "", _why(error))


# An array, a page or a study that a strict decoder refuses, for a lone surrogate, a protocolSection that is no object
# or a number out of range, is looked at again, more slowly.


def _list(data: bytes) -> list[msgspec.Raw]:
    """The items of a JSON array."""
    try:
        return _array.decode(data)
    except _BROKEN:
        value = decoded(data)
        return _raws(value) if isinstance(value, list) else []


def _look(data: bytes) -> _Envelope:
    """The envelope of a JSON object."""
    try:
        return _envelope.decode(data)
    except _BROKEN:
        value = decoded(data)
    studies, protocol = value.get("studies"), value.get("protocolSection", msgspec.UNSET)
    if isinstance(studies, list):
        return _Envelope(studies=_raws(studies))
    if protocol is msgspec.UNSET or protocol is None:
        return _Envelope(protocol_section=protocol)
    module = protocol.get("identificationModule") if isinstance(protocol, dict) else None
    return _Envelope(_Protocol(_Identification(module.get("nctId") if isinstance(module, dict) else None)))


def _raws(values: Iterable[Any]) -> list[msgspec.Raw]:
    return [msgspec.Raw(json.dumps(value).encode()) for value in values]


def _item(data: bytes, envelope: _Envelope, file: str, place: str) -> Item | Rejected:
    protocol = envelope.protocol_section
    if protocol is None or protocol is msgspec.UNSET:
        return Rejected(file, join(place, "/protocolSection"), "", "the study has no protocolSection")
    nct_id = protocol.identification_module.nct_id if protocol.identification_module else None
    where = join(place, "/protocolSection/identificationModule/nctId")
    if not nct_id:
        return Rejected(file, where, "", "the study has no NCT id")
    if not isinstance(nct_id, str) or not NCT_ID.fullmatch(nct_id):
        return Rejected(file, where, "", f"not an NCT id, which is NCT and eight digits: {clean(str(nct_id))[:40]!r}")
    return Item(NAME, nct_id, file, place, data)


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "JSON nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start:,}; save it as UTF-8"
    return str(error)
