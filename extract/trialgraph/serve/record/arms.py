"""Arms and interventions, and which arm uses which, as a matrix."""

from msgspec import Struct

from trialgraph.iris import slug
from trialgraph.serve.labels import token
from trialgraph.serve.record.facts import Fact, facts, natural, text
from trialgraph.serve.record.gather import Node

_ROLES = ("EXPERIMENTAL", "ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION", "OTHER")


class Arm(Struct, frozen=True):
    """An arm with the interventions that it uses, by their places in the list."""

    label: str
    kind: str
    description: str
    uses: frozenset[int]
    notes: tuple[Fact, ...]


class Intervention(Struct, frozen=True):
    """An intervention."""

    name: str
    iri: str  # of its page
    kind: str
    description: str
    notes: tuple[Fact, ...]


class Arms(Struct, frozen=True):
    """The arms and the interventions of a trial."""

    arms: tuple[Arm, ...]
    interventions: tuple[Intervention, ...]


def arms(trial: Node, base: str) -> Arms:
    """The arms of a trial, in the order of the parts that they play, and its interventions by name."""
    given = sorted(trial.nodes("intervention"), key=lambda node: (natural(text(node, "name")), node.iri))
    places = {node.iri: index for index, node in enumerate(given)}
    listed = sorted(trial.nodes("arm"), key=lambda node: (_rank(node), natural(text(node, "label")), node.iri))
    return Arms(
        tuple(
            Arm(
                text(node, "label"),
                text(node, "armType"),
                "\n".join(node.all("description")),
                frozenset(places[use] for use in node.all("usesIntervention") if use in places),
                facts(node, ("unresolvedInterventionName: Named for the arm, but not listed",)),
            )
            for node in listed
        ),
        tuple(_intervention(node, base) for node in given),
    )


def _intervention(node: Node, base: str) -> Intervention:
    name = text(node, "name")
    notes = facts(node, ("otherName: Other names", "unresolvedArmGroupLabel: Named for an arm that is not listed"))
    iri = f"{base}intervention/{slug(name)}" if name.strip() else ""
    return Intervention(name, iri, text(node, "interventionType"), "\n".join(node.all("description")), notes)


def _rank(arm: Node) -> int:
    kind = token(min(arm.facts.get("armType", [""])))
    return _ROLES.index(kind) if kind in _ROLES else len(_ROLES)
