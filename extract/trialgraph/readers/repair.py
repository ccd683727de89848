"""A record of almost the right shape, made to fit the Study record; what does not fit is reported, never lost.

The fast way decodes a record straight into the Study and fails on the first thing that is out of order. This is the
slow way, for the few records that have one.
"""

import json
from collections.abc import Callable
from functools import cache
from math import isfinite
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import fields

from trialgraph.readers.clean import clean
from trialgraph.record import Finding, Kind
from trialgraph.study import Study

#: Report one thing: its kind, the JSON pointer, the value and what to say about it.
Report = Callable[[Kind, str, object, str], None]

_LONGEST_VALUE = 200
_LONGEST_NUMBER = 300
#: Lenient decoding takes ten times the memory; no record is that large.
_LARGEST_LENIENT = 1 << 26
_ABSENT = object()


def decoded(data: bytes) -> Any:
    """The value of a JSON text, also of one that no strict decoder takes.

    A number that no computer calculates with, such as NaN or one of 5,000 digits, stays text; a lone surrogate stays
    one. Raises msgspec.DecodeError, UnicodeDecodeError or RecursionError.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if len(data) > _LARGEST_LENIENT:
            raise
    try:
        text = data.decode("utf-8", "surrogatepass")
        return json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=str, strict=False)
    except json.JSONDecodeError as error:
        raise msgspec.DecodeError(f"not JSON: {error}") from error


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _float(digits: str) -> float | str:
    value = float(digits)
    return value if isfinite(value) else digits


def repair(record: dict[str, Any]) -> tuple[Study, tuple[Finding, ...]]:
    """The Study that a decoded record holds, and what had to be changed or left out to get it."""
    findings: list[Finding] = []

    def report(kind: Kind, pointer: str, value: object, message: str) -> None:
        shown = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        findings.append(Finding(kind, message, clean(shown)[:_LONGEST_VALUE], pointer))

    fitted = _struct(record, Study, "", report)
    return msgspec.convert(fitted, Study), tuple(findings)


def _struct(value: dict[str, Any], type_: type, pointer: str, report: Report) -> dict[str, Any]:
    known, fitted = _fields(type_), {}
    for name, child in value.items():
        here = f"{pointer}/{clean(name)}"
        if name not in known:
            report("unknown-field", here, child, "not a field of the model")
        elif (fit := _fit(child, known[name], here, report)) is not _ABSENT:
            fitted[name] = fit
    return fitted


def _fit(value: Any, type_: Any, pointer: str, report: Report) -> Any:
    if value is None:
        return _ABSENT
    if get_origin(type_) is tuple:
        item_type = get_args(type_)[0]
        if not isinstance(value, list):
            report("text", pointer, value, "not a list; read as the only item of one")
            value = [value]
        for index, item in enumerate(value):
            if item is None:
                report("dropped", f"{pointer}/{index}", item, "an empty item of a list")
        fitted = (_fit(item, item_type, f"{pointer}/{index}", report) for index, item in enumerate(value))
        return [item for item in fitted if item is not _ABSENT]
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        if isinstance(value, dict):
            return _struct(value, type_, pointer, report)
        report("dropped", pointer, value, "not an object")
        return _ABSENT
    return _leaf(value, type_, pointer, report)


def _leaf(value: Any, types: tuple[type, ...], pointer: str, report: Report) -> Any:
    if isinstance(value, dict | list):
        report("dropped", pointer, value, "not a single value")
        return _ABSENT
    if isinstance(value, str):
        cleaned = clean(value)
        if cleaned != value:
            report("cleaned", pointer, cleaned, "control, bidi or broken characters replaced by U+FFFD")
        return cleaned
    if type(value) in types:
        return value
    report("text", pointer, value, "not a string; kept as text")
    return msgspec.json.encode(value).decode()


@cache
def _fields(type_: type) -> dict[str, Any]:
    """The fields of a struct by the registry's names, each with its struct, its tuple, or the types of its leaf."""
    hints = get_type_hints(type_)
    return {field.encode_name: _bare(hints[field.name]) for field in fields(type_)}


def _bare(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        return _bare(get_args(hint)[0])
    if get_origin(hint) is tuple:
        return tuple[_bare(get_args(hint)[0]), ...]  # type: ignore[misc]
    options = [option for option in get_args(hint) if option is not type(None)]
    if not options:
        return hint if isinstance(hint, type) and issubclass(hint, msgspec.Struct) else (hint,)
    return tuple(options)
