"""Where the nodes of a drawing go: near to their neighbours, no box over another, the parts packed side by side.

Only sums, products, quotients and square roots of floats are used, which every machine rounds alike: the same network
gets the same picture everywhere, and needs no numerical library.
"""

from collections.abc import Sequence
from itertools import combinations
from math import sqrt
from random import Random
from typing import NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]

_STARTS = 6
_ROUNDS = 150
_LOOSE = 2.2  # the room of a part, as times of that of its boxes


class Box(NamedTuple):
    """A rectangle on the sheet; or the room that a node takes to each side of its centre, its label included."""

    left: float
    top: float
    right: float
    bottom: float


def stress(distances: Sequence[Sequence[float]], seed: int = 0) -> list[Point]:
    """Points as far from one another as the distances say, as well as that can be done in the plane.

    It is stress majorization, point by point (Gansner, Koren and North, https://doi.org/10.1007/978-3-540-31843-9_25),
    from some seeded starts of which the best is kept.
    """
    count = len(distances)
    best: list[Point] = [(0.0, 0.0)] * count
    least = float("inf")
    for start in range(_STARTS if count > 2 else 1):
        random = Random(seed + start)
        points = [(random.random() * count, random.random() * count) for _ in range(count)]
        for _ in range(_ROUNDS):
            moved = _settle(points, distances)
            if moved < 1e-4 * count:
                break
        value = sum(
            (distance(points[i], points[j]) / distances[i][j] - 1) ** 2 for i, j in combinations(range(count), 2)
        )
        if value < least:
            best, least = points, value
    return _widened(best)


def _settle(points: list[Point], distances: Sequence[Sequence[float]]) -> float:
    moved = 0.0
    for i, (x, y) in enumerate(points):
        sum_x = sum_y = total = 0.0
        for j, (other_x, other_y) in enumerate(points):
            if i == j:
                continue
            wanted = distances[i][j]
            weight = 1 / (wanted * wanted)
            stretch = wanted / (distance((x, y), (other_x, other_y)) or 1e-9)
            sum_x += weight * (other_x + (x - other_x) * stretch)
            sum_y += weight * (other_y + (y - other_y) * stretch)
            total += weight
        if total:
            points[i] = (sum_x / total, sum_y / total)
            moved += distance((x, y), points[i])
    return moved


def distance(one: Point, other: Point) -> float:
    """How far two points are from each other."""
    dx, dy = one[0] - other[0], one[1] - other[1]
    return sqrt(dx * dx + dy * dy)


def _widened(points: list[Point]) -> list[Point]:
    """The points turned so that their longest direction lies level, as pages and labels do."""
    if len(points) < 2:
        return points
    x0, y0 = (sum(point[axis] for point in points) / len(points) for axis in (0, 1))
    xx = sum((x - x0) ** 2 for x, _ in points)
    yy = sum((y - y0) ** 2 for _, y in points)
    xy = sum((x - x0) * (y - y0) for x, y in points)
    root = sqrt((xx - yy) ** 2 + 4 * xy * xy)
    # The first eigenvector of the scatter; either of two forms of it, the one that does not vanish.
    dx, dy = (xx - yy + root, 2 * xy) if xx >= yy else (2 * xy, yy - xx + root)
    length = sqrt(dx * dx + dy * dy)
    if length == 0:
        return [(x - x0, y - y0) for x, y in points]
    dx, dy = dx / length, dy / length
    return [((x - x0) * dx + (y - y0) * dy, (y - y0) * dx - (x - x0) * dy) for x, y in points]


def spread(points: Sequence[Point], boxes: Sequence[Box]) -> list[Point]:
    """The points drawn apart for the boxes to have room, more across than down as the boxes are wider than tall.

    Without it crowds would be parted along one axis only, into columns.
    """
    if len(boxes) < 4:
        return list(points)
    wide = sum(box.left + box.right for box in boxes) / len(boxes)
    tall = sum(box.top + box.bottom for box in boxes) / len(boxes)
    across, down = (max(p[axis] for p in points) - min(p[axis] for p in points) for axis in (0, 1))
    room = (across + wide) * (down + tall)
    larger = max(1.0, sqrt(_LOOSE * len(boxes) * wide * tall / room))
    flat = sqrt(min(max(wide / tall, 1.0), 1.6))
    return [(x * larger * flat, y * larger / flat) for x, y in points]


