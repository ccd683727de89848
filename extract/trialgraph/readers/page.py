"""A captured page as lines and sections, which is what its layouts share.

A captured page is text: headings, labels and values, each on a line of its own, in an order that the layout fixes.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from trialgraph.errors import RecordError

#: A line that is an item of a list.
ITEM = re.compile(r"\s*(?:[*•◦-]|\d{1,3}[.)])\s")

_LINE_END = re.compile(r"\r\n|\n|\r")
#: A page that was saved as something else than text.
_NOT_TEXT = re.compile(
    r"\ufeff?\s*(?:<(?:!doctype|html|head|body|\?xml)|\{|\[\s*[{\"\[])|.*</(?:html|head|body|div|script)>",
    re.IGNORECASE | re.DOTALL,
)
#: What each page of a layout has once. Two of them are two pages.
_ONCE = [
    [
        r"^NCT ID:\s*(NCT[0-9]{8})\s*^(?:Last Updated:|Study Results$)",
        r"Get a concise snapshot of the trial, including",
    ],
    [r"^Identifiers\s*^(NCT[0-9]{8})$", r"^Details and patient eligibility$"],
]
#: The longest line that can be the value of a heading with short values.
_SHORT = 80


class Line(NamedTuple):
    """A line of a page, numbered from 1; its text has no white space at the end."""

    number: int
    text: str

    @property
    def bare(self) -> str:
        """The text without white space around it."""
        return self.text.strip()


class Heading(NamedTuple):
    """A heading of a layout. Headings come by rank; those of one rank in any order."""

    name: str
    rank: int
    follow: re.Pattern[str] | None = None  # how the line after it begins, when the page is whole
    short: bool = False  # it is followed by short lines only


class Section(NamedTuple):
    """A heading's line and the lines below it."""

    heading: Line
    lines: list[Line]


NO_SECTION = Section(Line(0, ""), [])


def is_text(text: str) -> bool:
    """False for JSON, XML and HTML."""
    return not _NOT_TEXT.match(text)


def check_single(lines: Iterable[Line]) -> None:
    """Raise RecordError if the lines are of more than one trial's page."""
    text = "\n".join(line.text for line in lines)
    found = [[re.findall(pattern, text, re.MULTILINE) for pattern in patterns] for patterns in _ONCE]
    if sum(max(map(len, matches)) for matches in found) > 1:
        ids = ", ".join(dict.fromkeys(nct_id for matches in found for nct_id in matches[0]))
        raise RecordError(f"two trials in one page ({ids or 'without NCT ids'}); save each page as a file of its own")


def lines(text: str) -> list[Line]:
    """The lines of a page, with a blank one between any two paragraphs.

    Some captures have lost all blank lines; there each line that is not an item of a list is a paragraph.
    """
    found = [Line(n, line.rstrip()) for n, line in enumerate(_LINE_END.split(text.removeprefix("\ufeff")), 1)]
    kept = filled(found)
    if not kept or len(kept) < kept[-1].number - kept[0].number + 1:
        return found
    spaced: list[Line] = []
    for line in kept:
        if spaced and not (ITEM.match(line.text) and ITEM.match(spaced[-1].text)):
            spaced.append(Line(line.number, ""))
        spaced.append(line)
    return spaced


def filled(lines: Iterable[Line]) -> list[Line]:
    """The lines that are not blank."""
    return [line for line in lines if line.bare]


def sections(
    lines: Sequence[Line], headings: Sequence[Heading], name: Callable[[str], str] = str.strip
) -> dict[str, Section]:
    """The sections of a page by heading; those before the first heading are under "".

    A line of prose can read like a heading, so the headings are the weightiest run of such lines that keeps the
    layout's order: a heading weighs more when the line after it is the one that the layout puts there.
    """
    known = {heading.name: heading for heading in headings}
    places = [n for n, line in enumerate(lines) if line.text]
    best: dict[int, _Run] = {}  # the weightiest run that ends with each rank
    for at, following in zip(places, [*places[1:], None], strict=False):
        if (heading := known.get(name(lines[at].text))) is None:
            continue
        after = lines[following].bare if following is not None else ""
        runs = (run for rank, run in best.items() if rank <= heading.rank and not _has(run, heading))
        before = max(runs, key=_weight, default=None)
        worth = _worth(heading, after, name(after) in known)
        if worth and _weight(before) + worth > _weight(best.get(heading.rank)):
            best[heading.rank] = _Run(at, heading, _weight(before) + worth, before)
    return _cut(lines, max(best.values(), key=_weight, default=None))


class _Run(NamedTuple):
    at: int
    heading: Heading
    weight: int
    before: "_Run | None"


def _weight(run: _Run | None) -> int:
    return run.weight if run else 0


def _has(run: _Run | None, heading: Heading) -> bool:
    while run and run.heading.rank == heading.rank:
        if run.heading is heading:
            return True
        run = run.before
    return False


def _worth(heading: Heading, after: str, is_heading: bool) -> int:
    if heading.follow and heading.follow.match(after):
        return 10
    return 0 if heading.short and not is_heading and len(after) > _SHORT else 1


def _cut(lines: Sequence[Line], run: _Run | None) -> dict[str, Section]:
    found: dict[str, Section] = {}
    end = len(lines)
    while run is not None:
        found[run.heading.name] = Section(lines[run.at], list(lines[run.at + 1 : end]))
        end = run.at
        run = run.before
    return {"": Section(Line(0, ""), list(lines[:end])), **found}


def blocks(lines: Iterable[Line], last: re.Pattern[str]) -> tuple[list[tuple[list[Line], Line]], list[Line]]:
    """The blocks that end with a line of a pattern, each without and with that line; and the lines after them all."""
    found: list[tuple[list[Line], Line]] = []
    block: list[Line] = []
    for line in lines:
        if last.fullmatch(line.bare):
            found.append((block, line))
            block = []
        else:
            block.append(line)
    return found, block


def prose(lines: Iterable[Line]) -> str | None:
    """The text of some lines, verbatim, with a blank line between paragraphs; None if there is none."""
    text = "\n".join(line.text for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") or None


def title_case(token: str) -> str:
    """An intervention's type as the registry writes it before a name: "Dietary Supplement"."""
    return token.replace("_", " ").title()
