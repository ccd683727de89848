"""The treatments and the arms of a Veeva page.

"Treatments" lists each intervention as "Type: name". The groups come as blocks without a line between them: a label,
"Placebo Comparator group" or the like, "Description:" and a text, "Treatment:" and interventions; all but the label may
be missing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from trialgraph.readers.page import Line, filled, prose, title_case
from trialgraph.readers.reading import Reading
from trialgraph.study import ArmGroup, Count, Intervention

#: The name that the heading of the groups goes by; the page has it with two numbers.
HEADING = "patient groups"

_HEADING = re.compile(r"(\d[\d,]{0,14}) participants? in (\d[\d,]{0,14}) patient groups?\b.*")
_TREATMENT = re.compile(r"([^:]+): (\S.*)")
_DESCRIPTION_LABEL, _TREATMENT_LABEL = "Description:", "Treatment:"


class _Block(NamedTuple):
    """The lines of one group."""

    head: list[Line]
    description: list[Line]
    treatments: list[Line]


def heading(text: str) -> str:
    """The name of the heading that a line is, if it is one."""
    return HEADING if _HEADING.fullmatch(text.strip()) else text.strip()


def interventions(reading: Reading, lines: Iterable[Line]) -> list[Intervention]:
    """The interventions of lines such as "Drug: Placebo". A line without a type is all name."""
    return [_intervention(reading, line) for line in lines]


def _intervention(reading: Reading, line: Line) -> Intervention:
    match = _TREATMENT.fullmatch(line.bare)
    if not match:
        reading.note("text", "an intervention without its type", line, line.bare)
        return Intervention(name=line.bare)
    return Intervention(reading.value("interventionType", [Line(line.number, match[1])]), match[2])


def arms(reading: Reading, heading: Line, lines: Sequence[Line], known: Iterable[Intervention]) -> tuple[ArmGroup, ...]:
    """The arms of the lines below the heading of the groups. `known` are the treatments that the page lists."""
    blocks = _blocks(reading, lines, {_name(each) for each in known})
    match = _HEADING.fullmatch(heading.bare)
    complete = match is not None and len(blocks) == int(match[2].replace(",", ""))
    found: list[ArmGroup] = []
    for block in blocks:
        label, *types = block.head
        if not (types or block.description or block.treatments or complete):
            # A label alone may be a line of something else, unless the heading counts it.
            reading.drop([label], "not clearly an arm")
            continue
        arm = ArmGroup(
            label=label.bare,
            type=reading.value("armType", types),
            description=prose(block.description),
            intervention_names=tuple(line.bare for line in block.treatments),
        )
        found.append(arm)
    return tuple(found)


def _name(intervention: Intervention) -> str:
    """An intervention as the registry names it in its arms, case folded."""
    kind = f"{title_case(intervention.type)}: " if intervention.type else ""
    return f"{kind}{intervention.name}".casefold()


def _blocks(reading: Reading, lines: Sequence[Line], names: set[str]) -> list[_Block]:
    """The lines of the groups, group by group."""
    found: list[_Block] = []
    part: list[Line] = []
    following = iter([*(line.bare for line in filled(lines)[1:]), ""])
    for line in lines:
        if not line.text:
            part += [line] if found and part is found[-1].description else []
            continue
        after = next(following)
        if line.bare in {_DESCRIPTION_LABEL, _TREATMENT_LABEL} and found:
            part = found[-1].description if line.bare == _DESCRIPTION_LABEL else found[-1].treatments
            continue
        if not found or _begins(reading, line, after, found[-1], part, names):
            found.append(_Block([], [], []))
            part = found[-1].head
        part.append(line)
    return found


def _begins(reading: Reading, line: Line, after: str, block: _Block, part: list[Line], names: set[str]) -> bool:
    """True if a line is the label of the next group: by the line after it, or by what its own group has already."""
    before_type = _is_type(reading, after)
    if part is block.head:
        return bool(block.head) and not (len(block.head) == 1 and _is_type(reading, line.bare))
    if part is block.description:
        return before_type or after == _DESCRIPTION_LABEL
    if before_type or after in {_DESCRIPTION_LABEL, _TREATMENT_LABEL}:
        return True
    match = _TREATMENT.fullmatch(line.bare)
    return line.bare.casefold() not in names and not (match and reading.fits("interventionType", match[1]))


def _is_type(reading: Reading, text: str) -> bool:
    # "No Intervention" can be an arm's label; the page's words for its type end with "group".
    return text.endswith(" group") and reading.fits("armType", text)


def with_labels(reading: Reading, known: Sequence[Intervention], arms: Iterable[ArmGroup]) -> tuple[Intervention, ...]:
    """The known interventions with the labels of the arms that use each, and those that only an arm names.

    Of several interventions with one name it is not told which of them an arm uses, so they have no labels; nor has one
    that is not listed, for it may be several.
    """
    labels: dict[str, list[str]] = {}
    missing: dict[str, Line] = {}
    listed = Counter(map(_name, known))
    for arm in arms:
        for name in arm.intervention_names:
            labels.setdefault(name.casefold(), []).append(arm.label or "")
            if name.casefold() not in listed:
                missing.setdefault(name.casefold(), Line(0, name))
    return (
        *(
            replace(each, arm_group_labels=tuple(labels.get(name, ()))) if listed[name := _name(each)] == 1 else each
            for each in known
        ),
        *(_intervention(reading, line) for line in missing.values()),
    )


def check(reading: Reading, line: Line, enrollment: Count | None, arms: Sequence[ArmGroup]) -> None:
    """Report where the heading of the groups counts other participants or groups than the page states."""
    match = _HEADING.fullmatch(line.bare)
    if not match:
        return
    participants, groups = (int(number.replace(",", "")) for number in match.groups())
    if isinstance(enrollment, int) and enrollment != participants:
        reading.note("dropped", f"the page states an enrollment of {enrollment} elsewhere", line, line.bare)
    if arms and len(arms) != groups:
        reading.note("dropped", f"the page shows {len(arms)} of these groups", line, line.bare)
