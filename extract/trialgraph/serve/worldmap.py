"""Maps as SVG, drawn on the server: countries shaded by a number, places as circles, the world or a part of it.

A circle and a country too small to see are strokes of no length with round ends: their size stays in pixels however
far the map is zoomed. https://www.w3.org/TR/SVG2/painting.html#VectorEffectProperty
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from math import cos, radians, sqrt
from typing import NamedTuple

from markupsafe import Markup
from msgspec import Struct

from trialgraph.report import plural
from trialgraph.serve import atlas
from trialgraph.serve.atlas import Box, LonLat
from trialgraph.serve.projections import Around, equal_earth

#: Where the server has the outlines of the world, which every map of the world refers to.
OUTLINES = "/map/world.svg"
#: The width of every map in its own units; a map is about as many pixels wide on a screen.
WIDTH = 1000
#: Circles: the diameters in pixels of the smallest and the largest, and the units within which points are one circle.
_SMALLEST, _LARGEST, _TOGETHER = 9, 34, 24
_STEPS = 5


class Point(NamedTuple):
    """A circle: where it is in degrees, what it links to, its name, and how many trials it stands for."""

    lat: float
    long: float
    href: str
    label: str
    trials: int = 1


class Area(NamedTuple):
    """A shaded country: its ISO 3166-1 alpha-2 code, what it links to, its name, and how many trials it has."""

    code: str
    href: str
    label: str
    trials: int


class Step(NamedTuple):
    """A class of the scale, from 1 on, and the least and the most trials that it stands for."""

    number: int
    low: int
    high: int


class Drawing(NamedTuple):
    """A map, and what its legend says: the steps of the shading, and diameters in pixels with the trials they mean."""

    svg: Markup
    steps: Sequence[Step]
    circles: Sequence[tuple[int, int]]


class View(Struct, frozen=True):
    """A part of a plane: where it is centred (None is the world), its left, its top, units a radius, and its height."""

    centre: LonLat | None
    left: float
    top: float
    scale: float
    height: int

    def units(self, points: Iterable[LonLat]) -> list[tuple[float, float]]:
        """Points of the Earth in units of the map, y downwards."""
        project = Around(*self.centre) if self.centre else equal_earth
        placed = (project(long, lat) for long, lat in points)
        return [((x - self.left) * self.scale, (self.top - y) * self.scale) for x, y in placed]


class Outline(NamedTuple):
    """A country in a view: its code, its path in tenths of a unit ("" if too small), and its box in units."""

    code: str
    path: str
    box: tuple[float, float, float, float]


def missing() -> bool:
    """True if the outlines of the countries were not fetched, so that there are no maps."""
    return not atlas.countries()


def knows(code: str) -> bool:
    """Whether there are outlines of the country with a code."""
    return code in atlas.by_code()


def around(points: Iterable[LonLat]) -> Box | None:
    """The smallest box around some points, across the 180th meridian if that is shorter; None without points."""
    longs, lats = zip(*points, strict=True) if (points := list(points)) else ((), ())
    if not longs:
        return None
    ordered = sorted({*longs})
    # The widest gap between neighbours is what the box leaves out.
    width, west = max((after - before, after) for before, after in pairwise([*ordered, ordered[0] + 360]))
    west = west if west <= 180 else west - 360
    return min(lats), west, max(lats), west + 360 - width


def world(
    points: Sequence[Point] = (), shaded: Sequence[Area] = (), focus: str | Box | None = "", unit: str = "trial"
) -> Drawing | None:
    """A map of points and shaded countries; None where `missing`.

    The focus is what it shows: "" the world, a country by its code with the points, or a box; `around` gives one for
    points. A wide one is the world. `unit` is what the numbers count, "" if they are not worth saying.
    """
    if missing():
        return None
    view = _view(_box(points, focus) if focus else None)
    outlines = {outline.code: outline for outline in drawn(view) if outline.code}
    steps = scale([area.trials for area in shaded])
    spots, circles = _circles(points, view, unit)
    body = [
        Markup('<g class="land">{}</g>').format(_land(view, {area.code for area in shaded} | {focus})),
        Markup('<g class="here">{}</g>').format(_shape(outlines[focus], view)) if focus in outlines else "",
        *(_shaded(area, outlines.get(area.code), steps, view, unit) for area in shaded),
        *spots,
    ]
    svg = Markup('<svg class="world" viewBox="0 0 {} {}" role="group" aria-label="Map">{}</svg>').format(
        WIDTH, view.height, Markup("").join(body)
    )
    return Drawing(svg, steps, circles)


@cache
def outlines() -> str:
    """The outlines of all countries as an SVG file, each under its code, which maps of the world refer to."""
    paths = [
        f'<path d="{outline.path}"' + (f' id="{outline.code}"/>' if outline.code else "/>")
        for outline in drawn(_view(None))
        if outline.path
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg"><defs><g id="land" transform="scale(.1)">{"".join(paths)}</g>'
        "</defs></svg>"
    )


def scale(numbers: Iterable[int]) -> list[Step]:
    """At most five steps from the least to the largest number, each some times wider than the one before."""
    if not (known := [number for number in numbers if number > 0]):
        return []
    least, most = min(known), max(known)
    bounds = sorted({round(least * (most / least) ** (step / _STEPS)) for step in range(_STEPS)} | {most + 1})
    return [Step(number, low, after - 1) for number, (low, after) in enumerate(pairwise(bounds), 1)]


def _box(points: Sequence[Point], focus: str | Box | None) -> Box | None:
    """What a map is to show; None is the world."""
    if not isinstance(focus, str):
        return focus
    places = [(point.long, point.lat) for point in points]
    country = atlas.by_code().get(focus)
    if not country:
        return around(places)
    south, west, north, east = country.mainland()
    middle = (west + east) / 2
    near = [(long + 360 * round((middle - long) / 360), lat) for long, lat in places]
    return atlas.united([(south, west, north, east), *((lat, long, lat, long) for long, lat in near)])


@lru_cache(256)
def _view(box: Box | None) -> View:
    """The view of a box with some room around it; of the world if there is none, or if it is too wide for a part."""
    if box is None or (box[3] - box[1]) * cos(radians((box[0] + box[2]) / 2)) > 100:
        corners = [equal_earth(-180, 0), equal_earth(180, 0), equal_earth(0, 84), equal_earth(0, -57)]
        (left, _), (right, _), (_, top), (_, bottom) = corners
        scale = WIDTH / (right - left)
        return View(None, left, top, scale, round((top - bottom) * scale))
    south, west, north, east = box
    centre = (west + east) / 2, (south + north) / 2
    project = Around(*centre)
    steps = [step / 8 for step in range(9)]
    rim = [project(west + (east - west) * step, lat) for lat in (south, centre[1], north) for step in steps]
    xs, ys = zip(*rim, strict=True)
    # Closer than 300 km the outlines are too coarse; the least is in radii of the Earth.
    wide, high = (max((max(each) - min(each)) * 1.16, 300 / 6371) for each in (xs, ys))
    height = min(max(WIDTH * high / wide, 450), 640)
    scale = min(WIDTH / wide, height / high)
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    return View(centre, middle_x - WIDTH / scale / 2, middle_y + height / scale / 2, scale, round(height))


@lru_cache(128)
def drawn(view: View) -> tuple[Outline, ...]:
    """The countries that a view shows."""
    box = _bounds(view)
    found = []
    for country in atlas.countries():
        rings = [points for around_it, points in country.rings if box is None or _meets(box, around_it)]
        parts = rings if view.centre else [part for ring in rings for part in _cut(ring)]
        kept = [ring for part in parts if len(ring := _clipped(view.units(part), view.height)) > 2]
        if kept:
            xs, ys = zip(*(point for ring in kept for point in ring), strict=True)
            path = "".join(map(_path, kept))
            found.append(Outline(country.code, path, (min(xs), min(ys), max(xs), max(ys))))
    return tuple(found)


def _bounds(view: View) -> Box | None:
    """The box around what a view shows, so that far countries need not be drawn; None is the whole Earth."""
    if not view.centre:
        return None
    inverse = Around(*view.centre).inverse
    parts = [part / 8 for part in range(9)]
    rim = [(x, y) for part in parts for x, y in ((part, 0), (part, 1), (0, part), (1, part))]
    across, down = WIDTH / view.scale, view.height / view.scale
    longs, lats = zip(*(inverse(view.left + x * across, view.top - y * down) for x, y in rim), strict=True)
    if max(longs) - min(longs) > 180:  # a pole is in sight
        return (min(lats), -180, 90, 180) if view.centre[1] > 0 else (-90, -180, max(lats), 180)
    # The edge between the corners bulges; the centre's parallel and meridian hold the rest.
    return min(lats), min(longs), max(lats), max(longs)


def _meets(one: Box, other: Box) -> bool:
    if one[0] > other[2] or other[0] > one[2]:
        return False
    return any(one[1] <= other[3] + turn and other[1] + turn <= one[3] for turn in (-360, 0, 360))


def _cut(ring: Sequence[LonLat]) -> list[Sequence[LonLat]]:
    """A ring that crosses the 180th meridian as its parts on both sides of a map of the world; any other as it is."""
    west, east = min(ring)[0], max(ring)[0]
    if west >= -180 and east <= 180:
        return [ring]
    turned = ([(long + turn, lat) for long, lat in ring] for turn in (-360, 0, 360))
    return [part for each in turned if (part := _beyond(_beyond(each, 0, -180, 1), 0, 180, -1))]


def _clipped(ring: Sequence[LonLat], height: float) -> Sequence[LonLat]:
    """A ring cut to the view and a little more."""
    for axis, limit, sign in ((0, -5.0, 1), (0, WIDTH + 5.0, -1), (1, -5.0, 1), (1, height + 5.0, -1)):
        ring = _beyond(ring, axis, limit, sign)
    return ring


def _beyond(ring: Sequence[LonLat], axis: int, limit: float, sign: int) -> Sequence[LonLat]:
    """The part of a ring on one side of a line: Sutherland and Hodgman 1974, doi:10.1145/360767.360802."""
    if all((point[axis] - limit) * sign >= 0 for point in ring):
        return ring
    kept = []
    before = ring[-1]
    was_in = (before[axis] - limit) * sign >= 0
    for point in ring:
        is_in = (point[axis] - limit) * sign >= 0
        if is_in != was_in:
            share = (limit - before[axis]) / (point[axis] - before[axis])
            other = before[1 - axis] + share * (point[1 - axis] - before[1 - axis])
            kept.append((limit, other) if axis == 0 else (other, limit))
        if is_in:
            kept.append(point)
        before, was_in = point, is_in
    return kept


def _path(ring: Sequence[tuple[float, float]]) -> str:
    """A ring as path data in whole tenths of units, without points less than a unit from the one before."""
    whole = [(round(x * 10), round(y * 10)) for x, y in ring]
    kept = whole[:1]
    for x, y in whole[1:]:
        if abs(x - kept[-1][0]) > 8 or abs(y - kept[-1][1]) > 8:
            kept.append((x, y))
    if len(kept) < 3:
        return ""
    lines = " ".join(f"{x - x0} {y - y0}" for (x0, y0), (x, y) in pairwise(kept))
    return f"M{kept[0][0]} {kept[0][1]}l{lines}z".replace(" -", "-")


def _land(view: View, others: Collection[object]) -> Markup:
    """All land, or in a part of the world that which is not drawn as something else."""
    if not view.centre:
        return Markup('<use href="{}#land"/>').format(OUTLINES)
    paths = (outline.path for outline in drawn(view) if outline.code not in others)
    return Markup('<path transform="scale(.1)" d="{}"/>').format("".join(paths))


def _shape(outline: Outline, view: View) -> Markup:
    """A country's outline, or a dot for one that is too small to see."""
    west, north, east, south = outline.box
    if not outline.path or max(east - west, south - north) < 6:
        return Markup('<path class="dot" d="M{:.1f} {:.1f}h0"/>').format((west + east) / 2, (north + south) / 2)
    if not view.centre:
        return Markup('<use href="{}#{}" transform="scale(.1)"/>').format(OUTLINES, outline.code)
    return Markup('<path transform="scale(.1)" d="{}"/>').format(outline.path)


