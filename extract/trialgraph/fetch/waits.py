"""How long to wait before a request, and before a request is tried again."""

import datetime
import random
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from msgspec import Struct


class Clock(Struct, frozen=True):
    """The time, sleep and chance that waiting depends on; tests have their own, so that nothing sleeps."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


class Pace:
    """Spaces the beginnings of requests, at most `rate` of them a second."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._between, self._clock = 1 / rate, clock
        self._next = clock.now()

    def wait(self) -> None:
        """Return when the next request may begin."""
        if (left := self._next - self._clock.now()) > 0:
            self._clock.sleep(left)
        self._next = self._clock.now() + self._between


def backoff(attempt: int, chance: float) -> float:
    """Seconds to wait after a failed attempt, the first being 1: doubled each time, up to a minute, less some chance.

    >>> backoff(1, 1.0), backoff(3, 0.0), backoff(20, 1.0)
    (2.0, 4.0, 60.0)
    """
    return min(60.0, 2.0**attempt) * (1 + chance) / 2


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a server asks to wait, which it may say as a date; None if it says nothing that can be read."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:12])
    if (until := _date(said)) is None:
        return None
    # By the server's own clock, as this one may be wrong.
    now = _date(headers.get("date", "")) or datetime.datetime.now(datetime.UTC)
    return max(0.0, (until - now).total_seconds())


def _date(text: str) -> datetime.datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
