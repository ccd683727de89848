"""Conditions as the record words them, and the MeSH descriptors that the registry derives from them."""

from trialgraph import iris
from trialgraph.iris import LABEL, TYPE, tg
from trialgraph.record import Trial
from trialgraph.statements import Draft, Field, label, text, verbatim
from trialgraph.study import BrowseModule

_LEAF: list[Field] = [
    ("id", tg("value"), verbatim),
    ("name", tg("name"), text),
    ("as_found", tg("asFound"), text),
    ("relevance", tg("browseLeafRelevance"), "browseLeafRelevance"),
]
_DESCRIPTOR, _BRANCH = tg("MeshDescriptor"), tg("BrowseBranch")


def extract(trial: Trial, draft: Draft) -> None:
    """What the trial is about."""
    for name in dict.fromkeys(trial.study.protocol_section.conditions_module.conditions):
        if not name.strip():
            draft.note("dropped", "conditions", name, "a condition with a blank name")
            continue
        node = f"<{draft.base}condition/{iris.slug(name)}>"
        draft.link(tg("condition"), node)
        label(draft, node, tg("Condition"), name)
    derived = trial.study.derived_section
    _browse(derived.condition_browse_module, "condition", draft)
    _browse(derived.intervention_browse_module, "intervention", draft)


def _browse(module: BrowseModule, about: str, draft: Draft) -> None:
    for descriptors, link in ((module.meshes, f"{about}Mesh"), (module.ancestors, f"{about}MeshAncestor")):
        for descriptor in descriptors:
            if not descriptor.id:
                draft.note("dropped", "term", descriptor.term, "a MeSH term without its id")
                continue
            node = iris.mesh(descriptor.id)
            draft.link(tg(link), node)
            draft.share(node, TYPE, _DESCRIPTOR)
            draft.share(node, tg("meshId"), verbatim(descriptor.id))
            if descriptor.term:
                draft.share(node, LABEL, text(descriptor.term))
    for leaf in module.browse_leaves:
        part = draft.part(
            draft.trial, tg(f"{about}BrowseLeaf"), "browse-leaf", tg("BrowseLeaf"), about, leaf.id or leaf.name or ""
        )
        draft.describe(part, leaf, _LEAF)
    for branch in module.browse_branches:
        node = f"<{draft.base}browse-branch/{iris.slug(branch.abbrev or branch.name or '')}>"
        draft.link(tg(f"{about}BrowseBranch"), node)
        draft.share(node, TYPE, _BRANCH)
        if branch.abbrev is not None:
            draft.share(node, tg("abbrev"), verbatim(branch.abbrev))
        if branch.name is not None:
            draft.share(node, tg("name"), text(branch.name))
