"""What a filter asks for, as a set of trials; with the meaning that the facets of find.py have."""

import math
import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Protocol

from trialgraph import resources
from trialgraph.errors import UsageError
from trialgraph.serve.catalogue.model import KINDS
from trialgraph.serve.labels import SCHEMES

_KM_PER_DEGREE = 111.195
_KM = {"km": 1, "mi": 1.609344, "m": 0.001}
_NEAR = re.compile(r" *(-?[0-9.]{1,20}) *, *(-?[0-9.]{1,20}) *, *([0-9.]{1,20}) ?(km|mi|m)? *", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_YEAR = re.compile(r"[0-9]{4}")
_TERM = re.compile(r'"([^"]*)"?(\*?)|(\S+)')
_IRI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\x00-\x20<>\"{}|^`\\]+")
_BOOLEAN = {"true": True, "yes": True, "false": False, "no": False}


class Sets(Protocol):
    """The sets of trials that filters are made of; Catalogue has them."""

    @property
    def everything(self) -> int: ...
    @property
    def base(self) -> str: ...
    def source(self, kind: str, key: str) -> int: ...
    def sources(self, kind: str) -> dict[str, int]: ...
    def named(self, kind: str, part: str) -> int: ...
    def worded(self, query: str) -> int: ...
    def near(self, lat: float, long: float, km: float) -> int: ...
    def too_young_or_old(self, age: float) -> int: ...


def trials(sets: Sets, name: str, value: str) -> int:
    """The trials that a value of a filter takes. Raises UsageError for a filter that there is not, or a bad value."""
    if name not in FILTERS:
        raise UsageError(f"{name}: no such filter; there are {', '.join(FILTERS)}")
    return FILTERS[name](sets, name, value)


def _thing(sets: Sets, name: str, value: str) -> int:
    """Trials of the thing with an IRI, or of all those whose name has some text in it."""
    kind = "organization" if name == "sponsor" else name
    if not is_iri(value):
        return sets.named(kind, value)
    if not (found := sets.source(kind, value)):
        raise UsageError(f"{name}={value}: no {kind} of this graph has this IRI")
    return found


def _country(sets: Sets, name: str, value: str) -> int:
    if is_iri(value):
        return _thing(sets, name, value)
    words = resources.vocabulary()
    if not (token := words.token("country", value)):
        near = get_close_matches(value.lower()[:100], words.words("country"), 1)
        hint = f": {near[0]}?" if near else ""
        raise UsageError(f"{name}={value}: neither the name nor the ISO 3166-1 code of a country{hint}")
    return sets.source("country", f"{sets.base}place/{token}")


def _token(sets: Sets, name: str, value: str) -> int:
    token = _known(name, value)
    found = sets.sources(name)
    if not token and value not in found:
        known = resources.vocabulary().tokens(SCHEMES[name])
        raise UsageError(f"{name}={value}: not one of {', '.join(known)}")
    return found.get(token or value, 0)


def _known(name: str, value: str) -> str | None:
    words, scheme = resources.vocabulary(), SCHEMES[name]
    return words.token(scheme, value.replace("_", " ")) or words.token(scheme, value)


def _sex(sets: Sets, name: str, value: str) -> int:
    """Trials that state no other sex than this one; one that states none takes both."""
    if not (token := _known(name, value)):
        raise UsageError(f"{name}={value}: not one of {', '.join(resources.vocabulary().tokens(SCHEMES[name]))}")
    others = 0
    for stated, bits in sets.sources("sex").items():
        if stated not in (token, "ALL"):
            others |= bits
    return sets.everything & ~others


def _age(sets: Sets, name: str, value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise UsageError(f"{name}={value}: not an age in years; such as 9")
    return sets.everything & ~sets.too_young_or_old(float(value))


def _boolean(name: str, value: str) -> bool:
    if value.lower() not in _BOOLEAN:
        raise UsageError(f"{name}={value}: neither yes nor no")
    return _BOOLEAN[value.lower()]


def _healthy(sets: Sets, name: str, value: str) -> int:
    return sets.source("healthy", "true" if _boolean(name, value) else "false")


def _results(sets: Sets, name: str, value: str) -> int:
    posted = sets.source("results", "true")
    return posted if _boolean(name, value) else sets.everything & ~posted


def _year(sets: Sets, name: str, value: str) -> int:
    if not _YEAR.fullmatch(value):
        raise UsageError(f"{name}={value}: not a year; such as 2024")
    return sets.source("year", value)


def _near(sets: Sets, name: str, value: str) -> int:
    return sets.near(*circle(value))


def circle(value: str) -> tuple[float, float, float]:
    """The latitude, the longitude and the kilometres of "48.85,2.35,50km". Raises UsageError if it is none."""
    match = _NEAR.fullmatch(value)
    try:
        if not match:
            raise ValueError
        lat, long, distance = (float(part) for part in match.groups()[:3])
    except ValueError:
        raise UsageError(f"near={value}: not a point and a distance; such as 48.85,2.35,50km") from None
    if not (-90 <= lat <= 90 and -180 <= long <= 180):
        raise UsageError(f"near={value}: a latitude is from -90 to 90, a longitude from -180 to 180")
    return lat, long, distance * _KM[(match[4] or "km").lower()]


def within(lat: float, long: float, km: float) -> Callable[[float, float], bool]:
    """Whether a point is within some kilometres, on the map that find.py takes the Earth for."""
    lat, long = round(lat, 6), round(long, 6)
    scale = round(_KM_PER_DEGREE * math.cos(math.radians(lat)), 6)

    def inside(other: float, along: float) -> bool:
        north, apart = abs(other - lat) * _KM_PER_DEGREE, abs(along - long)
        east = (360 - apart if apart > 180 else apart) * scale
        return north * north + east * east <= km * km

    return inside


def _words(sets: Sets, name: str, value: str) -> int:
    return sets.worded(match(value))


def match(text: str) -> str:
    """The query of FTS5 for all words and "quoted phrases" of a text; one that ends in * stands for its beginnings.

    Raises UsageError if the text has no letter or digit.
    """
    found = []
    for words, start in terms(text):
        quoted = words.replace('"', '""')
        found.append(f'"{quoted}"{"*" if start else ""}')
    if not found:
        raise UsageError(f"words={text}: no letter or digit to look for")
    return " AND ".join(found)


def terms(text: str) -> Iterator[tuple[str, bool]]:
    """The words and the quoted phrases of a text, and whether each stands for its beginnings."""
    for phrase, star, word in _TERM.findall("".join(char if char.isprintable() else " " for char in text)):
        words, start = (phrase, bool(star)) if phrase else (word.rstrip("*"), word.endswith("*"))
        if any(char.isalnum() for char in words):
            yield words, start


def is_iri(value: str) -> bool:
    """Whether a value of a filter is the IRI of a thing, and not a part of a name."""
    return _IRI.fullmatch(value) is not None


FILTERS: dict[str, Callable[[Sets, str, str], int]] = {
    **dict.fromkeys((*KINDS, "sponsor"), _thing),
    "country": _country,
    "near": _near,
    "status": _token,
    "phase": _token,
    "type": _token,
    "sex": _sex,
    "age": _age,
    "healthy": _healthy,
    "results": _results,
    "year": _year,
    "words": _words,
}
