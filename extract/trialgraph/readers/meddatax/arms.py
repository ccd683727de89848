"""The arms and interventions of a meddatax page.

"Study Groups" lists, for each arm, its label, a description if it has one, "Group Type X", and then each intervention:
name, "Intervention Type X", description. Nothing marks where the description of an arm's last intervention ends and the
next arm begins; the section "Interventions", where the type comes last, tells how each description reads. An arm whose
label cannot be told apart is left out and reported.
"""

import re
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from trialgraph.readers.page import Line, blocks, filled, prose, title_case
from trialgraph.readers.reading import Reading
from trialgraph.study import ArmGroup, ArmsInterventionsModule, Intervention

_GROUP_TYPE = re.compile(r"Group Type\b\s*(.*)")
_INTERVENTION_TYPE = re.compile(r"Intervention Type\b\s*(.*)")
_TYPE = re.compile(r"(?:Group|Intervention) Type\b.*")

#: What tells interventions apart: the type, and the name with case folded.
_Key = tuple[str | None, str]
#: How the descriptions of interventions of a type and name read; "" for one that has none.
_Descriptions = dict[_Key, list[str]]


def module(reading: Reading, groups: Sequence[Line], interventions: Sequence[Line]) -> ArmsInterventionsModule:
    """The arms, the interventions, and which arm uses which."""
    listed = _listed(reading, interventions, _names(groups))
    arms = _arms(reading, groups, listed)
    found = {_key(each): each for _, used in arms for each in used}
    known = {_key(each) for each in listed}
    # One that is not listed may be several of one name, so which arms use it is left to the names that arms give.
    more = (replace(each, description=None) for key, each in found.items() if key not in known)
    return ArmsInterventionsModule(
        arm_groups=tuple(_with_names(arm, used) for arm, used in arms),
        interventions=(*(_with_labels(each, listed, arms) for each in listed), *more),
    )


def _key(intervention: Intervention) -> _Key:
    return intervention.type, (intervention.name or "").casefold()


def _with_names(arm: ArmGroup, used: Iterable[Intervention]) -> ArmGroup:
    names = dict.fromkeys(f"{title_case(each.type)}: {each.name}" for each in used if each.type)
    return replace(arm, intervention_names=tuple(names))


def _with_labels(
    intervention: Intervention, listed: Iterable[Intervention], arms: Iterable[tuple[ArmGroup, list[Intervention]]]
) -> Intervention:
    """The intervention with the labels of the arms that use it. The description tells it from others of its name."""
    alike = [_folded(each.description) for each in listed if _key(each) == _key(intervention)]
    own = _folded(intervention.description)
    labels = [
        arm.label
        for arm, used in arms
        for each in used
        if _key(each) == _key(intervention)
        if len(alike) == 1 or (each.description == own and alike.count(own) == 1)
    ]
    return replace(intervention, arm_group_labels=tuple(label for label in dict.fromkeys(labels) if label))


def _folded(description: str | None) -> str:
    """A description without blank lines and indents."""
    return "\n".join(line.strip() for line in (description or "").splitlines() if line.strip())


def _names(groups: Iterable[Line]) -> set[str]:
    """The names of interventions in the groups: the line above each type."""
    parts, _ = blocks(filled(groups), _TYPE)
    return {above[-1].bare for above, line in parts if above and _INTERVENTION_TYPE.fullmatch(line.bare)}


def _listed(reading: Reading, lines: Iterable[Line], names: set[str]) -> list[Intervention]:
    """The interventions that the page lists: name, description, type."""
    parts, rest = blocks(lines, _INTERVENTION_TYPE)
    reading.drop(rest, "an intervention without its type")
    found = []
    for block, line in parts:
        stated = filled(block)
        if not stated or any(line.bare in names - {stated[0].bare} for line in stated[1:]):
            reading.drop([*stated, line], "an intervention without its name, or two of them without a type between")
            continue
        description = prose(block[block.index(stated[0]) + 1 :])
        found.append(Intervention(_type(reading, "interventionType", line), stated[0].bare, description))
    return found


def _type(reading: Reading, kind: str, line: Line) -> str | None:
    """The token on a line such as "Group Type EXPERIMENTAL"; None if the line holds only the label."""
    match = _GROUP_TYPE.fullmatch(line.bare) or _INTERVENTION_TYPE.fullmatch(line.bare)
    return reading.value(kind, filled([Line(line.number, match[1] if match else "")]))


def _arms(
    reading: Reading, lines: Iterable[Line], listed: Iterable[Intervention]
) -> list[tuple[ArmGroup, list[Intervention]]]:
    descriptions: _Descriptions = {}
    for each in listed:
        descriptions.setdefault(_key(each), []).append(_folded(each.description))
    arms: list[tuple[ArmGroup, list[Intervention]]] = []
    used: list[Intervention] = []  # by the arm at hand; by none that is known, at first
    described = True  # the description of the last intervention is behind us
    parts, rest = blocks(lines, _TYPE)
    for block, line in parts:
        clear, block = (True, block) if described else _without_description(block, used, descriptions)
        is_arm = _GROUP_TYPE.fullmatch(line.bare) is not None
        stated = filled(block)
        name = stated.pop() if stated and not is_arm else None
        if is_arm or stated:
            # An intervention below lines of its own begins an arm whose type the page does not show.
            follows_arm = described and bool(arms) and arms[-1][1] is used and not is_arm
            if clear and stated and not follows_arm:
                used = []
                arms.append((_arm(reading, block, stated, line if is_arm else None), used))
            else:
                reading.drop(stated or [line], "it is not clear which arm or intervention this line belongs to")
                used = used if follows_arm else []
        described = name is None
        if name:
            used.append(Intervention(_type(reading, "interventionType", line), name.bare))
    if not described:
        _, rest = _without_description(rest, used, descriptions)
    reading.drop(rest, "an arm without its type and interventions")
    return arms


def _arm(reading: Reading, block: Sequence[Line], stated: Sequence[Line], line: Line | None) -> ArmGroup:
    """The arm of a label and a description, with its type if the line below states it."""
    last = block.index(stated[-1]) + 1
    return ArmGroup(
        label=stated[0].bare,
        type=_type(reading, "armType", line) if line else None,
        description=prose(block[block.index(stated[0]) + 1 : last]),
    )


def _without_description(
    block: list[Line], used: list[Intervention], descriptions: _Descriptions
) -> tuple[bool, list[Line]]:
    """A block without the description of the last intervention, and whether it is clear where that one ends.

    The intervention gets the description that it has here.
    """
    stated = filled(block)
    known = sorted(descriptions.get(_key(used[-1]), []), key=len, reverse=True)
    for text in known:
        size = len(text.splitlines())
        if "\n".join(line.bare for line in stated[:size]) == text:
            used[-1] = replace(used[-1], description=text)
            return True, block[block.index(stated[size - 1]) + 1 :] if size else block
    return not stated or (len(stated) == 1 and not any(stated[0].bare in text for text in known)), block
