"""The dates of a trial: as a list with how certain each is, and drawn to scale."""

import re
from collections.abc import Sequence

from markupsafe import Markup, escape
from msgspec import Struct

from trialgraph.serve.labels import day_in_words
from trialgraph.serve.record.facts import Fact, Gaps, facts, text
from trialgraph.serve.record.gather import Node
from trialgraph.statements import last_day

#: The dates in the order in which they use to come: property, what it is called, whether it is drawn.
_DATES = (
    ("firstSubmitted", "First submitted", True),
    ("studyFirstSubmitQcDate", "First submitted that met QC criteria", False),
    ("firstPosted", "First posted", True),
    ("startDate", "Start", True),
    ("primaryCompletionDate", "Primary completion", True),
    ("completionDate", "Completion", True),
    ("estimatedResultsFirstSubmitDate", "Results first submitted, as the registry estimates", False),
    ("resultsFirstSubmitDate", "Results first submitted", False),
    ("resultsFirstSubmitQcDate", "Results first submitted that met QC criteria", False),
    ("resultsFirstPosted", "Results first posted", True),
    ("dispFirstSubmitDate", "Certification or extension first submitted", False),
    ("dispFirstSubmitQcDate", "Certification or extension first submitted that met QC criteria", False),
    ("dispFirstPosted", "Certification or extension first posted", True),
    ("firstMcpPosted", "First submission of results posted after quality control", False),
    ("lastUpdateSubmitDate", "Last update submitted", False),
    ("lastUpdatePosted", "Last update posted", True),
    ("statusVerified", "Status verified", False),
)
_EXPECTED = (
    "firstSubmitted",
    "firstPosted",
    "startDate",
    "primaryCompletionDate",
    "completionDate",
    "lastUpdatePosted",
)
_NOT_OF_ACCESS = {"startDate", "primaryCompletionDate", "completionDate"}
_STATUS = (
    *("overallStatus: Status", "lastKnownStatus", "whyStopped", "delayedPosting", "resultsWaived", "hasResults"),
    *("hasExpandedAccess", "expandedAccessStatus", "expandedAccessRecord"),
)
_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 760, 150, 112, 26, 8


class Moment(Struct, frozen=True):
    """A date of the trial."""

    label: str
    stated: str
    words: str
    kind: str  # "actual", "estimated" or "" as the record says
    property: str
    gap: str = ""


class Timeline(Struct, frozen=True):
    """The status and the dates."""

    status: tuple[Fact, ...]
    moments: tuple[Moment, ...]
    drawing: Markup
    postings: tuple[Fact, ...]
    events: tuple[tuple[str, tuple[tuple[Fact, ...], ...]], ...]  # what the registry notes on posting, by kind


def timeline(trial: Node, gaps: Gaps, today: str, access: bool) -> Timeline:
    """The dates of a trial; `access` says that it is expanded access, which has no start or end."""
    moments = []
    for name, label, _ in _DATES:
        kind = text(trial, f"{name}Type").lower()
        stated = trial.all(name)
        moments += [Moment(label, each, day_in_words(each), kind, name) for each in stated]
        if not stated and kind:
            moments.append(Moment(label, "", "", kind, name, "a date without a day"))
        elif not stated and name in _EXPECTED and not (access and name in _NOT_OF_ACCESS):
            moments.append(Moment(label, "", "", "", name, gaps.why(name)))
    drawn = {name for name, _, shown in _DATES if shown}
    plotted = [each for each in moments if each.property in drawn and _day(each.stated)]
    return Timeline(
        facts(trial, _STATUS, gaps, ("overallStatus",)),
        tuple(moments),
        _drawing(sorted(plotted, key=lambda each: _day(each.stated)), today) if len(plotted) > 1 else Markup(""),
        facts(trial, ("unpostedResponsibleParty", "fdaaa801Violation: Violation of FDAAA 801")),
        tuple(_events(trial)),
    )


