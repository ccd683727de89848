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
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pyoxigraph

from trialgraph import iris
from trialgraph.errors import UsageError
from trialgraph.network import names

if TYPE_CHECKING:
    import networkx

#: A node is the IRI of a thing, or "investigator/jane-doe" for one that the graph of trials gives none.
Graph: TypeAlias = "networkx.Graph[str]"

#: As many pairs as fit into some hundred megabytes.
PAIRS = 400_000

_ORGANIZATIONS = "{ ?trial tg:leadSponsor ?thing BIND (true AS ?leads) } UNION { ?trial tg:collaborator ?thing }"


class Network(NamedTuple):
    """A kind of network: what its nodes are, how a title calls it, and the pattern that finds them in ?trial.

    The pattern binds ?thing, or ?name for what has no IRI of its own; and ?leads for the lead sponsor.
    """

    kind: str
    title: str
    pattern: str
    directed: bool = False


#: The networks by what they are of.
NETWORKS = {
    "sponsors": Network("organization", "Lead sponsors and their collaborators", _ORGANIZATIONS, directed=True),
    "collaborators": Network("organization", "Organisations that share a trial", _ORGANIZATIONS),
    "facilities": Network("facility", "Facilities that share a trial", "?trial tg:site/tg:facility ?thing"),
    "investigators": Network(
        "investigator", "Investigators who share a trial", "?trial tg:overallOfficial/tg:name ?name"
    ),
    "conditions": Network(
        "condition",
        "Conditions that share a trial",
        "{ ?trial tg:conditionMesh ?thing } UNION"
        " { ?trial tg:condition ?thing FILTER NOT EXISTS { ?trial tg:conditionMesh ?concept } }",
    ),
    "interventions": Network(
        "intervention",
        "Interventions that share a trial",
        "{ ?trial tg:interventionMesh ?thing } UNION"
        " { ?trial tg:intervention/tg:name ?name FILTER NOT EXISTS { ?trial tg:interventionMesh ?concept } }",
    ),
    "countries": Network(
        "country",
        "Countries that share a trial",
        "?trial tg:site/tg:facility?/tg:locatedIn/tg:within* ?thing . ?thing tg:placeKind tgv:placeKind-COUNTRY",
    ),
}


def network(store: pyoxigraph.Store, of: str = "sponsors", condition: str = "", min_weight: int = 1) -> Graph:
    """The network of sponsors, collaborators, facilities, investigators, conditions, interventions or countries.

    Of sponsors it is directed, from the lead sponsor of a trial to its collaborators. Of conditions and interventions
    it is by the MeSH descriptors that the registry found for a trial, or by the trial's own words where there is none.

    A node has `label`, `kind`, `trials` (how many it is part of) and, where they are known, `class` of an organisation,
    `led` (trials as lead sponsor) and `code` of a country. An edge has `weight` (the number of distinct trials),
    `trials` (their NCT ids, sorted) and `share` (see above). The graph has `trials` (how many were counted),
    `names_left_out` (things that have no name of their own, such as "Study Director" or "Research Site"),
    `trials_not_joined` and `largest_joined` (see above).

    `condition` takes the trials with a condition, a MeSH descriptor or an ancestor of one in whose name a word begins
    with that text. `min_weight` leaves out lighter edges and, from 2 on, what then has none.
    Raises UsageError for an unknown network, a condition that no trial has, or a weight below 1.
    """
    import networkx as nx  # a slow import that only networks need

    if of not in NETWORKS:
        near = get_close_matches(of, NETWORKS, 1)
        raise UsageError(
            f"--of {of}: no such network{f'; did you mean {near[0]}?' if near else ''} There are {', '.join(NETWORKS)}"
        )
    if min_weight < 1:
        raise UsageError(f"--min-weight {min_weight}: the number of trials that an edge has at least is 1 or more")
    kind = NETWORKS[of]
    members = _members(store, kind, _with_condition(store, condition) if condition else None)
    largest = None if kind.directed else _largest(len(things) for things in members.trials.values())
    graph: Graph = nx.DiGraph() if kind.directed else nx.Graph()
    graph.graph |= {"name": of, "title": kind.title, "kind": kind.kind, "condition": condition}
    graph.graph |= {"min_weight": min_weight, "trials": len(members.trials), "names_left_out": len(members.left_out)}
    graph.graph |= {"trials_not_joined": 0, "largest_joined": 0}
    shared: dict[tuple[str, str], list[str]] = defaultdict(list)
    shares: dict[tuple[str, str], float] = defaultdict(float)
    for trial in sorted(members.trials):
        things = members.trials[trial]
        if largest is not None and len(things) > largest:
            graph.graph["trials_not_joined"] += 1
            graph.graph["largest_joined"] = largest
            continue
        pairs = list(_directed(things) if kind.directed else combinations(sorted(things), 2))
        share = 1 / max(len(things) - 1, 1)
        for pair in pairs:
            shared[pair].append(trial)
            shares[pair] += share
    for thing in sorted(members.attributes):
        graph.add_node(thing, **members.attributes[thing])
    for pair in sorted(pair for pair, trials in shared.items() if len(trials) >= min_weight):
        trials = shared[pair]
        graph.add_edge(*pair, weight=len(trials), trials=trials, share=round(shares[pair], 6))
    if min_weight > 1:
        graph.remove_nodes_from([thing for thing, degree in graph.degree() if not degree])
    return graph


