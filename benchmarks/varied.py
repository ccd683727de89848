"""Records for measurements at size: real ones under new ids, with sponsors, sites and conditions mixed.

    python benchmarks/varied.py NDJSON[.gz] --records 100000 -o varied.ndjson.gz

How often a name comes again follows a Pitman-Yor process, whose frequencies fall by a power law as those of real names
do: of n draws, some multiple of n ** growth are of new names. The growths were chosen by what the registry holds:
44,409 lead sponsors of 462,154 trials, 10,315 facilities of 17,672 sites.
"""

import argparse
import gzip
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]

#: The exponent by which the number of different names grows.
_SPONSORS, _FACILITIES, _CONDITIONS, _PUBLICATIONS = 0.72, 0.9, 0.78, 0.98
_START = 10.0  # draws that are new names for certain, about


class Names:
    """Draws of things, of which some come again: the more often a thing was drawn, the more often it is."""

    def __init__(self, growth: float, seed: int, renamed: Callable[[Json, int], Json]) -> None:
        self._growth, self._random, self._renamed = growth, random.Random(seed), renamed
        self._drawn: list[Json] = []  # each as often as it was drawn
        self._different = 0
        self._seen: set[str] = set()

    def draw(self, real: Json) -> Json:
        """A thing that was drawn before, or a new one: the real thing, under another name if that is taken."""
        count = len(self._drawn)
        if self._random.random() * (count + _START) >= _START + self._growth * self._different:
            # That a name was drawn k times counts k - growth, which taking one of all draws comes near to.
            thing = self._drawn[self._random.randrange(count)]
        else:
            self._different += 1
            key = orjson.dumps(real).decode()
            thing = real if key not in self._seen else self._renamed(real, self._different)
            self._seen.add(key)
        self._drawn.append(thing)
        return thing


def _numbered(name: str) -> Callable[[Json, int], Json]:
    """Another thing of its kind: the name with a number."""
    return lambda thing, number: thing | {name: f"{thing.get(name, 'Site')} {number}"}


def varied(lines: list[bytes], count: int, seed: int = 1) -> Iterator[bytes]:
    """Some records, each a real one under a new NCT id, whose sponsors, sites and conditions are drawn from all."""
    chosen = random.Random(seed)
    sponsors = Names(_SPONSORS, seed + 1, _numbered("name"))
    facilities = Names(_FACILITIES, seed + 2, _numbered("facility"))
    conditions = Names(_CONDITIONS, seed + 3, _numbered("name"))
    publications = Names(_PUBLICATIONS, seed + 4, lambda thing, number: thing | {"pmid": str(40_000_000 + number)})
    for number in range(count):
        line = chosen.choice(lines)
        old = orjson.loads(line)["protocolSection"]["identificationModule"]["nctId"]
        record = orjson.loads(line.replace(old.encode(), b"NCT%08d" % (90_000_000 + number)))
        protocol = record["protocolSection"]
        identification = protocol["identificationModule"]
        for each in [identification.get("orgStudyIdInfo", {}), *identification.get("secondaryIdInfos", [])]:
            if "id" in each:
                each["id"] = f"{each['id']}-{number}"
        parties = protocol.get("sponsorCollaboratorsModule", {})
        if "leadSponsor" in parties:
            parties["leadSponsor"] = sponsors.draw(parties["leadSponsor"])
        if "collaborators" in parties:
            parties["collaborators"] = [sponsors.draw(each) for each in parties["collaborators"]]
        _replace(protocol.get("contactsLocationsModule", {}), "locations", facilities)
        module = protocol.get("conditionsModule", {})
        if "conditions" in module:
            module["conditions"] = [conditions.draw({"name": each})["name"] for each in module["conditions"]]
        _replace(protocol.get("referencesModule", {}), "references", publications, "pmid")
        yield orjson.dumps(record)


def _replace(module: Json, name: str, names: Names, only: str = "facility") -> None:
    """Draw what tells things apart anew, and keep the rest: the status and the contacts of a site, say."""
    identity = (
        ("facility", "city", "state", "zip", "country", "countryCode", "geoPoint") if only == "facility" else (only,)
    )
    for each in module.get(name, []):
        if only in each:
            drawn = names.draw({key: each[key] for key in identity if key in each})
            for key in identity:
                each.pop(key, None)
            each.update(drawn)


def read(source: str) -> list[bytes]:
    """The records of a file, a line each."""
    with gzip.open(source) if source.endswith(".gz") else Path(source).open("rb") as lines:
        return [line for line in lines if line.strip()]


def write(source: str, path: Path, count: int) -> int:
    """Write varied records of a source, a line each; the number of bytes before they are compressed."""
    size = 0
    with gzip.open(path, "wb", 1) if path.suffix == ".gz" else path.open("wb") as out:
        for line in varied(read(source), count):
            size += out.write(line + b"\n")
    return size


def main() -> None:
    """Write varied records, and say how many bytes they are."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("source")
    arguments.add_argument("--records", type=int, default=100_000)
    arguments.add_argument("-o", "--out", type=Path, required=True)
    given = arguments.parse_args()
    print(f"{write(given.source, given.out, given.records):,} bytes")


if __name__ == "__main__":
    main()
