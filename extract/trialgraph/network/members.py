"""Who or what takes part in which trials: the patterns that find them in the graph, and what they are called."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyoxigraph

from trialgraph import iris
from trialgraph.network import names

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
    "facilities": Network("facility", "Facilities that share a trial", "?trial tg:locationFacility ?thing"),
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
    "countries": Network("country", "Countries that share a trial", "?trial tg:locationCountry ?thing"),
}


class Members(NamedTuple):
    """The things that each trial has (true for its lead sponsor), and what is known of each thing."""

    trials: dict[str, dict[str, bool]]
    attributes: dict[str, dict[str, Any]]
    left_out: set[str]


def members(store: pyoxigraph.Store, kind: Network, only: set[str] | None = None) -> Members:
    """The members of all trials, or of some by their IRIs."""
    trials: dict[str, dict[str, bool]] = defaultdict(dict)
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    iris_of: dict[str, set[str]] = defaultdict(set)
    left_out = set()
    companies = _companies(store) if kind.kind == "investigator" else set()
    for row in rows(store, f"SELECT DISTINCT ?trial ?thing ?name ?leads {{ {kind.pattern} }}"):
        if only is not None and row["trial"] not in only:
            continue
        name, thing = row.get("name", ""), row.get("thing", "")
        if kind.kind == "investigator":
            if iris.slug(name) in companies or not names.is_person(name):
                left_out.add(name)
                continue
            name = names.person(name)
        if thing:
            node = names.without_site_number(thing) if kind.kind == "facility" else thing
            iris_of[node].add(thing)
        elif name.strip():
            node = f"{kind.kind}/{iris.slug(name)}"
            spellings[node][name] += 1
        else:
            continue
        trial = row["trial"].rpartition("/trial/")[2]
        trials[trial][node] = "leads" in row or trials[trial].get(node, False)
    for node, things in iris_of.items():
        spellings[node].update(label for thing in things for label in _literals(store, thing, iris.LABEL))
    labels = {node: names.label(kind.kind, known) or node.rpartition("/")[2] for node, known in spellings.items()}
    if kind.kind == "facility":
        left_out = {node for node, label in labels.items() if names.is_placeholder(label)}
        labels = {
            node: ", ".join(filter(None, (label, _place(store, min(iris_of[node])))))
            for node, label in labels.items()
            if node not in left_out
        }
    joined = {trial: {node: leads for node, leads in each.items() if node in labels} for trial, each in trials.items()}
    joined = {trial: each for trial, each in joined.items() if each}
    counts = Counter(node for each in joined.values() for node in each)
    led = Counter(node for each in joined.values() for node, leads in each.items() if leads)
    attributes: dict[str, dict[str, Any]] = {}
    for node, label in labels.items():
        attributes[node] = {"label": label, "kind": kind.kind, "trials": counts[node]}
        if kind.kind == "organization":
            attributes[node] |= {"class": _class(store, node), "led": led[node]}
        elif kind.kind == "country":
            attributes[node]["code"] = " ".join(_literals(store, node, iris.tg("isoCode")))
    return Members(joined, attributes, left_out)


def _companies(store: pyoxigraph.Store) -> set[str]:
    """The names of companies as they stand in IRIs; sponsors of other classes can be persons."""
    found = rows(store, "SELECT ?thing { ?thing tg:organizationClass tgv:organizationClass-INDUSTRY }")
    return {row["thing"].rpartition("/")[2] for row in found}


def rows(store: pyoxigraph.Store, select: str) -> Iterator[dict[str, str]]:
    """The solutions of a query as text, each with the variables that are bound in it."""
    prefixes = "".join(f"PREFIX {name}: <{iri}> " for name, iri in iris.PREFIXES.items())
    solutions = store.query(prefixes + select)
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    variables = [variable.value for variable in solutions.variables]
    for solution in solutions:
        terms = zip(variables, solution, strict=True)
        yield {name: term.value for name, term in terms if isinstance(term, pyoxigraph.NamedNode | pyoxigraph.Literal)}


def _class(store: pyoxigraph.Store, organization: str) -> str:
    classes = _objects(store, organization, iris.tg("organizationClass"))
    return " ".join(each.value.rpartition("-")[2] for each in classes if isinstance(each, pyoxigraph.NamedNode))


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
