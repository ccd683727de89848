"""From a graph of trials to a network of what shares them: two things are joined by the trials that both are part of.

A trial with n members makes n(n-1)/2 pairs, so that a few trials with hundreds of sites would make most of a network
of facilities and say little about any two of them. Two things hold them down. Each edge has, beside the number of
its trials, a share: a trial spreads one over the others of its members, 1/(n-1) a pair, as Newman weighs co-authors
(https://doi.org/10.1103/PhysRevE.64.016132). And where all pairs are more than PAIRS, the trials with most members
join none of theirs; the graph says how many trials that are, and from which size on.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph

from trialgraph.errors import UsageError
from trialgraph.network.members import NETWORKS, members, rows

if TYPE_CHECKING:
    import networkx

#: A node is the IRI of a thing, or "investigator/jane-doe" for one that the graph of trials gives none.
Graph: TypeAlias = "networkx.Graph[str]"

#: As many pairs as fit into some hundred megabytes.
PAIRS = 400_000


def network(store: pyoxigraph.Store, of: str = "sponsors", condition: str = "", min_weight: int = 1) -> Graph:
    """The network of sponsors, collaborators, facilities, investigators, conditions, interventions or countries.

    Of sponsors it is directed, from the lead sponsor of a trial to its collaborators. Of conditions and interventions
    it is by the MeSH descriptors that the registry found for a trial, or by the trial's own words where there is none.

    A node has `label`, `kind`, `trials` (how many it is part of) and, where they are known, `class` of an organisation,
    `led` (trials as lead sponsor) and `code` of a country. An edge has `weight` (the number of distinct trials),
    `trials` (their NCT ids, sorted) and `share` (of each trial, one over the number of its other members, added up).
    The graph has `trials` (how many were counted), `names_left_out` (how many stand for whoever or wherever it may be,
    such as "Study Director" or "Research Site"), and `trials_not_joined`: how many have more members than
    `largest_joined`, and join none of them, because there would be more than PAIRS pairs.

    `condition` takes the trials with a condition, a MeSH descriptor or an ancestor of one in whose name a word begins
    with that text. `min_weight` leaves out lighter edges and, from 2 on, what then has none.
    Raises UsageError for an unknown network, a condition that no trial has, or a weight below 1.
    """
    import networkx as nx  # a slow import that only networks need

    if of not in NETWORKS:
        near = get_close_matches(of, NETWORKS, 1)
        raise UsageError(
            f"--of {of}: no such network{f'; did you mean {near[0]}?' if near else '.'} There are {', '.join(NETWORKS)}"
        )
    if min_weight < 1:
        raise UsageError(f"--min-weight {min_weight}: the number of trials that an edge has at least is 1 or more")
    kind = NETWORKS[of]
    found = members(store, kind, _with_condition(store, condition) if condition else None)
    largest = None if kind.directed else _largest(len(things) for things in found.trials.values())
    graph: Graph = nx.DiGraph() if kind.directed else nx.Graph()
    graph.graph |= {"name": of, "title": kind.title, "kind": kind.kind, "condition": condition}
    graph.graph |= {"min_weight": min_weight, "trials": len(found.trials), "names_left_out": len(found.left_out)}
    graph.graph |= {"trials_not_joined": 0, "largest_joined": 0}
    shared: dict[tuple[str, str], list[str]] = defaultdict(list)
    shares: dict[tuple[str, str], float] = defaultdict(float)
    for trial in sorted(found.trials):
        things = found.trials[trial]
        if largest is not None and len(things) > largest:
            graph.graph["trials_not_joined"] += 1
            graph.graph["largest_joined"] = largest
            continue
        pairs = list(_directed(things) if kind.directed else combinations(sorted(things), 2))
        share = 1 / max(len(things) - 1, 1)
        for pair in pairs:
            shared[pair].append(trial)
            shares[pair] += share
    for thing in sorted(found.attributes):
        graph.add_node(thing, **found.attributes[thing])
    for pair in sorted(pair for pair, trials in shared.items() if len(trials) >= min_weight):
        trials = shared[pair]
        graph.add_edge(*pair, weight=len(trials), trials=trials, share=round(shares[pair], 6))
    if min_weight > 1:
        graph.remove_nodes_from([thing for thing, degree in graph.degree() if not degree])
    return graph


def _directed(things: Mapping[str, bool]) -> Iterator[tuple[str, str]]:
    for lead in sorted(thing for thing, leads in things.items() if leads):
        for other in sorted(things):
            if other != lead:
                yield lead, other


def _largest(sizes: Iterable[int]) -> int | None:
    """The most members that a trial can have and still join them, so that all pairs are at most PAIRS; None if any."""
    pairs = 0
    before = 0
    for size, trials in sorted(Counter(sizes).items()):
        pairs += trials * size * (size - 1) // 2
        if pairs > PAIRS:
            return before
        before = size
    return None


def _with_condition(store: pyoxigraph.Store, condition: str) -> set[str]:
    """The trials that a condition's text finds."""
    begins = re.compile(rf"(?<!\w){re.escape(condition.strip())}", re.IGNORECASE)
    links = "tg:condition|tg:conditionMesh|tg:conditionMeshAncestor"
    named = list(rows(store, f"SELECT DISTINCT ?trial ?name {{ ?trial {links} ?thing . ?thing rdfs:label ?name }}"))
    found = {row["trial"] for row in named if begins.search(row["name"])}
    if not found:
        near = get_close_matches(condition, sorted({row["name"] for row in named}), 3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"--condition {condition}: no trial has a condition of that name{hint}")
    return found
