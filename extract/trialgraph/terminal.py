"""What every command writes to a terminal: progress, and text that cannot command it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trialgraph.stream import Progress


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Progress]:
    """A progress bar on a terminal: how much, of how much, how fast, and the time left; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage, done, total: None
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


def safe(text: str) -> str:
    """A line for the terminal: no control character of a record reaches it."""
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text)