def _shaded(area: Area, outline: Outline | None, steps: Sequence[Step], view: View, unit: str) -> Markup:
    if not outline:
        return Markup("")
    step = next((step.number for step in steps if step.low <= area.trials <= step.high), 1)
    return Markup('<a href="{}" class="area step{}"><title>{}</title>{}</a>').format(
        area.href, step, counted(area.label, area.trials, unit), _shape(outline, view)
    )


def counted(label: str, number: int, unit: str) -> str:
    """A name with its number: counted("Lyon", 2, "trial") is "Lyon: 2 trials"."""
    return f"{label}: {plural(number, unit)}" if unit else label


def _circles(points: Sequence[Point], view: View, unit: str) -> tuple[list[Markup], list[tuple[int, int]]]:
    """The points that a view shows as circles, the largest first, so that small ones are on top; and the legend's."""
    groups = _grouped(points, view)
    most = max((trials for _, _, _, trials in groups), default=0)

    def diameter(trials: int) -> int:
        return max(round(_LARGEST * sqrt(trials / most)) if most > 1 else 0, _SMALLEST)

    spots = []
    for x, y, members, trials in groups:
        href, label = _together(members)
        size = diameter(trials)
        at = f"M{x:.1f} {y:.1f}h0"
        touch = Markup('<path class="touch" d="{}"/>').format(at) if size < 24 else ""
        spots.append(
            Markup(
                '<a href="{}" class="spot"><title>{}</title>{}'
                '<path class="halo" stroke-width="{}" d="{}"/><path stroke-width="{}" d="{}"/></a>'
            ).format(href, counted(label, trials, unit), touch, size + 3, at, size, at)
        )
    shown = sorted({1, round(sqrt(most)), most}) if most > 1 and len(groups) > 1 else []
    return spots, [(diameter(trials), trials) for trials in shown]


