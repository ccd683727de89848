"""The headings of a meddatax page, and its lines by heading.

Each heading is followed by a sentence that is the same on every page, which tells it from a like line of prose.
"""

import re
from collections.abc import Iterable

from trialgraph.readers import page
from trialgraph.readers.page import Heading, Line, Section, filled

#: The headings in the order of the page, and how the sentence below each begins.
SENTENCES = {
    "Basic Information": "Get a concise snapshot of the trial",
    "Brief Summary": "Review the sponsor-provided synopsis",
    "Related Clinical Trials": "Explore similar clinical trials",
    "Detailed Description": "Dive into the extended narrative",
    "Conditions": "See the medical conditions and disease areas",
    "Study Design": "Understand how the trial is structured",
    "Study Groups": "Review each arm or cohort in the study",
    "Interventions": "Learn about the drugs, procedures, or behavioral strategies",
    "Eligibility Criteria": "Check the participation requirements",
    "Sponsors": "Meet the organizations funding or collaborating",
    "Responsible Party": "Identify the individual or organization",
    "Locations": "Explore where the study is taking place",
    "Countries": "Review the countries where the study",
    "Central Contacts": "Reach out to these primary contacts",
    "Facility Contacts": "Find local site contact details",
    "Other Identifiers": "Review additional registry numbers",
    "More Related Trials": "Additional clinical trials that may be relevant",
}
_HEADINGS = [Heading(name, n, re.compile(re.escape(begin))) for n, (name, begin) in enumerate(SENTENCES.items())]
SENTENCE = re.compile("|".join(map(re.escape, SENTENCES.values())))


def sections(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines below each heading and its sentence; those above the first heading are under ""."""
    return {name: _body(section) for name, section in page.sections(list(lines), _HEADINGS).items()}


def unglued(lines: Iterable[Line]) -> list[Line]:
    """The lines, with a heading and its sentence each on a line of its own: "View full resultsBasic Information"."""
    cut: list[Line] = []
    for line in lines:
        match = SENTENCE.search(line.text)
        at = match.start() if match and line.text[: match.start()].strip() else 0
        cut += [Line(line.number, part) for part in (line.text[:at], line.text[at:])] if at else [line]
    following = ""
    glued: list[Line] = []
    for line in reversed(cut):
        name = next((name for name in SENTENCES if line.bare.endswith(name)), "")
        before = line.text.rstrip().removesuffix(name)
        if name and before.strip() and (following.startswith(SENTENCES[name]) or before.strip() == "View full results"):
            glued += [Line(line.number, name), Line(line.number, before.rstrip())]
        else:
            glued.append(line)
        following = line.bare or following
    return glued[::-1]


def _body(section: Section) -> list[Line]:
    """The lines of a section without the sentence below its heading."""
    begin = SENTENCES.get(section.heading.bare)
    first = next(iter(filled(section.lines)), None)
    if begin is None or first is None or not first.bare.startswith(begin):
        return section.lines
    return section.lines[section.lines.index(first) + 1 :]
