"""What measured costs mean for the whole registry: 605,000 studies of 17 KB, 10.3 GB. growth.py measures and prints it.

The line through the two largest sizes is drawn on, by the bytes of the records and by their number: those that were
measured may be longer or shorter than the registry's. Memory and disk are drawn on likewise.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from measure import Used

STUDIES, STUDY_BYTES = 605_000, 17_000
#: The most minutes and megabytes that a step should take; 0 where nothing was asked for.
AIMS: Mapping[str, tuple[int, int]] = {"N-Triples": (8, 2000), "store": (40, 0), "validation": (15, 2000)}


class Point(NamedTuple):
    """What a step cost at a size."""

    step: str
    records: int
    bytes: int  # of the records, before they are compressed
    statements: int
    used: Used
    written: int  # bytes of what came out


def whole(points: Sequence[Point]) -> None:
    """Print what each step would take for the whole registry, and what was aimed at."""
    print(f"The whole registry, {STUDIES:,} studies of {STUDY_BYTES:,} bytes, on the line of the two largest sizes:")
    for step in dict.fromkeys(point.step for point in points):
        sizes = sorted((point for point in points if point.step == step), key=lambda point: point.records)[-2:]
        by_bytes = [point.bytes for point in sizes]
        by_number = [point.records for point in sizes]
        seconds = [point.used.seconds for point in sizes]
        megabytes = [point.used.megabytes for point in sizes]
        minutes, memory = AIMS.get(step, (0, 0))
        aim = f"{minutes} minutes" if minutes else "none"
        print(
            f"  {step:10} {drawn_on(by_bytes, seconds, STUDIES * STUDY_BYTES) / 60:6.1f} minutes by bytes,"
            f" {drawn_on(by_number, seconds, STUDIES) / 60:6.1f} by studies (aim: {aim});"
            f" {drawn_on(by_bytes, megabytes, STUDIES * STUDY_BYTES):7,.0f} MB of memory"
            f" (aim: {f'{memory:,}' if memory else 'none'});"
            f" {drawn_on(by_bytes, [point.written / 1e9 for point in sizes], STUDIES * STUDY_BYTES):5.1f} GB written"
        )


def drawn_on(sizes: Sequence[float], costs: Sequence[float], size: float) -> float:
    """The cost at a size on the line through two points."""
    return costs[0] + (costs[1] - costs[0]) / (sizes[1] - sizes[0]) * (size - sizes[0])