def _grouped(points: Sequence[Point], view: View) -> list[tuple[float, float, list[Point], int]]:
    """Points that are in sight, with those next to one another as one: where it is, its points, and their trials."""
    cells: dict[tuple[int, int], list[tuple[float, float, Point]]] = {}
    places = view.units([(point.long, point.lat) for point in points])
    for (x, y), point in zip(places, points, strict=True):
        if 0 <= x <= WIDTH and 0 <= y <= view.height:
            cells.setdefault((int(x / _TOGETHER), int(y / _TOGETHER)), []).append((x, y, point))
    groups: list[tuple[float, float, list[Point], int]] = []
    for cell in sorted(cells.values(), key=lambda cell: -sum(point.trials for _, _, point in cell)):
        weight = sum(max(point.trials, 1) for _, _, point in cell)
        x = sum(x * max(point.trials, 1) for x, _, point in cell) / weight
        y = sum(y * max(point.trials, 1) for _, y, point in cell) / weight
        members, trials = [point for _, _, point in cell], sum(point.trials for _, _, point in cell)
        close = (number for number, other in enumerate(groups) if (other[0] - x) ** 2 + (other[1] - y) ** 2 < 16**2)
        number = next(close, None)
        if number is None:
            groups.append((x, y, members, trials))
        else:
            x, y, others, more = groups[number]
            groups[number] = (x, y, others + members, more + trials)
    return groups


def _together(members: list[Point]) -> tuple[str, str]:
    """What a circle links to and its name: a facility, or for several the place of most trials among them."""
    first = max(members, key=lambda point: point.trials)
    hrefs = {point.href for point in members}
    if len(hrefs) == 1:
        return first.href, first.label
    label = f"{first.label} and {len(hrefs) - 1} more near"
    trials: Counter[str] = Counter()
    for point in members:
        trials[_place(point.href)] += point.trials
    return max(trials, key=lambda place: (trials[place], place)) or first.href, label


def _place(href: str) -> str:
    """The address of a facility's place, which is in its own: /facility/FR/-/lyon/x is in /place/FR/-/lyon. Else ""."""
    start, _, key = href.partition("/facility/")
    place = key.rpartition("/")[0].removesuffix("/-").removesuffix("/-")
    return f"/place/{place}" if not start and place not in ("", "-") else ""
