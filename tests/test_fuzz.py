"""Records that nobody wrote: valid ones drawn from the registry's own description, and real ones with damage.

Whatever comes in, a build ends with a graph that parses or with one of the package's own errors, leaves no part of a
file behind, and stays within bounds of time and memory. The test suite runs the same small share each time;
`make fuzz` sets FUZZ_EXAMPLES to run more, and other ones.
"""

import gzip
import io
import json
import os
import resource
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyoxigraph
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import SHARED, parsed, study

from trialgraph.build import build
from trialgraph.errors import TrialgraphError
from trialgraph.model import leaves
from trialgraph.report import BuildReport
from trialgraph.resources import folder, vocabulary
from trialgraph.statements import Contacts

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SETTINGS = settings(
    max_examples=EXAMPLES or 150,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
OPENAPI = SHARED / "research" / "ctg-oas-v2.0.5.yaml"
STUDIES = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"

#: A record's build takes well under a second; this is what would be a fault.
SLOWEST = 20.0
#: How much more memory than before a build of such small inputs may take, in bytes.
LARGEST_GROWTH = 1 << 29

FORMATS = {
    ".jsonld": pyoxigraph.RdfFormat.JSON_LD,
    ".nq": pyoxigraph.RdfFormat.N_QUADS,
    ".trig": pyoxigraph.RdfFormat.TRIG,
    ".ttl": pyoxigraph.RdfFormat.TURTLE,
}


# Valid records.


class Leaf(NamedTuple):
    """A leaf of the registry's model: its path, with "[]" for a step into a list, and what it holds."""

    path: tuple[str, ...]
    kind: str  # a type and format of OpenAPI, "enum", or a name of the description such as "PartialDate"
    tokens: tuple[str, ...] = ()


@cache
def model() -> list[Leaf]:
    """The leaves as the registry describes them, or as the Study record does where that description is not at hand."""
    if not OPENAPI.exists():
        return [_of_model(path, name) for path, name in leaves().items()]
    import yaml

    with OPENAPI.open() as text:
        schemas = yaml.load(text, yaml.CSafeLoader)["components"]["schemas"]
    return list(_of_schema(schemas, schemas["Study"], "Study", ()))


def _of_schema(schemas: dict[str, Any], schema: dict[str, Any], name: str, path: tuple[str, ...]) -> Iterator[Leaf]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _of_schema(schemas, schemas[name], name, path)
    elif schema["type"] == "object":
        for key, inner in schema["properties"].items():
            yield from _of_schema(schemas, inner, "", (*path, key))
    elif schema["type"] == "array":
        yield from _of_schema(schemas, schema["items"], "", (*path, "[]"))
    elif "enum" in schema:
        yield Leaf(path, "enum", tuple(schema["enum"]))
    else:
        yield Leaf(path, name if name in KINDS else schema.get("format", schema["type"]))


def _of_model(path: str, name: str) -> Leaf:
    steps = tuple(path.replace("[]", ".[]").split("."))
    scheme = vocabulary().scheme(name)
    if scheme:
        return Leaf(steps, "enum", tuple(vocabulary().tokens(scheme)))
    kinds = {"Date": "PartialDate", "DateTime": "DateTimeMinutes", "Flag": "boolean", "Count": "integer"}
    return Leaf(steps, kinds.get(name, "string"))


DATES = st.dates().map(str)
NASTY = ["", " ", "\x00", "\x1b[31m", "\u202e", "\ud800", "\ufffe", "\\", "\\>", '"', '"""', "\n", "<x>", "%", "é" * 99]
TEXTS = st.text(max_size=30) | st.text(st.characters(codec=None), max_size=10) | st.sampled_from(NASTY)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "boolean": st.booleans(),
    "integer": st.integers(0, 2**63),
    "int32": st.integers(0, 2**31),
    "int64": st.integers(0, 2**63),
    "number": st.floats(-1e6, 1e6),
    "float": st.floats(-1e6, 1e6),
    "double": st.floats(-1e6, 1e6),
    "date": DATES,
    "PartialDate": st.builds(lambda day, length: day[:length], DATES, st.sampled_from([4, 7, 10])),
    "DateTimeMinutes": st.datetimes().map(lambda moment: moment.isoformat()[:16]),
    "GeoName": TEXTS,
    "nct": st.from_regex(r"NCT[0-9]{8}", fullmatch=True),
}
NCT_IDS = KINDS["nct"]
ID = ("protocolSection", "identificationModule", "nctId")


def values(leaf: Leaf) -> st.SearchStrategy[Any]:
    return st.sampled_from(leaf.tokens) if leaf.kind == "enum" else KINDS[leaf.kind]


