"""Arms, interventions, and which arm uses which intervention."""

from trialgraph.iris import LABEL, tg
from trialgraph.record import Trial
from trialgraph.statements import Draft, Field, text
from trialgraph.study import Intervention

_ARM: list[Field] = [
    ("label", LABEL, text),
    ("type", tg("armType"), "armType"),
    ("description", tg("description"), text),
]
_INTERVENTION: list[Field] = [
    ("type", tg("interventionType"), "interventionType"),
    ("name", tg("name"), text),
    ("description", tg("description"), text),
]
_USES = tg("usesIntervention")


def extract(trial: Trial, draft: Draft) -> None:
    """The arms and the interventions of the trial.

    The record links them twice, by `interventionNames` of an arm ("Drug: name") and by `armGroupLabels` of an
    intervention; a name that neither resolves stays on the arm or on the intervention as text.
    """
    module = trial.study.protocol_section.arms_interventions_module
    arms: dict[str, list[str]] = {}
    interventions: dict[str, list[str]] = {}
    arm_nodes = [draft.part(draft.trial, tg("arm"), "arm", tg("Arm"), group.label or "") for group in module.arm_groups]
    for arm, group in zip(arm_nodes, module.arm_groups, strict=True):
        draft.describe(arm, group, _ARM)
        arms.setdefault(folded(group.label or ""), []).append(arm)
    links: dict[tuple[str, str], None] = {}
    for intervention in module.interventions:
        identity = (intervention.type or "", intervention.name or "")
        node = draft.part(draft.trial, tg("intervention"), "intervention", tg("Intervention"), *identity)
        draft.describe(node, intervention, _INTERVENTION)
        draft.each(node, tg("otherName"), intervention.other_names, text, "other_names")
        interventions.setdefault(folded(title(intervention)), []).append(node)
        unresolved = []
        for name in intervention.arm_group_labels:
            named = arms.get(folded(name), ())
            links.update(dict.fromkeys((arm, node) for arm in named))
            if not named:
                unresolved.append(name)
        draft.each(node, tg("unresolvedArmGroupLabel"), unresolved, text, "arm_group_labels")
    for arm, group in zip(arm_nodes, module.arm_groups, strict=True):
        unresolved = []
        for name in group.intervention_names:
            named = interventions.get(folded(name), ())
            links.update(dict.fromkeys((arm, node) for node in named))
            if not named:
                unresolved.append(name)
        draft.each(arm, tg("unresolvedInterventionName"), unresolved, text, "intervention_names")
    draft.rows += [(arm, _USES, node) for arm, node in links]


def title(intervention: Intervention) -> str:
    """How an arm names an intervention: "Dietary Supplement: vitamin D"."""
    return f"{(intervention.type or '').replace('_', ' ').title()}: {intervention.name or ''}"


def folded(name: str) -> str:
    """A name as arms and interventions are compared by: in any case and spacing."""
    return " ".join(name.casefold().split())