def _events(trial: Node) -> list[tuple[str, tuple[tuple[Fact, ...], ...]]]:
    kinds = (
        (
            "Submissions of results",
            "submission",
            ("releaseDate", "resetDate", "unreleaseDate", "unreleaseDateUnknown", "mcpReleaseN"),
        ),
        ("Results that are not posted yet", "unpostedEvent", ("unpostedEventType", "date", "dateUnknown")),
        (
            "Violations",
            "violationEvent",
            ("violationEventType", "description", "creationDate", "issuedDate", "releaseDate", "postedDate"),
        ),
    )
    found = []
    for label, name, properties in kinds:
        nodes = sorted(
            trial.nodes(name), key=lambda node: [text(node, each) for each in ("releaseDate", "date", "creationDate")]
        )
        if nodes:
            found.append((label, tuple(facts(node, properties) for node in nodes)))
    return found


def _day(stated: str) -> float:
    """A date as a number of years, the middle of a month or a year that is all that is stated; 0 if it is no date."""
    last = last_day(stated)
    if not last:
        return 0
    year, month, day = (int(part) for part in re.findall(r"\d+", last)[:3])
    end = year + (month - 1) / 12 + (day - 1) / 372
    return end if len(stated) > 7 else end - (1 / 24 if len(stated) > 4 else 0.5)


def _drawing(moments: Sequence[Moment], today: str) -> Markup:
    """The dates as dots, one line each; the time from start to completion as a bar; and where today is."""
    days = [_day(each.stated) for each in moments]
    now = _day(today)
    low, high = min(days), max(*days, min(now, max(days) + 1))
    low, high = low - (high - low) * 0.02 - 0.02, high + (high - low) * 0.02 + 0.02
    scale = (_WIDTH - _LEFT - _RIGHT) / (high - low)
    height = _TOP + _ROW * len(moments) + 24
    bottom = height - 20

    def x(day: float) -> str:
        return f"{_LEFT + (day - low) * scale:.1f}"

    parts = [
        f'<svg class="timeline" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'aria-hidden="true" focusable="false">'
    ]
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000, 10000) if (high - low) / step <= 11)
    for year in range(int(low // step * step), int(high) + 1, step):
        if low <= year <= high:
            beside = low <= now <= high and abs(year - now) * scale < 40
            parts.append(f'<line class="grid" x1="{x(year)}" y1="{_TOP}" x2="{x(year)}" y2="{bottom}"/>')
            if not beside:
                parts.append(f'<text class="tick" x="{x(year)}" y="{height - 5}" text-anchor="middle">{year}</text>')
    by_name = {each.property: each for each in moments}
    start, end = by_name.get("startDate"), by_name.get("completionDate")
    if start and end and _day(start.stated) < _day(end.stated):
        y = _TOP + _ROW * min(moments.index(start), moments.index(end))
        tall = _ROW * (abs(moments.index(end) - moments.index(start)) + 1)
        wide = (_day(end.stated) - _day(start.stated)) * scale
        parts.append(
            f'<rect class="span" x="{x(_day(start.stated))}" y="{y}" width="{wide:.1f}" height="{tall}" rx="4"/>'
        )
    if low <= now <= high:
        parts.append(f'<line class="today" x1="{x(now)}" y1="{_TOP}" x2="{x(now)}" y2="{bottom}"/>')
        parts.append(f'<text class="tick strong" x="{x(now)}" y="{height - 5}" text-anchor="middle">today</text>')
    for index, (moment, day) in enumerate(zip(moments, days, strict=True)):
        middle = _TOP + _ROW * index + _ROW / 2
        hollow = " estimated" if moment.kind == "estimated" or (not moment.kind and day > now) else ""
        parts.append(f'<text x="{_LEFT - 10}" y="{middle + 4}" text-anchor="end">{escape(moment.label)}</text>')
        parts.append(f'<line class="lead" x1="{_LEFT}" y1="{middle}" x2="{x(day)}" y2="{middle}"/>')
        parts.append(f'<circle class="moment{hollow}" cx="{x(day)}" cy="{middle}" r="5"/>')
        parts.append(f'<text class="when" x="{float(x(day)) + 11:.1f}" y="{middle + 4}">{escape(moment.words)}</text>')
    return Markup("".join([*parts, "</svg>"]))