@st.composite
def valid(draw: st.DrawFn) -> dict[str, Any]:
    """A record of the registry's model: any leaves, in lists of up to four items."""
    record = study(draw(NCT_IDS))
    for leaf in draw(st.lists(st.sampled_from(model()), max_size=60)):
        if leaf.path != ID:
            _put(record, leaf.path, draw(st.integers(0, 3)), draw(values(leaf)))
    return record


def _put(place: Any, path: tuple[str, ...], index: int, value: Any) -> None:
    """Set a leaf; `index` chooses among the items that each list has, and one more."""
    for step, following in zip(path, (*path[1:], None), strict=True):
        if step == "[]":
            key: Any = min(index, len(place))
            if key == len(place):
                place.append(None)
        else:
            key = step
            if key not in place:
                place[key] = None
        if following is None:
            place[key] = value
        elif place[key] is None:
            place[key] = [] if following == "[]" else {}
        place = place[key]


# Damage.


@cache
def bases() -> list[bytes]:
    """Real records of up to 100 kB where they are at hand, and the samples of the package, pages among them."""
    samples = [path.read_bytes() for path in sorted(folder("samples").iterdir()) if path.suffix in (".json", ".txt")]
    if not STUDIES.exists():
        return samples
    with gzip.open(STUDIES) as lines:
        return samples + [line for line in lines if len(line) < 100_000][::5]


Damage = Callable[[bytes], bytes]
WRONG: list[Any] = [None, True, 0, -1, 1.5, 10**30, "", "x", [], {}, [None], [[]], {"a": 1}, ["x", 1], "2025-02-30"]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each object or list of a JSON value with each of its keys or indices."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    for key, child in items:
        yield value, key
        yield from _places(child)


@st.composite
def json_damage(draw: st.DrawFn) -> Damage:
    """Keys deleted, renamed, doubled; values replaced by null or another type, or nested."""
    what = draw(st.sampled_from(["delete", "null", "type", "nest", "rename", "text", "double", "huge"]))
    at = draw(st.floats(0, 1, exclude_max=True))
    wrong, text = draw(st.sampled_from(WRONG)), draw(TEXTS)
    depth = draw(st.sampled_from([1, 5, 900, 3_000, 100_000]))

    def damage(data: bytes) -> bytes:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return data
        places = list(_places(value))
        if not places:
            return data
        holder, key = places[int(at * len(places))]
        mark = "\x02mark\x02"
        if what == "delete":
            del holder[key]
        elif what == "rename" and isinstance(holder, dict):
            holder[text] = holder.pop(key)
        elif what in ("nest", "huge"):
            holder[key] = mark
        elif what == "double" and isinstance(holder, dict):
            doubled = f"{json.dumps(key)}: {json.dumps(wrong)}, {json.dumps(key)}:"
            return json.dumps(value).replace(f"{json.dumps(key)}:", doubled).encode()
        else:
            holder[key] = {"null": None, "text": text}.get(what, wrong)
        dumped = json.dumps(value)
        inside = "[" * depth + "]" * depth if what == "nest" else "9" * depth
        return dumped.replace(json.dumps(mark), inside).encode()

    return damage


@st.composite
def byte_damage(draw: st.DrawFn) -> Damage:
    """Bytes flipped, cut out, doubled or put in, and ends cut off."""
    what = draw(st.sampled_from(["none", "none", "none", "none", "flip", "cut", "end", "double", "insert", "upper"]))
    first, second = sorted([draw(st.floats(0, 1)), draw(st.floats(0, 1))])
    marks = [b"\xff\xfe", b"\xef\xbb\xbf", b"\n", b"\x00", b'"', b"}", b"\\ud800"]
    new = draw(st.binary(max_size=6) | st.sampled_from(marks))

    def damage(data: bytes) -> bytes:
        start, end = int(first * len(data)), int(second * len(data))
        flipped = bytes(byte ^ 1 << (byte % 8) for byte in data[start : start + 3])
        return {
            "flip": data[:start] + flipped + data[start + 3 :],
            "cut": data[:start] + data[end:],
            "end": data[:end],
            "double": data[:end] + data[start : min(end, start + 5_000)] + data[end:],
            "insert": data[:start] + new + data[start:],
            "upper": data.swapcase(),
            "none": data,
        }[what]

    return damage


def zipped(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("a/record.json"), data)
        archive.writestr(zipfile.ZipInfo("b"), b"{}")
    return stream.getvalue()


