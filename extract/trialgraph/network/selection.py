"""Which part of a network a drawing shows: it has room for some nodes, and eyes for some edges."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from trialgraph.network.projection import Graph

_EDGES = 2.5  # edges a node that are drawn, if a weight parts them from the rest
_MOST_EDGES = 8  # edges a node that are drawn if none does


def selection(graph: Graph, rows: Sequence[dict[str, Any]], top: int) -> Graph:
    """The nodes and the edges to draw, of a network and its table.

    Its attribute `edges` says how many edges are between the nodes, and `least` from which weight on all are drawn.
    """
    return _backbone(graph, _chosen(graph, rows, top))


def _chosen(graph: Graph, rows: Sequence[dict[str, Any]], top: int) -> list[str]:
    """The nodes to draw: the ends of the strongest edges, then the strongest of the rest; in the order of the rows.

    Of edges with the same weight, those between strong nodes come first. So a picture of few nodes still has edges.
    """
    order = {row["id"]: place for place, row in enumerate(rows)}
    chosen: dict[str, None] = {}
    for one, other, _ in sorted(graph.edges(data=True), key=lambda edge: _rank(edge, order)):
        if len(chosen.keys() | {one, other}) <= top:
            chosen |= {one: None, other: None}
        if len(chosen) == top:
            break
    chosen |= dict.fromkeys([node for node in order if node not in chosen][: top - len(chosen)])
    return sorted(chosen, key=order.__getitem__)


def _rank(edge: tuple[str, str, dict[str, Any]], order: dict[str, int]) -> tuple[Any, ...]:
    one, other, attributes = edge
    return (-attributes["weight"], *sorted((order[one], order[other]), reverse=True), one)


def _backbone(graph: Graph, chosen: Sequence[str]) -> Graph:
    """The chosen nodes with the edges to draw.

    Of too many edges the light ones are left out, all of one weight or none: which of several equal edges is drawn
    would look like a difference between nodes. The strongest that keep each part together are drawn in any case.
    """
    import networkx as nx

    inner = graph.subgraph(chosen)
    order = {node: place for place, node in enumerate(chosen)}
    edges = sorted(inner.edges(data=True), key=lambda edge: (-edge[2]["weight"], -edge[2]["share"], _rank(edge, order)))
    counts = Counter(edge["weight"] for _, _, edge in edges)
    least, total = max(counts, default=1) + 1, 0
    for weight in sorted(counts, reverse=True):
        if total + counts[weight] > (_EDGES if total > len(chosen) / 2 else _MOST_EDGES) * len(chosen):
            break
        least, total = weight, total + counts[weight]
    drawn: Graph = graph.__class__(edges=len(edges), least=least)
    drawn.add_nodes_from(chosen)
    parts = nx.utils.UnionFind(chosen)
    for one, other, edge in edges:
        if edge["weight"] >= least or parts[one] != parts[other]:
            drawn.add_edge(one, other, **edge)
            parts.union(one, other)
    return drawn
