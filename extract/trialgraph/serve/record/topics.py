"""What a trial is about: conditions, keywords, MeSH, and the headings under which the registry lists it."""

from msgspec import Struct

from trialgraph.serve.record.facts import Fact, Value, fact, text, value_of, values
from trialgraph.serve.record.gather import Node


class Topics(Struct, frozen=True):
    """Conditions and keywords as the record words them, then what the registry derived."""

    conditions: tuple[Value, ...]
    keywords: tuple[Value, ...]
    derived: tuple[Fact, ...]


def topics(trial: Node) -> Topics:
    """What a trial is about."""
    derived = []
    for about, label in (("condition", "Conditions"), ("intervention", "Interventions")):
        derived += [
            Fact(f"{label} in MeSH", _mesh(trial, f"{about}Mesh"), f"{about}Mesh"),
            Fact(f"{label} in MeSH, more general", _mesh(trial, f"{about}MeshAncestor")),
            Fact(f"{label}: topics in the registry", tuple(map(_leaf, trial.nodes(f"{about}BrowseLeaf")))),
            Fact(f"{label}: headings in the registry", tuple(map(_branch, trial.nodes(f"{about}BrowseBranch")))),
        ]
    return Topics(
        values(trial, "condition"),
        fact(trial, "keyword").values,
        tuple(each for each in derived if each.values),
    )


def _mesh(trial: Node, name: str) -> tuple[Value, ...]:
    """The descriptors, each with its id."""
    found = []
    for term in trial.all(name):
        node = trial.others.get(term)
        found.append(value_of(term, trial, text(node, "meshId") if node else ""))
    return tuple(sorted(found, key=lambda value: value.text))


def _leaf(node: Node) -> Value:
    found = text(node, "asFound")
    told = [text(node, "value"), f"found as “{found}”" if found else ""]
    relevance = text(node, "browseLeafRelevance")
    return Value(
        text(node, "name") or told[0], note=", ".join(filter(None, [*told, relevance and f"relevance {relevance}"]))
    )


def _branch(node: Node) -> Value:
    return Value(text(node, "name") or text(node, "abbrev"), note=text(node, "abbrev"))