class _Members(NamedTuple):
    """The things that each trial has (true for its lead sponsor), and what is known of each thing."""

    trials: dict[str, dict[str, bool]]
    attributes: dict[str, dict[str, Any]]
    left_out: set[str]


def _members(store: pyoxigraph.Store, kind: Network, only: set[str] | None) -> _Members:
    trials: dict[str, dict[str, bool]] = defaultdict(dict)
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    iris_of: dict[str, set[str]] = defaultdict(set)
    left_out = set()
    companies = _companies(store) if kind.kind == "investigator" else set()
    for row in _rows(store, f"SELECT DISTINCT ?trial ?thing ?name ?leads {{ {kind.pattern} }}"):
        if only is not None and row["trial"] not in only:
            continue
        thing = row.get("thing", "")
        if kind.kind == "investigator" and (iris.slug(row["name"]) in companies or not names.is_person(row["name"])):
            left_out.add(row["name"])
            continue
        if "name" in row:
            name = names.person(row["name"]) if kind.kind == "investigator" else row["name"]
            thing = f"{kind.kind}/{iris.slug(name)}"
            spellings[thing][name] += 1
        elif kind.kind == "facility":
            thing = names.without_site_number(thing)
        iris_of[thing].add(row.get("thing", thing))
        trial = row["trial"].rpartition("/trial/")[2]
        trials[trial][thing] = "leads" in row or trials[trial].get(thing, False)
    attributes: dict[str, dict[str, Any]] = {}
    for thing, ids in iris_of.items():
        for iri in sorted(ids) if thing not in spellings else ():
            spellings[thing].update(_literals(store, iri, iris.LABEL))
        label = names.label(kind.kind, spellings[thing]) or thing.rpartition("/")[2]
        if kind.kind == "facility":
            if names.is_placeholder(label):
                left_out.add(thing)
                continue
            label = ", ".join(filter(None, (label, _place(store, min(ids)))))
        attributes[thing] = {"label": label, "kind": kind.kind, "trials": 0} | _more(store, kind.kind, thing)
    for things in trials.values():
        for thing in left_out & things.keys():
            del things[thing]
        for thing, leads in things.items():
            attributes[thing]["trials"] += 1
            if kind.kind == "organization":
                attributes[thing]["led"] += leads
    return _Members({trial: things for trial, things in trials.items() if things}, attributes, left_out)


def _companies(store: pyoxigraph.Store) -> set[str]:
    """The names of companies as they stand in IRIs; sponsors of other classes can be persons."""
    rows = _rows(store, "SELECT ?thing { ?thing tg:organizationClass tgv:organizationClass-INDUSTRY }")
    return {row["thing"].rpartition("/")[2] for row in rows}


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
    rows = list(_rows(store, f"SELECT DISTINCT ?trial ?name {{ ?trial {links} ?thing . ?thing rdfs:label ?name }}"))
    found = {row["trial"] for row in rows if begins.search(row["name"])}
    if not found:
        near = get_close_matches(condition, sorted({row["name"] for row in rows}), 3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"--condition {condition}: no trial has a condition of that name{hint}")
    return found


def _rows(store: pyoxigraph.Store, select: str) -> Iterator[dict[str, str]]:
    prefixes = "".join(f"PREFIX {name}: <{iri}> " for name, iri in iris.PREFIXES.items())
    solutions = store.query(prefixes + select)
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    variables = [variable.value for variable in solutions.variables]
    for solution in solutions:
        terms = zip(variables, solution, strict=True)
        yield {name: term.value for name, term in terms if isinstance(term, pyoxigraph.NamedNode | pyoxigraph.Literal)}


def _more(store: pyoxigraph.Store, kind: str, thing: str) -> dict[str, Any]:
    if kind == "organization":
        classes = _objects(store, thing, iris.tg("organizationClass"))
        known = sorted(each.value.rpartition("-")[2] for each in classes if isinstance(each, pyoxigraph.NamedNode))
        return {"class": " ".join(known), "led": 0}
    if kind == "country":
        return {"code": " ".join(_literals(store, thing, iris.tg("isoCode")))}
    return {}


def _place(store: pyoxigraph.Store, facility: str) -> str:
    places = _objects(store, facility, iris.tg("locatedIn"))
    known = (_literals(store, place.value, iris.LABEL) for place in places if isinstance(place, pyoxigraph.NamedNode))
    return next((names.label("place", Counter(each)) for each in known if each), "")


def _literals(store: pyoxigraph.Store, subject: str, predicate: str) -> list[str]:
    return sorted(each.value for each in _objects(store, subject, predicate) if isinstance(each, pyoxigraph.Literal))


def _objects(store: pyoxigraph.Store, subject: str, predicate: str) -> list[object]:
    quads = store.quads_for_pattern(
        pyoxigraph.NamedNode(subject), pyoxigraph.NamedNode(predicate[1:-1]), None, pyoxigraph.DefaultGraph()
    )
    return sorted((quad.object for quad in quads), key=str)
