"""Maps are drawn from the outlines of the countries, in sizes that pages can carry, and pages do without them."""

import json
import re
from collections.abc import Iterator
from math import hypot
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialgraph.serve import atlas, worldmap
from trialgraph.serve.projections import Around, equal_earth
from trialgraph.serve.worldmap import Area, Point, around, scale, world

_SQUARE = [[0, 0], [10, 0], [0, 10], [-10, 0]]


def _topology(*shapes: tuple[str, str, list[list[int]]]) -> str:
    """Countries of one ring each, as world-atlas writes them: a numeric code, a name, and steps in degrees."""
    geometries = [
        {"type": "Polygon", "arcs": [[number]], "id": code, "properties": {"name": name}}
        for number, (code, name, _) in enumerate(shapes)
    ]
    return json.dumps(
        {
            "type": "Topology",
            "transform": {"scale": [1, 1], "translate": [0, 0]},
            "arcs": [[[x, y], *steps] for _, _, [[x, y], *steps] in shapes],
            "objects": {"countries": {"type": "GeometryCollection", "geometries": geometries}},
        }
    )


def _forget() -> None:
    for kept in (atlas.countries, atlas.by_code, worldmap.outlines, worldmap.drawn, worldmap._view):
        kept.cache_clear()


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for outlines, empty at first."""
    monkeypatch.setattr(atlas, "VENDOR", tmp_path)
    _forget()
    yield tmp_path
    _forget()


@pytest.fixture
def square(vendor: Path) -> None:
    """A world with France as a square of ten degrees at (0, 40), a tiny Malta, and a land without a code."""
    france = [[0, 40], *_SQUARE[1:], [0, -10]]
    malta = [[14, 35], [0, 1], [1, 0], [0, -1], [-1, 0]]
    other = [[-60, -10], [20, 0], [0, 10], [-20, 0], [0, -10]]
    file = vendor / "world-atlas" / "countries-110m.json"
    file.parent.mkdir()
    text = _topology(("250", "France", france), ("470", "Malta", malta), ("", "Nowhere", other))
    file.write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("vendor")
def test_without_outlines_there_is_no_map() -> None:
    assert worldmap.missing()
    assert world([Point(48.85, 2.35, "/facility/x", "Paris")]) is None


@pytest.mark.usefixtures("square")
def test_a_shaded_country_is_a_link_with_its_number() -> None:
    drawing = world(shaded=[Area("FR", "/place/FR", "France", 12), Area("MT", "/place/MT", "Malta", 1)])
    assert drawing
    assert '<a href="/place/FR" class="area step' in drawing.svg
    assert "<title>France: 12 trials</title>" in drawing.svg
    assert "<title>Malta: 1 trial</title>" in drawing.svg
    assert f'<use href="{worldmap.OUTLINES}#FR"' in drawing.svg
    assert 'id="FR"' in worldmap.outlines()


@pytest.mark.usefixtures("square")
def test_a_country_too_small_to_see_is_a_dot() -> None:
    drawing = world(shaded=[Area("MT", "/place/MT", "Malta", 1)])
    assert drawing
    assert '<path class="dot" d="M' in drawing.svg


@pytest.mark.usefixtures("square")
def test_a_country_without_outlines_is_left_to_the_table() -> None:
    drawing = world(shaded=[Area("DE", "/place/DE", "Germany", 3)])
    assert drawing
    assert "Germany" not in drawing.svg


@pytest.mark.usefixtures("square")
def test_points_next_to_one_another_are_one_circle_that_leads_to_their_place() -> None:
    points = [
        Point(45.00, 5.00, "/facility/FR/-/lyon/a", "A", 3),
        Point(45.01, 5.01, "/facility/FR/-/lyon/b", "B", 2),
        Point(42.00, 1.00, "/facility/FR/-/pau/c", "C", 1),
    ]
    drawing = world(points, focus="FR")
    assert drawing
    assert '<a href="/place/FR/-/lyon" class="spot"><title>A and 1 more near: 5 trials</title>' in drawing.svg
    assert '<a href="/facility/FR/-/pau/c" class="spot"><title>C: 1 trial</title>' in drawing.svg
    assert [trials for _, trials in drawing.circles] == [1, 2, 5]


@pytest.mark.usefixtures("square")
def test_a_circle_of_two_cities_leads_to_the_one_of_most_trials() -> None:
    points = [
        Point(45, 5, "/facility/FR/-/lyon/a", "A", 2),
        Point(45, 5, "/facility/FR/-/lyon/b", "B", 2),
        Point(45, 5, "/facility/FR/-/bron/c", "C", 3),
    ]
    drawing = world(points, focus="FR")
    assert drawing
    assert '<a href="/place/FR/-/lyon" class="spot"><title>C and 2 more near: 7 trials</title>' in drawing.svg


@pytest.mark.usefixtures("square")
def test_a_hostile_name_is_text() -> None:
    name = "\"><script>alert('x')</script>"
    drawing = world([Point(45, 5, '/facility/"onload="x', name)], [Area("FR", "/place/FR", name, 1)], "FR")
    assert drawing
    assert "<script" not in drawing.svg
    assert '"onload' not in drawing.svg


@pytest.mark.usefixtures("square")
def test_the_circles_of_a_country_are_within_its_map() -> None:
    drawing = world([Point(lat, long, "/x", "x") for lat in (41, 49) for long in (1, 9)], focus="FR")
    assert drawing
    height = float(re.findall(r'viewBox="0 0 1000 (\d+)"', drawing.svg)[0])
    spots = [(float(x), float(y)) for x, y in re.findall(r'class="halo" [^>]* d="M([\d.]+) ([\d.]+)h0"', drawing.svg)]
    assert len(spots) == 4
    assert all(0 < x < 1000 and 0 < y < height for x, y in spots)


@pytest.mark.parametrize(
    ("points", "box"),
    [
        ([(2.0, 48.0)], (48, 2, 48, 2)),
        ([(2.0, 48.0), (13.0, 52.0)], (48, 2, 52, 13)),
        ([(179.0, -18.0), (-179.0, -17.0)], (-18, 179, -17, 181)),  # Fiji, on both sides of the 180th meridian
        ([(-170.0, 0.0), (-70.0, 10.0), (100.0, 0.0)], (0, 100, 10, 290)),
    ],
)
def test_a_box_around_points_takes_the_short_way(
    points: list[tuple[float, float]], box: tuple[float, float, float, float]
) -> None:
    assert around(points) == pytest.approx(box)


def test_no_points_have_no_box() -> None:
    assert around([]) is None


@pytest.mark.parametrize(
    ("numbers", "steps"),
    [
        ([], []),
        ([7], [(7, 7)]),
        ([1, 2], [(1, 1), (2, 2)]),
        ([1, 85], [(1, 1), (2, 5), (6, 13), (14, 34), (35, 85)]),
    ],
)
def test_a_scale_has_steps_from_the_least_to_the_largest(numbers: list[int], steps: list[tuple[int, int]]) -> None:
    assert [(step.low, step.high) for step in scale(numbers)] == steps


@given(st.lists(st.integers(1, 10**7), min_size=1))
def test_every_number_is_in_one_step(numbers: list[int]) -> None:
    steps = scale(numbers)
    assert len(steps) <= 5
    for number in numbers:
        assert sum(step.low <= number <= step.high for step in steps) == 1


_LONG, _LAT = st.floats(-179, 179), st.floats(-85, 85)


@given(_LONG, _LAT, _LONG, _LAT)
def test_a_point_on_the_plane_leads_back_to_the_earth(long: float, lat: float, at: float, around_: float) -> None:
    project = Around(at, around_)
    x, y = project(long, lat)
    if hypot(x, y) < 1.9:  # the other side of the Earth is a rim
        back = project.inverse(x, y)
        assert project(*back) == pytest.approx((x, y), abs=1e-6)


def test_equal_earth_has_the_corners_of_its_paper() -> None:
    # The paper's figures: the map is 2.05 times as wide as it is high, and its poles are 0.59 times the equator.
    (width, _), (_, height), (pole, _) = equal_earth(180, 0), equal_earth(0, 90), equal_earth(180, 90)
    assert width / height == pytest.approx(2.0546, abs=0.0005)
    assert pole / width == pytest.approx(0.5925, abs=0.0005)


@pytest.mark.skipif(worldmap.missing(), reason="the outlines were not fetched")
def test_maps_of_the_real_outlines_are_small() -> None:
    assert len(worldmap.outlines()) < 150_000
    for code in ("FR", "US", "RU", "AU", "FJ", "SG"):
        drawing = world([Point(48.85, 2.35, "/x", "x")] if code == "FR" else [], focus=code)
        assert drawing
        assert 'class="here"' in drawing.svg
        assert len(drawing.svg) < 120_000


@pytest.mark.skipif(worldmap.missing(), reason="the outlines were not fetched")
def test_a_country_is_framed_without_its_far_islands() -> None:
    south, west, north, east = atlas.by_code()["FR"].mainland()
    assert (41 < south < 43, -6 < west < -4, 50 < north < 52, 8 < east < 10) == (True,) * 4
