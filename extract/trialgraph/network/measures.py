"""How central each thing of a network is, and the communities that it falls into."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from trialgraph.network.projection import Graph

if TYPE_CHECKING:
    import networkx

#: The columns of `table` that every network has.
MEASURES = ("degree", "strength", "betweenness", "pagerank", "community")

_SEED = 0
#: Steps from node to node that the betweenness of a network may take: some seconds. Beyond, it is sampled.
_STEPS = 10_000_000
_LEAST_SAMPLE = 50


def measured(graph: Graph) -> Graph:
    """A copy of a network whose nodes have their measures, all of them counted without the direction of edges.

    `degree` is the number of neighbours and `strength` the sum of the weights. `betweenness` is the share of shortest
    paths that lead through the node, from 0 to 1; that of a large network is estimated from a seeded sample, and the
    graph's `betweenness` says so. `pagerank` is by weight and adds up to 1. `community` counts from 1, the one with
    most members, to the singles; it is by Louvain's method on the edges' shares, seeded. The graph has `communities`
    (of two members or more) and `modularity`.
    """
    import networkx as nx

    result = graph.copy()
    nodes = list(result)
    # Numbers for nodes, so that no step depends on how strings are hashed.
    plain: networkx.Graph[int] = nx.Graph()
    plain.add_nodes_from(range(len(nodes)))
    index = {node: number for number, node in enumerate(nodes)}
    for one, other, edge in graph.edges(data=True):
        pair = index[one], index[other]
        before = plain.get_edge_data(*pair, default={"weight": 0, "share": 0.0})
        plain.add_edge(*pair, weight=before["weight"] + edge["weight"], share=before["share"] + edge["share"])
    sample = _sample(len(nodes), plain.number_of_edges())
    betweenness = nx.betweenness_centrality(plain, k=sample, seed=_SEED)
    ranks = pagerank(plain)
    parts = nx.community.louvain_communities(plain, weight="share", seed=_SEED)
    labels = nx.get_node_attributes(graph, "label")
    ordered = sorted(parts, key=lambda part: (-len(part), min((labels[nodes[each]], each) for each in part)))
    communities = {each: number for number, part in enumerate(ordered, 1) for each in part}
    for number, node in enumerate(nodes):
        result.nodes[node].update(
            degree=plain.degree(number),
            strength=plain.degree(number, weight="weight"),
            betweenness=_digits(betweenness[number]),
            pagerank=_digits(ranks[number]),
            community=communities[number],
        )
    joined = plain.number_of_edges() > 0
    result.graph["communities"] = sum(len(part) > 1 for part in parts)
    result.graph["modularity"] = _digits(nx.community.modularity(plain, parts, weight="share")) if joined else 0.0
    result.graph["betweenness"] = f"estimated from {sample} of {len(nodes)} nodes" if sample else "exact"
    return result


def table(graph: Graph) -> list[dict[str, Any]]:
    """The nodes of a network as rows with `id`, their attributes and measures; the strongest first."""
    known = graph if "communities" in graph.graph else measured(graph)
    rows = [{"id": node} | attributes for node, attributes in known.nodes(data=True)]
    return sorted(rows, key=lambda row: (-row["strength"], -row["trials"], row["label"], row["id"]))


def pagerank(graph: "networkx.Graph[int]", damping: float = 0.85) -> dict[int, float]:
    """The PageRank of each node, by the weight of edges; networkx' own needs SciPy.

    A step shares each node's rank among its neighbours; a single's goes to all nodes alike.
    """
    if not graph:
        return {}
    count = len(graph)
    links = {}
    for node in graph:
        total = graph.degree(node, weight="weight")
        links[node] = [(other, edge["weight"] / total) for other, edge in graph.adj[node].items()]
    ranks = dict.fromkeys(graph, 1 / count)
    for _ in range(100):
        loose = sum(rank for node, rank in ranks.items() if not links[node])
        before, ranks = ranks, dict.fromkeys(graph, (1 - damping + damping * loose) / count)
        for node, rank in before.items():
            for other, part in links[node]:
                ranks[other] += damping * rank * part
        if sum(abs(rank - before[node]) for node, rank in ranks.items()) < count * 1e-9:
            break
    return ranks


def sizes(graph: Graph) -> Counter[int]:
    """The members of each community of a measured network."""
    return Counter(graph.nodes[node]["community"] for node in graph)


def _sample(nodes: int, edges: int) -> int | None:
    """How many nodes to start from when counting shortest paths; None for all."""
    most = max(_STEPS // (nodes + 2 * edges + 1), _LEAST_SAMPLE)
    return most if most < nodes else None


def _digits(value: float) -> float:
    """Six digits are as many as mean something."""
    return float(f"{value:.6g}")
