"""A timeline: the trials of a selection by the year in which they start, stacked by how far they are."""

from collections.abc import Sequence
from itertools import accumulate

from markupsafe import Markup
from msgspec import Struct

from trialgraph.report import plural
from trialgraph.serve.catalogue import Catalogue, Selection

#: How far trials are, and the statuses of each; any other status is in the last.
STAGES = {
    "Recruiting or to come": ("RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION"),
    "Active, not recruiting": ("ACTIVE_NOT_RECRUITING",),
    "Completed": ("COMPLETED",),
    "Stopped": ("TERMINATED", "WITHDRAWN", "SUSPENDED"),
    "Other or unknown": (),
}
_BAR, _HEIGHT = 10, 100
_MOST = 80


class Year(Struct, frozen=True):
    """A year: its trials, by stage in the order of STAGES, and where they are listed."""

    year: int
    stages: Sequence[int]
    list: str

    @property
    def trials(self) -> int:
        """All of them."""
        return sum(self.stages)


class Years(Struct, frozen=True):
    """A timeline as a drawing and as its years, those without trials left out; `undated` trials state no start."""

    svg: Markup
    years: Sequence[Year]
    most: int
    undated: int


def years(catalogue: Catalogue, chosen: Selection, address: str) -> Years:
    """The timeline of some trials; `address` is where they are listed. The drawing has the last 80 years."""
    by_stage = []
    for statuses in list(STAGES.values())[:-1]:
        some = catalogue.select({**chosen.filters, "status": statuses})
        by_stage.append({each.value: each.trials for each in some.counts("year", 1000)})
    found = []
    for value, _, trials in sorted(chosen.counts("year", 1000)):
        known = [stage.get(value, 0) for stage in by_stage]
        found.append(Year(int(value), [*known, trials - sum(known)], f"{address}&year={value}"))
    most = max((year.trials for year in found), default=0)
    return Years(_svg(found, most), found, most, len(chosen) - sum(year.trials for year in found))


def _svg(found: Sequence[Year], most: int) -> Markup:
    if not found:
        return Markup("")
    last = found[-1].year
    first = max(found[0].year, last - _MOST + 1)
    bars = []
    for year in found:
        if year.year < first:
            continue
        x = (year.year - first) * _BAR + 1
        tops = [_HEIGHT - total / most * _HEIGHT for total in accumulate(year.stages)]
        parts = [
            Markup('<rect class="stage{}" x="{}" y="{:.1f}" width="{}" height="{:.1f}"/>').format(
                number, x, top, _BAR - 2, trials / most * _HEIGHT
            )
            for number, (top, trials) in enumerate(zip(tops, year.stages, strict=True), 1)
            if trials
        ]
        bars.append(
            Markup('<a href="{}"><title>{}: {}</title>{}</a>').format(
                year.list, year.year, plural(year.trials, "trial"), Markup("").join(parts)
            )
        )
    wide = (last - first + 1) * _BAR
    return Markup(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="group" aria-label="Trials by start year">{}</svg>'
    ).format(wide, _HEIGHT, Markup("").join(bars))
