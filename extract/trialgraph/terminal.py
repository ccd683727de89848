"""What every command writes to a terminal: progress, and text that cannot command it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trialgraph.report import plural
from trialgraph.stream import Progress

#: Seconds between two lines of progress in a log.
_EVERY = 60


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Progress]:
    """A progress bar on a terminal: how much, of how much, how fast, and the time left; elsewhere a line a minute."""
    if quiet:
        yield lambda stage, done, total: None
        return
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Speed(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Speed(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield show


def _lines() -> Progress:
    """Progress for a log, such as "building: 212,000 of 605,000, 1,300 a second, 5 minutes left"."""
    begun: dict[str, float] = {}
    told = time.monotonic()

    def show(stage: str, done: int, total: int | None) -> None:
        nonlocal told
        now = time.monotonic()
        seconds = now - begun.setdefault(stage, now)
        if now - told < _EVERY:
            return
        told = now
        line = f"{stage}: {done:,} of {total:,}" if total else f"{stage}: {done:,}" if done else stage
        if done and seconds:
            line += f", {done / seconds:,.0f} a second"
            if total:
                line += f", {plural(round((total - done) * seconds / done / 60), 'minute')} left"
        print(line, file=sys.stderr, flush=True)

    return show


def safe(text: str) -> str:
    """A line for the terminal: no control character of a record reaches it."""
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text)
