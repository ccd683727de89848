"""Identifiers: the organisation's own study id and the ids that other registries and funders gave."""

from trialgraph.iris import tg
from trialgraph.record import Trial
from trialgraph.statements import Draft, Field, text, verbatim
from trialgraph.study import OrgStudyIdInfo, SecondaryIdInfo

_ORG: list[Field] = [
    ("id", tg("value"), verbatim),
    ("type", tg("identifierType"), "identifierType"),
    ("link", tg("link"), verbatim),
]
_SECONDARY: list[Field] = [*_ORG, ("domain", tg("domain"), text)]
_IDENTIFIER = tg("identifier")


def extract(trial: Trial, draft: Draft) -> None:
    """Every identifier of the trial but its NCT ids."""
    module = trial.study.protocol_section.identification_module
    _identifier(draft, module.org_study_id_info, tg("orgStudyId"), _ORG)
    for info in module.secondary_id_infos:
        _identifier(draft, info, tg("secondaryId"), _SECONDARY)


def _identifier(draft: Draft, info: OrgStudyIdInfo | SecondaryIdInfo, link: str, fields: list[Field]) -> None:
    if info == type(info)():
        return
    node = draft.part(draft.trial, _IDENTIFIER, "identifier", tg("Identifier"), info.type or "", info.id or "")
    draft.rows.append((draft.trial, link, node))
    draft.describe(node, info, fields)