def parted(points: Sequence[Point], boxes: Sequence[Box], gap: float) -> list[Point]:
    """The points moved as little as needed for no box to come nearer to another than the gap."""
    places = list(points)
    pairs = list(combinations(range(len(places)), 2))
    for _ in range(400):
        clear = True
        for i, j in pairs:
            push = _overlap(places[i], boxes[i], places[j], boxes[j], gap)
            if push == (0, 0):
                continue
            clear = False
            places[i] = (places[i][0] - push[0] / 2, places[i][1] - push[1] / 2)
            places[j] = (places[j][0] + push[0] / 2, places[j][1] + push[1] / 2)
        if clear:
            return places
    while any(_overlap(places[i], boxes[i], places[j], boxes[j], gap) != (0, 0) for i, j in pairs):
        # Crowds that do not dissolve do when all is drawn larger. No two points are the same: that needs a seed twice.
        places = [(x * 1.1 + i * 1e-3, y * 1.1) for i, (x, y) in enumerate(places)]
    return places


def _overlap(one: Point, a: Box, other: Point, b: Box, gap: float) -> Point:
    """How far the second box must move from the first, along one axis; (0, 0) if it need not."""
    right = one[0] + a.right + gap - (other[0] - b.left)
    left = other[0] + b.right + gap - (one[0] - a.left)
    below = one[1] + a.bottom + gap - (other[1] - b.top)
    above = other[1] + b.bottom + gap - (one[1] - a.top)
    if min(right, left, below, above) <= 1e-6:
        return (0, 0)
    x = right if right <= left else -left
    y = below if below <= above else -above
    return (x, 0) if abs(x) <= abs(y) else (0, y)


def crosses(line: tuple[Point, Point], box: Box) -> bool:
    """Whether a straight line passes through a rectangle."""
    (x, y), (x2, y2) = line
    start, end = 0.0, 1.0
    for place, step, low, high in ((x, x2 - x, box.left, box.right), (y, y2 - y, box.top, box.bottom)):
        if step == 0:
            if not low < place < high:
                return False
            continue
        enter, leave = sorted(((low - place) / step, (high - place) / step))
        start, end = max(start, enter), min(end, leave)
    return start < end


def packed(sizes: Sequence[Point], gap: float) -> list[Point]:
    """The corners for rectangles of some sizes so that the sheet that they fill is small, and of a shape for pages."""
    sheets = [_shelved(sizes, aspect, gap) for aspect in (1.0, 1.2, 1.4, 1.6, 1.8)]
    best = min(sheets, key=_cost) if sizes else []
    return [(each.left, each.top) for each in best]


def _cost(placed: Sequence[Box]) -> float:
    """The area of the sheet; more for one that is wider than a page with a legend beside it should be."""
    wide, tall = max(each.right for each in placed), max(each.bottom for each in placed)
    return wide * tall * max(1, wide / tall / 1.6)


def _shelved(sizes: Sequence[Point], aspect: float, gap: float) -> list[Box]:
    """Each where a sheet of that aspect has to grow least for it, beside or below those that are placed already."""
    placed: list[Box] = []
    for width, height in sizes:
        across = [0.0, *(other.right + gap for other in placed)]
        down = [0.0, *(other.bottom + gap for other in placed)]
        best = (float("inf"), 0.0, 0.0)
        for x in across:
            for y in down:
                here = Box(x, y, x + width, y + height)
                sheet = (*placed, here)
                grown = max(max(each.right for each in sheet) / aspect, max(each.bottom for each in sheet))
                if (grown, y, x) < best and all(_apart(here, other, gap) for other in placed):
                    best = (grown, y, x)
        placed.append(Box(best[2], best[1], best[2] + width, best[1] + height))
    return placed


def _apart(one: Box, other: Box, gap: float) -> bool:
    between = max(other.left - one.right, one.left - other.right, other.top - one.bottom, one.top - other.bottom)
    return between >= gap - 1e-6
