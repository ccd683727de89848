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

_HEADING = re.compile(r"([\d,]+) participants? in ([\d,]+) patient groups?\b.*")
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


def arms(reading: Reading, lines: Sequence[Line], known: Iterable[Intervention]) -> tuple[ArmGroup, ...]:
    """The arms of the groups' lines. `known` are the treatments that the page lists."""
    names = {_name(each) for each in known}
    found: list[ArmGroup] = []
    for block in _blocks(reading, lines, names):
        types = [line for line in block.head[1:] if reading.fits("armType", line.bare)]
        if len(block.head) not in (1, 1 + len(types)) or not (types or block.description or block.treatments):
            reading.drop([*block.head, *block.description, *block.treatments], "not clearly an arm")
            continue
        arm = ArmGroup(
            label=block.head[0].bare,
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
    before_type = reading.fits("armType", after)
    if part is block.head:
        is_type = len(block.head) == 1 and reading.fits("armType", line.bare)
        return bool(block.head) and not is_type and (before_type or len(block.head) > 1)
    if part is block.description:
        return before_type or after == _DESCRIPTION_LABEL
    if before_type or after in {_DESCRIPTION_LABEL, _TREATMENT_LABEL}:
        return True
    match = _TREATMENT.fullmatch(line.bare)
    return line.bare.casefold() not in names and not (match and reading.fits("interventionType", match[1]))


def with_labels(reading: Reading, known: Sequence[Intervention], arms: Iterable[ArmGroup]) -> tuple[Intervention, ...]:
    """The known interventions, and those that only an arm names, each with the labels of the arms that use it."""
    labels: dict[str, list[str]] = {}
    missing: dict[str, Line] = {}
    names = {_name(each) for each in known}
    for arm in arms:
        for name in arm.intervention_names:
            labels.setdefault(name.casefold(), []).append(arm.label or "")
            if name.casefold() not in names:
                missing.setdefault(name.casefold(), Line(0, name))
    every = [*known, *(_intervention(reading, line) for line in missing.values())]
    # Of several interventions with one name it is not told which of them an arm uses.
    alone = {name for name, number in Counter(map(_name, every)).items() if number == 1}
    return tuple(
        replace(each, arm_group_labels=tuple(labels.get(_name(each), ()))) if _name(each) in alone else each
        for each in every
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
