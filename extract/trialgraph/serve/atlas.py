"""The outlines of the countries: world-atlas' TopoJSON (from Natural Earth, public domain), decoded once."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from math import radians, sin
from pathlib import Path
from textwrap import wrap
from typing import Any

from msgspec import Struct

#: What fetches the outlines leaves them here: countries-50m.json, countries-110m.json, or neither.
VENDOR = Path(__file__).parent / "static" / "vendor"

#: Degrees: a longitude and a latitude.
LonLat = tuple[float, float]
#: Degrees: south, west, north, east. East is greater than west, so it may be above 180.
Box = tuple[float, float, float, float]

# ISO 3166-1: the numeric code, by which world-atlas knows a country, and the alpha-2 code, by which the graph does.
_CODES = {
    each[:3]: each[3:]
    for each in wrap(
        "004AF008AL010AQ012DZ016AS020AD024AO028AG031AZ032AR036AU040AT044BS048BH050BD051AM052BB056BE060BM064BT068BO070BA"
        "072BW074BV076BR084BZ086IO090SB092VG096BN100BG104MM108BI112BY116KH120CM124CA132CV136KY140CF144LK148TD152CL156CN"
        "158TW162CX166CC170CO174KM175YT178CG180CD184CK188CR191HR192CU196CY203CZ204BJ208DK212DM214DO218EC222SV226GQ231ET"
        "232ER233EE234FO238FK239GS242FJ246FI248AX250FR254GF258PF260TF262DJ266GA268GE270GM275PS276DE288GH292GI296KI300GR"
        "304GL308GD312GP316GU320GT324GN328GY332HT334HM336VA340HN344HK348HU352IS356IN360ID364IR368IQ372IE376IL380IT384CI"
        "388JM392JP398KZ400JO404KE408KP410KR414KW417KG418LA422LB426LS428LV430LR434LY438LI440LT442LU446MO450MG454MW458MY"
        "462MV466ML470MT474MQ478MR480MU484MX492MC496MN498MD499ME500MS504MA508MZ512OM516NA520NR524NP528NL531CW533AW534SX"
        "535BQ540NC548VU554NZ558NI562NE566NG570NU574NF578NO580MP581UM583FM584MH585PW586PK591PA598PG600PY604PE608PH612PN"
        "616PL620PT624GW626TL630PR634QA638RE642RO643RU646RW652BL654SH659KN660AI662LC663MF666PM670VC674SM678ST682SA686SN"
        "688RS690SC694SL702SG703SK704VN705SI706SO710ZA716ZW724ES728SS729SD732EH740SR744SJ748SZ752SE756CH760SY762TJ764TH"
        "768TG772TK776TO780TT784AE788TN792TR795TM796TC798TV800UG804UA807MK818EG826GB831GG832JE833IM834TZ840US850VI854BF"
        "858UY860UZ862VE876WF882WS887YE894ZM",
        5,
    )
}
# Without a numeric code in the standard.
_NAMES = {"Kosovo": "XK"}


class Country(Struct, frozen=True):
    """A country as rings of points, each ring with the box around it; "" is the code of one that ISO does not list."""

    code: str
    name: str
    rings: tuple[tuple[Box, Sequence[LonLat]], ...]

    def mainland(self) -> Box:
        """The box around its largest part, those close to it, and those at least a third as large: no far islands."""
        sized = sorted(((_size(box), box) for box, _ in self.rings), reverse=True)
        largest, whole = sized[0]
        for size, box in sized[1:]:
            if size > largest / 3 or _gap(whole, box) < 0.06 * max(whole[2] - whole[0], whole[3] - whole[1]):
                whole = united([whole, box])
        return whole


def _size(box: Box) -> float:
    south, west, north, east = box
    return (sin(radians(north)) - sin(radians(south))) * (east - west)


def _gap(one: Box, other: Box) -> float:
    """Degrees between two boxes."""
    return max(one[0] - other[2], other[0] - one[2], one[1] - other[3], other[1] - one[3], 0)


def united(boxes: Sequence[Box]) -> Box:
    """The box around some boxes."""
    souths, wests, norths, easts = zip(*boxes, strict=True)
    return min(souths), min(wests), max(norths), max(easts)


@cache
def countries() -> tuple[Country, ...]:
    """All countries with their outlines, the finest that there are; none where the outlines were not fetched."""
    for name in ("countries-50m.json", "countries-110m.json"):
        for file in sorted(VENDOR.rglob(name)):
            return tuple(_decoded(json.loads(file.read_bytes())))
    return ()


@cache
def by_code() -> dict[str, Country]:
    """The countries by their ISO 3166-1 alpha-2 codes."""
    return {country.code: country for country in countries() if country.code}


def _decoded(topology: dict[str, Any]) -> Iterator[Country]:
    """https://github.com/topojson/topojson-specification: arcs of delta-encoded integers, which rings name."""
    (x_scale, y_scale), (x_shift, y_shift) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs: list[list[LonLat]] = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * x_scale + x_shift, y * y_scale + y_shift))
        arcs.append(points)

    def ring(numbers: Sequence[int]) -> tuple[Box, Sequence[LonLat]]:
        points: list[LonLat] = []
        for number in numbers:
            # ~number is an arc that is followed from its end.
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            points += arc[1:] if points else arc
        points = _unrolled(points)
        longs, lats = zip(*points, strict=True)
        return (min(lats), min(longs), max(lats), max(longs)), points

    rings: dict[tuple[str, str], list[tuple[Box, Sequence[LonLat]]]] = {}
    for shape in topology["objects"]["countries"]["geometries"]:
        polygons = {"Polygon": [shape.get("arcs")], "MultiPolygon": shape.get("arcs")}.get(shape["type"])
        if polygons:
            name = shape["properties"]["name"]
            code = _CODES.get(str(shape.get("id", "")), _NAMES.get(name, ""))
            # A far territory may be a shape of its own with its country's code: the first of a code is the country.
            known = next((each for each in rings if code and each[0] == code), (code, name))
            rings.setdefault(known, []).extend(ring(each) for polygon in polygons for each in polygon)
    for (code, name), parts in rings.items():
        yield Country(code, name, tuple(parts))


def _unrolled(ring: list[LonLat]) -> list[LonLat]:
    """A ring whose longitudes go on past the 180th meridian; one around the South Pole is closed by way of the pole."""
    shift, before = 0.0, ring[0][0]
    points = []
    for long, lat in ring:
        if abs(long - before) > 180:
            shift += 360 if long < before else -360
        before = long
        points.append((long + shift, lat))
    if points[0] != points[-1]:
        points += [(points[-1][0], -90.0), (points[0][0], -90.0)]
    return points
