"""From longitude and latitude to a plane, without changing areas: the whole world, or the surroundings of a point."""

from math import asin, atan2, cos, degrees, hypot, radians, sin, sqrt
from typing import Protocol

_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M = sqrt(3) / 2


class Projection(Protocol):
    """Gives a point of a plane, y upwards, in radii of the Earth, for degrees of longitude and latitude."""

    def __call__(self, long: float, lat: float) -> tuple[float, float]: ...


def equal_earth(long: float, lat: float) -> tuple[float, float]:
    """The Equal Earth projection of the world. Šavrič, Patterson, Jenny 2018, doi:10.1080/13658816.2018.1504949."""
    t = asin(_M * sin(radians(lat)))
    t2 = t * t
    t6 = t2 * t2 * t2
    x = radians(long) * cos(t) / (_M * (_A1 + 3 * _A2 * t2 + t6 * (7 * _A3 + 9 * _A4 * t2)))
    return x, t * (_A1 + _A2 * t2 + t6 * (_A3 + _A4 * t2))


class Around:
    """Lambert's azimuthal equal-area projection around a point. Snyder 1987, pages 182-190, doi:10.3133/pp1395."""

    def __init__(self, long: float, lat: float) -> None:
        self.long, self.lat = long, lat
        self._sin, self._cos = sin(radians(lat)), cos(radians(lat))

    def __call__(self, long: float, lat: float) -> tuple[float, float]:
        """Where a point is. The opposite side of the Earth is left at the rim, 2 radii away."""
        λ, φ = radians(long - self.long), radians(lat)
        sin_φ, cos_φ, cos_λ = sin(φ), cos(φ), cos(λ)
        k = sqrt(2 / max(1 + self._sin * sin_φ + self._cos * cos_φ * cos_λ, 1e-9))
        return k * cos_φ * sin(λ), k * (self._cos * sin_φ - self._sin * cos_φ * cos_λ)

    def inverse(self, x: float, y: float) -> tuple[float, float]:
        """The longitude, within 180 degrees of the centre's, and the latitude of a point of the plane."""
        ρ = hypot(x, y)
        if not ρ:
            return self.long, self.lat
        c = 2 * asin(min(ρ / 2, 1))
        lat = asin(cos(c) * self._sin + y * sin(c) * self._cos / ρ)
        return self.long + degrees(atan2(x * sin(c), ρ * self._cos * cos(c) - y * self._sin * sin(c))), degrees(lat)
