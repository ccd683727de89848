"""How two things of a network are joined: the shortest way, and the trials on each step of it."""

from difflib import get_close_matches
from itertools import pairwise
from typing import NamedTuple

import pyoxigraph

from trialgraph.errors import UsageError
from trialgraph.network.projection import Graph, network


class Step(NamedTuple):
    """Two neighbours by their labels, and the trials that join them."""

    one: str
    other: str
    trials: tuple[str, ...]


class Path(NamedTuple):
    """The way from one thing to another, by their labels; `steps` is empty where there is none, or nothing to go.

    As text it is a line a step, or says that there is no path and why there may be none.
    """

    one: str
    other: str
    steps: tuple[Step, ...]
    remark: str = ""

    def __str__(self) -> str:
        if not self.steps:
            return self.remark
        return "\n".join(f"{step.one} — {step.other}: {', '.join(step.trials)}" for step in self.steps)


def path(network_or_store: "Graph | pyoxigraph.Store", a: str, b: str, of: str = "sponsors") -> Path:
    """The shortest path between two things, each by its label in any case or by its IRI; of equal ones the strongest.

    Edges are followed in both directions. Of a store it is the path in its network of sponsors, or of what `of` says.
    Raises UsageError, with the nearest names, for a name that no thing has or that several have.
    """
    import networkx as nx

    graph = network(network_or_store, of) if isinstance(network_or_store, pyoxigraph.Store) else network_or_store
    ends = find(graph, a), find(graph, b)
    one, other = (str(graph.nodes[end]["label"]) for end in ends)
    both = graph.to_undirected(as_view=True)
    if ends[0] == ends[1]:
        return Path(one, other, (), f"{a} and {b} are the same {graph.nodes[ends[0]]['kind']}")
    # Every step costs one, and less than one in all for being weak.
    weak = 1 / (len(graph) + 1)
    try:
        nodes = nx.dijkstra_path(both, *ends, weight=lambda _, __, edge: 1 + weak / edge["weight"])
    except nx.NetworkXNoPath:
        reached = [len(nx.node_connected_component(both, end)) for end in ends]
        remark = f"No path: {one} reaches {reached[0] - 1:,} others, {other} {reached[1] - 1:,}, none in common"
        if left := graph.graph.get("trials_not_joined"):
            remark += f". {left:,} trials with more than {graph.graph['largest_joined']:,} members were left out"
        return Path(one, other, (), remark)
    steps = []
    for here, there in pairwise(nodes):
        edges = [graph.edges[pair] for pair in ((here, there), (there, here)) if graph.has_edge(*pair)]
        trials = sorted({trial for edge in edges for trial in edge["trials"]})
        steps.append(Step(graph.nodes[here]["label"], graph.nodes[there]["label"], tuple(trials)))
    return Path(one, other, tuple(steps))


def find(graph: Graph, name: str) -> str:
    """The node with an IRI or a label, the label in any case. Raises UsageError if there is none, or several."""
    if name in graph:
        return name
    wanted = _folded(name)
    labels = {node: _folded(graph.nodes[node]["label"]) for node in graph}
    found = [node for node, label in labels.items() if label == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{name}: {len(found)} things have this name; give the IRI of one: {', '.join(found[:5])}")
    near = [node for node, label in labels.items() if wanted and wanted in label]
    near = sorted(near, key=lambda node: (len(labels[node]), node))[:5]
    if not near:
        likely = get_close_matches(wanted, sorted({*labels.values()}), 3)
        near = [node for node, label in labels.items() if label in likely]
    hint = f"; the nearest are {'; '.join(graph.nodes[node]['label'] for node in near)}" if near else ""
    raise UsageError(f"{name}: not in the network of {graph.graph.get('name', 'things')}{hint}")


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