PACKINGS: list[Damage] = [
    lambda data: data,
    lambda data: data,
    lambda data: gzip.compress(data, mtime=0),
    zipped,
    lambda data: b"\x28\xb5\x2f\xfd" + data,
    lambda data: data + b"\n" + data,
    lambda data: b"[" + data + b",null]",
    lambda data: b'{"studies":[' + data + b"]}",
    lambda data: data.decode(errors="replace").encode("utf-16"),
]


class Damaged(bytes):
    """The bytes of a file, which a failing test shows in short."""

    def __repr__(self) -> str:
        return f"{len(self)} bytes: {self[:1000]!r}"


@st.composite
def damaged(draw: st.DrawFn) -> Damaged:
    """A base with damage inside, packed, with damage outside."""
    data = draw(st.sampled_from(bases()))
    for damage in draw(st.lists(json_damage(), max_size=6)):
        data = damage(data)
    for damage in [draw(byte_damage()), draw(st.sampled_from(PACKINGS)), draw(byte_damage())]:
        data = damage(data)
    return Damaged(data)


# What holds for every build.


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def attempt(place: Path, data: bytes, extension: str, contacts: Contacts) -> BuildReport | None:
    """Build some bytes; the report, or None if the build ended with one of the package's errors."""
    source, out = place / "source", place / f"out{extension}"
    for left in place.iterdir():
        left.unlink()
    source.write_bytes(data)
    started, before, report = time.monotonic(), peak(), None
    with suppress(TrialgraphError):
        report = build([str(source)], str(out), contacts=contacts)
    assert time.monotonic() - started < SLOWEST
    assert peak() - before < LARGEST_GROWTH
    assert sorted(place.iterdir()) == ([out, source] if report else [source])
    return report


CONTACTS: st.SearchStrategy[Contacts] = st.sampled_from(["full", "names", "none"])


@SETTINGS
@given(record=valid(), contacts=CONTACTS)
def test_a_valid_record_makes_a_graph_that_counts_as_it_does(
    place: Path, record: dict[str, Any], contacts: Contacts
) -> None:
    data = json.dumps(record).encode()
    report = attempt(place, data, ".nt", contacts)
    assert report is not None
    assert report.trials == 1
    assert report.count("rejected") == report.count("unknown-field") == 0
    text = (place / "out.nt").read_bytes()
    made = parsed(text)
    trial = f"trial/{record['protocolSection']['identificationModule']['nctId']}"
    module = record["protocolSection"].get
    locations = module("contactsLocationsModule", {}).get("locations", [])
    arms = module("armsInterventionsModule", {})
    outcomes = module("outcomesModule", {})
    assert made.objects("tg:nctId") == [f'"{trial[6:]}"']
    assert len(made.things("tg:Site")) == len(made.objects("tg:site", trial)) == len(locations)
    assert len(made.things("tg:Arm")) == len(arms.get("armGroups", []))
    assert len(made.things("tg:Intervention")) == len(arms.get("interventions", []))
    assert len(made.things("tg:Outcome")) == sum(map(len, outcomes.values()))
    assert report.statements == len(text.splitlines()) == len(made)
    if contacts == "none":
        assert made.things("tg:Contact") == []


@SETTINGS
@given(record=valid(), extension=st.sampled_from(sorted(FORMATS)))
def test_a_valid_record_is_the_same_graph_in_every_format(place: Path, record: dict[str, Any], extension: str) -> None:
    data = json.dumps(record).encode()
    assert attempt(place, data, extension, "full") is not None
    quads = pyoxigraph.parse(path=str(place / f"out{extension}"), format=FORMATS[extension])
    other = {(str(quad.subject), str(quad.predicate), str(quad.object)) for quad in quads}
    assert attempt(place, data, ".nt", "full") is not None
    quads = pyoxigraph.parse(path=str(place / "out.nt"), format=pyoxigraph.RdfFormat.N_TRIPLES)
    assert {(str(quad.subject), str(quad.predicate), str(quad.object)) for quad in quads} == other


@SETTINGS
@given(data=damaged(), contacts=CONTACTS)
def test_a_damaged_record_makes_a_graph_or_an_error_of_the_package(
    place: Path, data: bytes, contacts: Contacts
) -> None:
    report = attempt(place, data, ".nt", contacts)
    if report is not None:
        assert report.trials > 0
        text = (place / "out.nt").read_bytes()
        made = parsed(text)
        assert len(made.things("tg:Trial")) >= 1
        assert len(made.things("tg:Site")) == len(made.objects("tg:site"))
        assert not any(char in term for triple in made for term in triple for char in "\x00\x1b\u202e\ufffe")
